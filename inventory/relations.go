package inventory

import (
	"iter"
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// references are the edges between resources: from the one whose body holds an
// id to the one that has it. They are built when first asked for.
type references struct {
	out, in edges
}

// edges is a list of neighbors for every index: those of i are
// to[start[i]:start[i+1]], ascending and without repeats.
type edges struct {
	start []int32
	to    []int32
}

func (e *edges) of(i int32) []int32 { return e.to[e.start[i]:e.start[i+1]] }

type edge struct{ from, to int32 }

func newEdges(n int, list []edge) edges {
	slices.SortFunc(list, func(a, b edge) int {
		if a.from != b.from {
			return int(a.from) - int(b.from)
		}
		return int(a.to) - int(b.to)
	})
	list = slices.Compact(list)
	e := edges{start: make([]int32, n+1), to: make([]int32, len(list))}
	for i, x := range list {
		e.start[x.from+1]++
		e.to[i] = x.to
	}
	for i := range n {
		e.start[i+1] += e.start[i]
	}
	return e
}

func (inv *Inventory) edges() *references {
	inv.refsOnce.Do(func() {
		var list []edge
		for i, r := range inv.all {
			if r.IsGraph() {
				continue // directory objects name each other by bare ids
			}
			inv.findRefs(r.Body, func(to int32) {
				if to != int32(i) {
					list = append(list, edge{int32(i), to})
				}
			})
		}
		inv.refs.out = newEdges(len(inv.all), list)
		for k := range list {
			list[k].from, list[k].to = list[k].to, list[k].from
		}
		inv.refs.in = newEdges(len(inv.all), list)
	})
	return inv.refs
}

// findRefs calls f with every resource of the inventory whose id stands
// somewhere in v as a whole string. Derived facts are passed over.
func (inv *Inventory) findRefs(v jsondoc.Value, f func(int32)) {
	switch v.Kind() {
	case jsondoc.String:
		s, _ := v.Text()
		if len(s) < 16 || s[0] != '/' || len(s) > resource.MaxIDLength {
			return
		}
		if to, ok := inv.byKey[strings.ToLower(strings.TrimRight(s, "/"))]; ok {
			// A scope is named by much that does not belong to it (role assignments, policies).
			if inv.all[to].ID.Level() == resource.LevelResource {
				f(to)
			}
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			inv.findRefs(e, f)
		}
	case jsondoc.Object:
		for name, e := range v.Members() {
			if name != resource.Facts {
				inv.findRefs(e, f)
			}
		}
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
}

// References yields the resources whose ids stand in the body of a resource,
// those of a type where typ is not empty.
func (inv *Inventory) References(id resource.ID, typ string) iter.Seq[*resource.Resource] {
	return inv.neighbors(id, typ, true, false)
}

// ReferencedBy yields the resources whose bodies hold the id of a resource,
// those of a type where typ is not empty.
func (inv *Inventory) ReferencedBy(id resource.ID, typ string) iter.Seq[*resource.Resource] {
	return inv.neighbors(id, typ, false, true)
}

// Related yields the resources of a type that a resource refers to or is
// referred to by, and its own child and extension resources of that type. It
// answers, among others:
//
//	network interface <-> virtual machine, network security group, public IP address, subnet
//	subnet <-> network security group, route table
//	private endpoint <-> the resource it leads to
//	disk <-> virtual machine
//	resource -> its diagnostic settings, locks and role assignments
//
// An empty type means every type. Whether all of them were read is another
// question: see [Inventory.Coverage].
func (inv *Inventory) Related(id resource.ID, typ string) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		seen := make(map[*resource.Resource]bool)
		for r := range inv.neighbors(id, typ, true, true) {
			seen[r] = true
			if !yield(r) {
				return
			}
		}
		for r := range inv.Children(id) {
			if (typ == "" || strings.EqualFold(r.Type, typ)) && !seen[r] && !yield(r) {
				return
			}
		}
	}
}

func (inv *Inventory) neighbors(id resource.ID, typ string, out, in bool) iter.Seq[*resource.Resource] {
	return func(yield func(*resource.Resource) bool) {
		at, ok := inv.byKey[id.Key()]
		if !ok {
			return
		}
		e := inv.edges()
		var list []int32
		if out {
			list = append(list, e.out.of(at)...)
		}
		if in {
			list = append(list, e.in.of(at)...)
		}
		slices.Sort(list)
		for _, i := range slices.Compact(list) {
			if r := inv.all[i]; (typ == "" || strings.EqualFold(r.Type, typ)) && !yield(r) {
				return
			}
		}
	}
}
