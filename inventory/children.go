package inventory

import (
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// maxNesting bounds how deep children are looked for inside children. ARM's
// deepest (a peering in a circuit, a backend in a pool) are far below it.
const maxNesting = 8

// explode adds the children that stand in the body of a resource as resources
// of their own. nested has one element per record and grows with them.
func (b *Builder) explode(r *resource.Resource, nested []bool, depth int) []bool {
	if depth >= maxNesting || r.IsGraph() {
		return nested
	}
	forEachChild(r.ID, r.Body, func(body jsondoc.Value) {
		c, err := resource.New(body, "", r.From)
		if err != nil || !isChild(r.ID, c.ID) {
			return
		}
		// A child's type continues its parent's; exporters write other words there.
		if !strings.EqualFold(c.Type, c.ID.Type()) {
			c.Type = c.ID.Type()
		}
		if i, ok := b.byKey[c.ID.Key()]; ok {
			if !poor(b.records[i]) || poor(c) {
				return
			}
			b.records[i] = c
			nested = b.explode(c, nested, depth+1)
			return
		}
		b.byKey[c.ID.Key()] = int32(len(b.records))
		b.records = append(b.records, c)
		nested = append(nested, true)
		nested = b.explode(c, nested, depth+1)
	})
	return nested
}

// isChild tells whether c stands in p: directly, or (what "resources" arrays
// hold) as an extension of it or at any depth below it.
func isChild(p, c resource.ID) bool {
	return len(c.Key()) > len(p.Key()) && c.Within(p) && p.Level() == resource.LevelResource
}

// forEachChild calls f with every object of a body that is a child of id: the
// elements of the arrays that are members of the body or of its properties,
// where they carry an id below id and more than that (an object with nothing
// but an id refers to a resource, it is not one).
func forEachChild(id resource.ID, body jsondoc.Value, f func(jsondoc.Value)) {
	if id.Level() != resource.LevelResource {
		return
	}
	look := func(v jsondoc.Value) {
		for _, e := range v.Elements() {
			if childBody(id, e) {
				f(e)
			}
		}
	}
	for name, v := range body.Members() {
		switch v.Kind() {
		case jsondoc.Array:
			look(v)
		case jsondoc.Object:
			if strings.EqualFold(name, "properties") {
				for _, w := range v.Members() {
					look(w)
				}
			}
		case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number, jsondoc.String:
		}
	}
}

func childBody(id resource.ID, e jsondoc.Value) bool {
	if e.Len() < 2 || e.Kind() != jsondoc.Object {
		return false
	}
	text, ok := e.Get("id").Text()
	n := len(id.Key())
	if !ok || len(text) <= n+1 || text[n] != '/' || !strings.EqualFold(text[:n], id.Key()) {
		return false
	}
	return e.Get("properties").Exists() || e.Get("name").Exists()
}

// envelope holds the members that ARM and its listings put around properties.
var envelope = map[string]bool{
	"id": true, "name": true, "type": true, "location": true, "tags": true, "sku": true, "kind": true, "identity": true,
	"plan": true, "managedby": true, "managedbyextended": true, "zones": true, "etag": true, "systemdata": true,
	"createdtime": true, "changedtime": true, "provisioningstate": true, "resourcegroup": true, "extendedlocation": true,
	"apiversion": true, "subscriptionid": true, "tenantid": true, "placement": true, "scale": true, "comments": true,
	"resourceid": true, "resourcename": true, "resourcetype": true, "resourcegroupname": true, "parentresource": true,
	"extensionresourcename": true, "extensionresourcetype": true, "resources": true, resource.Facts: true,
}

// hasOnlyEnvelope tells whether an ARM body has neither properties nor
// anything else that says how the resource is set up.
func hasOnlyEnvelope(body jsondoc.Value) bool {
	for name := range body.Members() {
		if !envelope[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// IsEnvelope tells whether a member of an ARM body is one of those that stand
// around properties (id, name, location, sku, ...), without regard to case.
// Exports that leave "properties" out put its members beside these.
func IsEnvelope(name string) bool { return envelope[strings.ToLower(name)] }
