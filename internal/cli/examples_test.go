package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/store/duck"
)

// notRun are the examples that cannot be run here: what the line begins with,
// or has in it, and the reason.
var notRun = []struct{ text, reason string }{
	{"azward query shell", "needs a terminal; TestShellInTerminal types into one"},
	{"azward assess --live", "reads a tenant over the network"},
	{"azward collect -o", "reads a tenant over the network; collect.txtar tries it on azward fake"},
	{"azward fake serve", "serves until it is stopped; collect.txtar runs it"},
	{"azward serve", "serves until it is stopped; serve.txtar runs it"},
	{"azward watch --every", "runs until it is stopped; watch.txtar runs it"},
	{"go ", "builds the program"},
}

// shellLines are the examples that begin the shell: whole lines, since more
// behind them is a query.
var shellLines = []string{"azward query --demo", "azward query --store logs"}

// inPlaceOf are texts in examples that stand for something else, and what is
// put there.
var inPlaceOf = strings.NewReplacer(
	"/subscriptions/...", "/subscriptions/11111111-2222-3333-4444-555555555555",
	"--resources 1000000", "--resources 300",
	"--resources 100000", "--resources 300",
	"--head 3f6a…", "--head $(cat q4.head)",
)

// TestExamples runs every example of every command's help, and every console
// line of README.md that uses azward, in a folder with the files that they
// name. An example ends with 0, or with 1 where it finds something.
func TestExamples(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("examples are lines for a Unix shell")
	}
	files := standIns(t, shell)
	for _, e := range append(helpExamples(t), readmeExamples(t)...) {
		t.Run(e.where+"/"+e.line, func(t *testing.T) {
			if slices.Contains(shellLines, e.line) {
				t.Skip("needs a terminal; TestShellInTerminal types into one")
			}
			for _, n := range notRun {
				if strings.Contains(e.line, n.text) {
					t.Skip(n.reason)
				}
			}
			if strings.Contains(e.line, "--store") && !duck.Available {
				t.Skip("this build has no log store")
			}
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(files)); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(e.line, "review begin") {
				// A record is never written over.
				if err := errors.Join(os.Remove(filepath.Join(dir, "q4.review")), os.Remove(filepath.Join(dir, "q4.csv"))); err != nil {
					t.Fatal(err)
				}
			}
			switch out, code := runLine(t, shell, dir, e.line); {
			case code != ExitClean && code != ExitFindings:
				t.Errorf("%s\nexit code %d, want 0 or 1 (the files of examples are in testdata/examples.txtar):\n%s", e.line, code, out)
			case strings.Contains(out, "azward: bug"):
				t.Errorf("%s\n%s", e.line, out)
			}
		})
	}
}

// example is a line of a help text or a document.
type example struct{ where, line string }

// description is what stands behind an example on its line.
var description = regexp.MustCompile(`   +\S.*$|\s+# .*$`)

// helpExamples returns the example lines of every command.
func helpExamples(t *testing.T) []example {
	t.Helper()
	env, _, _ := testEnv()
	var list []example
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			line = description.ReplaceAllString(strings.TrimSpace(line), "")
			if usesAzward(line) {
				list = append(list, example{strings.ReplaceAll(c.CommandPath(), " ", "_"), line})
			}
		}
		if c.Runnable() && !c.HasSubCommands() && c.Example == "" && c.Name() != "version" && c.Name() != "help" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newRootCommand(env))
	if len(list) < 60 {
		t.Fatalf("only %d examples found", len(list))
	}
	return list
}

// readmeExamples returns the console lines of README.md that use azward.
func readmeExamples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for line := range strings.Lines(string(text)) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		if !ok || strings.HasPrefix(line, "go build") || strings.HasPrefix(line, "go test") {
			continue
		}
		line = strings.ReplaceAll(line, "go run ./cmd/azward", "azward")
		line = description.ReplaceAllString(strings.ReplaceAll(line, "./azward", "azward"), "")
		if usesAzward(line) {
			list = append(list, example{"README.md", line})
		}
	}
	if len(list) == 0 {
		t.Fatal("README.md has no console line with azward")
	}
	return list
}

var azwardWord = regexp.MustCompile(`(^|[|&;] *|[A-Z]=\S+ )azward `)

func usesAzward(line string) bool {
	return !strings.HasPrefix(line, "#") && azwardWord.MatchString(line)
}

// standIns makes a folder with every file that examples name.
func standIns(t *testing.T, shell string) string {
	t.Helper()
	dir := t.TempDir()
	archive, err := txtar.ParseFile("testdata/examples.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(f.Name, "bin/") {
			mode = 0o755 // the other programs of pipelines
		}
		if err := os.WriteFile(path, f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || (strings.Contains(line, "--store") && !duck.Available) {
			continue
		}
		if out, code := runLine(t, shell, dir, line); code != 0 {
			t.Fatalf("make the files of the examples: %s: exit code %d\n%s", line, code, out)
		}
	}
	return dir
}

// runLine runs a line in the folder and returns what was printed and the exit
// code of its last program.
func runLine(t *testing.T, shell, dir, line string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, "-c", inPlaceOf.Replace(line))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "AZWARD_POLICIES=", "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
