package template

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// nest expands the template of a deployment.
//
// Source: "Using linked and nested templates when deploying Azure resources",
// "Deploy resources with ... across scopes".
func (x *expander) nest(in *instance) error {
	f, c := in.frame, in.ctx
	if f.depth+1 > MaxNesting {
		return x.stop(f.file, in.decl.Offset(), "deployments nest deeper than %d levels", MaxNesting)
	}
	props := in.decl.Get("properties")
	at, err := x.retarget(c, f.at, in.decl)
	if err != nil {
		return err
	}
	nested := &frame{file: f.file, doc: props.Get("template"), at: at, depth: f.depth + 1, name: in.fullName, given: map[string]given{}}
	inner := false
	if scope, err := x.nameText(c, props.Path("expressionEvaluationOptions", "scope").TextOr("outer"), props.Offset()); err != nil {
		return err
	} else if strings.EqualFold(scope, "inner") {
		inner = true
	}
	if nested.doc.Kind() != jsondoc.Object {
		file, why, err := x.linked(in, props.Get("templateLink"))
		if err != nil {
			return err
		}
		if file == nil {
			what := linkText(props.Get("templateLink"))
			x.report(f.file, errLinked(what, why, in.decl.Offset()))
			x.out.NotAssessed = append(x.out.NotAssessed, Missing{What: what, Type: "Microsoft.Resources/deployments", Reason: why, File: f.file.name, Offset: in.decl.Offset()})
			return nil
		}
		nested.file, nested.doc, inner = file, file.doc, true
	}
	for name, v := range props.Get("parameters").Members() {
		g := given{ctx: c, value: v.Get("value"), at: v.Offset()}
		switch {
		case v.Get("reference").Exists():
			g = given{unknown: "the parameter " + name + " is a secret of a key vault", at: v.Offset()}
		case !v.Get("value").Exists():
			if s, ok := v.Text(); ok { // "parameters": "[...]" inside, as some tools write
				g.value = jsondoc.NewString(s).WithOffset(v.Offset())
			} else {
				g = given{unknown: "the parameter " + name + " is given without a value", at: v.Offset()}
			}
		}
		nested.given[lower(name)] = g
	}
	if props.Get("parametersLink").Exists() {
		for name := range nested.doc.Get("parameters").Members() {
			if _, ok := nested.given[lower(name)]; !ok {
				nested.given[lower(name)] = given{unknown: "the parameter " + name + " stands in a linked parameter file"}
			}
		}
	}
	in.nested, in.inner = nested, c
	if inner {
		x.declare(nested)
		in.inner = &ctx{f: nested}
	} else {
		nested.symbols = map[string]*symbol{}
	}
	first := len(x.list)
	if err := x.expandFrame(nested, in.inner); err != nil {
		return err
	}
	if len(in.uncertain) > 0 {
		for _, one := range x.list[first:] {
			one.uncertain = append(one.uncertain, in.uncertain...)
		}
	}
	return nil
}

// retarget returns the scope that a deployment, or an existing resource, names.
func (x *expander) retarget(c *ctx, t target, decl jsondoc.Value) (target, error) {
	read := func(name string) (string, bool, error) {
		v := decl.Get(name)
		s, ok := v.Text()
		if !ok || s == "" {
			return "", false, nil
		}
		text, err := x.nameText(c, s, v.Offset())
		return text, x.known(c, v), err
	}
	scope, known, err := read("scope")
	if err != nil {
		return t, err
	}
	if scope != "" {
		switch {
		case scope == "/":
			t.level = resource.LevelTenant
		case strings.HasPrefix(lower(strings.TrimPrefix(scope, "/providers/")), "microsoft.management/managementgroups/"):
			t.level, t.mg = resource.LevelManagementGroup, scope[strings.LastIndexByte(scope, '/')+1:]
		default:
			if id, err := resource.ParseID(scope); err == nil && id.Subscription() != "" {
				t.level, t.sub, t.subKnown = resource.LevelSubscription, id.Subscription(), known
				if id.ResourceGroup() != "" {
					t.level, t.group, t.groupKnown = resource.LevelResourceGroup, id.ResourceGroup(), known
				}
			}
		}
	}
	sub, known, err := read("subscriptionId")
	if err != nil {
		return t, err
	}
	if sub != "" {
		sub = strings.TrimPrefix(sub, "/subscriptions/")
		t.level, t.sub, t.subKnown = resource.LevelSubscription, clean(sub), known || sub == t.sub && t.subKnown
	}
	group, known, err := read("resourceGroup")
	if err != nil {
		return t, err
	}
	if group != "" {
		t.level, t.group, t.groupKnown = resource.LevelResourceGroup, clean(group), known || group == t.group && t.groupKnown
	}
	return t, nil
}

func clean(s string) string { return strings.ReplaceAll(s, "/", "|") }

func linkText(link jsondoc.Value) string {
	for _, name := range []string{"relativePath", "uri", "id"} {
		if s, ok := link.Get(name).Text(); ok {
			return clip(s)
		}
	}
	return "of a deployment without template and templateLink"
}

// linked opens the template that a deployment links to.
func (x *expander) linked(in *instance, link jsondoc.Value) (f *file, why string, err error) {
	path := ""
	for _, name := range []string{"relativePath", "uri"} {
		v := link.Get(name)
		s, ok := v.Text()
		if !ok {
			continue
		}
		got, err := x.value(in.ctx, v)
		if err != nil {
			return nil, "", err
		}
		if text, ok := got.Text(); ok && !isHole(got) {
			path = strings.ReplaceAll(text, `\`, "/")
		} else if path, err = x.linkBeside(in.ctx, v); err != nil {
			return nil, "", err
		} else if path == "" {
			return nil, "where it is, " + clip(s) + ", is known only at deployment", nil
		}
		break
	}
	if path == "" {
		if link.Get("id").Exists() {
			return nil, "it is a template spec, which is in Azure: az ts export writes it to files that can be checked", nil
		}
		return nil, "it is named by neither relativePath, uri nor id", nil
	}
	if x.o.Open == nil {
		return nil, "linked templates are not read here", nil
	}
	key := in.frame.file.name + "\x00" + path
	if f, ok := x.files[key]; ok {
		if f == nil {
			why = "it cannot be read"
		}
		return f, why, nil
	}
	text, name, err := x.o.Open(in.frame.file.name, path)
	if err != nil {
		return nil, err.Error(), nil
	}
	f, err = x.open(text, name)
	x.files[key] = f
	if err != nil { // what is wrong with it is reported
		return nil, "it cannot be read", nil
	}
	return f, "", nil
}

// linkBeside returns the path of a link that is made of the template's own
// address, deployment().properties.templateLink.uri, or of a parameter with it
// for its default: "" where it is not.
func (x *expander) linkBeside(c *ctx, v jsondoc.Value) (string, error) {
	got, err := x.valueIn(c, v, standIn)
	if err != nil {
		return "", err
	}
	uri, _ := got.Text()
	path, _ := linkPath(uri)
	return path, nil
}

func isHole(v jsondoc.Value) bool {
	_, ok := arm.IsHole(v)
	return ok
}

// nestedOutputs evaluates the outputs of a nested deployment as
// reference(...).outputs gives them.
func (x *expander) nestedOutputs(in *instance, m mode) (jsondoc.Value, error) {
	if in.outs[m].Exists() {
		return in.outs[m], nil
	}
	if in.outsBusy {
		return arm.Hole("the outputs of " + in.fullName + " depend on themselves"), nil
	}
	in.outsBusy = true
	defer func() { in.outsBusy = false }()
	var ms []jsondoc.Member
	for name, decl := range in.nested.doc.Get("outputs").Members() {
		v, err := x.output(in.inner, decl, m)
		if err != nil {
			return v, err
		}
		if isSecret(x.typeOf(in.nested, decl)) {
			v = arm.Hole("the output " + name + " is a secret")
		}
		if in.nested.file != in.frame.file {
			v = unplaced(v)
		}
		ms = append(ms, jsondoc.Member{Name: name, Value: jsondoc.NewObject(
			text("type", decl.Get("type").TextOr("string")), jsondoc.Member{Name: "value", Value: v})})
	}
	in.outs[m] = jsondoc.NewObject(ms...)
	return in.outs[m], nil
}
