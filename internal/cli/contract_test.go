package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runAzward runs azward and returns its standard output. Of standard error it only
// minds that it is no part of that.
func runAzward(t *testing.T, stdin string, want int, args ...string) string {
	t.Helper()
	env, out, errs := testEnv()
	env.Stdin = strings.NewReader(stdin)
	if got := Run(context.Background(), args, env); got != want {
		t.Fatalf("azward %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, errs)
	}
	if strings.Contains(errs.String(), "\x1b") || strings.Contains(errs.String(), "\r") {
		t.Errorf("azward %s: progress where standard error is no terminal: %q", strings.Join(args, " "), errs)
	}
	return out.String()
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

// hasMembers checks that an object has the members that other tools rely on,
// and none without a name of its own.
func hasMembers(t *testing.T, what string, object map[string]json.RawMessage, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, ok := object[n]; !ok {
			t.Errorf("%s has no %q", what, n)
		}
	}
	for n := range object {
		if n == "" || n == "-" {
			t.Errorf("%s has a member %q", what, n)
		}
	}
}

type object = map[string]json.RawMessage

func TestContractAssess(t *testing.T) {
	out := runAzward(t, "", ExitClean, "assess", "--demo", "--format", "json")
	whole := decode[object](t, out)
	hasMembers(t, "the answer", whole, "score", "findings", "unknown", "responsibility", "compliance", "timings")
	score := decode[object](t, string(whole["score"]))
	hasMembers(t, "score", score, "current", "max", "percentage", "controls")
	for _, list := range []string{"findings", "unknown"} {
		items := decode[[]object](t, string(whole[list]))
		if list == "findings" && len(items) == 0 {
			t.Errorf("%s is empty", list)
		}
		for _, f := range items {
			hasMembers(t, list, f, "resourceId", "controlId", "state", "severity", "reasons")
		}
	}
	for _, list := range []string{"responsibility", "compliance"} {
		if len(decode[[]object](t, string(whole[list]))) == 0 {
			t.Errorf("%s is empty", list)
		}
	}
	runAzward(t, "", ExitFindings, "assess", "--demo", "--fail-on", "low")
	runAzward(t, "", ExitUsage, "assess")
	runAzward(t, "", ExitUsage, "assess", "--demo", "--from", "x")
	runAzward(t, "", ExitUsage, "assess", "--demo", "--format", "nonsense")
}

// TestContractBatch checks the answers to lines: in order, with the line's id,
// an error for a bad one, and the run goes on.
func TestContractBatch(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "lines.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rule := `{"if": {"field": "location", "equals": "westeurope"}, "then": {"effect": "audit"}}`
	for _, c := range []struct {
		command []string
		good    string   // a line that is answered
		members []string // of the answer
		bad     string   // a line that is wrong in itself
		error   []string // members of the error
	}{
		{[]string{"policy", "eval"}, `{"id": "a", "rule": ` + rule + `, "resource": {"location": "westeurope"}}`, []string{"matched", "effect", "state", "details", "reasons"}, `{"id": "b", "rule": {"if": {}}}`, []string{"code", "message", "stage"}},
		{[]string{"query"}, `{"id": "a", "query": "print 1"}`, []string{"columns", "rows"}, `{"id": "b", "query": "print nothing"}`, []string{"code", "message", "line", "column"}},
		{[]string{"ca", "whatif"}, `{"id": "a", "policies": [], "namedLocations": [], "directory": {}, "signIn": {}}`, []string{"result", "controls", "sessionControls", "policies"}, `{"id": "b"}`, []string{"code", "message", "stage"}},
	} {
		lines := strings.Join([]string{c.good, c.bad, "not JSON", "", `"text"`, strings.Repeat("[", 20000), c.good}, "\n")
		for name, out := range map[string]string{
			"-":    runAzward(t, lines, ExitClean, slices.Concat(c.command, []string{"--batch", "-"})...),
			"FILE": runAzward(t, "", ExitClean, slices.Concat(c.command, []string{"--batch", file(lines)})...),
		} {
			what := strings.Join(c.command, " ") + " --batch " + name
			answers := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if len(answers) != 6 {
				t.Fatalf("%s: %d answers, want 6:\n%s", what, len(answers), out)
			}
			for i, a := range answers {
				o := decode[object](t, a)
				switch i {
				case 0, 5:
					hasMembers(t, what, o, append(c.members, "id")...)
				default:
					hasMembers(t, what, o, "id", "error")
					hasMembers(t, what+": error", decode[object](t, string(o["error"])), c.error...)
				}
				want := map[int]string{0: `"a"`, 1: `"b"`, 5: `"a"`}[i]
				if want == "" {
					want = "null"
				}
				if string(o["id"]) != want {
					t.Errorf("%s: answer %d has the id %s, want %s", what, i, o["id"], want)
				}
			}
		}
		runAzward(t, "", ExitUsage, slices.Concat(c.command, []string{"--batch", "no-such-file"})...)
		runAzward(t, "", ExitUsage, slices.Concat(c.command, []string{"--batch", t.TempDir()})...)
	}
}

func TestContractQueryValues(t *testing.T) {
	schemas := filepath.Join(t.TempDir(), "tables.csv")
	if err := os.WriteFile(schemas, []byte("table_name,column_name,column_type\nT,a,datetime\nT,b,dynamic\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, columns, rows string }{
		{"print datetime(2026-01-02)", `datetime`, `"2026-01-02T00:00:00.0000000Z"`},
		{"print datetime(2026-01-02 03:04:05.1234567)", `datetime`, `"2026-01-02T03:04:05.1234567Z"`},
		{"print 1h", "timespan", `"01:00:00"`},
		{"print -1d - 1tick", "timespan", `"-1.00:00:00.0000001"`},
		{"print 100d + 500ms", "timespan", `"100.00:00:00.5000000"`},
		{"print real(nan)", "real", `"NaN"`},
		{"print real(+inf)", "real", `"Infinity"`},
		{"print real(-inf)", "real", `"-Infinity"`},
		{"print decimal(1.5)", "decimal", `"1.5"`},
		{"print int(null)", "int", `null`},
		{"print long(1)", "long", `1`},
		{"print true", "bool", `true`},
		{"print 'x'", "string", `"x"`},
		{"print guid(11111111-2222-3333-4444-555555555555)", "guid", `"11111111-2222-3333-4444-555555555555"`},
		{`print dynamic({"a": [1, null]})`, "dynamic", `{"a":[1,null]}`},
		{"T | count", "long", `0`},
		{"T", "datetime dynamic", ``},
	} {
		line, err := json.Marshal(map[string]any{"id": 1, "query": c.query})
		if err != nil {
			t.Fatal(err)
		}
		a := decode[struct {
			Columns []struct{ Name, Type string }
			Rows    [][]json.RawMessage
		}](t, runAzward(t, string(line), ExitClean, "query", "--schemas", schemas, "--batch", "-"))
		var types, values []string
		for _, col := range a.Columns {
			types = append(types, col.Type)
		}
		for _, row := range a.Rows {
			for _, v := range row {
				values = append(values, string(v))
			}
		}
		if got := strings.Join(types, " "); got != c.columns {
			t.Errorf("%s: types %s, want %s", c.query, got, c.columns)
		}
		if got := strings.Join(values, " "); got != c.rows {
			t.Errorf("%s: %s, want %s", c.query, got, c.rows)
		}
	}
}

// withoutFormat are the commands whose result is a file, a stream in a format
// of its own, or a server.
var withoutFormat = []string{
	"azward collect", "azward demo generate", "azward fake serve", "azward serve", "azward query fmt", "azward query shell", "azward version", "azward help", "azward watch",
	"azward review begin", "azward review decide", "azward snapshot merge", "azward snapshot redact", "azward snapshot save", "azward store import",
}

// valueName is what help calls what a flag takes: not a type of Go.
var valueName = regexp.MustCompile(`^[A-Z]+(=[A-Z]+)?$`)

// namedTwice are the flags that take different things in different commands.
var namedTwice = []string{"by", "fail-on", "output", "policies", "scope"}

// TestContractFlags checks what flags of one name mean everywhere.
func TestContractFlags(t *testing.T) {
	env, _, _ := testEnv()
	var walk func(c *cobra.Command)
	takes := map[string]string{}
	walk = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			walk(child)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			name, usage := pflag.UnquoteUsage(f)
			if f.Value.Type() == "bool" {
				return
			}
			if !valueName.MatchString(name) {
				t.Errorf("%s --%s takes %q: name it in capitals, in backquotes in its usage", c.CommandPath(), f.Name, name)
			}
			if had, ok := takes[f.Name]; ok && had != name && !slices.Contains(namedTwice, f.Name) {
				t.Errorf("%s --%s takes %s here and %s elsewhere", c.CommandPath(), f.Name, name, had)
			}
			takes[f.Name] = name
			if strings.HasSuffix(usage, ".") && !strings.HasSuffix(usage, "...") {
				t.Errorf("%s --%s ends in a full stop: %q", c.CommandPath(), f.Name, usage)
			}
			if f.Value.Type() == "stringArray" && !strings.Contains(usage, "repeatable") && !strings.Contains(usage, "several") {
				t.Errorf("%s --%s does not say that it is repeatable: %q", c.CommandPath(), f.Name, usage)
			}
		})
		path, flags := c.CommandPath(), c.Flags()
		if (flags.Lookup("demo") == nil) != (flags.Lookup("from") == nil) {
			t.Errorf("%s: --demo and --from go together", path)
		}
		if f := flags.Lookup("format"); f != nil {
			if !strings.Contains(f.Usage, "table") || !strings.Contains(f.Usage, "json") {
				t.Errorf("%s: --format offers no table or no json: %s", path, f.Usage)
			}
			if _, ok := f.Value.(*choice); !ok {
				t.Errorf("%s: --format is not made by addFormat", path)
			}
			if flags.Lookup("output") == nil {
				t.Errorf("%s: --format without -o", path)
			}
			if f.Shorthand != "f" && flags.ShorthandLookup("f") == nil {
				t.Errorf("%s: --format has no -f", path)
			}
		} else if !c.HasSubCommands() && !slices.Contains(withoutFormat, path) {
			t.Errorf("%s has no --format", path)
		}
		if f := flags.Lookup("output"); f != nil && f.Shorthand != "o" {
			t.Errorf("%s: --output has no -o", path)
		}
		for _, text := range []string{c.Short, c.Long} {
			if strings.HasSuffix(c.Short, ".") || text != strings.TrimSpace(text) {
				t.Errorf("%s: %q", path, text)
			}
		}
		// Help fits a terminal of 80 columns; only examples may be longer, as
		// they are pasted whole.
		var help bytes.Buffer
		c.SetOut(&help)
		if err := c.Help(); err != nil {
			t.Error(err)
		}
		whole := help.String()
		if c.Example != "" {
			whole = strings.Replace(whole, c.Example, "", 1)
		}
		for line := range strings.Lines(whole) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%s --help: a line of %d columns: %s", path, n, line)
			}
		}
	}
	walk(newRootCommand(env))
}
