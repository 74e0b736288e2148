package sqlgen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
)

// What SQL has no exact form of, the store lets the engine compute, for the rows
// and at the place where its value is needed: as a condition, a key, an argument
// of an aggregate. A column that is computed so and only shown is left to the
// engine above.

// names are the functions of SQL that give the engine's values, by type.
var names = map[types.Type]string{types.Bool: "kql_bool", types.Int: "kql_int", types.Long: "kql_long", types.DateTime: "kql_long", types.TimeSpan: "kql_long",
	types.Real: "kql_real", types.String: "kql_string", types.GUID: "kql_guid"}

// maxExpr bounds the parts of an expression that is computed as one: columns
// that stand for expressions may double it again and again.
const maxExpr = 300

// over returns the expression with its columns replaced.
func (c *computed) over(arg func(k int) plan.Expr) plan.Expr {
	return plan.Map(c.expr, func(x plan.Expr) plan.Expr {
		if col, ok := x.(*plan.Col); ok {
			return arg(col.Index)
		}
		return x
	})
}

// compute makes one computed column of an expression over r.
func (g *Generator) compute(e plan.Expr, r *relation) (column, error) {
	if err := computable(e); err != nil {
		return column{}, err
	}
	out := &computed{}
	at := map[string]int{}
	add := func(c column) plan.Expr {
		k, ok := at[c.sql]
		if !ok || out.args[k].t != c.t {
			k = len(out.args)
			at[c.sql] = k
			out.args = append(out.args, c)
		}
		return &plan.Col{Index: k, Name: c.sql, T: c.t}
	}
	out.expr = plan.Map(e, func(x plan.Expr) plan.Expr {
		col, ok := x.(*plan.Col)
		if !ok {
			return x
		}
		c := r.cols[col.Index]
		if c.fn == nil {
			return add(c)
		}
		return c.fn.over(func(k int) plan.Expr { return add(c.fn.args[k]) })
	})
	parts := 0
	plan.Walk(out.expr, func(plan.Expr) { parts++ })
	if parts > maxExpr {
		return column{}, decline("a long expression stays with the engine")
	}
	if len(out.args) == 0 {
		return column{}, decline("an expression that reads no column stays with the engine")
	}
	return column{t: e.Type(), noNull: e.Type() == types.String, fn: out}, nil
}

// computable tells whether an expression's value depends on the row alone, and
// its failing on nothing but the query.
func computable(e plan.Expr) error {
	var err error
	plan.Walk(e, func(x plan.Expr) {
		switch x := x.(type) {
		case *plan.Call:
			switch {
			case x.Eval == nil, x.Window, x.Volatile && x.Name != "now" && x.Name != "ago":
				err = decline("%s() stays with the engine", x.Name)
			case !certain(x):
				err = decline("%s() may fail for some rows", x.Name)
			}
		case *plan.Scalar:
			if readsOuter(x.Table) {
				err = decline("toscalar() over the rows of a subquery stays with the engine")
			}
		case *plan.InTable:
			if readsOuter(x.Table) {
				err = decline("a list from the rows of a subquery stays with the engine")
			}
		}
	})
	return err
}

// certain tells whether a function cannot fail for one row and not for another:
// its pattern, part or format is constant.
func certain(x *plan.Call) bool {
	fixed := 0
	switch x.Name {
	case "range", "assert":
		return false
	case "matches regex", "replace_regex", "indexof_regex", "format_datetime", "format_timespan", "datetime_utc_to_local", "datetime_local_to_utc":
		fixed = 1
	case "extract", "extract_all", "extractall", "replace", "trim", "trim_start", "trim_end", "datetime_part", "datetime_add", "datetime_diff", "countof":
		if x.Name == "countof" {
			fixed = 1
		}
	default:
		return true
	}
	if fixed >= len(x.Args) {
		return false
	}
	_, ok := plan.IsConst(x.Args[fixed])
	return ok
}

func readsOuter(n plan.Node) bool {
	return plan.Any(n, func(n plan.Node) bool {
		_, ok := n.(*plan.Outer)
		return ok
	})
}

// inSQL returns a column that SQL can read: a computed one as the call of a
// function.
func (g *Generator) inSQL(c column) (column, error) {
	if c.fn == nil {
		return c, nil
	}
	name, ok := names[c.t]
	if !ok {
		return column{}, decline("values of type %s are computed by the engine", c.t)
	}
	f := plan.Function{Expr: c.fn.expr}
	args := []string{plan.FunctionMark(len(g.functions))}
	for _, a := range c.fn.args {
		f.In = append(f.In, a.t)
		args = append(args, a.sql)
	}
	g.functions = append(g.functions, f)
	return column{sql: name + "(" + strings.Join(args, ", ") + ")", t: c.t, noNull: c.noNull}, nil
}

// called returns the functions that a text calls and the tables that are given to
// it, and the text with their numbers in these lists.
func (g *Generator) called(text string) (string, []plan.Function, []plan.Node) {
	var out []plan.Function
	var given []plan.Node
	var b strings.Builder
	number := map[string]int{}
	for i, part := range strings.Split(text, "\x00") {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		k, ok := number[part]
		if table, is := strings.CutPrefix(part, "t"); is {
			if !ok {
				at, _ := strconv.Atoi(table) // as TableMark wrote it
				k = len(given)
				number[part] = k
				given = append(given, g.given[at])
			}
			b.WriteString(plan.TableMark(k))
			continue
		}
		if !ok {
			at, _ := strconv.Atoi(part) // as FunctionMark wrote it
			k = len(out)
			number[part] = k
			out = append(out, g.functions[at])
		}
		b.WriteString(plan.FunctionMark(k))
	}
	return b.String(), out, given
}

// maxParses bounds the functions of one part that read dynamic columns: each
// reads the JSON again.
const maxParses = 2

func (g *Generator) parses(r *relation) int {
	_, functions, _ := g.called(r.text())
	n := 0
	for _, f := range functions {
		if slices.Contains(f.In, types.Dynamic) {
			n++
		}
	}
	return n
}

// item returns an expression as a column of a projection, which may be left to
// be computed later.
func (g *Generator) item(e plan.Expr, r *relation) (column, error) {
	if c, ok := e.(*plan.Col); ok && r.cols[c.Index].t == c.T {
		return r.cols[c.Index], nil
	}
	c, err := g.native(e, r)
	if err == nil {
		return c, nil
	}
	return g.compute(e, r)
}

// value writes an expression that gives exactly KQL's value for every row.
func (g *Generator) value(e plan.Expr, r *relation) (column, error) {
	c, err := g.native(e, r)
	if err == nil {
		return c, nil
	}
	if c, err = g.compute(e, r); err != nil {
		return c, err
	}
	return g.inSQL(c)
}

// together makes one predicate of those that only the engine computes and that
// read the same columns, so that these are handed to it once.
func (g *Generator) together(preds []plan.Expr, r *relation) []plan.Expr {
	var out []plan.Expr
	own := map[string][]plan.Expr{}
	var order []string
	for _, p := range preds {
		c, err := g.compute(p, r)
		if err != nil {
			out = append(out, p)
			continue
		}
		if _, err := g.nativePredicate(p, r, true); err == nil {
			out = append(out, p)
			continue
		}
		args := make([]string, len(c.fn.args))
		for i, a := range c.fn.args {
			args[i] = a.sql
		}
		key := strings.Join(args, "\x00")
		if own[key] == nil {
			order = append(order, key)
		}
		own[key] = append(own[key], p)
	}
	for _, key := range order {
		out = append(out, plan.And(own[key]))
	}
	return out
}
