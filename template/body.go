package template

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// deploymentOnly are the members of a declaration that are about the
// deployment, not about the resource that it makes.
var deploymentOnly = map[string]bool{
	"type": true, "name": true, "apiversion": true, "copy": true, "condition": true, "dependson": true, "comments": true, "scope": true, "resources": true,
	"existing": true, "metadata": true, "import": true, "resourcegroup": true, "subscriptionid": true, "@options": true, "asserts": true, "id": true,
}

// build evaluates the body of an instance, as Azure would return it: id, name
// and type first, then what the declaration says.
func (x *expander) build(in *instance) error {
	if isDeployment(in.typ) {
		return nil // what it deploys is in the list, it is no resource that anybody is asked about
	}
	ms := []jsondoc.Member{
		{Name: "id", Value: jsondoc.NewString(in.id.String()).WithOffset(in.decl.Get("name").Offset())},
		{Name: "name", Value: jsondoc.NewString(in.id.Name()).WithOffset(in.decl.Get("name").Offset())},
		{Name: "type", Value: jsondoc.NewString(in.typ).WithOffset(in.decl.Get("type").Offset())},
	}
	if in.apiVersion != "" {
		ms = append(ms, jsondoc.Member{Name: "apiVersion", Value: jsondoc.NewString(in.apiVersion).WithOffset(in.decl.Get("apiVersion").Offset())})
	}
	var unknown []Unknown
	if !in.nameKnown {
		path := "name"
		if in.lastKnown {
			path = "fullName"
		}
		unknown = append(unknown, Unknown{Path: path, Reasons: []string{"the name is known only at deployment"}, Offset: in.decl.Get("name").Offset()})
	}
	for name, v := range in.decl.Members() {
		if deploymentOnly[lower(name)] {
			continue
		}
		got, err := x.bodyValue(in.ctx, v)
		if err != nil {
			return err
		}
		got, ok := strip(got, name, &unknown)
		if ok {
			ms = append(ms, jsondoc.Member{Name: name, Value: got})
		}
	}
	body := jsondoc.NewObject(ms...).WithOffset(in.decl.Offset())
	if !body.Get("properties").Exists() && !unknownAt(unknown, "properties") {
		body = body.With("properties", jsondoc.NewObject().WithOffset(in.decl.Offset())) // declared with every default
	}
	in.res = &Resource{
		Resource: &resource.Resource{ID: in.id, Type: in.typ, Body: body, From: resource.Origin{File: in.frame.file.name, Offset: int64(in.decl.Offset())}},
		Address:  in.symbolic, APIVersion: in.apiVersion, Unknown: unknown, Uncertain: unique(in.uncertain),
		Offset: in.decl.Offset(), File: in.frame.file.name,
	}
	x.out.Resources = append(x.out.Resources, in.res)
	return nil
}

func unknownAt(list []Unknown, path string) bool {
	for _, u := range list {
		if u.Path == path {
			return true
		}
	}
	return false
}

func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// bodyValue evaluates a part of a body. Where it is not known but for the id
// of a resource, the id is written as ids are: with stand-ins.
func (x *expander) bodyValue(c *ctx, v jsondoc.Value) (jsondoc.Value, error) {
	got, err := x.value(c, v)
	if err != nil || !hasHoles(got) {
		return got, err
	}
	stand, err := x.valueIn(c, v, standIn)
	if err != nil {
		return got, err
	}
	return x.fillIDs(got, stand), nil
}

func hasHoles(v jsondoc.Value) bool {
	switch v.Kind() {
	case jsondoc.String:
		return isHole(v)
	case jsondoc.Array:
		for _, e := range v.Elements() {
			if hasHoles(e) {
				return true
			}
		}
	case jsondoc.Object:
		for _, e := range v.Members() {
			if hasHoles(e) {
				return true
			}
		}
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
	return false
}

// fillIDs puts ids of the stand-in evaluation into the holes of the strict one.
func (x *expander) fillIDs(v, stand jsondoc.Value) jsondoc.Value {
	switch v.Kind() {
	case jsondoc.String:
		if isHole(v) {
			if filled, ok := x.idsOnly(stand); ok {
				return filled.WithOffset(v.Offset())
			}
		}
	case jsondoc.Array:
		if stand.Kind() != jsondoc.Array || stand.Len() != v.Len() {
			return v
		}
		out := make([]jsondoc.Value, 0, v.Len())
		for i, e := range v.Elements() {
			out = append(out, x.fillIDs(e, stand.At(i)))
		}
		return jsondoc.NewArray(out...).WithOffset(v.Offset())
	case jsondoc.Object:
		out := make([]jsondoc.Member, 0, v.Len())
		for k, e := range v.Members() {
			out = append(out, jsondoc.Member{Name: k, Value: x.fillIDs(e, stand.Get(k))})
		}
		return jsondoc.NewObject(out...).WithOffset(v.Offset())
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
	return v
}

// idsOnly tells whether a stand-in value is nothing but the id of a resource
// of this deployment, or of one in its subscription whose own name is known.
// An object or array of such ids is one as well ({"id": "..."}).
func (x *expander) idsOnly(v jsondoc.Value) (jsondoc.Value, bool) {
	switch v.Kind() {
	case jsondoc.String:
		s, _ := v.Text()
		if isHole(v) || !strings.HasPrefix(s, "/") {
			return v, false
		}
		if x.ids[strings.TrimRight(lower(s), "/")] != nil {
			return v, true
		}
		for _, prefix := range []string{"/subscriptions/" + x.root.at.sub + "/resourceGroups/" + x.root.at.group + "/", "/subscriptions/" + x.root.at.sub + "/"} {
			if rest, ok := cutFold(s, prefix); ok && !strings.ContainsAny(rest, "{}") && strings.Contains(rest, "/") {
				if _, err := resource.ParseID(s); err == nil {
					return v, true
				}
			}
		}
	case jsondoc.Object:
		if v.Len() == 0 {
			return v, false
		}
		for _, e := range v.Members() {
			if _, ok := x.idsOnly(e); !ok {
				return v, false
			}
		}
		return v, true
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number, jsondoc.Array:
	}
	return v, false
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// strip takes holes out of a value and notes where they were: members go. Those
// inside arrays are noted and stay ([arm.IsHole]), for conditions that look at
// each element. ok is false where v itself is a hole.
func strip(v jsondoc.Value, path string, unknown *[]Unknown) (jsondoc.Value, bool) {
	switch v.Kind() {
	case jsondoc.String:
		if why, ok := arm.IsHole(v); ok {
			for i := range *unknown {
				if (*unknown)[i].Path == path {
					(*unknown)[i].Reasons = unique(append((*unknown)[i].Reasons, why...))
					return v, false
				}
			}
			*unknown = append(*unknown, Unknown{Path: path, Reasons: unique(why), Offset: v.Offset()})
			return v, false
		}
	case jsondoc.Array:
		if hasHoles(v) {
			for _, e := range v.Elements() {
				strip(e, path+"[*]", unknown)
			}
		}
		return v, true
	case jsondoc.Object:
		if !hasHoles(v) {
			return v, true
		}
		out := make([]jsondoc.Member, 0, v.Len())
		for k, e := range v.Members() {
			if got, ok := strip(e, path+"."+k, unknown); ok {
				out = append(out, jsondoc.Member{Name: k, Value: got})
			}
		}
		return jsondoc.NewObject(out...).WithOffset(v.Offset()), true
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
	return v, true
}
