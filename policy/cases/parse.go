package cases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// File is a file of tests.
type File struct {
	Name       string
	Definition jsondoc.Value // a text that names it, or the definition; missing where the file's name tells
	Tests      []Test
}

// Test is one test, with what the file gives to all of them laid under it.
type Test struct {
	Name       string
	Pos        diag.Position
	Skip       string // why it is not run
	Resource   jsondoc.Value
	Parameters jsondoc.Value
	Related    jsondoc.Value // an array; missing where there is nothing known of related resources
	Context    jsondoc.Value
	Now        time.Time // zero where the context has none
	Expect     jsondoc.Value
}

// member is what a mapping may have, and of which kinds.
type member struct {
	name  string
	kinds []jsondoc.Kind
}

var (
	texts   = []jsondoc.Kind{jsondoc.String}
	lists   = []jsondoc.Kind{jsondoc.Array}
	objects = []jsondoc.Kind{jsondoc.Object}
	flags   = []jsondoc.Kind{jsondoc.Bool}

	fileMembers = []member{
		{"definition", []jsondoc.Kind{jsondoc.String, jsondoc.Object}}, {"description", texts}, {"parameters", objects}, {"resource", objects},
		{"related", lists}, {"context", objects}, {"tests", lists},
	}
	testMembers = []member{
		{"name", texts}, {"description", texts}, {"skip", texts}, {"resource", objects}, {"parameters", objects}, {"related", lists}, {"context", objects}, {"expect", objects},
	}
	contextMembers = []member{
		{"apiVersion", nil}, {"now", texts}, {"requestContext", objects}, {"resourceGroup", objects}, {"subscription", objects}, {"policy", objects},
	}
	expectMembers = []member{
		{"state", texts}, {"effect", texts}, {"matched", flags}, {"reasons", lists}, {"missing", lists}, {"details", nil}, {"changes", lists},
		{"resource", objects}, {"deployment", objects}, {"error", texts},
	}
	states = []string{"Compliant", "NonCompliant", "NotApplicable", "Unknown"}
)

// MaxTests is how many tests a file may have.
const MaxTests = 10_000

// parser collects what is wrong with a file.
type parser struct {
	src   *diag.Source
	diags diag.List
}

func (p *parser) add(code string, v jsondoc.Value, hint, format string, args ...any) {
	p.diags.Add(diag.Diagnostic{Code: code, Span: diag.Span{Start: v.Offset(), End: v.Offset() + 1}, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Parse reads a file of tests. Diagnostics have the codes POL0601 (no YAML),
// POL0602 (a member that there is not), POL0603 (one that is missing) and
// POL0604 (one of the wrong kind); tests that are wrong are left out.
func Parse(name string, text []byte) (*File, diag.List) {
	p := &parser{src: diag.NewSource(name, string(text))}
	f := &File{Name: name}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: "POL0601", Message: err.Error(), Source: name}
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
		p.add("POL0604", doc, "", "a file of tests is expected to be a mapping with tests")
		return
	}
	p.members(doc, "the file", fileMembers)
	f.Definition = doc.Get("definition")
	p.context(doc.Get("context"))
	tests := doc.Get("tests")
	switch {
	case tests.IsMissing():
		p.add("POL0603", doc, "", `the file needs "tests"`)
	case tests.Len() == 0:
		p.add("POL0603", tests, "", "there is no test in tests")
	case tests.Len() > MaxTests:
		p.add("POL0604", tests, "", "more than %d tests", MaxTests)
		return
	}
	seen := map[string]bool{}
	for i, v := range tests.Elements() {
		before := len(p.diags)
		t, ok := p.test(doc, v, i)
		if seen[t.Name] {
			p.add("POL0604", v.Get("name"), "", "two tests have the name %q", t.Name)
		}
		seen[t.Name] = true
		if ok && len(p.diags) == before {
			f.Tests = append(f.Tests, t)
		}
	}
}

func (p *parser) test(doc, v jsondoc.Value, i int) (Test, bool) {
	where := fmt.Sprintf("test %d", i+1)
	if v.Kind() != jsondoc.Object {
		p.add("POL0604", v, "", "%s is expected to be a mapping", where)
		return Test{Name: where}, false
	}
	name := v.Get("name").TextOr("")
	if name != "" {
		where = fmt.Sprintf("the test %q", name)
	}
	p.members(v, where, testMembers)
	t := Test{Name: name, Pos: p.src.Position(v.Offset()), Skip: v.Get("skip").TextOr(""), Expect: v.Get("expect")}
	if name == "" {
		p.add("POL0603", v, "", "%s needs a name", where)
	}
	t.Resource = doc.Get("resource").MergePatch(v.Get("resource"))
	t.Parameters = over(doc.Get("parameters"), v.Get("parameters"))
	t.Context = over(doc.Get("context"), v.Get("context"))
	if t.Related = v.Get("related"); t.Related.IsMissing() {
		t.Related = doc.Get("related")
	}
	if t.Resource.Kind() != jsondoc.Object {
		p.add("POL0603", v, "give it to the test or, for all of them, to the file", "%s needs a resource", where)
	}
	for _, r := range t.Related.Elements() {
		if r.Kind() != jsondoc.Object {
			p.add("POL0604", r, "", "related resources of %s are expected to be mappings", where)
		}
	}
	p.context(v.Get("context"))
	if s, ok := t.Context.Get("now").Text(); ok {
		t.Now, _ = arm.ParseTime(s)
	}
	p.expect(v, t.Expect, where)
	return t, true
}

func (p *parser) expect(v, e jsondoc.Value, where string) {
	if e.Len() == 0 {
		p.add("POL0603", v, "such as expect: {state: NonCompliant}", "%s needs expect with at least one member", where)
		return
	}
	p.members(e, "expect of "+where, expectMembers)
	if s, ok := e.Get("state").Text(); ok && !slices.ContainsFunc(states, func(k string) bool { return strings.EqualFold(k, s) }) {
		p.add("POL0604", e.Get("state"), "states are "+strings.Join(states, ", "), "no state is called %q", s)
	}
	for _, name := range []string{"reasons", "missing"} {
		for _, r := range e.Get(name).Elements() {
			if r.Kind() != jsondoc.String {
				p.add("POL0604", r, "", "%s of %s are expected to be texts", name, where)
			}
		}
	}
	for _, c := range e.Get("changes").Elements() {
		if c.Kind() != jsondoc.Object || c.Get("path").IsMissing() {
			p.add("POL0604", c, "such as {path: tags.env, after: prod}", "changes of %s are expected to be mappings with a path", where)
		}
	}
}

func (p *parser) context(v jsondoc.Value) {
	if v.Kind() != jsondoc.Object {
		return
	}
	p.members(v, "context", contextMembers)
	if now := v.Get("now"); now.Exists() {
		if _, ok := arm.ParseTime(now.TextOr("")); !ok {
			p.add("POL0604", now, "such as 2026-01-01T00:00:00Z", "now is no date")
		}
	}
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
				if strings.EqualFold(n, name) || strings.EqualFold(strings.TrimSuffix(n, "s"), strings.TrimSuffix(name, "s")) {
					hint = fmt.Sprintf("did you mean %q?", n)
				}
			}
			p.add("POL0602", got, hint, "%s has no member %q", where, name)
		case known[i].kinds != nil && !slices.Contains(known[i].kinds, got.Kind()):
			p.add("POL0604", got, "", "%s of %s is expected to be %s, not %s", name, where, kindWords(known[i].kinds), got.Kind())
		}
	}
}

func kindWords(kinds []jsondoc.Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, map[jsondoc.Kind]string{jsondoc.String: "a text", jsondoc.Array: "a list", jsondoc.Object: "a mapping", jsondoc.Bool: "true or false"}[k])
	}
	return strings.Join(out, " or ")
}

// over returns the members of both objects, those of top winning.
func over(base, top jsondoc.Value) jsondoc.Value {
	if top.Kind() != jsondoc.Object {
		return base
	}
	if base.Kind() != jsondoc.Object {
		return top
	}
	for name, v := range top.Members() {
		base = base.With(name, v)
	}
	return base
}
