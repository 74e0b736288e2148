package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// maxConditionDepth bounds how deep conditions nest: definitions are not trusted.
const maxConditionDepth = 100

// errDisabled says that a definition's effect is switched off.
var errDisabled = errors.New("the effect is disabled")

// compiler turns one definition into a core.
type compiler struct {
	inv        *inventory.Inventory
	parameters map[string]jsondoc.Value
	depth      int
}

// place is an error with the value in the definition that it is about.
type place struct {
	at      jsondoc.Value
	message string
}

func (p *place) Error() string { return p.message }

func at(v jsondoc.Value, format string, args ...any) error {
	return &place{v, fmt.Sprintf(format, args...)}
}

// compileDefinition compiles a definition's properties with parameter values,
// which may be missing. The error is a *place, or errDisabled.
func compileDefinition(inv *inventory.Inventory, body, values jsondoc.Value) (*core, error) {
	return compileWith(inv, doubtedTypes(inv), body, values)
}

// doubtedTypes lists the types of which the manifest says that some properties
// were not read: for those it is asked even where a value is there.
func doubtedTypes(inv *inventory.Inventory) map[string]bool {
	var out map[string]bool
	for _, e := range inv.Manifest().Entries() {
		if len(e.Unread) > 0 {
			if out == nil {
				out = map[string]bool{}
			}
			out[lower(e.Type)] = true
		}
	}
	return out
}

func compileWith(inv *inventory.Inventory, doubted map[string]bool, body, values jsondoc.Value) (*core, error) {
	c := &compiler{inv: inv, parameters: map[string]jsondoc.Value{}}
	for name, p := range body.Get("parameters").Members() {
		v := values.Get(name)
		if v.IsMissing() {
			v = p.Get("defaultValue")
		}
		if !v.IsMissing() {
			c.parameters[lower(name)] = v
		}
	}
	rule := body.Get("policyRule")
	effect, unknown := jsondoc.Value{}, false
	op, err := c.value(rule.Path("then", "effect"))
	if err != nil {
		return nil, err
	}
	if effect, unknown = op(&frame{inv: inv}); unknown || effect.Kind() != jsondoc.String {
		return nil, at(rule.Path("then", "effect"), "the effect cannot be known before evaluation")
	}
	out := &core{inv: inv, doubted: doubted, effect: lower(effect.TextOr(""))}
	switch out.effect {
	case "disabled":
		return nil, errDisabled
	case "audit", "deny", "modify", "append", "denyaction", "auditifnotexists", "deployifnotexists":
	default:
		return nil, at(rule.Path("then", "effect"), "compliance with the effect %q is not assessed", out.effect)
	}
	ifs := rule.Get("if")
	if out.when, err = c.condition(ifs, false); err != nil {
		return nil, err
	}
	if out.applies, err = c.condition(ifs, true); err != nil {
		return nil, err
	}
	out.types = typesOf(ifs, c)
	if strings.HasSuffix(out.effect, "ifnotexists") {
		if out.details, err = c.existence(rule.Path("then", "details")); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) existence(d jsondoc.Value) (*existence, error) {
	e := &existence{typ: d.Get("type").TextOr(""), scope: lower(d.Get("existenceScope").TextOr(""))}
	if e.typ == "" {
		return nil, at(d, "the details need a type")
	}
	var err error
	if name := d.Get("name"); name.Exists() {
		if e.name, err = c.value(name); err != nil {
			return nil, err
		}
	}
	if group := d.Get("resourceGroupName"); group.Exists() {
		if e.group, err = c.value(group); err != nil {
			return nil, err
		}
	}
	if when := d.Get("existenceCondition"); when.Exists() {
		if e.when, err = c.condition(when, false); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// condition compiles a condition. With applying, every clause that is not
// about type, name or kind is taken as true whichever way it is negated.
func (c *compiler) condition(v jsondoc.Value, applying bool) (cond, error) {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxConditionDepth {
		return nil, at(v, "conditions nest deeper than %d", maxConditionDepth)
	}
	if v.Kind() != jsondoc.Object {
		return nil, at(v, "a condition is an object")
	}
	for _, name := range []string{"allOf", "anyOf"} {
		if list := v.Get(name); list.Exists() {
			return c.list(list, name == "allOf", applying)
		}
	}
	if inner := v.Get("not"); inner.Exists() {
		one, err := c.condition(inner, applying)
		if err != nil {
			return nil, err
		}
		if applying && !aboutType(inner) {
			return always, nil
		}
		return func(f *frame) finding.Truth { return one(f).Not() }, nil
	}
	if applying && !aboutType(v) {
		return always, nil
	}
	return c.clause(v)
}

func always(*frame) finding.Truth { return finding.True }

// aboutType tells whether a condition speaks only of type, name and kind.
func aboutType(v jsondoc.Value) bool {
	for _, name := range []string{"allOf", "anyOf"} {
		if list := v.Get(name); list.Exists() {
			for _, e := range list.Elements() {
				if !aboutType(e) {
					return false
				}
			}
			return true
		}
	}
	if inner := v.Get("not"); inner.Exists() {
		return aboutType(inner)
	}
	switch lower(v.Get("field").TextOr("")) {
	case "type", "name", "kind":
		return true
	}
	return false
}

func (c *compiler) list(list jsondoc.Value, all, applying bool) (cond, error) {
	var conds []cond
	for _, e := range list.Elements() {
		one, err := c.condition(e, applying)
		if err != nil {
			return nil, err
		}
		conds = append(conds, one)
	}
	if len(conds) == 0 {
		return nil, at(list, "a list of conditions was expected")
	}
	return func(f *frame) finding.Truth {
		result := finding.Of(all)
		before := len(f.steps)
		for _, one := range conds {
			t := one(f)
			if all {
				if result = result.And(t); result == finding.False {
					f.steps = f.steps[:before] // what held of a branch that did not decides nothing
					return result
				}
			} else if result = result.Or(t); result == finding.True {
				return result
			}
		}
		return result
	}, nil
}

// clause compiles one comparison of a field, a value or a count.
func (c *compiler) clause(v jsondoc.Value) (cond, error) {
	var op string
	var wanted jsondoc.Value
	for name, m := range v.Members() {
		if operators[lower(name)] != nil || lower(name) == "exists" {
			op, wanted = lower(name), m
		}
	}
	if op == "" {
		return nil, at(v, "no comparison is in this condition")
	}
	want, err := c.value(wanted)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Get("field").Exists():
		return c.fieldClause(v.Get("field"), op, want)
	case v.Get("value").Exists():
		left, err := c.value(v.Get("value"))
		if err != nil {
			return nil, err
		}
		text := v.Get("value").TextOr(v.Get("value").String())
		return func(f *frame) finding.Truth {
			l, unknown := left(f)
			return f.compare(text, op, []jsondoc.Value{l}, unknown, want)
		}, nil
	case v.Get("count").Exists():
		return c.countClause(v.Get("count"), op, want)
	}
	return nil, at(v, "a condition is of a field, a value or a count")
}

func (c *compiler) fieldClause(field jsondoc.Value, op string, want operand) (cond, error) {
	name, err := c.value(field)
	if err != nil {
		return nil, err
	}
	if text := field.TextOr(""); !arm.IsExpression(text) {
		ref := newFieldRef(text)
		return func(f *frame) finding.Truth {
			values, unread := f.field(&ref)
			return f.compare(text, op, values, unread, want)
		}, nil
	}
	return func(f *frame) finding.Truth {
		v, unknown := name(f)
		text := v.TextOr("")
		if unknown || text == "" {
			f.lack("the name of a field")
			return finding.Maybe
		}
		ref := newFieldRef(text)
		values, unread := f.field(&ref)
		return f.compare(text, op, values, unread, want)
	}, nil
}

// compare applies an operator to every value: of an array, all must satisfy it.
func (f *frame) compare(subject, op string, values []jsondoc.Value, unread bool, want operand) finding.Truth {
	if unread {
		f.lack(subject)
		return finding.Maybe
	}
	wanted, unknown := want(f)
	if unknown {
		return finding.Maybe
	}
	result := finding.True
	for _, v := range values {
		var t bool
		if op == "exists" {
			yes := strings.EqualFold(wanted.TextOr(wanted.String()), "true")
			t = (v.Exists() && !v.IsNull()) == yes
		} else {
			t = operators[op](v, wanted)
		}
		if !t {
			result = finding.False
			break
		}
	}
	if result == finding.True && !f.applying && len(f.steps) < 32 {
		shown := jsondoc.Value{}
		if len(values) > 0 {
			shown = values[0]
		}
		if len(values) > 1 {
			shown = jsondoc.NewArray(values[:min(len(values), 8)]...)
		}
		f.steps = append(f.steps, decided{subject, op, wanted, shown})
	}
	return result
}

// countClause compiles a count of a field's elements or of a value's.
func (c *compiler) countClause(v jsondoc.Value, op string, want operand) (cond, error) {
	var where cond
	var err error
	if w := v.Get("where"); w.Exists() {
		if where, err = c.condition(w, false); err != nil {
			return nil, err
		}
	}
	field, value := v.Get("field").TextOr(""), v.Get("value")
	name := lower(strings.TrimSuffix(cmp.Or(v.Get("name").TextOr(""), field), ""))
	var list operand
	if value.Exists() {
		if list, err = c.value(value); err != nil {
			return nil, err
		}
	} else if !strings.HasSuffix(field, "[*]") {
		return nil, at(v, "a count is of a value, or of a field that ends in [*]")
	}
	ref := newFieldRef(field)
	return func(f *frame) finding.Truth {
		var elements []jsondoc.Value
		if list != nil {
			got, unknown := list(f)
			if unknown {
				return finding.Maybe
			}
			for _, e := range got.Elements() {
				elements = append(elements, e)
			}
		} else {
			got, unread := f.field(&ref)
			if unread {
				return finding.Maybe
			}
			elements = got
		}
		sure, perhaps := 0, 0
		for _, e := range elements {
			if where == nil {
				sure++
				continue
			}
			f.counts = append(f.counts, counted{name, e})
			switch where(f) {
			case finding.True:
				sure++
			case finding.Maybe:
				perhaps++
			case finding.False:
			}
			f.counts = f.counts[:len(f.counts)-1]
		}
		subject := cmp.Or(field, name)
		low := f.compare("count of "+subject, op, []jsondoc.Value{jsondoc.NewInt(int64(sure))}, false, want)
		for n := sure + 1; n <= sure+perhaps; n++ {
			if f.compare("count of "+subject, op, []jsondoc.Value{jsondoc.NewInt(int64(n))}, false, want) != low {
				return finding.Maybe
			}
		}
		return low
	}, nil
}

// value compiles a literal, or an expression; arrays and objects may hold
// expressions.
func (c *compiler) value(v jsondoc.Value) (operand, error) {
	text, isText := v.Text()
	if !isText || !arm.IsExpression(text) {
		if isText {
			v = jsondoc.NewString(arm.Unescape(text))
		}
		return func(*frame) (jsondoc.Value, bool) { return v, false }, nil
	}
	program, problems := arm.CompileText(text, arm.Options{Dialect: arm.Policy, NoHoles: true, Resolve: c.resolve})
	if problems.HasErrors() {
		return nil, at(v, "%s", problems[0].Message)
	}
	if constant, ok := program.Constant(); ok {
		doc := constant.Doc()
		return func(*frame) (jsondoc.Value, bool) { return doc, constant.IsUnknown() }, nil
	}
	return func(f *frame) (jsondoc.Value, bool) {
		if f.env == nil {
			f.env = arm.NewEnv(scope{f, c})
			f.env.NoHoles = true
			f.env.Now = f.now
		}
		got, err := program.Eval(f.env)
		if err != nil {
			f.lack(fmt.Sprintf("%s (%v)", text, err))
			return jsondoc.Value{}, true
		}
		if got.IsUnknown() {
			for _, r := range got.Reasons() {
				f.lack(r)
			}
			return jsondoc.Value{}, true
		}
		return got.Doc(), false
	}, nil
}

// resolve folds parameters, which stand when a definition is compiled.
func (c *compiler) resolve(name string, args []arm.Arg) (arm.Resolved, bool, *diagDiagnostic) {
	if !strings.EqualFold(name, "parameters") || len(args) != 1 || !args[0].Constant {
		return arm.Resolved{}, false, nil
	}
	key, _ := args[0].Value.Doc().Text()
	v, ok := c.parameters[lower(key)]
	if !ok {
		return arm.Resolved{}, false, &diagDiagnostic{Message: fmt.Sprintf("the parameter %q has no value and no default", key)}
	}
	return arm.Resolved{Constant: true, Value: arm.Of(v)}, true, nil
}

// typesOf returns the types that a rule's if can match, nil where any can.
func typesOf(v jsondoc.Value, c *compiler) []string {
	if list := v.Get("allOf"); list.Exists() {
		var best []string
		for _, e := range list.Elements() {
			if types := typesOf(e, c); types != nil && (best == nil || len(types) < len(best)) {
				best = types
			}
		}
		return best
	}
	if list := v.Get("anyOf"); list.Exists() {
		var all []string
		for _, e := range list.Elements() {
			types := typesOf(e, c)
			if types == nil {
				return nil
			}
			all = append(all, types...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	if !strings.EqualFold(v.Get("field").TextOr(""), "type") {
		return nil
	}
	for _, name := range []string{"equals", "in"} {
		m := v.Get(name)
		if !m.Exists() {
			continue
		}
		op, err := c.value(m)
		if err != nil {
			return nil
		}
		got, unknown := op(&frame{inv: c.inv})
		if unknown {
			return nil
		}
		if text, ok := got.Text(); ok {
			return []string{text}
		}
		var out []string
		for _, e := range got.Elements() {
			out = append(out, e.TextOr(""))
		}
		return out
	}
	return nil
}
