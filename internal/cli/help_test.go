package cli

import (
	"strings"
	"testing"
)

func TestHelpFitsItsWidth(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a paragraph is filled", "one two\nthree four five\n\nsix", "one two three\nfour five\n\nsix"},
		{"a column goes on under itself", "  code  one two three", "  code  one two\n        three"},
		{"a comment stays one", "  a:  # one two three", "  a:  # one two\n      # three"},
		{"a long word is kept whole", "see https://example.org/x now", "see\nhttps://example.org/x\nnow"},
		{"short lines stay", "  a\n  b", "  a\n  b"},
	} {
		got := fill(c.in, 16)
		if c.name == "a column goes on under itself" || c.name == "a comment stays one" {
			got = fill(c.in, 16+24)
			if got != c.in {
				t.Errorf("%s: broken though it fits: %q", c.name, got)
			}
			var b strings.Builder
			writeFitted(&b, c.in, 16, strings.LastIndex(c.in, "  ")+2, map[bool]string{true: "# "}[strings.Contains(c.in, "#")])
			got = strings.TrimSuffix(b.String(), "\n")
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	text := "Usage:\n  azward thing " + strings.Repeat("[--flag VALUE] ", 8) + "\n\nExamples:\n  azward thing " + strings.Repeat("long ", 30) + "\n\nFlags:\n"
	for line := range strings.Lines(fitLines(text, 80)) {
		if strings.Contains(line, "--flag") && len(line) > 81 {
			t.Errorf("too long: %s", line)
		}
	}
	if !strings.Contains(fitLines(text, 80), strings.Repeat("long ", 30)) {
		t.Error("an example was broken")
	}
}
