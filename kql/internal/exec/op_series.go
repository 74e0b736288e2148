package exec

import (
	"math"
	"slices"
	"sync"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

func (r *run) makeSeries(n *plan.MakeSeries) (stream, error) {
	keys, err := r.prepareAll(n.Keys)
	if err != nil {
		return nil, err
	}
	on, err := r.prepare(n.On)
	if err != nil {
		return nil, err
	}
	return r.later(func() (stream, error) {
		in, steps, a, err := r.seriesRows(n, on)
		if err != nil {
			return nil, err
		}
		if a == nil {
			return r.sliced(empty(n.Columns())), nil
		}
		first, err := r.worker().newSeries(n, keys, on, a) // r itself reads the source
		if err != nil {
			return nil, err
		}
		workers := []*seriesPart{first}
		if parallel(append([]plan.Expr{on}, keys...)...) && mergeable(n.Aggs, first.a.accs) {
			for range r.opts.Workers - 1 {
				w, err := r.worker().newSeries(n, keys, on, a)
				if err != nil {
					return nil, err
				}
				workers = append(workers, w)
			}
		}
		away, err := r.seriesAway(n, first)
		if err != nil {
			return nil, err
		}
		f := &feed{in: in}
		var wg sync.WaitGroup
		for _, w := range workers {
			wg.Go(func() {
				w.r.work(f, steps, func(b *vec.Batch, place int64) error { return w.add(b, place, away) })
			})
		}
		wg.Wait()
		if f.err != nil {
			return nil, f.err
		}
		for _, w := range workers[1:] {
			first.lo, first.hi = min(first.lo, w.lo), max(first.hi, w.hi)
		}
		if first.tooLong() {
			return nil, ErrRows
		}
		if away != nil && (away.some || len(workers) > 1 && first.l.full(groupCopies)) {
			return away.series(n, workers)
		}
		for _, w := range workers[1:] {
			if err := first.merge(w); err != nil {
				return nil, err
			}
			w.l.free()
		}
		b, err := r.series(n, first)
		if err != nil || b == nil {
			return r.sliced(empty(n.Columns())), err
		}
		return first.l.until(r.sliced(b)), nil
	}), nil
}

// seriesRows returns the rows of make-series and its axis. Where points depend
// on the rows they are read first, and kept.
func (r *run) seriesRows(n *plan.MakeSeries, on plan.Expr) (in stream, steps []step, a *axis, err error) {
	whole := n.From != nil && n.To != nil
	if whole {
		if a, err = r.newAxis(n, value.Null, value.Null); err != nil || a == nil {
			return nil, nil, nil, err
		}
	} else if a, err = r.openAxis(n); err != nil {
		return nil, nil, nil, err
	}
	if a != nil {
		source, steps, err := r.chain(n.Input)
		if err != nil {
			return nil, nil, nil, err
		}
		in, err := r.open(source)
		return in, steps, a, err
	}
	rows, err := r.open(n.Input)
	if err != nil {
		return nil, nil, nil, err
	}
	kept := r.newSpool(false)
	var lo, hi value.Value
	for {
		b, err := rows()
		if err != nil {
			return nil, nil, nil, err
		}
		if b == nil {
			break
		}
		cells, err := r.eval(on, b)
		if err != nil {
			return nil, nil, nil, err
		}
		l, h := bounds(cells, b.Rows)
		if lo.IsNull() || !l.IsNull() && value.Compare(l, lo) < 0 {
			lo = l
		}
		if hi.IsNull() || !h.IsNull() && value.Compare(h, hi) > 0 {
			hi = h
		}
		if err := kept.add(b); err != nil {
			return nil, nil, nil, err
		}
		if err := r.check(); err != nil {
			return nil, nil, nil, err
		}
	}
	if err := kept.done(); err != nil {
		return nil, nil, nil, err
	}
	a, err = r.newAxis(n, lo, hi)
	return kept.l.until(kept.read()), nil, a, err
}

// seriesPart is one worker's part of make-series: a slot for each group and
// point that has rows.
type seriesPart struct {
	r      *run
	keys   []plan.Expr
	on     plan.Expr
	axis   *axis
	g      *groups
	a      *aggregator
	lines  []line  // of each group
	of     []int32 // the group of each slot
	points []int64 // and its point
	lo, hi int64   // the first and the last point that rows had
	room   int64   // elements of all lines
	idx    []int32
	places []int64
	l      *lease
}

// line are the slots of a group: at[i] is one more than the slot of the point
// first+i, 0 where it has none.
type line struct {
	first int64
	at    []int32
}

func (r *run) newSeries(n *plan.MakeSeries, keys []plan.Expr, on plan.Expr, a *axis) (*seriesPart, error) {
	ag, err := r.newAggregator(n.Aggs)
	if err != nil {
		return nil, err
	}
	return &seriesPart{r: r, keys: keys, on: on, axis: a, g: newGroups(keyTypes(n.Columns(), len(keys))), a: ag, l: r.lease(),
		lo: math.MaxInt64, hi: math.MinInt64}, nil
}

// maxSlots bounds the groups times the points.
const maxSlots = 50_000_000

// length is how many points the series have by now.
func (w *seriesPart) length() int64 {
	if !w.axis.open {
		return int64(w.axis.n)
	}
	return max(w.hi-w.lo+1, 1)
}

func (w *seriesPart) tooLong() bool {
	return w.lo <= w.hi && uint64(w.hi-w.lo) > maxSeries
}

// slot returns the slot of a point of a group's. The point lies between lo and hi.
func (w *seriesPart) slot(group int32, point int64) int32 {
	l := &w.lines[group]
	i := point - l.first
	if i < 0 || i >= int64(len(l.at)) {
		i = w.extend(l, point)
	}
	if l.at[i] == 0 {
		w.of, w.points = append(w.of, group), append(w.points, point)
		l.at[i] = int32(len(w.of))
	}
	return l.at[i] - 1
}

// extend makes a line reach a point and returns the point's place in it.
func (w *seriesPart) extend(l *line, point int64) int64 {
	n := int64(len(l.at))
	switch {
	case n == 0:
		l.first, l.at = point, make([]int32, 1, 4)
		w.room += 4
	case point < l.first: // with as much again before it
		first := max(point-n, w.lo)
		at := make([]int32, l.first-first+n)
		copy(at[l.first-first:], l.at)
		w.room += int64(cap(at) - cap(l.at))
		l.first, l.at = first, at
	default:
		w.room -= int64(cap(l.at))
		l.at = slices.Grow(l.at, int(point-l.first+1-n))[:point-l.first+1]
		w.room += int64(cap(l.at))
	}
	return point - l.first
}

// add takes the rows of a batch that lie on the axis.
func (w *seriesPart) add(b *vec.Batch, place int64, away *putAway) error {
	cells, err := w.r.eval(w.on, b)
	if err != nil {
		return err
	}
	if w.idx, w.places, err = w.axis.places(cells, b.Rows, w.idx[:0], w.places[:0]); err != nil {
		return err
	}
	if len(w.idx) == 0 {
		return nil
	}
	w.lo, w.hi = min(w.lo, slices.Min(w.places)), max(w.hi, slices.Max(w.places))
	if w.tooLong() {
		return ErrRows
	}
	b = pick(b, w.idx)
	cols, err := w.r.evalAll(w.keys, b)
	if err != nil {
		return err
	}
	w.g.place = place
	ids := w.g.number(cols, b.Rows)
	if err := w.bounded(); err != nil {
		return err
	}
	for i, id := range ids {
		ids[i] = w.slot(id, w.places[i])
	}
	for _, acc := range w.a.accs {
		if p, ok := acc.(fn.Positioned); ok {
			p.At(place)
		}
	}
	if err := w.a.add(b, ids, len(w.of)); err != nil {
		return err
	}
	ok := w.l.set(w.size())
	switch {
	case away != nil && w.l.full(groupCopies):
		return away.putSlots(w)
	case !ok && away == nil:
		return ErrMemory
	}
	return nil
}

// bounded makes room for the groups' lines, where the series are not too many.
func (w *seriesPart) bounded() error {
	if int64(w.g.n)*w.length() > maxSlots {
		return ErrRows
	}
	if more := w.g.n - len(w.lines); more > 0 {
		w.lines = append(w.lines, make([]line, more)...)
	}
	return nil
}

// size is about how many bytes the slots take, and the arrays that are made of
// them.
func (w *seriesPart) size() int64 {
	if w.l.b.limit <= 0 {
		return 0
	}
	n := w.g.size() + 4*w.room + 32*int64(len(w.lines)) + 12*int64(len(w.of))
	for _, acc := range w.a.accs {
		n += 48 * int64(w.g.n) * w.length()
		if s, ok := acc.(fn.Sized); ok {
			n += s.Size()
		} else {
			n += fn.GroupBytes * int64(len(w.of))
		}
	}
	return n
}

// merge adds the slots of o.
func (w *seriesPart) merge(o *seriesPart) error {
	if o.g.n == 0 {
		return nil
	}
	into := []int32{0}
	if len(w.keys) > 0 {
		into = w.g.merge(o.g)
	}
	w.g.n = max(w.g.n, 1)
	if err := w.bounded(); err != nil {
		return err
	}
	slots := make([]int32, len(o.of))
	for i, group := range o.of {
		slots[i] = w.slot(into[group], o.points[i])
	}
	for i, acc := range w.a.accs {
		acc.Grow(len(w.of))
		o.a.accs[i].Grow(len(slots))
		acc.Merge(o.a.accs[i], slots)
	}
	return nil
}

// closed is the axis as it is when all rows were seen, nil where it has no points.
func (w *seriesPart) closed() *axis {
	if w.axis.open {
		return w.axis.close(w.lo, w.hi)
	}
	return w.axis
}

// series makes the arrays, a row for each group in the order in which they were
// met first; nil where the axis has no points.
func (r *run) series(n *plan.MakeSeries, w *seriesPart) (*vec.Batch, error) {
	a, g := w.closed(), w.g
	if a == nil {
		return nil, nil
	}
	if len(w.keys) == 0 && n.NonEmpty {
		g.n = 1
	}
	order := g.order()
	if order == nil {
		for i := range g.n {
			order = append(order, int32(i))
		}
	}
	row := make([]int32, g.n) // of each group
	for i, at := range order {
		row[at] = int32(i)
	}
	total := len(w.of)
	out := make([]*vec.Vec, 0, len(n.Columns()))
	for _, k := range g.keys() {
		out = append(out, k.Gather(order))
	}
	slotCols := make([]*vec.Vec, len(out))
	slotCols = append(slotCols, w.a.finish(total)...)
	for k, ex := range n.Values {
		p, err := r.prepare(ex)
		if err != nil {
			return nil, err
		}
		res, err := r.eval(p, vec.NewBatch(slotCols, total))
		if err != nil {
			return nil, err
		}
		def, err := r.scalar(n.Defaults[k])
		if err != nil {
			return nil, err
		}
		items := make([][]value.Value, g.n)
		for i := range items {
			items[i] = slices.Repeat([]value.Value{def}, a.n)
		}
		for s, group := range w.of {
			items[row[group]][w.points[s]-a.first] = res.Get(s)
		}
		lists := make([]value.Value, g.n)
		for i := range lists {
			lists[i] = value.Array(items[i])
		}
		out = append(out, vec.OfDynamics(lists))
	}
	line := slices.Repeat([]value.Value{a.points()}, g.n)
	return vec.NewBatch(append(out, vec.OfDynamics(line)), g.n), nil
}
