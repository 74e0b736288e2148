package kql

import (
	"os"
	"strings"
	"testing"
)

// specLines returns the lines of a spec file of two columns.
func specLines(t *testing.T, file string) [][2]string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for line := range strings.Lines(string(b)) {
		if q, want, found := strings.Cut(strings.TrimRight(line, "\n"), "\t"); found && line[0] != '#' {
			out = append(out, [2]string{q, want})
		}
	}
	return out
}

// TestSpecRefused checks that queries which Microsoft's binder refuses are
// refused with the right code, and for no reason beside the point.
func TestSpecRefused(t *testing.T) {
	for _, c := range specLines(t, "testdata/spec/refused.tsv") {
		_, list := Compile(c[0], NewMemDatabase().Schema())
		if len(list) != 1 || list[0].Code != c[1] {
			t.Errorf("%s: %v, want %s alone", c[0], list, c[1])
		}
	}
}

// TestSpecColumns checks the names and types of results against those that
// Microsoft's binder gives.
func TestSpecColumns(t *testing.T) {
	for _, c := range specLines(t, "testdata/spec/columns.tsv") {
		q, list := Compile(c[0], NewMemDatabase().Schema())
		if list.Err() != nil {
			t.Errorf("%s: %v", c[0], list)
			continue
		}
		var got []string
		for _, col := range q.Columns() {
			got = append(got, col.Name+":"+col.Type.String())
		}
		if strings.Join(got, " ") != c[1] {
			t.Errorf("%s: %s, want %s", c[0], strings.Join(got, " "), c[1])
		}
	}
}
