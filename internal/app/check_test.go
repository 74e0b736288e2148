package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
)

// checked checks one template against policies alone, and returns what each
// says of each resource ("policy name" to state), with the reasons.
func checked(t *testing.T, template string, policies map[string]string) (map[string]finding.State, map[string]string, *report.Check) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, rule := range policies {
		write("policies/"+name+".json", `{"name": "`+name+`", "properties": {"displayName": "`+name+`", "mode": "All", "policyRule": `+rule+`}}`)
	}
	c, err := Check(t.Context(), CheckOptions{
		Paths: []string{write("main.json", template)}, Policies: []string{filepath.Join(dir, "policies")}, Now: testNow, States: []finding.State{finding.Compliant},
	})
	if err != nil {
		t.Fatal(err)
	}
	states, reasons := map[string]finding.State{}, map[string]string{}
	for _, list := range [][]report.Finding{c.Findings, c.Unknown} {
		for _, f := range list {
			key := f.ControlID + " " + f.ResourceName
			states[key], reasons[key] = f.State, strings.Join(f.Reasons, "; ")
		}
	}
	return states, reasons, c
}

// TestCheckNeverGuesses asks of values that only the deployment knows, in every
// place that a condition can read.
func TestCheckNeverGuesses(t *testing.T) {
	audit := func(clause string) string {
		return `{"if": {"allOf": [{"field": "type", "equals": "Microsoft.Web/sites"}, ` + clause + `]}, "then": {"effect": "audit"}}`
	}
	states, reasons, _ := checked(t, `{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"p": {"type": "string"}, "tags": {"type": "object"}, "deploy": {"type": "bool"}},
  "resources": [
    {"type": "Microsoft.Web/sites", "apiVersion": "2023-01-01", "name": "[concat('n', parameters('p'))]", "location": "[parameters('p')]", "kind": "[parameters('p')]",
     "tags": {"late": "[parameters('p')]", "known": "yes"}, "identity": {"type": "[parameters('p')]"}, "sku": {"name": "[parameters('p')]"},
     "properties": {"late": "[parameters('p')]", "known": 1, "list": [{"a": 1, "b": "[parameters('p')]"}, {"a": 2, "b": "x"}]}},
    {"type": "Microsoft.Web/sites", "apiVersion": "2023-01-01", "name": "tags", "tags": "[parameters('tags')]", "properties": {}},
    {"type": "Microsoft.Web/sites", "apiVersion": "2023-01-01", "name": "maybe", "condition": "[parameters('deploy')]", "properties": {"known": 1}}
  ]
}`, map[string]string{
		"name":          audit(`{"field": "name", "like": "n*"}`),
		"notname":       audit(`{"field": "name", "like": "x*"}`),
		"location":      audit(`{"field": "location", "notEquals": "westeurope"}`),
		"kind":          audit(`{"field": "kind", "equals": "app"}`),
		"latetag":       audit(`{"field": "tags['late']", "exists": false}`),
		"knowntag":      audit(`{"field": "tags['known']", "exists": false}`),
		"tagvalue":      audit(`{"value": "[field('tags.late')]", "equals": "x"}`),
		"identity":      audit(`{"field": "identity.type", "exists": false}`),
		"sku":           audit(`{"field": "Microsoft.Web/sites/sku.name", "equals": "Basic"}`),
		"property":      audit(`{"field": "Microsoft.Web/sites/late", "equals": "x"}`),
		"notproperty":   audit(`{"not": {"field": "Microsoft.Web/sites/late", "equals": "x"}}`),
		"known":         audit(`{"field": "Microsoft.Web/sites/known", "equals": 1}`),
		"absent":        audit(`{"field": "Microsoft.Web/sites/nowhere", "exists": false}`),
		"element":       audit(`{"field": "Microsoft.Web/sites/list[*].b", "equals": "x"}`),
		"count":         audit(`{"count": {"field": "Microsoft.Web/sites/list[*]", "where": {"field": "Microsoft.Web/sites/list[*].b", "equals": "x"}}, "greater": 1}`),
		"resourcegroup": audit(`{"value": "[resourceGroup().location]", "equals": "westeurope"}`),
	})
	const site = "n{p}"
	for key, want := range map[string]finding.State{
		"name " + site: finding.Unknown, "notname " + site: finding.Unknown, "location " + site: finding.Unknown, "kind " + site: finding.Unknown,
		"latetag " + site: finding.Unknown, "knowntag " + site: finding.Compliant, "tagvalue " + site: finding.Unknown, "identity " + site: finding.Unknown,
		"sku " + site: finding.Unknown, "property " + site: finding.Unknown, "notproperty " + site: finding.Unknown, "known " + site: finding.NonCompliant,
		"absent " + site: finding.NonCompliant, "element " + site: finding.Unknown, "count " + site: finding.Unknown,
		"latetag tags": finding.Unknown, "knowntag tags": finding.Unknown, "known tags": finding.Compliant, "location tags": finding.NonCompliant,
		"known maybe": finding.Unknown, "absent maybe": finding.Unknown,
	} {
		if got, ok := states[key]; !ok || got != want {
			t.Errorf("%s: %v (%v), want %v; %s", key, got, ok, want, reasons[key])
		}
	}
	if got := reasons["known maybe"]; !strings.Contains(got, "the parameter deploy has no value") {
		t.Errorf("the reason is %q", got)
	}
	if got := reasons["location "+site]; !strings.Contains(got, "the parameter p has no value") {
		t.Errorf("the reason is %q", got)
	}
}

// TestCheckRelated asks for what a resource should have beside it.
func TestCheckRelated(t *testing.T) {
	exists := func(typ, related, condition string) string {
		return `{"if": {"field": "type", "equals": "` + typ + `"}, "then": {"effect": "auditIfNotExists", "details": {"type": "` + related + `"` + condition + `}}}`
	}
	template := func(resources string) string {
		return `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
			"parameters": {"deploy": {"type": "bool"}}, "resources": [` + resources + `]}`
	}
	vault := `{"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "kv", "properties": {}}`
	setting := `{"type": "Microsoft.Insights/diagnosticSettings", "apiVersion": "2021-05-01-preview", "name": "d", "scope": "Microsoft.KeyVault/vaults/kv", CONDITION "properties": {"workspaceId": "w"}}`
	database := `{"type": "Microsoft.Sql/servers/databases", "apiVersion": "2021-11-01", "name": "s/db", "properties": {}}`
	encryption := `{"type": "Microsoft.Sql/servers/databases/transparentDataEncryption", "apiVersion": "2021-11-01", "name": "s/db/current", "properties": {"state": "STATE"}}`
	policies := map[string]string{
		"diagnostics": exists("Microsoft.KeyVault/vaults", "Microsoft.Insights/diagnosticSettings", `, "existenceCondition": {"field": "Microsoft.Insights/diagnosticSettings/workspaceId", "exists": true}`),
		"encryption":  exists("Microsoft.Sql/servers/databases", "Microsoft.Sql/servers/databases/transparentDataEncryption", `, "existenceCondition": {"field": "Microsoft.Sql/servers/databases/transparentDataEncryption/state", "equals": "Enabled"}`),
	}
	for _, c := range []struct {
		name, resources, key string
		want                 finding.State
	}{
		{"declared", vault + "," + strings.Replace(setting, "CONDITION", "", 1), "diagnostics kv", finding.Compliant},
		{"not declared: a new vault has none", vault, "diagnostics kv", finding.NonCompliant},
		{"perhaps declared", vault + "," + strings.Replace(setting, "CONDITION", `"condition": "[parameters('deploy')]",`, 1), "diagnostics kv", finding.Unknown},
		{"not declared: Azure makes it, with settings of its own", database, "encryption s/db", finding.Unknown},
		{"declared as it should not be", database + "," + strings.Replace(encryption, "STATE", "Disabled", 1), "encryption s/db", finding.NonCompliant},
		{"declared as it should be", database + "," + strings.Replace(encryption, "STATE", "Enabled", 1), "encryption s/db", finding.Compliant},
	} {
		states, reasons, _ := checked(t, template(c.resources), policies)
		if got, ok := states[c.key]; !ok || got != c.want {
			t.Errorf("%s: %v (%v), want %v; %s", c.name, got, ok, c.want, reasons[c.key])
		}
	}
}

// TestCheckLinksStayInside reads no linked template outside of the folder.
func TestCheckLinksStayInside(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const head = `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [`
	link := func(path string) string {
		return `{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "properties": {"mode": "Incremental", "templateLink": {"relativePath": "` + path + `"}}}]}`
	}
	write("infra/modules/web.json", head+`{"type": "Microsoft.Web/sites", "apiVersion": "2023-01-01", "name": "w", "properties": {"httpsOnly": false}}]}`)
	write("infra/main.json", head+link("modules/web.json"))
	outside := t.TempDir()
	write(filepath.Join(outside, "secret.json"), head+`]}`)
	write("infra/bad.json", head+link("../../"+filepath.Base(filepath.Dir(outside))+"/"+filepath.Base(outside)+"/secret.json"))
	c, err := Check(t.Context(), CheckOptions{Paths: []string{"infra/main.json", "infra/bad.json"}, Now: testNow})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range c.Findings {
		found = found || f.ControlID == "appservice-https-only" && f.File == "infra/modules/web.json" && f.Line == 1
	}
	if !found {
		t.Errorf("the linked template's site is not found at its own line: %+v", c.Findings)
	}
	if err := os.Remove("infra/bad.json"); err != nil {
		t.Fatal(err)
	}
	whole, err := Check(t.Context(), CheckOptions{Paths: []string{"infra"}, Now: testNow})
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Files) != 1 || whole.Files[0].Path != "infra/main.json" || whole.Files[0].Resources != 1 {
		t.Errorf("a linked template is checked by itself as well: %+v", whole.Files)
	}
	if len(c.NotAssessed) != 1 || !strings.Contains(c.NotAssessed[0].Reason, "outside of the folder") {
		t.Errorf("not assessed: %+v", c.NotAssessed)
	}
}
