package exec

import (
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
		ni, nj := c.IsNull(int(i)), c.IsNull(int(j))
		if ni || nj {
			if ni == nj {
				continue
			}
			if ni == key.NullsFirst {
				return -1
			}
			return 1
		}
		if r := vec.Compare(c, int(i), c, int(j)); r != 0 {
			if key.Desc {
				return -r
			}
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
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	if n.Sample {
		return r.single(func(l *lease) (*vec.Batch, error) { return r.sample(n, l) }), nil
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

// sample draws n rows, each with the same chance.
func (r *run) sample(n *plan.Take, l *lease) (*vec.Batch, error) {
	want, err := r.count(n.N)
	if err != nil {
		return nil, err
	}
	b, err := r.all(n.Input, l)
	if err != nil {
		return nil, err
	}
	if int64(b.Rows) <= want {
		return b, nil
	}
	perm := r.fn.Rand.Perm(b.Rows)[:want]
	idx := make([]int32, want)
	for i, p := range perm {
		idx[i] = int32(p)
	}
	return b.Gather(idx), nil
}
