package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// roleTenant has one holder for each answer about directory roles.
func roleTenant() []string {
	role := func(id, actions string) string {
		return `{"id":"` + id + `","type":"Microsoft.Graph/roleDefinitions","displayName":"` + id + `","templateId":"` + id + `","isBuiltIn":true,"rolePermissions":[{"allowedResourceActions":[` + actions + `]}]}`
	}
	out := []string{role("changer", `"microsoft.directory/users/create","microsoft.office365.serviceHealth/allEntities/allTasks"`), role("reader", `"microsoft.directory/users/standard/read"`),
		role("wide", `"microsoft.directory/users/create","microsoft.office365.exchange/allEntities/basic/allTasks"`),
		`{"id":"bare","type":"Microsoft.Graph/roleDefinitions","displayName":"bare","templateId":"bare"}`,
		`{"id":"g","type":"Microsoft.Graph/groups","displayName":"G","members":["busy"]}`, `{"id":"closed","type":"Microsoft.Graph/groups","displayName":"Closed"}`,
		`{"id":"app","appId":"app-id","type":"Microsoft.Graph/servicePrincipals","displayName":"App"}`}
	for _, u := range []string{"busy", "idle", "new"} {
		out = append(out, `{"id":"`+u+`","type":"Microsoft.Graph/users","userPrincipalName":"`+u+`@x.example","displayName":"`+u+`"}`)
	}
	for i, a := range [][2]string{{"busy", "changer"}, {"idle", "changer"}, {"idle", "reader"}, {"idle", "wide"}, {"idle", "bare"}, {"g", "changer"}, {"closed", "changer"}, {"app", "changer"}} {
		out = append(out, `{"id":"a`+string(rune('0'+i))+`","type":"Microsoft.Graph/roleAssignments","principalId":"`+a[0]+`","roleDefinitionId":"`+a[1]+`","directoryScopeId":"/"}`)
	}
	return append(out, `{"id":"e1","@odata.type":"#microsoft.graph.unifiedRoleEligibilityScheduleInstance","principalId":"idle","roleDefinitionId":"changer","directoryScopeId":"/","startDateTime":"2026-01-01T00:00:00Z"}`,
		`{"id":"e2","@odata.type":"#microsoft.graph.unifiedRoleEligibilityScheduleInstance","principalId":"new","roleDefinitionId":"changer","directoryScopeId":"/","startDateTime":"2026-10-25T00:00:00Z"}`)
}

// TestDirectoryRolesAgainstTheirUse: "directoryAudit resource type"; reference of the
// table AuditLogs.
func TestDirectoryRolesAgainstTheirUse(t *testing.T) {
	audit := func(t *testing.T, name, text string) map[string]string {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		log, err := ReadAuditLog([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		out := &ExcessiveAccess{}
		NewAccess(listOf(t, roleTenant()...)).ExcessiveRoles(out, log, 90, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		got := map[string]string{}
		for _, g := range out.Grants {
			k := g.Principal.ID + " " + g.Role
			if g.Eligible {
				k += " eligible"
			}
			got[k] = strings.TrimSpace(g.State + " " + strings.Join(g.Missing, "; "))
		}
		return got
	}
	graph := func(at, by string) string { return `{"activityDateTime":"` + at + `","initiatedBy":` + by + `}` }
	busy, app := `{"user":{"id":"BUSY","userPrincipalName":"busy@x.example"},"app":null}`, `{"app":{"appId":"app-id"}}`
	whole := graph("2026-07-20T00:00:00Z", busy) + "\n" + graph("2026-10-31T00:00:00Z", app)
	want := map[string]string{
		"busy changer": "used", "idle changer": "unused", "idle reader": "unknown reading is not in the directory's audit log",
		"idle wide": "unknown what it permits in other services is not in the directory's audit log", "idle bare": "unknown permissions of the role bare", "g changer": "used",
		"closed changer": "unknown members of the group were not read", "app changer": "used", "idle changer eligible": "unused", "new changer eligible": "unknown it was assigned 7 days ago",
	}
	for name, text := range map[string]string{
		"graph.jsonl": whole, "graph.json": `{"value":[` + strings.ReplaceAll(whole, "\n", ",") + `]}`,
		"table.csv": "TimeGenerated,OperationName,InitiatedBy\n2026-07-20T00:00:00Z,Add user,\"{\"\"user\"\":{\"\"id\"\":\"\"busy\"\"}}\"\n2026-10-31T00:00:00Z,Add user,\"{\"\"app\"\":{\"\"servicePrincipalId\"\":\"\"app\"\"}}\"\n",
	} {
		got := audit(t, name, text)
		for k, w := range want {
			if got[k] != w {
				t.Errorf("%s: %s is %q, want %q", name, k, got[k], w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d grants, want %d: %v", name, len(got), len(want), got)
		}
	}
	if got := audit(t, "short.jsonl", graph("2026-10-31T00:00:00Z", busy))["idle changer"]; got != "unknown the audit log covers 1 of 90 days" {
		t.Errorf("a day of ninety: %q", got)
	}
	for by, want := range map[string]string{`{"user":{"id":"gone"}}`: "unused", `{"user":{"userPrincipalName":"old.name@x.example"}}`: "unknown somebody changed something by a name that nobody in the directory has"} {
		if got := audit(t, "stranger.jsonl", whole+graph("2026-10-31T00:00:00Z", by))["idle changer"]; got != want {
			t.Errorf("%s: %q, want %q", by, got, want)
		}
	}
	if got := audit(t, "none.json", `[]`)["idle changer"]; got != "unknown the audit log covers 0 of 90 days" {
		t.Errorf("nothing: %q", got)
	}
}
