package app

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
)

var testNow = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func assessDemo(t testing.TB, change func(o *Options)) *report.Assessment {
	t.Helper()
	o := Options{Demo: true, Now: testNow, Version: "test"}
	if change != nil {
		change(&o)
	}
	a, err := Assess(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// without rebuilds the demo's inventory without the types that match, as if
// nobody had been allowed to read them.
func without(t *testing.T, drop func(typ string) bool, unread map[string][]string) *inventory.Inventory {
	t.Helper()
	whole, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	b := inventory.NewBuilder()
	for r := range whole.Records() {
		if !drop(r.TypeKey()) {
			b.Add(r)
		}
	}
	for _, e := range whole.Manifest().Entries() {
		if drop(lower(e.Type)) {
			continue
		}
		for typ, paths := range unread {
			if strings.EqualFold(typ, e.Type) {
				e.Unread = append(slices.Clone(e.Unread), paths...)
			}
		}
		b.Cover(e)
	}
	return b.Build()
}

// uncovered rebuilds the demo's inventory with all its resources, and with a
// manifest that says nothing of the types that match.
func uncovered(t *testing.T, drop func(typ string) bool) *inventory.Inventory {
	t.Helper()
	whole, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	b := inventory.NewBuilder()
	for r := range whole.Records() {
		b.Add(r)
	}
	for _, e := range whole.Manifest().Entries() {
		if !drop(lower(e.Type)) {
			b.Cover(e)
		}
	}
	return b.Build()
}

func TestAssessDemo(t *testing.T) {
	a := assessDemo(t, nil)
	if a.Score.Max == 0 || a.Score.Percentage <= 0 || a.Score.Percentage >= 1 || a.Open() == 0 || len(a.Plan) == 0 {
		t.Errorf("score %v of %d, %d findings, %d actions", a.Score.Current, a.Score.Max, a.Findings.Len(), len(a.Plan))
	}
	for _, n := range a.Notices {
		if n.Severity == "error" {
			t.Errorf("the demo has an error: %+v", n)
		}
	}
	planned := 0
	for _, act := range a.Plan {
		planned += act.Findings
		for _, c := range act.Commands {
			if strings.Contains(c.AzCLI, "{{") {
				t.Errorf("%s: a placeholder is left in %q", act.Title, c.AzCLI)
			}
		}
	}
	if planned != a.Open() {
		t.Errorf("the plan mends %d findings of %d", planned, a.Open())
	}
	if last := a.Plan[len(a.Plan)-1].ScoreAfter; last < a.Score.Percentage {
		t.Errorf("the plan ends at %v, below the score %v", last, a.Score.Percentage)
	}
}

func TestAssessIsTheSameEveryTime(t *testing.T) {
	var first []byte
	for _, workers := range []int{1, 2, 7} {
		a := assessDemo(t, func(o *Options) { o.Workers = workers })
		a.Timings = report.Timings{}
		var out bytes.Buffer
		if err := report.JSON(&out, a); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		} else if !bytes.Equal(first, out.Bytes()) {
			t.Errorf("%d workers give another answer", workers)
		}
	}
}

// What was not read is never compliant: neither a type that nobody could list
// nor a property that did not come.
func TestUnreadIsNeverCompliant(t *testing.T) {
	all := func(o *Options) { o.States = []finding.State{finding.Compliant, finding.NonCompliant} }
	about := func(a *report.Assessment, words ...string) []report.Control {
		var out []report.Control
		controls, _ := content.Controls()
		for _, c := range a.Controls {
			i := slices.IndexFunc(controls, func(k content.Control) bool { return k.ID == c.ID })
			text := lower(controls[i].Definition.Path("policyRule").String())
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, lower(w)) }) {
				out = append(out, c)
			}
		}
		return out
	}
	users := func(typ string) bool { return typ == "microsoft.graph/users" }
	for _, c := range []struct {
		name string
		inv  *inventory.Inventory
		none bool // not one verdict on a user may be there
	}{
		{"users", without(t, users, nil), true},
		{"users, in the manifest only", uncovered(t, users), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := assessDemo(t, func(o *Options) { all(o); o.Demo, o.Inventory = false, c.inv })
			for _, f := range a.Findings.All() {
				if c.none && strings.EqualFold(f.ResourceType, "Microsoft.Graph/users") {
					t.Errorf("a verdict on a user that was not read: %+v", f)
				}
			}
			controls := about(a, `"Microsoft.Graph/users"`, "azward.guestOwners")
			if len(controls) < 2 {
				t.Fatalf("%d controls speak of users", len(controls))
			}
			for _, k := range controls {
				if k.State == compliance.Met || k.Unknown == 0 || c.none && k.Compliant > 0 {
					t.Errorf("%s is %s: %+v", k.ID, k.State, k)
				}
			}
		})
	}
	t.Run("network rules of key vaults", func(t *testing.T) {
		inv := without(t, func(string) bool { return false }, map[string][]string{"Microsoft.KeyVault/vaults": {"properties.networkAcls"}})
		a := assessDemo(t, func(o *Options) { all(o); o.Demo, o.Inventory = false, inv })
		controls := about(a, "Microsoft.KeyVault/vaults/networkAcls")
		if len(controls) == 0 {
			t.Fatal("no control speaks of the network rules of key vaults")
		}
		for _, c := range controls {
			if c.Compliant > 0 || c.State == compliance.Met {
				t.Errorf("%s is %s with %d compliant", c.ID, c.State, c.Compliant)
			}
		}
	})
}

// Every mapping of a shipped control names a requirement that its framework has.
func TestMappingsNameRequirements(t *testing.T) {
	frameworks, err := loadFrameworks()
	if err != nil {
		t.Fatal(err)
	}
	controls, _ := content.Controls()
	covered := map[string]map[string]bool{}
	for _, c := range controls {
		for fw, ids := range c.Mappings {
			i := slices.IndexFunc(frameworks, func(f *compliance.Framework) bool { return f.ID == fw })
			if i < 0 {
				t.Errorf("%s maps to the unknown framework %s", c.ID, fw)
				continue
			}
			for _, id := range ids {
				if frameworks[i].Requirement(id) == nil {
					t.Errorf("%s maps to %s %s, which is no requirement", c.ID, fw, id)
				}
				if covered[fw] == nil {
					covered[fw] = map[string]bool{}
				}
				covered[fw][id] = true
			}
		}
	}
	for _, f := range frameworks {
		t.Logf("%s: %d of %d requirements have a control", f.ID, len(covered[f.ID]), len(f.Requirements))
	}
}

// open returns the open findings, whole.
func open(a *report.Assessment) []report.Finding {
	return slices.DeleteFunc(a.Findings.Slice(), func(f report.Finding) bool { return f.State != finding.NonCompliant })
}
