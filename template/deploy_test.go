package template_test

import (
	"strings"
	"testing"

	"github.com/azward/azward/template"
)

// What is told of the deployment is known; of other scopes it tells nothing.
func TestWhereItIsDeployed(t *testing.T) {
	text := []byte(head + `"resources": [
		{"type": "A.B/c", "apiVersion": "2024-01-01", "name": "here", "location": "[resourceGroup().location]", "properties": {"group": "[resourceGroup().name]", "deployment": "[deployment().location]"}},
		{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "resourceGroup": "other", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
			"template": {"resources": [{"type": "A.B/c", "apiVersion": "2024-01-01", "name": "there", "location": "[resourceGroup().location]"}]}}}]}`)
	e := template.Expand(text, template.Options{File: "main.json", Location: "westeurope", ResourceGroup: "rg"})
	if len(e.Resources) != 2 {
		t.Fatal(e.Diagnostics)
	}
	here, there := e.Resources[0], e.Resources[1]
	if here.Location() != "westeurope" || here.Body.Path("properties", "group").TextOr("") != "rg" || len(here.UnknownAt("properties.deployment")) == 0 {
		t.Errorf("here: %s, unknown %v", here.Body, here.Unknown)
	}
	if there.Location() != "" || len(there.UnknownAt("location")) == 0 {
		t.Errorf("there: %s", there.Body)
	}
	wide := []byte(strings.Replace(head, "2019-04-01/deploymentTemplate", "2018-05-01/subscriptionDeploymentTemplate", 1) +
		`"resources": [{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-03-01", "name": "g", "location": "[deployment().location]"}]}`)
	if e := template.Expand(wide, template.Options{File: "main.json", Location: "westeurope"}); e.Resources[0].Location() != "westeurope" {
		t.Errorf("a deployment to a subscription: %s", e.Resources[0].Body)
	}
}

// A parameter file may write numbers and truths as texts.
func TestTextsOfParameters(t *testing.T) {
	text := []byte(head + `"parameters": {"on": {"type": "bool"}, "n": {"type": "int"}, "s": {"type": "string"}}, "resources": [
		{"type": "A.B/c", "apiVersion": "2024-01-01", "name": "x", "properties": {"on": "[parameters('on')]", "n": "[add(parameters('n'), 1)]", "s": "[parameters('s')]"}}]}`)
	e := template.Expand(text, template.Options{File: "main.json", ParametersFile: "p.json", Parameters: []byte(`{"parameters": {"on": {"value": "False"}, "n": {"value": "41"}, "s": {"value": "true"}}}`)})
	if got := e.Resources[0].Properties().String(); got != `{"on":false,"n":42,"s":"true"}` || !e.OK() {
		t.Errorf("%s; %v", got, e.Diagnostics)
	}
}
