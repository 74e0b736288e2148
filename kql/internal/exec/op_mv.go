package exec

import (
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// elements returns what a value spreads into: an array's elements, a bag's
// properties one by one, anything else itself. An empty array gives nothing.
func elements(v value.Value, asArray bool) []value.Value {
	switch v.Kind() {
	case value.KindArray:
		return v.Items()
	case value.KindBag:
		b := v.Bag()
		out := make([]value.Value, b.Len())
		for i := range out {
			k, x := b.At(i)
			if asArray {
				out[i] = value.Array([]value.Value{value.String(k), x})
				continue
			}
			one := value.NewBag(1)
			one.Set(k, x)
			out[i] = value.Object(one)
		}
		return out
	}
	return []value.Value{v}
}

// expand spreads the rows of a batch. It also returns the row that each result
// came from.
func (r *run) expand(n *plan.MvExpand, exprs []plan.Expr, b *vec.Batch, limit int64) (*vec.Batch, []int32, error) {
	src, err := r.evalAll(exprs, b)
	if err != nil {
		return nil, nil, err
	}
	var from []int32
	builders := make([]*vec.Builder, len(src))
	for k, it := range n.Items {
		builders[k] = vec.NewBuilder(it.Type, b.Rows)
	}
	var index []int64
	lists := make([][]value.Value, len(src))
	for i := range b.Rows {
		most := 0
		for k, v := range src {
			lists[k] = elements(v.Get(i), n.Array)
			most = max(most, len(lists[k]))
		}
		if limit >= 0 && int64(most) > limit {
			most = int(limit)
		}
		for e := range most {
			from = append(from, int32(i))
			index = append(index, int64(e))
			for k, it := range n.Items {
				x := value.Null
				if e < len(lists[k]) {
					x = lists[k][e]
				}
				if it.Type != types.Dynamic {
					x = fn.Convert(x, types.Dynamic, it.Type)
				}
				builders[k].Append(x)
			}
		}
	}
	cols := make([]*vec.Vec, len(n.Columns()))
	for i, c := range b.Cols {
		cols[i] = c.Gather(from)
	}
	for k, it := range n.Items {
		cols[it.Column] = builders[k].Finish()
	}
	if n.Index >= 0 {
		cols[n.Index] = vec.OfInts(types.Long, index)
	}
	return vec.NewBatch(cols, len(from)), from, nil
}

func itemExprs(n *plan.MvExpand) []plan.Expr {
	out := make([]plan.Expr, len(n.Items))
	for i, it := range n.Items {
		out[i] = it.Expr
	}
	return out
}

func (r *run) limit(e plan.Expr) (int64, error) {
	if e == nil {
		return -1, nil
	}
	return r.count(e)
}

func (r *run) mvExpand(n *plan.MvExpand) (stream, error) {
	exprs, err := r.prepareAll(itemExprs(n))
	if err != nil {
		return nil, err
	}
	limit, err := r.limit(n.Limit)
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			out, _, err := r.expand(n, exprs, b, limit)
			if err != nil {
				return nil, err
			}
			if out.Rows > 0 {
				return out, r.check()
			}
		}
	}, nil
}

// outerOf finds the Outer at the bottom of a subquery.
func outerOf(n plan.Node, cols []plan.Column) *plan.Outer {
	if o, ok := n.(*plan.Outer); ok {
		return o
	}
	for _, c := range n.Inputs() {
		if o := outerOf(c, cols); o != nil {
			return o
		}
	}
	return nil
}

func (r *run) mvApply(n *plan.MvApply) (stream, error) {
	exprs, err := r.prepareAll(itemExprs(n.Expand))
	if err != nil {
		return nil, err
	}
	limit, err := r.limit(n.Expand.Limit)
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	outer := outerOf(n.Sub, nil)
	return func() (*vec.Batch, error) {
		b, err := in()
		if err != nil || b == nil {
			return nil, err
		}
		rows, from, err := r.expand(n.Expand, exprs, b, limit)
		if err != nil {
			return nil, err
		}
		var parts []*vec.Batch
		var origin []int32
		at := 0
		for i := range b.Rows {
			to := at
			for to < len(from) && from[to] == int32(i) {
				to++
			}
			piece := rows.Slice(at, to)
			at = to
			if outer != nil {
				r.outer[outer] = piece
			}
			out, err := r.all(n.Sub)
			if err != nil {
				return nil, err
			}
			if out.Rows == 0 {
				continue
			}
			parts = append(parts, out)
			for range out.Rows {
				origin = append(origin, int32(i))
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
		sub := vec.ConcatBatches(protos(n.Sub.Columns()), parts)
		cols := make([]*vec.Vec, 0, len(n.Columns()))
		for _, k := range n.Keep {
			cols = append(cols, b.Cols[k].Gather(origin))
		}
		return vec.NewBatch(append(cols, sub.Cols...), len(origin)), nil
	}, nil
}

func (r *run) partition(n *plan.Partition) (stream, error) {
	by, err := r.prepare(n.By)
	if err != nil {
		return nil, err
	}
	outer := outerOf(n.Sub, nil)
	return r.single(func() (*vec.Batch, error) {
		b, err := r.all(n.Input)
		if err != nil {
			return nil, err
		}
		keys, err := r.eval(by, b)
		if err != nil {
			return nil, err
		}
		g := newGroups([]types.Type{by.Type()})
		ids := g.number([]*vec.Vec{keys}, b.Rows)
		lists := make([][]int32, g.n)
		for i, id := range ids {
			lists[id] = append(lists[id], int32(i))
		}
		var parts []*vec.Batch
		for _, idx := range lists {
			if outer != nil {
				r.outer[outer] = b.Gather(idx)
			}
			out, err := r.all(n.Sub)
			if err != nil {
				return nil, err
			}
			if out.Rows > 0 {
				parts = append(parts, out)
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
		return vec.ConcatBatches(protos(n.Columns()), parts), nil
	}), nil
}
