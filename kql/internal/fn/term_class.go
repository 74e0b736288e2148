package fn

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// termClass lists the runes that terms are made of, as the inside of a class of
// RE2: the same as termRune tells, whatever version of Unicode a reader has.
var termClass = sync.OnceValue(func() string {
	type span struct{ from, to rune }
	var all []span
	add := func(from, to, stride rune) {
		if stride == 1 {
			all = append(all, span{from, to})
			return
		}
		for r := from; r <= to; r += stride {
			all = append(all, span{r, r})
		}
	}
	for _, t := range []*unicode.RangeTable{unicode.Letter, unicode.Digit, unicode.Mark} {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	cur := all[0]
	flush := func() { fmt.Fprintf(&b, `\x{%x}-\x{%x}`, cur.from, cur.to) }
	for _, s := range all[1:] {
		if s.from <= cur.to+1 {
			cur.to = max(cur.to, s.to)
			continue
		}
		flush()
		cur = s
	}
	flush()
	return b.String()
})

// TermPattern writes the search of a string operator (has, hasprefix,
// hassuffix, each also with _cs) for any of some needles as a regular expression
// of RE2 that matches exactly the texts that Matcher's tests take. It has one for
// needles of ASCII, none of them empty; false for other needles and operators.
func TermPattern(name string, needles []string) (string, bool) {
	base, cs := strings.CutSuffix(name, "_cs")
	var start, end bool
	switch base {
	case "has":
		start, end = true, true
	case "hasprefix":
		start = true
	case "hassuffix":
		end = true
	default:
		return "", false
	}
	parts := make([]string, len(needles))
	for i, n := range needles {
		if n == "" || !asciiOnly(n) {
			return "", false
		}
		parts[i] = needlePattern(n, cs)
	}
	if len(parts) == 0 {
		return "", false
	}
	p := "(?:" + strings.Join(parts, "|") + ")"
	if start {
		p = `(?:\A|[^` + termClass() + `])` + p
	}
	if end {
		p += `(?:\z|[^` + termClass() + `])`
	}
	return p, true
}

func needlePattern(n string, cs bool) string {
	if cs {
		return regexp.QuoteMeta(n)
	}
	low := strings.ToLower(n)
	folds := strings.ContainsAny(low, "ks") // see finder
	var b strings.Builder
	for _, c := range low {
		switch {
		case c < 'a' || c > 'z':
			b.WriteString(regexp.QuoteMeta(string(c)))
		case folds && c == 'k':
			b.WriteString(`[kK\x{212a}]`)
		case folds && c == 'i':
			b.WriteString(`[iI\x{130}]`)
		default:
			b.WriteString("[" + string(c) + string(c-32) + "]")
		}
	}
	return b.String()
}
