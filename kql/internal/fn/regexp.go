package fn

import (
	"fmt"
	"regexp"
	"strings"
)

// maxPattern bounds the length of a regular expression.
const maxPattern = 32 << 10

// Classes that Go's RE2 takes as ASCII and Kusto's engine as Unicode.
const (
	digitClass = `\p{Nd}`
	spaceClass = `\s\x{0B}\x{85}\p{Z}`
	wordClass  = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}`
)

// CompileRegexp compiles a pattern as Kusto's engine reads it: \d, \s and \w
// mean Unicode's classes. Matching takes time linear in the text.
func CompileRegexp(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("regular expression longer than %d bytes", maxPattern)
	}
	re, err := regexp.Compile(unicodeClasses(pattern))
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression %q: %w", pattern, err)
	}
	return re, nil
}

// unicodeClasses rewrites the ASCII classes of RE2.
func unicodeClasses(p string) string {
	if strings.IndexByte(p, '\\') < 0 {
		return p
	}
	var b strings.Builder
	depth := false // inside [...]
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\' && i+1 < len(p):
			i++
			b.WriteString(escapeClass(p[i], depth))
			continue
		case c == '[' && !depth:
			depth = true
			b.WriteByte(c)
			if i+1 < len(p) && p[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(p) && p[i+1] == ']' {
				i++
				b.WriteString(`\]`)
			}
			continue
		case c == '[' && depth && i+1 < len(p) && p[i+1] == ':':
			if end := strings.Index(p[i:], ":]"); end > 0 {
				b.WriteString(p[i : i+end+2])
				i += end + 1
				continue
			}
		case c == ']' && depth:
			depth = false
		}
		b.WriteByte(c)
	}
	return b.String()
}

func escapeClass(c byte, inside bool) string {
	switch {
	case c == 'd' && inside, c == 'd':
		return digitClass
	case c == 'D':
		return `\P{Nd}`
	case c == 's' && inside:
		return spaceClass
	case c == 's':
		return "[" + spaceClass + "]"
	case c == 'S' && !inside:
		return "[^" + spaceClass + "]"
	case c == 'w' && inside:
		return wordClass
	case c == 'w':
		return "[" + wordClass + "]"
	case c == 'W' && !inside:
		return "[^" + wordClass + "]"
	}
	return `\` + string(c)
}
