package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/demo"
)

// TestWhoMayJoinAGroup: an activation in Privileged Identity Management for Groups
// gives what the group has, Azure roles and directory roles, and makes a member of it
// for Conditional Access. An eligible owner is no member. Source: "Privileged Identity
// Management (PIM) for Groups".
func TestWhoMayJoinAGroup(t *testing.T) {
	const ga = "62e90394-69f5-4237-9190-012177145e10"
	inv := listOf(t, `{"id":"`+abacSub+`","type":"Microsoft.Resources/subscriptions","name":"sub","displayName":"sub"}`,
		`{"id":"u1","type":"Microsoft.Graph/users","userPrincipalName":"u1@x.example","displayName":"U1","userType":"Member"}`, `{"id":"u2","type":"Microsoft.Graph/users","userPrincipalName":"u2@x.example","displayName":"U2","userType":"Member"}`,
		`{"id":"u3","type":"Microsoft.Graph/users","userPrincipalName":"u3@x.example","displayName":"U3","userType":"Member"}`,
		`{"id":"g1","type":"Microsoft.Graph/groups","displayName":"Owners","isAssignableToRole":true,"members":[]}`, `{"id":"g2","type":"Microsoft.Graph/groups","displayName":"Desk","members":["u2"]}`,
		`{"id":"e1","@odata.type":"#microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance","groupId":"g1","principalId":"u1","accessId":"member"}`,
		`{"id":"e2","@odata.type":"#microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance","groupId":"g1","principalId":"g2","accessId":"member"}`,
		`{"id":"e3","@odata.type":"#microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance","groupId":"g1","principalId":"u3","accessId":"owner"}`,
		`{"id":"`+ga+`","type":"Microsoft.Graph/roleDefinitions","displayName":"Global Administrator","templateId":"`+ga+`","isBuiltIn":true,"rolePermissions":[{"allowedResourceActions":["microsoft.directory/users/allProperties/allTasks"]}]}`,
		`{"id":"a1","type":"Microsoft.Graph/roleAssignments","principalId":"g1","roleDefinitionId":"`+ga+`","directoryScopeId":"/"}`,
		`{"id":"`+abacSub+`/providers/Microsoft.Authorization/roleAssignments/r1","type":"Microsoft.Authorization/roleAssignments","name":"r1","properties":{"principalId":"g1","principalType":"Group","roleDefinitionId":"/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","scope":"`+abacSub+`"}}`,
		`{"id":"p1","type":"Microsoft.Graph/conditionalAccessPolicies","displayName":"P","state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeGroups":["g1"]},"applications":{"includeApplications":["All"]},"clientAppTypes":["all"]},"grantControls":{"operator":"OR","builtInControls":["mfa"]}}`)
	a := NewAccess(inv)
	for _, action := range []string{"Microsoft.Compute/virtualMachines/write", "microsoft.directory/users/password/update"} {
		at := scopeID(t, abacSub)
		for who, want := range map[string]int{"u1": 1, "u2": 1, "u3": 0} {
			e := a.Explain(a.Named(who), action, false, at)
			if e.Allowed == finding.True || len(e.Eligible) != want || want == 1 && (len(e.Eligible[0].Via) == 0 || !strings.Contains(e.Eligible[0].Via[len(e.Eligible[0].Via)-1].Name, "Owners")) {
				t.Errorf("%s: %s: %s, after an activation %+v", who, action, e.Allowed, e.Eligible)
			}
		}
		for eligible, want := range map[bool]int{false: 0, true: 2} {
			if got := a.WhoCan(action, false, at, eligible); len(got.Holders) != want {
				t.Errorf("%s: %d holders with eligible %v: %+v", action, len(got.Holders), eligible, got.Holders)
			}
		}
	}
	// Whoever joins leaves the policy's reach: the question about administrators sees it.
	c := NewConditionalAccess(inv, demo.ReadAt())
	q, _ := condaccess.QuestionByID("admin-mfa")
	if g := c.Set.Gaps(q, true); g.Asked != 2 || condaccess.People(g.Open) != 2 {
		t.Errorf("asked of %d administrators, %d in open regions", g.Asked, condaccess.People(g.Open))
	}
}
