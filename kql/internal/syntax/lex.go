package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
)

// literalTypes are the names that open a literal when a parenthesis follows.
var literalTypes = map[string]bool{"datetime": true, "date": true, "timespan": true, "time": true, "guid": true, "uuid": true, "uniqueid": true,
	"long": true, "int": true, "int64": true, "int32": true, "real": true, "double": true, "decimal": true, "bool": true, "boolean": true}

// puncts, the longest first.
var puncts = []string{"=>", "==", "=~", "!=", "!~", "<>", "<=", ">=", "..", "<|",
	"(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "|", "+", "-", "*", "/", "%", "<", ">", "=", "?", "~", "!", "@"}

type lexer struct {
	text string
	pos  int
	errs *diag.List
}

// Lex splits a query into tokens; the last one is EOF. Comments and blanks are
// left out. What cannot be read becomes a Bad token and a diagnostic.
func Lex(text string) ([]Token, diag.List) {
	var errs diag.List
	l := lexer{text: text, errs: &errs}
	toks := make([]Token, 0, len(text)/4+2)
	for {
		t := l.next()
		toks = append(toks, t)
		if t.Kind == EOF {
			return toks, errs
		}
	}
}

func (l *lexer) blanks() {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			l.pos++
		case c == '/' && strings.HasPrefix(l.text[l.pos:], "//"):
			if end := strings.IndexByte(l.text[l.pos:], '\n'); end >= 0 {
				l.pos += end + 1
			} else {
				l.pos = len(l.text)
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(l.text[l.pos:])
			if !unicode.IsSpace(r) && r != '\ufeff' && r != '\u200b' {
				return
			}
			l.pos += n
		default:
			return
		}
	}
}

func (l *lexer) token(k Kind, start int, value string) Token {
	return Token{Kind: k, Text: l.text[start:l.pos], Value: value, Span: diag.Span{Start: start, End: l.pos}}
}

func (l *lexer) fail(start int, d diag.Diagnostic) Token {
	d.Span = diag.Span{Start: start, End: max(l.pos, start+1)}
	l.errs.Add(d)
	return l.token(Bad, start, "")
}

func (l *lexer) next() Token {
	from := l.pos
	l.blanks()
	glued := l.pos == from
	t := l.scan()
	t.Glued = glued
	return t
}

func isNameStart(c byte) bool { return c == '_' || c == '$' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isNamePart(c byte) bool  { return isNameStart(c) || isDigit(c) }

// IsName tells whether a text is one name that needs no brackets to be read.
func IsName(s string) bool {
	toks, _ := Lex(s)
	return len(toks) == 2 && toks[0].Kind == Ident && toks[0].Text == s
}

func (l *lexer) peek(ahead int) byte {
	if l.pos+ahead < len(l.text) {
		return l.text[l.pos+ahead]
	}
	return 0
}

func (l *lexer) scan() Token {
	start := l.pos
	if start >= len(l.text) {
		return l.token(EOF, start, "")
	}
	switch c := l.text[start]; {
	case c == '"' || c == '\'':
		return l.str(start, false)
	case c == '@' && (l.peek(1) == '"' || l.peek(1) == '\''):
		l.pos++
		return l.verbatim(start)
	case strings.HasPrefix(l.text[start:], "```") || strings.HasPrefix(l.text[start:], "~~~"):
		return l.fence(start)
	case isNameStart(c):
		return l.name(start)
	case isDigit(c):
		return l.number(start)
	case c == '!':
		return l.bang(start)
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(l.text[start:])
		if unicode.IsLetter(r) {
			return l.name(start)
		}
		l.pos += n
		return l.fail(start, errCharacter(r))
	}
	for _, p := range puncts {
		if strings.HasPrefix(l.text[start:], p) {
			l.pos += len(p)
			return l.token(Punct, start, "")
		}
	}
	l.pos++
	return l.fail(start, errCharacter(rune(l.text[start])))
}

func (l *lexer) nameEnd() {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		if isNamePart(c) {
			l.pos++
			continue
		}
		if c < utf8.RuneSelf {
			return
		}
		r, n := utf8.DecodeRuneInString(l.text[l.pos:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return
		}
		l.pos += n
	}
}

func (l *lexer) name(start int) Token {
	// h"..." and H@'...' are strings to be kept out of logs.
	if c := l.text[start]; c == 'h' || c == 'H' {
		switch n := l.peek(1); {
		case n == '"' || n == '\'':
			l.pos++
			return l.str(start, true)
		case n == '@' && (l.peek(2) == '"' || l.peek(2) == '\''):
			l.pos += 2
			t := l.verbatim(start)
			t.Quote = true
			return t
		case strings.HasPrefix(l.text[start+1:], "```") || strings.HasPrefix(l.text[start+1:], "~~~"):
			l.pos++
			t := l.fence(start)
			t.Quote = true
			return t
		}
	}
	l.nameEnd()
	word := l.text[start:l.pos]
	if l.peek(0) == '~' && word == "in" {
		l.pos++
		return l.token(Punct, start, "")
	}
	if literalTypes[word] {
		save := l.pos
		for c := l.peek(0); c == ' ' || c == '\t'; c = l.peek(0) {
			l.pos++
		}
		if l.peek(0) == '(' {
			if t, ok := l.typed(start, word); ok {
				return t
			}
		}
		l.pos = save
	}
	return l.token(Ident, start, "")
}

// typed reads the raw inside of datetime(...) and the like.
func (l *lexer) typed(start int, word string) (Token, bool) {
	l.pos++
	from := l.pos
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; c {
		case ')':
			inside := strings.TrimSpace(l.text[from:l.pos])
			l.pos++
			t := l.token(Typed, start, inside)
			t.Text = word
			return t, true
		case '"', '\'':
			end := strings.IndexByte(l.text[l.pos+1:], c)
			if end < 0 {
				return Token{}, false
			}
			l.pos += end + 1
		case '(', '\n', ';', '|', '{':
			return Token{}, false
		}
		l.pos++
	}
	return Token{}, false
}

func (l *lexer) number(start int) Token {
	if l.text[start] == '0' && (l.peek(1) == 'x' || l.peek(1) == 'X') {
		l.pos += 2
		for c := l.peek(0); isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'; c = l.peek(0) {
			l.pos++
		}
		return l.token(Long, start, "")
	}
	digits := func() {
		for isDigit(l.peek(0)) {
			l.pos++
		}
	}
	digits()
	kind := Long
	if l.peek(0) == '.' && isDigit(l.peek(1)) {
		kind = Real
		l.pos++
		digits()
	} else if l.peek(0) == '.' && l.peek(1) != '.' && !isNameStart(l.peek(1)) {
		kind = Real
		l.pos++
	}
	if c := l.peek(0); c|0x20 == 'e' {
		n := 1
		if s := l.peek(1); s == '+' || s == '-' {
			n = 2
		}
		if isDigit(l.peek(n)) {
			kind = Real
			l.pos += n
			digits()
		}
	}
	if isNameStart(l.peek(0)) {
		end := l.pos
		l.nameEnd()
		unit := l.text[end:l.pos]
		if _, ok := types.Unit(unit); ok {
			return l.token(TimeSpan, start, unit)
		}
		if kind == Long { // a name that starts with digits
			return l.token(Ident, start, "")
		}
		return l.fail(start, errNumber(l.text[start:l.pos]))
	}
	return l.token(kind, start, "")
}

func (l *lexer) bang(start int) Token {
	l.pos++
	switch c := l.peek(0); {
	case c == '=' || c == '~':
		l.pos++
		return l.token(Punct, start, "")
	case isNameStart(c):
		l.nameEnd()
		if l.text[start:l.pos] == "!in" && l.peek(0) == '~' {
			l.pos++
		}
		return l.token(Punct, start, "")
	}
	return l.token(Punct, start, "")
}

// str reads "..." or '...' with escapes.
func (l *lexer) str(start int, hidden bool) Token {
	quote := l.text[l.pos]
	l.pos++
	from := l.pos
	var buf []byte
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == quote:
			s := l.text[from:l.pos]
			if buf != nil {
				s = string(append(buf, s...))
			}
			l.pos++
			t := l.token(Str, start, s)
			t.Quote = hidden
			return t
		case c == '\n' || c == '\r':
			return l.fail(start, errString())
		case c == '\\':
			buf = append(buf, l.text[from:l.pos]...)
			var ok bool
			if buf, ok = l.escape(buf); !ok {
				return l.badEscape(start, quote)
			}
			from = l.pos
			if buf == nil {
				buf = []byte{}
			}
			continue
		}
		l.pos++
	}
	return l.fail(start, errString())
}

// badEscape reports an escape and skips to the end of the string.
func (l *lexer) badEscape(start int, quote byte) Token {
	at := l.pos
	for l.pos < len(l.text) && l.text[l.pos] != quote && l.text[l.pos] != '\n' {
		l.pos++
	}
	if l.peek(0) == quote {
		l.pos++
	}
	d := errEscape()
	d.Span = diag.Span{Start: at, End: min(at+2, len(l.text))}
	l.errs.Add(d)
	return l.token(Bad, start, "")
}

func (l *lexer) escape(buf []byte) ([]byte, bool) {
	c := l.peek(1)
	switch c {
	case 'n':
		buf = append(buf, '\n')
	case 't':
		buf = append(buf, '\t')
	case 'r':
		buf = append(buf, '\r')
	case 'a':
		buf = append(buf, '\a')
	case 'b':
		buf = append(buf, '\b')
	case 'f':
		buf = append(buf, '\f')
	case 'v':
		buf = append(buf, '\v')
	case '\\', '"', '\'':
		buf = append(buf, c)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n, v := 1, 0
		for n <= 3 && l.peek(n) >= '0' && l.peek(n) <= '7' {
			v = v*8 + int(l.peek(n)-'0')
			n++
		}
		l.pos += n
		return utf8.AppendRune(buf, rune(v)), true
	case 'x', 'u', 'U':
		width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		v := rune(0)
		for n := range width {
			d := hexValue(l.peek(2 + n))
			if d < 0 {
				return buf, false
			}
			v = v<<4 | rune(d)
		}
		l.pos += 2 + width
		if c == 'u' && v >= 0xD800 && v < 0xDC00 && l.peek(0) == '\\' && l.peek(1) == 'u' {
			low := rune(0)
			for n := range 4 {
				low = low<<4 | rune(max(hexValue(l.peek(2+n)), 0))
			}
			if low >= 0xDC00 && low < 0xE000 {
				v = 0x10000 + (v-0xD800)<<10 + (low - 0xDC00)
				l.pos += 6
			}
		}
		return utf8.AppendRune(buf, v), true
	default:
		return buf, false
	}
	l.pos += 2
	return buf, true
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// verbatim reads @"..." where a doubled quote stands for one.
func (l *lexer) verbatim(start int) Token {
	quote := l.text[l.pos]
	l.pos++
	from := l.pos
	for l.pos < len(l.text) {
		if l.text[l.pos] == quote {
			if l.peek(1) == quote {
				l.pos += 2
				continue
			}
			s := strings.ReplaceAll(l.text[from:l.pos], string([]byte{quote, quote}), string(quote))
			l.pos++
			return l.token(Str, start, s)
		}
		if l.text[l.pos] == '\n' {
			break
		}
		l.pos++
	}
	return l.fail(start, errString())
}

// fence reads a multi-line string.
func (l *lexer) fence(start int) Token {
	mark := l.text[l.pos : l.pos+3]
	l.pos += 3
	end := strings.Index(l.text[l.pos:], mark)
	if end < 0 {
		l.pos = len(l.text)
		return l.fail(start, errString())
	}
	s := l.text[l.pos : l.pos+end]
	l.pos += end + 3
	return l.token(Str, start, s)
}
