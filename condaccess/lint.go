package condaccess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

// Remark is something to mend in a set of policies.
type Remark struct {
	Code     string // stable word, e.g. "dead-reference"
	Severity diag.Severity
	Policy   *Policy // nil: the set as a whole
	Text     string
	Hint     string
}

// LintCodes lists every code with what it means, in the order of the checks.
func LintCodes() [][2]string {
	var out [][2]string
	for _, c := range lintChecks {
		out = append(out, [2]string{c.code, c.doc})
	}
	return out
}

type lintCheck struct {
	code, doc string
	run       func(*linter)
}

// lintChecks are the checks in order; one row is everything about one.
var lintChecks = []lintCheck{
	{"lock-out", "policies in force block every Global Administrator in every circumstance", (*linter).lockOut},
	{"emergency-access", "an account for emergency access is not left out of a policy in force, or there is none", (*linter).emergency},
	{"contradiction", "a policy can never apply, or asks for what cannot be met", (*linter).contradictions},
	{"exclusion-undoes", "what a policy leaves out takes most of the people it is about", (*linter).exclusions},
	{"dead-reference", "a policy names a user, group, application, location or context that is not there", (*linter).references},
	{"not-understood", "a policy has a condition or control that azward does not know", (*linter).unread},
	{"redundant", "other policies in force ask for at least as much wherever the policy applies", (*linter).redundant},
	{"known-platforms-only", "a policy names platforms one by one, so an unknown platform escapes it", (*linter).platforms},
	{"retired", "a policy uses what Microsoft has retired", (*linter).retired},
}

type linter struct {
	s    *Set
	out  []Remark
	code string
}

func (l *linter) say(sev diag.Severity, p *Policy, hint, format string, args ...any) {
	l.out = append(l.out, Remark{l.code, sev, p, fmt.Sprintf(format, args...), hint})
}

// Lint looks for what is wrong with the policies of a set, each and together.
func (s *Set) Lint() []Remark {
	l := &linter{s: s}
	for _, c := range lintChecks {
		l.code = c.code
		c.run(l)
	}
	slices.SortStableFunc(l.out, func(a, b Remark) int { return int(a.Severity) - int(b.Severity) })
	return l.out
}

// each calls f with the policies that are on or only reported, and that a person wrote.
func (l *linter) each(f func(i int, p *Policy)) {
	for i, p := range l.s.policies {
		if p.State != Disabled && !strings.HasPrefix(p.ID, "SecurityDefaults") {
			f(i, p)
		}
	}
}

// lockOut searches the sign-ins of Global Administrators for one that is not blocked.
func (l *linter) lockOut() {
	s := l.s
	if s.t.Directory == nil {
		return
	}
	isGA := func(u *directory.User) bool {
		return slices.ContainsFunc(s.t.Directory.RolesOf(u.ID, false), func(a *directory.RoleAssignment) bool {
			return a.TenantWide() && a.Role != nil && fold(a.Role.TemplateID) == globalAdministrator
		})
	}
	blocks := newPair(s.n)
	s.blocking.each(func(i int) {
		if s.enforced.has(i) {
			blocks.add(i, True)
		}
	})
	sp := s.newSpace(&scope{apps: true, who: isGA}, blocks.may)
	if sp.persons == 0 {
		return
	}
	q := newSearch(sp.sizes())
	covers, _ := sp.covers(blocks.yes, false)
	for _, b := range append(covers, sp.impossible()...) {
		q.add(b)
	}
	if _, open := q.next(); !open {
		l.say(diag.Error, nil, "leave the accounts for emergency access out of every blocking policy", "every Global Administrator is blocked in every circumstance: nobody can mend it")
	}
}

func (l *linter) emergency() {
	s := l.s
	if s.t.Directory == nil || s.enforced.isEmpty() || len(s.t.Directory.Users()) == 0 || !s.t.whole(directory.Users) || !s.people.rolesRead {
		return
	}
	accounts := s.EmergencyAccounts()
	if len(accounts) == 0 {
		l.say(diag.Warning, nil, "keep two accounts with FIDO2 keys that no policy reaches, and alert on their use", "no account for emergency access was found: none of the permanent Global Administrators is left out of most policies")
		return
	}
	l.each(func(i int, p *Policy) {
		if !s.enforced.has(i) || !s.blocking.has(i) && len(s.demands[i].clauses) == 0 {
			return
		}
		var names []string
		for _, u := range accounts {
			if s.classes[s.users[fold(u.ID)]].may.has(i) {
				names = append(names, orElse(u.UPN, u.ID))
			}
		}
		if len(names) > 0 {
			l.say(diag.Warning, p, "add the group of the emergency accounts to excludeGroups", "does not leave out %s", strings.Join(names, ", "))
		}
	})
}

func (l *linter) contradictions() {
	s := l.s
	l.each(func(i int, p *Policy) {
		c := &p.Conditions
		if len(p.Unread) == 0 {
			sp := s.newSpace(&scope{apps: true, actions: []UserAction{RegisterSecurityInfo, RegisterDevice}, contexts: c.Applications.Contexts}, only(s.n, i))
			for a, along := range sp.boxOf(i, true) {
				if sp.axes[a].dim == dimUsers && !l.peopleKnown(p) {
					continue
				}
				if along.isEmpty() && c.ClientApplications == nil {
					l.say(diag.Error, p, "", "can never apply: no value of %q meets its condition", axisNames[sp.axes[a].dim])
				}
			}
		}
		for _, pair := range []struct {
			what string
			ch   Choice
		}{{"users", c.Users.Users}, {"groups", c.Users.Groups}, {"roles", c.Users.Roles}, {"applications", c.Applications.Choice}} {
			for _, x := range pair.ch.Include {
				if fold(x) != tokenAll && fold(x) != tokenNone && index(pair.ch.Exclude, x) >= 0 {
					l.say(diag.Warning, p, "an exclusion always wins: take one of the two out", "both includes and leaves out %s among %s", l.name(pair.what, x), pair.what)
				}
			}
		}
		g := p.Grant
		if g == nil {
			if p.Session == nil {
				l.say(diag.Warning, p, "", "asks for nothing: neither a grant nor a session control")
			}
			return
		}
		if s.demands[i].block && len(s.demands[i].clauses) > 0 {
			l.say(diag.Warning, p, "", "both blocks and asks for %s", s.demands[i].clauses[0].Controls[0].Name)
		}
		if index(g.BuiltIn, "passwordChange") >= 0 && (!g.And || index(g.BuiltIn, "mfa") < 0 || len(c.UserRisk) == 0) {
			l.say(diag.Warning, p, `see "Conditional Access: Grant", require password change`, "passwordChange holds only together with mfa (AND) and for a user risk")
		}
		if p.State == ReportOnly && len(c.Applications.UserActions) > 0 {
			l.say(diag.Warning, p, "", "report-only has no effect on user actions")
		}
		if s.demands[i].grants(managedDevice) == True && !s.blocking.has(i) && len(c.TransferMethods) > 0 {
			l.say(diag.Warning, p, "block the flow instead", "asks a device of an authentication flow that cannot show one")
		}
	})
}

// peopleKnown tells whether everybody whom a policy is about was read, so that
// nobody in it means that it is about nobody.
func (l *linter) peopleKnown(p *Policy) bool {
	dir, u := l.s.t.Directory, &p.Conditions.Users
	if dir == nil || !l.s.t.whole(directory.Users) || len(u.Roles.Include) > 0 {
		return false
	}
	return !slices.ContainsFunc(u.Groups.Include, func(g string) bool { return !l.s.people.groupKnown[l.s.people.groups.ix[fold(g)]] })
}

func only(n, i int) set64 {
	s := newSet(n)
	s.add(i)
	return s
}

func (l *linter) exclusions() {
	s := l.s
	if s.t.Directory == nil {
		return
	}
	aside := s.EmergencyAccounts()
	l.each(func(i int, p *Policy) {
		if p.Conditions.ClientApplications != nil {
			return
		}
		var about, left int
		for _, u := range s.t.Directory.Users() {
			if u.Enabled == directory.False || slices.Contains(aside, u) {
				continue
			}
			x := s.people.user(u)
			if s.side(&s.incl, x).yes.has(i) {
				about++
				if s.side(&s.excl, x).yes.has(i) {
					left++
				}
			}
		}
		switch {
		case about > 0 && left == about:
			l.say(diag.Error, p, "", "leaves out all %d people it is about", about)
		case about > 1 && left*2 > about:
			l.say(diag.Warning, p, "", "leaves out %d of the %d people it is about", left, about)
		}
		if index(p.Conditions.Users.Users.Exclude, "All") >= 0 {
			l.say(diag.Error, p, "", "leaves out everyone")
		}
	})
}

func (l *linter) name(what, id string) string {
	switch what {
	case "users":
		return l.s.UserName(id)
	case "groups":
		return l.s.groupName(id)
	case "roles":
		return roleName(id)
	default:
		return l.s.AppName(id)
	}
}

func (l *linter) references() {
	s, dir := l.s, l.s.t.Directory
	tokens := []string{tokenAll, tokenNone, tokenGuests, tokenMyPrincipals, tokenAgentResources, tokenTrusted, tokenTrustedIPs}
	l.each(func(_ int, p *Policy) {
		c := &p.Conditions
		check := func(kind string, read bool, known func(string) bool, lists ...[]string) {
			if !read {
				return
			}
			for _, x := range slices.Concat(lists...) {
				if !slices.Contains(tokens, fold(x)) && !known(x) {
					l.say(diag.Warning, p, "take it out, or find out what was deleted", "names the %s %s, which is not there", kind, x)
				}
			}
		}
		check("location", s.t.whole(directory.NamedLocations), func(x string) bool { _, ok := s.places.byID[fold(x)]; return ok }, choiceLists(c.Locations)...)
		if dir == nil {
			return
		}
		check("user", s.t.whole(directory.Users), func(x string) bool { _, ok := dir.User(x); return ok }, c.Users.Users.Include, c.Users.Users.Exclude)
		check("group", s.t.whole(directory.Groups), func(x string) bool { _, ok := dir.Group(x); return ok }, c.Users.Groups.Include, c.Users.Groups.Exclude)
		check("application", s.t.whole(directory.ServicePrincipals) && s.t.whole(directory.Applications), func(x string) bool {
			_, sp := dir.ServicePrincipal(x)
			_, app := dir.Application(x)
			_, listed := s.catalog.AppName(x)
			return sp || app || listed || s.catalog.group(fold(x)) != nil
		}, c.Applications.Include, c.Applications.Exclude)
		if w := c.ClientApplications; w != nil {
			check("service principal", s.t.whole(directory.ServicePrincipals), func(x string) bool { _, ok := dir.ServicePrincipal(x); return ok }, w.Include, w.Exclude)
		}
		contexts := map[string]bool{}
		for _, v := range dir.Objects(directory.AuthenticationContexts) {
			contexts[fold(v.Get("id").TextOr(""))] = true
		}
		check("authentication context", s.t.whole(directory.AuthenticationContexts), func(x string) bool { return contexts[fold(x)] }, c.Applications.Contexts)
		if x := p.Grant; x != nil && x.Strength != nil && x.Strength.Allowed == nil {
			known := slices.ContainsFunc(s.t.Strengths, func(t *Strength) bool { return strings.EqualFold(t.ID, x.Strength.ID) })
			check("authentication strength", len(s.t.Strengths) > 0, func(string) bool { return known }, []string{x.Strength.ID})
		}
	})
}

func choiceLists(c *Choice) [][]string {
	if c == nil {
		return nil
	}
	return [][]string{c.Include, c.Exclude}
}

func (l *linter) unread() {
	l.each(func(_ int, p *Policy) {
		for _, u := range p.Unread {
			l.say(diag.Warning, p, "answers that depend on it are unknown", "%s: %s", u.Path, u.Why)
		}
	})
}

// redundant looks for policies in force whose every clause is asked for by others
// wherever they apply.
func (l *linter) redundant() {
	s := l.s
	l.each(func(i int, p *Policy) {
		d := &s.demands[i]
		if !s.enforced.has(i) || p.Session != nil || len(p.Unread) > 0 || p.Conditions.ClientApplications != nil || !d.block && len(d.clauses) == 0 {
			return
		}
		by := newSet(s.n)
		if d.block {
			if !l.covered(i, func(o *demand) bool { return o.block }, by) {
				return
			}
		} else {
			for _, c := range d.clauses {
				if !l.covered(i, func(o *demand) bool {
					return o.block || slices.ContainsFunc(o.clauses, func(x Clause) bool { return x.implies(c) })
				}, by) {
					return
				}
			}
		}
		var names []string
		by.each(func(k int) { names = append(names, s.policies[k].Name()) })
		word := "asked for"
		if d.block {
			word = "blocked"
		}
		l.say(diag.Info, p, "", "changes nothing: what it %s is %s wherever it applies by %s", map[bool]string{true: "blocks", false: "asks for"}[d.block], word, joinLabels(names, 4))
	})
}

// implies tells whether whoever meets clause c has met o.
func (c Clause) implies(o Clause) bool {
	for _, x := range c.Controls {
		if !slices.ContainsFunc(o.Controls, func(y Control) bool { return x.implies(y) }) {
			return false
		}
	}
	return true
}

func (c Control) implies(o Control) bool {
	switch {
	case c.Kind == ControlStrength && o.Kind == ControlStrength:
		return c.Strength.Implies(o.Strength) == True
	case c.Kind == ControlStrength && o.Kind == ControlMFA:
		return c.MFA() == True
	default:
		return c.Kind == o.Kind && strings.EqualFold(c.Name, o.Name) && c.Kind != ControlUnknown
	}
}

// covered tells whether the box of policy i lies in the boxes of other policies in
// force that are enough; those that meet it are added to by.
func (l *linter) covered(i int, enough func(*demand) bool, by set64) bool {
	s := l.s
	others := newSet(s.n)
	for k := range s.policies {
		if k != i && s.enforced.has(k) && s.other.yes.has(k) && enough(&s.demands[k]) {
			others.add(k)
		}
	}
	if others.isEmpty() {
		return false
	}
	relevant := others.clone()
	relevant.add(i)
	sp := s.newSpace(&scope{apps: true, actions: []UserAction{RegisterSecurityInfo, RegisterDevice}, contexts: s.contexts()}, relevant)
	// Only the classes that the policy's own conditions hold are left.
	mine := sp.boxOf(i, true)
	for a := range sp.axes {
		var keep []class
		for c := range sp.axes[a].classes {
			if mine[a].has(c) {
				keep = append(keep, sp.axes[a].classes[c])
			}
		}
		sp.axes[a].classes = keep
		if len(keep) == 0 {
			return false
		}
	}
	boxes, which := sp.covers(others, false)
	q := newSearch(sp.sizes())
	for _, b := range append(boxes, sp.impossible()...) {
		q.add(b)
	}
	if _, open := q.next(); open || !sp.exact {
		return false
	}
	for _, k := range which {
		by.add(k)
	}
	return true
}

// contexts lists the authentication contexts that policies name.
func (s *Set) contexts() []string {
	var out []string
	for c := range s.appRules.ctx {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

func (l *linter) platforms() {
	l.each(func(i int, p *Policy) {
		c := p.Conditions.Platforms
		if c == nil || index(c.Include, "all") >= 0 || len(c.Include) < 3 || l.s.demands[i].block {
			return
		}
		l.say(diag.Warning, p, `include "all" platforms and leave out what must stay out`, "names %d platforms: a device that calls itself anything else is not asked", len(c.Include))
	})
}

func (l *linter) retired() {
	l.each(func(_ int, p *Policy) {
		if g := p.Grant; g != nil && index(g.BuiltIn, "approvedApplication") >= 0 {
			l.say(diag.Warning, p, "ask for an app protection policy (compliantApplication)", "approvedApplication was retired in March 2026")
		}
		if d := p.Conditions.Devices; d != nil && !d.States.empty() {
			l.say(diag.Warning, p, "use a filter for devices", "the device state condition is retired")
		}
		if slices.ContainsFunc(p.Conditions.ClientAppTypes, func(w string) bool { return index([]string{"modern", "easSupported", "easUnsupported"}, w) >= 0 }) {
			l.say(diag.Warning, p, "", "clientAppTypes holds a retired word")
		}
	})
}

// JSON returns the remark as `azward ca lint` prints it.
func (r *Remark) JSON() jsondoc.Value {
	str := jsondoc.NewString
	v := jsondoc.NewObject(jsondoc.Member{Name: "code", Value: str(r.Code)}, jsondoc.Member{Name: "severity", Value: str(r.Severity.String())})
	if r.Policy != nil {
		v = v.With("policyId", str(r.Policy.ID)).With("policy", str(r.Policy.DisplayName))
	}
	v = v.With("message", str(r.Text))
	if r.Hint != "" {
		v = v.With("hint", str(r.Hint))
	}
	return v
}
