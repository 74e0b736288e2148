package app

import (
	"strings"
	"testing"
)

// factOf returns what accessFacts says of one thing.
func factOf(t *testing.T, text, key string) string {
	t.Helper()
	inv := inventoryOf(t, text)
	return accessFacts(inv, newTenant(inv, testNow))[strings.ToLower(key)].String()
}

func TestEffectiveOwners(t *testing.T) {
	const custom = `{"id":"` + badSub + `/providers/Microsoft.Authorization/roleDefinitions/c1","type":"Microsoft.Authorization/roleDefinitions","name":"c1","properties":{"roleName":"Quiet","type":"CustomRole","permissions":[{"actions":["Microsoft.Authorization/*"]}]}}`
	assign := func(id, principal, kind, role, condition string) string {
		return `{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/` + id + `","type":"Microsoft.Authorization/roleAssignments","name":"` + id + `","properties":{"principalId":"` + principal + `","principalType":"` + kind + `","roleDefinitionId":"/x/` + role + `","scope":"` + badSub + `"` + condition + `}}`
	}
	const owner, uaa = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
	graph := func(group string) string {
		return `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"u1","userPrincipalName":"u1@x"},{"id":"u2","userPrincipalName":"u2@x"},{"id":"v","userPrincipalName":"v@y","userType":"Guest"}]},
			{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups","value":[` + group + `]},
			{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals","value":[{"id":"s","appId":"sa","displayName":"S"}]}`
	}
	const read = `{"azward":"manifest","version":1,"entries":[{"type":"Microsoft.Authorization/roleAssignments","scope":"` + badSub + `","state":"complete"}]}`
	const sub = `{"id":"` + badSub + `","type":"Microsoft.Resources/subscriptions","name":"0b1f6471-1bf0-4dda-aec3-111122223333"}`
	group := `{"id":"g","displayName":"G","members":[{"id":"u1"},{"id":"u2"},{"id":"v"}]}`
	for name, c := range map[string]struct {
		parts []string
		want  string
	}{
		"a group counts by its members": {[]string{assign("1", "g", "Group", owner, ""), graph(group)}, `{"effectiveOwners":3,"effectiveGuestOwners":1,"effectiveServicePrincipalOwners":0,"effectiveOwnerNames":["u1@x","u2@x","v@y"]}`},
		"a custom role, by what it permits": {[]string{custom, assign("1", "s", "ServicePrincipal", "c1", ""), graph(group)},
			`{"effectiveOwners":0,"effectiveGuestOwners":0,"effectiveServicePrincipalOwners":1,"effectiveOwnerNames":["S"]}`},
		"delegation with limits is none": {[]string{assign("1", "u1", "User", uaa, `,"condition":"@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}"`), graph(group)},
			`{"effectiveOwners":0,"effectiveGuestOwners":0,"effectiveServicePrincipalOwners":0,"effectiveOwnerNames":[]}`},
		"members were not read": {[]string{assign("1", "g", "Group", owner, ""), graph(`{"id":"g","displayName":"G"}`)}, `{"effectiveOwnerNames":[],"unknown":{"effectiveOwners":"members of group g"`},
		"the role was not read": {[]string{assign("1", "u1", "User", "nobodyreadit", ""), graph(group)}, `{"effectiveGuestOwners":0,"effectiveServicePrincipalOwners":0,"effectiveOwnerNames":[],"unknown":{"effectiveOwners":"role definition nobodyreadit"}}`},
	} {
		got := factOf(t, "["+strings.Join(append([]string{read, sub}, c.parts...), ",\n")+"]", badSub)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if got := factOf(t, "["+sub+","+graph(group)+"]", badSub); !strings.Contains(got, `"unknown":{"effectiveOwners":"Microsoft.Authorization/roleAssignments at `) {
		t.Errorf("assignments were not read: %s", got)
	}
}

func TestPrincipalExists(t *testing.T) {
	at := func(name string) string { return badSub + "/providers/Microsoft.Authorization/roleAssignments/" + name }
	for name, want := range map[string]string{"a1": `{"principalExists":true,`, "a2": `{"principalExists":false,`} {
		if got := factOf(t, badTenant, at(name)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	part := strings.Replace(badTenant, `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals","value":[]}`, `{"azward":"manifest","version":1,"entries":[]}`, 1)
	if got := factOf(t, part, at("a2")); !strings.HasPrefix(got, `{"unknown":{"principalExists":"Microsoft.Graph/`) {
		t.Errorf("service principals were not read: %s", got)
	}
}

func TestPrincipalEnabled(t *testing.T) {
	const at = badSub + "/providers/Microsoft.Authorization/roleAssignments/a"
	for name, c := range map[string]struct{ principal, user, want string }{
		"may sign in":      {"u1", `{"id":"u1","userPrincipalName":"u1@x","accountEnabled":true}`, `"principalEnabled":true`},
		"is blocked":       {"u1", `{"id":"u1","userPrincipalName":"u1@x","accountEnabled":false}`, `"principalEnabled":false`},
		"nobody asked":     {"u1", `{"id":"u1","userPrincipalName":"u1@x"}`, `"principalEnabled":"Microsoft.Graph/users were read without accountEnabled"`},
		"is not known":     {"u2", `{"id":"u1","userPrincipalName":"u1@x","accountEnabled":true}`, `"principalEnabled":"Microsoft.Graph/`},
		"a group may, too": {"g", `{"id":"u1","userPrincipalName":"u1@x","accountEnabled":true}`, `"principalEnabled":true`},
	} {
		got := factOf(t, `[{"id":"`+at+`","type":"Microsoft.Authorization/roleAssignments","properties":{"principalId":"`+c.principal+`","scope":"`+badSub+`"}},
			{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[`+c.user+`]},
			{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups","value":[{"id":"g","displayName":"G","members":[]}]}]`, at)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestPathFactsAreUnknownWhereSomethingWasNotRead(t *testing.T) {
	const key = "/providers/Microsoft.Graph/users/u1"
	got := factOf(t, badTenant, key)
	if !strings.Contains(got, `"ordinaryAccount":true`) || !strings.Contains(got, `"unknown":{"standingPrivilege":"Microsoft.Graph/roleAssignmentScheduleInstances`) || !strings.Contains(got, `"reachesGlobalAdministrator":"`) {
		t.Error(got)
	}
}
