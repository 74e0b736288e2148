// Package inventory holds everything that was read about a tenant: an
// immutable, indexed set of resources, the tree of scopes they stand in, how
// they refer to each other, and the manifest of what was and was not read.
//
// # Building
//
// A [Builder] takes records one at a time and makes an [Inventory]:
//
//	b := inventory.NewBuilder()
//	r, err := resource.New(body, "", resource.Origin{File: "export.json"})
//	b.Add(r)                                   // first wins; a duplicate is reported
//	b.Cover(inventory.Entry{Type: "Microsoft.Compute/disks", Scope: "/subscriptions/...", State: inventory.Complete})
//	inv := b.Build()
//
// Children that ARM returns inside a parent (security rules in a network
// security group, subnets in a virtual network) become resources of their own
// type as well: the elements of every array of the parent's properties that
// carry the id of a child of the parent. See [Inventory.Nested].
//
// # Asking
//
// By id ([Inventory.Get], [Inventory.Lookup]), by type ([Inventory.OfType]),
// by place ([Inventory.Children], [Inventory.Under], [Inventory.Ancestors],
// [Inventory.Within], all of which know management groups), by reference
// ([Inventory.Related]: the network interfaces of a virtual machine, the
// subnets of a network security group, the private endpoints of an account,
// the disks of a machine, the diagnostic settings of a resource). Ids and types
// are compared without regard to case. Every sequence is in the order of the
// keys of the ids, so answers do not depend on the order of reading.
//
// # What was not read
//
// [Inventory.Coverage] answers whether all resources of a type under a scope
// were read, [Inventory.Unread] whether one property of one resource was. Both
// say no where nothing says yes: a type that nobody listed is [NotRequested].
//
// # Derived facts
//
// Analysers hand their facts to [Inventory.WithFacts], which answers a new
// inventory whose resources carry them in the member "azward" of their body.
// The old one stays as it is; both share nearly all of their memory.
//
// An Inventory never changes and may be read by many goroutines at once.
package inventory

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/resource"
)

// Inventory is an immutable set of resources with its manifest. The zero
// Inventory is empty. Make one with a [Builder].
type Inventory struct {
	all      []*resource.Resource // ordered by key
	nested   []bool               // by index in all: taken out of the body of a parent
	byKey    map[string]int32
	byType   map[string][]int32 // by type key, ascending
	children map[string][]int32 // by parent key, ascending
	types    []TypeCount
	tree     *tree
	manifest *Manifest
	diags    diag.List

	refsOnce *sync.Once // shared with inventories derived by WithFacts
	refs     *references
}

// TypeCount is a type, in the casing it was first seen in, and how many
// resources of it there are.
type TypeCount struct {
	Type  string
	Count int
}

// Len returns the number of resources, children taken out of parents included.
func (inv *Inventory) Len() int { return len(inv.all) }

// All yields every resource in the order of keys.
func (inv *Inventory) All() iter.Seq[*resource.Resource] { return slices.Values(inv.all) }

// Records yields the resources that were read as records of their own, leaving
// out those that were only found inside the body of their parent.
func (inv *Inventory) Records() iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		for i, r := range inv.all {
			if !inv.nested[i] && !yield(r) {
				return
			}
		}
	}
}

// Nested tells whether a resource was only found inside the body of its parent.
func (inv *Inventory) Nested(id resource.ID) bool {
	i, ok := inv.byKey[id.Key()]
	return ok && inv.nested[i]
}

// Get returns the resource of an id.
func (inv *Inventory) Get(id resource.ID) (*resource.Resource, bool) {
	return inv.ByKey(id.Key())
}

// ByKey returns the resource whose id has a key ([resource.ID.Key]).
func (inv *Inventory) ByKey(key string) (*resource.Resource, bool) {
	i, ok := inv.byKey[key]
	if !ok {
		return nil, false
	}
	return inv.all[i], true
}

// Lookup returns the resource of an id as a person or a property wrote it, in
// any casing, with or without a slash at the end.
func (inv *Inventory) Lookup(id string) (*resource.Resource, bool) {
	if len(id) > 1 {
		id = strings.TrimRight(id, "/")
	}
	return inv.ByKey(strings.ToLower(id))
}

// Types returns every type with its count, ordered by name without regard to case.
func (inv *Inventory) Types() []TypeCount { return slices.Clone(inv.types) }

// Count returns the number of resources of a type.
func (inv *Inventory) Count(typ string) int { return len(inv.byType[strings.ToLower(typ)]) }

// OfType yields the resources of a type, in the order of keys.
func (inv *Inventory) OfType(typ string) iter.Seq[*resource.Resource] {
	return inv.pick(inv.byType[strings.ToLower(typ)])
}

// Children yields the direct children of an id: child resources, extension
// resources, the resources of a resource group, the resource groups of a
// subscription. The children of a management group are its extension
// resources; ask [Inventory.MembersOf] for the groups and subscriptions in it.
func (inv *Inventory) Children(id resource.ID) iter.Seq[*resource.Resource] {
	return inv.pick(inv.children[id.Key()])
}

// ChildrenOfType yields the direct children of an id that are of a type.
func (inv *Inventory) ChildrenOfType(id resource.ID, typ string) iter.Seq[*resource.Resource] {
	tk := strings.ToLower(typ)
	return func(yield func(*resource.Resource) bool) {
		for _, i := range inv.children[id.Key()] {
			if r := inv.all[i]; len(r.Type) == len(typ) && r.TypeKey() == tk && !yield(r) {
				return
			}
		}
	}
}

// Under yields the resources of a type at or below a scope, which may be a
// management group (everything in the groups and subscriptions below it), a
// resource (its children and extensions at any depth) or the tenant. An empty
// type means every type.
func (inv *Inventory) Under(scope resource.ID, typ string) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		if scope.IsZero() {
			return
		}
		if scope.Level() == resource.LevelTenant {
			if typ == "" {
				inv.All()(yield)
			} else {
				inv.OfType(typ)(yield)
			}
			return
		}
		keys := []string{scope.Key()}
		if scope.Level() == resource.LevelManagementGroup {
			keys = inv.tree.below(scope.Key())
		}
		for _, key := range keys {
			for r := range inv.underKey(key, typ) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// underKey yields the resource of key and those whose keys begin with it and a slash.
func (inv *Inventory) underKey(key, typ string) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		var list []int32
		if typ != "" {
			if list = inv.byType[strings.ToLower(typ)]; len(list) == 0 {
				return
			}
		}
		if i, ok := inv.byKey[key]; ok {
			if r := inv.all[i]; (typ == "" || strings.EqualFold(r.Type, typ)) && !yield(r) {
				return
			}
		}
		if typ == "" {
			lo := sort.Search(len(inv.all), func(i int) bool { return compareChild(inv.all[i].ID.Key(), key) >= 0 })
			for _, r := range inv.all[lo:] {
				if compareChild(r.ID.Key(), key) > 0 || !yield(r) {
					return
				}
			}
			return
		}
		from := sort.Search(len(list), func(i int) bool { return compareChild(inv.all[list[i]].ID.Key(), key) >= 0 })
		for _, i := range list[from:] {
			if r := inv.all[i]; compareChild(r.ID.Key(), key) > 0 || !yield(r) {
				return
			}
		}
	}
}

// compareChild places a key before, among or after those that begin with
// parent and a slash, in the order of keys.
func compareChild(key, parent string) int {
	n := len(parent)
	if len(key) <= n {
		if c := strings.Compare(key, parent[:len(key)]); c != 0 {
			return c
		}
		return -1
	}
	if c := strings.Compare(key[:n], parent); c != 0 {
		return c
	}
	switch {
	case key[n] < '/':
		return -1
	case key[n] > '/':
		return 1
	}
	return 0
}

func (inv *Inventory) pick(list []int32) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		for _, i := range list {
			if !yield(inv.all[i]) {
				return
			}
		}
	}
}

// Manifest returns what was asked for and what came of it.
func (inv *Inventory) Manifest() *Manifest {
	if inv.manifest == nil {
		return &Manifest{}
	}
	return inv.manifest
}

// Diagnostics returns what there was to say while the inventory was built.
func (inv *Inventory) Diagnostics() diag.List { return slices.Clone(inv.diags) }
