package kql

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Columns for those who make batches of their own. The slices belong to the
// column afterwards; null, where it is not nil, marks the nulls. Strings have
// no null.

// NewBatch joins columns of n rows.
func NewBatch(cols []*Vec, n int) *Batch { return vec.NewBatch(cols, n) }

// BoolVec makes a column of bools.
func BoolVec(s []bool, null []bool) *Vec { return withNull(vec.OfBools(s), null) }

// IntVec makes a column of type int, long, datetime (ticks of 100 ns since the
// first of January of year 1) or timespan (ticks).
func IntVec(t Type, s []int64, null []bool) *Vec { return withNull(vec.OfInts(t, s), null) }

// RealVec makes a column of reals.
func RealVec(s []float64, null []bool) *Vec { return withNull(vec.OfReals(s), null) }

// StringVec makes a column of strings.
func StringVec(s []string) *Vec { return vec.OfStrings(s) }

// ValueVec makes a column of type t from values, null for those of another type.
func ValueVec(t Type, s []Value) *Vec {
	if t == types.Dynamic {
		return vec.OfDynamics(s)
	}
	return vec.OfValues(t, s)
}

// GUIDVec makes a column of guids, in the order of their text.
func GUIDVec(s [][16]byte, null []bool) *Vec {
	v := vec.New(types.GUID, len(s))
	for i, g := range s {
		v.GUIDs[i] = types.UUID(g)
	}
	return withNull(v, null)
}

func withNull(v *Vec, null []bool) *Vec {
	v.Null = null
	return v
}

// ParseJSON reads a dynamic value from JSON; false where the text is none.
func ParseJSON(text string) (Value, bool) {
	v, err := value.ParseJSON(text)
	return v, err == nil
}

// AppendJSON writes a value as JSON.
func AppendJSON(dst []byte, v Value) []byte { return value.AppendJSON(dst, v) }

// StringValue is a string as a value.
func StringValue(s string) Value { return value.String(s) }

// Text returns a value as tostring() does, "" for null.
func Text(v Value) string { return value.Text(v, false) }
