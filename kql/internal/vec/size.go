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
		n += 16 * int64(len(v.Strs))
		for i, s := range v.Strs {
			if i == 0 || unsafe.StringData(s) != unsafe.StringData(v.Strs[i-1]) { // one text of several rows
				n += int64(len(s))
			}
		}
	case v.Dyns != nil:
		n += dynamics(v.Dyns[:rows])
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

// dynamics is about how many bytes values take. Those that rows share count once.
func dynamics(vals []value.Value) int64 {
	step := max(1, len(vals)/sampled)
	var known [sampled + 1]any
	seen, apart, total := int64(0), int64(0), int64(0)
next:
	for i := 0; i < len(vals) && seen < int64(len(known)); i += step {
		id := value.Identity(vals[i])
		if id.At != nil {
			for _, k := range known[:seen] {
				if k == id {
					known[seen] = id
					seen++
					continue next
				}
			}
		}
		known[seen] = id
		seen++
		apart++
		total += value.Size(vals[i]) - valueBytes
	}
	n := valueBytes * int64(len(vals))
	if seen == 0 {
		return n
	}
	if apart <= seen/2 {
		return n + total
	}
	return n + total*int64(len(vals))/seen
}

const valueBytes = 48 // of a value.Value itself
