package sqlgen

import (
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
)

// join writes the kinds of joins that SQL has. Nulls are equal as keys.
// Innerunique is not among them: which of the rows with a key it takes depends
// on their order.
func (g *Generator) join(x *plan.Join) (*relation, error) {
	l, err := g.relation(x.Left)
	if err != nil {
		return nil, err
	}
	r, err := g.relation(x.Right)
	if err != nil {
		return nil, err
	}
	kind, ok := map[plan.JoinKind]string{plan.Inner: "INNER", plan.LeftOuter: "LEFT", plan.LeftSemi: "SEMI", plan.LeftAnti: "ANTI"}[x.Kind]
	if !ok {
		return nil, decline("join kind=%s is computed by the engine", x.Kind)
	}
	if x.Kind == plan.LeftOuter {
		// Where there is no match, what is computed is null or empty too.
		if r, err = g.solid(r, taken(x, len(r.cols))); err != nil {
			return nil, err
		}
	}
	left, right := l.named("SELECT ", "l"), r.named("SELECT ", "r")
	var on []string
	for i := range x.LeftKeys {
		a, err := g.value(x.LeftKeys[i], left)
		if err != nil {
			return nil, err
		}
		b, err := g.value(x.RightKeys[i], right)
		if err != nil {
			return nil, err
		}
		if !keyed(a.t) || a.t != b.t {
			return nil, decline("keys of type %s and %s are not compared as in SQL", a.t, b.t)
		}
		op := "IS NOT DISTINCT FROM"
		if a.noNull || b.noNull {
			op = "="
		}
		on = append(on, a.sql+" "+op+" "+b.sql)
	}
	if len(on) == 0 {
		return nil, decline("a join without keys is computed by the engine")
	}
	out := &relation{table: l.table, work: true, from: fmt.Sprintf("%s %s JOIN %s ON %s", left.from, kind, right.from, strings.Join(on, " AND "))}
	out.cols = append(out.cols, left.cols...)
	if x.Kind != plan.Inner && x.Kind != plan.LeftOuter {
		return out, nil
	}
	for _, t := range x.Take {
		c := right.cols[t]
		if x.Kind == plan.LeftOuter {
			if c.noNull = c.t == types.String; c.noNull {
				c.sql = "coalesce(" + c.sql + ", '')"
			}
		}
		out.cols = append(out.cols, c)
	}
	return out, nil
}

// taken marks the columns of the right side that are in the result.
func taken(x *plan.Join, n int) []bool {
	out := make([]bool, n)
	for _, t := range x.Take {
		out[t] = true
	}
	return out
}
