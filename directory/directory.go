// Package directory turns Microsoft Graph objects into a tenant that can be
// asked questions: who is in a group (nested, cycles and all), who holds which
// directory role actively or by eligibility and where, which service principal
// belongs to which application, what Privileged Identity Management asks of an
// activation.
//
// It reads objects and answers about them; what a Conditional Access policy or
// an Azure role assignment makes of the answers is for the engines above. Start
// with a Builder, add objects, call Build. Keys are looked up without regard to
// case, so PowerShell's PascalCase exports read as Graph's own JSON does, and
// times may be ISO 8601 or "/Date(ms)/".
//
// A Directory never changes once built and may be read by many goroutines.
package directory

import (
	"slices"
	"sort"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Collection names, as in the type Microsoft.Graph/{collection}.
const (
	Users                     = "users"
	Groups                    = "groups"
	ServicePrincipals         = "servicePrincipals"
	Applications              = "applications"
	Devices                   = "devices"
	AdministrativeUnits       = "administrativeUnits"
	DirectoryRoles            = "directoryRoles"
	RoleDefinitions           = "roleDefinitions"
	RoleAssignments           = "roleAssignments"
	RoleAssignmentInstances   = "roleAssignmentScheduleInstances"
	RoleEligibilityInstances  = "roleEligibilityScheduleInstances"
	RoleManagementPolicies    = "roleManagementPolicies"
	RoleManagementAssignments = "roleManagementPolicyAssignments"
	ConditionalAccessPolicies = "conditionalAccessPolicies"
	NamedLocations            = "namedLocations"
	AuthenticationStrengths   = "authenticationStrengthPolicies"
	AuthenticationContexts    = "authenticationContextClassReferences"
	Organization              = "organization"
	UserRegistrationDetails   = "userRegistrationDetails"
	OAuth2PermissionGrants    = "oauth2PermissionGrants"
	AppRoleAssignments        = "appRoleAssignments"
	CrossTenantAccess         = "crossTenantAccessPolicies"
	CrossTenantPartners       = "crossTenantAccessPolicyConfigurationPartners"
	SecurityDefaults          = "identitySecurityDefaultsEnforcementPolicies"
	AuthorizationPolicies     = "authorizationPolicies"
	AuthenticationMethods     = "authenticationMethodsPolicies"
	GroupEligibilityInstances = "groupEligibilityScheduleInstances"
	GroupAssignmentInstances  = "groupAssignmentScheduleInstances"
	Domains                   = "domains"
	SignInActivities          = "signInActivities"
	graphPrefix               = "microsoft.graph/"
	maxObjects                = 10_000_000
	everywhere                = "/"
)

// Directory is a tenant as it was read.
type Directory struct {
	users      map[string]*User
	userOrder  []*User
	groups     map[string]*Group
	groupOrder []*Group
	sps        map[string]*ServicePrincipal
	spByApp    map[string]*ServicePrincipal
	spOrder    []*ServicePrincipal
	apps       map[string]*Application // by object id
	appByApp   map[string]*Application // by app id
	appOrder   []*Application
	devices    map[string]*Device // by object id and by deviceId
	devOrder   []*Device
	roles      map[string]*Role // by role definition id and template id
	roleOrder  []*Role
	assigned   map[string][]*RoleAssignment // active, by principal
	eligible   map[string][]*RoleAssignment
	allRoles   []*RoleAssignment
	parents    map[string][]*Group // direct groups of a principal
	closure    map[*Group][]*Group // groups a group is in, itself included
	objects    map[string][]jsondoc.Value
	grants     []ConsentGrant
	appRoles   []AppRoleGrant
	activation map[string]*ActivationRules // by role key
	read       map[string]bool
	diags      diag.List

	joinable map[string][]*Group // by principal: groups that it may activate its membership of
	joiners  map[string][]string // by group: who may
}

// Diagnostics returns what could not be read, object by object.
func (d *Directory) Diagnostics() diag.List { return d.diags }

// Read tells whether any object of a collection was added, or the collection was
// declared read and empty with Builder.DeclareRead.
func (d *Directory) Read(collection string) bool { return d.read[fold(collection)] }

// Objects returns the bodies of a collection in the order they were added.
func (d *Directory) Objects(collection string) []jsondoc.Value { return d.objects[fold(collection)] }

// User returns a user by object id or user principal name.
func (d *Directory) User(id string) (*User, bool) { u, ok := d.users[fold(id)]; return u, ok }

// Users returns all users in the order they were added.
func (d *Directory) Users() []*User { return d.userOrder }

// Group returns a group by id.
func (d *Directory) Group(id string) (*Group, bool) { g, ok := d.groups[fold(id)]; return g, ok }

// Groups returns all groups in the order they were added.
func (d *Directory) Groups() []*Group { return d.groupOrder }

// ServicePrincipal returns a service principal by object id or app id.
func (d *Directory) ServicePrincipal(id string) (*ServicePrincipal, bool) {
	if s, ok := d.sps[fold(id)]; ok {
		return s, true
	}
	s, ok := d.spByApp[fold(id)]
	return s, ok
}

// ServicePrincipals returns all service principals in the order they were added.
func (d *Directory) ServicePrincipals() []*ServicePrincipal { return d.spOrder }

// Application returns an app registration by object id or app id.
func (d *Directory) Application(id string) (*Application, bool) {
	if a, ok := d.apps[fold(id)]; ok {
		return a, true
	}
	a, ok := d.appByApp[fold(id)]
	return a, ok
}

// Applications returns all app registrations in the order they were added.
func (d *Directory) Applications() []*Application { return d.appOrder }

// Device returns a device by object id or device id.
func (d *Directory) Device(id string) (*Device, bool) { v, ok := d.devices[fold(id)]; return v, ok }

// Devices returns all devices in the order they were added.
func (d *Directory) Devices() []*Device { return d.devOrder }

// Role returns a role by definition id or template id; built-in roles that were
// not read are known by name where RoleName knows them.
func (d *Directory) Role(id string) (*Role, bool) { r, ok := d.roles[fold(id)]; return r, ok }

// Roles returns all role definitions that were read or are referenced.
func (d *Directory) Roles() []*Role { return d.roleOrder }

// RoleAssignments returns every assignment, active and eligible, direct ones only.
func (d *Directory) RoleAssignments() []*RoleAssignment { return d.allRoles }

// ConsentGrants returns the delegated permission grants.
func (d *Directory) ConsentGrants() []ConsentGrant { return d.grants }

// AppRoleGrants returns the application permissions held.
func (d *Directory) AppRoleGrants() []AppRoleGrant { return d.appRoles }

// Activation returns what PIM asks for the activation of a role, by role
// definition id or template id.
func (d *Directory) Activation(role string) (*ActivationRules, bool) {
	if r, ok := d.roles[fold(role)]; ok {
		for _, k := range []string{fold(r.ID), fold(r.TemplateID)} {
			if a, ok := d.activation[k]; ok {
				return a, true
			}
		}
	}
	a, ok := d.activation[fold(role)]
	return a, ok
}

// GroupsOf returns the groups a user, group, device or service principal is in,
// directly or by nesting, in a stable order. A group is not in itself.
func (d *Directory) GroupsOf(principal string) []*Group {
	seen := map[*Group]bool{}
	var out []*Group
	add := func(g *Group) {
		for _, a := range d.closure[g] {
			if !seen[a] && a.key != fold(principal) {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	for _, g := range d.parents[fold(principal)] {
		add(g)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

// DirectGroupsOf returns the groups that list a principal as a member, without
// those that it is in by nesting.
func (d *Directory) DirectGroupsOf(principal string) []*Group { return d.parents[fold(principal)] }

// InGroup answers whether a principal is in a group, directly or by nesting.
// It is Unknown where the group was not read, or its members (or those of a group
// nested in it) were not and nothing else shows the membership.
func (d *Directory) InGroup(principal, group string) Tri {
	p, g := fold(principal), fold(group)
	for _, direct := range d.parents[p] {
		for _, a := range d.closure[direct] {
			if a.key == g {
				return True
			}
		}
	}
	if u, ok := d.users[p]; ok {
		for _, m := range u.memberOf {
			if m == g {
				return True
			}
			if mg, ok := d.groups[m]; ok {
				for _, a := range d.closure[mg] {
					if a.key == g {
						return True
					}
				}
			}
		}
		if u.hasMemberOf {
			return False
		}
	}
	target, ok := d.groups[g]
	if !ok || !d.membersKnown(target, map[*Group]bool{}) {
		return Unknown
	}
	return False
}

// MembersKnown tells whether all members of a group are known, those of the
// groups nested in it included.
func (d *Directory) MembersKnown(group string) bool {
	g, ok := d.groups[fold(group)]
	return ok && d.membersKnown(g, map[*Group]bool{})
}

func (d *Directory) membersKnown(g *Group, seen map[*Group]bool) bool {
	if seen[g] {
		return true
	}
	seen[g] = true
	if !g.MembersRead {
		return false
	}
	for _, m := range g.Members {
		if n, ok := d.groups[fold(m)]; ok && !d.membersKnown(n, seen) {
			return false
		}
	}
	return true
}

// MembersOf returns the ids of the users, service principals and devices in a
// group, nested groups resolved, sorted.
func (d *Directory) MembersOf(group string) []string {
	g, ok := d.groups[fold(group)]
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	var walk func(g *Group)
	walk = func(g *Group) {
		for _, m := range g.Members {
			k := fold(m)
			if seen[k] {
				continue
			}
			seen[k] = true
			if n, ok := d.groups[k]; ok {
				walk(n)
				continue
			}
			out = append(out, m)
		}
	}
	seen[g.key] = true
	walk(g)
	sort.Strings(out)
	return out
}

// Joinable returns the groups that a principal may become a member of by an activation
// in Privileged Identity Management for Groups, itself or through a group it is in.
// Source: "Privileged Identity Management (PIM) for Groups".
func (d *Directory) Joinable(principal string) []*Group {
	if len(d.joinable) == 0 {
		return nil
	}
	out := d.joinable[fold(principal)]
	for _, g := range d.GroupsOf(principal) {
		out = append(slices.Clip(out), d.joinable[g.key]...)
	}
	return out
}

// Joiners returns the ids of the users and service principals that may become members
// of a group by an activation, of groups that may their members.
func (d *Directory) Joiners(group string) []string {
	var out []string
	for _, p := range d.joiners[fold(group)] {
		if _, ok := d.groups[fold(p)]; ok {
			out = append(out, d.MembersOf(p)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// RolesOf returns the role assignments that a principal holds, itself or through
// groups (role-assignable groups do not nest, but what was read is followed);
// those held through a group name it in ViaGroup. eligible picks eligible ones in
// place of active ones, and with them those of groups that the principal may join by
// an activation.
func (d *Directory) RolesOf(principal string, eligible bool) []*RoleAssignment {
	m := d.assigned
	if eligible {
		m = d.eligible
	}
	out := append([]*RoleAssignment(nil), m[fold(principal)]...)
	for _, g := range d.GroupsOf(principal) {
		for _, a := range m[g.key] {
			c := *a
			c.ViaGroup = g.ID
			out = append(out, &c)
		}
	}
	if !eligible {
		return out
	}
	for _, g := range d.Joinable(principal) {
		for _, up := range d.closure[g] {
			for _, list := range [][]*RoleAssignment{d.assigned[up.key], d.eligible[up.key]} {
				for _, a := range list {
					c := *a
					c.ViaGroup, c.Eligible = g.ID, true
					out = append(out, &c)
				}
			}
		}
	}
	return out
}

// RolesRead tells whether active role assignments were read at all.
func (d *Directory) RolesRead() bool {
	return d.Read(RoleAssignments) || d.Read(RoleAssignmentInstances) || d.Read(DirectoryRoles) || d.read["user.roles"]
}

// ListedRoles returns role ids that a user's own record lists, and whether it
// lists them at all.
func (d *Directory) ListedRoles(user string) ([]string, bool) {
	u, ok := d.users[fold(user)]
	if !ok {
		return nil, false
	}
	return u.listedRoles, u.hasRoles
}

func fold(s string) string { return strings.ToLower(s) }
