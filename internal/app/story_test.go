package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/content"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/internal/report"
)

// expectation is a row of the story's table of findings.
type expectation struct{ control, resource string }

// expectedFindings reads the table of STORY.md.
func expectedFindings(t *testing.T) map[expectation]bool {
	t.Helper()
	text, err := content.Files.ReadFile("demo/STORY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n## Expected findings\n")
	if !ok {
		t.Fatal("STORY.md has no table of expected findings")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	out := map[expectation]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "--") || strings.TrimSpace(cells[1]) == "control" {
			continue
		}
		e := expectation{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])}
		if out[e] {
			t.Errorf("%v stands twice in the table", e)
		}
		out[e] = true
	}
	return out
}

// The demo's story holds both ways: what it tells is found, and nothing else
// of weight is.
func TestDemoFindsItsStory(t *testing.T) {
	a := assessDemo(t, func(o *Options) { o.Now = demo.ReadAt() })
	want := expectedFindings(t)
	if len(want) < 16 {
		t.Fatalf("the table has only %d rows", len(want))
	}
	left := map[expectation]bool{}
	for e := range want {
		left[e] = true
	}
	for _, f := range open(a) {
		e := expectation{f.ControlID, f.ResourceName}
		delete(left, e)
		switch {
		case want[e]:
		case f.Severity >= finding.High:
			t.Errorf("not in the story: %s %s on %s: %v", f.Severity, f.ControlID, f.ResourceName, f.Reasons)
		default:
			t.Logf("not in the story: %s %s on %s", f.Severity, f.ControlID, f.ResourceName)
		}
	}
	for _, f := range a.Unknown.All() {
		t.Errorf("nothing in the demo is unknown, but %s on %s is: %v", f.ControlID, f.ResourceName, f.Reasons)
	}
	for e := range left {
		t.Errorf("the story's %s on %s is not found", e.control, e.resource)
	}
}

// Azure's own exemptions in the tenant are of built-in policies that ask what
// controls of ours ask; both ran out, so neither counts and both are reported.
func TestDemoExemptionsRanOut(t *testing.T) {
	a := assessDemo(t, func(o *Options) { o.Now = demo.ReadAt() })
	got := map[string]bool{}
	for _, e := range a.Exemptions {
		if !e.Expired || e.Owner == "" {
			t.Errorf("%+v", e)
		}
		got[e.Control+" "+e.Expires] = true
	}
	for _, want := range []string{"storage-public-blob-access 2026-04-19", "keyvault-purge-protection 2026-05-31"} {
		if !got[want] {
			t.Errorf("no exemption %s among %v", want, got)
		}
	}
	said := 0
	for _, n := range a.Notices {
		if n.Code == report.CodeExpired {
			said++
		}
	}
	if said != 2 {
		t.Errorf("%d notices of expired exemptions, want 2", said)
	}
	// Before they ran out the first was a waiver: the finding was exempt, and left the denominator.
	b := assessDemo(t, func(o *Options) { o.Now = demo.ReadAt().AddDate(0, -7, 0) })
	for _, f := range open(b) {
		if f.ControlID == "storage-public-blob-access" && f.ResourceName == "stlhscanshare" {
			t.Error("the exemption did not hold while it ran")
		}
	}
}
