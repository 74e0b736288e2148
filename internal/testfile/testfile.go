// Package testfile reads the frame that files of tests have in common: a mapping
// in YAML with a list "tests", each with a name of its own; which members there
// may be, and of which kinds; and diagnostics with line and column. What a test
// is made of, the packages that run them say (policy/cases, siem/cases).
package testfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Problem is what can be wrong with a file; it ends a diagnostic's code.
type Problem string

// The problems, behind the reader's prefix: POL0601, SIEM0602.
const (
	Syntax  Problem = "01" // it is no YAML
	Unknown Problem = "02" // a member that there is not
	Missing Problem = "03" // one that is needed
	Wrong   Problem = "04" // one of the wrong kind, or with a wrong value
)

// MaxTests is how many tests a file may have.
const MaxTests = 10_000

// Member is a member that a mapping may have, and of which kinds. Make one with [Of].
type Member struct {
	Name  string
	Kinds []jsondoc.Kind
}

// Of is a member of some kinds; nil is any.
func Of(name string, kinds []jsondoc.Kind) Member { return Member{name, kinds} }

// Reader collects what is wrong with a file.
type Reader struct {
	prefix string
	src    *diag.Source
	diags  diag.List
}

// Read parses a file and gives its document to file, where that is a mapping.
// prefix begins the codes of diagnostics: "POL06".
func Read(name string, text []byte, prefix string, file func(r *Reader, doc jsondoc.Value)) diag.List {
	r := &Reader{prefix: prefix, src: diag.NewSource(name, string(text))}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: prefix + string(Syntax), Message: err.Error(), Source: name}
		if syntax, ok := errors.AsType[*yamldoc.SyntaxError](err); ok {
			d.Message, d.Pos = syntax.Message, syntax.Pos
		}
		return diag.List{d}
	}
	if doc.Kind() == jsondoc.Object {
		file(r, doc)
	} else {
		r.Fail(Wrong, doc, "", "a file of tests is expected to be a mapping with tests")
	}
	r.src.Resolve(r.diags)
	return r.diags
}

// Fail says what is wrong at the place of a value.
func (r *Reader) Fail(what Problem, v jsondoc.Value, hint, format string, args ...any) {
	r.diags.Add(diag.Diagnostic{Code: r.prefix + string(what), Span: diag.Span{Start: v.Offset(), End: v.Offset() + 1}, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Position is the place of a value in the file.
func (r *Reader) Position(v jsondoc.Value) diag.Position { return r.src.Position(v.Offset()) }

// Tests reads the list of tests: one is called with each that is a mapping, with
// its name and with what diagnostics call it. Tests of which anything is wrong
// are left out.
func Tests[T any](r *Reader, doc jsondoc.Value, one func(v jsondoc.Value, name, where string) T) []T {
	tests := doc.Get("tests")
	switch {
	case tests.IsMissing():
		r.Fail(Missing, doc, "", `the file needs "tests"`)
	case tests.Len() == 0:
		r.Fail(Missing, tests, "", "there is no test in tests")
	case tests.Len() > MaxTests:
		r.Fail(Wrong, tests, "", "more than %d tests", MaxTests)
		return nil
	}
	var out []T
	seen := map[string]bool{}
	for i, v := range tests.Elements() {
		before := len(r.diags)
		where := fmt.Sprintf("test %d", i+1)
		if v.Kind() != jsondoc.Object {
			r.Fail(Wrong, v, "", "%s is expected to be a mapping", where)
			continue
		}
		name := v.Get("name").TextOr("")
		switch {
		case name == "":
			r.Fail(Missing, v, "", "%s needs a name", where)
		case seen[name]:
			r.Fail(Wrong, v.Get("name"), "", "two tests have the name %q", name)
			fallthrough
		default:
			where, seen[name] = fmt.Sprintf("the test %q", name), true
		}
		if t := one(v, name, where); len(r.diags) == before {
			out = append(out, t)
		}
	}
	return out
}

// Members checks the names and kinds of a mapping's members.
func (r *Reader) Members(v jsondoc.Value, where string, known []Member) {
	for name, got := range v.Members() {
		i := slices.IndexFunc(known, func(m Member) bool { return m.Name == name })
		switch {
		case i < 0:
			r.Fail(Unknown, got, nearest(name, known), "%s has no member %q", where, name)
		case known[i].Kinds != nil && !slices.Contains(known[i].Kinds, got.Kind()):
			r.Fail(Wrong, got, "", "%s of %s is expected to be %s, not %s", name, where, kindWords(known[i].Kinds), got.Kind())
		}
	}
}

// nearest is a hint for a name that there is not.
func nearest(name string, known []Member) string {
	var names []string
	for _, m := range known {
		if strings.EqualFold(strings.TrimSuffix(m.Name, "s"), strings.TrimSuffix(name, "s")) {
			return fmt.Sprintf("did you mean %q?", m.Name)
		}
		names = append(names, m.Name)
	}
	return "there are " + strings.Join(names, ", ")
}

func kindWords(kinds []jsondoc.Kind) string {
	words := map[jsondoc.Kind]string{jsondoc.String: "a text", jsondoc.Array: "a list", jsondoc.Object: "a mapping", jsondoc.Bool: "true or false", jsondoc.Number: "a number"}
	var out []string
	for _, k := range kinds {
		out = append(out, words[k])
	}
	return strings.Join(out, " or ")
}
