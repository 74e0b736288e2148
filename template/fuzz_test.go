package template_test

import (
	"strings"
	"testing"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/template"
)

// deployments writes a template by the choices that a fuzzer makes, so that
// what is tried is expanded and not refused for its shape.
type deployments struct {
	data  []byte
	at    int
	depth int
}

func (g *deployments) pick(n int) int {
	if g.at >= len(g.data) || n < 2 {
		return 0
	}
	g.at++
	return int(g.data[g.at-1]) % n
}

func (g *deployments) of(list ...string) string { return list[g.pick(len(list))] }

var templateFunctions = func() (out []*arm.Function) {
	for _, f := range arm.Functions() {
		if f.In&arm.Template != 0 {
			out = append(out, f)
		}
	}
	return out
}()

func (g *deployments) expr() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 5 {
		return "1"
	}
	switch g.pick(14) {
	case 0:
		return "'" + g.of("a", "", "A.B/c", "x/y", "r", "/subscriptions/s", "10.0.0.0/16", "{0}", "P1D", "2024-01-01", "n0", "$fxv#0") + "'"
	case 1:
		return g.of("0", "1", "-1", "2147483647", "true()", "null()")
	case 2, 3:
		return "parameters('" + g.of("s", "n", "l", "o", "b", "secret", "none", "typed", "self", "gone") + "')"
	case 4:
		return "variables('" + g.of("v", "loop", "self", "obj", "gone") + "')"
	case 5:
		return g.of("copyIndex()", "copyIndex(1)", "copyIndex('l')", "copyIndex('p', 2)", "copyIndex('v')")
	case 6:
		return "reference(" + g.of("'r'", "'d'", "resourceId('A.B/c', 'x')", g.expr()) + g.of("", ", '2020-01-01'", ", '2020-01-01', 'Full'") + ")" + g.of("", ".outputs.o.value", ".properties.x", "[0]")
	case 7:
		return g.of("resourceInfo('r').id", "references('loop')", "references('mods', 'Full')", "deployment().name", "deployment().properties.template", "resourceGroup().location", "subscription().subscriptionId", "deployer().objectId", "environment().suffixes.storage", "tenant().tenantId", "managementGroup().id", "__bicep.f('a')", "n.f(1)", "n.g("+g.expr()+")")
	case 8:
		return g.expr() + g.of("[0]", ".x", "['a']", "[length(variables('obj'))]", ".?x", "[?0]", ".x.y.z")
	case 9:
		return g.of("map", "filter", "sort", "reduce", "toObject", "groupBy", "mapValues") + "(" + g.expr() + ", " + g.of("", "'', ") + "lambda(" + g.of("'x'", "'x', 'y'") + ", " + g.of("lambdaVariables('x')", "lambdaVariables('x').a", g.expr()) + "))"
	default:
		f := templateFunctions[(g.pick(256)+256*g.pick(2))%len(templateFunctions)]
		n := f.Min
		if f.Max < 0 {
			n += g.pick(3)
		} else if f.Max > f.Min {
			n += g.pick(f.Max - f.Min + 1)
		}
		args := make([]string, n)
		for i := range args {
			args[i] = g.expr()
		}
		return strings.Replace(f.Name, "*", "Keys", 1) + "(" + strings.Join(args, ", ") + ")"
	}
}

func (g *deployments) value() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 6 {
		return "null"
	}
	switch g.pick(8) {
	case 0:
		return g.of(`"a"`, `""`, `1`, `true`, `null`, `{}`, `[]`, `"[[x]"`, `1e99`)
	case 1:
		return "[" + g.value() + ", " + g.value() + "]"
	case 2:
		return `{"x": ` + g.value() + `, "[` + g.of("parameters('s')", "string(1)", "concat('a')") + `]": ` + g.value() + `}`
	case 3:
		return `{"copy": [{"name": "p", "count": ` + g.count() + `, "input": ` + g.value() + `}], "y": ` + g.value() + `}`
	default:
		return jsondoc.NewString("[" + g.expr() + "]").String()
	}
}

func (g *deployments) count() string {
	return g.of("2", "0", "-1", `"[length(parameters('l'))]"`, `"[parameters('n')]"`, "801", `"2"`, `"[reference('r').n]"`)
}

func (g *deployments) resource() string {
	g.depth++
	defer func() { g.depth-- }()
	kind := g.pick(6)
	if g.depth > 4 {
		kind = 0
	}
	out := `{"type": "` + g.of("A.B/c", "Microsoft.Network/virtualNetworks", "A.B/c/d", "Microsoft.Authorization/locks", "Microsoft.Graph/groups@v1.0", "Microsoft.Resources/resourceGroups") + `", "apiVersion": "2024-01-01", "name": ` + g.of(`"x"`, `"x/y"`, `"[concat('n', copyIndex())]"`, g.value())
	if kind == 5 {
		out = `{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": ` + g.of(`"d"`, `"[concat('d', copyIndex())]"`, g.value())
	}
	for _, one := range []string{
		`"condition": ` + g.of("true", "false", `"True"`, g.value()), `"scope": ` + g.of(`"/"`, `"A.B/c/x"`, g.value()), `"dependsOn": [` + g.of(`"r"`, `"x"`, `"l"`, g.value()) + `]`,
		`"copy": {"name": "l", "count": ` + g.count() + g.of("", `, "mode": "serial", "batchSize": 1`) + `}`, `"existing": true`, `"location": ` + g.value(), `"import": "g"`,
		`"sku": ` + g.value(), `"resourceGroup": ` + g.of(`"rg"`, g.value()), `"subscriptionId": ` + g.value(), `"asserts": {"a": ` + g.value() + `}`,
	} {
		if g.pick(4) == 3 {
			out += ", " + one
		}
	}
	switch kind {
	case 5:
		inner := g.template()
		scope := g.of(`"expressionEvaluationOptions": {"scope": "inner"}, `, "", `"expressionEvaluationOptions": {"scope": "Outer"}, `)
		out += `, "properties": {"mode": "Incremental", ` + scope + `"parameters": {"s": {"value": ` + g.value() + `}, "n": ` + g.of(`{"value": 1}`, `{"reference": {}}`, `{}`) + `}, "template": ` + g.of(inner, inner, `"x"`, `{}`) + `}`
	case 1:
		out += `, "resources": [` + g.resource() + `]`
	default:
		out += `, "properties": ` + g.value()
	}
	return out + "}"
}

func (g *deployments) template() string {
	symbolic := g.pick(2) == 1
	out := `{"$schema": "https://schema.management.azure.com/schemas/` + g.of("2019-04-01/deploymentTemplate", "2018-05-01/subscriptionDeploymentTemplate", "2019-08-01/managementGroupDeploymentTemplate", "2019-08-01/tenantDeploymentTemplate") + `.json#", "contentVersion": "1.0.0.0"`
	if symbolic {
		out += `, "languageVersion": "2.0"`
	}
	out += `, "definitions": {"t": {"type": "object", "properties": {"a": {"$ref": "#/definitions/t", "nullable": true}, "b": {"type": "string", "nullable": true}}}, "u": {"$ref": "#/definitions/u"}},
		"functions": [{"namespace": "__bicep", "members": {"f": {"parameters": [{"type": "string", "name": "x"}], "output": {"type": "string", "value": "[parameters('x')]"}}}},
			{"namespace": "n", "members": {"f": {"parameters": [{"name": "p"}], "output": {"value": "[n.g(parameters('p'))]"}}, "g": {"parameters": [{"name": "p"}], "output": {"value": "[n.f(parameters('p'))]"}}}}],
		"parameters": {"s": {"type": "string", "defaultValue": ` + g.of(`"a"`, g.value()) + `}, "n": {"type": "int", "defaultValue": 2}, "l": {"type": "array", "defaultValue": ` + g.of(`[1, {"a": 1}]`, g.value()) + `}, "o": {"type": "object", "defaultValue": {"a": {"x": 1}}},
			"b": {"type": "bool", "defaultValue": true}, "secret": {"type": "securestring"}, "none": {"type": "string", "nullable": true}, "typed": {"$ref": "#/definitions/` + g.of("t", "u", "gone") + `", "defaultValue": ` + g.value() + `}, "self": {"type": "string", "defaultValue": "[parameters('self')]"}},
		"variables": {"v": ` + g.value() + `, "obj": {"a": [1, 2]}, "self": "[variables('self')]", "copy": [{"name": "loop", "count": ` + g.count() + `, "input": ` + g.value() + `}]},
		"resources": `
	if symbolic {
		out += `{"r": ` + g.resource() + `, "loop": ` + g.resource() + `, "mods": ` + g.resource() + `}`
	} else {
		out += `[` + g.resource() + `, ` + g.resource() + `]`
	}
	out += `, "outputs": {"o": {"type": "` + g.of("string", "array", "object", "securestring", "int") + `", "value": ` + g.value() + `}, "c": {"type": "array", "condition": ` + g.value() + `, "copy": {"count": ` + g.count() + `, "input": ` + g.value() + `}}}`
	return out + "}"
}

// FuzzTemplates expands templates that a fuzzer puts together: whatever they
// say, an answer comes, and none of them is a bug of ours.
func FuzzTemplates(f *testing.F) {
	for i := range 32 {
		seed := make([]byte, 160)
		x := uint32(i*7919 + 1)
		for j := range seed {
			x = x*1664525 + 1013904223
			seed[j] = byte(x >> 24)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &deployments{data: data}
		text := g.template()
		if _, err := jsondoc.ParseString(text); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		o := template.Options{File: "f.json", Open: func(string, string) ([]byte, string, error) { return []byte(text), "l.json", nil }}
		if g.pick(2) == 1 {
			o.Parameters, o.ParametersFile, o.ResourceGroup = []byte(`{"parameters": {"s": {"value": `+g.value()+`}, "typed": {"value": `+g.value()+`}}}`), "p.json", "rg"
		}
		e := template.Expand([]byte(text), o)
		again := template.Expand([]byte(text), o)
		for _, d := range e.Diagnostics {
			if d.Code == "" || d.Message == "" || d.Code == template.CodeBug {
				t.Fatalf("%v: %s", d, text)
			}
		}
		if len(again.Diagnostics) != len(e.Diagnostics) || len(again.Resources) != len(e.Resources) {
			t.Fatalf("twice, and not the same: %s", text)
		}
		for i, r := range e.Resources {
			if r.ID.IsZero() || again.Resources[i].Body.String() != r.Body.String() {
				t.Fatalf("resource %d is %v, and again %v: %s", i, r.Body, again.Resources[i].Body, text)
			}
		}
	})
}
