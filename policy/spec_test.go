package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// full writes the type out that spec files shorten to "T/".
func full(v jsondoc.Value) string {
	return strings.ReplaceAll(strings.ReplaceAll(v.String(), `"T/`, `"Microsoft.Test/resourceType/`), `'T/`, `'Microsoft.Test/resourceType/`)
}

func TestSpecArrays(t *testing.T) {
	doc := readYAML(t, "testdata/spec/arrays.yaml")
	// The same rule reads the flattened form.
	flat := doc.Get("resource").Without("properties")
	for name, v := range doc.Path("resource", "properties").Members() {
		flat = flat.With(name, v)
	}
	for form, body := range map[string]jsondoc.Value{"as ARM writes it": doc.Get("resource"), "flattened": flat} {
		r := Bare(body)
		f := &frame{o: &Options{}}
		f.at(r)
		for _, c := range doc.Get("values").Elements() {
			ref := newFieldRef("Microsoft.Test/resourceType/"+c.Get("alias").TextOr(""), nil)
			var got []jsondoc.Value
			if ref.each {
				got, _ = f.readAll(ref)
			} else {
				v, _ := f.read(ref)
				got = []jsondoc.Value{v}
			}
			if list := jsondoc.NewArray(got...); !jsondoc.Equal(list, c.Get("want")) {
				t.Errorf("%s: %s selects %s, want %s", form, ref.path, list, c.Get("want"))
			}
			f.values = f.values[:0]
		}
		ev := NewEvaluator(Options{})
		for _, c := range doc.Get("conditions").Elements() {
			d := mustDefinition(t, `{"if": `+full(c.Get("if"))+`, "then": {"effect": "audit"}}`)
			want := finding.Of(isTrue(c.Get("want")))
			if got := ev.Evaluate(d, r); got.Match != want && !(want == finding.False && !got.Fires && got.State == finding.Compliant) {
				t.Errorf("%s: %s is %s, want %s; missing %q", form, c.Get("if"), got.Match, want, got.Missing)
			}
			if x := ev.Explain(d, r); x.Truth != want {
				t.Errorf("%s: %s is explained as %s, want %s", form, c.Get("if"), x.Truth, want)
			}
		}
	}
}

func TestSpecEffects(t *testing.T) {
	doc := readYAML(t, "testdata/spec/effects.yaml")
	r := Bare(doc.Get("resource"))
	for _, c := range doc.Get("cases").Elements() {
		note := c.Get("note").TextOr("")
		d := mustDefinition(t, `{"if": {"field": "type", "equals": "Microsoft.Test/things"}, "then": `+c.Get("then").String()+`}`)
		o := Options{}
		if related := c.Get("related"); related.Exists() {
			o.Related = []*resource.Resource{}
			for _, one := range related.Elements() {
				o.Related = append(o.Related, Bare(one))
			}
		}
		out := NewEvaluator(o).Decide(d, r)
		if out.Fires != isTrue(c.Get("fires")) {
			t.Errorf("%s: fires %v; missing %q", note, out.Fires, out.Missing)
		}
		if want, ok := c.Get("state").Text(); ok && out.State.String() != want {
			t.Errorf("%s: %s, want %s", note, out.State, want)
		}
		if want := c.Get("deployment"); want.Exists() && !jsondoc.Equal(out.Remediation.Deployment, want) {
			t.Errorf("%s: deploys %s, want %s", note, out.Remediation.Deployment, want)
		}
		for name, got := range map[string]func() []string{"skipped": func() []string { return out.Remediation.Skipped }, "denied": func() []string { return out.Remediation.Denied }} {
			if want := c.Get(name); want.Exists() && !jsondoc.Equal(textsOf(got()), want) {
				t.Errorf("%s: %s %q, want %s", note, name, got(), want)
			}
		}
		want := c.Get("changes")
		if want.IsMissing() {
			continue
		}
		if len(out.Remediation.Changes) != want.Len() {
			t.Errorf("%s: changes %+v, want %s", note, out.Remediation.Changes, want)
			continue
		}
		for i, w := range want.Elements() {
			got := out.Remediation.Changes[i]
			if got.Operation != w.Get("operation").TextOr("") || got.Path != w.Get("path").TextOr("") || shownNull(got.Before) != w.Get("before").String() || shownNull(got.After) != w.Get("after").String() {
				t.Errorf("%s: %s %s from %s to %s, want %s", note, got.Operation, got.Path, got.Before, got.After, w)
			}
		}
	}
}

func textsOf(list []string) jsondoc.Value {
	out := make([]jsondoc.Value, len(list))
	for i, s := range list {
		out[i] = jsondoc.NewString(s)
	}
	return jsondoc.NewArray(out...)
}

func shownNull(v jsondoc.Value) string {
	if v.IsMissing() {
		return "null"
	}
	return v.String()
}

// Every row of the table of conditions is as its examples say.
func TestOperators(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range Operators() {
		if op.Doc == "" || op.make == nil || len(op.Examples) == 0 || seen[strings.ToLower(op.Name)] {
			t.Errorf("%s: the row lacks something, or stands twice", op.Name)
		}
		seen[strings.ToLower(op.Name)] = true
		if got := op.make(jsondoc.NewString("x"))(jsondoc.Value{}); op.Name != "exists" && got != op.Negative {
			t.Errorf("%s of an absent field is %v", op.Name, got)
		}
		for _, e := range op.Examples {
			var v jsondoc.Value
			if e.Value != "" {
				v = mustJSON(t, e.Value)
			}
			if got := op.make(mustJSON(t, e.Want))(v); got != e.Holds {
				t.Errorf("%s %s %s is %v", e.Value, op.Name, e.Want, got)
			}
		}
	}
}

func mustJSON(t *testing.T, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What is hostile is refused or given up within a second, and nothing else suffers.
func TestHostileRules(t *testing.T) {
	started := time.Now()
	deep := strings.Repeat(`{"not": `, MaxDepth+5) + `{"field": "type", "equals": "x"}` + strings.Repeat("}", MaxDepth+5)
	large := `{"anyOf": [` + strings.Repeat(`{"field": "type", "equals": "x"},`, 160_000) + `{"field": "type", "equals": "x"}]}`
	for name, c := range map[string]struct {
		text string
		code string
	}{
		"too deep":         {deep, "POL0007"},
		"unknown function": {`{"value": "[nope(1)]", "equals": 1}`, "ARM0101"},
		"argument count":   {`{"value": "[length()]", "equals": 1}`, "ARM0103"},
		"syntax":           {`{"value": "[length(", "equals": "[add(1,]"}`, "ARM0003"},
		"no parameter":     {`{"value": "[parameters('x')]", "equals": 1}`, "POL0101"},
		"two operators":    {`{"field": "type", "equals": 1, "like": "x"}`, "POL0006"},
		"extra key":        {`{"not": {"field": "type", "equals": 1}, "field": "x"}`, "POL0005"},
		"current outside":  {`{"value": "[current('x')]", "equals": 1}`, "POL0109"},
		"5 MB":             {large, ""},
	} {
		text := `{"if": ` + c.text + `, "then": {"effect": "audit"}}`
		doc := mustJSON(t, text)
		d, diags := Compile(doc, CompileOptions{Source: diag.NewSource("x.json", text)})
		switch {
		case c.code == "" && d == nil:
			t.Errorf("%s: %v", name, diags[0])
		case c.code != "" && (d != nil || diags[0].Code != c.code || diags[0].Pos.Line == 0):
			t.Errorf("%s: %v, want %s", name, diags, c.code)
		}
	}
	if took := time.Since(started); took > 10*time.Second { // wide: the machine may be busy
		t.Errorf("compiling took %v", took)
	}

	cyclic := `{"parameters": {"a": {"type": "String", "defaultValue": "[parameters('a')]"}}, "policyRule": {"if": {"value": "[parameters('a')]", "equals": 1}, "then": {"effect": "audit"}}}`
	if d, diags := Compile(mustJSON(t, cyclic), CompileOptions{Source: diag.NewSource("x.json", cyclic)}); d != nil || diags[0].Code != "POL0110" {
		t.Errorf("a parameter that is its own default: %v", diags)
	}

	element := strings.Repeat("1,", 9_999) + "1"
	rule := `{"value": 1, "equals": 1}`
	for range 10 {
		rule = `{"count": {"value": [` + element + `], "where": ` + rule + `}, "greater": 0}`
	}
	text := `{"if": ` + rule + `, "then": {"effect": "audit"}}`
	d := mustDefinition(t, text)
	started = time.Now()
	v := NewEvaluator(Options{}).Evaluate(d, mustResource(t, `{"type": "a.b/c"}`))
	if v.State != finding.Unknown || v.Err == nil || v.Err.Code != "POL0301" {
		t.Errorf("%+v, want Unknown for the budget", v)
	}
	took := time.Since(started)
	t.Logf("figure: counts nested ten deep over 10,000 elements are given up after %d ms", took.Milliseconds())
	if took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A rule with more mistakes than a person reads gets no more diagnostics than
// the cap, those of its expressions included.
func TestDiagnosticsAreCapped(t *testing.T) {
	var rule strings.Builder
	rule.WriteString(`{"if": {"allOf": [`)
	for i := range 500 {
		if i > 0 {
			rule.WriteString(", ")
		}
		rule.WriteString(`{"value": "[nosuch(1, nosuch(2)]", "equals": "[alsonot()]"}`)
	}
	rule.WriteString(`]}, "then": {"effect": "audit"}}`)
	doc, err := jsondoc.ParseString(rule.String())
	if err != nil {
		t.Fatal(err)
	}
	_, diags := Compile(doc, CompileOptions{})
	if len(diags) == 0 || len(diags) > maxDiagnostics {
		t.Errorf("%d diagnostics, want 1 to %d", len(diags), maxDiagnostics)
	}
}
