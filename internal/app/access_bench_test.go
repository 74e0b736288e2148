package app

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// bigTenant makes a tenant from a seed: people in groups in groups, Azure
// assignments over subscriptions and resource groups, directory roles and
// applications with owners.
func bigTenant(tb testing.TB, people, groups, scopes, assignments int) *inventory.Inventory {
	tb.Helper()
	rng := rand.New(rand.NewPCG(11, 7))
	b := inventory.NewBuilder()
	graph := func(collection, text string) {
		v, err := jsondoc.ParseString(text)
		if err != nil {
			tb.Fatal(err)
		}
		r, err := resource.NewGraph(collection, v, resource.Origin{})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(r)
	}
	arm := func(text string) {
		v, err := jsondoc.ParseString(text)
		if err != nil {
			tb.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(r)
	}
	for i := range people {
		graph("users", fmt.Sprintf(`{"id":"u%d","userPrincipalName":"u%d@big.example","userType":"Member","accountEnabled":true}`, i, i))
	}
	for g := range groups {
		members := ""
		for i := g; i < people; i += groups {
			members += fmt.Sprintf(`{"id":"u%d"},`, i)
		}
		members += fmt.Sprintf(`{"id":"g%d"}`, g/2) // chains of eleven groups; the first is in itself
		graph("groups", fmt.Sprintf(`{"id":"g%d","displayName":"group %d","isAssignableToRole":%t,"members":[%s]}`, g, g, g%50 == 0, members))
	}
	for i := range people / 100 {
		graph("applications", fmt.Sprintf(`{"id":"a%d","appId":"c%d","displayName":"app %d","owners":[{"id":"u%d"}]}`, i, i, i, rng.IntN(people)))
		graph("servicePrincipals", fmt.Sprintf(`{"id":"s%d","appId":"c%d","displayName":"app %d","servicePrincipalType":"Application"}`, i, i, i))
		if i%20 == 0 {
			graph("appRoleAssignments", fmt.Sprintf(`{"id":"r%d","principalId":"s%d","resourceId":"graph","appRoleId":"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"}`, i, i))
		}
	}
	for i, role := range []string{"729827e3-9c14-49f7-bb1b-9608f156bbb8", "fe930be7-5e62-47db-91af-98c3a49a38b1", "62e90394-69f5-4237-9190-012177145e10", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"} {
		for k := range 5 {
			graph("roleAssignments", fmt.Sprintf(`{"id":"d%d-%d","principalId":"u%d","roleDefinitionId":"%s","directoryScopeId":"/"}`, i, k, rng.IntN(people), role))
		}
	}
	const subs = 50
	scope := func(i int) string {
		return fmt.Sprintf("/subscriptions/00000000-0000-0000-0000-%012d/resourceGroups/rg%d", i%subs, i)
	}
	for i := range subs {
		arm(fmt.Sprintf(`{"id":"/subscriptions/00000000-0000-0000-0000-%012d","name":"s","type":"Microsoft.Resources/subscriptions"}`, i))
	}
	for i := range scopes {
		arm(fmt.Sprintf(`{"id":"%s","name":"rg%d","type":"Microsoft.Resources/subscriptions/resourceGroups"}`, scope(i), i))
		arm(fmt.Sprintf(`{"id":"%s/providers/Microsoft.Compute/virtualMachines/vm","name":"vm","type":"Microsoft.Compute/virtualMachines","identity":{"type":"SystemAssigned","principalId":"s%d"},"properties":{}}`, scope(i), i%max(people/100, 1)))
	}
	roles := []string{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "acdd72a7-3385-48ef-bd42-f606fba81ae7"}
	for i := range assignments {
		at, who, kind := scope(rng.IntN(scopes)), fmt.Sprintf("u%d", rng.IntN(people)), "User"
		if i%10 == 0 {
			who, kind = fmt.Sprintf("g%d", groups/2+rng.IntN(groups/2)), "Group"
		}
		arm(fmt.Sprintf(`{"id":"%s/providers/Microsoft.Authorization/roleAssignments/a%d","name":"a%d","type":"Microsoft.Authorization/roleAssignments","properties":{"principalId":"%s","principalType":"%s","roleDefinitionId":"/x/%s","scope":"%s"}}`,
			at, i, i, who, kind, roles[rng.IntN(len(roles))], at))
	}
	return b.Build()
}

func BenchmarkAccess(b *testing.B) {
	inv := bigTenant(b, 100_000, 2_000, 5_000, 20_000)
	b.Run("index/principals=1e5/assignments=2e4/scopes=5e3", func(b *testing.B) {
		for b.Loop() {
			NewAccess(inv)
		}
	})
	a := NewAccess(inv)
	at := scopeID(b, "/subscriptions/00000000-0000-0000-0000-000000000007/resourceGroups/rg7/providers/Microsoft.Compute/virtualMachines/vm")
	b.Run("who-can/principals=1e5/assignments=2e4/scopes=5e3", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = len(a.WhoCan("Microsoft.Compute/virtualMachines/write", false, at, true).Holders)
		}
		b.ReportMetric(float64(n), "holders")
		if n == 0 {
			b.Fatal("nobody")
		}
	})
	b.Run("derive/principals=1e5", func(b *testing.B) {
		for b.Loop() {
			m := attackpath.Derive(attackpath.Facts{Directory: a.dir, Inventory: a.inv, Azure: a.active, Assignments: a.grants, Denies: a.denies})
			b.ReportMetric(float64(m.Edges()), "edges")
		}
	})
}

// The figures that a person can hold azward to, in one run.
func TestFigureAccessOfABigTenant(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a tenant of 100,000 people")
	}
	inv := bigTenant(t, 100_000, 2_000, 5_000, 20_000)
	begin := time.Now()
	a := NewAccess(inv)
	index := time.Since(begin)
	var worst time.Duration
	holders := 0
	for i := range 50 {
		at := scopeID(t, fmt.Sprintf("/subscriptions/00000000-0000-0000-0000-%012d/resourceGroups/rg%d/providers/Microsoft.Compute/virtualMachines/vm", i%50, i))
		begin = time.Now()
		holders += len(a.WhoCan("Microsoft.Compute/virtualMachines/write", false, at, false).Holders)
		worst = max(worst, time.Since(begin))
	}
	begin = time.Now()
	m := attackpath.Derive(attackpath.Facts{Directory: a.dir, Inventory: a.inv, Azure: a.active, Assignments: a.grants, Denies: a.denies})
	derived := time.Since(begin)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("figure: access of 100,000 people, 20,000 assignments, 5,000 scopes: index %v, slowest of 50 who-can %v (%d holders in all), %s derived in %v, %d MiB in use",
		index.Round(time.Millisecond), worst.Round(10*time.Microsecond), holders, m, derived.Round(time.Millisecond), mem.HeapAlloc>>20)
	if holders == 0 {
		t.Error("nobody may do anything")
	}
	if index > 10*time.Second || worst > 500*time.Millisecond {
		t.Errorf("index %v, who-can %v: ten times what is promised", index, worst)
	}
}
