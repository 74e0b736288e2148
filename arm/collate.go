package arm

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text is put in order as .NET's invariant culture does, which is Unicode's
// root collation: punctuation before digits before letters, whatever their code
// points, then accents, then lower case before upper case.
//
// Source: "Comparison functions for ARM templates", where 'A' is greater than
// 'a'; "Azure Policy definition structure policy rule", Conditions
// (InvariantCultureIgnoreCase).

// rootOrder is the root collation's order of the ASCII characters that are no letters.
const rootOrder = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"

// primary holds the first-level weight of ASCII characters: letters without
// regard to case. Zero is a character that does not count.
var primary = func() (w [utf8.RuneSelf]uint8) {
	for i := range len(rootOrder) {
		w[rootOrder[i]] = uint8(i + 1)
	}
	for c := byte('a'); c <= 'z'; c++ {
		w[c] = uint8(len(rootOrder)) + 1 + c - 'a'
		w[c-'a'+'A'] = w[c]
	}
	return w
}()

// CompareText orders two texts; case decides between texts that are otherwise alike.
func CompareText(a, b string) int {
	if n := CompareFold(a, b); n != 0 || a == b {
		return n
	}
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] && unicode.IsUpper(x[i]) != unicode.IsUpper(y[i]) {
			if unicode.IsUpper(x[i]) {
				return 1
			}
			return -1
		}
	}
	return 0
}

// CompareFold orders two texts without regard to case.
func CompareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf || primary[x] == 0 || primary[y] == 0 {
			return compareWide(a, b)
		}
		if primary[x] != primary[y] {
			return cmp.Compare(primary[x], primary[y])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareWide compares what is not plain ASCII: base letters first, then accents.
func compareWide(a, b string) int {
	x, y := norm.NFD.String(cases.Fold().String(a)), norm.NFD.String(cases.Fold().String(b))
	if n := compareBase(baseOf(x), baseOf(y)); n != 0 {
		return n
	}
	return strings.Compare(marksOf(x), marksOf(y))
}

func ignored(r rune) bool { return r < utf8.RuneSelf && primary[r] == 0 || unicode.Is(unicode.Cf, r) }

func baseOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || ignored(r) {
			return -1
		}
		return r
	}, s)
}

func marksOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return r
		}
		return -1
	}, s)
}

func compareBase(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if u, v := weight(x), weight(y); u != v {
			return cmp.Compare(u, v)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

// weight ranks a character; beyond ASCII, what is no letter and no digit comes before the digits.
func weight(r rune) int {
	switch {
	case r < utf8.RuneSelf && primary[r] <= uint8(len(rootOrder)-10):
		return int(primary[r])
	case r < utf8.RuneSelf:
		return unicode.MaxRune + int(primary[r])
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return unicode.MaxRune*2 + int(r)
	default:
		return utf8.RuneSelf + int(r)
	}
}
