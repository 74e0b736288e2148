package cli

import (
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	id := "/subscriptions/" + strings.Repeat("0123456789/", 6)
	for _, c := range []struct {
		name, in string
		width    int
		want     string
	}{
		{"what fits stays", "a  b\n\n  c\n", 20, "a  b\n\n  c\n"},
		{"under the last column", "no   one two three four five six\n", 28, "no   one two three four five\n     six\n"},
		{"a long word stays whole, a little farther in", "STATE  " + id + "\n", 40, "STATE\n    " + id + "\n"},
		{"color was made to fit", "\x1b[1m" + strings.Repeat("x ", 20) + "\n", 20, "\x1b[1m" + strings.Repeat("x ", 20) + "\n"},
		{"a line without an end", "left", 20, "left"},
	} {
		for _, size := range []int{1, 3, 1000} {
			var b strings.Builder
			f := &folder{to: &b, width: c.width}
			for text := c.in; text != ""; {
				n := min(size, len(text))
				if _, err := f.Write([]byte(text[:n])); err != nil {
					t.Fatal(err)
				}
				text = text[n:]
			}
			if err := f.flush(); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("%s, %d bytes at once:\n%q, want\n%q", c.name, size, b.String(), c.want)
			}
		}
	}
}

// TestTablesFitATerminal runs commands as on a terminal of 80 columns: lines are
// folded there, and whole where nobody looks on or another format is written.
func TestTablesFitATerminal(t *testing.T) {
	for _, args := range []string{
		"assess --demo", "controls list", "controls show storage-container-private", "policy list --demo", "policy compliance --demo --by definition",
		"access what nils.aker@lindhaven.example --demo", "access privilege --demo", "attackpath --demo", "ca gaps --demo", "ca matrix --demo", "ca lint --demo",
		"ca whatif --demo --user nils.aker@lindhaven.example --app Payroll", "query --demo --format table resources|take|3",
	} {
		words := strings.Fields(args)
		for i, w := range words {
			words[i] = strings.ReplaceAll(w, "|take|", " | take ")
		}
		env, out, errs := testEnv()
		env.IsTerminal = true
		env.Getenv = func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }
		if code := Run(t.Context(), words, env); code != ExitClean {
			t.Errorf("azward %s: exit code %d: %s", args, code, errs)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if n := len([]rune(line)); n > 80 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("azward %s: a line of %d columns: %s", args, n, line)
			}
		}
	}
	env, out, _ := testEnv()
	env.IsTerminal = true
	if Run(t.Context(), []string{"ca", "gaps", "--demo", "--format", "json"}, env); !strings.Contains(out.String(), `"`) || strings.Contains(out.String(), "\n    /") {
		t.Error("JSON was folded")
	}
}

func TestNothingFromAFileMovesTheCursor(t *testing.T) {
	for _, c := range []struct {
		in    string
		color bool
		want  string
	}{
		{"a\x1b[2Jb\x1b]0;title\a\r\b", true, "a[2Jb]0;title"},
		{"\x1b[1mbold\x1b[0m\tx\n", true, "\x1b[1mbold\x1b[0m\tx\n"},
		{"\x1b[1mbold\x1b[0m", false, "bold"},
		{"\u009b2Jé", true, "2Jé"},
		{"\x1b[", true, "["},
	} {
		if got := harmless(c.in, c.color); got != c.want {
			t.Errorf("harmless(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := plain("█░ 5 · a… – é"); got != "#. 5 . a~ - ?" {
		t.Errorf("in ASCII: %q", got)
	}
	env, _, errs := testEnv()
	env.say("%s\n", "x\x1b[2K")
	if errs.String() != "x[2K\n" {
		t.Errorf("standard error got %q", errs)
	}
	for _, c := range []struct {
		vars map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "de_CH.UTF-8"}, false},
		{map[string]string{"LANG": "de_CH.utf8@euro"}, false},
		{map[string]string{"LANG": "de_CH.ISO-8859-1"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, true},
		{map[string]string{"LC_ALL": "C.UTF-8"}, false},
		{map[string]string{"LANG": "de_CH"}, false},
	} {
		env.Getenv = func(name string) string { return c.vars[name] }
		if got := env.plainText(); got != c.want {
			t.Errorf("%v: ASCII only is %v", c.vars, got)
		}
	}
}
