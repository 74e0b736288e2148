package cases

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/testfile"
	"github.com/azward/azward/jsondoc"
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

var (
	of = testfile.Of

	texts   = []jsondoc.Kind{jsondoc.String}
	lists   = []jsondoc.Kind{jsondoc.Array}
	objects = []jsondoc.Kind{jsondoc.Object}
	flags   = []jsondoc.Kind{jsondoc.Bool}

	fileMembers = []testfile.Member{
		of("definition", []jsondoc.Kind{jsondoc.String, jsondoc.Object}), of("description", texts), of("parameters", objects), of("resource", objects),
		of("related", lists), of("context", objects), of("tests", lists),
	}
	testMembers = []testfile.Member{
		of("name", texts), of("description", texts), of("skip", texts), of("resource", objects), of("parameters", objects), of("related", lists), of("context", objects), of("expect", objects),
	}
	contextMembers = []testfile.Member{
		of("apiVersion", nil), of("now", texts), of("requestContext", objects), of("resourceGroup", objects), of("subscription", objects), of("policy", objects),
	}
	expectMembers = []testfile.Member{
		of("state", texts), of("effect", texts), of("matched", flags), of("reasons", lists), of("missing", lists), of("details", nil), of("changes", lists),
		of("resource", objects), of("deployment", objects), of("error", texts),
	}
	states = []string{"Compliant", "NonCompliant", "NotApplicable", "Unknown"}
)

// Parse reads a file of tests. Diagnostics have the codes POL0601 (no YAML),
// POL0602 (a member that there is not), POL0603 (one that is missing) and
// POL0604 (one of the wrong kind); tests that are wrong are left out.
func Parse(name string, text []byte) (*File, diag.List) {
	f := &File{Name: name}
	list := testfile.Read(name, text, "POL06", func(r *testfile.Reader, doc jsondoc.Value) {
		p := parser{r}
		p.Members(doc, "the file", fileMembers)
		f.Definition = doc.Get("definition")
		p.context(doc.Get("context"))
		f.Tests = testfile.Tests(r, doc, func(v jsondoc.Value, name, where string) Test { return p.test(doc, v, name, where) })
	})
	return f, list
}

// parser reads tests, and collects what is wrong with them.
type parser struct{ *testfile.Reader }

func (p parser) test(doc, v jsondoc.Value, name, where string) Test {
	p.Members(v, where, testMembers)
	t := Test{Name: name, Pos: p.Position(v), Skip: v.Get("skip").TextOr(""), Expect: v.Get("expect")}
	t.Resource = doc.Get("resource").MergePatch(v.Get("resource"))
	t.Parameters = over(doc.Get("parameters"), v.Get("parameters"))
	t.Context = over(doc.Get("context"), v.Get("context"))
	if t.Related = v.Get("related"); t.Related.IsMissing() {
		t.Related = doc.Get("related")
	}
	if t.Resource.Kind() != jsondoc.Object {
		p.Fail(testfile.Missing, v, "give it to the test or, for all of them, to the file", "%s needs a resource", where)
	}
	for _, r := range t.Related.Elements() {
		if r.Kind() != jsondoc.Object {
			p.Fail(testfile.Wrong, r, "", "related resources of %s are expected to be mappings", where)
		}
	}
	p.context(v.Get("context"))
	if s, ok := t.Context.Get("now").Text(); ok {
		t.Now, _ = arm.ParseTime(s)
	}
	p.expect(v, t.Expect, where)
	return t
}

func (p parser) expect(v, e jsondoc.Value, where string) {
	if e.Len() == 0 {
		p.Fail(testfile.Missing, v, "such as expect: {state: NonCompliant}", "%s needs expect with at least one member", where)
		return
	}
	p.Members(e, "expect of "+where, expectMembers)
	if s, ok := e.Get("state").Text(); ok && !slices.ContainsFunc(states, func(k string) bool { return strings.EqualFold(k, s) }) {
		p.Fail(testfile.Wrong, e.Get("state"), "states are "+strings.Join(states, ", "), "no state is called %q", s)
	}
	for _, name := range []string{"reasons", "missing"} {
		for _, r := range e.Get(name).Elements() {
			if r.Kind() != jsondoc.String {
				p.Fail(testfile.Wrong, r, "", "%s of %s are expected to be texts", name, where)
			}
		}
	}
	for _, c := range e.Get("changes").Elements() {
		if c.Kind() != jsondoc.Object || c.Get("path").IsMissing() {
			p.Fail(testfile.Wrong, c, "such as {path: tags.env, after: prod}", "changes of %s are expected to be mappings with a path", where)
		}
	}
}

func (p parser) context(v jsondoc.Value) {
	if v.Kind() != jsondoc.Object {
		return
	}
	p.Members(v, "context", contextMembers)
	if now := v.Get("now"); now.Exists() {
		if _, ok := arm.ParseTime(now.TextOr("")); !ok {
			p.Fail(testfile.Wrong, now, "such as 2026-01-01T00:00:00Z", "now is no date")
		}
	}
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
