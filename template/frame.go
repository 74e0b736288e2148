package template

import (
	"fmt"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// mode says what an evaluation is for.
type mode uint8

const (
	strict  mode = iota // what is not known is Unknown
	standIn             // names: what is not known is written as "{name}"
	modes
)

// target is the scope that a template is deployed to.
type target struct {
	level                resource.Level
	mg, sub, group       string
	subKnown, groupKnown bool
}

// prefix is the id of the scope, "" for the tenant.
func (t target) prefix() string {
	switch t.level {
	case resource.LevelManagementGroup:
		return "/providers/Microsoft.Management/managementGroups/" + t.mg
	case resource.LevelSubscription:
		return "/subscriptions/" + t.sub
	case resource.LevelResourceGroup, resource.LevelResource:
		return "/subscriptions/" + t.sub + "/resourceGroups/" + t.group
	case resource.LevelTenant:
	}
	return ""
}

// known tells whether the prefix holds no stand-in.
func (t target) known() bool {
	switch t.level {
	case resource.LevelTenant:
		return true
	case resource.LevelManagementGroup:
		return false
	case resource.LevelSubscription:
		return t.subKnown
	default:
		return t.subKnown && t.groupKnown
	}
}

// frame is one template: the root, or one nested in a deployment.
type frame struct {
	file    *file
	doc     jsondoc.Value
	at      target
	depth   int
	name    string           // of the deployment, in stand-in mode
	given   map[string]given // values of parameters, by name in lower case
	params  map[string]*parameter
	vars    map[string]*lazy
	funcs   map[string]*function // by "namespace.name" in lower case
	symbols map[string]*symbol
	made    int // resources
}

// given is the value that a parameter was given: a literal, or what an
// expression of the parent template says.
type given struct {
	value   jsondoc.Value
	ctx     *ctx   // nil for a literal
	unknown string // why it is not known, where it is not
	at      int
	file    *file // where it stands, where that is a parameter file
}

// lazy is a value that is computed when first asked for, once in each mode.
type lazy struct {
	name string
	expr jsondoc.Value
	copy jsondoc.Value // an element of variables.copy, in place of expr
	done [modes]bool
	busy [modes]bool
	val  [modes]arm.Value
}

// symbol is a declaration of languageVersion 2.0.
type symbol struct {
	instances []*instance         // that are deployed, or exist
	rounds    map[int64]*instance // by the index of the loop, deployed or not; without a loop, 0
	list      bool                // it has a loop
}

// ctx is where an expression stands: a template, and the loops around it.
type ctx struct {
	f      *frame
	loops  []loop
	locals map[string]arm.Value // of a user-defined function
	calls  int                  // user-defined functions around
}

// loop is one round of a copy loop.
type loop struct {
	name  string
	index arm.Value
	own   bool // of the resource itself: copyIndex() without a name
}

func (c *ctx) with(l loop) *ctx {
	loops := make([]loop, 0, len(c.loops)+1)
	return &ctx{f: c.f, loops: append(append(loops, c.loops...), l), locals: c.locals, calls: c.calls}
}

// declare reads a template's parameters, variables and functions.
func (x *expander) declare(f *frame) {
	f.params, f.vars, f.funcs, f.symbols = map[string]*parameter{}, map[string]*lazy{}, map[string]*function{}, map[string]*symbol{}
	for name, decl := range f.doc.Get("parameters").Members() {
		f.params[lower(name)] = &parameter{name: name, decl: decl}
	}
	for name, expr := range f.doc.Get("variables").Members() {
		if lower(name) == "copy" && expr.Kind() == jsondoc.Array {
			for _, c := range expr.Elements() {
				if n, ok := c.Get("name").Text(); ok {
					f.vars[lower(n)] = &lazy{name: n, copy: c}
				} else {
					x.report(f.file, errShape("the name of a copy of variables", "a string", c.Offset()))
				}
			}
			continue
		}
		f.vars[lower(name)] = &lazy{name: name, expr: expr}
	}
	for _, space := range f.doc.Get("functions").Elements() {
		ns := space.Get("namespace").TextOr("")
		for name, decl := range space.Get("members").Members() {
			f.funcs[lower(ns+"."+name)] = &function{name: ns + "." + name, decl: decl}
		}
	}
	var declared []string
	for name := range f.doc.Get("parameters").Members() {
		declared = append(declared, name)
	}
	for name := range f.given {
		if f.params[name] == nil {
			g := f.given[name]
			in := f.file
			if g.file != nil {
				in = g.file
			}
			d := errParameter(g.at, "a value is given for the parameter %q, which the template does not declare", name)
			if near := diag.Nearest(name, declared); near != "" {
				d.Hint = fmt.Sprintf("did you mean %q?", near)
			}
			x.report(in, d)
		}
	}
}

// view is the arm.Scope of the expander: the context and mode of the moment.
type view struct {
	x    *expander
	c    *ctx
	mode mode
}

// Parameter implements arm.Scope.
func (v *view) Parameter(name string) (arm.Value, error) {
	if v.c.locals != nil {
		if val, ok := v.c.locals[lower(name)]; ok {
			return val, nil
		}
		return arm.Null, fmt.Errorf("the function has no parameter named %q", name)
	}
	p := v.c.f.params[lower(name)]
	if p == nil {
		return arm.Null, fmt.Errorf("the template has no parameter named %q", name)
	}
	return v.x.parameter(v.c.f, p, v.mode)
}

// Variable implements arm.Scope.
func (v *view) Variable(name string) (arm.Value, error) {
	if v.c.locals != nil {
		return arm.Null, fmt.Errorf("a function cannot read variables")
	}
	l := v.c.f.vars[lower(name)]
	if l == nil {
		return arm.Null, fmt.Errorf("the template has no variable named %q", name)
	}
	return v.x.variable(v.c.f, l, v.mode)
}

// variable computes a variable once in each mode.
func (x *expander) variable(f *frame, l *lazy, m mode) (arm.Value, error) {
	if l.done[m] {
		return l.val[m], nil
	}
	if l.busy[m] {
		at := l.expr.Offset()
		x.report(f.file, errCycle("variables", []string{l.name, l.name}, at))
		return arm.Unknown("the variable " + l.name + " depends on itself"), nil
	}
	l.busy[m] = true
	c := &ctx{f: f}
	var v jsondoc.Value
	var err error
	if l.copy.Exists() {
		v, err = x.copyIn(c, l.copy, m)
	} else {
		v, err = x.valueIn(c, l.expr, m)
	}
	l.busy[m] = false
	if err != nil {
		return arm.Null, err
	}
	l.val[m], l.done[m] = arm.FromDoc(v), true
	return l.val[m], nil
}

func lower(s string) string { return strings.ToLower(s) }
