package fn

import (
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var datetimeFuncs = []Func{
	{Name: "now", Doc: "Returns the time of the query, plus an offset.",
		Sigs: []Sig{
			{"(): datetime", func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.DateTime, value.DateTime(c.Now), c.N), nil }},
			{"(offset: timespan): datetime", nowOffset(1)},
		}},
	{Name: "ago", Doc: "Returns the time of the query minus a timespan.",
		Sigs: []Sig{{"(offset: timespan): datetime", nowOffset(-1)}}},
	{Name: "startofday", Doc: "Returns the start of the day, some days on.", Naming: NameFirst,
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", startOf(dayStart)}},
		Ex: []Example{{`startofday(datetime(2017-01-01 10:10:17))`, `2017-01-01T00:00:00.0000000Z`},
			{`startofday(datetime(2017-01-01 10:10:17), -1)`, `2016-12-31T00:00:00.0000000Z`}}},
	{Name: "startofweek", Doc: "Returns the start of the week, a Sunday, some weeks on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", startOf(weekStart)}},
		Ex:   []Example{{`startofweek(datetime(2017-01-05 10:10:17))`, `2017-01-01T00:00:00.0000000Z`}}},
	{Name: "startofmonth", Doc: "Returns the start of the month, some months on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", startOf(monthStart)}},
		Ex:   []Example{{`startofmonth(datetime(2017-01-15), 1)`, `2017-02-01T00:00:00.0000000Z`}}},
	{Name: "startofyear", Doc: "Returns the start of the year, some years on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", startOf(yearStart)}},
		Ex:   []Example{{`startofyear(datetime(2017-05-15), -1)`, `2016-01-01T00:00:00.0000000Z`}}},
	{Name: "endofday", Doc: "Returns the last tick of the day, some days on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", endOf(dayStart)}},
		Ex:   []Example{{`endofday(datetime(2017-01-01 10:10:17))`, `2017-01-01T23:59:59.9999999Z`}}},
	{Name: "endofweek", Doc: "Returns the last tick of the week (a Saturday), some weeks on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", endOf(weekStart)}},
		Ex:   []Example{{`endofweek(datetime(2017-01-01 10:10:17))`, `2017-01-07T23:59:59.9999999Z`}}},
	{Name: "endofmonth", Doc: "Returns the last tick of the month, some months on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", endOf(monthStart)}},
		Ex:   []Example{{`endofmonth(datetime(2017-01-01), 1)`, `2017-02-28T23:59:59.9999999Z`}, {`endofmonth(datetime(9999-12-31))`, `9999-12-31T23:59:59.9999999Z`}}},
	{Name: "endofyear", Doc: "Returns the last tick of the year, some years on.",
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", endOf(yearStart)}},
		Ex:   []Example{{`endofyear(datetime(2017-01-01))`, `2017-12-31T23:59:59.9999999Z`}}},
	{Name: "getyear", Doc: "Returns the year.",
		Sigs: []Sig{{"(date: datetime): long", civilPart(func(c types.Civil) int { return c.Year })}},
		Ex:   []Example{{`getyear(datetime(2015-10-12))`, `2015`}}},
	{Name: "monthofyear", Aliases: []string{"getmonth"}, Doc: "Returns the month, 1 to 12.",
		Sigs: []Sig{{"(date: datetime): long", civilPart(func(c types.Civil) int { return c.Month })}},
		Ex:   []Example{{`monthofyear(datetime(2015-12-14))`, `12`}}},
	{Name: "dayofmonth", Doc: "Returns the day of the month, 1 to 31.",
		Sigs: []Sig{{"(date: datetime): long", civilPart(func(c types.Civil) int { return c.Day })}},
		Ex:   []Example{{`dayofmonth(datetime(2015-12-14))`, `14`}}},
	{Name: "dayofyear", Doc: "Returns the day of the year, 1 to 366.",
		Sigs: []Sig{{"(date: datetime): long", civilPart(dayOfYear)}},
		Ex:   []Example{{`dayofyear(datetime(2015-12-14))`, `348`}}},
	{Name: "hourofday", Doc: "Returns the hour, 0 to 23.",
		Sigs: []Sig{{"(date: datetime): long", civilPart(func(c types.Civil) int { return c.Hour })}},
		Ex:   []Example{{`hourofday(datetime(2015-12-14 18:54))`, `18`}}},
	{Name: "dayofweek", Doc: "Returns the days since the last Sunday, as a timespan.",
		Sigs: []Sig{{"(date: datetime): timespan", Map1(func(t int64) (int64, bool) {
			// The engine gives null where the week ends beyond the year 9999.
			return dayOfWeek(t) * types.Day, weekStart(t, 0)+7*types.Day-1 <= types.MaxDateTime
		})}},
		Ex: []Example{{`dayofweek(datetime(2015-12-14))`, `1.00:00:00`}, {`dayofweek(datetime(2015-12-20))`, `00:00:00`}}},
	{Name: "week_of_year", Aliases: []string{"weekofyear"}, Doc: "Returns the week of the year by ISO 8601, 1 to 53.",
		Sigs: []Sig{{"(date: datetime): long", Map1(func(t int64) (int64, bool) { return isoWeek(t), true })}},
		Ex:   []Example{{`week_of_year(datetime(2016-01-01))`, `53`}, {`week_of_year(datetime(2018-12-31))`, `1`}, {`week_of_year(datetime(9999-12-31))`, `52`}}},
	{Name: "datetime_part", Aliases: []string{"datepart"}, Doc: "Returns a part of a datetime: year, quarter, month, week_of_year, day, dayofyear, hour, minute, second, millisecond, microsecond or nanosecond.",
		Sigs: []Sig{{"(!part: string, date: datetime): int", Rows(datetimePart)}},
		Ex: []Example{{`datetime_part("year", datetime(2017-10-30 01:02:03.7654321))`, `2017`}, {`datetime_part("week_of_year", datetime(2017-10-30))`, `44`},
			{`datetime_part("microsecond", datetime(2017-10-30 01:02:03.7654321))`, `765432`}, {`datetime_part("quarter", datetime(2017-10-30))`, `4`}}},
	{Name: "datetime_add", Doc: "Adds a number of years, quarters, months, weeks, days, hours, minutes, seconds, milliseconds, microseconds or nanoseconds to a datetime; a day that the month has not becomes its last.",
		Sigs: []Sig{{"(!period: string, amount: long, datetime: datetime): datetime", Rows(datetimeAdd)}},
		Ex: []Example{{`datetime_add("month", 1, datetime(2020-01-31))`, `2020-02-29T00:00:00.0000000Z`}, {`datetime_add("quarter", -1, datetime(2017-01-01))`, `2016-10-01T00:00:00.0000000Z`},
			{`datetime_add("year", 1, datetime(9999-01-01))`, `null`}}},
	{Name: "datetime_diff", Doc: "Counts the borders of periods (years, quarters, months, weeks, days ...) from the second datetime to the first.",
		TypeOf: func(_ []types.Type, consts []value.Value) types.Type {
			if p, _ := periodOf(consts[0].Str()); p == "week" {
				return types.Real // as the engine does
			}
			return types.Long
		},
		Sigs: []Sig{{"(period: string, datetime1: datetime, datetime2: datetime): long", Rows(datetimeDiff)}},
		Ex: []Example{{`datetime_diff("month", datetime(2020-02-01), datetime(2020-01-31))`, `1`}, {`datetime_diff("second", datetime(2017-10-30 23:00:10.100), datetime(2017-10-30 23:00:00.900))`, `10`},
			{`datetime_diff("year", datetime(2017-01-01), datetime(2000-12-31))`, `17`}, {`datetime_diff("quarter", datetime(2024-03-31), datetime(2020-04-01))`, `15`}}},
	{Name: "make_datetime", Doc: "Builds a datetime of its parts, or reads a text; null where a part is out of range.", Naming: NameOnly,
		Sigs: []Sig{
			{"(value: scalar): datetime", toType(types.DateTime)},
			{"(year: long, month: long, day: long, hour?: long, minute?: long, second?: real): datetime", Strict(makeDateTime)},
		},
		Ex: []Example{{`make_datetime(2017, 10, 1)`, `2017-10-01T00:00:00.0000000Z`}, {`make_datetime(2017, 10, 1, 12, 11, 0.1234567)`, `2017-10-01T12:11:00.1234567Z`},
			{`make_datetime(2017, 13, 1)`, `null`}, {`make_datetime("2017-10-01")`, `2017-10-01T00:00:00.0000000Z`}}},
	{Name: "make_timespan", Doc: "Builds a timespan of its parts (hours and minutes; hours, minutes and seconds; or days too), or reads a text; null where a part is out of range.", Naming: NameOnly,
		Sigs: []Sig{
			{"(value: scalar): timespan", toType(types.TimeSpan)},
			{"(hours: long, minutes: long): timespan", Strict(func(a []value.Value) value.Value { return makeTimeSpan(0, a[0].Int64(), a[1].Int64(), 0) })},
			{"(hours: long, minutes: long, seconds: real): timespan", Strict(func(a []value.Value) value.Value { return makeTimeSpan(0, a[0].Int64(), a[1].Int64(), a[2].Float()) })},
			{"(days: long, hours: long, minutes: long, seconds: real): timespan", Strict(func(a []value.Value) value.Value {
				return makeTimeSpan(a[0].Int64(), a[1].Int64(), a[2].Int64(), a[3].Float())
			})},
		},
		Ex: []Example{{`make_timespan(1, 12, 30, 55.123)`, `1.12:30:55.1230000`}, {`make_timespan(1, 2, 3)`, `01:02:03`}, {`make_timespan(25, 0)`, `null`}}},
	unixTime("unixtime_seconds_todatetime", "seconds", types.Second, 1546300800),
	unixTime("unixtime_milliseconds_todatetime", "milliseconds", types.Millisecond, 1546300800000),
	unixTime("unixtime_microseconds_todatetime", "microseconds", types.Microsecond, 1546300800000000),
	unixTime("unixtime_nanoseconds_todatetime", "nanoseconds", 0, 1546300800000000000),
}

func nowOffset(sign int64) Kernel {
	return Rows(func(c *Call, a []value.Value) (value.Value, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		t, ok := types.AddOverflow(c.Now, sign*a[0].Int64())
		if !ok {
			return value.Null, nil
		}
		return value.DateTime(t), nil
	})
}

// dayOfWeek returns 0 for Sunday.
func dayOfWeek(t int64) int64 { return (t/types.Day + 1) % 7 }

func dayOfYear(c types.Civil) int {
	return int(types.DaysFromDate(c.Year, c.Month, c.Day)-types.DaysFromDate(c.Year, 1, 1)) + 1
}

// isoWeek returns the week of the year in which the week's Thursday lies.
func isoWeek(t int64) int64 {
	thursday := t/types.Day - (dayOfWeek(t)+6)%7 + 3
	y, _, _ := types.DateFromDays(thursday)
	return (thursday-types.DaysFromDate(y, 1, 1))/7 + 1
}

// The starts of periods; n periods on. Values out of range are for the caller.

func dayStart(t, n int64) int64 { return (t/types.Day + n) * types.Day }

func weekStart(t, n int64) int64 { return (t/types.Day - dayOfWeek(t) + 7*n) * types.Day }

func monthStart(t, n int64) int64 {
	c := types.ToCivil(t)
	m := int64(c.Year)*12 + int64(c.Month) - 1 + n
	return types.DaysFromDate(int(types.FloorDiv(m, 12)), int(m-types.FloorDiv(m, 12)*12)+1, 1) * types.Day
}

func yearStart(t, n int64) int64 {
	c := types.ToCivil(t)
	return types.DaysFromDate(c.Year+int(n), 1, 1) * types.Day
}

// maxPeriods bounds offsets, so that the arithmetic cannot overflow.
const maxPeriods = 4_000_000

func startOf(start func(t, n int64) int64) Kernel {
	return Strict(func(a []value.Value) value.Value {
		n := longArg(a, 1, 0)
		if n > maxPeriods || n < -maxPeriods {
			return value.Null
		}
		return value.DateTime(start(a[0].Int64(), n))
	})
}

func endOf(start func(t, n int64) int64) Kernel {
	return Strict(func(a []value.Value) value.Value {
		n := longArg(a, 1, 0)
		if n > maxPeriods || n < -maxPeriods {
			return value.Null
		}
		return value.DateTime(start(a[0].Int64(), n+1) - 1)
	})
}

func civilPart(part func(types.Civil) int) Kernel {
	return Map1(func(t int64) (int64, bool) { return int64(part(types.ToCivil(t))), true })
}

// periodOf normalises the name of a period; ticks is its length, 0 for months
// and longer.
func periodOf(name string) (string, int64) {
	name = strings.ToLower(name)
	switch strings.TrimSuffix(name, "s") {
	case "week":
		return "week", 7 * types.Day
	case "day":
		return "day", types.Day
	case "hour":
		return "hour", types.Hour
	case "minute":
		return "minute", types.Minute
	case "second":
		return "second", types.Second
	case "millisecond":
		return "millisecond", types.Millisecond
	case "microsecond":
		return "microsecond", types.Microsecond
	}
	return strings.TrimSuffix(name, "s"), 0
}

func makeDateTime(a []value.Value) value.Value {
	var part [5]int64
	for i := range min(len(a), 5) {
		if part[i] = a[i].Int64(); part[i] < 0 || part[i] > 9999 {
			return value.Null
		}
	}
	var ticks int64
	if len(a) > 5 {
		t, ok := types.TicksFromReal(a[5].Float() * float64(types.Second))
		if !ok || t < 0 || t >= types.Minute {
			return value.Null
		}
		ticks = t
	}
	t, ok := types.MakeDateTime(int(part[0]), int(part[1]), int(part[2]), int(part[3]), int(part[4]), 0, 0)
	if !ok {
		return value.Null
	}
	return value.DateTime(t + ticks)
}

func makeTimeSpan(d, h, m int64, s float64) value.Value {
	t, ok := types.TicksFromReal(s * float64(types.Second))
	if d < 0 || d > 10_675_198 || h < 0 || h > 23 || m < 0 || m > 59 || !ok || t < 0 || t >= types.Minute {
		return value.Null
	}
	return value.TimeSpan(d*types.Day + h*types.Hour + m*types.Minute + t)
}

func unixTime(name, unit string, per int64, example int64) Func {
	scale := func(n int64) (int64, bool) {
		if per == 0 { // nanoseconds
			return types.FloorDiv(n, 100), true
		}
		return types.MulOverflow(n, per)
	}
	factor := float64(per)
	if per == 0 {
		factor = 0.01
	}
	return Func{Name: name, Doc: "Converts the number of " + unit + " since 1970-01-01 to a datetime.",
		Sigs: []Sig{
			{"(" + unit + ": long): datetime", Strict(func(a []value.Value) value.Value {
				if t, ok := scale(a[0].Int64()); ok {
					return value.DateTime(types.UnixEpoch + t)
				}
				return value.Null
			})},
			{"(" + unit + ": real): datetime", Strict(func(a []value.Value) value.Value {
				if t, ok := types.TicksFromReal(a[0].Float() * factor); ok && t < types.MaxDateTime {
					return value.DateTime(types.UnixEpoch + t)
				}
				return value.Null
			})},
		},
		Ex: []Example{{name + "(" + value.JSON(value.Long(example)) + ")", "2019-01-01T00:00:00.0000000Z"}}}
}
