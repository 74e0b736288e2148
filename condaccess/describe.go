package condaccess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

var axisNames = [dimCount]string{
	dimUsers: "who", dimTarget: "what", dimPlatform: "platform", dimDevice: "device", dimClient: "client", dimLocation: "where",
	dimSignInRisk: "sign-in risk", dimUserRisk: "user risk", dimInsider: "insider risk", dimFlow: "flow",
}

// describe fills in the conditions of a region in words.
func (r *Region) describe() {
	if r.Where != nil || r.sp == nil {
		return
	}
	r.Where = []Where{}
	for _, dim := range []dimension{dimUsers, dimTarget, dimClient, dimPlatform, dimDevice, dimLocation, dimFlow, dimSignInRisk, dimUserRisk, dimInsider} {
		for a := range r.sp.axes {
			ax := &r.sp.axes[a]
			if ax.dim != dim {
				continue
			}
			full := r.box[a].count() == len(ax.classes)
			if full && dim != dimUsers && dim != dimTarget {
				continue
			}
			in, out := split(ax, r.box[a])
			var text string
			switch dim {
			case dimUsers:
				text = r.sp.describePeople(in, out)
			case dimTarget:
				text = describeTargets(in, out)
			case dimLocation:
				text = r.sp.describePlaces(in, out)
			case dimDevice:
				text = r.sp.describeDevices(in, out)
			default:
				text = joinLabels(labels(in), 7)
			}
			r.Where = append(r.Where, Where{axisNames[dim], text})
		}
	}
}

// Conditions returns the conditions that narrow the region, in words; who and what
// are always among them.
func (r *Region) Conditions() []Where {
	r.describe()
	return r.Where
}

// Strip shows of a condition that has few values which of them a region holds.
type Strip struct {
	Axis   string
	Values []StripValue
}

// StripValue is a value by Graph's name.
type StripValue struct {
	Name  string
	Holds bool
}

// Strips returns the conditions with few values that sign-ins of the question differ
// in, those that do not narrow the region too.
func (r *Region) Strips() []Strip {
	if r.sp == nil {
		return nil
	}
	var out []Strip
	for _, of := range []struct {
		dim   dimension
		names []string
	}{{dimClient, clientAppNames}, {dimPlatform, platformNames}, {dimFlow, flowNames}, {dimSignInRisk, riskNames}, {dimUserRisk, riskNames}, {dimInsider, insiderNames}} {
		holds := map[string]bool{}
		for a := range r.sp.axes {
			if r.sp.axes[a].dim != of.dim {
				continue
			}
			in, not := split(&r.sp.axes[a], r.box[a])
			for _, m := range in {
				holds[m.label] = true
			}
			for _, m := range not {
				holds[m.label] = false
			}
		}
		s := Strip{Axis: axisNames[of.dim]}
		for _, name := range of.names {
			if h, ok := holds[name]; ok {
				s.Values = append(s.Values, StripValue{name, h})
			}
		}
		if len(s.Values) > 1 {
			out = append(out, s)
		}
	}
	return out
}

func split(ax *axis, held set64) (in, out []member) {
	for c := range ax.classes {
		if held.has(c) {
			in = append(in, ax.classes[c].members...)
		} else {
			out = append(out, ax.classes[c].members...)
		}
	}
	return in, out
}

func labels(ms []member) []string {
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.label
	}
	return out
}

func describeTargets(in, out []member) string {
	named := func(ms []member) []string {
		var l []string
		for _, m := range ms {
			if b, _ := m.atom.(bool); b {
				l = append(l, m.label)
			}
		}
		return l
	}
	if len(out) == 0 {
		if len(in) == 1 {
			return in[0].label
		}
		if len(named(in)) == len(in) {
			return joinLabels(labels(in), 6)
		}
		return "every application"
	}
	if slices.ContainsFunc(in, func(m member) bool { return m.label == anyOther }) {
		return "every application but " + joinLabels(append(named(out), plain(out)...), 6)
	}
	return joinLabels(append(named(in), plain(in)...), 6)
}

// plain lists the labels of the members that no policy names.
func plain(ms []member) []string {
	var l []string
	for _, m := range ms {
		if b, _ := m.atom.(bool); !b {
			l = append(l, m.label)
		}
	}
	return l
}

// describePeople says who is in a set: members and guests apart, by the groups that
// policies name where they say it exactly, by names where they are few.
func (sp *space) describePeople(in, out []member) string {
	newcomers := func(m member) bool { return m.user < 0 }
	if len(out) == 0 && slices.ContainsFunc(in, newcomers) {
		return "everyone"
	}
	pick := func(ms []member, guest bool) []member {
		var l []member
		for _, m := range ms {
			if m.guest == guest {
				l = append(l, m)
			}
		}
		return l
	}
	var parts []string
	for _, side := range []struct {
		guest bool
		word  string
	}{{false, "every member"}, {true, "every guest"}} {
		i, o := pick(in, side.guest), pick(out, side.guest)
		switch {
		case len(i) == 0:
		case len(o) == 0 && slices.ContainsFunc(i, newcomers):
			parts = append(parts, side.word)
		case slices.ContainsFunc(i, newcomers) && !slices.ContainsFunc(o, newcomers):
			parts = append(parts, side.word+" but "+strings.Join(sp.name(o, i), ", "))
		default:
			parts = append(parts, sp.name(i, o)...)
		}
	}
	return strings.Join(parts, ", ")
}

// name names the people of a set: groups that hold none of the others, then names.
func (sp *space) name(of, others []member) []string {
	users, outside := map[int]bool{}, map[int]bool{}
	var people, comers []string
	for _, m := range others {
		outside[m.user] = true
	}
	for _, m := range of {
		switch {
		case m.user < 0:
			comers = append(comers, m.label)
		case !users[m.user]:
			users[m.user] = true
			people = append(people, m.label)
		case len(m.label) < len(people[len(people)-1]): // also as such, not only with roles activated
			people[len(people)-1] = m.label
		}
	}
	var parts []string
	if len(people) > 3 {
		var left []string
		parts, left = sp.byGroups(users, outside)
		people = left
	}
	if len(people) > 0 {
		parts = append(parts, joinLabels(people, 3))
	}
	if len(comers) > 0 {
		parts = append(parts, joinLabels(comers, 2))
	}
	return parts
}

// byGroups covers a set of users with groups that policies name and that hold none
// of the others; left are the names of users in none of them.
func (sp *space) byGroups(users, others map[int]bool) (groups, left []string) {
	dir := sp.s.t.Directory
	if dir == nil {
		return nil, nil
	}
	all := dir.Users()
	place := map[string]int{}
	for i, u := range all {
		place[fold(u.ID)] = i
	}
	done := map[int]bool{}
	for _, id := range sp.s.people.groups.list {
		g, ok := dir.Group(id)
		if !ok {
			continue
		}
		var hold []int
		clean := true
		for _, m := range dir.MembersOf(id) {
			i, ok := place[fold(m)]
			if !ok {
				continue
			}
			if others[i] {
				clean = false
				break
			}
			if users[i] && !done[i] {
				hold = append(hold, i)
			}
		}
		if clean && len(hold) > 0 {
			groups = append(groups, fmt.Sprintf("members of %s", orElse(g.DisplayName, g.ID)))
			for _, i := range hold {
				done[i] = true
			}
		}
	}
	for i, u := range all {
		if users[i] && !done[i] {
			left = append(left, orElse(orElse(u.UPN, u.DisplayName), u.ID))
		}
	}
	return groups, left
}

// describePlaces says which places are in a set: by one named location where it
// says it, by what the places have in common otherwise.
func (sp *space) describePlaces(in, out []member) string {
	locs := sp.s.places.locs
	holds := func(m member, l int) bool { return m.atom.(*placeAtom).in.has(l) }
	for i, l := range locs {
		all := func(ms []member, want bool) bool {
			return !slices.ContainsFunc(ms, func(m member) bool { return holds(m, i) != want })
		}
		if all(in, true) && all(out, false) {
			return "in " + l.Name()
		}
		if all(in, false) && all(out, true) {
			return "outside " + l.Name()
		}
	}
	for i, a := range locs { // in or out of two
		for j, b := range locs {
			if i == j {
				continue
			}
			for _, want := range [][2]bool{{true, true}, {true, false}, {false, false}} {
				match := func(m member) bool { return holds(m, i) == want[0] && holds(m, j) == want[1] }
				word := map[bool]string{true: "in ", false: "outside "}
				if !slices.ContainsFunc(in, func(m member) bool { return !match(m) }) && !slices.ContainsFunc(out, match) {
					return word[want[0]] + a.Name() + " and " + word[want[1]] + b.Name()
				}
				if !slices.ContainsFunc(out, func(m member) bool { return !match(m) }) && !slices.ContainsFunc(in, match) {
					return word[!want[0]] + a.Name() + " or " + word[!want[1]] + b.Name()
				}
			}
		}
	}
	var parts []string
	for _, m := range in {
		var names []string
		for i, l := range locs {
			if holds(m, i) {
				names = append(names, l.Name())
			}
		}
		text := "in no named location"
		if len(names) > 0 {
			text = "in " + strings.Join(names, " and ")
		}
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; or ")
}

func (sp *space) describeDevices(in, out []member) string {
	for _, r := range sp.s.device.rules {
		for _, want := range []Tri{True, False} {
			match := func(m member) bool { return r.rule.Matches(m.atom.(*Device)) == want }
			if !slices.ContainsFunc(in, func(m member) bool { return !match(m) }) && !slices.ContainsFunc(out, match) {
				if want == True {
					return "a device with " + r.rule.String()
				}
				return "a device without " + r.rule.String()
			}
		}
	}
	return joinLabels(labels(in), 3)
}

// JSON returns the sign-in in the shape of Graph's evaluate request, with what is
// told of a person beside the directory added to the identity.
func (x *SignIn) JSON() jsondoc.Value {
	str := jsondoc.NewString
	obj := jsondoc.NewObject()
	id, ctx, cond := obj, obj, obj
	set := func(v *jsondoc.Value, name, text string) {
		if text != "" {
			*v = v.With(name, str(text))
		}
	}
	if x.Workload != "" {
		id = id.With("@odata.type", str("#microsoft.graph.servicePrincipalSignIn"))
		set(&id, "servicePrincipalId", x.Workload)
	} else {
		id = id.With("@odata.type", str("#microsoft.graph.userSignIn"))
		set(&id, "userId", x.User)
	}
	if p := x.Person; p != nil {
		if p.Kinds == NotGuest {
			id = id.With("externalUserType", str("none"))
		} else if p.Kinds != 0 {
			id = id.With("externalUserType", str((p.Kinds & anyGuest).String()))
		}
		set(&id, "externalTenantId", p.Tenant)
		if p.GroupsKnown || len(p.Groups) > 0 {
			id = id.With("groups", jsondoc.FromAny(append([]string{}, p.Groups...)))
		}
		if p.RolesKnown || len(p.Roles) > 0 {
			id = id.With("roles", jsondoc.FromAny(append([]string{}, p.Roles...)))
		}
	}
	switch {
	case x.Action != 0:
		ctx = ctx.With("@odata.type", str("#microsoft.graph.userActionContext")).With("userAction", str(map[UserAction]string{RegisterSecurityInfo: "registerSecurityInformation", RegisterDevice: "registerOrJoinDevices"}[x.Action]))
	case x.App == "" && len(x.Contexts) > 0:
		ctx = ctx.With("@odata.type", str("#microsoft.graph.authContext")).With("authenticationContextValue", str(x.Contexts[0]))
	case x.App != "":
		ctx = ctx.With("@odata.type", str("#microsoft.graph.applicationContext")).With("includeApplications", jsondoc.FromAny(append([]string{x.App}, x.MoreApps...)))
	}
	set(&cond, "clientAppType", x.Client.String())
	set(&cond, "devicePlatform", x.Platform.String())
	if x.IP.IsValid() {
		set(&cond, "ipAddress", x.IP.String())
	}
	set(&cond, "country", x.Country)
	set(&cond, "signInRiskLevel", x.SignInRisk.String())
	set(&cond, "userRiskLevel", x.UserRisk.String())
	set(&cond, "servicePrincipalRiskLevel", x.WorkloadRisk.String())
	set(&cond, "insiderRiskLevel", x.InsiderRisk.String())
	if x.Network != Unknown {
		cond = cond.With("compliantNetwork", jsondoc.NewBool(x.Network == True))
	}
	if x.Flow != 0 {
		cond = cond.With("authenticationFlow", obj.With("transferMethod", str(x.Flow.String())))
	}
	if d := x.Device; d != nil {
		dev, any := obj, false
		for i, p := range d.props {
			switch {
			case !p.known:
			case p.values == nil:
				dev = dev.With(deviceProps[i].name, jsondoc.Nothing)
			case deviceProps[i].kind == propCollection:
				any, dev = true, dev.With(deviceProps[i].name, jsondoc.FromAny(p.values))
			default:
				any, dev = true, dev.With(deviceProps[i].name, str(p.values[0]))
			}
		}
		if !any && dev.Len() == len(deviceProps) {
			dev = obj.With("registered", jsondoc.NewBool(false))
		}
		cond = cond.With("deviceInfo", dev)
	}
	return obj.With("signInIdentity", id).With("signInContext", ctx).With("signInConditions", cond)
}

// UserName returns the principal name of a user by id, or the id.
func (s *Set) UserName(id string) string {
	if s.t.Directory != nil {
		if u, ok := s.t.Directory.User(id); ok {
			return orElse(orElse(u.UPN, u.DisplayName), u.ID)
		}
	}
	return id
}

// roleName returns the name of a role by template id.
func roleName(id string) string {
	if n, ok := directory.RoleName(id); ok {
		return n
	}
	return id
}
