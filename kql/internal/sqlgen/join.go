package sqlgen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
)

// sqlJoins are the kinds of joins in SQL. A join that keeps rows of the right
// side only is one with its sides changed.
var sqlJoins = map[plan.JoinKind]string{plan.Inner: "INNER", plan.LeftOuter: "LEFT", plan.RightOuter: "RIGHT", plan.FullOuter: "FULL",
	plan.LeftSemi: "SEMI", plan.LeftAnti: "ANTI", plan.RightSemi: "SEMI", plan.RightAnti: "ANTI"}

// join writes a join. Nulls are equal as keys.
func (g *Generator) join(x *plan.Join) (*relation, error) {
	if x.Kind == plan.RightSemi || x.Kind == plan.RightAnti {
		c := *x
		c.Left, c.Right, c.LeftKeys, c.RightKeys = x.Right, x.Left, x.RightKeys, x.LeftKeys
		x = &c
	}
	l, err := g.relation(x.Left)
	r, rightErr := g.relation(x.Right)
	switch {
	case err != nil && rightErr != nil:
		return nil, err
	case err != nil && g.small(x.Left):
		l, err = g.gives(x.Left, r)
	case rightErr != nil && g.small(x.Right):
		r, rightErr = g.gives(x.Right, l)
	}
	if err = errors.Join(err, rightErr); err != nil {
		return nil, err
	}
	name, ok := sqlJoins[x.Kind]
	sel := "SELECT "
	if x.Kind == plan.InnerUnique {
		name, ok = "INNER", true
		if l, sel, err = g.unique(x, l); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, decline("join kind=%s is computed by the engine", x.Kind)
	}
	// Where there is no match, what is computed is null or empty too.
	if x.Kind == plan.LeftOuter || x.Kind == plan.FullOuter {
		if r, err = g.solid(r, taken(x, len(r.cols))); err != nil {
			return nil, err
		}
	}
	if x.Kind == plan.RightOuter || x.Kind == plan.FullOuter {
		if l, err = g.solid(l, nil); err != nil {
			return nil, err
		}
	}
	left, right := l.named(sel, "l"), r.named("SELECT ", "r")
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
	out := &relation{table: l.table, work: true, from: fmt.Sprintf("%s %s JOIN %s ON %s", left.from, name, right.from, strings.Join(on, " AND "))}
	for _, c := range left.cols {
		if x.Kind == plan.RightOuter || x.Kind == plan.FullOuter {
			c = missing(c)
		}
		out.cols = append(out.cols, c)
	}
	if name == "SEMI" || name == "ANTI" {
		return out, nil
	}
	for _, t := range x.Take {
		c := right.cols[t]
		if x.Kind == plan.LeftOuter || x.Kind == plan.FullOuter {
			c = missing(c)
		}
		out.cols = append(out.cols, c)
	}
	return out, nil
}

// missing is a column of the side of an outer join that a row may lack.
func missing(c column) column {
	if c.noNull = c.t == types.String; c.noNull {
		c.sql = "coalesce(" + c.sql + ", '')"
	}
	return c
}

// taken marks the columns of the right side that are in the result.
func taken(x *plan.Join, n int) []bool {
	out := make([]bool, n)
	for _, t := range x.Take {
		out[t] = true
	}
	return out
}

// unique returns the left side of an innerunique join, of which one row of each
// key is taken, and how to select it. Which one depends on the rows' order; so
// there must be no other, or all must be the same.
func (g *Generator) unique(x *plan.Join, l *relation) (*relation, string, error) {
	keys := map[int]bool{}
	for _, k := range x.LeftKeys {
		c, ok := k.(*plan.Col)
		if !ok {
			return nil, "", decline("which row join kind=innerunique takes depends on the order of rows")
		}
		keys[c.Index] = true
	}
	if distinctBy(x.Left, keys) {
		return l, "SELECT ", nil
	}
	if len(keys) < len(l.cols) {
		return nil, "", decline("which row join kind=innerunique takes depends on the order of rows")
	}
	for _, c := range l.cols {
		if !keyed(c.t) {
			return nil, "", decline("keys of type %s are not compared as in SQL", c.t)
		}
	}
	l, err := g.solid(l, nil)
	return l, "SELECT DISTINCT ", err
}

// distinctBy tells whether no two rows have the same values in some columns.
func distinctBy(n plan.Node, columns map[int]bool) bool {
	switch x := n.(type) {
	case *plan.Aggregate:
		for i := range x.Keys {
			if !columns[i] {
				return false
			}
		}
		return true
	case *plan.Distinct:
		return len(columns) == len(x.Columns())
	case *plan.Filter, *plan.Sort, *plan.Serialize:
		return distinctBy(n.Inputs()[0], columns)
	case *plan.Project:
		below := map[int]bool{}
		for i, e := range x.Exprs {
			if c, ok := e.(*plan.Col); ok && columns[i] {
				below[c.Index] = true
			}
		}
		return distinctBy(x.Input, below)
	}
	return false
}

// union writes a union of tables, all of which SQL has.
func (g *Generator) union(x *plan.Union) (*relation, error) {
	out := &relation{work: true}
	parts := make([]string, len(x.Tables))
	noNull := make([]bool, len(x.Cols))
	for i := range noNull {
		noNull[i] = true
	}
	for i, t := range x.Tables {
		r, err := g.relation(t.Node)
		if err != nil {
			return nil, err
		}
		r = r.open()
		part := *r
		part.cols = nil
		for k, col := range x.Cols {
			var c column
			e := plan.UnionColumn(t, k, col)
			if lit, ok := e.(*plan.Const); ok && lit.Value.IsNull() {
				c = column{sql: "CAST(NULL AS " + sqlType(col.Type) + ")", t: col.Type}
				if col.Type == types.String {
					c = column{sql: "''", t: col.Type, noNull: true}
				}
			} else if c, err = g.value(e, r); err != nil {
				return nil, err
			}
			if c.t != col.Type {
				return nil, decline("column %s is %s in one of the tables", col.Name, c.t)
			}
			noNull[k] = noNull[k] && c.noNull
			part.cols = append(part.cols, c)
		}
		out.table = r.table
		parts[i] = part.text()
	}
	out.from = "(" + strings.Join(parts, " UNION ALL ") + ") AS u"
	for k, c := range x.Cols {
		out.cols = append(out.cols, column{sql: fmt.Sprintf("u.c%d", k), t: c.Type, noNull: noNull[k]})
	}
	return out, nil
}
