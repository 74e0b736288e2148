package kql

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// recorded is a query with the answer of Microsoft's engine.
type recorded struct {
	ID               string
	Family           string
	KQL              string
	Error            bool
	Nondeterministic bool
	Columns          json.RawMessage
	Rows             json.RawMessage
	RowCount         int
}

func readLines[T any](t testing.TB, name string) []T {
	f, err := os.Open(filepath.Join(testdata.Dir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<26)
	for s.Scan() {
		var x T
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

var testNow = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

// answer runs a query over nothing but what it holds itself.
func answer(text string) ([]Column, *Batch, error) {
	q, list := Compile(text, NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	res, err := q.Run(ctx, NewMemDatabase(), Options{Now: testNow, Seed: 1})
	if err != nil {
		return nil, nil, err
	}
	t := res.Tables[0]
	b, err := t.All()
	return t.Columns, b, err
}

func knownFailures(t testing.TB) map[string]string {
	out := map[string]string{}
	b, err := os.ReadFile("testdata/known_failures.txt")
	if os.IsNotExist(err) {
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		id, reason, _ := strings.Cut(line, "\t")
		out[id] = reason
	}
	return out
}

// TestConformance compares with recorded answers of Microsoft's engine.
func TestConformance(t *testing.T) {
	known := knownFailures(t)
	type tally struct{ ok, all int }
	families := map[string]*tally{}
	var total tally
	check := func(family, id string, err error) {
		f := families[family]
		if f == nil {
			f = &tally{}
			families[family] = f
		}
		f.all++
		total.all++
		_, listed := known[id]
		switch {
		case err == nil && listed:
			t.Errorf("%s passes: take it off testdata/known_failures.txt", id)
			fallthrough
		case err == nil:
			f.ok++
			total.ok++
		case !listed:
			t.Errorf("%s: %v", id, err)
		}
	}
	seen := map[string]int{}
	for _, r := range readLines[recorded](t, "kql/kusto-fuzz-results.jsonl.gz") {
		if r.Nondeterministic {
			continue
		}
		id := r.ID
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s~%d", id, seen[id])
		}
		check(r.Family, id, compareFuzz(r))
	}
	for _, r := range readLines[recorded](t, "kql/kusto-docs-results.jsonl.gz") {
		if r.Nondeterministic {
			continue
		}
		check("docs", "docs-"+r.ID, compareDocs(r))
	}
	var names []string
	for n := range families {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		f := families[n]
		t.Logf("conformance: kql %s %d of %d (%.1f %%)", n, f.ok, f.all, 100*float64(f.ok)/float64(f.all))
	}
	t.Logf("conformance: kql %s %d of %d (%.1f %%)", "all", total.ok, total.all, 100*float64(total.ok)/float64(total.all))
}

var className = map[Type]string{Bool: "Bool", DateTime: "DateTime", Decimal: "Real", Dynamic: "Dynamic", GUID: "Guid", Int: "Int", Long: "Int", Real: "Real", String: "String", TimeSpan: "TimeSpan"}

func compareFuzz(r recorded) error {
	cols, b, err := answer(r.KQL)
	if r.Error {
		if err == nil {
			return fmt.Errorf("must be refused: %s", r.KQL)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w\n   %s", err, r.KQL)
	}
	var wantCols, wantRows []string
	if json.Unmarshal(r.Columns, &wantCols) != nil || json.Unmarshal(r.Rows, &wantRows) != nil {
		return fmt.Errorf("unreadable case")
	}
	var got []string
	for _, c := range cols {
		got = append(got, c.Name+":"+className[c.Type])
	}
	if strings.Join(got, " ") != strings.Join(wantCols, " ") {
		return fmt.Errorf("columns %v, want %v\n   %s", got, wantCols, r.KQL)
	}
	if b.Rows != r.RowCount {
		return fmt.Errorf("%d rows, want %d\n   %s", b.Rows, r.RowCount, r.KQL)
	}
	var rows []string
	for i := range b.Rows {
		var cells []string
		for k, c := range b.Cols {
			cells = append(cells, fuzzCell(cols[k].Type, c.Get(i)))
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	for i := range wantRows {
		wantRows[i] = normalFuzz(wantRows[i])
	}
	return sameRows(rows, wantRows, len(wantRows) < r.RowCount, ordered(r.KQL), r.KQL)
}

var orderOp = regexp.MustCompile(`(?i)\|\s*(sort|order|top)\s+`)

func ordered(q string) bool { return orderOp.MatchString(q) }

// sameRows compares texts of rows. Where the order matters but ties may lie
// either way the multiset decides.
func sameRows(got, want []string, cut, order bool, q string) error {
	for i := range got {
		got[i] = normalNumbers(got[i])
	}
	for i := range want {
		want[i] = normalNumbers(want[i])
	}
	if cut {
		have := map[string]int{}
		for _, g := range got {
			have[g]++
		}
		for _, w := range want {
			if have[w]--; have[w] < 0 {
				return fmt.Errorf("row %s is missing in %v\n   %s", w, got, q)
			}
		}
		return nil
	}
	g, w := append([]string{}, got...), append([]string{}, want...)
	if !order {
		sort.Strings(g)
		sort.Strings(w)
	}
	if strings.Join(g, "\n") != strings.Join(w, "\n") {
		if order {
			sort.Strings(g)
			sort.Strings(w)
			if strings.Join(g, "\n") == strings.Join(w, "\n") {
				return fmt.Errorf("order: got %v\n   want %v\n   %s", got, want, q)
			}
		}
		for i := range g {
			if i < len(w) && g[i] != w[i] {
				return fmt.Errorf("row %s\n  want %s\n   %s", g[i], w[i], q)
			}
		}
		return fmt.Errorf("rows %v\n  want %v\n   %s", g, w, q)
	}
	return nil
}

var numberRE = regexp.MustCompile(`-?\d+\.\d+(?:[eE][-+]?\d+)?|-?\d+[eE][-+]?\d+`)

// normalNumbers rounds the reals in a text to 9 digits.
func normalNumbers(s string) string {
	return numberRE.ReplaceAllStringFunc(s, func(n string) string {
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return n
		}
		return strconv.FormatFloat(f, 'g', 9, 64)
	})
}

func fuzzCell(t Type, v Value) string {
	switch {
	case t == Dynamic && v.IsNull():
		return "null"
	case v.IsNull():
		return "null"
	case t == String:
		return "'" + v.Str() + "'"
	case t == Dynamic:
		return jsonNormal(value.JSON(v))
	case t == Real:
		return strings.Replace(strings.TrimSuffix(value.Text(v, false), ".0"), "inf", "Infinity", 1)
	}
	return value.Text(v, false)
}

// normalFuzz brings the JSON in a recorded row into the compact form.
func normalFuzz(row string) string {
	var out strings.Builder
	for i := 0; i < len(row); {
		c := row[i]
		if c == '\'' {
			end := i + 1
			for end < len(row) && !(row[end] == '\'' && (strings.HasPrefix(row[end+1:], ", ") || row[end+1:] == ")")) {
				end++
			}
			out.WriteString(row[i:min(end+1, len(row))])
			i = end + 1
			continue
		}
		if c == '{' || c == '[' || c == '"' {
			d := json.NewDecoder(strings.NewReader(row[i:]))
			d.UseNumber()
			var x json.RawMessage
			if d.Decode(&x) == nil {
				out.WriteString(jsonNormal(string(x)))
				i += int(d.InputOffset())
				continue
			}
		}
		out.WriteByte(c)
		i++
	}
	return out.String()
}

// jsonNormal writes JSON with sorted keys and numbers in one form.
func jsonNormal(s string) string {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var x any
	if d.Decode(&x) != nil {
		return s
	}
	return string(appendNormal(nil, x))
}

func appendNormal(dst []byte, x any) []byte {
	switch x := x.(type) {
	case json.Number:
		if f, err := x.Float64(); err == nil && strings.ContainsAny(string(x), ".eE") {
			if f == math.Trunc(f) && math.Abs(f) < 1e15 {
				return strconv.AppendInt(dst, int64(f), 10)
			}
			return strconv.AppendFloat(dst, f, 'g', 9, 64)
		}
		return append(dst, x...)
	case []any:
		dst = append(dst, '[')
		for i, e := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendNormal(dst, e)
		}
		return append(dst, ']')
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		dst = append(dst, '{')
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendQuote(dst, k)
			dst = append(dst, ':')
			dst = appendNormal(dst, x[k])
		}
		return append(dst, '}')
	}
	b, _ := json.Marshal(x)
	return append(dst, b...)
}

func compareDocs(r recorded) error {
	cols, b, err := answer(r.KQL)
	if err != nil {
		return fmt.Errorf("%w\n   %s", err, r.KQL)
	}
	var wantCols []struct{ Name, Type string }
	if err := json.Unmarshal(r.Columns, &wantCols); err != nil {
		return err
	}
	var got, want []string
	for _, c := range cols {
		got = append(got, c.Name+":"+c.Type.String())
	}
	for _, c := range wantCols {
		want = append(want, c.Name+":"+c.Type)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		return fmt.Errorf("columns %v, want %v\n   %s", got, want, r.KQL)
	}
	d := json.NewDecoder(strings.NewReader(string(r.Rows)))
	d.UseNumber()
	var wantRows [][]any
	if err := d.Decode(&wantRows); err != nil {
		return err
	}
	if b.Rows != len(wantRows) {
		return fmt.Errorf("%d rows, want %d\n   %s", b.Rows, len(wantRows), r.KQL)
	}
	var g, w []string
	for i := range b.Rows {
		var gc, wc []string
		for k, c := range b.Cols {
			gc = append(gc, docsCell(cols[k].Type, c.Get(i)))
			wc = append(wc, docsWant(cols[k].Type, wantRows[i][k]))
		}
		g, w = append(g, strings.Join(gc, " | ")), append(w, strings.Join(wc, " | "))
	}
	return sameRows(g, w, false, ordered(r.KQL), r.KQL)
}

func docsCell(t Type, v Value) string {
	switch {
	case v.IsNull():
		return "null"
	case t == Dynamic:
		return jsonNormal(value.JSON(v))
	case t == Bool:
		return value.Text(v, true)
	case t == Real:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.FormatInt(int64(f), 10)
		}
		return normalNumbers(value.Text(v, false))
	}
	return value.Text(v, false)
}

func docsWant(t Type, x any) string {
	switch v := x.(type) {
	case nil:
		if t == String {
			return ""
		}
		return "null"
	case string:
		switch t {
		case Dynamic:
			if s := jsonNormal(v); s != v || strings.HasPrefix(v, "[") || strings.HasPrefix(v, "{") {
				return s
			}
			return strconv.Quote(v)
		case DateTime:
			if ticks, ok := types.ParseDateTime(v); ok {
				return types.FormatDateTime(ticks)
			}
		case TimeSpan:
			if ticks, ok := types.ParseTimeSpan(v, true); ok {
				return types.FormatTimeSpan(ticks)
			}
		case Real:
			switch v {
			case "Infinity":
				return "inf"
			case "-Infinity":
				return "-inf"
			}
		case Decimal:
			return v
		default: // compared as it is written
		}
		return v
	case json.Number:
		if t == Bool {
			return strconv.FormatBool(v != "0")
		}
		return string(appendNormal(nil, v))
	}
	return string(appendNormal(nil, x))
}
