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
		d, diags := Compile(body, CompileOptions{Parameters: jsondoc.NewObject(jsondoc.Member{Name: "p", Value: c.Get("given")})})
		if (d == nil) != isTrue(c.Get("error")) {
			t.Errorf("%s: %v", c.Get("note").TextOr("?"), diags)
		}
	}
}
