package plan

import (
	"fmt"
	"strings"
)

// pruneAll leaves out the columns that nothing reads.
func (o *Optimizer) pruneAll(n Node) Node {
	out, _ := o.prune(n, everything(n))
	return out
}

func everything(n Node) []bool {
	need := make([]bool, len(n.Columns()))
	for i := range need {
		need[i] = true
	}
	return need
}

func identity(n Node) []int {
	place := make([]int, len(n.Columns()))
	for i := range place {
		place[i] = i
	}
	return place
}

func uses(need []bool, es ...Expr) []bool {
	for _, e := range es {
		if e != nil {
			Uses(e, need)
		}
	}
	return need
}

// whole prunes below a node that itself keeps all columns.
func (o *Optimizer) whole(n Node) (Node, []int) {
	return o.MapInputs(n, o.pruneAll), identity(n)
}

// prune returns a node that gives at least the needed columns of n, and where
// each column of n is in it (-1: left out).
func (o *Optimizer) prune(n Node, need []bool) (Node, []int) {
	switch x := n.(type) {
	case *Scan:
		return pruneScan(x, need)
	case *Pushed:
		whole, _ := o.MapInputs(x, o.pruneAll).(*Pushed)
		return prunePushed(whole, need)
	case *Filter:
		in, place := o.prune(x.Input, uses(append([]bool(nil), need...), x.Pred))
		return NewFilter(in, remap(x.Pred, place)), place
	case *Project:
		return o.pruneProject(x, need)
	case *Sort:
		want := append([]bool(nil), need...)
		for _, k := range x.Keys {
			uses(want, k.Expr)
		}
		in, place := o.prune(x.Input, want)
		c := *x
		c.With(in, in.Columns())
		c.Keys = append([]SortKey(nil), x.Keys...)
		for i := range c.Keys {
			c.Keys[i].Expr = remap(c.Keys[i].Expr, place)
		}
		return &c, place
	case *Take:
		in, place := o.prune(x.Input, need)
		c := *x
		c.With(in, in.Columns())
		return &c, place
	case *Serialize:
		in, place := o.prune(x.Input, need)
		return NewSerialize(in), place
	case *Rendered:
		in, place := o.prune(x.Input, need)
		return NewRendered(in, x.Render), place
	case *Aggregate:
		want := uses(make([]bool, len(x.Input.Columns())), x.Keys...)
		for _, a := range x.Aggs {
			uses(want, append(append([]Expr(nil), a.Args...), a.If)...)
		}
		in, place := o.prune(x.Input, want)
		c := *x
		c.Input, c.Keys, c.Aggs = in, remapAll(x.Keys, place), remapAggs(x.Aggs, place)
		return &c, identity(n)
	case *MakeSeries:
		want := uses(make([]bool, len(x.Input.Columns())), append([]Expr{x.On}, x.Keys...)...)
		for _, a := range x.Aggs {
			uses(want, append(append([]Expr(nil), a.Args...), a.If)...)
		}
		in, place := o.prune(x.Input, want)
		c := *x
		c.Input, c.Keys, c.Aggs, c.On = in, remapAll(x.Keys, place), remapAggs(x.Aggs, place), remap(x.On, place)
		return &c, identity(n)
	case *Join:
		return o.pruneJoin(x, need)
	case *Union:
		return o.pruneUnion(x, need)
	}
	return o.whole(n)
}

func pruneScan(x *Scan, need []bool) (Node, []int) {
	place := make([]int, len(need))
	c := &Scan{Table: x.Table, Filters: x.Filters}
	for i, want := range need {
		place[i] = -1
		if want {
			place[i] = len(c.Keep)
			c.Keep = append(c.Keep, x.Keep[i])
			c.Cols = append(c.Cols, x.Cols[i])
		}
	}
	return c, place
}

func prunePushed(x *Pushed, need []bool) (Node, []int) {
	place := make([]int, len(need))
	c := &Pushed{Table: x.Table, Functions: x.Functions, Given: x.Given}
	var list []string
	for i, want := range need {
		place[i] = -1
		if want {
			place[i] = len(list)
			list = append(list, fmt.Sprintf("c%d AS c%d", i, len(list)))
			c.Cols = append(c.Cols, x.Cols[i])
		}
	}
	if len(list) == len(need) || len(list) == 0 { // SQL has no rows without columns
		return x, identity(x)
	}
	c.SQL = "SELECT " + strings.Join(list, ", ") + " FROM (" + x.SQL + ") AS p"
	return c, place
}

func (o *Optimizer) pruneProject(x *Project, need []bool) (Node, []int) {
	place := make([]int, len(need))
	var exprs []Expr
	var columns []Column
	want := make([]bool, len(x.Input.Columns()))
	for i, e := range x.Exprs {
		place[i] = -1
		if need[i] {
			place[i] = len(exprs)
			exprs, columns = append(exprs, e), append(columns, x.Cols[i])
			uses(want, e)
		}
	}
	in, below := o.prune(x.Input, want)
	return NewProject(in, columns, remapAll(exprs, below)), place
}

func remapAggs(aggs []AggCall, place []int) []AggCall {
	out := append([]AggCall(nil), aggs...)
	for i := range out {
		out[i].Args = remapAll(out[i].Args, place)
		out[i].If = remap(out[i].If, place)
	}
	return out
}

func (o *Optimizer) pruneJoin(x *Join, need []bool) (Node, []int) {
	nl := len(x.Left.Columns())
	left, right := make([]bool, nl), make([]bool, len(x.Right.Columns()))
	uses(left, x.LeftKeys...)
	uses(right, x.RightKeys...)
	semi := x.Kind == LeftSemi || x.Kind == LeftAnti || x.Kind == RightSemi || x.Kind == RightAnti
	switch {
	case x.Kind == LeftSemi || x.Kind == LeftAnti:
		for i, want := range need {
			left[i] = left[i] || want
		}
	case semi:
		for i, want := range need {
			right[i] = right[i] || want
		}
	default:
		for i := range nl {
			left[i] = left[i] || need[i]
		}
		for k, t := range x.Take {
			right[t] = right[t] || need[nl+k]
		}
	}
	l, lp := o.prune(x.Left, left)
	r, rp := o.prune(x.Right, right)
	c := *x
	c.Left, c.Right, c.LeftKeys, c.RightKeys = l, r, remapAll(x.LeftKeys, lp), remapAll(x.RightKeys, rp)
	switch {
	case x.Kind == LeftSemi || x.Kind == LeftAnti:
		c.Cols = pickColumns(x.Cols, lp, len(l.Columns()))
		return &c, lp
	case semi:
		c.Cols = pickColumns(x.Cols, rp, len(r.Columns()))
		return &c, rp
	}
	place := make([]int, len(need))
	copy(place, lp)
	c.Cols = pickColumns(x.Cols[:nl], lp, len(l.Columns()))
	c.Take = nil
	for k, t := range x.Take {
		place[nl+k] = -1
		if need[nl+k] {
			place[nl+k] = len(c.Cols)
			c.Cols = append(c.Cols, x.Cols[nl+k])
			c.Take = append(c.Take, rp[t])
		}
	}
	return &c, place
}

// pickColumns returns the columns that were kept, in their new places.
func pickColumns(columns []Column, place []int, n int) []Column {
	out := make([]Column, n)
	for i, p := range place {
		if p >= 0 {
			out[p] = columns[i]
		}
	}
	return out
}

func (o *Optimizer) pruneUnion(x *Union, need []bool) (Node, []int) {
	place := make([]int, len(need))
	c := &Union{Wild: x.Wild}
	for i, want := range need {
		place[i] = -1
		if want {
			place[i] = len(c.Cols)
			c.Cols = append(c.Cols, x.Cols[i])
		}
	}
	for _, t := range x.Tables {
		want := make([]bool, len(t.Node.Columns()))
		for i, at := range t.Map {
			if need[i] && at >= 0 {
				want[at] = true
			}
		}
		in, below := o.prune(t.Node, want)
		u := UnionInput{Node: in}
		for i, at := range t.Map {
			if !need[i] {
				continue
			}
			if s, ok := t.Const[i]; ok {
				if u.Const == nil {
					u.Const = map[int]string{}
				}
				u.Const[len(u.Map)] = s
			}
			if at >= 0 {
				at = below[at]
			}
			u.Map = append(u.Map, at)
		}
		c.Tables = append(c.Tables, u)
	}
	return c, place
}
