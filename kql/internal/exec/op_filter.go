package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// conjuncts splits a predicate at its and.
func conjuncts(e plan.Expr) []plan.Expr {
	var out []plan.Expr
	for {
		c, ok := e.(*plan.Call)
		if !ok || c.Name != "and" || len(c.Args) != 2 || c.Args[0].Type() != types.Bool || c.Args[1].Type() != types.Bool {
			out = append(out, e)
			break
		}
		out = append(out, c.Args[1])
		e = c.Args[0]
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func (r *run) filter(n *plan.Filter) (stream, error) {
	pred, err := r.prepare(n.Pred)
	if err != nil {
		return nil, err
	}
	if hasWindow(pred) {
		return r.single(func(l *lease) (*vec.Batch, error) {
			b, err := r.all(n.Input, l)
			if err != nil {
				return nil, err
			}
			v, err := r.eval(pred, b)
			if err != nil {
				return nil, err
			}
			return pick(b, truths(v, b.Rows)), nil
		}), nil
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	parts := conjuncts(pred)
	return func() (*vec.Batch, error) {
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			idx, all, err := r.narrow(parts, b)
			if err != nil {
				return nil, err
			}
			if all {
				return b, nil
			}
			if len(idx) > 0 {
				return b.Gather(idx), nil
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
	}, nil
}

// narrow applies conditions one after the other, each to the rows that the
// ones before left. all says that every row stays.
func (r *run) narrow(parts []plan.Expr, b *vec.Batch) (idx []int32, all bool, err error) {
	cur, all := b, true
	for i, p := range parts {
		v, err := r.eval(p, cur)
		if err != nil {
			return nil, false, err
		}
		t := truths(v, cur.Rows)
		if len(t) == cur.Rows {
			continue
		}
		if all {
			idx = t
		} else {
			for k, j := range t {
				t[k] = idx[j]
			}
			idx = t
		}
		all = false
		if len(idx) == 0 {
			return nil, false, nil
		}
		if i+1 < len(parts) {
			cur = sparse(b, idx, parts[i+1:])
		}
	}
	return idx, all, nil
}

// sparse gathers only the columns that the expressions read.
func sparse(b *vec.Batch, idx []int32, es []plan.Expr) *vec.Batch {
	used := make([]bool, len(b.Cols))
	for _, e := range es {
		plan.Uses(e, used)
	}
	cols := make([]*vec.Vec, len(b.Cols))
	for i, u := range used {
		if u {
			cols[i] = b.Cols[i].Gather(idx)
		}
	}
	return vec.NewBatch(cols, len(idx))
}

func pick(b *vec.Batch, idx []int32) *vec.Batch {
	if len(idx) == b.Rows {
		return b
	}
	return b.Gather(idx)
}

func (r *run) project(n *plan.Project) (stream, error) {
	exprs, err := r.prepareAll(n.Exprs)
	if err != nil {
		return nil, err
	}
	if hasWindow(exprs...) {
		return r.single(func(l *lease) (*vec.Batch, error) {
			b, err := r.all(n.Input, l)
			if err != nil {
				return nil, err
			}
			cols, err := r.evalAll(exprs, b)
			return vec.NewBatch(cols, b.Rows), err
		}), nil
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		b, err := in()
		if err != nil || b == nil {
			return nil, err
		}
		cols, err := r.evalAll(exprs, b)
		if err != nil {
			return nil, err
		}
		return vec.NewBatch(cols, b.Rows), nil
	}, nil
}
