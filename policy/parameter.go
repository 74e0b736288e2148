package policy

import (
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Parameter is a parameter of a definition, with the value that it has here.
type Parameter struct {
	Name        string
	Type        string // String, Array, Object, Boolean, Integer, Float, DateTime, in the definition's casing
	StrongType  string
	DisplayName string
	Default     jsondoc.Value // missing where there is none
	Allowed     jsondoc.Value // an array; missing where everything is
	Used        bool          // by the rule

	value  jsondoc.Value
	judges bool // used by what decides, not only by what the effect would do
}

// Value returns the value given, or the default; missing where there is neither.
func (p *Parameter) Value() jsondoc.Value { return p.value }

// parameters reads the parameters of a definition and the values given.
func (c *compiler) parameters(declared, given jsondoc.Value, bare bool) {
	if declared.Exists() && !declared.IsNull() && declared.Kind() != jsondoc.Object {
		c.add(errShape(spanOf(declared), "parameters", "an object"))
		return
	}
	for name, d := range declared.Members() {
		p := &Parameter{
			Name: name, Type: d.Get("type").TextOr(""), StrongType: d.Path("metadata", "strongType").TextOr(""),
			DisplayName: d.Path("metadata", "displayName").TextOr(""), Default: d.Get("defaultValue"), Allowed: d.Get("allowedValues"),
		}
		p.value = unwrapped(given.Get(name))
		place := spanOf(d)
		if p.value.IsMissing() {
			p.value = p.Default
			if text, ok := p.value.Text(); ok && arm.IsExpression(text) && refersTo(text, name) {
				c.add(errCyclic(spanOf(p.value), name))
			}
		} else {
			c.checkParameter(p, place)
		}
		c.def.params = append(c.def.params, p)
	}
	if !bare {
		return
	}
	for name, v := range given.Members() {
		if c.def.parameter(name) == nil {
			c.def.params = append(c.def.params, &Parameter{Name: name, value: unwrapped(v)})
		}
	}
}

// unwrapped takes the {"value": ...} away that assignments put around values.
func unwrapped(v jsondoc.Value) jsondoc.Value {
	if v.Kind() == jsondoc.Object && v.Len() == 1 {
		if inner := v.Get("value"); inner.Exists() {
			return inner
		}
	}
	return v
}

func refersTo(text, name string) bool {
	return strings.Contains(strings.ToLower(strings.ReplaceAll(text, " ", "")), "parameters('"+strings.ToLower(name)+"')")
}

func (c *compiler) checkParameter(p *Parameter, at diag.Span) {
	v, ok := coerced(p.value, p.Type)
	if !ok {
		c.add(errParameterKind(at, p.Name, p.Type, p.value.Kind().String()))
		return
	}
	p.value = v
	if p.Allowed.Kind() != jsondoc.Array || p.Allowed.Len() == 0 {
		return
	}
	allowed := func(v jsondoc.Value) bool {
		for _, a := range p.Allowed.Elements() {
			// "Allowed value comparisons are case-sensitive when assigning a policy"
			if jsondoc.Equal(v, a) || !c.o.Assigning && equals(a)(v) {
				return true
			}
		}
		return false
	}
	if allowed(v) {
		return
	}
	if v.Kind() == jsondoc.Array { // of an array, every element is to be allowed
		all := true
		for _, e := range v.Elements() {
			all = all && allowed(e)
		}
		if all {
			return
		}
	}
	list := p.Allowed.String()
	if len(list) > 200 {
		list = list[:200] + "..."
	}
	c.add(errNotAllowed(at, p.Name, shown(v), list))
}

// coerced returns a value as a parameter of a type takes it.
func coerced(v jsondoc.Value, typ string) (jsondoc.Value, bool) {
	k := v.Kind()
	text, _ := v.Text()
	switch strings.ToLower(typ) {
	case "string", "datetime":
		if s, ok := scalarText(v); ok {
			if k != jsondoc.String {
				return jsondoc.NewString(s), true
			}
			return v, true
		}
		return v, k == jsondoc.Null
	case "array":
		return v, k == jsondoc.Array
	case "object":
		return v, k == jsondoc.Object
	case "boolean":
		if k == jsondoc.String {
			b, err := strconv.ParseBool(strings.ToLower(text))
			return jsondoc.NewBool(b), err == nil
		}
		return v, k == jsondoc.Bool
	case "integer":
		if k == jsondoc.String {
			n, err := strconv.ParseInt(text, 10, 64)
			return jsondoc.NewInt(n), err == nil
		}
		_, ok := v.Int()
		return v, ok
	case "float":
		if k == jsondoc.String {
			f, err := strconv.ParseFloat(text, 64)
			return jsondoc.NewFloat(f), err == nil
		}
		return v, k == jsondoc.Number
	}
	return v, true
}

// parameter settles parameters('name') when a rule is compiled.
func (c *compiler) parameter(name string) (r arm.Resolved, ok bool, d *diag.Diagnostic) {
	p := c.def.parameter(name)
	if p == nil {
		names := make([]string, len(c.def.params))
		for i, q := range c.def.params {
			names[i] = q.Name
		}
		p := errNoParameter(diag.Span{}, name, diag.Nearest(name, names))
		return r, true, &p
	}
	p.Used = true
	p.judges = p.judges || !c.remedy
	if p.value.IsMissing() {
		u := arm.Unknown("the parameter " + p.Name + " has no value")
		return arm.Resolved{Eval: func(*arm.Env) (arm.Value, error) { return u, nil }}, true, nil
	}
	return arm.Resolved{Constant: true, Value: arm.FromDoc(p.value)}, true, nil
}
