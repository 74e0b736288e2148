package access

import (
	"strings"

	"github.com/azward/azward/diag"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokText   // quoted
	tokNumber // digits, or a GUID written bare
	tokAttr   // @Source[name]
	tokPunct
)

type token struct {
	kind tokenKind
	text string // the word, the unquoted text, the attribute's name
	src  string // the attribute's source
	span diag.Span
}

// lexCondition splits a condition into tokens. Unknown characters become
// one-character punctuation, which the parser refuses with a place.
func lexCondition(s string) ([]token, *diag.Diagnostic) {
	var out []token
	i := 0
	for i < len(s) {
		c := s[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
		case c == '\'':
			text, end, ok := lexQuoted(s, i)
			if !ok {
				d := errUnclosedText(diag.Span{Start: start, End: len(s)})
				return nil, &d
			}
			out = append(out, token{kind: tokText, text: text, span: diag.Span{Start: start, End: end}})
			i = end
		case c == '@':
			i++
			for i < len(s) && isWordByte(s[i]) {
				i++
			}
			src := s[start+1 : i]
			for i < len(s) && s[i] == ' ' {
				i++
			}
			end := strings.IndexByte(s[i:], ']')
			if i >= len(s) || s[i] != '[' || end < 0 {
				d := errBadAttribute(diag.Span{Start: start, End: i})
				return nil, &d
			}
			name := strings.TrimSpace(s[i+1 : i+end])
			i += end + 1
			out = append(out, token{kind: tokAttr, text: name, src: src, span: diag.Span{Start: start, End: i}})
		case isWordByte(c) || c == '-' && i+1 < len(s) && isDigit(s[i+1]):
			i++
			for i < len(s) && (isWordByte(s[i]) || s[i] == '-' || s[i] == '.' && isDigit(c)) {
				i++
			}
			kind := tokWord
			if isDigit(c) || c == '-' || looksLikeGUID(s[start:i]) {
				kind = tokNumber
			}
			out = append(out, token{kind: kind, text: s[start:i], span: diag.Span{Start: start, End: i}})
		case strings.HasPrefix(s[i:], "&&") || strings.HasPrefix(s[i:], "||"):
			i += 2
			word := "AND"
			if c == '|' {
				word = "OR"
			}
			out = append(out, token{kind: tokWord, text: word, span: diag.Span{Start: start, End: i}})
		default:
			i++
			out = append(out, token{kind: tokPunct, text: s[start:i], span: diag.Span{Start: start, End: i}})
		}
	}
	return append(out, token{kind: tokEnd, span: diag.Span{Start: len(s), End: len(s)}}), nil
}

// lexQuoted reads the quoted text at s[i]; a backslash takes the next
// character as it stands, except before the wildcards of StringLike, where the
// operator reads it.
func lexQuoted(s string, i int) (text string, end int, ok bool) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) && (s[i+1] == '\'' || s[i+1] == '\\') {
				i++
			}
			b.WriteByte(s[i])
		case '\'':
			return b.String(), i + 1, true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", i, false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_'
}

// looksLikeGUID tells whether a bare word is a GUID, with or without dashes.
// Conditions of built-in roles hold both.
func looksLikeGUID(s string) bool {
	_, ok := normalGUID(s)
	return ok
}

// normalGUID returns the 32 lower-case digits of a GUID.
func normalGUID(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(s) != 32 {
		return "", false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
			return "", false
		}
	}
	return s, true
}
