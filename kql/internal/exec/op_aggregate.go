package exec

import (
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// aggregator runs the aggregates of a node over groups.
type aggregator struct {
	r     *run
	calls []plan.AggCall
	args  [][]plan.Expr
	conds []plan.Expr
	accs  []fn.Accumulator
}

func (r *run) newAggregator(calls []plan.AggCall) (*aggregator, error) {
	a := &aggregator{r: r, calls: calls}
	for _, c := range calls {
		args, err := r.prepareAll(c.Args)
		if err != nil {
			return nil, err
		}
		// Constants may have become known only now (toscalar).
		spec := c.Spec
		spec.Consts = append(spec.Consts[:0:0], spec.Consts...)
		for i, x := range args {
			if k, ok := x.(*plan.Const); ok && i < len(spec.Consts) {
				spec.Consts[i] = k.Value
			}
		}
		var cond plan.Expr
		if c.If != nil {
			if cond, err = r.prepare(c.If); err != nil {
				return nil, err
			}
		}
		a.args = append(a.args, args)
		a.conds = append(a.conds, cond)
		a.accs = append(a.accs, c.Ref.New(spec))
	}
	return a, nil
}

// add takes the rows of a batch, row i into group ids[i] of n.
func (a *aggregator) add(b *vec.Batch, ids []int32, n int) error {
	for i, acc := range a.accs {
		acc.Grow(n)
		rows, groups := b, ids
		if a.conds[i] != nil {
			v, err := a.r.eval(a.conds[i], b)
			if err != nil {
				return err
			}
			idx := truths(v, b.Rows)
			if len(idx) < b.Rows {
				rows = sparse(b, idx, a.args[i])
				groups = make([]int32, len(idx))
				for k, j := range idx {
					groups[k] = ids[j]
				}
			}
		}
		args, err := a.r.evalAll(a.args[i], rows)
		if err != nil {
			return err
		}
		acc.Add(groups, args)
	}
	return nil
}

// finish returns the result columns for n groups.
func (a *aggregator) finish(n int) []*vec.Vec {
	var out []*vec.Vec
	for i, acc := range a.accs {
		acc.Grow(n)
		if a.calls[i].Count > 1 || a.multi(i) {
			if m, ok := acc.(fn.MultiAccumulator); ok {
				out = append(out, m.FinishAll()...)
				continue
			}
		}
		out = append(out, acc.Finish())
	}
	return out
}

func (a *aggregator) multi(i int) bool {
	return len(a.calls[i].Spec.Outs) == 1 && a.calls[i].Ref.Special
}

func (r *run) aggregate(n *plan.Aggregate) (stream, error) {
	keys, err := r.prepareAll(n.Keys)
	if err != nil {
		return nil, err
	}
	return r.single(func() (*vec.Batch, error) {
		a, err := r.newAggregator(n.Aggs)
		if err != nil {
			return nil, err
		}
		g := newGroups(keyTypes(n.Columns(), len(keys)))
		in, err := r.open(n.Input)
		if err != nil {
			return nil, err
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
			cols, err := r.evalAll(keys, b)
			if err != nil {
				return nil, err
			}
			before := g.n
			ids := g.number(cols, b.Rows)
			if r.opts.Memory > 0 {
				if r.held += int64(g.n-before) * int64(64*(1+len(keys)+len(n.Aggs))); r.held > r.opts.Memory {
					return nil, ErrMemory
				}
			}
			if err := a.add(b, ids, g.n); err != nil {
				return nil, err
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
		if len(keys) == 0 {
			g.n = 1
		}
		return vec.NewBatch(append(g.keys(), a.finish(g.n)...), g.n), nil
	}), nil
}

func keyTypes(cols []plan.Column, n int) []types.Type {
	ts := make([]types.Type, n)
	for i := range ts {
		ts[i] = cols[i].Type
	}
	return ts
}

func (r *run) distinct(n *plan.Distinct) (stream, error) {
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	seen := map[string]struct{}{}
	var buf []byte
	return func() (*vec.Batch, error) {
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			idx := make([]int32, 0, b.Rows)
			for i := range b.Rows {
				buf = buf[:0]
				for _, c := range b.Cols {
					buf = vec.AppendKey(buf, c, i)
				}
				if _, ok := seen[string(buf)]; ok {
					continue
				}
				seen[string(buf)] = struct{}{}
				idx = append(idx, int32(i))
			}
			if len(idx) == 0 {
				continue
			}
			out := pick(b, idx)
			if err := r.hold(out); err != nil {
				return nil, err
			}
			return out, r.check()
		}
	}, nil
}
