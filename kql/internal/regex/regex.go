// Package regex reads regular expressions as Kusto's engine does and matches
// them in time linear in the text. The syntax is that of the page
// https://learn.microsoft.com/kusto/query/regex: classes such as \d, \w and \b
// are Unicode's, classes in brackets nest and can be intersected, subtracted
// and compared, and the flag x allows blanks and comments. What Go's package
// regexp knows is left to it.
package regex

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds the length of a regular expression.
const maxPattern = 32 << 10

// maxProgram bounds what an expression with word boundaries compiles to.
const maxProgram = 200_000

// Regexp is a compiled regular expression. It may be used by several
// goroutines at once.
type Regexp struct {
	re    *regexp.Regexp
	words *machine // where \b or \B must see letters beyond ASCII
}

// Compile compiles a pattern. The error is for the user.
func Compile(pattern string) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("regular expression longer than %d bytes", maxPattern)
	}
	text, marked, err := translate(pattern)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression %q: %w", pattern, err)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression %q: %w", pattern, err)
	}
	r := &Regexp{re: re}
	if marked || strings.Contains(text, `\b`) || strings.Contains(text, `\B`) {
		tree, err := syntax.Parse(text, syntax.Perl)
		if err != nil {
			return nil, fmt.Errorf("invalid regular expression %q: %w", pattern, err)
		}
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil || len(prog.Inst) > maxProgram {
			return nil, fmt.Errorf("regular expression %q is too large", pattern)
		}
		r.words = newMachine(prog, re.NumSubexp()+1, marked)
	}
	return r, nil
}

// NumSubexp returns the number of capture groups.
func (r *Regexp) NumSubexp() int { return r.re.NumSubexp() }

// SubexpIndex returns the number of a named capture group, -1 for none.
func (r *Regexp) SubexpIndex(name string) int { return r.re.SubexpIndex(name) }

// own tells whether a text must be matched here.
func (r *Regexp) own(s string) bool { return r.words != nil && (r.words.always || !ascii(s)) }

// MatchString tells whether the text holds a match.
func (r *Regexp) MatchString(s string) bool {
	if r.own(s) {
		return r.words.match(s, 0) != nil
	}
	return r.re.MatchString(s)
}

// FindStringIndex returns where the first match begins and ends, nil for none.
func (r *Regexp) FindStringIndex(s string) []int {
	if m := r.FindStringSubmatchIndex(s); m != nil {
		return m[:2]
	}
	return nil
}

// FindStringSubmatchIndex returns where the first match and its capture groups
// begin and end, -1 for a group that took no part; nil for no match.
func (r *Regexp) FindStringSubmatchIndex(s string) []int {
	if r.own(s) {
		return r.words.match(s, 0)
	}
	return r.re.FindStringSubmatchIndex(s)
}

// FindStringSubmatch returns the first match and its capture groups, nil for
// no match.
func (r *Regexp) FindStringSubmatch(s string) []string {
	return texts(s, r.FindStringSubmatchIndex(s))
}

// FindAllStringIndex returns where the matches begin and end, at most n where n
// is not negative.
func (r *Regexp) FindAllStringIndex(s string, n int) [][]int {
	if !r.own(s) {
		return r.re.FindAllStringIndex(s, n)
	}
	all := r.words.all(s, n)
	for i := range all {
		all[i] = all[i][:2]
	}
	return all
}

// FindAllStringSubmatch returns all matches with their capture groups.
func (r *Regexp) FindAllStringSubmatch(s string) [][]string {
	if !r.own(s) {
		return r.re.FindAllStringSubmatch(s, -1)
	}
	var out [][]string
	for _, m := range r.words.all(s, -1) {
		out = append(out, texts(s, m))
	}
	return out
}

// ReplaceAllString replaces all matches by a template in which ${1} stands for
// a capture group and $$ for a dollar.
func (r *Regexp) ReplaceAllString(s, template string) string {
	if !r.own(s) {
		return r.re.ReplaceAllString(s, template)
	}
	var b []byte
	at := 0
	for _, m := range r.words.all(s, -1) {
		b = append(b, s[at:m[0]]...)
		b = r.re.ExpandString(b, template, s, m)
		at = m[1]
	}
	return string(append(b, s[at:]...))
}

func texts(s string, m []int) []string {
	if m == nil {
		return nil
	}
	out := make([]string, len(m)/2)
	for i := range out {
		if m[2*i] >= 0 {
			out[i] = s[m[2*i]:m[2*i+1]]
		}
	}
	return out
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
