package privilege

import (
	"strings"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
)

// directoryRoles looks at who holds privileged directory roles, and how.
func (x *finder) directoryRoles() {
	d := x.Directory
	if !d.RolesRead() {
		x.unknown(StandingDirectoryRole, "", "every directory role", "the directory's role assignments were not read")
		return
	}
	instances := d.Read(directory.RoleAssignmentInstances)
	if !instances {
		x.unknown(OutsidePIM, "", "every directory role", "Microsoft.Graph/roleAssignmentScheduleInstances were not read")
	}
	for _, a := range d.RoleAssignments() {
		if a.Role == nil || a.Role.Privileged == directory.Unknown {
			x.unknown(StandingDirectoryRole, a.PrincipalID, roleName(a.Role), "whether the role is privileged")
			continue
		}
		if a.Role.Privileged != directory.True {
			continue
		}
		name := roleName(a.Role)
		x.holder(a.PrincipalID, name, a.Scope)
		if a.Eligible {
			continue
		}
		if !a.Activated && a.Permanent() {
			evidence := "assigned, with no end"
			if !a.Start.IsZero() {
				evidence = "assigned on " + date(a.Start) + ", with no end"
			}
			x.add(StandingDirectoryRole, a.PrincipalID, name, a.Scope, evidence)
		}
		// Only assignments made past PIM have no start ("roleAssignmentScheduleInstance", Microsoft Graph).
		if instances && !a.Activated && a.Start.IsZero() {
			x.add(OutsidePIM, a.PrincipalID, name, a.Scope, "the assignment has no start: it was not made in Privileged Identity Management")
		}
	}
}

// holder looks at who it is that holds a privileged role: guests, disabled
// accounts, principals that are gone.
func (x *finder) holder(principal, role, scope string) {
	d := x.Directory
	if u, ok := d.User(principal); ok {
		if strings.EqualFold(u.UserType, "Guest") {
			x.add(GuestWithPrivilege, principal, role, scope, "userType is Guest")
		}
		if u.Enabled == directory.False {
			x.add(DisabledWithPrivilege, principal, role, scope, "accountEnabled is false")
		}
		return
	}
	if g, ok := d.Group(principal); ok {
		for _, m := range d.MembersOf(g.ID) {
			if u, ok := d.User(m); ok && strings.EqualFold(u.UserType, "Guest") {
				x.add(GuestWithPrivilege, m, role, scope, "a guest in the group "+g.DisplayName)
			}
		}
		x.owners(g.Owners, "the group "+g.DisplayName, "which holds "+role)
		return
	}
	if s, ok := d.ServicePrincipal(principal); ok {
		x.owners(s.Owners, "the service principal "+s.DisplayName, "which holds "+role)
		if a, ok := d.Application(s.AppID); ok {
			x.owners(a.Owners, "the application "+a.DisplayName, "which holds "+role)
		}
		return
	}
	if d.Read(directory.Users) && d.Read(directory.Groups) && d.Read(directory.ServicePrincipals) {
		x.add(GoneWithPrivilege, principal, role, scope, "no user, group or service principal has this id")
	}
}

// owners looks at the owners of something privileged who hold no privileged
// role themselves.
func (x *finder) owners(owners []string, what, why string) {
	for _, o := range owners {
		administrator := false
		for _, eligible := range []bool{false, true} {
			for _, a := range x.Directory.RolesOf(o, eligible) {
				administrator = administrator || a.Role != nil && a.Role.Privileged == directory.True
			}
		}
		if !administrator {
			x.add(OwnerNotAdministrator, o, what, "/", "owns "+what+", "+why+", and holds no privileged directory role")
		}
	}
}

// activations looks at what an activation asks for, and whether anybody
// activates.
func (x *finder) activations() {
	d := x.Directory
	asked := map[*directory.Role]bool{}
	active := map[[2]string]bool{}
	for _, a := range d.RoleAssignments() {
		if a.Activated && a.Role != nil {
			active[[2]string{strings.ToLower(a.PrincipalID), strings.ToLower(a.Role.TemplateID)}] = true
		}
	}
	requests := d.Objects("roleAssignmentScheduleRequests")
	for _, r := range requests {
		role := strings.ToLower(r.Get("roleDefinitionId").TextOr(""))
		active[[2]string{strings.ToLower(r.Get("principalId").TextOr("")), role}] = true
	}
	unusedUnknown := false
	for _, a := range d.RoleAssignments() {
		if !a.Eligible || a.Role == nil || a.Role.Privileged != directory.True {
			continue
		}
		name := roleName(a.Role)
		if !active[[2]string{strings.ToLower(a.PrincipalID), strings.ToLower(a.Role.TemplateID)}] {
			switch {
			case d.Read("roleAssignmentScheduleRequests"):
				x.add(UnusedEligibility, a.PrincipalID, name, a.Scope, "no request to activate it is on record")
			case !unusedUnknown:
				unusedUnknown = true
				x.unknown(UnusedEligibility, "", "every eligible role", "Microsoft.Graph/roleAssignmentScheduleRequests were not read")
			}
		}
		if asked[a.Role] {
			continue
		}
		asked[a.Role] = true
		x.activation(a.Role, name)
	}
}

func (x *finder) activation(role *directory.Role, name string) {
	rules, ok := x.Directory.Activation(role.ID)
	if !ok {
		rules, ok = x.Directory.Activation(role.TemplateID)
	}
	if !ok {
		x.unknown(WeakActivation, "", name, "what an activation asks for (Microsoft.Graph/roleManagementPolicies) was not read")
		return
	}
	x.asks(rules, name, "/")
}

// asks looks at what an activation of a role asks for.
func (x *finder) asks(rules *directory.ActivationRules, name, scope string) {
	if context := rules.AuthenticationContext; context != "" {
		enforced := finding.Maybe
		if x.ContextEnforced != nil {
			enforced = x.ContextEnforced(context)
		}
		switch enforced {
		case finding.False:
			x.add(ContextNotEnforced, "", name, scope, "the activation asks for "+context+", which no enabled policy demands anything for")
		case finding.Maybe:
			x.unknown(ContextNotEnforced, "", name, "whether a Conditional Access policy enforces "+context)
		case finding.True:
		}
		return
	}
	switch {
	case rules.MFA == directory.True || rules.Approval == directory.True:
	case rules.MFA == directory.Unknown || rules.Approval == directory.Unknown:
		x.unknown(WeakActivation, "", name, "whether an activation asks for multifactor authentication or approval")
	default:
		x.add(WeakActivation, "", name, scope, "an activation asks for neither multifactor authentication nor approval nor an authentication context")
	}
}

// dangerousPermissions are application permissions of Microsoft Graph that
// reach Global Administrator, directly or by one more step. Source: "Microsoft
// Graph permissions reference".
var dangerousPermissions = map[string]string{
	"rolemanagement.readwrite.directory":                  "may give itself any directory role",
	"roleassignmentschedule.readwrite.directory":          "may give itself any directory role",
	"roleeligibilityschedule.readwrite.directory":         "may make anybody eligible for any directory role",
	"approleassignment.readwrite.all":                     "may grant itself any other permission",
	"application.readwrite.all":                           "may add a credential to every application",
	"directory.readwrite.all":                             "may change every group that holds no roles, and most of the directory",
	"privilegedaccess.readwrite.azureadgroup":             "may add members to role-assignable groups",
	"privilegedassignmentschedule.readwrite.azureadgroup": "may add members to role-assignable groups",
	"userauthenticationmethod.readwrite.all":              "may add a way to sign in to every account",
	"policy.readwrite.permissiongrant":                    "may let itself consent to any permission",
	"domain.readwrite.all":                                "may federate a domain and so sign in as its people",
}

func (x *finder) permissions() {
	d := x.Directory
	if !d.Read(directory.AppRoleAssignments) {
		x.unknown(DangerousPermission, "", "every application", "Microsoft.Graph/appRoleAssignments were not read")
		return
	}
	permission := d.Permissions()
	for _, g := range d.AppRoleGrants() {
		given := permission(g)
		if !given.OfGraph() {
			continue // a permission of another API, whatever its name
		}
		value := given.Value
		if value == "" {
			x.unknown(DangerousPermission, g.PrincipalID, g.AppRoleID, "the name of the permission: its service principal was not read")
			continue
		}
		why, ok := dangerousPermissions[strings.ToLower(value)]
		if !ok {
			continue
		}
		x.add(DangerousPermission, g.PrincipalID, value, "/", why)
		if s, ok := d.ServicePrincipal(g.PrincipalID); ok {
			x.owners(s.Owners, "the service principal "+s.DisplayName, "which holds "+value)
			if a, ok := d.Application(s.AppID); ok {
				x.owners(a.Owners, "the application "+a.DisplayName, "which holds "+value)
			}
		}
	}
}
