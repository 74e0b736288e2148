package assign

import (
	"testing"

	"github.com/azward/azward/finding"
)

// source: "Azure Policy compliance states", Error: a template or evaluation
// error of the policy. Where evidence is missing as well, nobody knows.
func TestErrorState(t *testing.T) {
	inv := tenant(t)
	for name, c := range map[string]struct {
		rule, want string
		tally      Tally
	}{
		"an expression fails": {`{"value": "[substring(field('name'), 1, 50)]", "equals": "x"}`, "Error", Tally{Error: 2}},
		"beyond the end":      {`{"value": "[substring(field('name'), 0, 4)]", "equals": "x"}`, "Error", Tally{Error: 2}},
		"beyond all doubt":    {`{"anyOf": [{"field": "location", "equals": "westeurope"}, {"value": "[substring(field('name'), 1, 50)]", "equals": "x"}]}`, "NonCompliant", Tally{NonCompliant: 2}},
		"none":                {`{"value": "[substring(field('name'), 0, 2)]", "equals": "zz"}`, "Compliant", Tally{Compliant: 2}},
	} {
		lib := NewLibrary()
		lib.Add(parse(t, `{"name": "d", "id": "/providers/Microsoft.Authorization/policyDefinitions/d", "properties": {"mode": "Indexed", "policyRule": {"if": {"allOf": [
			{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, `+c.rule+`]}, "then": {"effect": "audit"}}}}`), "", nil)
		a := assignment(t, `{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/a", "name": "a", "properties": {"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/d"}}`)
		p, diags := NewPlan(lib, []*Assignment{a}, Options{Inventory: inv, Now: now})
		if diags.HasErrors() {
			t.Fatal(name, diags)
		}
		ev := p.Evaluator()
		var all []Verdict
		for r := range inv.OfType("Microsoft.Storage/storageAccounts") {
			all = append(all, ev.Evaluate(r)...)
		}
		roll := Roll(all)
		got := roll.Assignments["/subscriptions/s1/providers/microsoft.authorization/policyassignments/a"]
		if got == nil || *got != c.tally || got.StateName() != c.want {
			t.Errorf("%s: %+v, want %s %+v", name, got, c.want, c.tally)
		}
		if got != nil && got.Error > 0 && (got.State() != finding.Unknown || got.Percentage() != 0) {
			t.Errorf("%s: an error counts as %s, %v", name, got.State(), got.Percentage())
		}
	}
}
