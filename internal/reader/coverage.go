package reader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// What a plain file says of what it does not hold is nothing; so the manifest
// has to take it at its word: a file that holds resources of a type in a
// subscription is taken to hold all of them, as the commands that write such
// files list by subscription, unless a file of the run is damaged, it says that
// it goes on, it is one resource alone (`az ... show`), or it holds what is only
// listed within a parent. Recorded calls
// and snapshots say what was asked for, and a manifest beside files does for
// those.

// holdings is what one text holds, for the manifest.
type holdings struct {
	types    map[exportKey]*export
	parents  map[exportKey]*parents
	children map[exportKey]map[string]bool // keys of the types of the parents that children of a type came in
}

type exportKey struct{ scope, typ string } // both to compare by

// export is what the texts of a run hold of a type in a subscription, or of a
// collection of Microsoft Graph.
type export struct {
	typ, scope string
	count      int
	rich       bool   // some had properties
	direct     bool   // some came by themselves and not within a parent
	single     bool   // only objects that were asked for one by one
	why        string // why these are not all
	sources    []string
	parents    []*parents // types of parents that they came in
}

// parents counts the resources of a type in a subscription and names those
// that were exported with the list of their children.
type parents struct {
	typ   string
	total int
	with  []string
}

func keyOf(r *resource.Resource) (k exportKey, scope string) {
	scope = "/"
	if s := r.ID.Subscription(); s != "" {
		scope = "/subscriptions/" + s
	}
	return exportKey{strings.ToLower(scope), r.TypeKey()}, scope
}

func (h *holdings) at(k exportKey, typ, scope string) *export {
	if h.types == nil {
		h.types = make(map[exportKey]*export)
	}
	e := h.types[k]
	if e == nil {
		e = &export{typ: typ, scope: scope}
		h.types[k] = e
	}
	return e
}

// add counts a resource.
func (h *holdings) add(r *resource.Resource, nested bool) {
	k, scope := keyOf(r)
	e := h.at(k, r.Type, scope)
	e.count++
	e.rich = e.rich || r.IsGraph() || r.ID.Level() != resource.LevelResource || r.Properties().Exists()
	e.direct = e.direct || !nested
	if r.ID.Level() == resource.LevelResource && !r.IsGraph() {
		h.parent(k, r.Type).total++
	}
}

func (h *holdings) parent(k exportKey, typ string) *parents {
	if h.parents == nil {
		h.parents = make(map[exportKey]*parents)
	}
	p := h.parents[k]
	if p == nil {
		p = &parents{typ: typ}
		h.parents[k] = p
	}
	return p
}

// exported notes that a resource came with the list of its children.
func (h *holdings) exported(r *resource.Resource) {
	k, _ := keyOf(r)
	p := h.parent(k, r.Type)
	p.with = append(p.with, r.ID.String())
}

// child notes that children of a type came in the list of a parent.
func (h *holdings) child(parent *resource.Resource, typ string) {
	if typ == "" {
		return
	}
	pk, _ := keyOf(parent)
	if h.children == nil {
		h.children = make(map[exportKey]map[string]bool)
	}
	k := exportKey{pk.scope, strings.ToLower(typ)}
	if h.children[k] == nil {
		h.children[k] = make(map[string]bool)
	}
	h.children[k][pk.typ] = true
}

// partial notes that a list of resources goes on elsewhere.
func (h *holdings) partial(added []*resource.Resource, why string) {
	for _, r := range added {
		k, scope := keyOf(r)
		h.at(k, r.Type, scope).why = why
	}
}

// collection notes that a list of Microsoft Graph was read, be it empty.
func (h *holdings) collection(name, why string, single bool) {
	typ := graphPrefix + name
	e := h.at(exportKey{"/", strings.ToLower(typ)}, typ, "/")
	e.rich, e.direct = true, true
	e.single = single && (e.single || e.count == 0)
	if why != "" {
		e.why = why
	}
}

// cover hands what a text held on to the run.
func (f *fileRun) cover() {
	for k, e := range f.held.types {
		if !e.rich {
			continue
		}
		if f.lone && f.lists == 0 {
			e.single = true
		}
		if f.damaged != "" && e.why == "" {
			e.why = fmt.Sprintf("%s could not be read whole: %s", f.name, f.damaged)
		}
		for pk := range f.held.children[k] {
			if p := f.held.parents[exportKey{k.scope, pk}]; p != nil && !e.direct {
				e.parents = append(e.parents, p)
			}
		}
		e.sources = []string{f.name}
		all := f.exports[k]
		if all == nil {
			f.exports[k] = e
			continue
		}
		all.count += e.count
		all.direct = all.direct || e.direct
		all.single = all.single && e.single
		all.sources = append(all.sources, f.name)
		all.parents = append(all.parents, e.parents...)
		if all.why == "" {
			all.why = e.why
		}
	}
}

// coverExports says in the manifest what plain files hold.
func (rd *run) coverExports() {
	for k, e := range rd.exports {
		if rd.stated != nil && !slices.ContainsFunc(e.sources, func(s string) bool { return !rd.stated[folder(s)] }) {
			continue // a manifest speaks for these files
		}
		out := inventory.Entry{Type: e.typ, Scope: e.scope, State: inventory.Complete, Count: e.count}
		if len(e.sources) == 1 {
			out.Source = e.sources[0]
		}
		switch {
		case e.why != "":
			out.State, out.Reason = inventory.Partial, e.why
		case rd.broken != "":
			out.State, out.Reason = inventory.Partial, rd.broken+" could not be read whole and may hold more of them"
		case e.single && !oneOfAKind(k.typ):
			out.State, out.Reason = inventory.Partial, notListed
			rd.coverParents(e, out)
		case !e.direct:
			total, with := 0, 0
			for _, p := range e.parents {
				total, with = total+p.total, with+len(p.with)
			}
			if with < total {
				out.State = inventory.Partial
				out.Reason = fmt.Sprintf("%d of %d %s came with the list of what is in them", with, total, e.parents[0].typ)
				rd.coverParents(e, out)
			}
		}
		rd.b.Cover(out)
	}
}

// coverParents says that the parents which came with the list of their
// children came with all of those.
func (rd *run) coverParents(e *export, as inventory.Entry) {
	as.State, as.Reason, as.Count = inventory.Complete, "", 0
	for _, p := range e.parents {
		for _, id := range p.with {
			as.Scope = id
			rd.b.Cover(as)
		}
	}
}

// ownerCoverage is what is known of lists that Microsoft Graph gives owner by
// owner, by type and collection of the owners.
type ownerCoverage map[ownerKey]*owners

type ownerKey struct{ typ, owners, path string }

type owners struct {
	answered map[string]bool
	count    int
	state    inventory.State // the worst, of those that were not answered
	why      string
	source   string
}

func (oc *ownerCoverage) note(a *request, e inventory.Entry) {
	if *oc == nil {
		*oc = make(ownerCoverage)
	}
	k := ownerKey{e.Type, a.owner.Type(), strings.ToLower(a.path[strings.LastIndexByte(a.path, '/')+1:])}
	o := (*oc)[k]
	if o == nil {
		o = &owners{answered: make(map[string]bool), source: e.Source}
		(*oc)[k] = o
	}
	o.count += e.Count
	if e.State == inventory.Complete {
		o.answered[a.owner.Key()] = true
		return
	}
	o.state, o.why = e.State, e.Reason
}

// coverOwners says in the manifest whether every owner was asked.
func (rd *run) coverOwners() {
	for k, o := range rd.perOwner {
		total := rd.graph[strings.ToLower(k.owners)]
		e := inventory.Entry{Type: k.typ, Scope: "/", State: inventory.Complete, Count: o.count, Source: o.source}
		name := strings.TrimPrefix(k.owners, graphPrefix)
		switch {
		case len(o.answered) == 0:
			e.State, e.Reason = o.state, o.why
		case o.why != "":
			e.State, e.Reason = inventory.Partial, fmt.Sprintf("%d of %d %s answered: %s", len(o.answered), total, name, o.why)
		case total == 0:
			e.State, e.Reason = inventory.Partial, fmt.Sprintf("%d %s were asked, of how many is not known", len(o.answered), name)
		case len(o.answered) < total:
			e.State, e.Reason = inventory.Partial, fmt.Sprintf("%d of %d %s were asked", len(o.answered), total, name)
		}
		rd.b.Cover(e)
	}
}
