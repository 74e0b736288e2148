package exec

import (
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// seriesAway returns where slots of make-series are put away, as groups by its
// keys and the number of the point; a whole series lies in one partition. It is
// nil where there is one series only, or no place.
func (r *run) seriesAway(n *plan.MakeSeries, like *seriesPart) (*putAway, error) {
	k := len(like.keys)
	if !r.canSpill() || k == 0 {
		return nil, nil
	}
	g, err := r.worker().newGrouping(n.Aggs, like.keys, append(keyTypes(n.Columns(), k), types.Long))
	if err != nil {
		return nil, err
	}
	return r.newPutAway(n.Describe(), g, k), nil
}

// putSlots puts away all slots of a worker, which begins anew.
func (p *putAway) putSlots(w *seriesPart) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.some = true
	keys := w.g.keys()
	total := len(w.of)
	for _, acc := range w.a.accs {
		acc.Grow(total)
	}
	// row lays out the keys of some slots.
	row := func(slots []int32) []*vec.Vec {
		groups, points := make([]int32, len(slots)), make([]int64, len(slots))
		for i, s := range slots {
			groups[i], points[i] = w.of[s], w.points[s]
		}
		cols := make([]*vec.Vec, 0, len(keys)+2+len(p.widths))
		for _, k := range keys {
			cols = append(cols, k.Gather(groups))
		}
		return append(cols, vec.OfInts(types.Long, points))
	}
	for from := 0; from < total; from += saved {
		end := min(from+saved, total)
		slots, places := make([]int32, end-from), make([]int64, end-from)
		for i := range slots {
			slots[i] = int32(from + i)
			places[i] = w.g.places[w.of[from+i]]
		}
		cols := row(slots)
		hashes := spill.Hashes(nil, cols[:p.hashed], len(slots))
		cols = append(cols, vec.OfInts(types.Long, places))
		for i, acc := range w.a.accs {
			if p.widths[i] < 0 {
				continue
			}
			cols = append(cols, acc.(fn.Saver).Save(from, end)...)
		}
		if err := addSplit(p.level.states, 0, hashes, vec.NewBatch(cols, len(slots))); err != nil {
			return err
		}
	}
	for i, acc := range w.a.accs {
		if p.widths[i] >= 0 {
			continue
		}
		for slots, vals := range acc.(fn.Pairer).Pairs() {
			cols := row(slots)
			hashes := spill.Hashes(nil, cols[:p.hashed], len(slots))
			if err := addSplit(p.level.pairs[i], 0, hashes, vec.NewBatch(append(cols, vals), len(slots))); err != nil {
				return err
			}
		}
	}
	for i, c := range w.a.calls {
		w.a.accs[i] = c.Ref.New(w.a.specs[i])
	}
	w.g = newGroups(p.like.ts[:p.hashed])
	w.lines, w.of, w.points, w.room = nil, nil, nil, 0
	w.l.free()
	return nil
}

// series returns the series of what was put away and what the workers still
// hold, in the order in which they were met first.
func (p *putAway) series(n *plan.MakeSeries, workers []*seriesPart) (stream, error) {
	for _, w := range workers {
		if err := p.putSlots(w); err != nil {
			return nil, err
		}
	}
	cols := n.Columns()
	out := p.r.newRuns(cols, []runKey{{col: len(cols)}}, -1)
	a := workers[0].closed()
	if a == nil {
		return p.r.sliced(empty(cols)), nil
	}
	err := p.groups(p.level, func(g *grouping) error { return p.r.seriesOf(n, a, g, out) })
	if err != nil {
		return nil, err
	}
	return out.rows()
}

// seriesOf makes the arrays of the slots in g, some series at a time.
func (r *run) seriesOf(n *plan.MakeSeries, a *axis, g *grouping, out *runs) error {
	k := len(g.ts) - 1
	keys := g.g.keys()
	ids := newGroups(g.ts[:k])
	of := ids.number(keys[:k], g.g.n)
	places := make([]int64, ids.n)
	rows := make([][]int32, ids.n)
	for i, id := range of {
		if place := g.g.places[i]; len(rows[id]) == 0 || place < places[id] {
			places[id] = place
		}
		rows[id] = append(rows[id], int32(i))
	}
	slots := make([]*vec.Vec, k, k+len(n.Aggs))
	slots = append(slots, g.a.finish(g.g.n)...)
	vals := make([]*vec.Vec, len(n.Values))
	defs := make([]value.Value, len(n.Values))
	for i, ex := range n.Values {
		e, err := r.prepare(ex)
		if err != nil {
			return err
		}
		if vals[i], err = r.eval(e, vec.NewBatch(slots, g.g.n)); err != nil {
			return err
		}
		if defs[i], err = r.scalar(n.Defaults[i]); err != nil {
			return err
		}
	}
	line := a.points()
	first := ids.keys()
	order := byPlace(places)
	each := int64(a.n) * int64(len(n.Values)+1) * 48
	some := int(max(1, r.mem.limit/16/max(1, each)))
	for len(order) > 0 {
		list := order[:min(some, len(order))]
		order = order[len(list):]
		cols := make([]*vec.Vec, 0, len(n.Columns())+1)
		for _, c := range first {
			cols = append(cols, c.Gather(list))
		}
		for i, v := range vals {
			arrays := make([]value.Value, len(list))
			for j, id := range list {
				items := make([]value.Value, a.n)
				for p := range items {
					items[p] = defs[i]
				}
				for _, row := range rows[id] {
					items[keys[k].Get(int(row)).Int64()-a.first] = v.Get(int(row))
				}
				arrays[j] = value.Array(items)
			}
			cols = append(cols, vec.OfDynamics(arrays))
		}
		lines, at := make([]value.Value, len(list)), make([]int64, len(list))
		for j, id := range list {
			lines[j], at[j] = line, places[id]
		}
		cols = append(cols, vec.OfDynamics(lines), vec.OfInts(types.Long, at))
		if err := out.add(vec.NewBatch(cols, len(list))); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}
