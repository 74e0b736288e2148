package kql_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
)

// fuzzTable is small and has hard values of every type.
const fuzzTable = `let T = datatable(i:int, l:long, r:real, s:string, b:bool, t:datetime, d:timespan, g:guid, m:decimal, j:dynamic) [
	1, 1, 1.5, "alpha beta", true, datetime(2026-01-02T03:04:05.1234567Z), 1d, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), decimal(1.5), dynamic({"a":1,"b":[1,"x",null]}),
	-1, 9223372036854775807, real(nan), "", false, datetime(0001-01-01), -1h, guid(null), decimal(-1), dynamic([1,2.5,"x"]),
	int(null), long(null), real(null), "ÄẞſKİ 日本", bool(null), datetime(null), timespan(null), guid(00000000-0000-0000-0000-000000000000), decimal(null), dynamic(null),
	2147483647, -9223372036854775807, real(+inf), "1.2.3.4/24", true, datetime(9999-12-31T23:59:59.9999999Z), 0s, guid(ffffffff-ffff-ffff-ffff-ffffffffffff), decimal(1e33), dynamic("text"),
	0, 0, -0.0, "{\"a\":[{}]}", false, datetime(2026-01-02), 1tick, guid(null), decimal(0), dynamic([]),
	7, 7, 1e308, "a=1;b='x y'", true, datetime(2026-02-28), 365d, guid(null), decimal(7), dynamic({"type":"Point","coordinates":[1,2]})
]; `

// fuzzValues are expressions of each type.
var fuzzValues = map[types.Type][]string{
	types.Bool:     {"b", "true", "false", "bool(null)", "i > 0"},
	types.Int:      {"i", "int(0)", "int(-1)", "int(2147483647)", "int(null)", "toint(l % 5)"},
	types.Long:     {"l", "0", "1", "-1", "2", "7", "1000000000", "9223372036854775807", "(-9223372036854775807 - 1)", "long(null)", "row"},
	types.Real:     {"r", "0.0", "-1.5", "1e308", "real(nan)", "real(-inf)", "real(null)", "row * 0.1"},
	types.String:   {"s", "''", "'a'", "'alpha'", "'(a*)*b'", "'['", "strrep(s, 50)", "strcat(s, row)", "'2026-01-01'", "'{}'", "'[[1]]'", "'-'", "'yyyy-MM-dd'", "'λ\\n\\t'", "'1.2.3.4'", "'::ffff:1.2.3.4'", "'day'", "'regex'", "'POINT(1 2)'", "'%d'", "tostring(j)"},
	types.DateTime: {"t", "datetime(2026-01-01)", "datetime(0001-01-01)", "datetime(9999-12-31)", "datetime(null)", "now()"},
	types.TimeSpan: {"d", "1d", "0s", "-1tick", "timespan(null)", "10675199d"},
	types.GUID:     {"g", "guid(null)", "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"},
	types.Decimal:  {"m", "decimal(0)", "decimal(1e33)", "decimal(null)", "decimal(-1e-30)"},
	types.Dynamic: {"j", "j.a", "j.b[0]", "dynamic(null)", "dynamic([])", "dynamic({})", "dynamic([1,2,3])", "dynamic([1.5,null,'x'])", "range(1, 100)", "range(0.0, 5.0, 0.5)", "dynamic(['a','b'])", "pack_array(l, r, s)", "bag_pack('k', j)",
		"dynamic({'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]})", "repeat(row, 20)", "split(s, ' ')", "dynamic([[1,2],[3,4]])"},
}

// writer writes random queries.
type writer struct {
	r    *rand.Rand
	fns  *fn.Table
	left int // parts that may still be written
}

func (w *writer) pick(from ...string) string { return from[w.r.IntN(len(from))] }

// expr writes an expression of a type, roughly.
func (w *writer) expr(t types.Type) string {
	if w.left--; w.left < 0 || w.r.IntN(3) == 0 {
		return w.pick(fuzzValues[t]...)
	}
	switch w.r.IntN(8) {
	case 0:
		return "(" + w.expr(t) + w.pick(" + ", " - ", " * ", " / ", " % ") + w.expr(w.kind()) + ")"
	case 1:
		return "iff(" + w.expr(types.Bool) + ", " + w.expr(t) + ", " + w.expr(t) + ")"
	case 2:
		if t == types.Bool {
			return "(" + w.expr(w.kind()) + w.pick(" == ", " != ", " < ", " >= ", " and ", " or ", " has ", " contains ", " startswith ", " matches regex ", " =~ ", " has_cs ", " hasprefix ") + w.expr(w.kind()) + ")"
		}
	case 3:
		return "to" + w.pick("string", "long", "int", "real", "bool", "datetime", "timespan", "dynamic", "decimal", "guid") + "(" + w.expr(w.kind()) + ")"
	default: // a function
	}
	return w.call()
}

func (w *writer) kind() types.Type {
	all := []types.Type{types.Bool, types.Int, types.Long, types.Real, types.String, types.String, types.DateTime, types.TimeSpan, types.GUID, types.Decimal, types.Dynamic, types.Dynamic}
	return all[w.r.IntN(len(all))]
}

// oneOf returns a type of a set.
func (w *writer) oneOf(p fn.Param) types.Type {
	for range 20 {
		if t := w.kind(); p.In.Has(t) {
			return t
		}
	}
	return w.kind()
}

// call writes a call of some function.
func (w *writer) call() string {
	f := w.fns.Funcs[w.r.IntN(len(w.fns.Funcs))]
	sigs := w.fns.Sigs(f)
	if len(sigs) == 0 {
		return f.Name + "()"
	}
	return f.Name + "(" + w.args(sigs[w.r.IntN(len(sigs))].Params) + ")"
}

func (w *writer) args(params []fn.Param) string {
	var args []string
	for _, p := range params {
		if p.Opt && w.r.IntN(2) == 0 {
			break
		}
		n := 1
		if p.Rest {
			n = w.r.IntN(3)
		}
		for range n {
			t := w.oneOf(p)
			if p.Const {
				args = append(args, w.pick(fuzzValues[t][1:]...))
				continue
			}
			args = append(args, w.expr(t))
		}
	}
	return strings.Join(args, ", ")
}

// aggregate writes a call of some aggregate.
func (w *writer) aggregate() string {
	a := w.fns.Aggs[w.r.IntN(len(w.fns.Aggs))]
	sig, err := fn.ParseSig(a.Sigs[w.r.IntN(len(a.Sigs))])
	if err != nil {
		return "count()"
	}
	if a.If != "" && w.r.IntN(4) == 0 {
		return a.If + "(" + w.args(sig.Params) + ", " + w.expr(types.Bool) + ")"
	}
	return a.Name + "(" + w.args(sig.Params) + ")"
}

// operator writes an operator.
func (w *writer) operator(depth int) string {
	e, agg := w.expr, w.aggregate
	col := func() string { return w.pick("i", "l", "r", "s", "b", "t", "d", "g", "m", "j", "row") }
	sub := func() string {
		if depth > 1 {
			return "T | take 3"
		}
		return "T | extend row = 1" + w.operators(depth+1, 1+w.r.IntN(2))
	}
	switch w.r.IntN(34) {
	case 0, 1:
		return "where " + e(types.Bool)
	case 2, 3, 4:
		return "extend x = " + e(w.kind())
	case 5:
		return "project row, i, l, r, s, b, t, d, g, m, j, y = " + e(w.kind())
	case 6, 7, 8:
		return "summarize " + agg() + ", " + agg() + " by k = " + e(w.kind()) + " | extend row = 1"
	case 9:
		return "summarize " + agg() + w.pick("", " by s", " by bin(l, 3)")
	case 10:
		return "mv-expand x = " + e(types.Dynamic) + w.pick("", " to typeof(long)", " limit 3")
	case 11:
		return "mv-apply x = " + e(types.Dynamic) + " on (" + w.pick("summarize count()", "take 1", "where isnotnull(x)", "top 1 by tostring(x)", "summarize make_list(x)") + ")"
	case 12:
		return "make-series " + agg() + " on " + w.pick("t", "l", "r", "i") + w.pick("", " from datetime(2026-01-01) to datetime(2026-01-03)", " from 0 to 10", " to 5", " from 0.0") + " step " + w.pick("1d", "1h", "1", "0.5", "365d", "1tick") + w.pick("", " by s", " by b")
	case 13:
		return "join kind=" + w.pick("inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftanti", "rightsemi", "leftsemi", "rightanti") + " (" + sub() + ") on " + w.pick("i", "l", "s", "b", "g", "t", "s, b", "$left.l == $right.i")
	case 14:
		return "lookup (" + sub() + ") on " + w.pick("i", "l", "s", "g")
	case 15:
		return "union " + w.pick("", "withsource=src ", "kind=inner ") + "(" + sub() + ")"
	case 16:
		return w.pick("sort", "order") + " by " + e(w.kind()) + w.pick(" asc", " desc", " asc nulls last") + ", " + col()
	case 17:
		return "top " + w.pick("0", "1", "3", "1000000000") + " by " + e(w.kind())
	case 18:
		return w.pick("take 2", "sample 3", "sample-distinct 2 of s", "count | extend row = 1", "getschema | extend row = 1", "consume", "as X", "distinct *", "distinct s, b", "distinct l", "limit 1")
	case 19:
		return "parse " + w.pick("", "kind=regex ", "kind=relaxed ") + "s with " + w.pick("* 'a' x:long *", "x '=' y ';' *", "'(' x ')'", "x ' ' *", "'.*' x:int 'b'")
	case 20:
		return "parse-kv s as (a:long, b:string) with (pair_delimiter=';', kv_delimiter='=')"
	case 21:
		return "serialize | extend x = " + w.pick("prev(", "next(") + col() + w.pick(")", ", 2)", ", 100000, 0)") + ", y = row_number(), z = " + w.pick("row_cumsum(l)", "row_rank_dense(l)", "row_window_session(t, 1d, 1h, b)", "row_cumsum(r, b)")
	case 22:
		return "partition " + w.pick("", "hint.strategy=native ") + "by s (" + w.pick("take 1", "summarize count() by b", "top 1 by l", "sort by r") + ") | extend row = 1"
	case 23:
		return "sort by l asc | scan with_match_id=id declare (c:long = 0) with (step a: " + e(types.Bool) + " => c = a.c + 1; step f" + w.pick("", " output=none", " output=last", " output=all") + ": " + e(types.Bool) + ";)"
	case 24:
		return "top-nested " + w.pick("2", "0") + " of s with others='o' by " + agg() + ", top-nested 1 of b by count() | extend row = 1"
	case 25:
		return "reduce by s with threshold=0.3 | extend row = 1"
	case 26:
		return "make-graph i --> l with_node_id=n | graph-match " + w.pick("", "cycles=all ", "cycles=none ") + "(a)-[e" + w.pick("", "*1..3", "*0..2") + "]-" + w.pick(">", "") + "(c) where " + w.pick("true", "a.n != c.n") + " project row = 1, x = a.n"
	case 27:
		return "make-graph i --> l with_node_id=n | graph-shortest-paths " + w.pick("", "output=all ") + "(a)-[e*1..4]->(c) project row = 1, x = c.n"
	case 28:
		return w.pick("search 'alpha'", "search s has 'a'", "where * has 'a'", "extend row = row + 1", "project-away j", "project-rename q = s", "project-reorder l", "project-keep row, i, l, s, t, r, b, d, g, m, j")
	case 29:
		return "facet by s with (take 2)"
	case 30:
		return "fork (count) (" + w.pick("summarize make_list(l)", "sort by l", "distinct s") + ")"
	case 31:
		p := w.fns.Plugins[w.r.IntN(len(w.fns.Plugins))]
		var args []string
		for range w.r.IntN(7) {
			args = append(args, w.pick(col(), e(w.kind()), "1", "1d", "datetime(2026-01-01)", "'a'"))
		}
		return "evaluate " + p.Name + "(" + strings.Join(args, ", ") + ") | extend row = 1"
	case 32:
		return "evaluate " + w.pick("bag_unpack(j)", "pivot(s)", "pivot(b, sum(l))", "narrow()", "basket()", "autocluster()", "diffpatterns(b, 'true', 'false')", "rows_near(b, 1)",
			"sequence_detect(t, 1d, 1d, a = i > 0, c = l > 0)", "active_users_count(s, t, datetime(2026-01-01), datetime(2026-02-01), 1d, 1d, 1, 1d)", "session_count(s, t, datetime(2026-01-01), datetime(2026-01-03), 1h, 1h)",
			"sliding_window_counts(s, t, datetime(2026-01-01), datetime(2026-01-03), 1h, 1h)", "activity_metrics(s, t, datetime(2026-01-01), datetime(2026-01-03), 1h)", "rolling_percentile(l, 50, t, 1d, 2)", "dcount_intersect(j)", "schema_merge()") + " | extend row = 1"
	}
	return "where s in ((" + sub() + " | project s))"
}

func (w *writer) operators(depth, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(" | " + w.operator(depth))
	}
	return b.String()
}

// fuzzQuery writes the query of a number.
func fuzzQuery(seed uint64) string {
	w := &writer{r: rand.New(rand.NewPCG(seed, 7)), fns: fn.Builtin(), left: 8 + int(seed%24)}
	return fuzzTable + "T | serialize row = row_number()" + w.operators(0, 1+w.r.IntN(4))
}

// runFuzz compiles and runs a text with little memory and time: whatever it is,
// it must end, and not by a mistake of the engine's.
func runFuzz(t *testing.T, text string) (ran bool) {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := answer(ctx, text, kql.Options{Memory: 2 << 20, Workers: 2, BatchRows: 3, Now: time.Unix(1_800_000_000, 0)})
	text = strings.TrimPrefix(text, fuzzTable)
	if err != nil && (strings.Contains(err.Error(), "bug in the engine") || strings.Contains(err.Error(), "internal:") || strings.Contains(err.Error(), "KQL0999")) {
		t.Errorf("%s\n%.900v", text, err)
	}
	if d := time.Since(start); d > 15*time.Second {
		t.Fatalf("%s\ntook %v", text, d)
	}
	return err == nil || errors.Is(err, kql.ErrMemory) || errors.Is(err, context.DeadlineExceeded)
}

// FuzzRun runs random queries.
func FuzzRun(f *testing.F) {
	for i := range uint64(20) {
		f.Add(i)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { runFuzz(t, fuzzQuery(seed)) })
}

// FuzzRunText runs texts that begin as queries.
func FuzzRunText(f *testing.F) {
	for i := range uint64(40) {
		f.Add(strings.TrimPrefix(fuzzQuery(i), fuzzTable))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4096 {
			runFuzz(t, fuzzTable+text)
		}
	})
}

// TestRandomQueries runs some that are the same each time, and tells how many of
// them are queries at all.
func TestRandomQueries(t *testing.T) {
	n, ran := 3000, 0
	if testing.Short() {
		n = 200
	}
	for i := range n {
		if runFuzz(t, fuzzQuery(uint64(1000+i))) {
			ran++
		}
	}
	t.Logf("figure: %d of %d random queries compile and run", ran, n)
	if ran < n/8 {
		t.Error(fmt.Sprint("only ", ran, " queries run"))
	}
}
