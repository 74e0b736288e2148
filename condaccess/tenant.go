package condaccess

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

// Tenant is what policies are decided in. All of it may be absent; answers that
// need what is absent are Unknown.
type Tenant struct {
	ID               string               // tenant id; "" is taken from the directory's organization
	Directory        *directory.Directory // users, groups, roles, service principals
	Locations        []*Location
	LocationsKnown   bool // Locations are all there are, though the directory does not say so
	Strengths        []*Strength
	TrustedIPs       []netip.Prefix // trusted addresses of the multifactor service; Graph does not tell them
	Catalog          *Catalog       // app groups; nil: the built-in table
	SecurityDefaults Tri            // whether security defaults are on
	// Whole tells whether all of a collection of the directory was read; nil: every
	// collection of which anything was.
	Whole func(collection string) bool
	Now   time.Time // role assignments that ended by then do not count; zero: none is dated out
}

// TenantOf takes locations, strengths, the tenant's id and whether security
// defaults are on from the objects of a directory.
func TenantOf(dir *directory.Directory, now time.Time) Tenant {
	t := Tenant{Directory: dir, Now: now}
	for _, v := range dir.Objects(directory.NamedLocations) {
		if l, _ := ParseLocation(v); l != nil {
			t.Locations = append(t.Locations, l)
		}
	}
	for _, v := range dir.Objects(directory.AuthenticationStrengths) {
		t.Strengths = append(t.Strengths, ParseStrength(v))
	}
	for _, v := range dir.Objects(directory.Organization) {
		t.ID = v.Get("id").TextOr(t.ID)
	}
	for _, v := range dir.Objects(directory.SecurityDefaults) {
		if b, ok := v.Get("isEnabled").Bool(); ok {
			t.SecurityDefaults = triOf(b)
		}
	}
	return t
}

// whole tells whether what is absent from a collection does not exist.
func (t *Tenant) whole(collection string) bool {
	if t.Directory == nil {
		return false
	}
	if t.Whole != nil {
		return t.Whole(collection)
	}
	return t.Directory.Read(collection)
}

// trustedUnread tells whether there may be trusted locations besides those known.
func (t *Tenant) trustedUnread() bool {
	if t.LocationsKnown || t.whole(directory.NamedLocations) {
		return false
	}
	return t.Whole != nil || len(t.Locations) == 0
}

// subject is whoever signs in, reduced to what policies can tell apart.
type subject struct {
	workload bool
	agent    Tri // an agent identity
	ids      []string
	kinds    GuestKinds // kinds that the person may be
	tenant   string     // home tenant, folded; "" unknown
	groups   pairList   // over the groups that policies name
	roles    pairList   // over the roles that policies name
	inScope  Tri        // workloads: a single-tenant principal of this tenant
	attrs    jsondoc.Value
}

// pairList says of each item whether it holds.
type pairList []Tri

// names of groups and roles that policies refer to, folded, with their places.
type names struct {
	list []string
	ix   map[string]int
}

func (n *names) add(s string) int {
	s = fold(s)
	if i, ok := n.ix[s]; ok {
		return i
	}
	if n.ix == nil {
		n.ix = map[string]int{}
	}
	n.ix[s] = len(n.list)
	n.list = append(n.list, s)
	return len(n.list) - 1
}

// people answers who is in the groups and roles that policies name.
type people struct {
	t          Tenant
	groups     names
	roles      names
	groupKnown []bool // all members of the group are known
	openRoles  []roleThroughGroup
	rolesRead  bool
	rolesOnly  bool // roles are known only of users whose records list them
}

// roleThroughGroup is a role that a group holds whose members are not all known.
type roleThroughGroup struct {
	role  int
	group string
}

func newPeople(t Tenant, policies []*Policy) *people {
	p := &people{t: t}
	for _, pol := range policies {
		u := &pol.Conditions.Users
		for _, g := range slices.Concat(u.Groups.Include, u.Groups.Exclude) {
			p.groups.add(g)
		}
		for _, r := range slices.Concat(u.Roles.Include, u.Roles.Exclude) {
			p.roles.add(r)
		}
	}
	p.groupKnown = make([]bool, len(p.groups.list))
	dir := t.Directory
	if dir == nil {
		return p
	}
	for i, g := range p.groups.list {
		// Nobody has this id: the answer says whether all members are known.
		p.groupKnown[i] = dir.InGroup("\x00", g) == directory.False && (t.whole(directory.Groups) || !p.strangers(g, map[string]bool{}))
	}
	p.rolesRead = dir.RolesRead()
	p.rolesOnly = p.rolesRead && !dir.Read(directory.RoleAssignments) && !dir.Read(directory.RoleAssignmentInstances) && !dir.Read(directory.DirectoryRoles)
	for _, a := range dir.RoleAssignments() {
		if _, isGroup := dir.Group(a.PrincipalID); isGroup && dir.InGroup("\x00", a.PrincipalID) != directory.False {
			if i := p.roleIndex(a); i >= 0 {
				p.openRoles = append(p.openRoles, roleThroughGroup{i, a.PrincipalID})
			}
		}
	}
	return p
}

// listsGroups tells whether a user's own record says which groups the user is in.
func listsGroups(u *directory.User) bool {
	for _, n := range []string{"transitiveMemberOf", "memberOf", "groups", "groupIds"} {
		if u.Body.Get(n).Kind() == jsondoc.Array {
			return true
		}
	}
	return false
}

// strangers tells whether a group holds, itself or in groups within it, something
// that is no object that was read: it may be a group, with anybody in it.
func (p *people) strangers(group string, seen map[string]bool) bool {
	dir := p.t.Directory
	g, ok := dir.Group(group)
	if !ok || seen[fold(group)] {
		return false
	}
	seen[fold(group)] = true
	for _, m := range g.Members {
		if _, ok := dir.Group(m); ok {
			if p.strangers(m, seen) {
				return true
			}
			continue
		}
		_, user := dir.User(m)
		_, principal := dir.ServicePrincipal(m)
		_, device := dir.Device(m)
		if !user && !principal && !device {
			return true
		}
	}
	return false
}

// roleIndex returns the place of the role that an assignment gives, -1 where it
// gives none that counts: only active, tenant-wide assignments of built-in roles do
// ("Conditional Access: Users, groups, agents and workload identities").
func (p *people) roleIndex(a *directory.RoleAssignment) int {
	if a.Eligible || !a.TenantWide() || a.Role == nil || a.Role.BuiltIn == directory.False {
		return -1
	}
	if now := p.t.Now; !now.IsZero() && (!a.End.IsZero() && !a.End.After(now) || a.Start.After(now)) {
		return -1
	}
	if i, ok := p.roles.ix[fold(a.Role.TemplateID)]; ok {
		return i
	}
	if i, ok := p.roles.ix[fold(a.Role.ID)]; ok {
		return i
	}
	return -1
}

func (p *people) unknownUser(id string) *subject {
	s := &subject{kinds: anyKind, groups: make(pairList, len(p.groups.list)), roles: make(pairList, len(p.roles.list))}
	if id != "" {
		s.ids = []string{fold(id)}
	}
	return s
}

func (p *people) user(u *directory.User) *subject {
	s := &subject{ids: []string{fold(u.ID)}, kinds: kindsOf(u), tenant: fold(u.HomeTenant), groups: make(pairList, len(p.groups.list)), roles: make(pairList, len(p.roles.list))}
	if u.UPN != "" && !strings.EqualFold(u.UPN, u.ID) {
		s.ids = append(s.ids, fold(u.UPN))
	}
	dir := p.t.Directory
	if len(p.groups.list) > 0 {
		for i := range s.groups {
			if p.groupKnown[i] {
				s.groups[i] = False
			} else if t := dir.InGroup(u.ID, p.groups.list[i]); t == True || listsGroups(u) || dir.InGroup("\x00", p.groups.list[i]) == directory.Unknown {
				s.groups[i] = t
			}
		}
		for _, g := range dir.GroupsOf(u.ID) {
			if i, ok := p.groups.ix[fold(g.ID)]; ok {
				s.groups[i] = True
			}
		}
	}
	if len(p.roles.list) > 0 {
		known := p.rolesRead
		if p.rolesOnly {
			_, known = dir.ListedRoles(u.ID)
		}
		for i := range s.roles {
			if known {
				s.roles[i] = False
			}
		}
		for _, o := range p.openRoles {
			if s.roles[o.role] == False && dir.InGroup(u.ID, o.group) == directory.Unknown {
				s.roles[o.role] = Unknown
			}
		}
		for _, a := range dir.RolesOf(u.ID, false) {
			if i := p.roleIndex(a); i >= 0 {
				s.roles[i] = True
			}
		}
	}
	return s
}

// kindsOf returns the kinds of external person that a user may be ("Authentication
// and Conditional Access for B2B users").
func kindsOf(u *directory.User) GuestKinds {
	var out GuestKinds
	guest, member := !strings.EqualFold(u.UserType, "Member"), !strings.EqualFold(u.UserType, "Guest")
	if u.External != directory.False { // may be external
		if guest {
			out |= B2BCollaborationGuest
		}
		if member {
			out |= B2BCollaborationMember
		}
	}
	if u.External != directory.True { // may be internal
		if guest {
			out |= InternalGuest
		}
		if member {
			out |= NotGuest
		}
	}
	return out
}

// told lays over a subject what the sign-in itself tells.
func (p *people) told(s *subject, t *Person) {
	if t.Kinds != 0 {
		if k := s.kinds & t.Kinds; k != 0 {
			s.kinds = k
		} else {
			s.kinds = t.Kinds
		}
	}
	if t.Tenant != "" {
		s.tenant = fold(t.Tenant)
	}
	overlay := func(to pairList, n *names, list []string, known bool) {
		if known {
			for i := range to {
				to[i] = False
			}
		}
		for _, g := range list {
			if i, ok := n.ix[fold(g)]; ok {
				to[i] = True
			}
			if n != &p.groups || p.t.Directory == nil {
				continue
			}
			for _, up := range p.t.Directory.GroupsOf(g) { // nested in others
				if i, ok := n.ix[fold(up.ID)]; ok {
					to[i] = True
				}
			}
		}
	}
	overlay(s.groups, &p.groups, t.Groups, t.GroupsKnown)
	overlay(s.roles, &p.roles, t.Roles, t.RolesKnown)
}

// principal describes a workload identity. Policies reach only single-tenant service
// principals of the tenant itself ("Conditional Access for workload identities").
func (p *people) principal(id string) *subject {
	s := &subject{workload: true, ids: []string{fold(id)}, inScope: Unknown}
	if p.t.Directory == nil {
		return s
	}
	sp, ok := p.t.Directory.ServicePrincipal(id)
	if !ok {
		return s
	}
	s.ids = []string{fold(sp.ID)}
	s.attrs = sp.Body.Get("customSecurityAttributes")
	s.agent = triOf(sp.Agent)
	own, single := Unknown, Unknown
	if sp.OwnerTenant != "" && p.t.ID != "" {
		own = triOf(strings.EqualFold(sp.OwnerTenant, p.t.ID))
	}
	switch fold(sp.SignInAudience) {
	case "azureadmyorg":
		single = True
	case "":
	default:
		single = False
	}
	switch {
	case sp.Kind != "" && !strings.EqualFold(sp.Kind, "Application"), own == False, single == False:
		s.inScope = False
	case own == True && single == True:
		s.inScope = True
	}
	return s
}
