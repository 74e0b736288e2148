package h3

import "math"

// ijk are coordinates on three axes 120 degrees apart; normalized, none is
// negative and one is 0.
type ijk struct{ i, j, k int }

func (a ijk) add(b ijk) ijk   { return ijk{a.i + b.i, a.j + b.j, a.k + b.k} }
func (a ijk) sub(b ijk) ijk   { return ijk{a.i - b.i, a.j - b.j, a.k - b.k} }
func (a ijk) scale(n int) ijk { return ijk{a.i * n, a.j * n, a.k * n} }
func (a ijk) normal() ijk     { m := min(a.i, a.j, a.k); return ijk{a.i - m, a.j - m, a.k - m} }
func (a ijk) sum() int        { return a.i + a.j + a.k }
func (a ijk) turn(x, y, z ijk) ijk {
	return x.scale(a.i).add(y.scale(a.j)).add(z.scale(a.k)).normal()
}

// left and right turn by a sixth.
func (a ijk) left() ijk  { return a.turn(ijk{1, 1, 0}, ijk{0, 1, 1}, ijk{1, 0, 1}) }
func (a ijk) right() ijk { return a.turn(ijk{1, 0, 1}, ijk{1, 1, 0}, ijk{0, 1, 1}) }

// down7 gives the coordinates of a cell in the next finer grid, which is turned
// to the left where it is of class III and to the right where of class II.
func (a ijk) down7(classIII bool) ijk {
	if classIII {
		return a.turn(ijk{3, 0, 1}, ijk{1, 3, 0}, ijk{0, 1, 3})
	}
	return a.turn(ijk{3, 1, 0}, ijk{0, 3, 1}, ijk{1, 0, 3})
}

// up7 gives those of the cell in the next coarser grid that holds it.
func (a ijk) up7(classIII bool) ijk {
	i, j := float64(a.i-a.k), float64(a.j-a.k)
	if classIII {
		return ijk{int(math.Round((3*i - j) / 7)), int(math.Round((i + 2*j) / 7)), 0}.normal()
	}
	return ijk{int(math.Round((2*i + j) / 7)), int(math.Round((3*j - i) / 7)), 0}.normal()
}

func (a ijk) down3() ijk      { return a.turn(ijk{2, 0, 1}, ijk{1, 2, 0}, ijk{0, 1, 2}) }
func (a ijk) down3right() ijk { return a.turn(ijk{2, 1, 0}, ijk{0, 2, 1}, ijk{1, 0, 2}) }

// units are the steps that the digits 0 to 6 stand for.
var units = [7]ijk{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}}

func (a ijk) digit() int { return a.i*4 + a.j*2 + a.k }

// leftOf and rightOf turn a digit by a sixth.
var (
	leftOf  = [8]int{0, 5, 3, 1, 6, 4, 2, 7}
	rightOf = [8]int{0, 3, 6, 2, 5, 1, 4, 7}
)

// vec is a place on the plane of a face.
type vec struct{ x, y float64 }

const sin60 = 0.8660254037844386467637231707529361834714

func (a ijk) vec() vec {
	i, j := float64(a.i-a.k), float64(a.j-a.k)
	return vec{i - 0.5*j, j * sin60}
}

// nearestIJK returns the cell in which a place lies.
func nearestIJK(v vec) ijk {
	j := v.y / sin60
	i := v.x + j/2
	q, r := i-j, j
	s := -q - r
	rq, rr, rs := math.Round(q), math.Round(r), math.Round(s)
	dq, dr, ds := math.Abs(rq-q), math.Abs(rr-r), math.Abs(rs-s)
	if dq > dr && dq > ds {
		rq = -rr - rs
	} else if dr > ds {
		rr = -rq - rs
	}
	return ijk{int(rq + rr), int(rr), 0}.normal()
}
