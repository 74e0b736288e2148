package cases

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// File is a file of tests.
type File struct {
	Name  string
	Rule  string // names the file of the rule; "" where the tests' own name tells
	ID    string // of the rule, where the file has several
	Tests []Test
}

// Test is one test, with what the file gives to all of them.
type Test struct {
	Name   string
	Pos    diag.Position
	Skip   string    // why it is not run
	Now    time.Time // when the rule runs
	Expect Expect
	tables []table
}

// Expect is what a test expects of a run. What it does not name may be anything.
type Expect struct {
	Alerts      int // -1: any number
	Events      int // -1: any number
	Name        string
	Description string // has this in it
	Severity    string
	Error       string // the run ends with this
	Tactics     []string
	Entities    []Entity
	Details     map[string][]string
}

// OfAlert tells whether it expects something of an alert.
func (e *Expect) OfAlert() bool {
	return e.Events >= 0 || e.Name != "" || e.Description != "" || e.Severity != "" || e.Tactics != nil || e.Entities != nil || e.Details != nil
}

// Entity is an entity that an alert is to have: its text, or its type and some
// of its identifiers.
type Entity struct {
	Text   string // such as "IP 203.0.113.7"
	Type   string
	Fields map[string]string
}

// Table is the events of a table.
type Table struct {
	Name string
	Rows []jsondoc.Value
}

type table struct {
	name string
	rows []row
}

// row is an event, as often as repeat says.
type row struct {
	value  jsondoc.Value
	repeat int
	size   int           // in bytes, as JSON
	before time.Duration // the run, where at is zero
	at     time.Time
}

// Limits of a file.
const (
	MaxTests  = 10_000
	MaxEvents = 100_000 // of a test
	maxBytes  = 64 << 20
)

// Names that rows have.
const (
	repeatMember = "$repeat"
	timeMember   = "TimeGenerated"
)

// defaultNow is when a rule runs in a test that has no date in it, and
// defaultBefore how long before a row without a time happened.
var defaultNow = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

const defaultBefore = time.Minute

// member is what a mapping may have, and of which kinds.
type member struct {
	name  string
	kinds []jsondoc.Kind
}

var (
	texts   = []jsondoc.Kind{jsondoc.String}
	lists   = []jsondoc.Kind{jsondoc.Array}
	objects = []jsondoc.Kind{jsondoc.Object}
	numbers = []jsondoc.Kind{jsondoc.Number}

	fileMembers   = []member{{"rule", texts}, {"id", texts}, {"description", texts}, {"now", texts}, {"defaults", objects}, {"tables", objects}, {"tests", lists}}
	testMembers   = []member{{"name", texts}, {"description", texts}, {"skip", texts}, {"now", texts}, {"tables", objects}, {"expect", objects}}
	expectMembers = []member{
		{"alerts", numbers}, {"events", numbers}, {"name", texts}, {"description", texts}, {"severity", texts}, {"error", texts},
		{"tactics", lists}, {"entities", lists}, {"details", objects},
	}
)

// parser collects what is wrong with a file.
type parser struct {
	src      *diag.Source
	diags    diag.List
	defaults jsondoc.Value
}

func (p *parser) add(code string, v jsondoc.Value, hint, format string, args ...any) {
	p.diags.Add(diag.Diagnostic{Code: code, Span: diag.Span{Start: v.Offset(), End: v.Offset() + 1}, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Parse reads a file of tests. Diagnostics have the codes SIEM0601 (no YAML),
// SIEM0602 (a member that there is not), SIEM0603 (one that is missing) and
// SIEM0604 (one of the wrong kind); tests that are wrong are left out.
func Parse(name string, text []byte) (*File, diag.List) {
	p := &parser{src: diag.NewSource(name, string(text))}
	f := &File{Name: name}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: "SIEM0601", Message: err.Error(), Source: name}
		if syntax, ok := errors.AsType[*yamldoc.SyntaxError](err); ok {
			d.Message, d.Pos = syntax.Message, syntax.Pos
		}
		return f, diag.List{d}
	}
	p.file(f, doc)
	p.src.Resolve(p.diags)
	return f, p.diags
}

func (p *parser) file(f *File, doc jsondoc.Value) {
	if doc.Kind() != jsondoc.Object {
		p.add("SIEM0604", doc, "", "a file of tests is expected to be a mapping with tests")
		return
	}
	p.members(doc, "the file", fileMembers)
	f.Rule, f.ID, p.defaults = doc.Get("rule").TextOr(""), doc.Get("id").TextOr(""), doc.Get("defaults")
	for name, v := range p.defaults.Members() {
		if v.Kind() != jsondoc.Object {
			p.add("SIEM0604", v, "", "defaults of %s is expected to be a mapping, not %s", name, v.Kind())
		}
	}
	now := p.now(doc.Get("now"))
	shared := p.tables(doc.Get("tables"), "the file")
	tests := doc.Get("tests")
	switch {
	case tests.IsMissing():
		p.add("SIEM0603", doc, "", `the file needs "tests"`)
	case tests.Len() == 0:
		p.add("SIEM0603", tests, "", "there is no test in tests")
	case tests.Len() > MaxTests:
		p.add("SIEM0604", tests, "", "more than %d tests", MaxTests)
		return
	}
	seen := map[string]bool{}
	for i, v := range tests.Elements() {
		before := len(p.diags)
		t, ok := p.test(v, i, now, shared)
		if seen[t.Name] {
			p.add("SIEM0604", v.Get("name"), "", "two tests have the name %q", t.Name)
		}
		seen[t.Name] = true
		if ok && len(p.diags) == before {
			f.Tests = append(f.Tests, t)
		}
	}
}

func (p *parser) test(v jsondoc.Value, i int, now time.Time, shared []table) (Test, bool) {
	where := fmt.Sprintf("test %d", i+1)
	if v.Kind() != jsondoc.Object {
		p.add("SIEM0604", v, "", "%s is expected to be a mapping", where)
		return Test{Name: where}, false
	}
	name := v.Get("name").TextOr("")
	if name != "" {
		where = fmt.Sprintf("the test %q", name)
	} else {
		p.add("SIEM0603", v, "", "%s needs a name", where)
	}
	p.members(v, where, testMembers)
	t := Test{Name: name, Pos: p.src.Position(v.Offset()), Skip: v.Get("skip").TextOr(""), Now: now}
	if own := p.now(v.Get("now")); !own.IsZero() {
		t.Now = own
	}
	t.tables = joined(shared, p.tables(v.Get("tables"), where))
	events, size := 0, 0
	for _, tab := range t.tables {
		for _, r := range tab.rows {
			if events += r.repeat; events > MaxEvents {
				p.add("SIEM0604", v, "", "%s has more than %d events", where, MaxEvents)
				return t, false
			}
			if size += r.repeat * r.size; size > maxBytes {
				p.add("SIEM0604", v, "", "%s has more than %d MiB of events", where, maxBytes>>20)
				return t, false
			}
		}
	}
	if t.Now.IsZero() {
		t.Now = t.afterLast()
	}
	t.Expect = p.expect(v, v.Get("expect"), where)
	return t, true
}

// joined puts the rows of more behind those of base.
func joined(base, more []table) []table {
	out := slices.Clone(base)
	for _, m := range more {
		if i := slices.IndexFunc(out, func(t table) bool { return t.name == m.name }); i >= 0 {
			out[i].rows = slices.Concat(out[i].rows, m.rows)
		} else {
			out = append(out, m)
		}
	}
	return out
}

// afterLast is the end of the minute of the last event that has a date.
func (t *Test) afterLast() time.Time {
	var last time.Time
	for _, tab := range t.tables {
		for _, r := range tab.rows {
			if r.at.After(last) {
				last = r.at
			}
		}
	}
	if last.IsZero() {
		return defaultNow
	}
	return last.Truncate(time.Minute).Add(time.Minute)
}

// now reads a time of a run; zero where there is none.
func (p *parser) now(v jsondoc.Value) time.Time {
	if v.IsMissing() {
		return time.Time{}
	}
	at, ok := arm.ParseTime(v.TextOr(""))
	if !ok && v.Kind() == jsondoc.String {
		p.add("SIEM0604", v, "such as 2026-01-01T12:00:00Z", "now is no date")
	}
	return at.UTC()
}

func (p *parser) tables(v jsondoc.Value, where string) []table {
	var out []table
	for name, list := range v.Members() {
		if list.Kind() != jsondoc.Array {
			p.add("SIEM0604", list, "such as "+name+": [{TimeGenerated: -5m}]", "%s in tables of %s is expected to be a list of rows, not %s", name, where, list.Kind())
			continue
		}
		t := table{name: name}
		for _, e := range list.Elements() {
			if e.Kind() != jsondoc.Object {
				p.add("SIEM0604", e, "", "a row of %s of %s is expected to be a mapping, not %s", name, where, e.Kind())
				continue
			}
			t.rows = append(t.rows, p.row(p.defaults.Get(name).MergePatch(e), e))
		}
		out = append(out, t)
	}
	return out
}

// row reads what a row says of itself; written is where it stands.
func (p *parser) row(v, written jsondoc.Value) row {
	r := row{value: v.Without(repeatMember), repeat: 1, before: defaultBefore}
	if n := v.Get(repeatMember); n.Exists() {
		count, ok := n.Int()
		if !ok || count < 0 || count > MaxEvents {
			p.add("SIEM0604", n, "", "%s is expected to be a number to %d", repeatMember, MaxEvents)
			count = 1
		}
		r.repeat = int(count)
	}
	r.size = len(r.value.String())
	when := v.Get(timeMember)
	if when.IsMissing() {
		return r
	}
	text, _ := when.Text()
	if ago, ok := strings.CutPrefix(text, "-"); ok {
		if r.before, ok = duration(ago); ok {
			return r
		}
	} else if at, ok := arm.ParseTime(text); ok {
		r.at = at.UTC()
		return r
	}
	if !written.Get(timeMember).Exists() {
		when = written
	}
	p.add("SIEM0604", when, "such as 2026-01-01T11:55:00Z, or -5m for five minutes before the run", "%s is no time", timeMember)
	return r
}

// duration reads a number of d, h, m or s, or several: 1h30m.
func duration(text string) (time.Duration, bool) {
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		days, rest = "0", text
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 10_000 {
		return 0, false
	}
	out := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return out, ok
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > 10_000*24*time.Hour {
		return 0, false
	}
	return out + d, true
}

func (p *parser) expect(v, e jsondoc.Value, where string) Expect {
	out := Expect{Alerts: -1, Events: -1}
	if e.Len() == 0 {
		p.add("SIEM0603", v, "such as expect: {alerts: 1}", "%s needs expect with at least one member", where)
		return out
	}
	where = "expect of " + where
	p.members(e, where, expectMembers)
	for _, n := range []struct {
		name string
		to   *int
	}{{"alerts", &out.Alerts}, {"events", &out.Events}} {
		if c := e.Get(n.name); c.Kind() == jsondoc.Number {
			count, ok := c.Int()
			if !ok || count < 0 || count > 1e9 {
				p.add("SIEM0604", c, "", "%s of %s is expected to be a whole number", n.name, where)
			}
			*n.to = int(count)
		}
	}
	out.Name, out.Description, out.Severity, out.Error = e.Get("name").TextOr(""), e.Get("description").TextOr(""), e.Get("severity").TextOr(""), e.Get("error").TextOr("")
	if s, err := finding.ParseSeverity(out.Severity); out.Severity != "" && (err != nil || s == finding.Critical) {
		p.add("SIEM0604", e.Get("severity"), "there are Informational, Low, Medium and High", "no severity is called %q", out.Severity)
	}
	for _, t := range e.Get("tactics").Elements() {
		out.Tactics = append(out.Tactics, scalar(t))
	}
	for _, t := range e.Get("entities").Elements() {
		out.Entities = append(out.Entities, p.entity(t, where))
	}
	for key, d := range e.Get("details").Members() {
		if out.Details == nil {
			out.Details = map[string][]string{}
		}
		if d.Kind() != jsondoc.Array {
			out.Details[key] = []string{scalar(d)}
			continue
		}
		out.Details[key] = []string{}
		for _, one := range d.Elements() {
			out.Details[key] = append(out.Details[key], scalar(one))
		}
	}
	if out.Alerts == 0 && out.OfAlert() {
		p.add("SIEM0604", e, "", "%s has no alerts and says how they look", where)
	}
	if out.Error != "" && (out.Alerts >= 0 || out.OfAlert()) {
		p.add("SIEM0604", e.Get("error"), "", "%s has an error and alerts", where)
	}
	return out
}

func (p *parser) entity(v jsondoc.Value, where string) Entity {
	if text, ok := v.Text(); ok {
		return Entity{Text: text}
	}
	out := Entity{Type: v.Get("type").TextOr(""), Fields: map[string]string{}}
	if v.Kind() != jsondoc.Object || out.Type == "" {
		p.add("SIEM0604", v, "such as IP 203.0.113.7, or {type: IP, Address: 203.0.113.7}", "an entity in %s is expected to be a text, or a mapping with a type", where)
	}
	for name, f := range v.Members() {
		if name != "type" {
			out.Fields[name] = scalar(f)
		}
	}
	return out
}

// scalar is a value as a text.
func scalar(v jsondoc.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	return v.String()
}

// members checks the names and kinds of a mapping's members.
func (p *parser) members(v jsondoc.Value, where string, known []member) {
	var names []string
	for _, m := range known {
		names = append(names, m.name)
	}
	for name, got := range v.Members() {
		i := slices.IndexFunc(known, func(m member) bool { return m.name == name })
		switch {
		case i < 0:
			hint := "there are " + strings.Join(names, ", ")
			for _, n := range names {
				if strings.EqualFold(strings.TrimSuffix(n, "s"), strings.TrimSuffix(name, "s")) {
					hint = fmt.Sprintf("did you mean %q?", n)
				}
			}
			p.add("SIEM0602", got, hint, "%s has no member %q", where, name)
		case !slices.Contains(known[i].kinds, got.Kind()):
			words := map[jsondoc.Kind]string{jsondoc.String: "a text", jsondoc.Array: "a list", jsondoc.Object: "a mapping", jsondoc.Number: "a number"}
			p.add("SIEM0604", got, "", "%s of %s is expected to be %s, not %s", name, where, words[known[i].kinds[0]], got.Kind())
		}
	}
}
