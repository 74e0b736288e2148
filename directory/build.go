package directory

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Builder collects objects for a Directory. The zero Builder is ready; it is not
// safe for concurrent use.
type Builder struct {
	d *Directory
	n int
}

func (b *Builder) start() *Directory {
	if b.d == nil {
		b.d = &Directory{
			users: map[string]*User{}, groups: map[string]*Group{}, sps: map[string]*ServicePrincipal{},
			spByApp: map[string]*ServicePrincipal{}, apps: map[string]*Application{}, appByApp: map[string]*Application{},
			devices: map[string]*Device{}, roles: map[string]*Role{}, assigned: map[string][]*RoleAssignment{},
			eligible: map[string][]*RoleAssignment{}, parents: map[string][]*Group{}, closure: map[*Group][]*Group{},
			objects: map[string][]jsondoc.Value{}, activation: map[string]*ActivationRules{}, read: map[string]bool{},
		}
	}
	return b.d
}

// DeclareRead says that a collection was read, even if it turned out empty.
func (b *Builder) DeclareRead(collection string) { b.start().read[fold(collection)] = true }

// AddResource adds a resource of type Microsoft.Graph/{collection}; resources of
// other types are passed over, and the answer is false.
func (b *Builder) AddResource(r *resource.Resource) bool {
	t := r.TypeKey()
	if !strings.HasPrefix(t, graphPrefix) {
		return false
	}
	b.Add(t[len(graphPrefix):], r.Body)
	return true
}

// Add adds one object of a collection. An object without a usable id is left out
// with a diagnostic.
func (b *Builder) Add(collection string, body jsondoc.Value) {
	d := b.start()
	if b.n++; b.n > maxObjects {
		if b.n == maxObjects+1 {
			d.warn("CAD0001", "more than %d directory objects; the rest is not read", maxObjects)
		}
		return
	}
	c := fold(collection)
	d.read[c] = true
	if body.Kind() != jsondoc.Object {
		d.warn("CAD0002", "an entry of %q is not an object", collection)
		return
	}
	d.objects[c] = append(d.objects[c], body)
	switch c {
	case fold(Users):
		b.addUser(body)
	case fold(Groups):
		b.addGroup(body)
	case fold(ServicePrincipals):
		b.addServicePrincipal(body)
	case fold(Applications):
		b.addApplication(body)
	case fold(Devices):
		b.addDevice(body)
	case fold(RoleDefinitions):
		b.addRole(body)
	case fold(OAuth2PermissionGrants):
		d.grants = append(d.grants, ConsentGrant{
			ClientID: text(body, "clientId"), ResourceID: text(body, "resourceId"), PrincipalID: text(body, "principalId"),
			ConsentType: text(body, "consentType"), Scopes: strings.Fields(text(body, "scope")), Body: body,
		})
	case fold(AppRoleAssignments):
		d.appRoles = append(d.appRoles, AppRoleGrant{
			PrincipalID: text(body, "principalId"), PrincipalType: text(body, "principalType"),
			ResourceID: text(body, "resourceId"), AppRoleID: text(body, "appRoleId"), Body: body,
		})
	}
}

func (d *Directory) warn(code, format string, args ...any) {
	if len(d.diags) < 1000 {
		d.diags.Add(diag.Diagnostic{Code: code, Severity: diag.Warning, Message: fmt.Sprintf(format, args...)})
	}
}

func (b *Builder) id(body jsondoc.Value, kind string) (string, bool) {
	id := text(body, "id", "objectId")
	if id == "" {
		b.d.warn("CAD0003", "a %s without an id is left out", kind)
		return "", false
	}
	return id, true
}

func (b *Builder) addUser(body jsondoc.Value) {
	d := b.d
	id, ok := b.id(body, "user")
	if !ok {
		return
	}
	u := &User{
		ID: id, key: fold(id), UPN: text(body, "userPrincipalName", "upn"), DisplayName: text(body, "displayName"),
		Mail: text(body, "mail"), UserType: text(body, "userType"), CreationType: text(body, "creationType"),
		Enabled: triOf(body.Get("accountEnabled")), HomeTenant: text(body, "homeTenantId", "externalTenantId"),
		OnPremises: triOf(body.Get("onPremisesSyncEnabled")) == True, Created: timeOf(body.Get("createdDateTime")), Body: body,
		AgentUser: strings.HasSuffix(fold(text(body, "@odata.type")), "agentuser"),
	}
	u.External = external(u, body)
	if a := body.Get("signInActivity"); a.Kind() == jsondoc.Object {
		for _, n := range []string{"lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime"} {
			if t := timeOf(a.Get(n)); t.After(u.LastSignIn) {
				u.LastSignIn = t
			}
		}
	}
	for _, n := range []string{"transitiveMemberOf", "memberOf", "groups", "groupIds"} {
		v := body.Get(n)
		list, ok := ids(v)
		if !ok {
			continue
		}
		d.read["user.groups"] = true
		u.hasMemberOf = true
		for _, g := range list {
			u.memberOf = append(u.memberOf, fold(g))
		}
		for _, e := range v.Elements() { // memberOf holds directory roles too
			if strings.HasSuffix(fold(text(e, "@odata.type")), "directoryrole") {
				u.hasRoles = true
				d.read["user.roles"] = true
				u.listedRoles = append(u.listedRoles, text(e, "roleTemplateId", "id"))
			}
		}
	}
	for _, n := range []string{"roles", "directoryRoles", "roleTemplateIds", "assignedRoles", "activeRoles", "roleIds"} {
		if list, ok := ids(body.Get(n)); ok {
			d.read["user.roles"] = true
			u.hasRoles = true
			u.listedRoles = append(u.listedRoles, list...)
		}
	}
	if _, dup := d.users[u.key]; dup {
		d.warn("CAD0004", "user %q is there twice; the first is kept", id)
		return
	}
	d.users[u.key] = u
	if u.UPN != "" {
		if _, taken := d.users[fold(u.UPN)]; !taken {
			d.users[fold(u.UPN)] = u
		}
	}
	d.userOrder = append(d.userOrder, u)
}

// external answers whether a user's credentials live elsewhere: an invited user
// has creationType Invitation, an externalUserState, a #EXT# name, or an identity
// of another issuer ("Authentication and Conditional Access for B2B users").
func external(u *User, body jsondoc.Value) Tri {
	if t := triOf(body.Get("isExternal")); t != Unknown {
		return t
	}
	if strings.Contains(fold(u.UPN), "#ext#") || strings.EqualFold(u.CreationType, "Invitation") || text(body, "externalUserState") != "" {
		return True
	}
	for _, e := range body.Get("identities").Elements() {
		switch fold(text(e, "signInType")) {
		case "federated", "emailaddress":
			if strings.EqualFold(text(e, "issuer"), "ExternalAzureAD") || strings.EqualFold(text(e, "issuer"), "mail") ||
				strings.EqualFold(text(e, "issuer"), "MicrosoftAccount") || strings.EqualFold(text(e, "issuer"), "google.com") {
				return True
			}
		}
	}
	if u.UPN != "" || body.Get("creationType").Exists() || strings.EqualFold(u.UserType, "Member") {
		return False
	}
	return Unknown
}

func (b *Builder) addGroup(body jsondoc.Value) {
	d := b.d
	id, ok := b.id(body, "group")
	if !ok {
		return
	}
	g := &Group{
		ID: id, key: fold(id), DisplayName: text(body, "displayName"), RoleAssignable: triOf(body.Get("isAssignableToRole")) == True,
		Security: triOf(body.Get("securityEnabled")) == True, Body: body,
	}
	types, _ := ids(body.Get("groupTypes"))
	for _, t := range types {
		g.Dynamic = g.Dynamic || strings.EqualFold(t, "DynamicMembership")
		g.Microsoft365 = g.Microsoft365 || strings.EqualFold(t, "Unified")
	}
	for _, n := range []string{"members", "transitiveMembers", "memberIds"} {
		if list, ok := ids(body.Get(n)); ok {
			g.Members, g.MembersRead = append(g.Members, list...), true
		}
	}
	if next := text(body, "members@odata.nextLink"); next != "" { // the list goes on elsewhere
		g.MembersRead = false
		d.warn("CAD0005", "group %q: only the first page of its members was read", id)
	}
	g.Owners, _ = ids(body.Get("owners"))
	if old, dup := d.groups[g.key]; dup {
		if !old.MembersRead && g.MembersRead {
			old.Members, old.MembersRead = g.Members, true
			return
		}
		d.warn("CAD0004", "group %q is there twice; the first is kept", id)
		return
	}
	d.groups[g.key] = g
	d.groupOrder = append(d.groupOrder, g)
}

func credentials(body jsondoc.Value) []Credential {
	var out []Credential
	for _, k := range []struct{ member, kind string }{{"passwordCredentials", "password"}, {"keyCredentials", "certificate"}} {
		for _, e := range body.Get(k.member).Elements() {
			out = append(out, Credential{Kind: k.kind, KeyID: text(e, "keyId"), Start: timeOf(e.Get("startDateTime")), End: timeOf(e.Get("endDateTime"))})
		}
	}
	return out
}

func (b *Builder) addServicePrincipal(body jsondoc.Value) {
	d := b.d
	id, ok := b.id(body, "service principal")
	if !ok {
		return
	}
	s := &ServicePrincipal{
		ID: id, key: fold(id), AppID: text(body, "appId"), DisplayName: text(body, "displayName", "appDisplayName"),
		Kind: text(body, "servicePrincipalType"), OwnerTenant: text(body, "appOwnerOrganizationId", "appOwnerTenantId"),
		SignInAudience: text(body, "signInAudience"), Enabled: triOf(body.Get("accountEnabled")), Credentials: credentials(body), Body: body,
		Agent: strings.Contains(fold(text(body, "@odata.type")), "agentidentity"),
	}
	s.Owners, _ = ids(body.Get("owners"))
	if _, dup := d.sps[s.key]; dup {
		d.warn("CAD0004", "service principal %q is there twice; the first is kept", id)
		return
	}
	d.sps[s.key] = s
	if s.AppID != "" {
		d.spByApp[fold(s.AppID)] = s
	}
	d.spOrder = append(d.spOrder, s)
}

func (b *Builder) addApplication(body jsondoc.Value) {
	d := b.d
	id, ok := b.id(body, "application")
	if !ok {
		return
	}
	a := &Application{ID: id, AppID: text(body, "appId"), DisplayName: text(body, "displayName"),
		SignInAudience: text(body, "signInAudience"), Credentials: credentials(body), Body: body}
	a.Owners, _ = ids(body.Get("owners"))
	d.apps[fold(id)] = a
	if a.AppID != "" {
		d.appByApp[fold(a.AppID)] = a
	}
	d.appOrder = append(d.appOrder, a)
}

func (b *Builder) addDevice(body jsondoc.Value) {
	d := b.d
	id := text(body, "id", "deviceId")
	if id == "" {
		d.warn("CAD0003", "a device without an id is left out")
		return
	}
	v := &Device{ID: id, DeviceID: text(body, "deviceId"), DisplayName: text(body, "displayName"), Body: body}
	d.devices[fold(id)] = v
	if v.DeviceID != "" {
		d.devices[fold(v.DeviceID)] = v
	}
	d.devOrder = append(d.devOrder, v)
}

func (b *Builder) addRole(body jsondoc.Value) {
	d := b.d
	id, ok := b.id(body, "role definition")
	if !ok {
		return
	}
	r := &Role{ID: id, TemplateID: text(body, "templateId", "roleTemplateId"), DisplayName: text(body, "displayName"),
		BuiltIn: triOf(body.Get("isBuiltIn")), Privileged: triOf(body.Get("isPrivileged")), Body: body}
	if r.TemplateID == "" {
		r.TemplateID = id
	}
	d.addRole(r)
}

func (d *Directory) addRole(r *Role) {
	if _, ok := d.roles[fold(r.ID)]; ok {
		return
	}
	if name, ok := RoleName(r.TemplateID); ok {
		if r.DisplayName == "" {
			r.DisplayName = name
		}
		if r.BuiltIn == Unknown {
			r.BuiltIn = True
		}
		if r.Privileged == Unknown {
			r.Privileged = TriOf(PrivilegedRole(r.TemplateID))
		}
	}
	d.roles[fold(r.ID)] = r
	if _, ok := d.roles[fold(r.TemplateID)]; !ok {
		d.roles[fold(r.TemplateID)] = r
	}
	d.roleOrder = append(d.roleOrder, r)
}
