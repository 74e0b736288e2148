package attackpath

import (
	"strings"

	"github.com/azward/azward/directory"
)

// applications adds applications, their service principals and the owners of
// both.
func (d *deriver) applications() {
	dir := d.Directory
	for _, s := range dir.ServicePrincipals() {
		n := d.principal(s.ID)
		for _, o := range s.Owners {
			d.edge(d.principal(o), n, ownsServicePrincipal, 0, "")
		}
	}
	for _, a := range dir.Applications() {
		n := d.application(a)
		for _, o := range a.Owners {
			d.edge(d.principal(o), n, ownsApplication, 0, "")
		}
		if s, ok := dir.ServicePrincipal(a.AppID); ok {
			d.edge(n, d.principal(s.ID), signsInAs, 0, "")
		}
	}
}

func (d *deriver) application(a *directory.Application) Node {
	return d.node(applicationKey(a.ID), Thing{ApplicationNode, a.ID, a.DisplayName})
}

// applicationsJoint stands for every application and service principal of the
// tenant's own. Managed identities take no credentials.
func (d *deriver) applicationsJoint() Node {
	return d.joint("j:applications", func(n Node) {
		for _, a := range d.Directory.Applications() {
			d.edge(n, d.application(a), anyOf, 0, "")
		}
		for _, s := range d.Directory.ServicePrincipals() {
			if !strings.EqualFold(s.Kind, "ManagedIdentity") {
				d.edge(n, d.principal(s.ID), anyOf, 0, "")
			}
		}
	})
}

// scopedCredential adds the one object that a role assigned over it reaches:
// directoryScopeId "/{object id}".
func (d *deriver) scopedCredential(role Node, scope string) {
	id := scope[strings.LastIndexByte(scope, '/')+1:]
	if a, ok := d.Directory.Application(id); ok {
		d.edge(role, d.application(a), addsCredential, 0, "")
	} else if s, ok := d.Directory.ServicePrincipal(id); ok {
		d.edge(role, d.principal(s.ID), addsCredential, 0, "")
	}
}

// permissions adds what application permissions of Microsoft Graph lead to.
func (d *deriver) permissions() {
	names := map[string]map[string]string{} // app role ids to values, by resource
	for _, g := range d.Directory.AppRoleGrants() {
		resource := strings.ToLower(g.ResourceID)
		api, known := d.Directory.ServicePrincipal(resource)
		if known && !isGraph(api.AppID) {
			continue // a permission of another API that has the same name
		}
		values, ok := names[resource]
		if !ok {
			values = map[string]string{}
			if known {
				for _, r := range api.Body.Get("appRoles").Elements() {
					values[strings.ToLower(r.Get("id").TextOr(""))] = r.Get("value").TextOr("")
				}
			}
			names[resource] = values
		}
		value := values[strings.ToLower(g.AppRoleID)]
		if value == "" {
			value = knownAppRoles[strings.ToLower(g.AppRoleID)]
		}
		p, leads := graphPermissions[strings.ToLower(value)]
		if !leads {
			continue
		}
		from := d.principal(g.PrincipalID)
		switch p.reach {
		case "role":
			d.edge(from, d.globalAdministrator(), p.kind, 0, value)
		case "apps":
			d.edge(from, d.applicationsJoint(), p.kind, 0, value)
		case "groups":
			d.edge(from, d.groups(false), p.kind, 0, value)
		case "allgroups":
			d.edge(from, d.groups(false), p.kind, 0, value)
			d.edge(from, d.groups(true), p.kind, 0, value)
		case "users":
			d.edge(from, d.users(false), p.kind, 0, value)
		case "ordinary":
			d.edge(from, d.users(true), p.kind, 0, value)
		}
	}
}

// isGraph tells whether an application is Microsoft Graph, or Azure AD Graph
// before it.
func isGraph(appID string) bool {
	return strings.EqualFold(appID, "00000003-0000-0000-c000-000000000000") || strings.EqualFold(appID, "00000002-0000-0000-c000-000000000000")
}

// knownAppRoles names app roles of Microsoft Graph whose service principal was
// not read; their ids are the same in every tenant. Source: "Microsoft Graph
// permissions reference".
var knownAppRoles = map[string]string{
	"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8": "RoleManagement.ReadWrite.Directory",
	"06b708a9-e830-4db3-a914-8e69da51d44f": "AppRoleAssignment.ReadWrite.All",
	"1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9": "Application.ReadWrite.All",
	"19dbc75e-c2e2-444c-a770-ec69d8559fc7": "Directory.ReadWrite.All",
	"62a82d76-70ea-41e2-9197-370581804d09": "Group.ReadWrite.All",
	"dbaae8cf-10b5-4b86-a4a1-f871c94c6695": "GroupMember.ReadWrite.All",
	"50483e42-d915-4231-9639-7fdb7fd190e5": "UserAuthenticationMethod.ReadWrite.All",
}
