package fn

import (
	"encoding/binary"
	"slices"
	"sort"
)

// Kusto returns some sets of cells in the order of the hash table in which it
// gathered them. Its recorded answers show which one: the table of GNU's C++
// library, with room for all elements from the start and MurmurHash64A of the
// cells' texts. There, a new bucket goes to the front, a new element to the
// front of its bucket.

// tablePrimes are the sizes of such a table.
var tablePrimes = []uint64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 103, 109, 113, 127, 137, 139, 149, 157, 167, 179, 193, 199,
	211, 227, 241, 257, 277, 293, 313, 337, 359, 383, 409, 439, 467, 503, 541, 577, 619, 661, 709, 761, 823, 887, 953, 1031, 1109, 1193, 1289, 1381, 1493, 1613, 1741, 1879, 2029, 2179,
	2357, 2549, 2753, 2971, 3209, 3469, 3739, 4027, 4349, 4703, 5087, 5503, 5953, 6427, 6949, 7517, 8123, 8783, 9497, 10273, 11113, 12011, 12983, 14033, 15173, 16411, 17749, 19183,
	20753, 22447, 24281, 26267, 28411, 30727, 33223, 35933, 38873, 42043, 45481, 49201, 53201, 57557, 62233, 67307}

// tableOrder returns texts, which are distinct, in the order of that table.
func tableOrder(texts []string) []string {
	at := sort.Search(len(tablePrimes)-1, func(i int) bool { return tablePrimes[i] >= uint64(len(texts)) })
	size := tablePrimes[at]
	buckets := map[uint64][]string{}
	var order []uint64
	for _, s := range texts {
		b := murmur64([]byte(s)) % size
		if buckets[b] == nil {
			order = append(order, b)
		}
		buckets[b] = append(buckets[b], s)
	}
	out := make([]string, 0, len(texts))
	for _, b := range slices.Backward(order) {
		for _, s := range slices.Backward(buckets[b]) {
			out = append(out, s)
		}
	}
	return out
}

// murmur64 is MurmurHash64A with the seed that GNU's C++ library takes.
func murmur64(b []byte) uint64 {
	const mul, seed = 0xc6a4a7935bd1e995, 0xc70f6907
	mix := func(x uint64) uint64 { return x ^ x>>47 }
	n := uint64(len(b))
	h := seed ^ n*mul
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ mix(binary.LittleEndian.Uint64(b)*mul)*mul) * mul
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		h = (h ^ binary.LittleEndian.Uint64(rest[:])) * mul
	}
	return mix(mix(h) * mul)
}
