package regex

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unicode's classes in Go's syntax, as they stand inside of brackets.
const (
	digitClass = `\p{Nd}`
	spaceClass = `\s\x{0B}\x{85}\p{Z}`
	wordClass  = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}\x{200C}\x{200D}`
)

// flags are those that Go's syntax does not know, and i for classes.
type flags struct {
	fold    bool // i
	ascii   bool // -u
	verbose bool // x
}

// translator rewrites a pattern to Go's syntax.
type translator struct {
	p      string
	i      int
	b      strings.Builder
	f      flags
	outer  []flags // of the groups around
	marked bool
}

// translate returns the pattern in Go's syntax, and whether it holds marks.
func translate(pattern string) (string, bool, error) {
	if !strings.ContainsAny(pattern, `\[(`) {
		return pattern, false, nil
	}
	t := &translator{p: pattern}
	for t.i < len(t.p) {
		if err := t.step(); err != nil {
			return "", false, err
		}
	}
	return t.b.String(), t.marked, nil
}

func (t *translator) step() error {
	switch c := t.p[t.i]; {
	case c == '\\':
		return t.escape()
	case c == '[':
		return t.class()
	case c == '(':
		return t.group()
	case c == ')':
		if n := len(t.outer); n > 0 {
			t.f, t.outer = t.outer[n-1], t.outer[:n-1]
		}
	case t.f.verbose:
		if n := blank(t.p[t.i:]); n > 0 {
			t.i += n
			return nil
		}
	}
	t.b.WriteByte(t.p[t.i])
	t.i++
	return nil
}

// blank returns the length of a blank or a comment that the flag x passes over.
func blank(s string) int {
	switch r, w := utf8.DecodeRuneInString(s); {
	case r == '#':
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return n + 1
		}
		return len(s)
	case whiteSpace(r):
		return w
	}
	return 0
}

// group reads the beginning of a group, or flags for the rest of one.
func (t *translator) group() error {
	rest := t.p[t.i:]
	if !strings.HasPrefix(rest, "(?") || strings.HasPrefix(rest, "(?P<") || strings.HasPrefix(rest, "(?<") || strings.HasPrefix(rest, "(?:") {
		t.outer = append(t.outer, t.f)
		t.b.WriteByte('(')
		t.i++
		if strings.HasPrefix(rest, "(?") {
			end := strings.IndexAny(rest, ":>")
			if end < 0 {
				end = 1
			}
			t.b.WriteString(rest[1 : end+1])
			t.i += end
		}
		return nil
	}
	end := strings.IndexAny(rest, ":)")
	if end < 0 {
		return errors.New("a group that does not end")
	}
	f, on, sign, kept := t.f, true, "", ""
	for _, c := range rest[2:end] {
		switch c {
		case '-':
			on, sign = false, "-"
			continue
		case 'x':
			f.verbose = on
			continue
		case 'u':
			f.ascii = !on
			continue
		case 'R':
			return errors.New("the flag R is not supported")
		case 'i':
			f.fold = on
		}
		kept += sign + string(c)
		sign = ""
	}
	if rest[end] == ':' {
		t.outer = append(t.outer, t.f)
		t.b.WriteString("(?" + kept + ":")
	} else if kept != "" {
		t.b.WriteString("(?" + kept + ")")
	}
	t.f = f
	t.i += end + 1
	return nil
}

// escape reads what begins with a backslash outside of brackets.
func (t *translator) escape() error {
	if t.i+1 >= len(t.p) {
		t.b.WriteByte('\\')
		t.i++
		return nil
	}
	c := t.p[t.i+1]
	if c == 'Q' {
		end := strings.Index(t.p[t.i:], `\E`)
		if end < 0 {
			end = len(t.p) - t.i
		}
		t.b.WriteString(t.p[t.i : t.i+end])
		t.i += end
		return nil
	}
	if look := t.look(); look > 0 {
		return nil
	}
	if set := perlClass(c, t.f.ascii); set != "" {
		t.b.WriteString(set)
		t.i += 2
		return nil
	}
	text, n, err := escaped(t.p[t.i:], t.f)
	if err != nil {
		return err
	}
	t.b.WriteString(text)
	t.i += n
	return nil
}

// look reads a look at the words on both sides of a place and returns its
// length in the pattern.
func (t *translator) look() int {
	rest := t.p[t.i:]
	for k, forms := range [][]string{{`\b{start}`, `\<`}, {`\b{end}`, `\>`}, {`\b{start-half}`}, {`\b{end-half}`}, {`\b`}, {`\B`}} {
		for _, form := range forms {
			if !strings.HasPrefix(rest, form) || k >= 4 && !t.f.ascii {
				continue
			}
			t.b.WriteRune(rune(firstMark + k))
			t.marked = true
			t.i += len(form)
			return len(form)
		}
	}
	return 0
}

// perlClass returns the class that \d and the like stand for, in Go's syntax;
// empty for another letter.
func perlClass(c byte, ascii bool) string {
	if ascii && strings.IndexByte("dDsSwW", c) >= 0 {
		return `\` + string(c)
	}
	switch c {
	case 'd':
		return `[` + digitClass + `]`
	case 'D':
		return `[^` + digitClass + `]`
	case 's':
		return `[` + spaceClass + `]`
	case 'S':
		return `[^` + spaceClass + `]`
	case 'w':
		return `[` + wordClass + `]`
	case 'W':
		return `[^` + wordClass + `]`
	}
	return ""
}

// escaped reads one escape at the beginning of s and returns it in Go's syntax,
// and its length.
func escaped(s string, f flags) (string, int, error) {
	switch s[1] {
	case 'u', 'U', 'x':
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
		hex, n := "", 2+digits
		if len(s) > 2 && s[2] == '{' {
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return "", 0, fmt.Errorf("the escape %s does not end", s[:2])
			}
			hex, n = s[3:end], end+1
		} else if len(s) >= n {
			hex = s[2:n]
		}
		code, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || code > utf8.MaxRune {
			return "", 0, fmt.Errorf("the escape %s needs the number of a character", s[:2])
		}
		return fmt.Sprintf(`\x{%X}`, code), n, nil
	case 'p', 'P':
		return property(s, f)
	}
	_, w := utf8.DecodeRuneInString(s[1:])
	return s[:1+w], 1 + w, nil
}

// property reads \pL, \p{Greek} and the like.
func property(s string, f flags) (string, int, error) {
	name, n := "", 3
	if len(s) > 2 && s[2] == '{' {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return "", 0, errors.New("a class in braces that does not end")
		}
		name, n = s[3:end], end+1
	} else if len(s) > 2 {
		_, w := utf8.DecodeRuneInString(s[2:])
		name, n = s[2:2+w], 2+w
	}
	not := s[1] == 'P'
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, not = rest, !not
	}
	set, ok := named(name)
	if !ok {
		return "", 0, fmt.Errorf("no class of characters %q", name)
	}
	if f.fold {
		set = fold(set)
	}
	if known(name) && !not {
		return `\p{` + name + `}`, n, nil
	} else if known(name) {
		return `\P{` + name + `}`, n, nil
	}
	if not {
		set = set.negate()
	}
	return set.String(), n, nil
}
