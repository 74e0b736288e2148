package condaccess

import (
	"slices"
	"strings"

	"github.com/azward/azward/directory"
)

// Question is what a set of policies should guarantee.
type Question struct {
	ID    string
	Title string // what should hold
	// Property says which controls give what is asked for. A policy guarantees it
	// where it blocks, or where each alternative of one of its clauses has it.
	Property func(Control) Tri
	Remedy   Grant // what a new policy would ask for

	scope    func(*Set) scope
	intended bool // asked only of people and applications for which some policy asks it
	named    bool // answered only by policies that name the authentication context
}

func mfaOrStronger(c Control) Tri { return c.MFA() }

func riskAnswer(c Control) Tri {
	if c.Kind == ControlPasswordChange || c.Kind == ControlRiskRemediation {
		return True
	}
	return c.MFA()
}

// Questions lists the questions in the order in which `azward ca gaps` asks them.
func Questions() []Question {
	apps := func(*Set) scope { return scope{apps: true} }
	return []Question{
		{ID: "mfa", Title: "Multifactor authentication is guaranteed, or the sign-in is blocked", Property: mfaOrStronger, Remedy: Grant{BuiltIn: []string{"mfa"}}, scope: apps},
		{ID: "admin-mfa", Title: "Multifactor authentication is guaranteed for administrators, eligible ones once activated", Property: mfaOrStronger, Remedy: Grant{BuiltIn: []string{"mfa"}}, scope: adminScope},
		{ID: "admin-phishing-resistant", Title: "Administrators must use authentication that resists phishing", Property: Control.PhishingResistant,
			Remedy: Grant{Strength: &Strength{ID: strengthResistant, DisplayName: "Phishing-resistant MFA"}}, scope: adminScope},
		{ID: "compliant-device", Title: "Where a policy asks for a compliant or hybrid joined device, one is guaranteed in every circumstance", Property: managedDevice,
			Remedy: Grant{BuiltIn: []string{"compliantDevice"}}, scope: apps, intended: true},
		{ID: "legacy", Title: "Legacy authentication is blocked", Property: beyondLegacy, Remedy: Grant{BuiltIn: []string{"block"}},
			scope: func(*Set) scope {
				return scope{apps: true, clients: []ClientApp{ActiveSync, OtherClients}, flows: []Flow{FlowNone}}
			}},
		{ID: "device-code", Title: "Device code flow is blocked", Property: managedDevice, Remedy: Grant{BuiltIn: []string{"block"}},
			scope: func(*Set) scope {
				return scope{apps: true, flows: []Flow{DeviceCode}, clients: []ClientApp{Browser, MobileDesktop}}
			}},
		{ID: "risky-sign-in", Title: "A sign-in of medium or high risk is answered: blocked, or by multifactor authentication", Property: riskAnswer, Remedy: Grant{BuiltIn: []string{"mfa"}},
			scope: func(*Set) scope { return scope{apps: true, risks: []Risk{RiskMedium, RiskHigh}} }},
		{ID: "security-info", Title: "Registering security information asks for multifactor authentication", Property: mfaOrStronger, Remedy: Grant{BuiltIn: []string{"mfa"}},
			scope: func(*Set) scope { return scope{actions: []UserAction{RegisterSecurityInfo}} }},
		{ID: "auth-context", Title: "Every authentication context that is published or that an activation asks for is enforced", Property: anyControl, Remedy: Grant{Strength: &Strength{ID: strengthMFA, DisplayName: "Multifactor authentication"}}, scope: contextScope, named: true},
	}
}

// QuestionByID returns a question.
func QuestionByID(id string) (Question, bool) {
	for _, q := range Questions() {
		if strings.EqualFold(q.ID, id) {
			return q, true
		}
	}
	return Question{}, false
}

// managedDevice: a device that the organization manages. Device code flow cannot
// show one ("Conditional Access: Grant").
func managedDevice(c Control) Tri {
	if c.Kind == ControlUnknown {
		return Unknown
	}
	return triOf(c.Kind == ControlCompliantDevice || c.Kind == ControlHybridJoined)
}

// beyondLegacy: a control that legacy clients cannot meet; they pass neither a second
// factor nor the state of the device ("Conditional Access: Conditions").
func beyondLegacy(c Control) Tri {
	if c.Kind == ControlUnknown {
		return Unknown
	}
	return True
}

func anyControl(c Control) Tri {
	if c.Kind == ControlUnknown {
		return Unknown
	}
	return True
}

// Administrator tells whether a user holds a role that Microsoft marks as
// privileged: now (active), or after activating it (eligible). Only tenant-wide
// assignments count.
func (s *Set) Administrator(u *directory.User) (active, eligible bool) {
	has := func(eligible bool) bool {
		for _, a := range s.t.Directory.RolesOf(u.ID, eligible) {
			if a.TenantWide() && a.Role != nil && (a.Role.Privileged == directory.True || directory.PrivilegedRole(a.Role.TemplateID)) &&
				(a.End.IsZero() || s.t.Now.IsZero() || a.End.After(s.t.Now)) && !syncRole(a.Role.TemplateID) {
				return true
			}
		}
		return false
	}
	return has(false), has(true)
}

// syncRole tells whether a role is for directory synchronization, whose accounts
// no person signs in with.
func syncRole(id string) bool {
	return slices.Contains([]string{"d29b2b05-8046-44ba-8758-1e26182fcf32", "a92aed5d-d78a-4d16-b381-09adb37eb3b0"}, fold(id))
}

func adminScope(s *Set) scope {
	sc := scope{apps: true, roles: map[int]bool{}, who: func(*directory.User) bool { return false }}
	if s.t.Directory == nil {
		return sc
	}
	is := map[*directory.User]bool{}
	for i, u := range s.t.Directory.Users() {
		active, eligible := s.Administrator(u)
		is[u] = active || eligible
		sc.roles[i] = eligible
	}
	sc.who = func(u *directory.User) bool { return is[u] }
	return sc
}

func contextScope(s *Set) scope {
	sc := scope{contexts: []string{}}
	add := func(c string) {
		if c = fold(c); c != "" && !slices.Contains(sc.contexts, c) {
			sc.contexts = append(sc.contexts, c)
		}
	}
	if dir := s.t.Directory; dir != nil {
		for _, v := range dir.Objects(directory.AuthenticationContexts) {
			if on, ok := v.Get("isAvailable").Bool(); !ok || on {
				add(v.Get("id").TextOr(""))
			}
		}
		for _, r := range dir.Roles() {
			if a, ok := dir.Activation(r.ID); ok {
				add(a.AuthenticationContext)
			}
		}
	}
	slices.Sort(sc.contexts)
	return sc
}

// globalAdministrator is the template id of the role ("Microsoft Entra built-in roles").
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

// EmergencyAccounts returns the accounts that look like emergency access ("Manage
// emergency access accounts in Microsoft Entra ID"): permanent Global
// Administrators whom most of the policies in force that are about everyone or
// about roles leave out, by name or as one of a group of at most ten.
func (s *Set) EmergencyAccounts() []*directory.User {
	dir := s.t.Directory
	if dir == nil {
		return nil
	}
	var broad []int
	for i, p := range s.policies {
		u := &p.Conditions.Users
		if s.enforced.has(i) && p.Conditions.ClientApplications == nil && (index(u.Users.Include, "All") >= 0 || len(u.Roles.Include) > 0) && !strings.HasPrefix(p.ID, "SecurityDefaults") {
			broad = append(broad, i)
		}
	}
	small := map[string]bool{}
	for _, g := range s.people.groups.list {
		small[g] = len(dir.MembersOf(g)) <= 10
	}
	var out []*directory.User
	holders := map[string]bool{}
	for _, a := range dir.RoleAssignments() {
		if a.Eligible || !a.TenantWide() || !a.Permanent() || a.Role == nil || fold(a.Role.TemplateID) != globalAdministrator {
			continue
		}
		holders[fold(a.PrincipalID)] = true
		for _, m := range dir.MembersOf(a.PrincipalID) {
			holders[fold(m)] = true
		}
	}
	for _, u := range dir.Users() {
		if u.Enabled == directory.False || !holders[fold(u.ID)] {
			continue
		}
		x := s.people.user(u)
		n := 0
		for _, i := range broad {
			ex := &s.policies[i].Conditions.Users
			byName := slices.ContainsFunc(ex.Users.Exclude, func(id string) bool { return slices.Contains(x.ids, fold(id)) })
			byGroup := slices.ContainsFunc(ex.Groups.Exclude, func(g string) bool { k := fold(g); return small[k] && x.groups[s.people.groups.ix[k]] == True })
			if byName || byGroup {
				n++
			}
		}
		if n >= 2 && n*2 > len(broad) {
			out = append(out, u)
		}
	}
	return out
}
