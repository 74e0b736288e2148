package value

import "unsafe"

// valueBytes are those of a Value itself.
const valueBytes = 48

// Size returns about how many bytes of memory a value takes, with all that it
// refers to: what several of its parts share counts for each of them, as when
// it is written.
func Size(v Value) int64 { return int64(size(&v)) }

// sizeLimit is where sizes end: parts that share parts that share parts are soon
// larger than any number.
const sizeLimit = 1 << 60

func added(a, b uint64) uint64 { return min(a+b, sizeLimit) }

func size(v *Value) uint64 {
	switch v.kind {
	case KindArray, KindBag:
		return valueBytes + v.num
	case KindDecimal, KindGUID:
		return valueBytes + 64
	default:
		return valueBytes + uint64(len(v.str))
	}
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
