// Package h3 is the hexagonal grid H3 in Go: cells of positions, their centers
// and boundaries, parents, children and rings. It gives the numbers that H3's
// library does (version 4); the tables of the grid lie in tables.go.
//
// A Cell is made by FromPosition or Parse. Positions are in radians.
package h3

import (
	"math"
	"strconv"
)

// Cell is the number of a cell.
type Cell uint64

// MaxLevel is the finest resolution.
const MaxLevel = 15

const (
	epsilon  = 1e-16 * 1e0
	scale0   = 0.38196601125010500003 // of a cell of resolution 0 on the plane of a face
	sqrt7    = 2.6457513110645905905016157536392604257102
	classRot = 0.333473172251832115336090755351601070065900389 // turn of grids of class III
)

func classIII(level int) bool { return level%2 == 1 }

// Parse reads the hexadecimal number of a cell; ok is false for anything else.
func Parse(s string) (Cell, bool) {
	n, err := strconv.ParseUint(s, 16, 64)
	c := Cell(n)
	return c, err == nil && c.valid()
}

func (c Cell) String() string { return strconv.FormatUint(uint64(c), 16) }

// Level returns the resolution.
func (c Cell) Level() int { return int(c>>52) & 15 }

func (c Cell) base() int       { return int(c>>45) & 127 }
func (c Cell) digit(r int) int { return int(c>>(3*(MaxLevel-r))) & 7 }

func (c Cell) withDigit(r, d int) Cell {
	shift := 3 * (MaxLevel - r)
	return c&^(7<<shift) | Cell(d)<<shift
}

func (c Cell) withLevel(r int) Cell { return c&^(15<<52) | Cell(r)<<52 }

func (c Cell) valid() bool {
	if c>>63 != 0 || c>>59&15 != 1 || c>>56&7 != 0 || c.base() >= len(bases) {
		return false
	}
	for r := 1; r <= MaxLevel; r++ {
		if d := c.digit(r); (r <= c.Level()) == (d == 7) {
			return false
		}
	}
	return !(bases[c.base()].pentagon && c.leading() == 1)
}

// leading returns the first digit that is not 0.
func (c Cell) leading() int {
	for r := 1; r <= c.Level(); r++ {
		if d := c.digit(r); d != 0 {
			return d
		}
	}
	return 0
}

// Pentagon tells whether the cell has five sides only.
func (c Cell) Pentagon() bool { return bases[c.base()].pentagon && c.leading() == 0 }

func (c Cell) turned(table *[8]int) Cell {
	for r := 1; r <= c.Level(); r++ {
		c = c.withDigit(r, table[c.digit(r)])
	}
	return c
}

// leftPent turns a cell around a pentagon, which lacks the cells of digit 1.
func (c Cell) leftPent() Cell {
	found := false
	for r := 1; r <= c.Level(); r++ {
		c = c.withDigit(r, leftOf[c.digit(r)])
		if !found && c.digit(r) != 0 {
			found = true
			if c.leading() == 1 {
				c = c.turned(&leftOf)
			}
		}
	}
	return c
}

// place is a cell by its face and coordinates there.
type place struct {
	face int
	at   ijk
}

// unit3 is a direction from the center of the earth.
type unit3 [3]float64

func direction(lat, lng float64) unit3 {
	c := math.Cos(lat)
	return unit3{math.Cos(lng) * c, math.Sin(lng) * c, math.Sin(lat)}
}

// faceDirections are the directions of the centers of the faces.
var faceDirections = func() (out [20]unit3) {
	for f, c := range faceCenters {
		out[f] = direction(c[0], c[1])
	}
	return out
}()

func closestFace(lat, lng float64) (face int, square float64) {
	p := direction(lat, lng)
	square = 5
	for f, q := range faceDirections {
		d := (p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])
		if d < square {
			face, square = f, d
		}
	}
	return face, square
}

func azimuth(lat, lng, lat2, lng2 float64) float64 {
	return math.Atan2(math.Cos(lat2)*math.Sin(lng2-lng), math.Cos(lat)*math.Sin(lat2)-math.Sin(lat)*math.Cos(lat2)*math.Cos(lng2-lng))
}

func positive(a float64) float64 {
	if a = math.Mod(a, 2*math.Pi); a < 0 {
		a += 2 * math.Pi
	}
	return a
}

// FromPosition returns the cell of a level in which a position lies.
func FromPosition(lat, lng float64, level int) (Cell, bool) {
	if level < 0 || level > MaxLevel || math.IsNaN(lat) || math.IsNaN(lng) || math.IsInf(lat, 0) || math.IsInf(lng, 0) {
		return 0, false
	}
	face, square := closestFace(lat, lng)
	r := math.Acos(1 - square/2)
	var v vec
	if r >= epsilon {
		c := faceCenters[face]
		theta := positive(faceAxes[face] - positive(azimuth(c[0], c[1], lat, lng)))
		if classIII(level) {
			theta = positive(theta - classRot)
		}
		r = math.Tan(r) / scale0
		for range level {
			r *= sqrt7
		}
		v = vec{r * math.Cos(theta), r * math.Sin(theta)}
	}
	return place{face, nearestIJK(v)}.cell(level)
}

func (p place) cell(level int) (Cell, bool) {
	c := Cell(1<<59 | 1<<45 - 1).withLevel(level)
	at := p.at
	for r := level - 1; r >= 0; r-- {
		last := at
		at = at.up7(classIII(r + 1))
		center := at.down7(classIII(r + 1))
		c = c.withDigit(r+1, last.sub(center).normal().digit())
	}
	if at.i > 2 || at.j > 2 || at.k > 2 {
		return 0, false
	}
	entry := cellsAt[p.face][at.i][at.j][at.k]
	b := int(entry[0])
	c |= Cell(b) << 45
	if bases[b].pentagon {
		if c.leading() == 1 {
			if bases[b].turned[0] == p.face || bases[b].turned[1] == p.face {
				c = c.turned(&rightOf)
			} else {
				c = c.turned(&leftOf)
			}
		}
		for range entry[1] {
			c = c.leftPent()
		}
		return c, true
	}
	for range entry[1] {
		c = c.turned(&leftOf)
	}
	return c, true
}

// over is what crossing the edge of a face came to.
type over uint8

const (
	stays over = iota
	onEdge
	crosses
)

func scaleII(level int) int {
	n := 1
	for range level / 2 {
		n *= 7
	}
	return n
}

// across moves a place of a grid of class II that lies beyond the edge of its
// face onto the face there. pent4 is set for cells of a pentagon whose leading
// digit is 4; fine, where the grid is the one of the vertices, thrice as fine.
// turns counts the sixths of a left turn.
func (p place) across(level int, pent4, fine bool) (q place, what over, turns int) {
	size, step := 2*scaleII(level), scaleII(level)
	if fine {
		size, step = 3*size, 3*step
	}
	if fine && p.at.sum() == size {
		return p, onEdge, 0
	}
	if p.at.sum() <= size {
		return p, stays, 0
	}
	var h hop
	switch {
	case p.at.k > 0 && p.at.j > 0:
		h = hops[p.face][2]
	case p.at.k > 0:
		h = hops[p.face][1]
		if pent4 {
			o := ijk{size, 0, 0}
			p.at = p.at.sub(o).right().add(o)
			turns--
		}
	default:
		h = hops[p.face][0]
	}
	p.face = h.face
	for range h.turns {
		p.at = p.at.left()
	}
	p.at = p.at.add(h.move.scale(step)).normal()
	if fine && p.at.sum() == size {
		return p, onEdge, turns + h.turns
	}
	return p, crosses, turns + h.turns
}

// place returns where a cell lies, and by how many sixths the directions there
// are turned to the left against those of the cell's digits.
func (c Cell) place() (place, int) {
	b := bases[c.base()]
	turns := 0
	if b.pentagon && c.leading() == 5 {
		c = c.turned(&rightOf)
		turns--
	}
	p := place{b.face, b.at}
	level := c.Level()
	possible := b.pentagon || level != 0 && b.at != ijk{}
	for r := 1; r <= level; r++ {
		p.at = p.at.down7(classIII(r)).add(units[c.digit(r)]).normal()
	}
	if !possible {
		return p, turns
	}
	orig := p
	grid := level
	if classIII(level) {
		p.at = p.at.down7(false)
		grid++
	}
	pent4 := b.pentagon && c.leading() == 4
	q, what, n := p.across(grid, pent4, false)
	if what == stays {
		return orig, turns
	}
	turns += n
	if b.pentagon {
		for {
			var again over
			if q, again, n = q.across(grid, false, false); again == stays {
				break
			}
			turns += n
		}
	}
	if grid != level {
		q.at = q.at.up7(false)
	}
	return q, turns
}

// position returns latitude and longitude of a place on the plane of a face.
func position(v vec, face, level int, fine bool) (lat, lng float64) {
	r := math.Hypot(v.x, v.y)
	c := faceCenters[face]
	if r < epsilon {
		return c[0], c[1]
	}
	theta := math.Atan2(v.y, v.x)
	for range level {
		r /= sqrt7
	}
	if fine {
		r /= 3
		if classIII(level) {
			r /= sqrt7
		}
	}
	r = math.Atan(r * scale0)
	if !fine && classIII(level) {
		theta = positive(theta + classRot)
	}
	az := positive(faceAxes[face] - theta)
	sinLat := math.Sin(c[0])*math.Cos(r) + math.Cos(c[0])*math.Sin(r)*math.Cos(az)
	lat = math.Asin(min(1, max(-1, sinLat)))
	if math.Abs(math.Abs(lat)-math.Pi/2) < epsilon {
		return lat, 0
	}
	lng = c[1] + math.Atan2(math.Sin(az)*math.Sin(r)*math.Cos(c[0]), math.Cos(r)-math.Sin(c[0])*sinLat)
	if lng > math.Pi {
		lng -= 2 * math.Pi
	} else if lng < -math.Pi {
		lng += 2 * math.Pi
	}
	return lat, lng
}

// Center returns the middle of a cell.
func (c Cell) Center() (lat, lng float64) {
	p, _ := c.place()
	return position(p.at.vec(), p.face, c.Level(), false)
}

var (
	cornersII  = [6]ijk{{2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {0, 1, 2}, {1, 0, 2}, {2, 0, 1}}
	cornersIII = [6]ijk{{5, 4, 0}, {1, 5, 0}, {0, 5, 4}, {0, 1, 5}, {4, 0, 5}, {5, 0, 1}}
)

// Boundary returns the corners of a cell, counterclockwise; cells that lie
// across an edge of the icosahedron have more of them.
func (c Cell) Boundary() (out [][2]float64) {
	p, _ := c.place()
	level := c.Level()
	corners, grid := &cornersII, level
	p.at = p.at.down3().down3right()
	if classIII(level) {
		p.at, corners, grid = p.at.down7(false), &cornersIII, level+1
	}
	n := 6
	if c.Pentagon() {
		n = 5
	}
	var last place
	lastOver := stays
	for k := 0; k <= n; k++ {
		orig := place{p.face, p.at.add(corners[k%n]).normal()}
		q, what, _ := orig.across(grid, false, true)
		if n == 5 {
			for what == crosses {
				var again over
				if q, again, _ = q.across(grid, false, true); again != crosses {
					break
				}
			}
		}
		if classIII(level) && k > 0 {
			if n == 5 {
				// the two corners lie on different faces: find the first on the face of the second
				if v, face, ok := pentCrossing(last, q, grid); ok {
					lat, lng := position(v, face, grid, true)
					out = append(out, [2]float64{lat, lng})
				}
			} else if q.face != last.face && lastOver != onEdge {
				other := last.face
				if last.face == p.face {
					other = q.face
				}
				if v, ok := crossing(p.at.add(corners[(k+n-1)%n]).normal().vec(), orig.at.vec(), edgeTo(p.face, other), grid); ok {
					lat, lng := position(v, p.face, grid, true)
					out = append(out, [2]float64{lat, lng})
				}
			}
		}
		if k < n {
			lat, lng := position(q.at.vec(), q.face, grid, true)
			out = append(out, [2]float64{lat, lng})
		}
		last, lastOver = q, what
	}
	return out
}

// edgeTo is the number of the hop from one face to another, -1 if there is none.
func edgeTo(face, other int) int {
	for k, h := range hops[face] {
		if h.face == other {
			return k
		}
	}
	return -1
}

// crossing is where the line between two corners meets an edge of a face; ok is
// false where that is one of the corners.
func crossing(a, b vec, edge, grid int) (vec, bool) {
	size := float64(2 * scaleII(grid))
	v0, v1, v2 := vec{3 * size, 0}, vec{-1.5 * size, 3 * sin60 * size}, vec{-1.5 * size, -3 * sin60 * size}
	var e, f vec
	switch edge {
	case 0:
		e, f = v0, v1
	case 1:
		e, f = v2, v0
	case 2:
		e, f = v1, v2
	default:
		return vec{}, false
	}
	d, g := vec{b.x - a.x, b.y - a.y}, vec{f.x - e.x, f.y - e.y}
	t := (g.x*(a.y-e.y) - g.y*(a.x-e.x)) / (-g.x*d.y + d.x*g.y)
	v := vec{a.x + t*d.x, a.y + t*d.y}
	near := func(p vec) bool { return math.Abs(p.x-v.x) < 1e-7 && math.Abs(p.y-v.y) < 1e-7 }
	return v, !near(a) && !near(b)
}

func pentCrossing(last, q place, grid int) (vec, int, bool) {
	k := edgeTo(q.face, last.face)
	if k < 0 {
		return vec{}, 0, false
	}
	h := hops[q.face][k]
	at := q.at
	for range h.turns {
		at = at.left()
	}
	at = at.add(h.move.scale(3 * scaleII(grid))).normal()
	v, ok := crossing(last.at.vec(), at.vec(), edgeTo(h.face, q.face), grid)
	return v, h.face, ok
}

// Parent returns the cell of a coarser level in which c lies.
func (c Cell) Parent(level int) (Cell, bool) {
	if level < 0 || level > c.Level() {
		return 0, false
	}
	for r := level + 1; r <= c.Level(); r++ {
		c = c.withDigit(r, 7)
	}
	return c.withLevel(level), true
}

// MaxDepth is how many levels below a cell Children goes.
const MaxDepth = 5

// Children returns the cells of a finer level in c.
func (c Cell) Children(level int) ([]Cell, bool) {
	if level < c.Level() || level > MaxLevel || level-c.Level() > MaxDepth {
		return nil, false
	}
	out := []Cell{c}
	for r := c.Level() + 1; r <= level; r++ {
		next := make([]Cell, 0, 7*len(out))
		for _, p := range out {
			for d := range 7 {
				if d == 1 && p.Pentagon() {
					continue
				}
				next = append(next, p.withLevel(r).withDigit(r, d))
			}
		}
		out = next
	}
	return out, true
}
