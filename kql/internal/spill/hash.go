package spill

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/azward/azward/kql/internal/vec"
)

// Fan is into how many partitions rows are split at a time, and Levels how
// often: each level looks at other bits of a row's hash.
const (
	Fan    = 16
	Levels = 8
)

// Hashes appends the hash of each of n rows by key columns: rows that are equal
// as keys have one hash, in every process.
func Hashes(dst []uint64, keys []*vec.Vec, n int) []uint64 {
	if len(keys) == 1 && keys[0].Ints != nil && !keys[0].Const && keys[0].Null == nil {
		for _, x := range keys[0].Ints[:n] {
			dst = append(dst, mix(uint64(x)))
		}
		return dst
	}
	var buf []byte
	for i := range n {
		if len(keys) == 1 && keys[0].Ints != nil && !keys[0].IsNull(i) {
			dst = append(dst, mix(uint64(keys[0].Ints[keys[0].At(i)])))
			continue
		}
		buf = buf[:0]
		for _, k := range keys {
			buf = vec.AppendKey(buf, k, i)
		}
		dst = append(dst, xxhash.Sum64(buf))
	}
	return dst
}

// mix is the end of MurmurHash3: every bit of x decides over every bit of the result.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// Split returns the rows of each of Fan partitions at a level.
func Split(hashes []uint64, level int) [Fan][]int32 {
	const width = Fan - 1
	shift := level * bits.Len(width)
	var sizes [Fan]int
	for _, h := range hashes {
		sizes[h>>shift&width]++
	}
	var out [Fan][]int32
	for i, n := range sizes {
		if n > 0 {
			out[i] = make([]int32, 0, n)
		}
	}
	for i, h := range hashes {
		at := h >> shift & width
		out[at] = append(out[at], int32(i))
	}
	return out
}
