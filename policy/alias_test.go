package policy

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func aliasRows(t *testing.T) [][]string {
	t.Helper()
	z := testdata.Unzip(t, "policy", "aliases.csv.gz")
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// bodyOf builds a body in which only the path of an alias leads to a mark.
func bodyOf(alias, path, mark string) jsondoc.Value {
	words := tokens(path)
	v := jsondoc.NewObject(jsondoc.Member{Name: "mark", Value: jsondoc.NewString(mark)},
		jsondoc.Member{Name: "kind", Value: jsondoc.NewString(alias[strings.LastIndexByte(alias, '.')+1:])})
	for _, w := range slices.Backward(words) {
		if w == "[*]" {
			v = jsondoc.NewArray(v)
			continue
		}
		v = jsondoc.NewObject(jsondoc.Member{Name: w, Value: v})
	}
	return v
}

// candidates are the resources that an alias may be about: of its type, of the
// child types that its first words name, and one named by its first word.
func candidates(ref *fieldRef, body jsondoc.Value) []*resource.Resource {
	words := tokens(ref.path)
	typ := ref.typ
	out := []*resource.Resource{{Type: typ, Body: body}, {Type: typ, Body: body.With("name", jsondoc.NewString(words[0]))}}
	for _, d := range ref.detours {
		out = append(out, &resource.Resource{Type: cmp.Or(d.typ, typ), Body: body})
	}
	for _, w := range words[:min(len(words), 3)] {
		typ += "/" + w
		out = append(out, &resource.Resource{Type: typ, Body: body})
	}
	return out
}

func TestConformanceAliases(t *testing.T) {
	rows := aliasRows(t)
	byRule, reached := 0, 0
	failed := map[string]bool{}
	for _, row := range rows {
		alias, path := row[0], row[1]
		body := bodyOf(alias, path, "here")
		ref := newFieldRef(alias, nil)
		ok := false
		for _, res := range candidates(ref, body) {
			f := &frame{o: &Options{}}
			f.at(res)
			got := ref.all(f, nil)
			ok = ok || ref.about(res.Type) && len(got) == 1 && got[0].Get("mark").TextOr("") == "here"
		}
		if ok {
			reached++
		} else if len(failed) < 4000 {
			t.Logf("not reached: %s -> %s", alias, path)
			failed[alias] = true
		}
		if ok && ref.detours == nil {
			byRule++
		}
	}
	t.Logf("conformance: aliases by the rule %d of %d", byRule, len(rows))
	t.Logf("conformance: aliases with the exceptions %d of %d", reached, len(rows))
	t.Logf("figure: aliases reached %.3f %%, %d exceptions", 100*float64(reached)/float64(len(rows)), len(exceptions))
	if reached < len(rows) {
		t.Errorf("%d aliases are not reached", len(rows)-reached)
	}
}

// A list may give an alias without [*] a path with one, for all API versions
// or for some: the alias then means the elements.
func TestAliasPathWithEach(t *testing.T) {
	list, err := ParseAliases([]byte(`[{"namespace": "A.B", "resourceTypes": [{"resourceType": "c", "aliases": [
		{"name": "A.B/c/all", "defaultPath": "properties.rows[*].n"},
		{"name": "A.B/c/some", "defaultPath": "properties.first", "paths": [{"path": "properties.rows[*].n", "apiVersions": ["2"]}]}]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsondoc.Parse([]byte(`{"type": "A.B/c", "properties": {"first": 7, "rows": [{"n": 1}, {"n": 2}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ alias, version, want string }{
		{"A.B/c/all", "", "[1 2]"},
		{"A.B/c/all", "2", "[1 2]"},
		{"A.B/c/some", "", "[7]"},
		{"A.B/c/some", "2", "[1 2]"},
	} {
		f := &frame{o: &Options{APIVersion: c.version}}
		f.at(Bare(body))
		ref := newFieldRef(c.alias, list)
		if !ref.each {
			t.Errorf("%s is of one value", c.alias)
			continue
		}
		if got, unread := f.readAll(ref); fmt.Sprint(got) != c.want || unread {
			t.Errorf("%s at API version %q: %v (unread %t), want %s", c.alias, c.version, got, unread, c.want)
		}
	}
}
