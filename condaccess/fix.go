package condaccess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Fix is a change that closes a region.
type Fix struct {
	Policy *Policy // nil: a new policy
	Text   string
	Steps  []string
	Body   jsondoc.Value // the policy as it would be; missing for a new one
	cost   int
}

// edit is a step of a fix.
type edit struct {
	text string
	cost int
	do   func(jsondoc.Value) jsondoc.Value
}

// withPath returns v with the value at a path replaced.
func withPath(v jsondoc.Value, val jsondoc.Value, path ...string) jsondoc.Value {
	if len(path) == 0 {
		return val
	}
	return v.With(path[0], withPath(v.Get(path[0]), val, path[1:]...))
}

// without returns v with words taken out of the list at a path.
func without(v jsondoc.Value, words []string, path ...string) jsondoc.Value {
	var keep []jsondoc.Value
	for _, e := range v.Path(path...).Elements() {
		if index(words, e.TextOr("")) < 0 {
			keep = append(keep, e)
		}
	}
	return withPath(v, jsondoc.NewArray(keep...), path...)
}

// Close fills in the smallest change found that closes a region. Each is tried: the
// policy as it would be must cover every cell of the region.
func (s *Set) Close(q Question, r *Region) *Fix {
	if r.Fix != nil {
		return r.Fix
	}
	var found []*Fix
	for i, p := range s.policies {
		if p.State == Disabled || strings.HasPrefix(p.ID, "SecurityDefaults") || len(p.Unread) > 0 {
			continue
		}
		if f := s.propose(q, r, i); f != nil {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b *Fix) int { return a.cost - b.cost })
	for i, f := range found {
		if i == 8 { // the cheapest ones rarely fail; a new policy always works
			break
		}
		if f.cost < newPolicyCost && s.closes(q, r, f.Body) {
			r.Fix = f
			return f
		}
	}
	r.Fix = s.newPolicy(q, r)
	return r.Fix
}

const newPolicyCost = 12

func (s *Set) propose(q Question, r *Region, i int) *Fix {
	p := s.policies[i]
	var edits []edit
	d := &s.demands[i]
	switch {
	case d.grants(q.Property) == True:
	case p.Grant != nil && len(p.Grant.BuiltIn)+len(p.Grant.Terms)+len(p.Grant.Custom) > 1 && !p.Grant.And && len(d.clauses) == 1 && slices.ContainsFunc(d.clauses[0].Controls, func(c Control) bool { return q.Property(c) == True }):
		edits = append(edits, edit{"ask for all of " + strings.Join(p.Grant.BuiltIn, ", ") + ", not one of them", 2, func(v jsondoc.Value) jsondoc.Value {
			return withPath(v, jsondoc.NewString("AND"), "grantControls", "operator")
		}})
	default:
		return nil
	}
	if p.State == ReportOnly {
		edits = append(edits, edit{"turn it on", 1, func(v jsondoc.Value) jsondoc.Value { return v.With("state", jsondoc.NewString("enabled")) }})
	}
	for a := range r.sp.axes {
		ax := &r.sp.axes[a]
		var missing []member
		r.box[a].each(func(c int) {
			for _, m := range ax.classes[c].members {
				if !m.pair.yes.has(i) {
					missing = append(missing, m)
				}
			}
		})
		if len(missing) == 0 {
			continue
		}
		if d.block && ax.dim != dimUsers && ax.dim != dimTarget {
			return nil // to block more circumstances is to close the door, not the gap
		}
		e, ok := s.widenPolicy(p, ax.dim, missing)
		if !ok {
			return nil
		}
		edits = append(edits, e...)
	}
	f := &Fix{Policy: p, Body: p.JSON()}
	for _, e := range edits {
		f.cost += e.cost
		f.Steps = append(f.Steps, e.text)
		f.Body = e.do(f.Body)
	}
	f.Text = fmt.Sprintf("%s: %s", p.Name(), strings.Join(f.Steps, "; "))
	return f
}

// widenPolicy lists edits that make a policy's condition hold for members that it
// does not hold for.
func (s *Set) widenPolicy(p *Policy, dim dimension, missing []member) ([]edit, bool) {
	// Risk and flow are what a policy is for: widening those changes it into another.
	cost := map[dimension]int{dimSignInRisk: 9, dimUserRisk: 9, dimInsider: 9, dimFlow: 9, dimClient: 5}
	drop := func(what string, val jsondoc.Value, path ...string) []edit {
		return []edit{{"no longer narrow it by " + what, max(3, cost[dim]), func(v jsondoc.Value) jsondoc.Value { return withPath(v, val, path...) }}}
	}
	none, list := jsondoc.Nothing, jsondoc.NewArray()
	switch dim {
	case dimUsers:
		return s.widenUsers(p, missing)
	case dimTarget:
		return s.widenTargets(p, missing)
	case dimLocation:
		return s.widenPlaces(p, missing)
	case dimPlatform:
		return drop("platform", none, "conditions", "platforms"), true
	case dimDevice:
		return drop("device", none, "conditions", "devices"), true
	case dimClient:
		return drop("client", jsondoc.FromAny([]string{"all"}), "conditions", "clientAppTypes"), true
	case dimSignInRisk:
		return drop("sign-in risk", list, "conditions", "signInRiskLevels"), true
	case dimUserRisk:
		return drop("user risk", list, "conditions", "userRiskLevels"), true
	case dimInsider:
		return drop("insider risk", none, "conditions", "insiderRiskLevels"), true
	case dimFlow:
		return drop("authentication flow", none, "conditions", "authenticationFlows"), true
	default:
		return nil, false
	}
}

// remove makes an edit that takes words out of a list of a policy.
func remove(names, words []string, path ...string) edit {
	return edit{fmt.Sprintf("take %s out of %s", strings.Join(names, ", "), path[len(path)-1]), len(words), func(v jsondoc.Value) jsondoc.Value { return without(v, words, path...) }}
}

func (s *Set) widenUsers(p *Policy, missing []member) ([]edit, bool) {
	u := &p.Conditions.Users
	var users, groups, roles, groupNames, roleNames, userNames []string
	guests, included := false, true
	for _, m := range missing {
		var x SignIn
		m.set(&x)
		sub := s.subjectOf(&x)
		i := slices.Index(s.policies, p)
		if i < 0 || !s.side(&s.incl, sub).yes.has(i) {
			included = false
		}
		hit := func(list []string, n *names, held pairList, to, labels *[]string, name func(string) string) {
			for _, g := range list {
				if k, ok := n.ix[fold(g)]; ok && held[k] != False && index(*to, g) < 0 {
					*to, *labels = append(*to, g), append(*labels, name(g))
				}
			}
		}
		hit(u.Groups.Exclude, &s.people.groups, sub.groups, &groups, &groupNames, s.groupName)
		hit(u.Roles.Exclude, &s.people.roles, sub.roles, &roles, &roleNames, roleName)
		for _, x := range u.Users.Exclude {
			if (slices.Contains(sub.ids, fold(x)) || fold(x) == tokenGuests && sub.kinds&anyGuest != 0) && index(users, x) < 0 {
				users, userNames = append(users, x), append(userNames, s.UserName(x))
			}
		}
		guests = guests || u.ExcludeGuests != nil && u.ExcludeGuests.has(sub) != False
	}
	var out []edit
	at := func(name string) []string { return []string{"conditions", "users", name} }
	if len(users) > 0 {
		out = append(out, remove(userNames, users, at("excludeUsers")...))
	}
	if len(groups) > 0 {
		out = append(out, remove(groupNames, groups, at("excludeGroups")...))
	}
	if len(roles) > 0 {
		out = append(out, remove(roleNames, roles, at("excludeRoles")...))
	}
	if guests {
		out = append(out, edit{"no longer leave out guests", 2, func(v jsondoc.Value) jsondoc.Value {
			return withPath(v, jsondoc.Nothing, at("excludeGuestsOrExternalUsers")...)
		}})
	}
	if !included {
		if p.Conditions.ClientApplications != nil {
			return nil, false
		}
		out = append(out, edit{"include everyone", 6, func(v jsondoc.Value) jsondoc.Value {
			return withPath(v, jsondoc.FromAny([]string{"All"}), at("includeUsers")...)
		}})
	}
	return out, true
}

func (s *Set) groupName(id string) string {
	if s.t.Directory != nil {
		if g, ok := s.t.Directory.Group(id); ok {
			return orElse(g.DisplayName, g.ID)
		}
	}
	return id
}

func (s *Set) widenTargets(p *Policy, missing []member) ([]edit, bool) {
	a := &p.Conditions.Applications
	if a.Filter != nil {
		return nil, false
	}
	var drop, names, add, addNames []string
	for _, m := range missing {
		var x SignIn
		m.set(&x)
		if x.App == "" {
			if x.Action == 0 {
				if len(a.Contexts) == 0 {
					return nil, false
				}
				add, addNames = append(add, x.Contexts...), append(addNames, x.Contexts...)
			} else {
				return nil, false
			}
			continue
		}
		app := fold(x.App)
		for _, e := range a.Exclude {
			if s.catalog.covers(fold(e), app, s.t.Directory) != False && index(drop, e) < 0 {
				drop, names = append(drop, e), append(names, s.AppName(e))
			}
		}
		if len(a.Include) == 0 {
			return nil, false
		}
		if index(a.Include, "All") < 0 && !slices.ContainsFunc(a.Include, func(t string) bool { return s.catalog.covers(fold(t), app, s.t.Directory) == True }) && index(add, app) < 0 {
			add, addNames = append(add, app), append(addNames, m.label)
		}
	}
	var out []edit
	if len(drop) > 0 {
		out = append(out, remove(names, drop, "conditions", "applications", "excludeApplications"))
	}
	if len(add) > 0 {
		if len(a.Contexts) > 0 && len(a.Include) == 0 {
			out = append(out, edit{"add the contexts " + strings.Join(add, ", "), 1 + len(add), func(v jsondoc.Value) jsondoc.Value {
				path := []string{"conditions", "applications", "includeAuthenticationContextClassReferences"}
				return withPath(v, jsondoc.FromAny(append(texts(v.Path(path...)), add...)), path...)
			}})
			return out, true
		}
		path := []string{"conditions", "applications", "includeApplications"}
		if slices.Contains(add, anyOther) || len(add) > 3 {
			out = append(out, edit{"include all applications", 6, func(v jsondoc.Value) jsondoc.Value { return withPath(v, jsondoc.FromAny([]string{"All"}), path...) }})
		} else {
			out = append(out, edit{"include " + strings.Join(addNames, ", "), 2 * len(add), func(v jsondoc.Value) jsondoc.Value {
				return withPath(v, jsondoc.FromAny(append(slices.DeleteFunc(texts(v.Path(path...)), func(t string) bool { return strings.EqualFold(t, "None") }), add...)), path...)
			}})
		}
	}
	return out, true
}

func (s *Set) widenPlaces(p *Policy, missing []member) ([]edit, bool) {
	c := p.Conditions.Locations
	if c == nil {
		return nil, false
	}
	var drop, names []string
	included := index(c.Include, "All") >= 0
	for _, m := range missing {
		in := m.atom.(*placeAtom).in
		for _, x := range c.Exclude {
			hit := fold(x) == tokenAll
			if i, ok := s.places.byID[fold(x)]; ok {
				hit = in.has(i)
			} else if fold(x) == tokenTrusted {
				in.each(func(i int) { hit = hit || s.places.locs[i].Trusted })
			}
			if hit && index(drop, x) < 0 {
				drop, names = append(drop, x), append(names, s.locationName(x))
			}
		}
	}
	if len(drop) > 0 && included {
		return []edit{remove(names, drop, "conditions", "locations", "excludeLocations")}, true
	}
	return []edit{{"no longer narrow it by location", 3, func(v jsondoc.Value) jsondoc.Value { return withPath(v, jsondoc.Nothing, "conditions", "locations") }}}, true
}

func (s *Set) locationName(id string) string {
	if i, ok := s.places.byID[fold(id)]; ok {
		return s.places.locs[i].Name()
	}
	return id
}

// closes tells whether a policy, as it would be, covers a whole region.
func (s *Set) closes(q Question, r *Region, body jsondoc.Value) bool {
	p, _ := ParsePolicy(body)
	if p == nil || p.State != Enabled {
		return false
	}
	one := compileConditions([]*Policy{p}, s.t)
	if one.demands[0].grants(q.Property) != True || !one.other.yes.has(0) {
		return false
	}
	var d Decision
	for a := range r.sp.axes {
		ax := &r.sp.axes[a]
		ok := true
		r.box[a].each(func(c int) {
			for _, m := range ax.classes[c].members {
				if !ok {
					return
				}
				var x SignIn
				m.set(&x)
				one.Decide(&x, &d)
				ok = d.dims[ax.dim].yes.has(0)
			}
		})
		if !ok {
			return false
		}
	}
	return true
}

// newPolicy describes a policy of its own for a region, where no change of one is smaller.
func (s *Set) newPolicy(q Question, r *Region) *Fix {
	g := q.Remedy
	control := strings.Join(g.BuiltIn, ", ")
	if g.Strength != nil {
		control = g.Strength.DisplayName
	}
	r.describe()
	where := []string{}
	for _, w := range r.Where {
		where = append(where, w.Text)
	}
	return &Fix{Text: fmt.Sprintf("a new policy that asks for %s: %s", control, strings.Join(where, "; ")), cost: newPolicyCost,
		Steps: []string{"create it in report-only mode, look at its effect with azward ca replay, then turn it on"}}
}
