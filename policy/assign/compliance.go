package assign

import (
	"slices"
	"strings"

	"github.com/azward/azward/finding"
)

// Tally counts verdicts by state.
type Tally struct {
	NonCompliant, Conflict, Error, Unknown, Compliant, Protected, Exempt int
}

// StateConflict is the state of a resource that two modify or append policies
// want to change in different ways. Source: "Azure Policy compliance states".
const StateConflict = "Conflict"

// StateProtected is the state of a resource that a denyAction policy keeps from
// being deleted, which is well. Source: "Azure Policy compliance states".
const StateProtected = "Protected"

// StateError is the state of a resource on which an expression of the policy
// cannot be evaluated. What it would have said is not known.
// Source: "Azure Policy compliance states", Error.
const StateError = "Error"

// StateName is the state of a verdict as Azure spells it: Conflict, Protected
// and Error included.
func (v *Verdict) StateName() string {
	if v.Failed() {
		return StateError
	}
	if v.State == finding.Compliant && v.Fires {
		if deletes, _ := v.definitionFor(v.Resource).Protects(); deletes {
			return StateProtected
		}
	}
	if v.State == finding.NonCompliant && len(v.Conflicts) > 0 {
		return StateConflict
	}
	return v.State.String()
}

func (t *Tally) count(name string, s finding.State) {
	switch name {
	case StateConflict:
		t.Conflict++
	case StateProtected:
		t.Protected++
	case StateError:
		t.Error++
	default:
		t.Add(s)
	}
}

// StateName is [Tally.State] with Error, Conflict and Protected, which Azure
// ranks in this order below Compliant and above Exempt; but where something is
// in error, what is Compliant does not outdo it here.
func (t Tally) StateName() string {
	if t.NonCompliant+t.Unknown+t.Compliant == 0 {
		switch {
		case t.Conflict > 0:
			return StateConflict
		case t.Protected > 0:
			return StateProtected
		}
	}
	if t.NonCompliant+t.Unknown == 0 && t.Error > 0 {
		return StateError
	}
	without := t
	without.Conflict = 0
	return without.State().String()
}

// Add counts one state.
func (t *Tally) Add(s finding.State) {
	switch s {
	case finding.NonCompliant:
		t.NonCompliant++
	case finding.Compliant:
		t.Compliant++
	case finding.Exempt:
		t.Exempt++
	case finding.Unknown:
		t.Unknown++
	case finding.NotApplicable:
	}
}

// Total is how many were counted.
func (t Tally) Total() int {
	return t.NonCompliant + t.Conflict + t.Error + t.Unknown + t.Compliant + t.Protected + t.Exempt
}

// State is what the tally amounts to: NonCompliant if anything is, then
// Unknown (what is not known or in error may be wrong), Compliant, Exempt.
func (t Tally) State() finding.State {
	switch {
	case t.NonCompliant+t.Conflict > 0:
		return finding.NonCompliant
	case t.Unknown+t.Error > 0:
		return finding.Unknown
	case t.Compliant+t.Protected > 0:
		return finding.Compliant
	case t.Exempt > 0:
		return finding.Exempt
	}
	return finding.NotApplicable
}

// Percentage is the share that is Compliant, Protected or Exempt, between 0 and 1; 1 where
// nothing was counted. Azure counts Unknown as good as well; here what is not
// known is not.
func (t Tally) Percentage() float64 {
	if n := t.Total(); n > 0 {
		return float64(t.Compliant+t.Protected+t.Exempt) / float64(n)
	}
	return 1
}

// Rollup sums verdicts up: a resource counts once in each line, by its worst
// state there.
type Rollup struct {
	Resources   map[string]*Tally // by resource id, in lower case: its members
	Assignments map[string]*Tally // by assignment id: its resources
	Initiatives map[string]*Tally // by initiative id: its resources
	Definitions map[string]*Tally // by definition id: its resources
	Groups      map[string]*Tally // by initiative id, "#" and group: its resources
}

// Roll sums verdicts up, which may come in any order.
func Roll(verdicts []Verdict) *Rollup {
	r := &Rollup{map[string]*Tally{}, map[string]*Tally{}, map[string]*Tally{}, map[string]*Tally{}, map[string]*Tally{}}
	type line struct {
		in  *map[string]*Tally
		key string
	}
	type state struct {
		name string
		of   finding.State
	}
	worst := map[line]map[string]state{}
	note := func(in *map[string]*Tally, key, resource string, v *Verdict) {
		l := line{in, strings.ToLower(key)}
		if worst[l] == nil {
			worst[l] = map[string]state{}
		}
		old, seen := worst[l][resource]
		if now := (state{v.StateName(), v.State}); !seen || rank(now.name) > rank(old.name) {
			worst[l][resource] = now
		}
	}
	for i := range verdicts {
		v := &verdicts[i]
		id := v.Resource.ID.Key()
		if r.Resources[id] == nil {
			r.Resources[id] = &Tally{}
		}
		r.Resources[id].count(v.StateName(), v.State)
		note(&r.Assignments, v.Assignment.ID, id, v)
		note(&r.Definitions, documentKey(v.Document), id, v)
		if v.Initiative == nil {
			continue
		}
		note(&r.Initiatives, documentKey(v.Initiative), id, v)
		for _, g := range v.Groups {
			note(&r.Groups, documentKey(v.Initiative)+"#"+g, id, v)
		}
	}
	for l, states := range worst {
		t := &Tally{}
		for _, s := range states {
			t.count(s.name, s.of)
		}
		(*l.in)[l.key] = t
	}
	return r
}

func documentKey(d *Document) string {
	if d.ID != "" {
		return d.ID
	}
	return d.Name
}

// rank orders states, the one that wins last: as Azure ranks them, but for
// Unknown and Error, which Azure puts below Compliant and which it does not outdo
// here.
//
// Source: "Azure Policy compliance states", Comparing different compliance states.
func rank(name string) int {
	return slices.Index([]string{finding.Exempt.String(), StateProtected, StateConflict, finding.Compliant.String(), StateError, finding.Unknown.String(), finding.NonCompliant.String()}, name)
}
