package vec

import (
	"bytes"
	"math"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Compare orders row i of a and row j of b, columns of one type: null first,
// NaN before other numbers, strings by bytes.
func Compare(a *Vec, i int, b *Vec, j int) int {
	if na, nb := a.IsNull(i), b.IsNull(j); na || nb {
		switch {
		case na && nb:
			return 0
		case na:
			return -1
		}
		return 1
	}
	i, j = a.At(i), b.At(j)
	switch a.Type {
	case types.Bool:
		x, y := a.Bools[i], b.Bools[j]
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		x, y := a.Ints[i], b.Ints[j]
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case types.Real:
		x, y := a.Reals[i], b.Reals[j]
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		case x == y:
			return 0
		}
		nx, ny := math.IsNaN(x), math.IsNaN(y)
		switch {
		case nx && ny:
			return 0
		case nx:
			return -1
		}
		return 1
	case types.String:
		return strings.Compare(a.Strs[i], b.Strs[j])
	case types.GUID:
		x, y := a.GUIDs[i], b.GUIDs[j]
		return bytes.Compare(x[:], y[:])
	case types.Decimal:
		return a.Decs[i].Cmp(b.Decs[j])
	default:
		return value.Compare(a.Dyns[i], b.Dyns[j])
	}
}

// CompareAsked orders row i of a and row j of b, columns of one type, as a sort
// key asks: null and NaN stay together at the end that nullsFirst names, null
// outermost, whatever the direction of the other values
// (https://learn.microsoft.com/kusto/query/sort-operator).
func CompareAsked(a *Vec, i int, b *Vec, j int, desc, nullsFirst bool) int {
	x, y := a.absence(i), b.absence(j)
	switch {
	case x != y:
		if (x > y) == nullsFirst {
			return -1
		}
		return 1
	case x > 0:
		return 0
	}
	c := Compare(a, i, b, j)
	if desc {
		return -c
	}
	return c
}

// absence is 2 for null, 1 for NaN and 0 for any other value.
func (v *Vec) absence(i int) int {
	switch {
	case v.IsNull(i):
		return 2
	case v.Type == types.Real && math.IsNaN(v.Reals[v.At(i)]):
		return 1
	}
	return 0
}

// AppendKey appends to dst bytes that are equal exactly where two rows are
// equal as group and join keys (null equals null, NaN equals NaN). Keys of
// several columns may be appended one after the other.
func AppendKey(dst []byte, v *Vec, i int) []byte {
	i = v.At(i)
	if v.Null != nil && v.Null[i] {
		return append(dst, 0)
	}
	switch v.Type {
	case types.Bool:
		if v.Bools[i] {
			return append(dst, 2)
		}
		return append(dst, 1)
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		return append64(append(dst, 1), uint64(v.Ints[i]))
	case types.Real:
		f := v.Reals[i]
		if f == 0 {
			f = 0 // no negative zero
		}
		if math.IsNaN(f) {
			f = math.NaN()
		}
		return append64(append(dst, 1), math.Float64bits(f))
	case types.String:
		s := v.Strs[i]
		return append(append64(dst, uint64(len(s))), s...)
	case types.GUID:
		return append(append(dst, 1), v.GUIDs[i][:]...)
	case types.Decimal:
		var r types.Dec
		r.Reduce(v.Decs[i])
		s := r.Text('E')
		return append(append(append(dst, 1), byte(len(s))), s...)
	default: // dynamic, below
	}
	start := len(dst)
	dst = append64(dst, 0)
	dst = value.AppendKey(dst, v.Dyns[i])
	put64(dst[start:], uint64(len(dst)-start-8))
	return dst
}

func append64(dst []byte, u uint64) []byte {
	return append(dst, byte(u), byte(u>>8), byte(u>>16), byte(u>>24), byte(u>>32), byte(u>>40), byte(u>>48), byte(u>>56))
}

func put64(dst []byte, u uint64) {
	for i := range 8 {
		dst[i] = byte(u >> (8 * i))
	}
}
