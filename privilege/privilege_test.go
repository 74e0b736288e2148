package privilege

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

type objects map[string][]string

func facts(t testing.TB, o objects) Facts {
	t.Helper()
	var b directory.Builder
	for collection, list := range o {
		b.DeclareRead(collection)
		for _, text := range list {
			v, err := jsondoc.ParseString(text)
			if err != nil {
				t.Fatal(err)
			}
			b.Add(collection, v)
		}
	}
	return Facts{Directory: b.Build(), Now: now}
}

func found(list []Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Rule.ID+" "+f.State.String()+" "+f.Principal+" "+f.Subject)
	}
	return out
}

const (
	ga   = "62e90394-69f5-4237-9190-012177145e10"
	user = "fe930be7-5e62-47db-91af-98c3a49a38b1"
)

// tenant is read whole: what is not in it does not exist.
func tenant() objects {
	return objects{
		"users": {`{"id":"u","userPrincipalName":"u@x","userType":"Member","accountEnabled":true}`, `{"id":"g","userPrincipalName":"g@y","userType":"Guest","accountEnabled":true}`,
			`{"id":"off","userPrincipalName":"off@x","userType":"Member","accountEnabled":false}`},
		"groups": {}, "servicePrincipals": {}, "applications": {}, "appRoleAssignments": {}, "servicePrincipalSignInActivities": {}, "roleAssignmentScheduleRequests": {},
		"roleManagementPolicies": {}, "roleManagementPolicyAssignments": {},
		"roleDefinitions": {`{"id":"` + ga + `","displayName":"Global Administrator"}`, `{"id":"` + user + `","displayName":"User Administrator"}`},
		"roleAssignments": {}, "roleAssignmentScheduleInstances": {}, "roleEligibilityScheduleInstances": {},
	}
}

func TestDirectoryRoles(t *testing.T) {
	for name, c := range map[string]struct {
		instance string
		eligible bool
		want     []string
	}{
		"standing":    {`{"id":"1","principalId":"u","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned","startDateTime":"2024-01-01T00:00:00Z"}`, false, []string{"standing-directory-role NonCompliant u Global Administrator"}},
		"activated":   {`{"id":"1","principalId":"u","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Activated","startDateTime":"2026-10-31T00:00:00Z","endDateTime":"2026-11-01T08:00:00Z"}`, false, nil},
		"with an end": {`{"id":"1","principalId":"u","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2027-01-01T00:00:00Z"}`, false, nil},
		"outside":     {`{"id":"1","principalId":"u","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned"}`, false, []string{"standing-directory-role NonCompliant u Global Administrator", "assigned-outside-pim NonCompliant u Global Administrator"}},
		"a guest":     {`{"id":"1","principalId":"g","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2027-01-01T00:00:00Z"}`, false, []string{"guest-with-privilege NonCompliant g Global Administrator"}},
		"disabled":    {`{"id":"1","principalId":"off","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2027-01-01T00:00:00Z"}`, false, []string{"disabled-account-with-privilege NonCompliant off Global Administrator"}},
		"gone":        {`{"id":"1","principalId":"z","roleDefinitionId":"` + ga + `","directoryScopeId":"/","assignmentType":"Assigned","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2027-01-01T00:00:00Z"}`, false, []string{"assignment-to-nobody NonCompliant z Global Administrator"}},
		"eligible, and nobody knows what the activation asks": {`{"id":"1","principalId":"u","roleDefinitionId":"` + user + `","directoryScopeId":"/"}`, true,
			[]string{"weak-activation Unknown  User Administrator", "unused-eligibility NonCompliant u User Administrator"}},
	} {
		o := tenant()
		if c.eligible {
			o["roleEligibilityScheduleInstances"] = []string{c.instance}
		} else {
			o["roleAssignmentScheduleInstances"] = []string{c.instance}
		}
		if got := found(Find(facts(t, o))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestActivationContextMustBeEnforced(t *testing.T) {
	o := tenant()
	o["roleEligibilityScheduleInstances"] = []string{`{"id":"1","principalId":"u","roleDefinitionId":"` + user + `","directoryScopeId":"/"}`}
	o["roleAssignmentScheduleRequests"] = []string{`{"id":"2","principalId":"u","roleDefinitionId":"` + user + `"}`}
	o["roleManagementPolicies"] = []string{`{"id":"p","rules":[{"id":"AuthenticationContext_EndUser_Assignment","@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyAuthenticationContextRule","isEnabled":true,"claimValue":"c2"}]}`}
	o["roleManagementPolicyAssignments"] = []string{`{"id":"a","policyId":"p","roleDefinitionId":"` + user + `","scopeId":"/","scopeType":"DirectoryRole"}`}
	for truth, want := range map[finding.Truth][]string{
		finding.True:  nil,
		finding.False: {"activation-context-not-enforced NonCompliant  User Administrator"},
		finding.Maybe: {"activation-context-not-enforced Unknown  User Administrator"},
	} {
		f := facts(t, o)
		f.ContextEnforced = func(context string) finding.Truth {
			if context != "c2" {
				t.Errorf("asked about %q", context)
			}
			return truth
		}
		if got := found(Find(f)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", truth, got, want)
		}
	}
}

func TestApplications(t *testing.T) {
	o := tenant()
	o["servicePrincipals"] = []string{
		`{"id":"graph","appId":"00000003-0000-0000-c000-000000000000","displayName":"Microsoft Graph","appRoles":[{"id":"r1","value":"RoleManagement.ReadWrite.Directory"},{"id":"r2","value":"User.Read.All"}]}`,
		`{"id":"sp","appId":"app","displayName":"Bridge"}`, `{"id":"idle","appId":"idleapp","displayName":"Idle"}`}
	o["appRoleAssignments"] = []string{`{"id":"1","principalId":"sp","resourceId":"graph","appRoleId":"r1"}`, `{"id":"2","principalId":"sp","resourceId":"graph","appRoleId":"r2"}`, `{"id":"3","principalId":"sp","resourceId":"other","appRoleId":"r9"}`}
	o["applications"] = []string{
		`{"id":"a","appId":"app","displayName":"Bridge","owners":[{"id":"u"}],"passwordCredentials":[{"keyId":"k1","startDateTime":"2026-10-01T00:00:00Z","endDateTime":"2036-10-01T00:00:00Z"},
			{"keyId":"k2","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2026-07-01T00:00:00Z"},{"keyId":"k3","startDateTime":"2026-06-01T00:00:00Z","endDateTime":"2026-11-20T00:00:00Z"}]}`,
		`{"id":"b","appId":"idleapp","displayName":"Idle","keyCredentials":[{"keyId":"k4","startDateTime":"2026-06-01T00:00:00Z","endDateTime":"2027-02-20T00:00:00Z"}]}`}
	o["servicePrincipalSignInActivities"] = []string{`{"id":"s","appId":"app","lastSignInActivity":{"lastSignInDateTime":"2026-10-30T00:00:00Z"}}`,
		`{"id":"t","appId":"idleapp","lastSignInActivity":{"lastSignInDateTime":"2026-01-30T00:00:00Z"}}`}
	got := found(Find(facts(t, o)))
	want := []string{
		"dangerous-application-permission Unknown sp r9",
		"dangerous-application-permission NonCompliant sp RoleManagement.ReadWrite.Directory",
		"owner-is-no-administrator NonCompliant u the application Bridge",
		"credential-long-lived NonCompliant a a password of Bridge",
		"credential-on-unused-application NonCompliant b the application Idle",
		"credential-expired NonCompliant a a password of Bridge",
		"credential-expiring NonCompliant a a password of Bridge",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAzureRolesByWhatTheyPermit(t *testing.T) {
	o := tenant()
	o["servicePrincipals"] = []string{`{"id":"mi","appId":"x","displayName":"vm1","servicePrincipalType":"ManagedIdentity"}`}
	o["groups"] = []string{`{"id":"grp","displayName":"Team","members":[{"id":"u"}]}`}
	f := facts(t, o)
	give := func(text string) {
		v, _ := jsondoc.ParseString(text)
		a, list := access.ParseAssignment(v)
		if list.Err() != nil {
			t.Fatal(list.Err())
		}
		f.Assignments = append(f.Assignments, a)
	}
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/1","properties":{"principalId":"mi","roleDefinitionId":"x/custom"}}`)
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/2","properties":{"principalId":"grp","roleDefinitionId":"x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`)
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/3","properties":{"principalId":"g","roleDefinitionId":"x/b24988ac-6180-42a0-ab88-20f7382dd24c"}}`)
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/4","properties":{"principalId":"u","roleDefinitionId":"x/nobodyreadit"}}`)
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/5","properties":{"principalId":"u","roleDefinitionId":"x/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}`)
	// One that was activated and one that ends do not stand.
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/6","properties":{"principalId":"u","roleDefinitionId":"x/custom","assignmentType":"Activated"}}`)
	give(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/7","properties":{"principalId":"u","roleDefinitionId":"x/custom","assignmentType":"Assigned","endDateTime":"2027-01-01T00:00:00Z"}}`)
	v, _ := jsondoc.ParseString(`{"name":"custom","properties":{"roleName":"Custom","permissions":[{"actions":["Microsoft.Authorization/*"]}]}}`)
	custom, _ := access.ParseRole(v)
	f.Azure = access.NewSystem(access.Config{Roles: append(access.FundamentalRoles(), custom), Assignments: f.Assignments})
	want := []string{
		"dangerous-azure-permission NonCompliant mi Custom",
		"guest-with-privilege NonCompliant g Contributor",
		"group-carries-role NonCompliant grp Owner",
		"standing-azure-role NonCompliant grp Owner",
		"standing-azure-role Unknown u nobodyreadit",
	}
	got := found(Find(f))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNothingReadIsUnknown(t *testing.T) {
	for _, f := range Find(Facts{Directory: new(directory.Builder).Build(), Now: now}) {
		if f.State != finding.Unknown || f.Missing == "" {
			t.Errorf("%s: %s %q", f.Rule.ID, f.State, f.Missing)
		}
	}
	if len(Find(Facts{Directory: new(directory.Builder).Build(), Now: now})) < 4 {
		t.Error("what was not read is passed over")
	}
}
