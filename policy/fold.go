package policy

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Text is compared without regard to case by Unicode's full case folding, as
// the recorded answers have it: "Straße" equals "STRASSE". Plain ASCII, which
// nearly all text is, takes a path without allocation.

// equalFold tells whether two texts are equal without regard to case.
func equalFold(a, b string) bool {
	if a == b {
		return true
	}
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return fold(a[i:]) == fold(b[i:])
		}
		if x != y && lowerASCII(x) != lowerASCII(y) {
			return false
		}
	}
	return len(a) == len(b)
}

// containsFold tells whether s holds sub, which is folded already.
func containsFold(s, sub string) bool {
	if len(sub) == 0 {
		return true
	}
	if !isASCII(s) || !isASCII(sub) {
		return strings.Contains(fold(s), sub)
	}
	first := sub[0]
	for i := 0; i+len(sub) <= len(s); i++ {
		if lowerASCII(s[i]) == first && hasPrefixFold(s[i:], sub) {
			return true
		}
	}
	return false
}

// hasPrefixFold tells whether s, of ASCII, starts with prefix, which is folded.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lowerASCII(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// fold returns the folded form; it allocates nothing where s is folded ASCII.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Fold().String(s)
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// hashFold is FNV-1a over the folded text, and ok is false where it is not ASCII.
func hashFold(s string) (h uint32, ok bool) {
	h = 2166136261
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return 0, false
		}
		h = (h ^ uint32(lowerASCII(c))) * 16777619
	}
	return h, true
}

// cutFold is strings.CutPrefix without regard to ASCII case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
