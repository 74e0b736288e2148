package access

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// expand lists the texts over a and b, up to a length, that a pattern stands for.
func expand(pattern string, most int) map[string]bool {
	out := map[string]bool{}
	p := CompilePattern(pattern)
	var walk func(s string)
	walk = func(s string) {
		if p.Match(s) {
			out[s] = true
		}
		if len(s) < most {
			walk(s + "a")
			walk(s + "b")
			walk(s + "c")
		}
	}
	walk("")
	return out
}

// TestPatternsAgreeWithBruteForce: a pattern covers another, or overlaps it, exactly
// where the texts that they stand for say so. Three letters, of which patterns have
// two, and texts longer than both patterns are enough to tell.
func TestPatternsAgreeWithBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			b.WriteByte("aab**"[rng.IntN(5)])
		}
		return b.String()
	}
	covers, overlaps := 0, 0
	for range 3000 {
		p, asked := word(), word()
		mine, theirs := expand(p, 8), expand(asked, 8)
		within, meet := true, false
		for s := range theirs {
			within = within && mine[s]
			meet = meet || mine[s]
		}
		if got := CompilePattern(p).Match(asked); got != within {
			t.Fatalf("%q covers %q: %v, want %v", p, asked, got, within)
		}
		if got := CompilePattern(p).Overlaps(asked); got != meet {
			t.Fatalf("%q overlaps %q: %v, want %v", p, asked, got, meet)
		}
		if within {
			covers++
		}
		if meet {
			overlaps++
		}
	}
	if covers < 100 || overlaps < 300 {
		t.Errorf("the cases are too much alike: %d, %d", covers, overlaps)
	}
}
