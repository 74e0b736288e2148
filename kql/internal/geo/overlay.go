package geo

import (
	"math"
	"slices"
	"sort"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// The overlay works on the plane onto which the sphere is projected from its
// center, where parts of great circles are straight. What it joins or cuts must
// lie within some 85 degrees of one point.

type xy struct{ x, y float64 }

func (a xy) sub(b xy) xy            { return xy{a.x - b.x, a.y - b.y} }
func (a xy) cross(b xy) float64     { return a.x*b.y - a.y*b.x }
func (a xy) dot(b xy) float64       { return a.x*b.x + a.y*b.y }
func mid(a, b xy) xy                { return xy{(a.x + b.x) / 2, (a.y + b.y) / 2} }
func between(a, b xy, t float64) xy { return xy{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }

// plane is a projection from the center of the sphere.
type plane struct{ ex, ey, ez r3.Vector }

// planeFor returns a projection that shows all points; ok is false where there
// is none.
func planeFor(ps []s2.Point) (plane, bool) {
	var sum r3.Vector
	for _, p := range ps {
		sum = sum.Add(p.Vector)
	}
	if len(ps) == 0 || sum.Norm() == 0 {
		return plane{}, false
	}
	ez := sum.Normalize()
	for _, p := range ps {
		if p.Dot(ez) < 0.087 {
			return plane{}, false
		}
	}
	ex := ez.Ortho()
	return plane{ex, ez.Cross(ex), ez}, true
}

func (p plane) to(q s2.Point) xy {
	z := q.Dot(p.ez)
	return xy{q.Dot(p.ex) / z, q.Dot(p.ey) / z}
}

func (p plane) from(q xy) s2.Point {
	return s2.Point{Vector: p.ex.Mul(q.x).Add(p.ey.Mul(q.y)).Add(p.ez).Normalize()}
}

// seg is a directed edge of one of the two operands (or of a line).
type seg struct {
	a, b xy
	of   int
	cuts []cut
}

type cut struct {
	t float64
	p xy
}

// snap is how near two points are the same, relative to the size of the sphere.
const snap = 1e-15 * 16

type snapper struct{ at map[[2]int64]xy }

// same returns the point that stands for all points near p.
func (s *snapper) same(p xy) xy {
	const cell = 1e-13
	kx, ky := int64(math.Floor(p.x/cell)), int64(math.Floor(p.y/cell))
	for dx := int64(-1); dx <= 1; dx++ {
		for dy := int64(-1); dy <= 1; dy++ {
			if q, ok := s.at[[2]int64{kx + dx, ky + dy}]; ok && math.Abs(q.x-p.x) < cell && math.Abs(q.y-p.y) < cell {
				return q
			}
		}
	}
	s.at[[2]int64{kx, ky}] = p
	return p
}

// meet finds the crossings and overlaps of segments and notes them as cuts.
// It sweeps over x, so it compares only segments whose ranges of x overlap.
func meet(segs []seg, sn *snapper) {
	order := make([]int, len(segs))
	for i := range order {
		order[i] = i
	}
	lo := func(i int) float64 { return min(segs[i].a.x, segs[i].b.x) }
	hi := func(i int) float64 { return max(segs[i].a.x, segs[i].b.x) }
	sort.Slice(order, func(i, j int) bool { return lo(order[i]) < lo(order[j]) })
	var active []int
	for _, i := range order {
		kept := active[:0]
		for _, j := range active {
			if hi(j) < lo(i)-snap {
				continue
			}
			kept = append(kept, j)
			if segs[i].of == segs[j].of && segs[i].of >= 0 {
				continue
			}
			cutBoth(&segs[i], &segs[j], sn)
		}
		active = append(kept, i)
	}
}

func cutBoth(s, o *seg, sn *snapper) {
	if max(s.a.y, s.b.y) < min(o.a.y, o.b.y)-snap || max(o.a.y, o.b.y) < min(s.a.y, s.b.y)-snap {
		return
	}
	for _, p := range [2]xy{o.a, o.b} {
		if t, ok := onSeg(p, s); ok {
			s.cuts = append(s.cuts, cut{t, p})
		}
	}
	for _, p := range [2]xy{s.a, s.b} {
		if t, ok := onSeg(p, o); ok {
			o.cuts = append(o.cuts, cut{t, p})
		}
	}
	if len(s.cuts) > 0 || len(o.cuts) > 0 { // a touch at an end is no crossing besides
		for _, c := range s.cuts {
			if c.p == o.a || c.p == o.b {
				return
			}
		}
		for _, c := range o.cuts {
			if c.p == s.a || c.p == s.b {
				return
			}
		}
	}
	if s.a == o.a || s.a == o.b || s.b == o.a || s.b == o.b {
		return
	}
	d, e := s.b.sub(s.a), o.b.sub(o.a)
	den := d.cross(e)
	if den == 0 {
		return
	}
	w := o.a.sub(s.a)
	t, u := w.cross(e)/den, w.cross(d)/den
	if t <= 0 || t >= 1 || u <= 0 || u >= 1 {
		return
	}
	p := sn.same(between(s.a, s.b, t))
	s.cuts = append(s.cuts, cut{t, p})
	o.cuts = append(o.cuts, cut{u, p})
}

// onSeg tells whether p lies on the inside of a segment.
func onSeg(p xy, s *seg) (float64, bool) {
	if p == s.a || p == s.b {
		return 0, false
	}
	d, w := s.b.sub(s.a), p.sub(s.a)
	n := d.dot(d)
	t := w.dot(d) / n
	if t <= 0 || t >= 1 {
		return 0, false
	}
	return t, math.Abs(w.cross(d))/math.Sqrt(n) < snap
}

// pieces cuts segments where they were met.
func pieces(segs []seg) []seg {
	var out []seg
	for _, s := range segs {
		slices.SortFunc(s.cuts, func(a, b cut) int {
			if a.t < b.t {
				return -1
			}
			if a.t > b.t {
				return 1
			}
			return 0
		})
		at := s.a
		for _, c := range s.cuts {
			if c.p != at && c.p != s.b {
				out = append(out, seg{a: at, b: c.p, of: s.of})
				at = c.p
			}
		}
		if at != s.b {
			out = append(out, seg{a: at, b: s.b, of: s.of})
		}
	}
	return out
}

// inside answers whether points lie in an operand, by counting the edges to
// the left, which it finds in bands of y.
type inside struct {
	lo, step float64
	bands    [][]seg
}

func newInside(segs []seg, of int) *inside {
	lo, hi, n := math.Inf(1), math.Inf(-1), 0
	for _, s := range segs {
		if s.of == of {
			lo, hi, n = min(lo, s.a.y, s.b.y), max(hi, s.a.y, s.b.y), n+1
		}
	}
	count := max(1, min(n, 4096))
	in := &inside{lo: lo, step: (hi - lo) / float64(count), bands: make([][]seg, count+1)}
	for _, s := range segs {
		if s.of != of || s.a.y == s.b.y {
			continue
		}
		for k := in.band(min(s.a.y, s.b.y)); k <= in.band(max(s.a.y, s.b.y)); k++ {
			in.bands[k] = append(in.bands[k], s)
		}
	}
	return in
}

func (in *inside) band(y float64) int {
	if in.step == 0 {
		return 0
	}
	return min(max(int((y-in.lo)/in.step), 0), len(in.bands)-1)
}

func (in *inside) has(p xy) bool {
	n := 0
	for _, s := range in.bands[in.band(p.y)] {
		a, b, up := s.a, s.b, 1
		if a.y > b.y {
			a, b, up = b, a, -1
		}
		if p.y < a.y || p.y >= b.y {
			continue
		}
		if b.sub(a).cross(p.sub(a)) < 0 { // the edge lies to the left of p
			n += up
		}
	}
	return n != 0
}

// Both is what two shapes have in common: area, lines and points.
type Both struct {
	Area   *Polygon
	Lines  [][]s2.Point
	Points []s2.Point
}

func gather(shapes ...interface{ edges(func(a, b s2.Point)) }) []s2.Point {
	var ps []s2.Point
	for _, s := range shapes {
		s.edges(func(a, b s2.Point) { ps = append(ps, a, b) })
	}
	return ps
}

func segments(pl plane, sn *snapper, of int, shape interface{ edges(func(a, b s2.Point)) }, out []seg) []seg {
	shape.edges(func(a, b s2.Point) {
		p, q := sn.same(pl.to(a)), sn.same(pl.to(b))
		if p != q {
			out = append(out, seg{a: p, b: q, of: of})
		}
	})
	return out
}

// Union joins two polygons; ok is false where they are too far apart.
func Union(a, b *Polygon) (*Polygon, bool) {
	r, ok := overlay(a, b, false)
	return r.Area, ok
}

// Intersection returns what two polygons have in common; ok is false where they
// are too far apart.
func Intersection(a, b *Polygon) (Both, bool) { return overlay(a, b, true) }

func overlay(a, b *Polygon, common bool) (Both, bool) {
	pl, ok := planeFor(gather(a, b))
	if !ok {
		return Both{}, false
	}
	sn := &snapper{at: map[[2]int64]xy{}}
	segs := segments(pl, sn, 1, b, segments(pl, sn, 0, a, nil))
	meet(segs, sn)
	parts := pieces(segs)
	in := [2]*inside{newInside(parts, 0), newInside(parts, 1)}
	type pair struct{ a, b xy }
	have := [2]map[pair]bool{{}, {}}
	for _, s := range parts {
		have[s.of][pair{s.a, s.b}] = true
	}
	var kept []seg
	var shared []seg
	ends := map[xy]bool{}
	for _, s := range parts {
		o := 1 - s.of
		switch {
		case have[o][pair{s.a, s.b}]: // both run along here
			if s.of == 0 {
				kept = append(kept, s)
			}
		case have[o][pair{s.b, s.a}]: // they touch from two sides
			if s.of == 0 {
				shared = append(shared, s)
			}
		case in[o].has(mid(s.a, s.b)) == common:
			kept = append(kept, s)
		}
	}
	var out Both
	out.Area = assemble(kept, pl)
	if !common {
		return out, true
	}
	for _, s := range kept {
		ends[s.a], ends[s.b] = true, true
	}
	for _, chain := range chains(shared) {
		var line []s2.Point
		for _, p := range chain {
			ends[p] = true
			line = append(line, pl.from(p))
		}
		out.Lines = append(out.Lines, line)
	}
	touched := map[xy]bool{}
	for _, s := range parts {
		if s.of == 0 {
			touched[s.a] = true
		}
	}
	for _, s := range parts {
		if s.of == 1 && touched[s.a] && !ends[s.a] {
			ends[s.a] = true
			out.Points = append(out.Points, pl.from(s.a))
		}
	}
	return out, true
}

// chains joins segments that follow each other.
func chains(segs []seg) [][]xy {
	var out [][]xy
	for _, s := range segs {
		if n := len(out); n > 0 && out[n-1][len(out[n-1])-1] == s.a {
			out[n-1] = append(out[n-1], s.b)
			continue
		}
		out = append(out, []xy{s.a, s.b})
	}
	return out
}

// assemble joins directed edges to rings and these to polygons. A ring begins
// after its last edge in the order given.
func assemble(edges []seg, pl plane) *Polygon {
	from := map[xy][]int{}
	for i, e := range edges {
		from[e.a] = append(from[e.a], i)
	}
	used := make([]bool, len(edges))
	type ring struct {
		ids  []int
		area float64
	}
	var shells, holes []ring
	for i := range edges {
		if used[i] {
			continue
		}
		var ids []int
		for k := i; k >= 0; k = next(edges, from, used, k) {
			used[k] = true
			ids = append(ids, k)
			if edges[k].b == edges[i].a && next(edges, from, used, k) < 0 || edges[k].b == edges[i].a {
				break
			}
		}
		if len(ids) < 3 || edges[ids[len(ids)-1]].b != edges[i].a {
			continue
		}
		pos := 0
		for k, id := range ids {
			if id > ids[pos] {
				pos = k
			}
		}
		ids = append(append([]int{}, ids[pos+1:]...), ids[:pos+1]...)
		area := 0.0
		o := edges[ids[0]].a
		for _, id := range ids {
			area += edges[id].a.sub(o).cross(edges[id].b.sub(o))
		}
		if r := (ring{ids, area}); area > 0 {
			shells = append(shells, r)
		} else if area < 0 {
			holes = append(holes, r)
		}
	}
	if len(shells) == 0 {
		return nil
	}
	points := func(r ring) []s2.Point {
		ps := make([]s2.Point, len(r.ids))
		for i, id := range r.ids {
			ps[i] = pl.from(edges[id].a)
		}
		return ps
	}
	out := &Polygon{}
	tests := make([]*inside, len(shells))
	for i, s := range shells {
		out.Parts = append(out.Parts, Part{Shell: points(s)})
		if len(holes) > 0 {
			segs := make([]seg, len(s.ids))
			for k, id := range s.ids {
				segs[k] = seg{a: edges[id].a, b: edges[id].b}
			}
			tests[i] = newInside(segs, 0)
		}
	}
	for _, h := range holes {
		best := -1
		e := edges[h.ids[0]]
		for i, s := range shells {
			if tests[i].has(mid(e.a, e.b)) && (best < 0 || s.area < shells[best].area) {
				best = i
			}
		}
		if best >= 0 {
			out.Parts[best].Holes = append(out.Parts[best].Holes, points(h))
		}
	}
	return out
}

// next returns the edge that follows edge k: of several, the one that turns
// most to the left, so that rings which touch come out apart.
func next(edges []seg, from map[xy][]int, used []bool, k int) int {
	best, turn := -1, -math.MaxFloat64
	d := edges[k].b.sub(edges[k].a)
	for _, i := range from[edges[k].b] {
		if used[i] {
			continue
		}
		e := edges[i].b.sub(edges[i].a)
		if t := math.Atan2(d.cross(e), d.dot(e)); t > turn {
			best, turn = i, t
		}
	}
	return best
}

// Intersects tells whether two shapes have a point in common.
func Intersects(a, b any) bool {
	pa, isA := a.(*Polygon)
	pb, isB := b.(*Polygon)
	index := s2.NewShapeIndex()
	for _, s := range shapes(b) {
		index.Add(s)
	}
	q := s2.NewCrossingEdgeQuery(index)
	hit := false
	edgesOf(a)(func(x, y s2.Point) {
		for i := 0; !hit && i < index.Len(); i++ {
			hit = len(q.Crossings(x, y, index.Shape(int32(i)), s2.CrossingTypeAll)) > 0
		}
	})
	if hit {
		return true
	}
	inside := func(p *Polygon, o any) bool {
		found := false
		edgesOf(o)(func(x, _ s2.Point) { found = found || p.s2().ContainsPoint(x) })
		return found
	}
	return isA && inside(pa, b) || isB && inside(pb, a)
}

func edgesOf(s any) func(func(a, b s2.Point)) {
	if p, ok := s.(*Polygon); ok {
		return p.edges
	}
	return s.(*Line).edges
}

func shapes(s any) []s2.Shape {
	var out []s2.Shape
	if p, ok := s.(*Polygon); ok {
		p.rings(func(r []s2.Point) { out = append(out, s2.LaxLoopFromPoints(r)) })
		return out
	}
	for _, part := range s.(*Line).Parts {
		pl := s2.Polyline(part)
		out = append(out, &pl)
	}
	return out
}

// Within returns the parts of a line that lie in a polygon, and the points
// where it only touches it.
func Within(l *Line, p *Polygon) (Both, bool) {
	pl, ok := planeFor(gather(l, p))
	if !ok {
		return Both{}, false
	}
	sn := &snapper{at: map[[2]int64]xy{}}
	segs := segments(pl, sn, 1, p, segments(pl, sn, 0, l, nil))
	meet(segs, sn)
	parts := pieces(segs)
	in := newInside(parts, 1)
	type pair struct{ a, b xy }
	border := map[pair]bool{}
	corner := map[xy]bool{}
	for _, s := range parts {
		if s.of == 1 {
			border[pair{s.a, s.b}], border[pair{s.b, s.a}] = true, true
			corner[s.a] = true
		}
	}
	var kept []seg
	ends := map[xy]bool{}
	for _, s := range parts {
		if s.of == 0 && (border[pair{s.a, s.b}] || in.has(mid(s.a, s.b))) {
			kept = append(kept, s)
			ends[s.a], ends[s.b] = true, true
		}
	}
	var out Both
	for _, c := range chains(kept) {
		var line []s2.Point
		for _, q := range c {
			line = append(line, pl.from(q))
		}
		out.Lines = append(out.Lines, line)
	}
	for _, s := range parts {
		if s.of != 0 {
			continue
		}
		for _, q := range [2]xy{s.a, s.b} {
			if corner[q] && !ends[q] {
				ends[q] = true
				out.Points = append(out.Points, pl.from(q))
			}
		}
	}
	return out, true
}

// Crossing returns what two lines have in common.
func Crossing(a, b *Line) (Both, bool) {
	pl, ok := planeFor(gather(a, b))
	if !ok {
		return Both{}, false
	}
	sn := &snapper{at: map[[2]int64]xy{}}
	segs := segments(pl, sn, 1, b, segments(pl, sn, 0, a, nil))
	meet(segs, sn)
	parts := pieces(segs)
	type pair struct{ a, b xy }
	other := map[pair]bool{}
	at := map[xy]bool{}
	for _, s := range parts {
		if s.of == 1 {
			other[pair{s.a, s.b}], other[pair{s.b, s.a}] = true, true
			at[s.a], at[s.b] = true, true
		}
	}
	var kept []seg
	ends := map[xy]bool{}
	for _, s := range parts {
		if s.of == 0 && other[pair{s.a, s.b}] {
			kept = append(kept, s)
			ends[s.a], ends[s.b] = true, true
		}
	}
	var out Both
	for _, c := range chains(kept) {
		var line []s2.Point
		for _, q := range c {
			line = append(line, pl.from(q))
		}
		out.Lines = append(out.Lines, line)
	}
	for _, s := range parts {
		if s.of != 0 {
			continue
		}
		for _, q := range [2]xy{s.a, s.b} {
			if at[q] && !ends[q] {
				ends[q] = true
				out.Points = append(out.Points, pl.from(q))
			}
		}
	}
	return out, true
}

// UnionAll joins polygons, the smallest first; ok is false where they are too
// far apart.
func UnionAll(ps []*Polygon) (*Polygon, bool) {
	type entry struct {
		p *Polygon
		n int
	}
	var queue []entry
	push := func(p *Polygon, n int) {
		e := entry{p, n}
		i := sort.Search(len(queue), func(i int) bool { return queue[i].n > e.n })
		queue = slices.Insert(queue, i, e)
	}
	for _, p := range ps {
		push(p, p.Vertices())
	}
	for len(queue) > 1 {
		u, ok := Union(queue[0].p, queue[1].p)
		if !ok || u == nil {
			return nil, false
		}
		n := queue[0].n + queue[1].n
		queue = queue[2:]
		push(u, n)
	}
	if len(queue) == 0 {
		return nil, false
	}
	return queue[0].p, true
}

// LineBuffer returns the polygon of all points within a radius in meters of a
// line, its arcs exact to a tolerance.
func LineBuffer(l *Line, radius, tolerance float64) (*Polygon, bool) {
	var all []*Polygon
	l.edges(func(a, b s2.Point) { all = append(all, capsule(a, b, radius, tolerance)) })
	return UnionAll(all)
}

// PolygonBuffer returns the polygon of all points within a radius in meters of
// a polygon.
func PolygonBuffer(p *Polygon, radius, tolerance float64) (*Polygon, bool) {
	all := []*Polygon{p}
	p.edges(func(a, b s2.Point) { all = append(all, capsule(a, b, radius, tolerance)) })
	return UnionAll(all)
}

// capsule is the polygon around one edge: an arc around a from its left to its
// right, the right side, an arc around b, the left side.
func capsule(a, b s2.Point, radius, tolerance float64) *Polygon {
	left := s2.Point{Vector: cross(a, b).Normalize()}
	step := arcStep(radius, tolerance)
	var ring []s2.Point
	arc := func(c, from s2.Point) {
		for t := 0.0; t < math.Pi-1e-9; t += step {
			ring = append(ring, ray(c, s2.Rotate(from, c, s1.Angle(t)), Angle(radius)))
		}
		ring = append(ring, ray(c, s2.Point{Vector: from.Mul(-1)}, Angle(radius)))
	}
	arc(a, left)
	arc(b, s2.Point{Vector: left.Mul(-1)})
	return &Polygon{Parts: []Part{{Shell: ring}}}
}
