package exec

import (
	"fmt"
	"math"
	"slices"

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
	if !ok || d < 0 || d/a.istep >= int64(a.n) {
		return -1
	}
	return int(d / a.istep)
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
	return r.single(func() (*vec.Batch, error) {
		b, err := r.all(n.Input)
		if err != nil {
			return nil, err
		}
		cells, err := r.eval(on, b)
		if err != nil {
			return nil, err
		}
		a, err := r.newAxis(n, cells, b.Rows)
		if err != nil {
			return nil, err
		}
		if a == nil {
			return empty(n.Columns()), nil
		}
		return r.series(n, keys, b, cells, a)
	}), nil
}

func (r *run) series(n *plan.MakeSeries, keys []plan.Expr, b *vec.Batch, cells *vec.Vec, a *axis) (*vec.Batch, error) {
	// Rows on the axis only.
	idx := make([]int32, 0, b.Rows)
	places := make([]int, 0, b.Rows)
	for i := range b.Rows {
		if p := a.place(cells, i); p >= 0 {
			idx, places = append(idx, int32(i)), append(places, p)
		}
	}
	b = pick(b, idx)
	cols, err := r.evalAll(keys, b)
	if err != nil {
		return nil, err
	}
	g := newGroups(keyTypes(n.Columns(), len(keys)))
	ids := g.number(cols, b.Rows)
	if len(keys) == 0 {
		g.n = 1
		if b.Rows == 0 && !n.NonEmpty {
			g.n = 0
		}
	}
	if int64(g.n)*int64(a.n) > 50_000_000 {
		return nil, ErrRows
	}
	slots := make([]int32, b.Rows)
	for i, id := range ids {
		slots[i] = id*int32(a.n) + int32(places[i])
	}
	ag, err := r.newAggregator(n.Aggs)
	if err != nil {
		return nil, err
	}
	total := g.n * a.n
	if err := ag.add(b, slots, total); err != nil {
		return nil, err
	}
	hit := make([]bool, total)
	for _, s := range slots {
		hit[s] = true
	}
	out := g.keys()
	slotCols := make([]*vec.Vec, len(out))
	slotCols = append(slotCols, ag.finish(total)...)
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
		for i := range lists {
			items := make([]value.Value, a.n)
			for j := range items {
				if s := i*a.n + j; hit[s] {
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
func (r *run) newAxis(n *plan.MakeSeries, cells *vec.Vec, rows int) (*axis, error) {
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
		lo, hi := bounds(cells, rows)
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
