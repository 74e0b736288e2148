package plan

import (
	"slices"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

func isBool(e Expr) bool { return e.Type() == types.Bool }

// And joins predicates.
func And(es []Expr) Expr {
	out := es[0]
	and, _ := fn.Binary("and", types.Bool, types.Bool)
	for _, e := range es[1:] {
		out = &Call{Name: "and", Eval: and.Eval, Args: []Expr{out, e}, T: types.Bool}
	}
	return out
}

// pushFilters moves filters towards the tables: below projections that only
// rename, below sorts, into unions. A filter stays above whatever looks at
// several rows, and predicates that give something else each time do not move.
func (o *Optimizer) pushFilters(n Node) Node {
	if f, ok := n.(*Filter); ok && isBool(f.Pred) {
		if below, rest := o.sink(Conjuncts(f.Pred), f.Input); len(rest) == 0 {
			return o.pushFilters(below)
		} else if below != f.Input {
			return o.MapInputs(NewFilter(below, And(rest)), o.pushFilters)
		}
	}
	return o.MapInputs(n, o.pushFilters)
}

// sink puts predicates below a node and returns those that it could not.
func (o *Optimizer) sink(preds []Expr, n Node) (Node, []Expr) {
	var move, rest []Expr
	split := func(can func(Expr) bool) {
		for _, p := range preds {
			if movable(p) && isBool(p) && can(p) {
				move = append(move, p)
			} else {
				rest = append(rest, p)
			}
		}
	}
	always := func(Expr) bool { return true }
	switch x := n.(type) {
	case *Filter:
		if !isBool(x.Pred) || !movable(x.Pred) {
			return n, preds
		}
		split(always)
		if len(move) == 0 {
			return n, preds
		}
		return NewFilter(x.Input, And(append(Conjuncts(x.Pred), move...))), rest
	case *Sort:
		if x.Limit != nil {
			return n, preds
		}
		split(always)
	case *Serialize, *Rendered:
		split(always)
	case *Project:
		for _, e := range x.Exprs {
			if !movable(e) {
				return n, preds
			}
		}
		split(func(p Expr) bool { return plain(p, x.Exprs) })
		for i, p := range move {
			move[i] = substitute(p, x.Exprs)
		}
	case *Union:
		split(always)
		if len(move) == 0 {
			return n, preds
		}
		in := make([]Node, len(x.Tables))
		for i, t := range x.Tables {
			exprs := make([]Expr, len(x.Cols))
			for k, c := range x.Cols {
				exprs[k] = UnionColumn(t, k, c)
			}
			own := make([]Expr, len(move))
			for k, p := range move {
				own[k] = substitute(p, exprs)
			}
			in[i] = NewFilter(t.Node, And(own))
		}
		out, _ := WithInputs(x, in)
		return out, rest
	case *Parse:
		split(untouched(n, x.Targets))
	case *ParseKV:
		split(untouched(n, x.Targets))
	case *MvExpand:
		split(untouched(n, expanded(x)))
	case *Aggregate:
		split(func(p Expr) bool { return reads(p, func(i int) bool { return i < len(x.Keys) && exactKey(x.Keys[i]) }) })
		for i, p := range move {
			move[i] = substitute(p, x.Keys)
		}
	case *Join:
		return o.sinkJoin(preds, x)
	default:
		return n, preds
	}
	if len(move) == 0 {
		return n, preds
	}
	out, _ := withInput(n, NewFilter(n.Inputs()[0], And(move)))
	return out, rest
}

// sinkJoin puts predicates on one side's columns below a join, on the side whose
// rows it only keeps or drops. Of innerunique's left side no row may go before
// one of each key is taken, but for all rows of a key.
func (o *Optimizer) sinkJoin(preds []Expr, x *Join) (Node, []Expr) {
	nl := len(x.Left.Columns())
	var leftOK, rightOK func(i int) bool
	at := func(i int) int { return i }
	keep := func(int) bool { return true }
	toLeft := func(i int) bool { return i < nl }
	toRight := func(i int) bool { return i >= nl }
	switch x.Kind {
	case Inner:
		leftOK, rightOK = toLeft, toRight
	case InnerUnique:
		leftOK, rightOK = func(i int) bool { return i < nl && isKey(x.LeftKeys, i) }, toRight
	case LeftOuter:
		leftOK = toLeft
	case RightOuter:
		rightOK = toRight
	case LeftSemi, LeftAnti:
		leftOK = keep
	case RightSemi, RightAnti:
		rightOK = keep
	default:
		return x, preds
	}
	if rightOK != nil && x.Kind != RightSemi && x.Kind != RightAnti {
		at = func(i int) int { return x.Take[i-nl] }
	}
	var left, right, rest []Expr
	for _, p := range preds {
		switch {
		case !movable(p) || !isBool(p):
			rest = append(rest, p)
		case leftOK != nil && reads(p, leftOK):
			left = append(left, p)
		case rightOK != nil && reads(p, rightOK):
			right = append(right, Map(p, func(e Expr) Expr {
				if c, ok := e.(*Col); ok {
					return &Col{Index: at(c.Index), Name: c.Name, T: c.T}
				}
				return e
			}))
		default:
			rest = append(rest, p)
		}
	}
	if len(left)+len(right) == 0 {
		return x, preds
	}
	l, r := x.Left, x.Right
	if len(left) > 0 {
		l = NewFilter(l, And(left))
	}
	if len(right) > 0 {
		r = NewFilter(r, And(right))
	}
	out, _ := WithInputs(x, []Node{l, r})
	return out, rest
}

// exactKey tells whether rows with the same value of a key have the very same
// value: there are two zeros among reals.
func exactKey(e Expr) bool {
	_, ok := e.(*Col)
	switch e.Type() {
	case types.Real, types.Decimal, types.Dynamic:
		return false
	default:
		return ok
	}
}

func isKey(keys []Expr, i int) bool {
	for _, k := range keys {
		if c, ok := k.(*Col); ok && c.Index == i && exactKey(k) {
			return true
		}
	}
	return false
}

// reads tells whether e reads columns, and only such as may be read.
func reads(e Expr, may func(i int) bool) bool {
	some, ok := false, true
	Walk(e, func(x Expr) {
		if c, is := x.(*Col); is {
			some = true
			ok = ok && may(c.Index)
		}
	})
	return some && ok
}

// untouched tells the predicates that read none of the columns that a node makes
// anew, but only such as it has from its input.
func untouched(n Node, made []int) func(Expr) bool {
	from := len(n.Inputs()[0].Columns())
	return func(p Expr) bool {
		return reads(p, func(i int) bool { return i < from && !slices.Contains(made, i) })
	}
}

// expanded are the columns that mv-expand makes.
func expanded(x *MvExpand) []int {
	out := []int{x.Index}
	for _, it := range x.Items {
		out = append(out, it.Column)
	}
	return out
}

// UnionColumn returns column k of a union as one of its tables has it.
func UnionColumn(t UnionInput, k int, c Column) Expr {
	if s, ok := t.Const[k]; ok {
		return &Const{Value: value.String(s), T: types.String}
	}
	at := t.Map[k]
	if at < 0 {
		if c.Type == types.String {
			return &Const{Value: value.String(""), T: types.String}
		}
		return &Const{T: c.Type}
	}
	from := t.Node.Columns()[at]
	return &Col{Index: at, Name: from.Name, T: from.Type}
}

// plain tells whether all columns that p reads are columns or constants of
// the input, not computed.
func plain(p Expr, exprs []Expr) bool {
	ok := true
	Walk(p, func(x Expr) {
		if c, is := x.(*Col); is {
			switch exprs[c.Index].(type) {
			case *Col, *Const:
			default:
				ok = false
			}
		}
	})
	return ok
}

func substitute(p Expr, exprs []Expr) Expr {
	return Map(p, func(x Expr) Expr {
		if c, is := x.(*Col); is {
			return exprs[c.Index]
		}
		return x
	})
}
