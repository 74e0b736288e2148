package attackpath

import (
	"slices"
	"strings"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// deriver builds one model.
type deriver struct {
	Facts
	b    *Builder
	m    *Model
	seen map[string]bool // roles and joints whose edges have been added

	guards map[string]bool
	noted  map[note]int32 // by what they say
}

func userKey(id string) string        { return "p:" + strings.ToLower(id) }
func applicationKey(id string) string { return "a:" + strings.ToLower(id) }
func roleKey(template, scope string) string {
	return "r:" + strings.ToLower(template) + "@" + strings.ToLower(scope)
}

func (d *deriver) node(key string, t Thing) Node {
	n := d.b.Node(key)
	if int(n) == len(d.m.things) {
		d.m.things = append(d.m.things, t)
	}
	return n
}

func (d *deriver) edge(from, to Node, k Kind, extra int, text string) {
	d.edgeCut(from, to, k, extra, note{text: text})
}

// edgeCut adds an edge that a change of its own takes away.
func (d *deriver) edgeCut(from, to Node, k Kind, extra int, n note) {
	evidence := int32(-1)
	if n != (note{}) {
		var known bool
		if evidence, known = d.noted[n]; !known {
			evidence = int32(len(d.m.notes))
			d.noted[n] = evidence
			d.m.notes = append(d.m.notes, n)
		}
	}
	d.b.Add(Edge{From: from, To: to, Kind: k, Cost: rules[k].Cost + uint16(extra), Evidence: evidence})
}

// lacks notes what was not read.
func (d *deriver) lacks(what string) {
	d.m.missing = append(d.m.missing, what)
	d.m.unread = append(d.m.unread, what)
}

// unsure notes a step of which it is not known whether it can be taken.
func (d *deriver) unsure(from, to Node, what string) {
	d.m.missing = append(d.m.missing, what)
	d.m.unsure = append(d.m.unsure, [2]Node{from, to})
}

// principal returns the node of a user, group or service principal.
func (d *deriver) principal(id string) Node {
	dir := d.Directory
	if u, ok := dir.User(id); ok {
		name := u.UPN
		if name == "" {
			name = u.DisplayName
		}
		return d.node(userKey(u.ID), Thing{UserNode, u.ID, name})
	}
	if g, ok := dir.Group(id); ok {
		return d.node(userKey(g.ID), Thing{GroupNode, g.ID, g.DisplayName})
	}
	if s, ok := dir.ServicePrincipal(id); ok {
		return d.node(userKey(s.ID), Thing{ServicePrincipalNode, s.ID, s.DisplayName})
	}
	return d.node(userKey(id), Thing{UserNode, id, ""})
}

// people adds users, and groups with their members and owners.
func (d *deriver) people() {
	dir := d.Directory
	for _, c := range []string{directory.Users, directory.Groups, directory.ServicePrincipals, directory.Applications, directory.AppRoleAssignments} {
		if !dir.Read(c) {
			d.lacks("Microsoft.Graph/" + c + " was not read")
		}
	}
	if !dir.RolesRead() {
		d.lacks("the directory's role assignments were not read")
	}
	for _, u := range dir.Users() {
		d.principal(u.ID)
	}
	for _, g := range dir.Groups() {
		n := d.principal(g.ID)
		if !g.MembersRead {
			d.lacks("members of the group " + first(g.DisplayName, g.ID) + " were not read")
		}
		for _, m := range g.Members {
			d.edge(d.principal(m), n, memberOf, 0, "")
		}
		for _, o := range g.Owners {
			// Owners of a group with dynamic membership change its rule instead.
			d.edge(d.principal(o), n, ownsGroup, 0, "")
		}
	}
}

// groupEligibility adds who may activate the membership or ownership of a group
// in Privileged Identity Management for Groups.
func (d *deriver) groupEligibility() {
	for _, body := range d.Directory.Objects("groupEligibilityScheduleInstances") {
		group, who := body.Get("groupId").TextOr(""), body.Get("principalId").TextOr("")
		if _, ok := d.Directory.Group(group); !ok || who == "" {
			continue
		}
		k := activatesMembership
		if strings.EqualFold(body.Get("accessId").TextOr(""), "owner") {
			k = activatesOwnership
		}
		d.edge(d.principal(who), d.principal(group), k, 0, "")
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// directoryRoles adds who holds or may activate a role, and what the roles let
// their holders do.
func (d *deriver) directoryRoles() {
	d.role(&directory.Role{ID: roleGlobalAdministrator, TemplateID: roleGlobalAdministrator, DisplayName: "Global Administrator"}, "/")
	for _, a := range d.Directory.RoleAssignments() {
		if a.Role == nil {
			d.lacks("the definition of a directory role was not read")
			continue
		}
		n := d.role(a.Role, a.Scope)
		p := d.principal(a.PrincipalID)
		if !a.Eligible {
			d.edge(p, n, holdsRole, 0, scopeNote(a.Scope))
			continue
		}
		extra, note := d.activation(a.Role)
		d.edge(p, n, activatesRole, extra, join(note, scopeNote(a.Scope)))
	}
}

func scopeNote(scope string) string {
	if scope == "/" {
		return ""
	}
	return "at " + scope
}

// activation weighs what Privileged Identity Management asks of an activation.
func (d *deriver) activation(r *directory.Role) (extra int, note string) {
	rules, ok := d.Directory.Activation(r.ID)
	if !ok {
		if rules, ok = d.Directory.Activation(r.TemplateID); !ok {
			return 0, "what the activation asks for was not read"
		}
	}
	var asks []string
	if rules.Approval == directory.True {
		extra, asks = extra+20, append(asks, "approval")
	}
	if rules.MFA == directory.True {
		extra, asks = extra+4, append(asks, "multifactor authentication")
	}
	if c := rules.AuthenticationContext; c != "" {
		extra, asks = extra+4, append(asks, "the authentication context "+c)
	}
	if len(asks) == 0 {
		return extra, "the activation asks for nothing"
	}
	return extra, "the activation asks for " + strings.Join(asks, ", ")
}

// role returns the node of a role at a scope, with what it can do.
func (d *deriver) role(r *directory.Role, scope string) Node {
	template := strings.ToLower(first(r.TemplateID, r.ID))
	name := first(r.DisplayName, template)
	if known, ok := directory.RoleName(template); ok {
		name = known
	}
	key := roleKey(template, scope)
	thing := Thing{RoleNode, template, name}
	if scope != "/" {
		thing.ID, thing.Name = template+"@"+scope, name+" ("+d.scopeName(scope)+")"
	}
	n := d.node(key, thing)
	if d.seen[key] {
		return n
	}
	d.seen[key] = true
	d.passwords(n, template, scope)
	can := abilities(r, template)
	if scope != "/" && can&canAddCredential != 0 {
		d.scopedCredential(n, scope)
	}
	if scope != "/" {
		return n // groups of an administrative unit hold no roles; other abilities are tenant-wide
	}
	if can&canAddMember != 0 {
		d.edge(n, d.groups(false), addsMember, 0, "")
	}
	if can&canAddPrivilegedMember != 0 {
		d.edge(n, d.groups(true), addsMember, 0, "")
	}
	if can&canAddCredential != 0 {
		d.edge(n, d.applicationsJoint(), addsCredential, 0, "")
	}
	if can&canGiveRole != 0 && template != roleGlobalAdministrator {
		d.edge(n, d.globalAdministrator(), givesRole, 0, "")
	}
	return n
}

func (d *deriver) scopeName(scope string) string {
	id := scope[strings.LastIndexByte(scope, '/')+1:]
	for _, body := range d.Directory.Objects(directory.AdministrativeUnits) {
		if strings.EqualFold(body.Get("id").TextOr(""), id) {
			return body.Get("displayName").TextOr(id)
		}
	}
	return scope
}

func (d *deriver) globalAdministrator() Node {
	return d.b.Node(roleKey(roleGlobalAdministrator, "/"))
}

// abilities joins what Microsoft documents of a built-in role with what the
// role's own permissions allow.
func abilities(r *directory.Role, template string) ability {
	can := builtInAbilities[template]
	for _, p := range r.Body.Get("rolePermissions").Elements() {
		if p.Get("condition").TextOr("") != "" {
			continue // its own objects only
		}
		for _, a := range abilityActions {
			if covers(p.Get("allowedResourceActions"), a.action) && !covers(p.Get("excludedResourceActions"), a.action) {
				can |= a.gives
			}
		}
	}
	return can
}

func covers(actions jsondoc.Value, asked string) bool {
	for _, v := range actions.Elements() {
		if access.DirectoryActionGrants(v.TextOr(""), asked) {
			return true
		}
	}
	return false
}

// passwords adds whose password the holders of a role may reset. Global
// Administrators need none of it.
func (d *deriver) passwords(role Node, template, scope string) {
	allowed, ok := resettable[template]
	if !ok || template == roleGlobalAdministrator {
		return
	}
	within := d.unit(scope)
	if scope != "/" && within == nil {
		return
	}
	every := slices.Contains(allowed, roleEveryPassword)
	for _, u := range d.Directory.Users() {
		if within != nil && !within[strings.ToLower(u.ID)] || u.External == directory.True {
			continue // an invited guest's password is kept elsewhere
		}
		if !every && !d.reachable(u, allowed) {
			continue
		}
		extra, note := 0, ""
		if d.SecondFactor != nil {
			switch d.SecondFactor(u.ID) {
			case finding.True:
				extra, note = secondFactorCost, "Conditional Access demands a second factor of this account"
			case finding.Maybe:
				note = "whether Conditional Access demands a second factor of this account is not known"
			case finding.False:
				note = "nothing demands a second factor of this account everywhere"
			}
		}
		d.edge(role, d.principal(u.ID), resetsPassword, extra, note)
	}
}

// unit returns the members of an administrative unit, nil where the scope is
// none or its members were not read.
func (d *deriver) unit(scope string) map[string]bool {
	id, ok := strings.CutPrefix(strings.ToLower(scope), "/administrativeunits/")
	if !ok {
		return nil
	}
	for _, body := range d.Directory.Objects(directory.AdministrativeUnits) {
		if !strings.EqualFold(body.Get("id").TextOr(""), id) {
			continue
		}
		members := body.Get("members")
		if members.Kind() != jsondoc.Array {
			break
		}
		out := map[string]bool{}
		for _, m := range members.Elements() {
			out[strings.ToLower(m.Get("id").TextOr(m.TextOr("")))] = true
		}
		return out
	}
	d.lacks("members of the administrative unit " + id + " were not read")
	return nil
}

// reachable tells whether somebody who may reset the passwords of holders of
// the allowed roles may reset this user's.
func (d *deriver) reachable(u *directory.User, allowed []string) bool {
	for _, a := range d.m.rolesOf(u.ID) {
		if a.Eligible {
			continue // counts once it is activated
		}
		if a.Role == nil || !slices.Contains(allowed, strings.ToLower(a.Role.TemplateID)) {
			return false
		}
	}
	return !d.guarded()[strings.ToLower(u.ID)]
}

// guarded returns the members and owners of role-assignable groups, whom only
// the most privileged may touch.
func (d *deriver) guarded() map[string]bool {
	if d.guards == nil {
		d.guards = map[string]bool{}
		for _, g := range d.Directory.Groups() {
			if g.RoleAssignable {
				for _, id := range append(d.Directory.MembersOf(g.ID), g.Owners...) {
					d.guards[strings.ToLower(id)] = true
				}
			}
		}
	}
	return d.guards
}

// joint returns a node that stands for every one of a set; fill adds the edges
// to them, once.
func (d *deriver) joint(key string, fill func(Node)) Node {
	n := d.node(key, Thing{joint, key, ""})
	if !d.seen[key] {
		d.seen[key] = true
		fill(n)
	}
	return n
}

// groups returns the joint of the groups that can, or cannot, hold roles.
func (d *deriver) groups(assignable bool) Node {
	key := "j:groups"
	if assignable {
		key = "j:roleAssignableGroups"
	}
	return d.joint(key, func(n Node) {
		for _, g := range d.Directory.Groups() {
			if g.RoleAssignable == assignable && !g.Dynamic {
				d.edge(n, d.principal(g.ID), anyOf, 0, "")
			}
		}
	})
}

func (d *deriver) users(ordinary bool) Node {
	key := "j:users"
	if ordinary {
		key = "j:ordinaryUsers"
	}
	return d.joint(key, func(n Node) {
		for _, u := range d.Directory.Users() {
			if !ordinary || d.reachable(u, nil) {
				d.edge(n, d.principal(u.ID), anyOf, 0, "")
			}
		}
	})
}
