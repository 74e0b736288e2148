package bind

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// makeSeries binds make-series: columns are the keys, a dynamic for each
// aggregate, and the axis.
func (b *binder) makeSeries(in rows, op *syntax.MakeSeries) rows {
	sc := in.scope()
	keys := b.projection(sc, op.By, nil)
	a := &aggScope{in: in.scope(), keys: keys}
	asc := in.scope()
	asc.agg = a
	n := &plan.MakeSeries{Keys: keys.exprs, Inclusive: op.InRange}
	n.NonEmpty = b.kind(op.Props, "kind", "", "nonempty") == "nonempty"
	nm := newNamer()
	for _, c := range keys.cols {
		nm.take(c.Name)
	}
	cols := append([]plan.Column{}, keys.cols...)
	for _, s := range op.Aggs {
		inner := s.Expr
		name := ""
		if nd, ok := inner.(*syntax.Named); ok {
			inner, name = nd.Expr, nd.Names[0].Text
			nm.take(name)
		}
		before := len(a.aggs)
		ex := b.expr(inner, asc)
		if _, ok := ex.(*plan.Const); !ok && len(a.aggs) == before {
			b.fail(errNotAggregate(), s.Expr.Span())
		}
		n.Values = append(n.Values, ex)
		if name == "" {
			name = nm.auto(b.autoName(inner))
		}
		cols = append(cols, column(name, types.Dynamic))
		var def plan.Expr
		if s.Default != nil {
			def = b.expr(s.Default, noScope)
			if ex.Type() == types.Real || def.Type().Numeric() && ex.Type().Numeric() && def.Type() != types.Real {
				def = b.convert(def, ex.Type(), s.Default.Span())
			}
		} else {
			def = konst(types.Long, value.Long(0))
			if ex.Type() == types.Real {
				def = konst(types.Real, value.Real(0))
			}
		}
		n.Defaults = append(n.Defaults, def)
	}
	n.Aggs = a.aggs
	on := op.On
	name := b.autoName(on)
	if nd, ok := on.(*syntax.Named); ok {
		on, name = nd.Expr, nd.Names[0].Text
	}
	n.On = b.expr(on, sc)
	t := n.On.Type()
	if !t.Numeric() && t != types.DateTime && t != types.TimeSpan && t != types.None {
		b.fail(errExpectedType("the axis of make-series", "datetime, timespan or a number", t), on.Span())
	}
	bound := func(e syntax.Expr, want types.Type) plan.Expr {
		if e == nil {
			return nil
		}
		x := b.expr(e, noScope)
		if want != types.None && x.Type() != want && want.Numeric() != x.Type().Numeric() && x.Type() != types.Dynamic && x.Type() != types.None {
			b.fail(errExpectedType("this end of the axis", want.String(), x.Type()), e.Span())
		}
		return b.convert(x, want, e.Span())
	}
	n.From, n.To = bound(op.From, t), bound(op.To, t)
	st := t
	if t == types.DateTime {
		st = types.TimeSpan
	}
	n.Step = bound(op.Step, st)
	if name == "" {
		name = nm.column()
	}
	cols = append(cols, column(nm.unique(name), types.Dynamic))
	n.With(in.node, cols)
	return rows{node: n}
}
