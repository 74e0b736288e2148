package jsondoc

import (
	"strings"
	"unicode/utf8"
)

// Key is a member name made ready for case-insensitive lookup.
type Key struct {
	name string
	hash uint32
}

// NewKey returns the key for a name.
func NewKey(name string) *Key { return &Key{name: name, hash: hashFold(name)} }

// Name returns the name as it was given.
func (k *Key) Name() string { return k.name }

// Interner shares keys between documents: resources of one inventory repeat
// the same few thousand names. It is not safe for concurrent use.
type Interner struct {
	keys  map[string]*Key
	slabN []node // rest of the slabs that the last document left
	slabM []member
}

// maxInterned bounds the table against documents whose names never repeat
// (maps keyed by ids); names beyond it are still correct, only not shared.
const maxInterned = 1 << 16

// NewInterner returns an empty table.
func NewInterner() *Interner { return &Interner{keys: make(map[string]*Key, 256)} }

func (in *Interner) key(name []byte) *Key {
	if k, ok := in.keys[string(name)]; ok {
		return k
	}
	k := NewKey(string(name))
	if len(in.keys) < maxInterned {
		in.keys[k.name] = k
	}
	return k
}

// hashFold is FNV-1a over the name with letters folded to lower case, so that
// names equal without regard to case share a hash.
func hashFold(s string) uint32 {
	const prime = 16777619
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return hashBytes(strings.ToLower(s))
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * prime
	}
	return h
}

func hashBytes(s string) uint32 {
	const prime = 16777619
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * prime
	}
	return h
}

func equalFold(a, b string) bool {
	return a == b || len(a) == len(b) && strings.EqualFold(a, b) ||
		strings.ToLower(a) == strings.ToLower(b) //nolint:staticcheck // hashFold folds like this, and EqualFold does not
}
