package posture

import (
	"math"

	"github.com/azward/azward/finding"
)

// cell is what the recommendations of one control found on one resource.
type cell struct {
	fail    uint16
	unknown uint16
	pass    bool
	seen    bool // spoken of at all, if only to say that it does not apply
}

// counts are the resources of one control in one scope.
type counts struct{ healthy, unhealthy, notApplicable, unknown int }

// tally holds the cells and counts that every figure is derived from.
type tally struct {
	f      Facts
	cells  [len(classic)][]cell   // by resource; nil where a control has no result
	counts [][len(classic)]counts // by scope
	open   []int                  // failing resources by recommendation
	maybe  int                    // scored verdicts that are Unknown
	byRec  []int                  // control by recommendation, -1 not scored
}

func newTally(f Facts, exempt bool) *tally {
	t := &tally{f: f, counts: make([][len(classic)]counts, len(f.Scopes)), open: make([]int, len(f.Recommendations)), byRec: make([]int, len(f.Recommendations))}
	for i, r := range f.Recommendations {
		t.byRec[i] = -1
		if !r.Preview && !r.Custom {
			t.byRec[i] = controlIndex(r.Control)
		}
	}
	for _, r := range f.Results {
		t.add(r, exempt)
	}
	for control, cells := range t.cells {
		for i := range cells {
			t.count(control, f.ResourceScope[i], cells[i])
		}
	}
	return t
}

func (t *tally) add(r Result, exempt bool) {
	control := t.byRec[r.Recommendation]
	if control < 0 {
		return
	}
	if t.cells[control] == nil {
		t.cells[control] = make([]cell, len(t.f.ResourceScope))
	}
	c := &t.cells[control][r.Resource]
	c.seen = true
	state := r.State
	if exempt && state != finding.NotApplicable {
		switch r.Exemption {
		case Waiver:
			state = finding.NotApplicable
		case Mitigated:
			state = finding.Compliant
		case NotExempt:
		}
	}
	switch state {
	case finding.NonCompliant:
		c.fail++
		t.open[r.Recommendation]++
	case finding.Unknown:
		c.unknown++
		t.maybe++
	case finding.Compliant:
		c.pass = true
	case finding.NotApplicable, finding.Exempt:
	}
}

func (t *tally) count(control, scope int, c cell) {
	n := &t.counts[scope][control]
	switch {
	case c.fail > 0:
		n.unhealthy++
	case c.unknown > 0:
		n.unknown++
	case c.pass:
		n.healthy++
	case c.seen:
		n.notApplicable++
	}
}

// points returns max x healthy / (healthy + unhealthy) in hundredths, rounded
// half up, and the control's maximum, which is 0 where nothing was assessed.
func points(control int, n counts) (current, maximum int64) {
	of := int64(n.healthy + n.unhealthy)
	if of == 0 {
		return 0, 0
	}
	maximum = int64(classic[control].Max)
	return divide(100*maximum*int64(n.healthy), of), maximum
}

// divide returns a/b rounded half up; both are at least 0, and x/0 is 0.
func divide(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	return (2*a + b) / (2 * b)
}

// scopeTotals are a scope's points: current in hundredths, percentage in
// hundredths of a percent.
type scopeTotals struct {
	current, maximum, percentage, weight int64
	counted                              bool // has a place among the scopes that are weighed
}

// totals adds up a scope. A subscription of which anything is said is weighed;
// the directory, which Microsoft's model does not know, only where something
// was assessed in it.
func totals(n *[len(classic)]counts, directory bool) scopeTotals {
	var t scopeTotals
	if !directory {
		t.counted = *n != [len(classic)]counts{}
	}
	for control := range n {
		current, maximum := points(control, n[control])
		t.current += current
		t.maximum += maximum
		t.weight += int64(n[control].healthy + n[control].unhealthy)
	}
	t.percentage = divide(100*t.current, t.maximum)
	t.counted = t.counted || t.weight > 0
	return t
}

// combine weighs scopes: each by healthy + unhealthy, where 0 counts as 1 in
// the divisor. The answer is in hundredths of a percent.
func combine(scopes []scopeTotals) int64 {
	var sum, of int64
	for _, s := range scopes {
		if s.counted {
			sum += s.weight * s.percentage
			of += max(1, s.weight)
		}
	}
	return divide(sum, of)
}

// each computes the totals of every scope after change, which may be nil.
func (t *tally) each(change func(scope int, n *[len(classic)]counts)) []scopeTotals {
	out := make([]scopeTotals, len(t.counts))
	for i := range t.counts {
		n := t.counts[i]
		if change != nil {
			change(i, &n)
		}
		out[i] = totals(&n, t.f.Scopes[i] == t.f.Directory)
	}
	return out
}

func (t *tally) percentage() float64 { return float64(combine(t.each(nil))) / 1e4 }

func (t *tally) score() Score {
	scopes := t.each(nil)
	s := Score{Percentage: float64(combine(scopes)) / 1e4}
	for i, sc := range scopes {
		s.Scopes = append(s.Scopes, ScopeScore{
			Scope: t.f.Scopes[i], Current: float64(sc.current) / 100, Max: int(sc.maximum),
			Percentage: float64(sc.percentage) / 1e4, Weight: int(sc.weight),
			Controls: t.controls(scopes[i:i+1], t.counts[i:i+1]),
		})
	}
	s.Controls = t.controls(scopes, t.counts)
	for _, c := range s.Controls {
		s.Max += c.Max
	}
	if only := single(scopes); only != nil {
		s.Current = float64(only.current) / 100
	} else {
		s.Current = float64(divide(combine(scopes)*int64(s.Max), 100)) / 100
	}
	return s
}

// single returns the one scope that is weighed, or nil where there are more.
func single(scopes []scopeTotals) *scopeTotals {
	var only *scopeTotals
	for i := range scopes {
		if scopes[i].counted {
			if only != nil {
				return nil
			}
			only = &scopes[i]
		}
	}
	return only
}

// controls joins each control over scopes: a scope's points weigh by the
// control's own weight there, which is healthy + unhealthy, so that the joined
// control is max x healthy / (healthy + unhealthy) as in one subscription.
// Source: "weight" of secureScoreControls in the REST reference of Defender for
// Cloud, "used when calculating an aggregated score for this control across all
// of your subscriptions". What a control could still add is a matter of the whole
// score, in which scopes weigh by their own weight over their maximum.
func (t *tally) controls(scopes []scopeTotals, counted [][len(classic)]counts) []ControlScore {
	var weights float64
	for _, s := range scopes {
		if s.counted {
			weights += float64(max(1, s.weight))
		}
	}
	var out []ControlScore
	for control := range classic {
		if t.cells[control] == nil {
			continue
		}
		var n counts
		var earned, possible float64
		for i, s := range scopes {
			c := counted[i][control]
			n.healthy += c.healthy
			n.unhealthy += c.unhealthy
			n.notApplicable += c.notApplicable
			n.unknown += c.unknown
			current, maximum := points(control, c)
			if maximum > 0 && s.maximum > 0 {
				share := float64(s.weight) / float64(s.maximum)
				earned += share * float64(current) / 100
				possible += share * float64(maximum)
			}
		}
		if n == (counts{}) {
			continue
		}
		cs := ControlScore{
			ID: classic[control].ID, Name: classic[control].Name, DefinitionMax: classic[control].Max,
			Healthy: n.healthy, Unhealthy: n.unhealthy, NotApplicable: n.notApplicable, Unknown: n.unknown,
		}
		if n.healthy+n.unhealthy > 0 {
			cs.Max = classic[control].Max
		}
		current, _ := points(control, n)
		cs.Current = float64(current) / 100
		cs.Percentage = float64(divide(100*current, int64(cs.Max))) / 1e4
		if weights > 0 {
			cs.PotentialIncrease = roundTo((possible-earned)/weights, 1e4)
		}
		out = append(out, cs)
	}
	return out
}

func roundTo(x, unit float64) float64 {
	return math.Round(x*unit) / unit
}

func (t *tally) unknownCost() UnknownCost {
	u := UnknownCost{Verdicts: t.maybe}
	for i := range t.counts {
		for control := range t.counts[i] {
			u.Resources += t.counts[i][control].unknown
		}
	}
	u.Worst = float64(combine(t.each(func(_ int, n *[len(classic)]counts) {
		for c := range n {
			n[c].unhealthy += n[c].unknown
		}
	}))) / 1e4
	u.Best = float64(combine(t.each(func(_ int, n *[len(classic)]counts) {
		for c := range n {
			n[c].healthy += n[c].unknown
		}
	}))) / 1e4
	return u
}
