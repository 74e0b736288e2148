package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/siem"
	"github.com/azward/azward/siem/cases"
)

// RuleTestOptions say which tests of analytics rules are run.
type RuleTestOptions struct {
	Paths []string // files of tests, rules that have one beside them, folders, and BuiltinRules
	Run   string   // only tests whose name has this in it
	Query kql.Options
}

// RuleTestFile is a file of tests and how they ended.
type RuleTestFile struct {
	Path     string
	Rule     string    // the rule's name
	Problems diag.List // of the file and its rule; its tests may not have run
	Results  []RuleTest
}

// RuleTest is how a test ended.
type RuleTest struct {
	Test     *cases.Test
	Skipped  bool
	Failures []string // what is not as expected; none where the test passed
	Alerts   []*siem.Alert
}

// ruleTester runs files of tests.
type ruleTester struct {
	ctx     context.Context
	o       *RuleTestOptions
	columns map[string][]kql.Column // of the tables that are known
	read    func(name string) ([]byte, error)
	out     []RuleTestFile
}

// RunRuleTests runs the tests of analytics rules: the rule of each file, once
// for each test, over the test's events, at the test's time. What is wrong with
// a file is one of its problems; the error is for paths that hold no tests.
func RunRuleTests(ctx context.Context, o *RuleTestOptions) ([]RuleTestFile, error) {
	_, columns, err := content.LogTables()
	if err != nil {
		return nil, err
	}
	t := &ruleTester{ctx: ctx, o: o, columns: columns}
	for _, p := range o.Paths {
		var names []string
		if p == BuiltinRules {
			t.read = content.Detection
			names, err = content.DetectionTests()
		} else {
			t.read = func(name string) ([]byte, error) { return readSmall(name, maxDefinitionFile) }
			names, err = testFiles([]string{p}, ".yaml", ".yml", ".json")
		}
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if !slices.ContainsFunc(t.out, func(f RuleTestFile) bool { return f.Path == name }) {
				t.out = append(t.out, t.file(name))
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return t.out, nil
}

func (t *ruleTester) file(name string) RuleTestFile {
	out := RuleTestFile{Path: name}
	fail := func(format string, args ...any) {
		out.Problems.Add(diag.Diagnostic{Code: "SIEM0605", Source: name, Message: fmt.Sprintf(format, args...)})
	}
	text, err := t.read(name)
	if err != nil {
		fail("%v", err)
		return out
	}
	f, diags := cases.Parse(name, text)
	out.Problems = diags
	if len(f.Tests) == 0 {
		return out
	}
	if t.o.Run != "" {
		f.Tests = slices.DeleteFunc(f.Tests, func(c cases.Test) bool { return !strings.Contains(lower(c.Name), lower(t.o.Run)) })
	}
	rule, list, err := t.rule(f)
	if err != nil {
		fail("%v", err)
		return out
	}
	if rule == nil {
		out.Problems = append(out.Problems, list...)
		return out
	}
	out.Rule = rule.Name
	for i := range f.Tests {
		r := RuleTest{Test: &f.Tests[i], Skipped: f.Tests[i].Skip != ""}
		if !r.Skipped {
			t.test(rule, &r)
		}
		out.Results = append(out.Results, r)
	}
	return out
}

// rule finds what a file tests. No rule and no error: the list tells why.
func (t *ruleTester) rule(f *cases.File) (*siem.Rule, diag.List, error) {
	names := []string{filepath.Join(filepath.Dir(f.Name), f.Rule)}
	if f.Rule == "" {
		base := tested(f.Name)
		names = []string{base + ".yaml", base + ".yml", base + ".json"}
	}
	var first error
	for _, name := range names {
		text, err := t.read(name)
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		rules, list := siem.ParseRules(name, text)
		if f.ID != "" {
			rules = slices.DeleteFunc(rules, func(r *siem.Rule) bool { return !strings.EqualFold(r.ID, f.ID) })
		}
		switch {
		case len(rules) == 1:
			return rules[0], nil, nil
		case len(rules) > 1:
			return nil, nil, fmt.Errorf("%s has %d rules: name one with id", name, len(rules))
		case list.HasErrors():
			return nil, list, nil
		case f.ID != "":
			return nil, nil, fmt.Errorf("%s has no rule with the id %q", name, f.ID)
		default:
			return nil, nil, fmt.Errorf("there is no analytics rule in %s", name)
		}
	}
	return nil, nil, fmt.Errorf("the rule %s cannot be read; name its file with rule: %w", names[0], first)
}

func (r *RuleTest) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// test runs a rule over the events of a test.
func (t *ruleTester) test(rule *siem.Rule, r *RuleTest) {
	want := &r.Test.Expect
	db, err := t.database(r)
	if err != nil {
		r.fail("%v", err)
	}
	if len(r.Failures) > 0 {
		return
	}
	d := &detector{ctx: t.ctx, db: db, o: DetectOptions{Query: t.o.Query}}
	w := siem.Window{From: r.Test.Now.Add(-rule.Period), To: r.Test.Now}
	res, err := d.query(t.ctx, rule, w)
	if err != nil {
		if want.Error == "" || !strings.Contains(lower(err.Error()), lower(want.Error)) {
			r.fail("the query does not run: %v", err)
		}
		return
	}
	if want.Error != "" {
		r.fail("error: expected %q, but the query runs", want.Error)
		return
	}
	r.Alerts = rule.Alerts(res, w)
	r.compare(want)
}

// database holds the tables that are known and those of a test.
func (t *ruleTester) database(r *RuleTest) (*kql.MemDatabase, error) {
	db := kql.NewMemDatabase()
	for name, cols := range t.columns {
		db.Add(name, kql.NewMemTable(cols))
	}
	for _, tab := range r.Test.Events() {
		var text bytes.Buffer
		for _, row := range tab.Rows {
			text.Write(append(row.AppendJSON(nil), '\n'))
		}
		cols, known := t.columns[tab.Name]
		if known {
			r.unknownColumns(&tab, cols)
		} else {
			cols = []kql.Column{{Name: timeColumn, Type: kql.DateTime}}
		}
		read := kqlio.ReadJSONHinted
		if known {
			read = kqlio.ReadJSON
		}
		loaded, err := read(&text, cols)
		if err != nil {
			return nil, fmt.Errorf("tables: %s: %w", tab.Name, err)
		}
		if loaded.Bad > 0 {
			r.fail("tables: %s: %s", tab.Name, loaded.First)
		}
		if loaded.Lost > 0 {
			r.fail("tables: %s: %s", tab.Name, loaded.Cell)
		}
		db.Add(tab.Name, loaded.Table)
	}
	return db, nil
}

// unknownColumns says of columns that a known table does not have: most are
// misspelled, and a test of them would tell nothing.
func (r *RuleTest) unknownColumns(tab *cases.Table, cols []kql.Column) {
	seen := map[string]bool{}
	for _, row := range tab.Rows {
		for name := range row.Members() {
			if !seen[name] && !slices.ContainsFunc(cols, func(c kql.Column) bool { return c.Name == name }) {
				seen[name] = true
				r.fail("tables: %s has no column %q", tab.Name, name)
			}
		}
	}
}

// compare looks at everything that a test expects. What it says of an alert is
// to be true of one of them; of several, the nearest is reported.
func (r *RuleTest) compare(want *cases.Expect) {
	if want.Alerts >= 0 && want.Alerts != len(r.Alerts) {
		r.fail("alerts: expected %d, got %d", want.Alerts, len(r.Alerts))
		return
	}
	if !want.OfAlert() {
		return
	}
	if len(r.Alerts) == 0 {
		r.fail("alerts: expected one, got none")
		return
	}
	var nearest []string
	for i, a := range r.Alerts {
		why := unlike(want, a)
		if len(why) == 0 {
			return
		}
		if i == 0 || len(why) < len(nearest) {
			nearest = why
		}
	}
	r.Failures = append(r.Failures, nearest...)
}

// unlike tells in what an alert is not as expected.
func unlike(want *cases.Expect, a *siem.Alert) []string {
	var out []string
	fail := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if want.Events >= 0 && want.Events != a.Events {
		fail("events: expected %d, got %d", want.Events, a.Events)
	}
	if want.Name != "" && want.Name != a.Name {
		fail("name: expected %q, got %q", want.Name, a.Name)
	}
	if want.Description != "" && !strings.Contains(a.Description, want.Description) {
		fail("description: expected one with %q, got %q", want.Description, a.Description)
	}
	if s, err := finding.ParseSeverity(want.Severity); err == nil && s != a.Severity {
		fail("severity: expected %s, got %s", want.Severity, a.Severity)
	}
	for _, w := range want.Tactics {
		if !slices.Contains(a.Tactics, w) {
			fail("tactics: expected %s, got %q", w, a.Tactics)
		}
	}
	for _, w := range want.Entities {
		if !slices.ContainsFunc(a.Entities, func(e siem.Entity) bool { return sameEntity(w, e) }) {
			var all []string
			for _, e := range a.Entities {
				all = append(all, e.String())
			}
			fail("entities: expected %s, got %q", entityText(w), all)
		}
	}
	for key, values := range want.Details {
		for _, v := range values {
			if !slices.Contains(a.Details[key], v) {
				fail("details.%s: expected %q, got %q", key, v, a.Details[key])
			}
		}
	}
	slices.Sort(out)
	return out
}

func sameEntity(w cases.Entity, e siem.Entity) bool {
	if w.Text != "" {
		return w.Text == e.String()
	}
	for name, v := range w.Fields {
		if e.Fields[name] != v {
			return false
		}
	}
	return w.Type == e.Type
}

func entityText(w cases.Entity) string {
	if w.Text != "" {
		return fmt.Sprintf("%q", w.Text)
	}
	return fmt.Sprintf("%q", siem.Entity{Type: w.Type, Fields: w.Fields}.String())
}
