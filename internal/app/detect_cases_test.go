package app

import (
	"slices"
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

// The logs of the demo tenant hold the three incidents of its story.
func TestDemoIncidents(t *testing.T) {
	db := kql.NewMemDatabase()
	if err := AddDemoLogs(db); err != nil {
		t.Fatal(err)
	}
	rules, _ := content.Detections()
	found, err := Detect(t.Context(), db, rules, DetectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, i := range found.Incidents {
		titles = append(titles, i.Title)
	}
	want := []string{"Password spray of 30 users from 192.0.2.66", "ivo.brandt@lindhaven.example added a credential to Identity Sync Bridge", "freja.quist@lindhaven.example made a link to download a disk"}
	if !slices.Equal(titles, want) {
		t.Errorf("%q, want %q", titles, want)
	}
	for _, r := range found.Rules {
		if r.State != RuleRan {
			t.Errorf("%s: %s %q %s", r.File, r.State, r.Missing, r.Error)
		}
	}
}
