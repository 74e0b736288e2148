package snapshot

import (
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// Merge makes one inventory of several readings, the latest first. Of a
// resource that several have, the latest record counts. A resource that a later
// reading lacks though it read all of its type is gone, and left out.
// Diagnostics are those of the readings, without duplicates among them.
func Merge(latestFirst ...*inventory.Inventory) *inventory.Inventory {
	b := inventory.NewBuilder()
	type place struct {
		reading    int
		typ, scope string
	}
	whole := make(map[place]bool)
	for i, inv := range latestFirst {
	records:
		for r := range inv.Records() {
			if b.Has(r.ID) && (r.IsGraph() || r.Properties().Exists()) {
				if kept(latestFirst[:i], r) {
					continue
				}
			}
			scope, ok := r.ID.Parent()
			if !ok || r.IsGraph() {
				scope, _ = resource.ParseID("/")
			}
			for later := range i {
				if _, has := latestFirst[later].Get(r.ID); has {
					continue
				}
				k := place{later, r.TypeKey(), scope.Key()}
				complete, known := whole[k]
				if !known {
					complete = latestFirst[later].Coverage(r.Type, scope).Complete()
					whole[k] = complete
				}
				if complete {
					continue records
				}
			}
			b.Add(r)
		}
		for _, e := range inv.Manifest().Entries() {
			b.Cover(e)
		}
		for _, d := range inv.Diagnostics() {
			b.Report(d)
		}
	}
	return b.Build()
}

// kept tells whether one of the later readings has the resource with its
// properties, so that an earlier record of it adds nothing.
func kept(later []*inventory.Inventory, r *resource.Resource) bool {
	for _, inv := range later {
		if old, ok := inv.Get(r.ID); ok && (r.IsGraph() || old.Properties().Exists()) {
			return true
		}
	}
	return false
}
