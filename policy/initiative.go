package policy

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// PassParameters works out the values that an initiative gives the parameters
// of one of its members. declared are the initiative's parameters, given the
// values of its assignment, member what the member writes ({"x": {"value":
// "[parameters('y')]"}}). A parameter whose value is not known is left out, so
// that the member's own default holds, with a warning.
//
// Source: "Azure Policy initiative definition structure", Passing a parameter
// value to a policy definition.
func PassParameters(declared, given, member jsondoc.Value, src *diag.Source) (jsondoc.Value, diag.List) {
	c := &compiler{o: &CompileOptions{Source: src}, def: &Definition{}, refs: map[dynamicKey]*fieldRef{}, names: NewNames()}
	c.parameters(declared, given, false)
	f := &frame{o: &Options{}, def: c.def}
	var out []jsondoc.Member
	for name, v := range member.Members() {
		f.clear(false)
		value := v.Get("value")
		if value.IsMissing() {
			continue
		}
		o := c.operand(value)
		got, unknown := o.eval(f)
		if unknown {
			d := problem("POL0112", spanOf(value), "", "parameter %q gets no value: %s", name, o.text)
			d.Severity = diag.Warning
			c.add(d)
			continue
		}
		out = append(out, jsondoc.Member{Name: name, Value: got})
	}
	if src != nil {
		src.Resolve(c.diags)
	}
	return jsondoc.NewObject(out...), c.diags
}
