package policy

import (
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// TestSpecEngine runs testdata/spec/engine.yaml, whose groups name their pages.
func TestSpecEngine(t *testing.T) {
	doc := readYAML(t, "testdata/spec/engine.yaml")
	ev := NewEvaluator(Options{})
	for _, c := range doc.Get("cases").Elements() {
		note := c.Get("note").TextOr("?")
		text := full(jsondoc.NewObject(jsondoc.Member{Name: "if", Value: c.Get("if")}, jsondoc.Member{Name: "then", Value: mustJSON(t, `{"effect": "audit"}`)}))
		d, diags := Compile(mustJSON(t, text), CompileOptions{Source: diag.NewSource("engine.yaml", text)})
		if code, refused := c.Get("error").Text(); refused {
			if d != nil || diags[0].Code != code {
				t.Errorf("%s: %v, want %s", note, diags, code)
			}
			continue
		}
		if d == nil {
			t.Errorf("%s: %v", note, diags)
			continue
		}
		want := finding.Of(isTrue(c.Get("match")))
		if c.Get("match").TextOr("") == "unknown" {
			want = finding.Maybe
		}
		body := c.Get("resource")
		if body.IsMissing() {
			body = doc.Get("resource")
		}
		got, x := ev.Evaluate(d, Bare(body)), ev.Explain(d, Bare(body))
		if x.Truth != want || got.Fires != (want == finding.True) {
			t.Errorf("%s: it is %s, want %s; missing %q", note, x.Truth, want, got.Missing)
		}
	}
}

// The effect is settled when a definition is assigned: it depends on parameters
// alone. Source: "Azure Policy definition structure parameters".
func TestEffectOfTheResource(t *testing.T) {
	for _, expression := range []string{
		"if(equals(field('type'), 'a'), 'deny', 'audit')", "field(concat('ty', 'pe'))", "resourceGroup().name", "subscription().id", "requestContext().apiVersion",
		"policy().definitionId", "utcNow()", "first(field('Microsoft.Test/things/list[*]'))", "current()",
	} {
		d, diags := Compile(mustJSON(t, `{"if": {"field": "type", "exists": true}, "then": {"effect": "[`+expression+`]"}}`), CompileOptions{})
		if d != nil || diags[0].Code != "POL0105" {
			t.Errorf("%s: %v", expression, diags)
		}
	}
	d, diags := Compile(mustJSON(t, `{"if": {"field": "type", "exists": true}, "then": {"effect": "[if(parameters('strict'), 'deny', toLower('AUDIT'))]"}}`), CompileOptions{Parameters: mustJSON(t, `{"strict": false}`)})
	if d == nil || d.Effect != Audit {
		t.Errorf("an effect of parameters: %v", diags)
	}
}

// Source: "Azure Policy definitions modify effect", Skipped modification.
func TestModifyOfIdentity(t *testing.T) {
	const then = `"then": {"effect": "modify", "details": {"roleDefinitionIds": ["r"], "operations": [{"operation": "addOrReplace", "field": "identity.type", "value": "SystemAssigned"}]}}}`
	d := mustDefinition(t, `{"if": {"field": "identity.type", "notContains": "SystemAssigned"}, `+then)
	for typ, want := range map[string]finding.State{
		"Microsoft.Compute/virtualMachines": finding.NonCompliant, "microsoft.compute/virtualmachinescalesets": finding.NonCompliant,
		"Microsoft.Web/sites": finding.NotApplicable, "Microsoft.Compute/virtualMachines/extensions": finding.NotApplicable,
	} {
		if got := NewEvaluator(Options{}).Evaluate(d, Bare(mustJSON(t, `{"type": "`+typ+`"}`))); got.State != want || got.Fires != (want == finding.NonCompliant) {
			t.Errorf("%s is %s, want %s", typ, got.State, want)
		}
	}
}

// Source: "Azure Policy definition structure basics", Resource Manager modes.
func TestIndexed(t *testing.T) {
	for resource, want := range map[string][2]finding.State{ // of modes Indexed and All
		`{"type": "Microsoft.Resources/subscriptions/resourceGroups", "name": "g", "location": "x"}`:                          {finding.NotApplicable, finding.NonCompliant},
		`{"id": "/subscriptions/s/resourceGroups/g", "type": "Microsoft.Resources/subscriptions/resourceGroups"}`:             {finding.NotApplicable, finding.NonCompliant},
		`{"id": "/subscriptions/s", "type": "Microsoft.Resources/subscriptions"}`:                                             {finding.NotApplicable, finding.NonCompliant},
		`{"type": "microsoft.resources/SUBSCRIPTIONS"}`:                                                                       {finding.NotApplicable, finding.NonCompliant},
		`{"id": "/subscriptions/s/resourceGroups/g/providers/A.B/c/d", "type": "A.B/c", "location": "x"}`:                     {finding.NonCompliant, finding.NonCompliant},
		`{"id": "/subscriptions/s/resourceGroups/g/providers/A.B/c/d", "type": "A.B/c", "location": "x", "tags": {"o": "p"}}`: {finding.Compliant, finding.Compliant},
		`{"type": "A.B/c"}`: {finding.NonCompliant, finding.NonCompliant},
	} {
		for i, mode := range []string{`"Indexed"`, `"All"`} {
			d := mustDefinition(t, `{"mode": `+mode+`, "policyRule": {"if": {"field": "tags['o']", "exists": false}, "then": {"effect": "audit"}}}`)
			if got := NewEvaluator(Options{}).Evaluate(d, Bare(mustJSON(t, resource))); got.State != want[i] {
				t.Errorf("%s in mode %s is %s, want %s", resource, mode, got.State, want[i])
			}
		}
	}
}
