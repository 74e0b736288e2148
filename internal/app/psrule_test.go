package app

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/yamldoc"
)

// psruleMapping pairs another tool's rules with our controls that ask the same.
// See testdata/psrule_mapping.yaml.
type psruleMapping struct {
	rule     string
	controls []string                      // they ask it together, each of its own types
	parent   bool                          // theirs names the parent of the resource that ours is about
	disagree map[string]psruleDisagreement // by target, in lower case
}

type psruleDisagreement struct {
	ours     finding.State
	why, doc string
}

func readPSRuleMapping(t *testing.T) []psruleMapping {
	t.Helper()
	text, err := os.ReadFile("testdata/psrule_mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var out []psruleMapping
	for _, v := range doc.Get("mappings").Elements() {
		m := psruleMapping{rule: v.Get("rule").TextOr(""), disagree: map[string]psruleDisagreement{}}
		if one, ok := v.Get("control").Text(); ok {
			m.controls = []string{one}
		}
		for _, c := range v.Get("controls").Elements() {
			m.controls = append(m.controls, c.TextOr(""))
		}
		m.parent, _ = v.Get("parent").Bool()
		for _, d := range v.Get("disagree").Elements() {
			one := psruleDisagreement{why: d.Get("why").TextOr(""), doc: d.Get("doc").TextOr("")}
			if err := one.ours.UnmarshalText([]byte(d.Get("ours").TextOr(""))); err != nil {
				t.Errorf("%s: %v", m.rule, err)
			}
			if len(one.why) < 20 || !strings.HasPrefix(one.doc, "https://learn.microsoft.com/") {
				t.Errorf("%s: a disagreement needs a reason and the documentation that decides it", m.rule)
			}
			for _, target := range d.Get("targets").Elements() {
				m.disagree[lower(target.TextOr(""))] = one
			}
		}
		out = append(out, m)
	}
	return out
}

// readLines reads a gzip of JSON lines.
func readLines(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		f(in.Bytes())
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
}

type psruleVerdict struct {
	Rule, Input string
	Expected    map[string]struct{ Targets []string }
}

// TestPSRuleVerdicts compares our controls with recorded verdicts of another
// tool on the same exported resources: each agrees, or the mapping says why
// not.
func TestPSRuleVerdicts(t *testing.T) {
	dir := testdata.Dir(t)
	mappings := readPSRuleMapping(t)
	inputs := map[string][][]byte{}
	readLines(t, filepath.Join(dir, "inventory", "psrule.jsonl.gz"), func(line []byte) {
		var head struct{ Src string }
		if err := json.Unmarshal(line, &head); err != nil {
			t.Fatal(err)
		}
		inputs[head.Src] = append(inputs[head.Src], slices.Clone(line))
	})
	verdicts := map[string][]psruleVerdict{}
	readLines(t, filepath.Join(dir, "posture", "psrule-verdicts.jsonl.gz"), func(line []byte) {
		var v psruleVerdict
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		verdicts[v.Rule] = append(verdicts[v.Rule], v)
	})
	assessed := map[string]*report.Assessment{}
	agreed, explained := 0, 0
	seen := map[string]bool{}
	for _, m := range mappings {
		if seen[m.rule] {
			t.Errorf("%s is mapped twice", m.rule)
		}
		seen[m.rule] = true
		if len(verdicts[m.rule]) == 0 {
			t.Errorf("no verdict of a rule %q is recorded", m.rule)
			continue
		}
		for _, v := range verdicts[m.rule] {
			if assessed[v.Input] == nil {
				assessed[v.Input] = assessPSRule(t, inputs[v.Input])
			}
			states := map[string]finding.State{}
			for _, control := range m.controls {
				found := statesByName(assessed[v.Input], control, m.parent)
				if found == nil {
					t.Errorf("%s: no control is called %q", m.rule, control)
				}
				for name, s := range found {
					if old, twice := states[name]; !twice || worse(s, old) {
						states[name] = s
					}
				}
			}
			for want, list := range map[finding.State][]string{finding.NonCompliant: v.Expected["Fail"].Targets, finding.Compliant: v.Expected["Pass"].Targets} {
				for _, target := range list {
					got, known := states[lower(target)]
					if !known {
						got = finding.NotApplicable
					}
					d, listed := m.disagree[lower(target)]
					switch {
					case got == want && listed:
						t.Errorf("%s on %s agrees now: take it out of the mapping", m.rule, target)
					case got == want:
						agreed++
					case listed && d.ours == got:
						explained++
					default:
						t.Errorf("%s on %s of %s: theirs %s, %s says %s", m.rule, target, v.Input, want, m.controls, got)
					}
				}
			}
		}
	}
	t.Logf("%d rules mapped; %d verdicts agree, %d disagreements are explained", len(mappings), agreed, explained)
}

func assessPSRule(t *testing.T, lines [][]byte) *report.Assessment {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input.jsonl")
	var all []byte
	for _, l := range lines {
		all = append(append(all, l...), '\n')
	}
	if err := os.WriteFile(name, all, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Assess(context.Background(), Options{From: []string{name}, Now: testNow, States: []finding.State{finding.Compliant, finding.NonCompliant, finding.Exempt}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// statesByName returns what a control says of each resource, by the names that
// the other tool may call it; nil where there is no such control.
func statesByName(a *report.Assessment, control string, parent bool) map[string]finding.State {
	if !slices.ContainsFunc(a.Controls, func(c report.Control) bool { return c.ID == control }) {
		return nil
	}
	out := map[string]finding.State{}
	for _, list := range []report.List{a.Findings, a.Unknown} {
		for _, f := range list.All() {
			if f.ControlID != control {
				continue
			}
			parts := strings.Split(f.ResourceID, "/")
			names := []string{f.ResourceName, parts[len(parts)-1]}
			if parent && len(parts) > 8 {
				names = []string{parts[8]}
			}
			for _, name := range names {
				if old, twice := out[lower(name)]; !twice || worse(f.State, old) {
					out[lower(name)] = f.State
				}
			}
		}
	}
	return out
}

// worse tells whether a counts before b where several resources share a name.
func worse(a, b finding.State) bool {
	rank := func(s finding.State) int {
		return slices.Index([]finding.State{finding.NotApplicable, finding.Compliant, finding.Exempt, finding.Unknown, finding.NonCompliant}, s)
	}
	return rank(a) > rank(b)
}
