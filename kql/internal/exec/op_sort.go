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
	idx := make([]int32, b.Rows)
	for i := range idx {
		idx[i] = int32(i)
	}
	slices.SortStableFunc(idx, o.compare)
	return idx, nil
}

func (r *run) sort(n *plan.Sort) (stream, error) {
	return r.single(func() (*vec.Batch, error) {
		if n.Limit == nil {
			b, err := r.all(n.Input)
			if err != nil {
				return nil, err
			}
			idx, err := r.sorted(b, n.Keys)
			if err != nil {
				return nil, err
			}
			return b.Gather(idx), nil
		}
		limit, err := r.count(n.Limit)
		if err != nil {
			return nil, err
		}
		return r.top(n, limit)
	}), nil
}

// top keeps the first rows, pruning what it holds now and then.
func (r *run) top(n *plan.Sort, limit int64) (*vec.Batch, error) {
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	var parts []*vec.Batch
	rows := 0
	prune := func() error {
		b := vec.ConcatBatches(protos(n.Columns()), parts)
		idx, err := r.sorted(b, n.Keys)
		if err != nil {
			return err
		}
		if int64(len(idx)) > limit {
			idx = idx[:limit]
		}
		b = b.Gather(idx)
		parts, rows = []*vec.Batch{b}, b.Rows
		return nil
	}
	for {
		b, err := in()
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if b.Rows == 0 {
			continue
		}
		parts = append(parts, b)
		rows += b.Rows
		if int64(rows) > 4*limit+65536 {
			if err := prune(); err != nil {
				return nil, err
			}
		}
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	if err := prune(); err != nil {
		return nil, err
	}
	return parts[0], nil
}

func (r *run) take(n *plan.Take) (stream, error) {
	left := int64(-1)
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	if n.Sample {
		return r.single(func() (*vec.Batch, error) { return r.sample(n) }), nil
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
func (r *run) sample(n *plan.Take) (*vec.Batch, error) {
	want, err := r.count(n.N)
	if err != nil {
		return nil, err
	}
	b, err := r.all(n.Input)
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
