package sqlgen

import (
	"fmt"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
)

// A side of a join that the engine computes is given to the store, which then
// joins it with the other: few rows against what would be many the other way.

// gives returns a table that the engine computes, as a relation that stands
// beside another.
func (g *Generator) gives(n plan.Node, beside *relation) (*relation, error) {
	if readsOuter(n) {
		return nil, decline("the rows of a subquery stay with the engine")
	}
	r := &relation{table: beside.table, from: plan.TableMark(len(g.given)) + " AS v"}
	for i, c := range n.Columns() {
		if !keyed(c.Type) && c.Type != types.Real {
			return nil, decline("column %s (%s) of the other side stays with the engine", c.Name, c.Type)
		}
		r.cols = append(r.cols, column{sql: fmt.Sprintf("v.c%d", i), t: c.Type, noNull: c.Type == types.String})
	}
	if len(r.cols) == 0 {
		return nil, errNone{}
	}
	g.given = append(g.given, g.Push(n))
	return r, nil
}

// small tells whether a table is held in memory, or made of such, or some of the
// rows only of what it is made of.
func (g *Generator) small(n plan.Node) bool {
	if is, known := g.few[n]; known {
		return is
	}
	if g.few == nil {
		g.few = map[plan.Node]bool{}
	}
	g.few[n] = g.isSmall(n)
	return g.few[n]
}

func (g *Generator) isSmall(n plan.Node) bool {
	switch x := n.(type) {
	case *plan.Values, *plan.External, *plan.Range, *plan.Aggregate, *plan.Distinct, *plan.Take:
		return true
	case *plan.Sort:
		return x.Limit != nil || g.small(x.Input)
	case *plan.Scan:
		_, stored := g.Lookup(x.Table)
		return !stored
	case *plan.Filter, *plan.Project, *plan.Serialize, *plan.Materialize, *plan.Union, *plan.Parse, *plan.ParseKV:
		for _, in := range n.Inputs() {
			if !g.small(in) {
				return false
			}
		}
		return true
	}
	return false
}
