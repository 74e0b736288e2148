package app

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// backupFacts tells of each virtual machine whether a Recovery Services vault
// of its subscription protects it: "backedUp". A vault protects what its
// protected items name as their source, whatever state the last run ended in.
func backupFacts(inv *inventory.Inventory, _ *tenant) map[string]jsondoc.Value {
	const machines, items = "Microsoft.Compute/virtualMachines", "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
	protected := map[string]bool{}
	for r := range inv.OfType(items) {
		for _, key := range []string{"sourceResourceId", "virtualMachineId"} {
			text, ok := r.Properties().Get(key).Text()
			if !ok {
				continue
			}
			if id, err := resource.ParseID(text); err == nil {
				protected[id.Key()] = true
			}
		}
	}
	out := map[string]jsondoc.Value{}
	reasons := map[string]string{} // by subscription; empty where all items were read
	for r := range inv.OfType(machines) {
		if protected[r.ID.Key()] {
			out[r.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "backedUp", Value: jsondoc.NewBool(true)})
			continue
		}
		sub := strings.ToLower(r.ID.Subscription())
		why, seen := reasons[sub]
		if !seen {
			if id, err := resource.ParseID("/subscriptions/" + sub); err == nil {
				if cov := inv.Coverage(items, id); !cov.Complete() {
					why = "backups of the subscription were not read"
					if cov.Reason != "" {
						why += ": " + cov.Reason
					}
				}
			}
			reasons[sub] = why
		}
		if why != "" {
			out[r.ID.Key()] = unknownFacts(why, "backedUp")
			continue
		}
		out[r.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "backedUp", Value: jsondoc.NewBool(false)})
	}
	return out
}
