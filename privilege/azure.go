package privilege

import (
	"cmp"
	"strings"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
)

// azureRoles looks at assignments of Azure roles that may assign roles: by the
// effective permissions of the role, so that custom roles count.
func (x *finder) azureRoles() {
	if x.Azure == nil {
		return
	}
	for _, a := range x.Assignments {
		name := a.Role
		if r, ok := x.Azure.Role(a.Role); ok {
			name = cmp.Or(r.Name, a.Role)
		}
		scope := a.Scope.String()
		truth, missing := x.Azure.MayAssignAnyRole(a)
		if truth == finding.Maybe {
			x.unknown(StandingAzureRole, a.Principal, name, strings.Join(missing, "; "))
			continue
		}
		if truth == finding.False {
			if u, ok := x.Directory.User(a.Principal); ok && strings.EqualFold(u.UserType, "Guest") && x.writes(a) {
				x.add(GuestWithPrivilege, a.Principal, name, scope, "a guest that may change resources")
			}
			continue
		}
		x.holder(a.Principal, name, scope)
		if s, ok := x.Directory.ServicePrincipal(a.Principal); ok {
			kind := "service principal"
			if strings.EqualFold(s.Kind, "ManagedIdentity") {
				kind = "managed identity"
			}
			x.add(DangerousAzure, a.Principal, name, scope, "a "+kind+" that may assign Azure roles")
			continue
		}
		since := ""
		if len(a.CreatedOn) >= 10 {
			since = " on " + a.CreatedOn[:10]
		}
		if a.Until == "" && !a.Activated {
			x.add(StandingAzureRole, a.Principal, name, scope, "assigned"+since+", with no end")
		}
		if g, ok := x.Directory.Group(a.Principal); ok && !g.RoleAssignable {
			x.add(GroupCarriesRole, a.Principal, name, scope, "the group is not role-assignable: whoever manages groups decides who is in it")
		}
	}
}

// azureActivations looks at what an activation asks for of the Azure roles that
// may assign roles, and whose holders are who they should be.
func (x *finder) azureActivations() {
	if x.Azure == nil {
		return
	}
	seen := map[string]bool{}
	for _, a := range x.Eligible {
		if t, _ := x.Azure.MayAssignAnyRole(a); t != finding.True {
			continue
		}
		name := a.Role
		if r, ok := x.Azure.Role(a.Role); ok {
			name = cmp.Or(r.Name, a.Role)
		}
		x.holder(a.Principal, name, a.Scope.String())
		key := a.Role + " " + a.Scope.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		var rules *directory.ActivationRules
		known := false
		if x.AzureActivation != nil {
			rules, known = x.AzureActivation(a)
		}
		if !known {
			x.unknown(WeakActivation, "", name, "what an activation at "+a.Scope.String()+" asks for (Microsoft.Authorization/roleManagementPolicyAssignments) was not read")
			continue
		}
		x.asks(rules, name, a.Scope.String())
	}
}

// writes tells whether an assignment lets its principal change anything.
func (x *finder) writes(a *access.Assignment) bool {
	for _, action := range []string{"Microsoft.Resources/deployments/write", "Microsoft.Compute/virtualMachines/write", "Microsoft.Storage/storageAccounts/write"} {
		if t, _ := x.Azure.Grants(a, action, false); t == finding.True {
			return true
		}
	}
	return false
}
