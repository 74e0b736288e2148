package kql

import (
	"os"
	"strings"
	"testing"
)

// TestSpecFunctions runs the queries of testdata/spec/functions.tsv.
func TestSpecFunctions(t *testing.T) {
	b, err := os.ReadFile("testdata/spec/functions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	ok, all := 0, 0
	for line := range strings.Lines(string(b)) {
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
