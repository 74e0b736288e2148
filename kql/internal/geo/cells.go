package geo

import (
	"github.com/golang/geo/s2"

	"github.com/azward/azward/kql/internal/geo/h3"
)

// H3Cells returns the H3 cells of a level whose middle lies in the polygon; ok
// is false where there are too many.
func (p *Polygon) H3Cells(level int) ([]h3.Cell, bool) {
	loop := func(ring []s2.Point) h3.Loop {
		out := make(h3.Loop, len(ring))
		for i, q := range ring {
			ll := s2.LatLngFromPoint(q)
			out[i] = [2]float64{float64(ll.Lat), float64(ll.Lng)}
		}
		return out
	}
	var all []h3.Cell
	seen := map[h3.Cell]bool{}
	for _, part := range p.Parts {
		loops := []h3.Loop{loop(part.Shell)}
		for _, h := range part.Holes {
			loops = append(loops, loop(h))
		}
		cells, ok := h3.Fill(loops, level, maxCells)
		if !ok || len(all)+len(cells) > maxCells {
			return nil, false
		}
		for _, c := range cells {
			if !seen[c] {
				seen[c] = true
				all = append(all, c)
			}
		}
	}
	return all, true
}
