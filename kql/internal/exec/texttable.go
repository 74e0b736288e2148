package exec

import (
	"hash/maphash"
	"math/bits"
)

// textTable finds the first row with a text: open addressing over hashes, eight
// bytes a slot, so that few lines of memory are read for a probe.
type textTable struct {
	seed  maphash.Seed
	keys  []string // of each row
	slots []slot   // a power of two of them, more than there are rows
}

// slot holds a part of a text's hash, and the row's number and one; 0 is empty.
type slot struct {
	hash uint32
	row  int32
}

func newTextTable(keys []string) *textTable {
	size := 1 << bits.Len(uint(2*len(keys)))
	return &textTable{seed: maphash.MakeSeed(), keys: keys, slots: make([]slot, size)}
}

func (t *textTable) hash(s string) uint64 { return maphash.String(t.seed, s) }

// at returns the slot of a text with a hash: an empty one where it has none.
func (t *textTable) at(s string, hash uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	high := uint32(hash >> 32)
	for i := hash & mask; ; i = (i + 1) & mask {
		p := &t.slots[i]
		if p.row == 0 || p.hash == high && t.keys[p.row-1] == s {
			return p
		}
	}
}

// put makes row i the first with its text and returns the one before, -1 none.
func (t *textTable) put(i int) int32 {
	h := t.hash(t.keys[i])
	p := t.at(t.keys[i], h)
	before := p.row - 1
	*p = slot{uint32(h >> 32), int32(i) + 1}
	return before
}

// find returns the first row with a text, -1 where there is none.
func (t *textTable) find(s string) int32 { return t.at(s, t.hash(s)).row - 1 }

// findAll appends the first row with each text. All hashes are computed before
// any slot is read: the reads then overlap.
func (t *textTable) findAll(out []int32, texts []string) []int32 {
	const block = 256
	var hashes [block]uint64
	for len(texts) > 0 {
		n := min(block, len(texts))
		for i, s := range texts[:n] {
			hashes[i] = t.hash(s)
		}
		for i, s := range texts[:n] {
			out = append(out, t.at(s, hashes[i]).row-1)
		}
		texts = texts[n:]
	}
	return out
}
