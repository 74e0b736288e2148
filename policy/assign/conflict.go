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
		if out.Remediation == nil {
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

func (v *Verdict) conflictsWith(m *Member) {
	if !slices.Contains(v.Conflicts, m) {
		v.Conflicts = append(v.Conflicts, m)
	}
}
