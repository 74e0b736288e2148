package exec

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// maxSeries bounds the length of an axis.
const maxSeries = 1 << 20

// axis is the row of points of make-series: point i is start + i*step.
type axis struct {
	t             types.Type
	real          bool
	start         float64
	step          float64
	istart, istep int64
	n             int
}

// place returns the point that a value falls on, -1 where it is outside.
func (a *axis) place(v *vec.Vec, i int) int {
	if v.IsNull(i) {
		return -1
	}
	i = v.At(i)
	if a.real {
		k := math.Floor((v.Reals[i] - a.start) / a.step)
		if k < 0 || k >= float64(a.n) || math.IsNaN(k) {
			return -1
		}
		return int(k)
	}
	d, ok := types.AddOverflow(v.Ints[i], -a.istart)
	if !ok || d < 0 {
		return -1
	}
	if d /= a.istep; d < int64(a.n) {
		return int(d)
	}
	return -1
}

func (a *axis) point(i int) value.Value {
	if a.real {
		return value.Real(a.start + float64(i)*a.step)
	}
	return value.FromInt64(a.t, a.istart+int64(i)*a.istep)
}

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
		if err != nil {
			return nil, err
		}
		return first.l.until(r.sliced(b)), nil
	}), nil
}

// seriesRows returns the rows of make-series and its axis. Where the axis depends
// on the rows they are read first, and kept.
func (r *run) seriesRows(n *plan.MakeSeries, on plan.Expr) (in stream, steps []step, a *axis, err error) {
	if n.From != nil && n.To != nil {
		if a, err = r.newAxis(n, value.Null, value.Null); err != nil || a == nil {
			return nil, nil, nil, err
		}
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

// seriesPart is one worker's part of make-series: a slot for each group and point.
type seriesPart struct {
	r      *run
	keys   []plan.Expr
	on     plan.Expr
	axis   *axis
	g      *groups
	a      *aggregator
	hit    []bool // slots with a row
	idx    []int32
	places []int32
	l      *lease
}

func (r *run) newSeries(n *plan.MakeSeries, keys []plan.Expr, on plan.Expr, a *axis) (*seriesPart, error) {
	ag, err := r.newAggregator(n.Aggs)
	if err != nil {
		return nil, err
	}
	return &seriesPart{r: r, keys: keys, on: on, axis: a, g: newGroups(keyTypes(n.Columns(), len(keys))), a: ag, l: r.lease()}, nil
}

// maxSlots bounds the groups times the points.
const maxSlots = 50_000_000

// add takes the rows of a batch that lie on the axis.
func (w *seriesPart) add(b *vec.Batch, place int64, away *putAway) error {
	cells, err := w.r.eval(w.on, b)
	if err != nil {
		return err
	}
	w.idx, w.places = w.idx[:0], w.places[:0]
	for i := range b.Rows {
		if p := w.axis.place(cells, i); p >= 0 {
			w.idx, w.places = append(w.idx, int32(i)), append(w.places, int32(p))
		}
	}
	if len(w.idx) == 0 {
		return nil
	}
	b = pick(b, w.idx)
	cols, err := w.r.evalAll(w.keys, b)
	if err != nil {
		return err
	}
	w.g.place = place
	ids := w.g.number(cols, b.Rows)
	if int64(w.g.n)*int64(w.axis.n) > maxSlots {
		return ErrRows
	}
	for i := range ids {
		ids[i] = ids[i]*int32(w.axis.n) + w.places[i]
	}
	for _, acc := range w.a.accs {
		if p, ok := acc.(fn.Positioned); ok {
			p.At(place)
		}
	}
	w.grow()
	for _, s := range ids {
		w.hit[s] = true
	}
	if err := w.a.add(b, ids, len(w.hit)); err != nil {
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

// size is about how many bytes the slots take, and the arrays that are made of
// them.
func (w *seriesPart) size() int64 {
	if w.l.b.limit <= 0 {
		return 0
	}
	slots := int64(w.g.n) * int64(w.axis.n)
	n := w.g.size() + slots
	for _, acc := range w.a.accs {
		n += 48 * slots
		if s, ok := acc.(fn.Sized); ok {
			n += s.Size()
		} else {
			n += fn.GroupBytes * slots
		}
	}
	return n
}

func (w *seriesPart) grow() {
	if more := w.g.n*w.axis.n - len(w.hit); more > 0 {
		w.hit = append(w.hit, make([]bool, more)...)
	}
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
	if int64(w.g.n)*int64(w.axis.n) > maxSlots {
		return ErrRows
	}
	w.grow()
	slots := make([]int32, len(o.hit))
	for i, hit := range o.hit {
		slots[i] = into[i/w.axis.n]*int32(w.axis.n) + int32(i%w.axis.n)
		w.hit[slots[i]] = w.hit[slots[i]] || hit
	}
	for i, acc := range w.a.accs {
		acc.Grow(len(w.hit))
		o.a.accs[i].Grow(len(slots))
		acc.Merge(o.a.accs[i], slots)
	}
	return nil
}

// series makes the arrays, a row for each group in the order in which they were
// met first.
func (r *run) series(n *plan.MakeSeries, w *seriesPart) (*vec.Batch, error) {
	a, g := w.axis, w.g
	if len(w.keys) == 0 && n.NonEmpty {
		g.n = 1
		w.grow()
	}
	order := g.order()
	if order == nil {
		for i := range g.n {
			order = append(order, int32(i))
		}
	}
	total := g.n * a.n
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
		lists := make([]value.Value, g.n)
		for i, at := range order {
			items := make([]value.Value, a.n)
			for j := range items {
				if s := int(at)*a.n + j; w.hit[s] {
					items[j] = res.Get(s)
				} else {
					items[j] = def
				}
			}
			lists[i] = value.Array(items)
		}
		out = append(out, vec.OfDynamics(lists))
	}
	points := make([]value.Value, a.n)
	for i := range points {
		points[i] = a.point(i)
	}
	line := make([]value.Value, g.n)
	for i := range line {
		line[i] = value.Array(points)
	}
	return vec.NewBatch(append(out, vec.OfDynamics(line)), g.n), nil
}

// newAxis finds the points: from and to where given, else the smallest and
// largest value. Nil means that there is none.
func (r *run) newAxis(n *plan.MakeSeries, lo, hi value.Value) (*axis, error) {
	step, err := r.scalar(n.Step)
	if err != nil {
		return nil, err
	}
	from, err := r.scalar(n.From)
	if err != nil {
		return nil, err
	}
	to, err := r.scalar(n.To)
	if err != nil {
		return nil, err
	}
	t := n.On.Type()
	inclusive := n.Inclusive
	if n.From == nil || n.To == nil {
		if n.From == nil {
			from = floorTo(t, lo, step)
			if n.To != nil && !from.IsNull() {
				from = alignDown(t, lo, to, step)
			}
		}
		if n.To == nil {
			to, inclusive = hi, true
		}
	}
	if from.IsNull() || to.IsNull() || step.IsNull() {
		return nil, nil
	}
	a := &axis{t: t, real: t == types.Real}
	if a.real {
		a.start, a.step = from.Float(), step.Float()
		if !(a.step > 0) {
			return nil, fmt.Errorf("make-series: the step must be above zero")
		}
		span := (to.Float() - a.start) / a.step
		if math.IsNaN(span) || span > maxSeries {
			return nil, ErrRows
		}
		a.n = int(math.Ceil(span - 1e-9))
		if inclusive {
			a.n = int(math.Floor(span+1e-9)) + 1
		}
	} else {
		a.istart, a.istep = from.Int64(), step.Int64()
		if a.istep <= 0 {
			return nil, fmt.Errorf("make-series: the step must be above zero")
		}
		d, ok := types.AddOverflow(to.Int64(), -a.istart)
		if !ok || d/a.istep > maxSeries {
			return nil, ErrRows
		}
		if d < 0 {
			return nil, nil
		}
		a.n = int((d + a.istep - 1) / a.istep)
		if inclusive {
			a.n = int(d/a.istep) + 1
		}
	}
	if a.n <= 0 {
		return nil, nil
	}
	return a, nil
}

// bounds returns the smallest and the largest value, null where there is none.
func bounds(cells *vec.Vec, rows int) (lo, hi value.Value) {
	if cells.Ints != nil && cells.Null == nil && !cells.Const && rows > 0 {
		s := cells.Ints[:rows]
		return value.FromInt64(cells.Type, slices.Min(s)), value.FromInt64(cells.Type, slices.Max(s))
	}
	for i := range rows {
		v := cells.Get(i)
		if v.IsNull() {
			continue
		}
		if lo.IsNull() || value.Compare(v, lo) < 0 {
			lo = v
		}
		if hi.IsNull() || value.Compare(v, hi) > 0 {
			hi = v
		}
	}
	return lo, hi
}

// floorTo is bin() of the first value.
func floorTo(t types.Type, v, step value.Value) value.Value {
	if v.IsNull() || step.IsNull() {
		return value.Null
	}
	if t == types.Real {
		if s := step.Float(); s > 0 {
			return value.Real(math.Floor(v.Float()/s) * s)
		}
		return value.Null
	}
	if s := step.Int64(); s > 0 {
		return value.FromInt64(t, types.FloorDiv(v.Int64(), s)*s)
	}
	return value.Null
}

// alignDown goes from the end in whole steps to at or below the first value.
func alignDown(t types.Type, lo, to, step value.Value) value.Value {
	if t == types.Real {
		s := step.Float()
		return value.Real(to.Float() - math.Ceil((to.Float()-lo.Float())/s)*s)
	}
	s := step.Int64()
	if s <= 0 {
		return value.Null
	}
	d := to.Int64() - lo.Int64()
	return value.FromInt64(t, to.Int64()-(d+s-1)/s*s)
}
