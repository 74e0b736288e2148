package app

import (
	"testing"

	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/kql"
)

// The detections that come with azward compile with the columns of Microsoft's
// reference without a remark, and pass their tests: each has a case in which it
// fires and one in which it does not.
func TestDetectionsPass(t *testing.T) {
	names, tables, err := content.LogTables()
	if err != nil {
		t.Fatal(err)
	}
	db := kql.NewMemDatabase()
	for _, n := range names {
		db.Add(n, kql.NewMemTable(tables[n]))
	}
	rules, _ := content.Detections()
	for _, r := range rules {
		q, list := kql.Compile(r.Query, db.Schema())
		if len(list) > 0 {
			t.Errorf("%s: %v", r.File, list)
		}
		if q == nil {
			continue
		}
		columns := map[string]bool{}
		for _, c := range q.Columns() {
			columns[c.Name] = true
		}
		for _, m := range r.Entities {
			for _, f := range m.Fields {
				if !columns[f.Column] {
					t.Errorf("%s: an entity is mapped to %s, which the result does not have", r.File, f.Column)
				}
			}
		}
		for _, d := range r.Details {
			if !columns[d.Column] {
				t.Errorf("%s: the detail %s is of %s, which the result does not have", r.File, d.Key, d.Column)
			}
		}
		for _, c := range []string{"TimeGenerated", r.Override.Severity} {
			if c != "" && !columns[c] {
				t.Errorf("%s: the result has no %s", r.File, c)
			}
		}
	}
	files, err := RunRuleTests(t.Context(), &RuleTestOptions{Paths: []string{BuiltinRules}})
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, f := range files {
		for _, d := range f.Problems {
			t.Error(d)
		}
		fires, rests := false, false
		for i := range f.Results {
			r := &f.Results[i]
			for _, why := range r.Failures {
				t.Errorf("%s:%d: %s: %s", f.Path, r.Test.Pos.Line, r.Test.Name, why)
			}
			fires, rests = fires || len(r.Alerts) > 0, rests || len(r.Alerts) == 0
			cases++
		}
		if !fires || !rests {
			t.Errorf("%s: a case in which the rule fires, %t; one in which it does not, %t", f.Path, fires, rests)
		}
	}
	t.Logf("figure: shipped detections %d, tests of them %d, techniques %d", len(rules), cases, techniques(t))
}

func techniques(t *testing.T) int {
	rules, _ := content.Detections()
	list, err := ListRules(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Error != "" || len(r.Tables) == 0 {
			t.Errorf("%s: %s", r.File, r.Error)
		}
	}
	return len(Coverage(list))
}
