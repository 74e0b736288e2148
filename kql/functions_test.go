package kql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpecFunctions runs the queries of testdata/spec/functions*.tsv.
func TestSpecFunctions(t *testing.T) {
	files, err := filepath.Glob("testdata/spec/functions*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var text strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	ok, all := 0, 0
	for line := range strings.Lines(text.String()) {
		q, want, found := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if line[0] == '#' || !found {
			continue
		}
		all++
		got, err := evalText(q)
		switch {
		case err != nil:
			t.Errorf("%s: %v", q, err)
		case got != want:
			t.Errorf("%s = %s, want %s", q, got, want)
		default:
			ok++
		}
	}
	t.Logf("conformance: kql functions of the reference %d of %d", ok, all)
}
