package template_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/template"
)

// TestMutations replaces every value of templates and plans that are right by
// values that are not: whatever stands where, nothing panics.
func TestMutations(t *testing.T) {
	run := func(name string, text []byte, try func([]byte)) {
		doc, err := jsondoc.Parse(text)
		if err != nil {
			return // has comments, or is not JSON on purpose
		}
		others := []string{`null`, `{}`, `"[parameters('nosuch')]"`, `[]`, `-1`, `"a/b"`, `{"copy": [{"name": "x", "count": 2, "input": "[copyIndex('x')]"}]}`, `[null, {"name": 1}]`, `true`, `"[resourceGroup().location]"`}
		n := count(doc)
		for i := range n {
			for k := range 2 {
				other, _ := jsondoc.ParseString(others[(i*2+k)%len(others)])
				at := i
				mutated := replace(doc, &at, other)
				func() {
					defer func() {
						if r := recover(); r != nil {
							t.Errorf("%s, value %d as %s: %v", name, i, other, r)
						}
					}()
					try(mutated.AppendJSON(nil))
				}()
			}
		}
	}
	files, err := filepath.Glob("testdata/spec/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		run(name, a.Files[0].Data, func(text []byte) { template.Expand(text, template.Options{File: "t.json"}) })
	}
	text, err := os.ReadFile("testdata/examples/terraform/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	run("plan.json", text, func(text []byte) {
		template.ReadPlan(text, template.PlanOptions{File: "p.json", Line: func(string, string, string) (string, int) { return "x.tf", 1 }})
	})
}

func count(v jsondoc.Value) int {
	n := 1
	for _, e := range v.Elements() {
		n += count(e)
	}
	for _, e := range v.Members() {
		n += count(e)
	}
	return n
}

// replace answers v with its value number *at, in order, replaced.
func replace(v jsondoc.Value, at *int, by jsondoc.Value) jsondoc.Value {
	if *at == 0 {
		*at = -1
		return by
	}
	*at--
	switch v.Kind() {
	case jsondoc.Array:
		var out []jsondoc.Value
		for _, e := range v.Elements() {
			if *at >= 0 {
				e = replace(e, at, by)
			}
			out = append(out, e)
		}
		return jsondoc.NewArray(out...)
	case jsondoc.Object:
		var out []jsondoc.Member
		for k, e := range v.Members() {
			if *at >= 0 {
				e = replace(e, at, by)
			}
			out = append(out, jsondoc.Member{Name: k, Value: e})
		}
		return jsondoc.NewObject(out...)
	default:
		return v
	}
}

func ExampleExpand() {
	e := template.Expand([]byte(`{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"tls": {"type": "string"}},
  "resources": [{
    "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01",
    "name": "[concat('st', copyIndex(1))]", "copy": {"name": "accounts", "count": 2},
    "properties": {"minimumTlsVersion": "[parameters('tls')]"}
  }]
}`), template.Options{File: "main.json"})
	for _, r := range e.Resources {
		fmt.Println(r.ID.Name(), "line", e.Position(r.File, r.Offset).Line, r.UnknownAt("properties.minimumTlsVersion"))
	}
	// Output:
	// st1 line 5 [the parameter tls has no value]
	// st2 line 5 [the parameter tls has no value]
}
