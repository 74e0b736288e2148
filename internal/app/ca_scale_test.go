package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// TestConditionalAccessFactsInTime: a tenant of 20,000 people does not slow an assessment down.
func TestConditionalAccessFactsInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	b := inventory.NewBuilder()
	add := func(collection, text string) {
		v, err := jsondoc.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.NewGraph(collection, v, resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	const people = 20_000
	members := make([]string, 30)
	for i := range people {
		add("users", fmt.Sprintf(`{"id":"u%d","userPrincipalName":"u%d@x.example","userType":"Member","accountEnabled":true}`, i, i))
		for g := range members {
			if i%(g+2) == 0 {
				members[g] += fmt.Sprintf(`,{"id":"u%d"}`, i)
			}
		}
	}
	for g, m := range members {
		add("groups", fmt.Sprintf(`{"id":"g%d","members":[%s]}`, g, m[1:]))
		add("conditionalAccessPolicies", fmt.Sprintf(`{"id":"p%d","displayName":"p%d","state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeGroups":["g%d"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["mfa"]}}`, g, g, g))
	}
	add("organization", `{"id":"t"}`)
	inv := b.Build()
	start := time.Now()
	facts := conditionalAccessFacts(inv, newTenant(inv, testNow))
	took := time.Since(start)
	t.Logf("figure: conditional access facts of %d people and %d policies in %s", people, len(members), took.Round(time.Millisecond))
	if len(facts) < people || took > 30*time.Second {
		t.Errorf("%d facts in %s", len(facts), took)
	}
}
