package fn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var formatFuncs = []Func{
	{Name: "format_datetime", Doc: "Writes a datetime by a format of y, M, d, H, h, m, s, f, F and tt (repeated letters for more digits) and the delimiters / - : , . _ [ ] and blank.", Naming: NameFirst,
		Sigs: []Sig{{"(date: datetime, !format: string): string", formatKernel(datetimeFormat)}},
		Ex: []Example{{`format_datetime(datetime(2017-01-29 09:00:05), "yy-MM-dd [HH:mm:ss]")`, `17-01-29 [09:00:05]`},
			{`format_datetime(datetime(2017-01-29 21:00:05.1230000), "yyyy-M-d h:mm:ss.fff tt")`, `2017-1-29 9:00:05.123 PM`},
			{`format_datetime(datetime(2020-01-05), "MMM ddd")`, `011 055`}}},
	{Name: "format_timespan", Doc: "Writes a timespan by a format of d, H, h, m, s, f and F (repeated letters for more digits) and the delimiters / - : , . _ [ ] and blank.", Naming: NameFirst,
		Sigs: []Sig{{"(timespan: timespan, !format: string): string", formatKernel(timespanFormat)}},
		Ex: []Example{{`format_timespan(timespan(29.09:00:05.12345), "dd.hh:mm:ss.FF")`, `29.09:00:05.12`}, {`format_timespan(-2.5h, "hh:mm")`, `-02:30`},
			{`format_timespan(timespan(29.09:00:05), "ddd.h:mm:ss [fff]")`, `029.9:00:05 [000]`}}},
}

// verb is one piece of a format: a letter repeated, or a delimiter.
type verb struct {
	c byte
	n int
}

// parseFormat takes a format apart; widths gives how often a letter may be
// repeated for one piece. A character that is neither letter nor delimiter of
// the format is an error, as in Kusto.
func parseFormat(format string, widths map[byte][]int) ([]verb, error) {
	var verbs []verb
	for i := 0; i < len(format); {
		c := format[i]
		if strings.IndexByte(" /-:,._[]", c) >= 0 {
			verbs = append(verbs, verb{c, 0})
			i++
			continue
		}
		run := 1
		for i+run < len(format) && format[i+run] == c {
			run++
		}
		i += run
		for run > 0 {
			best := 0
			for _, w := range widths[c] {
				if w <= run {
					best = max(best, w)
				}
			}
			if best == 0 {
				return nil, fmt.Errorf("invalid format %q: cannot use %q there", format, c)
			}
			verbs = append(verbs, verb{c, best})
			run -= best
		}
	}
	return verbs, nil
}

var (
	fractions      = []int{1, 2, 3, 4, 5, 6, 7}
	oneTwo         = []int{1, 2}
	datetimeFormat = formatter{widths: map[byte][]int{'y': {1, 2, 4}, 'M': oneTwo, 'd': oneTwo, 'H': oneTwo, 'h': oneTwo, 'm': oneTwo,
		's': oneTwo, 'f': fractions, 'F': fractions, 't': {2}}, write: writeDateTime}
	timespanFormat = formatter{widths: map[byte][]int{'d': {1, 2, 3, 4, 5, 6, 7, 8}, 'H': oneTwo, 'h': oneTwo, 'm': oneTwo,
		's': oneTwo, 'f': fractions, 'F': fractions}, write: writeTimeSpan}
)

type formatter struct {
	widths map[byte][]int
	write  func(dst []byte, ticks int64, verbs []verb) []byte
}

func formatKernel(f formatter) Kernel {
	return Rows(func(_ *Call, a []value.Value) (value.Value, error) {
		verbs, err := parseFormat(a[1].Str(), f.widths)
		if err != nil || a[0].IsNull() {
			return value.String(""), err
		}
		return value.String(string(f.write(nil, a[0].Int64(), verbs))), nil
	})
}

func pad(dst []byte, v, width int) []byte {
	s := strconv.Itoa(v)
	for i := len(s); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

func writeDateTime(dst []byte, t int64, verbs []verb) []byte {
	c := types.ToCivil(t)
	for _, v := range verbs {
		switch v.c {
		case 'y':
			if v.n == 4 {
				dst = pad(dst, c.Year, 4)
			} else {
				dst = pad(dst, c.Year%100, v.n)
			}
		case 'M':
			dst = pad(dst, c.Month, v.n)
		case 'd':
			dst = pad(dst, c.Day, v.n)
		case 't':
			if c.Hour < 12 {
				dst = append(dst, "AM"...)
			} else {
				dst = append(dst, "PM"...)
			}
		case 'h':
			dst = pad(dst, (c.Hour+11)%12+1, v.n)
		default:
			dst = writeClock(dst, v, c.Hour, c.Minute, c.Second, c.Tick)
		}
	}
	return dst
}

func writeTimeSpan(dst []byte, t int64, verbs []verb) []byte {
	if t < 0 {
		dst, t = append(dst, '-'), -t
	}
	for _, v := range verbs {
		if v.c == 'd' {
			dst = pad(dst, int(t/types.Day), v.n)
			continue
		}
		if v.c == 'h' {
			v.c = 'H'
		}
		dst = writeClock(dst, v, int(t/types.Hour%24), int(t/types.Minute%60), int(t/types.Second%60), int(t%types.Second))
	}
	return dst
}

func writeClock(dst []byte, v verb, hour, minute, second, tick int) []byte {
	switch v.c {
	case 'H':
		return pad(dst, hour, v.n)
	case 'm':
		return pad(dst, minute, v.n)
	case 's':
		return pad(dst, second, v.n)
	case 'f', 'F':
		start := len(dst)
		dst = pad(dst, tick, 7)[:start+v.n]
		for v.c == 'F' && len(dst) > start && dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
		return dst
	}
	return append(dst, v.c)
}
