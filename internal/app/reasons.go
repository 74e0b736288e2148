package app

import (
	"slices"
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// maxReasons is how many reasons a finding gives; its evidence has the rest.
const maxReasons = 4

// reasons puts what decided a verdict into sentences for a person.
func reasons(inv *inventory.Inventory, r *resource.Resource, v *finding.Verdict) []string {
	out := []string{}
	add := func(text string) {
		if text != "" && !slices.Contains(out, text) && len(out) < maxReasons {
			out = append(out, text)
		}
	}
	if v.State == finding.Unknown {
		for _, m := range v.Missing {
			add(missing(inv, r, m))
		}
		if len(out) == 0 {
			add("what decides this was not read")
		}
		return out
	}
	for _, step := range v.Because {
		if len(out) == 0 || !strings.HasPrefix(step.Clause, "count of ") { // the elements say more
			add(sentence(step))
		}
	}
	if len(out) == 0 {
		add("the policy's condition holds")
	}
	return out
}

// missing says what would have to be known, and why it is not.
func missing(inv *inventory.Inventory, r *resource.Resource, what string) string {
	if strings.Contains(what, " ") {
		return what // a sentence already
	}
	if i := strings.LastIndexByte(what, '/'); i >= 0 {
		what = what[i+1:] // an alias: what is behind its type
	}
	if why, unread := inv.Unread(r, what); unread && why != "" {
		return strings.TrimPrefix(what, "azward.") + " is not known: " + why
	}
	return what + " was not read"
}

// sentence says what a step found; steps that only say which resources the
// policy speaks of say nothing.
func sentence(s finding.Step) string {
	value := s.Value
	if len(value) > 120 {
		value = strings.ToValidUTF8(value[:117], "") + "…"
	}
	if value == "missing" || value == "" || value == "null" {
		value = "not set"
	}
	if what, ok := strings.CutPrefix(s.Clause, "exists "); ok {
		return what + ": " + s.Value
	}
	if rest, ok := strings.CutPrefix(s.Clause, "count of "); ok {
		subject, _, _ := strings.Cut(rest, " ")
		return value + " of " + short(subject) + " match"
	}
	subject, _, _ := strings.Cut(s.Clause, " ")
	if strings.EqualFold(subject, "type") || s.Clause == "" {
		return ""
	}
	return short(subject) + " is " + value
}

// short takes an alias's type and the name of our facts away.
func short(subject string) string {
	if i := strings.LastIndexByte(subject, '/'); i >= 0 && !strings.HasPrefix(subject, "[") {
		subject = subject[i+1:]
	}
	return strings.TrimPrefix(subject, "azward.")
}
