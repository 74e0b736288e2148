package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// program is a compiled expression, or what is wrong with it.
type program struct {
	prog  *arm.Program
	diags diag.List
}

func (x *expander) program(text string) *program {
	if p := x.progs[text]; p != nil {
		return p
	}
	prog, diags := arm.CompileText(text, arm.Options{Dialect: arm.Template, Resolve: x.resolve})
	p := &program{prog, diags}
	x.progs[text] = p
	return p
}

// value evaluates a JSON value of the template with every expression in it.
// What is not known is a hole. The error ends the expansion.
func (x *expander) value(c *ctx, v jsondoc.Value) (jsondoc.Value, error) {
	return x.valueIn(c, v, strict)
}

func (x *expander) valueIn(c *ctx, v jsondoc.Value, m mode) (jsondoc.Value, error) {
	if err := x.spend(c, 1, v.Offset()); err != nil {
		return v, err
	}
	switch v.Kind() {
	case jsondoc.String:
		text, _ := v.Text()
		if !arm.IsExpression(text) {
			if plain := arm.Unescape(text); plain != text {
				return jsondoc.NewString(plain).WithOffset(v.Offset()), nil
			}
			return v, nil
		}
		got, err := x.expression(c, text, v.Offset(), m)
		if err != nil {
			return v, err
		}
		return got.Doc().WithOffset(v.Offset()), nil
	case jsondoc.Array:
		out := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			got, err := x.valueIn(c, e, m)
			if err != nil {
				return v, err
			}
			out = append(out, got)
		}
		return jsondoc.NewArray(out...).WithOffset(v.Offset()), nil
	case jsondoc.Object:
		return x.object(c, v, m)
	case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number:
	}
	return v, nil
}

// object evaluates an object: its names may be expressions, and a member
// "copy" that is an array of loops becomes the members that it names.
func (x *expander) object(c *ctx, v jsondoc.Value, m mode) (jsondoc.Value, error) {
	out := make([]jsondoc.Member, 0, v.Len())
	for name, e := range v.Members() {
		if lower(name) == "copy" && isPropertyCopy(e) {
			for _, one := range e.Elements() {
				arr, err := x.copyIn(c, one, m)
				if err != nil {
					return v, err
				}
				out = append(out, jsondoc.Member{Name: one.Get("name").TextOr(""), Value: arr.WithOffset(one.Offset())})
			}
			continue
		}
		if arm.IsExpression(name) {
			key, err := x.nameText(c, name, e.Offset())
			if err != nil {
				return v, err
			}
			name = key
		} else {
			name = arm.Unescape(name)
		}
		got, err := x.valueIn(c, e, m)
		if err != nil {
			return v, err
		}
		out = append(out, jsondoc.Member{Name: name, Value: got})
	}
	return jsondoc.NewObject(out...).WithOffset(v.Offset()), nil
}

// isPropertyCopy tells a loop over a property from a property that happens to
// be called "copy".
func isPropertyCopy(v jsondoc.Value) bool {
	if v.Kind() != jsondoc.Array || v.Len() == 0 {
		return false
	}
	for _, e := range v.Elements() {
		if !e.Get("name").Exists() || !e.Get("count").Exists() || !e.Get("input").Exists() {
			return false
		}
	}
	return true
}

// copyIn makes the array of a copy loop over a value.
func (x *expander) copyIn(c *ctx, decl jsondoc.Value, m mode) (jsondoc.Value, error) {
	name := decl.Get("name").TextOr("")
	n, why, err := x.count(c, decl.Get("count"), m)
	if err != nil {
		return decl, err
	}
	if why != nil {
		return arm.Hole(why...).WithOffset(decl.Offset()), nil
	}
	if n > MaxCopy {
		return decl, x.stop(c.f.file, decl.Offset(), "the copy %q has %d rounds, the limit is %d", name, n, MaxCopy)
	}
	out := make([]jsondoc.Value, 0, n)
	for i := range n {
		// In an output's loop copyIndex() has no name; in others it needs one.
		v, err := x.valueIn(c.with(loop{name: name, index: arm.Int(int64(i)), own: name == ""}), decl.Get("input"), m)
		if err != nil {
			return decl, err
		}
		out = append(out, v)
	}
	return jsondoc.NewArray(out...).WithOffset(decl.Offset()), nil
}

// count evaluates the number of rounds of a loop; reasons where it is not known.
func (x *expander) count(c *ctx, v jsondoc.Value, m mode) (n int, why []string, err error) {
	got, err := x.valueIn(c, v, m)
	if err != nil {
		return 0, nil, err
	}
	if reasons, ok := arm.IsHole(got); ok {
		return 0, reasons, nil
	}
	i, ok := got.Int()
	text, isText := got.Text()
	if isText { // "Resource iteration" writes "count": "3", too
		i, err = strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		ok = err == nil
	}
	if !ok {
		if isText && m == standIn {
			return 0, []string{text}, nil
		}
		x.report(c.f.file, errShape("the count of a copy", "a whole number", v.Offset()))
		return 0, []string{"the count of a loop is no number"}, nil
	}
	if i < 0 {
		x.report(c.f.file, errShape("the count of a copy", "0 or more", v.Offset()))
		return 0, nil, nil
	}
	return int(min(i, 1<<31-1)), nil, nil
}

// expression evaluates the text of an expression. What cannot be evaluated is
// reported and Unknown; the error ends the expansion.
func (x *expander) expression(c *ctx, text string, at int, m mode) (arm.Value, error) {
	p := x.program(text)
	if p.prog == nil {
		for _, d := range p.diags {
			d.Span = diag.Span{Start: at + 1 + d.Span.Start, End: at + 1 + d.Span.End}
			x.report(c.f.file, d)
		}
		return arm.Unknown("the expression " + clip(text) + " is not valid"), nil
	}
	was := x.view
	x.view.c, x.view.mode = c, m
	v, err := p.prog.EvalNested(x.env)
	x.view = was
	if err != nil {
		if errors.Is(err, errStop) {
			return arm.Null, errStop
		}
		span := diag.Span{Start: at, End: at}
		if ee, ok := errors.AsType[*arm.EvalError](err); ok {
			span = diag.Span{Start: at + 1 + ee.Span.Start, End: at + 1 + ee.Span.End}
		}
		if errors.Is(err, arm.ErrLimit) {
			x.report(c.f.file, diag.Diagnostic{Code: CodeLimit, Message: err.Error(), Span: span})
			return arm.Null, errStop
		}
		if m == strict {
			x.report(c.f.file, diag.Diagnostic{Code: CodeExpression, Message: err.Error(), Span: span})
		}
		return arm.Unknown("the expression " + clip(text) + " cannot be evaluated: " + err.Error()), nil
	}
	if err := x.spend(c, x.size(v.Doc()), at); err != nil {
		return arm.Null, err
	}
	return v, nil
}

func clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most-1], "") + "…"
	}
	return s
}

// size counts the values in v, up to one more than MaxValue.
func (x *expander) size(v jsondoc.Value) int {
	n := 0
	var walk func(v jsondoc.Value) bool
	walk = func(v jsondoc.Value) bool {
		if n++; n > MaxValue {
			return false
		}
		switch v.Kind() {
		case jsondoc.Array:
			for _, e := range v.Elements() {
				if !walk(e) {
					return false
				}
			}
		case jsondoc.Object:
			for _, e := range v.Members() {
				if !walk(e) {
					return false
				}
			}
		case jsondoc.Missing, jsondoc.Null, jsondoc.Bool, jsondoc.Number, jsondoc.String:
		}
		return true
	}
	walk(v)
	return n
}

// spend counts values against the budget of the expansion.
func (x *expander) spend(c *ctx, n, at int) error {
	if n > MaxValue {
		return x.stop(c.f.file, at, "an expression makes more than %d values", MaxValue)
	}
	if x.nodes += n; x.nodes > MaxNodes {
		return x.stop(c.f.file, at, "the template makes more than %d values", MaxNodes)
	}
	return nil
}

// nameText evaluates a name for a person and for ids: what is not known is
// written as a stand-in.
func (x *expander) nameText(c *ctx, text string, at int) (string, error) {
	if !arm.IsExpression(text) {
		return arm.Unescape(text), nil
	}
	for _, m := range []mode{strict, standIn} {
		v, err := x.expression(c, text, at, m)
		if err != nil {
			return "", err
		}
		if s, ok := plainText(v); ok {
			return s, nil
		}
	}
	return "{" + strings.NewReplacer("/", "|", "[", "", "]", "").Replace(clip(text)) + "}", nil
}

// plainText returns the text of a value that names may be made of.
func plainText(v arm.Value) (string, bool) {
	if v.IsUnknown() {
		return "", false
	}
	d := v.Doc()
	switch d.Kind() {
	case jsondoc.String:
		return d.TextOr(""), true
	case jsondoc.Number, jsondoc.Bool:
		return d.String(), true
	case jsondoc.Missing, jsondoc.Null, jsondoc.Array, jsondoc.Object:
	}
	return "", false
}

// truth evaluates a condition: yes, no, or the reasons why it is not known.
func (x *expander) truth(c *ctx, v jsondoc.Value) (yes bool, why []string, err error) {
	if v.IsMissing() {
		return true, nil, nil
	}
	got, err := x.value(c, v)
	if err != nil {
		return false, nil, err
	}
	if reasons, ok := arm.IsHole(got); ok {
		return false, reasons, nil
	}
	if b, ok := got.Bool(); ok {
		return b, nil, nil
	}
	if s, ok := got.Text(); ok { // "true" as text is taken as Azure takes it
		switch lower(s) {
		case "true":
			return true, nil, nil
		case "false":
			return false, nil, nil
		}
	}
	x.report(c.f.file, errShape(fmt.Sprintf("the condition %s", clip(got.String())), "true or false", v.Offset()))
	return false, []string{"the condition is neither true nor false"}, nil
}
