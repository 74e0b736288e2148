package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/content"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/demo"
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
	for _, f := range a.Open() {
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
	for _, f := range a.Unknown {
		if e := (expectation{f.ControlID, f.ResourceName}); left[e] {
			t.Logf("not yet decided: %s on %s: %v", e.control, e.resource, f.Reasons)
			delete(left, e)
		}
	}
	for e := range left {
		t.Errorf("the story's %s on %s is not found", e.control, e.resource)
	}
}
