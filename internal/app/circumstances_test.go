package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
)

// listOf reads objects as one exported list.
func listOf(t *testing.T, objects ...string) *inventory.Inventory {
	t.Helper()
	return inventoryOf(t, "["+strings.Join(objects, ",")+"]")
}

const abacSub = "/subscriptions/10000000-0000-0000-0000-000000000001"

// TestExplainKnowsCircumstances: conditions are decided by what is told of a request,
// and by what the inventory knows. Source: "Actions and attributes for Azure role
// assignment conditions" and "Azure role assignment condition format and syntax".
func TestExplainKnowsCircumstances(t *testing.T) {
	const account = abacSub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/sa"
	assignment := func(condition string) string {
		return `{"id":"` + abacSub + `/providers/Microsoft.Authorization/roleAssignments/20000000-0000-0000-0000-000000000001","type":"Microsoft.Authorization/roleAssignments","name":"x",
 "properties":{"principalId":"u1","principalType":"User","roleDefinitionId":"/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","scope":"` + abacSub + `","condition":"` + condition + `"}}`
	}
	for _, c := range []struct {
		condition string
		told      []string
		want      finding.Truth
	}{
		{"@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'sa'", nil, finding.True},
		{"@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'other'", nil, finding.False},
		{"@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'c'", nil, finding.Maybe},
		{"@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'c'", []string{"@resource[microsoft.storage/storageaccounts/blobservices/containers:NAME]=c"}, finding.True},
		{"@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Eng_Project] StringEquals 'Baker'", nil, finding.True},
		{"@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Eng_Cost] NumericGreaterThan 5", nil, finding.True},
		{"Exists @Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Eng_None]", nil, finding.False},
		{"@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Eng_Project] StringEquals @Request[x]", []string{"@Request[x]=Baker"}, finding.True},
		{"@Environment[UtcNow] DateTimeLessThan '2000-01-01T00:00:00Z'", nil, finding.False},
		{"@Environment[isPrivateLink] BoolEquals true", nil, finding.Maybe},
		{"@Environment[isPrivateLink] BoolEquals true", []string{"@Environment[isPrivateLink]=false"}, finding.False},
		{"Exists @Request[x]", []string{"@Request[x]="}, finding.False},
	} {
		inv := listOf(t, assignment(c.condition), `{"id":"`+account+`","name":"sa","type":"Microsoft.Storage/storageAccounts","properties":{}}`,
			`{"id":"u1","type":"Microsoft.Graph/users","userPrincipalName":"u1@x.example","displayName":"U","customSecurityAttributes":{"Eng":{"Project":"Baker","Cost":7}}}`)
		a := NewAccess(inv)
		in := &Circumstances{Now: demo.ReadAt(), Attributes: Attributes{}}
		for _, s := range c.told {
			if err := in.Attributes.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		e := a.ExplainIn(a.Named("u1"), "Microsoft.Storage/storageAccounts/write", false, scopeID(t, account), in)
		if e.Allowed != c.want {
			t.Errorf("%s with %v: %s, want %s (%v)", c.condition, c.told, e.Allowed, c.want, e.Missing)
		}
	}
	for _, bad := range []string{"", "x=1", "@Request[x]", "@[x]=1", "@Request[]=1", "@Request=1"} {
		if err := (Attributes{}).Add(bad); err == nil {
			t.Errorf("%q is taken for an attribute", bad)
		}
	}
	if _, err := Condition("@Resource[a:name] StringEquals 'b'", "x/read", access.Azure, &Circumstances{}); err != nil {
		t.Error(err)
	}
}

// TestDenyThatMayApply: a deny assignment that may apply stops nobody who is granted
// nothing, and is not said to.
func TestDenyThatMayApply(t *testing.T) {
	inv := listOf(t, `{"id":"u1","type":"Microsoft.Graph/users","userPrincipalName":"u1@x.example","displayName":"U"}`, `{"id":"g1","type":"Microsoft.Graph/groups","displayName":"G"}`,
		`{"id":"`+abacSub+`/providers/Microsoft.Authorization/denyAssignments/30000000-0000-0000-0000-000000000001","type":"Microsoft.Authorization/denyAssignments","name":"d",
 "properties":{"denyAssignmentName":"d","scope":"`+abacSub+`","permissions":[{"actions":["*"]}],"principals":[{"id":"g1","type":"Group"}]}}`)
	a := NewAccess(inv)
	if e := a.Explain(a.Named("u1"), "Microsoft.Compute/virtualMachines/write", false, scopeID(t, abacSub)); e.Denied != "" {
		t.Errorf("denied by %s, allowed %s", e.Denied, e.Allowed)
	}
}

// TestInheritedDirectoryPermissions: "unifiedRoleDefinition resource type",
// inheritsPermissionsFrom.
func TestInheritedDirectoryPermissions(t *testing.T) {
	role := func(id, allowed, from string) string {
		return `{"id":"` + id + `","type":"Microsoft.Graph/roleDefinitions","displayName":"` + id + `","templateId":"` + id + `","isBuiltIn":true,"rolePermissions":[{"allowedResourceActions":["` + allowed + `"]}],"inheritsPermissionsFrom":[` + from + `]}`
	}
	inv := listOf(t, `{"id":"u1","type":"Microsoft.Graph/users","userPrincipalName":"u1@x.example","displayName":"U"}`,
		role("child", "microsoft.directory/groups/create", `{"id":"parent"}`), role("parent", "microsoft.directory/users/standard/read", `{"id":"child"}`), role("lone", "microsoft.directory/groups/create", `{"id":"gone"}`),
		`{"id":"a1","type":"Microsoft.Graph/roleAssignments","principalId":"u1","roleDefinitionId":"child","directoryScopeId":"/"}`)
	a := NewAccess(inv)
	for action, want := range map[string]finding.Truth{"microsoft.directory/users/standard/read": finding.True, "microsoft.directory/groups/create": finding.True, "microsoft.directory/users/password/update": finding.False} {
		if e := a.Explain(a.Named("u1"), action, false, scopeID(t, "/")); e.Allowed != want {
			t.Errorf("%s: %s, want %s", action, e.Allowed, want)
		}
	}
	for _, r := range a.dir.Roles() {
		if r.ID != "lone" {
			continue
		}
		if truth, missing := a.roleCovers(r, "microsoft.directory/users/standard/read", map[*directory.Role]bool{}); truth != finding.Maybe || !slices.ContainsFunc(missing, func(m string) bool { return strings.Contains(m, "gone") }) {
			t.Errorf("inherits from a role that was not read: %s %v", truth, missing)
		}
	}
}
