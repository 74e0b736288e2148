package posture

import (
	"math"
	"slices"

	"github.com/azward/azward/finding"
)

// Simulator answers what fixing some recommendations would add to a score. It
// is used by one goroutine.
type Simulator struct {
	t     *tally
	cells []openCell
	by    map[int][]int // indexes into cells, by recommendation
	now   [][len(classic)]counts
}

// openCell is an unhealthy resource of a control and the recommendations that
// it fails.
type openCell struct {
	control, scope int
	unknown        bool
	fails          []int
}

// NewSimulator makes a simulator over the facts that a score was made of.
func NewSimulator(f Facts) *Simulator {
	t := newTally(f, true)
	s := &Simulator{t: t, by: map[int][]int{}, now: slices.Clone(t.counts)}
	index := map[[2]int]int{}
	for _, r := range f.Results {
		control := t.byRec[r.Recommendation]
		if control < 0 || r.Exemption != NotExempt || r.State != finding.NonCompliant {
			continue
		}
		key := [2]int{control, r.Resource}
		i, ok := index[key]
		if !ok {
			i = len(s.cells)
			index[key] = i
			s.cells = append(s.cells, openCell{control: control, scope: f.ResourceScope[r.Resource], unknown: t.cells[control][r.Resource].unknown > 0})
		}
		s.cells[i].fails = append(s.cells[i].fails, r.Recommendation)
		s.by[r.Recommendation] = append(s.by[r.Recommendation], i)
	}
	return s
}

// Percentage returns the score as it now stands, 0 to 1.
func (s *Simulator) Percentage() float64 { return float64(s.combined(s.now)) / 1e4 }

func (s *Simulator) combined(n [][len(classic)]counts) int64 {
	out := make([]scopeTotals, len(n))
	for i := range n {
		out[i] = totals(&n[i], s.t.f.Scopes[i] == s.t.f.Directory)
	}
	return combine(out)
}

// Gain returns what fixing the recommendations everywhere would add to the
// score as it now stands, 0 to 1. It changes nothing.
func (s *Simulator) Gain(recommendations []int) float64 {
	after := slices.Clone(s.now)
	for _, i := range s.healed(recommendations) {
		s.cells[i].heal(&after[s.cells[i].scope])
	}
	return math.Round(float64(s.combined(after)-s.combined(s.now))) / 1e4
}

// Fix fixes the recommendations everywhere and returns what that added.
func (s *Simulator) Fix(recommendations []int) float64 {
	before := s.combined(s.now)
	for _, i := range s.healed(recommendations) {
		s.cells[i].heal(&s.now[s.cells[i].scope])
	}
	for _, r := range recommendations {
		for _, i := range s.by[r] {
			s.cells[i].fails = slices.DeleteFunc(s.cells[i].fails, func(f int) bool { return f == r })
		}
		delete(s.by, r)
	}
	return float64(s.combined(s.now)-before) / 1e4
}

// healed lists the cells that fail nothing but the given recommendations.
func (s *Simulator) healed(recommendations []int) []int {
	var out []int
	seen := map[int]bool{}
	for _, r := range recommendations {
		for _, i := range s.by[r] {
			if seen[i] {
				continue
			}
			seen[i] = true
			if !slices.ContainsFunc(s.cells[i].fails, func(f int) bool { return !slices.Contains(recommendations, f) }) {
				out = append(out, i)
			}
		}
	}
	return out
}

func (c *openCell) heal(n *[len(classic)]counts) {
	n[c.control].unhealthy--
	if c.unknown {
		n[c.control].unknown++
	} else {
		n[c.control].healthy++
	}
}
