package cases

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testfile"
	"github.com/azward/azward/jsondoc"
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

var (
	of = testfile.Of

	texts   = []jsondoc.Kind{jsondoc.String}
	lists   = []jsondoc.Kind{jsondoc.Array}
	objects = []jsondoc.Kind{jsondoc.Object}
	numbers = []jsondoc.Kind{jsondoc.Number}

	fileMembers   = []testfile.Member{of("rule", texts), of("id", texts), of("description", texts), of("now", texts), of("defaults", objects), of("tables", objects), of("tests", lists)}
	testMembers   = []testfile.Member{of("name", texts), of("description", texts), of("skip", texts), of("now", texts), of("tables", objects), of("expect", objects)}
	expectMembers = []testfile.Member{
		of("alerts", numbers), of("events", numbers), of("name", texts), of("description", texts), of("severity", texts), of("error", texts),
		of("tactics", lists), of("entities", lists), of("details", objects),
	}
)

// Parse reads a file of tests. Diagnostics have the codes SIEM0601 (no YAML),
// SIEM0602 (a member that there is not), SIEM0603 (one that is missing) and
// SIEM0604 (one of the wrong kind); tests that are wrong are left out.
func Parse(name string, text []byte) (*File, diag.List) {
	f := &File{Name: name}
	list := testfile.Read(name, text, "SIEM06", func(r *testfile.Reader, doc jsondoc.Value) {
		p := parser{r, doc.Get("defaults")}
		p.Members(doc, "the file", fileMembers)
		f.Rule, f.ID = doc.Get("rule").TextOr(""), doc.Get("id").TextOr("")
		for name, v := range p.defaults.Members() {
			if v.Kind() != jsondoc.Object {
				p.Fail(testfile.Wrong, v, "", "defaults of %s is expected to be a mapping, not %s", name, v.Kind())
			}
		}
		now, shared := p.now(doc.Get("now")), p.tables(doc.Get("tables"), "the file")
		f.Tests = testfile.Tests(r, doc, func(v jsondoc.Value, name, where string) Test { return p.test(v, name, where, now, shared) })
	})
	return f, list
}

// parser reads tests, and collects what is wrong with them.
type parser struct {
	*testfile.Reader
	defaults jsondoc.Value // of the rows of tables
}

func (p parser) test(v jsondoc.Value, name, where string, now time.Time, shared []table) Test {
	p.Members(v, where, testMembers)
	t := Test{Name: name, Pos: p.Position(v), Skip: v.Get("skip").TextOr(""), Now: now}
	if own := p.now(v.Get("now")); !own.IsZero() {
		t.Now = own
	}
	t.tables = joined(shared, p.tables(v.Get("tables"), where))
	events, size := 0, 0
	for _, tab := range t.tables {
		for _, r := range tab.rows {
			if events += r.repeat; events > MaxEvents {
				p.Fail(testfile.Wrong, v, "", "%s has more than %d events", where, MaxEvents)
				return t
			}
			if size += r.repeat * r.size; size > maxBytes {
				p.Fail(testfile.Wrong, v, "", "%s has more than %d MiB of events", where, maxBytes>>20)
				return t
			}
		}
	}
	if t.Now.IsZero() {
		t.Now = t.afterLast()
	}
	t.Expect = p.expect(v, v.Get("expect"), where)
	return t
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
func (p parser) now(v jsondoc.Value) time.Time {
	if v.IsMissing() {
		return time.Time{}
	}
	at, ok := arm.ParseTime(v.TextOr(""))
	if !ok && v.Kind() == jsondoc.String {
		p.Fail(testfile.Wrong, v, "such as 2026-01-01T12:00:00Z", "now is no date")
	}
	return at.UTC()
}

func (p parser) tables(v jsondoc.Value, where string) []table {
	var out []table
	for name, list := range v.Members() {
		if list.Kind() != jsondoc.Array {
			p.Fail(testfile.Wrong, list, "such as "+name+": [{TimeGenerated: -5m}]", "%s in tables of %s is expected to be a list of rows, not %s", name, where, list.Kind())
			continue
		}
		t := table{name: name}
		for _, e := range list.Elements() {
			if e.Kind() != jsondoc.Object {
				p.Fail(testfile.Wrong, e, "", "a row of %s of %s is expected to be a mapping, not %s", name, where, e.Kind())
				continue
			}
			t.rows = append(t.rows, p.row(p.defaults.Get(name).MergePatch(e), e))
		}
		out = append(out, t)
	}
	return out
}

// row reads what a row says of itself; written is where it stands.
func (p parser) row(v, written jsondoc.Value) row {
	r := row{value: v.Without(repeatMember), repeat: 1, before: defaultBefore}
	if n := v.Get(repeatMember); n.Exists() {
		count, ok := n.Int()
		if !ok || count < 0 || count > MaxEvents {
			p.Fail(testfile.Wrong, n, "", "%s is expected to be a number to %d", repeatMember, MaxEvents)
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
	p.Fail(testfile.Wrong, when, "such as 2026-01-01T11:55:00Z, or -5m for five minutes before the run", "%s is no time", timeMember)
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

func (p parser) expect(v, e jsondoc.Value, where string) Expect {
	out := Expect{Alerts: -1, Events: -1}
	if e.Len() == 0 {
		p.Fail(testfile.Missing, v, "such as expect: {alerts: 1}", "%s needs expect with at least one member", where)
		return out
	}
	where = "expect of " + where
	p.Members(e, where, expectMembers)
	for _, n := range []struct {
		name string
		to   *int
	}{{"alerts", &out.Alerts}, {"events", &out.Events}} {
		if c := e.Get(n.name); c.Kind() == jsondoc.Number {
			count, ok := c.Int()
			if !ok || count < 0 || count > 1e9 {
				p.Fail(testfile.Wrong, c, "", "%s of %s is expected to be a whole number", n.name, where)
			}
			*n.to = int(count)
		}
	}
	out.Name, out.Description, out.Severity, out.Error = e.Get("name").TextOr(""), e.Get("description").TextOr(""), e.Get("severity").TextOr(""), e.Get("error").TextOr("")
	if s, err := finding.ParseSeverity(out.Severity); out.Severity != "" && (err != nil || s == finding.Critical) {
		p.Fail(testfile.Wrong, e.Get("severity"), "there are Informational, Low, Medium and High", "no severity is called %q", out.Severity)
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
		p.Fail(testfile.Wrong, e, "", "%s has no alerts and says how they look", where)
	}
	if out.Error != "" && (out.Alerts >= 0 || out.OfAlert()) {
		p.Fail(testfile.Wrong, e.Get("error"), "", "%s has an error and alerts", where)
	}
	return out
}

func (p parser) entity(v jsondoc.Value, where string) Entity {
	if text, ok := v.Text(); ok {
		return Entity{Text: text}
	}
	out := Entity{Type: v.Get("type").TextOr(""), Fields: map[string]string{}}
	if v.Kind() != jsondoc.Object || out.Type == "" {
		p.Fail(testfile.Wrong, v, "such as IP 203.0.113.7, or {type: IP, Address: 203.0.113.7}", "an entity in %s is expected to be a text, or a mapping with a type", where)
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
