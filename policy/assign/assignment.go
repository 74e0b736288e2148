package assign

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Assignment puts a definition or an initiative on a scope.
// Source: "Azure Policy assignment structure".
type Assignment struct {
	ID, Name, DisplayName string
	Scope                 resource.ID
	NotScopes             []resource.ID
	DefinitionID          string // of the definition or initiative
	Version               string // pattern of its version; "" for the newest
	Parameters            jsondoc.Value
	Enforced              bool // enforcementMode Default; effects take place
	Enroll                bool // enforcementMode Enroll; effects take place on what is enrolled
	Messages              []Message
	Overrides             []Override
	Selectors             []SelectorGroup // resourceSelectors; none means everything in scope

	stands bool // in Azure, which took its parameters
}

// Message is a non-compliance message, of one member where it names one.
type Message struct{ Text, ReferenceID string }

// Override changes the effect or version of members.
type Override struct {
	Kind      string // policyEffect, policyVersion (definitionVersion in ARM's schema)
	Value     string
	Selectors []Selector // all are to hold; none means everything
}

// SelectorGroup is a named set of selectors, all of which are to hold.
type SelectorGroup struct {
	Name      string
	Selectors []Selector
}

// Selector takes in or leaves out by a kind of property.
type Selector struct {
	Kind      string // resourceType, resourceLocation, resourceWithoutLocation, policyDefinitionReferenceId
	In, NotIn []string
}

// ErrNoAssignment is wrapped by the errors of documents that are no assignment.
var ErrNoAssignment = errors.New("no policy assignment")

// New returns an enforced assignment of a definition or initiative to a scope, for a what-if.
func New(scope resource.ID, definitionID string, parameters jsondoc.Value) *Assignment {
	return &Assignment{
		ID: scope.String() + "/providers/" + TypeAssignment + "/whatif", Name: "whatif", DisplayName: "what if",
		Scope: scope, DefinitionID: definitionID, Parameters: parameters, Enforced: true,
	}
}

// ParseAssignment reads an assignment in ARM's JSON.
func ParseAssignment(doc jsondoc.Value) (*Assignment, error) {
	p := doc.Get("properties")
	if p.Kind() != jsondoc.Object {
		p = doc
	}
	a := &Assignment{stands: true, ID: doc.Get("id").TextOr(""), Name: doc.Get("name").TextOr(""), DefinitionID: p.Get("policyDefinitionId").TextOr("")}
	if a.DefinitionID == "" {
		return nil, fmt.Errorf("%w: it has no policyDefinitionId", ErrNoAssignment)
	}
	a.DisplayName = p.Get("displayName").TextOr(a.Name)
	scope := p.Get("scope").TextOr("")
	if scope == "" {
		id, err := resource.ParseID(a.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: it has neither a scope nor an id that tells one", ErrNoAssignment)
		}
		a.Scope = id.Scope()
	} else {
		id, err := resource.ParseID(scope)
		if err != nil {
			return nil, fmt.Errorf("%w: the scope %q is no id", ErrNoAssignment, scope)
		}
		a.Scope = id
	}
	for _, s := range p.Get("notScopes").Elements() {
		if id, err := resource.ParseID(s.TextOr("")); err == nil {
			a.NotScopes = append(a.NotScopes, id)
		}
	}
	a.Version, a.Parameters = p.Get("definitionVersion").TextOr(""), p.Get("parameters")
	mode := p.Get("enforcementMode").TextOr("Default")
	a.Enroll = strings.EqualFold(mode, "Enroll")
	a.Enforced = !strings.EqualFold(mode, "DoNotEnforce") && !a.Enroll
	for _, m := range p.Get("nonComplianceMessages").Elements() {
		a.Messages = append(a.Messages, Message{m.Get("message").TextOr(""), m.Get("policyDefinitionReferenceId").TextOr("")})
	}
	for _, o := range p.Get("overrides").Elements() {
		a.Overrides = append(a.Overrides, Override{o.Get("kind").TextOr(""), o.Get("value").TextOr(""), selectors(o.Get("selectors"))})
	}
	a.Selectors = selectorGroups(p.Get("resourceSelectors"))
	return a, nil
}

func selectorGroups(v jsondoc.Value) []SelectorGroup {
	var out []SelectorGroup
	for _, g := range v.Elements() {
		out = append(out, SelectorGroup{g.Get("name").TextOr(""), selectors(g.Get("selectors"))})
	}
	return out
}

func selectors(v jsondoc.Value) []Selector {
	var out []Selector
	for _, s := range v.Elements() {
		out = append(out, Selector{s.Get("kind").TextOr(""), texts(s.Get("in")), texts(s.Get("notIn"))})
	}
	return out
}

func texts(v jsondoc.Value) []string {
	var out []string
	for _, e := range v.Elements() {
		out = append(out, e.TextOr(""))
	}
	return out
}

// Assignments reads the assignments of an inventory, in the order of their ids.
// What is none is left out.
func Assignments(inv *inventory.Inventory) []*Assignment {
	var out []*Assignment
	for r := range inv.OfType(TypeAssignment) {
		body := r.Body
		if body.Get("id").IsMissing() {
			body = body.With("id", jsondoc.NewString(r.ID.String()))
		}
		if a, err := ParseAssignment(body); err == nil {
			out = append(out, a)
		}
	}
	return out
}

// message returns the non-compliance message for a member: its own, or the
// assignment's.
func (a *Assignment) message(reference string) string {
	general := ""
	for _, m := range a.Messages {
		switch {
		case m.ReferenceID == "":
			general = m.Text
		case strings.EqualFold(m.ReferenceID, reference):
			return m.Text
		}
	}
	return general
}

// takes tells whether a selector about resources takes one in. Kinds that are
// not about resources do.
func (s *Selector) takes(r *resource.Resource) bool {
	switch strings.ToLower(s.Kind) {
	case "resourcetype":
		return s.listed(r.Type, strings.EqualFold)
	case "resourcelocation":
		return s.listed(r.Location(), sameLocation)
	case "resourcewithoutlocation":
		without := ""
		if r.Location() == "" && r.ID.Subscription() != "" {
			without = "subscriptionLevelResources"
		}
		if len(s.In)+len(s.NotIn) == 0 {
			return without != ""
		}
		return s.listed(without, strings.EqualFold)
	}
	return true
}

func (s *Selector) listed(v string, same func(a, b string) bool) bool {
	has := func(list []string) bool { return slices.ContainsFunc(list, func(e string) bool { return same(e, v) }) }
	if len(s.In) > 0 {
		return has(s.In)
	}
	return !has(s.NotIn)
}

func sameLocation(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, " ", ""), strings.ReplaceAll(b, " ", ""))
}

// selected tells whether any group takes a resource in; no group takes all.
func selected(groups []SelectorGroup, r *resource.Resource) bool {
	if len(groups) == 0 {
		return true
	}
	for i := range groups {
		all := true
		for k := range groups[i].Selectors {
			all = all && groups[i].Selectors[k].takes(r)
		}
		if all {
			return true
		}
	}
	return false
}
