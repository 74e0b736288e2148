package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// exampleInventory makes the inventory that an example describes: everything
// is read but what the example says is not.
func exampleInventory(t *testing.T, e content.Example) (*inventory.Inventory, resource.ID) {
	t.Helper()
	b := inventory.NewBuilder()
	add := func(body jsondoc.Value) *resource.Resource {
		r, err := resource.New(body, body.Get("type").TextOr(""), resource.Origin{})
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		b.Add(r)
		return r
	}
	main := add(e.Resource)
	for _, v := range e.Related {
		add(v)
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Complete})
	if len(e.Unread) > 0 {
		b.Cover(inventory.Entry{Type: main.Type, Scope: "/", State: inventory.Complete, Unread: e.Unread})
	}
	for _, typ := range e.RelatedUnread {
		b.Cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Denied, Reason: "the example says so"})
	}
	return b.Build(), main.ID
}

// Every example of every shipped control gets the state that it names, from
// the same code that assesses.
func TestControlExamples(t *testing.T) {
	controls, problems := content.Controls()
	for _, d := range problems {
		t.Error(d.Error())
	}
	for _, c := range controls {
		t.Run(c.ID, func(t *testing.T) {
			examples, err := c.Examples()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range examples {
				inv, id := exampleInventory(t, e)
				r, ok := inv.Get(id)
				if !ok {
					t.Fatalf("%s: the resource is not in its own inventory", e.Name)
				}
				rule, diags := policy.Compile(c.Definition, policy.CompileOptions{})
				if rule == nil {
					t.Fatal(diags)
				}
				got := finding.Verdict{State: finding.NotApplicable}
				if matchesType(rule.Types(), r.Type) {
					got = policy.NewEvaluator(policy.Options{Inventory: inv, Now: testNow}).Evaluate(rule, r).Verdict
				}
				if got.State != e.State {
					t.Errorf("%s: %s, want %s; because %+v, missing %q", e.Name, got.State, e.State, got.Because, got.Missing)
				}
			}
		})
	}
}

func matchesType(types []string, typ string) bool {
	if types == nil {
		return true
	}
	for _, t := range types {
		if strings.EqualFold(t, typ) {
			return true
		}
	}
	return false
}
