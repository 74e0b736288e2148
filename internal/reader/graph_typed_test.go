package reader

import (
	"slices"
	"strings"
	"testing"
)

// TestReadTypedGraphObjects: a file that a person writes says of each object what it
// is, by azward's own type or by "@odata.type" ("unifiedRoleEligibilityScheduleInstance
// resource type" and the like), and holds no more members than it needs.
func TestReadTypedGraphObjects(t *testing.T) {
	dir := write(t, map[string]string{"tenant.json": `[
{"id":"g1","type":"Microsoft.Graph/groups","displayName":"G","members":["u1"]},
{"id":"u1","type":"microsoft.graph/Users","displayName":"U"},
{"id":"n1","@odata.type":"#microsoft.graph.compliantNetworkNamedLocation","displayName":"N"},
{"id":"e1","@odata.type":"#microsoft.graph.unifiedRoleEligibilityScheduleInstance","principalId":"u1","roleDefinitionId":"r1"},
{"id":"a1","@odata.type":"#microsoft.graph.unifiedRoleAssignmentScheduleInstance","principalId":"u1","roleDefinitionId":"r1"},
{"id":"s1","@odata.type":"#microsoft.graph.authenticationStrengthPolicy","displayName":"S"}]`})
	inv, err := Read(t.Context(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(show(inv, dir), func(s string) bool { return !strings.HasPrefix(s, "R ") && !strings.HasPrefix(s, "D ") })
	slices.Sort(got)
	want := []string{"R Microsoft.Graph/authenticationStrengthPolicies s1", "R Microsoft.Graph/groups g1", "R Microsoft.Graph/namedLocations n1",
		"R Microsoft.Graph/roleAssignmentScheduleInstances a1", "R Microsoft.Graph/roleEligibilityScheduleInstances e1", "R Microsoft.Graph/users u1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
