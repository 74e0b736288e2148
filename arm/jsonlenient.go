package arm

import (
	"strconv"
	"strings"
)

// plainJSON rewrites what Json.NET, with which ARM reads JSON, takes beyond the
// standard: texts in single quotes, names without quotes, comments, and a comma
// before the end. ok is false where something else is in the way.
//
// Source: "Object functions for Bicep", json, whose example has single quotes.
func plainJSON(s string) (out string, ok bool) {
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"' || c == '\'':
			n, text := quotedText(s[i:])
			if n == 0 {
				return "", false
			}
			b.WriteString(text)
			i += n
		case c == '/' && strings.HasPrefix(s[i:], "//"):
			if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
				i += n
			} else {
				i = len(s)
			}
		case c == '/' && strings.HasPrefix(s[i:], "/*"):
			n := strings.Index(s[i+2:], "*/")
			if n < 0 {
				return "", false
			}
			i += n + 4
		case c == ',' && strings.IndexAny(strings.TrimLeft(s[i+1:], " \t\r\n"), "]}") == 0:
			i++
		case isWordStart(c) || c == '$':
			n := 1
			for i+n < len(s) && isWordPart(s[i+n]) {
				n++
			}
			if strings.HasPrefix(strings.TrimLeft(s[i+n:], " \t\r\n"), ":") {
				b.WriteString(strconv.Quote(s[i : i+n]))
			} else {
				b.WriteString(s[i : i+n])
			}
			i += n
		case c >= '0' && c <= '9':
			n := 1
			for i+n < len(s) && (isWordPart(s[i+n]) || strings.IndexByte(".+-", s[i+n]) >= 0) {
				n++
			}
			b.WriteString(s[i : i+n])
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), true
}

// quotedText reads a text in either quotes and returns its length and the text in double quotes.
func quotedText(s string) (n int, text string) {
	var b strings.Builder
	b.WriteByte('"')
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == s[0]:
			b.WriteByte('"')
			return i + 1, b.String()
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] != '\'' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[i])
		case c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	return 0, ""
}
