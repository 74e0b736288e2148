package kql

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/plan"
)

// inStore is a table of some store that is never read.
type inStore struct {
	cols []Column
	name string
}

// Columns returns the table's columns.
func (s inStore) Columns() []Column { return s.cols }

// Scan yields nothing.
func (s inStore) Scan(context.Context, []int) iter.Seq2[*Batch, error] {
	return func(func(*Batch, error) bool) {}
}

// Relation names the columns; of all of them TimeGenerated alone has no nulls.
func (s inStore) Relation() Relation {
	r := Relation{From: s.name}
	for _, c := range s.cols {
		r.Columns = append(r.Columns, `"`+c.Name+`"`)
		r.NoNulls = append(r.NoNulls, c.Name == "TimeGenerated")
	}
	return r
}

// Query yields nothing.
func (s inStore) Query(context.Context, SQLQuery) iter.Seq2[*Batch, error] {
	return func(func(*Batch, error) bool) {}
}

// operators counts the operators of a plan that do something to the rows of a
// table, and the parts that the store computes.
func operators(n plan.Node, seen map[plan.Node]bool, kinds map[string]int) (engine, stored int) {
	if seen[n] {
		return 0, 0
	}
	seen[n] = true
	switch x := n.(type) {
	case *plan.Pushed:
		stored = 1
	case *plan.Scan, *plan.Values, *plan.Outer, *plan.External, *plan.Rendered, *plan.Serialize, *plan.Materialize, *plan.Range:
	case *plan.Project:
		for _, e := range x.Exprs {
			if _, ok := e.(*plan.Col); !ok {
				engine = 1
			}
		}
		if engine > 0 {
			kinds["project"]++
		}
	default:
		engine = 1
		kinds[strings.TrimPrefix(fmt.Sprintf("%T", n), "*plan.")]++
	}
	inputs := n.Inputs()
	if u, ok := n.(*plan.Union); ok && (u.Wild || len(inputs) > 8) {
		inputs = inputs[:1] // the others are alike
	}
	for _, in := range inputs {
		e, s := operators(in, seen, kinds)
		engine, stored = engine+e, stored+s
	}
	return engine, stored
}

// TestPublishedPushdown tells how much of published queries a store computes.
func TestPublishedPushdown(t *testing.T) {
	schemas := logSchemas(t)
	valid := validIDs(t)
	total, left, queries, touched, whole := 0, 0, 0, 0, 0
	kinds, all, notes := map[string]int{}, map[string]int{}, map[string]int{}
	for _, q := range publishedQueries(t) {
		if !valid[q.ID] {
			continue
		}
		db := stubbed(schemas, q.KQL)
		for n, tb := range db.tables {
			if m, ok := tb.(*MemTable); ok && len(m.cols) > 0 {
				db.tables[n] = inStore{m.cols, n}
			}
		}
		c, list := Compile(q.KQL, db.Schema())
		if list.HasErrors() || c.Open() {
			continue
		}
		queries++
		pushed := newPlanner(db, Options{Now: testNow})
		plain := newPlanner(db, Options{Now: testNow, NoPushdown: true})
		stored, engine := 0, 0
		for _, r := range c.bound.Results {
			n, _ := operators(plain.plan(r.Node), map[plan.Node]bool{}, all)
			total += n
			e, s := operators(pushed.plan(r.Node), map[plan.Node]bool{}, kinds)
			engine, stored = engine+e, stored+s
		}
		left += engine
		if stored > 0 {
			touched++
		}
		if stored > 0 && engine <= 1 {
			whole++
		}
		for _, n := range pushed.gen.Notes() {
			op, why, _ := strings.Cut(n, ": ")
			if f := strings.Fields(op); len(f) > 0 {
				op = f[0]
			}
			notes[op+": "+why]++
		}
	}
	t.Logf("figure: of %d operators in %d published queries the store computes %d; %d queries use it, in %d at most one operator is left to the engine", total, queries, total-left, touched, whole)
	if touched < queries*8/10 {
		t.Errorf("only %d of %d queries use the store", touched, queries)
	}
	if os.Getenv("AZWARD_EXPLAIN") == "" {
		return
	}
	for _, m := range []map[string]int{all, kinds, notes} {
		var lines []string
		for k, n := range m {
			if n > 2 {
				lines = append(lines, fmt.Sprintf("%5d %s", n, k))
			}
		}
		slices.Sort(lines)
		slices.Reverse(lines)
		t.Log(strings.Join(lines[:min(len(lines), 45)], "\n"))
	}
}
