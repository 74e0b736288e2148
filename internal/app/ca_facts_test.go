package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

func TestConditionalAccessFacts(t *testing.T) {
	const org = `{"id": "/providers/Microsoft.Graph/organization/t", "name": "t", "type": "Microsoft.Graph/organization", "displayName": "x"}`
	policy := func(state, conditions, controls string) string {
		return fmt.Sprintf(`{"id": "/providers/Microsoft.Graph/conditionalAccessPolicies/p", "name": "p", "type": "Microsoft.Graph/conditionalAccessPolicies", "state": %q, "conditions": {%s}, "grantControls": {"operator": "OR", "builtInControls": [%s]}}`, state, conditions, controls)
	}
	const everybody = `"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}`
	const old = `, "clientAppTypes": ["exchangeActiveSync", "other"]`
	read := []string{"Microsoft.Graph/conditionalAccessPolicies", "Microsoft.Graph/namedLocations"}
	facts := func(read []string, bodies ...string) jsondoc.Value {
		v, err := jsondoc.Parse([]byte(factsOver(t, func(inv *inventory.Inventory) map[string]jsondoc.Value {
			return conditionalAccessFacts(inv, newTenant(inv, testNow))
		}, "/providers/Microsoft.Graph/organization/t", read, bodies...)))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ name, policy, fact, want string }{
		{"blocked", policy("enabled", everybody+old, `"block"`), "legacyAuthenticationBlocked", "true"},
		{"reported", policy("enabledForReportingButNotEnforced", everybody+old, `"block"`), "legacyAuthenticationBlocked", "false"},
		{"one of the two", policy("enabled", everybody+`, "clientAppTypes": ["other"]`, `"block"`), "legacyAuthenticationBlocked", "false"},
		{"abroad only", policy("enabled", everybody+old+`, "locations": {"includeLocations": ["AllTrusted"]}`, `"block"`), "legacyAuthenticationBlocked", "false"},
		{"at risk only", policy("enabled", everybody+old+`, "signInRiskLevels": ["high"]`, `"block"`), "legacyAuthenticationBlocked", "false"},
		{"an application left out", policy("enabled", `"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"], "excludeApplications": ["a-b"]}`+old, `"block"`), "legacyAuthenticationBlocked", "false"},
		{"asks for MFA, which old clients cannot answer with", policy("enabled", everybody+old, `"mfa"`), "legacyAuthenticationBlocked", "true"},
		{"everybody is asked", policy("enabled", everybody, `"mfa"`), "mfaGuaranteed", "true"},
		{"a device is as good", policy("enabled", everybody, `"mfa", "compliantDevice"`), "mfaGuaranteed", "false"},
	} {
		if got := facts(read, org, c.policy).Get(c.fact).String(); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, c.fact, got, c.want)
		}
	}
	odd := facts(read, org, policy("enabled", everybody+`, "moonPhase": "full"`, `"mfa"`))
	if why := odd.Path("unknown", "mfaGuaranteed").TextOr(""); !strings.Contains(why, "not understood") {
		t.Errorf("a condition that nobody understands: %s", odd)
	}
	for _, name := range []string{"mfaGuaranteed", "legacyAuthenticationBlocked"} {
		got := facts(nil, org)
		if why := got.Path("unknown", name).TextOr(""); !strings.HasPrefix(why, "Conditional Access policies were not read") || got.Get(name).Exists() {
			t.Errorf("nobody asked: %s", got)
		}
	}
}

func TestDemoConditionalAccessFacts(t *testing.T) {
	c := demoAccess(t)
	inv, err := Load(t.Context(), &Options{Demo: true, Now: demo.ReadAt()})
	if err != nil {
		t.Fatal(err)
	}
	facts := conditionalAccessFacts(inv, newTenant(inv, demo.ReadAt()))
	for org := range inv.OfType("Microsoft.Graph/organization") {
		f := facts[org.ID.Key()]
		for name, want := range map[string]string{"mfaGuaranteed": "false", "mfaGuaranteedForAdmins": "false", "legacyAuthenticationBlocked": "true", "deviceCodeFlowBlocked": "true", "riskySignInsAnswered": "true"} {
			if got := f.Get(name).String(); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		if !strings.Contains(f.Get("mfaGuaranteedForAdminsGaps").String(), "adm-petra.holm") {
			t.Errorf("the gap names nobody: %s", f.Get("mfaGuaranteedForAdminsGaps"))
		}
	}
	for upn, want := range map[string]string{"adm-petra.holm@lindhaven.example": "false", "nils.aker@lindhaven.example": "true"} {
		id, err := c.FindUser(upn)
		if err != nil {
			t.Fatal(err)
		}
		if got := facts["/providers/microsoft.graph/users/"+lower(id)].Get("mfaGuaranteed").String(); got != want {
			t.Errorf("%s: mfaGuaranteed is %s, want %s", upn, got, want)
		}
	}
}
