package arm

import (
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
)

// What the lenient reader makes of a text is JSON, or it says that it is none;
// JSON stays what it is.
func FuzzLenientJSON(f *testing.F) {
	for _, s := range []string{`{'a': [1, 2,], b: "c" /* d */}`, `"it's"`, `'a\'b'`, "// x\n1", `{a:'\u00e9'}`, `[`, `{"a":1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, ok := plainJSON(text)
		if !ok {
			return
		}
		was, err := jsondoc.ParseString(text)
		now, errNow := jsondoc.ParseString(plain)
		if err == nil && (errNow != nil || !jsondoc.Equal(was, now)) {
			t.Fatalf("%q becomes %q: %v", text, plain, errNow)
		}
	})
}

// A numeric format is refused or writes something, never more than its length
// and the number's digits together warrant.
func FuzzCustomNumber(f *testing.F) {
	for _, s := range []string{"0.00", "#,##0.0;(0);'zero'", "0.0E+00", "00%", "\\#0", "#,,", "‰0"} {
		f.Add(s, 1234.5)
	}
	f.Fuzz(func(t *testing.T, spec string, n float64) {
		out, err := customNumber(n, spec)
		if err == nil && len(out) > 1000+4*len(spec) {
			t.Fatalf("%q of %v has %d bytes", spec, n, len(out))
		}
	})
}

// The order of texts is one: it holds both ways round.
func FuzzCompareText(f *testing.F) {
	f.Add("a", "B")
	f.Add("zoë", "zoe")
	f.Add("co-op", "coop")
	f.Fuzz(func(t *testing.T, a, b string) {
		if CompareText(a, b) != -CompareText(b, a) || CompareFold(a, b) != -CompareFold(b, a) {
			t.Fatalf("%q and %q", a, b)
		}
		if strings.EqualFold(a, b) && a == b && CompareText(a, b) != 0 {
			t.Fatalf("%q is not itself", a)
		}
	})
}
