package assign

import (
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// FuzzPlan plans and evaluates assignments, exemptions and initiatives that a
// fuzzer made of words that mean something: no panic, and a request is refused
// only by what is enforced.
func FuzzPlan(f *testing.F) {
	f.Add(setDefinition, withMore(`, "overrides": [{"kind": "policyEffect", "value": "Disabled", "selectors": [{"kind": "policyDefinitionReferenceId", "in": ["r-tag"]}, {"kind": "resourceLocation", "notIn": ["westeurope"]}]}], "resourceSelectors": [{"name": "a", "selectors": [{"kind": "resourceType", "in": ["Microsoft.Web/sites"]}]}, {"selectors": [{"kind": "resourceWithoutLocation", "in": ["subscriptionLevelResources"]}]}]`),
		`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyExemptions/e", "properties": {"policyAssignmentId": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/all", "policyDefinitionReferenceIds": ["r-https"], "exemptionCategory": "Mitigated", "expiresOn": "2030-01-01T00:00:00Z"}}`)
	f.Add(httpsDefinition, `{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/one", "properties": {"policyDefinitionId": "https", "definitionVersion": "1.*.*-preview", "enforcementMode": "Enroll", "notScopes": ["/subscriptions/s1/resourceGroups/b", "x"], "parameters": {"effect": {"value": "Deny"}}, "overrides": [{"kind": "policyVersion", "value": "2.*.*", "selectors": [{"kind": "resourceLocation", "in": ["eastus"]}]}, {"kind": "policyEffect", "value": "modify"}]}}`,
		`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyEnrollments/e", "properties": {"policyAssignmentId": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/one", "complianceState": "Compliant"}}`)
	f.Add(`{"properties": {"policyDefinitions": [{"policyDefinitionId": "set", "policyDefinitionReferenceId": "set"}, {"policyDefinitionId": "owner"}, 1, {"policyDefinitionId": "tag", "parameters": {"name": {"value": "[parameters('n')[0]]"}, "value": {"value": "[concat(parameters('n'), 1)]"}}}], "parameters": {"n": {"type": "Array", "defaultValue": ["x"]}}}, "name": "mine"}`,
		`{"id": "/x", "properties": {"scope": "/", "policyDefinitionId": "mine", "parameters": {"n": {"value": ["owner"]}}, "nonComplianceMessages": [{"message": "m"}]}}`, `{}`)
	b := inventory.NewBuilder()
	for _, text := range []string{
		`{"id": "/providers/Microsoft.Management/managementGroups/top", "type": "Microsoft.Management/managementGroups", "name": "top", "properties": {"children": [{"id": "/subscriptions/s1", "type": "/subscriptions", "name": "s1"}]}}`,
		`{"id": "/subscriptions/s1", "subscriptionId": "s1"}`, accountIn("s1", "a", "one"), accountIn("s2", "c", "three"),
		`{"id": "/subscriptions/s1/resourceGroups/a", "type": "Microsoft.Resources/subscriptions/resourceGroups", "name": "a", "location": "eastus"}`,
		`{"id": "/subscriptions/s1/providers/Microsoft.Security/pricings/x", "type": "Microsoft.Security/pricings", "name": "x", "properties": {}}`,
	} {
		doc, err := jsondoc.ParseString(text)
		if err != nil {
			f.Fatal(err)
		}
		r, err := resource.New(doc, "", resource.Origin{})
		if err != nil {
			f.Fatal(err)
		}
		b.Add(r)
	}
	inv := b.Build()
	f.Fuzz(func(t *testing.T, definition, assignment, exemption string) {
		lib := NewLibrary()
		for _, text := range []string{httpsDefinition, tagDefinition, ownerDefinition, manualDefinition, definition} {
			if doc, err := jsondoc.ParseString(text); err == nil {
				lib.Add(doc, "fuzzed", nil)
			}
		}
		doc, err := jsondoc.ParseString(assignment)
		if err != nil {
			return
		}
		a, err := ParseAssignment(doc)
		if err != nil {
			return
		}
		o := Options{Inventory: inv, Now: now}
		if doc, err := jsondoc.ParseString(exemption); err == nil {
			if x, ok := ParseExemption(doc); ok {
				o.Exemptions = append(o.Exemptions, x)
			}
			if x, ok := ParseEnrollment(doc); ok {
				o.Enrollments = append(o.Enrollments, x)
			}
			if x, ok := ParseAttestation(doc); ok {
				o.Attestations = append(o.Attestations, x)
			}
		}
		p, diags := NewPlan(lib, []*Assignment{a}, o)
		for _, d := range diags {
			if d.Code == "" || strings.TrimSpace(d.Message) == "" {
				t.Fatalf("a diagnostic without words: %+v", d)
			}
		}
		ev := p.Evaluator()
		for r := range inv.All() {
			for _, v := range ev.Evaluate(r) {
				if v.Exemption != nil && v.State != finding.Exempt || v.StateName() == "" {
					t.Fatalf("%+v", v)
				}
			}
			adm := ev.Request(r)
			if len(adm.Denied) > 0 && !a.Enforced && !a.Enroll {
				t.Fatalf("refused by what is not enforced: %+v", adm.Denied[0])
			}
		}
	})
}
