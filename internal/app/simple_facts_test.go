package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// factsOver builds an inventory of the given bodies, of which the types in
// read were wholly read, and returns what an analyser says of one of them.
func factsOver(t *testing.T, a func(*inventory.Inventory) map[string]jsondoc.Value, id string, read []string, bodies ...string) string {
	t.Helper()
	b := inventory.NewBuilder()
	for _, text := range bodies {
		v, err := jsondoc.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	for _, typ := range read {
		b.Cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete})
	}
	of, err := resource.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return a(b.Build())[of.Key()].String()
}

func TestBackupFacts(t *testing.T) {
	const sub, items = "/subscriptions/00000000-0000-0000-0000-000000000001", "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
	const vm = sub + "/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/vm1"
	machine := fmt.Sprintf(`{"id": %q, "name": "vm1", "type": "Microsoft.Compute/virtualMachines", "properties": {}}`, vm)
	item := func(source string) string {
		return fmt.Sprintf(`{"id": "%s/resourceGroups/b/providers/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure/protectionContainers/c/protectedItems/i", "name": "i", "type": %q, "properties": {"sourceResourceId": %q}}`, sub, items, source)
	}
	facts := func(read []string, bodies ...string) string {
		return factsOver(t, func(inv *inventory.Inventory) map[string]jsondoc.Value {
			return backupFacts(inv, newTenant(inv, testNow))
		}, vm, read, bodies...)
	}
	whole := []string{items}
	for _, c := range []struct{ name, got, want string }{
		{"in a vault, in another case", facts(whole, machine, item("/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/VM1")), `{"backedUp":true}`},
		{"another machine is in it", facts(whole, machine, item(vm+"2")), `{"backedUp":false}`},
		{"no vault", facts(whole, machine), `{"backedUp":false}`},
		{"nobody asked", facts(nil, machine), `{"unknown":{"backedUp":"backups of the subscription were not read: `},
		{"nobody asked, but there it is", facts(nil, machine, item(vm)), `{"backedUp":true}`},
	} {
		if !strings.HasPrefix(c.got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}
