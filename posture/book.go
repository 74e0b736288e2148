package posture

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// AzureExemption reads a Microsoft.Authorization/policyExemptions resource.
// It speaks of an assignment and, where the assignment is of an initiative,
// perhaps only of some of its references; controls turns those into the ids
// of controls or definitions that are assessed here. ok is false where the
// body is no exemption. One exemption comes back for each control.
//
// Source: "Azure Policy exemption structure".
func AzureExemption(r *resource.Resource, controls func(assignment string, references []string) []string) (list []Exemption, ok bool) {
	props := r.Properties()
	e := Exemption{
		Definition: props.Get("policyAssignmentId").TextOr(""),
		Scope:      r.ID.Scope(), Source: r.ID.String(),
		Reason: props.Get("description").TextOr(props.Get("displayName").TextOr("")),
	}
	e.Owner = owner(props.Get("metadata"))
	switch strings.ToLower(props.Get("exemptionCategory").TextOr("")) {
	case "waiver":
		e.Category = Waiver
	case "mitigated":
		e.Category = Mitigated
	default:
		return nil, false
	}
	if e.Definition == "" {
		return nil, false
	}
	if text, given := props.Get("expiresOn").Text(); given {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, false
		}
		e.Expires = at
	}
	var references []string
	for _, v := range props.Get("policyDefinitionReferenceIds").Elements() {
		references = append(references, v.TextOr(""))
	}
	ids := controls(e.Definition, references)
	if len(ids) == 0 {
		return []Exemption{e}, true
	}
	for _, id := range ids {
		one := e
		one.Control = id
		list = append(list, one)
	}
	return list, true
}

func owner(metadata jsondoc.Value) string {
	for _, key := range []string{"owner", "requestedBy", "approvedBy", "createdBy"} {
		if text, ok := metadata.Get(key).Text(); ok {
			return text
		}
	}
	return ""
}

// Applied is an exemption and what it did.
type Applied struct {
	Exemption
	Expired bool // it no longer holds and changed nothing
	Results int  // verdicts that it changed, or would have changed before it expired
}

// Book finds the exemption that holds for a control on a resource. It is made
// for one time, and used by one goroutine.
type Book struct {
	all    []Applied
	by     map[string][]int // indexes into all, by control in lower case
	covers func(scope, id resource.ID) bool
}

// NewBook makes a book of exemptions as they stand at a time. resolve answers
// the controls that a definition's id stands for; covers tells whether an id
// is at or below a scope, management groups included, and may be nil where ids
// alone decide.
func NewBook(exemptions []Exemption, at time.Time, resolve func(definition string) []string, covers func(scope, id resource.ID) bool) *Book {
	if covers == nil {
		covers = func(scope, id resource.ID) bool { return id.Within(scope) }
	}
	b := &Book{by: map[string][]int{}, covers: covers}
	for _, e := range exemptions {
		b.all = append(b.all, Applied{Exemption: e, Expired: e.Expired(at)})
		ids := []string{e.Control}
		if e.Control == "" && resolve != nil {
			ids = resolve(e.Definition)
		}
		for _, id := range ids {
			key := strings.ToLower(id)
			b.by[key] = append(b.by[key], len(b.all)-1)
		}
	}
	return b
}

// Exempts tells whether any exemption speaks of a control at all.
func (b *Book) Exempts(control string) bool { return len(b.by[strings.ToLower(control)]) > 0 }

// Find returns the exemption that holds for a control on a resource: the
// nearest scope wins, then mitigated before waiver. It counts the verdict as
// one that the exemption changed; expired ones only count what they would have
// covered.
func (b *Book) Find(control string, id resource.ID) *Exemption {
	best, expired := b.find(control, id)
	for _, a := range expired {
		a.Results++
	}
	if best == nil {
		return nil
	}
	best.Results++
	return &best.Exemption
}

// Holds is Find without counting.
func (b *Book) Holds(control string, id resource.ID) *Exemption {
	if best, _ := b.find(control, id); best != nil {
		return &best.Exemption
	}
	return nil
}

func (b *Book) find(control string, id resource.ID) (best *Applied, expired []*Applied) {
	for _, i := range b.by[strings.ToLower(control)] {
		a := &b.all[i]
		if !b.covers(a.Scope, id) {
			continue
		}
		if a.Expired {
			expired = append(expired, a)
			continue
		}
		if best == nil || len(a.Scope.Key()) > len(best.Scope.Key()) ||
			len(a.Scope.Key()) == len(best.Scope.Key()) && a.Category > best.Category {
			best = a
		}
	}
	return best, expired
}

// Applied returns every exemption and what it did: expired ones first, then
// those that changed nothing.
func (b *Book) Applied() []Applied {
	out := slices.Clone(b.all)
	rank := func(a Applied) int {
		switch {
		case a.Expired:
			return 0
		case a.Results == 0:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, c Applied) int { return rank(a) - rank(c) })
	return out
}
