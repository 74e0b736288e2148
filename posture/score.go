// Package posture scores a tenant: Microsoft's classic Secure Score computed
// to the digit, exemptions, what is not known and what it could cost, and what
// each fix would add.
//
// It takes facts, not engines: a caller says which recommendation found what
// on which resource, and Calculate answers. Exemptions are read by
// ParseExemptions and matched by Book. Rounding is done in whole numbers
// (hundredths of a point, hundredths of a percent), so the same facts give the
// same digits everywhere.
//
// Source of the rules: "Secure score in Microsoft Defender for Cloud" and
// "Exempting resources and recommendations from your secure score". The Defender
// portal's Cloud Secure Score, which weighs risk and criticality, is another
// number; the weights are not published in words, and it is not computed here.
package posture

import (
	"cmp"
	"slices"

	"github.com/azward/azward/finding"
)

// Recommendation is one rule whose verdicts may count in the score.
type Recommendation struct {
	ID      string
	Control string // name of its Secure Score control; "" is not scored
	Preview bool   // preview recommendations never count
	Custom  bool   // nor do a customer's own
}

// Category says what an exemption means for the score.
type Category uint8

// The categories. A waiver accepts the risk: the resource leaves the
// denominator. Mitigated means that it was dealt with elsewhere: it counts as
// healthy.
const (
	NotExempt Category = iota
	Waiver
	Mitigated
)

// String returns the category as Azure Policy spells it.
func (c Category) String() string {
	switch c {
	case Waiver:
		return "Waiver"
	case Mitigated:
		return "Mitigated"
	case NotExempt:
	}
	return ""
}

// MarshalText writes the category's name.
func (c Category) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Result is what one recommendation found on one resource.
type Result struct {
	Resource       int // index into Facts.ResourceScope
	Recommendation int // index into Facts.Recommendations
	State          finding.State
	Exemption      Category // NotExempt where no exemption holds
}

// Facts is all that a score is computed from.
type Facts struct {
	Scopes          []string // subscriptions, and the directory as a scope of its own
	Directory       string   // the scope of Scopes that is no subscription; "" where there is none
	ResourceScope   []int    // index into Scopes, for each resource
	Recommendations []Recommendation
	Results         []Result
}

// ControlScore is one control's share of a score, in points.
type ControlScore struct {
	ID                string  `json:"id,omitempty"`
	Name              string  `json:"name"`
	DefinitionMax     int     `json:"definitionMax"` // points the control is worth at most
	Max               int     `json:"max"`           // the same, or 0 where nothing was assessed
	Current           float64 `json:"current"`
	Percentage        float64 `json:"percentage"` // of Max, 0 to 1
	Healthy           int     `json:"healthy"`    // resources
	Unhealthy         int     `json:"unhealthy"`
	NotApplicable     int     `json:"notApplicable"`
	Unknown           int     `json:"unknown"`           // resources that pass what could be read, but not all could
	PotentialIncrease float64 `json:"potentialIncrease"` // of the whole score, 0 to 1, if all were healthy
}

// ScopeScore is the score of one subscription.
type ScopeScore struct {
	Scope      string         `json:"scope"`
	Name       string         `json:"name,omitempty"` // filled in by the caller
	Current    float64        `json:"current"`
	Max        int            `json:"max"`
	Percentage float64        `json:"percentage"`
	Weight     int            `json:"weight"` // healthy + unhealthy over all controls
	Controls   []ControlScore `json:"controls"`
}

// UnknownCost says what is not known and what it could mean for the score.
type UnknownCost struct {
	Verdicts  int     `json:"verdicts"`  // scored verdicts that are Unknown
	Resources int     `json:"resources"` // resource and control pairs left out because of them
	Worst     float64 `json:"worst"`     // percentage if every one of them were unhealthy
	Best      float64 `json:"best"`      // percentage if every one of them were healthy
}

// Gain is what one open recommendation would add if it were fixed everywhere
// and nothing else changed.
type Gain struct {
	Recommendation int     `json:"-"`
	ID             string  `json:"controlId"`
	Control        string  `json:"scoreControl"`
	Open           int     `json:"open"`       // resources that fail it
	Alone          int     `json:"alone"`      // of those, resources that fail nothing else in the control
	Points         float64 `json:"points"`     // points of the control, over all scopes as they are weighed
	Percentage     float64 `json:"percentage"` // of the whole score, 0 to 1
}

// Score is a tenant's Secure Score.
//
// With one scope Current and Max are its points. With several, Percentage is
// the weighted one, Max is the points of every control that was assessed
// anywhere, and Current is Percentage of Max.
type Score struct {
	Current          float64        `json:"current"`
	Max              int            `json:"max"`
	Percentage       float64        `json:"percentage"`
	BeforeExemptions float64        `json:"beforeExemptions"` // percentage with every exemption ignored
	Controls         []ControlScore `json:"controls"`
	Scopes           []ScopeScore   `json:"scopes"`
	Unknown          UnknownCost    `json:"unknown"`
	Gains            []Gain         `json:"recommendations"`
}

// Calculate computes the score. Results whose recommendation is preview,
// custom or of no control are passed over. The same recommendation and
// resource must not come twice.
func Calculate(f Facts) Score {
	t := newTally(f, true)
	s := t.score()
	s.BeforeExemptions = newTally(f, false).percentage()
	s.Unknown = t.unknownCost()
	s.Gains = gains(f, t)
	return s
}

// gains computes, for each open recommendation, what fixing it everywhere and
// nothing else would add; the largest first.
func gains(f Facts, t *tally) []Gain {
	sim := NewSimulator(f)
	before := t.controls(t.each(nil), t.counts)
	var out []Gain
	for r, open := range t.open {
		if open == 0 {
			continue
		}
		control := t.byRec[r]
		g := Gain{Recommendation: r, ID: f.Recommendations[r].ID, Control: classic[control].Name, Open: open}
		if healed := sim.healed([]int{r}); len(healed) > 0 {
			after := slices.Clone(t.counts)
			for _, i := range healed {
				sim.cells[i].heal(&after[sim.cells[i].scope])
				if !sim.cells[i].unknown {
					g.Alone++
				}
			}
			g.Percentage = float64(sim.combined(after)-sim.combined(t.counts)) / 1e4
			at := &tally{f: f, cells: t.cells, counts: after}
			g.Points = roundTo(currentOf(at.controls(at.each(nil), after), g.Control)-currentOf(before, g.Control), 100)
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b Gain) int {
		return cmp.Or(cmp.Compare(b.Percentage, a.Percentage), cmp.Compare(b.Open, a.Open), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func currentOf(controls []ControlScore, name string) float64 {
	for _, c := range controls {
		if c.Name == name {
			return c.Current
		}
	}
	return 0
}
