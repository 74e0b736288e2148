package geo

import (
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Polygon is one or several polygons with holes. Shells run counterclockwise,
// holes clockwise.
type Polygon struct {
	Parts []Part
	area  *s2.Polygon
}

// Part is a shell with its holes.
type Part struct {
	Shell []s2.Point
	Holes [][]s2.Point
}

// NewPolygon checks and returns polygons from their rings, which end where they
// began: a ring has at least three different vertices, none twice.
func NewPolygon(parts [][][]LngLat) (*Polygon, bool) {
	p := &Polygon{}
	n := 0
	for _, rings := range parts {
		var part Part
		for i, r := range rings {
			if n += len(r); n > maxVertices || len(r) < 4 || r[0] != r[len(r)-1] {
				return nil, false
			}
			ps, ok := points(r)
			if !ok {
				return nil, false
			}
			ps = ps[:len(ps)-1]
			seen := make(map[s2.Point]bool, len(ps))
			for _, q := range ps {
				if seen[q] {
					return nil, false
				}
				seen[q] = true
			}
			loop := s2.LoopFromPoints(ps)
			if loop.Validate() != nil || selfCrossing(ps) {
				return nil, false
			}
			loop.Normalize()
			ps = loop.Vertices()
			if i == 0 {
				part.Shell = ps
				continue
			}
			part.Holes = append(part.Holes, backward(ps))
		}
		if part.Shell == nil {
			return nil, false
		}
		p.Parts = append(p.Parts, part)
	}
	return p.disjoint()
}

// disjoint joins parts that overlap.
func (p *Polygon) disjoint() (*Polygon, bool) {
	if len(p.Parts) < 2 {
		return p, len(p.Parts) == 1
	}
	singles := make([]*Polygon, len(p.Parts))
	bounds := make([]s2.Rect, len(p.Parts))
	overlap := false
	for i, part := range p.Parts {
		singles[i] = &Polygon{Parts: []Part{part}}
		bounds[i] = s2.LoopFromPoints(part.Shell).RectBound()
		for k := range i {
			overlap = overlap || bounds[k].Intersects(bounds[i]) && Intersects(singles[k], singles[i])
		}
	}
	if !overlap {
		return p, true
	}
	return UnionAll(singles)
}

// selfCrossing tells whether edges of a ring cross. It compares edges only that
// share some cell of a coarse grid of longitudes.
func selfCrossing(ps []s2.Point) bool {
	if len(ps) < 4 {
		return false
	}
	index := s2.NewShapeIndex()
	index.Add(s2.LaxLoopFromPoints(ps))
	q := s2.NewCrossingEdgeQuery(index)
	for i, a := range ps {
		b := ps[(i+1)%len(ps)]
		if len(q.Crossings(a, b, index.Shape(0), s2.CrossingTypeInterior)) > 0 {
			return true
		}
	}
	return false
}

func backward(ps []s2.Point) []s2.Point {
	out := make([]s2.Point, len(ps))
	for i, p := range ps {
		out[(len(ps)-i)%len(ps)] = p
	}
	return out
}

// rings calls f for each ring.
func (p *Polygon) rings(f func([]s2.Point)) {
	for _, part := range p.Parts {
		f(part.Shell)
		for _, h := range part.Holes {
			f(h)
		}
	}
}

func (p *Polygon) edges(f func(a, b s2.Point)) {
	p.rings(func(r []s2.Point) {
		for i, a := range r {
			f(a, r[(i+1)%len(r)])
		}
	})
}

// Vertices counts the vertices.
func (p *Polygon) Vertices() int {
	n := 0
	p.rings(func(r []s2.Point) { n += len(r) })
	return n
}

// s2 returns the polygon for containment, built on first use.
func (p *Polygon) s2() *s2.Polygon {
	if p.area == nil {
		var loops []*s2.Loop
		p.rings(func(r []s2.Point) { loops = append(loops, s2.LoopFromPoints(slices.Clone(r))) }) // the polygon may turn its loops around
		p.area = s2.PolygonFromOrientedLoops(loops)
	}
	return p.area
}

// Region returns the polygon for Covering.
func (p *Polygon) Region() s2.Region { return p.s2() }

// Contains tells whether a position lies in the polygon.
func (p *Polygon) Contains(q LngLat) bool { return p.s2().ContainsPoint(q.Point()) }

// Area returns square meters.
func (p *Polygon) Area() float64 {
	sum := 0.0
	for _, part := range p.Parts {
		sum += s2.LoopFromPoints(part.Shell).Area()
		for _, h := range part.Holes {
			sum -= s2.LoopFromPoints(backward(h)).Area()
		}
	}
	return sum * Radius * Radius
}

// Perimeter returns the length of the boundary in meters.
func (p *Polygon) Perimeter() float64 {
	sum := s1.Angle(0)
	p.edges(func(a, b s2.Point) { sum += a.Distance(b) })
	return Meters(sum)
}

// Centroid returns the center of mass.
func (p *Polygon) Centroid() LngLat {
	var sum s2.Point
	p.rings(func(r []s2.Point) { sum.Vector = sum.Add(s2.LoopFromPoints(r).Centroid().Vector) })
	return Degrees(s2.Point{Vector: sum.Normalize()})
}

// Nearest returns the point of the polygon nearest to q and its distance in
// meters; inside the polygon that is q itself.
func (p *Polygon) Nearest(q LngLat) (LngLat, float64) {
	if p.Contains(q) {
		return q, 0
	}
	best, dist := nearest(q.Point(), p.edges)
	return Degrees(best), Meters(dist)
}

// Simplify drops vertices whose absence moves the boundary by no more than a
// tolerance in meters; rings that are left with fewer than three go away, and
// ok is false where nothing is left.
func (p *Polygon) Simplify(tolerance float64) (*Polygon, bool) {
	ring := func(r []s2.Point) []s2.Point {
		far, dist := 0, s1.Angle(0) // cut the ring where it is farthest from its start
		for i, q := range r {
			if d := r[0].Distance(q); d > dist {
				far, dist = i, d
			}
		}
		if dist <= Angle(tolerance) {
			return nil
		}
		out := thin(r[:far+1], Angle(tolerance))
		back := thin(append(append([]s2.Point{}, r[far:]...), r[0]), Angle(tolerance))
		if len(out) < 2 || len(back) < 2 {
			return nil
		}
		out = append(out[:len(out)-1:len(out)-1], back[:len(back)-1]...)
		if len(out) < 3 {
			return nil
		}
		return out
	}
	out := &Polygon{}
	for _, part := range p.Parts {
		shell := ring(part.Shell)
		if shell == nil {
			continue
		}
		kept := Part{Shell: shell}
		for _, h := range part.Holes {
			if h = ring(h); h != nil {
				kept.Holes = append(kept.Holes, h)
			}
		}
		out.Parts = append(out.Parts, kept)
	}
	return out, len(out.Parts) > 0
}

// Densify adds vertices to edges that are straight on a flat map, so that the
// edges of the result are nowhere farther than a tolerance in meters from them.
func Densify(part []LngLat, tolerance float64) []LngLat {
	// The tessellator measures not quite in the middle of an edge, hence the factor.
	t := s2.NewEdgeTessellator(s2.NewPlateCarreeProjection(180), Angle(tolerance*0.83829992569888509))
	proj := s2.NewPlateCarreeProjection(180)
	var ps []s2.Point
	for i := 1; i < len(part); i++ {
		ps = t.AppendUnprojected(proj.FromLatLng(s2.LatLngFromDegrees(part[i-1].Lat, part[i-1].Lng)), proj.FromLatLng(s2.LatLngFromDegrees(part[i].Lat, part[i].Lng)), ps)
		if len(ps) > maxVertices {
			return nil
		}
	}
	out := make([]LngLat, len(ps))
	for i, p := range ps {
		out[i] = Degrees(p)
	}
	return out
}

// Circle returns a polygon around a center whose edges are at most a tolerance
// in meters nearer to it than the radius.
func Circle(c LngLat, radius, tolerance float64) (*Polygon, bool) {
	n := math.Ceil(2 * math.Pi / arcStep(radius, tolerance))
	if !(n >= 3 && n <= maxVertices) {
		return nil, false
	}
	center := c.Point()
	dir := s2.Ortho(center)
	ring := make([]s2.Point, int(n))
	for i := range ring {
		d := s2.Rotate(dir, center, s1.Angle(2*math.Pi*float64(i)/n))
		ring[i] = ray(center, d, Angle(radius))
	}
	return &Polygon{Parts: []Part{{Shell: ring}}}, true
}

// arcStep is the angle between the vertices of an arc. The tolerance is used
// as far as it makes sense: from a millionth to a quarter of the radius.
func arcStep(radius, tolerance float64) float64 {
	return 2 * math.Acos(1-min(max(tolerance/radius, 1e-6), 0.25))
}

// ray is the point at an angle from p in a direction at right angles to p.
func ray(p, dir s2.Point, a s1.Angle) s2.Point {
	s, c := math.Sincos(float64(a))
	return s2.Point{Vector: p.Mul(c).Add(dir.Mul(s)).Normalize()}
}
