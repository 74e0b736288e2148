package condaccess

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/azward/azward/directory"
)

// The space of all sign-ins of people, made finite and exact: along each axis, the
// values that no policy tells apart are one class. A policy is then a box: a set of
// classes along each axis, for its conditions are ANDed and each is about one axis.

// axis is one dimension of the space.
type axis struct {
	dim     dimension
	classes []class
}

// class holds values that the policies in question do not tell apart.
type class struct {
	pair    pair // policies whose condition the values meet
	members []member
}

// member is one value: how to put it in a sign-in, and its name.
type member struct {
	label string
	set   func(*SignIn)
	user  int // place in the directory's list of users, -1 for none
	guest bool
	pair  pair
	atom  any // what describing needs: *location atom, *Device, ...
}

// space is the product of the axes.
type space struct {
	s       *Set
	axes    []axis // in the order in which the search goes through them
	exact   bool   // false where a rule has more cases than were told apart
	persons int    // users of the directory who are asked about

	relevant set64 // policies that the classes tell apart
}

// scope narrows the space to what a question is about.
type scope struct {
	who       func(*directory.User) bool // nil: everyone, and those yet to come
	aside     map[string]bool            // ids of users who are not asked about
	roles     map[int]bool               // users (by place) that are asked about after activating eligible roles
	apps      bool
	only      map[string]bool // app ids (folded); nil: every application
	actions   []UserAction
	contexts  []string
	clients   []ClientApp
	flows     []Flow
	risks     []Risk
	userRisks []Risk
}

// newSpace divides the space as finely as the policies in relevant need.
func (s *Set) newSpace(sc *scope, relevant set64) *space {
	sp := &space{s: s, exact: true, relevant: relevant}
	add := func(dim dimension, members []member) {
		sp.axes = append(sp.axes, axis{dim, classify(members, relevant)})
	}
	add(dimFlow, enum(sc.flows, []Flow{FlowNone, DeviceCode, AuthenticationTransfer}, s.flow[:], func(v Flow) func(*SignIn) { return func(x *SignIn) { x.Flow = v } }))
	add(dimClient, enum(sc.clients, []ClientApp{Browser, MobileDesktop, ActiveSync, OtherClients}, s.client[:], func(v ClientApp) func(*SignIn) { return func(x *SignIn) { x.Client = v } }))
	levels := []Risk{RiskNone, RiskLow, RiskMedium, RiskHigh}
	add(dimSignInRisk, enum(sc.risks, levels, s.risk[0][:], func(v Risk) func(*SignIn) { return func(x *SignIn) { x.SignInRisk = v } }))
	add(dimUserRisk, enum(sc.userRisks, levels, s.risk[1][:], func(v Risk) func(*SignIn) { return func(x *SignIn) { x.UserRisk = v } }))
	add(dimInsider, enum(nil, []InsiderRisk{InsiderNone, InsiderMinor, InsiderModerate, InsiderElevated}, s.insider[:], func(v InsiderRisk) func(*SignIn) { return func(x *SignIn) { x.InsiderRisk = v } }))
	add(dimPlatform, enum(nil, []Platform{Windows, MacOS, IOS, Android, Linux, WindowsPhone, OtherPlatform}, s.platform[:], func(v Platform) func(*SignIn) { return func(x *SignIn) { x.Platform = v } }))
	devices, exact := s.deviceMembers()
	sp.exact = exact
	add(dimDevice, devices)
	add(dimLocation, s.placeMembers())
	add(dimTarget, s.targetMembers(sc))
	people := s.personMembers(sc)
	for _, m := range people {
		if m.user >= 0 {
			sp.persons++
		}
	}
	add(dimUsers, people)
	return sp
}

func enum[T interface {
	~uint8
	String() string
}](only, all []T, table []pair, set func(T) func(*SignIn)) []member {
	if only == nil {
		only = all
	}
	var out []member
	for _, v := range only {
		out = append(out, member{label: v.String(), set: set(v), user: -1, pair: table[v]})
	}
	return out
}

// classify joins the members that the relevant policies do not tell apart.
func classify(members []member, relevant set64) []class {
	seen := map[string]int{}
	var out []class
	for _, m := range members {
		p := pair{m.pair.yes.clone(), m.pair.may.clone()}
		p.yes.and(relevant)
		p.may.and(relevant)
		k := p.key()
		i, ok := seen[k]
		if !ok {
			i = len(out)
			seen[k] = i
			out = append(out, class{pair: p})
		}
		out[i].members = append(out[i].members, m)
	}
	return out
}

// personMembers lists the users who can sign in, and those who may come: a new
// member, and a new guest of each kind and home, in no group that policies name.
func (s *Set) personMembers(sc *scope) []member {
	var out []member
	dir := s.t.Directory
	if dir != nil {
		for i, u := range dir.Users() {
			if u.Enabled == directory.False || sc.aside[u.ID] || sc.who != nil && !sc.who(u) {
				continue
			}
			m := member{label: orElse(orElse(u.UPN, u.DisplayName), u.ID), user: i, pair: s.classes[s.users[fold(u.ID)]], guest: kindsOf(u)&NotGuest == 0}
			id := u.ID
			m.set = func(x *SignIn) { x.User = id }
			if sc.roles[i] {
				if p := s.activated(u); p != nil {
					act := m
					act.label += ", with eligible roles activated"
					act.set = func(x *SignIn) { x.User, x.Person = id, p }
					act.pair = s.who(s.subjectOf(&SignIn{User: id, Person: p}))
					out = append(out, act)
					if len(dir.RolesOf(u.ID, false)) == 0 {
						continue // an administrator only once activated
					}
				}
			}
			out = append(out, m)
		}
	}
	if sc.who != nil {
		return out
	}
	comer := func(label string, p Person) {
		p.GroupsKnown, p.RolesKnown = true, true
		out = append(out, member{label: label, user: -1, guest: p.Kinds != NotGuest, set: func(x *SignIn) { x.User, x.Person = "", &p }, pair: s.who(s.subjectOf(&SignIn{Person: &p}))})
	}
	comer("a new member in no named group", Person{Kinds: NotGuest})
	tenants := []string{"another tenant"}
	for _, g := range slices.Concat(s.incl.guests, s.excl.guests) {
		for _, t := range g.g.Tenants {
			if !slices.Contains(tenants, t) {
				tenants = append(tenants, t)
			}
		}
	}
	for i, name := range guestNames {
		for _, t := range tenants {
			label := "a new " + name
			if len(tenants) > 1 {
				label += " of " + t
			}
			comer(label, Person{Kinds: 1 << i, Tenant: t})
		}
	}
	return out
}

// activated returns what is told of a user who has activated every eligible
// tenant-wide role; nil where there is none.
func (s *Set) activated(u *directory.User) *Person {
	p := &Person{}
	for _, a := range s.t.Directory.RolesOf(u.ID, true) {
		if a.TenantWide() && a.Role != nil && a.Role.BuiltIn != directory.False && (a.End.IsZero() || s.t.Now.IsZero() || a.End.After(s.t.Now)) {
			p.Roles = append(p.Roles, a.Role.TemplateID)
		}
	}
	for _, g := range s.t.Directory.Joinable(u.ID) { // whose roles are among those
		p.Groups = append(p.Groups, g.ID)
	}
	if len(p.Roles) == 0 {
		return nil
	}
	return p
}

// anyOther is the id that stands for an application that no policy names and that
// is in none of Microsoft's groups.
const anyOther = "any other application"

func (s *Set) targetMembers(sc *scope) []member {
	var out []member
	app := func(id, label string, named bool) {
		if sc.only != nil && !sc.only[id] {
			return
		}
		m := member{label: label, user: -1, set: func(x *SignIn) { x.App = id }, pair: s.app(id)}
		m.atom = named
		out = append(out, m)
	}
	if sc.apps {
		named := map[string]bool{}
		for _, table := range []map[string]set64{s.appRules.incl, s.appRules.excl} {
			for token := range table {
				if g := s.catalog.group(token); g != nil {
					for _, m := range g.order {
						named[m] = true
					}
				} else if token != tokenAgentResources {
					named[token] = true
				}
			}
		}
		ids := make([]string, 0, len(named))
		for id := range named {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			app(id, s.AppName(id), true)
		}
		if s.t.Directory != nil {
			for _, p := range s.t.Directory.ServicePrincipals() {
				if id := fold(p.AppID); id != "" && !named[id] && !p.Agent {
					named[id] = true
					app(id, s.AppName(id), false)
				}
			}
		}
		app(anyOther, anyOther, false)
	}
	for _, a := range sc.actions {
		out = append(out, member{label: a.String(), user: -1, set: func(x *SignIn) { x.Action = a }, pair: s.actions[a], atom: true})
	}
	for _, c := range sc.contexts {
		var d Decision
		d.prepare(s.n)
		p := s.targetOf(&SignIn{Contexts: []string{c}}, &d)
		out = append(out, member{label: "authentication context " + c, user: -1, set: func(x *SignIn) { x.Contexts = []string{c} }, pair: pair{p.yes.clone(), p.may.clone()}, atom: true})
	}
	return out
}

// AppName returns the name of an application by app id, or the id.
func (s *Set) AppName(id string) string {
	if s.t.Directory != nil {
		if sp, ok := s.t.Directory.ServicePrincipal(id); ok && sp.DisplayName != "" {
			return sp.DisplayName
		}
		if a, ok := s.t.Directory.Application(id); ok && a.DisplayName != "" {
			return a.DisplayName
		}
	}
	if n, ok := s.catalog.AppName(id); ok {
		return n
	}
	return id
}

// placeAtom is a place that policies can tell apart: the named locations it is in.
type placeAtom struct{ in set64 }

func (s *Set) placeMembers() []member {
	t := &s.places
	free := func(label string) member {
		return member{label: label, user: -1, set: func(x *SignIn) {
			x.IP, x.Country, x.Network = netip.MustParseAddr("192.0.2.1"), "US", False
		}, pair: s.free, atom: &placeAtom{newSet(len(t.locs))}}
	}
	if !t.used {
		return []member{free("anywhere")}
	}
	ips := make([]netip.Addr, len(t.ipSets)) // an address of each class
	for _, family := range []*addrClasses{&t.v4, &t.v6} {
		for i, c := range family.class {
			if a := sample(family, i); !ips[c-1].IsValid() {
				ips[c-1] = a
			}
		}
	}
	countries := make([]string, len(t.ctrySets))
	for code, c := range t.country {
		if code == "" {
			code = s.spareCountry()
		}
		if old := countries[c-1]; old == "" || code < old {
			countries[c-1] = code
		}
	}
	nets := []Tri{False}
	if slices.ContainsFunc(t.locs, func(l *Location) bool { return l.Kind == NetworkLocation }) {
		nets = append(nets, True)
	}
	var out []member
	for i, ip := range ips {
		for c, country := range countries {
			for _, n := range nets {
				in := t.ipSets[i].clone()
				in.or(t.ctrySets[c])
				for k, l := range t.locs {
					if l.Kind == NetworkLocation && n == True {
						in.add(k)
					}
				}
				out = append(out, member{label: fmt.Sprintf("%s in %s", ip, country), user: -1, pair: s.place(i+1, c+1, int(n)), atom: &placeAtom{in},
					set: func(x *SignIn) { x.IP, x.Country, x.Network = ip, country, n }})
			}
		}
	}
	return out
}

// sample returns an address of an interval, away from the first where it can be:
// 0.0.0.0 is nobody's.
func sample(c *addrClasses, i int) netip.Addr {
	a := c.starts[i]
	if i == 0 && a.Is4() {
		for _, s := range []string{"192.0.2.1", "198.51.100.1", "8.8.8.8"} {
			if x := netip.MustParseAddr(s); c.class[0] == c.find(x) {
				return x
			}
		}
	}
	if n := a.Next(); n.IsValid() && c.find(n) == c.class[i] {
		return n
	}
	return a
}

// spareCountry returns a country that no location names.
func (s *Set) spareCountry() string {
	for _, c := range []string{"US", "BR", "IN", "ZA", "AU", "JP", "FR", "GB", "CA", "MX", "AQ"} {
		if _, named := s.places.country[c]; !named {
			return c
		}
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if c := string(a) + string(b); s.places.country[c] == 0 {
				return c
			}
		}
	}
	return "US"
}

// boxOf returns the classes along each axis in which a policy's condition holds:
// certainly, or possibly.
func (sp *space) boxOf(policy int, may bool) []set64 {
	out := make([]set64, len(sp.axes))
	for a := range sp.axes {
		ax := &sp.axes[a]
		out[a] = newSet(len(ax.classes))
		for c := range ax.classes {
			p := ax.classes[c].pair.yes
			if may {
				p = ax.classes[c].pair.may
			}
			if p.has(policy) {
				out[a].add(c)
			}
		}
	}
	return out
}

// signIn makes the sign-in of a cell: one class of each axis.
func (sp *space) signIn(cell []int) SignIn {
	var x SignIn
	for a, c := range cell {
		ms := sp.axes[a].classes[c].members
		best := ms[0]
		for _, m := range ms { // a person who exists before one who may come
			if m.user >= 0 {
				best = m
				break
			}
		}
		best.set(&x)
	}
	return x
}

func joinLabels(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
