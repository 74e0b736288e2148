// Package jsondoc is the JSON that azward reasons over: an immutable tree that
// keeps number literals, key order and byte offsets, and looks keys up without
// regard to case, as Azure Resource Manager does.
//
// Start with [Parse]. A [Value] is a pointer-sized handle; the zero Value is
// "missing", which is not the same as JSON null: [Value.Get] of an absent key
// answers missing, so lookups chain without checks. Trees are built in slabs,
// so that a value costs 16 bytes and a member 24; strings without escapes share
// the text they were parsed from. Values never change and may be read by many
// goroutines at once.
package jsondoc

import (
	"iter"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// Kind is the kind of a [Value].
type Kind uint8

// The kinds. Missing is the kind of the zero Value.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	return [...]string{"missing", "null", "boolean", "number", "string", "array", "object"}[k]
}

// node is one value of the tree. data points at the bytes of a string or a
// number literal, at the first element of an array or the first member of an
// object; meta holds the kind in its low 3 bits and the length above them; a
// boolean keeps its value in the length.
type node struct {
	data unsafe.Pointer
	meta uint32
	pos  uint32
}

type member struct {
	key *Key
	val node
}

const (
	kindBits = 3
	maxLen   = 1<<(32-kindBits) - 1
)

func makeNode(k Kind, data unsafe.Pointer, n, pos int) node {
	return node{data: data, meta: uint32(n)<<kindBits | uint32(k), pos: uint32(pos)}
}

func (n *node) kind() Kind { return Kind(n.meta & (1<<kindBits - 1)) }
func (n *node) len() int   { return int(n.meta >> kindBits) }
func (n *node) text() string {
	return unsafe.String((*byte)(n.data), n.len())
}
func (n *node) elements() []node  { return unsafe.Slice((*node)(n.data), n.len()) }
func (n *node) members() []member { return unsafe.Slice((*member)(n.data), n.len()) }

// Value is a handle on one value of an immutable tree. The zero Value is missing.
type Value struct{ n *node }

// Kind returns what v is.
func (v Value) Kind() Kind {
	if v.n == nil {
		return Missing
	}
	return v.n.kind()
}

// Exists tells whether v is anything at all, null included.
func (v Value) Exists() bool { return v.n != nil }

// IsMissing tells whether v is the zero Value.
func (v Value) IsMissing() bool { return v.n == nil }

// IsNull tells whether v is JSON null.
func (v Value) IsNull() bool { return v.Kind() == Null }

// Offset returns the byte offset of v in the text it was parsed from, and 0
// for a value that was built.
func (v Value) Offset() int {
	if v.n == nil {
		return 0
	}
	return int(v.n.pos)
}

// Text returns the string that v is, and whether it is one.
func (v Value) Text() (string, bool) {
	if v.Kind() != String {
		return "", false
	}
	return v.n.text(), true
}

// TextOr returns the string that v is, or def.
func (v Value) TextOr(def string) string {
	if s, ok := v.Text(); ok {
		return s
	}
	return def
}

// Bool returns the boolean that v is, and whether it is one.
func (v Value) Bool() (value, ok bool) {
	if v.Kind() != Bool {
		return false, false
	}
	return v.n.len() != 0, true
}

// Literal returns the digits of a number as they were written.
func (v Value) Literal() (string, bool) {
	if v.Kind() != Number {
		return "", false
	}
	return v.n.text(), true
}

// Float returns the number that v is as a float64. Literals beyond its range
// give an infinity.
func (v Value) Float() (float64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.n.text(), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Int returns the number that v is when it is a whole number within int64,
// however it was written (1e3 and 1000.0 are 1000).
func (v Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	lit := v.n.text()
	if i, err := strconv.ParseInt(lit, 10, 64); err == nil {
		return i, true
	}
	if !strings.ContainsAny(lit, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(lit, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// Len returns the number of elements or members, and 0 for everything else.
func (v Value) Len() int {
	switch v.Kind() {
	case Array, Object:
		return v.n.len()
	default:
		return 0
	}
}

// At returns element i of an array, and missing where there is none.
func (v Value) At(i int) Value {
	if v.Kind() != Array || i < 0 || i >= v.n.len() {
		return Value{}
	}
	return Value{&v.n.elements()[i]}
}

// Elements yields the elements of an array in order.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		es := v.n.elements()
		for i := range es {
			if !yield(i, Value{&es[i]}) {
				return
			}
		}
	}
}

// Members yields the members of an object in the order they were written.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		ms := v.n.members()
		for i := range ms {
			if !yield(ms[i].key.name, Value{&ms[i].val}) {
				return
			}
		}
	}
}

// Member returns member i of an object in the order they were written.
func (v Value) Member(i int) (string, Value) {
	if v.Kind() != Object || i < 0 || i >= v.n.len() {
		return "", Value{}
	}
	m := &v.n.members()[i]
	return m.key.name, Value{&m.val}
}

// Get returns the member of an object whose name equals key without regard to
// case; the first such member where several differ in case only. It answers
// missing where there is none, or where v is no object.
func (v Value) Get(key string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	h := hashFold(key)
	ms := v.n.members()
	for i := range ms {
		if k := ms[i].key; k.hash == h && equalFold(k.name, key) {
			return Value{&ms[i].val}
		}
	}
	return Value{}
}

// Lookup is [Value.Get] with a key made beforehand: it hashes nothing.
func (v Value) Lookup(key *Key) Value {
	if v.n == nil || v.n.kind() != Object {
		return Value{}
	}
	ms := v.n.members()
	for i := range ms {
		k := ms[i].key
		if k == key || k.hash == key.hash && equalFold(k.name, key.name) {
			return Value{&ms[i].val}
		}
	}
	return Value{}
}

// GetExact is [Value.Get] with regard to case.
func (v Value) GetExact(key string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	ms := v.n.members()
	for i := range ms {
		if ms[i].key.name == key {
			return Value{&ms[i].val}
		}
	}
	return Value{}
}

// Path walks keys from v, as repeated [Value.Get] would.
func (v Value) Path(keys ...string) Value {
	for _, k := range keys {
		v = v.Get(k)
	}
	return v
}

// Equal tells whether two values are the same JSON: numbers by value, objects
// without regard to the order of members, names with regard to case.
func Equal(a, b Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case Bool:
		return a.n.len() == b.n.len()
	case Number:
		if a.n.text() == b.n.text() {
			return true
		}
		ai, aok := a.Int()
		bi, bok := b.Int()
		if aok && bok {
			return ai == bi
		}
		af, _ := a.Float()
		bf, _ := b.Float()
		return af == bf
	case String:
		return a.n.text() == b.n.text()
	case Array:
		if a.Len() != b.Len() {
			return false
		}
		for i, e := range a.Elements() {
			if !Equal(e, b.At(i)) {
				return false
			}
		}
		return true
	case Object:
		if a.Len() != b.Len() {
			return false
		}
		for k, e := range a.Members() {
			if !Equal(e, b.GetExact(k)) {
				return false
			}
		}
		return true
	default:
		return true
	}
}
