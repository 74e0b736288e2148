package directory

import (
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
)

func add(t *testing.T, b *Builder, collection, body string) {
	t.Helper()
	v, err := jsondoc.ParseString(body)
	if err != nil {
		t.Fatal(err)
	}
	b.Add(collection, v)
}

func TestMembershipThroughCycles(t *testing.T) {
	var b Builder
	add(t, &b, Users, `{"id":"U1","userPrincipalName":"ann@contoso.com","userType":"Member"}`)
	add(t, &b, Groups, `{"id":"a","members":[{"id":"b"}]}`)
	add(t, &b, Groups, `{"Id":"b","Members":[{"Id":"c"},{"id":"u1"}]}`)
	add(t, &b, Groups, `{"id":"c","members":[{"id":"a"}]}`)
	add(t, &b, Groups, `{"id":"d","members":[]}`)
	add(t, &b, Groups, `{"id":"unread"}`)
	d := b.Build()
	for g, want := range map[string]Tri{"a": True, "B": True, "c": True, "d": False, "unread": Unknown, "deleted": Unknown} {
		if got := d.InGroup("u1", g); got != want {
			t.Errorf("InGroup(u1, %s) = %v, want %v", g, got, want)
		}
	}
	if got := d.MembersOf("c"); len(got) != 1 || got[0] != "u1" {
		t.Errorf("MembersOf(c) = %v", got)
	}
	var cycle bool
	for _, x := range d.Diagnostics() {
		cycle = cycle || x.Code == "CAD0006" && strings.Contains(x.Message, "nested in itself")
	}
	if !cycle {
		t.Error("no diagnostic for the cycle")
	}
	if u, ok := d.User("ANN@contoso.com"); !ok || u.External != False {
		t.Errorf("user by name: %v %v", u, ok)
	}
}

func TestRoles(t *testing.T) {
	var b Builder
	ga := "62e90394-69f5-4237-9190-012177145e10"
	add(t, &b, Users, `{"id":"u1"}`)
	add(t, &b, Users, `{"id":"u2"}`)
	add(t, &b, Groups, `{"id":"g","isAssignableToRole":true,"members":[{"id":"u2"}]}`)
	add(t, &b, RoleAssignments, `{"id":"1","principalId":"u1","roleDefinitionId":"`+ga+`","directoryScopeId":"/administrativeUnits/x"}`)
	add(t, &b, RoleAssignments, `{"id":"2","principalId":"g","roleDefinitionId":"`+ga+`","directoryScopeId":"/"}`)
	add(t, &b, RoleEligibilityInstances, `{"id":"3","principalId":"u1","roleDefinitionId":"`+ga+`","directoryScopeId":"/","endDateTime":"/Date(1682375279586)/"}`)
	add(t, &b, RoleManagementPolicies, `{"id":"p","rules":[{"id":"Enablement_EndUser_Assignment","enabledRules":["MultiFactorAuthentication"]},
		{"id":"AuthenticationContext_EndUser_Assignment","isEnabled":true,"claimValue":"c1"}]}`)
	add(t, &b, RoleManagementAssignments, `{"id":"x","policyId":"p","roleDefinitionId":"`+ga+`"}`)
	d := b.Build()
	if r := d.RolesOf("u1", false); len(r) != 1 || r[0].TenantWide() {
		t.Errorf("u1 active: %v", r)
	}
	if r := d.RolesOf("u1", true); len(r) != 1 || !r[0].TenantWide() || r[0].Permanent() {
		t.Errorf("u1 eligible: %v", r)
	}
	if r := d.RolesOf("u2", false); len(r) != 1 || r[0].ViaGroup != "g" || r[0].Role.DisplayName != "Global Administrator" {
		t.Errorf("u2 active: %v", r)
	}
	a, ok := d.Activation(ga)
	if !ok || a.MFA != True || a.Justification != False || a.AuthenticationContext != "c1" || a.Approval != Unknown {
		t.Errorf("activation: %+v", a)
	}
}

func TestParseTime(t *testing.T) {
	for _, in := range []string{"/Date(1618315427741)/", "/Date(1618315427741+0000)/", "2021-04-13T12:03:47.741Z", "2021-04-13T14:03:47.741+02:00"} {
		got, ok := ParseTime(in)
		if !ok || got.UnixMilli() != 1618315427741 {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "/Date(x)/", "/Date(9999999999999999)/", "0001-01-01T00:00:00Z", "yesterday"} {
		if _, ok := ParseTime(in); ok {
			t.Errorf("%q is no time", in)
		}
	}
}
