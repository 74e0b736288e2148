package assign

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Exemption takes a scope out of an assignment, or out of some of its members.
// Source: "Azure Policy exemption structure".
type Exemption struct {
	ID, DisplayName string
	Scope           resource.ID
	AssignmentID    string
	References      []string // policyDefinitionReferenceIds; none means the whole assignment
	Mitigated       bool     // category Mitigated; otherwise Waiver
	Expires         time.Time
	Selectors       []SelectorGroup
}

// Expired tells whether the exemption no longer holds.
func (e *Exemption) Expired(now time.Time) bool {
	return !e.Expires.IsZero() && !now.IsZero() && !now.Before(e.Expires)
}

// ParseExemption reads an exemption in ARM's JSON; ok is false where a body is none.
func ParseExemption(doc jsondoc.Value) (e *Exemption, ok bool) {
	p := doc.Get("properties")
	id, err := resource.ParseID(doc.Get("id").TextOr(""))
	if err != nil || p.Get("policyAssignmentId").TextOr("") == "" {
		return nil, false
	}
	e = &Exemption{
		ID: id.String(), DisplayName: p.Get("displayName").TextOr(id.Name()), Scope: id.Scope(), AssignmentID: p.Get("policyAssignmentId").TextOr(""),
		References: texts(p.Get("policyDefinitionReferenceIds")), Selectors: selectorGroups(p.Get("resourceSelectors")),
	}
	e.Mitigated = strings.EqualFold(p.Get("exemptionCategory").TextOr(""), "Mitigated")
	if s, given := p.Get("expiresOn").Text(); given {
		if e.Expires, ok = arm.ParseTime(s); !ok {
			return nil, false // a date that nobody understands exempts nothing
		}
	}
	return e, true
}

// Exemptions reads the exemptions of an inventory, in the order of their ids.
func Exemptions(inv *inventory.Inventory) []*Exemption {
	var out []*Exemption
	for r := range inv.OfType(TypeExemption) {
		if e, ok := ParseExemption(r.Body); ok {
			out = append(out, e)
		}
	}
	return out
}

// Enrollment makes the effects of an assignment of mode Enroll take place in a scope.
// Source: "Azure Policy enrollment structure".
type Enrollment struct {
	ID           string
	Scope        resource.ID
	AssignmentID string
	References   []string // policyDefinitionReferenceIds; none means the whole assignment
	Selectors    []SelectorGroup
}

// ParseEnrollment reads an enrollment in ARM's JSON; ok is false where a body is none.
func ParseEnrollment(doc jsondoc.Value) (e *Enrollment, ok bool) {
	p := doc.Get("properties")
	id, err := resource.ParseID(doc.Get("id").TextOr(""))
	if err != nil || p.Get("policyAssignmentId").TextOr("") == "" {
		return nil, false
	}
	return &Enrollment{
		ID: id.String(), Scope: id.Scope(), AssignmentID: p.Get("policyAssignmentId").TextOr(""),
		References: texts(p.Get("policyDefinitionReferenceIds")), Selectors: selectorGroups(p.Get("resourceSelectors")),
	}, true
}

// Enrollments reads the enrollments of an inventory, in the order of their ids.
func Enrollments(inv *inventory.Inventory) []*Enrollment {
	var out []*Enrollment
	for r := range inv.OfType(TypeEnrollment) {
		if e, ok := ParseEnrollment(r.Body); ok {
			out = append(out, e)
		}
	}
	return out
}

// Attestation answers by hand how a resource stands to a manual policy.
// Source: "Azure Policy attestation structure".
type Attestation struct {
	ID           string
	Scope        resource.ID // the resource, resource group or subscription
	AssignmentID string
	Reference    string
	State        finding.State
	Expires      time.Time
}

// ParseAttestation reads an attestation in ARM's JSON; ok is false where a body is none.
func ParseAttestation(doc jsondoc.Value) (a *Attestation, ok bool) {
	p := doc.Get("properties")
	id, err := resource.ParseID(doc.Get("id").TextOr(""))
	if err != nil || p.Get("policyAssignmentId").TextOr("") == "" {
		return nil, false
	}
	a = &Attestation{ID: id.String(), Scope: id.Scope(), AssignmentID: p.Get("policyAssignmentId").TextOr(""), Reference: p.Get("policyDefinitionReferenceId").TextOr("")}
	switch strings.ToLower(p.Get("complianceState").TextOr("")) {
	case "compliant":
		a.State = finding.Compliant
	case "noncompliant":
		a.State = finding.NonCompliant
	default:
		a.State = finding.Unknown
	}
	if s, given := p.Get("expiresOn").Text(); given {
		if a.Expires, ok = arm.ParseTime(s); !ok {
			return nil, false
		}
	}
	return a, true
}

// Attestations reads the attestations of an inventory, in the order of their ids.
func Attestations(inv *inventory.Inventory) []*Attestation {
	var out []*Attestation
	for r := range inv.OfType(TypeAttestation) {
		if a, ok := ParseAttestation(r.Body); ok {
			out = append(out, a)
		}
	}
	return out
}

func (a *Attestation) expired(now time.Time) bool {
	return !a.Expires.IsZero() && !now.IsZero() && !now.Before(a.Expires)
}

// exempts tells whether an exemption speaks of a member of an assignment.
func (e *Exemption) exempts(m *Member) bool {
	return speaksOf(e.AssignmentID, e.References, m)
}

// speaksOf tells whether an exemption or an enrollment of an assignment, or of
// some of its members, is of a member.
func speaksOf(assignment string, references []string, m *Member) bool {
	return strings.EqualFold(assignment, m.Assignment.ID) &&
		(len(references) == 0 || slices.ContainsFunc(references, func(r string) bool { return strings.EqualFold(r, m.ReferenceID) }))
}
