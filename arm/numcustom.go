package arm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Custom numeric format strings of .NET in the invariant culture, which format() takes.
//
// Source: "format" of "String functions for ARM templates", which names
// System.String.Format; "Custom numeric format strings" of .NET's documentation.

// numToken is a piece of a custom format.
type numToken struct {
	kind byte   // '0', '#', '.', ',', 'E', or 't' for literal text
	text string // literal, or of E: the sign to show ("+", "-" or "")
	low  bool   // of E: written as e
	n    int    // of E: least digits
}

// numSection is one of the up to three parts that ";" separates.
type numSection struct {
	tokens    []numToken
	places    int     // digit places before the point
	decimals  int     // and behind it
	point     int     // index of the point's token, or len(tokens)
	scale     float64 // of %, per mille and trailing commas
	group     bool
	firstZero int // digit places from the first 0 to the point
	lastZero  int // digit places from the point to the last 0 behind it
	exp       bool
}

func customNumber(f float64, spec string) (string, error) {
	parts, err := numParts(spec)
	if err != nil {
		return "", err
	}
	pick, negative := parts[0], f < 0
	switch {
	case f < 0 && len(parts) > 1 && parts[1] != "":
		pick, negative = parts[1], false
	case f == 0 && len(parts) > 2 && parts[2] != "":
		pick = parts[2]
	}
	s, err := parseNumSection(pick)
	if err != nil {
		return "", err
	}
	out, zero := s.write(math.Abs(f))
	if zero && f != 0 && len(parts) > 2 && parts[2] != "" { // rounded to nothing
		if s, err = parseNumSection(parts[2]); err != nil {
			return "", err
		}
		out, _ = s.write(0)
		negative = false
	}
	return sign(negative && !zero) + out, nil
}

// numParts splits a format at the semicolons that stand in no quotes.
func numParts(spec string) ([]string, error) {
	var out []string
	start := 0
	for i := 0; i < len(spec); i++ {
		switch spec[i] {
		case '\\':
			i++
		case '\'', '"':
			n := strings.IndexByte(spec[i+1:], spec[i])
			if n < 0 {
				return nil, fmt.Errorf("number format %q has an unclosed quote", spec)
			}
			i += n + 1
		case ';':
			out = append(out, spec[start:i])
			start = i + 1
		}
	}
	out = append(out, spec[start:])
	if len(out) > 3 {
		return nil, fmt.Errorf("number format %q has more than three sections", spec)
	}
	return out, nil
}

func parseNumSection(spec string) (*numSection, error) {
	s := &numSection{scale: 1, point: -1}
	text := func(t string) {
		s.tokens = append(s.tokens, numToken{kind: 't', text: t})
	}
	commas, pending := 0, 0 // of the whole part; those since the last digit place
	for i := 0; i < len(spec); i++ {
		switch c := spec[i]; c {
		case '0', '#':
			if s.point < 0 {
				s.places++
				commas += pending
				pending = 0
				if c == '0' || s.firstZero > 0 {
					s.firstZero++
				}
			} else {
				s.decimals++
				if c == '0' {
					s.lastZero = s.decimals
				}
			}
			s.tokens = append(s.tokens, numToken{kind: c})
		case '.':
			if s.point < 0 {
				s.point = len(s.tokens)
				s.tokens = append(s.tokens, numToken{kind: '.'})
			}
		case ',':
			if s.point < 0 && s.places > 0 {
				pending++
			}
		case '%':
			s.scale *= 100
			text("%")
		case '\\':
			if i++; i >= len(spec) {
				return nil, fmt.Errorf("number format %q ends in a backslash", spec)
			}
			text(spec[i : i+1])
		case '\'', '"':
			n := strings.IndexByte(spec[i+1:], c)
			if n < 0 {
				return nil, fmt.Errorf("number format %q has an unclosed quote", spec)
			}
			text(spec[i+1 : i+1+n])
			i += n + 1
		case 'E', 'e':
			n, show := i+1, ""
			if n < len(spec) && (spec[n] == '+' || spec[n] == '-') {
				show = spec[n : n+1]
				n++
			}
			zeros := 0
			for n < len(spec) && spec[n] == '0' {
				zeros++
				n++
			}
			if zeros == 0 || s.exp {
				text(spec[i : i+1])
				continue
			}
			s.exp = true
			s.tokens = append(s.tokens, numToken{kind: 'E', text: show, low: c == 'e', n: min(zeros, 10)})
			i = n - 1
		default:
			if strings.HasPrefix(spec[i:], "\u2030") {
				s.scale *= 1000
				text("\u2030")
				i += len("\u2030") - 1
				continue
			}
			text(spec[i : i+1])
		}
	}
	for range pending { // commas right before the point divide by 1000 each
		s.scale /= 1000
	}
	s.group = commas > 0 && !s.exp
	if s.point < 0 {
		s.point = len(s.tokens)
	}
	return s, nil
}

// write writes a number that is not negative; zero tells whether nothing of it is left.
func (s *numSection) write(f float64) (out string, zero bool) {
	if s.places+s.decimals == 0 {
		var b strings.Builder
		for _, t := range s.tokens {
			b.WriteString(t.text)
		}
		return b.String(), f == 0
	}
	f *= s.scale
	exponent := 0
	if s.exp && f != 0 {
		exponent = int(math.Floor(math.Log10(f))) + 1 - s.places
		f /= math.Pow10(exponent)
		if digits := strconv.FormatFloat(f, 'f', s.decimals, 64); len(strings.SplitN(digits, ".", 2)[0]) > max(s.places, 1) {
			f /= 10
			exponent++
		}
	}
	whole, frac, _ := strings.Cut(strconv.FormatFloat(f, 'f', s.decimals, 64), ".")
	zero = strings.Trim(whole+frac, "0") == ""
	whole = strings.TrimLeft(whole, "0")
	whole = strings.Repeat("0", max(s.firstZero-len(whole), 0)) + whole
	for len(frac) > s.lastZero && strings.HasSuffix(frac, "0") {
		frac = frac[:len(frac)-1]
	}
	var b strings.Builder
	at, left := 0, s.places // digits written of whole; digit places still to come
	digit := func() {
		b.WriteByte(whole[at])
		at++
		if rest := len(whole) - at; s.group && rest > 0 && rest%3 == 0 {
			b.WriteByte(',')
		}
	}
	for i, t := range s.tokens {
		switch t.kind {
		case '0', '#':
			if i < s.point {
				for len(whole)-at >= left && at < len(whole) {
					digit()
					if len(whole)-at < left {
						break
					}
				}
				left--
				continue
			}
			if frac != "" {
				b.WriteByte(frac[0])
				frac = frac[1:]
			}
		case '.':
			if s.places == 0 {
				b.WriteString(whole)
			}
			if frac != "" {
				b.WriteByte('.')
			}
		case 'E':
			e := "E"
			if t.low {
				e = "e"
			}
			b.WriteString(e)
			switch {
			case exponent < 0:
				b.WriteByte('-')
			case t.text == "+":
				b.WriteByte('+')
			}
			fmt.Fprintf(&b, "%0*d", t.n, abs(int64(exponent)))
		default:
			b.WriteString(t.text)
		}
	}
	return b.String(), zero
}
