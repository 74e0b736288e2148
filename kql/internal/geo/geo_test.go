package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/golang/geo/s2"
)

func square(west, south, east, north float64) []LngLat {
	return []LngLat{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
}

func polygon(t *testing.T, rings ...[]LngLat) *Polygon {
	t.Helper()
	p, ok := NewPolygon([][][]LngLat{rings})
	if !ok {
		t.Fatal("not a polygon")
	}
	return p
}

// TestDistances holds figures from the reference pages of the functions.
func TestDistances(t *testing.T) {
	if d := Distance(LngLat{-122.407628, 47.578557}, LngLat{-118.275287, 34.019056}); math.Abs(d-1546754.35197381) > 1e-6 {
		t.Errorf("distance %v", d)
	}
	if z, ok := Azimuth(LngLat{5, 10}, LngLat{10, -40}); !ok || math.Abs(z-3.05459939796449) > 1e-9 {
		t.Errorf("azimuth %v", z)
	}
	if _, ok := Azimuth(LngLat{5, 10}, LngLat{5, 10}); ok {
		t.Error("azimuth to the same place")
	}
	if d, ok := SpheroidDistance(LngLat{0, 0}, LngLat{0, 90}); !ok || math.Abs(d-10001965.729) > 1e-3 { // a quarter meridian of WGS 84
		t.Errorf("quarter meridian %v", d)
	}
}

func TestInvalidShapes(t *testing.T) {
	for name, parts := range map[string][][][]LngLat{
		"no parts":     nil,
		"empty ring":   {{{}}},
		"open ring":    {{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}},
		"two corners":  {{{{0, 0}, {1, 0}, {0, 0}}}},
		"corner twice": {{{{0, 0}, {10, 10}, {10, 10}, {0, 0}}}},
		"crosses":      {{{{0, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}}}},
		"out of range": {{{{0, 0}, {500, 0}, {1, 1}, {0, 0}}}},
		"not a number": {{{{0, 0}, {math.NaN(), 0}, {1, 1}, {0, 0}}}},
	} {
		if _, ok := NewPolygon(parts); ok {
			t.Errorf("%s is a polygon", name)
		}
	}
	for name, parts := range map[string][][]LngLat{
		"no parts": nil, "one vertex": {{{1, 1}}}, "same vertices": {{{1, 1}, {1, 1}}}, "opposite": {{{0, 0}, {180, 0}}},
	} {
		if _, ok := NewLine(parts); ok {
			t.Errorf("%s is a line", name)
		}
	}
}

// TestOverlayAreas checks that union and intersection of random polygons have
// areas that add up, and agree with containment of random points.
func TestOverlayAreas(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	star := func() *Polygon {
		c := LngLat{rng.Float64()*4 - 2, 40 + rng.Float64()*4}
		n := 3 + rng.IntN(12)
		var ring []LngLat
		for i := range n {
			a := 2 * math.Pi * (float64(i) + 0.8*rng.Float64()) / float64(n)
			r := 0.5 + 2*rng.Float64()
			ring = append(ring, LngLat{c.Lng + r*math.Cos(a), c.Lat + r*math.Sin(a)})
		}
		p, ok := NewPolygon([][][]LngLat{{append(ring, ring[0])}})
		if !ok {
			return nil
		}
		return p
	}
	for range 300 {
		a, b := star(), star()
		if a == nil || b == nil {
			continue
		}
		u, ok1 := Union(a, b)
		x, ok2 := Intersection(a, b)
		if !ok1 || !ok2 {
			t.Fatal("too far apart")
		}
		common := 0.0
		if x.Area != nil {
			common = x.Area.Area()
		}
		if got, want := u.Area()+common, a.Area()+b.Area(); math.Abs(got-want) > 1e-6*want {
			t.Fatalf("areas %v and %v: union %v, common %v", a.Area(), b.Area(), u.Area(), common)
		}
		if (x.Area != nil) && !Intersects(a, b) {
			t.Fatal("they have an area in common, yet do not intersect")
		}
		for range 20 {
			q := LngLat{rng.Float64()*8 - 4, 38 + rng.Float64()*8}
			inA, inB := a.Contains(q), b.Contains(q)
			if u.Contains(q) != (inA || inB) || (x.Area != nil && x.Area.Contains(q)) != (inA && inB) {
				t.Fatalf("%v: in a %v, in b %v, in union %v", q, inA, inB, u.Contains(q))
			}
		}
	}
}

func TestTouching(t *testing.T) {
	a, b := polygon(t, square(0, 0, 1, 1)), polygon(t, square(1, 0, 2, 1))
	u, ok := Union(a, b)
	if !ok || len(u.Parts) != 1 || len(u.Parts[0].Shell) != 6 {
		t.Errorf("union of neighbors: %+v", u)
	}
	x, ok := Intersection(a, b)
	if !ok || x.Area != nil || len(x.Lines) != 1 {
		t.Errorf("intersection of neighbors: %+v", x)
	}
	x, _ = Intersection(a, polygon(t, square(1, 1, 2, 2)))
	if x.Area != nil || len(x.Lines) != 0 || len(x.Points) != 1 {
		t.Errorf("intersection at a corner: %+v", x)
	}
	if x, _ := Intersection(a, polygon(t, square(5, 5, 6, 6))); x.Area != nil || len(x.Lines)+len(x.Points) != 0 {
		t.Errorf("intersection of what lies apart: %+v", x)
	}
	x, _ = Intersection(a, a)
	if x.Area == nil || math.Abs(x.Area.Area()-a.Area()) > 1 {
		t.Errorf("intersection with itself: %+v", x)
	}
}

func TestHoles(t *testing.T) {
	p := polygon(t, square(0, 0, 10, 10), square(2, 2, 8, 8))
	if p.Contains(LngLat{5, 5}) || !p.Contains(LngLat{1, 5}) {
		t.Error("the hole is not one")
	}
	u, ok := UnionAll([]*Polygon{p, polygon(t, square(2, 2, 8, 8))})
	if !ok || len(u.Parts) != 1 || len(u.Parts[0].Holes) != 0 {
		t.Errorf("filled hole: %+v", u)
	}
}

func TestBuffer(t *testing.T) {
	c, ok := Circle(LngLat{10, 50}, 1000, 1)
	if !ok || math.Abs(c.Area()-math.Pi*1e6) > 0.01*math.Pi*1e6 {
		t.Errorf("circle of %v", c.Area())
	}
	l, _ := NewLine([][]LngLat{{{0, 0}, {0, 1}, {1, 1}}})
	b, ok := LineBuffer(l, 1000, 10)
	if !ok || !b.Contains(LngLat{0.005, 0.5}) || b.Contains(LngLat{0.02, 0.5}) {
		t.Error("buffer of a line")
	}
	p, ok := PolygonBuffer(polygon(t, square(0, 0, 1, 1)), 1000, 10)
	if !ok || !p.Contains(LngLat{-0.005, 0.5}) || !p.Contains(LngLat{0.5, 0.5}) || p.Contains(LngLat{-0.02, 0.5}) {
		t.Error("buffer of a polygon")
	}
}

func TestCoveringBound(t *testing.T) {
	big := polygon(t, []LngLat{{0, 0}, {0, 50}, {100, 50}, {0, 0}})
	if _, ok := Covering(30, big.Region()); ok {
		t.Error("a continent in cells of a centimeter")
	}
	if cells, ok := Covering(5, big.Region()); !ok || len(cells) != 286 {
		t.Errorf("%d cells", len(cells))
	}
	if _, ok := big.H3Cells(15); ok {
		t.Error("a continent in cells of a meter")
	}
}

func TestGeohash(t *testing.T) {
	for hash, at := range map[string]LngLat{"dhwfz15h": {-80.195829, 25.802215}, "c23n8": {-122.303404, 47.570482}} {
		if got := Geohash(at, len(hash)); got != hash {
			t.Errorf("%v: %s, want %s", at, got, hash)
		}
		if b, ok := GeohashBox(hash); !ok || at.Lng < b.West || at.Lng > b.East || at.Lat < b.South || at.Lat > b.North {
			t.Errorf("%s: %+v", hash, b)
		}
	}
	for _, s := range []string{"", "a", "sunnyi", "0123456789012345678"} {
		if _, ok := GeohashBox(s); ok {
			t.Errorf("%q is a geohash", s)
		}
	}
}

func TestLine(t *testing.T) {
	l, ok := NewLine([][]LngLat{{{0, 0}, {0, 1}, {0, 3}}})
	if !ok {
		t.Fatal("not a line")
	}
	if f := l.Locate(LngLat{1, 1}); math.Abs(f-1.0/3) > 1e-3 {
		t.Errorf("located at %v", f)
	}
	if p := l.At(0.5); math.Abs(p.Lat-1.5) > 1e-9 {
		t.Errorf("middle at %v", p)
	}
	if got := JoinLines([][]s2.Point{l.Parts[0][:2], l.Parts[0][1:]}); len(got) != 1 || len(got[0]) != 3 {
		t.Errorf("joined %v", got)
	}
}
