package fn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// textOp returns the overload of a string operator. Either side may be dynamic
// and is then compared by its text.
func textOp(op string, l, r types.Type) (Overload, bool) {
	if !textual(l) || !textual(r) {
		return Overload{}, false
	}
	name, want := op, true
	if strings.HasPrefix(op, "!") {
		name, want = op[1:], false
	}
	if name == "~" {
		name = "=~"
	}
	k := textKernel(name, want)
	return Overload{To: []types.Type{types.String, types.String}, Out: types.Bool, Eval: k}, k != nil
}

func textual(t types.Type) bool { return t == types.String || t == types.Dynamic || t == types.None }

func textKernel(name string, want bool) Kernel {
	if name == "matches regex" {
		return func(c *Call) (*vec.Vec, error) {
			a := c.Args[0]
			out := make([]bool, c.N)
			for i := range out {
				re, err := c.Regexp(c.Args[1].Strs[c.Args[1].At(i)])
				if err != nil {
					return nil, err
				}
				out[i] = re.MatchString(a.Strs[a.At(i)]) == want
			}
			return vec.OfBools(out), nil
		}
	}
	m := Matcher(name)
	if m == nil {
		return nil
	}
	return one(func(c *Call) (*vec.Vec, error) {
		a, b := c.Args[0], c.Args[1]
		out := make([]bool, c.N)
		if b.Const || c.N == 1 {
			match := m(b.Strs[0])
			if a.Const {
				out[0] = match(a.Strs[0]) == want
				for i := range out {
					out[i] = out[0]
				}
			} else {
				for i, s := range a.Strs {
					out[i] = match(s) == want
				}
			}
			return vec.OfBools(out), nil
		}
		for i := range out {
			out[i] = m(b.Strs[i])(a.Strs[a.At(i)]) == want
		}
		return vec.OfBools(out), nil
	})
}

// Matcher returns, for the name of a string operator, what prepares a needle:
// the function that then tests a text. Nil where there is no such operator.
func Matcher(name string) func(needle string) func(text string) bool {
	base, cs := strings.CutSuffix(name, "_cs")
	switch base {
	case "=~":
		return func(n string) func(string) bool {
			return func(s string) bool { return strings.EqualFold(s, n) }
		}
	case "contains":
		return finder(cs, false, false)
	case "has":
		return finder(cs, true, true)
	case "hasprefix":
		return finder(cs, true, false)
	case "hassuffix":
		return finder(cs, false, true)
	case "startswith":
		return func(n string) func(string) bool {
			if cs {
				return func(s string) bool { return strings.HasPrefix(s, n) }
			}
			return func(s string) bool { return foldPrefix(s, n) }
		}
	case "endswith":
		return func(n string) func(string) bool {
			if cs {
				return func(s string) bool { return strings.HasSuffix(s, n) }
			}
			return func(s string) bool { return foldSuffix(s, n) }
		}
	case "like":
		return func(n string) func(string) bool {
			if !cs {
				n = FoldKey(n)
			}
			return func(s string) bool {
				if !cs {
					s = FoldKey(s)
				}
				return wildcard(s, n)
			}
		}
	}
	return nil
}

// wildcard matches * in a pattern against any characters.
func wildcard(s, p string) bool {
	parts := strings.Split(p, "*")
	if len(parts) == 1 {
		return s == p
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, q := range parts[1 : len(parts)-1] {
		i := strings.Index(s, q)
		if i < 0 {
			return false
		}
		s = s[i+len(q):]
	}
	return strings.HasSuffix(s, last)
}

// finder searches a needle whose start and end must lie at a term's boundary
// where asked for: before it no letter or digit where start is set, after it
// none where end is set.
func finder(cs, start, end bool) func(string) func(string) bool {
	return func(n string) func(string) bool {
		if n == "" {
			return func(string) bool { return true }
		}
		ascii := asciiOnly(n)
		if cs {
			return func(s string) bool { return findTerm(s, n, start, end, strings.Index) }
		}
		low := strings.ToLower(n)
		if ascii && !strings.ContainsAny(low, "ks") {
			// k and s have folds outside ASCII (the kelvin sign, the long s).
			index := foldIndexASCII(low)
			return func(s string) bool { return findTerm(s, low, start, end, index) }
		}
		if ascii {
			index := foldIndexASCII(low)
			return func(s string) bool {
				if asciiOnly(s) {
					return findTerm(s, low, start, end, index)
				}
				return findTerm(FoldKey(s), low, start, end, strings.Index)
			}
		}
		return func(s string) bool { return findTerm(FoldKey(s), low, start, end, strings.Index) }
	}
}

func findTerm(s, n string, start, end bool, index func(s, n string) int) bool {
	for from := 0; ; {
		i := index(s[from:], n)
		if i < 0 {
			return false
		}
		i += from
		if (!start || boundaryBefore(s, i)) && (!end || boundaryAfter(s, i+len(n))) {
			return true
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		from = i + w
	}
}

func boundaryBefore(s string, i int) bool {
	if i == 0 {
		return true
	}
	if c := s[i-1]; c < utf8.RuneSelf {
		return !alnum[c]
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return !termRune(r)
}

func boundaryAfter(s string, i int) bool {
	if i >= len(s) {
		return true
	}
	if c := s[i]; c < utf8.RuneSelf {
		return !alnum[c]
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return !termRune(r)
}

// termRune tells whether a rune is part of terms.
func termRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// alnum tells the ASCII letters and digits, of which terms are made.
var alnum = func() (t [128]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	return t
}()

func asciiOnly(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldIndexASCII searches a lower-case ASCII needle without regard to case.
// It looks for the needle's rarest byte in both cases.
func foldIndexASCII(low string) func(s, n string) int {
	pivot := 0
	for i := range len(low) {
		if rarity(low[i]) > rarity(low[pivot]) {
			pivot = i
		}
	}
	lo := low[pivot]
	up := lo
	if lo >= 'a' && lo <= 'z' {
		up = lo - 32
	}
	return func(s, n string) int {
		limit := len(s) - len(n)
		for i := 0; i <= limit; {
			j := indexEither(s[i+pivot:limit+pivot+1], lo, up)
			if j < 0 {
				return -1
			}
			i += j
			if equalFoldASCII(s[i:i+len(n)], n) {
				return i
			}
			i++
		}
		return -1
	}
}

// indexEither finds the first of two bytes.
func indexEither(s string, a, b byte) int {
	i := strings.IndexByte(s, a)
	if a == b {
		return i
	}
	if i >= 0 {
		s = s[:i]
	}
	if j := strings.IndexByte(s, b); j >= 0 {
		return j
	}
	return i
}

// rarity ranks bytes by how seldom they are in logs.
func rarity(c byte) int {
	switch {
	case strings.IndexByte("zqxjvkw", c) >= 0:
		return 5
	case strings.IndexByte("bfgyp", c) >= 0:
		return 4
	case c >= '0' && c <= '9':
		return 2
	case strings.IndexByte("eaoistnr", c) >= 0:
		return 1
	case c == ' ' || c == '.' || c == '-' || c == '/':
		return 0
	}
	return 3
}

func equalFoldASCII(s, low string) bool {
	for i := range len(low) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 32
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// foldPrefix is startswith: a prefix of s folds to n.
func foldPrefix(s, n string) bool {
	for n != "" {
		if s == "" {
			return false
		}
		r, w := utf8.DecodeRuneInString(s)
		q, v := utf8.DecodeRuneInString(n)
		if r != q && !strings.EqualFold(s[:w], n[:v]) {
			return false
		}
		s, n = s[w:], n[v:]
	}
	return true
}

func foldSuffix(s, n string) bool {
	for n != "" {
		if s == "" {
			return false
		}
		r, w := utf8.DecodeLastRuneInString(s)
		q, v := utf8.DecodeLastRuneInString(n)
		if r != q && !strings.EqualFold(s[len(s)-w:], n[len(n)-v:]) {
			return false
		}
		s, n = s[:len(s)-w], n[:len(n)-v]
	}
	return true
}
