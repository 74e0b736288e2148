package template_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/template"
	"github.com/azward/azward/yamldoc"
)

// TestExamplePlan reads the plan of testdata/examples/terraform: modules,
// loops, associations, references between resources, and what is known only
// after the apply.
func TestExamplePlan(t *testing.T) {
	text, err := os.ReadFile("testdata/examples/terraform/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	e := template.ReadPlan(text, template.PlanOptions{File: "plan.json", StandInSubscription: "S", Line: func(module, typ, name string) (string, int) {
		return module + "/main.tf", len(typ)
	}})
	if !e.OK() {
		t.Fatal(e.Diagnostics)
	}
	by := map[string]*template.Resource{}
	for _, r := range e.Resources {
		by[r.Address] = r
	}
	if len(by) != 10 {
		t.Errorf("%d resources, want 10", len(by))
	}
	const group = "/subscriptions/S/resourceGroups/rg-clinic"
	for _, c := range []struct{ address, path, want string }{
		{"azurerm_subnet.clinic", "id", `"` + group + `/providers/Microsoft.Network/virtualNetworks/vnet-clinic/subnets/terminals"`},
		{"azurerm_subnet.clinic", "properties.networkSecurityGroup.id", `"` + group + `/providers/Microsoft.Network/networkSecurityGroups/nsg-terminals"`},
		{"azurerm_network_security_group.clinic", "properties.securityRules[0].properties.destinationPortRange", `"22"`},
		{"azurerm_network_security_group.clinic", "properties.subnets[0].id", `"` + group + `/providers/Microsoft.Network/virtualNetworks/vnet-clinic/subnets/terminals"`},
		{"module.data.azurerm_storage_account.this[1]", "properties.minimumTlsVersion", `"TLS1_0"`},
		{"module.data.azurerm_storage_account.this[0]", "sku.name", `"Standard_LRS"`},
		{"module.data.azurerm_storage_account.this[0]", "properties.networkAcls", "missing"}, // nobody configures it
		{"module.data.azurerm_storage_container.this", "id", `"` + group + `/providers/Microsoft.Storage/storageAccounts/stclinicrecords/blobServices/default/containers/records"`},
		{"module.data.azurerm_storage_container.this", "properties.publicAccess", `"Blob"`},
		{"azapi_resource.search", "id", `"` + group + `/providers/Microsoft.Search/searchServices/srch-clinic"`},
		{"azapi_resource.search", "sku.name", `"basic"`},
		{"module.data.azurerm_key_vault.this", "properties.enablePurgeProtection", "true"},
	} {
		r := by[c.address]
		if r == nil {
			t.Errorf("no resource %s", c.address)
			continue
		}
		if got := at(r.Body, c.path).String(); got != c.want {
			t.Errorf("%s %s is %s, want %s", c.address, c.path, got, c.want)
		}
	}
	vault := by["module.data.azurerm_key_vault.this"]
	for _, path := range []string{"properties.enableRbacAuthorization", "properties.tenantId"} {
		if why := vault.UnknownAt(path); len(why) != 1 || !strings.Contains(why[0], "after the apply") {
			t.Errorf("%s is unknown for %q", path, why)
		}
	}
	if vault.File != "modules/data/main.tf" || vault.Line != len("azurerm_key_vault") {
		t.Errorf("the vault's block is at %s:%d", vault.File, vault.Line)
	}
	if len(e.NotAssessed) != 1 || e.NotAssessed[0].Type != "azurerm_maps_account" {
		t.Errorf("not assessed: %v", e.NotAssessed)
	}
}

// TestMappedTypes runs testdata/spec/azurerm.yaml: every row of the table has a
// case, and there are at least the 40 most used types.
func TestMappedTypes(t *testing.T) {
	text, err := os.ReadFile("testdata/spec/azurerm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := yamldoc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	types, err := template.MappedTypes()
	if err != nil {
		t.Fatal(err)
	}
	if len(types) < 40 {
		t.Errorf("%d types are mapped, want 40 at least", len(types))
	}
	t.Logf("figure: %d azurerm types are mapped", len(types))
	told := map[string]bool{}
	for _, c := range cases.Elements() {
		typ := c.Get("type").TextOr("")
		told[typ] = true
		var resources, config []string
		values := c.Get("values")
		unknown := `{"id": true}`
		if target := c.Get("on"); target.Exists() {
			resources = append(resources, planResource("on", target.Get("type").TextOr(""), "target", target.Get("values")))
			attr := target.Get("id").TextOr("")
			unknown = fmt.Sprintf(`{"id": true, %q: true}`, attr)
			config = append(config, fmt.Sprintf(`{"type": %q, "name": "r", "expressions": {%q: {"references": ["%s.target.id"]}}}`, typ, attr, target.Get("type").TextOr("")))
		}
		resources = append(resources, planResource("r", typ, "r", values))
		plan := fmt.Sprintf(`{"format_version": "1.2", "planned_values": {"root_module": {"resources": [%s]}},
			"resource_changes": [{"address": "r", "change": {"after_unknown": %s}}], "configuration": {"root_module": {"resources": [%s]}}}`,
			strings.Join(resources, ","), unknown, strings.Join(config, ","))
		e := template.ReadPlan([]byte(plan), template.PlanOptions{StandInSubscription: "S"})
		if !e.OK() || len(e.NotAssessed) > 0 {
			t.Errorf("%s: %v %v", typ, e.Diagnostics, e.NotAssessed)
			continue
		}
		r := e.Resources[0]
		for _, one := range e.Resources {
			if one.ID.String() == c.Get("child").TextOr("") {
				r = one
			}
		}
		if want := c.Get("child").TextOr(c.Get("id").TextOr(r.ID.String())); r.ID.String() != want {
			t.Errorf("%s has the id %s, want %s", typ, r.ID, want)
		}
		for path, want := range c.Get("want").Members() {
			got := at(r.Body, path)
			if want.IsNull() && got.IsMissing() {
				continue
			}
			if !jsondoc.Equal(got, want) {
				t.Errorf("%s: %s is %s, want %s", typ, path, got, want)
			}
		}
	}
	for typ := range types {
		if !told[typ] {
			t.Errorf("%s has no case", typ)
		}
	}
}

func planResource(address, typ, name string, values jsondoc.Value) string {
	all := jsondoc.NewObject(jsondoc.Member{Name: "name", Value: jsondoc.NewString("n")}, jsondoc.Member{Name: "resource_group_name", Value: jsondoc.NewString("g")},
		jsondoc.Member{Name: "location", Value: jsondoc.NewString("westeurope")})
	for k, v := range values.Members() {
		all = all.With(k, v)
	}
	return fmt.Sprintf(`{"address": %q, "mode": "managed", "type": %q, "name": %q, "values": %s}`, address, typ, name, all)
}
