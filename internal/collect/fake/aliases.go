package fake

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// How much of an inventory its made-up aliases are taken from.
const (
	aliasSamples = 5 // resources of each type
	aliasDepth   = 4
)

// providers answers the list of resource providers, with their aliases where they
// are asked for.
func (s *Server) providers(w http.ResponseWriter, r *http.Request) {
	list := s.o.Providers
	if list == nil {
		list = Providers(s.now().inv)
	}
	if !strings.EqualFold(r.URL.Query().Get("$expand"), "resourceTypes/aliases") {
		list = slices.Clone(list)
		for i, p := range list {
			list[i] = p.Without("resourceTypes")
		}
	}
	reply(w, map[string]any{"value": list}) // Azure gives it in one page
}

// Providers makes up resource providers with aliases of what some resources of
// each type have, in the order of the types.
func Providers(inv *inventory.Inventory) []jsondoc.Value {
	types := map[string][]jsondoc.Value{}
	var names []string
	for _, t := range inv.Types() {
		namespace, typ, ok := strings.Cut(t.Type, "/")
		if !ok || strings.EqualFold(namespace, "Microsoft.Graph") {
			continue
		}
		a := &aliases{typ: t.Type, seen: map[string]bool{}}
		n := 0
		for r := range inv.OfType(t.Type) {
			if n++; n > aliasSamples {
				break
			}
			a.walk(r.Properties().Without(resource.Facts), "", "properties", 1)
			if r.Body.Get("sku").Get("name").Exists() {
				a.add("sku.name", "sku.name", jsondoc.NewString(""))
			}
		}
		if types[namespace] == nil {
			names = append(names, namespace)
		}
		types[namespace] = append(types[namespace], object(
			"resourceType", jsondoc.NewString(typ), "locations", texts("westeurope", "northeurope"), "aliases", jsondoc.NewArray(a.list...),
			"apiVersions", texts("2024-01-01", "2023-01-01"), "capabilities", jsondoc.NewString("None"),
		))
	}
	slices.Sort(names)
	var out []jsondoc.Value
	for _, n := range names {
		out = append(out, object("id", jsondoc.NewString("/providers/"+n), "namespace", jsondoc.NewString(n), "resourceTypes", jsondoc.NewArray(types[n]...)))
	}
	return out
}

// aliases are those of one type.
type aliases struct {
	typ  string
	list []jsondoc.Value
	seen map[string]bool
}

func (a *aliases) add(name, path string, v jsondoc.Value) {
	key := strings.ToLower(name)
	if a.seen[key] {
		return
	}
	a.seen[key] = true
	typ, attributes := "String", "None"
	switch v.Kind() {
	case jsondoc.Bool:
		typ, attributes = "Boolean", "Modifiable"
	case jsondoc.Array:
		typ = "Array"
	case jsondoc.Object:
		typ = "Object"
	default: // the rest counts as text
	}
	a.list = append(a.list, object(
		"name", jsondoc.NewString(a.typ+"/"+name), "paths", jsondoc.NewArray(), "defaultPath", jsondoc.NewString(path), "type", jsondoc.NewString("PlainText"),
		"defaultMetadata", object("type", jsondoc.NewString(typ), "attributes", jsondoc.NewString(attributes)),
	))
}

// walk adds what an object holds. Members called properties are in the path of an
// alias and not in its name.
func (a *aliases) walk(v jsondoc.Value, name, path string, depth int) {
	if depth > aliasDepth {
		return
	}
	for i := range v.Len() {
		key, m := v.Member(i)
		if !plainKey.MatchString(key) {
			continue
		}
		sub, at := strings.TrimPrefix(name+"."+key, "."), path+"."+key
		if key == "properties" && m.Kind() == jsondoc.Object {
			a.walk(m, name, at, depth)
			continue
		}
		a.add(sub, at, m)
		switch m.Kind() {
		case jsondoc.Object:
			a.walk(m, sub, at, depth+1)
		case jsondoc.Array:
			for _, e := range m.Elements() {
				a.add(sub+"[*]", at+"[*]", e)
				if e.Kind() == jsondoc.Object {
					a.walk(e, sub+"[*]", at+"[*]", depth+1)
				}
			}
		default: // holds nothing
		}
	}
}

// plainKey is a name that belongs to a type, and is no data.
var plainKey = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*$`)

func texts(list ...string) jsondoc.Value {
	var out []jsondoc.Value
	for _, s := range list {
		out = append(out, jsondoc.NewString(s))
	}
	return jsondoc.NewArray(out...)
}
