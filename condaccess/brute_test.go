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
	homes     map[string]string   // guest to home tenant; absent where it was not read
	tiers     map[string]string   // application to its attribute Eng_Tier, "" for none; absent where it was not read
	locations map[string]place
}

type place struct {
	cidrs     []string
	countries []string
	unknown   bool
	trusted   bool
	network   bool // the compliant network
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
			is := of(k != "" && slices.Contains(strings.Split(g.Get("guestOrExternalUserTypes").TextOr(""), ","), k))
			if ms := g.Path("externalTenants", "members"); ms.Exists() {
				home, told := w.homes[who]
				from := of(slices.Contains(strs(ms), home))
				if !told {
					from = condaccess.Unknown
				}
				is = both(is, from)
			}
			ts = append(ts, is)
		}
		return anyOf(ts...)
	}
	return both(side("include"), not(side("exclude")))
}

func (w *world) holds(id string, s *condaccess.SignIn) condaccess.Tri {
	var ts []condaccess.Tri
	one := func(l place) condaccess.Tri {
		if l.network {
			return s.Network
		}
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

// ruleText holds what the random rules say, apart from their text.
var ruleText = map[string]func(map[string]string) condaccess.Tri{}

func device(f jsondoc.Value, d map[string]string) condaccess.Tri {
	if f.Kind() != jsondoc.Object {
		return condaccess.True
	}
	t := ruleText[f.Get("rule").TextOr("")](d)
	if f.Get("mode").TextOr("") == "exclude" {
		return not(t)
	}
	return t
}

// compare makes one comparison of a device's property, with what it says.
func (m maker) compare() (string, func(map[string]string) condaccess.Tri) {
	type kind struct {
		name, ops string
		values    []string
	}
	k := []kind{
		{"isCompliant", "-eq -ne", []string{"True", "False"}}, {"trustType", "-eq -ne", []string{"AzureAD", "ServerAD", "Workplace"}},
		{"model", "-eq -ne -startsWith -notStartsWith -endsWith -notEndsWith -contains -notContains -in -notIn", []string{"x", "y", "xy", "Y"}},
		{"physicalIds", "-contains -notContains", []string{"p", "q"}},
	}[m.IntN(4)]
	op, values := m.one(strings.Fields(k.ops)...), []string{m.one(k.values...)}
	shown := `"` + values[0] + `"`
	switch {
	case k.name == "isCompliant":
		shown = values[0]
	case strings.HasSuffix(strings.ToLower(op), "in"):
		values = append(values, m.one(k.values...))
		shown = fmt.Sprintf("[%q, %q]", values[0], values[1])
	}
	positive := "-" + strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(op, "-"), "not"))
	negative := op == "-ne" || strings.HasPrefix(op, "-not")
	return "device." + k.name + " " + op + " " + shown, func(d map[string]string) condaccess.Tri {
		got, told := d[k.name]
		switch {
		case d == nil || !told && d["unregistered"] == "":
			return condaccess.Unknown
		case !told:
			return of(negative)
		}
		hit := false
		for _, v := range values {
			v, got := strings.ToLower(v), strings.ToLower(got)
			switch {
			case k.name == "physicalIds":
				hit = hit || slices.Contains(strings.Split(got, ","), v)
			case positive == "-startswith":
				hit = hit || strings.HasPrefix(got, v)
			case positive == "-endswith":
				hit = hit || strings.HasSuffix(got, v)
			case positive == "-contains":
				hit = hit || strings.Contains(got, v)
			default:
				hit = hit || got == v
			}
		}
		return of(hit != negative)
	}
}

// rule makes a rule with "and", "or", "not" and brackets left out where "and" binds
// more tightly.
func (m maker) rule(depth int) (string, func(map[string]string) condaccess.Tri) {
	if depth == 0 || m.chance(35) {
		return m.compare()
	}
	a, fa := m.rule(depth - 1)
	if m.chance(20) {
		return "-not (" + a + ")", func(d map[string]string) condaccess.Tri { return not(fa(d)) }
	}
	b, fb := m.rule(depth - 1)
	if m.chance(50) {
		return "(" + a + ") -and (" + b + ")", func(d map[string]string) condaccess.Tri { return both(fa(d), fb(d)) }
	}
	c, fc := m.compare()
	return c + " -and (" + a + ") -or " + "(" + b + ")", func(d map[string]string) condaccess.Tri { return anyOf(both(fc(d), fa(d)), fb(d)) }
}

// app answers the condition on applications.
func (w *world) app(apps jsondoc.Value, app string) condaccess.Tri {
	side := func(list []string) condaccess.Tri {
		return of(slices.Contains(list, "All") || slices.Contains(list, app) || app == mail && slices.Contains(list, "Office365"))
	}
	in, out := side(strs(apps.Get("includeApplications"))), side(slices.DeleteFunc(strs(apps.Get("excludeApplications")), func(x string) bool { return x == "All" }))
	if f := apps.Get("applicationFilter"); f.Kind() == jsondoc.Object {
		tier, told := w.tiers[app]
		t := of((tier == "Gold") == strings.Contains(f.Get("rule").TextOr(""), "-eq"))
		if !told {
			t = condaccess.Unknown
		}
		if f.Get("mode").TextOr("") == "exclude" {
			out = anyOf(out, t)
		} else {
			in = anyOf(in, t)
		}
	}
	return both(in, not(out))
}

// applies answers a policy's document for a sign-in.
func (w *world) applies(p jsondoc.Value, s *condaccess.SignIn, dev map[string]string) condaccess.Tri {
	if p.Get("state").TextOr("") == "disabled" {
		return condaccess.False
	}
	c := p.Get("conditions")
	apps := c.Get("applications")
	target := w.app(apps, s.App)
	if s.Action != 0 {
		target = of(slices.Contains(strs(apps.Get("includeApplications")), "All") || slices.Contains(strs(apps.Get("includeUserActions")), s.Action.String()))
	}
	for _, x := range s.Contexts {
		target = anyOf(target, of(slices.Contains(strs(apps.Get("includeAuthenticationContextClassReferences")), x)))
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
	if f := c.Get("insiderRiskLevels").TextOr(""); f != "" {
		ts = append(ts, words(strings.Split(f, ","), "", s.InsiderRisk.String()))
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
	allApps   = []string{"a1", "a2", "a3", mail}
	allPlaces = []string{"l1", "l2", "l3", "l4"}
)

// mail is an application of Office 365.
const mail = "00000002-0000-0ff1-ce00-000000000000"

func (m maker) world() *world {
	w := &world{members: map[string][]string{}, unread: map[string]bool{}, roles: map[string][]string{}, auRoles: map[string][]string{}, guests: map[string]string{"u5": "b2bCollaborationGuest", "u6": "internalGuest"}, homes: map[string]string{}, tiers: map[string]string{}, locations: map[string]place{}}
	if m.chance(60) {
		w.homes["u5"] = m.one("t1", "t2")
	}
	for _, a := range allApps[:3] {
		if m.chance(70) {
			w.tiers[a] = m.one("Gold", "Silver", "")
		}
	}
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
		if l == "l3" && m.chance(40) {
			w.locations[l] = place{network: true, trusted: m.chance(50)}
		} else if m.chance(60) {
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
		return fmt.Sprintf(`,"%sGuestsOrExternalUsers":{"guestOrExternalUserTypes":%q%s}`, word, m.one("internalGuest", "internalGuest,b2bCollaborationGuest", "b2bDirectConnectUser"),
			m.one("", `,"externalTenants":{"membershipKind":"all"}`, `,"externalTenants":{"membershipKind":"enumerated","members":["t1"]}`, `,"externalTenants":{"membershipKind":"enumerated","members":["t2","t3"]}`))
	}
	users := m.some(2, append([]string{"All", "All", "All", "None", "GuestsOrExternalUsers"}, allUsers...)...)
	fmt.Fprintf(&b, `{"id":"p%d","state":%q,"conditions":{"users":{"includeUsers":%s,"excludeUsers":%s,"includeGroups":%s,"excludeGroups":%s,"includeRoles":%s,"excludeRoles":%s%s%s}`,
		i, m.one("enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"), jsonList(users), jsonList(m.some(1, append([]string{"GuestsOrExternalUsers"}, allUsers...)...)),
		jsonList(m.some(1, allGroups...)), jsonList(m.some(1, allGroups...)), jsonList(m.some(1, allRoles...)), jsonList(m.some(1, allRoles...)), guests("include"), guests("exclude"))
	apps := m.some(2, append([]string{"All", "All", "None", "Office365"}, allApps...)...)
	filter := ""
	if m.chance(15) {
		filter = fmt.Sprintf(`,"applicationFilter":{"mode":%q,"rule":"CustomSecurityAttribute.Eng_Tier %s \"Gold\""}`, m.one("include", "exclude"), m.one("-eq", "-ne"))
	}
	fmt.Fprintf(&b, `,"applications":{"includeApplications":%s,"excludeApplications":%s,"includeUserActions":%s,"includeAuthenticationContextClassReferences":%s%s}`, jsonList(apps),
		jsonList(m.some(1, append([]string{"Office365"}, allApps...)...)), jsonList(m.some(1, "urn:user:registersecurityinfo", "urn:user:registerdevice")), jsonList(m.some(1, "c1", "c2", "")), filter)
	if m.chance(20) {
		fmt.Fprintf(&b, `,"insiderRiskLevels":%q`, m.one("minor", "minor,elevated", "moderate,elevated"))
	}
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
		rule, says := m.rule(m.IntN(3))
		ruleText[rule] = says
		fmt.Fprintf(&b, `,"devices":{"deviceFilter":{"mode":%q,"rule":%s}}`, m.one("include", "exclude"), jsondoc.NewString(rule))
	}
	b.WriteString(`}`)
	if m.chance(85) {
		more := m.one("", "", "", "", `,"authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}`, `,"authenticationStrength":{"id":"own","requirementsSatisfied":"none","allowedCombinations":["password"]}`, `,"termsOfUse":["tou"]`)
		fmt.Fprintf(&b, `,"grantControls":{"operator":%q,"builtInControls":%s%s}`, m.one("OR", "AND"), jsonList(append(m.some(1, "mfa", "compliantDevice", "domainJoinedDevice"), m.one("mfa", "block", "mfa", "compliantDevice"))), more)
	}
	b.WriteString(`}`)
	return b.String()
}

func (m maker) signIn(whole bool) (*condaccess.SignIn, map[string]string) {
	told := func() bool { return whole || m.chance(80) }
	s := &condaccess.SignIn{User: m.one(allUsers...), App: m.one(allApps...)}
	if m.chance(10) {
		s.App, s.Action = "", condaccess.UserAction(1+m.IntN(2))
	}
	if m.chance(10) {
		s.Contexts = []string{m.one("c1", "c2", "c3")}
	}
	if told() {
		s.InsiderRisk = condaccess.InsiderRisk(1 + m.IntN(4))
	}
	if told() {
		s.Network = of(m.chance(50))
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
	for name, values := range map[string][]string{"isCompliant": {"True", "False"}, "trustType": {"AzureAD", "ServerAD", "Workplace"}, "model": {"x", "y", "xy", "z"}, "physicalIds": {"p", "q", "p,q", "r"}} {
		if told() {
			v := m.one(values...)
			d[name] = v
			s.Device.Set(name, strings.Split(v, ",")...)
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
			add(directory.Users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s_y.example#EXT#@x.example","userType":"Guest","homeTenantId":%q}`, u, u, w.homes[u]))
		}
	}
	for g, ms := range w.members {
		if w.unread[g] {
			add(directory.Groups, fmt.Sprintf(`{"id":%q}`, g))
		} else {
			add(directory.Groups, fmt.Sprintf(`{"id":%q,"members":%s}`, g, jsonList(ms)))
		}
	}
	for _, a := range allApps {
		attrs := ""
		if tier, told := w.tiers[a]; told && tier != "" {
			attrs = fmt.Sprintf(`,"customSecurityAttributes":{"Eng":{"Tier":%q}}`, tier)
		} else if told {
			attrs = `,"customSecurityAttributes":{}`
		}
		add(directory.ServicePrincipals, fmt.Sprintf(`{"id":"sp-%s","appId":%q%s}`, a, a, attrs))
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
		if l.network {
			body = fmt.Sprintf(`{"@odata.type":"#microsoft.graph.compliantNetworkNamedLocation","id":%q,"isTrusted":%v}`, id, l.trusted)
		} else if len(l.cidrs) > 0 {
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
		controls := strs(p.Path("grantControls", "builtInControls")) // never without one where there are grant controls
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
