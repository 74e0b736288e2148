package siem

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/jsondoc"
)

const brute = `
id: 1111
name: Brute force
severity: Medium
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
query: |
  SigninLogs
  | where ResultType == "50126"
entityMappings:
  - entityType: IP
    fieldMappings: [{identifier: Address, columnName: IPAddress}]
  - entityType: Account
    fieldMappings: [{identifier: Name, columnName: Name}, {identifier: UPNSuffix, columnName: Suffix}]
`

func rule(t testing.TB, text string) *Rule {
	t.Helper()
	rules, list := ParseRules("r.yaml", []byte(text))
	if list.HasErrors() || len(rules) != 1 {
		t.Fatalf("%d rules, %v", len(rules), list)
	}
	return rules[0]
}

func TestParseRules(t *testing.T) {
	r := rule(t, brute)
	if r.Name != "Brute force" || r.Frequency != time.Hour || r.Period != time.Hour || r.Severity.String() != "medium" && r.Severity.String() != "Medium" || len(r.Entities) != 2 || !r.Incidents.Create || r.PerEvent {
		t.Errorf("%+v", r)
	}
	rules, list := ParseRules("t.json", []byte(`{"$schema": "x", "resources": [
		{"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "name": "w/Microsoft.SecurityInsights/1", "kind": "Scheduled", "properties": {"displayName": "A", "severity": "High", "enabled": false, "query": "T", "queryFrequency": "PT1H30M", "queryPeriod": "P14D", "triggerOperator": "GreaterThan", "triggerThreshold": 5,
			"suppressionEnabled": true, "suppressionDuration": "PT5H", "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
			"incidentConfiguration": {"createIncident": true, "groupingConfiguration": {"enabled": true, "lookbackDuration": "PT6H", "matchingMethod": "Selected", "groupByEntities": ["IP"]}}}},
		{"type": "Microsoft.Storage/storageAccounts", "properties": {"query": "no rule"}},
		{"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "Fusion", "properties": {"query": "x"}}]}`))
	if len(rules) != 1 || list.HasErrors() || len(list) != 1 || list[0].Code != codeKind {
		t.Fatalf("%d rules, %v", len(rules), list)
	}
	if r := rules[0]; r.Enabled || r.Frequency != 90*time.Minute || r.Period != 14*24*time.Hour || r.Threshold != 5 || r.Suppression != 5*time.Hour || !r.PerEvent || r.Incidents.Group.Method != Selected || r.Incidents.Group.Lookback != 6*time.Hour {
		t.Errorf("%+v", r)
	}
	for text, want := range map[string]string{
		strings.Replace(brute, "queryFrequency: 1h", "queryFrequency: 1 hour", 1):  "r.yaml:6:17: SIEM0002: queryFrequency: expected a duration",
		strings.Replace(brute, "queryFrequency: 1h", "queryFrequency: 1m", 1):      "expected 5 minutes to 14 days",
		strings.Replace(brute, "severity: Medium", "severity: Critical", 1):        "severity: expected Informational",
		strings.Replace(brute, "triggerOperator: gt", "triggerOperator: above", 1): "triggerOperator: expected",
		strings.Replace(brute, "columnName: IPAddress", "column: IPAddress", 1):    "an entity mapping needs",
		"query: [": "SIEM0001",
	} {
		rules, list := ParseRules("r.yaml", []byte(text))
		if len(rules) != 0 || !list.HasErrors() || !strings.Contains(list.Error(), want) {
			t.Errorf("%d rules, %v; want %s", len(rules), list, want)
		}
	}
	if rules, list := ParseRules("h.yaml", []byte("id: 1\nname: a hunt\nquery: T\n")); len(rules)+len(list) != 0 {
		t.Errorf("a hunting query is a rule: %v %v", rules, list)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1h": time.Hour, "14d": 336 * time.Hour, "PT1H": time.Hour, "P1D": 24 * time.Hour, "P1DT2H3M": 26*time.Hour + 3*time.Minute, "P2W": 336 * time.Hour, "1h30m": 90 * time.Minute,
		"": 0, "P": 0, "PT": 0, "1": 0, "h": 0, "P1H": 0, "PT1D": 0, "1y": 0, "-1h": 0, "99999999h": 0, "0h": 0,
	} {
		if got, ok := ParseDuration(text); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %v, %t", text, got, ok)
		}
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// rows makes results of "TimeGenerated IPAddress Name Suffix" lines.
func rows(lines ...string) *Result {
	out := &Result{Columns: []string{"TimeGenerated", "IPAddress", "Name", "Suffix"}}
	for _, l := range lines {
		var row []jsondoc.Value
		for f := range strings.FieldsSeq(l) {
			v := jsondoc.NewString(f)
			if f == "-" {
				v = jsondoc.Value{}
			}
			row = append(row, v)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// Runs go back from the end of the range, one every frequency, and look back a
// period each.
func TestWindows(t *testing.T) {
	r := rule(t, strings.Replace(brute, "queryPeriod: 1h", "queryPeriod: 2h", 1))
	var got []string
	for _, w := range r.Windows(at("2026-01-01T00:00:00Z"), at("2026-01-01T02:30:00Z")) {
		got = append(got, w.From.Format("15:04")+"-"+w.To.Format("15:04"))
	}
	if s := strings.Join(got, " "); s != "22:30-00:30 23:30-01:30 00:30-02:30" {
		t.Error(s)
	}
}

func TestReplay(t *testing.T) {
	from, to := at("2026-01-01T00:00:00Z"), at("2026-01-01T06:00:00Z")
	events := []time.Time{at("2026-01-01T00:10:00Z"), at("2026-01-01T00:59:59Z"), at("2026-01-01T01:00:00Z"), at("2026-01-01T04:30:00Z")}
	query := func(_ context.Context, _ *Rule, w Window) (*Result, error) {
		res := rows()
		for _, e := range events {
			if !e.Before(w.From) && e.Before(w.To) {
				res.Rows = append(res.Rows, rows(e.Format(time.RFC3339)+" 203.0.113.7 kim example.org").Rows...)
			}
		}
		return res, nil
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"an hour each", "", "", "01:00x2 02:00x1 05:00x1"},
		{"windows that overlap", "queryPeriod: 1h", "queryPeriod: 2h", "01:00x2 02:00x3 03:00x1 05:00x1 06:00x1"},
		{"a threshold", "triggerThreshold: 0", "triggerThreshold: 1", "01:00x2"},
		{"silence", "triggerOperator: gt\ntriggerThreshold: 0", "triggerOperator: eq\ntriggerThreshold: 0", "03:00x0 04:00x0 06:00x0"},
		{"less than", "triggerOperator: gt\ntriggerThreshold: 0", "triggerOperator: lt\ntriggerThreshold: 2", "02:00x1 03:00x0 04:00x0 05:00x1 06:00x0"},
		{"an alert for each event", "kind: Scheduled", "kind: Scheduled\neventGroupingSettings: {aggregationKind: AlertPerResult}", "01:00x1 01:00x1 02:00x1 05:00x1"},
		{"it rests after an alert", "kind: Scheduled", "kind: Scheduled\nsuppressionEnabled: true\nsuppressionDuration: 3h", "01:00x2 05:00x1"},
		{"near real time", "kind: Scheduled", "kind: NRT", "00:11x1 01:00x1 01:01x1 04:31x1"},
	} {
		r := rule(t, strings.Replace(brute, c.old, c.new, 1))
		alerts, runs, err := r.Replay(context.Background(), from, to, query, nil)
		if err != nil || runs == 0 {
			t.Fatal(err)
		}
		var got []string
		for _, a := range alerts {
			got = append(got, fmt.Sprintf("%sx%d", a.Time.Format("15:04"), a.Events))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
	failed := errors.New("no table")
	if _, _, err := rule(t, brute).Replay(context.Background(), from, to, func(context.Context, *Rule, Window) (*Result, error) { return nil, failed }, nil); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	asked := 0
	_, runs, err := rule(t, brute).Replay(context.Background(), from, to, func(context.Context, *Rule, Window) (*Result, error) { asked++; return rows(), nil }, func(w Window) bool { return w.To.Hour() != 3 })
	if err != nil || asked != 1 || runs != 6 {
		t.Errorf("asked %d times in %d runs: %v", asked, runs, err)
	}
}

// Source: "Scheduled analytics rules in Microsoft Sentinel": of more than 150
// events, 149 have an alert each and the last stands for all.
func TestManyAlerts(t *testing.T) {
	r := rule(t, strings.Replace(brute, "kind: Scheduled", "kind: Scheduled\neventGroupingSettings: {aggregationKind: AlertPerResult}", 1))
	for n, want := range map[int][2]int{150: {150, 1}, 151: {150, 151}, 4000: {150, 4000}} {
		res := rows()
		for i := range n {
			res.Rows = append(res.Rows, rows(fmt.Sprintf("2026-01-01T00:00:00Z 10.0.%d.%d kim -", i/256, i%256)).Rows...)
		}
		alerts := r.Alerts(res, Window{at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z")})
		if last := alerts[len(alerts)-1]; len(alerts) != want[0] || last.Events != want[1] || len(last.Entities) > maxEntities {
			t.Errorf("%d events: %d alerts, the last of %d with %d entities", n, len(alerts), last.Events, len(last.Entities))
		}
	}
}

func TestAlert(t *testing.T) {
	r := rule(t, brute+`
customDetails: {Who: Name}
alertDetailsOverride:
  alertDisplayNameFormat: "Guessing by {{IPAddress}} at {{ Name }} {{Nothing}}"
  alertSeverityColumnName: Suffix
`)
	w := Window{at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z")}
	a := r.Alerts(rows("2026-01-01T00:20:00Z 203.0.113.7 kim High", "2026-01-01T00:10:00Z 203.0.113.7 - High", "2026-01-01T00:30:00Z 203.0.113.8 kim -"), w)[0]
	if a.Name != "Guessing by 203.0.113.7 at kim" || a.Severity.String() != "High" && a.Severity.String() != "high" {
		t.Errorf("%q %s", a.Name, a.Severity)
	}
	if a.Start != at("2026-01-01T00:10:00Z") || a.End != at("2026-01-01T00:30:00Z") {
		t.Errorf("%s to %s", a.Start, a.End)
	}
	if got := fmt.Sprint(a.Entities); got != "[IP 203.0.113.7 Account kim High Account High IP 203.0.113.8 Account kim]" {
		t.Error(got)
	}
	if got := fmt.Sprint(a.Details); got != "map[Who:[kim]]" {
		t.Error(got)
	}
	if b := r.Alerts(rows("2026-01-01T00:20:00Z 203.0.113.7 kim High"), w)[0]; b.ID != a.ID {
		t.Error("the id depends on the rows")
	}
	if b := r.Alerts(rows(), w); b != nil {
		t.Error("an alert of nothing")
	}
}

// Source: "Create a scheduled analytics rule from scratch", "Alert grouping".
func TestGroup(t *testing.T) {
	w := func(hour int) Window {
		to := at("2026-01-01T00:00:00Z").Add(time.Duration(hour) * time.Hour)
		return Window{to.Add(-time.Hour), to}
	}
	for _, c := range []struct{ name, config, want string }{
		{"every alert an incident", "", "1 1 1 1 1"},
		{"none", "incidentConfiguration: {createIncident: false}", ""},
		{"all of the rule within five hours", "incidentConfiguration: {createIncident: true, groupingConfiguration: {enabled: true, matchingMethod: AnyAlert}}", "4 1"},
		{"of a day", "incidentConfiguration: {createIncident: true, groupingConfiguration: {enabled: true, matchingMethod: AnyAlert, lookbackDuration: P1D}}", "5"},
		{"of the same entities", "incidentConfiguration: {createIncident: true, groupingConfiguration: {enabled: true, matchingMethod: AllEntities, lookbackDuration: P1D}}", "3 1 1"},
		{"of the same address", "incidentConfiguration: {createIncident: true, groupingConfiguration: {enabled: true, matchingMethod: Selected, groupByEntities: [IP], lookbackDuration: P1D}}", "4 1"},
		{"grouping that is off", "incidentConfiguration: {createIncident: true, groupingConfiguration: {enabled: false, matchingMethod: AnyAlert}}", "1 1 1 1 1"},
	} {
		r := rule(t, brute+c.config+"\n")
		var alerts []*Alert
		for i, line := range []string{"203.0.113.7 kim a", "203.0.113.7 kim a", "203.0.113.7 lee a", "203.0.113.8 kim a"} {
			alerts = append(alerts, r.Alerts(rows("2026-01-01T00:00:00Z "+line), w(i+1))...)
		}
		alerts = append(alerts, r.Alerts(rows("2026-01-01T00:00:00Z 203.0.113.7 kim a"), w(12))...)
		var got []string
		for i, in := range Group(alerts) {
			got = append(got, fmt.Sprint(len(in.Alerts)))
			if in.Number != i+1 || in.Title != "Brute force" {
				t.Errorf("%+v", in)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add("r.yaml", brute)
	f.Add("r.json", `{"resources": [{"type": "x/alertRules", "kind": "NRT", "properties": {"query": "T", "severity": "Low", "displayName": "x"}}]}`)
	f.Fuzz(func(_ *testing.T, name, text string) {
		rules, _ := ParseRules(name, []byte(text))
		w := Window{at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z")}
		for _, r := range rules {
			Group(r.Alerts(rows("2026-01-01T00:20:00Z 203.0.113.7 kim High", "x - - -"), w))
			r.Windows(w.From, w.To)
		}
	})
}
