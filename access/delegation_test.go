package access

import (
	"slices"
	"testing"

	"github.com/azward/azward/finding"
)

// Source: "Delegate the Azure role assignment task to others with conditions".
func TestDelegationWithLimitsIsNotPowerOverEverything(t *testing.T) {
	sub := scope(t, "/subscriptions/s")
	for condition, want := range map[string]finding.Truth{
		"": finding.True,
		"((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}))":                                                                    finding.False,
		"((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {8e3af657a8ff443ca75c2fe8c4bcb635}))":                                                                        finding.True,
		"((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657a8ff443ca75c2fe8c4bcb635, 18d7d88dd35e4fb5a5c37773c20a72d9, f58310d9a9f6439a9e8df62e7b41a168}))": finding.False,
		"((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'User'))":                                                                                                                       finding.Maybe,
	} {
		a := &Assignment{ID: "a", Principal: "u", Role: RoleUserAccessAdministrator, Scope: sub}
		if condition != "" {
			a.Condition = mustCondition(t, condition)
		}
		sys := NewSystem(Config{Roles: FundamentalRoles(), Assignments: []*Assignment{a}})
		got, missing := sys.MayAssignAnyRole(a)
		if got != want || (got == finding.Maybe) != (len(missing) > 0) {
			t.Errorf("%s: %v %v, want %v", condition, got, missing, want)
		}
	}
}

func TestDenyForAGroupThatWasNotRead(t *testing.T) {
	sub := scope(t, "/subscriptions/s")
	parse := func(principals, excluded string) *Deny {
		d, list := ParseDeny(body(t, `{"id":"/subscriptions/s/providers/Microsoft.Authorization/denyAssignments/d","properties":{"permissions":[{"actions":["*"]}],
			"principals":[`+principals+`],"excludePrincipals":[`+excluded+`]}}`))
		if list != nil {
			t.Fatal(list)
		}
		return d
	}
	const everyone = `{"id":"00000000-0000-0000-0000-000000000000","type":"SystemDefined"}`
	for name, c := range map[string]struct {
		deny    *Deny
		want    finding.Truth
		missing string
	}{
		"names a group that was not read":         {parse(`{"id":"dark","type":"Group"}`, ""), finding.Maybe, "members of group dark"},
		"names a group that was read":             {parse(`{"id":"light","type":"Group"}`, ""), finding.True, ""},
		"leaves out a group that was not read":    {parse(everyone, `{"id":"dark","type":"Group"}`), finding.Maybe, "members of group dark"},
		"leaves out a group that was read":        {parse(everyone, `{"id":"light","type":"Group"}`), finding.False, ""},
		"names another person":                    {parse(`{"id":"x","type":"User"}`, ""), finding.True, ""},
		"names the person, leaves out nobody":     {parse(`{"id":"u","type":"User"}`, ""), finding.False, ""},
		"names the person and leaves it out too":  {parse(`{"id":"u","type":"User"}`, `{"id":"u","type":"User"}`), finding.True, ""},
		"names the person, leaves out dark group": {parse(`{"id":"u","type":"User"}`, `{"id":"dark","type":"Group"}`), finding.Maybe, "members of group dark"},
	} {
		sys := NewSystem(Config{
			Roles: FundamentalRoles(), Assignments: []*Assignment{{ID: "a", Principal: "u", Role: RoleOwner, Scope: sub}}, Denies: []*Deny{c.deny},
			MembersOf: func(g string) ([]string, bool) { return nil, g == "light" },
		})
		d := sys.Check(Question{Principal: "u", Action: "a/b", Scope: sub})
		if d.Allowed != c.want || c.missing != "" && !slices.Contains(d.Missing, c.missing) {
			t.Errorf("%s: %v %v", name, d.Allowed, d.Missing)
		}
	}
}

func TestWhoCanListsAGroupThatWasReadInPart(t *testing.T) {
	sub := scope(t, "/subscriptions/s")
	sys := NewSystem(Config{
		Roles: FundamentalRoles(), Assignments: []*Assignment{{ID: "a", Principal: "g", PrincipalType: "Group", Role: RoleOwner, Scope: sub}},
		MembersOf: func(string) ([]string, bool) { return []string{"u"}, false },
	})
	who := sys.WhoCan("a/b", false, sub)
	if len(who) != 2 || who[0].Principal != "g" || who[0].Allowed != finding.Maybe || who[1].Principal != "u" || who[1].Allowed != finding.True {
		t.Errorf("%+v", who)
	}
}
