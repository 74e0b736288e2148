package inventory

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// maxGroupDepth bounds the tree of management groups. Azure allows six levels
// below the root.
const maxGroupDepth = 32

const groupPrefix = "/providers/microsoft.management/managementgroups/"

// tree is the part of the scope tree that ids do not show: which management
// group holds which subscription or management group.
type tree struct {
	parent map[string]string   // key of a subscription or management group to the key of its management group
	kids   map[string][]string // the other way, sorted
	subs   []string            // keys of every subscription, known by a record or by what is in it; sorted
}

// newTree reads management groups as ARM describes them: the details and
// children of a group, the entries of its descendants and of getEntities, and
// the chain of ancestors that Resource Graph gives with a subscription.
func newTree(inv *Inventory, diags *diag.List) *tree {
	t := &tree{parent: make(map[string]string), kids: make(map[string][]string)}
	for r := range inv.OfType(resource.TypeManagementGroup) {
		t.readGroup(r.ID.Key(), r.Body, 0)
	}
	for r := range inv.OfType("Microsoft.Management/managementGroups/subscriptions") {
		t.put(subscriptionKey(r.ID.Name()), groupKey(r.Properties().Path("parent", "id").TextOr(r.ID.ParentKey())))
	}
	subs := make(map[string]bool)
	for r := range inv.OfType(resource.TypeSubscription) {
		key := r.ID.Key()
		subs[key] = true
		t.put(key, groupKey(r.Properties().Path("parent", "id").TextOr("")))
		chain := r.Properties().Get("managementGroupAncestorsChain")
		for _, g := range chain.Elements() {
			up := groupKey(g.Get("name").TextOr(""))
			t.put(key, up)
			key = up
		}
	}
	for i := 0; i < len(inv.all); {
		key := inv.all[i].ID.Key()
		rest, ok := strings.CutPrefix(key, "/subscriptions/")
		if !ok {
			i++
			continue
		}
		s, _, _ := strings.Cut(rest, "/")
		subs["/subscriptions/"+s] = true
		// The keys are sorted: pass over the rest of this subscription.
		next, _ := slices.BinarySearchFunc(inv.all[i:], "/subscriptions/"+s+"0", func(r *resource.Resource, k string) int {
			return strings.Compare(r.ID.Key(), k)
		})
		i += max(next, 1)
	}
	for s := range subs {
		t.subs = append(t.subs, s)
	}
	slices.Sort(t.subs)
	t.cut(diags)
	for c, p := range t.parent {
		t.kids[p] = append(t.kids[p], c)
	}
	for _, list := range t.kids {
		slices.Sort(list)
	}
	return t
}

func (t *tree) readGroup(key string, body jsondoc.Value, depth int) {
	if depth > maxGroupDepth {
		return
	}
	props := body.Get("properties")
	t.put(key, groupKey(props.Path("details", "parent", "id").TextOr("")))
	t.put(key, groupKey(props.Path("parent", "id").TextOr("")))
	kids := props.Get("children")
	if !kids.Exists() {
		kids = body.Get("children") // below the first level ARM leaves "properties" out
	}
	for _, c := range kids.Elements() {
		id := c.Get("id").TextOr("")
		ck := strings.ToLower(strings.TrimRight(id, "/"))
		switch {
		case strings.HasPrefix(ck, "/subscriptions/"):
			t.put(ck, key)
		case strings.HasPrefix(ck, groupPrefix):
			t.put(ck, key)
			t.readGroup(ck, c, depth+1)
		}
	}
}

// put notes a parent; the first that is named stays.
func (t *tree) put(child, parent string) {
	if child == "" || parent == "" || child == parent {
		return
	}
	if _, ok := t.parent[child]; !ok {
		t.parent[child] = parent
	}
}

func subscriptionKey(name string) string {
	name = strings.ToLower(name)
	if name == "" || strings.HasPrefix(name, "/subscriptions/") {
		return name
	}
	return "/subscriptions/" + name
}

// groupKey turns a management group's id or name into its key.
func groupKey(s string) string {
	s = strings.ToLower(strings.TrimRight(s, "/"))
	if s == "" || strings.HasPrefix(s, groupPrefix) {
		return s
	}
	if strings.Contains(s, "/") {
		return ""
	}
	return groupPrefix + s
}

// cut removes the edges that close a circle, which no real tenant has.
func (t *tree) cut(diags *diag.List) {
	keys := make([]string, 0, len(t.parent))
	for c := range t.parent {
		keys = append(keys, c)
	}
	slices.Sort(keys)
	done := make(map[string]bool, len(keys))
	for _, c := range keys {
		seen := map[string]bool{}
		var path []string
		for k := c; k != "" && !done[k]; k = t.parent[k] {
			if seen[k] {
				diags.Add(diag.Diagnostic{Code: CodeCycle, Severity: diag.Warning, Message: "management groups contain each other: " + k})
				delete(t.parent, path[len(path)-1])
				break
			}
			seen[k] = true
			path = append(path, k)
		}
		for _, k := range path {
			done[k] = true
		}
	}
}

// below returns the key of a management group and of every group and
// subscription in it, parents first.
func (t *tree) below(key string) []string {
	out := []string{key}
	if t == nil {
		return out
	}
	for i := 0; i < len(out); i++ {
		out = append(out, t.kids[out[i]]...)
	}
	return out
}

// up returns the key of the scope that holds the scope of key, "" above the tenant.
func (t *tree) up(key string) string {
	if key == "/" || key == "" {
		return ""
	}
	if t != nil {
		if p, ok := t.parent[key]; ok {
			return p
		}
	}
	return "/"
}

// Ancestors returns the scopes that a resource stands in, the nearest first:
// parent resources, resource group, subscription, management groups as far as
// they are known, and the tenant. The id itself is not among them. Scopes are
// ids; their records need not have been read.
func (inv *Inventory) Ancestors(id resource.ID) []resource.ID {
	var out []resource.ID
	for {
		var next resource.ID
		switch id.Level() {
		case resource.LevelSubscription, resource.LevelManagementGroup:
			p, err := resource.ParseID(inv.tree.upOrRoot(id.Key()))
			if err != nil {
				return out
			}
			next = p
			if r, ok := inv.Get(next); ok {
				next = r.ID // in the spelling of its record
			}
		default:
			p, ok := id.Parent()
			if !ok {
				return out
			}
			next = p
		}
		out = append(out, next)
		if next.Level() == resource.LevelTenant || len(out) > resource.MaxIDSegments+maxGroupDepth {
			return out
		}
		id = next
	}
}

func (t *tree) upOrRoot(key string) string {
	if p := t.up(key); p != "" {
		return p
	}
	return "/"
}

// Within tells whether id is scope or stands in it, management groups included.
func (inv *Inventory) Within(id, scope resource.ID) bool {
	if id.Within(scope) {
		return true
	}
	if scope.Level() != resource.LevelManagementGroup {
		return false
	}
	for key, n := inv.topKey(id), 0; key != "" && key != "/" && n <= maxGroupDepth; key, n = inv.tree.up(key), n+1 {
		if key == scope.Key() {
			return true
		}
	}
	return false
}

// topKey returns the key of the subscription or management group that an id
// stands in by its own text, or "".
func (inv *Inventory) topKey(id resource.ID) string {
	key := id.Key()
	for _, prefix := range []string{"/subscriptions/", groupPrefix} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			name, _, _ := strings.Cut(rest, "/")
			return prefix + name
		}
	}
	return ""
}

// ManagementGroup returns the management group that directly holds a
// subscription or a management group, where that is known.
func (inv *Inventory) ManagementGroup(id resource.ID) (resource.ID, bool) {
	if inv.tree == nil {
		return resource.ID{}, false
	}
	return inv.scopeID(inv.tree.parent[id.Key()])
}

// MembersOf returns the management groups and subscriptions directly in a
// management group, ordered by key.
func (inv *Inventory) MembersOf(group resource.ID) []resource.ID {
	if inv.tree == nil {
		return nil
	}
	return inv.scopeIDs(inv.tree.kids[group.Key()])
}

// Subscriptions returns every subscription that there is a record of, or of
// anything in it, ordered by key.
func (inv *Inventory) Subscriptions() []resource.ID {
	if inv.tree == nil {
		return nil
	}
	return inv.scopeIDs(inv.tree.subs)
}

func (inv *Inventory) scopeIDs(keys []string) []resource.ID {
	var out []resource.ID
	for _, k := range keys {
		if id, ok := inv.scopeID(k); ok {
			out = append(out, id)
		}
	}
	return out
}

func (inv *Inventory) scopeID(key string) (resource.ID, bool) {
	if key == "" {
		return resource.ID{}, false
	}
	if r, ok := inv.ByKey(key); ok {
		return r.ID, true
	}
	id, err := resource.ParseID(key)
	return id, err == nil
}
