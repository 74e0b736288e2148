package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/privilege"
	"github.com/azward/azward/resource"
)

// Graph writes "authenticationStrength": null where a policy asks for none: such
// a policy enforces nothing for its context.
func TestContextEnforced(t *testing.T) {
	const context = `"conditions":{"applications":{"includeAuthenticationContextClassReferences":["c2"]}}`
	for name, c := range map[string]struct {
		policy string
		state  inventory.State
		want   finding.Truth
	}{
		"a control":                  {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["mfa"],"authenticationStrength":null},` + context + `}`, inventory.Complete, finding.True},
		"a strength":                 {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"authenticationStrength":{"id":"s"}},` + context + `}`, inventory.Complete, finding.True},
		"no control":                 {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"authenticationStrength":null,"termsOfUse":[]},` + context + `}`, inventory.Complete, finding.False},
		"only session controls":      {`{"id":"p","state":"enabled","grantControls":null,` + context + `}`, inventory.Complete, finding.False},
		"only reported":              {`{"id":"p","state":"enabledForReportingButNotEnforced","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Complete, finding.False},
		"a control of another maker": {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"customAuthenticationFactors":["x"]},` + context + `}`, inventory.Complete, finding.True},
		"blocked":                    {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["block"]},` + context + `}`, inventory.Complete, finding.True},
		"found, and others not read": {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Partial, finding.True},
		"a state that nobody knows":  {`{"id":"p","state":"sometimes","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Complete, finding.Maybe},
		"policies not read":          {`{"id":"p","state":"disabled"}`, inventory.Denied, finding.Maybe},
	} {
		body, err := jsondoc.ParseString(c.policy)
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.NewGraph("conditionalAccessPolicies", body, resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b := inventory.NewBuilder()
		b.Add(r)
		b.Cover(inventory.Entry{Type: "Microsoft.Graph/conditionalAccessPolicies", Scope: "/", State: c.state})
		if got := NewAccess(b.Build()).contextEnforced("c2"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Role assignments do not say whether they were activated or end; the instances
// of Privileged Identity Management's schedules do.
// Source: "Role Assignment Schedule Instances - List For Scope", REST API.
func TestAzureRolesThatEndDoNotStand(t *testing.T) {
	const at = `"scope":"` + badSub + `"`
	const owner = `"roleDefinitionId":"` + badSub + `/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",` + at
	inv := inventoryOf(t, `[
{"id":"`+badSub+`","type":"Microsoft.Resources/subscriptions","name":"0b1f6471-1bf0-4dda-aec3-111122223333"},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignments/a1","type":"Microsoft.Authorization/roleAssignments","name":"a1","properties":{"principalId":"u1",`+owner+`}},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignments/a2","type":"Microsoft.Authorization/roleAssignments","name":"a2","properties":{"principalId":"u2",`+owner+`}},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignments/a3","type":"Microsoft.Authorization/roleAssignments","name":"a3","properties":{"principalId":"u3",`+owner+`}},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/i1","type":"Microsoft.Authorization/roleAssignmentScheduleInstances","name":"i1","properties":{"principalId":"u1",`+owner+`,"assignmentType":"Activated","endDateTime":"2026-11-01T08:00:00Z","originRoleAssignmentId":"`+badSub+`/providers/Microsoft.Authorization/roleAssignments/A1"}},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/i2","type":"Microsoft.Authorization/roleAssignmentScheduleInstances","name":"i2","properties":{"principalId":"u2",`+owner+`,"assignmentType":"Assigned","endDateTime":"2027-01-01T00:00:00Z"}},
{"id":"`+badSub+`/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/i3","type":"Microsoft.Authorization/roleAssignmentScheduleInstances","name":"i3","properties":{"principalId":"u3",`+owner+`,"assignmentType":"Assigned"}}
]`)
	a := NewAccess(inv)
	var stands []string
	for _, f := range privilege.Find(privilege.Facts{Directory: a.dir, Azure: a.active, Assignments: a.grants}) {
		if f.Rule.ID == privilege.StandingAzureRole {
			stands = append(stands, f.Principal)
		}
	}
	if len(stands) != 1 || stands[0] != "u3" {
		t.Errorf("these stand: %v, want u3", stands)
	}
	e := a.Explain(a.Named("u1"), "Microsoft.Compute/virtualMachines/write", false, scopeID(t, badSub))
	if len(e.Ways) != 1 || !e.Ways[0].Activated || e.Ways[0].Until != "2026-11-01T08:00:00Z" {
		t.Errorf("u1's ways: %+v", e.Ways)
	}
}

// What an activation of an Azure role asks for is set at its scope.
// Source: "Configure Azure resource role settings in Privileged Identity Management".
func TestActivationOfAzureRoles(t *testing.T) {
	const group = badSub + "/resourceGroups/g"
	role := func(id string) string { return `"roleDefinitionId":"/x/` + id + `"` }
	const owner, reader = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	object := func(scope, typ, name, properties string) string {
		return `{"id":"` + scope + `/providers/Microsoft.Authorization/` + typ + `/` + name + `","type":"Microsoft.Authorization/` + typ + `","name":"` + name + `","properties":{"scope":"` + scope + `",` + properties + `}}`
	}
	eligible := func(scope, name, role string) string {
		return object(scope, "roleEligibilityScheduleInstances", name, `"principalId":"u1",`+role)
	}
	rules := func(mfa string) string {
		return `[{"id":"Enablement_EndUser_Assignment","enabledRules":[` + mfa + `]},{"id":"Approval_EndUser_Assignment","setting":{"isApprovalRequired":false}}]`
	}
	for name, c := range map[string]struct{ objects, want string }{
		"asks for nothing":            {eligible(badSub, "e", role(owner)) + "," + object(badSub, "roleManagementPolicyAssignments", "a", role(owner)+`,"effectiveRules":`+rules(``)), "NonCompliant " + badSub},
		"asks for a second factor":    {eligible(badSub, "e", role(owner)) + "," + object(badSub, "roleManagementPolicyAssignments", "a", role(owner)+`,"effectiveRules":`+rules(`"MultiFactorAuthentication"`)), ""},
		"by its policy":               {eligible(badSub, "e", role(owner)) + "," + object(badSub, "roleManagementPolicyAssignments", "a", role(owner)+`,"policyId":"`+badSub+`/providers/Microsoft.Authorization/roleManagementPolicies/P"`) + "," + object(badSub, "roleManagementPolicies", "p", `"rules":`+rules(``)), "NonCompliant " + badSub},
		"settings are not inherited":  {eligible(group, "e", role(owner)) + "," + object(badSub, "roleManagementPolicyAssignments", "a", role(owner)+`,"effectiveRules":`+rules(``)), "Unknown /"},
		"a role that assigns nothing": {eligible(badSub, "e", role(reader)), ""},
	} {
		var got []string
		for _, f := range NewAccess(inventoryOf(t, `[{"id":"`+badSub+`","type":"Microsoft.Resources/subscriptions","name":"0b1f6471-1bf0-4dda-aec3-111122223333"},`+c.objects+`]`)).Privilege(testNow) {
			if f.Rule == privilege.WeakActivation {
				got = append(got, f.State.String()+" "+f.Scope)
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}
