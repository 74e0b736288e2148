package condaccess_test

// A second evaluator, written from the rules and apart from the engine: it reads
// the documents themselves, one condition at a time, without classes or sets.

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

// world is a small random tenant as plain data.
type world struct {
	members   map[string][]string // group to direct members, users and groups
	unread    map[string]bool     // groups whose members were not read
	roles     map[string][]string // role to users, active and tenant-wide
	auRoles   map[string][]string // role to users, in an administrative unit
	guests    map[string]string   // user to kind, "" for members
	locations map[string]place
}

type place struct {
	cidrs     []string
	countries []string
	unknown   bool
	trusted   bool
}

func strs(v jsondoc.Value) []string {
	var out []string
	for _, e := range v.Elements() {
		out = append(out, e.TextOr(""))
	}
	return out
}

func (w *world) inGroup(id, group string, seen map[string]bool) condaccess.Tri {
	if seen[group] {
		return condaccess.False
	}
	seen[group] = true
	ms, known := w.members[group]
	if slices.Contains(ms, id) {
		return condaccess.True
	}
	out := condaccess.False
	if !known || w.unread[group] {
		out = condaccess.Unknown
	}
	for _, m := range ms {
		if strings.HasPrefix(m, "g") {
			switch w.inGroup(id, m, seen) {
			case condaccess.True:
				return condaccess.True
			case condaccess.Unknown:
				out = condaccess.Unknown
			default:
			}
		}
	}
	return out
}

func anyOf(ts ...condaccess.Tri) condaccess.Tri {
	out := condaccess.False
	for _, t := range ts {
		if t == condaccess.True {
			return t
		}
		if t == condaccess.Unknown {
			out = t
		}
	}
	return out
}

func not(t condaccess.Tri) condaccess.Tri {
	return map[condaccess.Tri]condaccess.Tri{condaccess.True: condaccess.False, condaccess.False: condaccess.True}[t]
}

func both(a, b condaccess.Tri) condaccess.Tri { return not(anyOf(not(a), not(b))) }

func of(b bool) condaccess.Tri {
	if b {
		return condaccess.True
	}
	return condaccess.False
}

func (w *world) users(u jsondoc.Value, who string) condaccess.Tri {
	side := func(word string) condaccess.Tri {
		var ts []condaccess.Tri
		for _, x := range strs(u.Get(word + "Users")) {
			ts = append(ts, of(x == "All" || x == who || x == "GuestsOrExternalUsers" && w.guests[who] != ""))
		}
		for _, g := range strs(u.Get(word + "Groups")) {
			ts = append(ts, w.inGroup(who, g, map[string]bool{}))
		}
		for _, r := range strs(u.Get(word + "Roles")) {
			ts = append(ts, of(slices.Contains(w.roles[r], who)))
		}
		if g := u.Get(word + "GuestsOrExternalUsers"); g.Kind() == jsondoc.Object {
			k := w.guests[who]
			ts = append(ts, of(k != "" && slices.Contains(strings.Split(g.Get("guestOrExternalUserTypes").TextOr(""), ","), k)))
		}
		return anyOf(ts...)
	}
	return both(side("include"), not(side("exclude")))
}

func (w *world) holds(id string, s *condaccess.SignIn) condaccess.Tri {
	var ts []condaccess.Tri
	one := func(l place) condaccess.Tri {
		if len(l.cidrs) > 0 {
			if !s.IP.IsValid() {
				return condaccess.Unknown
			}
			return of(slices.ContainsFunc(l.cidrs, func(c string) bool { return netip.MustParsePrefix(c).Contains(s.IP) }))
		}
		switch s.Country {
		case "":
			return condaccess.Unknown
		case condaccess.UnknownCountry:
			return of(l.unknown)
		}
		return of(slices.Contains(l.countries, s.Country))
	}
	switch id {
	case "All":
		return condaccess.True
	case "AllTrusted":
		for _, l := range w.locations {
			if l.trusted {
				ts = append(ts, one(l))
			}
		}
		return anyOf(ts...)
	}
	l, ok := w.locations[id]
	if !ok {
		return condaccess.Unknown
	}
	return one(l)
}

func words(list []string, all string, got string) condaccess.Tri {
	if len(list) == 0 {
		return condaccess.True
	}
	if slices.Contains(list, all) {
		return condaccess.True
	}
	if got == "" {
		return condaccess.Unknown
	}
	return of(slices.Contains(list, got))
}

func device(f jsondoc.Value, d map[string]string) condaccess.Tri {
	if f.Kind() != jsondoc.Object {
		return condaccess.True
	}
	var ts []condaccess.Tri
	for part := range strings.SplitSeq(f.Get("rule").TextOr(""), " -or ") {
		fields := strings.Fields(part) // device.name -op "value"
		name, op, want := strings.TrimPrefix(fields[0], "device."), fields[1], strings.ToLower(strings.Trim(fields[2], `"`))
		got, told := d[name]
		switch {
		case d == nil || !told && d["unregistered"] == "":
			ts = append(ts, condaccess.Unknown)
		case !told:
			ts = append(ts, of(op == "-ne"))
		default:
			ts = append(ts, of((strings.ToLower(got) == want) == (op == "-eq")))
		}
	}
	t := anyOf(ts...)
	if f.Get("mode").TextOr("") == "exclude" {
		return not(t)
	}
	return t
}

// applies answers a policy's document for a sign-in.
func (w *world) applies(p jsondoc.Value, s *condaccess.SignIn, dev map[string]string) condaccess.Tri {
	if p.Get("state").TextOr("") == "disabled" {
		return condaccess.False
	}
	c := p.Get("conditions")
	apps := c.Get("applications")
	in, out := strs(apps.Get("includeApplications")), strs(apps.Get("excludeApplications"))
	var target condaccess.Tri
	if s.Action != 0 {
		target = of(slices.Contains(in, "All") || slices.Contains(strs(apps.Get("includeUserActions")), s.Action.String()))
	} else {
		target = of((slices.Contains(in, "All") || slices.Contains(in, s.App)) && !slices.Contains(out, s.App))
	}
	ts := []condaccess.Tri{
		w.users(c.Get("users"), s.User), target,
		words(strs(c.Get("clientAppTypes")), "all", s.Client.String()),
		words(strs(c.Get("signInRiskLevels")), "", s.SignInRisk.String()), words(strs(c.Get("userRiskLevels")), "", s.UserRisk.String()),
		device(c.Path("devices", "deviceFilter"), dev),
	}
	if f := c.Path("authenticationFlows", "transferMethods").TextOr(""); f != "" {
		ts = append(ts, words(strings.Split(f, ","), "", s.Flow.String()))
	}
	if pl := c.Get("platforms"); pl.Kind() == jsondoc.Object {
		in, out := strs(pl.Get("includePlatforms")), strs(pl.Get("excludePlatforms"))
		got := s.Platform.String()
		inc := words(in, "all", got)
		exc := condaccess.False
		if len(out) > 0 {
			exc = words(out, "all", got)
		}
		ts = append(ts, both(inc, not(exc)))
	}
	if l := c.Get("locations"); l.Kind() == jsondoc.Object {
		var inc, exc []condaccess.Tri
		for _, id := range strs(l.Get("includeLocations")) {
			inc = append(inc, w.holds(id, s))
		}
		for _, id := range strs(l.Get("excludeLocations")) {
			exc = append(exc, w.holds(id, s))
		}
		ts = append(ts, both(anyOf(inc...), not(anyOf(exc...))))
	}
	all := condaccess.True
	for _, t := range ts {
		all = both(all, t)
	}
	return all
}

// maker makes random tenants, policies and sign-ins.
type maker struct{ *rand.Rand }

func (m maker) some(most int, from ...string) []string {
	var out []string
	for range m.IntN(most + 1) {
		out = append(out, from[m.IntN(len(from))])
	}
	return out
}

func (m maker) one(from ...string) string { return from[m.IntN(len(from))] }
func (m maker) chance(percent int) bool   { return m.IntN(100) < percent }

var (
	allUsers  = []string{"u1", "u2", "u3", "u4", "u5", "u6"}
	allGroups = []string{"g1", "g2", "g3", "g4"}
	allRoles  = []string{"62e90394-69f5-4237-9190-012177145e10", "194ae4cb-b126-40b2-bd5b-6091b380977d"}
	allApps   = []string{"a1", "a2", "a3"}
	allPlaces = []string{"l1", "l2", "l3", "l4"}
)

func (m maker) world() *world {
	w := &world{members: map[string][]string{}, unread: map[string]bool{}, roles: map[string][]string{}, auRoles: map[string][]string{}, guests: map[string]string{"u5": "b2bCollaborationGuest", "u6": "internalGuest"}, locations: map[string]place{}}
	for _, g := range allGroups {
		if m.chance(10) {
			continue // not in the directory at all
		}
		w.members[g] = m.some(3, slices.Concat(allUsers, allGroups)...)
		w.unread[g] = m.chance(10)
		if w.unread[g] {
			w.members[g] = nil
		}
	}
	for g, ms := range w.members { // a group that is gone is in no other
		w.members[g] = slices.DeleteFunc(ms, func(m string) bool { return strings.HasPrefix(m, "g") && w.members[m] == nil && !w.unread[m] })
	}
	for _, r := range allRoles {
		w.roles[r], w.auRoles[r] = m.some(2, allUsers...), m.some(1, allUsers...)
	}
	for _, l := range allPlaces[:3] { // l4 was deleted
		if m.chance(60) {
			w.locations[l] = place{cidrs: append(m.some(2, "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "203.0.113.0/24"), "10.1.2.0/24"), trusted: m.chance(50)}
		} else {
			w.locations[l] = place{countries: append(m.some(2, "NL", "DE"), "SE"), unknown: m.chance(50)}
		}
	}
	return w
}

func jsonList(list []string) string {
	return jsondoc.FromAny(append([]string{}, list...)).String()
}

func (m maker) policy(i int) string {
	var b strings.Builder
	guests := func(word string) string {
		if !m.chance(20) {
			return ""
		}
		return fmt.Sprintf(`,"%sGuestsOrExternalUsers":{"guestOrExternalUserTypes":%q}`, word, m.one("internalGuest", "internalGuest,b2bCollaborationGuest", "b2bDirectConnectUser"))
	}
	users := m.some(2, append([]string{"All", "All", "All", "None", "GuestsOrExternalUsers"}, allUsers...)...)
	fmt.Fprintf(&b, `{"id":"p%d","state":%q,"conditions":{"users":{"includeUsers":%s,"excludeUsers":%s,"includeGroups":%s,"excludeGroups":%s,"includeRoles":%s,"excludeRoles":%s%s%s}`,
		i, m.one("enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"), jsonList(users), jsonList(m.some(1, append([]string{"GuestsOrExternalUsers"}, allUsers...)...)),
		jsonList(m.some(1, allGroups...)), jsonList(m.some(1, allGroups...)), jsonList(m.some(1, allRoles...)), jsonList(m.some(1, allRoles...)), guests("include"), guests("exclude"))
	apps := m.some(2, append([]string{"All", "All", "None"}, allApps...)...)
	fmt.Fprintf(&b, `,"applications":{"includeApplications":%s,"excludeApplications":%s,"includeUserActions":%s}`, jsonList(apps), jsonList(m.some(1, allApps...)), jsonList(m.some(1, "urn:user:registersecurityinfo")))
	if m.chance(40) {
		fmt.Fprintf(&b, `,"clientAppTypes":%s`, jsonList(m.some(2, "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other", "all")))
	}
	if m.chance(30) {
		fmt.Fprintf(&b, `,"platforms":{"includePlatforms":%s,"excludePlatforms":%s}`, jsonList(append(m.some(2, "android", "windows"), m.one("all", "iOS"))), jsonList(m.some(1, "linux", "windows", "android")))
	}
	if m.chance(30) {
		fmt.Fprintf(&b, `,"locations":{"includeLocations":%s,"excludeLocations":%s}`, jsonList(append(m.some(1, allPlaces...), m.one("All", "AllTrusted", "l1"))), jsonList(m.some(2, append([]string{"AllTrusted"}, allPlaces...)...)))
	}
	for _, k := range []string{"signInRiskLevels", "userRiskLevels"} {
		if m.chance(25) {
			fmt.Fprintf(&b, `,%q:%s`, k, jsonList(m.some(2, "none", "low", "medium", "high")))
		}
	}
	if m.chance(20) {
		fmt.Fprintf(&b, `,"authenticationFlows":{"transferMethods":%q}`, m.one("deviceCodeFlow", "deviceCodeFlow,authenticationTransfer"))
	}
	if m.chance(30) {
		rule := m.one(`device.isCompliant -eq True`, `device.isCompliant -ne True`, `device.trustType -eq "ServerAD" -or device.isCompliant -eq True`, `device.model -ne "x" -or device.trustType -eq "AzureAD"`)
		fmt.Fprintf(&b, `,"devices":{"deviceFilter":{"mode":%q,"rule":%s}}`, m.one("include", "exclude"), jsondoc.NewString(rule))
	}
	b.WriteString(`}`)
	if m.chance(85) {
		fmt.Fprintf(&b, `,"grantControls":{"operator":%q,"builtInControls":%s}`, m.one("OR", "AND"), jsonList(append(m.some(1, "mfa", "compliantDevice", "domainJoinedDevice"), m.one("mfa", "block", "mfa", "compliantDevice"))))
	}
	b.WriteString(`}`)
	return b.String()
}

func (m maker) signIn(whole bool) (*condaccess.SignIn, map[string]string) {
	told := func() bool { return whole || m.chance(80) }
	s := &condaccess.SignIn{User: m.one(allUsers...), App: m.one(allApps...)}
	if m.chance(10) {
		s.App, s.Action = "", condaccess.RegisterSecurityInfo
	}
	if told() {
		s.Client = condaccess.ClientApp(1 + m.IntN(4))
	}
	if told() {
		s.Platform = condaccess.Platform(1 + m.IntN(7))
	}
	if told() {
		s.IP = netip.MustParseAddr(m.one("10.1.2.3", "10.1.9.9", "10.9.9.9", "8.8.8.8", "2001:db8::1", "203.0.113.7", "::1"))
	}
	if told() {
		s.Country = m.one("NL", "DE", "SE", "US", condaccess.UnknownCountry)
	}
	if told() {
		s.SignInRisk = condaccess.Risk(1 + m.IntN(4))
	}
	if told() {
		s.UserRisk = condaccess.Risk(1 + m.IntN(4))
	}
	if told() {
		s.Flow = condaccess.Flow(1 + m.IntN(3))
	}
	if !told() {
		return s, nil
	}
	if m.chance(20) {
		s.Device = condaccess.Unregistered()
		return s, map[string]string{"unregistered": "yes"}
	}
	s.Device = &condaccess.Device{}
	d := map[string]string{}
	for name, values := range map[string][]string{"isCompliant": {"True", "False"}, "trustType": {"AzureAD", "ServerAD", "Workplace"}, "model": {"x", "y"}} {
		if told() {
			v := m.one(values...)
			d[name] = v
			s.Device.Set(name, v)
		}
	}
	return s, d
}

func (w *world) tenant(t testing.TB) condaccess.Tenant {
	t.Helper()
	var b directory.Builder
	add := func(collection, text string) { b.Add(collection, parse(t, text)) }
	for _, u := range allUsers {
		switch w.guests[u] {
		case "":
			add(directory.Users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@x.example","userType":"Member"}`, u, u))
		case "internalGuest":
			add(directory.Users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@x.example","userType":"Guest"}`, u, u))
		default:
			add(directory.Users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s_y.example#EXT#@x.example","userType":"Guest"}`, u, u))
		}
	}
	for g, ms := range w.members {
		if w.unread[g] {
			add(directory.Groups, fmt.Sprintf(`{"id":%q}`, g))
		} else {
			add(directory.Groups, fmt.Sprintf(`{"id":%q,"members":%s}`, g, jsonList(ms)))
		}
	}
	b.DeclareRead(directory.RoleAssignments)
	for scope, roles := range map[string]map[string][]string{"/": w.roles, "/administrativeUnits/au": w.auRoles} {
		for r, us := range roles {
			for _, u := range us {
				add(directory.RoleAssignments, fmt.Sprintf(`{"principalId":%q,"roleDefinitionId":%q,"directoryScopeId":%q}`, u, r, scope))
			}
		}
	}
	out := condaccess.Tenant{Directory: b.Build()}
	for id, l := range w.locations {
		var body string
		if len(l.cidrs) > 0 {
			var rs []string
			for _, c := range l.cidrs {
				rs = append(rs, fmt.Sprintf(`{"cidrAddress":%q}`, c))
			}
			body = fmt.Sprintf(`{"@odata.type":"#microsoft.graph.ipNamedLocation","id":%q,"isTrusted":%v,"ipRanges":[%s]}`, id, l.trusted, strings.Join(rs, ","))
		} else {
			body = fmt.Sprintf(`{"@odata.type":"#microsoft.graph.countryNamedLocation","id":%q,"countriesAndRegions":%s,"includeUnknownCountriesAndRegions":%v}`, id, jsonList(l.countries), l.unknown)
		}
		loc, list := condaccess.ParseLocation(parse(t, body))
		if len(list) > 0 {
			t.Fatal(list)
		}
		out.Locations = append(out.Locations, loc)
	}
	return out
}

func (m maker) policies(t testing.TB, n int) ([]*condaccess.Policy, []jsondoc.Value) {
	t.Helper()
	var ps []*condaccess.Policy
	var docs []jsondoc.Value
	for i := range n {
		v := parse(t, m.policy(i))
		p, list := condaccess.ParsePolicy(v)
		if len(list) > 0 {
			t.Fatalf("%s: %v", v, list)
		}
		ps, docs = append(ps, p), append(docs, v)
	}
	return ps, docs
}

// outcome answers the result of a list of answers.
func outcome(docs []jsondoc.Value, applies []condaccess.Tri, want condaccess.Tri) condaccess.Result {
	r := condaccess.NotApplied
	for i, p := range docs {
		if p.Get("state").TextOr("") != "enabled" || applies[i] == condaccess.False || applies[i] == condaccess.Unknown && want == condaccess.True {
			continue
		}
		controls := strs(p.Path("grantControls", "builtInControls"))
		switch {
		case slices.Contains(controls, "block"):
			r = condaccess.Blocked
		case len(controls) > 0:
			r = max(r, condaccess.GrantedWithControls)
		default:
			r = max(r, condaccess.Granted)
		}
	}
	return r
}

// TestConformanceBruteForce compares the engine with the evaluator above on random
// pairs of a policy set and a sign-in.
func TestConformanceBruteForce(t *testing.T) {
	sets, signIns := 2500, 40
	if testing.Short() {
		sets = 250
	}
	total, agreed := 0, 0
	var d condaccess.Decision
	seen := map[condaccess.Tri]int{}
	for seed := range sets {
		m := maker{rand.New(rand.NewPCG(uint64(seed), 7))}
		w := m.world()
		ps, docs := m.policies(t, 1+m.IntN(8))
		set := condaccess.Compile(ps, w.tenant(t))
		for range signIns {
			s, dev := m.signIn(m.chance(50))
			set.Decide(s, &d)
			want := make([]condaccess.Tri, len(docs))
			bad := ""
			for i, p := range docs {
				want[i] = w.applies(p, s, dev)
				seen[want[i]]++
				if got := set.Answer(&d, i); got.Applies != want[i] {
					bad = fmt.Sprintf("policy %s\n applies %s for %v, want %s %+v", p, got.Applies, got.Reasons, want[i], s)
				}
			}
			if got := outcome(docs, want, condaccess.True); bad == "" && d.Result != got {
				bad = fmt.Sprintf("result %v, want %v", d.Result, got)
			}
			if got := outcome(docs, want, condaccess.Unknown); bad == "" && d.AtMost != got {
				bad = fmt.Sprintf("at most %v, want %v", d.AtMost, got)
			}
			total++
			if bad == "" {
				agreed++
			} else if total-agreed < 5 {
				t.Errorf("seed %d: %s", seed, bad)
			}
		}
	}
	if seen[condaccess.True] < total/100 || seen[condaccess.Unknown] < total/100 {
		t.Errorf("the cases are too much alike: %v", seen)
	}
	t.Logf("conformance: conditional-access-brute-force %d of %d", agreed, total)
}
