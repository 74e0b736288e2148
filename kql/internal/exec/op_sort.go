package exec

import (
	"fmt"
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/vec"
)

// order compares rows by sort keys.
type order struct {
	keys []plan.SortKey
	cols []*vec.Vec
}

func (o *order) compare(i, j int32) int {
	for k, key := range o.keys {
		c := o.cols[k]
		if r := vec.CompareAsked(c, int(i), c, int(j), key.Desc, key.NullsFirst); r != 0 {
			return r
		}
	}
	return 0
}

// sort returns the numbers of n rows in order.
func (o *order) sort(n int) []int32 {
	idx := make([]int32, n)
	for i := range idx {
		idx[i] = int32(i)
	}
	slices.SortStableFunc(idx, o.compare)
	return idx
}

// sorted returns the row numbers of b in order.
func (r *run) sorted(b *vec.Batch, keys []plan.SortKey) ([]int32, error) {
	o := &order{keys: keys}
	for _, k := range keys {
		p, err := r.prepare(k.Expr)
		if err != nil {
			return nil, err
		}
		v, err := r.eval(p, b)
		if err != nil {
			return nil, err
		}
		o.cols = append(o.cols, v)
	}
	return o.sort(b.Rows), nil
}

func (r *run) sort(n *plan.Sort) (stream, error) {
	return r.later(func() (stream, error) {
		limit := int64(-1)
		if n.Limit != nil {
			var err error
			if limit, err = r.count(n.Limit); err != nil {
				return nil, err
			}
		}
		in, err := r.open(n.Input)
		if err != nil {
			return nil, err
		}
		s, err := r.newSorter(n.Columns(), n.Keys, limit)
		if err != nil {
			return nil, err
		}
		for {
			b, err := in()
			if err != nil {
				return nil, err
			}
			if b == nil {
				return s.finish()
			}
			if err := s.add(b); err != nil {
				return nil, err
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
	}), nil
}

func (r *run) take(n *plan.Take) (stream, error) {
	left := int64(-1)
	if n.Sample {
		return r.single(func(l *lease) (*vec.Batch, error) { return r.sample(n, l) }), nil
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		if left < 0 {
			var err error
			if left, err = r.count(n.N); err != nil {
				return nil, err
			}
		}
		if left == 0 {
			return nil, nil
		}
		b, err := in()
		if err != nil || b == nil {
			return nil, err
		}
		if int64(b.Rows) > left {
			b = b.Slice(0, int(left))
		}
		left -= int64(b.Rows)
		return b, nil
	}, nil
}

// sample draws n rows, each with the same chance: rows are read twice, once for
// counting them.
func (r *run) sample(n *plan.Take, l *lease) (*vec.Batch, error) {
	want, err := r.count(n.N)
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	rows := r.newSpool(false)
	defer rows.l.free()
	if err := rows.fill(in); err != nil {
		return nil, err
	}
	total := rows.rows
	if int64(total) <= want {
		s := rows.read()
		var parts []*vec.Batch
		for {
			b, err := s()
			if err != nil {
				return nil, err
			}
			if b == nil {
				return vec.ConcatBatches(protos(n.Columns()), parts), nil
			}
			parts = append(parts, b)
			if err := l.hold(2 * vec.Size(b)); err != nil {
				return nil, err
			}
		}
	}
	if err := l.hold(64 * want); err != nil {
		return nil, err
	}
	// Floyd's way: of the numbers up to i one is drawn, or i where it was before.
	order := make([]int32, 0, want) // of the result: numbers of rows
	drawn := make(map[int32]struct{}, want)
	for i := total - int(want); i < total; i++ {
		row := int32(r.fn.Rand.IntN(i + 1))
		if _, again := drawn[row]; again {
			row = int32(i)
		}
		drawn[row] = struct{}{}
		order = append(order, row)
	}
	r.fn.Rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	sorted := slices.Sorted(slices.Values(order))
	var parts []*vec.Batch
	next, left, before := rows.read(), sorted, 0
	for len(left) > 0 {
		b, err := next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, fmt.Errorf("internal: %d rows are missing", len(left))
		}
		var idx []int32
		for len(left) > 0 && int(left[0]) < before+b.Rows {
			idx = append(idx, left[0]-int32(before))
			left = left[1:]
		}
		before += b.Rows
		if len(idx) > 0 {
			b = r.compact(pick(b, idx))
			parts = append(parts, b)
			if err := l.hold(vec.Size(b)); err != nil {
				return nil, err
			}
		}
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	b := vec.ConcatBatches(protos(n.Columns()), parts)
	at := make(map[int32]int32, len(sorted))
	for i, row := range sorted {
		at[row] = int32(i)
	}
	for i, row := range order {
		order[i] = at[row]
	}
	return b.Gather(order), nil
}
