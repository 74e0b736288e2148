package template

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// parameter is a declared parameter and its value in each mode.
type parameter struct {
	name string
	decl jsondoc.Value
	done [modes]bool
	busy [modes]bool
	val  [modes]arm.Value
}

// rootParameters reads the values of a parameter file, and those of a
// deployment's body around the template.
func (x *expander) rootParameters(f *frame, inline jsondoc.Value) error {
	take := func(list jsondoc.Value, in *file) {
		for name, v := range list.Members() {
			g := given{at: v.Offset(), file: in}
			switch {
			case v.Get("reference").Exists():
				g.unknown = "the parameter " + name + " is a secret of a key vault"
			case v.Get("value").Exists():
				g.value = v.Get("value")
				if in != nil {
					g.value = unplaced(g.value)
				}
			default:
				g.unknown = "the parameter " + name + " is given without a value"
			}
			f.given[lower(name)] = g
		}
	}
	take(inline, nil)
	if x.o.Parameters == nil {
		return nil
	}
	pf, err := x.open(x.o.Parameters, x.o.ParametersFile)
	if err != nil {
		return err
	}
	list := pf.doc.Get("parameters")
	if !list.Exists() && pf.doc.Kind() == jsondoc.Object && !pf.doc.Get("$schema").Exists() {
		list = pf.doc
	}
	if list.Kind() != jsondoc.Object {
		x.report(pf, errShape("parameters", "an object of values by name", pf.doc.Offset()))
		return errStop
	}
	take(list, pf)
	return nil
}

// unplaced returns v without offsets: it stands in another file.
func unplaced(v jsondoc.Value) jsondoc.Value {
	switch v.Kind() {
	case jsondoc.Array:
		out := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			out = append(out, unplaced(e))
		}
		return jsondoc.NewArray(out...)
	case jsondoc.Object:
		out := make([]jsondoc.Member, 0, v.Len())
		for k, e := range v.Members() {
			out = append(out, jsondoc.Member{Name: k, Value: unplaced(e)})
		}
		return jsondoc.NewObject(out...)
	default:
		return v.WithOffset(0)
	}
}

// parameter computes a parameter's value once in each mode.
func (x *expander) parameter(f *frame, p *parameter, m mode) (arm.Value, error) {
	if p.done[m] {
		return p.val[m], nil
	}
	if p.busy[m] {
		x.report(f.file, errCycle("parameters", []string{p.name, p.name}, p.decl.Offset()))
		return arm.Unknown("the parameter " + p.name + " depends on itself"), nil
	}
	p.busy[m] = true
	v, err := x.parameterValue(f, p, m)
	p.busy[m] = false
	if err != nil {
		return arm.Null, err
	}
	p.val[m], p.done[m] = v, true
	return v, nil
}

func (x *expander) parameterValue(f *frame, p *parameter, m mode) (arm.Value, error) {
	decl := x.typeOf(f, p.decl)
	secret := isSecret(decl)
	hidden := func(why string) arm.Value {
		if m == standIn && isText(decl) {
			return arm.Text("{" + p.name + "}")
		}
		return arm.Unknown(why)
	}
	g, isGiven := f.given[lower(p.name)]
	var v arm.Value
	switch {
	case isGiven && g.unknown != "":
		return hidden(g.unknown), nil
	case isGiven && g.ctx != nil:
		d, err := x.valueIn(g.ctx, g.value, m)
		if err != nil {
			return arm.Null, err
		}
		if g.ctx.f.file != f.file {
			d = unplaced(d)
		}
		v = arm.FromDoc(d)
	case isGiven:
		v = arm.Of(asTyped(decl, g.value))
	case decl.Get("defaultValue").Exists():
		d, err := x.valueIn(&ctx{f: f}, decl.Get("defaultValue"), m)
		if err != nil {
			return arm.Null, err
		}
		v = arm.FromDoc(d)
	case nullable(decl):
		return arm.Null, nil
	default:
		if allowed := decl.Get("allowedValues"); allowed.Len() == 1 && !secret {
			return arm.Of(allowed.At(0)), nil // it can be nothing else
		}
		return hidden("the parameter " + p.name + " has no value"), nil
	}
	if v.IsUnknown() {
		if m == standIn && isText(decl) {
			return arm.Text("{" + p.name + "}"), nil
		}
		return v, nil
	}
	if m == strict && !(isGiven && g.value.IsNull() && nullable(decl)) {
		in, at := f.file, p.decl.Offset()
		if isGiven && g.ctx == nil && g.at > 0 {
			at = g.at
		}
		if g.file != nil {
			in = g.file
		}
		for _, problem := range x.check(f, decl, v.Doc(), secret, 0) {
			x.report(in, errParameter(at, "the parameter %q %s", p.name, problem))
		}
	}
	if secret {
		return hidden("the parameter " + p.name + " is a secret"), nil
	}
	return v, nil
}

// asTyped turns a text into the number or truth that a parameter asks for, as
// Resource Manager does.
func asTyped(decl, v jsondoc.Value) jsondoc.Value {
	text, ok := v.Text()
	if !ok {
		return v
	}
	switch lower(decl.Get("type").TextOr("")) {
	case "bool":
		if b, err := strconv.ParseBool(lower(text)); err == nil && len(text) > 1 {
			return jsondoc.NewBool(b).WithOffset(v.Offset())
		}
	case "int":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return jsondoc.NewInt(n).WithOffset(v.Offset())
		}
	}
	return v
}

// typeOf follows $ref to type definitions; members beside a $ref stay.
func (x *expander) typeOf(f *frame, decl jsondoc.Value) jsondoc.Value {
	for range maxRefDepth {
		ref, ok := decl.Get("$ref").Text()
		if !ok {
			return decl
		}
		name, ok := strings.CutPrefix(ref, "#/definitions/")
		def := f.doc.Get("definitions").Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
		if !ok || !def.Exists() {
			x.report(f.file, errShape("the type "+ref, "a definition of this template", decl.Get("$ref").Offset()))
			return decl.Without("$ref")
		}
		for k, v := range decl.Members() {
			if k != "$ref" {
				def = def.With(k, v)
			}
		}
		decl = def
	}
	x.report(f.file, errLimit(decl.Offset(), "type definitions lead to each other more than %d times", maxRefDepth))
	return decl.Without("$ref")
}

func isSecret(decl jsondoc.Value) bool {
	switch lower(decl.Get("type").TextOr("")) {
	case "securestring", "secureobject":
		return true
	}
	return false
}

func isText(decl jsondoc.Value) bool {
	switch lower(decl.Get("type").TextOr("string")) {
	case "securestring", "string":
		return true
	}
	return false
}

func nullable(decl jsondoc.Value) bool {
	yes, _ := decl.Get("nullable").Bool()
	return yes
}

// check compares a value with its declaration, and says in words what is wrong.
// A secret is not quoted.
//
// Source: "Parameters in ARM templates", "Definitions in ARM templates".
func (x *expander) check(f *frame, decl, v jsondoc.Value, secret bool, depth int) []string {
	if _, hole := arm.IsHole(v); hole || depth > maxRefDepth || v.IsNull() && nullable(decl) {
		return nil
	}
	shown := clip(v.String())
	if secret || isSecret(decl) {
		shown = "its value"
		secret = true
	}
	want := map[string]jsondoc.Kind{"string": jsondoc.String, "securestring": jsondoc.String, "int": jsondoc.Number, "bool": jsondoc.Bool, "array": jsondoc.Array, "object": jsondoc.Object, "secureobject": jsondoc.Object}
	typ := lower(decl.Get("type").TextOr(""))
	if kind, ok := want[typ]; ok && v.Kind() != kind {
		// Resource Manager turns "5" into 5 and "true" into true where a parameter asks for it.
		text, isString := v.Text()
		_, numberErr := strconv.ParseInt(text, 10, 64)
		_, boolErr := strconv.ParseBool(lower(text))
		if !isString || !(kind == jsondoc.Number && numberErr == nil || kind == jsondoc.Bool && boolErr == nil) {
			return []string{fmt.Sprintf("is of type %s, and %s is a %s", decl.Get("type").TextOr(""), shown, v.Kind())}
		}
	}
	var out []string
	if allowed := decl.Get("allowedValues"); allowed.Kind() == jsondoc.Array && allowed.Len() > 0 && !allows(allowed, v) {
		out = append(out, fmt.Sprintf("does not allow %s; it allows %s", shown, clip(allowed.String())))
	}
	if n, ok := v.Int(); ok {
		if least, ok := decl.Get("minValue").Int(); ok && n < least {
			out = append(out, fmt.Sprintf("is at least %d, and %s is less", least, shown))
		}
		if most, ok := decl.Get("maxValue").Int(); ok && n > most {
			out = append(out, fmt.Sprintf("is at most %d, and %s is more", most, shown))
		}
	}
	length, has := v.Len(), v.Kind() == jsondoc.Array
	if s, ok := v.Text(); ok {
		length, has = len([]rune(s)), true
	}
	if has {
		if least, ok := decl.Get("minLength").Int(); ok && int64(length) < least {
			out = append(out, fmt.Sprintf("has at least %d characters or elements, and %s has %d", least, shown, length))
		}
		if most, ok := decl.Get("maxLength").Int(); ok && int64(length) > most {
			out = append(out, fmt.Sprintf("has at most %d characters or elements, and %s has %d", most, shown, length))
		}
	}
	switch v.Kind() {
	case jsondoc.Object:
		out = append(out, x.checkMembers(f, decl, v, secret, depth)...)
	case jsondoc.Array:
		out = append(out, x.checkElements(f, decl, v, secret, depth)...)
	default:
	}
	return out
}

// checkMembers compares the members of an object with its declaration: those
// that are declared, the type that a member chooses, and those that are not.
func (x *expander) checkMembers(f *frame, decl, v jsondoc.Value, secret bool, depth int) (out []string) {
	properties, typ := decl.Get("properties"), decl.Get("type").TextOr("")
	if name, ok := decl.Path("discriminator", "propertyName").Text(); ok {
		mapping := decl.Path("discriminator", "mapping")
		chosen := v.Get(name)
		text, isText := chosen.Text()
		switch one := mapping.Get(text); {
		case !chosen.Exists():
			return []string{"lacks the property " + name + ", which tells its type"}
		case isHole(chosen):
			return nil
		case !isText || !one.Exists():
			return []string{fmt.Sprintf("has %s %s, and its types are %s", name, clip(chosen.String()), clip(keys(mapping)))}
		default:
			return x.check(f, x.typeOf(f, one), v, secret, depth+1)
		}
	}
	for name, d := range properties.Members() {
		d = x.typeOf(f, d)
		e := v.Get(name)
		switch {
		case e.Exists():
			for _, problem := range x.check(f, d, e, secret, depth+1) {
				out = append(out, "has a property "+name+" that "+problem)
			}
		case !nullable(d) && typ != "":
			out = append(out, "lacks the property "+name)
		}
	}
	more := decl.Get("additionalProperties")
	closed, isBool := more.Bool()
	closed = isBool && !closed
	if !closed && more.Kind() != jsondoc.Object {
		return out
	}
	for name, e := range v.Members() {
		switch {
		case properties.Get(name).Exists():
		case closed:
			out = append(out, "has a property "+clip(name)+" that its type does not declare")
		default:
			for _, problem := range x.check(f, x.typeOf(f, more), e, secret, depth+1) {
				out = append(out, "has a property "+clip(name)+" that "+problem)
			}
		}
	}
	return out
}

func keys(v jsondoc.Value) string {
	var out []string
	for name := range v.Members() {
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// checkElements compares the elements of an array with its declaration: those
// that have a type each, and the others.
func (x *expander) checkElements(f *frame, decl, v jsondoc.Value, secret bool, depth int) (out []string) {
	first, items := decl.Get("prefixItems"), decl.Get("items")
	if v.Len() > MaxCopy {
		return nil
	}
	if v.Len() < first.Len() {
		out = append(out, fmt.Sprintf("has %d elements, and its type %d", v.Len(), first.Len()))
	}
	more, isBool := items.Bool()
	for i, e := range v.Elements() {
		d := items
		switch {
		case i < first.Len():
			d = first.At(i)
		case isBool && !more:
			return append(out, fmt.Sprintf("has %d elements, and its type %d", v.Len(), first.Len()))
		case items.Kind() != jsondoc.Object:
			return out
		}
		for _, problem := range x.check(f, x.typeOf(f, d), e, secret, depth+1) {
			out = append(out, fmt.Sprintf("has an element %d that %s", i, problem))
		}
	}
	return out
}

// allows tells whether a value is among the allowed ones; every element must
// be where the value is an array and the allowed ones are not.
func allows(allowed, v jsondoc.Value) bool {
	same := func(a, b jsondoc.Value) bool {
		x, ok1 := a.Text()
		y, ok2 := b.Text()
		return ok1 && ok2 && strings.EqualFold(x, y) || jsondoc.Equal(a, b)
	}
	for _, a := range allowed.Elements() {
		if same(a, v) {
			return true
		}
	}
	if v.Kind() != jsondoc.Array || allowed.At(0).Kind() == jsondoc.Array {
		return false
	}
	for _, e := range v.Elements() {
		found := false
		for _, a := range allowed.Elements() {
			found = found || same(a, e)
		}
		if !found {
			return false
		}
	}
	return true
}
