package jsondoc

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// Nothing is JSON null.
var Nothing = Value{&node{meta: uint32(Null)}}

var (
	trueValue  = Value{&node{meta: 1<<kindBits | uint32(Bool)}}
	falseValue = Value{&node{meta: uint32(Bool)}}
)

// NewBool returns a boolean.
func NewBool(b bool) Value {
	if b {
		return trueValue
	}
	return falseValue
}

// NewString returns a string.
func NewString(s string) Value {
	n := makeNode(String, unsafe.Pointer(unsafe.StringData(s)), len(s), 0)
	return Value{&n}
}

// NewInt returns a whole number.
func NewInt(i int64) Value { return newNumber(strconv.FormatInt(i, 10)) }

// NewFloat returns a number; NaN and the infinities, which JSON lacks, become null.
func NewFloat(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Nothing
	}
	return newNumber(strconv.FormatFloat(f, 'g', -1, 64))
}

func newNumber(lit string) Value {
	n := makeNode(Number, unsafe.Pointer(unsafe.StringData(lit)), len(lit), 0)
	return Value{&n}
}

// NewArray returns an array of values; missing ones become null.
func NewArray(vs ...Value) Value {
	els := make([]node, len(vs))
	for i, v := range vs {
		els[i] = v.orNull()
	}
	n := makeNode(Array, unsafe.Pointer(unsafe.SliceData(els)), len(els), 0)
	return Value{&n}
}

// Member is a name and a value, for [NewObject].
type Member struct {
	Name  string
	Value Value
}

// NewObject returns an object of members in order; missing values become null.
func NewObject(ms ...Member) Value {
	out := make([]member, len(ms))
	for i, m := range ms {
		out[i] = member{key: NewKey(m.Name), val: m.Value.orNull()}
	}
	return objectOf(out, 0)
}

func objectOf(ms []member, pos int) Value {
	n := makeNode(Object, unsafe.Pointer(unsafe.SliceData(ms)), len(ms), pos)
	return Value{&n}
}

// WithOffset returns v as it would be had it stood at a byte offset of a text, for
// readers of other syntaxes that build the same tree.
func (v Value) WithOffset(offset int) Value {
	if v.n == nil {
		return v
	}
	n := *v.n
	n.pos = uint32(offset)
	return Value{&n}
}

// With returns an object that equals v but for one member, which replaces the
// one of that name (without regard to case; its spelling stays) or is added at
// the end. A v that is no object counts as an empty one.
func (v Value) With(name string, val Value) Value {
	var ms []member
	if v.Kind() == Object {
		ms = append(make([]member, 0, v.Len()+1), v.n.members()...)
		for i := range ms {
			if equalFold(ms[i].key.name, name) {
				ms[i].val = val.orNull()
				return objectOf(ms, v.Offset())
			}
		}
	}
	return objectOf(append(ms, member{key: NewKey(name), val: val.orNull()}), v.Offset())
}

// Without returns an object that equals v but lacks the member of that name,
// without regard to case.
func (v Value) Without(name string) Value {
	if !v.Get(name).Exists() {
		return v
	}
	ms := make([]member, 0, v.Len())
	for _, m := range v.n.members() {
		if !equalFold(m.key.name, name) {
			ms = append(ms, m)
		}
	}
	return objectOf(ms, v.Offset())
}

func (v Value) orNull() node {
	if v.n == nil {
		return *Nothing.n
	}
	return *v.n
}

// AppendJSON appends v as compact JSON; missing becomes null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Kind() {
	case Bool:
		return strconv.AppendBool(dst, v.n.len() != 0)
	case Number:
		return append(dst, v.n.text()...)
	case String:
		return appendQuoted(dst, v.n.text())
	case Array:
		dst = append(dst, '[')
		for i, e := range v.Elements() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i := range v.n.len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			k, e := v.Member(i)
			dst = append(appendQuoted(dst, k), ':')
			dst = e.AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

func appendQuoted(dst []byte, s string) []byte {
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil { // invalid UTF-8 in a value that was built: quoted with replacement characters
		return out
	}
	return out
}

// String returns v as compact JSON, and "missing" for the zero Value.
func (v Value) String() string {
	if v.n == nil {
		return "missing"
	}
	return string(v.AppendJSON(nil))
}

// MarshalJSON lets encoders write v.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// UnmarshalJSON lets decoders read v.
func (v *Value) UnmarshalJSON(text []byte) error {
	got, err := Parse(append([]byte(nil), text...))
	if err != nil {
		return err
	}
	*v = got
	return nil
}

// FromAny converts what encoding/json makes of JSON (nil, bool, float64,
// string, []any, map[string]any with names sorted) and Go's integers.
func FromAny(x any) Value {
	switch x := x.(type) {
	case nil:
		return Nothing
	case Value:
		return x
	case bool:
		return NewBool(x)
	case int:
		return NewInt(int64(x))
	case int64:
		return NewInt(x)
	case uint64:
		return newNumber(strconv.FormatUint(x, 10))
	case float64:
		return NewFloat(x)
	case string:
		return NewString(x)
	case []string:
		vs := make([]Value, len(x))
		for i, e := range x {
			vs[i] = NewString(e)
		}
		return NewArray(vs...)
	case []any:
		vs := make([]Value, len(x))
		for i, e := range x {
			vs[i] = FromAny(e)
		}
		return NewArray(vs...)
	case map[string]any:
		ms := make([]Member, 0, len(x))
		for _, k := range sortedKeys(x) {
			ms = append(ms, Member{k, FromAny(x[k])})
		}
		return NewObject(ms...)
	default:
		return Value{}
	}
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// MergePatch returns v with a patch laid over it, as RFC 7396 (JSON Merge Patch)
// says: members of objects are joined, null takes one away, and everything else
// replaces what is there. A missing patch changes nothing.
func (v Value) MergePatch(patch Value) Value {
	if patch.IsMissing() {
		return v
	}
	if patch.Kind() != Object {
		return patch
	}
	if v.Kind() != Object {
		v = NewObject()
	}
	for name, m := range patch.Members() {
		if m.IsNull() {
			v = v.Without(name)
		} else {
			v = v.With(name, v.Get(name).MergePatch(m))
		}
	}
	return v
}
