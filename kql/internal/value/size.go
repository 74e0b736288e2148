package value

import "unsafe"

// valueBytes are those of a Value itself.
const valueBytes = 48

// Size returns about how many bytes of memory a value takes, with all that it
// refers to.
func Size(v Value) int64 {
	n := int64(valueBytes + len(v.str))
	switch r := v.ref.(type) {
	case []Value:
		n += 24
		for _, x := range r {
			n += Size(x)
		}
	case *Bag:
		if r == nil {
			break
		}
		n += 72
		for i, k := range r.keys {
			n += 16 + int64(len(k)) + Size(r.vals[i])
		}
		if r.index != nil {
			n += 64 * int64(len(r.keys))
		}
	case nil:
	default: // a decimal, a guid
		n += 64
	}
	return n
}

// Identity tells the arrays and bags apart that are in memory more than once
// from those that several values share; of other values it is zero.
func Identity(v Value) (id struct {
	At  unsafe.Pointer
	Len int
}) {
	switch r := v.ref.(type) {
	case []Value:
		if len(r) > 0 {
			id.At, id.Len = unsafe.Pointer(unsafe.SliceData(r)), len(r)
		}
	case *Bag:
		id.At = unsafe.Pointer(r)
	}
	return id
}
