package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "azward", "query_history")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []string{"a\n| b\n", "a\n| b", " secret", "", strings.Repeat("x", maxHistoryEntry+1), "c"} {
		if _, err := h.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	h, err = openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", h.entries); got != `["a\n| b" "c"]` {
		t.Errorf("read again: %s", got)
	}
	for i := range 2*maxHistory + 10 {
		if _, err := h.Write(fmt.Sprint("query ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if h.Len() != maxHistory {
		t.Errorf("%d entries in memory", h.Len())
	}
	if h, err = openHistory(path); err != nil || h.Len() != maxHistory {
		t.Fatal(h, err)
	}
	if last, err := h.GetLine(h.Len() - 1); err != nil || last != fmt.Sprint("query ", 2*maxHistory+9) {
		t.Errorf("the last is %q, %v", last, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n != maxHistory {
		t.Errorf("%d lines in the file", n)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("rewritten with mode %v, %v", info.Mode(), err)
	}
}

func TestEnded(t *testing.T) {
	for text, want := range map[string]bool{
		"":                              true,
		"T":                             false,
		"T\n| count":                    false,
		"T\n| count\n":                  true,
		"T | count;":                    true,
		".show tables":                  true,
		"let x = 1;":                    false,
		"let x = 1;\n":                  false,
		"let x = 1;\n\n\n":              true,
		"let x = 1;\n\nprint x":         false,
		"let x = 1;\n\nprint x\n":       true,
		"print 'a' // ; not the end":    false,
		"T | where a in (\n  1,\n  2)":  false,
		"T | where a in (\n  1,\n  2);": true,
	} {
		if got := ended(text); got != want {
			t.Errorf("ended(%q) = %v", text, got)
		}
	}
}

// terminal is a shell of azward in a tmux of its own.
type terminal struct {
	t      *testing.T
	socket string
}

func (m terminal) tmux(args ...string) string {
	m.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (m terminal) keys(keys ...string) {
	m.t.Helper()
	if keys[0] == "-l" {
		m.tmux("send-keys", "-t", "s", "-l", keys[1])
		keys = nil
	}
	for _, k := range keys {
		time.Sleep(150 * time.Millisecond)
		m.tmux("send-keys", "-t", "s", k)
	}
}

// wait waits for the screen to show a text.
func (m terminal) wait(want string) {
	m.t.Helper()
	screen := ""
	for range 150 {
		if screen = m.tmux("capture-pane", "-t", "s", "-p"); strings.Contains(screen, want) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	m.t.Fatalf("no %q on the screen:\n%s", want, screen)
}

// TestShellInTerminal types into the shell as a person would.
func TestShellInTerminal(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux")
	}
	if testing.Short() {
		t.Skip("it waits for a terminal")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "azward") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	// testscript.Main runs a command by the name under which it was called.
	azward := filepath.Join(dir, "azward")
	if err := os.Symlink(exe, azward); err != nil {
		t.Fatal(err)
	}
	m := terminal{t, filepath.Join(dir, "tmux")}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", m.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	m.tmux("-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", "100", "-y", "40",
		"env XDG_CONFIG_HOME="+filepath.Join(dir, "config")+" HOME="+dir+" INPUTRC=/dev/null "+azward+" query --demo; echo left with $?; exec cat")
	m.wait("kql>")

	m.keys("-l", "resour")
	m.keys("Tab")
	m.wait("resourcecontainers  resources") // the menu
	m.keys("-l", "s | su")
	m.keys("Tab")
	m.wait("resources | summarize")
	m.keys("Enter")
	m.keys("-l", "  Total = count() \\;")
	m.keys("Enter")
	m.wait("(1 row, ")
	m.wait("Total")
	m.keys("C-l")

	m.keys("-l", "resources | were type")
	m.keys("Enter", "Enter")
	m.wait("^^^^")
	m.wait(`hint: did you mean "where"?`)
	m.keys("-l", "print nme = 1 | project nmee")
	m.keys("Enter", "Enter")
	m.wait(`did you mean "nme"?`)
	m.keys("C-l")

	m.keys("-l", "range x from 1 to 9000000 step 1 | summarize dcount(hash_sha256(strcat(x, 'a')))")
	m.keys("Enter", "Enter")
	m.wait("'a')))\n\n")
	time.Sleep(300 * time.Millisecond)
	m.keys("C-c")
	m.wait("canceled")
	m.keys("C-l")
	m.keys("-l", "print alive = 40 + 2 | render card")
	m.keys("Enter", "Enter")
	m.wait("render: card")
	m.wait("   42")
	m.keys("C-l")
	m.keys("Up")
	m.wait("print alive = 40 + 2 | render card")
	m.keys("C-c")
	m.keys("-l", "resources | take 1 \\;")
	m.keys("Enter")
	m.wait(" of 16\n") // blocks of columns
	m.keys("C-l")
	m.keys("-l", ".show table resources")
	m.keys("Enter")
	m.wait("subscriptionId")
	m.keys("C-d")
	m.wait("left with 0")
	if runtime.GOOS != "linux" { // the folder has another name there
		return
	}
	h, err := openHistory(filepath.Join(dir, "config", "azward", "query_history"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(h.entries, "resources | summarize\n  Total = count() ;") {
		t.Errorf("the history is %q", h.entries)
	}
}
