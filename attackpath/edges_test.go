package attackpath

import (
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// stage builds facts of collections, resources, roles and assignments as text:
// "collection {json}", "resource {json}", "role {json}", "assign {json}", "eligible {json}".
func stage(t *testing.T, lines ...string) Facts {
	t.Helper()
	var b directory.Builder
	inv := inventory.NewBuilder()
	roles := access.FundamentalRoles()
	f := Facts{}
	for _, l := range lines {
		kind, text, _ := strings.Cut(l, " ")
		v := parse(t, text)
		switch kind {
		case "resource":
			r, err := resource.New(v, "", resource.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			inv.Add(r)
		case "role":
			r, list := access.ParseRole(v)
			if list.Err() != nil {
				t.Fatal(list.Err())
			}
			roles = append(roles, r)
		case "assign", "eligible":
			a, list := access.ParseAssignment(v)
			if list.Err() != nil {
				t.Fatal(list.Err())
			}
			if kind == "assign" {
				f.Assignments = append(f.Assignments, a)
			} else {
				f.Eligible = append(f.Eligible, a)
			}
		default:
			b.Add(kind, v)
		}
	}
	f.Directory, f.Inventory = b.Build(), inv.Build()
	f.Azure = access.NewSystem(access.Config{Roles: roles, Assignments: f.Assignments})
	return f
}

// TestEdgesOfEachKind: steps that one fact more makes. Pages are those of the rules;
// "Azure built-in roles" for the roles' actions.
func TestEdgesOfEachKind(t *testing.T) {
	const (
		rg     = "/subscriptions/s1/resourceGroups/g"
		vm     = `resource {"id":"` + rg + `/providers/Microsoft.Compute/virtualMachines/vm1","name":"vm1","type":"Microsoft.Compute/virtualMachines","identity":{"principalId":"mi"}}`
		sub    = `resource {"id":"/subscriptions/s1","displayName":"Production"}`
		user   = `users {"id":"u","userPrincipalName":"u@x","userType":"Member","accountEnabled":true}`
		mi     = `servicePrincipals {"id":"mi","appId":"miid","displayName":"identity","servicePrincipalType":"ManagedIdentity"}`
		app    = `applications {"id":"app","appId":"appid","displayName":"App"}`
		sp     = `servicePrincipals {"id":"sp","appId":"appid","displayName":"App"}`
		graph  = `servicePrincipals {"id":"graph","appId":"00000003-0000-0000-c000-000000000000","displayName":"Microsoft Graph","appRoles":[{"id":"r1","value":"ServicePrincipalEndpoint.ReadWrite.All"}]}`
		holder = `{"id":"` + rg + `/providers/Microsoft.Authorization/roleAssignments/a","properties":{"principalId":"u","roleDefinitionId":"x/`
	)
	custom := func(actions, data string) string {
		return `role {"name":"custom","properties":{"roleName":"Custom","permissions":[{"actions":[` + actions + `],"dataActions":[` + data + `]}]}}`
	}
	for _, c := range []struct {
		name  string
		facts []string
		from  string
		to    string
		want  string
	}{
		{"an eligible Owner", []string{sub, user, `eligible {"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/e","properties":{"scope":"/subscriptions/s1","principalId":"u","roleDefinitionId":"x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`},
			"u@x", "Production", "u@x assigns-azure-roles Production | end the eligibility of u@x for the role Owner at Production"},
		{"who signs in to a machine as its administrator", []string{user, mi, vm, custom(``, `"Microsoft.Compute/virtualMachines/loginAsAdmin/action"`), "assign " + holder + `custom"}}`},
			"u@x", "identity", "u@x azure-permission vm1 | take the role Custom at g from u@x\nvm1 runs-as identity | take the identity identity from vm1"},
		{"managed run commands", []string{user, mi, vm, custom(`"Microsoft.Compute/virtualMachines/runCommands/write"`, ``), "assign " + holder + `custom"}}`},
			"u@x", "identity", "u@x azure-permission vm1 | take the role Custom at g from u@x\nvm1 runs-as identity | take the identity identity from vm1"},
		{"a cluster and the machines of its nodes", []string{user, mi, custom(`"Microsoft.ContainerService/managedClusters/runcommand/action"`, ``), "assign " + holder + `custom"}}`,
			`resource {"id":"` + rg + `/providers/Microsoft.ContainerService/managedClusters/aks","name":"aks","type":"Microsoft.ContainerService/managedClusters","properties":{"nodeResourceGroup":"MC_g"}}`,
			`resource {"id":"/subscriptions/s1/resourceGroups/mc_g/providers/Microsoft.Compute/virtualMachineScaleSets/nodes","name":"nodes","type":"Microsoft.Compute/virtualMachineScaleSets","identity":{"principalId":"mi"}}`},
			"u@x", "identity", "u@x azure-permission aks | take the role Custom at g from u@x\naks cluster-node nodes | \nnodes runs-as identity | take the identity identity from nodes"},
		{"the identity that a cluster pulls images with", []string{user, mi, custom(``, `"Microsoft.ContainerService/managedClusters/*"`), "assign " + holder + `custom"}}`,
			`resource {"id":"` + rg + `/providers/Microsoft.ContainerService/managedClusters/aks","name":"aks","type":"Microsoft.ContainerService/managedClusters","properties":{"identityProfile":{"kubeletidentity":{"objectId":"mi"}}}}`},
			"u@x", "identity", "u@x azure-permission aks | take the role Custom at g from u@x\naks runs-as identity | take the identity identity from aks"},
		{"a registry's tasks", []string{user, mi, custom(`"Microsoft.ContainerRegistry/registries/tasks/write"`, ``), "assign " + holder + `custom"}}`,
			`resource {"id":"` + rg + `/providers/Microsoft.ContainerRegistry/registries/acr","name":"acr","type":"Microsoft.ContainerRegistry/registries","identity":{"principalId":"mi"}}`},
			"u@x", "identity", "u@x azure-permission acr | take the role Custom at g from u@x\nacr runs-as identity | take the identity identity from acr"},
		{"an application that trusts a managed identity", []string{mi, sp, `applications {"id":"app","appId":"appid","displayName":"App","federatedIdentityCredentials":[{"issuer":"https://login.microsoftonline.com/t/v2.0","subject":"mi"}]}`},
			"identity", "sp", "identity federated-credential App | take the federated credential for identity from the application App\nApp signs-in-as App | "},
		{"one that trusts somebody elsewhere", []string{mi, sp, `applications {"id":"app","appId":"appid","displayName":"App","federatedIdentityCredentials":[{"issuer":"https://token.actions.githubusercontent.com","subject":"mi"}]}`},
			"identity", "sp", ""},
		{"who may change service principals", []string{mi, graph, app, sp, `appRoleAssignments {"id":"1","principalId":"mi","resourceId":"graph","appRoleId":"r1"}`},
			"identity", "sp", "identity permission-adds-credential App | take the permission ServicePrincipalEndpoint.ReadWrite.All from identity"},
		{"a Knowledge Administrator", []string{user, `groups {"id":"g1","displayName":"Team","members":[]}`, `roleAssignments {"id":"1","principalId":"u","roleDefinitionId":"b5a8dcf3-09d5-43a9-a639-8e29ef291470","directoryScopeId":"/"}`},
			"u@x", "Team", "u@x holds-role Knowledge Administrator | take the role Knowledge Administrator from u@x\nKnowledge Administrator adds-member Team | "},
	} {
		m := Derive(stage(t, c.facts...))
		from, to := m.FindAll(c.from), m.FindAll(c.to)
		if len(from) == 0 || len(to) == 0 {
			t.Errorf("%s: %s or %s is nowhere", c.name, c.from, c.to)
			continue
		}
		var got []string
		for _, s := range m.Steps(m.To(to[len(to)-1:], nil).Path(from[0])) {
			got = append(got, s.From.String()+" "+s.Rule+" "+s.To.String()+" | "+s.Cut)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), c.want)
		}
	}
}

// TestOneAssignmentIsOneChange: all that a role assignment gives goes with it, and two
// roles of one person at one scope are two changes.
func TestOneAssignmentIsOneChange(t *testing.T) {
	const rg = "/subscriptions/s1/resourceGroups/g"
	lines := []string{`users {"id":"u","userPrincipalName":"u@x","userType":"Member","accountEnabled":true}`,
		`role {"name":"custom","properties":{"roleName":"Custom","permissions":[{"actions":["Microsoft.Compute/*","Microsoft.Web/*"]}]}}`,
		`role {"name":"other","properties":{"roleName":"Other","permissions":[{"actions":["Microsoft.Compute/*"]}]}}`,
		`assign {"id":"` + rg + `/providers/Microsoft.Authorization/roleAssignments/a","properties":{"principalId":"u","roleDefinitionId":"x/custom"}}`,
		`assign {"id":"` + rg + `/providers/Microsoft.Authorization/roleAssignments/b","properties":{"principalId":"u","roleDefinitionId":"x/other"}}`,
		`resource {"id":"` + rg + `/providers/Microsoft.Compute/virtualMachines/vm1","name":"vm1","type":"Microsoft.Compute/virtualMachines"}`,
		`resource {"id":"` + rg + `/providers/Microsoft.Web/sites/web1","name":"web1","type":"Microsoft.Web/sites"}`}
	m := Derive(stage(t, lines...))
	changes := func(targets ...Node) []string {
		var out []string
		for _, c := range m.Changes(targets, m.FindAll("u@x"), 5) {
			out = append(out, c.Change)
		}
		slices.Sort(out)
		return out
	}
	vm, web := m.FindAll("vm1")[0], m.FindAll("web1")[0]
	if got := changes(web); !slices.Equal(got, []string{"take the role Custom at g from u@x"}) {
		t.Errorf("to the site: %q", got)
	}
	if got := changes(vm, web); !slices.Equal(got, []string{"take the role Custom at g from u@x", "take the role Other at g from u@x"}) {
		t.Errorf("to both: %q", got)
	}
}
