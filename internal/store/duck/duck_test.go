//go:build cgo

package duck_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// everyType has a column of each type, and nulls in each.
const everyType = `datatable(b:bool, i:int, l:long, r:real, s:string, g:guid, t:datetime, ts:timespan, dec:decimal, d:dynamic) [
	true, 1, 9223372036854775807, 1.5, "short", guid(74be27de-1e4e-49d9-b579-fe0b331d3642), datetime(2026-01-02T03:04:05.1234567Z), time(1.02:03:04.0000001), decimal(1.10), dynamic({"a":[1,null,"x"]}),
	false, -2147483648, -9223372036854775808, real(nan), "a text longer than twelve bytes, with 'quotes' and é", guid(ffffffff-ffff-ffff-ffff-ffffffffffff), datetime(0001-01-01), -1tick, decimal(-0.5), dynamic("text"),
	bool(null), int(null), long(null), real(null), "", guid(null), datetime(null), timespan(null), decimal(null), dynamic(null),
	false, 0, 0, real(-inf), "x", guid(00000000-0000-0000-0000-000000000000), datetime(9999-12-31T23:59:59.9999999Z), 0s, decimal(0), dynamic([])
]`

func answer(t testing.TB, text string) (*kql.ResultTable, *kql.Batch) {
	t.Helper()
	q, list := kql.Compile(text, kql.NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	res, err := q.Run(t.Context(), nil, kql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := res.Tables[0].All()
	if err != nil {
		t.Fatal(err)
	}
	return res.Tables[0], b
}

func batches(bs ...*kql.Batch) iter.Seq2[*kql.Batch, error] {
	return func(yield func(*kql.Batch, error) bool) {
		for _, b := range bs {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// rows returns a table's rows as JSON arrays.
func rows(t testing.TB, tb kql.Table) string {
	t.Helper()
	all := make([]int, len(tb.Columns()))
	for i := range all {
		all[i] = i
	}
	var out []byte
	for b, err := range tb.Scan(t.Context(), all) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			out = append(kqlio.AppendRow(out, tb.Columns(), b, i), '\n')
		}
	}
	return string(out)
}

func TestRoundTrip(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	res, b := answer(t, everyType)
	want := rows(t, kql.NewMemTable(res.Columns, b))
	if !strings.Contains(want, `"2026-01-02T03:04:05.1234567Z"`) {
		t.Fatal(want)
	}
	for name, opts := range map[string]duck.WriteOptions{"ticks": {}, "timestamps": {Timestamps: true}} {
		path := filepath.Join(t.TempDir(), "it's.parquet")
		w, err := e.WriteParquet(t.Context(), path, res.Columns, batches(b, b.Slice(1, 3)), opts)
		if err != nil {
			t.Fatal(name, err)
		}
		if w.Rows != 6 || strings.Join(w.NoNulls, " ") != "s" {
			t.Errorf("%s: %+v", name, w)
		}
		tb, err := e.OpenParquet(t.Context(), []string{path})
		if err != nil {
			t.Fatal(name, err)
		}
		for i, c := range tb.Columns() {
			if c != res.Columns[i] {
				t.Errorf("%s: column %v, want %v", name, c, res.Columns[i])
			}
		}
		want := want + rows(t, kql.NewMemTable(res.Columns, b.Slice(1, 3)))
		if opts.Timestamps { // years that nanoseconds do not hold are in microseconds
			want = strings.ReplaceAll(strings.ReplaceAll(want, "05.1234567Z", "05.1234560Z"), "59.9999999Z", "59.9999990Z")
		}
		if got := rows(t, tb); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestWriteByDay(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	res, b := answer(t, everyType+" | project t, s")
	dir := t.TempDir()
	files, err := e.WriteByDay(t.Context(), dir, res.Columns, 0, batches(b))
	if err != nil {
		t.Fatal(err)
	}
	var days []string
	for _, f := range files {
		days = append(days, f.Day)
		if _, err := os.Stat(f.Path); err != nil || f.Bytes == 0 {
			t.Errorf("%+v: %v", f, err)
		}
	}
	// The row without a time lies beside the first day.
	if got := strings.Join(days, " "); got != "0001-01-01 2026-01-02 9999-12-31" && got != "0001-01-01 9999-12-31 2026-01-02" {
		t.Errorf("days %s", got)
	}
}

func TestForeignParquet(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	path := filepath.Join(t.TempDir(), "other.parquet")
	if err := e.Exec(t.Context(), `COPY (SELECT 1::TINYINT AS i, 2::UINTEGER AS u, 1.25::DECIMAL(9,2) AS d, 'x'::VARCHAR AS s, NULL::VARCHAR AS n, DATE '2020-02-29' AS day,
		TIMESTAMP '2020-01-01 00:00:00.123456' AS us, TIMESTAMP_NS '2020-01-01 00:00:00.123456789' AS ns, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS tz, {'a': [1, 2]} AS st, 1.5::FLOAT AS f) TO '`+path+`' (FORMAT parquet)`); err != nil {
		t.Fatal(err)
	}
	tb, err := e.OpenParquet(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	want := `[1,2,"1.25","x","","2020-02-29T00:00:00.0000000Z","2020-01-01T00:00:00.1234560Z","2020-01-01T00:00:00.1234567Z","2020-01-01T00:00:00.0000000Z",{"a":[1,2]},1.5]` + "\n"
	if got := rows(t, tb); got != want {
		t.Errorf("%v\ngot  %swant %s", tb.Columns(), got, want)
	}
}

func TestBadParquetIsRefused(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	res, b := answer(t, "range x from 1 to 100000 step 1 | extend s=tostring(x)")
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.parquet")
	if _, err := e.WriteParquet(t.Context(), whole, res.Columns, batches(b), duck.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, bytes := range map[string][]byte{"cut short": data[:len(data)/2], "without an end": data[:len(data)-8], "empty": nil, "text": []byte("a,b\n1,2\n")} {
		path := filepath.Join(dir, "bad.parquet")
		if err := os.WriteFile(path, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if tb, err := e.OpenParquet(t.Context(), []string{path}); err == nil {
			t.Errorf("%s: read as %v", name, tb.Columns())
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1, Memory: 64 << 20})
	defer e.Close()
	var failed error
	for _, err := range e.Query(t.Context(), "SELECT count(DISTINCT range)::BIGINT AS n FROM range(100000000)", []kql.Column{{Name: "n", Type: kql.Long}}) {
		failed = err
	}
	if !errors.Is(failed, kql.ErrMemory) {
		t.Errorf("%v", failed)
	}
}

func TestCancel(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range e.Query(ctx, "SELECT range AS x FROM range(100000000000)", []kql.Column{{Name: "x", Type: kql.Long}}) {
		if err != nil {
			if !strings.Contains(err.Error(), "canceled") {
				t.Errorf("%v", err)
			}
			return
		}
		if n++; n == 2 {
			cancel()
		}
	}
	t.Error("the query ended by itself")
}

// TestOpenParquetNulls has columns without nulls read as they are, and the others
// with their nulls as KQL has them, in files of which one lacks a column.
func TestOpenParquetNulls(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	var paths []string
	for i, text := range []string{
		`datatable(s:string, n:long, only:string) ["a", 1, "x", "", long(null), ""]`,
		`datatable(s:string, n:long) ["b", 2]`,
	} {
		res, b := answer(t, text)
		path := filepath.Join(t.TempDir(), "f.parquet")
		if _, err := e.WriteParquet(t.Context(), path, res.Columns, batches(b), duck.WriteOptions{NoSync: true}); err != nil {
			t.Fatal(i, err)
		}
		paths = append(paths, path)
	}
	tb, err := e.OpenParquet(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	rel := tb.(kql.SQLTable).Relation()
	if got := strings.Join(rel.Columns, " | "); got != `"s" | "n" | coalesce("only", '')` {
		t.Error(got)
	}
	if rel.NoNulls[1] {
		t.Error("n has a null")
	}
	if got, want := rows(t, tb), "[\"a\",1,\"x\"]\n[\"\",null,\"\"]\n[\"b\",2,\"\"]\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestCancelAsAQueryEnds has queries end while they are interrupted: nothing may
// use a connection that is closed.
func TestCancelAsAQueryEnds(t *testing.T) {
	e := duck.New(duck.Options{Threads: 1})
	defer e.Close()
	for i := range 400 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		for _, err := range e.Query(ctx, "SELECT range AS x FROM range(1)", []kql.Column{{Name: "x", Type: kql.Long}}) {
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(i, err)
			}
		}
	}
}
