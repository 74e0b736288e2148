package exec

import (
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// topNested finds, level by level, the top values within each value of the
// level above.
func (r *run) topNested(n *plan.TopNested) (stream, error) {
	return r.single(func(l *lease) (*vec.Batch, error) {
		b, err := r.all(n.Input, l)
		if err != nil {
			return nil, err
		}
		idx := make([]int32, b.Rows)
		for i := range idx {
			idx[i] = int32(i)
		}
		builders := make([]*vec.Builder, len(n.Columns()))
		for i, c := range n.Columns() {
			builders[i] = vec.NewBuilder(c.Type, 16)
		}
		if b.Rows > 0 {
			if err := r.nestedLevel(n, 0, b, idx, nil, builders, l); err != nil {
				return nil, err
			}
		}
		cols := make([]*vec.Vec, len(builders))
		for i, x := range builders {
			cols[i] = x.Finish()
		}
		rows := 0
		if len(cols) > 0 {
			rows = cols[0].Len()
		}
		return vec.NewBatch(cols, rows), nil
	}), nil
}

func (r *run) nestedLevel(n *plan.TopNested, level int, b *vec.Batch, idx []int32, prefix []value.Value, out []*vec.Builder, held *lease) error {
	if level == len(n.Levels) {
		bytes := int64(0)
		for i, v := range prefix {
			bytes += value.Size(v)
			out[i].Append(v)
		}
		return held.hold(bytes)
	}
	if err := r.check(); err != nil {
		return err
	}
	l := &n.Levels[level]
	of, err := r.prepare(l.Of)
	if err != nil {
		return err
	}
	rows := b.Gather(idx)
	if r.mem.limit > 0 { // and the numbers of the rows of each value
		bytes := vec.Size(rows) + 12*int64(len(idx))
		if err := held.hold(bytes); err != nil {
			return err
		}
		defer held.add(-bytes)
	}
	keys, err := r.eval(of, rows)
	if err != nil {
		return err
	}
	g := newGroups([]types.Type{of.Type()})
	ids := g.number([]*vec.Vec{keys}, rows.Rows)
	lists := make([][]int32, g.n)
	for i, id := range ids {
		lists[id] = append(lists[id], idx[i])
	}
	vals := g.keys()[0]
	res, err := r.nestedValues(l, rows, ids, g.n)
	if err != nil {
		return err
	}
	order := make([]int32, g.n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(i, j int32) int {
		c := vec.Compare(res, int(i), res, int(j))
		if !l.Asc {
			return -c
		}
		return c
	})
	most := len(order)
	if l.N != nil {
		k, err := r.count(l.N)
		if err != nil {
			return err
		}
		most = int(min(int64(most), k))
	}
	for _, id := range order[:most] {
		row := append(append([]value.Value{}, prefix...), vals.Get(int(id)), res.Get(int(id)))
		if err := r.nestedLevel(n, level+1, b, lists[id], row, out, held); err != nil {
			return err
		}
	}
	if l.Others == nil || most == len(order) {
		return nil
	}
	var rest []int32
	for _, id := range order[most:] {
		rest = append(rest, lists[id]...)
	}
	return r.nestedOthers(n, level, b, rest, prefix, out)
}

// nestedValues gives what a level sorts by, for each group of rows.
func (r *run) nestedValues(l *plan.NestedLevel, rows *vec.Batch, ids []int32, groups int) (*vec.Vec, error) {
	by, err := r.prepare(l.By)
	if err != nil {
		return nil, err
	}
	a, err := r.newAggregator(l.Aggs)
	if err != nil {
		return nil, err
	}
	if err := a.add(rows, ids, groups); err != nil {
		return nil, err
	}
	return r.eval(by, vec.NewBatch(a.finish(groups), groups))
}

// nestedOthers adds the row for all values that are not at the top.
func (r *run) nestedOthers(n *plan.TopNested, level int, b *vec.Batch, rest []int32, prefix []value.Value, out []*vec.Builder) error {
	slices.Sort(rest)
	rows := b.Gather(rest)
	row := append([]value.Value{}, prefix...)
	for k := level; k < len(n.Levels); k++ {
		l := &n.Levels[k]
		label, err := r.scalar(l.Others)
		if err != nil {
			return err
		}
		if k > level && l.Others == nil {
			row = append(row, value.Null, value.Null)
			continue
		}
		res, err := r.nestedValues(l, rows, make([]int32, rows.Rows), 1)
		if err != nil {
			return err
		}
		row = append(row, label, res.Get(0))
	}
	for i, v := range row {
		out[i].Append(v)
	}
	return nil
}
