package condaccess

import (
	"slices"
)

// Result is what Conditional Access makes of a sign-in.
type Result uint8

// The results. NotApplied: no policy in force applies; Granted: those that apply
// ask for nothing.
const (
	NotApplied Result = iota
	Granted
	GrantedWithControls
	Blocked
)

// String returns "notApplied", "grant", "grantWithControls" or "block".
func (r Result) String() string {
	return [...]string{"notApplied", "grant", "grantWithControls", "block"}[r]
}

// Decision is the answer to one sign-in. It may be used again for the next: what
// it holds then is replaced, and nothing is allocated.
type Decision struct {
	Result  Result // from the policies that certainly apply and are enforced
	AtMost  Result // the gravest that those which might apply could make of it
	Certain bool   // no enforced policy's answer is unknown
	// Applies and Possible are sets of policies by place, report-only ones included.
	Applies, Possible []uint64

	dims     [dimCount]pair
	scratch  [3]pair
	workload bool
	target   uint8 // what the sign-in is for: app, action, context
	client   ClientApp
	flow     Flow
	in       *SignIn
}

const (
	targetNone uint8 = iota
	targetApp
	targetAction
	targetContext
)

func (d *Decision) prepare(n int) {
	w := (n + 63) / 64
	if len(d.Applies) != w {
		d.Applies, d.Possible = make([]uint64, w), make([]uint64, w)
		for i := range d.scratch {
			d.scratch[i] = newPair(n)
		}
	}
}

// Decide answers a sign-in. See [Set.Explain] for the answer policy by policy.
func (s *Set) Decide(in *SignIn, d *Decision) {
	d.prepare(s.n)
	d.workload, d.client, d.flow, d.in = in.Workload != "", in.Client, in.Flow, in
	d.dims[dimUsers] = s.whoSignsIn(in)
	d.dims[dimTarget] = s.targetOf(in, d)
	d.dims[dimPlatform] = s.platform[in.Platform]
	d.dims[dimDevice] = s.deviceOf(in.Device, d)
	d.dims[dimClient] = s.client[in.Client]
	d.dims[dimLocation] = s.placeOf(in, d)
	d.dims[dimSignInRisk], d.dims[dimUserRisk] = s.risk[0][in.SignInRisk], s.risk[1][in.UserRisk]
	d.dims[dimInsider], d.dims[dimFlow] = s.insider[in.InsiderRisk], s.flow[in.Flow]
	d.dims[dimWorkloadRisk], d.dims[dimAgentRisk] = s.risk[2][in.WorkloadRisk], s.risk[3][in.AgentRisk]
	if d.workload { // conditions that sign-ins of workloads do not have
		for _, k := range []dimension{dimPlatform, dimDevice, dimClient, dimSignInRisk, dimUserRisk, dimInsider, dimFlow} {
			d.dims[k] = s.free
		}
	} else {
		d.dims[dimWorkloadRisk], d.dims[dimAgentRisk] = s.free, s.free
	}
	d.dims[dimOther] = s.other
	copy(d.Applies, s.live)
	copy(d.Possible, s.live)
	for k := range d.dims {
		p := &d.dims[k]
		for w := range d.Applies {
			d.Applies[w] &= p.yes[w]
			d.Possible[w] &= p.may[w]
		}
	}
	s.conclude(d)
}

func (s *Set) conclude(d *Decision) {
	d.Result, d.AtMost, d.Certain = NotApplied, NotApplied, true
	grade := func(set []uint64) Result {
		r := NotApplied
		for w, x := range set {
			x &= s.enforced[w]
			switch {
			case x&s.blocking[w] != 0:
				return Blocked
			case x&s.demanding[w] != 0:
				r = GrantedWithControls
			case x != 0:
				r = max(r, Granted)
			}
		}
		return r
	}
	d.Result, d.AtMost = grade(d.Applies), grade(d.Possible)
	for w := range d.Applies {
		if (d.Applies[w]^d.Possible[w])&s.enforced[w] != 0 {
			d.Certain = false
		}
	}
}

func (s *Set) whoSignsIn(in *SignIn) pair {
	if in.Workload != "" {
		return s.who(s.people.principal(in.Workload))
	}
	if in.Person == nil {
		if c, ok := s.users[in.User]; ok {
			return s.classes[c]
		}
		if c, ok := s.users[fold(in.User)]; ok {
			return s.classes[c]
		}
	}
	return s.who(s.subjectOf(in))
}

func (s *Set) subjectOf(in *SignIn) *subject {
	var x *subject
	if s.t.Directory != nil && in.User != "" {
		if u, ok := s.t.Directory.User(in.User); ok {
			x = s.people.user(u)
		}
	}
	if x == nil {
		x = s.people.unknownUser(in.User)
	}
	if in.Person != nil {
		s.people.told(x, in.Person)
		if in.User == "" && (in.Person.GroupsKnown || in.Person.Kinds != 0) {
			x.ids = []string{""} // described, and none of the users that policies name
		}
		if in.User == "" && x.kinds&^(B2BDirectConnect|ServiceProvider) == 0 { // no object of this tenant, and so in no group
			for _, list := range []pairList{x.groups, x.roles} {
				for i := range list {
					if list[i] == Unknown {
						list[i] = False
					}
				}
			}
		}
	}
	return x
}

// external tells whether whoever signs in is surely at home elsewhere.
func (s *Set) external(in *SignIn) bool {
	if in == nil || in.Workload != "" || in.User == "" && in.Person == nil {
		return false
	}
	return s.subjectOf(in).kinds&(NotGuest|InternalGuest) == 0
}

func (s *Set) app(id string) pair {
	if p, ok := s.apps[id]; ok {
		return p
	}
	id = fold(id)
	if p, ok := s.apps[id]; ok {
		return p
	}
	return s.appPair(id)
}

func (s *Set) targetOf(in *SignIn, d *Decision) pair {
	d.target = targetNone
	if in.App != "" && in.Action == 0 && len(in.MoreApps) == 0 && len(in.Contexts) == 0 {
		d.target = targetApp
		return s.app(in.App)
	}
	out := d.scratch[0]
	clear(out.yes)
	clear(out.may)
	if in.App != "" {
		d.target = targetApp
		out.or(s.app(in.App))
		for _, a := range in.MoreApps {
			out.or(s.app(a))
		}
	}
	if in.Action != 0 {
		d.target = targetAction
		out.or(s.actions[in.Action])
	}
	for _, c := range in.Contexts {
		if b := s.appRules.ctx[fold(c)]; b != nil {
			out.or(pair{b, b})
		}
	}
	switch {
	case d.target != targetNone:
	case len(in.Contexts) > 0:
		// Some application asks for the context; which one is not told.
		d.target = targetContext
		out.or(pair{s.appRules.plain, s.appRules.hasApp})
	default:
		// Nothing is told: a policy for everything applies, any other might.
		out.or(pair{s.appRules.plain, s.all})
	}
	return out
}

func (s *Set) deviceOf(dev *Device, d *Decision) pair {
	if !s.device.used {
		return s.free
	}
	out := d.scratch[1]
	copy(out.yes, s.all)
	copy(out.may, s.all)
	for i := range s.device.rules {
		r := &s.device.rules[i]
		switch r.rule.Matches(dev) {
		case True:
			out.yes.andNot(r.exclude)
			out.may.andNot(r.exclude)
		case False:
			out.yes.andNot(r.include)
			out.may.andNot(r.include)
		case Unknown:
			out.yes.andNot(r.include)
			out.yes.andNot(r.exclude)
		}
	}
	return out
}

func (s *Set) placeOf(in *SignIn, d *Decision) pair {
	t := &s.places
	if !t.used {
		return s.free
	}
	ip, ctry, net := t.ipClass(in.IP), t.countryClass(in.Country), int(in.Network)
	if t.cells != nil {
		return t.cells[(ip*len(t.ctry)+ctry)*len(t.net)+net]
	}
	in2, out := d.scratch[1], d.scratch[2]
	if s.device.used { // scratch[1] is the device's
		return s.place(ip, ctry, net)
	}
	for _, x := range []pair{in2, out} {
		clear(x.yes)
		clear(x.may)
	}
	for _, p := range [...]*placePart{&t.fixed, &t.ip[ip], &t.ctry[ctry], &t.net[net]} {
		in2.or(p.in)
		out.or(p.out)
	}
	return in2.less(out)
}

var dimReasons = [dimCount]string{
	dimUsers: "users", dimTarget: "application", dimPlatform: "devicePlatform", dimDevice: "devices", dimClient: "clientApps", dimLocation: "location",
	dimSignInRisk: "signInRisk", dimUserRisk: "userRisk", dimInsider: "insiderRisk", dimFlow: "authenticationFlow", dimWorkloadRisk: "signInRisk",
	dimAgentRisk: "agentIdRisk", dimOther: "invalidCondition",
}

const reasonNotEnabled = "policyNotEnabled"

// Requirements returns what the policies that certainly apply and are enforced ask
// for: every clause must be met.
func (s *Set) Requirements(d *Decision) []Clause {
	var out []Clause
	for i := range s.policies {
		if set64(d.Applies).has(i) && s.enforced.has(i) {
			out = append(out, s.demands[i].clauses...)
		}
	}
	return out
}

// Unmet returns the requirements that this kind of sign-in cannot meet, so that it
// is kept out in practice: legacy clients pass neither a second factor nor the
// state of the device ("Conditional Access: Conditions"), device code flow cannot
// show a device ("Conditional Access: Grant"), and people of other organizations can
// neither use approved or protected applications nor change their password here
// ("Authentication and Conditional Access for B2B users").
func (s *Set) Unmet(d *Decision) []Clause {
	legacy := d.client == ActiveSync || d.client == OtherClients
	asked := s.Requirements(d)
	if len(asked) == 0 {
		return nil
	}
	external := s.external(d.in)
	cannot := func(c Control) bool {
		switch c.Kind {
		case ControlUnknown:
			return false
		case ControlApprovedApp, ControlProtectedApp, ControlPasswordChange:
			return legacy || external
		default:
			return legacy || d.flow == DeviceCode && managedDevice(c) == True
		}
	}
	var out []Clause
	for _, c := range asked {
		if !slices.ContainsFunc(c.Controls, func(x Control) bool { return !cannot(x) }) {
			out = append(out, c)
		}
	}
	return out
}

// SessionControls returns the controls of the session that remain when those of all
// policies that certainly apply are joined; nil where there are none.
func (s *Set) SessionControls(d *Decision) *Session {
	var out *Session
	for i, p := range s.policies {
		if set64(d.Applies).has(i) && s.enforced.has(i) {
			out = out.merge(p.Session)
		}
	}
	return out
}

// Guarantees tells whether the policies that certainly apply block the sign-in or
// guarantee a property of whoever gets in, and, if not, whether they might.
func (s *Set) Guarantees(d *Decision, property func(Control) Tri) Tri {
	out := False
	for i := range s.policies {
		if !set64(d.Possible).has(i) || !s.enforced.has(i) {
			continue
		}
		switch g := s.demands[i].grants(property); {
		case g == False:
		case g == True && set64(d.Applies).has(i):
			return True
		default:
			out = Unknown
		}
	}
	return out
}
