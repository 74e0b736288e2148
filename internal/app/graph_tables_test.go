package app

import (
	"slices"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/resource"
)

func TestResourceGraph(t *testing.T) {
	const sub = "/subscriptions/11111111-2222-3333-4444-555555555555"
	b := inventory.NewBuilder()
	for _, text := range []string{
		`{"id": "` + sub + `", "displayName": "prod", "tenantId": "t1", "state": "Enabled"}`,
		`{"id": "` + sub + `/resourceGroups/RG-Web", "name": "RG-Web", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "tags": {"Owner": "ann"}}`,
		`{"id": "` + sub + `/resourceGroups/RG-Web/providers/Microsoft.Storage/storageAccounts/SA1", "name": "SA1", "type": "Microsoft.Storage/storageAccounts", "location": "West Europe", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"supportsHttpsTrafficOnly": true}, "zones": ["1"]}`,
		`{"id": "` + sub + `/resourceGroups/RG-Web/providers/Microsoft.Network/virtualNetworks/v", "name": "v", "type": "Microsoft.Network/virtualNetworks", "location": "westeurope", "properties": {"subnets": [{"id": "` + sub + `/resourceGroups/RG-Web/providers/Microsoft.Network/virtualNetworks/v/subnets/s", "name": "s", "properties": {}}]}}`,
		`{"id": "` + sub + `/providers/Microsoft.Authorization/roleAssignments/ra", "name": "ra", "type": "Microsoft.Authorization/roleAssignments", "properties": {"scope": "` + sub + `"}}`,
		`{"id": "` + sub + `/providers/Microsoft.Authorization/policyAssignments/pa", "name": "pa", "type": "Microsoft.Authorization/policyAssignments", "properties": {}}`,
		`{"id": "` + sub + `/providers/Microsoft.Security/pricings/VirtualMachines", "name": "VirtualMachines", "type": "Microsoft.Security/pricings", "properties": {"pricingTier": "Free"}}`,
	} {
		v, err := jsondoc.ParseString(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	db := ResourceGraph(b.Build())
	for _, test := range []struct{ query, want string }{
		{"resources | project name, type, location, resourceGroup, tenantId, subscriptionId, kind, sku.name, zones[0], properties.supportsHttpsTrafficOnly | order by name asc",
			`["SA1","microsoft.storage/storageaccounts","westeurope","rg-web","t1","11111111-2222-3333-4444-555555555555","StorageV2","Standard_LRS","1",true]["v","microsoft.network/virtualnetworks","westeurope","rg-web","t1","11111111-2222-3333-4444-555555555555","",null,null,null]`},
		{"ResourceContainers | project type, name, location, state=properties.state, owner=tags.Owner | order by type asc",
			`["microsoft.resources/subscriptions","prod","","Enabled",null]["microsoft.resources/subscriptions/resourcegroups","RG-Web","westeurope",null,"ann"]`},
		{"AUTHORIZATIONRESOURCES | project type, name", `["microsoft.authorization/roleassignments","ra"]`},
		{"policyresources | project type, name", `["microsoft.authorization/policyassignments","pa"]`},
		{"securityresources | where properties.pricingTier == 'Free' | project name", `["VirtualMachines"]`},
		{"healthresources | count", `[0]`},
		{"union resources, policyresources | count", `[3]`},
	} {
		if got := runQuery(t, db, test.query); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.query, got, test.want)
		}
	}
}

// runQuery returns the rows of a query as JSON arrays, one after the other.
func runQuery(t *testing.T, db *kql.MemDatabase, text string) string {
	t.Helper()
	q, list := kql.Compile(text, db.Schema())
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	res, err := q.Run(t.Context(), db, kql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := res.Tables[0].All()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for i := range b.Rows {
		out = kqlio.AppendRow(out, res.Tables[0].Columns, b, i)
	}
	return string(out)
}

// Every resource of the demo tenant that is no Graph object and no part of
// another lies in exactly one table, and every cell of a type is in lower case.
func TestResourceGraphOfTheDemo(t *testing.T) {
	inv, err := Load(t.Context(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	db := ResourceGraph(inv)
	total := 0
	var types []string
	for _, name := range db.Schema().Names() {
		tb, _ := db.Table(name)
		for b, err := range tb.Scan(t.Context(), []int{2}) {
			if err != nil {
				t.Fatal(err)
			}
			total += b.Rows
			for i := range b.Rows {
				types = append(types, b.Cols[0].Get(i).Str())
			}
		}
	}
	if total < 300 || total > inv.Len() {
		t.Errorf("%d rows of %d resources", total, inv.Len())
	}
	if !slices.Contains(types, "microsoft.compute/virtualmachines") || slices.Contains(types, "microsoft.network/virtualnetworks/subnets") || slices.Contains(types, "microsoft.graph/users") {
		t.Error("the wrong types are in the tables")
	}
}
