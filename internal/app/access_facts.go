package app

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/privilege"
)

// accessFacts tells what people and applications can really do: of each
// subscription who may assign any role over it, by effective permissions and
// with groups resolved; of users whether they hold privilege that never ends
// and whether a path leads from them to Global Administrator; of service
// principals which of their permissions lead there; of what an activation asks
// for; and of role assignments whether their principal exists.
func accessFacts(inv *inventory.Inventory, t *tenant) map[string]jsondoc.Value {
	f := &accessFactor{out: map[string]jsondoc.Value{}, inv: inv}
	users, sps := inv.Count("Microsoft.Graph/users"), inv.Count("Microsoft.Graph/servicePrincipals")
	if users+sps == 0 && inv.Count(typeRoleAssignment) == 0 && len(inv.Subscriptions()) == 0 {
		return f.out
	}
	f.a = t.access()
	f.subscriptions()
	f.principalsExist()
	f.principalsEnabled()
	if users+sps > 0 {
		f.privilege(t.now)
		f.standing(t)
		f.paths(t.paths())
	}
	for key, why := range f.unknown {
		f.out[key] = f.out[key].With(inventory.UnknownFacts, why)
	}
	return f.out
}

type accessFactor struct {
	inv     *inventory.Inventory
	a       *Access
	out     map[string]jsondoc.Value
	unknown map[string]jsondoc.Value
}

func (f *accessFactor) say(key, fact string, v jsondoc.Value) {
	if _, ok := f.out[key]; !ok {
		f.out[key] = jsondoc.NewObject()
	}
	f.out[key] = f.out[key].With(fact, v)
}

func (f *accessFactor) lacks(key, fact, why string) {
	if f.unknown == nil {
		f.unknown = map[string]jsondoc.Value{}
	}
	if _, ok := f.unknown[key]; !ok {
		f.unknown[key] = jsondoc.NewObject()
	}
	if _, ok := f.out[key]; !ok {
		f.out[key] = jsondoc.NewObject()
	}
	f.unknown[key] = f.unknown[key].With(fact, jsondoc.NewString(why))
}

func texts(list []string) jsondoc.Value { return jsondoc.FromAny(append([]string{}, list...)) }

// subscriptions counts who may give everything over a subscription away:
// "effectiveOwners" people, "effectiveGuestOwners" of them guests, and
// "effectiveServicePrincipalOwners" applications and identities.
func (f *accessFactor) subscriptions() {
	facts := []string{"effectiveOwners", "effectiveGuestOwners", "effectiveServicePrincipalOwners"}
	for _, sub := range f.inv.Subscriptions() {
		r, ok := f.inv.Get(sub)
		if !ok {
			continue
		}
		key := r.ID.Key()
		if gaps := f.a.gaps(sub); len(gaps) > 0 {
			for _, fact := range facts {
				f.lacks(key, fact, gaps[0])
			}
			continue
		}
		counts := map[string]int64{}
		why := map[string]string{} // facts that somebody of whom it is not known could raise
		var names []string
		for _, h := range f.a.active.WhoCan("Microsoft.Authorization/roleAssignments/write", false, sub) {
			may, missing := finding.False, []string(nil)
			for _, g := range h.Grants {
				truth, miss := f.a.active.MayAssignAnyRole(g.Assignment)
				if g.Via == "" && strings.EqualFold(g.Assignment.PrincipalType, "Group") {
					truth, miss = truth.And(finding.Maybe), append(miss, g.Missing...) // not all members were read
				}
				may, missing = may.Or(truth), append(missing, miss...)
			}
			if h.Denied != nil { // and may stop it, or it would not be listed
				may, missing = may.And(finding.Maybe), append(missing, "whether the deny assignment "+first(h.Denied.Name, h.Denied.ID)+" stops "+h.Principal)
			}
			p := f.a.Named(h.Principal)
			var of []string
			switch p.Kind {
			case "ServicePrincipal", "ManagedIdentity":
				of = facts[2:]
			case "Guest":
				of = facts[:2]
			case "User":
				of = facts[:1]
			default:
				if may == finding.True && f.a.kindOf(h) == "ServicePrincipal" {
					of = facts[2:]
					break
				}
				if may == finding.True && p.Kind == "Unknown" {
					of = facts[:1] // somebody; whether a guest is not known
					why[facts[1]] = "the owner " + p.ID + " is not in the directory that was read"
					break
				}
				of, may = facts, finding.Maybe
			}
			for _, fact := range of {
				switch may {
				case finding.True:
					counts[fact]++
				case finding.Maybe:
					why[fact] = cmp.Or(strings.Join(missing, "; "), "whether "+p.String()+" is an owner")
				case finding.False:
				}
			}
			if may == finding.True {
				names = append(names, p.String())
			}
		}
		for _, fact := range facts {
			// More than this is too many, however many more there may be.
			enough := int64(0)
			if fact == facts[0] {
				enough = 3
			}
			if w := why[fact]; w != "" && counts[fact] <= enough {
				f.lacks(key, fact, w)
				continue
			}
			f.say(key, fact, jsondoc.NewInt(counts[fact]))
		}
		f.say(key, "effectiveOwnerNames", texts(names))
	}
}

// kindOf returns what an assignment says of a principal that the directory does
// not have.
func (a *Access) kindOf(h access.Holder) string {
	for _, g := range h.Grants {
		if g.Via == "" && g.Assignment.PrincipalType != "" {
			return g.Assignment.PrincipalType
		}
	}
	return "Unknown"
}

// principalsExist tells of each role assignment whether its principal is in the
// directory.
func (f *accessFactor) principalsExist() {
	d := f.a.dir
	why := ""
	for _, c := range []string{directory.Users, directory.Groups, directory.ServicePrincipals} {
		if gap := directoryGap(f.inv, c); gap != "" && why == "" {
			why = gap
		}
	}
	for r := range f.inv.OfType(typeRoleAssignment) {
		id := r.Properties().Get("principalId").TextOr("")
		_, user := d.User(id)
		_, group := d.Group(id)
		_, sp := d.ServicePrincipal(id)
		switch {
		case user || group || sp:
			f.say(r.ID.Key(), "principalExists", jsondoc.NewBool(true))
		case why != "" || strings.HasPrefix(lower(r.Properties().Get("principalType").TextOr("")), "foreign"):
			f.lacks(r.ID.Key(), "principalExists", cmp.Or(why, "the principal is of another tenant"))
		default:
			f.say(r.ID.Key(), "principalExists", jsondoc.NewBool(false))
		}
	}
}

// principalsEnabled tells of each role assignment whether its principal is an
// account that may sign in. Groups have no account, and count as such.
func (f *accessFactor) principalsEnabled() {
	d := f.a.dir
	for r := range f.inv.OfType(typeRoleAssignment) {
		id := r.Properties().Get("principalId").TextOr("")
		enabled, collection := directory.Unknown, ""
		if u, ok := d.User(id); ok {
			enabled, collection = u.Enabled, directory.Users
		} else if sp, ok := d.ServicePrincipal(id); ok {
			enabled, collection = sp.Enabled, directory.ServicePrincipals
		} else if _, ok := d.Group(id); ok {
			enabled = directory.True
		}
		switch {
		case enabled != directory.Unknown:
			f.say(r.ID.Key(), "principalEnabled", jsondoc.NewBool(enabled == directory.True))
		case collection != "":
			f.lacks(r.ID.Key(), "principalEnabled", "Microsoft.Graph/"+collection+" were read without accountEnabled")
		default:
			why := ""
			for _, c := range []string{directory.Users, directory.Groups, directory.ServicePrincipals} {
				why = cmp.Or(why, directoryGap(f.inv, c))
			}
			if why != "" || strings.HasPrefix(lower(r.Properties().Get("principalType").TextOr("")), "foreign") {
				f.lacks(r.ID.Key(), "principalEnabled", cmp.Or(why, "the principal is of another tenant"))
			} else { // nobody: another control asks for that
				f.say(r.ID.Key(), "principalEnabled", jsondoc.NewBool(true))
			}
		}
	}
}

// privilege tells of service principals which permissions of theirs lead to
// Global Administrator, and of each directory role whether its activation asks
// for anything that stops a stolen password.
func (f *accessFactor) privilege(now time.Time) {
	permissions := map[string][]string{}
	unread := map[string]string{}
	weak := map[string]string{}
	unsure := map[string]string{}
	all := ""
	for _, x := range f.a.Privilege(now) {
		id := ""
		if x.Principal != nil {
			id = lower(x.Principal.ID)
		}
		open := x.State == finding.NonCompliant
		switch x.Rule {
		case privilege.DangerousPermission:
			switch {
			case open:
				permissions[id] = append(permissions[id], x.Subject)
			case id == "":
				all = x.Missing
			default:
				unread[id] = x.Missing
			}
		case privilege.WeakActivation, privilege.ContextNotEnforced:
			if open {
				weak[lower(x.Subject)] = x.Evidence
			} else {
				unsure[lower(x.Subject)] = x.Missing
			}
		}
	}
	for r := range f.inv.OfType("Microsoft.Graph/servicePrincipals") {
		id, key := lower(r.Body.Get("id").TextOr("")), r.ID.Key()
		list := permissions[id]
		if why := cmp.Or(unread[id], all); why != "" && len(list) == 0 {
			f.lacks(key, "dangerousPermissions", why)
			continue
		}
		slices.Sort(list)
		f.say(key, "dangerousPermissions", jsondoc.NewInt(int64(len(list))))
		f.say(key, "dangerousPermissionNames", texts(list))
	}
	eligible := map[*directory.Role]bool{}
	for _, ra := range f.a.dir.RoleAssignments() {
		if ra.Eligible && ra.Role != nil {
			eligible[ra.Role] = true
		}
	}
	for r := range f.inv.OfType("Microsoft.Graph/roleDefinitions") {
		role, ok := f.a.dir.Role(r.Body.Get("id").TextOr(""))
		key := r.ID.Key()
		if !ok || role.Privileged != directory.True || !eligible[role] {
			f.say(key, "activationGuarded", jsondoc.NewBool(true)) // nobody can activate it, or it is not privileged
			continue
		}
		name := lower(role.DisplayName)
		switch {
		case weak[name] != "":
			f.say(key, "activationGuarded", jsondoc.NewBool(false))
			f.say(key, "activationGap", jsondoc.NewString(weak[name]))
		case unsure[name] != "":
			f.lacks(key, "activationGuarded", unsure[name])
		default:
			f.say(key, "activationGuarded", jsondoc.NewBool(true))
		}
	}
}

// rulesData are roles that Microsoft does not call privileged, and that rule over
// all mail and all files: Exchange Administrator and SharePoint Administrator
// ("Microsoft Entra built-in roles").
var rulesData = map[string]bool{"29232cdf-9323-42fd-ade2-1d097af3e4de": true, "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": true}

// standing tells of each user whether it holds a privileged role of the whole
// directory with no end, itself or by a group. Accounts for emergency access
// must, and are set aside.
func (f *accessFactor) standing(t *tenant) {
	d := f.a.dir
	emergency := map[string]bool{}
	for _, u := range t.conditional().Set.EmergencyAccounts() {
		emergency[lower(u.ID)] = true
	}
	why := directoryGap(f.inv, directory.RoleAssignmentInstances)
	for r := range f.inv.OfType("Microsoft.Graph/users") {
		id, key := r.Body.Get("id").TextOr(""), r.ID.Key()
		if emergency[lower(id)] {
			f.say(key, "emergencyAccount", jsondoc.NewBool(true))
			f.say(key, "standingPrivilege", jsondoc.NewBool(false))
			continue
		}
		var names []string
		unsure := ""
		for _, ra := range d.RolesOf(id, false) {
			switch {
			case ra.Activated || !ra.Permanent() || !ra.TenantWide() || ra.Role == nil || ra.Role.Privileged == directory.False && !rulesData[lower(ra.Role.TemplateID)]:
			case ra.Role.Privileged == directory.Unknown:
				unsure = "whether the role " + first(ra.Role.DisplayName, ra.Role.ID) + " is privileged"
			default:
				names = append(names, first(ra.Role.DisplayName, ra.Role.ID))
			}
		}
		if missing := cmp.Or(why, unsure); missing != "" && (len(names) == 0 || why != "") {
			f.lacks(key, "standingPrivilege", missing)
			continue
		}
		f.say(key, "standingPrivilege", jsondoc.NewBool(len(names) > 0))
		if len(names) > 0 {
			f.say(key, "standingRoles", texts(names))
		}
	}
}

// paths tells of users and of service principals whether a path leads from them
// to Global Administrator, and of users whether they are "ordinaryAccount": one
// that is enabled and holds no privileged directory role.
func (f *accessFactor) paths(m *attackpath.Model) {
	target := m.GlobalAdministrator()
	if target == attackpath.NoNode {
		return
	}
	reaches := m.MayReach([]attackpath.Node{target})
	why := ""
	if u := m.Unread(); len(u) > 0 {
		why = u[0]
	}
	const fact = "reachesGlobalAdministrator"
	tell := func(key string, n attackpath.Node) {
		switch t := reaches(n); {
		case t == finding.True:
			f.say(key, fact, jsondoc.NewBool(true))
		case t == finding.Maybe:
			f.lacks(key, fact, "it depends on a condition or a role that could not be decided")
		case why != "":
			f.lacks(key, fact, why)
		default:
			f.say(key, fact, jsondoc.NewBool(false))
		}
	}
	ordinary := map[attackpath.Node]bool{}
	for _, n := range m.Ordinary() {
		ordinary[n] = true
	}
	for r := range f.inv.OfType("Microsoft.Graph/users") {
		if n := m.Principal(r.Body.Get("id").TextOr("")); n != attackpath.NoNode {
			f.say(r.ID.Key(), "ordinaryAccount", jsondoc.NewBool(ordinary[n]))
			tell(r.ID.Key(), n)
		}
	}
	for r := range f.inv.OfType("Microsoft.Graph/servicePrincipals") {
		if n := m.Principal(r.Body.Get("id").TextOr("")); n != attackpath.NoNode {
			tell(r.ID.Key(), n)
		}
	}
}
