package exec

import (
	"sync"

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
	specs []fn.Spec
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
		a.specs = append(a.specs, spec)
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
	return r.later(func() (stream, error) {
		from := len(r.chained)
		source, steps, err := r.chain(n.Input)
		if err != nil {
			return nil, err
		}
		in, err := r.open(source)
		if err != nil {
			return nil, err
		}
		ts := keyTypes(n.Columns(), len(keys))
		first, err := r.worker().newGrouping(n.Aggs, keys, ts) // r itself reads the source
		if err != nil {
			return nil, err
		}
		workers := []*grouping{first}
		if parallel(keys...) && mergeable(n.Aggs, first.a.accs) {
			for range r.opts.Workers - 1 {
				g, err := r.worker().newGrouping(n.Aggs, keys, ts)
				if err != nil {
					return nil, err
				}
				workers = append(workers, g)
			}
		}
		var away *putAway
		if r.canSpill() {
			away = r.newPutAway(n.Describe(), first, len(keys))
		}
		f := &feed{in: in}
		if len(workers) == 1 {
			first.r.work(f, steps, func(b *vec.Batch, place int64) error { return first.add(b, place, away) })
		} else {
			var wg sync.WaitGroup
			for _, g := range workers {
				wg.Go(func() {
					g.r.work(f, steps, func(b *vec.Batch, place int64) error { return g.add(b, place, away) })
				})
			}
			wg.Wait()
		}
		if f.err != nil {
			return nil, f.err
		}
		for _, l := range r.chained[from:] {
			l.free()
		}
		r.chained = r.chained[:from]
		if away.used() {
			return away.finish(n.Columns(), workers)
		}
		for _, g := range workers[1:] {
			if !first.l.add(g.l.n) { // groups of both may be the same, or not
				if away == nil {
					return nil, ErrMemory
				}
				return away.finish(n.Columns(), workers)
			}
			first.merge(g)
			g.l.free()
		}
		return first.l.until(r.sliced(first.result(len(keys) == 0))), nil
	}), nil
}

// grouping is one worker's part of an aggregation.
type grouping struct {
	r    *run
	ts   []types.Type
	keys []plan.Expr
	g    *groups
	a    *aggregator
	l    *lease
}

func (r *run) newGrouping(aggs []plan.AggCall, keys []plan.Expr, ts []types.Type) (*grouping, error) {
	a, err := r.newAggregator(aggs)
	if err != nil {
		return nil, err
	}
	return &grouping{r: r, ts: ts, keys: keys, g: newGroups(ts), a: a, l: r.lease()}, nil
}

func (g *grouping) add(b *vec.Batch, place int64, away *putAway) error {
	if b.Rows == 0 {
		return nil
	}
	cols, err := g.r.evalAll(g.keys, b)
	if err != nil {
		return err
	}
	g.g.place = place
	ids := g.g.number(cols, b.Rows)
	for _, acc := range g.a.accs {
		if p, ok := acc.(fn.Positioned); ok {
			p.At(place)
		}
	}
	if err := g.a.add(b, ids, g.g.n); err != nil {
		return err
	}
	if g.l.b.limit <= 0 {
		return nil
	}
	ok := g.l.set(g.size())
	switch {
	case away != nil && g.l.full(groupCopies) && (g.g.n > 1 || away.splits()):
		return away.put(g)
	case !ok && away == nil:
		return ErrMemory
	case !ok && g.g.n == 1 && g.l.full(1) && g.l.n > leastHeld:
		return away.oneGroup()
	}
	return nil
}

// groupCopies is how often groups are in memory at once: as they are held, and
// as the result.
const groupCopies = 2

// size is about how many bytes the groups take with their states.
func (g *grouping) size() int64 {
	n := g.g.size()
	for _, acc := range g.a.accs {
		if s, ok := acc.(fn.Sized); ok {
			n += s.Size()
		} else {
			n += fn.GroupBytes * int64(g.g.n)
		}
	}
	return n
}

// merge adds the groups of o.
func (g *grouping) merge(o *grouping) {
	into := g.g.merge(o.g)
	for i, acc := range g.a.accs {
		acc.Grow(g.g.n)
		o.a.accs[i].Grow(o.g.n)
		acc.Merge(o.a.accs[i], into)
	}
}

// result returns the groups in the order in which they were met first.
func (g *grouping) result(single bool) *vec.Batch {
	if single {
		g.g.n = 1
	}
	out := vec.NewBatch(append(g.g.keys(), g.a.finish(g.g.n)...), g.g.n)
	if order := g.g.order(); order != nil {
		return out.Gather(order)
	}
	return out
}

func keyTypes(cols []plan.Column, n int) []types.Type {
	ts := make([]types.Type, n)
	for i := range ts {
		ts[i] = cols[i].Type
	}
	return ts
}
