package condaccess

import (
	"github.com/azward/azward/jsondoc"
)

// Answer is what one policy says of a sign-in.
type Answer struct {
	Policy  *Policy
	Applies Tri
	// Reasons are Graph's words: the first unmet condition where the policy does not
	// apply; notEnoughInformation and the conditions that nobody can answer where it
	// is unknown; empty where it applies.
	Reasons []string
}

func (d *Decision) reason(k dimension) string {
	switch {
	case k == dimUsers && d.workload:
		return "workloadIdentities"
	case k == dimTarget && d.target == targetAction:
		return "userActions"
	case k == dimTarget && d.target == targetContext:
		return "authenticationContext"
	}
	return dimReasons[k]
}

// Answer returns the answer of the policy at a place.
func (s *Set) Answer(d *Decision, i int) Answer {
	a := Answer{Policy: s.policies[i], Applies: True}
	switch {
	case !s.live.has(i):
		a.Applies, a.Reasons = False, []string{reasonNotEnabled}
	case set64(d.Applies).has(i):
	case set64(d.Possible).has(i):
		a.Applies, a.Reasons = Unknown, []string{reasonNotEnough}
		for k := range dimCount {
			if !d.dims[k].yes.has(i) {
				a.Reasons = append(a.Reasons, d.reason(k))
			}
		}
	default:
		a.Applies = False
		for k := range dimCount {
			if !d.dims[k].may.has(i) {
				a.Reasons = []string{d.reason(k)}
				break
			}
		}
	}
	return a
}

// Explain returns the answer of every policy in order.
func (s *Set) Explain(d *Decision) []Answer {
	out := make([]Answer, s.n)
	for i := range out {
		out[i] = s.Answer(d, i)
	}
	return out
}

// JSON returns the decision as `azward ca whatif` prints it.
func (s *Set) JSON(d *Decision) jsondoc.Value {
	str, obj := jsondoc.NewString, jsondoc.NewObject
	reqs := s.Requirements(d)
	var clauses, answers []jsondoc.Value
	var builtIn, custom, terms []string
	var strengths []jsondoc.Value
	addName := func(to *[]string, name string) {
		if index(*to, name) < 0 {
			*to = append(*to, name)
		}
	}
	seen := map[string]bool{}
	for _, c := range reqs {
		clauses = append(clauses, c.JSON())
		for _, x := range c.Controls {
			switch x.Kind {
			case ControlStrength:
				if !seen[x.Strength.ID] {
					seen[x.Strength.ID] = true
					strengths = append(strengths, obj(jsondoc.Member{Name: "id", Value: str(x.Strength.ID)}, jsondoc.Member{Name: "displayName", Value: str(x.Strength.DisplayName)}))
				}
			case ControlCustom:
				addName(&custom, x.Name)
			case ControlTerms:
				addName(&terms, x.Name)
			default:
				addName(&builtIn, x.Name)
			}
		}
	}
	if d.Result == Blocked {
		builtIn = append([]string{"block"}, builtIn...)
	}
	guaranteed := []string{}
	for _, g := range []struct {
		name string
		is   func(Control) Tri
	}{
		{"mfa", Control.MFA}, {"phishingResistant", Control.PhishingResistant},
		{"compliantDevice", func(c Control) Tri { return triOf(c.Kind == ControlCompliantDevice) }},
		{"domainJoinedDevice", func(c Control) Tri { return triOf(c.Kind == ControlHybridJoined) }},
	} {
		if d.Result == GrantedWithControls && s.Guarantees(d, g.is) == True {
			guaranteed = append(guaranteed, g.name)
		}
	}
	for i := range s.policies {
		a := s.Answer(d, i)
		answers = append(answers, obj(
			jsondoc.Member{Name: "id", Value: str(a.Policy.ID)}, jsondoc.Member{Name: "displayName", Value: str(a.Policy.DisplayName)},
			jsondoc.Member{Name: "state", Value: str(a.Policy.State.String())}, jsondoc.Member{Name: "applies", Value: str(a.Applies.String())},
			jsondoc.Member{Name: "reasons", Value: jsondoc.FromAny(append([]string{}, a.Reasons...))}))
	}
	controls := obj(jsondoc.Member{Name: "builtInControls", Value: jsondoc.FromAny(append([]string{}, builtIn...))},
		jsondoc.Member{Name: "authenticationStrengths", Value: jsondoc.NewArray(strengths...)},
		jsondoc.Member{Name: "termsOfUse", Value: jsondoc.FromAny(append([]string{}, terms...))},
		jsondoc.Member{Name: "customAuthenticationFactors", Value: jsondoc.FromAny(append([]string{}, custom...))},
		jsondoc.Member{Name: "allOf", Value: jsondoc.NewArray(clauses...)},
		jsondoc.Member{Name: "guaranteed", Value: jsondoc.FromAny(guaranteed)})
	if unmet := s.Unmet(d); len(unmet) > 0 && d.Result == GrantedWithControls {
		var list []jsondoc.Value
		for _, c := range unmet {
			list = append(list, c.JSON())
		}
		controls = controls.With("cannotBeMet", jsondoc.NewArray(list...))
	}
	return obj(
		jsondoc.Member{Name: "result", Value: str(d.Result.String())}, jsondoc.Member{Name: "certain", Value: jsondoc.NewBool(d.Certain)},
		jsondoc.Member{Name: "atMost", Value: str(d.AtMost.String())}, jsondoc.Member{Name: "controls", Value: controls},
		jsondoc.Member{Name: "sessionControls", Value: s.SessionControls(d).JSON()}, jsondoc.Member{Name: "policies", Value: jsondoc.NewArray(answers...)})
}
