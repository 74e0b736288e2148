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

// axis is the row of points of make-series: point i is start + i*step. An open
// axis has no ends yet: its points are numbered from one that some point lies
// at, and close finds out which of them the rows need.
type axis struct {
	t             types.Type
	real          bool
	start         float64
	step          float64
	istart, istep int64
	n             int
	open          bool
	from, to      bool // of an open axis: rows before or at start are none of it
	first         int64
}

// nowhere is the point of what is outside.
const nowhere = math.MinInt64

// places appends the rows whose values fall on the axis, and their points.
func (a *axis) places(v *vec.Vec, rows int, idx []int32, points []int64) ([]int32, []int64, error) {
	switch {
	case a.real:
		for i := range rows {
			if p := a.realPlace(v, i); p != nowhere {
				idx, points = append(idx, int32(i)), append(points, p)
			}
		}
		return idx, points, nil
	case v.Const && rows > 0:
		v = v.Flat()
	}
	// Rows beside each other often have the same point.
	point, lo, hi := int64(nowhere), int64(0), int64(0)
	for i, x := range v.Ints[:rows] {
		if v.Null != nil && v.Null[i] {
			continue
		}
		if x < lo || x >= hi {
			var err error
			if point, lo, hi, err = a.point64(x); err != nil {
				return nil, nil, err
			}
		}
		if point != nowhere {
			idx, points = append(idx, int32(i)), append(points, point)
		}
	}
	return idx, points, nil
}

// point64 returns the point of x, and the first value of it and of the next.
func (a *axis) point64(x int64) (point, lo, hi int64, err error) {
	d := x - a.istart
	ok := (x^a.istart)&(x^d) >= 0
	switch {
	case a.open && (a.from && x < a.istart || a.to && x >= a.istart):
		return nowhere, 0, 0, nil
	case !ok && a.open:
		return 0, 0, 0, ErrRows
	case !a.open && (!ok || d < 0):
		return nowhere, 0, 0, nil
	}
	k := types.FloorDiv(d, a.istep)
	if !a.open && k >= int64(a.n) {
		return nowhere, 0, 0, nil
	}
	lo = x - (d - k*a.istep)
	hi, ok = types.AddOverflow(lo, a.istep)
	if !ok || lo > x {
		return k, 0, 0, nil
	}
	return k, lo, hi, nil
}

func (a *axis) realPlace(v *vec.Vec, i int) int64 {
	if v.IsNull(i) {
		return nowhere
	}
	k := math.Floor((v.Reals[v.At(i)] - a.start) / a.step)
	if k < 0 || k >= float64(a.n) || math.IsNaN(k) {
		return nowhere
	}
	return int64(k)
}

// openAxis returns the axis where its points are known but for the ends, else
// nil: numbers and times, whose points lie at whole steps from where one is given.
func (r *run) openAxis(n *plan.MakeSeries) (*axis, error) {
	t := n.On.Type()
	if !intKey(t) || n.Step == nil {
		return nil, nil
	}
	step, err := r.scalar(n.Step)
	if err != nil || step.IsNull() || step.Int64() <= 0 {
		return nil, err
	}
	a := &axis{t: t, istep: step.Int64(), open: true, from: n.From != nil, to: n.To != nil}
	given := n.From
	if a.to {
		given = n.To
	}
	if given == nil {
		return a, nil
	}
	at, err := r.scalar(given)
	if err != nil || at.IsNull() {
		return nil, err
	}
	a.istart = at.Int64()
	return a, nil
}

// close gives an open axis the points between the first and the last that have
// rows; nil where there are none.
func (a *axis) close(first, last int64) *axis {
	if first > last {
		return nil
	}
	switch {
	case a.from:
		first = 0
	case a.to:
		last = -1
	}
	out := *a
	out.open, out.first, out.n = false, first, int(last-first)+1
	out.istart += first * a.istep
	return &out
}

func (a *axis) point(i int) value.Value {
	if a.real {
		return value.Real(a.start + float64(i)*a.step)
	}
	return value.FromInt64(a.t, a.istart+int64(i)*a.istep)
}

// points returns all points as an array.
func (a *axis) points() value.Value {
	points := make([]value.Value, a.n)
	for i := range points {
		points[i] = a.point(i)
	}
	return value.Array(points)
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
