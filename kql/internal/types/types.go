// Package types names KQL's scalar types and holds the arithmetic of the values
// that Go has no type for: datetimes and timespans as ticks of 100 ns, GUIDs
// and decimals, with the exact texts that Kusto reads and writes for them.
//
// It knows nothing of columns or functions; package value builds on it.
package types

import "strings"

// Type is one of KQL's scalar types. The zero value, None, is the type of an
// expression that could not be bound or of an untyped null.
type Type uint8

// The scalar types of KQL.
const (
	None Type = iota
	Bool
	DateTime
	Decimal
	Dynamic
	GUID
	Int
	Long
	Real
	String
	TimeSpan
	count
)

var names = [count]string{"unknown", "bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"}

var clrNames = [count]string{"System.Object", "System.SByte", "System.DateTime", "System.Data.SqlTypes.SqlDecimal",
	"System.Object", "System.Guid", "System.Int32", "System.Int64", "System.Double", "System.String", "System.TimeSpan"}

// String returns KQL's name of the type, "long" say.
func (t Type) String() string { return names[t] }

// CLRName returns the .NET type name that getschema and Kusto's REST answers
// give for the type ("System.Int64").
func (t Type) CLRName() string { return clrNames[t] }

// Parse returns the type with the given name or alias ("boolean", "date",
// "double", "uniqueid", "time" ...; case matters not).
func Parse(name string) (Type, bool) {
	switch strings.ToLower(name) {
	case "bool", "boolean":
		return Bool, true
	case "datetime", "date":
		return DateTime, true
	case "decimal":
		return Decimal, true
	case "dynamic", "object":
		return Dynamic, true
	case "guid", "uuid", "uniqueid":
		return GUID, true
	case "int", "int32", "uint", "uint32", "int16", "uint16", "int8", "uint8":
		return Int, true
	case "long", "int64", "ulong", "uint64":
		return Long, true
	case "real", "double", "float":
		return Real, true
	case "string":
		return String, true
	case "timespan", "time":
		return TimeSpan, true
	}
	return None, false
}

// Numeric tells whether t is int, long, real or decimal.
func (t Type) Numeric() bool { return t == Int || t == Long || t == Real || t == Decimal }

// Integer tells whether t is int or long.
func (t Type) Integer() bool { return t == Int || t == Long }

// Set is a set of types.
type Set uint16

// Sets that signatures name often.
const (
	Scalar  Set = 1<<Bool | 1<<DateTime | 1<<Decimal | 1<<Dynamic | 1<<GUID | 1<<Int | 1<<Long | 1<<Real | 1<<String | 1<<TimeSpan
	Number  Set = 1<<Int | 1<<Long | 1<<Real | 1<<Decimal
	Whole   Set = 1<<Int | 1<<Long
	Addable Set = Number | 1<<TimeSpan
	Ordered Set = Scalar &^ (1 << Dynamic)
)

// SetOf returns the set of the given types.
func SetOf(ts ...Type) Set {
	var s Set
	for _, t := range ts {
		s |= 1 << t
	}
	return s
}

// Has tells whether t is in the set.
func (s Set) Has(t Type) bool { return s&(1<<t) != 0 }

// Types lists the members in the order of the constants.
func (s Set) Types() []Type {
	var ts []Type
	for t := Bool; t < count; t++ {
		if s.Has(t) {
			ts = append(ts, t)
		}
	}
	return ts
}

// Wider returns the type that both numeric types convert to without loss of
// meaning, as Kusto promotes them: int, long, real, decimal in that order. Where one of them is None the other is
// returned; where they have no common type, None.
func Wider(a, b Type) Type {
	switch {
	case a == b:
		return a
	case a == None:
		return b
	case b == None:
		return a
	case !a.Numeric() || !b.Numeric():
		return None
	case a == Decimal || b == Decimal:
		return Decimal
	case a == Real || b == Real:
		return Real
	default:
		return Long
	}
}
