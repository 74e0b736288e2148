package geo

import (
	"math"
	"slices"

	"github.com/golang/geo/s2"

	"github.com/azward/azward/kql/internal/geo/h3"
)

// H3Cells returns the H3 cells of a level whose middle lies in the polygon,
// sorted; ok is false where there are too many.
func (p *Polygon) H3Cells(level int) ([]h3.Cell, bool) {
	size := 1107712.591 / math.Pow(math.Sqrt(7), float64(level)) // meters along an edge
	if p.Area()/(size*size*1.5) > maxCells || p.Perimeter()/size > maxCells {
		return nil, false
	}
	rad := math.Pi / 180
	seen := map[h3.Cell]bool{}
	var found, queue []h3.Cell
	visit := func(c h3.Cell) bool {
		if seen[c] {
			return false
		}
		seen[c] = true
		lat, lng := c.Center()
		if !p.Contains(LngLat{lng / rad, lat / rad}) {
			return false
		}
		found, queue = append(found, c), append(queue, c)
		return true
	}
	seed := func(q s2.Point) {
		ll := Degrees(q)
		if c, ok := h3.FromPosition(ll.Lat*rad, ll.Lng*rad, level); ok {
			visit(c)
			for _, n := range c.Rings(1)[1] {
				visit(n)
			}
		}
	}
	p.edges(func(a, b s2.Point) {
		n := math.Ceil(Meters(a.Distance(b)) / (size / 2))
		for i := 0.0; i <= n; i++ {
			seed(s2.Interpolate(i/max(n, 1), a, b))
		}
	})
	for len(queue) > 0 {
		c := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, n := range c.Rings(1)[1] {
			visit(n)
		}
		if len(found) > maxCells {
			return nil, false
		}
	}
	slices.Sort(found)
	return found, true
}
