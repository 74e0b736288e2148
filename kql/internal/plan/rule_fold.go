package plan

import (
	"github.com/azward/azward/kql/internal/fn"
)

// Fold computes what is the same for a whole run: calls with constant
// arguments, now() and ago() among them.
func Fold(ctx *fn.Ctx, e Expr) Expr {
	if e == nil {
		return nil
	}
	return Map(e, func(x Expr) Expr {
		switch x := x.(type) {
		case *Call:
			fixed := x.Name == "now" || x.Name == "ago"
			if x.Volatile && !fixed || x.Window || x.Eval == nil || len(x.Args) == 0 && !fixed {
				return x
			}
			for _, a := range x.Args {
				if _, ok := IsConst(a); !ok {
					return x
				}
			}
			v, err := EvalConst(ctx, x)
			if err != nil {
				return x // it fails for the rows that need it, if any do
			}
			return &Const{Value: v, T: x.T}
		case *Cast:
			if c, ok := IsConst(x.X); ok {
				return &Const{Value: fn.Convert(c.Value, c.T, x.T), T: x.T}
			}
		}
		return x
	})
}

// foldAll folds the expressions of the operators that filter, compute and group.
func (o *Optimizer) foldAll(n Node) Node {
	if o.Now == nil {
		return n
	}
	n = o.MapInputs(n, o.foldAll)
	all := func(es []Expr) []Expr {
		out := make([]Expr, len(es))
		for i, e := range es {
			out[i] = Fold(o.Now, e)
		}
		return out
	}
	switch x := n.(type) {
	case *Filter:
		return NewFilter(x.Input, Fold(o.Now, x.Pred))
	case *Project:
		return NewProject(x.Input, x.Cols, all(x.Exprs))
	case *Aggregate:
		c := *x
		c.Keys = all(x.Keys)
		c.Aggs = append([]AggCall(nil), x.Aggs...)
		for i := range c.Aggs {
			c.Aggs[i].If = Fold(o.Now, c.Aggs[i].If)
		}
		return &c
	case *MakeSeries:
		c := *x
		c.From, c.To, c.Step = Fold(o.Now, x.From), Fold(o.Now, x.To), Fold(o.Now, x.Step)
		return &c
	}
	return n
}

// topSorts makes one operator of a sort and the take that follows it.
func (o *Optimizer) topSorts(n Node) Node {
	n = o.MapInputs(n, o.topSorts)
	t, ok := n.(*Take)
	if !ok || t.Sample {
		return n
	}
	s, ok := t.Input.(*Sort)
	if !ok || s.Limit != nil {
		return n
	}
	if c, ok := IsConst(t.N); !ok || c.Value.IsNull() || c.Value.Int64() < 0 {
		return n
	}
	c := *s
	c.Limit = t.N
	return &c
}
