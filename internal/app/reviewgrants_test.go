package app

import (
	"fmt"
	"slices"
	"testing"

	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/review"
)

// TestReviewItemsOfEveryKind: whatever gives access is under review once, as the kind
// that its removal needs. Members of a directory role have no ids of their own; what
// PIM activated is not reviewed beside what it was activated from; what no command
// removes says so.
func TestReviewItemsOfEveryKind(t *testing.T) {
	const ga = "62e90394-69f5-4237-9190-012177145e10"
	azure := func(typ, name, principal, more string) string {
		return `{"id":"` + abacSub + `/providers/Microsoft.Authorization/` + typ + `/` + name + `","type":"Microsoft.Authorization/` + typ + `","name":"` + name + `","properties":{"principalId":"` + principal +
			`","roleDefinitionId":"` + abacSub + `/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","scope":"` + abacSub + `"` + more + `}}`
	}
	inv := listOf(t, `{"id":"`+abacSub+`","type":"Microsoft.Resources/subscriptions","name":"sub","displayName":"sub"}`,
		`{"id":"u1","type":"Microsoft.Graph/users","userPrincipalName":"u1@x.example","displayName":"U1"}`, `{"id":"u2","type":"Microsoft.Graph/users","userPrincipalName":"u2@x.example","displayName":"U2"}`,
		azure("roleAssignments", "r1", "u1", ""), azure("roleAssignments", "r2", "u2", ""), azure("roleAssignmentScheduleInstances", "i2", "u2", `,"assignmentType":"Activated","originRoleAssignmentId":"`+abacSub+`/providers/Microsoft.Authorization/roleAssignments/r2"`),
		azure("roleEligibilityScheduleInstances", "e2", "u2", ""),
		`{"id":"`+abacSub+`/providers/Microsoft.Authorization/classicAdministrators/c1","type":"Microsoft.Authorization/classicAdministrators","name":"c1","properties":{"emailAddress":"u1@x.example","role":"CoAdministrator"}}`,
		`{"id":"d1","type":"Microsoft.Graph/directoryRoles","roleTemplateId":"`+ga+`","displayName":"Global Administrator","members":[{"id":"u1"},{"id":"u2"}]}`,
		`{"id":"s1","@odata.type":"#microsoft.graph.unifiedRoleAssignmentScheduleInstance","principalId":"u1","roleDefinitionId":"f2ef992c-3afb-46b9-b7cf-a126ee74c451","directoryScopeId":"/","assignmentType":"Assigned"}`,
		`{"id":"g1","type":"Microsoft.Graph/groups","displayName":"Rule","groupTypes":["DynamicMembership"],"members":["u1"]}`, `{"id":"g2","type":"Microsoft.Graph/groups","displayName":"Old","onPremisesSyncEnabled":true,"members":["u1"]}`,
		`{"id":"g3","type":"Microsoft.Graph/groups","displayName":"Plain","members":["u1"]}`)
	c := &review.Campaign{Azure: []string{"sub"}, Directory: "all", Groups: []string{"Rule", "Old", "Plain"}, Permission: true, Stale: 90}
	items, err := NewAccess(inv).ReviewItems(c, demo.ReadAt())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range items {
		got = append(got, fmt.Sprintf("%s %s %s %v", it.Kind, it.PrincipalID, it.What, it.Note != ""))
	}
	want := []string{
		"azureRole u1 Owner false", "classicAdministrator u1 Owner true", "directoryRoleMember u1 Global Administrator false", "directoryRoleMember u2 Global Administrator false",
		"eligibleAzureRole u2 Owner false", "groupMember u1 Old true", "groupMember u1 Plain false", "groupMember u1 Rule true", "scheduledDirectoryRole u1 Global Reader false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
