package kql

import (
	"flag"
	"os"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/syntax"
)

var rewrite = flag.Bool("rewrite", false, "write docs/kql.md anew")

func TestReference(t *testing.T) {
	for _, n := range syntax.OperatorNames() {
		if operatorDocs[n] == "" {
			t.Errorf("operator %s has no documentation", n)
		}
	}
	for _, p := range missingPlugins {
		if fn.Builtin().Plugin(p) != nil {
			t.Errorf("plugin %s runs: take it off missingPlugins", p)
		}
	}
	const path = "../docs/kql.md"
	want := Reference()
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a page of documentation
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is old: go test ./kql -run TestReference -rewrite", path)
	}
}
