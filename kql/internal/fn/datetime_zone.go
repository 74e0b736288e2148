package fn

import (
	"fmt"
	"slices"
	"time"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/tz"
	"github.com/azward/azward/kql/internal/value"
)

var zoneFuncs = []Func{
	{Name: "datetime_utc_to_local", Doc: "Converts a datetime in UTC to the local time of a time zone (IANA name).",
		Sigs: []Sig{{"(from: datetime, timezone: string): datetime", Rows(zoneKernel(func(t int64, l *time.Location) int64 {
			return t + zoneOffset(t, l)
		}))}},
		Ex: []Example{{`datetime_utc_to_local(datetime(2022-07-01 12:00), "Europe/Brussels")`, `2022-07-01T14:00:00.0000000Z`}}},
	{Name: "datetime_local_to_utc", Doc: "Converts a datetime in the local time of a time zone (IANA name) to UTC.",
		Sigs: []Sig{{"(from: datetime, timezone: string): datetime", Rows(zoneKernel(localToUTC))}},
		Ex: []Example{{`datetime_local_to_utc(datetime(2020-02-02 20:02:20), "US/Pacific")`, `2020-02-03T04:02:20.0000000Z`},
			{`datetime_local_to_utc(datetime(2022-03-27 02:00), "Europe/Brussels")`, `2022-03-27T00:00:00.0000000Z`},
			{`datetime_local_to_utc(datetime(2022-03-27 03:00), "Europe/Brussels")`, `2022-03-27T01:00:00.0000000Z`}}},
	{Name: "datetime_list_timezones", Doc: "Lists the names of the time zones.",
		Sigs: []Sig{{"(): dynamic", Row(func([]value.Value) value.Value { return value.Strings(zoneNames()) })}},
		Ex:   []Example{{`set_has_element(datetime_list_timezones(), "Europe/Brussels")`, `true`}}},
}

// zoneNames lists the zones that stand for a place or an offset.
func zoneNames() []string {
	return slices.DeleteFunc(slices.Clone(tz.Names()), func(n string) bool { return n == "Factory" })
}

func zoneKernel(f func(t int64, l *time.Location) int64) func(*Call, []value.Value) (value.Value, error) {
	return func(_ *Call, a []value.Value) (value.Value, error) {
		if a[0].IsNull() || a[1].Str() == "" {
			return value.Null, nil
		}
		l, ok := tz.Load(a[1].Str())
		if !ok {
			return value.Null, fmt.Errorf("unknown time zone %q", a[1].Str())
		}
		return value.DateTime(f(a[0].Int64(), l)), nil
	}
}

func zoneOffset(t int64, l *time.Location) int64 {
	_, off := types.ToTime(t).In(l).Zone()
	return int64(off) * types.Second
}

// localToUTC takes a time that a clock change leaves out with the offset after
// the change, and one that occurs twice with the later one.
func localToUTC(t int64, l *time.Location) int64 {
	before, after := zoneOffset(t-types.Day, l), zoneOffset(t+types.Day, l)
	for _, off := range []int64{min(before, after), max(before, after)} {
		if zoneOffset(t-off, l) == off {
			return t - off
		}
	}
	return t - after
}
