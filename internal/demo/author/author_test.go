package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/internal/demo"
)

const tenantDir = "../../../content/demo/tenant"

// The files are what this program writes: no more, no less.
func TestFilesAreGenerated(t *testing.T) {
	files, err := write(build())
	if err != nil {
		t.Fatal(err)
	}
	same(t, tenantDir, files)
	if files, err = logs(build()); err != nil {
		t.Fatal(err)
	}
	same(t, tenantDir+"/../logs", files)
}

// same checks that a folder has these files and no others.
func same(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%v: go generate ./internal/demo", err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: go generate ./internal/demo", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()] == nil {
			t.Errorf("%s is written by nobody", e.Name())
		}
	}
}

func TestTwoRunsWriteTheSame(t *testing.T) {
	a, err := write(build())
	if err != nil {
		t.Fatal(err)
	}
	b, err := write(build())
	if err != nil {
		t.Fatal(err)
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}

func TestTenantWasReadWhenTheDemoSays(t *testing.T) {
	if d := demo.ReadAt().Sub(now); d < 0 || d.Hours() > 24 {
		t.Errorf("the tenant is written as of %v and read at %v", now, demo.ReadAt())
	}
}

// The tenant has the size that the documentation states.
func TestTenantIsAsLargeAsTold(t *testing.T) {
	tenant := build()
	count := map[string]int{}
	placed := 0
	for _, r := range tenant.records {
		typ := r.body["type"].(string)
		id := r.body["id"].(string)
		count[typ]++
		// What stands in a resource group itself: neither an extension of something else nor a setting of its parent.
		if strings.Contains(id, "/resourceGroups/") && strings.Count(id, "/providers/") == 1 && !strings.HasSuffix(typ, "/config") && !strings.HasSuffix(typ, "/configurations") {
			placed++
		}
	}
	t.Logf("%d resources in resource groups, %d records in all", placed, len(tenant.records))
	check := func(what string, got, least, most int) {
		if got < least || got > most {
			t.Errorf("%d %s, expected %d to %d", got, what, least, most)
		}
	}
	check("resources", placed, 350, 600)
	check("subscriptions", count["Microsoft.Resources/subscriptions"], 5, 5)
	check("management groups with the root", count["Microsoft.Management/managementGroups"], 4, 4)
	check("people", len(tenant.graph["users"]), 150, 150)
	check("applications", len(tenant.graph["applications"]), 30, 30)
	check("Conditional Access policies", len(tenant.graph["conditionalAccessPolicies"]), 12, 15)
	for _, pim := range []string{"roleEligibilityScheduleInstances", "roleAssignmentScheduleInstances", "roleManagementPolicies", "roleManagementPolicyAssignments", "groupEligibilityScheduleInstances"} {
		check(pim, len(tenant.graph[pim]), 1, 100)
	}
}

// Every id that one object names is that of another: a reader must be able to
// follow each of them.
func TestReferencesHoldTogether(t *testing.T) {
	tenant := build()
	known := map[string]bool{}
	for _, objects := range tenant.graph {
		for _, b := range objects {
			if id, ok := b["id"].(string); ok {
				known[id] = true
			}
		}
	}
	need := func(where string, id any) {
		if s, ok := id.(string); !ok || !known[s] {
			t.Errorf("%s names %v, which is nobody", where, id)
		}
	}
	for _, g := range tenant.graph["groups"] {
		for _, list := range []string{"members", "owners"} {
			for _, m := range g[list].(l) {
				need("group "+g["displayName"].(string), m.(o)["id"])
			}
		}
	}
	for _, name := range []string{"roleAssignments", "roleAssignmentScheduleInstances", "roleEligibilityScheduleInstances", "appRoleAssignments", "groupEligibilityScheduleInstances"} {
		for _, a := range tenant.graph[name] {
			need(name, a["principalId"])
		}
	}
	for _, p := range tenant.graph["conditionalAccessPolicies"] {
		c := p["conditions"].(o)
		users := c["users"].(o)
		for _, list := range []string{"includeGroups", "excludeGroups"} {
			for _, id := range users[list].(l) {
				need(p["displayName"].(string), id)
			}
		}
		if places, ok := c["locations"].(o); ok {
			for _, list := range []string{"includeLocations", "excludeLocations"} {
				for _, id := range places[list].(l) {
					if id != "All" && id != "AllTrusted" {
						need(p["displayName"].(string), id)
					}
				}
			}
		}
	}
	for _, r := range tenant.records {
		if r.body["type"] == "Microsoft.Authorization/roleAssignments" {
			need("a role assignment", r.body["properties"].(o)["principalId"])
		}
	}
}

func TestManifestIsJSON(t *testing.T) {
	data, err := manifest(build())
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Entries []struct{ Type, State string } `json:"entries"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Entries {
		if e.State != "complete" || !strings.Contains(e.Type, "/") {
			t.Errorf("entry %+v", e)
		}
	}
}
