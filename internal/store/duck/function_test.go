//go:build cgo

package duck_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
)

// double gives texts twice, and numbers their double; a text "bad" fails.
func double(t kql.Type) kql.SQLFunction {
	return kql.SQLFunction{In: []kql.Type{t}, Out: t, Eval: func(b *kql.Batch) (*kql.Vec, error) {
		in := b.Cols[0]
		out := make([]kql.Value, b.Rows)
		for i := range out {
			v := in.Get(i)
			switch {
			case v.IsNull():
			case t != kql.String:
				out[i], _ = kql.ParseValue(t, fmt.Sprint(2*v.Int64()))
			case v.Str() == "bad":
				return nil, errors.New("a bad text")
			case v.Str() == "worse":
				panic("worse")
			case v.Str() == "bytes":
				out[i] = kql.StringValue("\xff")
			default:
				out[i] = kql.StringValue(v.Str() + v.Str())
			}
		}
		return kql.ValueVec(t, out), nil
	}}
}

func functionRows(t *testing.T, e *duck.Engine, text string, fs []kql.SQLFunction, typ kql.Type) (string, error) {
	var out []string
	for b, err := range e.Run(t.Context(), kql.SQLQuery{Text: text, Functions: fs, Columns: []kql.Column{{Name: "x", Type: typ}}}) {
		if err != nil {
			return "", err
		}
		for i := range b.Rows {
			if v := b.Cols[0].Get(i); v.IsNull() {
				out = append(out, "null")
			} else {
				out = append(out, kql.Text(v))
			}
		}
	}
	return strings.Join(out, " "), nil
}

func TestFunctions(t *testing.T) {
	e := duck.New(duck.Options{Threads: 2})
	defer e.Close()
	fs := []kql.SQLFunction{double(kql.String), double(kql.Long)}
	long := strings.Repeat("long ", 5)
	text := "SELECT kql_string(" + kql.FunctionMark(0) + ", s) AS x FROM (VALUES ('a'), (''), ('" + long + "')) AS t(s)"
	if got, err := functionRows(t, e, text, fs, kql.String); err != nil || got != "aa  "+long+long {
		t.Errorf("%q, %v", got, err)
	}
	text = "SELECT kql_long(" + kql.FunctionMark(1) + ", n) AS x FROM (VALUES (1::BIGINT), (NULL), (-5)) AS t(n)"
	if got, err := functionRows(t, e, text, fs, kql.Long); err != nil || got != "2 null -10" {
		t.Errorf("%q, %v", got, err)
	}
	for bad, want := range map[string]string{"bad": "a bad text", "worse": "bug in the engine: worse", "bytes": "no UTF-8"} {
		text := "SELECT kql_string(" + kql.FunctionMark(0) + ", s) AS x FROM (VALUES ('a'), ('" + bad + "')) AS t(s)"
		if _, err := functionRows(t, e, text, fs, kql.String); !errors.Is(err, kql.ErrFunction) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// A number that belongs to no running query is refused.
	if _, err := functionRows(t, e, "SELECT kql_long(1::BIGINT, 1::BIGINT) AS x", nil, kql.Long); err == nil {
		t.Error("a function of no query was called")
	}
}

// TestFunctionsOfQueriesAtOnce has every query call its own.
func TestFunctionsOfQueriesAtOnce(t *testing.T) {
	e := duck.New(duck.Options{Threads: 2})
	defer e.Close()
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			add := kql.SQLFunction{In: []kql.Type{kql.Long}, Out: kql.Long, Eval: func(b *kql.Batch) (*kql.Vec, error) {
				out := make([]int64, b.Rows)
				for i := range out {
					out[i] = b.Cols[0].Ints[i] + int64(k)
				}
				return kql.IntVec(kql.Long, out, nil), nil
			}}
			got, err := functionRows(t, e, "SELECT sum(kql_long("+kql.FunctionMark(0)+", range))::BIGINT AS x FROM range(100000)", []kql.SQLFunction{add}, kql.Long)
			if want := fmt.Sprint(100000*99999/2 + 100000*k); err != nil || got != want {
				t.Errorf("%s, want %s: %v", got, want, err)
			}
		})
	}
	wg.Wait()
}

// TestGivenTables joins what a query is given, on connections that know nothing
// of each other.
func TestGivenTables(t *testing.T) {
	e := duck.New(duck.Options{Threads: 2})
	defer e.Close()
	cols := []kql.Column{{Name: "a b", Type: kql.String}, {Name: "n", Type: kql.Long}}
	give := func(seq func(yield func(*kql.Batch, error) bool)) []kql.SQLGiven {
		return []kql.SQLGiven{{Columns: cols, Rows: seq}}
	}
	query := func(given []kql.SQLGiven) (string, error) {
		var out []string
		q := kql.SQLQuery{Text: "SELECT c0, sum(c1)::BIGINT FROM " + kql.TableMark(0) + " GROUP BY 1 ORDER BY 1", Given: given,
			Columns: []kql.Column{{Name: "x", Type: kql.String}, {Name: "n", Type: kql.Long}}}
		for b, err := range e.Run(t.Context(), q) {
			if err != nil {
				return "", err
			}
			for i := range b.Rows {
				out = append(out, kql.Text(b.Cols[0].Get(i))+"="+kql.Text(b.Cols[1].Get(i)))
			}
		}
		return strings.Join(out, " "), nil
	}
	rows := func(names ...string) *kql.Batch {
		n := make([]int64, len(names))
		for i := range n {
			n[i] = int64(i + 1)
		}
		return kql.NewBatch([]*kql.Vec{kql.StringVec(names), kql.IntVec(kql.Long, n, nil)}, len(names))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := query(give(func(yield func(*kql.Batch, error) bool) { _ = yield(rows("x", "y", "x"), nil) && yield(rows("y"), nil) }))
			if err != nil || got != "x=4 y=3" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wg.Wait()
	broken := errors.New("the other side failed")
	if _, err := query(give(func(yield func(*kql.Batch, error) bool) { _ = yield(rows("x"), nil) && yield(nil, broken) })); !errors.Is(err, broken) || errors.Is(err, kql.ErrFunction) {
		t.Errorf("%v", err)
	}
	if _, err := query(give(func(yield func(*kql.Batch, error) bool) { yield(rows("\xff"), nil) })); !errors.Is(err, kql.ErrFunction) {
		t.Errorf("%v", err)
	}
}
