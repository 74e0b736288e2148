package reader

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// hasARMID tells whether v names itself by an id of ARM.
func hasARMID(v jsondoc.Value) bool {
	return strings.HasPrefix(textOf(v, "id"), "/") || strings.HasPrefix(textOf(v, "ResourceId"), "/")
}

// typeOf returns the full type that a body says it has, "" where it says none.
// Exporters write the extended resource's type for an extension resource and
// its own beside it.
func typeOf(v jsondoc.Value) string {
	for _, name := range []string{"ExtensionResourceType", "type", "ResourceType"} {
		if t := textOf(v, name); strings.Contains(strings.Trim(t, "/"), "/") {
			return t
		}
	}
	return ""
}

// armID returns the id of a body. Exporters write two, of which the one that
// fits the type is the better, and not always well formed ones.
func armID(v jsondoc.Value, typ string) (resource.ID, error) {
	var best resource.ID
	var first error
	for _, name := range []string{"id", "ResourceId"} {
		text := textOf(v, name)
		if text == "" {
			continue
		}
		for strings.Contains(text, "//") {
			text = strings.ReplaceAll(text, "//", "/")
		}
		id, err := resource.ParseID(text)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if best.IsZero() || typ != "" && !strings.EqualFold(best.Type(), typ) && strings.EqualFold(id.Type(), typ) {
			best = id
		}
	}
	if best.IsZero() {
		return best, first
	}
	return best, nil
}

// addARM takes an object with an id of ARM, and those in its "resources".
func (f *fileRun) addARM(v jsondoc.Value, at place, c *collection) {
	f.addBody(v, at, c, 0)
}

func (f *fileRun) addBody(v jsondoc.Value, at place, c *collection, depth int) {
	typ := typeOf(v)
	id, err := armID(v, typ)
	if err != nil {
		f.skip(diag.Warning, at, CodeBadID, err.Error(), "")
		f.values++
		return
	}
	if id.String() != v.Get("id").TextOr("") {
		v = v.With("id", jsondoc.NewString(id.String()))
	}
	if typ != "" && strings.Contains(strings.ToLower(typ), "providers/") {
		typ = strings.TrimPrefix(typ, "/")
		typ = typ[len("providers/"):]
	}
	v = withProperties(v, id)
	r, err := resource.New(v, typ, f.origin(at))
	if err != nil {
		f.skip(diag.Warning, at, CodeBadID, err.Error(), "")
		return
	}
	f.add(r, c, depth > 0)
	f.nested(r, at, c, depth)
}

// add takes a record: at once, or at the end of the recorded session it is of.
func (f *fileRun) add(r *resource.Resource, c *collection, nested bool) {
	f.values++
	if c != nil && c.asked != nil {
		f.session.put(r, !c.single)
		return
	}
	if c != nil {
		c.added = append(c.added, r)
	}
	f.keep(r)
	f.held.add(r, nested)
}

// keep gives a record to the inventory.
func (rd *run) keep(r *resource.Resource) {
	if rd.b.Add(r) && r.IsGraph() {
		rd.graph[r.TypeKey()]++
	}
}

// nested takes the children that an exporter wrote into "resources". They may
// lack an id, in which case their type and name under the parent make it.
func (f *fileRun) nested(parent *resource.Resource, at place, c *collection, depth int) {
	list := parent.Body.Get("resources")
	if parent.ID.Level() != resource.LevelResource || !list.Exists() || depth > maxUnwrap {
		return
	}
	if list.Kind() != jsondoc.Array && !list.IsNull() {
		return // a member of the same name with another meaning
	}
	if c == nil || c.asked == nil {
		f.held.exported(parent)
	}
	for _, e := range list.Elements() {
		if e.Kind() != jsondoc.Object {
			continue
		}
		if !hasARMID(e) {
			typ, name := typeOf(e), textOf(e, "name", "ResourceName")
			if typ == "" || name == "" {
				f.skip(diag.Warning, at, CodeNoResource, fmt.Sprintf("a child of %s has neither an id nor a type and a name", parent.ID), "")
				continue
			}
			e = e.With("id", jsondoc.NewString(childID(parent.ID, typ, name)))
		}
		if c == nil || c.asked == nil {
			f.held.child(parent, childType(e))
		}
		f.addBody(e, at, c, depth+1)
	}
}

// childType returns the type that a child will have.
func childType(v jsondoc.Value) string {
	typ := typeOf(v)
	if typ == "" {
		if id, err := armID(v, ""); err == nil {
			typ = id.Type()
		}
	}
	return typ
}

// childID returns the id of a child or extension resource of a parent, from
// its type and its name, which may be the last part, the whole path of names,
// or an id already.
func childID(parent resource.ID, typ, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	last := name[strings.LastIndexByte(name, '/')+1:]
	ptype := parent.Type()
	if len(typ) > len(ptype) && strings.EqualFold(typ[:len(ptype)], ptype) && typ[len(ptype)] == '/' {
		rest := strings.Split(typ[len(ptype)+1:], "/")
		names := strings.Split(name, "/")
		if len(names) < len(rest) {
			names = append(make([]string, len(rest)-len(names)), names...)
		}
		names = names[len(names)-len(rest):]
		out := []string{parent.String()}
		for i, t := range rest {
			if names[i] == "" {
				names[i] = "_" // the exporter did not say
			}
			out = append(out, t, names[i])
		}
		return strings.Join(out, "/")
	}
	if parts := strings.Split(typ, "/"); len(parts) == 2 {
		return parent.String() + "/providers/" + typ + "/" + last
	}
	return scopedID(parent.String(), typ, name)
}

// scopedID places a type and its names under a scope.
func scopedID(scope, typ, name string) string {
	parts := strings.Split(strings.Trim(typ, "/"), "/")
	names := strings.Split(strings.Trim(name, "/"), "/")
	out := []string{scope, "providers", parts[0]}
	missing := len(parts) - 1 - len(names)
	for i, t := range parts[1:] {
		n := "_"
		if i >= missing {
			n = names[i-missing]
		}
		if n == "" {
			n = "_"
		}
		out = append(out, t, n)
	}
	return strings.Join(out, "/")
}

// addNamed takes a resource that was exported without an id: it gets one made
// of its type and name, in the subscription and resource group it names, and
// else in the tenant; a message says so.
func (f *fileRun) addNamed(v jsondoc.Value, typ, name string, at place, c *collection) {
	scope := ""
	if s := textOf(v, "SubscriptionId"); s != "" && !strings.Contains(s, "/") {
		scope = "/subscriptions/" + s
		if g := textOf(v, "ResourceGroupName", "resourceGroup"); g != "" && !strings.Contains(g, "/") {
			scope += "/resourceGroups/" + g
		}
	}
	id := name
	if !strings.HasPrefix(name, "/") {
		id = scopedID(scope, typ, name)
	}
	f.skip(diag.Info, at, CodeNoID, fmt.Sprintf("%s %q has no id; it is called %s here", typ, clip(name), clip(id)), "")
	f.addBody(v.With("id", jsondoc.NewString(id)), at, c, 0)
}

// withProperties gives a body that `az` flattened its properties back: the
// members that ARM puts nowhere but in "properties" stand beside "id" there.
// Names that `az` changes with that are changed back where they are known.
func withProperties(v jsondoc.Value, id resource.ID) jsondoc.Value {
	if id.Level() != resource.LevelResource {
		return v
	}
	if v.Get("properties").IsNull() { // as az resource list prints what it did not read
		v = v.Without("properties")
	}
	if v.Get("properties").Exists() {
		return v
	}
	var out, props []jsondoc.Member
	for name, e := range v.Members() {
		if inventory.IsEnvelope(name) && !strings.EqualFold(name, "provisioningState") {
			out = append(out, jsondoc.Member{Name: name, Value: e})
		} else {
			props = append(props, jsondoc.Member{Name: name, Value: e})
		}
	}
	if len(props) == 0 || len(props) == 1 && strings.EqualFold(props[0].Name, "provisioningState") {
		return v // listed without properties
	}
	if rename := flattened[strings.ToLower(id.Type())]; rename != nil {
		for i := range props {
			if n, ok := rename[strings.ToLower(props[i].Name)]; ok {
				props[i].Name = n
			}
		}
	}
	return jsondoc.NewObject(append(out, jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(props...)})...).WithOffset(v.Offset())
}

// isAccount tells whether v is a subscription as `az account list` and `az
// account show` print one: they name it by its id alone.
func isAccount(v jsondoc.Value) bool {
	return v.Get("cloudName").Exists() && v.Get("tenantId").Exists() && v.Get("isDefault").Exists() && !strings.Contains(textOf(v, "id"), "/")
}

// subscriptionOf is the subscription that an account of `az` is of, as ARM lists
// it. Who is signed in is no part of it.
func subscriptionOf(v jsondoc.Value) jsondoc.Value {
	id := textOf(v, "id")
	return jsondoc.NewObject(
		jsondoc.Member{Name: "id", Value: jsondoc.NewString("/subscriptions/" + id)},
		jsondoc.Member{Name: "subscriptionId", Value: jsondoc.NewString(id)},
		jsondoc.Member{Name: "displayName", Value: v.Get("name")},
		jsondoc.Member{Name: "state", Value: v.Get("state")},
		jsondoc.Member{Name: "tenantId", Value: v.Get("tenantId")},
	).WithOffset(v.Offset())
}

// flattened holds the names that the SDK behind `az` uses for properties which
// ARM calls otherwise, by type.
var flattened = map[string]map[string]string{
	"microsoft.storage/storageaccounts": {
		"enablehttpstrafficonly": "supportsHttpsTrafficOnly",
		"networkruleset":         "networkAcls",
		"enablenfsv3":            "isNfsV3Enabled",
	},
}
