package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Diff is what became of a tenant between two readings of it.
type Diff struct {
	Added   []Ref    `json:"added"`
	Removed []Ref    `json:"removed"`
	Changed []Change `json:"changed"`

	// Resources that are in one of the two only, where the other one did not
	// read all of their type: whether they came or went is not known.
	Unknown []Ref `json:"unknown"`
}

// Ref names a resource.
type Ref struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Reason string `json:"reason,omitempty"` // why nothing certain can be said
}

// Change is a resource that is another now.
type Change struct {
	Ref

	Paths []PathChange `json:"paths"`
}

// PathChange is one place in a resource. A missing value is absent.
type PathChange struct {
	Path   string         `json:"path"`
	Before *jsondoc.Value `json:"before,omitempty"`
	After  *jsondoc.Value `json:"after,omitempty"`
}

// maxPaths is how many changed places of one resource are listed.
const maxPaths = 200

// Compare tells what changed from one reading to the next. Members that change
// by themselves (etag, systemData) are left out.
func Compare(before, after *inventory.Inventory) Diff {
	d := Diff{Added: []Ref{}, Removed: []Ref{}, Changed: []Change{}, Unknown: []Ref{}}
	known := map[string]inventory.Coverage{}
	for r := range before.Records() {
		now, ok := after.Get(r.ID)
		if !ok {
			d.gone(r, after, known, "2\x00", &d.Removed, "the later reading")
			continue
		}
		c := Change{Ref: Ref{ID: r.ID.String(), Type: r.Type}}
		c.walk("", r.Body, now.Body, 0)
		if len(c.Paths) > 0 {
			d.Changed = append(d.Changed, c)
		}
	}
	for r := range after.Records() {
		if _, ok := before.Get(r.ID); !ok {
			d.gone(r, before, known, "1\x00", &d.Added, "the earlier reading")
		}
	}
	return d
}

// gone files a resource that other lacks.
func (d *Diff) gone(r *resource.Resource, other *inventory.Inventory, known map[string]inventory.Coverage, which string, to *[]Ref, name string) {
	scope := r.ID.Scope()
	if r.IsGraph() {
		scope, _ = resource.ParseID("/")
	}
	if p, ok := r.ID.Parent(); ok && !r.IsGraph() {
		scope = p
	}
	k := which + r.TypeKey() + "\x00" + scope.Key()
	c, ok := known[k]
	if !ok {
		c = other.Coverage(r.Type, scope)
		known[k] = c
	}
	ref := Ref{ID: r.ID.String(), Type: r.Type}
	if c.Complete() {
		*to = append(*to, ref)
		return
	}
	ref.Reason = "not in " + name
	if c.Reason != "" {
		ref.Reason += ": " + c.Reason
	}
	d.Unknown = append(d.Unknown, ref)
}

func (c *Change) add(path string, before, after jsondoc.Value) {
	if len(c.Paths) >= maxPaths {
		return
	}
	p := PathChange{Path: path}
	if before.Exists() {
		p.Before = &before
	}
	if after.Exists() {
		p.After = &after
	}
	c.Paths = append(c.Paths, p)
}

// restless are members that change without anybody's doing.
func restless(name string) bool {
	switch strings.ToLower(name) {
	case "etag", "systemdata", "changedtime", "@odata.etag":
		return true
	}
	return false
}

func (c *Change) walk(path string, a, b jsondoc.Value, depth int) {
	switch {
	case depth > jsondoc.MaxDepth || jsondoc.Equal(a, b):
	case a.Kind() == jsondoc.Object && b.Kind() == jsondoc.Object:
		for name, x := range a.Members() {
			if !restless(name) {
				c.walk(join(path, name), x, b.Get(name), depth+1)
			}
		}
		for name, y := range b.Members() {
			if !restless(name) && !a.Get(name).Exists() {
				c.add(join(path, name), jsondoc.Value{}, y)
			}
		}
	case a.Kind() == jsondoc.Array && b.Kind() == jsondoc.Array:
		c.elements(path, a, b, depth)
	case bothText(a, b) && strings.HasPrefix(textOf(a), "/") && strings.EqualFold(textOf(a), textOf(b)):
		// ids in another casing
	case path == "type" && bothText(a, b) && strings.EqualFold(textOf(a), textOf(b)):
		// Resource Graph spells types in lower case
	default:
		c.add(path, a, b)
	}
}

// elements compares arrays: of objects with an id or a name by those, of
// others by place.
func (c *Change) elements(path string, a, b jsondoc.Value, depth int) {
	ka, oka := keysOf(a)
	kb, okb := keysOf(b)
	if !oka || !okb || len(ka)+len(kb) == 0 {
		if scalars(a) && scalars(b) {
			c.add(path, a, b)
			return
		}
		for i := range max(a.Len(), b.Len()) {
			c.walk(fmt.Sprintf("%s[%d]", path, i), a.At(i), b.At(i), depth+1)
		}
		return
	}
	for i, k := range ka {
		y := jsondoc.Value{}
		if j := slices.Index(kb, k); j >= 0 {
			y = b.At(j)
		}
		c.walk(fmt.Sprintf("%s[%s]", path, last(k)), a.At(i), y, depth+1)
	}
	for j, k := range kb {
		if !slices.Contains(ka, k) {
			c.add(fmt.Sprintf("%s[%s]", path, last(k)), jsondoc.Value{}, b.At(j))
		}
	}
}

// keysOf returns what tells the elements of an array apart; ok is false where
// something lacks a key or two have the same.
func keysOf(v jsondoc.Value) (keys []string, ok bool) {
	for _, name := range []string{"id", "name"} {
		keys = keys[:0]
		seen := make(map[string]bool)
		for _, e := range v.Elements() {
			k, isText := e.Get(name).Text()
			if k = strings.ToLower(k); !isText || k == "" || seen[k] {
				break
			}
			seen[k] = true
			keys = append(keys, k)
		}
		if len(keys) == v.Len() {
			return keys, true
		}
	}
	return nil, false
}

func scalars(v jsondoc.Value) bool {
	for _, e := range v.Elements() {
		if e.Kind() == jsondoc.Object || e.Kind() == jsondoc.Array {
			return false
		}
	}
	return true
}

func last(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func textOf(v jsondoc.Value) string { return v.TextOr("") }

func bothText(a, b jsondoc.Value) bool {
	return a.Kind() == jsondoc.String && b.Kind() == jsondoc.String
}
