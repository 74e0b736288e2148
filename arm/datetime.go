package arm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the ways in which dates are read; one without an offset is UTC.
var dateLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02 15:04",
	"2006-01-02T15:04:05.999999999-0700",
	"20060102T150405Z",
	"2006-01-02Z07:00",
	"2006-01-02",
	"1/2/2006 3:04:05 PM",
	"1/2/2006 15:04:05",
	"1/2/2006",
	"Mon, 02 Jan 2006 15:04:05 GMT",
}

// ParseTime reads a date as the date functions and Azure Policy's comparisons do.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 64 {
		return time.Time{}, false
	}
	if c := s[0]; (c < '0' || c > '9') && c != 'M' && c != 'T' && c != 'W' && c != 'F' && c != 'S' {
		return time.Time{}, false
	}
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, s); err == nil {
			if y := t.Year(); y < 1 || y > 9999 {
				return time.Time{}, false
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// isoTime is the form that the date functions return where no format is given:
// ISO 8601, the fraction kept to the milliseconds or as far as it goes.
func isoTime(t time.Time) string {
	s := t.Format("2006-01-02T15:04:05")
	if ns := t.Nanosecond(); ns != 0 {
		frac := strings.TrimRight(fmt.Sprintf("%09d", ns), "0")
		for len(frac) < 3 {
			frac += "0"
		}
		s += "." + frac
	}
	return s + zone(t)
}

func zone(t time.Time) string {
	if _, off := t.Zone(); off == 0 {
		return "Z"
	}
	return t.Format("-07:00")
}

// parseDuration reads ISO 8601 durations as .NET's XmlConvert.ToTimeSpan: a year is 365 days and a month 30.
func parseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no ISO 8601 duration", s)
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" {
		return 0, bad
	}
	var seconds float64
	date, clock, hasClock := strings.Cut(rest, "T")
	if hasClock && clock == "" {
		return 0, bad
	}
	read := func(part, order string, scale map[byte]float64) bool {
		at := -1
		for part != "" {
			i := strings.IndexFunc(part, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
			if i <= 0 {
				return false
			}
			next := strings.IndexByte(order, part[i])
			n, err := strconv.ParseFloat(part[:i], 64)
			if err != nil || next <= at || strings.Contains(part[:i], ".") && part[i] != 'S' {
				return false
			}
			at = next
			seconds += n * scale[part[i]]
			part = part[i+1:]
		}
		return true
	}
	const day = 86400
	if !read(date, "YMWD", map[byte]float64{'Y': 365 * day, 'M': 30 * day, 'W': 7 * day, 'D': day}) ||
		!read(clock, "HMS", map[byte]float64{'H': 3600, 'M': 60, 'S': 1}) {
		return 0, bad
	}
	if seconds > 9e9 {
		return 0, fmt.Errorf("duration %q is too long", s)
	}
	d := time.Duration(math.Round(seconds*1e7)) * 100
	if negative {
		d = -d
	}
	return d, nil
}

// standardFormats are .NET's standard date formats in the invariant culture;
// utc marks those that turn the time into UTC first.
var standardFormats = map[byte]struct {
	layout string
	utc    bool
}{
	'd': {"MM/dd/yyyy", false},
	'D': {"dddd, dd MMMM yyyy", false},
	'f': {"dddd, dd MMMM yyyy HH:mm", false},
	'F': {"dddd, dd MMMM yyyy HH:mm:ss", false},
	'g': {"MM/dd/yyyy HH:mm", false},
	'G': {"MM/dd/yyyy HH:mm:ss", false},
	'm': {"MMMM dd", false},
	'M': {"MMMM dd", false},
	'o': {"yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffffK", false},
	'O': {"yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffffK", false},
	'r': {"ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", true},
	'R': {"ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", true},
	's': {"yyyy'-'MM'-'dd'T'HH':'mm':'ss", false},
	't': {"HH:mm", false},
	'T': {"HH:mm:ss", false},
	'u': {"yyyy'-'MM'-'dd HH':'mm':'ss'Z'", true},
	'U': {"dddd, dd MMMM yyyy HH:mm:ss", true},
	'y': {"yyyy MMMM", false},
	'Y': {"yyyy MMMM", false},
}

const maxFormat = 1000

// FormatTime writes t in a .NET date format, standard (one letter) or custom, in the invariant culture.
func FormatTime(t time.Time, format string) (string, error) {
	if len(format) > maxFormat {
		return "", fmt.Errorf("%w: a date format of more than %d characters", ErrLimit, maxFormat)
	}
	if len(format) == 1 {
		std, ok := standardFormats[format[0]]
		if !ok {
			return "", fmt.Errorf("unrecognized standard format specifier '%s'", format)
		}
		if std.utc {
			t = t.UTC()
		}
		format = std.layout
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		c := format[i]
		n := 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch c {
		case 'd', 'f', 'F', 'g', 'h', 'H', 'K', 'm', 'M', 's', 't', 'y', 'z':
			if c == 'K' {
				n = 1
			}
			s, err := dateField(t, c, n)
			if err != nil {
				return "", err
			}
			if c == 'F' && s == "" {
				trimmed := strings.TrimSuffix(b.String(), ".")
				b.Reset()
				b.WriteString(trimmed)
			}
			b.WriteString(s)
			i += n
		case '\'', '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				return "", fmt.Errorf("date format %q has an unclosed quote", format)
			}
			b.WriteString(format[i+1 : i+1+end])
			i += end + 2
		case '\\':
			if i+1 >= len(format) {
				return "", fmt.Errorf("date format %q ends in a backslash", format)
			}
			b.WriteByte(format[i+1])
			i += 2
		case '%':
			i++
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), nil
}

func dateField(t time.Time, c byte, n int) (string, error) {
	pad := func(v, width int) string { return fmt.Sprintf("%0*d", width, v) }
	switch c {
	case 'd':
		switch {
		case n <= 2:
			return pad(t.Day(), n), nil
		case n == 3:
			return t.Weekday().String()[:3], nil
		default:
			return t.Weekday().String(), nil
		}
	case 'M':
		switch {
		case n <= 2:
			return pad(int(t.Month()), n), nil
		case n == 3:
			return t.Month().String()[:3], nil
		default:
			return t.Month().String(), nil
		}
	case 'f', 'F':
		if n > 7 {
			return "", fmt.Errorf("a date format has more than 7 places for the fraction of a second")
		}
		s := fmt.Sprintf("%09d", t.Nanosecond())[:n]
		if c == 'F' {
			s = strings.TrimRight(s, "0")
		}
		return s, nil
	case 'g':
		return "A.D.", nil
	case 'h':
		return pad((t.Hour()+11)%12+1, min(n, 2)), nil
	case 'H':
		return pad(t.Hour(), min(n, 2)), nil
	case 'm':
		return pad(t.Minute(), min(n, 2)), nil
	case 's':
		return pad(t.Second(), min(n, 2)), nil
	case 't':
		s := "AM"
		if t.Hour() >= 12 {
			s = "PM"
		}
		return s[:min(n, 2)], nil
	case 'y':
		if n <= 2 {
			return pad(t.Year()%100, n), nil
		}
		return pad(t.Year(), n), nil
	case 'z':
		_, off := t.Zone()
		sign := "+"
		if off < 0 {
			sign, off = "-", -off
		}
		h, m := off/3600, off/60%60
		switch n {
		case 1:
			return sign + strconv.Itoa(h), nil
		case 2:
			return sign + pad(h, 2), nil
		default:
			return sign + pad(h, 2) + ":" + pad(m, 2), nil
		}
	default: // K
		return zone(t), nil
	}
}
