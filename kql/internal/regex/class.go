package regex

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// set is a set of characters: pairs of first and last, in order and apart.
type set []rune

func (s set) String() string {
	if len(s) == 0 {
		return `[^\x{0}-\x{10FFFF}]`
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(s); i += 2 {
		fmt.Fprintf(&b, `\x{%X}`, s[i])
		if s[i+1] != s[i] {
			fmt.Fprintf(&b, `-\x{%X}`, s[i+1])
		}
	}
	b.WriteByte(']')
	return b.String()
}

func (s set) negate() set {
	var out set
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

func (s set) union(o set) set {
	type span struct{ lo, hi rune }
	var all []span
	for _, x := range []set{s, o} {
		for i := 0; i < len(x); i += 2 {
			all = append(all, span{x[i], x[i+1]})
		}
	}
	slices.SortFunc(all, func(a, b span) int { return int(a.lo - b.lo) })
	var out set
	for _, x := range all {
		if n := len(out); n > 0 && x.lo <= out[n-1]+1 {
			out[n-1] = max(out[n-1], x.hi)
		} else {
			out = append(out, x.lo, x.hi)
		}
	}
	return out
}

func (s set) intersect(o set) set { return s.negate().union(o.negate()).negate() }

func (s set) without(o set) set { return s.intersect(o.negate()) }

// combine applies an operator of classes.
func (s set) combine(op byte, o set) set {
	switch op {
	case '&':
		return s.intersect(o)
	case '-':
		return s.without(o)
	case '~':
		return s.without(o).union(o.without(s))
	}
	return o
}

// goClass returns the set that a class in Go's syntax stands for.
func goClass(text string, fold bool) (set, bool) {
	f := syntax.Perl
	if fold {
		f |= syntax.FoldCase
	}
	re, err := syntax.Parse(text, f)
	if err != nil {
		return nil, false
	}
	switch re.Op {
	case syntax.OpCharClass:
		return slices.Clone(re.Rune), true
	case syntax.OpLiteral:
		out := set{re.Rune[0], re.Rune[0]}
		if fold && re.Flags&syntax.FoldCase != 0 {
			for r := unicode.SimpleFold(re.Rune[0]); r != re.Rune[0]; r = unicode.SimpleFold(r) {
				out = out.union(set{r, r})
			}
		}
		return out, true
	case syntax.OpAnyChar:
		return set{0, unicode.MaxRune}, true
	case syntax.OpAnyCharNotNL:
		return set{'\n', '\n'}.negate(), true
	case syntax.OpNoMatch:
		return nil, true
	default:
		return nil, false
	}
}

func fold(s set) set {
	out, _ := goClass(s.String(), true)
	return out
}

func known(name string) bool {
	_, ok := goClass(`\p{`+name+`}`, false)
	return ok
}

// named returns the characters of a class of Unicode: a general category, a
// script or a property, by its long or short name.
func named(name string) (set, bool) {
	if s, ok := goClass(`\p{`+name+`}`, false); ok {
		return s, true
	}
	if _, value, ok := strings.Cut(name, "="); ok {
		name = value
	}
	key := plain(name)
	switch key {
	case "alphabetic", "alpha":
		return tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic), true
	case "lowercase", "lower":
		return tables(unicode.Ll, unicode.Other_Lowercase), true
	case "uppercase", "upper":
		return tables(unicode.Lu, unicode.Other_Uppercase), true
	}
	for _, all := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts, unicode.Properties} {
		for n, table := range all {
			if plain(n) == key {
				return tables(table), true
			}
		}
	}
	for alias, n := range unicode.CategoryAliases {
		if plain(alias) == key {
			return tables(unicode.Categories[n]), true
		}
	}
	return nil, false
}

// plain is a name without what does not count in it.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

func tables(all ...*unicode.RangeTable) set {
	var out set
	for _, t := range all {
		var s set
		for _, r := range t.R16 {
			s = appendRange(s, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			s = appendRange(s, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		out = out.union(s)
	}
	return out
}

func appendRange(s set, lo, hi, stride rune) set {
	if stride == 1 {
		return append(s, lo, hi)
	}
	for r := lo; r <= hi; r += stride {
		s = append(s, r, r)
	}
	return s
}

func whiteSpace(r rune) bool { return unicode.Is(unicode.White_Space, r) }

// class reads a class in brackets.
func (t *translator) class() error {
	c := classReader{p: t.p, i: t.i, f: t.f, nest: true}
	s, err := c.read(0)
	if err != nil {
		// A bracket in brackets that opens no class means itself.
		c = classReader{p: t.p, i: t.i, f: t.f}
		if s, err = c.read(0); err != nil {
			return err
		}
	}
	if c.simple {
		t.b.WriteString(c.text.String())
	} else {
		t.b.WriteString(s.String())
	}
	t.i = c.i
	return nil
}

// classReader reads a class into its set, and as long as Go's syntax can say
// it, into a text as well.
type classReader struct {
	p      string
	i      int
	f      flags
	nest   bool
	simple bool
	text   strings.Builder
}

var errOpen = errors.New("a class in brackets that does not end")

// maxNesting bounds classes in classes.
const maxNesting = 64

// read reads from an opening bracket to its closing one.
func (c *classReader) read(depth int) (set, error) {
	if depth > maxNesting {
		return nil, errors.New("classes nested too deeply")
	}
	c.simple = depth == 0
	c.copy(1)
	not := c.skip("^")
	var left, now set
	op := byte(0)
	first := true
	for {
		c.blanks()
		if c.i >= len(c.p) {
			return nil, errOpen
		}
		rest := c.p[c.i:]
		switch {
		case rest[0] == ']' && !first:
			c.copy(1)
			now = left.combine(op, now)
			if not {
				now = now.negate()
			}
			return now, nil
		case rest[0] == '[' && c.ascii(rest, &now):
		case rest[0] == '[' && c.nest:
			inner, err := c.read(depth + 1)
			if err != nil {
				return nil, err
			}
			now = now.union(inner)
		case c.nest && !first && len(rest) > 1 && rest[0] == rest[1] && strings.IndexByte("&-~", rest[0]) >= 0:
			left, now, op = left.combine(op, now), nil, rest[0]
			c.simple = false
			c.i += 2
		default:
			s, err := c.item()
			if err != nil {
				return nil, err
			}
			now = now.union(s)
		}
		first = false
	}
}

func (c *classReader) copy(n int) {
	c.text.WriteString(c.p[c.i : c.i+n])
	c.i += n
}

func (c *classReader) skip(s string) bool {
	if strings.HasPrefix(c.p[c.i:], s) {
		c.copy(len(s))
		return true
	}
	return false
}

func (c *classReader) blanks() {
	for c.f.verbose && c.i < len(c.p) {
		n := blank(c.p[c.i:])
		if n == 0 {
			return
		}
		c.i += n
	}
}

// ascii reads [:alpha:] and the like.
func (c *classReader) ascii(rest string, into *set) bool {
	end := strings.Index(rest, ":]")
	if !strings.HasPrefix(rest, "[:") || end < 0 {
		return false
	}
	s, ok := goClass("["+rest[:end+2]+"]", c.f.fold)
	if !ok {
		return false
	}
	*into = into.union(s)
	c.copy(end + 2)
	return true
}

// item reads a character, a range or an escape.
func (c *classReader) item() (set, error) {
	lo, text, isClass, err := c.one()
	if err != nil {
		return nil, err
	}
	c.text.WriteString(text)
	if isClass {
		return lo, nil
	}
	c.blanks()
	rest := c.p[c.i:]
	if len(rest) < 2 || rest[0] != '-' || rest[1] == ']' || rest[1] == '-' && c.nest {
		if c.f.fold {
			lo = fold(lo)
		}
		return lo, nil
	}
	c.copy(1)
	c.blanks()
	hi, text, isClass, err := c.one()
	if err != nil {
		return nil, err
	}
	c.text.WriteString(text)
	if isClass {
		return nil, errors.New("a range of characters that ends in a class")
	}
	if lo[0] > hi[0] {
		return nil, errors.New("a range of characters that runs backwards")
	}
	out := set{lo[0], hi[0]}
	if c.f.fold {
		out = fold(out)
	}
	return out, nil
}

// one reads a character or an escape: its set, its text in Go's syntax, and
// whether it stands for a class.
func (c *classReader) one() (s set, text string, isClass bool, err error) {
	if c.i >= len(c.p) {
		return nil, "", false, errOpen
	}
	rest := c.p[c.i:]
	if rest[0] != '\\' || len(rest) < 2 {
		r, w := utf8.DecodeRuneInString(rest)
		c.i += w
		s = set{r, r}
		text = string(r)
		if strings.ContainsRune(`[]&~-`, r) {
			text = `\` + text
		}
		return s, text, false, nil
	}
	if class := perlClass(rest[1], c.f.ascii); class != "" {
		c.i += 2
		s, _ = goClass(class, false)
		switch {
		case c.f.ascii:
			text = class
		case rest[1] == 'd' || rest[1] == 's' || rest[1] == 'w':
			text = class[1 : len(class)-1]
		default:
			c.simple = false
		}
		return s, text, true, nil
	}
	text, n, err := escaped(rest, c.f)
	if err != nil {
		return nil, "", false, err
	}
	c.i += n
	isClass = rest[1] == 'p' || rest[1] == 'P'
	s, ok := goClass("["+text+"]", false)
	if text[0] == '[' {
		c.simple = false
		s, ok = goClass(text, false)
	}
	if !ok {
		return nil, "", false, fmt.Errorf("no escape %s in a class", rest[:min(len(rest), n)])
	}
	if isClass && c.f.fold {
		s = fold(s)
	}
	return s, text, isClass, nil
}
