package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Codes of the diagnostics of this package.
const (
	CodeDuplicate = "INV0001" // an id stands twice; the first record was kept
	CodeNoOwner   = "INV0002" // members were read of an object that was not
	CodeCycle     = "INV0003" // management groups that contain each other
)

// Builder collects records and coverage. It is not safe for use by several
// goroutines at once. The zero Builder is not ready; call [NewBuilder].
type Builder struct {
	records  []*resource.Resource
	byKey    map[string]int32
	manifest []Entry
	attached map[string][]attachment
	diags    diag.List

	duplicates map[string]int // by file
}

// maxDuplicates is how many duplicates of one file are told one by one.
const maxDuplicates = 20

type attachment struct {
	member   string
	elements []jsondoc.Value
	from     resource.Origin
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder {
	return &Builder{byKey: make(map[string]int32), attached: make(map[string][]attachment)}
}

// Len returns the number of records taken so far.
func (b *Builder) Len() int { return len(b.records) }

// Has tells whether a record of this id was taken.
func (b *Builder) Has(id resource.ID) bool {
	_, ok := b.byKey[id.Key()]
	return ok
}

// Add takes a record and tells whether it was kept. Of several records of one
// id the first wins, with a diagnostic of code [CodeDuplicate]; but a record
// that has properties replaces one that has none (`az resource list` lists
// resources without them), and a copy that says the same is passed over in
// silence.
func (b *Builder) Add(r *resource.Resource) bool {
	i, ok := b.byKey[r.ID.Key()]
	if !ok {
		b.byKey[r.ID.Key()] = int32(len(b.records))
		b.records = append(b.records, r)
		return true
	}
	old := b.records[i]
	switch {
	case poor(old) && !poor(r):
		b.records[i] = r
		return true
	case poor(r) && !poor(old), jsondoc.Equal(old.Body, r.Body):
		return false
	}
	if b.duplicates == nil {
		b.duplicates = make(map[string]int)
	}
	if b.duplicates[r.From.File]++; b.duplicates[r.From.File] > maxDuplicates {
		return false
	}
	b.diags.Add(diag.Diagnostic{
		Code: CodeDuplicate, Severity: diag.Warning, Source: r.From.File, Pos: r.From.Pos,
		Span:    diag.Span{Start: int(r.From.Offset), End: int(r.From.Offset)},
		Message: fmt.Sprintf("%s was read before, from %s, and says something else here; the first was kept", r.ID, place(old.From)),
	})
	return false
}

func place(o resource.Origin) string {
	if o.File == "" {
		return "another source"
	}
	if o.Pos.Line > 0 {
		return fmt.Sprintf("%s:%d:%d", o.File, o.Pos.Line, o.Pos.Column)
	}
	return fmt.Sprintf("%s at byte %d", o.File, o.Offset)
}

// poor tells whether the record is one of an ARM list without properties.
func poor(r *resource.Resource) bool { return !r.IsGraph() && hasOnlyEnvelope(r.Body) }

// Attach appends elements to an array member of a record's body: the members
// of a group that were read in a call of their own. The record may be added
// before or after; where it never is, [CodeNoOwner] says so. Attaching nothing
// makes an empty array, which says that the object has no such members.
func (b *Builder) Attach(id resource.ID, member string, from resource.Origin, elements ...jsondoc.Value) {
	list := b.attached[id.Key()]
	for i := range list {
		if strings.EqualFold(list[i].member, member) {
			list[i].elements = append(list[i].elements, elements...)
			return
		}
	}
	b.attached[id.Key()] = append(list, attachment{member, slices.Clone(elements), from})
}

// Cover adds an entry to the manifest.
func (b *Builder) Cover(e Entry) { b.manifest = append(b.manifest, e) }

// Report adds a diagnostic of a reader or a collector.
func (b *Builder) Report(d diag.Diagnostic) { b.diags.Add(d) }

// Build makes the inventory. The builder must not be used afterwards.
func (b *Builder) Build() *Inventory {
	b.attach()
	for _, file := range slices.Sorted(maps.Keys(b.duplicates)) {
		if n := b.duplicates[file] - maxDuplicates; n > 0 {
			b.diags.Add(diag.Diagnostic{
				Code: CodeDuplicate, Severity: diag.Warning, Source: file,
				Message: fmt.Sprintf("%d more resources were read before and say something else here; the first of each was kept", n),
			})
		}
	}
	own := len(b.records)
	nested := make([]bool, own)
	for i := range own {
		nested = b.explode(b.records[i], nested, 0)
	}
	order := make([]int32, len(b.records))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int {
		return strings.Compare(b.records[x].ID.Key(), b.records[y].ID.Key())
	})
	inv := &Inventory{
		all:      make([]*resource.Resource, len(order)),
		nested:   make([]bool, len(order)),
		byKey:    b.byKey,
		byType:   make(map[string][]int32),
		children: make(map[string][]int32),
		refsOnce: new(sync.Once),
		refs:     new(references),
	}
	typeKeys := make(map[string]string) // spelling to key, so that each spelling is folded once
	first := make(map[string]string)    // key to the spelling shown
	for at, i := range order {
		r := b.records[i]
		inv.all[at], inv.nested[at] = r, nested[i]
		inv.byKey[r.ID.Key()] = int32(at)
		tk, ok := typeKeys[r.Type]
		if !ok {
			tk = r.TypeKey()
			typeKeys[r.Type] = tk
			if old, ok := first[tk]; !ok || old == tk { // a spelling with capitals is the better one to show
				first[tk] = r.Type
			}
		}
		inv.byType[tk] = append(inv.byType[tk], int32(at))
		if pk := r.ID.ParentKey(); pk != "" && !r.IsGraph() {
			inv.children[pk] = append(inv.children[pk], int32(at))
		}
	}
	for tk, list := range inv.byType {
		inv.types = append(inv.types, TypeCount{first[tk], len(list)})
	}
	slices.SortFunc(inv.types, func(x, y TypeCount) int {
		return strings.Compare(strings.ToLower(x.Type), strings.ToLower(y.Type))
	})
	inv.tree = newTree(inv, &b.diags)
	inv.manifest = newManifest(b.manifest)
	inv.diags = b.diags
	return inv
}

func (b *Builder) attach() {
	keys := make([]string, 0, len(b.attached))
	for key := range b.attached {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		i, ok := b.byKey[key]
		for _, a := range b.attached[key] {
			if !ok {
				b.diags.Add(diag.Diagnostic{
					Code: CodeNoOwner, Severity: diag.Warning, Source: a.from.File,
					Span:    diag.Span{Start: int(a.from.Offset), End: int(a.from.Offset)},
					Message: fmt.Sprintf("%q of %s were read but the object itself was not", a.member, key),
				})
				continue
			}
			r := *b.records[i]
			r.Body = r.Body.With(a.member, union(r.Body.Get(a.member), a.elements))
			b.records[i] = &r
		}
	}
	b.attached = nil
}

// union appends to an array the elements that it does not have yet, by id.
func union(old jsondoc.Value, more []jsondoc.Value) jsondoc.Value {
	seen := make(map[string]bool, old.Len()+len(more))
	var out []jsondoc.Value
	take := func(v jsondoc.Value) {
		if id, ok := v.Get("id").Text(); ok {
			if id = strings.ToLower(id); seen[id] {
				return
			}
			seen[id] = true
		}
		out = append(out, v)
	}
	for _, v := range old.Elements() {
		take(v)
	}
	for _, v := range more {
		take(v)
	}
	return jsondoc.NewArray(out...)
}
