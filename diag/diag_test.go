package diag

import (
	"errors"
	"strings"
	"testing"
)

func TestPositionCountsCharactersFromOne(t *testing.T) {
	s := NewSource("a.kql", "ab\nčx|y\n")
	for _, c := range []struct {
		off  int
		want Position
	}{{0, Position{1, 1}}, {2, Position{1, 3}}, {3, Position{2, 1}}, {5, Position{2, 2}}, {8, Position{2, 5}}, {99, Position{3, 1}}, {-4, Position{1, 1}}} {
		if got := s.Position(c.off); got != c.want {
			t.Errorf("Position(%d) = %v, want %v", c.off, got, c.want)
		}
	}
}

func TestSnippetMarksTheSpan(t *testing.T) {
	s := NewSource("a.kql", "T\n| where Nam == 1")
	got := s.Snippet(Diagnostic{Code: "KQL0104", Message: `no column named "Nam"`, Hint: `did you mean "Name"?`, Span: Span{10, 13}})
	want := "a.kql:2:9: KQL0104: no column named \"Nam\"\n  2 | | where Nam == 1\n    |         ^^^\n  hint: did you mean \"Name\"?"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestListErrIgnoresWarningsAndCapsTheText(t *testing.T) {
	if err := (List{{Severity: Warning, Message: "w"}}).Err(); err != nil {
		t.Errorf("warnings alone are an error: %v", err)
	}
	var l List
	for range 15 {
		l.Add(Diagnostic{Message: "bad"})
	}
	err := l.Err()
	var got List
	if !errors.As(err, &got) || len(got) != 15 {
		t.Fatalf("Err() = %v", err)
	}
	if !strings.HasSuffix(err.Error(), "and 5 more") {
		t.Errorf("text is not capped: %q", err.Error())
	}
}

func TestResolveIsPosition(t *testing.T) {
	s := NewSource("a", "ab\nčxčx|y\n\nz")
	var l List
	for _, off := range []int{9, 3, 5, -1, 99, 5, 0, 12, 8, 2} {
		l.Add(Diagnostic{Span: Span{off, off + 1}})
	}
	s.Resolve(l)
	for _, d := range l {
		if want := s.Position(d.Span.Start); d.Pos != want || d.Source != "a" {
			t.Errorf("%d is at %v, want %v", d.Span.Start, d.Pos, want)
		}
	}
}
