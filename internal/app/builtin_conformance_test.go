package app

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/reader"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// TestConformanceControlsAskWhatBuiltInsAsk compares the verdicts of each control
// with those of the built-in definitions that it names, on the control's own
// examples and on every exported resource of its type. Where a control means to
// ask something else, testdata/builtin_known_failures.txt says why.
func TestConformanceControlsAskWhatBuiltInsAsk(t *testing.T) {
	archive := testdata.File(t, "policy", "built-in-policies.tar.gz")
	lib, err := loadLibrary([]string{archive})
	if err != nil {
		t.Fatal(err)
	}
	builtIn := map[string]jsondoc.Value{}
	for _, d := range lib.definitions {
		builtIn[lower(d.name)] = d.body
	}
	inv, err := reader.Read(t.Context(), []string{filepath.Join(testdata.Dir(t), "inventory")}, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	excused := readExcuses(t, "testdata/builtin_known_failures.txt")
	controls, _ := content.Controls()
	agree, all, compared := 0, 0, 0
	for _, c := range controls {
		ours, _ := policy.Compile(c.Definition, policy.CompileOptions{})
		var theirs []*policy.Definition
		for _, id := range c.BuiltIn {
			if def, _ := policy.Compile(builtIn[id], policy.CompileOptions{}); def != nil && slices.ContainsFunc(def.Types(), func(typ string) bool { return matchesType(ours.Types(), typ) }) {
				theirs = append(theirs, def)
			}
		}
		if len(theirs) == 0 {
			continue // Azure asks it of another resource
		}
		compared++
		good, bad := 0, []string(nil)
		judge := func(r *resource.Resource, ev *policy.Evaluator) {
			want, judged := finding.NotApplicable, false
			for _, def := range theirs {
				if matchesType(def.Types(), r.Type) {
					if s := ev.Evaluate(def, r).Verdict.State; !judged || s == finding.NonCompliant {
						want, judged = s, true
					}
				}
			}
			got := ev.Evaluate(ours, r).Verdict.State
			switch {
			case !judged || want == finding.Unknown || want == finding.NotApplicable || got == finding.Unknown:
			case got == want:
				good++
			default:
				bad = append(bad, r.ID.String()+": "+got.String()+", the built-in says "+want.String())
			}
		}
		examples, err := c.Examples()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples {
			if e.State == finding.Unknown {
				continue
			}
			own, id := exampleInventory(t, e)
			if r, _ := own.Get(id); matchesType(ours.Types(), r.Type) {
				judge(r, policy.NewEvaluator(policy.Options{Inventory: own, Now: testNow}))
			}
		}
		ev := policy.NewEvaluator(policy.Options{Inventory: inv, Now: testNow})
		for _, typ := range ours.Types() {
			for r := range inv.OfType(typ) {
				judge(r, ev)
			}
		}
		agree, all = agree+good, all+good+len(bad)
		switch why, listed := excused[c.ID]; {
		case len(bad) > 0 && !listed:
			t.Errorf("%s: %d of %d differ: %s", c.ID, len(bad), good+len(bad), strings.Join(bad[:min(2, len(bad))], "; "))
		case len(bad) == 0 && listed:
			t.Errorf("%s agrees with its built-in; take it off the list (%s)", c.ID, why)
		}
	}
	t.Logf("conformance: controls-judge-as-built-in-policies %d of %d", agree, all)
	t.Logf("figure: %d controls compared with a built-in definition of the same type", compared)
}

// readExcuses reads a list of known differences: a name, a tab, the reason.
func readExcuses(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text := lines.Text(); text != "" && !strings.HasPrefix(text, "#") {
			name, why, ok := strings.Cut(text, "\t")
			if !ok || len(why) < 20 {
				t.Errorf("%s: %q gives no reason", path, text)
			}
			out[name] = why
		}
	}
	return out
}
