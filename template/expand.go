package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Stand-ins for the places of a deployment that nobody named.
const (
	StandInSubscription = "00000000-0000-0000-0000-000000000000"
	StandInGroup        = "{resourceGroup}"
	StandInManagement   = "{managementGroup}"
)

// Options say what is known of a deployment besides its template.
type Options struct {
	File string // name of the template, for places

	// Parameters is the text of a parameter file, or nil.
	Parameters     []byte
	ParametersFile string

	// Subscription and ResourceGroup are where it is deployed to, where that is
	// known; otherwise StandIn* are written into ids in their place.
	Subscription         string
	ResourceGroup        string
	StandInSubscription  string // default [StandInSubscription]
	StandInResourceGroup string // default [StandInGroup]
	Location             string // of that resource group, or of a deployment to a wider scope; "" where it is not known

	// Open returns the text and the name of a template that another links to by
	// relative path or URI. Nil means that none is at hand.
	Open func(from, path string) (text []byte, name string, err error)

	// Now is what utcNow answers; zero leaves it Unknown.
	Now time.Time
}

// Unknown is a path in a resource's body whose value is not known before deployment.
type Unknown struct {
	Path    string   // from the body: "properties.minimumTlsVersion", "location"; arrays as "a[*].b"
	Reasons []string // sentences
	Offset  int      // of the expression
}

// Resource is one resource that the deployment would make.
type Resource struct {
	*resource.Resource
	Address    string    // a Terraform address, or the symbolic name; "" where there is neither
	APIVersion string    // as it was written
	Unknown    []Unknown // what is not known of its body
	Uncertain  []string  // why it is not known whether it is deployed at all
	Offset     int       // of its declaration in File
	File       string    // where it is declared: the template, or one that it links to
	Line       int       // of its declaration, where the offset does not tell it (Terraform sources)
	attributes map[string]string
}

// Attribute returns the Terraform attribute that a path of the body was taken
// from: "min_tls_version" of "properties.minimumTlsVersion"; "" where there is none.
func (r *Resource) Attribute(path string) string {
	for p := bare(path); p != ""; {
		if a, ok := r.attributes[p]; ok {
			return a
		}
		i := strings.LastIndexByte(p, '.')
		if i < 0 {
			break
		}
		p = p[:i]
	}
	return ""
}

// UnknownAt returns why a path of the body is not known; path and what is
// unknown cover each other as [inventory.Inventory.Unread] has it.
func (r *Resource) UnknownAt(path string) []string {
	var out []string
	for _, u := range r.Unknown {
		if overlaps(u.Path, path) {
			for _, why := range u.Reasons {
				if !slices.Contains(out, why) {
					out = append(out, why)
				}
			}
		}
	}
	return out
}

// OffsetAt returns where the expression stands whose value at a path is not
// known; 0 where the path is known.
func (r *Resource) OffsetAt(path string) int {
	for _, u := range r.Unknown {
		if overlaps(u.Path, path) {
			return u.Offset
		}
	}
	return 0
}

func overlaps(a, b string) bool {
	a, b = bare(a), bare(b)
	if a == "" || b == "" { // all properties: the envelope is not among them
		head, _, _ := strings.Cut(a+b, ".")
		return !inventory.IsEnvelope(head)
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || strings.HasPrefix(b, a) && b[len(a)] == '.'
}

// bare writes a path without "properties" before it and "[*]" in it.
func bare(p string) string {
	p = strings.Trim(strings.ReplaceAll(lower(p), "[*]", ""), ".")
	if p == "properties" {
		return ""
	}
	return strings.TrimPrefix(p, "properties.")
}

// Missing is something that stands in the input and was not turned into resources.
type Missing struct {
	What   string // the linked template, or the Terraform address
	Type   string // the Terraform type, or "Microsoft.Resources/deployments"
	Reason string // a sentence
	File   string
	Offset int
	Line   int
}

// Expansion is what a template or plan comes to.
type Expansion struct {
	File        string
	Resources   []*Resource // in the order of the template
	Outputs     []Output
	NotAssessed []Missing
	Diagnostics diag.List // resolved: with file, line and column
	Sources     map[string]*diag.Source
}

// Output is an output of the template. A value that is not known is a hole ([arm.IsHole]).
type Output struct {
	Name  string
	Value jsondoc.Value
}

// OK tells whether the whole template was expanded: no diagnostic is an error.
func (e *Expansion) OK() bool { return !e.Diagnostics.HasErrors() }

// Position returns the line and column of an offset in one of the expansion's files.
func (e *Expansion) Position(file string, offset int) diag.Position {
	if s := e.Sources[file]; s != nil {
		return s.Position(offset)
	}
	return diag.Position{}
}

// errStop ends an expansion that ran into a limit; the diagnostic is there already.
var errStop = errors.New("the expansion ended at a limit")

// expander carries one expansion.
type expander struct {
	o     Options
	out   *Expansion
	env   *arm.Env
	view  view
	progs map[string]*program
	nodes int
	ids   map[string]*instance // by key of the id, all that are deployed or exist
	list  []*instance
	files map[string]*file // linked templates, by who links and how
	// by name inside a template, and by the name of their loop
	byName map[nameKey]*instance
	loops  map[nameKey][]*instance
	root   *frame
	host   []hostFn
}

// Expand returns the resources that a template would make. It always returns
// an expansion; what is wrong with the template is in its diagnostics. Errors
// are collected: one bad expression does not hide the rest.
//
// Sources: "Understand the structure and syntax of ARM templates" and the pages
// on copy, conditions, nested templates, scopes and child resources beside it.
func Expand(text []byte, o Options) *Expansion {
	x := &expander{o: o, out: &Expansion{File: o.File, Sources: map[string]*diag.Source{}}, progs: map[string]*program{}, ids: map[string]*instance{},
		byName: map[nameKey]*instance{}, files: map[string]*file{}, loops: map[nameKey][]*instance{}}
	x.host = hostFns()
	x.env = arm.NewEnv(&x.view)
	x.env.Now = o.Now
	x.view.x = x
	if o.StandInSubscription == "" {
		x.o.StandInSubscription = StandInSubscription
	}
	if o.StandInResourceGroup == "" {
		x.o.StandInResourceGroup = StandInGroup
	}
	if err := guarded(func() error { return x.run(text) }); err != nil && !errors.Is(err, errStop) {
		x.report(&file{name: o.File}, diag.Diagnostic{Code: CodeBug, Message: err.Error(), Hint: "this is a bug in azward; please report it with the template"})
	}
	for i := range x.out.Diagnostics {
		d := &x.out.Diagnostics[i]
		if s := x.out.Sources[d.Source]; s != nil && d.Pos.Line == 0 {
			d.Pos = s.Position(d.Span.Start)
		}
	}
	x.out.Diagnostics.Sort()
	return x.out
}

// stages of an expansion: every one needs what those before it found.
func (x *expander) run(text []byte) error {
	f, err := x.open(text, x.o.File)
	if err != nil {
		return err
	}
	doc, parameters, err := x.template(f)
	if err != nil {
		return err
	}
	x.root = &frame{file: f, doc: doc, at: x.target(doc), given: map[string]given{}}
	if err := x.rootParameters(x.root, parameters); err != nil {
		return err
	}
	x.declare(x.root)
	if err := x.expandFrame(x.root, &ctx{f: x.root}); err != nil { // names, before bodies: bodies refer to any of them
		return err
	}
	x.order() // cycles
	for _, in := range x.list {
		if err := x.build(in); err != nil {
			return err
		}
	}
	x.relate() // children into parents, and back
	if err := x.asserts(x.root, &ctx{f: x.root}); err != nil {
		return err
	}
	for _, in := range x.list {
		if in.nested != nil {
			if err := x.asserts(in.nested, in.inner); err != nil {
				return err
			}
		}
	}
	return x.outputs()
}

// file is a template's text under its name.
type file struct {
	name string
	src  *diag.Source
	doc  jsondoc.Value
}

// guarded turns a panic into an error: what is read is not ours.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the expansion failed: %v", r)
		}
	}()
	return f()
}

func (x *expander) report(f *file, d diag.Diagnostic) {
	if len(x.out.Diagnostics) >= maxDiags && d.Code != CodeLimit && (d.Severity != diag.Error || x.out.Diagnostics.HasErrors()) {
		return // one error is always among them, and so is the limit that ended the expansion
	}
	d.Source = f.name
	for _, old := range x.out.Diagnostics {
		if old.Code == d.Code && old.Source == d.Source && old.Span == d.Span && old.Message == d.Message {
			return
		}
	}
	x.out.Diagnostics.Add(d)
}

// stop reports a limit and ends the expansion.
func (x *expander) stop(f *file, at int, format string, args ...any) error {
	x.report(f, errLimit(at, format, args...))
	return errStop
}

// open parses a template's text.
func (x *expander) open(text []byte, name string) (*file, error) {
	f := &file{name: name}
	if len(text) > MaxTemplate {
		return nil, x.stop(f, 0, "the template has %d bytes, the limit is %d (4 MB)", len(text), MaxTemplate)
	}
	clean := withoutComments(text)
	f.src = diag.NewSource(name, string(text))
	x.out.Sources[name] = f.src
	doc, err := jsondoc.Parse(clean)
	if err != nil {
		if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
			x.report(f, errSyntax(syntax.Message, int(syntax.Offset)))
		} else {
			x.report(f, errSyntax(err.Error(), 0))
		}
		return nil, errStop
	}
	f.doc = doc
	return f, nil
}

// template finds the template in what was read: it may stand in the body of a
// deployment or a blueprint's artifact ("properties.template").
func (x *expander) template(f *file) (doc, parameters jsondoc.Value, err error) {
	doc = f.doc
	if inner := doc.Path("properties", "template"); inner.Kind() == jsondoc.Object && !doc.Get("resources").Exists() {
		doc, parameters = inner, f.doc.Path("properties", "parameters")
	}
	if doc.Kind() != jsondoc.Object {
		x.report(f, errShape("the template", "an object", doc.Offset()))
		return doc, parameters, errStop
	}
	return doc, parameters, nil
}

// IsTemplate tells whether a document is an ARM template, by its schema or its parts.
func IsTemplate(doc jsondoc.Value) bool {
	if inner := doc.Path("properties", "template"); inner.Kind() == jsondoc.Object && !doc.Get("resources").Exists() {
		doc = inner
	}
	schema := strings.ToLower(doc.Get("$schema").TextOr(""))
	if strings.Contains(schema, "deploymenttemplate.json") {
		return true
	}
	return !strings.Contains(schema, "parameters") && doc.Get("contentVersion").Exists() && doc.Get("resources").Exists()
}

// IsParameters tells whether a document is a parameter file of a deployment.
func IsParameters(doc jsondoc.Value) bool {
	schema := strings.ToLower(doc.Get("$schema").TextOr(""))
	return strings.Contains(schema, "deploymentparameters.json")
}

// target reads from a template's schema what it is deployed to.
func (x *expander) target(doc jsondoc.Value) target {
	t := target{sub: x.o.StandInSubscription, group: x.o.StandInResourceGroup, mg: StandInManagement}
	if x.o.Subscription != "" {
		t.sub, t.subKnown = x.o.Subscription, true
	}
	if x.o.ResourceGroup != "" {
		t.group, t.groupKnown = x.o.ResourceGroup, true
	}
	schema := strings.ToLower(doc.Get("$schema").TextOr(""))
	switch {
	case strings.Contains(schema, "subscriptiondeploymenttemplate"):
		t.level = resource.LevelSubscription
	case strings.Contains(schema, "managementgroupdeploymenttemplate"):
		t.level = resource.LevelManagementGroup
	case strings.Contains(schema, "tenantdeploymenttemplate"):
		t.level = resource.LevelTenant
	default:
		t.level = resource.LevelResourceGroup
	}
	return t
}

// withoutComments blanks out what Resource Manager allows beyond JSON: line
// and block comments, and line ends inside strings. Offsets stay as they are.
func withoutComments(text []byte) []byte {
	out := slices.Clone(text)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				switch {
				case out[i] == '\\':
					i++
				case out[i] == '\n' || out[i] == '\r':
					out[i] = ' '
				}
			}
		case out[i] == '/' && i+1 < len(out) && out[i+1] == '/':
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case out[i] == '/' && i+1 < len(out) && out[i+1] == '*':
			out[i], out[i+1] = ' ', ' '
			for i += 2; i < len(out); i++ {
				if out[i] == '*' && i+1 < len(out) && out[i+1] == '/' {
					out[i], out[i+1] = ' ', ' '
					i++
					break
				}
				if out[i] != '\n' && out[i] != '\r' {
					out[i] = ' '
				}
			}
		}
	}
	return out
}

// outputs evaluates the template's outputs.
func (x *expander) outputs() error {
	c := &ctx{f: x.root}
	for name := range x.root.doc.Get("parameters").Members() { // those that nothing uses are checked as well
		if _, err := x.parameter(x.root, x.root.params[lower(name)], strict); err != nil {
			return err
		}
	}
	for name, decl := range x.root.doc.Get("outputs").Members() {
		v, err := x.output(c, decl, strict)
		if err != nil {
			return err
		}
		x.out.Outputs = append(x.out.Outputs, Output{Name: name, Value: v})
	}
	return nil
}

// asserts evaluates what a template asserts: what cannot be known says nothing.
//
// Source: "Bicep assertions", what az bicep build writes.
func (x *expander) asserts(f *frame, c *ctx) error {
	for name, v := range f.doc.Get("asserts").Members() {
		got, err := x.value(c, v)
		if err != nil {
			return err
		}
		if yes, ok := got.Bool(); ok && !yes {
			x.report(f.file, errAssert(name, v.Offset()))
		}
	}
	return nil
}

// output evaluates the declaration of one output.
func (x *expander) output(c *ctx, decl jsondoc.Value, m mode) (jsondoc.Value, error) {
	if cond := decl.Get("condition"); cond.Exists() {
		v, err := x.valueIn(c, cond, m)
		if err != nil {
			return v, err
		}
		if yes, ok := v.Bool(); ok && !yes {
			return jsondoc.Nothing, nil
		}
	}
	if copied := decl.Get("copy"); copied.Kind() == jsondoc.Object {
		return x.copyIn(c, copied, m)
	}
	return x.valueIn(c, decl.Get("value"), m)
}

func (t target) String() string { return fmt.Sprintf("%s %s", t.level, t.prefix()) }
