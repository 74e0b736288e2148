package attackpath

import (
	"strings"
	"testing"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func parse(t testing.TB, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tenant is a desk that resets passwords, an application that may give roles,
// and a machine that runs as an Owner.
func tenant(t testing.TB) Facts {
	var b directory.Builder
	add := func(collection, text string) { b.Add(collection, parse(t, text)) }
	add("users", `{"id":"desk","userPrincipalName":"desk@x","userType":"Member","accountEnabled":true}`)
	add("users", `{"id":"dev","userPrincipalName":"dev@x","userType":"Member","accountEnabled":true}`)
	add("users", `{"id":"guarded","userPrincipalName":"guarded@x","userType":"Member","accountEnabled":true}`)
	add("users", `{"id":"clinic","userPrincipalName":"clinic@x","userType":"Member","accountEnabled":true}`)
	add("users", `{"id":"ops","userPrincipalName":"ops@x","userType":"Member","accountEnabled":true}`)
	add("users", `{"id":"off","userPrincipalName":"off@x","userType":"Member","accountEnabled":false}`)
	add("groups", `{"id":"desks","displayName":"Desks","isAssignableToRole":true,"members":[{"id":"desk"}]}`)
	add("groups", `{"id":"tier0","displayName":"Tier 0","isAssignableToRole":true,"members":[{"id":"guarded"}]}`)
	add("roleDefinitions", `{"id":"729827e3-9c14-49f7-bb1b-9608f156bbb8","displayName":"Helpdesk Administrator"}`)
	add("roleDefinitions", `{"id":"62e90394-69f5-4237-9190-012177145e10","displayName":"Global Administrator"}`)
	add("roleAssignments", `{"id":"1","principalId":"desks","roleDefinitionId":"729827e3-9c14-49f7-bb1b-9608f156bbb8","directoryScopeId":"/"}`)
	add("applications", `{"id":"app","appId":"appid","displayName":"Bridge","owners":[{"id":"dev"},{"id":"guarded"}]}`)
	add("servicePrincipals", `{"id":"sp","appId":"appid","displayName":"Bridge"}`)
	add("servicePrincipals", `{"id":"graph","appId":"00000003-0000-0000-c000-000000000000","displayName":"Microsoft Graph",
		"appRoles":[{"id":"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8","value":"RoleManagement.ReadWrite.Directory"}]}`)
	add("servicePrincipals", `{"id":"mi","appId":"miid","displayName":"vm1","servicePrincipalType":"ManagedIdentity"}`)
	add("appRoleAssignments", `{"id":"2","principalId":"sp","resourceId":"graph","appRoleId":"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"}`)

	inv := inventory.NewBuilder()
	put := func(text string) {
		r, err := resource.New(parse(t, text), "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		inv.Add(r)
	}
	put(`{"id":"/subscriptions/s1","displayName":"Production"}`)
	put(`{"id":"/subscriptions/s1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1","name":"vm1","type":"Microsoft.Compute/virtualMachines",
		"identity":{"type":"SystemAssigned","principalId":"mi"}}`)
	f := Facts{Directory: b.Build(), Inventory: inv.Build()}
	role := func(text string) *access.Role {
		r, list := access.ParseRole(parse(t, text))
		if list.Err() != nil {
			t.Fatal(list.Err())
		}
		return r
	}
	give := func(text string) {
		a, list := access.ParseAssignment(parse(t, text))
		if list.Err() != nil {
			t.Fatal(list.Err())
		}
		f.Assignments = append(f.Assignments, a)
	}
	give(`{"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/a1","properties":{"principalId":"mi","roleDefinitionId":"x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`)
	give(`{"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/a2","properties":{"principalId":"ops","roleDefinitionId":"x/runner"}}`)
	give(`{"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/a3","properties":{"principalId":"clinic","roleDefinitionId":"x/restarter"}}`)
	roles := append(access.FundamentalRoles(),
		role(`{"name":"runner","properties":{"roleName":"Runner","permissions":[{"actions":["Microsoft.Compute/virtualMachines/*"],"notActions":[]}]}}`),
		role(`{"name":"restarter","properties":{"roleName":"Restarter","permissions":[{"actions":["Microsoft.Compute/virtualMachines/*"],"notActions":["Microsoft.Compute/virtualMachines/runCommand/action","Microsoft.Compute/virtualMachines/runCommands/*","Microsoft.Compute/virtualMachines/extensions/*"]}]}}`))
	f.Azure = access.NewSystem(access.Config{Roles: roles, Assignments: f.Assignments, Denies: f.Denies})
	return f
}

func path(m *Model, from string, to Node) string {
	var out []string
	for _, s := range m.Steps(m.To([]Node{to}, nil).Path(m.FindAll(from)[0])) {
		out = append(out, s.From.String()+" "+s.Rule+" "+s.To.String())
	}
	return strings.Join(out, "\n")
}

func TestDerivedPaths(t *testing.T) {
	m := Derive(tenant(t))
	want := `desk@x member-of Desks
Desks holds-role Helpdesk Administrator
Helpdesk Administrator resets-password dev@x
dev@x owns-application Bridge
Bridge signs-in-as Bridge
Bridge permission-gives-role Global Administrator`
	if got := path(m, "desk@x", m.GlobalAdministrator()); got != want {
		t.Errorf("path:\n%s\nwant:\n%s", got, want)
	}
	// A custom role counts by what it permits: one that may run commands in a
	// machine acts as the machine's identity, one that may not does not.
	sub := m.FindAll("Production")[0]
	want = "ops@x azure-permission vm1\nvm1 runs-as vm1\nvm1 assigns-azure-roles Production"
	if got := path(m, "ops@x", sub); got != want {
		t.Errorf("path:\n%s\nwant:\n%s", got, want)
	}
	reach := m.To([]Node{sub}, nil)
	if c := reach.Cost(m.FindAll("clinic@x")[0]); c != Unreachable {
		t.Errorf("whoever may not run commands reaches the subscription at cost %d", c)
	}
	// Nobody at the desk resets the password of a member of a role-assignable group.
	for _, e := range m.To([]Node{m.FindAll("guarded@x")[0]}, nil).Path(m.FindAll("desk@x")[0]) {
		t.Errorf("the desk reaches a guarded account: %+v", m.Steps([]Edge{e}))
	}
}

func TestChangesCutEveryPath(t *testing.T) {
	m := Derive(tenant(t))
	target := []Node{m.GlobalAdministrator()}
	desk := m.FindAll("desk@x")
	changes := m.Changes(target, desk, 1)
	if len(changes) != 1 || changes[0].Freed != 1 || changes[0].Change == "" {
		t.Fatalf("changes: %+v", changes)
	}
	if strings.Contains(changes[0].Change, "{") {
		t.Errorf("a name is missing in %q", changes[0].Change)
	}
}

func TestSecondFactorWeighs(t *testing.T) {
	f := tenant(t)
	cheap := Derive(f)
	f.SecondFactor = func(string) finding.Truth { return finding.True }
	dear := Derive(f)
	cost := func(m *Model) uint32 {
		return m.To([]Node{m.GlobalAdministrator()}, nil).Cost(m.FindAll("desk@x")[0])
	}
	if cost(dear) != cost(cheap)+secondFactorCost {
		t.Errorf("cost %d with a second factor, %d without", cost(dear), cost(cheap))
	}
}

func TestDenyAssignmentStopsASite(t *testing.T) {
	f := tenant(t)
	deny, list := access.ParseDeny(parse(t, `{"id":"/subscriptions/s1/providers/Microsoft.Authorization/denyAssignments/d","properties":{"denyAssignmentName":"locked",
		"permissions":[{"actions":["Microsoft.Compute/*"]}],"principals":[{"id":"00000000-0000-0000-0000-000000000000"}]}}`))
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	f.Denies = []*access.Deny{deny}
	f.Azure = access.NewSystem(access.Config{Roles: append(access.FundamentalRoles(), mustRole(t)), Assignments: f.Assignments, Denies: f.Denies})
	m := Derive(f)
	if c := m.To(m.FindAll("Production"), nil).Cost(m.FindAll("ops@x")[0]); c != Unreachable {
		t.Errorf("a deny assignment stops every action on machines, and the path costs %d", c)
	}
}

func mustRole(t testing.TB) *access.Role {
	r, list := access.ParseRole(parse(t, `{"name":"runner","properties":{"roleName":"Runner","permissions":[{"actions":["Microsoft.Compute/virtualMachines/*"]}]}}`))
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	return r
}

func TestEveryRuleIsWhole(t *testing.T) {
	names := map[string]bool{}
	for i, r := range Rules() {
		if r.Name == "" || r.Says == "" || r.Cost == 0 || r.Page == "" || names[r.Name] {
			t.Errorf("rule %d is not whole, or its name is taken: %+v", i, r)
		}
		names[r.Name] = true
	}
}

func TestWhatWasNotReadIsSaid(t *testing.T) {
	var b directory.Builder
	b.Add("groups", parse(t, `{"id":"g","displayName":"Closed"}`))
	m := Derive(Facts{Directory: b.Build()})
	if got := strings.Join(m.Missing(), "\n"); !strings.Contains(got, "Closed") || !strings.Contains(got, "users was not read") {
		t.Errorf("missing: %s", got)
	}
}
