package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/compliance"
	"github.com/azward/azward/jsondoc"
)

// Regulatory initiatives tie their members to requirements: a member names
// groups, and a group is a requirement of a framework. So what a definition
// finds is evidence for the requirements that an initiative ties it to.
//
// Source: "Azure Policy initiative definition structure", Policy definition
// groups; "Regulatory Compliance in Azure Policy".

// mappings are requirements by framework.
type mappings map[string][]string

func (m mappings) add(framework, requirement string) {
	if !slices.Contains(m[framework], requirement) {
		m[framework] = append(m[framework], requirement)
	}
}

// ties finds out which requirements the definitions of a library answer.
type ties struct {
	lib        *library
	frameworks []*compliance.Framework
	of         map[*definition]mappings
	other      map[*definition]bool // tied only with values that are not the definition's own
}

// tie goes through the initiatives of a library.
func tie(lib *library, frameworks []*compliance.Framework) *ties {
	t := &ties{lib: lib, frameworks: frameworks, of: map[*definition]mappings{}, other: map[*definition]bool{}}
	for _, set := range lib.initiatives {
		if old, _ := set.body.Path("metadata", "deprecated").Bool(); !old {
			t.initiative(set)
		}
	}
	for d := range t.of {
		delete(t.other, d)
	}
	return t
}

func (t *ties) initiative(set *definition) {
	for _, member := range set.body.Get("policyDefinitions").Elements() {
		found := requirementsOf(t.frameworks, member)
		if len(found) == 0 {
			continue
		}
		d := t.lib.find(member.Get("policyDefinitionId").TextOr(""), member.Get("definitionVersion").TextOr(""))
		if d == nil || !testifies(d) {
			continue
		}
		if !asItself(set, member, d) {
			t.other[d] = true
			continue
		}
		if t.of[d] == nil {
			t.of[d] = mappings{}
		}
		for framework, list := range found {
			for _, id := range list {
				t.of[d].add(framework, id)
			}
		}
	}
}

// note says how many definitions answer requirements, and how many could.
func (t *ties) note() string {
	if len(t.of)+len(t.other) == 0 {
		return ""
	}
	text := fmt.Sprintf("initiatives tie %d of the definitions to requirements of frameworks", len(t.of))
	if n := len(t.other); n > 0 {
		text += fmt.Sprintf("; %d more only with parameters that are not their own: --initiative assesses them so", n)
	}
	return text
}

// requirementsOf returns the requirements that the groups of an initiative's
// member stand for.
func requirementsOf(frameworks []*compliance.Framework, member jsondoc.Value) mappings {
	out := mappings{}
	for _, g := range member.Get("groupNames").Elements() {
		name := g.TextOr("")
		for _, f := range frameworks {
			if r := f.RequirementOfGroup(name); r != nil {
				out.add(f.ID, r.ID)
			}
		}
	}
	return out
}

// testifies tells whether what a definition finds is evidence of the customer's:
// static definitions are Microsoft's word about itself.
func testifies(d *definition) bool {
	return !strings.EqualFold(d.body.Get("policyType").TextOr(""), "Static")
}

// asItself tells whether an initiative asks with a member what the definition
// asks with its own defaults. Of the effect only matters whether it is disabled.
func asItself(set *definition, member jsondoc.Value, d *definition) bool {
	declared, effect := d.body.Get("parameters"), ""
	if name, ok := parameterNamed(d.body.Path("policyRule", "then", "effect").TextOr("")); ok {
		effect = name
		if disabled(declared.Get(name).Get("defaultValue")) {
			return false // it says nothing as it is
		}
	}
	for name, v := range member.Get("parameters").Members() {
		value := v.Get("value")
		if text, ok := value.Text(); ok {
			if of, ok := parameterNamed(text); ok {
				value = set.body.Get("parameters").Get(of).Get("defaultValue")
			} else if arm.IsExpression(text) {
				return false
			}
		}
		switch own := declared.Get(name).Get("defaultValue"); {
		case value.IsMissing(): // the definition's own holds
		case strings.EqualFold(name, effect):
			if disabled(value) {
				return false
			}
		case !jsondoc.Equal(value, own):
			return false
		}
	}
	return true
}

func disabled(effect jsondoc.Value) bool { return strings.EqualFold(effect.TextOr(""), "disabled") }
