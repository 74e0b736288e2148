package kql

import (
	"time"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// ParseValue reads a text as to...() of the type does: ParseValue(TimeSpan,
// "1.02:03:04"). It is false where that gives null.
func ParseValue(t Type, text string) (Value, bool) {
	v := fn.Convert(value.String(text), types.String, t)
	return v, !v.IsNull()
}

// Time returns the moment that a datetime means, zero of other values.
func Time(v Value) time.Time {
	if v.Type() != DateTime {
		return time.Time{}
	}
	return types.ToTime(v.Int64())
}

// Duration returns the length of a timespan, zero of other values; what does
// not fit is cut to the longest duration.
func Duration(v Value) time.Duration {
	if v.Type() != TimeSpan {
		return 0
	}
	const most = int64(1<<63-1) / 100
	return time.Duration(min(max(v.Int64(), -most), most)) * 100
}
