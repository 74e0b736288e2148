package template

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// PlanOptions say what is known of a Terraform plan besides its text.
type PlanOptions struct {
	File                string
	StandInSubscription string // default [StandInSubscription]
	// Line returns the file and the line of a resource's block in the sources of a
	// module (the folder relative to the root module, "" for that itself), and 0
	// where it is not there. Nil where no sources are at hand.
	Line func(module, typ, name string) (file string, line int)
}

// Limits on a plan.
const (
	maxPlanResources = 200_000
	maxModules       = 64 // inside each other
)

// planned is one resource of a plan.
type planned struct {
	address, module string // module is its address, "" for the root
	mode, typ, name string
	index           jsondoc.Value
	values          jsondoc.Value // with holes
	config          jsondoc.Value // its expressions; missing where they are not at hand
	place           *planModule
	row             *mapping
	id              string
	idDone, idBusy  bool
	idKnown         bool
	out             *Resource
}

// planModule is a module of the configuration.
type planModule struct {
	parent    *planModule
	call      jsondoc.Value // what the parent gives it
	config    jsondoc.Value
	dir       string
	resources map[string]jsondoc.Value // by "type.name"
	calls     map[string]*planModule
}

// plan carries the reading of one plan.
type plan struct {
	o       PlanOptions
	out     *Expansion
	list    []*planned
	byName  map[string][]*planned // by module address and "type.name"
	byAddr  map[string]*planned
	changes map[string]jsondoc.Value
	root    *planModule
	ids     map[string]*Resource // of what was made, by key
	names   map[string]*planned  // by ARM type and name
}

// ReadPlan returns the Azure resources that a Terraform plan, as terraform show
// -json writes it, would leave in place: all azapi_resource, and the azurerm
// types of the table. Other types of those providers are in NotAssessed; other
// providers are passed over. Values that are known only after the apply, and
// sensitive ones, are Unknown; an attribute that nobody configures and that
// the provider computes is absent, as a property that a template leaves out.
//
// Source: "JSON Output Format" of Terraform. The structs of terraform-json are
// not used: the values are wanted as trees that keep what is not known in place.
func ReadPlan(text []byte, o PlanOptions) *Expansion {
	if o.StandInSubscription == "" {
		o.StandInSubscription = StandInSubscription
	}
	p := &plan{o: o, out: &Expansion{File: o.File, Sources: map[string]*diag.Source{}}, byName: map[string][]*planned{}, byAddr: map[string]*planned{}, changes: map[string]jsondoc.Value{}}
	if err := guarded(func() error { return p.run(text) }); err != nil {
		if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
			p.report(diagnostic{Code: CodeSyntax, Message: syntax.Message, Pos: syntax.Pos})
		} else if !errors.Is(err, errStop) {
			p.report(diagnostic{Code: CodeShape, Message: err.Error()})
		}
	}
	return p.out
}

func (p *plan) report(d diagnostic) {
	if len(p.out.Diagnostics) < maxDiags {
		d.Source = p.o.File
		p.out.Diagnostics.Add(d)
	}
}

func (p *plan) run(text []byte) error {
	doc, err := jsondoc.Parse(text)
	if err != nil {
		return err
	}
	table, err := azurerm()
	if err != nil {
		return err
	}
	for _, c := range doc.Get("resource_changes").Elements() {
		p.changes[c.Get("address").TextOr("")] = c.Get("change")
	}
	p.root = newModule(nil, jsondoc.Value{}, doc.Path("configuration", "root_module"), "", 0)
	state := doc.Path("planned_values", "root_module")
	if state.Kind() != jsondoc.Object {
		return errors.New("the plan has no planned_values; write it with terraform show -json PLAN")
	}
	if err := p.collect(state, "", p.root, 0); err != nil {
		return err
	}
	for _, r := range p.list {
		r.row = table[r.typ]
	}
	for _, r := range p.list {
		p.emit(r)
	}
	for _, r := range p.list { // those that change others come after them
		if r.row != nil && r.row.place.into != "" {
			p.change(r)
		}
	}
	p.out.Resources = relate(p.out.Resources)
	for _, r := range p.out.Resources {
		r.settle()
	}
	return nil
}

func newModule(parent *planModule, call, config jsondoc.Value, dir string, depth int) *planModule {
	m := &planModule{parent: parent, call: call, config: config, dir: dir, resources: map[string]jsondoc.Value{}, calls: map[string]*planModule{}}
	for _, r := range config.Get("resources").Elements() {
		if r.Get("mode").TextOr("managed") == "managed" {
			m.resources[r.Get("type").TextOr("")+"."+r.Get("name").TextOr("")] = r.Get("expressions")
		}
	}
	if depth < maxModules {
		for name, c := range config.Get("module_calls").Members() {
			sub := "\x00" // not in the sources
			if source := c.Get("source").TextOr(""); strings.HasPrefix(source, ".") && dir != "\x00" {
				sub = path.Join(dir, source)
			}
			m.calls[name] = newModule(m, c.Get("expressions"), c.Get("module"), sub, depth+1)
		}
	}
	return m
}

// collect lists the resources of a module and of those in it.
func (p *plan) collect(state jsondoc.Value, address string, m *planModule, depth int) error {
	if depth > maxModules {
		p.report(errLimit(0, "modules nest deeper than %d levels", maxModules))
		return errStop
	}
	for _, v := range state.Get("resources").Elements() {
		r := &planned{
			address: v.Get("address").TextOr(""), module: address, mode: v.Get("mode").TextOr(""), typ: v.Get("type").TextOr(""), name: v.Get("name").TextOr(""),
			index: v.Get("index"), place: m,
		}
		if r.mode != "managed" {
			continue
		}
		if len(p.list) >= maxPlanResources {
			p.report(errLimit(0, "the plan has more than %d resources", maxPlanResources))
			return errStop
		}
		if m != nil {
			r.config = m.resources[r.typ+"."+r.name]
		}
		change := p.changes[r.address]
		r.values = withHoles(v.Get("values"), change.Get("after_unknown"), change.Get("after_sensitive"), v.Get("sensitive_values"))
		p.list = append(p.list, r)
		key := address + "\x00" + r.typ + "." + r.name
		p.byName[key] = append(p.byName[key], r)
		p.byAddr[r.address] = r
	}
	for _, c := range state.Get("child_modules").Elements() {
		at := c.Get("address").TextOr("")
		if err := p.collect(c, at, m.child(at), depth+1); err != nil {
			return err
		}
	}
	return nil
}

var moduleIndex = regexp.MustCompile(`\[[^\]]*\]`)

// child returns the module that the last step of an address calls.
func (m *planModule) child(address string) *planModule {
	if m == nil {
		return nil
	}
	plain := moduleIndex.ReplaceAllString(address, "")
	return m.calls[plain[strings.LastIndexByte(plain, '.')+1:]]
}

// withHoles puts holes where a value is known only after the apply, or is a secret.
func withHoles(v, unknown, secret, alsoSecret jsondoc.Value) jsondoc.Value {
	if yes, ok := unknown.Bool(); ok && yes {
		return arm.Hole("it is known only after the apply")
	}
	for _, s := range []jsondoc.Value{secret, alsoSecret} {
		if yes, ok := s.Bool(); ok && yes && !v.IsNull() && v.Exists() {
			return arm.Hole("it is sensitive")
		}
	}
	switch {
	case v.Kind() == jsondoc.Object || v.IsMissing() && unknown.Kind() == jsondoc.Object || v.IsNull() && unknown.Kind() == jsondoc.Object && unknown.Len() > 0:
		var ms []jsondoc.Member
		for k, e := range v.Members() {
			ms = append(ms, jsondoc.Member{Name: k, Value: withHoles(e, unknown.Get(k), secret.Get(k), alsoSecret.Get(k))})
		}
		for k, u := range unknown.Members() {
			if !v.Get(k).Exists() {
				if h := withHoles(jsondoc.Value{}, u, jsondoc.Value{}, jsondoc.Value{}); hasHoles(h) {
					ms = append(ms, jsondoc.Member{Name: k, Value: h})
				}
			}
		}
		return jsondoc.NewObject(ms...)
	case v.Kind() == jsondoc.Array || v.IsMissing() && unknown.Kind() == jsondoc.Array:
		n := max(v.Len(), unknown.Len())
		out := make([]jsondoc.Value, 0, n)
		for i := range n {
			out = append(out, withHoles(v.At(i), unknown.At(i), secret.At(i), alsoSecret.At(i)))
		}
		return jsondoc.NewArray(out...)
	}
	if v.IsMissing() {
		return jsondoc.Nothing
	}
	return v.WithOffset(0)
}

// settle finishes a body: holes become unknown paths.
func (r *Resource) settle() {
	one := *r.Resource
	var ms []jsondoc.Member
	for k, v := range one.Body.Members() {
		if known, ok := strip(v, k, &r.Unknown); ok {
			ms = append(ms, jsondoc.Member{Name: k, Value: known})
		}
	}
	one.Body = jsondoc.NewObject(ms...)
	if !one.Body.Get("properties").Exists() && len(r.UnknownAt("properties")) == 0 {
		one.Body = one.Body.With("properties", jsondoc.NewObject())
	}
	r.Resource = &one
}

// emit makes the resource of a planned one, and the children in it.
func (p *plan) emit(r *planned) {
	switch {
	case r.typ == "azapi_resource":
		p.azapi(r)
		return
	case r.row != nil && r.row.place.into != "":
		return
	case r.row == nil:
		p.skip(r)
		return
	}
	id, known := p.idOf(r)
	w := p.writer(r)
	w.common()
	w.assign(r.row.set, r.values)
	for _, j := range r.row.joins {
		w.join(j)
	}
	for _, c := range r.row.consts {
		w.body = put(w.body, strings.Split(c.to, "."), c.value)
	}
	if r.out = p.add(r, id, r.row.typ, w.body, known); r.out != nil {
		r.out.attributes = w.from
	}
	for _, c := range r.row.also {
		when := attribute(r.values, c.when)
		if r.out == nil || w.unset(when, c.when) || when.Kind() == jsondoc.Array && when.Len() == 0 {
			continue
		}
		sub := p.writer(r)
		sub.assign(c.set, r.values)
		if made := p.add(r, id+"/"+c.typ+"/"+c.name, r.row.typ+"/"+c.typ, sub.body, known); made != nil {
			made.attributes = sub.from
		}
	}
}

// skip notes what is not assessed of the Azure providers.
func (p *plan) skip(r *planned) {
	provider, _, _ := strings.Cut(r.typ, "_")
	if provider != "azurerm" && provider != "azapi" && provider != "azuread" {
		return
	}
	m := Missing{What: r.address, Type: r.typ, Reason: "azward has no mapping of " + r.typ + " to Azure's own resource", File: p.o.File}
	if provider == "azuread" {
		m.Reason = r.typ + " is an object of the directory, which is not read from plans"
	}
	if file, line := p.line(r); line > 0 {
		m.File, m.Line = file, line
	}
	p.out.NotAssessed = append(p.out.NotAssessed, m)
}

// add puts a resource into the expansion.
func (p *plan) add(r *planned, id, typ string, body jsondoc.Value, nameKnown bool) *Resource {
	parsed, err := resource.ParseID(id)
	if err != nil {
		p.report(diagnostic{Code: CodeName, Message: fmt.Sprintf("%s: %v", r.address, err)})
		p.out.NotAssessed = append(p.out.NotAssessed, Missing{What: r.address, Type: r.typ, Reason: "its id cannot be made", File: p.o.File})
		return nil
	}
	whole := jsondoc.NewObject(text("id", id), text("name", parsed.Name()), text("type", typ))
	for k, v := range body.Members() {
		whole = whole.With(k, v)
	}
	out := &Resource{
		Resource: &resource.Resource{ID: parsed, Type: typeOfID(parsed, typ), Body: whole, From: resource.Origin{File: p.o.File}},
		Address:  r.address, File: p.o.File,
	}
	if !nameKnown {
		out.Unknown = append(out.Unknown, Unknown{Path: "name", Reasons: []string{"the name is known only after the apply"}})
	}
	if file, line := p.line(r); line > 0 {
		out.File, out.Line = file, line
	}
	p.out.Resources = append(p.out.Resources, out)
	return out
}

func (p *plan) line(r *planned) (string, int) {
	if p.o.Line == nil || r.place == nil || r.place.dir == "\x00" {
		return "", 0
	}
	return p.o.Line(r.place.dir, r.typ, r.name)
}

// change applies a resource that is a property of another (an association).
func (p *plan) change(r *planned) {
	id, _ := p.reference(r, r.row.place.into)
	target := p.byID(id)
	if target == nil {
		p.out.NotAssessed = append(p.out.NotAssessed, Missing{What: r.address, Type: r.typ, File: p.o.File,
			Reason: "what it changes, " + r.row.place.into + ", is not in the plan"})
		return
	}
	w := p.writer(r)
	w.body = target.Body
	w.assign(r.row.set, r.values)
	one := *target.Resource
	one.Body = w.body
	target.Resource = &one
}

func (p *plan) byID(id string) *Resource {
	if p.ids == nil {
		p.ids = map[string]*Resource{}
		for _, r := range p.out.Resources {
			p.ids[r.ID.Key()] = r
		}
	}
	return p.ids[lower(id)]
}

// named finds a resource of the plan by its ARM type and name.
func (p *plan) named(typ, name string) *planned {
	if p.names == nil {
		p.names = map[string]*planned{}
		for _, r := range p.list {
			if r.row != nil && r.row.typ != "" {
				n, _ := p.word(r, r.row.name)
				p.names[r.row.typ+"\x00"+n] = r
			}
		}
	}
	return p.names[typ+"\x00"+name]
}

// azapi makes the resource of an azapi_resource: its body is Azure's own.
//
// Source: the provider's page "azapi_resource"; body is JSON text in version 1
// and an object in version 2.
func (p *plan) azapi(r *planned) {
	typ, version, _ := strings.Cut(r.values.Get("type").TextOr(""), "@")
	id, known := p.idOf(r)
	body := r.values.Get("body")
	if s, ok := body.Text(); ok && !isHole(body) {
		parsed, err := jsondoc.ParseString(s)
		if err != nil {
			p.report(diagnostic{Code: CodeSyntax, Message: fmt.Sprintf("%s: its body is no JSON: %v", r.address, err)})
			parsed = jsondoc.NewObject(jsondoc.Member{Name: "properties", Value: arm.Hole("the body is no JSON")})
		}
		body = unplaced(parsed)
	}
	w := p.writer(r)
	w.common()
	switch {
	case isHole(body):
		why, _ := arm.IsHole(body)
		w.body = w.body.With("properties", arm.Hole(why...))
	default:
		for k, v := range body.Members() {
			w.body = w.body.With(k, v)
		}
	}
	w.body = p.fillReferences(r, w.body)
	r.out = p.add(r, id, typ, w.body, known)
	if r.out != nil {
		r.out.APIVersion = version
	}
}
