package policy

import (
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// TestSpecRules runs testdata/spec/rules.yaml, whose groups name their pages.
func TestSpecRules(t *testing.T) {
	doc := readYAML(t, "testdata/spec/rules.yaml")
	for _, c := range doc.Get("conditions").Elements() {
		note := c.Get("note").TextOr("?")
		d := mustDefinition(t, `{"if": `+c.Get("if").String()+`, "then": {"effect": "audit"}}`)
		want := finding.Of(isTrue(c.Get("match")))
		if c.Get("match").TextOr("") == "unknown" {
			want = finding.Maybe
		}
		got := NewEvaluator(Options{}).Evaluate(d, Bare(c.Get("resource")))
		if (got.Match == want) == (want == finding.False && got.Fires) {
			t.Errorf("%s: it is %s, want %s; missing %q", note, got.Match, want, got.Missing)
		}
		if state, ok := c.Get("state").Text(); ok && got.State.String() != state {
			t.Errorf("%s: %s, want %s", note, got.State, state)
		}
	}
	for _, c := range doc.Get("parameters").Elements() {
		body := jsondoc.NewObject(
			jsondoc.Member{Name: "parameters", Value: jsondoc.NewObject(jsondoc.Member{Name: "p", Value: c.Get("declared")})},
			jsondoc.Member{Name: "policyRule", Value: mustJSON(t, `{"if": {"value": "[parameters('p')]", "equals": 1}, "then": {"effect": "audit"}}`)},
		)
		d, diags := Compile(body, CompileOptions{Assigning: true, Parameters: jsondoc.NewObject(jsondoc.Member{Name: "p", Value: c.Get("given")})})
		if (d == nil) != isTrue(c.Get("error")) {
			t.Errorf("%s: %v", c.Get("note").TextOr("?"), diags)
		}
	}
}

// Source: "Azure Policy definitions denyAction effect", DenyAction properties.
func TestProtects(t *testing.T) {
	for _, c := range []struct {
		mode, details   string
		resource, group bool
	}{
		{"Indexed", `{"actionNames": ["delete"]}`, true, true},
		{"Indexed", `{"actionNames": ["Delete"], "cascadeBehaviors": {"resourceGroup": "deny"}}`, true, true},
		{"Indexed", `{"actionNames": ["delete"], "cascadeBehaviors": {"resourceGroup": "allow"}}`, true, false},
		{"All", `{"actionNames": ["delete"]}`, true, false},
		{"Indexed", `{"actionNames": []}`, false, false},
	} {
		doc, err := jsondoc.ParseString(`{"mode": "` + c.mode + `", "policyRule": {"if": {"field": "type", "equals": "A.B/c"}, "then": {"effect": "denyAction", "details": ` + c.details + `}}}`)
		if err != nil {
			t.Fatal(err)
		}
		def, diags := Compile(doc, CompileOptions{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if resource, group := def.Protects(); resource != c.resource || group != c.group {
			t.Errorf("%s %s: protects the resource %t, the group %t", c.mode, c.details, resource, group)
		}
	}
}

// What Azure took once, perhaps against another version of the definition, is
// not refused for its case.
func TestAcceptedValues(t *testing.T) {
	doc, err := jsondoc.ParseString(`{"mode": "All", "parameters": {"effect": {"type": "String", "allowedValues": ["Audit"]}}, "policyRule": {"if": {"field": "type", "equals": "A.B/c"}, "then": {"effect": "[parameters('effect')]"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	values, _ := jsondoc.ParseString(`{"effect": "audit"}`)
	if _, diags := Compile(doc, CompileOptions{Parameters: values, Assigning: true}); !diags.HasErrors() {
		t.Error("a value of another case is allowed")
	}
	if def, diags := Compile(doc, CompileOptions{Parameters: values}); diags.HasErrors() || def.Effect != Audit {
		t.Errorf("what Azure took is refused: %v", diags)
	}
}
