package template

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// idOf returns the ARM id of a planned resource, and whether its name is known.
func (p *plan) idOf(r *planned) (id string, known bool) {
	if r.idDone {
		return r.id, r.idKnown
	}
	if r.idBusy { // resources that refer to each other: cut with a stand-in
		return p.standIn(r), false
	}
	r.idBusy = true
	r.id, r.idKnown = p.makeID(r)
	r.idBusy, r.idDone = false, true
	return r.id, r.idKnown
}

func (p *plan) standIn(r *planned) string {
	return "/subscriptions/" + p.o.StandInSubscription + "/resourceGroups/" + StandInGroup + "/providers/azwardUnknown/resources/" + segment("{"+r.address+"}")
}

// segment makes a text fit to be one segment of an id.
func segment(s string) string { return strings.ReplaceAll(s, "/", "|") }

func (p *plan) makeID(r *planned) (string, bool) {
	// What exists has its id in the plan. azurerm's own ids of associations have a bar in them.
	if id, ok := r.values.Get("id").Text(); ok && !isHole(r.values.Get("id")) && strings.HasPrefix(id, "/") && !strings.Contains(id, "|") {
		return id, true
	}
	sub := "/subscriptions/" + p.o.StandInSubscription
	if r.typ == "azapi_resource" {
		typ, _, _ := strings.Cut(r.values.Get("type").TextOr(""), "@")
		name, known := p.word(r, "name")
		parent, parentKnown := p.reference(r, "parent_id")
		if parent == "" {
			parent = sub
		}
		return azapiID(parent, typ, name), known && parentKnown
	}
	m := r.row
	if m == nil {
		return p.standIn(r), false
	}
	name, known := p.word(r, m.name)
	at := m.place
	switch {
	case m.typ == "Microsoft.Resources/subscriptions/resourceGroups":
		return sub + "/resourceGroups/" + name, known
	case at.subscription:
		return sub + "/providers/" + m.typ + "/" + name, known
	case at.scope != "":
		scope, scopeKnown := p.reference(r, at.scope)
		if scope == "" {
			scope = sub + "/resourceGroups/" + segment("{"+at.scope+" of "+r.address+"}")
		}
		return strings.TrimRight(scope, "/") + "/providers/" + m.typ + "/" + name, known && scopeKnown
	}
	group, groupKnown := p.word(r, at.group)
	prefix := sub + "/resourceGroups/" + group + "/providers/"
	segments := strings.Split(m.typ, "/")
	last := segments[len(segments)-1]
	switch {
	case at.parent != "" && p.has(r, at.parent):
		parent, parentKnown := p.reference(r, at.parent)
		if parent == "" {
			parent = p.parentStandIn(m, at.parent, r)
		}
		if at.under != "" {
			parent += "/" + at.under
		}
		return parent + "/" + last + "/" + name, known && parentKnown
	case at.parentOf != "":
		parentName, parentKnown := p.word(r, at.parentName)
		parent := ""
		if other := p.named(at.parentOf, parentName); other != nil {
			parent, _ = p.idOf(other)
		}
		if parent == "" {
			parent = sub + "/resourceGroups/" + StandInGroup + "/providers/" + at.parentOf + "/" + parentName
		}
		if at.under != "" {
			parent += "/" + at.under
		}
		return parent + "/" + last + "/" + name, known && parentKnown
	}
	var id strings.Builder
	id.WriteString(prefix + segments[0])
	for i, s := range segments[1:] {
		word := name
		if i < len(at.parentNames) {
			var ok bool
			word, ok = p.word(r, at.parentNames[i])
			known = known && ok
		}
		id.WriteString("/" + s + "/" + word)
	}
	return id.String(), known && groupKnown
}

// parentStandIn is the id of a parent that is known only after the apply and
// is no resource of the plan.
func (p *plan) parentStandIn(m *mapping, attr string, r *planned) string {
	typ := m.typ[:strings.LastIndexByte(m.typ, '/')]
	if m.place.under != "" {
		typ = strings.TrimSuffix(typ, "/"+before(m.place.under))
	}
	return "/subscriptions/" + p.o.StandInSubscription + "/resourceGroups/" + StandInGroup + "/providers/" + typ + "/" + segment("{"+attr+" of "+r.address+"}")
}

// azapiID joins a parent's id, a type and a name.
func azapiID(parent, typ, name string) string {
	segments := strings.Split(typ, "/")
	parent = strings.TrimRight(parent, "/")
	if strings.EqualFold(typ, "Microsoft.Resources/resourceGroups") {
		return parent + "/resourceGroups/" + name
	}
	if len(segments) > 2 && strings.Contains(lower(parent), "/providers/") { // a child of the parent
		return parent + "/" + segments[len(segments)-1] + "/" + name
	}
	return parent + "/providers/" + typ + "/" + name
}

func (p *plan) has(r *planned, attr string) bool {
	v := r.values.Get(attr)
	return v.Exists() && !v.IsNull() && (!isHole(v) || p.configured(r, attr))
}

// word returns a name: as it is planned, of what it refers to, or a stand-in.
func (p *plan) word(r *planned, attr string) (string, bool) {
	v := attribute(r.values, attr)
	if s, ok := v.Text(); ok && !isHole(v) && s != "" {
		return segment(s), true
	}
	for _, ref := range p.refs(r.place, expression(r.config, attr), r.module, 0) {
		if s, ok := attribute(ref.to.values, ref.attr).Text(); ok && !isHole(attribute(ref.to.values, ref.attr)) && s != "" {
			return segment(s), true
		}
		if ref.to != r {
			return segment("{" + ref.to.address + "." + ref.attr + "}"), false
		}
	}
	return segment("{" + attr + " of " + r.address + "}"), false
}

// reference returns the id that an attribute holds: as it is planned, or that
// of the one resource that its expression refers to. "" where neither is known.
func (p *plan) reference(r *planned, attr string) (string, bool) {
	v := attribute(r.values, attr)
	if s, ok := v.Text(); ok && !isHole(v) {
		return s, true
	}
	if !isHole(v) {
		return "", false
	}
	if to := p.single(r, expression(r.config, attr)); to != nil {
		id, known := p.idOf(to)
		return id, known
	}
	return "", false
}

// single returns the one resource whose id an expression is.
func (p *plan) single(r *planned, expr jsondoc.Value) *planned {
	var found *planned
	for _, ref := range p.refs(r.place, expr, r.module, 0) {
		if ref.attr != "id" {
			continue
		}
		if found != nil && found != ref.to {
			return nil
		}
		found = ref.to
	}
	return found
}

// ref is an attribute of a planned resource that an expression reads.
type ref struct {
	to   *planned
	attr string
}

// refs follows the references of an expression to resources of the plan,
// through variables and outputs of modules.
func (p *plan) refs(m *planModule, expr jsondoc.Value, module string, depth int) []ref {
	if m == nil || depth > maxModules {
		return nil
	}
	var out []ref
	for _, e := range expr.Get("references").Elements() {
		text := e.TextOr("")
		parts := strings.Split(text, ".")
		switch {
		case parts[0] == "var" && len(parts) > 1 && m.parent != nil:
			name := plainName(parts[1])
			up := ""
			if i := strings.LastIndex(module, ".module."); i >= 0 {
				up = module[:i]
			}
			out = append(out, p.refs(m.parent, m.call.Get(name), up, depth+1)...)
		case parts[0] == "module" && len(parts) > 2:
			sub := m.calls[plainName(parts[1])]
			if sub == nil {
				continue
			}
			at := parts[0] + "." + parts[1]
			if module != "" {
				at = module + "." + at
			}
			out = append(out, p.refs(sub, sub.config.Get("outputs").Get(plainName(parts[2])).Get("expression"), at, depth+1)...)
		case parts[0] == "data", parts[0] == "local", parts[0] == "each", parts[0] == "count", parts[0] == "path", parts[0] == "self", len(parts) < 3:
		default:
			name := plainName(parts[1])
			list := p.byName[module+"\x00"+parts[0]+"."+name]
			attr := strings.Join(parts[2:], ".")
			if name != parts[1] { // one of a loop
				at := parts[0] + "." + parts[1]
				if module != "" {
					at = module + "." + at
				}
				if one := p.byAddr[at]; one != nil {
					out = append(out, ref{one, attr})
				}
				continue
			}
			if len(list) == 1 {
				out = append(out, ref{list[0], attr})
			}
		}
	}
	return out
}

func plainName(s string) string {
	name, _, _ := strings.Cut(s, "[")
	return name
}

// expression finds the expression of an attribute in the configuration.
func expression(config jsondoc.Value, attr string) jsondoc.Value {
	for name := range strings.SplitSeq(attr, ".") {
		name, index, has := strings.Cut(name, "[")
		if config = config.Get(name); has && config.Kind() == jsondoc.Array {
			n := 0
			for _, c := range strings.TrimSuffix(index, "]") {
				n = n*10 + int(c-'0')
			}
			config = config.At(n)
		}
	}
	return config
}

// configured tells whether anybody sets an attribute; where the configuration
// is not at hand, somebody may.
func (p *plan) configured(r *planned, attr string) bool {
	if r.config.Kind() != jsondoc.Object {
		return true
	}
	head, _, _ := strings.Cut(attr, ".")
	return r.config.Get(plainName(head)).Exists() && (attr == head || expression(r.config, attr).Exists() || expression(r.config, plainName(head)).Kind() != jsondoc.Array)
}

// attribute reads a path such as "network_rules[0].default_action". What lies
// in a hole is the hole.
func attribute(v jsondoc.Value, path string) jsondoc.Value {
	if path == "" {
		return v
	}
	for name := range strings.SplitSeq(path, ".") {
		name, index, has := strings.Cut(name, "[")
		if v = v.Get(name); isHole(v) {
			return v
		}
		if has {
			n := 0
			for _, c := range strings.TrimSuffix(index, "]") {
				n = n*10 + int(c-'0')
			}
			if v = v.At(n); isHole(v) {
				return v
			}
		}
	}
	return v
}

// fillReferences puts ids into the holes of an azapi body, where the whole
// body refers to one resource's id only. Terraform does not say which member
// a reference belongs to.
func (p *plan) fillReferences(r *planned, body jsondoc.Value) jsondoc.Value {
	to := p.single(r, r.config.Get("body"))
	if to == nil {
		return body
	}
	id, _ := p.idOf(to)
	var fill func(name string, v jsondoc.Value) jsondoc.Value
	fill = func(name string, v jsondoc.Value) jsondoc.Value {
		switch v.Kind() {
		case jsondoc.String:
			if isHole(v) && (lower(name) == "id" || strings.HasSuffix(name, "Id")) {
				return jsondoc.NewString(id)
			}
		case jsondoc.Object:
			var ms []jsondoc.Member
			for k, e := range v.Members() {
				ms = append(ms, jsondoc.Member{Name: k, Value: fill(k, e)})
			}
			return jsondoc.NewObject(ms...)
		case jsondoc.Array:
			var out []jsondoc.Value
			for _, e := range v.Elements() {
				out = append(out, fill(name, e))
			}
			return jsondoc.NewArray(out...)
		case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
		}
		return v
	}
	if count := len(arm.Holes(body)); count != 1 {
		return body // which of them it is cannot be told
	}
	return fill("", body)
}
