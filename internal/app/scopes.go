package app

import (
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// tenantScope is the scope of the directory and of what stands above
// subscriptions: it is scored beside them.
const tenantScope = "/"

// scopeTable gives every resource the scope that its verdicts are scored in.
type scopeTable struct {
	ids []string // subscription ids as they were written, and tenantScope
	of  []int    // index into ids, by resource
}

func newScopeTable(_ *inventory.Inventory, resources []*resource.Resource) scopeTable {
	t := scopeTable{of: make([]int, len(resources))}
	index := map[string]int{}
	for i, r := range resources {
		id := r.ID.Subscription()
		key := strings.ToLower(id)
		if id == "" {
			id, key = tenantScope, tenantScope
		}
		at, ok := index[key]
		if !ok {
			at = len(t.ids)
			index[key] = at
			t.ids = append(t.ids, id)
		}
		t.of[i] = at
	}
	return t
}
