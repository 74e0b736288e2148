package condaccess

import (
	"net/netip"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// ParseSignIn reads a sign-in: Graph's evaluate request ("conditionalAccessRoot:
// evaluate": signInIdentity, signInContext, signInConditions), or the same members
// without the nesting. A value that is not understood is an error with its place.
func ParseSignIn(v jsondoc.Value) (SignIn, diag.List) {
	r := &signInReader{}
	if v.Kind() != jsondoc.Object {
		r.bad(v, "", "a %s stands where a sign-in was expected", v.Kind())
		return r.s, r.diags
	}
	r.identity(v)
	r.context(v)
	r.conditions(v)
	for _, part := range []string{"signInIdentity", "identity", "user", "servicePrincipal"} {
		r.identity(v.Get(part))
	}
	for part, to := range map[string]*string{"user": &r.s.User, "servicePrincipal": &r.s.Workload} {
		*to = orElse(*to, v.Get(part).Get("id").TextOr(""))
	}
	for _, part := range []string{"signInContext", "context"} {
		r.context(v.Get(part))
	}
	for _, part := range []string{"signInConditions", "conditions", "location"} {
		r.conditions(v.Get(part))
	}
	return r.s, r.diags
}

type signInReader struct {
	s     SignIn
	diags diag.List
}

func (r *signInReader) bad(v jsondoc.Value, hint, format string, args ...any) {
	r.diags.Add(errSignIn(v, hint, format, args...))
}

func first(v jsondoc.Value, names ...string) jsondoc.Value {
	for _, n := range names {
		if m := v.Get(n); !blank(m) {
			return m
		}
	}
	return jsondoc.Value{}
}

func texts(v jsondoc.Value) []string {
	if s, ok := v.Text(); ok {
		return []string{s}
	}
	var out []string
	if s, ok := first(v, "appId", "id").Text(); ok {
		return []string{s}
	}
	for _, e := range v.Elements() {
		if s, ok := e.Text(); ok {
			out = append(out, s)
		} else if s, ok := first(e, "appId", "id", "roleTemplateId", "templateId").Text(); ok {
			out = append(out, s)
		}
	}
	return out
}

func (r *signInReader) identity(v jsondoc.Value) {
	if v.Kind() != jsondoc.Object {
		return
	}
	s := &r.s
	s.User = orElse(s.User, first(v, "userId", "userPrincipalName", "user").TextOr(""))
	s.Workload = orElse(s.Workload, first(v, "servicePrincipalId", "servicePrincipal").TextOr(""))
	p := Person{}
	if s.Person != nil {
		p = *s.Person
	}
	touched := s.Person != nil
	if k := first(v, "externalUserType", "guestOrExternalUserType", "guestType"); !blank(k) {
		kinds, ok := ParseGuestKinds(k.TextOr(""))
		if !ok {
			r.bad(k, "use one of "+strings.Join(guestNames, ", "), "kind of external user %q is not known", k.TextOr(""))
		}
		if kinds == 0 {
			kinds = NotGuest
		}
		p.Kinds, touched = kinds, true
	} else if t := v.Get("userType"); !blank(t) {
		touched = true
		switch fold(t.TextOr("")) {
		case "guest":
			p.Kinds = InternalGuest | B2BCollaborationGuest
		case "member":
			p.Kinds = NotGuest | B2BCollaborationMember
		default:
			kinds, ok := ParseGuestKinds(t.TextOr(""))
			if !ok || kinds == 0 {
				r.bad(t, "use Member or Guest", "user type %q is not known", t.TextOr(""))
			}
			p.Kinds = kinds
		}
	}
	if t := first(v, "externalTenantId", "homeTenantId"); !blank(t) {
		p.Tenant, touched = t.TextOr(""), true
	}
	for _, n := range []string{"groups", "groupIds", "memberOf", "transitiveMemberOf"} {
		if g := v.Get(n); g.Kind() == jsondoc.Array {
			p.Groups, p.GroupsKnown, touched = append(p.Groups, texts(g)...), true, true
		}
	}
	for _, n := range []string{"roles", "roleIds", "roleTemplateIds", "directoryRoles"} {
		if g := v.Get(n); g.Kind() == jsondoc.Array {
			p.Roles, p.RolesKnown, touched = append(p.Roles, texts(g)...), true, true
		}
	}
	if touched {
		s.Person = &p
	}
}

func (r *signInReader) context(v jsondoc.Value) {
	if v.Kind() != jsondoc.Object {
		return
	}
	s := &r.s
	for _, n := range []string{"includeApplications", "appId", "application", "applicationId", "resourceId", "app"} {
		for _, a := range texts(v.Get(n)) {
			switch {
			case a == "" || strings.EqualFold(a, s.App):
			case s.App == "":
				s.App = a
			default:
				s.MoreApps = append(s.MoreApps, a)
			}
		}
	}
	if a := first(v, "userAction", "includeUserActions"); !blank(a) {
		for _, w := range texts(a) {
			act, ok := ParseUserAction(w)
			if !ok {
				r.bad(a, "use registerSecurityInformation or registerOrJoinDevices", "user action %q is not known", w)
			}
			s.Action = act
		}
	}
	s.Contexts = append(s.Contexts, texts(first(v, "authenticationContextValue", "authenticationContext", "includeAuthenticationContextClassReferences"))...)
}

func (r *signInReader) conditions(v jsondoc.Value) {
	if v.Kind() != jsondoc.Object {
		return
	}
	s := &r.s
	pick(r, v, &s.Client, ParseClientApp, "client app", clientAppNames, "clientAppType", "clientApp")
	pick(r, v, &s.Platform, ParsePlatform, "platform", platformNames, "devicePlatform", "platform")
	pick(r, v, &s.SignInRisk, ParseRisk, "risk level", riskNames, "signInRiskLevel", "signInRisk")
	pick(r, v, &s.UserRisk, ParseRisk, "risk level", riskNames, "userRiskLevel", "userRisk")
	pick(r, v, &s.WorkloadRisk, ParseRisk, "risk level", riskNames, "servicePrincipalRiskLevel", "servicePrincipalRisk")
	pick(r, v, &s.AgentRisk, ParseRisk, "risk level", riskNames, "agentIdRiskLevel", "agentIdRisk")
	pick(r, v, &s.InsiderRisk, ParseInsiderRisk, "insider risk level", insiderNames, "insiderRiskLevel", "insiderRisk")
	if f := first(v, "authenticationFlow", "authenticationFlows"); f.Kind() == jsondoc.Object {
		pick(r, f, &s.Flow, ParseFlow, "transfer method", flowNames, "transferMethod", "transferMethods")
	} else {
		pick(r, v, &s.Flow, ParseFlow, "transfer method", flowNames, "authenticationFlow", "transferMethod", "originalTransferMethod")
	}
	if ip := first(v, "ipAddress", "ip"); !blank(ip) {
		a, err := netip.ParseAddr(strings.TrimSpace(ip.TextOr("")))
		if err != nil {
			r.bad(ip, "", "%s is no IP address", ip)
		} else {
			s.IP = a.Unmap().WithZone("")
		}
	}
	if c := first(v, "country", "countryOrRegion"); !blank(c) {
		code, ok := countryOf(c.TextOr(""))
		if !ok {
			r.bad(c, "use two letters of ISO 3166-1, or unknown", "country %s is not known", c)
		}
		s.Country = code
	}
	if n, ok := first(v, "compliantNetwork").Bool(); ok {
		s.Network = triOf(n)
	}
	for _, n := range []string{"deviceInfo", "device"} {
		switch d := v.Get(n); d.Kind() {
		case jsondoc.Object:
			s.Device = r.device(d)
		case jsondoc.String:
			if strings.EqualFold(d.TextOr(""), "unregistered") {
				s.Device = Unregistered()
			}
		default:
		}
	}
}

// countryOf reads a country code; "" stays "".
func countryOf(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, UnknownCountry) || strings.EqualFold(s, "ZZ") {
		return UnknownCountry, true
	}
	if len(s) != 2 || !isLetter(s[0]) || !isLetter(s[1]) {
		return "", false
	}
	return strings.ToUpper(s), true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func pick[T ~uint8](r *signInReader, v jsondoc.Value, to *T, parse func(string) (T, bool), what string, words []string, names ...string) {
	m := first(v, names...)
	if blank(m) {
		return
	}
	got, ok := parse(m.TextOr(""))
	switch {
	case ok:
		*to = got
	case strings.EqualFold(m.TextOr(""), "unknownFutureValue"), strings.EqualFold(m.TextOr(""), "all"): // says nothing
	default:
		r.bad(m, "use one of "+strings.Join(words[1:], ", "), "%s %s is not known", what, m)
	}
}

// trustTypes maps the words of portals and logs to those of rules.
var trustTypes = map[string]string{
	"azure ad joined": "AzureAD", "microsoft entra joined": "AzureAD", "entraid": "AzureAD", "hybrid azure ad joined": "ServerAD", "microsoft entra hybrid joined": "ServerAD",
	"azure ad registered": "Workplace", "microsoft entra registered": "Workplace",
}

func (r *signInReader) device(v jsondoc.Value) *Device {
	if b, ok := v.Get("registered").Bool(); ok && !b {
		return Unregistered()
	}
	d := &Device{}
	for name, m := range v.Members() {
		if strings.EqualFold(name, "ownership") {
			name = "deviceOwnership"
		}
		switch m.Kind() {
		case jsondoc.Null:
			d.Set(name)
		case jsondoc.Bool:
			b, _ := m.Bool()
			d.Set(name, map[bool]string{true: "true", false: "false"}[b])
		case jsondoc.String:
			s := m.TextOr("")
			if t, ok := trustTypes[fold(s)]; ok && strings.EqualFold(name, "trustType") {
				s = t
			}
			d.Set(name, s)
		case jsondoc.Array:
			d.Set(name, texts(m)...)
		default:
		}
	}
	return d
}
