package value

import (
	"bytes"
	"math"
	"strings"
)

// Equal tells whether two values are the same as group and join keys are: null
// equals null, NaN equals NaN, numbers by value across int, long and real,
// strings by bytes, arrays and bags by content (bags in any key order).
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return a.Numeric() && b.Numeric() && Compare(a, b) == 0
	}
	switch a.kind {
	case KindArray:
		x, y := a.Items(), b.Items()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case KindBag:
		x, y := a.Bag(), b.Bag()
		if x.Len() != y.Len() {
			return false
		}
		for i, k := range x.keys {
			o, ok := y.Get(k)
			if !ok || !Equal(x.vals[i], o) {
				return false
			}
		}
		return true
	default:
		return Compare(a, b) == 0
	}
}

// rank orders kinds that cannot be compared by value: null first.
func rank(k Kind) int {
	switch k {
	case KindInt, KindLong, KindReal, KindDecimal:
		return int(KindInt)
	default:
		return int(k)
	}
}

// Compare orders two values totally, null before all others, NaN before all
// other numbers, strings by bytes, arrays element by element.
func Compare(a, b Value) int {
	if ra, rb := rank(a.kind), rank(b.kind); ra != rb {
		return cmp(ra, rb)
	}
	switch a.kind {
	case KindNull:
		return 0
	case KindString:
		return strings.Compare(a.str, b.str)
	case KindBool, KindDateTime, KindTimeSpan:
		return cmp(a.Int64(), b.Int64())
	case KindGUID:
		x, y := a.UUID(), b.UUID()
		return bytes.Compare(x[:], y[:])
	case KindArray:
		x, y := a.Items(), b.Items()
		for i := range min(len(x), len(y)) {
			if c := Compare(x[i], y[i]); c != 0 {
				return c
			}
		}
		return cmp(len(x), len(y))
	case KindBag:
		return strings.Compare(JSON(a), JSON(b))
	default: // numbers, below
	}
	if a.kind <= KindLong && b.kind <= KindLong {
		return cmp(a.Int64(), b.Int64())
	}
	if a.kind == KindDecimal && b.kind == KindDecimal {
		return a.Dec().Cmp(b.Dec())
	}
	x, y := a.Float(), b.Float()
	switch nx, ny := math.IsNaN(x), math.IsNaN(y); {
	case nx && ny:
		return 0
	case nx:
		return -1
	case ny:
		return 1
	}
	return cmp(x, y)
}

func cmp[T int | int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
