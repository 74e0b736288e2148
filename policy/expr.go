package policy

import (
	"errors"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// operand is a value of a rule: a constant, or code.
type operand struct {
	text    string // as it was written, for people
	value   jsondoc.Value
	program *arm.Program
	parts   []operandPart // an array or object that holds expressions
	object  bool
}

type operandPart struct {
	name string
	operand
}

// constant tells whether the operand depends on no resource.
func (o *operand) constant() bool { return o.program == nil && o.parts == nil }

// eval returns the operand's value; unknown tells that it cannot be known, and
// the frame then holds why.
func (o *operand) eval(f *frame) (v jsondoc.Value, unknown bool) {
	switch {
	case o.program != nil:
		return o.run(f)
	case o.parts != nil:
		return o.build(f)
	}
	return o.value, isHole(o.value)
}

func (o *operand) build(f *frame) (v jsondoc.Value, unknown bool) {
	if o.object {
		ms := make([]jsondoc.Member, len(o.parts))
		for i := range o.parts {
			got, lost := o.parts[i].eval(f)
			unknown = unknown || lost
			ms[i] = jsondoc.Member{Name: o.parts[i].name, Value: got}
		}
		return jsondoc.NewObject(ms...), unknown
	}
	vs := make([]jsondoc.Value, len(o.parts))
	for i := range o.parts {
		got, lost := o.parts[i].eval(f)
		unknown = unknown || lost
		vs[i] = got
	}
	return jsondoc.NewArray(vs...), unknown
}

func (o *operand) run(f *frame) (v jsondoc.Value, unknown bool) {
	if !f.spend(4) {
		return jsondoc.Value{}, true
	}
	got, err := o.program.Eval(f.environment())
	if f.brief && (err != nil || got.IsUnknown()) {
		return jsondoc.Value{}, true
	}
	if err != nil {
		d := diag.Diagnostic{Code: "POL0302", Message: err.Error(), Span: spanOf(o.value)}
		if ee, ok := errors.AsType[*arm.EvalError](err); ok {
			d.Code, d.Message = ee.Code, ee.Error()
		}
		f.fail(d)
		f.lack(o.text + " (" + err.Error() + ")")
		return jsondoc.Value{}, true
	}
	if got.IsUnknown() {
		for _, r := range got.Reasons() {
			f.lack(r)
		}
		return jsondoc.Value{}, true
	}
	return got.Doc(), false
}

// operand compiles a literal or an expression; arrays and objects may hold
// expressions at any depth.
func (c *compiler) operand(v jsondoc.Value) operand {
	o := c.operandAt(v, 0)
	if o.text == "" {
		o.text = v.String()
	}
	return o
}

func (c *compiler) operandAt(v jsondoc.Value, depth int) operand {
	switch v.Kind() {
	case jsondoc.String:
		text, _ := v.Text()
		if !arm.IsExpression(text) {
			if strings.HasPrefix(text, "[[") {
				v = jsondoc.NewString(arm.Unescape(text)).WithOffset(v.Offset())
			}
			return operand{text: text, value: v}
		}
		return c.expression(v, text)
	case jsondoc.Array, jsondoc.Object:
		if depth > MaxDepth || !holdsExpression(v) {
			return operand{value: v}
		}
		o := operand{object: v.Kind() == jsondoc.Object, parts: []operandPart{}}
		if o.object {
			for name, m := range v.Members() {
				o.parts = append(o.parts, operandPart{name, c.operandAt(m, depth+1)})
			}
		} else {
			for _, e := range v.Elements() {
				o.parts = append(o.parts, operandPart{"", c.operandAt(e, depth+1)})
			}
		}
		return o.folded()
	default:
		return operand{value: v}
	}
}

// folded turns an array or object of constants into a constant.
func (o operand) folded() operand {
	for i := range o.parts {
		if !o.parts[i].constant() {
			return o
		}
	}
	var f frame
	v, _ := o.build(&f)
	return operand{value: v}
}

func holdsExpression(v jsondoc.Value) bool {
	switch v.Kind() {
	case jsondoc.String:
		text, _ := v.Text()
		return arm.IsExpression(text) || strings.HasPrefix(text, "[[")
	case jsondoc.Array:
		for _, e := range v.Elements() {
			if holdsExpression(e) {
				return true
			}
		}
	case jsondoc.Object:
		for _, e := range v.Members() {
			if holdsExpression(e) {
				return true
			}
		}
	default:
	}
	return false
}

func (c *compiler) expression(v jsondoc.Value, text string) operand {
	program, problems := arm.CompileText(text, arm.Options{Dialect: arm.Policy, NoHoles: true, Resolve: c.resolve})
	for _, d := range problems {
		d.Span = c.inside(v, text, d.Span)
		c.add(d)
	}
	if program == nil {
		return operand{text: text, value: v}
	}
	if constant, ok := program.Constant(); ok && !constant.IsUnknown() {
		return operand{text: text, value: constant.Doc().WithOffset(v.Offset())}
	}
	return operand{text: text, value: v, program: program}
}

// inside turns a span of an expression into one of the definition's text.
func (c *compiler) inside(v jsondoc.Value, text string, at diag.Span) diag.Span {
	start := v.Offset() + 1 // behind the quote
	if c.o.Source == nil {
		return diag.Span{Start: start + at.Start, End: start + at.End}
	}
	raw := c.o.Source.Text
	return diag.Span{Start: rawOffset(raw, start, at.Start), End: rawOffset(raw, start, at.End)}
}

// rawOffset finds byte n of a JSON string's content in its raw text, in which
// escapes take more room.
func rawOffset(raw string, at, n int) int {
	for n > 0 && at < len(raw) && raw[at] != '"' {
		size := 1
		if raw[at] == '\\' && at+1 < len(raw) {
			at++
			if raw[at] == 'u' {
				at += 4
				size = min(n, 2)
			}
		}
		at++
		n -= size
	}
	return min(at, len(raw))
}

func spanOf(v jsondoc.Value) diag.Span {
	n := 1
	if s, ok := scalarText(v); ok {
		n = len(s)
		if v.Kind() == jsondoc.String {
			n += 2
		}
	}
	return diag.Span{Start: v.Offset(), End: v.Offset() + n}
}

// resolve takes over the functions that can be settled when a rule is
// compiled: parameters become constants, fields and elements become paths.
func (c *compiler) resolve(name string, args []arm.Arg) (r arm.Resolved, ok bool, d *diag.Diagnostic) {
	literal := func() (string, bool) {
		if len(args) != 1 || !args[0].Constant {
			return "", false
		}
		return args[0].Value.Doc().Text()
	}
	switch strings.ToLower(name) {
	case "subscription", "resourcegroup", "requestcontext", "policy", "utcnow", "field", "current":
		if c.effect { // settled when the definition is assigned
			p := errEffectExpression(diag.Span{})
			return r, true, &p
		}
	}
	switch strings.ToLower(name) {
	case "subscription", "resourcegroup", "requestcontext", "policy":
		if len(args) == 0 {
			answer := map[string]func(*frame) arm.Value{
				"subscription": (*frame).subscription, "resourcegroup": (*frame).resourceGroup, "requestcontext": (*frame).request, "policy": (*frame).policy,
			}[strings.ToLower(name)]
			return arm.Resolved{Eval: func(env *arm.Env) (arm.Value, error) { return answer(frameOf(env)), nil }}, true, nil
		}
	case "utcnow":
		if len(args) == 0 {
			return arm.Resolved{Eval: func(env *arm.Env) (arm.Value, error) { return frameOf(env).utcNow(), nil }}, true, nil
		}
	case "parameters":
		text, isText := literal()
		if !isText {
			return r, false, nil
		}
		return c.parameter(text)
	case "field":
		text, isText := literal()
		if !isText {
			return r, false, nil
		}
		c.function("field")
		ref, bad := c.field(text)
		if bad {
			p := errFieldName(diag.Span{}, text)
			return r, true, &p
		}
		return arm.Resolved{Eval: func(env *arm.Env) (arm.Value, error) { return frameOf(env).value(ref), nil }}, true, nil
	case "current":
		if len(args) == 0 {
			level := c.innermost()
			if level < 0 {
				p := errCurrent(diag.Span{}, "")
				return r, true, &p
			}
			return currentAt(level, nil), true, nil
		}
		text, isText := literal()
		if !isText {
			return r, false, nil
		}
		level, steps, found := c.current(text)
		if !found {
			p := errCurrent(diag.Span{}, "'"+text+"'")
			return r, true, &p
		}
		return currentAt(level, steps), true, nil
	}
	return r, false, nil
}

func currentAt(level int, steps []step) arm.Resolved {
	each := countEach(steps) > 0
	return arm.Resolved{Eval: func(env *arm.Env) (arm.Value, error) {
		f := frameOf(env)
		if level >= len(f.elems) {
			return arm.Null, nil
		}
		if each {
			return arm.Of(jsondoc.NewArray(present(walkAll(nil, f.elems[level], steps))...)), nil
		}
		v := walkOne(f.elems[level], steps)
		if isHole(v) {
			return arm.FromDoc(v), nil
		}
		return arm.Of(v), nil
	}}
}

func frameOf(env *arm.Env) *frame { return env.Scope.(hosts).f }

// hosts answers the functions that depend on where a rule is evaluated.
type hosts struct{ f *frame }

// Parameter answers a parameter whose name is computed.
func (h hosts) Parameter(name string) (arm.Value, error) {
	if p := h.f.def.parameter(name); p != nil {
		if p.value.Exists() {
			return arm.Of(p.value), nil
		}
		return arm.Unknown("the parameter " + p.Name + " has no value"), nil
	}
	return arm.Null, errors.New("no parameter is named " + name)
}

// Variable answers that policies have none.
func (h hosts) Variable(string) (arm.Value, error) { return arm.Null, arm.ErrNoFunction }

// Call answers a function of the table that depends on the evaluation.
func (h hosts) Call(name string, args []arm.Value) (arm.Value, error) {
	f := h.f
	switch strings.ToLower(name) {
	case "field":
		text, ok := args[0].Doc().Text()
		if !ok {
			return arm.Null, errors.New("the name of a field is a text")
		}
		return f.value(f.refOf(nil, text)), nil
	case "current":
		return arm.Null, errors.New("current takes the name of a count as a literal text")
	}
	return arm.Null, arm.ErrNoFunction
}

// refOf returns the field of a computed name.
func (f *frame) refOf(s *scope, name string) *fieldRef {
	key := dynamicKey{s, name}
	if ref := f.dynamic[key]; ref != nil {
		return ref
	}
	ref := s.bind(newFieldRef(name, f.def.aliases))
	if len(f.dynamic) >= maxDynamic {
		f.dynamic = nil
	}
	if f.dynamic == nil {
		f.dynamic = map[dynamicKey]*fieldRef{}
	}
	f.dynamic[key] = ref
	return ref
}

// maxDynamic bounds the memory of fields with computed names.
const maxDynamic = 512
