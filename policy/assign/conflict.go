package assign

import (
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// conflicts marks the verdicts of modify and append policies that want to set
// one property of the resource to different values.
//
// Source: "Azure Policy compliance states", Conflicting; "Azure Policy
// definitions modify effect", conflictEffect.
func (e *Evaluator) conflicts(r *resource.Resource, verdicts []Verdict) {
	var changing []int
	for i := range verdicts {
		v := &verdicts[i]
		if effect := v.definitionFor(r).Effect; v.Fires && v.Exemption == nil && (effect == policy.Modify || effect == policy.Append) {
			changing = append(changing, i)
		}
	}
	if len(changing) < 2 {
		return
	}
	type wish struct {
		verdict int
		value   jsondoc.Value
	}
	wishes := map[string][]wish{}
	for _, i := range changing {
		v := &verdicts[i]
		e.member = v.Member
		out := e.ev.Decide(v.definitionFor(r), r)
		if out.Remediation == nil || !denies(out.Remediation) {
			continue
		}
		for _, c := range out.Remediation.Changes {
			key := strings.ToLower(c.Path)
			for _, other := range wishes[key] {
				if other.verdict != i && !jsondoc.Equal(other.value, c.After) {
					verdicts[i].conflictsWith(verdicts[other.verdict].Member)
					verdicts[other.verdict].conflictsWith(v.Member)
				}
			}
			wishes[key] = append(wishes[key], wish{i, c.After})
		}
	}
}

// fate is what becomes of a change that stands against another.
type fate uint8

const (
	takesPlace fate = iota
	passedOver
	refused
)

// clashes says what becomes of the changes that a request meets where some
// want one property to be different things: of those that deny, one alone wins
// and several refuse the request; the others are passed over.
func (e *Evaluator) clashes(r *resource.Resource, list []int32) map[int32]fate {
	type wish struct {
		member int32
		value  jsondoc.Value
		deny   bool
	}
	wishes := map[string][]wish{}
	for _, i := range list {
		m := e.p.Members[i]
		d := m.definitionFor(r)
		if d.Effect != policy.Modify && d.Effect != policy.Append || !e.enforced(m, r) {
			continue
		}
		e.member = m
		out := e.ev.Decide(d, r)
		if !out.Fires || out.Remediation == nil {
			continue
		}
		for _, c := range out.Remediation.Changes {
			key := strings.ToLower(c.Path)
			wishes[key] = append(wishes[key], wish{i, c.After, denies(out.Remediation)})
		}
	}
	var out map[int32]fate
	for _, list := range wishes {
		if !slices.ContainsFunc(list, func(w wish) bool { return !jsondoc.Equal(w.value, list[0].value) }) {
			continue
		}
		denying := 0
		for _, w := range list {
			if w.deny {
				denying++
			}
		}
		if out == nil {
			out = map[int32]fate{}
		}
		for _, w := range list {
			switch {
			case !w.deny:
				out[w.member] = max(out[w.member], passedOver)
			case denying > 1:
				out[w.member] = refused
			}
		}
	}
	return out
}

// denies tells whether a change stands against another of the same property:
// append does, and modify unless its conflictEffect is another. One that stands
// alone with deny wins, and those with audit pass their operations over.
func denies(r *policy.Remediation) bool {
	return r.ConflictEffect == "" || strings.EqualFold(r.ConflictEffect, "deny")
}

func (v *Verdict) conflictsWith(m *Member) {
	if !slices.Contains(v.Conflicts, m) {
		v.Conflicts = append(v.Conflicts, m)
	}
}
