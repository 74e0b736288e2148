package types

import (
	"strconv"
	"strings"
)

// AppendTimeSpan writes ticks as Kusto does: [-][d.]hh:mm:ss[.fffffff].
func AppendTimeSpan(dst []byte, ticks int64) []byte {
	u := uint64(ticks)
	if ticks < 0 {
		dst = append(dst, '-')
		u = uint64(-ticks)
	}
	day, sec := uint64(Day), uint64(Second)
	if d := u / day; d > 0 {
		dst = strconv.AppendUint(dst, d, 10)
		dst = append(dst, '.')
	}
	r := u % day
	dst = appendPadded(dst, r/uint64(Hour), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, r/uint64(Minute)%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, r/sec%60, 2)
	if f := r % sec; f != 0 {
		dst = append(dst, '.')
		dst = appendPadded(dst, f, 7)
	}
	return dst
}

// FormatTimeSpan is AppendTimeSpan as a string.
func FormatTimeSpan(ticks int64) string { return string(AppendTimeSpan(nil, ticks)) }

func appendPadded(dst []byte, v uint64, width int) []byte {
	var buf [20]byte
	s := strconv.AppendUint(buf[:0], v, 10)
	for i := len(s); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// units of timespan literals, longest spelling first where one begins another.
var units = []struct {
	name  string
	ticks int64
}{
	{"microseconds", Microsecond}, {"microsecond", Microsecond}, {"micros", Microsecond}, {"micro", Microsecond},
	{"milliseconds", Millisecond}, {"millisecond", Millisecond}, {"millis", Millisecond}, {"milli", Millisecond}, {"ms", Millisecond},
	{"minutes", Minute}, {"minute", Minute}, {"min", Minute}, {"m", Minute},
	{"seconds", Second}, {"second", Second}, {"sec", Second}, {"s", Second},
	{"hours", Hour}, {"hour", Hour}, {"hrs", Hour}, {"hr", Hour}, {"h", Hour},
	{"days", Day}, {"day", Day}, {"d", Day},
	{"nanoseconds", 0}, {"nanosecond", 0}, {"nanos", 0}, {"nano", 0},
	{"ticks", 1}, {"tick", 1},
}

// Unit returns the ticks of a timespan unit as KQL's literals spell it ("d",
// "ms", "tick" ...); nanoseconds give 0 and true.
func Unit(name string) (ticks int64, ok bool) {
	for _, u := range units {
		if u.name == name {
			return u.ticks, true
		}
	}
	return 0, false
}

// ParseTimeSpan reads a timespan as totimespan() and timespan literals do:
// "1.02:03:04.5", "13:00", "1d", "-90s", "1.5h". A bare number without unit is
// a number of days only if bareDays is set (timespan(2) is two days, while
// totimespan("1.5") is null).
func ParseTimeSpan(text string, bareDays bool) (int64, bool) {
	s := strings.TrimSpace(text)
	if s == "" {
		return 0, false
	}
	neg := false
	body := s
	if body[0] == '-' {
		neg, body = true, body[1:]
	} else if body[0] == '+' {
		body = body[1:]
	}
	if body == "" {
		return 0, false
	}
	if strings.IndexByte(body, ':') >= 0 {
		t, ok := parseClock(body)
		if neg {
			t = -t
		}
		return t, ok
	}
	i := 0
	for i < len(body) && (body[i] >= '0' && body[i] <= '9' || body[i] == '.') {
		i++
	}
	num, unit := body[:i], strings.TrimSpace(body[i:])
	if num == "" {
		return 0, false
	}
	if unit == "" {
		if strings.IndexByte(num, '.') >= 0 && !bareDays {
			return 0, false
		}
		unit = "d"
	}
	per, ok := Unit(strings.ToLower(unit))
	if !ok {
		return 0, false
	}
	t, ok := scale(num, per, strings.HasPrefix(strings.ToLower(unit), "nano"))
	if neg {
		t = -t
	}
	return t, ok
}

// ScaleUnit multiplies a decimal number text with a unit of ticks.
func ScaleUnit(num, unit string) (int64, bool) {
	per, ok := Unit(unit)
	if !ok {
		return 0, false
	}
	return scale(num, per, strings.HasPrefix(unit, "nano"))
}

func scale(num string, per int64, nano bool) (int64, bool) {
	if n, err := strconv.ParseInt(num, 10, 64); err == nil {
		if nano {
			return n / 100, true
		}
		return MulOverflow(n, per)
	}
	f, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0, false
	}
	if nano {
		return TicksFromReal(f / 100)
	}
	return TicksFromReal(f * float64(per))
}

// parseClock reads [d.]h:m[:s[.f]] and d:h:m:s.
func parseClock(s string) (int64, bool) {
	var day int64
	if dot := strings.IndexByte(s, '.'); dot >= 0 && dot < strings.IndexByte(s, ':') {
		d, ok := digits(s[:dot], 8)
		if !ok {
			return 0, false
		}
		day, s = d, s[dot+1:]
	}
	parts := strings.Split(s, ":")
	if len(parts) == 4 {
		d, ok := digits(parts[0], 8)
		if !ok || day != 0 {
			return 0, false
		}
		day, parts = d, parts[1:]
	}
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	h, ok1 := digits(parts[0], 8)
	m, ok2 := digits(parts[1], 2)
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false
	}
	var sec, frac int64
	if len(parts) == 3 {
		whole, f, hasFrac := strings.Cut(parts[2], ".")
		var ok bool
		if sec, ok = digits(whole, 2); !ok || sec > 59 {
			return 0, false
		}
		if hasFrac {
			if f == "" || len(f) > 7 {
				return 0, false
			}
			if frac, ok = digits(f, 7); !ok {
				return 0, false
			}
			for i := len(f); i < 7; i++ {
				frac *= 10
			}
		}
	}
	t, ok := MulOverflow(day, Day)
	if !ok {
		return 0, false
	}
	return AddOverflow(t, h*Hour+m*Minute+sec*Second+frac)
}

func digits(s string, most int) (int64, bool) {
	if s == "" || len(s) > most {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
