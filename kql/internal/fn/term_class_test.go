package fn

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// TestTermClass tries every rune: as a neighbor of a term, in the class, and
// that case does not move a boundary.
func TestTermClass(t *testing.T) {
	re := regexp.MustCompile(`^[` + termClass() + `]$`)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		want := termRune(r)
		if re.MatchString(string(r)) != want {
			t.Errorf("%U: in the class %v, part of terms %v", r, !want, want)
		}
		if termRune(unicode.ToLower(r)) != want {
			t.Errorf("%U: its lower case is %U, of which the other is true", r, unicode.ToLower(r))
		}
		if low := unicode.ToLower(r); low < 128 && r >= 128 && r != 0x130 && r != 0x212a {
			t.Errorf("%U folds to %q", r, low)
		}
	}
}

// TestTermPatternMeansTheSame compares the pattern with the matcher.
func TestTermPatternMeansTheSame(t *testing.T) {
	needles := []string{"a", "iss", "Kiss", "ix", "a.b", "-", " x", "a a", "7", "[k]", "a+"}
	texts := []string{"", "a", "aa", "xa", "a a a", "a-a", "éa", "aé", "a\u0301", "\u0301a", "\u00b2a", "aⅧ", "a\na", "\x00a\x00",
		"kiss", "KİSS", "\u212aiss", "kiſs", "XİX", "ix", "İx", "xKISSx KISS", "a.b", "aXb", "--", "é- -é", "- x", "é x", " xx x", "77 7é 7", "[K]", "[\u212a]", "a+", "a+a", "日a本", "a日", "a。", "🙂a🙂"}
	for _, op := range []string{"has", "hasprefix", "hassuffix", "has_cs", "hasprefix_cs", "hassuffix_cs"} {
		for _, n := range needles {
			p, ok := TermPattern(op, []string{n})
			if !ok {
				t.Fatalf("%s %q has no pattern", op, n)
			}
			re, match := regexp.MustCompile(p), Matcher(op)(n)
			for _, s := range texts {
				for _, s := range []string{s, strings.ToUpper(s), "x " + s, s + n, n + s, s + " " + n} {
					if got, want := re.MatchString(s), match(s); got != want {
						t.Errorf("%q %s %q: the pattern says %v, the engine %v", s, op, n, got, want)
					}
				}
			}
		}
	}
	for _, n := range []string{"", "é"} {
		if _, ok := TermPattern("has", []string{n}); ok {
			t.Errorf("a pattern for %q", n)
		}
	}
}
