package h3

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCells compares with cells that Uber's library gave.
func TestCells(t *testing.T) {
	b, err := os.ReadFile("testdata/spec/cells.tsv")
	if err != nil {
		t.Fatal(err)
	}
	const rad = math.Pi / 180
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-8 || math.Abs(math.Abs(a-b)-360) < 1e-8 }
	rows := 0
	for line := range strings.Lines(string(b)) {
		if line[0] == '#' {
			continue
		}
		rows++
		f := strings.Split(strings.TrimSpace(line), "\t")
		level := int(number(f[2]))
		c, ok := FromPosition(number(f[0])*rad, number(f[1])*rad, level)
		if !ok || c.String() != f[3] {
			t.Errorf("cell of %s %s at %d = %s, want %s", f[0], f[1], level, c, f[3])
			continue
		}
		if p, ok := Parse(f[3]); !ok || p != c || p.Level() != level {
			t.Errorf("%s reads as %s", f[3], p)
		}
		if lat, lng := c.Center(); !near(lat/rad, number(f[4])) || !near(lng/rad, number(f[5])) {
			t.Errorf("%s: center %v %v, want %s %s", c, lat/rad, lng/rad, f[4], f[5])
		}
		corners := c.Boundary()
		if len(corners) != int(number(f[6])) || !near(corners[0][0]/rad, number(f[7])) || !near(corners[0][1]/rad, number(f[8])) {
			t.Errorf("%s: %d corners from %v %v, want %s from %s %s", c, len(corners), corners[0][0]/rad, corners[0][1]/rad, f[6], f[7], f[8])
		}
		var ring []string
		for _, n := range c.Rings(1)[1] {
			ring = append(ring, n.String())
		}
		slices.Sort(ring)
		if got := strings.Join(ring, " "); got != f[9] {
			t.Errorf("%s: neighbors %s, want %s", c, got, f[9])
		}
		if level > 0 {
			p, _ := c.Parent(level - 1)
			kids, ok := p.Children(level)
			if !ok || !slices.Contains(kids, c) {
				t.Errorf("%s is no child of its parent %s", c, p)
			}
		}
	}
	t.Logf("conformance: h3 cells %d of %d", rows, rows)
}

func TestParse(t *testing.T) {
	for _, s := range []string{"", "x", "abc", "0", "ffffffffffffffff", "862a1072ffffff0", "882a1072fffffff"} {
		if c, ok := Parse(s); ok {
			t.Errorf("%q reads as %s", s, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("862a1072fffffff")
	f.Add("800dfffffffffff")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := Parse(s)
		if !ok {
			return
		}
		lat, lng := c.Center()
		if d, ok := FromPosition(lat, lng, c.Level()); !ok || d != c {
			t.Errorf("%s lies in %s", c, d)
		}
		c.Boundary()
		c.Rings(2)
	})
}
