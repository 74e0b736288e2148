package access

import (
	"slices"
	"strings"
	"sync"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/resource"
)

// Config is what a [System] is made of. Ids of principals are in lower case.
type Config struct {
	Roles       []*Role
	Assignments []*Assignment
	Denies      []*Deny
	// GroupsOf returns every group that a principal is in, directly or
	// through other groups. Nil: none.
	GroupsOf func(principal string) []string
	// MembersOf returns every principal known to be in a group, directly or
	// through other groups, groups left out. ok is false where not all members
	// were read, those of nested groups included. The list is not changed. Nil:
	// no group was read.
	MembersOf func(group string) (members []string, ok bool)
	// Ancestors returns a scope and every scope above it, nearest first, up
	// to the tenant. Nil: by the ids' own text, without management groups.
	Ancestors func(scope resource.ID) []resource.ID
}

// System is an immutable index of who is granted what where. It is safe for
// concurrent use if the functions in its Config are.
type System struct {
	cfg         Config
	roles       map[string]*Role
	byScope     map[string][]*Assignment
	byPrincipal map[string][]*Assignment
	denies      map[string][]*Deny

	once    sync.Once
	actions []string // see universe
}

// NewSystem builds the index.
func NewSystem(cfg Config) *System {
	s := &System{cfg: cfg, roles: map[string]*Role{}, byScope: map[string][]*Assignment{}, byPrincipal: map[string][]*Assignment{}, denies: map[string][]*Deny{}}
	if s.cfg.GroupsOf == nil {
		s.cfg.GroupsOf = func(string) []string { return nil }
	}
	if s.cfg.MembersOf == nil {
		s.cfg.MembersOf = func(string) ([]string, bool) { return nil, false }
	}
	if s.cfg.Ancestors == nil {
		s.cfg.Ancestors = ancestorsByText
	}
	for _, r := range cfg.Roles {
		s.roles[r.Key] = r
	}
	for _, a := range cfg.Assignments {
		k := scopeKey(a.Scope)
		s.byScope[k] = append(s.byScope[k], a)
		s.byPrincipal[a.Principal] = append(s.byPrincipal[a.Principal], a)
	}
	for _, d := range cfg.Denies {
		k := scopeKey(d.Scope)
		s.denies[k] = append(s.denies[k], d)
	}
	return s
}

func scopeKey(id resource.ID) string { return id.Key() }

func ancestorsByText(id resource.ID) []resource.ID {
	out := []resource.ID{id}
	for {
		p, ok := id.Parent()
		if !ok {
			return out
		}
		out = append(out, p)
		id = p
	}
}

// Role returns the definition of a role by its key.
func (s *System) Role(key string) (*Role, bool) {
	r, ok := s.roles[key]
	return r, ok
}

// Grant is one way in which a principal holds something.
type Grant struct {
	Principal  string // the principal asked about
	Via        string // the group that the assignment names, or "" where it names the principal
	Assignment *Assignment
	Role       *Role // nil where the definition was not read
	Truth      finding.Truth
	Missing    []string // what would have to be known where Truth is Maybe
}

// Question asks whether a principal may do an action at a scope.
type Question struct {
	Principal    string // object id
	Action       string // "Microsoft.Compute/virtualMachines/write"
	Data         bool   // a data action
	Scope        resource.ID
	SubOperation string
	Attributes   Attributes // nil: none known
}

// Decision answers a [Question].
type Decision struct {
	Allowed finding.Truth
	Grants  []Grant // the assignments that grant or may grant it
	Denied  *Deny   // the deny assignment that stops it, or may stop it
	Missing []string
}

// Check decides a question as Azure RBAC does: a deny assignment that applies
// stops the action; otherwise one role assignment at the scope or above whose
// role grants it, and whose condition holds, is enough.
func (s *System) Check(q Question) Decision {
	action := strings.ToLower(q.Action)
	me := strings.ToLower(q.Principal)
	ids := append([]string{me}, s.cfg.GroupsOf(me)...)
	in := make(map[string]bool, len(ids))
	for _, id := range ids {
		in[id] = true
	}
	var d Decision
	scopes := s.cfg.Ancestors(q.Scope)
	for _, scope := range scopes {
		for _, a := range s.byScope[scopeKey(scope)] {
			if !in[a.Principal] {
				continue
			}
			g := s.grant(a, action, q)
			if g.Truth == finding.False {
				continue
			}
			g.Principal = me
			if a.Principal != me {
				g.Via = a.Principal
			}
			d.Grants = append(d.Grants, g)
			d.Allowed = d.Allowed.Or(g.Truth)
		}
	}
	for _, g := range d.Grants {
		if d.Allowed == finding.Maybe {
			d.Missing = append(d.Missing, g.Missing...)
		}
	}
	denied, deny, missing := s.denied(ids, action, q, scopes)
	if denied == finding.True || denied == finding.Maybe && d.Allowed != finding.False {
		d.Denied = deny
		if denied == finding.Maybe {
			d.Missing = append(d.Missing, missing...)
		}
		d.Allowed = d.Allowed.And(denied.Not())
	}
	slices.Sort(d.Missing)
	d.Missing = slices.Compact(d.Missing)
	return d
}

// Denied tells whether a deny assignment stops a principal's action at a scope.
func (s *System) Denied(q Question) finding.Truth {
	me := strings.ToLower(q.Principal)
	t, _, _ := s.denied(append([]string{me}, s.cfg.GroupsOf(me)...), strings.ToLower(q.Action), q, s.cfg.Ancestors(q.Scope))
	return t
}

// attributeRoleAssigned is the attribute by which a condition limits which roles
// may be assigned ("Delegate the Azure role assignment task to others with
// conditions").
const attributeRoleAssigned = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"

// MayAssign tells whether one assignment lets its principal assign a role at its
// scope. A condition that limits which roles may be assigned is decided; deny
// assignments are not counted.
func (s *System) MayAssign(a *Assignment, role string) (t finding.Truth, missing []string) {
	const action = "microsoft.authorization/roleassignments/write"
	g := s.grant(a, action, Question{Action: action, Scope: a.Scope, Attributes: func(source, name string) ([]string, bool) {
		if strings.EqualFold(source, "Request") && strings.EqualFold(name, attributeRoleAssigned) {
			return []string{role}, true
		}
		return nil, false
	}})
	return g.Truth, g.Missing
}

// MayAssignAnyRole tells whether one assignment lets its principal assign a role
// with which everything at its scope can be had: Owner, or one of those that
// may assign Owner. One whose condition leaves those out is delegation with
// limits, which this answers False for.
func (s *System) MayAssignAnyRole(a *Assignment) (t finding.Truth, missing []string) {
	for _, role := range []string{RoleOwner, RoleUserAccessAdministrator, RoleRBACAdministrator} {
		one, miss := s.MayAssign(a, role)
		if one == finding.True {
			return finding.True, nil
		}
		t = t.Or(one)
		missing = append(missing, miss...)
	}
	slices.Sort(missing)
	return t, slices.Compact(missing)
}

// Roles returns every role definition, in the order given.
func (s *System) Roles() []*Role { return s.cfg.Roles }

// Grants tells whether one assignment's role grants an action, its condition
// counted and deny assignments not. What would have to be known is in missing
// where the answer is Maybe.
func (s *System) Grants(a *Assignment, action string, data bool) (t finding.Truth, missing []string) {
	g := s.grant(a, strings.ToLower(action), Question{Action: action, Data: data, Scope: a.Scope})
	return g.Truth, g.Missing
}

// grant tells whether one assignment grants an action, its scope taken as given.
func (s *System) grant(a *Assignment, action string, q Question) Grant {
	g := Grant{Assignment: a}
	role, ok := s.roles[a.Role]
	if !ok {
		g.Truth, g.Missing = finding.Maybe, []string{"role definition " + a.Role}
		return g
	}
	g.Role = role
	for i := range role.Permissions {
		p := &role.Permissions[i]
		if !p.Grants(action, q.Data) {
			continue
		}
		t, missing := holds(p.Condition, p.broken, "condition of role definition "+role.Key, action, q)
		g.Missing = append(g.Missing, missing...)
		g.Truth = g.Truth.Or(t)
	}
	if g.Truth == finding.False {
		return g
	}
	t, missing := holds(a.Condition, a.broken, "condition of "+a.ID, action, q)
	g.Missing = append(g.Missing, missing...)
	if g.Truth = g.Truth.And(t); g.Truth != finding.Maybe {
		g.Missing = nil
	}
	return g
}

func holds(c *Condition, broken bool, what, action string, q Question) (finding.Truth, []string) {
	switch {
	case broken:
		return finding.Maybe, []string{what + " (it does not parse)"}
	case c == nil:
		return finding.True, nil
	default:
		return c.Eval(action, q.SubOperation, q.Attributes)
	}
}

func (s *System) denied(ids []string, action string, q Question, scopes []resource.ID) (finding.Truth, *Deny, []string) {
	t := finding.False
	var by *Deny
	var missing []string
	read := func(group string) bool { _, ok := s.cfg.MembersOf(group); return ok }
	for i, scope := range scopes {
		for _, d := range s.denies[scopeKey(scope)] {
			if i > 0 && d.OnlyScope {
				continue
			}
			named, unread := d.appliesTo(ids, read)
			if named == finding.False {
				continue
			}
			match := false
			for k := range d.Permissions {
				match = match || d.Permissions[k].Touches(action, q.Data)
			}
			if !match {
				continue
			}
			one, miss := holds(d.Condition, d.broken, "condition of deny assignment "+d.ID, action, q)
			if one = one.And(named); one == finding.True {
				return finding.True, d, nil
			}
			if t = t.Or(one); one == finding.Maybe {
				by, missing = d, append(append(missing, miss...), unread...)
			}
		}
	}
	return t, by, missing
}

// Holder is a principal that may do an action, with the way it may.
type Holder struct {
	Principal string
	Grants    []Grant
	Allowed   finding.Truth
	Denied    *Deny
}

// WhoCan lists every principal that may, or for all that is known may, do an
// action at a scope, groups resolved to their members, in the order of their
// ids. A group whose members were not all read is listed itself, as Maybe,
// beside those of its members that are known.
func (s *System) WhoCan(action string, data bool, scope resource.ID) []Holder {
	q := Question{Action: action, Data: data, Scope: scope}
	lower := strings.ToLower(action)
	scopes := s.cfg.Ancestors(scope)
	byWho := map[string]*Holder{}
	add := func(who string, g Grant) {
		h := byWho[who]
		if h == nil {
			h = &Holder{Principal: who}
			byWho[who] = h
		}
		g.Principal = who
		h.Grants = append(h.Grants, g)
		h.Allowed = h.Allowed.Or(g.Truth)
	}
	anyDeny := false
	for _, sc := range scopes {
		anyDeny = anyDeny || len(s.denies[scopeKey(sc)]) > 0
		for _, a := range s.byScope[scopeKey(sc)] {
			g := s.grant(a, lower, q)
			if g.Truth == finding.False {
				continue
			}
			members, read := s.cfg.MembersOf(a.Principal)
			if group := strings.EqualFold(a.PrincipalType, "Group") || a.PrincipalType == "" && read; !group {
				add(a.Principal, g)
				continue
			}
			if !read {
				unread := g
				unread.Truth, unread.Missing = finding.Maybe, append(slices.Clone(g.Missing), "members of group "+a.Principal)
				add(a.Principal, unread)
			}
			g.Via = a.Principal
			for _, m := range members {
				add(m, g)
			}
		}
	}
	out := make([]Holder, 0, len(byWho))
	for who, h := range byWho {
		if anyDeny {
			ids := append([]string{who}, s.cfg.GroupsOf(who)...)
			denied, deny, _ := s.denied(ids, lower, q, scopes)
			if denied != finding.False {
				h.Denied = deny
				h.Allowed = h.Allowed.And(denied.Not())
			}
			if h.Allowed == finding.False {
				continue
			}
		}
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Holder) int { return strings.Compare(a.Principal, b.Principal) })
	return out
}

// What lists every assignment of a principal, its own and its groups'.
func (s *System) What(principal string) []Grant {
	me := strings.ToLower(principal)
	var out []Grant
	for _, id := range append([]string{me}, s.cfg.GroupsOf(me)...) {
		for _, a := range s.byPrincipal[id] {
			g := Grant{Principal: me, Assignment: a, Role: s.roles[a.Role], Truth: finding.True}
			if id != me {
				g.Via = id
			}
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b Grant) int { return strings.Compare(a.Assignment.Scope.Key(), b.Assignment.Scope.Key()) })
	return out
}
