package condaccess_test

import (
	"testing"

	"github.com/azward/azward/condaccess"
)

// TestWhatCannotBeMet: "Conditional Access: Conditions", client apps; "Conditional
// Access: Grant"; "Authentication and Conditional Access for B2B users".
func TestWhatCannotBeMet(t *testing.T) {
	for _, c := range []struct {
		name, controls, signIn string
		want                   int
	}{
		{"a legacy client and a second factor", `"mfa"`, `{"userId":"m","appId":"a-1","clientAppType":"other"}`, 1},
		{"a browser", `"mfa"`, `{"userId":"m","appId":"a-1","clientAppType":"browser"}`, 0},
		{"device code flow and a device", `"compliantDevice"`, `{"userId":"m","appId":"a-1","transferMethod":"deviceCodeFlow"}`, 1},
		{"device code flow, a device or a second factor", `"compliantDevice","mfa"`, `{"userId":"m","appId":"a-1","transferMethod":"deviceCodeFlow"}`, 0},
		{"a guest and a protected application", `"compliantApplication"`, `{"userId":"guest","appId":"a-1"}`, 1},
		{"a guest and a new password", `"passwordChange"`, `{"userId":"guest","appId":"a-1"}`, 1},
		{"a guest, an approved application or a second factor", `"approvedApplication","mfa"`, `{"userId":"guest","appId":"a-1"}`, 0},
		{"a guest's device, if their home is trusted", `"compliantDevice"`, `{"userId":"guest","appId":"a-1"}`, 0},
		{"somebody by direct connect", `"compliantApplication"`, `{"externalUserType":"b2bDirectConnectUser","externalTenantId":"t","appId":"a-1"}`, 1},
		{"a member", `"compliantApplication"`, `{"userId":"m","appId":"a-1"}`, 0},
		{"somebody of whom nothing is known", `"compliantApplication"`, `{"appId":"a-1"}`, 0},
	} {
		p, _ := condaccess.ParsePolicy(parse(t, `{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":[`+c.controls+`]}}`))
		set := condaccess.Compile([]*condaccess.Policy{p}, semanticsTenant(t, condaccess.False))
		s, list := condaccess.ParseSignIn(parse(t, c.signIn))
		if len(list) > 0 {
			t.Fatal(list)
		}
		var d condaccess.Decision
		set.Decide(&s, &d)
		if got := len(set.Unmet(&d)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestNoObjectInNoGroup: who comes by direct connect has no object in the tenant, and
// is in none of its groups and roles ("B2B direct connect overview").
func TestNoObjectInNoGroup(t *testing.T) {
	for kind, want := range map[string]condaccess.Tri{"b2bDirectConnectUser": condaccess.False, "b2bCollaborationGuest": condaccess.Unknown} {
		p, _ := condaccess.ParsePolicy(parse(t, `{"id":"p","state":"enabled","conditions":{"users":{"includeGroups":["nested"]},"applications":{"includeApplications":["All"]}}}`))
		set := condaccess.Compile([]*condaccess.Policy{p}, semanticsTenant(t, condaccess.False))
		s, _ := condaccess.ParseSignIn(parse(t, `{"externalUserType":"`+kind+`","externalTenantId":"t","appId":"a-1"}`))
		var d condaccess.Decision
		set.Decide(&s, &d)
		if got := set.Answer(&d, 0).Applies; got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
