package kql

import (
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
)

// TestNames compares the tables with the names that Microsoft's own parser
// knows. A name that is not in a table has a reason in the list, one that is has
// none.
func TestNames(t *testing.T) {
	b, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	table := fn.Builtin()
	known, all := 0, 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 2 {
			t.Fatalf("line %q", line)
		}
		var have bool
		switch f[0] {
		case "function":
			have = table.Func(f[1]) != nil
		case "aggregate":
			_, have = table.Agg(f[1])
		case "plugin":
			have = table.Plugin(f[1]) != nil
		default:
			t.Fatalf("line %q", line)
		}
		all++
		switch {
		case have:
			known++
			if len(f) > 2 {
				t.Errorf("%s %s is there: take its reason off the list", f[0], f[1])
			}
		case len(f) < 3:
			t.Errorf("%s %s is missing", f[0], f[1])
		}
	}
	t.Logf("conformance: kql names of functions, aggregates and plugins %d of %d, the others with a reason", known, all)
}
