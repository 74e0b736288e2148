package content

import (
	"slices"
	"testing"

	"github.com/azward/azward/kql"
)

func TestLogTables(t *testing.T) {
	names, tables, err := LogTables()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 25 || len(tables) != 25 || !slices.IsSorted(names) {
		t.Fatalf("%d names, %d tables", len(names), len(tables))
	}
	for _, n := range names {
		seen := map[string]bool{}
		for _, c := range tables[n] {
			if seen[c.Name] {
				t.Errorf("%s: column %s twice", n, c.Name)
			}
			seen[c.Name] = true
		}
		if !seen["TimeGenerated"] {
			t.Errorf("%s has no TimeGenerated", n)
		}
	}
	// Reference page "SigninLogs": an error code is a text there.
	if !slices.Contains(tables["SigninLogs"], kql.Column{Name: "ResultType", Type: kql.String}) {
		t.Error("SigninLogs.ResultType is no string")
	}
}
