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
		d.assignment(a, false)
	}
	for _, a := range d.Eligible {
		d.assignment(a, true)
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

// holding is a role assignment whose edges are added.
type holding struct {
	*access.Assignment
	from     Node
	role     string
	cut      string // the change that takes all its edges away
	eligible bool
}

// activationCost is added to what an assignment gives only once it is activated.
const activationCost = 2

// gives adds one edge of a role assignment.
func (d *deriver) gives(h *holding, to Node, k Kind, text string) {
	extra := 0
	if h.eligible {
		extra, text = activationCost, join(text, "once the eligible role is activated")
	}
	d.edgeCut(h.from, to, k, extra, note{text, h.cut})
}

// assignment adds the edges of one role assignment: each ability is asked of
// the access engine, so that notActions, custom roles, conditions and deny
// assignments count.
func (d *deriver) assignment(a *access.Assignment, eligible bool) {
	h := &holding{Assignment: a, from: d.principal(a.Principal), role: a.Role, eligible: eligible}
	if r, ok := d.Azure.Role(a.Role); ok {
		h.role = first(r.Name, a.Role)
	}
	h.cut = "take the role " + h.role + " at " + d.nameOf(a.Scope) + " from {from}"
	if eligible {
		h.cut = "end the eligibility of {from} for the role " + h.role + " at " + d.nameOf(a.Scope)
	}
	may := d.may(h, assignRoles, false, a.Scope)
	if may != finding.False {
		any, _ := d.Azure.MayAssignAnyRole(a)
		switch any {
		case finding.True:
			if may == finding.True || len(d.Denies) == 0 {
				d.gives(h, d.owner(a.Scope), azureOwner, h.role)
				return // which is everything else as well
			}
			d.unsure(h.from, d.owner(a.Scope), "whether "+d.m.things[h.from].String()+" may assign roles at "+a.Scope.String())
		case finding.Maybe:
			d.unsure(h.from, d.owner(a.Scope), "whether "+d.m.things[h.from].String()+" may assign roles at "+a.Scope.String())
		case finding.False:
			d.delegated(h)
		}
	}
	for i := range azureActions {
		row := &azureActions[i]
		for _, action := range row.actions {
			d.acts(h, row.typ, action, false)
		}
		for _, action := range row.data {
			d.acts(h, row.typ, action, true)
		}
	}
}

// delegated adds what somebody reaches who may assign some roles only: the
// resources that those roles control.
func (d *deriver) delegated(h *holding) {
	for _, r := range d.Azure.Roles() {
		truth, _ := d.Azure.MayAssign(h.Assignment, r.Key)
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
				d.unsure(h.from, d.under(row.typ, h.Scope), "whether "+d.m.things[h.from].String()+" may assign "+first(r.Name, r.Key)+" at "+h.Scope.String())
			default:
				d.gives(h, d.under(row.typ, h.Scope), azureAssigns, "by assigning "+first(r.Name, r.Key))
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
func (d *deriver) acts(h *holding, typ, action string, data bool) {
	truth := d.may(h, action, data, h.Scope)
	if truth == finding.Maybe {
		d.unsure(h.from, d.under(typ, h.Scope), "whether "+d.m.things[h.from].String()+" may "+action+" at "+h.Scope.String())
	}
	switch {
	case len(d.Denies) > 0: // one of them may stop the action further down
		for r := range d.Inventory.Under(h.Scope, typ) {
			if d.may(h, action, data, r.ID) == finding.True {
				d.gives(h, d.resource(r), azureActs, h.role+": "+action)
			}
		}
	case truth == finding.True:
		d.gives(h, d.under(typ, h.Scope), azureActs, h.role+": "+action)
	}
}

// may tells whether one assignment lets its principal do an action at a scope
// at or below its own, deny assignments counted.
func (d *deriver) may(h *holding, action string, data bool, scope resource.ID) finding.Truth {
	truth, _ := d.Azure.Grants(h.Assignment, action, data)
	if truth == finding.False || len(d.Denies) == 0 {
		return truth
	}
	return truth.And(d.Azure.Denied(access.Question{Principal: h.Principal, Action: action, Data: data, Scope: scope}).Not())
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
	if r.TypeKey() == "microsoft.containerservice/managedclusters" {
		d.clusterNodes(r)
	}
	if r.TypeKey() == "microsoft.managedidentity/userassignedidentities" {
		if id := r.Properties().Get("principalId").TextOr(""); id != "" {
			d.edge(d.resource(r), d.principal(id), runsAs, 0, "")
		}
	}
}

// clusterNodes adds what a Kubernetes cluster's nodes are: machines in a resource group
// of their own, and the identity that they pull images with. Source: "Use a managed
// identity in Azure Kubernetes Service (AKS)".
func (d *deriver) clusterNodes(r *resource.Resource) {
	for _, k := range r.Properties().Get("identityProfile").Members() {
		if id := k.Get("objectId").TextOr(""); id != "" {
			d.edge(d.resource(r), d.principal(id), runsAs, 0, "")
		}
	}
	group := r.Properties().Get("nodeResourceGroup").TextOr("")
	if group == "" {
		return
	}
	id, err := resource.ParseID("/subscriptions/" + r.ID.Subscription() + "/resourceGroups/" + group)
	if err != nil {
		return
	}
	for _, typ := range []string{"microsoft.compute/virtualmachinescalesets", "microsoft.compute/virtualmachines"} {
		for node := range d.Inventory.Under(id, typ) {
			d.edge(d.resource(r), d.resource(node), clusterNode, 0, "")
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
