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
// tolerance in meters, and those that are nearer than it to the one before; ok
// is false where nothing is left.
func (l *Line) Simplify(tolerance float64) (*Line, bool) {
	out := &Line{}
	for _, p := range l.Parts {
		if kept := thin(p, Angle(tolerance)); len(kept) >= 2 {
			out.Parts = append(out.Parts, kept)
		}
	}
	return out, len(out.Parts) > 0
}

// thinAtOnce bounds the stretch that thin looks at, for its work may grow with
// the square of it.
const thinAtOnce = 2048

// thin drops vertices by the method of Douglas and Peucker. The first and the
// last one stay, unless they are too near each other.
func thin(ps []s2.Point, tolerance s1.Angle) []s2.Point {
	keep := make([]bool, len(ps))
	var split func(from, to int)
	split = func(from, to int) {
		far, dist := 0, tolerance
		for i := from + 1; i < to; i++ {
			if d := s2.DistanceFromSegment(ps[i], ps[from], ps[to]); d > dist {
				far, dist = i, d
			}
		}
		if far > 0 {
			keep[far] = true
			split(from, far)
			split(far, to)
		}
	}
	last := len(ps) - 1
	for from := 0; from < last; from += thinAtOnce {
		to := min(from+thinAtOnce, last)
		keep[from], keep[to] = true, true
		split(from, to)
	}
	var out []s2.Point
	for i, p := range ps {
		switch {
		case !keep[i]:
		case len(out) > 0 && out[len(out)-1].Distance(p) <= tolerance && tolerance > 0:
			if i == last && len(out) > 1 {
				out[len(out)-1] = p
			}
		default:
			out = append(out, p)
		}
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

// JoinLines leaves out edges that come again and puts chains together that end
// where the next one begins.
func JoinLines(parts [][]s2.Point) [][]s2.Point {
	var out [][]s2.Point
	seen := map[[2]s2.Point]bool{}
	for _, p := range parts {
		for i := 1; i < len(p); i++ {
			a, b := p[i-1], p[i]
			if seen[[2]s2.Point{a, b}] || seen[[2]s2.Point{b, a}] {
				continue
			}
			seen[[2]s2.Point{a, b}] = true
			if n := len(out); n > 0 && out[n-1][len(out[n-1])-1] == a {
				out[n-1] = append(out[n-1], b)
				continue
			}
			out = append(out, []s2.Point{a, b})
		}
	}
	return out
}
