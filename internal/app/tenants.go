package app

import (
	"fmt"
	"strings"

	"github.com/azward/azward/inventory"
)

// OneTenant returns an error of usage where inventories hold the directories of
// several tenants. Judged as one, the policies of one would seem to guard the
// accounts of another, and of settings that a tenant has once only the first
// would be seen. Subscriptions of several tenants without a directory are no
// matter: Azure Lighthouse shows them together, too.
func OneTenant(invs ...*inventory.Inventory) error {
	seen := map[string]bool{}
	var names []string
	for _, inv := range invs {
		for r := range inv.OfType("Microsoft.Graph/organization") {
			id := strings.ToLower(r.ID.Name())
			if seen[id] {
				continue
			}
			seen[id] = true
			names = append(names, fmt.Sprintf("%s (%s)", displayName(inv, r), r.ID.Name()))
		}
	}
	if len(names) < 2 {
		return nil
	}
	return usagef("these are %d tenants, and one is judged at a time: %s; give what was read of one", len(names), strings.Join(names, ", "))
}
