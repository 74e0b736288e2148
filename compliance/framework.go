package compliance

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Framework is a list of requirements, each with who owes it on Azure.
type Framework struct {
	ID           string // "nist-800-53-r5", as controls' mappings name it
	Name         string
	Split        string  // where the split between Microsoft and the customer comes from
	Derived      bool    // the split is derived from another framework's
	Groups       []Group // how Azure Policy's initiatives name its requirements
	Requirements []Requirement
	index        map[string]int
	bare         map[string]int // by bareID; -1 where two share one
}

// Group says how initiatives name the requirements of a framework in their
// policyDefinitionGroups: a prefix, and what stands behind it without Omits,
// which the framework's own ids begin with.
type Group struct{ Prefix, Omits string }

// RequirementOfGroup returns the requirement that a group of an initiative
// stands for, or nil: "NIST_SP_800-53_R5_AC-2(1)" and
// "NIST_SP_800-53_R5.1.1_AC.2.1" are AC-2(1).
func (f *Framework) RequirementOfGroup(name string) *Requirement {
	for _, g := range f.Groups {
		if len(name) <= len(g.Prefix) || !strings.EqualFold(name[:len(g.Prefix)], g.Prefix) {
			continue
		}
		if i, ok := f.bare[bareID(g.Omits+name[len(g.Prefix):])]; ok && i >= 0 {
			return &f.Requirements[i]
		}
	}
	return nil
}

// bareID is an id in lower case with a dot for all that is neither a letter nor
// a digit: initiatives differ in how they write the same id.
func bareID(id string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(id), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), ".")
}

// Requirement is one requirement; Title is azward's own short wording.
type Requirement struct {
	ID    string
	Title string
	Owner Owner
	Basis string // what the split of this one rests on, where it is not the framework's rule
}

// Requirement returns the requirement of that id, in any casing, or nil.
func (f *Framework) Requirement(id string) *Requirement {
	if i, ok := f.index[strings.ToLower(id)]; ok {
		return &f.Requirements[i]
	}
	return nil
}

// ParseFramework reads a framework from YAML:
//
//	id: soc2
//	name: SOC 2 (Trust Services Criteria 2017)
//	split: …
//	derived: true
//	policyGroups:
//	  - {prefix: SOC_2_}
//	requirements:
//	  - {id: CC6.1, title: Logical access is restricted, owner: both}
//
// An error names the place.
func ParseFramework(name string, text []byte) (*Framework, error) {
	doc, err := yamldoc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	src := diag.NewSource(name, string(text))
	fail := func(v jsondoc.Value, format string, args ...any) (*Framework, error) {
		at := src.Position(v.Offset())
		return nil, fmt.Errorf("%s:%d:%d: %s", name, at.Line, at.Column, fmt.Sprintf(format, args...))
	}
	f := &Framework{
		ID: doc.Get("id").TextOr(""), Name: doc.Get("name").TextOr(""), Split: doc.Get("split").TextOr(""),
		index: map[string]int{}, bare: map[string]int{},
	}
	f.Derived, _ = doc.Get("derived").Bool()
	if f.ID == "" || f.Name == "" || f.Split == "" {
		return fail(doc, "a framework needs an id, a name and a split")
	}
	for _, v := range doc.Get("policyGroups").Elements() {
		g := Group{v.Get("prefix").TextOr(""), v.Get("omits").TextOr("")}
		if g.Prefix == "" {
			return fail(v, "a group needs a prefix")
		}
		f.Groups = append(f.Groups, g)
	}
	list := doc.Get("requirements")
	if list.Len() == 0 {
		return fail(doc, "a framework needs requirements")
	}
	for _, v := range list.Elements() {
		r := Requirement{ID: v.Get("id").TextOr(""), Title: v.Get("title").TextOr(""), Basis: v.Get("basis").TextOr("")}
		if r.ID == "" || r.Title == "" {
			return fail(v, "a requirement needs an id and a title, both text")
		}
		if r.Owner, err = ParseOwner(v.Get("owner").TextOr("")); err != nil {
			return fail(v, "%s: %v", r.ID, err)
		}
		if _, twice := f.index[strings.ToLower(r.ID)]; twice {
			return fail(v, "requirement %s stands twice", r.ID)
		}
		f.index[strings.ToLower(r.ID)] = len(f.Requirements)
		if _, twice := f.bare[bareID(r.ID)]; twice {
			f.bare[bareID(r.ID)] = -1
		} else {
			f.bare[bareID(r.ID)] = len(f.Requirements)
		}
		f.Requirements = append(f.Requirements, r)
	}
	return f, nil
}

// State says how far a requirement is answered.
type State uint8

// The states. NotAssessed is the zero State: no control answers the
// requirement, or the ones that do had nothing to look at.
const (
	NotAssessed State = iota
	NotMet            // a control that answers it found something
	Unknown           // nothing was found, but not all could be read
	Met               // every control that answers it passes: met as far as controls look
	Inherited         // Microsoft's to meet; azward does not judge it
)

var stateNames = [...]string{"notAssessed", "notMet", "unknown", "met", "inherited"}

// String returns the state as the JSON output spells it.
func (s State) String() string { return stateNames[s] }

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Answer is a control or a policy that answers a requirement, and what it found.
type Answer struct {
	Control string `json:"controlId"`
	Policy  bool   `json:"policy,omitempty"` // a definition that an initiative ties to the requirement
	State   State  `json:"state"`
	Tally
}

// RequirementResult is a requirement and its state.
type RequirementResult struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Owner    Owner    `json:"responsibility"`
	Basis    string   `json:"basis,omitempty"`
	State    State    `json:"state"`
	Controls []Answer `json:"controls"`
}

// FrameworkResult is a framework and how far it is answered.
type FrameworkResult struct {
	ID           string              `json:"framework"`
	Name         string              `json:"name"`
	Split        string              `json:"split"`
	Derived      bool                `json:"splitDerived"`
	Summary      Summary             `json:"summary"`
	Requirements []RequirementResult `json:"requirements"`
}

// Summary counts requirements by state.
type Summary struct {
	Met         int `json:"met"`
	NotMet      int `json:"notMet"`
	Unknown     int `json:"unknown"`
	NotAssessed int `json:"notAssessed"`
	Inherited   int `json:"inherited"`
}

// Assess says how far a framework is answered. controls lists, by requirement
// id, the controls and policies that answer it; found tells what one found, and
// whether it is a policy.
func (f *Framework) Assess(controls map[string][]string, found func(control string) (t Tally, policy bool)) FrameworkResult {
	out := FrameworkResult{ID: f.ID, Name: f.Name, Split: f.Split, Derived: f.Derived, Requirements: make([]RequirementResult, 0, len(f.Requirements))}
	for _, r := range f.Requirements {
		res := RequirementResult{ID: r.ID, Title: r.Title, Owner: r.Owner, Basis: r.Basis, Controls: []Answer{}}
		var all Tally
		for _, id := range controls[r.ID] {
			t, policy := found(id)
			all.Add(t)
			res.Controls = append(res.Controls, Answer{Control: id, Policy: policy, State: stateOf(t), Tally: t})
		}
		res.State = stateOf(all)
		if res.State == NotAssessed && r.Owner == Microsoft {
			res.State = Inherited
		}
		switch res.State {
		case Met:
			out.Summary.Met++
		case NotMet:
			out.Summary.NotMet++
		case Unknown:
			out.Summary.Unknown++
		case Inherited:
			out.Summary.Inherited++
		default:
			out.Summary.NotAssessed++
		}
		out.Requirements = append(out.Requirements, res)
	}
	return out
}

func stateOf(t Tally) State {
	switch {
	case t.Open > 0:
		return NotMet
	case t.Unknown > 0:
		return Unknown
	case t.Compliant > 0 || t.Exempt > 0:
		return Met
	}
	return NotAssessed
}
