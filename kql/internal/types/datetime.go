package types

import "strings"

// AppendDateTime writes ticks as Kusto does: 2020-01-01T00:00:00.0000000Z.
func AppendDateTime(dst []byte, ticks int64) []byte {
	c := ToCivil(ticks)
	dst = appendPadded(dst, uint64(c.Year), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, uint64(c.Month), 2)
	dst = append(dst, '-')
	dst = appendPadded(dst, uint64(c.Day), 2)
	dst = append(dst, 'T')
	dst = appendPadded(dst, uint64(c.Hour), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, uint64(c.Minute), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, uint64(c.Second), 2)
	dst = append(dst, '.')
	dst = appendPadded(dst, uint64(c.Tick), 7)
	return append(dst, 'Z')
}

// FormatDateTime is AppendDateTime as a string.
func FormatDateTime(ticks int64) string { return string(AppendDateTime(nil, ticks)) }

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// ParseDateTime reads the spellings that Kusto's datetime literals and
// todatetime() accept: ISO 8601 with or without time, zone or offset (taken to
// UTC), "MM/DD/YYYY [hh:mm[:ss]] [AM|PM]", "MM-DD-YYYY", "2 Dec 2022", RFC 822
// and RFC 850 forms, "YYYYMMDD", "YYYY-MM". False means null.
func ParseDateTime(text string) (int64, bool) {
	p := dtParser{s: strings.TrimSpace(text)}
	if p.s == "" {
		return 0, false
	}
	return p.parse()
}

// ParseTimeOfDay reads a time without a date, "8:00:00 AM" or "20:00".
func ParseTimeOfDay(text string) (int64, bool) {
	s := strings.TrimSpace(text)
	if i := strings.IndexByte(s, ':'); i < 1 || i > 2 {
		return 0, false
	}
	p := dtParser{s: " " + s}
	t, ok := p.clock(1, 1, 1)
	return t, ok && t < Day
}

type dtParser struct {
	s string
	i int
}

func (p *dtParser) number() (v, n int) {
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' && n < 18 {
		v = v*10 + int(p.s[p.i]-'0')
		p.i++
		n++
	}
	return v, n
}

func (p *dtParser) word() string {
	start := p.i
	for p.i < len(p.s) && (p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z') {
		p.i++
	}
	return strings.ToLower(p.s[start:p.i])
}

func (p *dtParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *dtParser) accept(c byte) bool {
	if p.peek() == c {
		p.i++
		return true
	}
	return false
}

func (p *dtParser) blanks() {
	for p.peek() == ' ' || p.peek() == '\t' {
		p.i++
	}
}

func (p *dtParser) done() bool { return p.i >= len(p.s) }

func monthNumber(w string) int {
	if len(w) < 3 {
		return 0
	}
	for i, m := range monthNames {
		if w == m || w == m[:3] {
			return i + 1
		}
	}
	return 0
}

func (p *dtParser) parse() (int64, bool) {
	var y, m, d int
	if c := p.peek(); c >= '0' && c <= '9' {
		v, n := p.number()
		sep := p.peek()
		switch {
		case n == 8 && (p.done() || sep == 'T' || sep == ' '):
			y, m, d = v/10000, v/100%100, v%100
		case n == 14 && p.done():
			return MakeDateTime(v/10000000000, v/100000000%100, v/1000000%100, v/10000%100, v/100%100, v%100, 0)
		case n == 4 && (sep == '-' || sep == '/' || sep == '.'):
			p.i++
			var k int
			y = v
			if m, k = p.number(); k == 0 || k > 2 {
				return 0, false
			}
			d = 1
			if p.accept(sep) {
				if d, k = p.number(); k == 0 || k > 2 {
					return 0, false
				}
			}
		case n == 4 && p.done():
			y, m, d = v, 1, 1
		case n <= 2 && (sep == '/' || sep == '-' || sep == '.'):
			p.i++
			if w := p.word(); w != "" { // 02-Dec-22
				d, m = v, monthNumber(w)
				if m == 0 || !p.accept(sep) {
					return 0, false
				}
			} else {
				var k int
				m = v
				if d, k = p.number(); k == 0 || k > 2 || !p.accept(sep) {
					return 0, false
				}
			}
			var k int
			if y, k = p.number(); k != 2 && k != 4 {
				return 0, false
			} else if k == 2 {
				y = century(y)
			}
		case n <= 2 && sep == ' ':
			p.blanks()
			d = v
			if m = monthNumber(p.word()); m == 0 {
				return 0, false
			}
			p.blanks()
			var k int
			if y, k = p.number(); k != 2 && k != 4 {
				return 0, false
			} else if k == 2 {
				y = century(y)
			}
		default:
			return 0, false
		}
	} else {
		w := p.word()
		if w == "" {
			return 0, false
		}
		if m = monthNumber(w); m != 0 { // Dec 2, 2022
			p.blanks()
			var k int
			if d, k = p.number(); k == 0 || k > 2 {
				return 0, false
			}
			p.accept(',')
			p.blanks()
			if y, k = p.number(); k != 4 {
				return 0, false
			}
		} else { // Sat, 02 Dec 2022 ... / Saturday, 02-Dec-22 ...
			if !weekday(w) {
				return 0, false
			}
			p.accept(',')
			p.blanks()
			if c := p.peek(); c < '0' || c > '9' {
				return 0, false
			}
			return p.parse()
		}
	}
	return p.clock(y, m, d)
}

func weekday(w string) bool {
	for _, d := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if w == d || w == d[:3] {
			return true
		}
	}
	return false
}

func century(y int) int {
	if y < 50 {
		return 2000 + y
	}
	return 1900 + y
}

// clock reads an optional time and zone after the date and builds the ticks.
func (p *dtParser) clock(y, m, d int) (int64, bool) {
	if p.done() {
		return MakeDateTime(y, m, d, 0, 0, 0, 0)
	}
	if !p.accept('T') && !p.accept('t') {
		if p.peek() == 'Z' && p.i == len(p.s)-1 {
			return MakeDateTime(y, m, d, 0, 0, 0, 0)
		}
		if p.peek() != ' ' {
			return 0, false
		}
		p.blanks()
	}
	var h, mi, s, frac int
	var k int
	if h, k = p.number(); k == 0 || k > 2 {
		return 0, false
	}
	if p.accept(':') {
		if mi, k = p.number(); k == 0 || k > 2 {
			return 0, false
		}
		if p.accept(':') {
			if s, k = p.number(); k == 0 || k > 2 {
				return 0, false
			}
			if p.accept('.') || p.accept(',') {
				start := p.i
				frac, k = p.number()
				if k == 0 {
					return 0, false
				}
				if k > 7 {
					frac = 0
					for _, c := range p.s[start : start+7] {
						frac = frac*10 + int(c-'0')
					}
				}
				for ; k < 7; k++ {
					frac *= 10
				}
			}
		}
	}
	p.blanks()
	if w := strings.ToLower(p.s[p.i:]); strings.HasPrefix(w, "am") || strings.HasPrefix(w, "pm") {
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
		if w[0] == 'p' {
			h += 12
		}
		p.i += 2
		p.blanks()
	}
	extraDay := int64(0)
	if h == 24 && mi == 0 && s == 0 && frac == 0 {
		h, extraDay = 0, Day
	}
	t, ok := MakeDateTime(y, m, d, h, mi, s, frac)
	if !ok {
		return 0, false
	}
	off, ok := p.zone()
	if !ok {
		return 0, false
	}
	t = t + extraDay - off
	return t, ValidDateTime(t)
}

// zone reads Z, GMT, UTC or an offset; nothing means UTC.
func (p *dtParser) zone() (int64, bool) {
	switch c := p.peek(); {
	case p.done():
		return 0, true
	case c == '+' || c == '-':
		p.i++
		v, k := p.number()
		var h, m int
		switch {
		case k == 4:
			h, m = v/100, v%100
		case k == 1 || k == 2:
			h = v
			if p.accept(':') {
				if m, k = p.number(); k != 2 {
					return 0, false
				}
			}
		default:
			return 0, false
		}
		if h > 14 || m > 59 || !p.done() {
			return 0, false
		}
		off := int64(h)*Hour + int64(m)*Minute
		if c == '-' {
			off = -off
		}
		return off, true
	default:
		w := p.word()
		return 0, p.done() && (w == "z" || w == "gmt" || w == "utc" || w == "ut")
	}
}
