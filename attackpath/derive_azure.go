package attackpath

import (
	"slices"
	"strings"

	"github.com/azward/azward/access"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const assignRoles = "Microsoft.Authorization/roleAssignments/write"

// azure adds what role assignments let principals do, by the permissions of
// their roles and not by the roles' names, and which identities the resources
// run as.
func (d *deriver) azure() {
	d.edge(d.globalAdministrator(), d.owner(resource.TenantID()), elevates, 0, "")
	for _, sub := range d.Inventory.Subscriptions() {
		if cov := d.Inventory.Coverage("Microsoft.Authorization/roleAssignments", sub); !cov.Complete() {
			d.lacks("role assignments of " + sub.String() + " were not read")
		}
		d.owner(sub)
	}
	for _, a := range d.Assignments {
		d.assignment(a)
	}
	for r := range d.Inventory.All() {
		d.identities(r)
		if r.TypeKey() == "microsoft.keyvault/vaults" {
			d.vaultPolicies(r)
		}
	}
}

// owner returns the node of the power to assign any role at a scope, which is
// power over everything below it.
func (d *deriver) owner(scope resource.ID) Node {
	key := "o:" + scope.Key()
	n := d.node(key, Thing{ScopeNode, scope.String(), d.nameOf(scope)})
	if d.seen[key] {
		return n
	}
	d.seen[key] = true
	switch scope.Level() {
	case resource.LevelTenant, resource.LevelManagementGroup:
		for _, sub := range d.Inventory.Subscriptions() {
			if d.Inventory.Within(sub, scope) {
				d.edge(n, d.owner(sub), contains, 0, "")
			}
		}
	default:
		for i := range azureActions {
			for r := range d.Inventory.Under(scope, azureActions[i].typ) {
				d.edge(n, d.resource(r), actsOn, 0, "")
			}
		}
	}
	return n
}

func (d *deriver) nameOf(scope resource.ID) string {
	if scope.Level() == resource.LevelTenant {
		return "the whole tenant"
	}
	if r, ok := d.Inventory.Get(scope); ok {
		return first(r.Body.Get("displayName").TextOr(""), r.Properties().Get("displayName").TextOr(""), r.Name())
	}
	return scope.Name()
}

func (d *deriver) resource(r *resource.Resource) Node {
	return d.node("z:"+r.ID.Key(), Thing{ResourceNode, r.ID.String(), r.Name()})
}

// assignment adds the edges of one role assignment: each ability is asked of
// the access engine, so that notActions, custom roles, conditions and deny
// assignments count.
func (d *deriver) assignment(a *access.Assignment) {
	p := d.principal(a.Principal)
	role := a.Role
	if r, ok := d.Azure.Role(a.Role); ok {
		role = first(r.Name, a.Role)
	}
	may := d.may(a, assignRoles, false, a.Scope)
	if may != finding.False {
		any, _ := d.Azure.MayAssignAnyRole(a)
		switch any {
		case finding.True:
			if may == finding.True || len(d.Denies) == 0 {
				d.edge(p, d.owner(a.Scope), azureOwner, 0, role)
				return // which is everything else as well
			}
			d.unsure(p, d.owner(a.Scope), "whether "+d.m.things[p].String()+" may assign roles at "+a.Scope.String())
		case finding.Maybe:
			d.unsure(p, d.owner(a.Scope), "whether "+d.m.things[p].String()+" may assign roles at "+a.Scope.String())
		case finding.False:
			d.delegated(p, a)
		}
	}
	for i := range azureActions {
		row := &azureActions[i]
		for _, action := range row.actions {
			d.acts(p, a, row.typ, action, false, role)
		}
		for _, action := range row.data {
			d.acts(p, a, row.typ, action, true, role)
		}
	}
}

// delegated adds what somebody reaches who may assign some roles only: the
// resources that those roles control.
func (d *deriver) delegated(p Node, a *access.Assignment) {
	for _, r := range d.Azure.Roles() {
		truth, _ := d.Azure.MayAssign(a, r.Key)
		if truth == finding.False {
			continue
		}
		for i := range azureActions {
			row := &azureActions[i]
			controls := func(actions []string, data bool) bool {
				return slices.ContainsFunc(actions, func(action string) bool {
					return slices.ContainsFunc(r.Permissions, func(x access.Permission) bool { return x.Condition == nil && x.Grants(strings.ToLower(action), data) })
				})
			}
			switch {
			case !controls(row.actions, false) && !controls(row.data, true):
			case truth == finding.Maybe:
				d.unsure(p, d.under(row.typ, a.Scope), "whether "+d.m.things[p].String()+" may assign "+first(r.Name, r.Key)+" at "+a.Scope.String())
			default:
				d.edge(p, d.under(row.typ, a.Scope), azureAssigns, 0, "by assigning "+first(r.Name, r.Key))
			}
		}
	}
}

// under returns the joint of the resources of a type at or below a scope.
func (d *deriver) under(typ string, scope resource.ID) Node {
	return d.joint("c:"+typ+"|"+scope.Key(), func(n Node) {
		for r := range d.Inventory.Under(scope, typ) {
			d.edge(n, d.resource(r), actsOn, 0, "")
		}
	})
}

// acts adds the resources of a type on which an assignment allows an action.
func (d *deriver) acts(p Node, a *access.Assignment, typ, action string, data bool, role string) {
	truth := d.may(a, action, data, a.Scope)
	if truth == finding.Maybe {
		d.unsure(p, d.under(typ, a.Scope), "whether "+d.m.things[p].String()+" may "+action+" at "+a.Scope.String())
	}
	switch {
	case len(d.Denies) > 0: // one of them may stop the action further down
		for r := range d.Inventory.Under(a.Scope, typ) {
			if d.may(a, action, data, r.ID) == finding.True {
				d.edge(p, d.resource(r), azureActs, 0, role+": "+action)
			}
		}
	case truth == finding.True:
		d.edge(p, d.under(typ, a.Scope), azureActs, 0, role+": "+action)
	}
}

// may tells whether one assignment lets its principal do an action at a scope
// at or below its own, deny assignments counted.
func (d *deriver) may(a *access.Assignment, action string, data bool, scope resource.ID) finding.Truth {
	truth, _ := d.Azure.Grants(a, action, data)
	if truth == finding.False || len(d.Denies) == 0 {
		return truth
	}
	return truth.And(d.Azure.Check(access.Question{Principal: a.Principal, Action: action, Data: data, Scope: scope}).Allowed)
}

// identities adds the managed identities that a resource runs as.
func (d *deriver) identities(r *resource.Resource) {
	identity := r.Body.Get("identity")
	if identity.Kind() == jsondoc.Object {
		if id := identity.Get("principalId").TextOr(""); id != "" {
			d.edge(d.resource(r), d.principal(id), runsAs, 0, "")
		}
		for name, u := range identity.Get("userAssignedIdentities").Members() {
			id := u.Get("principalId").TextOr("")
			if id == "" {
				if known, ok := d.Inventory.Lookup(name); ok {
					id = known.Properties().Get("principalId").TextOr("")
				}
			}
			if id == "" {
				d.lacks("the principal of the identity " + name + " was not read")
				continue
			}
			d.edge(d.resource(r), d.principal(id), runsAs, 0, "")
		}
	}
	if r.TypeKey() == "microsoft.managedidentity/userassignedidentities" {
		if id := r.Properties().Get("principalId").TextOr(""); id != "" {
			d.edge(d.resource(r), d.principal(id), runsAs, 0, "")
		}
	}
}

// vaultPolicies adds who may read secrets by a vault's own access policies.
func (d *deriver) vaultPolicies(r *resource.Resource) {
	if on, ok := r.Properties().Get("enableRbacAuthorization").Bool(); ok && on {
		return // they are not looked at
	}
	for _, p := range r.Properties().Get("accessPolicies").Elements() {
		id := p.Get("objectId").TextOr("")
		if id == "" {
			continue
		}
		for _, s := range p.Get("permissions").Get("secrets").Elements() {
			if v := strings.ToLower(s.TextOr("")); v == "get" || v == "all" {
				d.edge(d.principal(id), d.resource(r), vaultPolicy, 0, "")
				break
			}
		}
	}
}
