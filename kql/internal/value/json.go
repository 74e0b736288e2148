package value

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/types"
)

// maxDepth bounds the nesting of JSON that ParseJSON accepts.
const maxDepth = 512

var errJSON = errors.New("invalid JSON")

// ParseJSON reads one strict JSON value. Whole numbers that fit become long,
// others real; of a repeated key the last value stays.
func ParseJSON(text string) (Value, error) {
	p := jsonParser{s: text}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return Null, err
	}
	p.space()
	if p.i != len(p.s) {
		return Null, errJSON
	}
	return v, nil
}

type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (Value, error) {
	if p.i >= len(p.s) || depth > maxDepth {
		return Null, errJSON
	}
	switch c := p.s[p.i]; {
	case c == '"':
		s, err := p.str()
		return String(s), err
	case c == '{':
		return p.bag(depth)
	case c == '[':
		return p.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case strings.HasPrefix(p.s[p.i:], "true"):
		p.i += 4
		return Bool(true), nil
	case strings.HasPrefix(p.s[p.i:], "false"):
		p.i += 5
		return Bool(false), nil
	case strings.HasPrefix(p.s[p.i:], "null"):
		p.i += 4
		return Null, nil
	}
	return Null, errJSON
}

func (p *jsonParser) bag(depth int) (Value, error) {
	p.i++
	b := NewBag(4)
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		return Object(b), nil
	}
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return Null, errJSON
		}
		key, err := p.str()
		if err != nil {
			return Null, err
		}
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != ':' {
			return Null, errJSON
		}
		p.i++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return Null, err
		}
		b.Set(key, v)
		p.space()
		if p.i >= len(p.s) {
			return Null, errJSON
		}
		p.i++
		switch p.s[p.i-1] {
		case ',':
		case '}':
			return Object(b), nil
		default:
			return Null, errJSON
		}
	}
}

func (p *jsonParser) array(depth int) (Value, error) {
	p.i++
	items := []Value{}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return Array(items), nil
	}
	for {
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return Null, err
		}
		items = append(items, v)
		p.space()
		if p.i >= len(p.s) {
			return Null, errJSON
		}
		p.i++
		switch p.s[p.i-1] {
		case ',':
		case ']':
			return Array(items), nil
		default:
			return Null, errJSON
		}
	}
}

func (p *jsonParser) number() (Value, error) {
	start := p.i
	if p.s[p.i] == '-' {
		p.i++
	}
	first := p.i
	n := p.digits()
	if n == 0 || n > 1 && p.s[first] == '0' {
		return Null, errJSON
	}
	whole := true
	if p.i < len(p.s) && p.s[p.i] == '.' {
		whole = false
		p.i++
		if p.digits() == 0 {
			return Null, errJSON
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		whole = false
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return Null, errJSON
		}
	}
	text := p.s[start:p.i]
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Long(i), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return Null, errJSON
	}
	return Real(f), nil
}

func (p *jsonParser) digits() int {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - start
}

func (p *jsonParser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", errJSON
		}
		p.i++
	}
	return "", errJSON
}

func (p *jsonParser) escaped(start int) (string, error) {
	buf := []byte(p.s[start:p.i])
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			return string(buf), nil
		case c < 0x20:
			return "", errJSON
		case c != '\\':
			buf = append(buf, c)
			continue
		}
		if p.i >= len(p.s) {
			return "", errJSON
		}
		c = p.s[p.i]
		p.i++
		switch c {
		case '"', '\\', '/':
			buf = append(buf, c)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := p.hex4()
			if !ok {
				return "", errJSON
			}
			if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.i:], `\u`) {
				save := p.i
				p.i += 2
				if r2, ok := p.hex4(); ok {
					if dec := utf16.DecodeRune(r, r2); dec != utf8.RuneError {
						r = dec
					} else {
						p.i = save
					}
				} else {
					return "", errJSON
				}
			}
			buf = utf8.AppendRune(buf, r)
		default:
			return "", errJSON
		}
	}
	return "", errJSON
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	p.i += 4
	return rune(n), err == nil
}

// AppendReal writes a real as Kusto prints it: the shortest text that reads
// back, always with a fraction or exponent ("1.0", "0.1", "1e+300").
func AppendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	abs := math.Abs(f)
	format := byte('f')
	if abs != 0 && (abs < 1e-5 || abs >= 1e15) {
		format = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	for _, c := range dst[start:] {
		if c == '.' || c == 'e' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// AppendJSON writes v as compact JSON, as tostring() of a dynamic does:
// datetimes, timespans, guids and decimals as strings, NaN and the infinities
// as strings too.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case KindNull:
		return append(dst, "null"...)
	case KindBool:
		return strconv.AppendBool(dst, v.num != 0)
	case KindInt, KindLong:
		return strconv.AppendInt(dst, int64(v.num), 10)
	case KindReal:
		f := v.Float()
		switch {
		case math.IsNaN(f):
			return append(dst, `"NaN"`...)
		case math.IsInf(f, 1):
			return append(dst, `"Infinity"`...)
		case math.IsInf(f, -1):
			return append(dst, `"-Infinity"`...)
		}
		return AppendReal(dst, f)
	case KindDecimal:
		return appendQuoted(dst, types.FormatDecimal(v.Dec()))
	case KindString:
		return appendQuoted(dst, v.str)
	case KindDateTime:
		dst = append(dst, '"')
		dst = types.AppendDateTime(dst, int64(v.num))
		return append(dst, '"')
	case KindTimeSpan:
		dst = append(dst, '"')
		dst = types.AppendTimeSpan(dst, int64(v.num))
		return append(dst, '"')
	case KindGUID:
		return appendQuoted(dst, v.UUID().String())
	case KindArray:
		dst = append(dst, '[')
		for i, e := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	default: // a bag, below
	}
	dst = append(dst, '{')
	b := v.Bag()
	for i, k := range b.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, k)
		dst = append(dst, ':')
		dst = AppendJSON(dst, b.vals[i])
	}
	return append(dst, '}')
}

// JSON is AppendJSON as a string.
func JSON(v Value) string { return string(AppendJSON(nil, v)) }

const hexDigits = "0123456789abcdef"

// AppendQuoted writes s as a JSON string.
func AppendQuoted(dst []byte, s string) []byte { return appendQuoted(dst, s) }

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}

// Text returns v as tostring() does: nothing for null, "True" or "False" for a
// bool that is no part of a dynamic (pass dynamic for those that are), strings
// bare, arrays and bags as JSON.
func Text(v Value, dynamic bool) string {
	switch v.kind {
	case KindNull:
		return ""
	case KindString:
		return v.str
	case KindBool:
		switch {
		case dynamic && v.num != 0:
			return "true"
		case dynamic:
			return "false"
		case v.num != 0:
			return "True"
		}
		return "False"
	case KindReal:
		return string(AppendReal(nil, v.Float()))
	case KindDecimal:
		return types.FormatDecimal(v.Dec())
	case KindDateTime:
		return types.FormatDateTime(v.Int64())
	case KindTimeSpan:
		return types.FormatTimeSpan(v.Int64())
	case KindGUID:
		return v.UUID().String()
	default:
		return JSON(v)
	}
}
