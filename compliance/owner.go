// Package compliance answers two questions from findings: who owes what
// (Microsoft, the customer, or both, by resource type and area), and how far
// the requirements of a framework are answered.
//
// It takes facts, not engines: a caller gives frameworks and the
// responsibility model as text (ParseFramework, ParseModel), and says what
// each control found (Tally); Assess and Matrix answer. What no control looks
// at is not assessed, never met, and what Microsoft attests never makes a
// customer's requirement green.
package compliance

import (
	"fmt"
	"strings"
)

// Owner says who owes something. The zero Owner is nobody known.
type Owner uint8

// The owners.
const (
	Nobody Owner = iota
	Microsoft
	Both
	Customer
)

var ownerNames = [...]string{"unknown", "microsoft", "both", "customer"}

// String returns "microsoft", "both" or "customer".
func (o Owner) String() string { return ownerNames[o] }

// MarshalText writes the owner's name.
func (o Owner) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// ParseOwner reads an owner's name; "inherited" and "shared" are the words
// that frameworks use for microsoft and both.
func ParseOwner(text string) (Owner, error) {
	switch strings.ToLower(text) {
	case "microsoft", "inherited":
		return Microsoft, nil
	case "both", "shared":
		return Both, nil
	case "customer":
		return Customer, nil
	}
	return Nobody, fmt.Errorf("no owner is called %q: owners are microsoft, both and customer", text)
}

// Tally counts what a control, or several, found.
type Tally struct {
	Open      int `json:"open"` // non-compliant resources
	Compliant int `json:"compliant"`
	Unknown   int `json:"unknown"`
	Exempt    int `json:"exempt"`
}

// Add adds another tally.
func (t *Tally) Add(u Tally) {
	t.Open += u.Open
	t.Compliant += u.Compliant
	t.Unknown += u.Unknown
	t.Exempt += u.Exempt
}

// Any tells whether anything was found at all.
func (t Tally) Any() bool { return t != Tally{} }
