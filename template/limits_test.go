package template_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/template"
)

const head = `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", `

// doubling is a chain of variables, each twice the one before.
func doubling(n int, f string) string {
	var b strings.Builder
	b.WriteString(head + `"variables": {"v0": "0123456789abcdef"`)
	for i := range n {
		fmt.Fprintf(&b, `, "v%d": "[%s(variables('v%d'), variables('v%d'))]"`, i+1, f, i, i)
	}
	fmt.Fprintf(&b, `}, "resources": [{"type": "A.B/c", "apiVersion": "2020-01-01", "name": "x", "properties": {"v": "[variables('v%d')]"}}]}`, n)
	return b.String()
}

// TestHostile gives templates that would never end, or fill any memory: each is
// refused in time with the limit named.
func TestHostile(t *testing.T) {
	nestedCopies := `{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "[concat('d', copyIndex())]", "copy": {"name": "c", "count": 800},
		"properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": ` + head + `"resources": [%s]}}}`
	leaf := `{"type": "A.B/c", "apiVersion": "2020-01-01", "name": "[concat('x', copyIndex())]", "copy": {"name": "l", "count": 800}}`
	deepest := leaf
	for range 3 {
		deepest = fmt.Sprintf(nestedCopies, deepest)
	}
	nest := leaf
	for range 40 {
		nest = `{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "properties": {"mode": "Incremental", "template": ` + head + `"resources": [` + nest + `]}}}`
	}
	children := leaf
	for range 20 {
		children = `{"type": "x", "apiVersion": "2020-01-01", "name": "n", "resources": [` + children + `]}`
	}
	property := `"x"`
	for i := range 4 {
		property = fmt.Sprintf(`{"copy": [{"name": "p%d", "count": 800, "input": %s}]}`, i, property)
	}
	expression := func(e string) string {
		return head + `"resources": [{"type": "A.B/c", "apiVersion": "2020-01-01", "name": "x", "properties": {"v": "` + e + `"}}]}`
	}
	for _, c := range []struct{ name, text, limit string }{
		{"5 MB", head + `"resources": [], "metadata": "` + strings.Repeat("x", 5<<20) + `"}`, "the limit is 4194304 (4 MB)"},
		{"deep JSON", head + `"resources": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "1000"},
		{"100 million rounds", head + `"resources": [` + strings.Replace(leaf, "800", "100000000", 1) + `]}`, "has 100000000 rounds, the limit is 800"},
		{"more resources than a template may have", head + `"resources": [` + leaf + "," + strings.Replace(leaf, "'x'", "'y'", 1) + `]}`, "more than 800 resources"},
		{"loops in loops", head + `"resources": [` + deepest + `]}`, "more than 20000 resources"},
		{"deployments in deployments", head + `"resources": [` + nest + `]}`, "nest deeper than 16 levels"},
		{"children in children", head + `"resources": [` + children + `]}`, "nest deeper than 8 levels"},
		{"properties in properties", head + `"resources": [{"type": "A.B/c", "apiVersion": "2020-01-01", "name": "x", "properties": ` + property + `}]}`, "more than 2000000 values"},
		{"arrays that double", doubling(60, "createArray"), "more than 500000 values"},
		{"texts that double", doubling(60, "concat"), "limit of expression evaluation"},
		{"a long range", expression("[length(range(0, 2000000000))]"), "exceeds maximum of 10000"},
		{"a fold that doubles", expression("[length(string(reduce(range(0, 64), createArray(1), lambda('a', 'x', createArray(lambdaVariables('a'), lambdaVariables('a'))))))]"), "limit of expression evaluation"},
		{"a long expression", expression("[" + strings.Repeat("concat(", 8000) + "'a'" + strings.Repeat(")", 8000) + "]"), "longer than the limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			e := template.Expand([]byte(c.text), template.Options{File: "hostile.json"})
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			if e.OK() {
				t.Fatalf("it was expanded, to %d resources", len(e.Resources))
			}
			if !slices.ContainsFunc(e.Diagnostics, func(d diag.Diagnostic) bool { return strings.Contains(d.Message, c.limit) }) {
				t.Errorf("the limit is not named: %v", e.Diagnostics)
			}
		})
	}
}

// TestLinkToItself follows a template that links to itself, twice.
func TestLinkToItself(t *testing.T) {
	text := []byte(head + `"resources": [
		{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "a", "properties": {"mode": "Incremental", "templateLink": {"relativePath": "main.json"}}},
		{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "b", "properties": {"mode": "Incremental", "templateLink": {"relativePath": "main.json"}}}]}`)
	e := template.Expand(text, template.Options{File: "main.json", Open: func(string, string) ([]byte, string, error) { return text, "main.json", nil }})
	if e.OK() || !strings.Contains(e.Diagnostics.Error(), "deeper than 16 levels") {
		t.Errorf("%v", e.Diagnostics)
	}
}

// FuzzExpand looks for templates that panic or never end.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{
		head + `"resources": []}`,
		head + `"parameters": {"a": {"type": "array"}}, "variables": {"copy": [{"name": "v", "count": 2, "input": "[copyIndex('v')]"}]}, "resources": [{"type": "A.B/c", "name": "[variables('v')[0]]", "apiVersion": "2020-01-01", "copy": {"name": "l", "count": "[length(parameters('a'))]"}, "properties": {"x": "[parameters('a')[copyIndex()]]"}}]}`,
		head + `"languageVersion": "2.0", "resources": {"s": {"type": "A.B/c", "name": "n", "existing": true}, "t": {"type": "A.B/c/d", "name": "n/m", "dependsOn": ["s"], "properties": {"r": "[resourceInfo('s').id]"}}}}`,
		head + `"resources": [{"type": "Microsoft.Resources/deployments", "name": "d", "resourceGroup": "g", "properties": {"expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"p": {"value": 1}}, "template": {"parameters": {"p": {"type": "int"}}, "resources": [{"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {"subnets": [{"name": "[string(parameters('p'))]"}]}}], "outputs": {"o": {"type": "int", "value": "[parameters('p')]"}}}}}, {"type": "A.B/c", "name": "[string(reference('d').outputs.o.value)]"}]}`,
		head + `"functions": [{"namespace": "n", "members": {"f": {"parameters": [{"name": "p"}], "output": {"value": "[n.f(parameters('p'))]"}}}}], "resources": [{"type": "Microsoft.Network/networkSecurityGroups/securityRules", "name": "a/b", "condition": "[n.f(1)]"}]} // c`,
		`{"properties": {"template": {"resources": [{"type": "a", "name": ""}]}}}`,
	} {
		f.Add([]byte(seed), []byte(`{"parameters": {"a": {"value": [1, {"b": "[x]"}]}}}`))
	}
	f.Fuzz(func(t *testing.T, text, parameters []byte) {
		e := template.Expand(text, template.Options{File: "f.json", Parameters: parameters, ParametersFile: "p.json", Open: func(string, string) ([]byte, string, error) { return text, "l.json", nil }})
		for _, r := range e.Resources {
			if r.ID.IsZero() || r.Offset < 0 || r.Offset > len(text) {
				t.Fatalf("resource %v at %d of %d", r.ID, r.Offset, len(text))
			}
		}
		for _, d := range e.Diagnostics {
			if d.Code == "" || d.Message == "" || d.Code == template.CodeBug {
				t.Fatalf("diagnostic without words, or a bug of ours: %+v", d)
			}
		}
	})
}

// FuzzReadPlan looks for plans that panic or never end.
func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(`{"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"address": "azurerm_subnet.s", "mode": "managed", "type": "azurerm_subnet", "name": "s", "values": {"name": "n"}}], "child_modules": [{"address": "module.m[0]"}]}},
		"resource_changes": [{"address": "azurerm_subnet.s", "change": {"after_unknown": {"virtual_network_name": true, "address_prefixes": [true]}, "after_sensitive": {"name": true}}}],
		"configuration": {"root_module": {"resources": [{"type": "azurerm_subnet", "name": "s", "expressions": {"virtual_network_name": {"references": ["module.m.out", "var.x", "azurerm_subnet.s.id"]}}}], "module_calls": {"m": {"source": "./m", "module": {"outputs": {"out": {"expression": {"references": ["var.y"]}}}}}}}}}`))
	f.Add([]byte(`{"format_version": "1", "planned_values": {"root_module": {"resources": [{"address": "azapi_resource.a", "mode": "managed", "type": "azapi_resource", "name": "a", "values": {"type": "A.B/c@2020", "name": "n", "parent_id": "/subscriptions/s", "body": "{\"properties\": {}}"}}]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e := template.ReadPlan(text, template.PlanOptions{File: "p.json"})
		for _, r := range e.Resources {
			if r.ID.IsZero() {
				t.Fatal("a resource without an id")
			}
		}
		for _, d := range e.Diagnostics {
			if d.Code == template.CodeBug {
				t.Fatal(d)
			}
		}
	})
}
