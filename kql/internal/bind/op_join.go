package bind

import (
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
)

var joinKinds = []string{"innerunique", "inner", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti",
	"anti", "leftantisemi", "rightantisemi"}

// join binds join and lookup.
func (b *binder) join(in rows, op *syntax.Join) rows {
	fallback := "innerunique"
	if op.Lookup {
		fallback = "leftouter"
	}
	kind := plan.JoinKind(b.kind(op.Props, "kind", fallback, joinKinds...))
	switch kind {
	case "anti", "leftantisemi":
		kind = plan.LeftAnti
	case "rightantisemi":
		kind = plan.RightAnti
	default: // a kind of its own already
	}
	right := rows{node: b.table(op.Right, noScope)}
	right.open = b.open[right.node]
	if op.Lookup && kind != plan.LeftOuter && kind != plan.Inner {
		b.fail(errKind("kind of lookup", string(kind), []string{"leftouter", "inner"}), op.At)
	}
	var lk, rk []plan.Expr
	for _, on := range op.On {
		b.joinKeys(on, in, right, &lk, &rk)
	}
	if len(op.On) == 0 && op.Lookup {
		b.commonKeys(in, right, &lk, &rk)
	}
	if len(lk) == 0 && !in.open && !right.open {
		if len(op.On) == 0 {
			b.fail(errJoinOn(), op.At)
		}
	}
	open := in.open || right.open
	lc, rc := in.node.Columns(), right.node.Columns()
	switch kind {
	case plan.LeftSemi, plan.LeftAnti:
		return rows{node: plan.NewJoin(kind, in.node, right.node, lk, rk, nil, lc), open: in.open}
	case plan.RightSemi, plan.RightAnti:
		take := make([]int, len(rc))
		for i := range take {
			take[i] = i
		}
		return rows{node: plan.NewJoin(kind, in.node, right.node, lk, rk, take, rc), open: right.open}
	default: // the columns of both sides, below
	}
	if len(lc)+len(rc) > maxColumns {
		b.fail(errColumns(), op.At)
	}
	nm := newNamer()
	others := make(map[string]bool, len(rc))
	for _, c := range rc {
		others[c.Name] = true
	}
	cols := slices.Clone(lc)
	for _, c := range cols {
		nm.take(c.Name)
	}
	var take []int
	for i, c := range rc {
		if op.Lookup && isKeyColumn(rk, i) {
			continue
		}
		take = append(take, i)
		cols = append(cols, column(nm.uniqueBut(c.Name, others), c.Type))
	}
	return rows{node: plan.NewJoin(kind, in.node, right.node, lk, rk, take, cols), open: open}
}

func isKeyColumn(keys []plan.Expr, i int) bool {
	for _, k := range keys {
		for {
			c, ok := k.(*plan.Cast)
			if !ok {
				break
			}
			k = c.X
		}
		if c, ok := k.(*plan.Col); ok && c.Index == i {
			return true
		}
	}
	return false
}

// commonKeys joins by all columns that both sides have.
func (b *binder) commonKeys(in, right rows, lk, rk *[]plan.Expr) {
	ls, rs := in.scope(), right.scope()
	for i, c := range ls.cols {
		if k := rs.find(c.Name); k >= 0 {
			*lk, *rk = append(*lk, ls.col(i)), append(*rk, rs.col(k))
		}
	}
}

// joinKeys binds one condition: a column of both sides, or $left.x == $right.y,
// perhaps several joined with and.
func (b *binder) joinKeys(on syntax.Expr, in, right rows, lk, rk *[]plan.Expr) {
	switch e := on.(type) {
	case *syntax.Paren:
		b.joinKeys(e.X, in, right, lk, rk)
		return
	case *syntax.Ref:
		ls, rs := in.scope(), right.scope()
		i, k := ls.find(e.Text), rs.find(e.Text)
		if i < 0 {
			if in.open {
				return
			}
			b.fail(errColumn(e.Text, syntax.Nearest(e.Text, names(ls.cols))), e.At)
		}
		if k < 0 {
			if right.open {
				return
			}
			b.fail(errColumn(e.Text, syntax.Nearest(e.Text, names(rs.cols))), e.At)
		}
		b.addKeys(ls.col(i), rs.col(k), on, lk, rk)
		return
	case *syntax.Binary:
		if e.Op == "and" {
			for _, p := range flatten(e, "and") {
				b.joinKeys(p, in, right, lk, rk)
			}
			return
		}
		if e.Op == "==" && isSide(e.L) && isSide(e.R) {
			l, lside := b.side(e.L, in, right)
			r, rside := b.side(e.R, in, right)
			if lside != 0 && rside != 0 && lside != rside {
				if lside == 2 {
					l, r = r, l
				}
				b.addKeys(l, r, on, lk, rk)
				return
			}
		}
	}
	b.fail(errJoinOn(), on.Span())
}

// isSide tells whether an operand of a join condition is $left.column or
// $right.column.
func isSide(e syntax.Expr) bool {
	m, ok := bare(e).(*syntax.Member)
	if !ok {
		return false
	}
	r, ok := m.X.(*syntax.Ref)
	return ok && (r.Text == "$left" || r.Text == "$right")
}

// side binds one operand of a join condition: 1 left, 2 right, 0 neither.
func (b *binder) side(e syntax.Expr, in, right rows) (plan.Expr, int) {
	where := 0
	var find func(syntax.Expr)
	find = func(e syntax.Expr) {
		switch x := e.(type) {
		case *syntax.Member:
			if r, ok := x.X.(*syntax.Ref); ok {
				switch r.Text {
				case "$left":
					where |= 1
					return
				case "$right":
					where |= 2
					return
				}
			}
			find(x.X)
		case *syntax.Call:
			for _, a := range x.Args {
				find(a)
			}
		case *syntax.Index:
			find(x.X)
		case *syntax.Paren:
			find(x.X)
		case *syntax.Binary:
			find(x.L)
			find(x.R)
		}
	}
	find(e)
	src := in
	if where == 2 {
		src = right
	} else if where != 1 {
		return nil, 0
	}
	sc := newScope(nil)
	q := qualifier{cols: src.node.Columns()}
	sc.quals = map[string]qualifier{"$left": q, "$right": q}
	sc.open = src.open
	if src.open {
		var x plan.Expr
		if m, ok := e.(*syntax.Member); ok && findColumn(q.cols, m.Name.Text) < 0 {
			return konst(types.None, falseValue), where
		}
		x = b.expr(e, sc)
		return x, where
	}
	return b.expr(e, sc), where
}

// addKeys adds a pair of keys, converted to a common type.
func (b *binder) addKeys(l, r plan.Expr, at syntax.Expr, lk, rk *[]plan.Expr) {
	lt, rt := l.Type(), r.Type()
	switch {
	case lt == types.Dynamic || rt == types.Dynamic:
		b.fail(errDynamicKey(b.autoName(at)), at.Span())
	case lt == rt || lt == types.None || rt == types.None:
	case lt.Integer() && rt.Integer():
		l, r = b.convert(l, types.Long, at.Span()), b.convert(r, types.Long, at.Span())
	default:
		b.fail(errOperands("==", lt, rt), at.Span())
	}
	*lk, *rk = append(*lk, b.known(l)), append(*rk, b.known(r))
}

// filterLeft puts a filter that reads the left side of an innerunique join
// only before the join, as the engine does: which of the rows with one key is
// joined then depends on the filter (join page, innerunique flavor). It returns
// nil for any other node.
func filterLeft(n plan.Node, pred plan.Expr) plan.Node {
	j, ok := n.(*plan.Join)
	if !ok || j.Kind != plan.InnerUnique {
		return nil
	}
	left := len(j.Left.Columns())
	fits := true
	plan.Walk(pred, func(e plan.Expr) {
		switch x := e.(type) {
		case *plan.Col:
			fits = fits && x.Index < left
		case *plan.Call:
			fits = fits && !x.Window && !x.Volatile
		}
	})
	if !fits || !readsColumns(pred) {
		return nil
	}
	return plan.NewJoin(j.Kind, plan.NewFilter(j.Left, pred), j.Right, j.LeftKeys, j.RightKeys, j.Take, j.Columns())
}
