package kql

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// binderTable has a column of each type, named by the type's letter.
const binderTable = "datatable(b:bool, i:int, l:long, r:real, d:decimal, s:string, t:datetime, p:timespan, g:guid, y:dynamic)[]"

var binderColumns = strings.Fields("b i l r d s t p g y")

// binderQueries are small queries: each function and aggregate over columns of
// each type and some pairs of types, operators over all pairs. A query's group
// is what it is about.
func binderQueries(t *testing.T) []published {
	var out []published
	add := func(group, pipe string) {
		out = append(out, published{ID: fmt.Sprintf("%s #%d", group, len(out)), KQL: binderTable + " | " + pipe, group: group})
	}
	for op := range strings.FieldsSeq("+ / % == < between has in~ and") {
		for _, a := range binderColumns {
			for _, b := range binderColumns {
				e := a + " " + op + " " + b
				switch op {
				case "in~":
					e = a + " in~ (" + b + ")"
				case "between":
					e = a + " between (" + b + " .. " + b + ")"
				}
				add("operator "+op, "project x = "+e)
			}
		}
	}
	text, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return binderColumns[rnd.IntN(len(binderColumns))] }
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 2 || f[0] != "function" && f[0] != "aggregate" {
			continue
		}
		pipe := "extend "
		if f[0] == "aggregate" {
			pipe = "summarize "
		}
		group := f[0] + " " + f[1]
		add(group, pipe+"x = "+f[1]+"()")
		for a := range strings.FieldsSeq("i r s t y") {
			add(group, pipe+"x = "+f[1]+"("+a+")")
		}
		add(group, pipe+f[1]+"("+pick()+")")
		add(group, pipe+f[1]+"("+pick()+", "+pick()+")")
		add(group, pipe+f[1]+"("+pick()+", "+pick()+", "+pick()+")")
	}
	for _, c := range append(binderColumns, "y.a", "l + 1", "strlen(s)", "bin(t, 1d)", "(l)") {
		for _, pipe := range []string{"where %s", "extend %s", "project %s, %s", "summarize count() by %s", "distinct %s", "sort by %s", "top 1 by %s", "mv-expand %s",
			"mv-expand x = %s to typeof(long)", "summarize arg_max(%s, *)", "summarize take_any(%s), max(%s)", "serialize %s", "parse %s with * 'a' x:long", "project-away %s",
			"join (" + binderTable + ") on %s", "lookup (" + binderTable + ") on $left.%s == $right.l", "make-series sum(%s) on t step 1d", "partition by %s (take 1)",
			"union (print %s = 'x')", "sample-distinct 2 of %s", "project-rename n = %s", "project-reorder %s", "reduce by s | extend %s"} {
			name := "query " + strings.Fields(pipe)[0]
			if c == "l + 1" && (pipe == "distinct %s" || pipe == "summarize count() by %s") {
				name = "query group by arithmetic"
			}
			add(name, strings.ReplaceAll(pipe, "%s", c))
		}
	}
	return out
}

// TestConformanceBinder compares our binder with Microsoft's over generated
// queries: which are refused, and the names and types of the columns of the
// others. testdata/binder.tsv lists what may differ, with the reason.
func TestConformanceBinder(t *testing.T) {
	queries := binderQueries(t)
	verdicts := judge(t, queries)
	if verdicts == nil {
		t.Skip("no judge: " + judgeEnv + " is not set")
	}
	may := map[string]bool{} // group, whether it was needed
	for _, c := range specLines(t, "testdata/binder.tsv") {
		may[c[0]] = false
	}
	same, all := 0, 0
	shown := map[string]int{}
	for _, q := range queries {
		v := verdicts[q.ID]
		if v == nil || v.Columns == nil && len(v.Errors) == 0 {
			continue // the judge itself broke
		}
		all++
		got, want := "refused", "refused"
		if len(v.Errors) == 0 {
			var cols []string
			for _, c := range v.Columns {
				cols = append(cols, c[0]+":"+c[1])
			}
			want = strings.Join(cols, " ")
		}
		c, list := Compile(q.KQL, NewMemDatabase().Schema())
		if !list.HasErrors() {
			var cols []string
			for _, col := range c.Columns() {
				cols = append(cols, col.Name+":"+col.Type.String())
			}
			got = strings.Join(cols, " ")
		}
		if got == want {
			same++
			continue
		}
		if _, ok := may[q.group]; ok {
			may[q.group] = true
			continue
		}
		if shown[q.group]++; shown[q.group] <= 2 {
			t.Errorf("%s: %s\n   ours: %s %v\n   Microsoft's: %s %v", q.group, strings.TrimPrefix(q.KQL, binderTable), got, list, want, v.Errors)
		}
	}
	for g, used := range may {
		if !used {
			t.Errorf("%s is as Microsoft's binder has it: take it off testdata/binder.tsv", g)
		}
	}
	t.Logf("conformance: kql binder over generated queries %d of %d", same, all)
}
