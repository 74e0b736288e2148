package plan

import (
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
	default:
		return n, preds
	}
	if len(move) == 0 {
		return n, preds
	}
	out, _ := withInput(n, NewFilter(n.Inputs()[0], And(move)))
	return out, rest
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
