//go:build cgo

package kql_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
)

// hard is a table whose columns hold what SQL and KQL differ about: nulls, NaN,
// infinities, extremes, empty texts, letters beyond ASCII.
const hard = `let T = datatable(k:string, b:bool, i:int, l:long, r:real, s:string, g:guid, t:datetime, d:timespan, n:long, j:dynamic) [
	"a", true, 1, 1, 1.5, "alpha", guid(74be27de-1e4e-49d9-b579-fe0b331d3642), datetime(2026-01-02T03:04:05.1234567Z), 1d, 1, dynamic({"a":1,"b":"alpha"}),
	"a", false, -1, 9223372036854775807, real(nan), "", guid(null), datetime(0001-01-01), -1h, 2, dynamic({"a":"x"}),
	"b", bool(null), int(null), long(null), real(null), "Alpha", guid(74be27de-1e4e-49d9-b579-fe0b331d3642), datetime(null), timespan(null), 3, dynamic(null),
	"b", true, 2147483647, 9223372036854775807, real(+inf), "ALPHA beta", guid(00000000-0000-0000-0000-000000000000), datetime(9999-12-31T23:59:59.9999999Z), 0s, 4, dynamic([1,2]),
	"", false, -2147483648, -9223372036854775808, real(-inf), "éa", guid(null), datetime(2026-01-02T03:04:05.1234567Z), 1d, 5, dynamic("text"),
	"", bool(null), 0, 0, 0.0, "it's", guid(ffffffff-ffff-ffff-ffff-ffffffffffff), datetime(2026-01-02), 1tick, 6, dynamic({"b":"Alpha beta","a":2.5}),
	"c", true, 1, 1, -0.0, "alpha", guid(74be27de-1e4e-49d9-b579-fe0b331d3642), datetime(2026-01-02T03:00:00Z), 1h, 7, dynamic({"a":null}),
	"c", bool(null), int(null), long(null), real(nan), "", guid(null), datetime(null), timespan(null), 8, dynamic({"a":{"b":"deep"}}),
	"k", true, 5, 5, 2.5, "KİSS", guid(null), datetime(2026-01-05), 2d, 9, dynamic(7),
	"k", true, 5, 5, 2.5, "\u212Aiſs", guid(null), datetime(2026-01-05), 2d, 10, dynamic({"a":true,"b":""}),
	"k", false, 5, 5, 2.5, "kiss", guid(null), datetime(2026-01-05), 2d, 11, dynamic([]),
	"k", false, 5, 5, 2.5, "XİX kiSS-me 1", guid(null), datetime(2026-01-05), 2d, 12, dynamic({"b":"KİSS"}),
	"k", false, 5, 5, 2.5, "日alpha本 kissé alpha\u0301", guid(null), datetime(2026-01-05), 2d, 13, dynamic({"a":1}),
	"k", false, 5, 5, 2.5, "日本。alpha。x\u00b2 k\ni", guid(null), datetime(2026-01-05), 2d, 14, dynamic({"a":9223372036854775807})
]; T | `

// condition returns a random predicate over T's columns.
func condition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return "(" + condition(r, depth-1) + " and " + condition(r, depth-1) + ")"
		case 1:
			return "(" + condition(r, depth-1) + " or " + condition(r, depth-1) + ")"
		case 2:
			return "not(" + condition(r, depth-1) + ")"
		}
	}
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	equal, order := pick("==", "!="), pick("<", "<=", ">", ">=", "==", "!=")
	switch r.IntN(26) {
	case 20, 21, 22, 23, 24, 25:
		return engineOnly(r, pick)
	case 0:
		return "b"
	case 1:
		return "b " + equal + pick(" true", " false")
	case 2:
		return "i " + order + pick(" 1", " 0", " -2147483648", " l", " long(null)")
	case 3:
		return "l " + order + pick(" 1", " 9223372036854775807", " i", " -9223372036854775807")
	case 4, 5:
		return "r " + order + pick(" 1.5", " 0.0", " -1.0", " real(+inf)", " 1", " real(nan)")
	case 6:
		return "s " + equal + pick(` "alpha"`, ` ""`, ` "it's"`, ` "éa"`, " k")
	case 7:
		return "s " + pick("contains_cs", "!contains_cs", "startswith_cs", "endswith_cs", "!startswith_cs", "!endswith_cs") + pick(` "alpha"`, ` "A"`, ` ""`, ` "'"`, " k")
	case 15:
		return "s " + pick("has_any", "has_all", "in~", "has_any") + pick(` ("x", "ALPHA")`, ` ("kiss", "me")`, ` ("alpha", "beta")`, ` ("", "zz")`, ` ("é", "1")`)
	case 8, 16, 17, 18, 19:
		return "s " + pick("has", "!has", "has_cs", "hasprefix", "has_any", "has_all", "hassuffix", "!hasprefix_cs", "!hassuffix", "hassuffix_cs", "contains", "!contains", "=~", "!~", "in~", "!in~", "startswith", "!startswith", "endswith") +
			pick(` ("alpha")`, ` ("ÉA")`, ` ("Kiss")`, ` ("iss")`, ` ("xi")`, ` ("ix")`, ` ("x")`, ` ("i")`, ` ("k")`, ` ("S")`, ` ("")`)
	case 9:
		return pick("k", "s") + pick(" in ", " !in ") + pick(`("a", "b")`, `("")`, `(dynamic(["a", "alpha"]))`)
	case 10:
		return pick("i", "l") + pick(" in ", " !in ") + pick("(1, 2, -1)", "(0)", "(long(null), 1)", "(dynamic([1, 2147483647]))")
	case 11:
		return "t " + order + pick(" datetime(2026-01-02)", " datetime(0001-01-01)", " ago(1d)", " startofday(t)", " bin(t, 1h)")
	case 12:
		return "d " + order + pick(" 1h", " 0s", " -1h")
	case 13:
		return pick("isnull", "isnotnull") + "(" + pick("b", "i", "l", "r", "g", "t", "d") + ")"
	case 14:
		return pick("isempty", "isnotempty") + "(" + pick("s", "k") + ")"
	}
	return "g " + equal + pick(" guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", " guid(null)")
}

// engineOnly returns a predicate that SQL has no form of.
func engineOnly(r *rand.Rand, pick func(...string) string) string {
	switch r.IntN(9) {
	case 0:
		return "s matches regex " + pick(`@"^\w+$"`, `"(?i)ALPHA"`, `@"\bk"`, `"[éİ]"`)
	case 1:
		return "tolower(s) " + pick("==", "!=", "has", "startswith") + ` "alpha"`
	case 2:
		return "tostring(j." + pick("a", "b", "a.b") + ") " + pick("==", "!=", "contains", "has") + pick(` "x"`, ` "alpha"`, ` ""`, ` "1"`)
	case 3:
		return "j.a " + pick("==", ">", "!=") + pick(" 1", " long(null)")
	case 4:
		return pick("isnull", "isnotnull", "isempty") + "(" + pick("j", "j.a", "j.b") + ")"
	case 5:
		return "strlen(s) + i " + pick(">", "<", "==") + " 5"
	case 6:
		return "s has_any (dynamic(['é', 'kiss', 'ſs'])) "
	case 7:
		return pick("k", "s", "tolower(s)") + pick(" in~ ", " in ", " !in ", " has_any ") + `((datatable(x:string) ["alpha", "KISS", ""] | project x))`
	}
	return "coalesce(r, real(2)) " + pick(">", "<=") + " l % 3"
}

// TestPushdownMeansTheSame compares what the store computes with what the
// engine does, for random queries over hard data.
func TestPushdownMeansTheSame(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql, spilled, short := 0, 0, 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	name := "" // of the one table, which is moved once
	move := func(cols []kql.Column, b *kql.Batch) string {
		if len(cols) == 1 {
			return "" // a list in a condition is another table
		}
		if name == "" {
			name = tables.move(cols, b)
		}
		return name
	}
	r := rand.New(rand.NewPCG(1, 2))
	aggregates := []string{"count()", "sum(i)", "sum(l)", "sum(r)", "avg(i)", "avg(l)", "avg(r)", "min(i)", "max(l)", "min(t)", "max(t)", "max(r)", "min(r)", "min(s)", "max(s)", "min(d)", "sum(d)",
		"variance(r)", "stdevp(i)", "variancepif(r, b)", "stdevif(r, r > 0 or n < 5)", "variance(l)", "dcount(s)", "dcount(l)", "dcount(g)", "count_distinct(t)", "countif(b)", "countif(r > 0)", "sumif(l, b)", "dcountif(s, i > 0)", "arg_max(n, s, t)", "arg_min(n, i)", "arg_max(n, *)", "arg_max(n, k, s, g, t, d, b, i)", "arg_max(n, r)", "arg_max(n, r, k, l)", "arg_min(n, r, t, r)", "arg_max(i, n, k)", "arg_min(l, n)", "arg_min(t, n, r)", "arg_max(d, *)", "arg_max(t, s)", "arg_max(l, s)", "avgif(r, i > 100)", "max(strlen(s))", "sum(tolong(j.a))", "countif(s matches regex 'a')", "dcount(tostring(j.b))", "arg_max(n, tostring(j.b))", "min(toupper(s))"}
	keys := []string{"k", "b", "i", "l", "s", "g", "t", "d", "bin(t, 1d)", "startofday(t)", "hourofday(t)", "iif(b, 'x', k)", "r", "x = tolower(s)", "x = tostring(j.a)", "x = strlen(s) % 3", "x = format_datetime(t, 'yyyy')", "x = tolong(j.a)", "x = b or r > 1 and strlen(s) > 2"}
	pick := func(from []string, n int) string {
		var out []string
		for range n {
			if x := from[r.IntN(len(from))]; !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
		return strings.Join(out, ", ")
	}
	for i := range 3000 {
		var q string
		switch i % 12 {
		case 0:
			q = "where " + condition(r, 2)
		case 1:
			q = "where " + condition(r, 1) + " | summarize " + pick(aggregates, 3) + " by " + pick(keys, 2)
		case 2:
			q = "where " + condition(r, 1) + " | summarize " + pick(aggregates, 4)
		case 3:
			q = "project x = " + condition(r, 1) + ", y = iif(" + condition(r, 0) + ", l, long(7)), k | distinct x, y"
		case 4:
			q = fmt.Sprintf("where %s | join kind=%s (T | where %s | summarize m = max(n) by %s) on %[4]s | summarize count(), sum(m) by k",
				condition(r, 0), pick([]string{"inner", "leftouter", "leftsemi", "leftanti", "innerunique", "fullouter", "rightouter", "rightsemi", "rightanti"}, 1), condition(r, 0), pick([]string{"k", "i", "l", "s", "t", "g", "d"}, 1))
			switch {
			case strings.Contains(q, "=right") && !strings.Contains(q, "outer"):
				q = q[:strings.Index(q, "| summarize count(), sum(m)")] + "| summarize count(), sum(m)"
			case strings.Contains(q, "semi") || strings.Contains(q, "anti"):
				q = strings.Replace(q, ", sum(m)", "", 1)
			}
		case 6:
			q = fmt.Sprintf("extend x = %s, y = parse_json(tostring(j)), z = strcat(s, '-', k) | where %s or x == 'a' or y.a == 1 | project z, x, w = tostring(y.b), n | where %s | %s",
				pick([]string{"tolower(s)", "tostring(j.b)", "extract('[a-z]+', 0, s)", "substring(s, 1)"}, 1), condition(r, 1), pick([]string{"w has 'alpha'", "strlen(z) > 2", "x != ''", "n > 3 and z has 'k'"}, 1),
				pick([]string{"summarize count(), max(n) by x", "top 3 by n", "distinct z, x", "summarize dcount(w) by x, z", "project w, x", "take 100", "count"}, 1))
		case 7:
			q = fmt.Sprintf("extend x = %s | join kind=%s (T | extend x = %s, q = tolower(s), jj = j | where %s) on x | summarize count(), sum(n), max(n1), dcount(q) by x, k",
				pick([]string{"tolower(s)", "tostring(j.b)", "k"}, 1), pick([]string{"inner", "leftouter", "innerunique", "rightouter", "fullouter"}, 1), pick([]string{"tolower(s)", "tostring(j.b)", "k"}, 1), condition(r, 1))
		case 8:
			q = fmt.Sprintf("where %s | union withsource=src (T | extend more = %s) | where %s | %s", condition(r, 0), pick([]string{"1", "s", "tolower(s)", "t", "j"}, 1), condition(r, 1),
				pick([]string{"summarize count(), dcount(tostring(more)), max(n) by k", "summarize count() by src, tolower(s)", "count", "distinct k, src", "project k, src, more", "sort by n, s | take 2"}, 1))
		case 9:
			q = fmt.Sprintf("summarize m = max(n), any = min(s) by %s | where m > 2 | join kind=%s (T | where %s) on %[1]s | summarize count(), sum(n), sum(m) by k",
				pick([]string{"k", "i", "k, b", "s"}, 1), pick([]string{"innerunique", "innerunique", "rightanti", "rightsemi", "fullouter", "rightouter"}, 1), condition(r, 1))
			if strings.Contains(q, "=rightanti") || strings.Contains(q, "=rightsemi") {
				q = strings.Replace(q, ", sum(m)", "", 1)
			}
		case 10:
			q = fmt.Sprintf("where %s | join kind=%s (range l from -1 to 6 step 1 | extend k = case(l < 1, 'a', l < 3, 'k', l < 5, '', strcat('no', l)), s = iif(l == 2, 'kiss', 'alpha'), i = toint(l), t = iif(l == 3, datetime(null), datetime(2026-01-05)), q = l * 1.5) on %s | summarize count(), sum(n), sum(q), dcount(k1) by k, s",
				condition(r, 0), pick([]string{"inner", "leftouter", "rightouter", "fullouter", "innerunique", "leftsemi", "leftanti"}, 1), pick([]string{"k", "l", "s", "i", "t"}, 2))
			if strings.Contains(q, "semi") || strings.Contains(q, "anti") || strings.Contains(q, "on k") || strings.Contains(q, ", k |") {
				q = strings.NewReplacer(", sum(q), dcount(k1)", "").Replace(q)
			}
		case 11:
			q = fmt.Sprintf("summarize make_set(k), n = max(n), l = min(l) by s | project s, n, l, size = array_length(set_k) | join kind=%s (T | where %s) on s | summarize count(), sum(size), sum(n), max(n1) by k",
				pick([]string{"inner", "leftouter", "rightouter", "fullouter"}, 1), condition(r, 1))
		case 5:
			late := pick([]string{"t > datetime(2020-01-01)", "t > datetime(2020-01-01) or isnull(t)", "t > datetime(2030-01-01)"}, 1)
			axis := pick([]string{"", "from datetime(2026-01-02T01:00) ", "from datetime(2026-01-01) to datetime(2026-01-09) ", "to datetime(2026-01-09) "}, 1)
			q = fmt.Sprintf("where (%s) and t < datetime(2040-01-01) or isnull(t) and %s | make-series %s on t %sstep %s by %s", late, condition(r, 0),
				pick([]string{"count()", "sum(l)", "min(i)", "max(l)", "avg(r)", "avg(l)", "dcount(s)", "countif(b)", "max(r)", "min(r)", "max(s)", "variance(r)", "stdevp(i)", "sumif(l, b) default=7", "percentile(l, 50)"}, 3), axis, pick([]string{"1h", "1d", "7h", "1d + 1tick"}, 1), pick([]string{"k", "b", "s", "g"}, 2))
		}
		opts := kql.Options{}.WithValues(move)
		got, err := outcome(hard+q, tables, opts)
		opts.NoPushdown = true
		want, werr := outcome(hard+q, tables, opts)
		if werr != nil && strings.Contains(werr.Error(), "KQL0113") && err != nil {
			continue // two keys of one name
		}
		if werr != nil || err != nil || got != want {
			t.Errorf("%s\n%v, %v\ngot:\n%s\nwant:\n%s", q, err, werr, got, want)
		}
		// With no memory at all every operator that can puts its rows on disk.
		if werr != nil || i%2 > 0 {
			continue
		}
		a := &area{}
		got, err = outcome(hard+q, kql.NewMemDatabase(), kql.Options{Memory: 700, BatchRows: 3, Workers: 2, Spill: a})
		if a.made > 0 {
			spilled++
		}
		if errors.Is(err, kql.ErrMemory) {
			short++
		} else if err != nil || got != want || a.open != 0 {
			t.Errorf("with rows on disk (%d files open): %s\n%v\ngot:\n%s\nwant:\n%s", a.open, q, err, got, want)
		}
	}
	t.Logf("figure: %d of 1500 random queries put rows on disk, %d had too little memory", spilled, short)
	t.Logf("figure: %d parts of 3000 random queries were computed in SQL", sql)
	if sql < 500 {
		t.Errorf("the store computed only %d parts", sql)
	}
}

// failing is a table whose store fails to call the engine.
type failing struct{ kql.SQLTable }

func (failing) Query(context.Context, kql.SQLQuery) iter.Seq2[*kql.Batch, error] {
	return func(yield func(*kql.Batch, error) bool) { yield(nil, fmt.Errorf("%w: for some row", kql.ErrFunction)) }
}

// TestFailedFunctionIsLeftToTheEngine has the engine compute what a store
// could not.
func TestFailedFunctionIsLeftToTheEngine(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql := 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	opts := kql.Options{}.WithValues(func(cols []kql.Column, b *kql.Batch) string {
		name := tables.move(cols, b)
		tables.made[name] = failing{tables.made[name].(kql.SQLTable)}
		return name
	})
	text := hard + `where s matches regex "^[a-z]+$" | summarize count() by tolower(k)`
	got, err := outcome(text, tables, opts)
	want, werr := outcome(text, kql.NewMemDatabase(), kql.Options{})
	if err != nil || werr != nil || got != want || !strings.Contains(got, "a") {
		t.Errorf("got %s, %v, want %s, %v", got, err, want, werr)
	}
}

// TestSquaresTooLargeForTheStore: the engine computes what SQL refuses.
func TestSquaresTooLargeForTheStore(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql := 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	opts := kql.Options{}.WithValues(tables.move)
	for _, x := range []string{"1e200", "-1e300", "1e155", "1e150", "real(+inf)"} {
		text := hard + "extend x = iif(n == 9, " + x + ", n * 0.5) | summarize variance(x), variancep(x), stdev(x), stdevp(x), varianceif(x, n < 9) by k"
		got, err := outcome(text, tables, opts)
		want, werr := outcome(text, kql.NewMemDatabase(), kql.Options{})
		if err != nil || werr != nil || got != want || sql == 0 {
			t.Errorf("%s: got %s, %v, want %s, %v", x, got, err, want, werr)
		}
	}
}

// TestColumnsOverColumns: columns that stand for twice what those before them
// stand for are planned in little time and give the same.
func TestColumnsOverColumns(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql := 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	opts := kql.Options{}.WithValues(tables.move)
	for _, step := range []string{"iff(b, a$p, a$p)", "iff(a$p == k, a$p, s)", "tolower(strcat(a$p, a$p))"} {
		text := hard + "extend a0 = k" + chain(30, " | extend a$i = "+step+" | extend a$i = substring(a$i, 0, 20)")
		if !strings.Contains(step, "strcat") {
			text = hard + "extend a0 = k" + chain(60, " | extend a$i = "+step)
		}
		last := "a60"
		if strings.Contains(step, "strcat") {
			last = "a30"
		}
		for _, end := range []string{" | summarize count() by " + last, " | where " + last + " == 'k' | count", " | summarize dcount(" + last + "), max(" + last + ") by b"} {
			begin := time.Now()
			got, err := outcome(text+end, tables, opts)
			want, werr := outcome(text+end, kql.NewMemDatabase(), kql.Options{})
			if err != nil || werr != nil || got != want {
				t.Errorf("%s%s: %v, %v: got %s, want %s", step, end, err, werr, got, want)
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Errorf("%s%s took %s", step, end, d)
			}
		}
	}
	bools := hard + "extend a0 = b" + chain(60, " | extend a$i = a$p == b") + " | summarize count() by a60"
	got, err := outcome(bools, tables, opts)
	want, werr := outcome(bools, kql.NewMemDatabase(), kql.Options{})
	if err != nil || werr != nil || got != want {
		t.Errorf("%v, %v: got %s, want %s", err, werr, got, want)
	}
}

// TestLongConditions plans chains of very many conditions, native and not, in
// little time.
func TestLongConditions(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql := 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	opts := kql.Options{}.WithValues(tables.move)
	for _, parts := range [][]string{{"s has 'xi'"}, {"s has 'xi'", "n == 3"}, {"n == 3"}, {"s has 'xi'", "n == 3", "n == 4", "n == 5", "n == 6", "n == 7"}} {
		for _, op := range []string{" or ", " and "} {
			var b strings.Builder
			for i := range 2000 {
				if i > 0 {
					b.WriteString(op)
				}
				b.WriteString(parts[i%len(parts)])
			}
			begin := time.Now()
			got, err := outcome(hard+"where "+b.String()+" | summarize count(), sum(n)", tables, opts)
			alone := opts
			alone.NoPushdown = true
			want, werr := outcome(hard+"where "+b.String()+" | summarize count(), sum(n)", tables, alone)
			if err != nil || werr != nil || got != want {
				t.Errorf("%s%s: %v, %v: got %s, want %s", parts[0], op, err, werr, got, want)
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Errorf("%s%s took %s", parts[0], op, d)
			} else {
				t.Log(parts, op, d)
			}
		}
	}
}

// budgeted is a table whose source holds memory of its own.
type budgeted struct {
	kql.SQLTable
	held int64
}

func (b budgeted) Budget() int64 { return b.held }

// TestOneBudget: a query that reads a store leaves it its part of the memory, at
// most one half, and says what is left to the engine.
func TestOneBudget(t *testing.T) {
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql := 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	for _, c := range []struct {
		held int64
		left string
	}{{0, "8 MiB"}, {2 << 20, "6 MiB"}, {4 << 20, "4 MiB"}, {1 << 30, "4 MiB"}} {
		opts := kql.Options{Memory: 8 << 20}.WithValues(func(cols []kql.Column, b *kql.Batch) string {
			name := tables.move(cols, b)
			tables.made[name] = budgeted{tables.made[name].(kql.SQLTable), c.held}
			return name
		})
		_, err := outcome(hard+"where n < 3 | mv-expand x = range(1, 1000000) | summarize make_list(x)", tables, opts)
		if !errors.Is(err, kql.ErrMemory) || !strings.Contains(err.Error(), "make_list") || !strings.Contains(err.Error(), "budget is "+c.left+"]") {
			t.Errorf("%d: %v, want %s", c.held, err, c.left)
		}
	}
}
