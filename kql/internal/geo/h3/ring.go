package h3

// around are the six directions counterclockwise, as digits.
var around = [6]int{4, 6, 2, 3, 1, 5}

// neighbors returns the cells in the six directions, by the digits' order in
// around; of a pentagon one is missing (0).
func (c Cell) neighbors() [6]Cell {
	p, turns := c.place()
	level := c.Level()
	var out [6]Cell
	for k, d := range around {
		u := units[d]
		for range (turns%6 + 6) % 6 {
			u = u.left()
		}
		q := place{p.face, p.at.add(u).normal()}
		if n, ok := q.near(level); ok && n != c {
			out[k] = n
		}
	}
	if c.Pentagon() { // five are different
		seen := map[Cell]bool{}
		for k, n := range out {
			if seen[n] {
				out[k] = 0
			}
			seen[n] = true
		}
	}
	return out
}

// Neighbors returns the cells around c in the order of Rings.
func (c Cell) Neighbors() []Cell {
	n := c.neighbors()
	out := make([]Cell, 0, 6)
	for k := range n {
		if x := n[(k+1)%6]; x != 0 {
			out = append(out, x)
		}
	}
	return out
}

// near returns the cell of a place that may lie beyond the edge of its face.
func (p place) near(level int) (Cell, bool) {
	grid := level
	q := p
	if classIII(level) {
		q.at, grid = q.at.down7(false), level+1
	}
	for {
		var what over
		if q, what, _ = q.across(grid, false, false); what == stays {
			break
		}
	}
	if grid != level {
		q.at = q.at.up7(false)
	}
	lat, lng := position(q.at.vec(), q.face, level, false)
	return FromPosition(lat, lng, level)
}

// Rings returns the rings around c from 0 to a distance. A ring runs
// counterclockwise and ends in the direction of digit 4; near a pentagon, where
// rings are not whole, its cells come in the order in which they are found.
func (c Cell) Rings(distance int) [][]Cell {
	out := [][]Cell{{c}}
	seen := map[Cell]bool{c: true}
	known := map[Cell][6]Cell{}
	of := func(x Cell) [6]Cell {
		n, ok := known[x]
		if !ok {
			n = x.neighbors()
			known[x] = n
		}
		return n
	}
	// step goes from x in a direction (of x) and returns the cell and what the
	// same direction is there.
	step := func(x Cell, dir int) (Cell, int, bool) {
		y := of(x)[dir]
		if y == 0 || y.Pentagon() || x.Pentagon() {
			return y, 0, y != 0
		}
		for back, z := range of(y) {
			if z == x {
				return y, (back + 3) % 6, true
			}
		}
		return 0, 0, false
	}
	start, dir := c, 0
	for k := 1; k <= distance; k++ {
		var ring []Cell
		ok := start != 0
		if ok {
			start, dir, ok = step(start, dir)
		}
		if ok {
			at, d := start, (dir+2)%6
			ring = append(ring, at)
			for side := range 6 {
				for i := range k {
					if side == 5 && i == k-1 {
						break
					}
					turn := d
					if at, d, ok = step(at, turn); !ok {
						break
					}
					ring = append(ring, at)
				}
				if d = (d + 1) % 6; !ok {
					break
				}
			}
		}
		var found []Cell // what lies around the ring before
		for _, x := range out[k-1] {
			for _, y := range of(x) {
				if y != 0 && !seen[y] {
					seen[y] = true
					found = append(found, y)
				}
			}
		}
		if !ok || !sameCells(ring, found) { // a pentagon is near
			start, ring = 0, found
		}
		if start != 0 {
			ring = append(ring[1:], ring[0])
		}
		out = append(out, ring)
	}
	return out
}

func sameCells(a, b []Cell) bool {
	if len(a) != len(b) {
		return false
	}
	in := make(map[Cell]bool, len(a))
	for _, x := range a {
		in[x] = true
	}
	for _, x := range b {
		if !in[x] {
			return false
		}
	}
	return len(in) == len(b)
}
