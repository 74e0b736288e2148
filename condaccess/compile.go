package condaccess

import (
	"net/netip"
	"slices"
	"strings"
)

// dimension is one condition of a policy, and one thing that a sign-in tells.
type dimension uint8

// The dimensions in the order in which What If reports the first that is not met:
// that of Graph's whatIfAnalysisReasons.
const (
	dimUsers dimension = iota
	dimTarget
	dimPlatform
	dimDevice
	dimClient
	dimLocation
	dimSignInRisk
	dimUserRisk
	dimInsider
	dimFlow
	dimWorkloadRisk
	dimAgentRisk
	dimOther // conditions that are not understood
	dimCount
)

// Set is a set of policies, compiled for one tenant.
type Set struct {
	t        Tenant
	catalog  *Catalog
	policies []*Policy
	demands  []demand
	n        int

	all, live, enforced, report set64
	blocking, demanding         set64
	free                        pair // no constraint: all policies

	people     *people
	users      map[string]int32 // folded id or principal name, to classes
	classes    []pair
	classUsers [][]int // by class: places in the directory's list of users
	incl, excl whoTable

	apps     map[string]pair // folded app id
	appRules appTable
	actions  [3]pair
	client   [5]pair
	platform [8]pair
	risk     [4][6]pair // sign-in, user, workload, agent
	insider  [4 + 1]pair
	flow     [4]pair
	device   deviceTable
	places   placeTable
	other    pair
}

// whoTable holds, for one side of the user condition, which policies name what.
type whoTable struct {
	everyone set64
	users    map[string]set64
	groups   []set64
	roles    []set64
	guests   []guestRule
	mine     set64 // ServicePrincipalsInMyTenant
	spIDs    map[string]set64
	agents   set64
	filters  []attrRule
}

type guestRule struct {
	policy int
	g      *Guests
}

type attrRule struct {
	policy  int
	rule    *Rule // nil: unreadable
	exclude bool
}

type appTable struct {
	all    set64
	incl   map[string]set64
	excl   map[string]set64
	ctx    map[string]set64
	hasApp set64 // policies that are about applications
	filter []attrRule
	plain  set64 // about all applications with no exclusion
}

type deviceTable struct {
	none  pair // no device condition
	rules []deviceRuleSet
	used  bool
}

// deviceRuleSet is a rule and the policies that include or exclude by it.
type deviceRuleSet struct {
	rule             *Rule
	include, exclude set64
}

// Compile joins policies with a tenant. It never fails: what cannot be understood
// makes answers Unknown. Policies keep their order; those that security defaults
// stand for come after them.
func Compile(policies []*Policy, t Tenant) *Set {
	if t.SecurityDefaults == True {
		policies = append(slices.Clone(policies), securityDefaults()...)
	}
	s := compileConditions(policies, t)
	s.compileUsers()
	return s
}

func compileConditions(policies []*Policy, t Tenant) *Set {
	n := len(policies)
	s := &Set{t: t, catalog: t.Catalog, policies: policies, n: n, all: fullSet(n), live: newSet(n), enforced: newSet(n), report: newSet(n), blocking: newSet(n), demanding: newSet(n)}
	if s.catalog == nil {
		s.catalog = BuiltInCatalog()
	}
	s.free = pair{s.all, s.all}
	strengths := map[string]*Strength{}
	for _, x := range t.Strengths {
		strengths[fold(x.ID)] = x
	}
	s.demands = make([]demand, n)
	s.other = pair{s.all.clone(), s.all}
	for i, p := range policies {
		s.demands[i] = demandOf(p, strengths)
		switch p.State {
		case Enabled:
			s.live.add(i)
			s.enforced.add(i)
		case ReportOnly:
			s.live.add(i)
			s.report.add(i)
		case StateUnknown:
			s.live.add(i)
			s.enforced.add(i) // whether it holds is unknown: Unread names the state
		case Disabled:
		}
		if s.demands[i].block {
			s.blocking.add(i)
		}
		if len(s.demands[i].clauses) > 0 || s.demands[i].unread {
			s.demanding.add(i)
		}
		for _, u := range p.Unread {
			if u.Part == PartCondition {
				s.other.yes[i>>6] &^= 1 << (i & 63)
			}
		}
	}
	s.people = newPeople(t, policies)
	s.compileWho()
	s.compileApps()
	s.compileMasks()
	s.compileDevices()
	s.compilePlaces()
	return s
}

// Policies returns the policies of the set in order.
func (s *Set) Policies() []*Policy { return s.policies }

func (s *Set) newWho() whoTable {
	w := whoTable{everyone: newSet(s.n), users: map[string]set64{}, groups: make([]set64, len(s.people.groups.list)), roles: make([]set64, len(s.people.roles.list)), mine: newSet(s.n), spIDs: map[string]set64{}, agents: newSet(s.n)}
	for i := range w.groups {
		w.groups[i] = newSet(s.n)
	}
	for i := range w.roles {
		w.roles[i] = newSet(s.n)
	}
	return w
}

func addTo(m map[string]set64, key string, n, policy int) {
	if m[key] == nil {
		m[key] = newSet(n)
	}
	m[key].add(policy)
}

func (s *Set) compileWho() {
	s.incl, s.excl = s.newWho(), s.newWho()
	for i, p := range s.policies {
		u := &p.Conditions.Users
		for _, side := range []struct {
			w                    *whoTable
			users, groups, roles []string
			guests               *Guests
		}{{&s.incl, u.Users.Include, u.Groups.Include, u.Roles.Include, u.IncludeGuests}, {&s.excl, u.Users.Exclude, u.Groups.Exclude, u.Roles.Exclude, u.ExcludeGuests}} {
			for _, x := range side.users {
				switch x = fold(x); x {
				case tokenAll:
					side.w.everyone.add(i)
				case tokenNone:
				case tokenGuests:
					side.w.guests = append(side.w.guests, guestRule{i, &Guests{Kinds: anyGuest}})
				default:
					addTo(side.w.users, x, s.n, i)
				}
			}
			for _, g := range side.groups {
				side.w.groups[s.people.groups.add(g)].add(i)
			}
			for _, r := range side.roles {
				side.w.roles[s.people.roles.add(r)].add(i)
			}
			if side.guests != nil {
				side.w.guests = append(side.w.guests, guestRule{i, side.guests})
			}
		}
		c := p.Conditions.ClientApplications
		if c == nil {
			continue
		}
		for _, side := range []struct {
			w           *whoTable
			ids, agents []string
		}{{&s.incl, c.Include, c.Agents.Include}, {&s.excl, c.Exclude, c.Agents.Exclude}} {
			for _, x := range side.ids {
				if x = fold(x); x == tokenMyPrincipals {
					side.w.mine.add(i)
				} else if x != tokenNone {
					addTo(side.w.spIDs, x, s.n, i)
				}
			}
			for _, x := range side.agents {
				if x = fold(x); x == tokenAll {
					side.w.agents.add(i)
				} else if x != tokenNone {
					addTo(side.w.spIDs, x, s.n, i)
				}
			}
		}
		if c.Filter != nil {
			s.incl.filters = append(s.incl.filters, attrRule{i, c.Filter.Rule, c.Filter.Exclude})
		}
	}
}

// who answers of which policies a subject meets the condition on users.
func (s *Set) who(x *subject) pair {
	if x.workload {
		return s.whichWorkload(x)
	}
	return s.side(&s.incl, x).less(s.side(&s.excl, x))
}

func (s *Set) side(w *whoTable, x *subject) pair {
	out := pair{w.everyone.clone(), w.everyone.clone()}
	for _, id := range x.ids {
		if b := w.users[id]; b != nil {
			out.or(pair{b, b})
		}
	}
	if len(x.ids) == 0 && x.kinds == anyKind {
		for _, b := range w.users { // nobody says who it is
			out.may.or(b)
		}
	}
	for i, t := range x.groups {
		switch t {
		case True:
			out.or(pair{w.groups[i], w.groups[i]})
		case Unknown:
			out.may.or(w.groups[i])
		default:
		}
	}
	for i, t := range x.roles {
		switch t {
		case True:
			out.or(pair{w.roles[i], w.roles[i]})
		case Unknown:
			out.may.or(w.roles[i])
		default:
		}
	}
	for _, g := range w.guests {
		out.add(g.policy, g.g.has(x))
	}
	return out
}

func (g *Guests) has(x *subject) Tri {
	switch {
	case x.kinds&g.Kinds == 0:
		return False
	case g.Tenants != nil && x.tenant != "" && index(g.Tenants, x.tenant) < 0:
		return False
	case x.kinds&^g.Kinds != 0, g.Tenants != nil && x.tenant == "":
		return Unknown
	}
	return True
}

func (s *Set) whichWorkload(x *subject) pair {
	if x.inScope == False && x.agent != True {
		return newPair(s.n)
	}
	side := func(w *whoTable) pair {
		out := newPair(s.n)
		certain := x.inScope == True || x.agent == True
		for _, id := range x.ids {
			if b := w.spIDs[id]; b != nil {
				out.may.or(b)
				if certain {
					out.yes.or(b)
				}
			}
		}
		switch x.inScope {
		case True:
			out.or(pair{w.mine, w.mine})
		case Unknown:
			out.may.or(w.mine)
		default:
		}
		switch x.agent {
		case True:
			out.or(pair{w.agents, w.agents})
		case Unknown:
			out.may.or(w.agents)
		default:
		}
		return out
	}
	in, out := side(&s.incl), side(&s.excl)
	for _, f := range s.incl.filters {
		t := Unknown
		if f.rule != nil {
			t = f.rule.root.eval(attributes(x.attrs))
		}
		if f.exclude {
			out.add(f.policy, t)
		} else {
			in.add(f.policy, t)
		}
	}
	return in.less(out)
}

// securityDefaults are the policies that security defaults amount to ("Security
// defaults in Microsoft Entra ID"). When users are asked is Microsoft's to decide.
func securityDefaults() []*Policy {
	admins := []string{"62e90394-69f5-4237-9190-012177145e10", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "c4e39bd9-1100-46d3-8c65-fb160da0071f",
		"0526716b-113d-4c15-b2c8-68e3c22b9f80", "b0f54661-2d74-4c50-afa3-1ec803f12efe", "158c047a-c907-4556-b7ef-446551a6b5f7", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
		"29232cdf-9323-42fd-ade2-1d097af3e4de", "729827e3-9c14-49f7-bb1b-9608f156bbb8", "966707d0-3269-4727-9be2-8c3a10f19b9d", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
		"e8611ab8-c189-46e8-94e1-60213ab1f814", "194ae4cb-b126-40b2-bd5b-6091b380977d", "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "fe930be7-5e62-47db-91af-98c3a49a38b1",
		"45d8d3c5-c802-45c6-b32a-1d70b5e1e86e"}
	sync := []string{"d29b2b05-8046-44ba-8758-1e26182fcf32", "a92aed5d-d78a-4d16-b381-09adb37eb3b0"}
	mk := func(id, name, control string, c Conditions) *Policy {
		c.Users.Roles.Exclude = sync
		if len(c.Applications.Include) == 0 {
			c.Applications.Include = []string{"All"}
		}
		return &Policy{ID: id, DisplayName: "Security defaults: " + name, State: Enabled, Conditions: c, Grant: &Grant{Operator: "OR", BuiltIn: []string{control}}}
	}
	all := Users{Users: Choice{Include: []string{"All"}}}
	when := mk("SecurityDefaults/users", "multifactor authentication when necessary", "mfa", Conditions{Users: all})
	when.Unread = []Unread{{Path: "conditions", Part: PartCondition, Why: "Microsoft decides when users are asked"}}
	return []*Policy{
		mk("SecurityDefaults/administrators", "multifactor authentication for administrators", "mfa", Conditions{Users: Users{Roles: Choice{Include: admins}}}),
		when,
		mk("SecurityDefaults/legacy", "block legacy authentication", "block", Conditions{Users: all, ClientAppTypes: []string{"exchangeActiveSync", "other"}}),
		mk("SecurityDefaults/management", "multifactor authentication for Azure management", "mfa", Conditions{Users: all,
			Applications: Applications{Choice: Choice{Include: []string{"797f4846-ba00-4fd7-ba43-dac1f8f63013"}}}}),
	}
}

func (s *Set) compileUsers() {
	s.users = map[string]int32{}
	if s.t.Directory == nil {
		return
	}
	seen := map[string]int32{}
	for i, u := range s.t.Directory.Users() {
		p := s.who(s.people.user(u))
		k := p.key()
		c, ok := seen[k]
		if !ok {
			c = int32(len(s.classes))
			seen[k] = c
			s.classes = append(s.classes, p)
			s.classUsers = append(s.classUsers, nil)
		}
		s.classUsers[c] = append(s.classUsers[c], i)
		s.users[fold(u.ID)] = c
		if u.UPN != "" {
			if k := fold(u.UPN); !strings.EqualFold(k, u.ID) {
				if _, taken := s.users[k]; !taken {
					s.users[k] = c
				}
			}
		}
	}
}

// prefixesOf turns trusted addresses into ranges.
func prefixesOf(list []netip.Prefix) []Range {
	out := make([]Range, len(list))
	for i, p := range list {
		out[i] = prefixRange(p)
	}
	return out
}
