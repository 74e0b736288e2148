package kqlio_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// TestWriteAligned: no line is wider than the page, and no column is lost.
func TestWriteAligned(t *testing.T) {
	const query = `print Alpha = strcat_array(repeat("a", 90), ""), Beta = 1, Gamma = "éé", Delta = "x\x1by", Epsilon = now()`
	write := func(width int) string {
		q, list := kql.Compile(query, kql.NewMemDatabase().Schema())
		if q == nil {
			t.Fatal(list)
		}
		res, err := q.Run(context.Background(), nil, kql.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if n, err := kqlio.WriteAligned(&b, res.Tables[0], 10, width); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		return b.String()
	}
	if got := write(0); strings.Contains(got, "columns") || strings.Count(got, "\n") != 3 {
		t.Errorf("without a limit:\n%s", got)
	}
	for _, width := range []int{20, 40, 60} {
		got := write(width)
		for line := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("width %d: a line of %d:\n%s", width, n, got)
			}
		}
		for _, name := range []string{"Alpha", "Beta", "Gamma", "Delta", "Epsilon", "…", "of 5"} {
			if !strings.Contains(got, name) {
				t.Errorf("width %d: no %s in\n%s", width, name, got)
			}
		}
		if strings.ContainsRune(got, 0x1b) {
			t.Error("a control character reaches the terminal")
		}
	}
}
