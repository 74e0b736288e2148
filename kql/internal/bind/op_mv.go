package bind

import (
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
)

// expandItems binds what mv-expand and mv-apply spread, over the columns that
// the result will have.
func (b *binder) expandItems(in rows, items []syntax.MvItem, props []syntax.Prop) *plan.MvExpand {
	sc := in.scope()
	cols := slices.Clone(sc.cols)
	m := &plan.MvExpand{Index: -1}
	nm := newNamer()
	for _, c := range cols {
		nm.take(c.Name)
	}
	for _, it := range items {
		x := b.expr(it.Expr, sc)
		if x.Type() != types.Dynamic && x.Type() != types.None {
			b.fail(errExpectedType("what mv-expand spreads", "dynamic", x.Type()), it.Expr.Span())
		}
		t := it.Type
		if t == types.None {
			t = types.Dynamic
		}
		name := b.autoName(it.Expr)
		if name == "" {
			name = nm.column()
		}
		at := findColumn(cols, name)
		if at < 0 {
			at = len(cols)
			nm.take(name)
			cols = append(cols, column(name, t))
		} else {
			cols[at].Type = t
		}
		m.Items = append(m.Items, plan.Expand{Expr: b.convert(x, types.Dynamic, it.Expr.Span()), Type: t, Column: at})
	}
	if p := prop(props, "with_itemindex"); p != nil {
		m.Index = len(cols)
		cols = append(cols, column(nm.unique(b.propText(p.Value)), types.Long))
	}
	m.Array = b.kind(props, "bagexpansion", b.kind(props, "kind", "bag", "bag", "array"), "bag", "array") == "array"
	m.With(in.node, cols)
	return m
}

func (b *binder) mvExpand(in rows, op *syntax.MvExpand) rows {
	m := b.expandItems(in, op.Items, op.Props)
	if op.Limit != nil {
		m.Limit = b.rowCount(op.Limit)
	}
	return rows{m, in.ordered, in.open}
}

func (b *binder) mvApply(in rows, op *syntax.MvApply) rows {
	outer := plan.NewOuter(in.node.Columns())
	m := b.expandItems(rows{node: outer, open: in.open}, op.Items, op.Props)
	if op.Limit != nil {
		m.Limit = b.rowCount(op.Limit)
	}
	inner := plan.NewOuter(m.Columns())
	save := b.env
	if op.ID != nil {
		b.env = &env{up: b.env}
		b.env.set(op.ID.Text, &entity{node: inner})
	}
	sub := b.sub(rows{node: inner, ordered: true, open: in.open}, op.Sub)
	b.env = save
	// The rows' own columns stay, the expanded ones are the subquery's to give.
	expanded := map[string]bool{}
	for _, it := range m.Items {
		expanded[m.Columns()[it.Column].Name] = true
	}
	if m.Index >= 0 {
		expanded[m.Columns()[m.Index].Name] = true
	}
	a := &plan.MvApply{Expand: m}
	var cols []plan.Column
	kept := map[string]bool{}
	for i, c := range in.node.Columns() {
		if !expanded[c.Name] {
			a.Keep = append(a.Keep, i)
			cols = append(cols, c)
			kept[c.Name] = true
		}
	}
	ss := sub.scope()
	var give []plan.Column
	var exprs []plan.Expr
	for i, c := range ss.cols {
		if kept[c.Name] {
			continue
		}
		give, exprs = append(give, c), append(exprs, ss.col(i))
	}
	a.Sub = plan.NewProject(sub.node, give, exprs)
	a.With(in.node, append(cols, give...))
	return rows{node: a, open: in.open || sub.open}
}
