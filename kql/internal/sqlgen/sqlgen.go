// Package sqlgen finds the parts of a plan that a store can compute in SQL
// with exactly KQL's meaning, and writes their text in DuckDB's dialect. It
// knows no driver.
//
// What it is not sure of it leaves to the engine, with the reason. Where SQL and
// KQL differ: comparisons with null are false in KQL, not null (predicates are
// therefore written twice, once for where they are true and once for where they
// are false); NaN equals nothing and is not larger than anything; strings have
// no null; sums of longs wrap around; nulls are equal as keys of groups and of
// joins. Start with Generator.Push.
package sqlgen

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
)

// Table is a table of the catalog that has SQL.
type Table struct {
	From    string
	Columns []string // an expression for each column
	NoNulls []bool
}

// Generator pushes parts of plans.
type Generator struct {
	// Lookup returns a table's SQL; false where it has none.
	Lookup func(name string) (*Table, bool)
	// Fold computes an expression that reads no column (ago(1d)); false where
	// its value is not known before the run.
	Fold func(e plan.Expr) (*plan.Const, bool)
	// Optimizer keeps shared tables shared.
	Optimizer *plan.Optimizer

	notes     []string
	functions []plan.Function // that the relations' texts call
	given     []plan.Node     // that they read
	known     map[plan.Node]written
	few       map[plan.Node]bool  // see small
	foreign   map[condition]error // conditions that SQL has no form of
	mixed     map[condition]bool  // see partly
}

// condition is one over a relation.
type condition struct {
	e    plan.Expr
	r    *relation
	want bool
}

// written is what was found out about a node.
type written struct {
	r   *relation
	err error
}

// Notes returns why parts of the plans were not pushed, one line each.
func (g *Generator) Notes() []string { return g.notes }

func (g *Generator) note(n plan.Node, err error) {
	text := n.Describe()
	if len(text) > 80 {
		text = text[:77] + "..."
	}
	line := fmt.Sprintf("%s: %v", text, err)
	if !slices.Contains(g.notes, line) {
		g.notes = append(g.notes, line)
	}
}

// declined says why something is left to the engine.
type declined string

func (d declined) Error() string { return string(d) }

func decline(format string, args ...any) error { return declined(fmt.Sprintf(format, args...)) }

// column is a column of a relation.
type column struct {
	sql    string
	t      types.Type
	noNull bool
	// As a key of groups, unit is cheaper than sql, which is unit times by.
	unit string
	by   int64
	// A column that SQL does not have: an expression over others, which have
	// no such. sql is empty.
	fn *computed
}

// computed is an expression whose columns are args.
type computed struct {
	expr plan.Expr
	args []column
}

// relation is a SELECT in the making.
type relation struct {
	table string // some table of the source, whose store computes the text
	from  string
	cols  []column
	where []string
	order string
	limit string
	work  bool // does more than read columns
}

// leaves returns the columns in SQL that r's are made of: those of its own, then
// the arguments of those that are computed. place gives for each column its
// number, or those of its arguments.
func (r *relation) leaves() (list []column, place [][]int) {
	place = make([][]int, len(r.cols))
	at := map[string]int{}
	add := func(c column) int {
		list = append(list, c)
		at[c.sql] = len(list) - 1
		return len(list) - 1
	}
	for i, c := range r.cols {
		if c.fn == nil {
			place[i] = []int{add(c)}
		}
	}
	for i, c := range r.cols {
		if c.fn == nil {
			continue
		}
		place[i] = []int{}
		for _, a := range c.fn.args {
			k, ok := at[a.sql]
			if !ok || list[k].t != a.t {
				k = add(a)
			}
			place[i] = append(place[i], k)
		}
	}
	return list, place
}

// text writes the SELECT of the leaves. A result without columns gets one, which
// is not part of it.
func (r *relation) text() string {
	leaves, _ := r.leaves()
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range leaves {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s AS c%d", c.sql, i)
	}
	if len(leaves) == 0 {
		b.WriteString("1::BIGINT AS c0")
	}
	b.WriteString(" FROM " + r.from)
	if len(r.where) > 0 {
		b.WriteString(" WHERE " + strings.Join(r.where, " AND "))
	}
	b.WriteString(r.order)
	b.WriteString(r.limit)
	return b.String()
}

// closed returns r as a subquery, to build on its result.
func (r *relation) closed() *relation { return r.named("SELECT ", "q") }

// named returns r as a subquery of a name; sel is SELECT or SELECT DISTINCT.
func (r *relation) named(sel, name string) *relation {
	out := &relation{table: r.table, from: "(" + sel + strings.TrimPrefix(r.text(), "SELECT ") + ") AS " + name, work: r.work}
	leaves, place := r.leaves()
	for i, c := range leaves {
		leaves[i] = column{sql: fmt.Sprintf("%s.c%d", name, i), t: c.t, noNull: c.noNull}
	}
	for i, c := range r.cols {
		if c.fn == nil {
			out.cols = append(out.cols, leaves[place[i][0]])
			continue
		}
		args := make([]column, len(place[i]))
		for k, p := range place[i] {
			args[k] = leaves[p]
		}
		out.cols = append(out.cols, column{t: c.t, noNull: c.noNull, fn: &computed{expr: c.fn.expr, args: args}})
	}
	return out
}

// solid returns r with columns of SQL only, of those that keep says (nil: all);
// the others are left as they are.
func (g *Generator) solid(r *relation, keep []bool) (*relation, error) {
	out := *r
	out.cols = append([]column(nil), r.cols...)
	for i, c := range out.cols {
		if keep != nil && !keep[i] {
			continue
		}
		var err error
		if out.cols[i], err = g.inSQL(c); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// open returns r, closed where a clause stands that others may not follow.
func (r *relation) open() *relation {
	if r.order != "" || r.limit != "" {
		return r.closed()
	}
	return r
}

// Push returns a plan in which the parts that SQL computes are Pushed nodes.
func (g *Generator) Push(n plan.Node) plan.Node {
	if r, err := g.relation(n); err == nil {
		if !r.work {
			return n // a plain scan reads its columns as it is
		}
		_, alone := n.(*plan.Union) // whose rows the engine has from each of the tables
		switch {
		case alone:
		case g.parses(r) <= maxParses:
			return g.pushed(n, r)
		default:
			g.note(n, decline("several values are taken out of dynamic columns, which the engine reads once"))
		}
	} else if no, ok := errors.AsType[refusal](err); ok {
		g.note(no.at, no.why)
	}
	switch x := n.(type) {
	case *plan.Filter:
		if out := g.splitFilter(x); out != nil {
			return out
		}
	case *plan.Sort:
		if out := g.topRows(x); out != nil {
			return out
		}
	case *plan.MakeSeries:
		if out := g.preAggregate(x); out != nil {
			return out
		}
	}
	return g.Optimizer.MapInputs(n, g.Push)
}

// pushed returns what gives the rows of n: r, and above it what the engine computes.
func (g *Generator) pushed(n plan.Node, r *relation) plan.Node {
	leaves, place := r.leaves()
	columns := make([]plan.Column, len(leaves))
	for i, c := range leaves {
		columns[i] = plan.Column{Name: fmt.Sprintf("argument%d", i), Type: c.t}
	}
	if len(leaves) == 0 {
		columns = append(columns, plan.Column{Name: "row", Type: types.Long}) // see text
	}
	exprs := make([]plan.Expr, len(r.cols))
	project := len(leaves) == 0
	for i, c := range r.cols {
		if c.fn == nil {
			columns[place[i][0]] = n.Columns()[i]
			exprs[i] = &plan.Col{Index: place[i][0], Name: n.Columns()[i].Name, T: c.t}
			continue
		}
		project = true
		exprs[i] = c.fn.over(func(k int) plan.Expr {
			return &plan.Col{Index: place[i][k], Name: columns[place[i][k]].Name, T: c.fn.args[k].t}
		})
	}
	text, functions, given := g.called(r.text())
	out := plan.NewPushed(columns, r.table, text, functions, given)
	if !project {
		return out
	}
	return plan.NewProject(out, n.Columns(), exprs)
}

// errNone is the answer for plans that do not stand on a table with SQL, which
// is nothing to tell anyone.
type errNone struct{}

func (errNone) Error() string { return "not a table of the store" }

// relation writes a plan as one SELECT. An error names the node that it is about.
func (g *Generator) relation(n plan.Node) (*relation, error) {
	if w, ok := g.known[n]; ok {
		return w.r, w.err
	}
	r, err := g.write(n)
	if d, ok := errors.AsType[declined](err); ok {
		r, err = nil, refusal{n, d}
	}
	if g.known == nil {
		g.known = map[plan.Node]written{}
	}
	g.known[n] = written{r, err}
	return r, err
}

// refusal is what was declined and where.
type refusal struct {
	at  plan.Node
	why declined
}

func (r refusal) Error() string { return string(r.why) }

func (g *Generator) write(n plan.Node) (*relation, error) {
	switch x := n.(type) {
	case *plan.Scan:
		return g.scan(x)
	case *plan.Filter:
		return g.filter(x)
	case *plan.Project:
		return g.project(x)
	case *plan.Aggregate:
		return g.aggregate(x)
	case *plan.Distinct:
		return g.distinct(x)
	case *plan.Take:
		return g.take(x)
	case *plan.Join:
		return g.join(x)
	case *plan.Union:
		return g.union(x)
	case *plan.Serialize, *plan.Sort, *plan.MakeSeries, *plan.Rendered:
		return nil, errNone{} // the engine's, over what the store gives
	}
	// Whatever else stands on a table of the store cannot be written.
	for _, in := range n.Inputs() {
		if _, err := g.relation(in); err == nil {
			return nil, decline("this operator is computed by the engine")
		}
	}
	return nil, errNone{}
}

func (g *Generator) scan(x *plan.Scan) (*relation, error) {
	t, ok := g.Lookup(x.Table)
	if !ok {
		return nil, errNone{}
	}
	r := &relation{table: x.Table, from: t.From}
	for i, k := range x.Keep {
		r.cols = append(r.cols, column{sql: t.Columns[k], t: x.Cols[i].Type, noNull: t.NoNulls[k] || x.Cols[i].Type == types.String})
	}
	return r, nil
}

func (g *Generator) filter(x *plan.Filter) (*relation, error) {
	r, err := g.relation(x.Input)
	if err != nil {
		return nil, err
	}
	r = r.open()
	var where []string
	for _, p := range g.together(plan.Conjuncts(x.Pred), r) {
		s, err := g.truth(p, r)
		if err != nil {
			return nil, err
		}
		where = append(where, s)
	}
	out := *r
	out.where = append(append([]string(nil), r.where...), where...)
	out.work = true
	return &out, nil
}

// splitFilter pushes the predicates that the store computes and keeps the
// others; nil where it has none of them.
func (g *Generator) splitFilter(x *plan.Filter) plan.Node {
	r, err := g.relation(x.Input)
	if err != nil {
		return nil
	}
	in := r.open()
	out := *in
	out.where = append([]string(nil), in.where...)
	var rest []plan.Expr
	for _, p := range g.together(plan.Conjuncts(x.Pred), in) {
		if s, err := g.truth(p, in); err == nil {
			out.where = append(out.where, s)
			if g.parses(&out) <= maxParses {
				continue
			}
			out.where = out.where[:len(out.where)-1]
		}
		rest = append(rest, p)
	}
	if len(out.where) == len(in.where) {
		return nil
	}
	if len(rest) == 0 {
		return g.pushed(x, &out)
	}
	return plan.NewFilter(g.pushed(x, &out), plan.And(rest))
}

func (g *Generator) project(x *plan.Project) (*relation, error) {
	r, err := g.relation(x.Input)
	if err != nil {
		return nil, err
	}
	out := *r
	out.cols = nil
	for i, e := range x.Exprs {
		c, err := g.item(e, r)
		if err != nil {
			return nil, decline("%s: %v", x.Cols[i].Name, err)
		}
		if _, plainColumn := e.(*plan.Col); !plainColumn && c.fn == nil {
			out.work = true
		}
		out.cols = append(out.cols, c)
	}
	return &out, nil
}

// keyed tells whether SQL's equality is KQL's for a type, as a key.
func keyed(t types.Type) bool {
	switch t {
	case types.Bool, types.Int, types.Long, types.DateTime, types.TimeSpan, types.String, types.GUID:
		return true
	default:
		return false
	}
}

func (g *Generator) distinct(x *plan.Distinct) (*relation, error) {
	r, err := g.relation(x.Input)
	if err != nil {
		return nil, err
	}
	for i, c := range r.cols {
		if !keyed(c.t) {
			return nil, decline("values of column %s (%s) are not compared as in SQL", x.Cols[i].Name, c.t)
		}
	}
	if len(r.cols) == 0 {
		return nil, decline("no columns")
	}
	if r, err = g.solid(r, nil); err != nil {
		return nil, err
	}
	in := r.named("SELECT DISTINCT ", "q")
	in.work = true
	return in, nil
}

func (g *Generator) constant(e plan.Expr) (*plan.Const, bool) {
	if c, ok := plan.IsConst(e); ok {
		return c, true
	}
	if g.Fold == nil {
		return nil, false
	}
	return g.Fold(e)
}

func (g *Generator) take(x *plan.Take) (*relation, error) {
	if x.Sample {
		return nil, decline("sample is drawn by the engine")
	}
	n, ok := g.constant(x.N)
	if !ok || n.Value.IsNull() {
		return nil, decline("the number of rows is not known before the run")
	}
	r, err := g.relation(x.Input)
	if err != nil {
		return nil, err
	}
	r = r.open()
	out := *r
	out.limit = fmt.Sprintf(" LIMIT %d", max(n.Value.Int64(), 0))
	out.work = true
	return &out, nil
}

// topRows lets SQL find the rows that a sort with a limit keeps; the engine
// puts them in order. Nil where it cannot.
func (g *Generator) topRows(x *plan.Sort) plan.Node {
	if x.Limit == nil {
		return nil
	}
	n, ok := g.constant(x.Limit)
	if !ok || n.Value.IsNull() || n.Value.Int64() < 0 {
		return nil
	}
	r, err := g.relation(x.Input)
	if err != nil {
		return nil
	}
	r = r.open()
	var keys []string
	for _, k := range x.Keys {
		c, err := g.value(k.Expr, r)
		if err == nil && !(keyed(c.t) && c.t != types.GUID && c.t != types.Bool) {
			err = decline("values of type %s are not ordered as in SQL", c.t)
		}
		if err != nil {
			g.note(x, err)
			return nil
		}
		s := c.sql + " ASC"
		if k.Desc {
			s = c.sql + " DESC"
		}
		if k.NullsFirst {
			s += " NULLS FIRST"
		} else {
			s += " NULLS LAST"
		}
		keys = append(keys, s)
	}
	out := *r
	out.order = " ORDER BY " + strings.Join(keys, ", ")
	out.limit = fmt.Sprintf(" LIMIT %d", n.Value.Int64())
	top, ok := plan.WithInputs(x, []plan.Node{g.pushed(x, &out)})
	if !ok {
		return nil
	}
	return top
}
