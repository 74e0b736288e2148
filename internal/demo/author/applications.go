package main

import "fmt"

const graphAppID = "00000003-0000-0000-c000-000000000000"

// Microsoft Graph's application permissions that somebody in the tenant holds.
var graphRoles = map[string]string{
	"RoleManagement.ReadWrite.Directory": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
	"Application.ReadWrite.All":          "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
	"AppRoleAssignment.ReadWrite.All":    "06b708a9-e830-4db3-a914-8e69da51d44f",
	"Directory.Read.All":                 "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
	"User.Read.All":                      "df021288-bdef-4463-88db-98f22de89214",
	"Group.Read.All":                     "5b567255-7703-4780-807c-7be8301ae99b",
	"AuditLog.Read.All":                  "b0afded3-3588-46d8-8b3d-9842eff778da",
	"Mail.Send":                          "b633e1c5-b582-4048-a93e-9f11b44c7e96",
}

var graphScopes = map[string]string{
	"User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
	"openid":    "37f7f235-527c-4136-accd-4a02d197296e",
	"profile":   "14dad69e-099b-42c9-810b-d8f1c6d5f5e2",
	"email":     "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
}

// credential is a secret or a certificate: days since it was made and days
// until it ends, negative once it has.
type credential struct {
	certificate bool
	name        string
	age, left   int
}

type application struct {
	name        string
	owners      []string
	credentials []credential
	graph       []string // application permissions on Microsoft Graph
	scopes      string   // delegated permissions an administrator consented to
	seen        int      // days since the service principal last signed in
	required    bool
}

func certificate(age, left int) []credential {
	return []credential{{true, "CN=" + domain, age, left}}
}

func secret(age, left int) []credential { return []credential{{false, "rotated", age, left}} }

// applicationList: thirty. Five of them are part of the story; the others are
// what a hospital has.
var applicationList = []application{
	{name: "Electronic Health Record", owners: []string{"adm-sven.aalto"}, credentials: certificate(60, 300), scopes: "openid profile User.Read", seen: 1, required: true},
	{name: "Patient Portal", owners: []string{"adm-sven.aalto"}, credentials: certificate(40, 320), scopes: "openid profile email", seen: 1},
	{name: "Payroll", owners: []string{"adm-sven.aalto"}, credentials: certificate(90, 270), scopes: "openid profile User.Read", seen: 1, required: true},
	{name: "Rota Planner", owners: []string{"adm-sven.aalto"}, credentials: secret(70, 110), scopes: "openid profile User.Read", seen: 1},
	// The over-privileged service principal, and the last step of the way from the service desk to Global Administrator.
	{name: "Identity Sync Bridge", owners: []string{"ivo.brandt"}, credentials: certificate(100, 265), graph: []string{"RoleManagement.ReadWrite.Directory", "User.Read.All"}, seen: 1},
	{name: "Cloud Backup Connector", owners: []string{"adm-sven.aalto"}, credentials: certificate(120, 240), graph: []string{"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"}, seen: 2},
	// A secret that ended in summer; nobody noticed because nobody uses it.
	{name: "Lab Results Importer", owners: []string{"adm-sven.aalto"}, credentials: secret(480, -115), scopes: "openid", seen: 131},
	// Ten years is longer than the equipment lives.
	{name: "Modality Gateway", owners: []string{"adm-sven.aalto"}, credentials: secret(1300, 2350), scopes: "openid", seen: 3},
	{name: "PACS Viewer", owners: []string{"adm-sven.aalto"}, credentials: certificate(10, 350), scopes: "openid profile", seen: 1, required: true},
	{name: "Intranet", owners: []string{"adm-sven.aalto"}, credentials: certificate(33, 330), scopes: "openid profile User.Read", seen: 1},
	{name: "Service Desk Portal", owners: []string{"adm-sven.aalto"}, credentials: certificate(200, 160), scopes: "openid profile User.Read", seen: 1},
	{name: "Surgery Scheduler", owners: []string{"adm-sven.aalto"}, credentials: secret(30, 150), scopes: "openid profile", seen: 2},
	{name: "Pharmacy Stock", owners: []string{"adm-sven.aalto"}, credentials: secret(50, 130), scopes: "openid profile", seen: 1},
	{name: "Bed Board", owners: []string{"adm-sven.aalto"}, credentials: secret(20, 160), scopes: "openid profile", seen: 1},
	{name: "Maternity Diary", owners: []string{"adm-sven.aalto"}, credentials: secret(80, 100), scopes: "openid profile", seen: 1},
	{name: "Research Workbench", owners: []string{"adm-sven.aalto"}, credentials: secret(66, 114), scopes: "openid profile", seen: 4},
	{name: "HL7 Router", owners: []string{"adm-sven.aalto"}, credentials: certificate(35, 330), seen: 1},
	{name: "Claims Export", owners: []string{"adm-sven.aalto"}, credentials: certificate(35, 325), seen: 1},
	{name: "Visitor Wi-Fi", owners: []string{"adm-sven.aalto"}, credentials: secret(12, 168), scopes: "openid email", seen: 1},
	{name: "Learning Platform", owners: []string{"adm-sven.aalto"}, credentials: certificate(77, 288), scopes: "openid profile email", seen: 1},
	{name: "Travel Expenses", owners: []string{"adm-sven.aalto"}, credentials: certificate(44, 321), scopes: "openid profile", seen: 1},
	{name: "Supplier Portal", owners: []string{"adm-sven.aalto"}, credentials: certificate(22, 343), scopes: "openid profile", seen: 1},
	{name: "Estate Tickets", owners: []string{"adm-sven.aalto"}, credentials: secret(15, 165), scopes: "openid profile", seen: 3},
	{name: "Security Log Reader", owners: []string{"adm-ines.varga"}, credentials: certificate(25, 340), graph: []string{"AuditLog.Read.All", "Directory.Read.All"}, seen: 1},
	{name: "Notification Mailer", owners: []string{"adm-sven.aalto"}, credentials: certificate(85, 280), graph: []string{"Mail.Send"}, seen: 1},
	{name: "Phone Book", owners: []string{"adm-sven.aalto"}, credentials: certificate(19, 346), graph: []string{"User.Read.All"}, seen: 1},
	{name: "Deployment Pipeline", owners: []string{"adm-hedda.lorne"}, seen: 1},
	{name: "Monitoring Exporter", owners: []string{"adm-ines.varga"}, credentials: certificate(28, 337), seen: 1},
	{name: "Access Review Bot", owners: []string{"adm-ines.varga"}, credentials: certificate(14, 351), graph: []string{"Group.Read.All"}, seen: 1},
	{name: "Print Management", owners: []string{"adm-sven.aalto"}, credentials: certificate(64, 301), scopes: "openid profile", seen: 1},
}

func (t *tenant) appID(name string) string { return guid("appid", name) }

// principal names a service principal by its display name; managed identities
// get theirs when first named and are written at the end by managedIdentities.
func (t *tenant) principal(name string) string {
	if id, ok := t.principals[name]; ok {
		return id
	}
	id := guid("principal", name)
	t.principals[name] = id
	t.object("servicePrincipals", o{
		"id": id, "appId": guid("miappid", name), "displayName": name, "servicePrincipalType": "ManagedIdentity", "accountEnabled": true,
		"appOwnerOrganizationId": nil, "createdDateTime": daysAgo(150+pick(500, name), name), "alternativeNames": l{"isExplicit=False"},
		"servicePrincipalNames": l{guid("miappid", name)}, "appRoleAssignmentRequired": false, "appRoles": l{}, "oauth2PermissionScopes": l{},
		"signInAudience": nil, "keyCredentials": l{}, "passwordCredentials": l{}, "owners": l{}, "tags": l{}, "notes": nil,
	})
	return id
}

func applications(t *tenant) {
	graphPrincipal := guid("principal", "Microsoft Graph")
	t.principals["Microsoft Graph"] = graphPrincipal
	appRoles, scopes := l{}, l{}
	for _, name := range sorted(graphRoles) {
		appRoles = append(appRoles, o{"id": graphRoles[name], "value": name, "displayName": name, "description": name, "isEnabled": true, "origin": "Application", "allowedMemberTypes": l{"Application"}})
	}
	for _, name := range sorted(graphScopes) {
		scopes = append(scopes, o{"id": graphScopes[name], "value": name, "type": "User", "isEnabled": true, "adminConsentDisplayName": name})
	}
	for _, own := range []struct{ name, appID string }{
		{"Microsoft Graph", graphAppID},
		{"Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013"},
		{"Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"},
		{"Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"},
		{"Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"},
	} {
		roles, sc := l{}, l{}
		if own.name == "Microsoft Graph" {
			roles, sc = appRoles, scopes
		}
		t.principals[own.name] = guid("principal", own.name)
		t.object("servicePrincipals", o{
			"id": guid("principal", own.name), "appId": own.appID, "displayName": own.name, "servicePrincipalType": "Application", "accountEnabled": true,
			"appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a", "createdDateTime": daysAgo(2000, own.name), "alternativeNames": l{}, "servicePrincipalNames": l{own.appID},
			"appRoleAssignmentRequired": false, "appRoles": roles, "oauth2PermissionScopes": sc, "signInAudience": "AzureADMultipleOrgs",
			"keyCredentials": l{}, "passwordCredentials": l{}, "owners": l{}, "tags": l{}, "notes": nil,
		})
	}
	for _, a := range applicationList {
		t.application(a, graphPrincipal)
	}
}

func (t *tenant) application(a application, graphPrincipal string) {
	app, sp, appID := guid("application", a.name), guid("principal", a.name), t.appID(a.name)
	t.principals[a.name], t.appIDs[a.name] = sp, appID
	keys, passwords := l{}, l{}
	for i, c := range a.credentials {
		body := o{"keyId": guid("key", a.name, fmt.Sprint(i)), "displayName": c.name, "startDateTime": daysAgo(c.age, a.name), "endDateTime": daysAhead(c.left), "customKeyIdentifier": nil}
		if c.certificate {
			body["type"], body["usage"], body["key"] = "AsymmetricX509Cert", "Verify", nil
			keys = append(keys, body)
			continue
		}
		body["hint"], body["secretText"] = "x7~", nil
		passwords = append(passwords, body)
	}
	owners := l{}
	for _, w := range a.owners {
		owners = append(owners, o{"@odata.type": "#microsoft.graph.user", "id": t.user(w)})
	}
	access := l{}
	for _, p := range a.graph {
		access = append(access, o{"id": graphRoles[p], "type": "Role"})
	}
	required := l{}
	if len(access) > 0 {
		required = l{o{"resourceAppId": graphAppID, "resourceAccess": access}}
	}
	created := daysAgo(500+pick(900, a.name), a.name)
	t.object("applications", o{
		"id": app, "appId": appID, "displayName": a.name, "createdDateTime": created, "signInAudience": "AzureADMyOrg", "publisherDomain": domain,
		"identifierUris": l{"api://" + appID}, "isFallbackPublicClient": false, "requiredResourceAccess": required, "keyCredentials": keys, "passwordCredentials": passwords,
		"web":  o{"redirectUris": l{}, "homePageUrl": nil, "logoutUrl": nil, "implicitGrantSettings": o{"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false}},
		"spa":  o{"redirectUris": l{}},
		"api":  o{"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": l{}, "knownClientApplications": l{}, "preAuthorizedApplications": l{}},
		"tags": l{}, "notes": nil, "owners": owners, "disabledByMicrosoftStatus": nil, "servicePrincipalLockConfiguration": o{"isEnabled": true, "allProperties": true},
	})
	t.object("servicePrincipals", o{
		"id": sp, "appId": appID, "displayName": a.name, "servicePrincipalType": "Application", "accountEnabled": true, "appOwnerOrganizationId": t.id,
		"createdDateTime": created, "alternativeNames": l{}, "servicePrincipalNames": l{appID, "api://" + appID}, "appRoleAssignmentRequired": a.required, "appRoles": l{},
		"oauth2PermissionScopes": l{}, "signInAudience": "AzureADMyOrg", "keyCredentials": l{}, "passwordCredentials": l{}, "owners": l{}, "tags": l{"WindowsAzureActiveDirectoryIntegratedApp"}, "notes": nil,
	})
	for _, p := range a.graph {
		t.object("appRoleAssignments", o{
			"id": guid("approle", a.name, p), "appRoleId": graphRoles[p], "principalId": sp, "principalDisplayName": a.name, "principalType": "ServicePrincipal",
			"resourceId": graphPrincipal, "resourceDisplayName": "Microsoft Graph", "createdDateTime": daysAgo(300+pick(300, a.name), a.name, p), "deletedDateTime": nil,
		})
	}
	if a.scopes != "" {
		t.object("oauth2PermissionGrants", o{
			"id": guid("grant", a.name), "clientId": sp, "consentType": "AllPrincipals", "principalId": nil, "resourceId": graphPrincipal, "scope": a.scopes,
		})
	}
	t.object("servicePrincipalSignInActivities", o{
		"id": guid("spsignin", a.name), "appId": appID,
		"lastSignInActivity":                              o{"lastSignInDateTime": daysAgo(a.seen+1, "sp", a.name), "lastSignInRequestId": guid("spreq", a.name)},
		"applicationAuthenticationClientSignInActivity":   o{"lastSignInDateTime": daysAgo(a.seen+1, "sp", a.name), "lastSignInRequestId": guid("spreq", a.name)},
		"delegatedClientSignInActivity":                   o{"lastSignInDateTime": nil, "lastSignInRequestId": nil},
		"delegatedResourceSignInActivity":                 o{"lastSignInDateTime": nil, "lastSignInRequestId": nil},
		"applicationAuthenticationResourceSignInActivity": o{"lastSignInDateTime": nil, "lastSignInRequestId": nil},
	})
}
