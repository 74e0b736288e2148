package app

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// ownerRole is the id of the built-in role Owner ("Azure built-in roles").
const ownerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

// subscriptionFacts counts who holds the role Owner over each subscription, by
// assignments at it or above it: people, guests and service principals.
// Members of groups count as one principal, the group: the directory's side of
// a group is another analyser's.
func subscriptionFacts(inv *inventory.Inventory, _ *tenant) map[string]jsondoc.Value {
	const typ = "Microsoft.Authorization/roleAssignments"
	out := map[string]jsondoc.Value{}
	guests := map[string]bool{}
	usersKnown := false
	if tenant, err := resource.ParseID("/"); err == nil {
		usersKnown = inv.Coverage("Microsoft.Graph/users", tenant).Complete()
	}
	for u := range inv.OfType("Microsoft.Graph/users") {
		if strings.EqualFold(u.Body.Get("userType").TextOr(""), "Guest") {
			guests[lower(u.ID.Name())] = true
		}
	}
	type owner struct{ principal, kind string }
	at := map[string][]owner{} // by key of the scope
	for r := range inv.OfType(typ) {
		p := r.Properties()
		if !strings.HasSuffix(lower(p.Get("roleDefinitionId").TextOr("")), ownerRole) {
			continue
		}
		scope := p.Get("scope").TextOr(r.ID.Scope().String())
		id, err := resource.ParseID(scope)
		if err != nil {
			continue
		}
		at[id.Key()] = append(at[id.Key()], owner{lower(p.Get("principalId").TextOr("")), lower(p.Get("principalType").TextOr(""))})
	}
	for _, sub := range inv.Subscriptions() {
		r, ok := inv.Get(sub)
		if !ok {
			continue
		}
		if cov := inv.Coverage(typ, sub); !cov.Complete() {
			why := "role assignments of the subscription were not read"
			if cov.Reason != "" {
				why += ": " + cov.Reason
			}
			out[r.ID.Key()] = unknownFacts(why, "owners", "guestOwners", "servicePrincipalOwners")
			continue
		}
		seen := map[owner]bool{}
		for _, scope := range append([]resource.ID{sub}, inv.Ancestors(sub)...) {
			for _, o := range at[scope.Key()] {
				seen[o] = true
			}
		}
		var owners, guestOwners, services int64
		for o := range seen {
			switch {
			case o.kind == "serviceprincipal":
				services++
			case guests[o.principal]:
				guestOwners++
				owners++
			default:
				owners++
			}
		}
		ms := []jsondoc.Member{
			{Name: "owners", Value: jsondoc.NewInt(owners)},
			{Name: "servicePrincipalOwners", Value: jsondoc.NewInt(services)},
		}
		if usersKnown || guestOwners > 0 {
			ms = append(ms, jsondoc.Member{Name: "guestOwners", Value: jsondoc.NewInt(guestOwners)})
		} else {
			ms = append(ms, jsondoc.Member{Name: inventory.UnknownFacts, Value: unknownFacts("Microsoft.Graph/users were not wholly read", "guestOwners").Get(inventory.UnknownFacts)})
		}
		out[r.ID.Key()] = jsondoc.NewObject(ms...)
	}
	return out
}
