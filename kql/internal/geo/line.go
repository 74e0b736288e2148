package geo

import (
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Line is one or several chains of edges.
type Line struct{ Parts [][]s2.Point }

// maxVertices bounds the vertices of a shape.
const maxVertices = 1 << 17

// NewLine checks and returns a line: each part has at least two vertices, no
// two of them the same in a row.
func NewLine(parts [][]LngLat) (*Line, bool) {
	l := &Line{}
	n := 0
	for _, part := range parts {
		if n += len(part); n > maxVertices {
			return nil, false
		}
		ps, ok := points(part)
		if !ok || len(ps) < 2 {
			return nil, false
		}
		l.Parts = append(l.Parts, ps)
	}
	return l, len(l.Parts) > 0
}

func points(part []LngLat) ([]s2.Point, bool) {
	ps := make([]s2.Point, 0, len(part))
	for i, p := range part {
		if !p.Valid() {
			return nil, false
		}
		q := p.Point()
		if i > 0 && (q.Distance(ps[len(ps)-1]) < 1e-14 || q.Dot(ps[len(ps)-1].Vector) < -1+1e-15) {
			return nil, false
		}
		ps = append(ps, q)
	}
	return ps, true
}

// edges calls f for each edge.
func (l *Line) edges(f func(a, b s2.Point)) {
	for _, p := range l.Parts {
		for i := 1; i < len(p); i++ {
			f(p[i-1], p[i])
		}
	}
}

// Length returns the length in meters.
func (l *Line) Length() float64 {
	sum := s1.Angle(0)
	l.edges(func(a, b s2.Point) { sum += a.Distance(b) })
	return Meters(sum)
}

// Centroid returns the center of mass.
func (l *Line) Centroid() LngLat {
	var sum s2.Point
	for _, p := range l.Parts {
		pl := s2.Polyline(p)
		sum.Vector = sum.Add(pl.Centroid().Vector)
	}
	return Degrees(s2.Point{Vector: sum.Normalize()})
}

// Nearest returns the point of the line nearest to p and its distance in meters.
func (l *Line) Nearest(p LngLat) (LngLat, float64) {
	best, dist := nearest(p.Point(), l.edges)
	return Degrees(best), Meters(dist)
}

func nearest(p s2.Point, edges func(func(a, b s2.Point))) (best s2.Point, dist s1.Angle) {
	dist = math.Pi * 2
	edges(func(a, b s2.Point) {
		if q := onEdge(p, a, b); p.Distance(q) < dist {
			best, dist = q, p.Distance(q)
		}
	})
	return best, dist
}

// Locate returns how far along the line, from 0 to 1, the point nearest to p is.
func (l *Line) Locate(p LngLat) float64 {
	q := p.Point()
	total, at, best := s1.Angle(0), s1.Angle(0), s1.Angle(math.Pi*2)
	l.edges(func(a, b s2.Point) {
		if c := onEdge(q, a, b); q.Distance(c) < best {
			best, at = q.Distance(c), total+a.Distance(c)
		}
		total += a.Distance(b)
	})
	return float64(at / total)
}

// At returns the point at a fraction of the line.
func (l *Line) At(fraction float64) LngLat {
	total := s1.Angle(0)
	l.edges(func(a, b s2.Point) { total += a.Distance(b) })
	want := s1.Angle(fraction) * total
	var out, last s2.Point
	found := false
	l.edges(func(a, b s2.Point) {
		d := a.Distance(b)
		if !found && want < d {
			out, found = s2.InterpolateAtDistance(want, a, b), true
		}
		want -= d
		last = b
	})
	if !found {
		out = last
	}
	return Degrees(out)
}

// Simplify drops vertices whose absence moves the line by no more than a
// tolerance in meters.
func (l *Line) Simplify(tolerance float64) *Line {
	out := &Line{}
	for _, p := range l.Parts {
		pl := s2.Polyline(p)
		var kept []s2.Point
		for _, i := range pl.SubsampleVertices(Angle(tolerance)) {
			kept = append(kept, p[i])
		}
		out.Parts = append(out.Parts, kept)
	}
	return out
}

// Covering returns the S2 cells of a level that cover shapes, sorted; ok is
// false where there are too many.
func Covering(level int, r s2.Region) ([]s2.CellID, bool) {
	lo := &s2.RegionCoverer{MinLevel: level, MaxLevel: level, LevelMod: 1, MaxCells: maxCells}
	if s2.AvgAreaMetric.Value(level)*maxCells < r.CapBound().Area()/1000 {
		return nil, false
	}
	cells := lo.Covering(r)
	out := make([]s2.CellID, 0, len(cells))
	for _, c := range cells {
		if c.Level() < level { // the covering came out normalized
			if len(out)+1<<(2*min(level-c.Level(), 16)) > maxCells {
				return nil, false
			}
			for k := c.ChildBeginAtLevel(level); k != c.ChildEndAtLevel(level); k = k.Next() {
				out = append(out, k)
			}
			continue
		}
		out = append(out, c)
	}
	return out, len(out) <= maxCells
}

// maxCells is the most cells of a covering, as Kusto documents.
const maxCells = 65536

// Region returns the line for Covering.
func (l *Line) Region() s2.Region {
	var all s2.RegionUnion
	for _, p := range l.Parts {
		pl := s2.Polyline(p)
		all = append(all, &pl)
	}
	return all
}

// JoinLines puts chains together that end where the next one begins.
func JoinLines(parts [][]s2.Point) [][]s2.Point {
	var out [][]s2.Point
	for _, p := range parts {
		if n := len(out); n > 0 && out[n-1][len(out[n-1])-1] == p[0] {
			out[n-1] = append(out[n-1][:len(out[n-1]):len(out[n-1])], p[1:]...)
			continue
		}
		out = append(out, p)
	}
	return out
}
