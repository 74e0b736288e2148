package condaccess

import "github.com/azward/azward/jsondoc"

// JSON returns the counts as `azward ca replay` prints them.
func (r *Replay) JSON() jsondoc.Value {
	num := func(n int) jsondoc.Value { return jsondoc.NewInt(int64(n)) }
	str := jsondoc.NewString
	type m = jsondoc.Member
	today := jsondoc.NewObject()
	for i, n := range r.Results {
		today = today.With(Result(i).String(), num(n))
	}
	out := jsondoc.NewObject(m{Name: "signIns", Value: num(r.SignIns)}, m{Name: "skipped", Value: num(r.Skipped)}, m{Name: "today", Value: today})
	f := &r.Fidelity
	out = out.With("fidelity", jsondoc.NewObject(m{Name: "compared", Value: num(f.Compared)}, m{Name: "agreed", Value: num(f.Agreed)}, m{Name: "undecided", Value: num(f.Undecided)},
		m{Name: "notInSet", Value: num(f.Missing)}, m{Name: "reasonsCompared", Value: num(f.ReasonsCompared)}, m{Name: "reasonsAgreed", Value: num(f.Reasons)},
		m{Name: "differences", Value: jsondoc.FromAny(append([]string{}, f.Examples...))}))
	if r.proposed != nil {
		effects := jsondoc.NewObject()
		for e := range effectCount {
			var examples []jsondoc.Value
			for _, x := range r.Examples[e] {
				examples = append(examples, jsondoc.NewObject(m{Name: "user", Value: str(x.User)}, m{Name: "app", Value: str(x.App)},
					m{Name: "policies", Value: jsondoc.FromAny(append([]string{}, x.Policies...))}, m{Name: "signIn", Value: x.SignIn}))
			}
			effects = effects.With(e.String(), jsondoc.NewObject(m{Name: "signIns", Value: num(r.Effects[e])}, m{Name: "people", Value: num(r.Users(e))},
				m{Name: "mostAffected", Value: jsondoc.FromAny(append([]string{}, r.TopUsers(e, 20)...))}, m{Name: "examples", Value: jsondoc.NewArray(examples...)}))
		}
		out = out.With("effects", effects)
	}
	var policies []jsondoc.Value
	for i := range r.Policies {
		p := &r.Policies[i]
		policies = append(policies, jsondoc.NewObject(m{Name: "id", Value: str(p.Policy.ID)}, m{Name: "displayName", Value: str(p.Policy.DisplayName)}, m{Name: "state", Value: str(p.Policy.State.String())},
			m{Name: "applied", Value: num(p.Applied)}, m{Name: "people", Value: num(p.Users())}, m{Name: "appliedToSuccessful", Value: num(p.SuccessfulAndApplied)}, m{Name: "undecided", Value: num(p.Unknown)}))
	}
	return out.With("policies", jsondoc.NewArray(policies...))
}
