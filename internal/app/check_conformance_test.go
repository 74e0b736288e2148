package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// templateVerdicts is what one tool says of one rule, by target.
type templateVerdicts map[string]string

// TestConformanceTemplates compares our controls over published templates with
// the verdicts that the templates' authors expect of other tools, and the lines
// where they are given: each agrees, or testdata/template_mapping.yaml says why not.
func TestConformanceTemplates(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "templates")
	text, err := os.ReadFile("testdata/template_mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]templateVerdicts{} // by tool and rule
	examples := map[string]string{}           // of checkov's rules
	readVerdicts(t, dir, expected, examples)
	ours := checkPublished(t, dir)
	agreed, explained, rules := 0, 0, 0
	for _, m := range doc.Get("mappings").Elements() {
		tool, rule, control := m.Get("tool").TextOr(""), m.Get("rule").TextOr(""), m.Get("control").TextOr("")
		theirs := expected[tool+"/"+rule]
		if theirs == nil {
			t.Errorf("no verdict of %s's %s is recorded", tool, rule)
			continue
		}
		rules++
		where := rule
		if tool == "checkov" {
			where = examples[rule]
		}
		mine := answers(tool, theirs, ours[tool+"/"+where], control)
		disagree := map[string]jsondoc.Value{}
		for _, d := range m.Get("disagree").Elements() {
			if len(d.Get("why").TextOr("")) < 20 || !strings.HasPrefix(d.Get("doc").TextOr(""), "https://") {
				t.Errorf("%s: a disagreement needs a reason and the page that decides it", rule)
			}
			for _, target := range d.Get("targets").Elements() {
				disagree[target.TextOr("")] = d
			}
		}
		for target, want := range theirs {
			if only := m.Get("only"); only.Exists() && !strings.HasPrefix(target, only.TextOr("")+".") {
				continue // a type that the control does not speak of
			}
			got := mine[target]
			d, listed := disagree[target]
			switch {
			case got == want && listed:
				t.Errorf("%s on %s agrees now: take it out of the mapping", rule, target)
			case got == want:
				agreed++
			case listed && (d.Get("ours").TextOr("") == got || d.Get("ours").String() == got):
				explained++
			default:
				t.Errorf("%s %s on %s: theirs %s, %s says %s", tool, rule, target, want, control, got)
			}
		}
		for target := range disagree {
			if _, ok := theirs[target]; !ok {
				t.Errorf("%s: nothing is recorded of %s", rule, target)
			}
		}
	}
	t.Logf("conformance: template-rules %d of %d", agreed, agreed+explained)
	t.Logf("%d rules of other tools are mapped; %d verdicts agree, %d disagreements are explained", rules, agreed, explained)
}

func readVerdicts(t *testing.T, dir string, expected map[string]templateVerdicts, examples map[string]string) {
	t.Helper()
	readLines(t, filepath.Join(dir, "checkov-verdicts.jsonl.gz"), func(line []byte) {
		var v struct {
			Example  string
			Check    struct{ ID string }
			Expected struct {
				Passing, Failing []string
				Passed           *int `json:"passed_count"`
				Failed           *int `json:"failed_count"`
			}
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		out := templateVerdicts{}
		for _, name := range v.Expected.Passing {
			out[name] = finding.Compliant.String()
		}
		for _, name := range v.Expected.Failing {
			out[name] = finding.NonCompliant.String()
		}
		if len(out) == 0 {
			out["passed"], out["failed"] = strconv.Itoa(*v.Expected.Passed), strconv.Itoa(*v.Expected.Failed)
		}
		expected["checkov/"+v.Check.ID], examples[v.Check.ID] = out, v.Example
	})
	readLines(t, filepath.Join(dir, "kics-verdicts.jsonl.gz"), func(line []byte) {
		var v struct {
			Query    string
			Expected []struct {
				Line     int
				Filename string `json:"filename"`
			}
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		lines := map[string][]int{}
		for _, e := range v.Expected {
			if strings.HasSuffix(e.Filename, ".json") {
				lines[e.Filename] = append(lines[e.Filename], e.Line)
			}
		}
		out := templateVerdicts{}
		for name, l := range lines {
			out[name] = lineText(l)
		}
		expected["kics/"+v.Query] = out
	})
	readLines(t, filepath.Join(dir, "template-analyzer-verdicts.jsonl.gz"), func(line []byte) {
		var v struct {
			Rule  string
			Tests []struct {
				Template         string
				ReportedFailures []struct{ LineNumber int }
			}
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		out := templateVerdicts{}
		for _, one := range v.Tests {
			if strings.HasSuffix(one.Template, ".json") {
				for _, f := range one.ReportedFailures {
					out[fmt.Sprintf("%s:%d", one.Template, f.LineNumber)] = finding.NonCompliant.String()
				}
			}
		}
		expected["template-analyzer/"+v.Rule] = out
	})
	// Files without an expected finding are clean.
	readLines(t, filepath.Join(dir, "kics.jsonl.gz"), func(line []byte) {
		var v struct{ Query, File string }
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		if out := expected["kics/"+v.Query]; out != nil && out[v.File] == "" {
			out[v.File] = lineText(nil)
		}
	})
}

// lineText writes lines in order, each once.
func lineText(lines []int) string {
	slices.Sort(lines)
	return strings.Trim(fmt.Sprint(slices.Compact(lines)), "[]")
}

// checkPublished checks every published template and returns the verdicts by
// tool and rule (for checkov, the example).
func checkPublished(t *testing.T, dir string) map[string][]report.Finding {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, set := range []string{"checkov", "kics", "template-analyzer"} {
		readLines(t, filepath.Join(dir, set+".jsonl.gz"), func(line []byte) {
			var row struct {
				Src, Query, Rule, File, Text, Fileclass string
				Template                                json.RawMessage
			}
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatal(err)
			}
			if row.Fileclass == "unknown" {
				return // their own tool is told to say nothing
			}
			if set == "checkov" {
				write(set+"/"+row.Src, string(row.Template))
			} else {
				write(set+"/"+row.Query+row.Rule+"/"+row.File, row.Text)
			}
		})
	}
	c, err := Check(t.Context(), CheckOptions{Paths: []string{root}, Now: testNow, States: []finding.State{finding.Compliant}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]report.Finding{}
	for _, list := range [][]report.Finding{c.Findings, c.Unknown} {
		for _, f := range list {
			rel, err := filepath.Rel(root, f.File)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.SplitN(filepath.ToSlash(rel), "/", 3)
			f.File = parts[2]
			out[parts[0]+"/"+parts[1]] = append(out[parts[0]+"/"+parts[1]], f)
		}
	}
	return out
}

// answers says of each target of another tool what a control of ours says.
func answers(tool string, theirs templateVerdicts, findings []report.Finding, control string) templateVerdicts {
	out := templateVerdicts{}
	lines, unknown := map[string][]int{}, map[string][]int{}
	counts := map[finding.State]int{}
	for _, f := range findings {
		if f.ControlID != control {
			continue
		}
		counts[f.State]++
		switch tool {
		case "checkov":
			short := f.ResourceName[strings.LastIndexByte(f.ResourceName, '/')+1:]
			for _, name := range []string{f.ResourceName, short} {
				for target := range theirs {
					if strings.EqualFold(target, f.ResourceType+"."+name) && (out[target] == "" || f.State == finding.NonCompliant) {
						out[target] = f.State.String()
					}
				}
			}
		case "kics":
			switch f.State {
			case finding.NonCompliant:
				lines[f.File] = append(lines[f.File], f.Line)
			case finding.Unknown:
				unknown[f.File] = append(unknown[f.File], f.Line)
			default:
			}
		case "template-analyzer":
			out[fmt.Sprintf("%s:%d", f.File, f.Line)] = f.State.String()
		}
	}
	if tool == "kics" {
		for name, l := range unknown {
			out[name] = "unknown " + lineText(l)
		}
		for name, l := range lines {
			out[name] = lineText(l)
		}
	}
	if _, ok := theirs["failed"]; ok {
		out["failed"], out["passed"] = strconv.Itoa(counts[finding.NonCompliant]), strconv.Itoa(counts[finding.Compliant])
	}
	return out
}
