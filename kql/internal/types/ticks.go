package types

import (
	"math"
	"math/bits"
	"time"
)

// Ticks of 100 ns. A datetime counts them from 0001-01-01T00:00:00Z, a
// timespan is a number of them.
const (
	Microsecond int64 = 10
	Millisecond int64 = 10_000
	Second      int64 = 10_000_000
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour

	// MaxDateTime is the last tick of 9999-12-31; MinDateTime is 0.
	MaxDateTime int64 = 3155378975999999999
	// UnixEpoch is 1970-01-01T00:00:00Z in ticks.
	UnixEpoch int64 = 621355968000000000
)

// ValidDateTime tells whether ticks lie in the years 1 to 9999.
func ValidDateTime(ticks int64) bool { return ticks >= 0 && ticks <= MaxDateTime }

// FromTime turns a Go time into ticks, cutting below 100 ns.
func FromTime(t time.Time) int64 {
	return UnixEpoch + t.Unix()*Second + int64(t.Nanosecond())/100
}

// ToTime turns ticks into a Go time in UTC.
func ToTime(ticks int64) time.Time {
	t := ticks - UnixEpoch
	sec := floorDiv(t, Second)
	return time.Unix(sec, (t-sec*Second)*100).UTC()
}

// Civil is a datetime taken apart.
type Civil struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Tick                 int // 100 ns within the second
}

// ToCivil takes ticks apart in the proleptic Gregorian calendar.
func ToCivil(ticks int64) Civil {
	days := ticks / Day
	rest := ticks % Day
	y, m, d := DateFromDays(days)
	return Civil{Year: y, Month: m, Day: d,
		Hour: int(rest / Hour), Minute: int(rest / Minute % 60), Second: int(rest / Second % 60), Tick: int(rest % Second)}
}

// DateFromDays turns days since 0001-01-01 into year, month and day.
func DateFromDays(days int64) (year, month, day int) {
	// Shift to eras of 400 years that start on 1 March of year 0.
	z := days + 306
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	m := mp + 3
	y := yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return int(y), int(m), int(d)
}

// DaysFromDate returns the days since 0001-01-01 of a date; month and day must
// be in range (see DaysIn), the year may be any.
func DaysFromDate(year, month, day int) int64 {
	y := int64(year)
	m := int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 306
}

// DaysIn returns the number of days of a month.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// MakeDateTime builds ticks from parts and reports whether each is in range.
func MakeDateTime(year, month, day, hour, minute, second, tick int) (int64, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || tick < 0 || int64(tick) >= Second {
		return 0, false
	}
	return DaysFromDate(year, month, day)*Day + int64(hour)*Hour + int64(minute)*Minute + int64(second)*Second + int64(tick), true
}

// FloorDiv divides rounding towards negative infinity; b must be positive.
func FloorDiv(a, b int64) int64 { return floorDiv(a, b) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// AddOverflow adds and reports whether the sum fits into 64 bits.
func AddOverflow(a, b int64) (int64, bool) {
	s := a + b
	return s, (a^s)&(b^s) >= 0
}

// MulOverflow multiplies and reports whether the product fits into 64 bits.
func MulOverflow(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(abs(a), abs(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func abs(a int64) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// TicksFromReal rounds a number of ticks given as a real; false where it does
// not fit.
func TicksFromReal(f float64) (int64, bool) {
	f = math.Round(f)
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0, false
	}
	return int64(f), true
}
