package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// factsOver builds an inventory of the given bodies, of which the types in
// read were wholly read, and returns what an analyser says of one of them.
func factsOver(t *testing.T, a func(*inventory.Inventory) map[string]jsondoc.Value, id string, read []string, bodies ...string) string {
	t.Helper()
	b := inventory.NewBuilder()
	for _, text := range bodies {
		v, err := jsondoc.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	for _, typ := range read {
		b.Cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Complete})
	}
	of, err := resource.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return a(b.Build())[of.Key()].String()
}

func TestBackupFacts(t *testing.T) {
	const sub, items = "/subscriptions/00000000-0000-0000-0000-000000000001", "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
	const vm = sub + "/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/vm1"
	machine := fmt.Sprintf(`{"id": %q, "name": "vm1", "type": "Microsoft.Compute/virtualMachines", "properties": {}}`, vm)
	item := func(source string) string {
		return fmt.Sprintf(`{"id": "%s/resourceGroups/b/providers/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure/protectionContainers/c/protectedItems/i", "name": "i", "type": %q, "properties": {"sourceResourceId": %q}}`, sub, items, source)
	}
	facts := func(read []string, bodies ...string) string {
		return factsOver(t, func(inv *inventory.Inventory) map[string]jsondoc.Value { return backupFacts(inv, testNow) }, vm, read, bodies...)
	}
	whole := []string{items}
	for _, c := range []struct{ name, got, want string }{
		{"in a vault, in another case", facts(whole, machine, item("/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/VM1")), `{"backedUp":true}`},
		{"another machine is in it", facts(whole, machine, item(vm+"2")), `{"backedUp":false}`},
		{"no vault", facts(whole, machine), `{"backedUp":false}`},
		{"nobody asked", facts(nil, machine), `{"unknown":{"backedUp":"backups of the subscription were not read: `},
		{"nobody asked, but there it is", facts(nil, machine, item(vm)), `{"backedUp":true}`},
	} {
		if !strings.HasPrefix(c.got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestLegacyAuthenticationFacts(t *testing.T) {
	const org = `{"id": "/providers/Microsoft.Graph/organization/t", "name": "t", "type": "Microsoft.Graph/organization", "displayName": "x"}`
	policy := func(state, conditions, controls string) string {
		return fmt.Sprintf(`{"id": "/providers/Microsoft.Graph/conditionalAccessPolicies/p", "name": "p", "type": "Microsoft.Graph/conditionalAccessPolicies", "state": %q, "conditions": {%s}, "grantControls": {"builtInControls": [%s]}}`, state, conditions, controls)
	}
	const everybody = `"users": {"includeUsers": ["All"], "excludeGroups": ["g"]}, "applications": {"includeApplications": ["All"]}`
	const old = `, "clientAppTypes": ["exchangeActiveSync", "other"]`
	read := []string{"Microsoft.Graph/conditionalAccessPolicies"}
	for _, c := range []struct{ name, policy, want string }{
		{"blocked", policy("enabled", everybody+old, `"block"`), "true"},
		{"reported", policy("enabledForReportingButNotEnforced", everybody+old, `"block"`), "false"},
		{"one of the two", policy("enabled", everybody+`, "clientAppTypes": ["other"]`, `"block"`), "false"},
		{"abroad only", policy("enabled", everybody+old+`, "locations": {"includeLocations": ["x"]}`, `"block"`), "false"},
		{"at risk only", policy("enabled", everybody+old+`, "signInRiskLevels": ["high"]`, `"block"`), "false"},
		{"some people", policy("enabled", `"users": {"includeUsers": ["u"]}, "applications": {"includeApplications": ["All"]}`+old, `"block"`), "false"},
		{"an application left out", policy("enabled", `"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"], "excludeApplications": ["a"]}`+old, `"block"`), "false"},
		{"asks for MFA, which they cannot answer with", policy("enabled", everybody+old, `"mfa"`), "false"},
	} {
		got := factsOver(t, func(inv *inventory.Inventory) map[string]jsondoc.Value {
			return legacyAuthenticationFacts(inv, testNow)
		}, "/providers/Microsoft.Graph/organization/t", read, org, c.policy)
		if want := `{"legacyAuthenticationBlocked":` + c.want + `}`; got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
	got := factsOver(t, func(inv *inventory.Inventory) map[string]jsondoc.Value {
		return legacyAuthenticationFacts(inv, testNow)
	}, "/providers/Microsoft.Graph/organization/t", nil, org)
	if want := `{"unknown":{"legacyAuthenticationBlocked":"Conditional Access policies were not read: `; !strings.HasPrefix(got, want) {
		t.Errorf("nobody asked: %s", got)
	}
}
