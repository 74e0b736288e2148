package template

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

type diagnostic = diag.Diagnostic

// instance is one resource of a template: a declaration in one round of its
// loop, with its id. Its body comes later.
type instance struct {
	frame      *frame // the template that declares it
	ctx        *ctx   // where its expressions stand
	decl       jsondoc.Value
	parent     *instance
	typ        string // full, as declared
	fullName   string
	nameKnown  bool
	lastKnown  bool // the last segment of the name is known
	id         resource.ID
	apiVersion string
	symbolic   string
	loop       string
	existing   bool
	uncertain  []string
	nested     *frame // of a deployment
	inner      *ctx   // where the nested template's expressions stand
	outs       [modes]jsondoc.Value
	outsBusy   bool
	res        *Resource
}

// expandFrame finds the resources of a template and of all nested in it.
func (x *expander) expandFrame(f *frame, c *ctx) error {
	list := f.doc.Get("resources")
	switch list.Kind() {
	case jsondoc.Array:
		for _, decl := range list.Elements() {
			if err := x.expandDecl(f, c, decl, nil, "", 0); err != nil {
				return err
			}
		}
	case jsondoc.Object: // languageVersion 2.0: by symbolic name
		for name, decl := range list.Members() {
			f.symbols[lower(name)] = &symbol{list: decl.Get("copy").Exists()}
		}
		for name, decl := range list.Members() {
			if err := x.expandDecl(f, c, decl, nil, name, 0); err != nil {
				return err
			}
		}
	case jsondoc.Missing, jsondoc.Null:
	case jsondoc.Bool, jsondoc.Number, jsondoc.String:
		x.report(f.file, errShape("resources", "an array, or an object by symbolic name", list.Offset()))
	}
	return nil
}

// expandDecl makes the instances of one declaration.
func (x *expander) expandDecl(f *frame, c *ctx, decl jsondoc.Value, parent *instance, symbolic string, depth int) error {
	if decl.Kind() != jsondoc.Object {
		x.report(f.file, errShape("a resource", "an object", decl.Offset()))
		return nil
	}
	if depth > maxChildDepth {
		return x.stop(f.file, decl.Offset(), "resources nest deeper than %d levels", maxChildDepth)
	}
	loops := decl.Get("copy")
	if loops.Kind() != jsondoc.Object {
		return x.instantiate(f, c, decl, parent, symbolic, "", depth)
	}
	name := loops.Get("name").TextOr(symbolic)
	n, why, err := x.count(c, loops.Get("count"), strict)
	if err != nil {
		return err
	}
	if why != nil {
		// At least one of an unknown number, with an unknown index.
		round := loop{name: name, index: arm.Unknown(why...), own: true}
		return x.instantiateMaybe(f, c.with(round), decl, parent, symbolic, name, depth, why)
	}
	if n > MaxCopy {
		return x.stop(f.file, loops.Offset(), "the copy %q has %d rounds, the limit is %d", name, n, MaxCopy)
	}
	for i := range n {
		if err := x.instantiate(f, c.with(loop{name: name, index: arm.Int(int64(i)), own: true}), decl, parent, symbolic, name, depth); err != nil {
			return err
		}
	}
	return nil
}

func (x *expander) instantiateMaybe(f *frame, c *ctx, decl jsondoc.Value, parent *instance, symbolic, loopName string, depth int, why []string) error {
	at := len(x.list)
	if err := x.instantiate(f, c, decl, parent, symbolic, loopName, depth); err != nil {
		return err
	}
	for _, in := range x.list[at:] {
		in.uncertain = append(in.uncertain, why...)
	}
	return nil
}

// instantiate makes one resource, its nested children, and what a deployment nests.
func (x *expander) instantiate(f *frame, c *ctx, decl jsondoc.Value, parent *instance, symbolic, loopName string, depth int) error {
	if err := x.spend(c, instanceCost, decl.Offset()); err != nil {
		return err
	}
	for _, kind := range []string{"import", "extension"} { // not Azure's: Microsoft Graph's, Kubernetes'
		if provider, ok := decl.Get(kind).Text(); ok {
			x.out.NotAssessed = append(x.out.NotAssessed, Missing{What: symbolic, Type: decl.Get("type").TextOr(""), File: f.file.name, Offset: decl.Offset(),
				Reason: "it is an object of the extension " + provider + ", not a resource of Azure"})
			return nil
		}
	}
	yes, why, err := x.truth(c, decl.Get("condition"))
	if err != nil {
		return err
	}
	in := &instance{frame: f, ctx: c, decl: decl, parent: parent, symbolic: symbolic, loop: loopName, uncertain: why}
	in.existing, _ = decl.Get("existing").Bool()
	if parent != nil {
		in.uncertain = append(in.uncertain, parent.uncertain...)
	}
	deployed := yes || why != nil
	if err := x.identify(in); err != nil {
		return err
	}
	x.symbol(in)
	if deployed && !in.id.IsZero() {
		if err := x.keep(in); err != nil {
			return err
		}
	}
	// A condition is not handed down: children have their own. But none can be in a parent that is not there.
	if deployed && isDeployment(in.typ) && !in.existing {
		if err := x.nest(in); err != nil {
			return err
		}
	}
	if !deployed && parent == nil && !decl.Get("resources").Exists() {
		return nil
	}
	children := decl.Get("resources")
	for _, child := range children.Elements() {
		if err := x.expandDecl(f, c, child, in, "", depth+1); err != nil {
			return err
		}
	}
	for name, child := range children.Members() {
		if err := x.expandDecl(f, c, child, in, name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func isDeployment(typ string) bool { return strings.EqualFold(typ, "Microsoft.Resources/deployments") }

// identify gives an instance its type, name and id.
func (x *expander) identify(in *instance) error {
	c, f := in.ctx, in.frame
	typ, err := x.nameText(c, in.decl.Get("type").TextOr(""), in.decl.Get("type").Offset())
	if err != nil {
		return err
	}
	nameDecl := in.decl.Get("name")
	name, err := x.nameText(c, nameDecl.TextOr(""), nameDecl.Offset())
	if err != nil {
		return err
	}
	in.nameKnown = x.known(c, nameDecl)
	in.lastKnown = in.nameKnown || x.lastKnown(c, nameDecl)
	if typ == "" || name == "" {
		what := "type"
		if typ != "" {
			what = "name"
		}
		x.report(f.file, errShape("the "+what+" of a resource", "a string", in.decl.Offset()))
		if typ == "" {
			return nil
		}
		name = "{name}"
	}
	if in.apiVersion, err = x.nameText(c, in.decl.Get("apiVersion").TextOr(""), in.decl.Get("apiVersion").Offset()); err != nil {
		return err
	}
	p := place{typ: typ, name: name}
	if in.parent != nil {
		var extension bool
		p.typ, p.name, extension = fullTypeName(in.parent.typ, in.parent.fullName, typ, name)
		in.nameKnown = in.nameKnown && in.parent.nameKnown
		if extension {
			p.scope = in.parent.id.String()
		} else if in.parent.decl.Get("scope").Exists() {
			p.scope = in.parent.id.Scope().String()
		}
	}
	if s := in.decl.Get("scope"); s.Exists() && !isDeployment(typ) {
		if p.scope, err = x.nameText(c, s.TextOr(""), s.Offset()); err != nil {
			return err
		}
	}
	t := f.at
	if in.existing { // those may lie elsewhere
		if t, err = x.retarget(c, t, in.decl); err != nil {
			return err
		}
	}
	id, want, got := idOf(t, p)
	if id == "" {
		x.report(f.file, errName(p.typ, p.name, want, got, nameDecl.Offset()))
		id = repaired(t, p)
	}
	in.typ, in.fullName = p.typ, p.name
	parsed, err := resource.ParseID(id)
	if err != nil {
		x.report(f.file, diagnostic{Code: CodeName, Message: err.Error(), Span: diag.Span{Start: nameDecl.Offset(), End: nameDecl.Offset()}})
		return nil
	}
	in.id = parsed
	in.typ = typeOfID(parsed, p.typ)
	return nil
}

// repaired is an id for a resource whose name does not go with its type: what
// Azure would refuse is still worth a finding.
func repaired(t target, p place) string {
	seg := strings.Split(strings.Trim(p.typ, "/"), "/")
	if len(seg) < 2 {
		return ""
	}
	name := strings.ReplaceAll(p.name, "/", "|")
	p.name = strings.Repeat("{parent}/", len(seg)-2) + name
	id, _, _ := idOf(t, p)
	return id
}

// known tells whether a value depends on nothing that only the deployment knows.
func (x *expander) known(c *ctx, v jsondoc.Value) bool {
	s, ok := v.Text()
	if !ok || !arm.IsExpression(s) {
		return ok
	}
	got, err := x.expression(c, s, v.Offset(), strict)
	return err == nil && !got.IsUnknown()
}

// symbol notes an instance under its symbolic name and the round of its loop.
func (x *expander) symbol(in *instance) {
	if in.symbolic == "" || in.parent != nil || in.id.IsZero() {
		return
	}
	s := in.frame.symbols[lower(in.symbolic)]
	if s == nil {
		return
	}
	round := int64(0)
	if s.list && in.loop != "" {
		n, ok := in.ctx.loops[len(in.ctx.loops)-1].index.Doc().Int()
		if !ok {
			return // nobody knows how many there are
		}
		round = n
	}
	if s.rounds == nil {
		s.rounds = map[int64]*instance{}
	}
	s.rounds[round] = in
}

// lastKnown tells whether the last segment of a name is known though the whole
// is not: format('{0}/{1}', ..., 'default') and concat(..., '/default').
func (x *expander) lastKnown(c *ctx, v jsondoc.Value) bool {
	s, _ := v.Text()
	if !arm.IsExpression(s) {
		return false
	}
	e, diags := arm.Parse(s)
	if e == nil || diags.HasErrors() {
		return false
	}
	call, ok := e.Root.(*arm.Call)
	if !ok || len(call.Args) < 2 {
		return false
	}
	said := len(x.out.Diagnostics) // what is wrong with the parts was said of the whole
	defer func() { x.out.Diagnostics = x.out.Diagnostics[:said] }()
	known := func(n arm.Node) (string, bool) {
		at := n.Span()
		got, err := x.expression(c, "["+s[at.Start:at.End]+"]", v.Offset(), strict)
		if err != nil || got.IsUnknown() {
			return "", false
		}
		return plainText(got)
	}
	switch lower(call.Name) {
	case "format":
		pattern, ok := known(call.Args[0])
		last := len(call.Args) - 1
		if !ok || !strings.HasSuffix(pattern, "/{"+strconv.Itoa(last-1)+"}") {
			return false
		}
		_, ok = known(call.Args[last])
		return ok
	case "concat":
		for _, a := range slices.Backward(call.Args) {
			part, ok := known(a)
			if !ok || strings.Contains(part, "/") {
				return ok
			}
		}
	}
	return false
}

// keep takes an instance into the expansion.
func (x *expander) keep(in *instance) error {
	if in.symbolic != "" && in.frame.symbols != nil {
		if s := in.frame.symbols[lower(in.symbolic)]; s != nil && in.parent == nil {
			s.instances = append(s.instances, in)
		}
	}
	if in.existing {
		if x.ids[in.id.Key()] == nil {
			x.ids[in.id.Key()] = in
		}
		return nil
	}
	if in.frame.made++; in.frame.made > MaxPerFile {
		return x.stop(in.frame.file, in.decl.Offset(), "the template makes more than %d resources", MaxPerFile)
	}
	if len(x.list) >= MaxResources {
		return x.stop(in.frame.file, in.decl.Offset(), "the template and what it nests make more than %d resources", MaxResources)
	}
	if old := x.ids[in.id.Key()]; old != nil && !old.existing {
		if in.nameKnown && len(in.uncertain) == 0 && len(old.uncertain) == 0 {
			x.report(in.frame.file, errTwice(in.id.String(), in.decl.Offset()))
		}
		for n := 2; ; n++ { // each is assessed, under an id of its own
			id, err := resource.ParseID(in.id.String() + "#" + strconv.Itoa(n))
			if err != nil || x.ids[id.Key()] == nil {
				if err == nil {
					in.id = id
				}
				break
			}
		}
	}
	x.ids[in.id.Key()] = in
	x.list = append(x.list, in)
	x.index(in)
	return nil
}

// find returns the resource that a text names from inside a template: an id, a
// symbolic name, a name that is unique there.
func (x *expander) find(f *frame, name string) *instance {
	if strings.HasPrefix(name, "/") {
		return x.ids[strings.TrimRight(lower(name), "/")]
	}
	if s := f.symbols[lower(name)]; s != nil {
		if s.list {
			return nil // all of a loop are no one resource
		}
		return s.rounds[0]
	}
	if base, index, ok := strings.Cut(strings.TrimSuffix(name, "]"), "["); ok && strings.HasSuffix(name, "]") { // one round: name[2]
		if s := f.symbols[lower(base)]; s != nil && s.list {
			if n, err := strconv.ParseInt(index, 10, 64); err == nil {
				return s.rounds[n]
			}
		}
	}
	return x.byName[nameKey{f, lower(name)}]
}

// nameKey is a name inside a template: "name" or "type/name".
type nameKey struct {
	f    *frame
	name string
}

// index notes the names of an instance; a name that two have finds neither.
func (x *expander) index(in *instance) {
	for _, name := range []string{in.fullName, in.typ + "/" + in.fullName} {
		k := nameKey{in.ctx.f, lower(name)}
		if _, twice := x.byName[k]; twice {
			x.byName[k] = nil
			continue
		}
		x.byName[k] = in
	}
	if in.loop != "" {
		k := nameKey{in.ctx.f, lower(in.loop)}
		x.loops[k] = append(x.loops[k], in)
	}
}
