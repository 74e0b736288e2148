package policy

import (
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Remediation is what an effect would change.
type Remediation struct {
	Roles          []string      // role definitions that the assignment's identity needs
	Deployment     jsondoc.Value // of deployIfNotExists: properties with parameters resolved
	Scope          string        // of the deployment: "subscription", or "" for the resource group
	Location       string        // of a deployment to a subscription
	Delay          string        // evaluationDelay
	ConflictEffect string        // of modify
	Changes        []Change      // of modify and append
	Resource       jsondoc.Value // the body after the changes; missing where nothing changes
	Unknown        []string      // what could not be worked out, and why
	Skipped        []string      // operations that Azure passes over, and why
	Denied         []string      // of append: what a request asks for otherwise, which denies it
}

// Change is one property that modify or append changes.
type Change struct {
	Operation string        `json:"operation"`
	Field     string        `json:"field"`
	Path      string        `json:"path"`   // from the body
	Before    jsondoc.Value `json:"before"` // missing where there was none
	After     jsondoc.Value `json:"after"`  // missing where it is removed
}

// Decide answers what a definition says of a resource as [Evaluator.Evaluate]
// does, and what its effect does.
func (e *Evaluator) Decide(d *Definition, r *resource.Resource) Outcome {
	out := Outcome{Result: e.Evaluate(d, r), Effect: d.Effect}
	if !out.Fires || out.Match != finding.True {
		return out
	}
	f := &e.f
	f.clear(false)
	if f.res != r {
		f.at(r)
	}
	switch d.Effect {
	case AuditIfNotExists, DeployIfNotExists:
		out.Details = f.existenceDetails(d)
		if d.Effect == DeployIfNotExists {
			out.Remediation = f.deploy(d)
		}
	case Modify:
		out.Details = f.modifyDetails(d)
		out.Remediation = f.change(d)
	case Append:
		out.Details = f.appendDetails(d)
		out.Remediation = f.change(d)
	default:
		if d.details.all.text != "" || d.details.all.parts != nil {
			if v, unknown := d.details.all.eval(f); !unknown {
				out.Details = v
			}
		}
	}
	return out
}

func (f *frame) roles(d *Definition) (v jsondoc.Value, names []string) {
	v, unknown := d.details.roles.eval(f)
	if unknown {
		return jsondoc.Value{}, nil
	}
	for _, e := range v.Elements() {
		names = append(names, e.TextOr(""))
	}
	return v, names
}

func (f *frame) existenceDetails(d *Definition) jsondoc.Value {
	var ms []jsondoc.Member
	if v, _ := f.roles(d); v.Exists() {
		ms = append(ms, jsondoc.Member{Name: "roleDefinitionIds", Value: v})
	}
	if typ, ok := d.details.existence.typ.str(f); ok {
		ms = append(ms, member("type", typ))
	}
	return jsondoc.NewObject(ms...)
}

// deploy works out the deployment that remediation would run.
func (f *frame) deploy(d *Definition) *Remediation {
	r := &Remediation{}
	_, r.Roles = f.roles(d)
	r.Delay, _ = d.details.delay.str(f)
	dep := d.details.deployment
	if dep == nil {
		return r
	}
	r.Scope, _ = dep.scope.str(f)
	r.Location, _ = dep.location.str(f)
	body := dep.body
	if body.Get("parameters").Exists() {
		f.missing = nil
		v, unknown := dep.parameters.eval(f)
		if unknown {
			r.Unknown = f.missing
		}
		body = body.With("parameters", v)
	}
	r.Deployment = body
	return r
}

func (f *frame) modifyDetails(d *Definition) jsondoc.Value {
	var ms []jsondoc.Member
	if v, _ := f.roles(d); v.Exists() {
		ms = append(ms, jsondoc.Member{Name: "roleDefinitionIds", Value: v})
	}
	ops := make([]jsondoc.Value, 0, len(d.details.operations))
	for i := range d.details.operations {
		o := &d.details.operations[i]
		op := []jsondoc.Member{member("operation", o.kind), member("field", o.fieldText)}
		if o.kind != "remove" || o.at.Get("value").Exists() {
			v, _ := o.value.eval(f)
			op = append(op, jsondoc.Member{Name: "value", Value: v})
		}
		if o.condition != nil {
			v, _ := o.condition.eval(f)
			op = append(op, jsondoc.Member{Name: "condition", Value: v})
		}
		ops = append(ops, jsondoc.NewObject(op...))
	}
	return jsondoc.NewObject(append(ms, jsondoc.Member{Name: "operations", Value: jsondoc.NewArray(ops...)})...)
}

func (f *frame) appendDetails(d *Definition) jsondoc.Value {
	out := make([]jsondoc.Value, 0, len(d.details.operations))
	for i := range d.details.operations {
		o := &d.details.operations[i]
		v, _ := o.value.eval(f)
		out = append(out, jsondoc.NewObject(member("field", o.fieldText), jsondoc.Member{Name: "value", Value: v}))
	}
	return jsondoc.NewArray(out...)
}

// change applies the operations of modify or append to the resource.
func (f *frame) change(d *Definition) *Remediation {
	r := &Remediation{ConflictEffect: d.details.conflict}
	_, r.Roles = f.roles(d)
	body := f.body
	for i := range d.details.operations {
		o := &d.details.operations[i]
		f.missing = nil
		name, ok := o.field.str(f)
		v, unknown := o.value.eval(f)
		if !ok || unknown {
			r.Unknown = append(r.Unknown, f.missing...)
			continue
		}
		if o.condition != nil {
			holds, unknown := o.condition.eval(f)
			if unknown {
				r.Unknown = append(r.Unknown, f.missing...)
				continue
			}
			if text, _ := scalarText(holds); !strings.EqualFold(text, "true") {
				continue
			}
		}
		ref := newFieldRef(name, d.aliases)
		path := f.bodyPath(ref, body)
		before := plainGet(body, path)
		if d.Effect == Modify && ref.kind == fieldAlias && !hasParent(body, path) {
			// Source: "Azure Policy definitions modify effect", Skipped modification.
			r.Skipped = append(r.Skipped, name+": "+joinPath(path[:len(path)-1])+" is not there")
			continue
		}
		if o.kind == "append" && overrides(body, path, v) {
			// Source: "Azure Policy definitions append effect", Append evaluation.
			r.Denied = append(r.Denied, name+" is "+shown(before))
			continue
		}
		next, changed := apply(body, path, o.kind, v)
		if !changed {
			continue
		}
		body = next
		r.Changes = append(r.Changes, Change{Operation: o.kind, Field: name, Path: joinPath(path), Before: before, After: plainGet(body, path)})
	}
	if len(r.Changes) > 0 {
		r.Resource = body
	}
	return r
}

// bodyPath returns the members that lead to a field from the body, by the
// members that are there already, and below properties where none is.
func (f *frame) bodyPath(ref *fieldRef, body jsondoc.Value) []string {
	switch ref.kind {
	case fieldTag:
		return []string{"tags", ref.key}
	case fieldType, fieldName, fieldLocation, fieldID, fieldFullName:
		return []string{strings.ToLower(ref.name)}
	default:
	}
	steps := ref.steps
	if way := ref.detour(f.res.Type, f.o.APIVersion); way != nil {
		steps = way
	}
	var out []string
	at := body
	for i := range steps {
		s := &steps[i]
		if s.kind != stepKey {
			if s.kind == stepEach {
				out = append(out, "[*]")
			}
			at = at.At(s.index)
			continue
		}
		name := s.key.Name()
		direct, below := at.Lookup(s.key), at.Lookup(propertiesKey).Lookup(s.key)
		switch {
		case strings.EqualFold(name, "properties") || direct.Exists() && (i > 0 || below.IsMissing() || ref.kind != fieldAlias):
			out = append(out, name)
			at = direct
		case below.Exists():
			out = append(out, "properties", name)
			at = below
		case s.skip && at.Kind() == jsondoc.Object && i < len(steps)-1:
		case i == 0 && ref.kind == fieldAlias && !topLevel[strings.ToLower(name)]:
			out = append(out, "properties", name)
			at = jsondoc.Value{}
		default:
			out = append(out, name)
			at = jsondoc.Value{}
		}
	}
	return out
}

// hasParent tells whether the object that a property below another one stands
// in is there.
func hasParent(body jsondoc.Value, path []string) bool {
	n := len(path) - 1
	if n > 0 && path[n] == "[*]" {
		n--
	}
	if n < 1 || n == 1 && strings.EqualFold(path[0], "properties") {
		return true
	}
	v := body
	for _, p := range path[:n] {
		if p == "[*]" {
			return true // of the elements that there are
		}
		v = v.Get(p)
	}
	return v.Exists() && !v.IsNull()
}

// overrides tells whether a value that is there is another one than the value
// that append wants to put in its place.
func overrides(body jsondoc.Value, path []string, v jsondoc.Value) bool {
	for i, p := range path {
		if p != "[*]" {
			body = body.Get(p)
			continue
		}
		if i == len(path)-1 {
			return false // an element is added
		}
		for _, e := range body.Elements() {
			if overrides(e, path[i+1:], v) {
				return true
			}
		}
		return false
	}
	return body.Exists() && !body.IsNull() && !deepEqual(body, v)
}

// topLevel are members of the envelope that aliases mean by their name.
var topLevel = map[string]bool{"sku": true, "identity": true, "kind": true, "zones": true, "plan": true, "tags": true, "location": true, "managedby": true, "extendedlocation": true}

func joinPath(path []string) string {
	var b strings.Builder
	for i, p := range path {
		switch {
		case p == "[*]":
		case i > 0 && path[i-1] == "tags" || strings.ContainsAny(p, ". "):
			b.WriteString("['" + p + "']")
			continue
		case i > 0:
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}

func plainGet(v jsondoc.Value, path []string) jsondoc.Value {
	for _, p := range path {
		if p == "[*]" {
			return v
		}
		v = v.Get(p)
	}
	return v
}

// apply makes one change and tells whether anything is other than before.
func apply(v jsondoc.Value, path []string, kind string, val jsondoc.Value) (jsondoc.Value, bool) {
	if len(path) == 0 {
		return val, true
	}
	name := path[0]
	if name == "[*]" {
		return applyArray(v, path[1:], kind, val)
	}
	old := v.Get(name)
	if len(path) > 1 {
		if old.IsMissing() && kind == "remove" {
			return v, false
		}
		next, changed := apply(old, path[1:], kind, val)
		if !changed {
			return v, false
		}
		return v.With(name, next), true
	}
	switch kind {
	case "remove":
		if old.IsMissing() {
			return v, false
		}
		return v.Without(name), true
	case "add", "append":
		if old.Exists() && !old.IsNull() {
			return v, false
		}
	default:
		if old.Exists() && jsondoc.Equal(old, val) {
			return v, false
		}
	}
	return v.With(name, val), true
}

// applyArray changes the elements of an array: add and append put a value at
// its end, addOrReplace leaves nothing else; of a property of the elements,
// every one is changed.
//
// Source: "Author policies for array properties on Azure resources", Modifying arrays.
func applyArray(v jsondoc.Value, rest []string, kind string, val jsondoc.Value) (jsondoc.Value, bool) {
	var out []jsondoc.Value
	changed := false
	for _, e := range v.Elements() {
		if len(rest) > 0 {
			next, did := apply(e, rest, kind, val)
			changed = changed || did
			out = append(out, next)
			continue
		}
		if kind == "remove" && deepEqual(e, val) {
			changed = true
			continue
		}
		if (kind == "add" || kind == "append") && deepEqual(e, val) {
			return v, false
		}
		if kind != "addOrReplace" {
			out = append(out, e)
		}
	}
	if len(rest) == 0 && kind != "remove" {
		add := []jsondoc.Value{val}
		if val.Kind() == jsondoc.Array {
			add = add[:0]
			for _, e := range val.Elements() {
				add = append(add, e)
			}
		}
		out = append(out, add...)
		changed = len(add) > 0
		if next := jsondoc.NewArray(out...); kind == "addOrReplace" {
			changed = !deepEqual(v, next)
		}
	}
	return jsondoc.NewArray(out...), changed
}
