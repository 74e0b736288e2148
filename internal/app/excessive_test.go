package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const excessTenant = `[
{"id":"` + badSub + `","type":"Microsoft.Resources/subscriptions","name":"0b1f6471-1bf0-4dda-aec3-111122223333"},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleDefinitions/r1","type":"Microsoft.Authorization/roleDefinitions","name":"r1","properties":{"roleName":"VM Operator","type":"CustomRole","assignableScopes":["` + badSub + `"],"permissions":[{"actions":["Microsoft.Compute/virtualMachines/*"],"notActions":[]}]}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleDefinitions/r2","type":"Microsoft.Authorization/roleDefinitions","name":"r2","properties":{"roleName":"Blob Reader","type":"CustomRole","permissions":[{"actions":[],"dataActions":["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]}]}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleDefinitions/r3","type":"Microsoft.Authorization/roleDefinitions","name":"r3","properties":{"roleName":"Elsewhere","type":"CustomRole","assignableScopes":["/subscriptions/11111111-1111-1111-1111-111111111111"],"permissions":[{"actions":["Microsoft.Compute/virtualMachines/start/action","Microsoft.Compute/virtualMachines/read"]}]}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a1","type":"Microsoft.Authorization/roleAssignments","name":"a1","properties":{"principalId":"u1","principalType":"User","roleDefinitionId":"/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a2","type":"Microsoft.Authorization/roleAssignments","name":"a2","properties":{"principalId":"u2","principalType":"User","roleDefinitionId":"/x/b24988ac-6180-42a0-ab88-20f7382dd24c","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a3","type":"Microsoft.Authorization/roleAssignments","name":"a3","properties":{"principalId":"u2","principalType":"User","roleDefinitionId":"/x/acdd72a7-3385-48ef-bd42-f606fba81ae7","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a4","type":"Microsoft.Authorization/roleAssignments","name":"a4","properties":{"principalId":"u3","principalType":"User","roleDefinitionId":"/x/r2","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a5","type":"Microsoft.Authorization/roleAssignments","name":"a5","properties":{"principalId":"g","principalType":"Group","roleDefinitionId":"/x/b24988ac-6180-42a0-ab88-20f7382dd24c","scope":"` + badSub + `/resourceGroups/rg2"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/e1","type":"Microsoft.Authorization/roleEligibilityScheduleInstances","name":"e1","properties":{"principalId":"u3","roleDefinitionId":"/x/r1","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/e2","type":"Microsoft.Authorization/roleEligibilityScheduleInstances","name":"e2","properties":{"principalId":"u1","roleDefinitionId":"/x/b24988ac-6180-42a0-ab88-20f7382dd24c","scope":"` + badSub + `"}},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"u1","userPrincipalName":"u1@x"},{"id":"u2","userPrincipalName":"u2@x"},{"id":"u3","userPrincipalName":"u3@x"}]},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups","value":[{"id":"g","displayName":"G","members":[{"id":"u1"}]}]},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals","value":[]}
]`

func activity(t *testing.T, name, text string) *ActivityLog {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := ReadActivityLog([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

const vm = badSub + "/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1"

// The same two events in every shape that activity logs are exported in.
// Source: "Azure Activity Log event schema"; reference of the table AzureActivity.
func TestActivityLogShapes(t *testing.T) {
	for name, text := range map[string]string{
		"table.json": `[{"TimeGenerated":"2026-07-01T00:00:00Z","Caller":"U1@x","OperationNameValue":"MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION","_ResourceId":"` + strings.ToLower(vm) + `"},
			{"TimeGenerated":"2026-10-31T00:00:00Z","Caller":"someone","Claims":"{\"http://schemas.microsoft.com/identity/claims/objectidentifier\":\"u1\"}","OperationNameValue":"MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION","_ResourceId":"` + vm + `"}]`,
		"lines.jsonl": `{"TimeGenerated":"2026-07-01T00:00:00Z","Caller":"u1@x","OperationNameValue":"Microsoft.Compute/virtualMachines/start/action","ResourceId":"` + vm + `"}
{"TimeGenerated":"2026-10-31T00:00:00Z","Caller":"u1@x","OperationNameValue":"Microsoft.Compute/virtualMachines/start/action","ResourceId":"` + vm + `"}
`,
		"table.csv": "\xef\xbb\xbf\"TimeGenerated [UTC]\",Caller,OperationNameValue,ResourceId\n2026-07-01T00:00:00Z,u1@x,Microsoft.Compute/virtualMachines/start/action," + vm + "\n2026-10-31T00:00:00Z,u1@x,Microsoft.Compute/virtualMachines/start/action," + vm + "\n",
		"rest.json": `{"value":[{"eventTimestamp":"2026-07-01T00:00:00Z","caller":"u1@x","operationName":{"value":"Microsoft.Compute/virtualMachines/start/action"},"authorization":{"action":"Microsoft.Compute/virtualMachines/start/action","scope":"` + vm + `"}},
			{"eventTimestamp":"2026-10-31T00:00:00Z","caller":"u1@x","operationName":{"value":"Microsoft.Compute/virtualMachines/start/action"},"resourceId":"` + vm + `"}]}`,
		"diagnostic.json": `{"records":[{"time":"2026-07-01T00:00:00Z","operationName":"MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION","resourceId":"` + vm + `","identity":{"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"u1"}}}]}
{"records":[{"time":"2026-10-31T00:00:00Z","operationName":"MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION","resourceId":"` + vm + `","identity":{"authorization":{"action":"Microsoft.Compute/virtualMachines/start/action"},"claims":{"http://schemas.microsoft.com/identity/claims/objectidentifier":"u1"}}}]}`,
	} {
		log := activity(t, name, text)
		if log.Events != 2 || log.Skipped != 0 || log.First.Month() != time.July || log.Last.Month() != time.October {
			t.Errorf("%s: %+v", name, log)
		}
		x := NewAccess(inventoryOf(t, excessTenant)).Excessive(log, 90, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		i := slices.IndexFunc(x.Grants, func(g GrantUse) bool { return strings.HasSuffix(g.Assignment, "a1") })
		if g := x.Grants[i]; g.Uses != 2 || g.State != GrantBroad || g.SuggestedRole != "VM Operator" || g.SuggestedScope != badSub+"/resourceGroups/rg1" && !strings.EqualFold(g.SuggestedScope, badSub+"/resourceGroups/rg1") {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestExcessiveAnswersUnknownWhereLogsDoNotTell(t *testing.T) {
	states := func(text string) map[string]string {
		out := map[string]string{}
		for _, g := range NewAccess(inventoryOf(t, excessTenant)).Excessive(activity(t, "a.json", text), 90, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)).Grants {
			out[g.Assignment[strings.LastIndexByte(g.Assignment, '/')+1:]] = g.State + " " + strings.Join(g.Missing, "; ")
		}
		return out
	}
	event := func(at, caller, more string) string {
		return `{"TimeGenerated":"` + at + `","Caller":"` + caller + `","OperationNameValue":"Microsoft.Compute/virtualMachines/start/action","ResourceId":"` + vm + `"` + more + `}`
	}
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"covered": {"[" + event("2026-07-01T00:00:00Z", "u1@x", "") + "," + event("2026-10-31T00:00:00Z", "u1@x", "") + "]", map[string]string{
			"a1": "broad ", "a2": "unused ", "a3": "unknown reading is not in activity logs", "a4": "unknown reading is not in activity logs; data actions are not in activity logs", "a5": "unused ",
			"e1": "unused ", "e2": "broad ",
		}},
		"a month of three": {"[" + event("2026-10-01T00:00:00Z", "u1@x", "") + "," + event("2026-10-31T00:00:00Z", "u1@x", "") + "]", map[string]string{
			"a1": "used the logs cover 31 of 90 days", "a2": "unknown the logs cover 31 of 90 days",
		}},
		"a caller nobody knows": {"[" + event("2026-07-01T00:00:00Z", "stranger@y", "") + "," + event("2026-10-31T00:00:00Z", "u1@x", "") + "]", map[string]string{
			"a2": "unknown callers that the directory does not know did what it grants", "a5": "unused ",
		}},
		"refused":      {"[" + event("2026-07-01T00:00:00Z", "u2@x", `,"ActivitySubstatusValue":"Forbidden"`) + "," + event("2026-06-30T00:00:00Z", "u1@x", "") + "," + event("2026-10-31T00:00:00Z", "u1@x", "") + "]", map[string]string{"a2": "unused "}},
		"nothing":      {"[]", map[string]string{"a2": "unknown the logs cover 0 of 90 days; the logs hold nothing of " + badSub}},
		"elsewhere":    {strings.ReplaceAll("["+event("2026-07-01T00:00:00Z", "u1@x", "")+","+event("2026-10-31T00:00:00Z", "u1@x", "")+"]", "0b1f6471", "0b1f6472"), map[string]string{"a2": "unknown the logs hold nothing of " + badSub}},
		"not an event": {`[{"a":1}]`, map[string]string{"a2": "unknown the logs cover 0 of 90 days; the logs hold nothing of " + badSub}},
	} {
		got := states(c.text)
		for id, want := range c.want {
			if got[id] != want {
				t.Errorf("%s: %s is %q, want %q", name, id, got[id], want)
			}
		}
	}
}

func TestActivityLogThatIsBroken(t *testing.T) {
	for _, text := range []string{`[{"a":1}`, `{"a":`, `[}`} {
		path := filepath.Join(t.TempDir(), "a.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadActivityLog([]string{path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
