package directory

import (
	"time"
)

// The app ids of the APIs that the directory is read and changed through.
const (
	MicrosoftGraphAppID = "00000003-0000-0000-c000-000000000000"
	AzureADGraphAppID   = "00000002-0000-0000-c000-000000000000" // retired
)

// graphAppRoles names app roles of Microsoft Graph that matter where its service
// principal was not read; their ids are the same in every tenant. Source:
// "Microsoft Graph permissions reference".
var graphAppRoles = map[string]string{
	"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8": "RoleManagement.ReadWrite.Directory",
	"06b708a9-e830-4db3-a914-8e69da51d44f": "AppRoleAssignment.ReadWrite.All",
	"1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9": "Application.ReadWrite.All",
	"19dbc75e-c2e2-444c-a770-ec69d8559fc7": "Directory.ReadWrite.All",
	"62a82d76-70ea-41e2-9197-370581804d09": "Group.ReadWrite.All",
	"dbaae8cf-10b5-4b86-a4a1-f871c94c6695": "GroupMember.ReadWrite.All",
	"50483e42-d915-4231-9639-7fdb7fd190e5": "UserAuthenticationMethod.ReadWrite.All",
}

// Permission is what an [AppRoleGrant] gives.
type Permission struct {
	API   *ServicePrincipal // nil where it was not read
	Value string            // as the API calls it; "" where that is not known
}

// OfGraph tells whether a permission is Microsoft Graph's, or its predecessor's,
// or may be: permissions of other APIs have the same names.
func (p Permission) OfGraph() bool {
	return p.API == nil || fold(p.API.AppID) == MicrosoftGraphAppID || fold(p.API.AppID) == AzureADGraphAppID
}

// Permissions returns what says which permission a grant gives. It is one
// goroutine's, and remembers the app roles of the APIs that it was asked about.
func (d *Directory) Permissions() func(g AppRoleGrant) Permission {
	known := map[string]map[string]string{} // app role ids to values, by service principal
	return func(g AppRoleGrant) Permission {
		var p Permission
		p.API, _ = d.ServicePrincipal(g.ResourceID)
		key := fold(g.ResourceID)
		values, ok := known[key]
		if !ok {
			values = map[string]string{}
			if p.API != nil {
				for _, r := range p.API.Body.Get("appRoles").Elements() {
					values[fold(r.Get("id").TextOr(""))] = r.Get("value").TextOr("")
				}
			}
			known[key] = values
		}
		if p.Value = values[fold(g.AppRoleID)]; p.Value == "" && p.OfGraph() {
			p.Value = graphAppRoles[fold(g.AppRoleID)]
		}
		return p
	}
}

// ApplicationSignIns are the collection of the sign-ins of applications.
const ApplicationSignIns = "servicePrincipalSignInActivities"

// LastSignIns returns when each application last signed in or was signed in to,
// by app id in lower case: the zero time where it is on record without one. read
// tells whether the record was read. Source: "servicePrincipalSignInActivity
// resource type", Microsoft Graph documentation.
func (d *Directory) LastSignIns() (last map[string]time.Time, read bool) {
	last = map[string]time.Time{}
	for _, body := range d.Objects(ApplicationSignIns) {
		app := fold(body.Get("appId").TextOr(""))
		if _, twice := last[app]; !twice {
			last[app] = time.Time{} // on record
		}
		for _, member := range []string{
			"lastSignInActivity", "delegatedClientSignInActivity", "applicationAuthenticationClientSignInActivity",
			"delegatedResourceSignInActivity", "applicationAuthenticationResourceSignInActivity",
		} {
			if t, ok := ParseTime(body.Path(member, "lastSignInDateTime").TextOr("")); ok && t.After(last[app]) {
				last[app] = t
			}
		}
	}
	return last, d.Read(ApplicationSignIns)
}
