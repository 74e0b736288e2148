package policy

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

// functionNames are the recorder's names for the functions of rules.
var functionNames = map[string]string{
	"azure.policy.fn.add_days": "addDays", "azure.policy.fn.base64": "base64", "azure.policy.fn.base64_to_json": "base64ToJson",
	"azure.policy.fn.data_uri_to_string": "dataUriToString", "azure.policy.fn.date_time_add": "dateTimeAdd",
	"azure.policy.fn.date_time_from_epoch": "dateTimeFromEpoch", "azure.policy.fn.date_time_to_epoch": "dateTimeToEpoch",
	"azure.policy.fn.first": "first", "azure.policy.fn.float": "float", "azure.policy.if": "if", "azure.policy.fn.int_div": "div",
	"azure.policy.fn.int_mod": "mod", "azure.policy.fn.items": "items", "azure.policy.fn.last_index_of": "lastIndexOf",
	"azure.policy.fn.max": "max", "azure.policy.fn.min": "min", "azure.policy.fn.pad_left": "padLeft", "azure.policy.fn.range": "range",
	"azure.policy.fn.try_get": "tryGet", "azure.policy.fn.union": "union", "azure.policy.fn.uri": "uri",
}

func TestConformanceFunctions(t *testing.T) {
	known := knownFailures(t)
	files, err := filepath.Glob(filepath.Join(testdata.File(t, "policy", "functions"), "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	passed, total := 0, 0
	for _, path := range files {
		doc := readYAML(t, path)
		file := strings.TrimSuffix(filepath.Base(path), ".yaml")
		builtin := doc.Get("builtin").TextOr("")
		for _, c := range doc.Get("cases").Elements() {
			total++
			name := "functions/" + file + "/" + c.Get("note").TextOr("?")
			want := c.Get("want").String()
			switch {
			case isTrue(c.Get("want_null")):
				want = "null"
			case isTrue(c.Get("want_undefined")):
				want = "undefined"
			}
			got := callFunction(t, builtin, c.Get("args"))
			ok := got.String() == want || jsondoc.Equal(got, c.Get("want")) && c.Get("want").Exists() || got.IsMissing() && want == "undefined"
			_, listed := known[name]
			switch {
			case ok:
				passed++
				if listed {
					t.Errorf("%s passes, and stands in known_failures.txt", name)
				}
			case !listed:
				t.Errorf("%s: %s(%s) is %s, want %s", name, builtin, c.Get("args"), got, want)
			}
		}
	}
	t.Logf("conformance: policy functions %d of %d", passed, total)
}

// callFunction evaluates a function of a rule on values; what fails is missing.
func callFunction(t *testing.T, builtin string, args jsondoc.Value) jsondoc.Value {
	t.Helper()
	if builtin == "azure.policy.get_parameter" {
		return givenParameter(args)
	}
	name, ok := functionNames[builtin]
	if !ok {
		t.Errorf("no function is known for %s", builtin)
		return jsondoc.Value{}
	}
	var params []jsondoc.Member
	var call []string
	for i, a := range args.Elements() {
		params = append(params, jsondoc.Member{Name: fmt.Sprintf("a%d", i), Value: a})
		call = append(call, fmt.Sprintf("parameters('a%d')", i))
	}
	return evaluated("["+name+"("+strings.Join(call, ", ")+")]", jsondoc.NewObject(params...))
}

// evaluated evaluates an expression as a condition of a rule sees it.
func evaluated(text string, params jsondoc.Value) jsondoc.Value {
	c := &compiler{o: &CompileOptions{Parameters: params}, def: &Definition{}, refs: map[dynamicKey]*fieldRef{}, names: NewNames()}
	c.parameters(jsondoc.Value{}, params, true)
	o := c.operand(jsondoc.NewString(text))
	if c.diags.HasErrors() {
		return jsondoc.Value{}
	}
	e := NewEvaluator(Options{})
	e.f.def = c.def
	e.f.at(Bare(jsondoc.NewObject()))
	e.f.clear(false)
	v, unknown := o.eval(&e.f)
	if unknown {
		return jsondoc.Value{}
	}
	return v
}

// givenParameter reads a parameter of a definition as a rule does.
func givenParameter(args jsondoc.Value) jsondoc.Value {
	var declared []jsondoc.Member
	for name, v := range args.At(1).Members() {
		declared = append(declared, jsondoc.Member{Name: name, Value: jsondoc.NewObject(jsondoc.Member{Name: "defaultValue", Value: v})})
	}
	for name := range args.At(0).Members() {
		if args.At(1).Get(name).IsMissing() {
			declared = append(declared, jsondoc.Member{Name: name, Value: jsondoc.NewObject()})
		}
	}
	c := &compiler{o: &CompileOptions{}, def: &Definition{}, refs: map[dynamicKey]*fieldRef{}, names: NewNames()}
	c.parameters(jsondoc.NewObject(declared...), args.At(0), false)
	if p := c.def.parameter(args.At(2).TextOr("")); p != nil {
		return p.Value()
	}
	return jsondoc.Value{}
}
