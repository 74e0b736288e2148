package assign

import (
	"strings"

	"github.com/azward/azward/finding"
)

// Tally counts verdicts by state.
type Tally struct {
	NonCompliant, Unknown, Compliant, Exempt int
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
func (t Tally) Total() int { return t.NonCompliant + t.Unknown + t.Compliant + t.Exempt }

// State is what the tally amounts to: NonCompliant if anything is, then
// Unknown (what is not known may be wrong), Compliant, Exempt.
func (t Tally) State() finding.State {
	switch {
	case t.NonCompliant > 0:
		return finding.NonCompliant
	case t.Unknown > 0:
		return finding.Unknown
	case t.Compliant > 0:
		return finding.Compliant
	case t.Exempt > 0:
		return finding.Exempt
	}
	return finding.NotApplicable
}

// Percentage is the share that is Compliant or Exempt, between 0 and 1; 1 where
// nothing was counted. Azure counts Unknown as good as well; here what is not
// known is not.
func (t Tally) Percentage() float64 {
	if n := t.Total(); n > 0 {
		return float64(t.Compliant+t.Exempt) / float64(n)
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
	worst := map[line]map[string]finding.State{}
	note := func(in *map[string]*Tally, key, resource string, s finding.State) {
		l := line{in, strings.ToLower(key)}
		if worst[l] == nil {
			worst[l] = map[string]finding.State{}
		}
		old, seen := worst[l][resource]
		if !seen || rank(s) > rank(old) {
			worst[l][resource] = s
		}
	}
	for i := range verdicts {
		v := &verdicts[i]
		id := v.Resource.ID.Key()
		if r.Resources[id] == nil {
			r.Resources[id] = &Tally{}
		}
		r.Resources[id].Add(v.State)
		note(&r.Assignments, v.Assignment.ID, id, v.State)
		note(&r.Definitions, documentKey(v.Document), id, v.State)
		if v.Initiative == nil {
			continue
		}
		note(&r.Initiatives, documentKey(v.Initiative), id, v.State)
		for _, g := range v.Groups {
			note(&r.Groups, documentKey(v.Initiative)+"#"+g, id, v.State)
		}
	}
	for l, states := range worst {
		t := &Tally{}
		for _, s := range states {
			t.Add(s)
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

func rank(s finding.State) int {
	switch s {
	case finding.NonCompliant:
		return 4
	case finding.Unknown:
		return 3
	case finding.Compliant:
		return 2
	case finding.Exempt:
		return 1
	default:
		return 0
	}
}
