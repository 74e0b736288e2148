// Package value represents a single KQL value of any type, and with it what a
// dynamic column holds: scalars, arrays and property bags that keep the order
// of their keys and tell upper from lower case.
//
// A Value carries the kind it has at run time. A column of type long holds
// values of kind Long only; a dynamic column holds any. Values are immutable
// and may be shared between goroutines. Start with Long, String, Array, NewBag
// and ParseJSON.
package value

import (
	"math"

	"github.com/azward/azward/kql/internal/types"
)

// Kind tells what a Value is.
type Kind uint8

// The kinds. Null is the zero value.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindLong
	KindReal
	KindDecimal
	KindString
	KindDateTime
	KindTimeSpan
	KindGUID
	KindArray
	KindBag
)

var kindTypes = [...]types.Type{types.None, types.Bool, types.Int, types.Long, types.Real, types.Decimal,
	types.String, types.DateTime, types.TimeSpan, types.GUID, types.Dynamic, types.Dynamic}

// Value is one KQL value. The zero Value is null.
type Value struct {
	kind Kind
	num  uint64 // bool, int, long, datetime, timespan; bits of a real; bytes of an array's or a bag's members
	str  string
	ref  any // []Value, *Bag, *types.Dec, types.UUID
}

// Null is the null of every type but string, which has none.
var Null Value

// Bool returns a bool.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, num: 1}
	}
	return Value{kind: KindBool}
}

// Int returns an int of 32 bits.
func Int(i int32) Value { return Value{kind: KindInt, num: uint64(int64(i))} }

// Long returns a long.
func Long(i int64) Value { return Value{kind: KindLong, num: uint64(i)} }

// Real returns a real; NaN and the infinities are values like others.
func Real(f float64) Value { return Value{kind: KindReal, num: math.Float64bits(f)} }

// String returns a string; the empty string is not null.
func String(s string) Value { return Value{kind: KindString, str: s} }

// DateTime returns a datetime of ticks since year 1; ticks out of range give null.
func DateTime(ticks int64) Value {
	if !types.ValidDateTime(ticks) {
		return Null
	}
	return Value{kind: KindDateTime, num: uint64(ticks)}
}

// TimeSpan returns a timespan of ticks.
func TimeSpan(ticks int64) Value { return Value{kind: KindTimeSpan, num: uint64(ticks)} }

// GUID returns a guid.
func GUID(g types.UUID) Value { return Value{kind: KindGUID, ref: g} }

// Decimal returns a decimal, nil gives null. d must not change afterwards.
func Decimal(d *types.Dec) Value {
	if d == nil {
		return Null
	}
	return Value{kind: KindDecimal, ref: d}
}

// Array returns a dynamic array over items, which must not change afterwards.
func Array(items []Value) Value {
	if items == nil {
		items = []Value{}
	}
	n := uint64(24)
	for i := range items {
		n = added(n, size(&items[i]))
	}
	return Value{kind: KindArray, num: n, ref: items}
}

// Object returns a property bag; b must not change afterwards.
func Object(b *Bag) Value {
	n := uint64(0)
	if b != nil {
		n = 72
		for i := range b.vals {
			n = added(n, 16+uint64(len(b.keys[i]))+size(&b.vals[i]))
		}
		if b.index != nil {
			n += 64 * uint64(len(b.keys))
		}
	}
	return Value{kind: KindBag, num: n, ref: b}
}

// Strings returns a dynamic array of strings.
func Strings(ss []string) Value {
	items := make([]Value, len(ss))
	for i, s := range ss {
		items[i] = String(s)
	}
	return Array(items)
}

// FromInt64 returns the value of type t whose representation is an integer:
// bool, int, long, datetime or timespan.
func FromInt64(t types.Type, i int64) Value {
	switch t {
	case types.Bool:
		return Bool(i != 0)
	case types.Int:
		return Int(int32(i))
	case types.DateTime:
		return DateTime(i)
	case types.TimeSpan:
		return TimeSpan(i)
	default:
		return Long(i)
	}
}

// Kind returns what v is.
func (v Value) Kind() Kind { return v.kind }

// Type returns the scalar type of v at run time; arrays and bags are dynamic,
// null is None.
func (v Value) Type() types.Type { return kindTypes[v.kind] }

// IsNull tells whether v is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// IsTrue tells whether v is the bool true.
func (v Value) IsTrue() bool { return v.kind == KindBool && v.num != 0 }

// Int64 returns the integer behind a bool, int, long, datetime or timespan; of
// others it is meaningless.
func (v Value) Int64() int64 { return int64(v.num) }

// Float returns the real behind v, converting int, long and decimal; 0 for others.
func (v Value) Float() float64 {
	switch v.kind {
	case KindReal:
		return math.Float64frombits(v.num)
	case KindInt, KindLong, KindBool, KindDateTime, KindTimeSpan:
		return float64(int64(v.num))
	case KindDecimal:
		f, _ := v.Dec().Float64()
		return f
	default:
		return 0
	}
}

// Str returns the text of a string and "" of everything else.
func (v Value) Str() string { return v.str }

// Items returns the elements of an array and nil of everything else.
func (v Value) Items() []Value {
	a, _ := v.ref.([]Value)
	return a
}

// Bag returns the property bag, nil if v is none.
func (v Value) Bag() *Bag {
	b, _ := v.ref.(*Bag)
	return b
}

// Dec returns the decimal, nil if v is none.
func (v Value) Dec() *types.Dec {
	d, _ := v.ref.(*types.Dec)
	return d
}

// UUID returns the guid, zero if v is none.
func (v Value) UUID() types.UUID {
	g, _ := v.ref.(types.UUID)
	return g
}

// Numeric tells whether v is an int, long, real or decimal.
func (v Value) Numeric() bool { return v.kind >= KindInt && v.kind <= KindDecimal }

// Index returns element i of an array, counted from the end where i is
// negative; null where v is no array or i out of range.
func (v Value) Index(i int64) Value {
	a := v.Items()
	if i < 0 {
		i += int64(len(a))
	}
	if i < 0 || i >= int64(len(a)) {
		return Null
	}
	return a[i]
}

// Member returns the property of a bag; null where v is no bag or has no such key.
func (v Value) Member(key string) Value {
	if b := v.Bag(); b != nil {
		m, _ := b.Get(key)
		return m
	}
	return Null
}

// indexFrom is the number of keys from which a bag keeps a map.
const indexFrom = 12

// Bag is a property bag: keys in order of first appearance, upper and lower
// case distinct. Build it with NewBag and Set, then do not change it.
type Bag struct {
	keys  []string
	vals  []Value
	index map[string]int
}

// NewBag returns an empty bag with room for n keys.
func NewBag(n int) *Bag { return &Bag{keys: make([]string, 0, n), vals: make([]Value, 0, n)} }

// Len returns the number of keys.
func (b *Bag) Len() int { return len(b.keys) }

// At returns key and value number i.
func (b *Bag) At(i int) (string, Value) { return b.keys[i], b.vals[i] }

// Keys returns the keys in order; the caller must not change them.
func (b *Bag) Keys() []string { return b.keys }

func (b *Bag) find(key string) int {
	if b.index != nil {
		if i, ok := b.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range b.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Get returns the value of key.
func (b *Bag) Get(key string) (Value, bool) {
	if i := b.find(key); i >= 0 {
		return b.vals[i], true
	}
	return Null, false
}

// Set adds key or replaces its value in place.
func (b *Bag) Set(key string, v Value) {
	if i := b.find(key); i >= 0 {
		b.vals[i] = v
		return
	}
	b.keys = append(b.keys, key)
	b.vals = append(b.vals, v)
	if b.index != nil {
		b.index[key] = len(b.keys) - 1
	} else if len(b.keys) >= indexFrom {
		b.index = make(map[string]int, 2*len(b.keys))
		for i, k := range b.keys {
			b.index[k] = i
		}
	}
}
