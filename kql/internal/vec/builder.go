package vec

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Builder grows a column value by value.
type Builder struct{ v Vec }

// NewBuilder returns a builder of a column of type t with room for n rows.
func NewBuilder(t types.Type, n int) *Builder {
	b := &Builder{Vec{Type: t}}
	switch t {
	case types.Bool:
		b.v.Bools = make([]bool, 0, n)
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		b.v.Ints = make([]int64, 0, n)
	case types.Real:
		b.v.Reals = make([]float64, 0, n)
	case types.String:
		b.v.Strs = make([]string, 0, n)
	case types.Decimal:
		b.v.Decs = make([]*types.Dec, 0, n)
	case types.GUID:
		b.v.GUIDs = make([]types.UUID, 0, n)
	default:
		b.v.Type = types.Dynamic
		b.v.Dyns = make([]value.Value, 0, n)
	}
	return b
}

// Len returns the number of rows so far.
func (b *Builder) Len() int { return b.v.n }

// Append adds a value. Null gives a null ("" in a string column); int and long
// pass for each other, for real and for decimal; any other value of another
// type than the column's gives a null.
func (b *Builder) Append(x value.Value) {
	k := x.Kind()
	v := &b.v
	ok := true
	switch v.Type {
	case types.Bool:
		ok = k == value.KindBool
		v.Bools = append(v.Bools, x.IsTrue())
	case types.Int, types.Long:
		ok = k == value.KindInt || k == value.KindLong
		v.Ints = append(v.Ints, x.Int64())
	case types.DateTime:
		ok = k == value.KindDateTime
		v.Ints = append(v.Ints, x.Int64())
	case types.TimeSpan:
		ok = k == value.KindTimeSpan
		v.Ints = append(v.Ints, x.Int64())
	case types.Real:
		ok = x.Numeric()
		v.Reals = append(v.Reals, x.Float())
	case types.String:
		v.Strs = append(v.Strs, x.Str())
	case types.Decimal:
		d := x.Dec()
		if d == nil && (k == value.KindInt || k == value.KindLong) {
			d = types.DecimalFromInt(x.Int64())
		}
		ok = d != nil
		v.Decs = append(v.Decs, d)
	case types.GUID:
		ok = k == value.KindGUID
		v.GUIDs = append(v.GUIDs, x.UUID())
	default:
		v.Dyns = append(v.Dyns, x)
	}
	v.n++
	if !ok {
		b.markNull()
	} else if v.Null != nil {
		v.Null = append(v.Null, false)
	}
}

func (b *Builder) markNull() {
	if b.v.Null == nil {
		b.v.Null = make([]bool, b.v.n-1, max(cap(b.v.Bools), b.v.n))
	}
	b.v.Null = append(b.v.Null, true)
}

// AppendNull adds a null ("" in a string column).
func (b *Builder) AppendNull() { b.Append(value.Null) }

// AppendString adds to a string column.
func (b *Builder) AppendString(s string) {
	b.v.Strs = append(b.v.Strs, s)
	b.v.n++
}

// AppendFrom adds row i of a column of the same type.
func (b *Builder) AppendFrom(src *Vec, i int) {
	if b.v.Type == types.String && src.Type == types.String {
		b.AppendString(src.Strs[src.At(i)])
		return
	}
	b.Append(src.Get(i))
}

// Finish returns the column; the builder must not be used afterwards.
func (b *Builder) Finish() *Vec {
	v := b.v
	return &v
}
