package app

import (
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func TestSubscriptionFacts(t *testing.T) {
	build := func(cover bool) (*inventory.Inventory, string) {
		b := inventory.NewBuilder()
		for _, text := range []string{
			`{"id": "/subscriptions/s1", "type": "Microsoft.Resources/subscriptions"}`,
			`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/1", "properties": {"principalId": "P1", "principalType": "User", "scope": "/subscriptions/S1", "roleDefinitionId": "/x/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`,
			`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/2", "properties": {"principalId": "P2", "principalType": "ServicePrincipal", "roleDefinitionId": "/x/roleDefinitions/8E3AF657-a8ff-443c-a75c-2fe8c4bcb635"}}`,
			`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/3", "properties": {"principalId": "P3", "principalType": "User", "roleDefinitionId": "/x/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}`,
			`{"id": "/subscriptions/s1/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/4", "properties": {"principalId": "P4", "principalType": "User", "roleDefinitionId": "/x/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`,
		} {
			body, err := jsondoc.ParseString(text)
			if err != nil {
				t.Fatal(err)
			}
			r, err := resource.New(body, "", resource.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			b.Add(r)
		}
		guest, err := jsondoc.ParseString(`{"id": "p1", "userType": "Guest"}`)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(&resource.Resource{ID: resource.GraphID("users", "p1"), Type: "Microsoft.Graph/users", Body: guest})
		if cover {
			b.Cover(inventory.Entry{Type: "Microsoft.Authorization/roleAssignments", Scope: "/", State: inventory.Complete})
		}
		inv := b.Build()
		return inv, inv.Subscriptions()[0].Key()
	}
	inv, key := build(true)
	facts := subscriptionFacts(inv, newTenant(inv, testNow))[key]
	for name, want := range map[string]int64{"owners": 1, "guestOwners": 1, "servicePrincipalOwners": 1} {
		if got, ok := facts.Get(name).Int(); !ok || got != want {
			t.Errorf("%s = %s, want %d", name, facts.Get(name), want)
		}
	}
	inv, key = build(false)
	if facts := subscriptionFacts(inv, newTenant(inv, testNow))[key]; facts.Get("owners").Exists() || !facts.Path("unknown", "owners").Exists() {
		t.Errorf("without the manifest's word the facts are %s, want unknown", facts)
	}
}
