package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/siem"
)

// asksTheSame maps rules that others published with events to the detections of
// ours that ask the same of them.
var asksTheSame = map[string]string{
	"Azure.MonitorActivity.Authorization.ResourceLockDeleted": "resource-lock-deleted",
	"Azure.MonitorActivity.AlertRules.Deleted":                "monitoring-deleted",
	"Azure.MonitorActivity.StorageAccount.KeysListed":         "storage-keys-listed-by-newcomer",
	"Azure.Audit.DomainSettingsModified":                      "domain-federation-changed",
	"Azure.Audit.ElevateUserAccessAdministrator":              "access-elevated",
	"Azure.Audit.ServicePrincipalCredentialsAdded":            "application-credential-added",
}

// differs says where ours means something else, and why.
var differs = map[string]string{
	"Azure.Audit.DomainSettingsModified/Different Values Changed":                    "ours speaks of every change of how a domain signs in",
	"Azure.Audit.ServicePrincipalCredentialsAdded/Add Service Principal Credentials": "the event's KeyDescription is a text; Entra's audit log has the list of all keys, before and after, and ours looks for what is new in it",
}

type publishedEvent struct {
	Rule, Test, LogType string
	Expected            bool
	Log                 map[string]any
}

// TestConformanceDetections runs our detections on events of which others say
// whether a rule fires.
func TestConformanceDetections(t *testing.T) {
	z := testdata.Unzip(t, "logs/panther-events.jsonl.gz")
	rules, list := content.Detections()
	if list.HasErrors() {
		t.Fatal(list)
	}
	byName := map[string]*siem.Rule{}
	for _, r := range rules {
		name := r.File[strings.LastIndexByte(r.File, '/')+1:]
		byName[strings.TrimSuffix(name, ".yaml")] = r
	}
	agree, all := 0, 0
	for d := json.NewDecoder(z); ; {
		var e publishedEvent
		if err := d.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		rule := byName[asksTheSame[e.Rule]]
		if rule == nil {
			if asksTheSame[e.Rule] != "" {
				t.Errorf("no detection is called %s", asksTheSame[e.Rule])
			}
			continue
		}
		all++
		fired := fires(t, rule, &e)
		why := differs[e.Rule+"/"+e.Test]
		switch {
		case fired == e.Expected && why != "":
			t.Errorf("%s, %s: agrees, though it is listed as different", e.Rule, e.Test)
		case fired == e.Expected:
			agree++
		case why == "":
			t.Errorf("%s, %s: fired %t, want %t", e.Rule, e.Test, fired, e.Expected)
		}
	}
	t.Logf("conformance: published events for detections %d of %d", agree, all)
	if all == 0 {
		t.Error("no event was tried")
	}
}

// fires runs a rule over one event, as a row of the table that it belongs to.
func fires(t *testing.T, rule *siem.Rule, e *publishedEvent) bool {
	t.Helper()
	_, known, err := content.LogTables()
	if err != nil {
		t.Fatal(err)
	}
	db := kql.NewMemDatabase()
	for name, cols := range known {
		db.Add(name, kql.NewMemTable(cols))
	}
	table, row := rowOf(e)
	line, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := kqlio.ReadJSONHinted(bytes.NewReader(append(line, '\n')), known[table])
	if err != nil {
		t.Fatal(err)
	}
	db.Add(table, rows.Table)
	found, err := Detect(context.Background(), db, []*siem.Rule{rule}, DetectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s := found.Rules[0]; s.State == RuleFailed {
		t.Errorf("%s: %s", rule.File, s.Error)
	}
	return len(found.Alerts) > 0
}

// rowOf writes an event as diagnostic settings do into the columns of its table.
func rowOf(e *publishedEvent) (table string, row map[string]any) {
	text := func(v any) string { s, _ := v.(string); return s }
	p, _ := e.Log["properties"].(map[string]any)
	at := strings.Replace(text(e.Log["time"]), " ", "T", 1)
	if !strings.HasSuffix(at, "Z") {
		at += "Z"
	}
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
		at = "2025-01-01T00:00:00Z"
	}
	if e.LogType == "Azure.Audit" {
		return "AuditLogs", map[string]any{
			"TimeGenerated": at, "OperationName": e.Log["operationName"], "Category": e.Log["category"], "Result": cmp.Or(text(p["result"]), text(e.Log["result"])),
			"LoggedByService": p["loggedByService"], "InitiatedBy": p["initiatedBy"], "TargetResources": p["targetResources"], "AdditionalDetails": p["additionalDetails"],
			"ActivityDisplayName": p["activityDisplayName"], "CorrelationId": e.Log["correlationId"],
		}
	}
	caller := "somebody@contoso.com"
	if id, ok := e.Log["identity"].(map[string]any); ok {
		if claims, ok := id["claims"].(map[string]any); ok {
			caller = cmp.Or(text(claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"]), text(claims["name"]), caller)
		}
	}
	return "AzureActivity", map[string]any{
		"TimeGenerated": at, "OperationNameValue": strings.ToUpper(text(e.Log["operationName"])), "ActivityStatusValue": e.Log["resultType"], "CategoryValue": e.Log["category"],
		"Caller": caller, "CallerIpAddress": e.Log["callerIpAddress"], "_ResourceId": strings.ToLower(text(e.Log["resourceId"])), "CorrelationId": e.Log["correlationId"],
	}
}
