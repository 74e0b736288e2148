// Package finding is what every engine reports in: a state that can be
// Unknown, a severity, and the evidence that decided it.
package finding

import (
	"fmt"
	"strings"
)

// State is the answer to "is this as it should be". The zero State is Unknown:
// a thing that could not be read is never compliant.
type State uint8

// The states. NotApplicable means that the rule does not speak of the
// resource; Exempt that a person with a name and a reason took it out.
const (
	Unknown State = iota
	NonCompliant
	Compliant
	NotApplicable
	Exempt
)

var stateNames = [...]string{"Unknown", "NonCompliant", "Compliant", "NotApplicable", "Exempt"}

// String returns the state as Azure Policy spells it.
func (s State) String() string { return stateNames[s] }

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name in any casing.
func (s *State) UnmarshalText(text []byte) error {
	for i, n := range stateNames {
		if strings.EqualFold(n, string(text)) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("no state named %q (expected one of %s)", text, strings.Join(stateNames[:], ", "))
}

// Severity says how much a finding matters. The zero Severity is Informational.
type Severity uint8

// The severities, the least first.
const (
	Informational Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"informational", "low", "medium", "high", "critical"}

// String returns the severity in lower case.
func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name in any casing.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := ParseSeverity(string(text))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// ParseSeverity reads a severity's name in any casing.
func ParseSeverity(text string) (Severity, error) {
	for i, n := range severityNames {
		if strings.EqualFold(n, text) {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("no severity named %q (expected one of %s)", text, strings.Join(severityNames[:], ", "))
}

// Truth is three-valued: what is not known is neither true nor false. The zero
// Truth is False so that a condition over nothing does not match.
type Truth uint8

// The three truths.
const (
	False Truth = iota
	True
	Maybe
)

// String returns "false", "true" or "unknown".
func (t Truth) String() string { return [...]string{"false", "true", "unknown"}[t] }

// MarshalText writes the truth's name.
func (t Truth) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Of returns the truth of a boolean.
func Of(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Not negates; what is not known stays so.
func (t Truth) Not() Truth {
	switch t {
	case False:
		return True
	case True:
		return False
	default:
		return Maybe
	}
}

// And is False if either is, then Maybe if either is (Kleene).
func (t Truth) And(u Truth) Truth {
	switch {
	case t == False || u == False:
		return False
	case t == Maybe || u == Maybe:
		return Maybe
	default:
		return True
	}
}

// Or is True if either is, then Maybe if either is (Kleene).
func (t Truth) Or(u Truth) Truth {
	switch {
	case t == True || u == True:
		return True
	case t == Maybe || u == Maybe:
		return Maybe
	default:
		return False
	}
}

// Step is one clause that decided a verdict, with the value it saw.
type Step struct {
	Clause string `json:"clause"`         // the clause in words: `properties.minimumTlsVersion less "TLS1_2"`
	Path   string `json:"path,omitempty"` // JSON pointer of the clause in its rule
	Value  string `json:"value"`          // what was found, as compact JSON, or "missing"
	Truth  Truth  `json:"truth"`
}

// Verdict is an engine's answer about one resource and one rule.
type Verdict struct {
	State   State    `json:"state"`
	Because []Step   `json:"because,omitempty"` // the clauses that decided, in order
	Missing []string `json:"missing,omitempty"` // what would have to be known, where State is Unknown
}

// Finding is a verdict with its names: what an assessment lists.
type Finding struct {
	ResourceID string   `json:"resourceId"`
	ControlID  string   `json:"controlId"`
	State      State    `json:"state"`
	Severity   Severity `json:"severity"`
	Reasons    []string `json:"reasons"` // sentences for a person
	Verdict    Verdict  `json:"-"`
}
