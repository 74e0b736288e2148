package policy

import (
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const coreResource = `{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t", "name": "t", "type": "Microsoft.Test/things", "kind": "v2",
	"location": "westeurope", "tags": {"env": "prod"},
	"properties": {"size": 5, "level": "High", "on": true, "none": null, "list": [{"port": 22, "names": ["a", "b"]}, {"port": 443, "names": []}], "deep": {"properties": {"x": "y"}}}}`

func verdictOf(t *testing.T, definition string) finding.Verdict {
	t.Helper()
	body, err := jsondoc.ParseString(coreResource)
	if err != nil {
		t.Fatal(err)
	}
	r, err := resource.New(body, "", resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	b := inventory.NewBuilder()
	b.Add(r)
	inv := b.Build()
	d, err := jsondoc.ParseString(definition)
	if err != nil {
		t.Fatalf("%s: %v", definition, err)
	}
	c, diags := Compile(d, CompileOptions{})
	if c == nil {
		t.Fatalf("%s: %v", definition, diags)
	}
	return NewEvaluator(Options{Inventory: inv}).Evaluate(c, r).Verdict
}

// source: "Azure Policy definition structure policy rule": conditions, count,
// and which clauses decide whether a policy applies at all.
func TestConditions(t *testing.T) {
	for condition, want := range map[string]finding.State{
		`{"field": "type", "equals": "microsoft.test/THINGS"}`:                                                            finding.NonCompliant,
		`{"field": "type", "equals": "Microsoft.Test/others"}`:                                                            finding.NotApplicable,
		`{"allOf": [{"field": "kind", "equals": "v1"}, {"field": "name", "like": "t*"}]}`:                                 finding.NotApplicable,
		`{"field": "Microsoft.Test/things/level", "equals": "high"}`:                                                      finding.NonCompliant,
		`{"field": "Microsoft.Test/things/level", "in": ["low", "HIGH"]}`:                                                 finding.NonCompliant,
		`{"field": "Microsoft.Test/things/level", "notIn": ["low", "HIGH"]}`:                                              finding.Compliant,
		`{"field": "Microsoft.Test/things/size", "greaterOrEquals": 5}`:                                                   finding.NonCompliant,
		`{"field": "Microsoft.Test/things/size", "less": 5}`:                                                              finding.Compliant,
		`{"field": "Microsoft.Test/things/absent", "exists": false}`:                                                      finding.NonCompliant,
		`{"field": "Microsoft.Test/things/none", "exists": "true"}`:                                                       finding.Compliant,
		`{"field": "Microsoft.Test/things/on", "equals": "True"}`:                                                         finding.NonCompliant,
		`{"field": "Microsoft.Test/things/absent", "notEquals": true}`:                                                    finding.NonCompliant,
		`{"field": "Microsoft.Test/things/deep.x", "equals": "y"}`:                                                        finding.NonCompliant,
		`{"field": "tags['env']", "equals": "prod"}`:                                                                      finding.NonCompliant,
		`{"field": "tags.env", "match": "?rod"}`:                                                                          finding.NonCompliant,
		`{"field": "[concat('tags[', 'env', ']')]", "contains": "RO"}`:                                                    finding.NonCompliant,
		`{"not": {"field": "location", "equals": "westeurope"}}`:                                                          finding.Compliant,
		`{"field": "Microsoft.Test/things/list[*].port", "greater": 20}`:                                                  finding.NonCompliant,
		`{"field": "Microsoft.Test/things/list[*].port", "greater": 22}`:                                                  finding.Compliant,
		`{"count": {"field": "Microsoft.Test/things/list[*]"}, "equals": 2}`:                                              finding.NonCompliant,
		`{"count": {"field": "Microsoft.Test/things/absent[*]"}, "equals": 0}`:                                            finding.NonCompliant,
		`{"count": {"value": ["a", "z"], "name": "n", "where": {"value": "[current('n')]", "equals": "z"}}, "equals": 1}`: finding.NonCompliant,
		`{"count": {"field": "Microsoft.Test/things/list[*]", "where": {"allOf": [{"field": "Microsoft.Test/things/list[*].port", "equals": 22},
			{"count": {"field": "Microsoft.Test/things/list[*].names[*]", "where": {"field": "Microsoft.Test/things/list[*].names[*]", "equals": "b"}}, "equals": 1}]}}, "equals": 1}`: finding.NonCompliant,
		`{"value": "[length(field('Microsoft.Test/things/list[*]'))]", "equals": 2}`: finding.NonCompliant,
		`{"value": "[resourceGroup().name]", "equals": "g"}`:                         finding.NonCompliant,
	} {
		got := verdictOf(t, `{"policyRule": {"if": `+condition+`, "then": {"effect": "audit"}}}`)
		if got.State != want {
			t.Errorf("%s is %s, want %s; missing %q", condition, got.State, want, got.Missing)
		}
	}
}

func TestRelatedThatNobodyListedIsUnknown(t *testing.T) {
	got := verdictOf(t, `{"policyRule": {"if": {"field": "type", "equals": "Microsoft.Test/things"}, "then": {"effect": "auditIfNotExists",
		"details": {"type": "Microsoft.Insights/diagnosticSettings"}}}}`)
	if got.State != finding.Unknown || len(got.Missing) == 0 {
		t.Errorf("verdict %+v, want unknown with what is missing", got)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`{"policyRule": {"if": {"count": {"field": "a.b/c[*]", "where": {"not": {"field": "x", "like": "*a*"}}}, "less": "[add(1,2)]"}, "then": {"effect": "[parameters('e')]"}}, "parameters": {"e": {"defaultValue": "audit"}}}`)
	f.Add(`{"policyRule": {"if": {"anyOf": [{"value": "[field(field('name'))]", "match": "##"}]}, "then": {"effect": "auditIfNotExists", "details": {"type": "a.b/c", "name": "[field('name')]", "existenceCondition": {"field": "id", "in": [1]}}}}}`)
	f.Add(`{"if": {"field": "tags['a']", "exists": false}, "then": {"effect": "modify", "details": {"roleDefinitionIds": [], "operations": [{"operation": "add", "field": "tags['a']", "value": "[resourceGroup().location]"}]}}}`)
	f.Add(`{"if": {"count": {"value": [1, 2], "name": "n", "where": {"value": "[current('n')]", "in": [2, "x"]}}, "greater": 0}, "then": {"effect": "append", "details": [{"field": "a/b[*]", "value": "[field('Microsoft.Test/things/list[*].port')]"}]}}`)
	body, err := jsondoc.ParseString(coreResource)
	if err != nil {
		f.Fatal(err)
	}
	r, err := resource.New(body, "", resource.Origin{})
	if err != nil {
		f.Fatal(err)
	}
	b := inventory.NewBuilder()
	b.Add(r)
	ev := NewEvaluator(Options{Inventory: b.Build()})
	f.Fuzz(func(_ *testing.T, text string) {
		d, err := jsondoc.ParseString(text)
		if err != nil {
			return
		}
		if c, _ := Compile(d, CompileOptions{Source: diag.NewSource("x", text)}); c != nil {
			c.Types()
			ev.Decide(c, r)
			ev.Explain(c, r)
		}
	})
}
