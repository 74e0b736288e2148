package condaccess_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
)

// semanticsTenant: users m (member), adm (Global Administrator), au (Global
// Administrator in an administrative unit), el (eligible only), grp (by a group); service
// principals own (single tenant), multi, foreign, mi (managed identity).
func semanticsTenant(t *testing.T, securityDefaults condaccess.Tri) condaccess.Tenant {
	t.Helper()
	var b directory.Builder
	for _, u := range []string{"m", "adm", "au", "el", "grp"} {
		b.Add(directory.Users, parse(t, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@x.example","userType":"Member"}`, u, u)))
	}
	b.Add(directory.Users, parse(t, `{"id":"guest","userPrincipalName":"guest_y.example#EXT#@x.example","userType":"Guest","homeTenantId":"partner"}`))
	b.Add(directory.Groups, parse(t, `{"id":"roleholders","members":["nested"]}`))
	b.Add(directory.Groups, parse(t, `{"id":"nested","members":["grp"]}`))
	b.Add(directory.Groups, parse(t, `{"id":"unread"}`))
	assign := func(collection, who, scope string) {
		b.Add(collection, parse(t, fmt.Sprintf(`{"principalId":%q,"roleDefinitionId":%q,"directoryScopeId":%q}`, who, ga, scope)))
	}
	assign(directory.RoleAssignments, "adm", "/")
	assign(directory.RoleAssignments, "au", "/administrativeUnits/x")
	assign(directory.RoleAssignments, "roleholders", "/")
	assign(directory.RoleEligibilityInstances, "el", "/")
	for _, sp := range []string{
		`{"id":"own","appId":"own-app","servicePrincipalType":"Application","appOwnerOrganizationId":"home","signInAudience":"AzureADMyOrg"}`,
		`{"id":"multi","appId":"multi-app","servicePrincipalType":"Application","appOwnerOrganizationId":"home","signInAudience":"AzureADMultipleOrgs"}`,
		`{"id":"foreign","appId":"foreign-app","servicePrincipalType":"Application","appOwnerOrganizationId":"elsewhere","signInAudience":"AzureADMultipleOrgs"}`,
		`{"id":"mi","appId":"mi-app","servicePrincipalType":"ManagedIdentity","appOwnerOrganizationId":"home"}`,
		`{"id":"shop","appId":"shop-app","servicePrincipalType":"Application","appOwnerOrganizationId":"elsewhere","customSecurityAttributes":{"Org":{"Tier":"gold"}}}`,
	} {
		b.Add(directory.ServicePrincipals, parse(t, sp))
	}
	return condaccess.Tenant{ID: "home", Directory: b.Build(), SecurityDefaults: securityDefaults}
}

// TestDocumentedSemantics holds the engine to single sentences of Microsoft's
// documentation; each row names the page.
func TestDocumentedSemantics(t *testing.T) {
	const users, targets, workloads, conditions = "Conditional Access: Users, groups, agents and workload identities", "Conditional Access: Target resources", "Conditional Access for workload identities", "Conditional Access: Conditions"
	pol := func(conditions string) string {
		return `{"id":"p","displayName":"p","state":"enabled","conditions":{` + conditions + `},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	}
	role := `"users":{"includeRoles":["` + ga + `"]},"applications":{"includeApplications":["All"]}`
	all := `"users":{"includeUsers":["All"]}`
	allApps := `"applications":{"includeApplications":["All"]}`
	workload := func(in string) string {
		return `"users":{"includeUsers":["None"]},` + allApps + `,"clientApplications":{` + in + `}`
	}
	for _, c := range []struct{ page, name, policy, signIn, want string }{
		{users, "active tenant-wide role", pol(role), `{"userId":"adm","appId":"a-1"}`, "true"},
		{users, "role in an administrative unit", pol(role), `{"userId":"au","appId":"a-1"}`, "false users"},
		{users, "eligible role", pol(role), `{"userId":"el","appId":"a-1"}`, "false users"},
		{users, "role through a nested group", pol(role), `{"userId":"grp","appId":"a-1"}`, "true"},
		{users, "all users holds guests", pol(all + `,` + allApps), `{"userId":"guest","appId":"a-1"}`, "true"},
		{users, "the old word for guests", pol(`"users":{"includeUsers":["GuestsOrExternalUsers"]},` + allApps), `{"userId":"guest","appId":"a-1"}`, "true"},
		{users, "a guest of a named tenant", pol(`"users":{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":{"membershipKind":"enumerated","members":["PARTNER"]}}},` + allApps), `{"userId":"guest","appId":"a-1"}`, "true"},
		{users, "a guest of another tenant", pol(`"users":{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":{"membershipKind":"enumerated","members":["other"]}}},` + allApps), `{"userId":"guest","appId":"a-1"}`, "false users"},
		{users, "direct connect has no object", pol(`"users":{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bDirectConnectUser","externalTenants":{"membershipKind":"all"}}},` + allApps), `{"externalTenantId":"t","externalUserType":"b2bDirectConnectUser","appId":"a-1"}`, "true"},
		{users, "exclusion wins", pol(`"users":{"includeUsers":["All"],"excludeUsers":["m"]},` + allApps), `{"userId":"m","appId":"a-1"}`, "false users"},
		{users, "members that were not read", pol(`"users":{"includeUsers":["All"],"excludeGroups":["unread"]},` + allApps), `{"userId":"m","appId":"a-1"}`, "unknown notEnoughInformation,users"},
		{targets, "Office 365 by an application of it", pol(all + `,"applications":{"includeApplications":["Office365"]}`), `{"userId":"m","appId":"00000003-0000-0ff1-ce00-000000000000"}`, "true"},
		{targets, "Office 365 and another company's application", pol(all + `,"applications":{"includeApplications":["Office365"]}`), `{"userId":"m","appId":"shop-app"}`, "false application"},
		{targets, "Office 365 and an id that nobody knows", pol(all + `,"applications":{"includeApplications":["Office365"]}`), `{"userId":"m","appId":"99999999-0000-0000-0000-000000000000"}`, "unknown notEnoughInformation,application"},
		{targets, "the management API stands for the portal", pol(all + `,"applications":{"includeApplications":["797f4846-ba00-4fd7-ba43-dac1f8f63013"]}`), `{"userId":"m","appId":"c44b4083-3bb0-49c1-b47d-974e53cbdf3c"}`, "true"},
		{targets, "a filter by attribute", pol(all + `,"applications":{"includeApplications":[],"applicationFilter":{"mode":"include","rule":"CustomSecurityAttribute.Org_Tier -eq \"Gold\""}}`), `{"userId":"m","appId":"shop-app"}`, "true"},
		{targets, "a filter and attributes that were not read", pol(all + `,"applications":{"includeApplications":[],"applicationFilter":{"mode":"include","rule":"CustomSecurityAttribute.Org_Tier -eq \"Gold\""}}`), `{"userId":"m","appId":"own-app"}`, "unknown notEnoughInformation,application"},
		{targets, "a user action", pol(all + `,"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}`), `{"userId":"m","userAction":"registerSecurityInformation"}`, "true"},
		{targets, "another user action", pol(all + `,"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}`), `{"userId":"m","userAction":"registerOrJoinDevices"}`, "false userActions"},
		{targets, "another context", pol(all + `,"applications":{"includeAuthenticationContextClassReferences":["c1"]}`), `{"userId":"m","authenticationContextValue":"c2"}`, "false authenticationContext"},
		{workloads, "all of the tenant's own", pol(workload(`"includeServicePrincipals":["ServicePrincipalsInMyTenant"]`)), `{"servicePrincipalId":"own","appId":"a-1"}`, "true"},
		{workloads, "multi-tenant is out of scope", pol(workload(`"includeServicePrincipals":["ServicePrincipalsInMyTenant","multi"]`)), `{"servicePrincipalId":"multi","appId":"a-1"}`, "false workloadIdentities"},
		{workloads, "another company's is out of scope", pol(workload(`"includeServicePrincipals":["ServicePrincipalsInMyTenant"]`)), `{"servicePrincipalId":"foreign","appId":"a-1"}`, "false workloadIdentities"},
		{workloads, "managed identities are out of scope", pol(workload(`"includeServicePrincipals":["ServicePrincipalsInMyTenant"]`)), `{"servicePrincipalId":"mi","appId":"a-1"}`, "false workloadIdentities"},
		{workloads, "one that was not read", pol(workload(`"includeServicePrincipals":["ServicePrincipalsInMyTenant"]`)), `{"servicePrincipalId":"who","appId":"a-1"}`, "unknown notEnoughInformation,workloadIdentities"},
		{workloads, "risk of the principal", pol(workload(`"includeServicePrincipals":["own"]`) + `,"servicePrincipalRiskLevels":["high"]`), `{"servicePrincipalId":"own","appId":"a-1","servicePrincipalRiskLevel":"low"}`, "false signInRisk"},
		{workloads, "a policy for users", pol(all + `,` + allApps), `{"servicePrincipalId":"own","appId":"a-1"}`, "false workloadIdentities"},
		{conditions, "risk levels are a list, not a floor", pol(all + `,` + allApps + `,"signInRiskLevels":["medium"]`), `{"userId":"m","appId":"a-1","signInRiskLevel":"high"}`, "false signInRisk"},
		{conditions, "five platforms are not all", pol(all + `,` + allApps + `,"platforms":{"includePlatforms":["android","iOS","windows","macOS","linux"]}`), `{"userId":"m","appId":"a-1","devicePlatform":"chromeOS"}`, "false devicePlatform"},
		{conditions, "flags in one text", pol(all + `,` + allApps + `,"authenticationFlows":{"transferMethods":"DeviceCodeFlow, authenticationTransfer"}`), `{"userId":"m","appId":"a-1","authenticationFlow":{"transferMethod":"authenticationTransfer"}}`, "true"},
		{conditions, "insider risk as flags", pol(all + `,` + allApps + `,"insiderRiskLevels":"minor,elevated"`), `{"userId":"m","appId":"a-1","insiderRiskLevel":"moderate"}`, "false insiderRisk"},
		{conditions, "an unregistered device and a positive rule in exclude mode", pol(all + `,` + allApps + `,"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True"}}`), `{"userId":"m","appId":"a-1","deviceInfo":{"registered":false}}`, "true"},
		{conditions, "a country that Entra does not know", pol(all + `,` + allApps + `,"locations":{"includeLocations":["All"],"excludeLocations":["nl"]}`), `{"userId":"m","appId":"a-1","country":"unknown"}`, "true"},
		{conditions, "a location that was deleted", pol(all + `,` + allApps + `,"locations":{"includeLocations":["All"],"excludeLocations":["gone"]}`), `{"userId":"m","appId":"a-1","ipAddress":"1.2.3.4","country":"US"}`, "unknown notEnoughInformation,location"},
		{conditions, "trusted, by an address of version 6", pol(all + `,` + allApps + `,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`), `{"userId":"m","appId":"a-1","ipAddress":"2001:db8::7","country":"US"}`, "false location"},
		{conditions, "a sign-in in nested objects", pol(all + `,` + allApps + `,"platforms":{"includePlatforms":["windows"]}`), `{"user":{"id":"m","groups":[]},"application":{"appId":"a-1"},"location":{"country":"NL"},"devicePlatform":"windows","clientAppType":"all"}`, "true"},
		{"conditionalAccessPolicy resource type", "disabled", strings.Replace(pol(all+`,`+allApps), `"enabled"`, `"disabled"`, 1), `{"userId":"m","appId":"a-1"}`, "false policyNotEnabled"},
	} {
		tenant := semanticsTenant(t, condaccess.False)
		for _, l := range []string{`{"@odata.type":"#microsoft.graph.countryNamedLocation","id":"nl","countriesAndRegions":["NL"]}`, `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"hq","isTrusted":true,"ipRanges":[{"cidrAddress":"2001:db8::/32"}]}`} {
			loc, _ := condaccess.ParseLocation(parse(t, l))
			tenant.Locations = append(tenant.Locations, loc)
		}
		p, list := condaccess.ParsePolicy(parse(t, c.policy))
		if len(list) > 0 {
			t.Fatalf("%s: %v", c.name, list)
		}
		s, list := condaccess.ParseSignIn(parse(t, c.signIn))
		if len(list) > 0 {
			t.Fatalf("%s: %v", c.name, list)
		}
		set := condaccess.Compile([]*condaccess.Policy{p}, tenant)
		var d condaccess.Decision
		set.Decide(&s, &d)
		a := set.Answer(&d, 0)
		if got := strings.TrimSpace(a.Applies.String() + " " + strings.Join(a.Reasons, ",")); got != c.want {
			t.Errorf("%s (%s): got %q, want %q", c.name, c.page, got, c.want)
		}
	}
}

// TestTrustedLocationsThatWereNotRead: what is trusted is not known where nobody read
// the named locations ("Conditional Access: Network assignment").
func TestTrustedLocationsThatWereNotRead(t *testing.T) {
	hq, _ := condaccess.ParseLocation(parse(t, `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"hq","isTrusted":true,"ipRanges":[{"cidrAddress":"10.0.0.0/8"}]}`))
	p, _ := condaccess.ParsePolicy(parse(t, `{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}}}`))
	var read directory.Builder
	read.DeclareRead(directory.NamedLocations)
	one := []*condaccess.Location{hq}
	for name, c := range map[string]struct {
		tenant condaccess.Tenant
		ip     string
		want   condaccess.Tri
	}{
		"nothing is known":               {condaccess.Tenant{}, "8.8.8.8", condaccess.Unknown},
		"there are none":                 {condaccess.Tenant{LocationsKnown: true}, "8.8.8.8", condaccess.True},
		"none were read":                 {condaccess.Tenant{Directory: read.Build()}, "8.8.8.8", condaccess.True},
		"one is known":                   {condaccess.Tenant{Locations: one}, "8.8.8.8", condaccess.True},
		"one is known, others may be":    {condaccess.Tenant{Locations: one, Directory: new(directory.Builder).Build(), Whole: func(string) bool { return false }}, "8.8.8.8", condaccess.Unknown},
		"it is in the one that is known": {condaccess.Tenant{Locations: one, Directory: new(directory.Builder).Build(), Whole: func(string) bool { return false }}, "10.1.1.1", condaccess.False},
	} {
		set := condaccess.Compile([]*condaccess.Policy{p}, c.tenant)
		s, _ := condaccess.ParseSignIn(parse(t, `{"userId":"u","appId":"a","country":"US","ipAddress":"`+c.ip+`"}`))
		var d condaccess.Decision
		set.Decide(&s, &d)
		if got := set.Answer(&d, 0).Applies; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestSecurityDefaults: "Security defaults in Microsoft Entra ID".
func TestSecurityDefaults(t *testing.T) {
	set := condaccess.Compile(nil, semanticsTenant(t, condaccess.True))
	for _, c := range []struct {
		name, signIn string
		want         condaccess.Result
		certain      bool
	}{
		{"an administrator is asked", `{"userId":"adm","appId":"a-1","clientAppType":"browser"}`, condaccess.GrantedWithControls, false},
		{"legacy authentication is blocked", `{"userId":"m","appId":"a-1","clientAppType":"other"}`, condaccess.Blocked, false},
		{"Azure management is asked", `{"userId":"m","appId":"797f4846-ba00-4fd7-ba43-dac1f8f63013","clientAppType":"browser"}`, condaccess.GrantedWithControls, false},
		{"a user is asked when Microsoft finds it necessary", `{"userId":"m","appId":"a-1","clientAppType":"browser"}`, condaccess.NotApplied, false},
	} {
		s, _ := condaccess.ParseSignIn(parse(t, c.signIn))
		var d condaccess.Decision
		set.Decide(&s, &d)
		if d.Result != c.want || d.Certain != c.certain {
			t.Errorf("%s: %s (certain %v), want %s", c.name, d.Result, d.Certain, c.want)
		}
	}
	if g := set.Gaps(must(t, "admin-mfa"), true); g.Holds() != condaccess.True {
		t.Errorf("administrators: %s", g.Holds())
	}
	if g := set.Gaps(must(t, "mfa"), true); g.Holds() != condaccess.Unknown {
		t.Errorf("everyone: %s, want unknown", g.Holds())
	}
}

// TestStrangersInGroups: a member that is no object that was read may be a group,
// unless all groups were read.
func TestStrangersInGroups(t *testing.T) {
	for whole, want := range map[bool]condaccess.Tri{true: condaccess.True, false: condaccess.Unknown} {
		var b directory.Builder
		b.Add(directory.Users, parse(t, `{"id":"m","userPrincipalName":"m@x.example","userType":"Member"}`))
		b.Add(directory.Groups, parse(t, `{"id":"g","members":["inner"]}`))
		b.Add(directory.Groups, parse(t, `{"id":"inner","members":["stranger"]}`))
		p, _ := condaccess.ParsePolicy(parse(t, `{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeGroups":["g"]},"applications":{"includeApplications":["All"]}}}`))
		set := condaccess.Compile([]*condaccess.Policy{p}, condaccess.Tenant{Directory: b.Build(), Whole: func(string) bool { return whole }})
		var d condaccess.Decision
		set.Decide(&condaccess.SignIn{User: "m", App: "a"}, &d)
		if got := set.Answer(&d, 0).Applies; got != want {
			t.Errorf("all groups read: %v: %s, want %s", whole, got, want)
		}
	}
}

func must(t *testing.T, id string) condaccess.Question {
	t.Helper()
	q, ok := condaccess.QuestionByID(id)
	if !ok {
		t.Fatal(id)
	}
	return q
}

// TestControlsCombine: all applying policies must be met, block wins, the shortest
// sign-in frequency counts, report-only changes nothing.
func TestControlsCombine(t *testing.T) {
	doc := `[{"id":"a","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["mfa","compliantDevice"]},"sessionControls":{"signInFrequency":{"isEnabled":true,"value":1,"type":"days"},"persistentBrowser":{"isEnabled":true,"mode":"always"}}},
	 {"id":"b","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"clientAppTypes":["browser"]},"grantControls":{"operator":"OR","authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}},"sessionControls":{"signInFrequency":{"isEnabled":true,"value":8,"type":"hours"},"persistentBrowser":{"isEnabled":true,"mode":"never"}}},
	 {"id":"c","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"platforms":{"includePlatforms":["linux"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}},
	 {"id":"d","state":"enabledForReportingButNotEnforced","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}]`
	policies, list := condaccess.ParsePolicies(parse(t, doc))
	if len(list) > 0 {
		t.Fatal(list)
	}
	set := condaccess.Compile(policies, condaccess.Tenant{})
	for _, c := range []struct {
		signIn, result, guaranteed, session string
	}{
		{`{"userId":"u","appId":"a","clientAppType":"mobileAppsAndDesktopClients","devicePlatform":"iOS"}`, "grantWithControls", `[]`, "24 always"},
		{`{"userId":"u","appId":"a","clientAppType":"browser","devicePlatform":"iOS"}`, "grantWithControls", `["mfa","phishingResistant"]`, "8 never"},
		{`{"userId":"u","appId":"a","clientAppType":"browser","devicePlatform":"linux"}`, "block", `[]`, "8 never"},
	} {
		s, _ := condaccess.ParseSignIn(parse(t, c.signIn))
		var d condaccess.Decision
		set.Decide(&s, &d)
		v := set.JSON(&d)
		session := fmt.Sprintf("%s %s", v.Path("sessionControls", "signInFrequency", "value"), v.Path("sessionControls", "persistentBrowser", "mode").TextOr(""))
		if v.Get("result").TextOr("") != c.result || v.Path("controls", "guaranteed").String() != c.guaranteed || session != c.session {
			t.Errorf("%s: %s, guaranteed %s, session %s", c.signIn, v.Get("result"), v.Path("controls", "guaranteed"), session)
		}
	}
}

// TestStrengthsCompareByCombinations: a strength implies another whose combinations hold all of its own.
func TestStrengthsCompareByCombinations(t *testing.T) {
	s := func(text string) *condaccess.Strength { return condaccess.ParseStrength(parse(t, text)) }
	resistant, mfa := s(`{"id":"00000000-0000-0000-0000-000000000004"}`), s(`{"id":"00000000-0000-0000-0000-000000000002"}`)
	keys := s(`{"id":"k","allowedCombinations":["fido2"]}`)
	sms := s(`{"id":"s","allowedCombinations":["sms,password","fido2"]}`)
	narrow := s(`{"id":"n","allowedCombinations":["fido2"],"combinationConfigurations":[{"allowedAAGUIDs":["x"]}]}`)
	unread := s(`{"id":"u"}`)
	for i, c := range []struct {
		a, b *condaccess.Strength
		want condaccess.Tri
	}{
		{resistant, mfa, condaccess.True}, {mfa, resistant, condaccess.False}, {keys, resistant, condaccess.True}, {sms, resistant, condaccess.False},
		{sms, mfa, condaccess.True}, {keys, narrow, condaccess.Unknown}, {narrow, keys, condaccess.True}, {unread, mfa, condaccess.Unknown},
	} {
		if got := c.a.Implies(c.b); got != c.want {
			t.Errorf("%d: %s implies %s: %s, want %s", i, c.a.ID, c.b.ID, got, c.want)
		}
	}
	if keys.PhishingResistant() != condaccess.True || sms.PhishingResistant() != condaccess.False || unread.PhishingResistant() != condaccess.Unknown {
		t.Error("phishing resistance")
	}
}

func FuzzParseSignIn(f *testing.F) {
	f.Add(`{"signInIdentity":{"userId":"u"},"signInContext":{"includeApplications":["a"]},"signInConditions":{"ipAddress":"::1","country":"NL","deviceInfo":{"physicalIds":["x"],"isCompliant":null}}}`)
	f.Add(`{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"l","ipRanges":[{"lowerAddress":"1.2.3.4","upperAddress":"255.255.255.255"},{"cidrAddress":"::ffff:1.2.3.4/120"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, list := parseOrSkip(t, text)
		if !list {
			return
		}
		s, _ := condaccess.ParseSignIn(v)
		tenant := condaccess.Tenant{}
		if l, _ := condaccess.ParseLocation(v); l != nil {
			tenant.Locations = append(tenant.Locations, l)
		}
		p, _ := condaccess.ParsePolicy(parse(t, `{"id":"p","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"locations":{"includeLocations":["AllTrusted","l"]}}}`))
		set := condaccess.Compile([]*condaccess.Policy{p}, tenant)
		var d condaccess.Decision
		set.Decide(&s, &d)
		again, bad := condaccess.ParseSignIn(s.JSON())
		if len(bad) > 0 {
			t.Fatalf("%s reads back as %v", s.JSON(), bad)
		}
		var e condaccess.Decision
		set.Decide(&again, &e)
		if d.Result != e.Result {
			t.Fatalf("%s: %s, read back %s", s.JSON(), d.Result, e.Result)
		}
	})
}
