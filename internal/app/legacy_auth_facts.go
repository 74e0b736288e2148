package app

import (
	"strings"
	"time"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// legacyAuthenticationFacts tells of the directory whether one policy that is
// on blocks legacy authentication for everybody and every application:
// "legacyAuthenticationBlocked". A policy that blocks only in some place, on
// some platform or at some risk does not count; groups and people that it
// leaves out do not either way, because emergency accounts must be left out.
func legacyAuthenticationFacts(inv *inventory.Inventory, _ time.Time) map[string]jsondoc.Value {
	const policies = "Microsoft.Graph/conditionalAccessPolicies"
	blocked := false
	for p := range inv.OfType(policies) {
		if blocksLegacyAuthentication(p.Body) {
			blocked = true
			break
		}
	}
	out := map[string]jsondoc.Value{}
	for org := range inv.OfType("Microsoft.Graph/organization") {
		if cov := inv.Coverage(policies, org.ID.Scope()); !blocked && !cov.Complete() {
			why := "Conditional Access policies were not read"
			if cov.Reason != "" {
				why += ": " + cov.Reason
			}
			out[org.ID.Key()] = unknownFacts(why, "legacyAuthenticationBlocked")
			continue
		}
		out[org.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "legacyAuthenticationBlocked", Value: jsondoc.NewBool(blocked)})
	}
	return out
}

// blocksLegacyAuthentication judges one policy by Graph's resource type
// conditionalAccessPolicy.
func blocksLegacyAuthentication(p jsondoc.Value) bool {
	c := p.Get("conditions")
	for _, key := range []string{"platforms", "locations", "devices", "authenticationFlows", "clientApplications"} {
		if c.Get(key).Kind() == jsondoc.Object {
			return false
		}
	}
	for _, key := range []string{"signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels"} {
		if c.Get(key).Len() > 0 {
			return false
		}
	}
	apps := c.Get("applications")
	return strings.EqualFold(p.Get("state").TextOr(""), "enabled") &&
		holds(c.Path("users", "includeUsers"), "All") &&
		holds(apps.Get("includeApplications"), "All") && apps.Get("excludeApplications").Len() == 0 &&
		(holds(c.Get("clientAppTypes"), "all") || holds(c.Get("clientAppTypes"), "other") && holds(c.Get("clientAppTypes"), "exchangeActiveSync")) &&
		holds(p.Path("grantControls", "builtInControls"), "block")
}

// holds tells whether a list of texts has one, without regard to case.
func holds(list jsondoc.Value, text string) bool {
	for _, e := range list.Elements() {
		if strings.EqualFold(e.TextOr(""), text) {
			return true
		}
	}
	return false
}
