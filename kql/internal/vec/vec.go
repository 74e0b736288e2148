// Package vec holds the columns that queries compute on: typed slices with
// optional nulls, cheap to slice, to gather and to repeat.
//
// A Vec is one column of one scalar type. Its values lie in the slice that its
// type names: Bools (bool), Ints (int, long, datetime and timespan as ticks),
// Reals, Strs, Dyns, Decs, GUIDs. Null, where it is not nil, marks the nulls;
// strings have none (Null is always nil), and the null of a dynamic is a null
// value.Value (Null is nil too). A Vec is immutable once it has been handed on;
// slices of it share its memory. Start with New, Builder and Repeat.
package vec

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Vec is a column. Where Const is set, the slices hold a single value that
// stands for all Len rows.
type Vec struct {
	Type  types.Type
	Const bool
	Null  []bool
	Bools []bool
	Ints  []int64
	Reals []float64
	Strs  []string
	Dyns  []value.Value
	Decs  []*types.Dec
	GUIDs []types.UUID
	n     int
}

// New returns a column of n zero values, not null, for the caller to fill.
func New(t types.Type, n int) *Vec {
	v := &Vec{Type: t, n: n}
	switch t {
	case types.Bool:
		v.Bools = make([]bool, n)
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		v.Ints = make([]int64, n)
	case types.Real:
		v.Reals = make([]float64, n)
	case types.String:
		v.Strs = make([]string, n)
	case types.Decimal:
		v.Decs = make([]*types.Dec, n)
	case types.GUID:
		v.GUIDs = make([]types.UUID, n)
	default:
		v.Type = types.Dynamic
		v.Dyns = make([]value.Value, n)
	}
	return v
}

// OfBools wraps bools as a column, without copying them, as its like do below.
func OfBools(s []bool) *Vec { return &Vec{Type: types.Bool, Bools: s, n: len(s)} }

// OfInts wraps integers as a column of type t (int, long, datetime, timespan).
func OfInts(t types.Type, s []int64) *Vec { return &Vec{Type: t, Ints: s, n: len(s)} }

// OfReals wraps reals.
func OfReals(s []float64) *Vec { return &Vec{Type: types.Real, Reals: s, n: len(s)} }

// OfStrings wraps strings.
func OfStrings(s []string) *Vec { return &Vec{Type: types.String, Strs: s, n: len(s)} }

// OfDynamics wraps dynamic values.
func OfDynamics(s []value.Value) *Vec { return &Vec{Type: types.Dynamic, Dyns: s, n: len(s)} }

// OfValues builds a column of type t from values; see Builder.Append for what
// happens to values of other types.
func OfValues(t types.Type, vals []value.Value) *Vec {
	b := NewBuilder(t, len(vals))
	for _, v := range vals {
		b.Append(v)
	}
	return b.Finish()
}

// Repeat returns a constant column of n rows.
func Repeat(t types.Type, v value.Value, n int) *Vec {
	b := NewBuilder(t, 1)
	b.Append(v)
	c := b.Finish()
	c.Const, c.n = true, n
	return c
}

// Nulls returns a constant column of n nulls ("" where t is string).
func Nulls(t types.Type, n int) *Vec { return Repeat(t, value.Null, n) }

// Len returns the number of rows.
func (v *Vec) Len() int { return v.n }

// WithLen returns a constant column stretched or cut to n rows; v must be constant.
func (v *Vec) WithLen(n int) *Vec {
	c := *v
	c.n = n
	return &c
}

// At returns the place of row i in the slices: i, or 0 where v is constant.
func (v *Vec) At(i int) int {
	if v.Const {
		return 0
	}
	return i
}

// SetNull marks row i null; of a string it sets the empty string. Only for a
// column that has not been handed on.
func (v *Vec) SetNull(i int) {
	switch v.Type {
	case types.String:
		v.Strs[i] = ""
	case types.Dynamic:
		v.Dyns[i] = value.Null
	default:
		if v.Null == nil {
			v.Null = make([]bool, v.slots())
		}
		v.Null[i] = true
	}
}

func (v *Vec) slots() int {
	if v.Const {
		return 1
	}
	return v.n
}

// IsNull tells whether row i is null; a string never is.
func (v *Vec) IsNull(i int) bool {
	if v.Const {
		i = 0
	}
	if v.Null != nil {
		return v.Null[i]
	}
	return v.Type == types.Dynamic && v.Dyns[i].IsNull()
}

// HasNulls tells whether any row may be null.
func (v *Vec) HasNulls() bool { return v.Null != nil || v.Type == types.Dynamic }

// Get returns row i as a value.
func (v *Vec) Get(i int) value.Value {
	if v.Const {
		i = 0
	}
	if v.Null != nil && v.Null[i] {
		return value.Null
	}
	switch v.Type {
	case types.Bool:
		return value.Bool(v.Bools[i])
	case types.Int:
		return value.Int(int32(v.Ints[i]))
	case types.Long:
		return value.Long(v.Ints[i])
	case types.DateTime:
		return value.DateTime(v.Ints[i])
	case types.TimeSpan:
		return value.TimeSpan(v.Ints[i])
	case types.Real:
		return value.Real(v.Reals[i])
	case types.String:
		return value.String(v.Strs[i])
	case types.Decimal:
		return value.Decimal(v.Decs[i])
	case types.GUID:
		return value.GUID(v.GUIDs[i])
	default:
		return v.Dyns[i]
	}
}

// True tells whether row i of a bool column is true (not false, not null).
func (v *Vec) True(i int) bool {
	if v.Const {
		i = 0
	}
	return v.Bools[i] && (v.Null == nil || !v.Null[i])
}

// Slice returns rows [from, to) sharing memory with v.
func (v *Vec) Slice(from, to int) *Vec {
	c := *v
	c.n = to - from
	if v.Const || from == 0 && to == v.n {
		return &c
	}
	c.Null = cut(v.Null, from, to)
	c.Bools = cut(v.Bools, from, to)
	c.Ints = cut(v.Ints, from, to)
	c.Reals = cut(v.Reals, from, to)
	c.Strs = cut(v.Strs, from, to)
	c.Dyns = cut(v.Dyns, from, to)
	c.Decs = cut(v.Decs, from, to)
	c.GUIDs = cut(v.GUIDs, from, to)
	return &c
}

func cut[T any](s []T, from, to int) []T {
	if s == nil {
		return nil
	}
	return s[from:to:to]
}

// Gather returns the rows named by idx, in that order; an index below 0 gives
// a null ("" in a string column).
func (v *Vec) Gather(idx []int32) *Vec {
	if v.Const {
		neg := false
		for _, i := range idx {
			if i < 0 {
				neg = true
				break
			}
		}
		if !neg {
			return v.WithLen(len(idx))
		}
		v = v.Flat()
	}
	c := &Vec{Type: v.Type, n: len(idx)}
	var gap bool
	switch {
	case v.Bools != nil:
		c.Bools, gap = gather(v.Bools, idx)
	case v.Ints != nil:
		c.Ints, gap = gather(v.Ints, idx)
	case v.Reals != nil:
		c.Reals, gap = gather(v.Reals, idx)
	case v.Strs != nil:
		c.Strs, _ = gather(v.Strs, idx)
	case v.Decs != nil:
		c.Decs, gap = gather(v.Decs, idx)
	case v.GUIDs != nil:
		c.GUIDs, gap = gather(v.GUIDs, idx)
	default:
		c.Dyns, _ = gather(v.Dyns, idx)
	}
	if v.Null != nil || gap {
		c.Null = make([]bool, len(idx))
		for k, i := range idx {
			c.Null[k] = i < 0 || v.Null != nil && v.Null[i]
		}
	}
	return c
}

func gather[T any](s []T, idx []int32) (out []T, gap bool) {
	out = make([]T, len(idx))
	for k, i := range idx {
		if i < 0 {
			gap = true
			continue
		}
		out[k] = s[i]
	}
	return out, gap
}

// Flat returns v with a constant written out row by row.
func (v *Vec) Flat() *Vec {
	if !v.Const {
		return v
	}
	c := &Vec{Type: v.Type, n: v.n}
	c.Null = fill(v.Null, v.n)
	c.Bools = fill(v.Bools, v.n)
	c.Ints = fill(v.Ints, v.n)
	c.Reals = fill(v.Reals, v.n)
	c.Strs = fill(v.Strs, v.n)
	c.Dyns = fill(v.Dyns, v.n)
	c.Decs = fill(v.Decs, v.n)
	c.GUIDs = fill(v.GUIDs, v.n)
	return c
}

func fill[T any](s []T, n int) []T {
	if s == nil {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = s[0]
	}
	return out
}

// Concat joins columns of one type.
func Concat(t types.Type, parts []*Vec) *Vec {
	if len(parts) == 1 {
		return parts[0].Flat()
	}
	n, nulls := 0, false
	for _, p := range parts {
		n += p.n
		nulls = nulls || p.Null != nil
	}
	c := &Vec{Type: t, n: n}
	if nulls {
		c.Null = make([]bool, 0, n)
	}
	for _, p := range parts {
		p = p.Flat()
		if nulls {
			if p.Null != nil {
				c.Null = append(c.Null, p.Null...)
			} else {
				c.Null = append(c.Null, make([]bool, p.n)...)
			}
		}
		c.Bools = join(c.Bools, p.Bools, n)
		c.Ints = join(c.Ints, p.Ints, n)
		c.Reals = join(c.Reals, p.Reals, n)
		c.Strs = join(c.Strs, p.Strs, n)
		c.Dyns = join(c.Dyns, p.Dyns, n)
		c.Decs = join(c.Decs, p.Decs, n)
		c.GUIDs = join(c.GUIDs, p.GUIDs, n)
	}
	if n == 0 {
		return New(t, 0)
	}
	return c
}

func join[T any](dst, s []T, n int) []T {
	if s == nil {
		return dst
	}
	if dst == nil {
		dst = make([]T, 0, n)
	}
	return append(dst, s...)
}

// Retype returns v under another type of the same representation (int and long,
// datetime and timespan).
func (v *Vec) Retype(t types.Type) *Vec {
	if v.Type == t {
		return v
	}
	c := *v
	c.Type = t
	return &c
}
