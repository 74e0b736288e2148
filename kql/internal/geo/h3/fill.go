package h3

import "math"

// Loop is a ring of corners (latitude, longitude in radians), the first one not
// repeated at the end.
type Loop [][2]float64

const earthKm = 6371.007180918475

func distanceKm(a, b [2]float64) float64 {
	sLat, sLng := math.Sin((b[0]-a[0])/2), math.Sin((b[1]-a[1])/2)
	h := sLat*sLat + sLng*sLng*math.Cos(a[0])*math.Cos(b[0])
	return 2 * math.Atan2(math.Sqrt(h), math.Sqrt(1-h)) * earthKm
}

// crosses180 tells whether a loop runs over the 180th meridian.
func (l Loop) crosses180() bool {
	for i, a := range l {
		if math.Abs(a[1]-l[(i+1)%len(l)][1]) > math.Pi {
			return true
		}
	}
	return false
}

// holds tells whether a point lies in the loop on a flat map.
func (l Loop) holds(p [2]float64) bool {
	wrap := func(lng float64) float64 { return lng }
	if l.crosses180() {
		wrap = func(lng float64) float64 {
			if lng < 0 {
				return lng + 2*math.Pi
			}
			return lng
		}
	}
	in := false
	lat, lng := p[0], wrap(p[1])
	for i, a := range l {
		b := l[(i+1)%len(l)]
		if a[0] > b[0] {
			a, b = b, a
		}
		if lat == a[0] || lat == b[0] {
			lat += 2.220446049250313e-16
		}
		if lat < a[0] || lat > b[0] {
			continue
		}
		x, y := wrap(a[1]), wrap(b[1])
		if x == lng || y == lng {
			lng -= 2.220446049250313e-16
		}
		if at := x + (y-x)*(lat-a[0])/(b[0]-a[0]); wrap(at) > lng {
			in = !in
		}
	}
	return in
}

// radiusKm is the distance from the middle to a corner of a pentagon of a level,
// which is smaller than that of all other cells.
func radiusKm(level int) float64 {
	c := Cell(1<<59 | 4<<45 | 1<<45 - 1).withLevel(level)
	for r := 1; r <= level; r++ {
		c = c.withDigit(r, 0)
	}
	lat, lng := c.Center()
	return distanceKm([2]float64{lat, lng}, c.Boundary()[0])
}

// estimate is how many cells of a level the box around a loop may hold.
func (l Loop) estimate(level int) (int, bool) {
	north, south, east, west := math.Inf(-1), math.Inf(1), math.Inf(-1), math.Inf(1)
	over := l.crosses180()
	for _, p := range l {
		north, south = max(north, p[0]), min(south, p[0])
		if over && p[1] > 0 {
			west = min(west, p[1])
		} else if over {
			east = max(east, p[1])
		} else {
			east, west = max(east, p[1]), min(west, p[1])
		}
	}
	r := radiusKm(level)
	d := distanceKm([2]float64{north, east}, [2]float64{south, west})
	dLng, dLat := math.Abs(east-west), math.Abs(north-south)
	if dLng == 0 || dLat == 0 {
		return 0, false
	}
	n := math.Ceil(d * d / min(3, max(dLng, dLat)/min(dLng, dLat)) / (0.8 * 2.59807621135 * r * r))
	if !(n >= 0 && n < 1<<24) {
		return 0, false
	}
	return max(1, int(n)), true
}

// slots is a table of cells by their number, as H3's library keeps them: it
// gives them out in the order of its places.
type slots []Cell

// add puts a cell in; it is false where the cell was there before or the table
// is full.
func (s slots) add(c Cell) bool {
	n := uint64(len(s))
	for k := range n {
		switch at := (uint64(c) + k) % n; s[at] {
		case 0:
			s[at] = c
			return true
		case c:
			return false
		}
	}
	return false
}

func (s slots) has(c Cell) bool {
	n := uint64(len(s))
	for k := range n {
		switch s[(uint64(c)+k)%n] {
		case 0:
			return false
		case c:
			return true
		}
	}
	return false
}

// Fill returns the cells of a level whose middle lies in the first loop and in
// none of the others, in the order in which H3's library does; ok is false where
// there are more than most.
func Fill(loops []Loop, level, most int) ([]Cell, bool) {
	n, ok := loops[0].estimate(level)
	if !ok {
		return nil, false
	}
	corners := 0
	for _, l := range loops {
		corners += len(l)
	}
	n = max(n, corners) + 12
	if n > 32*most {
		return nil, false
	}
	var search []Cell
	traced := make(slots, n)
	step := 2 * radiusKm(level)
	for _, l := range loops {
		for i, a := range l {
			b := l[(i+1)%len(l)]
			k := max(1, math.Ceil(distanceKm(a, b)/step))
			for j := 0.0; j < k; j++ {
				c, ok := FromPosition(a[0]*(k-j)/k+b[0]*j/k, a[1]*(k-j)/k+b[1]*j/k, level)
				if ok && traced.add(c) {
					search = append(search, c)
				}
			}
		}
	}
	out := make(slots, n)
	found := 0
	for len(search) > 0 {
		var next []Cell
		for _, s := range search {
			for _, c := range append([]Cell{s}, s.Neighbors()...) {
				if out.has(c) {
					continue
				}
				lat, lng := c.Center()
				p := [2]float64{lat, lng}
				in := loops[0].holds(p)
				for _, hole := range loops[1:] {
					in = in && !hole.holds(p)
				}
				if in && out.add(c) {
					next = append(next, c)
					found++
				}
			}
		}
		if search = next; found > most {
			return nil, false
		}
	}
	cells := make([]Cell, 0, found)
	for _, c := range out {
		if c != 0 {
			cells = append(cells, c)
		}
	}
	return cells, true
}
