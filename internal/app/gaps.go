package app

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// gap is a rule that could not be asked about a type under a scope, because
// the type was not (wholly) read there.
type gap struct {
	rule       int
	typ, scope string
	reason     string
}

// findGaps lists what rules could not look at, also where some resources of the
// type are there: nobody says that they are all. Where one of a rule's types
// was wholly read, the others count only if they were asked for and refused: a
// rule over virtual machines of both generations is answered by the one
// generation that there is.
func findGaps(inv *inventory.Inventory, rules []rule) []gap {
	tenant, err := resource.ParseID("/")
	if err != nil {
		return nil
	}
	c := coverage{inv: inv, tenant: tenant, known: map[string][]lack{}}
	names := map[string]string{} // the casing that the inventory uses
	for _, t := range inv.Types() {
		names[lower(t.Type)] = t.Type
	}
	var out []gap
	for i := range rules {
		var lost, never []lack
		whole := false
		for _, typ := range rules[i].def.Types() {
			lacks := c.of(lower(typ))
			if len(lacks) == 0 {
				whole = true
			}
			for _, l := range lacks {
				if l.state == inventory.NotRequested {
					never = append(never, l)
				} else {
					lost = append(lost, l)
				}
			}
		}
		if !whole && len(lost) == 0 && len(never) > 0 {
			// One is enough to say: of the types that nobody listed, the first.
			lost = never[:1]
		}
		for _, l := range lost {
			name := cmp.Or(names[l.typ], rules[i].typeName(l.typ))
			reason := l.sentence(name)
			if l.state == inventory.NotRequested && names[l.typ] != "" {
				reason = "some " + name + " are in the inventory, and nothing says that they are all"
			}
			out = append(out, gap{rule: i, typ: name, scope: l.scope, reason: reason})
		}
	}
	slices.SortStableFunc(out, func(a, b gap) int { return cmp.Compare(a.rule, b.rule) })
	return out
}

// lack is one scope under which a type was not wholly read.
type lack struct {
	typ, scope string
	state      inventory.State
	reason     string
}

func (l lack) sentence(name string) string {
	what := map[inventory.State]string{
		inventory.NotRequested: "is not in the inventory and nobody asked for it",
		inventory.Partial:      "was only partly read",
		inventory.Denied:       "could not be read for lack of permission",
		inventory.Failed:       "could not be read",
	}[l.state]
	text := fmt.Sprintf("%s %s", name, what)
	if l.reason != "" && l.state != inventory.NotRequested {
		text += ": " + l.reason
	}
	return text
}

// coverage remembers what the manifest says of each type.
type coverage struct {
	inv    *inventory.Inventory
	tenant resource.ID
	known  map[string][]lack
}

// of returns the scopes under which a type was not wholly read: the tenant for
// the directory's types and for what nobody asked for anywhere, otherwise the
// subscriptions concerned.
func (c *coverage) of(typ string) []lack {
	if known, ok := c.known[typ]; ok {
		return known
	}
	var out []lack
	whole := c.inv.Coverage(typ, c.tenant)
	if !whole.Complete() {
		subscriptions := c.inv.Subscriptions()
		if len(typ) > 16 && typ[:16] == "microsoft.graph/" {
			subscriptions = nil
		}
		lacking, never := 0, 0
		for _, sub := range subscriptions {
			if cov := c.inv.Coverage(typ, sub); !cov.Complete() {
				lacking++
				if cov.State == inventory.NotRequested {
					never++
				}
				out = append(out, lack{typ, sub.String(), cov.State, cov.Reason})
			}
		}
		if len(subscriptions) == 0 || lacking > 0 && never == len(subscriptions) {
			out = []lack{{typ, tenantScope, whole.State, whole.Reason}}
		}
	}
	c.known[typ] = out
	return out
}
