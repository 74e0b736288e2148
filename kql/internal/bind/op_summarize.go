package bind

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// aggScope collects the aggregates of a summarize while its expressions are
// bound: each becomes a column of the aggregation's result, behind the keys.
type aggScope struct {
	starred bool   // arg_max(x, *) or its like took all columns
	in      *scope // the rows aggregated
	keys    *projected
	aggs    []plan.AggCall
	cols    []plan.Column // results, their names given by whom they came from
	multi   []string      // names of the columns that the last aggregate gave, if several
}

// next is the number of the next result's column.
func (a *aggScope) next() int { return len(a.keys.cols) + len(a.cols) }

// keyRef refuses a column inside of summarize but outside of an aggregate, keys
// included, as Kusto does.
func (b *binder) keyRef(e *syntax.Ref) plan.Expr {
	b.fail(errOutside(e.Text), e.At)
	return nil
}

// legacyMost is how many elements the older spellings of aggregates hold where
// none is said (https://learn.microsoft.com/kusto/query/make-list-aggregation-function).
var legacyMost = map[string]int64{"makelist": 128, "makeset": 128, "make_dictionary": 128}

// aggregate binds a call of an aggregate and returns its result's column.
func (b *binder) aggregate(ref fn.AggRef, e *syntax.Call, sc *scope) plan.Expr {
	a := sc.agg
	inner := *a.in
	inner.agg = nil
	args := e.Args
	var cond plan.Expr
	if ref.Conditional {
		at := 1
		if ref.Name == "count" {
			at = 0
		}
		if ref.Name == "percentile" || ref.Name == "percentiles" || ref.Name == "covariance" || ref.Name == "covariancep" {
			at = len(args) - 1
		}
		if len(args) <= at || ref.Name == "count" && len(args) > 1 {
			b.fail(errStatement(e.Name.Text+"() takes a condition"), e.At)
		}
		cond = b.expr(args[at], &inner)
		if t := cond.Type(); t != types.Bool && t != types.None {
			b.fail(errExpectedType("the condition of "+e.Name.Text+"()", "bool", t), args[at].Span())
		}
		args = append(append([]syntax.Expr{}, args[:at]...), args[at+1:]...)
	}
	a.multi = nil
	switch ref.Name {
	case "arg_max", "arg_min":
		return b.argAggregate(ref, e, args, cond, sc, &inner)
	case "take_any":
		if len(args) != 1 || isStar(args[0]) || e.Name.Text == "take_any" && b.autoName(args[0]) == "" {
			return b.takeAny(ref, e, args, cond, sc, &inner)
		}
	case "percentiles", "percentilesw":
		return b.percentiles(ref, e, args, cond, sc, &inner)
	}
	bound := make([]plan.Expr, 0, len(args))
	var ts []types.Type
	for _, x := range args {
		if isStar(x) && (ref.Name == "count" || ref.Name == "dcount") {
			continue
		}
		y := b.expr(x, &inner)
		bound, ts = append(bound, y), append(ts, y.Type())
	}
	if m := legacyMost[e.Name.Text]; m > 0 && len(bound) == 1 {
		bound, ts = append(bound, konst(types.Long, value.Long(m))), append(ts, types.Long)
	}
	to, out, err := b.fns.ResolveAgg(ref.Agg, ts)
	if err != nil {
		b.fail(errArguments(err), e.At)
	}
	for i := range bound {
		bound[i] = b.convert(bound[i], to[i], e.At)
	}
	call := plan.AggCall{Ref: ref, Args: bound, If: cond, First: len(a.cols), Count: 1}
	call.Spec = spec(bound, out)
	return b.addAgg(a, call, []plan.Column{column(e.Name.Text, out)})
}

func spec(args []plan.Expr, outs ...types.Type) fn.Spec {
	s := fn.Spec{Outs: outs}
	if len(outs) > 0 {
		s.Out = outs[0]
	}
	for _, x := range args {
		s.Args = append(s.Args, colType(x))
		v := value.Null
		if c, ok := x.(*plan.Const); ok {
			v = c.Value
		}
		s.Consts = append(s.Consts, v)
	}
	return s
}

func (b *binder) addAgg(a *aggScope, call plan.AggCall, cols []plan.Column) plan.Expr {
	i := a.next()
	a.aggs = append(a.aggs, call)
	a.cols = append(a.cols, cols...)
	return &plan.Col{Index: i, Name: cols[0].Name, T: cols[0].Type}
}

// argAggregate binds arg_max(k, a, b) and arg_max(k, *).
func (b *binder) argAggregate(ref fn.AggRef, e *syntax.Call, args []syntax.Expr, cond plan.Expr, sc, inner *scope) plan.Expr {
	if len(args) == 0 {
		b.fail(errStatement(e.Name.Text+"() takes an expression to compare and columns to return"), e.At)
	}
	a := sc.agg
	key := b.expr(args[0], inner)
	if t := key.Type(); t == types.Dynamic || t == types.GUID {
		b.fail(errExpectedType("what "+e.Name.Text+"() compares", "number, timespan, datetime, string or bool", t), args[0].Span())
	}
	name := b.autoName(args[0])
	if name == "" {
		name = ref.Name[4:] + "_"
	}
	legacy := "" // argmax(a, b) names its columns max_a and max_a_b
	if e.Name.Text == "argmax" || e.Name.Text == "argmin" {
		name = ref.Name[4:] + "_" + b.autoName(args[0])
		legacy = name + "_"
	}
	bound := []plan.Expr{b.known(key)}
	cols := []plan.Column{column(name, key.Type())}
	for i, x := range args[1:] {
		if !isStar(x) {
			y := b.known(b.expr(x, inner))
			n := legacy + b.autoName(x)
			if n == legacy {
				n = ref.Name[4:] + "_" + b.autoName(args[0]) + "_arg" + itoa(i+1)
			}
			bound, cols = append(bound, y), append(cols, column(n, y.Type()))
			continue
		}
		a.starred = true
		for i, c := range inner.cols {
			if k, ok := key.(*plan.Col); a.isKey(i) || ok && k.Index == i {
				continue
			}
			bound, cols = append(bound, inner.col(i)), append(cols, column(legacy+c.Name, c.Type))
		}
	}
	return b.several(a, ref, bound, cols, cond)
}

// isKey tells whether the rows are grouped by a column as it is.
func (a *aggScope) isKey(i int) bool {
	for _, k := range a.keys.exprs {
		if c, ok := k.(*plan.Col); ok && c.Index == i {
			return true
		}
	}
	return false
}

func (b *binder) several(a *aggScope, ref fn.AggRef, bound []plan.Expr, cols []plan.Column, cond plan.Expr) plan.Expr {
	var outs []types.Type
	a.multi = nil
	for _, c := range cols {
		outs = append(outs, c.Type)
		a.multi = append(a.multi, c.Name)
	}
	call := plan.AggCall{Ref: ref, Args: bound, If: cond, First: len(a.cols), Count: len(cols)}
	call.Spec = spec(bound, outs...)
	return b.addAgg(a, call, cols)
}

func (b *binder) takeAny(ref fn.AggRef, e *syntax.Call, args []syntax.Expr, cond plan.Expr, sc, inner *scope) plan.Expr {
	a := sc.agg
	var bound []plan.Expr
	var cols []plan.Column
	prefix := ""
	if e.Name.Text == "any" {
		prefix = "any_"
	}
	for n, x := range args {
		if isStar(x) {
			a.starred = true
			for i, c := range inner.cols {
				if !a.isKey(i) {
					bound, cols = append(bound, inner.col(i)), append(cols, column(prefix+c.Name, c.Type))
				}
			}
			continue
		}
		y := b.known(b.expr(x, inner))
		name := prefix + b.autoName(x)
		if b.autoName(x) == "" {
			name = "any_arg" + itoa(n)
		}
		bound, cols = append(bound, y), append(cols, column(name, y.Type()))
	}
	if len(cols) == 0 {
		b.fail(errStatement(e.Name.Text+"() takes columns"), e.At)
	}
	return b.several(a, ref, bound, cols, cond)
}

func (b *binder) percentiles(ref fn.AggRef, e *syntax.Call, args []syntax.Expr, cond plan.Expr, sc, inner *scope) plan.Expr {
	fixed := 1
	if ref.Name == "percentilesw" {
		fixed = 2
	}
	if len(args) <= fixed {
		b.fail(errStatement(e.Name.Text+"() takes an expression and percentiles"), e.At)
	}
	var bound []plan.Expr
	var ts []types.Type
	for _, x := range args {
		y := b.expr(x, inner)
		bound, ts = append(bound, y), append(ts, y.Type())
	}
	to, out, err := b.fns.ResolveAgg(ref.Agg, ts)
	if err != nil {
		b.fail(errArguments(err), e.At)
	}
	var cols []plan.Column
	for i := range bound {
		bound[i] = b.convert(bound[i], to[i], e.At)
		if i < fixed {
			continue
		}
		c, ok := bound[i].(*plan.Const)
		if !ok {
			b.fail(errConstant("a percentile"), args[i].Span())
		}
		cols = append(cols, column("percentile_"+b.autoName(args[0])+"_"+percentText(c), out))
	}
	return b.several(sc.agg, ref, bound, cols, cond)
}

func percentText(c *plan.Const) string {
	if f := c.Value.Float(); f == float64(int64(f)) {
		return itoa(int(f))
	}
	s := []byte(textOf(c))
	for i := range s {
		if s[i] == '.' {
			s[i] = '_'
		}
	}
	return string(s)
}

// summarize binds summarize aggs by keys.
func (b *binder) summarize(in rows, op *syntax.Summarize) rows {
	sc := in.scope()
	keys := b.projectionKeys(sc, op.By, in.open)
	return b.aggregation(in, keys, op.Aggs, op.At)
}

// projectionKeys binds the keys of by: duplicates of a bare column are dropped.
func (b *binder) projectionKeys(sc *scope, by []syntax.Expr, open bool) *projected {
	var items []syntax.Expr
	seen := map[string]bool{}
	for _, k := range by {
		if n, ok := k.(*syntax.Named); ok && len(n.Names) == 1 && n.Names[0].Text == "bin" {
			continue // the older bin = step
		}
		if r, ok := k.(*syntax.Ref); ok && !r.Wild {
			if seen[r.Text] {
				continue
			}
			seen[r.Text] = true
		}
		items = append(items, k)
	}
	return b.grouping(sc, items)
}

// aggregation builds the aggregation of named expressions over groups.
func (b *binder) aggregation(in rows, keys *projected, aggs []syntax.Expr, at diag.Span) rows {
	a := &aggScope{in: in.scope(), keys: keys}
	sc := in.scope()
	sc.agg = a
	nm := newNamer()
	for _, c := range keys.cols {
		nm.take(c.Name)
	}
	for _, x := range aggs {
		if n, ok := x.(*syntax.Named); ok {
			for _, nn := range n.Names {
				b.checkName(nn)
			}
		}
	}
	p := &projected{}
	written := map[string]bool{}
	for i, k := range keys.cols {
		if k.Type == types.Dynamic && !in.open {
			b.fail(errDynamicKey(k.Name), at)
		}
		written[k.Name] = true
		p.add(k, &plan.Col{Index: i, Name: k.Name, T: k.Type}, true)
	}
	plain := true
	for _, x := range aggs {
		before := len(a.aggs)
		inner := x
		var given []syntax.Name
		if n, ok := x.(*syntax.Named); ok {
			inner, given = n.Expr, n.Names
		}
		a.multi = nil
		ex := b.expr(inner, sc)
		if len(a.aggs) == before && !in.open {
			b.fail(errNotAggregate(), x.Span())
		}
		col, bare := ex.(*plan.Col)
		if bare && a.multi != nil && col.Index == a.next()-len(a.multi) {
			for k, name := range a.multi {
				if k < len(given) {
					name = given[k].Text
					if written[name] {
						b.fail(errDuplicate(name), x.Span())
					}
					written[name] = true
					nm.take(name)
				} else {
					name = nm.unique(name)
				}
				i := col.Index + k
				t := a.cols[i-len(keys.cols)].Type
				p.add(column(name, t), &plan.Col{Index: i, Name: name, T: t}, false)
			}
			continue
		}
		name := ""
		if len(given) > 0 {
			name = given[0].Text
			if written[name] {
				b.fail(errDuplicate(name), x.Span())
			}
			written[name] = true
			name = nm.unique(name) // arg_max(x, *) may have taken it
		} else {
			name = nm.auto(b.autoName(inner))
		}
		if !bare || col.Index != len(p.cols) {
			plain = false
		}
		p.add(column(name, ex.Type()), b.known(ex), false)
	}
	cols := append([]plan.Column{}, keys.cols...)
	if plain && len(p.cols) == a.next() {
		cols = p.cols
	} else {
		cols = append(cols, a.cols...)
	}
	var node plan.Node
	if len(a.aggs) == 0 {
		node = plan.NewDistinct(plan.NewProject(in.node, keys.cols, keys.exprs))
	} else {
		node = plan.NewAggregate(in.node, cols, keys.exprs, a.aggs)
	}
	if !plain || len(p.cols) != len(node.Columns()) {
		node = plan.NewProject(node, p.cols, p.exprs)
	}
	return rows{node: node, open: in.open && a.starred}
}

// elementOf is x[i] for a bound array.
func (b *binder) elementOf(x, i plan.Expr) plan.Expr {
	return b.fold(&plan.Call{Name: "[]", Eval: fn.Element, Args: []plan.Expr{x, i}, T: types.Dynamic})
}
