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
		d.federated(a, n)
	}
}

// federated adds the identities of the tenant that an application trusts: a federated
// credential whose issuer is Microsoft Entra and whose subject is a managed identity.
func (d *deriver) federated(a *directory.Application, n Node) {
	for _, c := range a.Body.Get("federatedIdentityCredentials").Elements() {
		issuer := strings.ToLower(c.Get("issuer").TextOr(""))
		if !strings.HasPrefix(issuer, "https://login.microsoftonline.com/") && !strings.HasPrefix(issuer, "https://sts.windows.net/") {
			continue
		}
		if s, ok := d.Directory.ServicePrincipal(c.Get("subject").TextOr("")); ok {
			d.edge(d.principal(s.ID), n, federates, 0, "")
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
	permission := d.Directory.Permissions()
	for _, g := range d.Directory.AppRoleGrants() {
		given := permission(g)
		if !given.OfGraph() {
			continue // a permission of another API that has the same name
		}
		value := given.Value
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
