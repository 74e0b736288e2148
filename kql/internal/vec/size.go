package vec

import (
	"unsafe"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// sampled is of how many dynamic values the size is taken; the others are
// reckoned to be like them.
const sampled = 32

// Width is about how many bytes a row takes, without what texts and dynamic
// values refer to.
func (b *Builder) Width() int64 {
	switch b.v.Type {
	case types.Bool:
		return 1
	case types.String, types.GUID:
		return 20
	case types.Decimal:
		return 80
	case types.Dynamic:
		return 96
	default:
		return 10
	}
}

// Size returns about how many bytes of memory a batch takes.
func Size(b *Batch) int64 {
	n := int64(96)
	for _, c := range b.Cols {
		n += c.Size()
	}
	return n
}

// Size returns about how many bytes of memory a column takes. Those of its
// dynamic values are reckoned from some of them.
func (v *Vec) Size() int64 {
	rows := v.slots()
	n := int64(unsafe.Sizeof(*v)) + int64(len(v.Null))
	switch {
	case v.Strs != nil:
		for _, s := range v.Strs {
			n += 16 + int64(len(s))
		}
	case v.Dyns != nil:
		step := max(1, rows/sampled)
		seen, total := int64(0), int64(0)
		for i := 0; i < rows; i += step {
			seen++
			total += value.Size(v.Dyns[i])
		}
		if seen > 0 {
			n += total * int64(rows) / seen
		}
	case v.Type == types.Bool:
		n += int64(rows)
	case v.Type == types.Decimal:
		n += 72 * int64(rows)
	case v.Type == types.GUID:
		n += 16 * int64(rows)
	default:
		n += 8 * int64(rows)
	}
	return n
}
