package arm

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// compositeFormat is .NET's String.Format in the invariant culture:
// {index[,alignment][:format]}, with {{ and }} for braces.
func compositeFormat(f string, args []Value) (string, error) {
	var b strings.Builder
	for i := 0; i < len(f); {
		c := f[i]
		if c != '{' && c != '}' {
			b.WriteByte(c)
			i++
			continue
		}
		if i+1 < len(f) && f[i+1] == c {
			b.WriteByte(c)
			i += 2
			continue
		}
		end := strings.IndexByte(f[i:], '}')
		if c == '}' || end < 0 {
			return "", fmt.Errorf("format string %q has an unmatched brace", f)
		}
		s, err := formatItem(f[i+1:i+end], args)
		if err != nil {
			return "", err
		}
		if b.WriteString(s); b.Len() > MaxText {
			return "", fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, MaxText)
		}
		i += end + 1
	}
	return b.String(), nil
}

func formatItem(item string, args []Value) (string, error) {
	head, spec, hasSpec := strings.Cut(item, ":")
	index, align, hasAlign := strings.Cut(head, ",")
	n, err := strconv.Atoi(strings.TrimSpace(index))
	if err != nil || n < 0 {
		return "", fmt.Errorf("format item {%s} has no index", item)
	}
	if n >= len(args) {
		return "", fmt.Errorf("format item {%s} names an argument that is not given", item)
	}
	s := scalarText(args[n].doc)
	if hasSpec {
		if s, err = formatValue(args[n].doc, spec); err != nil {
			return "", err
		}
	}
	if hasAlign {
		w, err := strconv.Atoi(strings.TrimSpace(align))
		if err != nil || w > 1000 || w < -1000 {
			return "", fmt.Errorf("format item {%s} has no valid alignment", item)
		}
		if gap := max(w, -w) - units(s); gap > 0 && w > 0 {
			s = strings.Repeat(" ", gap) + s
		} else if gap > 0 {
			s += strings.Repeat(" ", gap)
		}
	}
	return s, nil
}

// formatValue applies a format to a number; other values have none and ignore it, as .NET does.
func formatValue(v jsondoc.Value, spec string) (string, error) {
	f, ok := v.Float()
	if !ok || spec == "" {
		return scalarText(v), nil
	}
	kind, digits := spec[0], -1
	letter := kind|0x20 >= 'a' && kind|0x20 <= 'z'
	if n, err := strconv.Atoi(spec[1:]); letter && err == nil && n >= 0 && n < 100 {
		digits = n
	} else if len(spec) > 1 || !letter {
		return customNumber(f, spec)
	}
	whole, isInt := v.Int()
	orTwo := func() int {
		if digits < 0 {
			return 2
		}
		return digits
	}
	switch kind {
	case 'd', 'D':
		if !isInt {
			return "", fmt.Errorf("format %q needs a whole number", spec)
		}
		s := fmt.Sprintf("%0*d", max(digits, 1), abs(whole))
		return sign(whole < 0) + s, nil
	case 'x', 'X':
		if !isInt {
			return "", fmt.Errorf("format %q needs a whole number", spec)
		}
		s := strconv.FormatUint(uint64(whole), 16)
		if kind == 'X' {
			s = strings.ToUpper(s)
		}
		return strings.Repeat("0", max(digits-len(s), 0)) + s, nil
	case 'n', 'N':
		return grouped(f, orTwo()), nil
	case 'f', 'F':
		return strconv.FormatFloat(f, 'f', orTwo(), 64), nil
	case 'p', 'P':
		return grouped(f*100, orTwo()) + " %", nil
	case 'c', 'C':
		s := "\u00a4" + grouped(math.Abs(f), orTwo())
		if f < 0 {
			s = "(" + s + ")"
		}
		return s, nil
	case 'e', 'E':
		if digits < 0 {
			digits = 6
		}
		s := strconv.FormatFloat(f, kind, digits, 64)
		mantissa, exp, _ := strings.Cut(s, string(kind))
		n, _ := strconv.Atoi(exp)
		return fmt.Sprintf("%s%c%s%03d", mantissa, kind, map[bool]string{true: "-", false: "+"}[n < 0], abs(int64(n))), nil
	case 'g', 'G', 'r', 'R':
		if digits > 0 {
			return strconv.FormatFloat(f, 'G', digits, 64), nil
		}
		return v.String(), nil
	}
	return "", fmt.Errorf("number format %q is not supported", spec)
}

func abs(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func sign(negative bool) string {
	if negative {
		return "-"
	}
	return ""
}

func grouped(f float64, digits int) string {
	s := strconv.FormatFloat(math.Abs(f), 'f', digits, 64)
	whole, frac, hasFrac := strings.Cut(s, ".")
	s = thousands(whole)
	if hasFrac {
		s += "." + frac
	}
	return sign(f < 0 && strings.ContainsAny(s, "123456789")) + s
}

func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
