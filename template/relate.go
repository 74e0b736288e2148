package template

import (
	"fmt"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// inlineChild is a child that Azure returns inside its parent's body, and that
// a deployment may declare there or by itself.
type inlineChild struct{ parent, property string }

// inlineChildren lists them. The child's type is the parent's and the property.
func inlineChildren() []inlineChild {
	return []inlineChild{
		{"Microsoft.Network/networkSecurityGroups", "securityRules"},
		{"Microsoft.Network/virtualNetworks", "subnets"},
		{"Microsoft.Network/virtualNetworks", "virtualNetworkPeerings"},
		{"Microsoft.Network/routeTables", "routes"},
	}
}

// backReference is a property that Azure fills in at the other end of a reference.
type backReference struct {
	from, path string // where the id stands; "[*]" is every element
	to, back   string // the property at the other end
	many       bool   // it is an array of {"id": ...}
}

func backReferences() []backReference {
	return []backReference{
		{"Microsoft.Network/networkInterfaces", "networkSecurityGroup.id", "Microsoft.Network/networkSecurityGroups", "networkInterfaces", true},
		{"Microsoft.Network/virtualNetworks/subnets", "networkSecurityGroup.id", "Microsoft.Network/networkSecurityGroups", "subnets", true},
		{"Microsoft.Network/virtualNetworks/subnets", "routeTable.id", "Microsoft.Network/routeTables", "subnets", true},
		{"Microsoft.Compute/virtualMachines", "networkProfile.networkInterfaces[*].id", "Microsoft.Network/networkInterfaces", "virtualMachine", false},
	}
}

// relate completes the resources of one deployment as Azure would show them:
// children that stand inside a parent become resources of their own, those
// that stand alone are shown in their parents, and references are shown at
// both ends.
func relate(list []*Resource) []*Resource {
	byKey := make(map[string]*Resource, len(list))
	for _, r := range list {
		byKey[r.ID.Key()] = r
		complete(r)
	}
	list = append(list, elsewhere(list, byKey)...)
	list = append(list, siteConfigs(list, byKey)...)
	for _, c := range inlineChildren() {
		childType := c.parent + "/" + c.property
		var made []*Resource
		for _, r := range list {
			switch {
			case strings.EqualFold(r.Type, c.parent):
				for _, child := range split(r, c) {
					if byKey[child.ID.Key()] == nil {
						byKey[child.ID.Key()] = child
						made = append(made, child)
					}
				}
			case strings.EqualFold(r.Type, childType):
				if p := byKey[r.ID.ParentKey()]; p != nil {
					fold(p, r, c)
				}
			}
		}
		list = append(list, made...)
	}
	for _, b := range backReferences() {
		for _, r := range list {
			if !strings.EqualFold(r.Type, b.from) {
				continue
			}
			for _, id := range stringsAt(r.Properties(), strings.Split(b.path, ".")) {
				to := byKey[strings.TrimRight(lower(id), "/")]
				if to == nil || !strings.EqualFold(to.Type, b.to) {
					continue
				}
				ref := jsondoc.NewObject(text("id", r.ID.String()))
				if b.many {
					ref = appended(to.Properties().Get(b.back), ref)
				}
				to.setProperty(b.back, ref)
			}
		}
	}
	connect(list, byKey)
	return list
}

// elsewhere stands in for the network security groups that the deployment adds
// rules to and does not declare: their other rules are not known.
func elsewhere(list []*Resource, byKey map[string]*Resource) []*Resource {
	var out []*Resource
	for _, r := range list {
		if !strings.EqualFold(r.Type, "Microsoft.Network/networkSecurityGroups/securityRules") || byKey[r.ID.ParentKey()] != nil {
			continue
		}
		id, ok := r.ID.Parent()
		if !ok || !mayLetIn(r) {
			continue
		}
		p := &Resource{
			Resource: &resource.Resource{ID: id, Type: id.Type(), From: r.From, Body: jsondoc.NewObject(text("id", id.String()), text("name", id.Name()), text("type", id.Type()),
				jsondoc.Member{Name: "properties", Value: jsondoc.NewObject().WithOffset(r.Properties().Offset())}).WithOffset(r.Offset)},
			Address: r.Address, Offset: r.Offset, File: r.File, Line: r.Line,
		}
		for _, path := range []string{"properties", "tags", "location"} {
			p.Unknown = append(p.Unknown, Unknown{Path: path, Offset: r.Properties().Offset(), Reasons: []string{
				"the network security group " + id.Name() + " is declared elsewhere, and its other rules with it"}})
		}
		byKey[id.Key()] = p
		out = append(out, p)
	}
	return out
}

// mayLetIn tells whether a rule lets traffic in, for all that is known.
func mayLetIn(r *Resource) bool {
	is := func(name, value string) bool {
		return strings.EqualFold(r.Properties().Get(name).TextOr(value), value) || len(r.UnknownAt("properties."+name)) > 0
	}
	return is("access", "Allow") && is("direction", "Inbound")
}

func (x *expander) relate() { x.out.Resources = relate(x.out.Resources) }

// setProperty replaces a property of the resource.
func (r *Resource) setProperty(name string, v jsondoc.Value) {
	one := *r.Resource
	one.Body = one.Body.With("properties", one.Body.Get("properties").With(name, v))
	r.Resource = &one
}

func appended(list, v jsondoc.Value) jsondoc.Value {
	out := make([]jsondoc.Value, 0, list.Len()+1)
	for _, e := range list.Elements() {
		if strings.EqualFold(e.Get("id").TextOr(""), v.Get("id").TextOr("")) && v.Get("id").Exists() {
			return list
		}
		out = append(out, e)
	}
	return jsondoc.NewArray(append(out, v)...).WithOffset(list.Offset())
}

// split makes resources of the children that stand in a body.
func split(r *Resource, c inlineChild) []*Resource {
	var out []*Resource
	for i, e := range r.Properties().Get(c.property).Elements() {
		if e.Kind() != jsondoc.Object {
			continue
		}
		name := e.Get("name").TextOr("")
		var unknown []Unknown
		if name == "" || strings.Contains(name, "/") || isHole(e.Get("name")) {
			name = fmt.Sprintf("{%s %d}", c.property, i)
			unknown = append(unknown, Unknown{Path: "name", Reasons: []string{"the name is known only at deployment"}, Offset: e.Offset()})
		}
		id, err := resource.ParseID(r.ID.String() + "/" + c.property + "/" + name)
		if err != nil {
			continue
		}
		typ := r.Type + "/" + c.property
		body := jsondoc.NewObject(text("id", id.String()), text("name", name), text("type", typ)).WithOffset(e.Offset())
		for k, v := range e.Members() {
			if low := lower(k); low != "id" && low != "name" && low != "type" {
				if known, ok := strip(v, k, &unknown); ok {
					body = body.With(k, known)
				}
			}
		}
		out = append(out, &Resource{
			Resource: &resource.Resource{ID: id, Type: typ, Body: body, From: resource.Origin{File: r.File, Offset: int64(e.Offset())}},
			Address:  r.Address, APIVersion: r.APIVersion, Unknown: unknown, Uncertain: r.Uncertain, Offset: e.Offset(), File: r.File, Line: r.Line,
		})
	}
	return out
}

// fold shows a child in its parent.
func fold(parent, child *Resource, c inlineChild) {
	for _, e := range parent.Properties().Get(c.property).Elements() {
		if strings.EqualFold(e.Get("name").TextOr(""), child.ID.Name()) {
			return
		}
	}
	at := "properties." + c.property
	if len(child.Uncertain) > 0 {
		parent.Unknown = append(parent.Unknown, Unknown{Path: at, Reasons: child.Uncertain, Offset: child.Offset})
	}
	for _, u := range child.Unknown {
		if u.Path != "name" {
			parent.Unknown = append(parent.Unknown, Unknown{Path: at + "[*]." + u.Path, Reasons: u.Reasons, Offset: u.Offset})
		}
	}
	body := child.Body
	for _, u := range child.Unknown {
		if u.Path != "name" && !strings.Contains(u.Path, "[*]") { // those are still there
			body = put(body, strings.Split(u.Path, "."), arm.Hole(u.Reasons...).WithOffset(u.Offset))
		}
	}
	parent.setProperty(c.property, appended(parent.Properties().Get(c.property), body))
}

// stringsAt returns the strings at a path.
func stringsAt(v jsondoc.Value, path []string) []string {
	if len(path) == 0 {
		if s, ok := v.Text(); ok {
			return []string{s}
		}
		return nil
	}
	name, all := strings.CutSuffix(path[0], "[*]")
	v = v.Get(name)
	if !all {
		return stringsAt(v, path[1:])
	}
	var out []string
	for _, e := range v.Elements() {
		out = append(out, stringsAt(e, path[1:])...)
	}
	return out
}
