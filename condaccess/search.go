package condaccess

import (
	"encoding/binary"
	"slices"
)

// box is a set of classes along each axis; it holds the cells whose class is in the
// set along every axis.
type box []set64

// search finds the cells of a space that no box of a list covers.
//
// It goes through the axes in order and keeps the boxes that still hold the cell
// begun. Boxes that leave a state with nothing more to cut are a cover; states that
// turned out covered are remembered, so that what many beginnings share is walked
// once. The last axis, the longest, is answered for all its classes at once.
type search struct {
	sizes   []int
	boxes   []box
	holds   [][]set64 // by axis, by class: the boxes that hold it
	tail    []set64   // by axis: boxes that are full along it and all after it
	covered []map[string]struct{}
	cell    []int
	keyBuf  []byte
	scratch []set64
}

func newSearch(sizes []int) *search {
	q := &search{sizes: sizes, cell: make([]int, len(sizes)), covered: make([]map[string]struct{}, len(sizes)), scratch: make([]set64, len(sizes)+1)}
	for i := range q.covered {
		q.covered[i] = map[string]struct{}{}
	}
	q.grow(0)
	return q
}

// grow makes room for n boxes.
func (q *search) grow(n int) {
	q.holds = make([][]set64, len(q.sizes))
	for a, size := range q.sizes {
		q.holds[a] = make([]set64, size)
		for c := range q.holds[a] {
			q.holds[a][c] = newSet(max(n, 64))
		}
	}
	q.tail = make([]set64, len(q.sizes)+1)
	for a := range q.tail {
		q.tail[a] = newSet(max(n, 64))
	}
	for a := range q.scratch {
		q.scratch[a] = newSet(max(n, 64))
	}
	for i, b := range q.boxes {
		q.index(i, b)
	}
}

func (q *search) index(i int, b box) {
	full := true
	q.tail[len(q.sizes)].add(i)
	for a, size := range slices.Backward(q.sizes) {
		b[a].each(func(c int) { q.holds[a][c].add(i) })
		if full = full && b[a].count() == size; full {
			q.tail[a].add(i)
		}
	}
}

// add adds a box to the list.
func (q *search) add(b box) {
	q.boxes = append(q.boxes, b)
	if n := len(q.boxes); n > len(q.tail[0])*64 {
		q.grow(2 * n)
		return
	}
	q.index(len(q.boxes)-1, b)
}

// next returns a cell that no box holds. The cell is valid until the next call.
func (q *search) next() ([]int, bool) {
	active := q.scratch[0]
	clear(active)
	for i := range q.boxes {
		active.add(i)
	}
	return q.cell, q.walk(0, active)
}

func (q *search) walk(a int, active set64) bool {
	if active.isEmpty() {
		for ; a < len(q.sizes); a++ {
			if q.sizes[a] == 0 {
				return false
			}
			q.cell[a] = 0
		}
		return true
	}
	if active.meets(q.tail[a]) {
		return false
	}
	if a == len(q.sizes) {
		return false
	}
	if a == len(q.sizes)-1 {
		for c, h := range q.holds[a] {
			if !active.meets(h) {
				q.cell[a] = c
				return true
			}
		}
		return false
	}
	key := q.key(active)
	if _, ok := q.covered[a][string(key)]; ok {
		return false
	}
	name := string(key)
	next := q.scratch[a+1]
	for c, h := range q.holds[a] {
		copy(next, active)
		next.and(h)
		q.cell[a] = c
		if q.walk(a+1, next) {
			return true
		}
	}
	q.covered[a][name] = struct{}{}
	return false
}

// key writes a set without its zeros at the end, so that it stays the same when
// the list of boxes grows.
func (q *search) key(s set64) []byte {
	n := len(s)
	for n > 0 && s[n-1] == 0 {
		n--
	}
	q.keyBuf = q.keyBuf[:0]
	for _, w := range s[:n] {
		q.keyBuf = binary.LittleEndian.AppendUint64(q.keyBuf, w)
	}
	return q.keyBuf
}

// widen grows a cell into a box that meets none of the obstacles and that no class
// can be added to. Axes are widened in order: the first get the most.
func widen(cell []int, sizes []int, obstacles []box, order []int) box {
	out := make(box, len(sizes))
	for a, size := range sizes {
		out[a] = newSet(size)
		out[a].add(cell[a])
	}
	apart := make([]int, len(obstacles)) // along how many axes the box and the obstacle do not meet
	for i, o := range obstacles {
		for a := range sizes {
			if !o[a].has(cell[a]) {
				apart[i]++
			}
		}
	}
	for _, a := range order {
		allowed := fullSet(sizes[a])
		for i, o := range obstacles {
			if apart[i] == 1 && !o[a].has(cell[a]) {
				allowed.andNot(o[a])
			}
		}
		out[a] = allowed
		for i, o := range obstacles {
			if !o[a].has(cell[a]) && allowed.meets(o[a]) {
				apart[i]--
			}
		}
	}
	return out
}
