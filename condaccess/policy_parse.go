package condaccess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Limits against hostile documents.
const (
	maxPolicies = 20_000
	maxList     = 100_000
)

// ParsePolicy reads a policy in Graph's JSON, in any casing of names. A document
// that is no policy gives nil and an error; what inside it cannot be understood is
// kept, listed in [Policy.Unread], and diagnosed as a warning.
func ParsePolicy(body jsondoc.Value) (*Policy, diag.List) {
	r := &reader{}
	if body.Kind() != jsondoc.Object {
		r.add(errNotObject(body))
		return nil, r.diags
	}
	p := &Policy{Body: body, ID: body.Get("id").TextOr(""), DisplayName: body.Get("displayName").TextOr("")}
	r.p = p
	if p.ID == "" && p.DisplayName == "" {
		r.add(errNoName(body))
		return nil, r.diags
	}
	if p.ID == "" {
		p.ID = p.DisplayName
	}
	state := body.Get("state").TextOr("")
	if i := index(stateNames, state); i > 0 {
		p.State = State(i)
	} else {
		r.unread(PartCondition, "state", body.Get("state"), fmt.Sprintf("state %q is not known", state))
	}
	if s := body.Get("partialEnablementStrategy"); !blank(s) {
		r.unread(PartCondition, "partialEnablementStrategy", s, "a partial enablement is not known")
	}
	c := body.Get("conditions")
	if c.Kind() != jsondoc.Object {
		r.unread(PartCondition, "conditions", c, "conditions are missing")
	} else {
		r.conditions(c)
	}
	r.grant(body.Get("grantControls"))
	r.session(body.Get("sessionControls"))
	return p, r.diags
}

// ParsePolicies reads a list of policies, an object with such a list in its
// "value", or one policy. What is no policy is left out with a diagnostic.
func ParsePolicies(doc jsondoc.Value) ([]*Policy, diag.List) {
	var list diag.List
	var out []*Policy
	one := func(v jsondoc.Value) {
		if len(out) >= maxPolicies {
			return
		}
		p, l := ParsePolicy(v)
		list = append(list, l...)
		if p != nil {
			out = append(out, p)
		}
	}
	items := doc
	for _, name := range []string{"value", "conditional_access_policies", "policies"} {
		if doc.Kind() == jsondoc.Object && doc.Get(name).Kind() == jsondoc.Array {
			items = doc.Get(name)
			break
		}
	}
	if items.Kind() != jsondoc.Array {
		one(items)
		return out, list
	}
	for _, v := range items.Elements() {
		one(v)
	}
	return out, list
}

type reader struct {
	p     *Policy
	diags diag.List
}

func (r *reader) add(d diag.Diagnostic) { r.diags.Add(d) }

func (r *reader) unread(part Part, path string, at jsondoc.Value, why string) {
	r.p.Unread = append(r.p.Unread, Unread{Path: path, Why: why, Part: part})
	r.add(warnUnread(r.p, path, why, at))
}

// blank tells whether a value says nothing: null, "", an empty list, or an object
// of nothing but such, as PowerShell writes what is not set.
func blank(v jsondoc.Value) bool {
	switch v.Kind() {
	case jsondoc.Missing, jsondoc.Null:
		return true
	case jsondoc.String:
		return v.TextOr("") == ""
	case jsondoc.Array:
		return v.Len() == 0
	case jsondoc.Object:
		for name, m := range v.Members() {
			if !annotation(name) && !blank(m) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// annotation tells whether a member is OData's, not the object's.
func annotation(name string) bool { return strings.ContainsAny(name, "@#") }

// others diagnoses the members of an object that are not among the known ones.
func (r *reader) others(part Part, path string, v jsondoc.Value, known ...string) {
	for name, m := range v.Members() {
		if annotation(name) || blank(m) || strings.EqualFold(name, "additionalProperties") && blank(m) {
			continue
		}
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			r.unread(part, path+"."+name, m, "this member is not known")
		}
	}
}

// list reads a list of words: an array of strings, or Graph's flags in one string.
func (r *reader) list(part Part, path string, v jsondoc.Value) []string {
	var out []string
	switch v.Kind() {
	case jsondoc.Missing, jsondoc.Null:
	case jsondoc.String:
		for s := range strings.SplitSeq(v.TextOr(""), ",") {
			if s = strings.TrimSpace(s); s != "" && len(out) < maxList {
				out = append(out, s)
			}
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			s, ok := e.Text()
			if !ok {
				r.unread(part, path, e, "a "+e.Kind().String()+" stands where a name was expected")
				continue
			}
			if s = strings.TrimSpace(s); s != "" && len(out) < maxList {
				out = append(out, s)
			}
		}
	case jsondoc.Object:
		if !blank(v) {
			r.unread(part, path, v, "an object stands where a list was expected")
		}
	default:
		r.unread(part, path, v, "a "+v.Kind().String()+" stands where a list was expected")
	}
	return out
}

func (r *reader) choice(path string, v jsondoc.Value, what string) Choice {
	return Choice{
		Include: r.list(PartCondition, path+".include"+what, v.Get("include"+what)),
		Exclude: r.list(PartCondition, path+".exclude"+what, v.Get("exclude"+what)),
	}
}

func (c Choice) empty() bool { return len(c.Include)+len(c.Exclude) == 0 }

func (r *reader) conditions(v jsondoc.Value) {
	c := &r.p.Conditions
	const at = "conditions"
	r.others(PartCondition, at, v, "applications", "users", "clientApplications", "clientAppTypes", "platforms", "locations", "devices", "deviceStates",
		"signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels", "insiderRiskLevels", "agentIdRiskLevels", "authenticationFlows")
	r.applications(at+".applications", v.Get("applications"))
	r.users(at+".users", v.Get("users"))
	if w := v.Get("clientApplications"); !blank(w) {
		path := at + ".clientApplications"
		r.others(PartCondition, path, w, "includeServicePrincipals", "excludeServicePrincipals", "servicePrincipalFilter",
			"includeAgentIdServicePrincipals", "excludeAgentIdServicePrincipals", "agentIdServicePrincipalFilter")
		c.ClientApplications = &ClientApplications{
			Choice: r.choice(path, w, "ServicePrincipals"), Agents: r.choice(path, w, "AgentIdServicePrincipals"),
			Filter: r.filter(path+".servicePrincipalFilter", w.Get("servicePrincipalFilter"), attributeRule),
		}
		if f := w.Get("agentIdServicePrincipalFilter"); !blank(f) {
			r.unread(PartCondition, path+".agentIdServicePrincipalFilter", f, "a filter for agents is not known")
		}
	}
	c.ClientAppTypes = r.list(PartCondition, at+".clientAppTypes", v.Get("clientAppTypes"))
	r.check(at+".clientAppTypes", v.Get("clientAppTypes"), c.ClientAppTypes, clientAppNames, "all", "modern", "easSupported", "easUnsupported")
	if w := v.Get("platforms"); !blank(w) {
		r.others(PartCondition, at+".platforms", w, "includePlatforms", "excludePlatforms")
		ch := r.choice(at+".platforms", w, "Platforms")
		r.check(at+".platforms", w, append(slices.Clone(ch.Include), ch.Exclude...), platformNames, "all")
		c.Platforms = &ch
	}
	if w := v.Get("locations"); !blank(w) {
		r.others(PartCondition, at+".locations", w, "includeLocations", "excludeLocations")
		ch := r.choice(at+".locations", w, "Locations")
		c.Locations = &ch
	}
	r.devices(at, v)
	for _, k := range []struct {
		name  string
		to    *[]string
		names []string
	}{
		{"signInRiskLevels", &c.SignInRisk, riskNames}, {"userRiskLevels", &c.UserRisk, riskNames}, {"servicePrincipalRiskLevels", &c.WorkloadRisk, riskNames},
		{"insiderRiskLevels", &c.InsiderRisk, insiderNames}, {"agentIdRiskLevels", &c.AgentRisk, riskNames},
	} {
		*k.to = r.list(PartCondition, at+"."+k.name, v.Get(k.name))
		r.check(at+"."+k.name, v.Get(k.name), *k.to, k.names)
	}
	if w := v.Get("authenticationFlows"); !blank(w) {
		path := at + ".authenticationFlows"
		r.others(PartCondition, path, w, "transferMethods")
		c.TransferMethods = slices.DeleteFunc(r.list(PartCondition, path+".transferMethods", w.Get("transferMethods")), func(s string) bool { return strings.EqualFold(s, "none") })
		r.check(path+".transferMethods", w, c.TransferMethods, flowNames)
	}
}

// check diagnoses words that are not among the names or the more.
func (r *reader) check(path string, at jsondoc.Value, words, names []string, more ...string) {
	for _, w := range words {
		if index(names, w) < 0 && index(more, w) < 0 {
			r.unread(PartCondition, path, at, fmt.Sprintf("value %q is not known", w))
		}
	}
}

func (r *reader) applications(path string, v jsondoc.Value) {
	a := &r.p.Conditions.Applications
	r.others(PartCondition, path, v, "includeApplications", "excludeApplications", "includeUserActions", "includeAuthenticationContextClassReferences", "applicationFilter")
	a.Choice = r.choice(path, v, "Applications")
	a.UserActions = r.list(PartCondition, path+".includeUserActions", v.Get("includeUserActions"))
	a.Contexts = r.list(PartCondition, path+".includeAuthenticationContextClassReferences", v.Get("includeAuthenticationContextClassReferences"))
	a.Filter = r.filter(path+".applicationFilter", v.Get("applicationFilter"), attributeRule)
	for _, act := range a.UserActions {
		if _, ok := ParseUserAction(act); !ok {
			r.unread(PartCondition, path+".includeUserActions", v, fmt.Sprintf("user action %q is not known", act))
		}
	}
}

func (r *reader) users(path string, v jsondoc.Value) {
	u := &r.p.Conditions.Users
	r.others(PartCondition, path, v, "includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles",
		"includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers")
	u.Users, u.Groups, u.Roles = r.choice(path, v, "Users"), r.choice(path, v, "Groups"), r.choice(path, v, "Roles")
	u.IncludeGuests = r.guests(path+".includeGuestsOrExternalUsers", v.Get("includeGuestsOrExternalUsers"))
	u.ExcludeGuests = r.guests(path+".excludeGuestsOrExternalUsers", v.Get("excludeGuestsOrExternalUsers"))
}

func (r *reader) guests(path string, v jsondoc.Value) *Guests {
	if blank(v) {
		return nil
	}
	if v.Kind() != jsondoc.Object {
		r.unread(PartCondition, path, v, "an object was expected")
		return nil
	}
	r.others(PartCondition, path, v, "guestOrExternalUserTypes", "externalTenants")
	g := &Guests{}
	for _, w := range r.list(PartCondition, path+".guestOrExternalUserTypes", v.Get("guestOrExternalUserTypes")) {
		k, ok := ParseGuestKinds(w)
		if !ok {
			r.unread(PartCondition, path+".guestOrExternalUserTypes", v, fmt.Sprintf("kind of guest %q is not known", w))
		}
		g.Kinds |= k
	}
	t := v.Get("externalTenants")
	if blank(t) {
		return g
	}
	r.others(PartCondition, path+".externalTenants", t, "membershipKind", "members")
	switch kind := t.Get("membershipKind").TextOr(""); {
	case strings.EqualFold(kind, "enumerated"), kind == "" && !blank(t.Get("members")):
		g.Tenants = append([]string{}, r.list(PartCondition, path+".externalTenants.members", t.Get("members"))...)
	case strings.EqualFold(kind, "all"), kind == "":
	default:
		r.unread(PartCondition, path+".externalTenants", t, fmt.Sprintf("membership kind %q is not known", kind))
	}
	return g
}

func (r *reader) filter(path string, v jsondoc.Value, vocabulary ruleKind) *Filter {
	if blank(v) {
		return nil
	}
	r.others(PartCondition, path, v, "mode", "rule")
	f := &Filter{Text: v.Get("rule").TextOr("")}
	switch mode := v.Get("mode").TextOr(""); {
	case strings.EqualFold(mode, "exclude"):
		f.Exclude = true
	case strings.EqualFold(mode, "include"):
	default:
		r.unread(PartCondition, path+".mode", v.Get("mode"), fmt.Sprintf("mode %q is not known", mode))
		return f
	}
	rule, list := parseRule(f.Text, vocabulary)
	if rule == nil {
		r.p.Unread = append(r.p.Unread, Unread{Path: path + ".rule", Why: list.Error(), Part: PartCondition})
		for _, d := range list {
			r.add(inRule(r.p, path, v.Get("rule"), d))
		}
		return f
	}
	f.Rule = rule
	return f
}

func (r *reader) devices(at string, v jsondoc.Value) {
	d := &Devices{}
	if w := v.Get("devices"); !blank(w) {
		path := at + ".devices"
		r.others(PartCondition, path, w, "deviceFilter", "includeDevices", "excludeDevices", "includeDeviceStates", "excludeDeviceStates")
		d.Filter = r.filter(path+".deviceFilter", w.Get("deviceFilter"), deviceRule)
		a, b := r.choice(path, w, "Devices"), r.choice(path, w, "DeviceStates")
		d.States.Include, d.States.Exclude = append(a.Include, b.Include...), append(a.Exclude, b.Exclude...)
	}
	if w := v.Get("deviceStates"); !blank(w) {
		path := at + ".deviceStates"
		r.others(PartCondition, path, w, "includeStates", "excludeStates")
		s := r.choice(path, w, "States")
		d.States.Include, d.States.Exclude = append(d.States.Include, s.Include...), append(d.States.Exclude, s.Exclude...)
	}
	r.check(at+".devices", v, append(slices.Clone(d.States.Include), d.States.Exclude...), []string{"all", "compliant", "domainJoined"})
	if d.Filter != nil || !d.States.empty() {
		r.p.Conditions.Devices = d
	}
}

var builtInControls = []string{"block", "mfa", "compliantDevice", "domainJoinedDevice", "approvedApplication", "compliantApplication", "passwordChange", "riskRemediation"}

func (r *reader) grant(v jsondoc.Value) {
	if blank(v) || v.Kind() != jsondoc.Object {
		if !blank(v) {
			r.unread(PartGrant, "grantControls", v, "an object was expected")
		}
		return
	}
	const at = "grantControls"
	r.others(PartGrant, at, v, "operator", "builtInControls", "customAuthenticationFactors", "termsOfUse", "authenticationStrength")
	g := &Grant{
		Operator: v.Get("operator").TextOr(""),
		BuiltIn:  r.list(PartGrant, at+".builtInControls", v.Get("builtInControls")),
		Custom:   r.list(PartGrant, at+".customAuthenticationFactors", v.Get("customAuthenticationFactors")),
		Terms:    r.list(PartGrant, at+".termsOfUse", v.Get("termsOfUse")),
	}
	if s := v.Get("authenticationStrength"); !blank(s) {
		g.Strength = ParseStrength(s)
	}
	n := len(g.BuiltIn) + len(g.Custom) + len(g.Terms)
	if g.Strength != nil {
		n++
	}
	switch {
	case strings.EqualFold(g.Operator, "AND"):
		g.And = true
	case strings.EqualFold(g.Operator, "OR"), g.Operator == "" && n <= 1:
	default:
		r.unread(PartGrant, at+".operator", v, fmt.Sprintf("operator %q is not known", g.Operator))
	}
	for _, b := range g.BuiltIn {
		if index(builtInControls, b) < 0 {
			r.unread(PartGrant, at+".builtInControls", v, fmt.Sprintf("control %q is not known", b))
		}
	}
	if n > 0 {
		r.p.Grant = g
	}
}
