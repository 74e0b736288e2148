package condaccess

import "math/bits"

// set64 is a set of policies (or classes) by index. The sets of one Set all have the same length.
type set64 []uint64

func newSet(n int) set64 { return make(set64, (n+63)/64) }

func (s set64) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set64) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set64) or(o set64) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s set64) and(o set64) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s set64) andNot(o set64) {
	for i := range s {
		s[i] &^= o[i]
	}
}

func (s set64) clone() set64 { return append(set64(nil), s...) }

func (s set64) isEmpty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set64) meets(o set64) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func (s set64) equal(o set64) bool {
	for i := range s {
		if s[i] != o[i] {
			return false
		}
	}
	return true
}

func (s set64) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f with the members in order.
func (s set64) each(f func(int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(i<<6 + bits.TrailingZeros64(w))
		}
	}
}

func (s set64) key() string {
	b := make([]byte, 0, len(s)*8)
	for _, w := range s {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	return string(b)
}

func fullSet(n int) set64 {
	s := newSet(n)
	for i := range n {
		s.add(i)
	}
	return s
}

// pair says of which policies a condition is met: certainly (yes), or possibly
// (may, which holds yes).
type pair struct{ yes, may set64 }

func newPair(n int) pair { return pair{newSet(n), newSet(n)} }

func (p pair) add(i int, t Tri) {
	switch t {
	case True:
		p.yes.add(i)
		p.may.add(i)
	case Unknown:
		p.may.add(i)
	default:
	}
}

func (p pair) or(o pair) {
	p.yes.or(o.yes)
	p.may.or(o.may)
}

// less returns p without what x excludes: certain where x certainly does not.
func (p pair) less(x pair) pair {
	p.yes.andNot(x.may)
	p.may.andNot(x.yes)
	return p
}

func (p pair) key() string { return p.yes.key() + p.may.key() }
