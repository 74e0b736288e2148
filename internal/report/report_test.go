package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/posture"
)

// sample makes an assessment of some controls with n open findings.
func sample(n int) *Assessment {
	const sub = "11111111-1111-1111-1111-111111111111"
	a := &Assessment{
		Tool: Tool{"azward", "1.0"}, GeneratedAt: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC), Subject: "demo: a regional hospital group",
		Inventory: Inventory{Resources: 412, Types: 3, Subscriptions: []Subscription{{sub, "Patient Records"}}, Names: map[string]string{sub: "Patient Records"}},
		Controls: []Control{
			{ID: "storage-public", Title: "Storage accounts allow no anonymous access to blobs", Why: "Anybody could read them.", Severity: finding.Critical, ScoreControl: "Restrict unauthorized network access", Area: "data and encryption", Owner: "data", Effort: "low", NonCompliant: n, Compliant: 4, State: compliance.NotMet, Mappings: map[string][]string{"soc2": {"CC6.1"}}, References: []string{"https://learn.microsoft.com/x"}, Remediation: map[string]string{"azcli": "az storage account update --ids {{id}}"}},
			{ID: "user-mfa", Title: "People sign in with multifactor authentication", Severity: finding.High, Owner: "identity", Effort: "high", Unknown: 3, State: compliance.Unknown},
			{ID: "kv-purge", Title: "Key vaults keep what is deleted", Severity: finding.Low, Owner: "platform", Exempt: 1, Compliant: 1, State: compliance.Met},
		},
		Score: posture.Score{
			Current: 13.5, Max: 14, Percentage: 0.9643, BeforeExemptions: 0.9,
			Controls: []posture.ControlScore{
				{Name: "Enable MFA", DefinitionMax: 10, Max: 10, Current: 10, Percentage: 1, Healthy: 9},
				{Name: "Restrict unauthorized network access", DefinitionMax: 4, Max: 4, Current: 3.5, Percentage: 0.875, Healthy: 7, Unhealthy: 1, Unknown: 1, PotentialIncrease: 0.0357},
				{Name: "Implement security best practices", Healthy: 3, Unhealthy: 3},
				{Name: "Protect applications against DDoS attacks", DefinitionMax: 2, NotApplicable: 4},
			},
			Scopes:  []posture.ScopeScore{{Scope: sub, Name: "Patient Records", Percentage: 0.9643, Current: 13.5, Max: 14}},
			Unknown: posture.UnknownCost{Verdicts: 3, Resources: 3, Worst: 0.8, Best: 0.97},
			Gains:   []posture.Gain{{ID: "storage-public", Percentage: 0.0357, Points: 0.5, Open: n}},
		},
		Responsibility: []compliance.Row{{Type: "Microsoft.Storage/storageAccounts", Count: 9, Service: "paas", Cells: []compliance.Cell{
			{Area: "physical", Owner: compliance.Microsoft, State: compliance.Inherited}, {Area: "data and encryption", Owner: compliance.Customer, State: compliance.NotMet, Tally: compliance.Tally{Open: n}}, {Area: "monitoring", Owner: compliance.Both, State: compliance.NotAssessed},
		}}},
		Compliance: []compliance.FrameworkResult{{ID: "soc2", Name: "SOC 2", Split: "by hand", Summary: compliance.Summary{NotMet: 1, NotAssessed: 1}, Requirements: []compliance.RequirementResult{
			{ID: "CC6.1", Title: "Access is restricted", Owner: compliance.Both, State: compliance.NotMet, Controls: []compliance.Answer{{Control: "storage-public", State: compliance.NotMet}}},
			{ID: "CC1.1", Title: "Integrity", Owner: compliance.Customer, Controls: []compliance.Answer{}},
		}}},
		Exemptions: []Exemption{{Control: "kv-purge", Scope: "/subscriptions/" + sub, Category: posture.Waiver, Owner: "Ana", Reason: "test", Expires: "2026-01-01", Expired: true, Verdicts: 2}},
		Notices:    []Notice{{Severity: "error", Code: "READ0001", Place: "export/bad.json:3:9", Message: "expected a value"}},
		Timings:    Timings{Total: 840, Evaluations: 12345},
	}
	action := posture.Action{Title: a.Controls[0].Title, Controls: []string{"storage-public"}, Severity: finding.Critical, Effort: "low", Owner: "data", Breaks: []string{"Public links stop working."}, Findings: n, Resources: n, Gain: 0.0357, ScoreAfter: 1}
	findings, unknown := []Finding{}, []Finding{}
	for i := range n {
		id := fmt.Sprintf("/subscriptions/%s/resourceGroups/rg-radiology-%d/providers/Microsoft.Storage/storageAccounts/stpatientscans%05d", sub, i%20, i)
		findings = append(findings, Finding{
			ResourceID: id, ResourceName: fmt.Sprintf("stpatientscans%05d", i), ResourceType: "Microsoft.Storage/storageAccounts", ControlID: "storage-public",
			Title: a.Controls[0].Title, State: finding.NonCompliant, Severity: finding.Critical, Reasons: []string{"allowBlobPublicAccess is true"}, File: "export/storage accounts.json",
		})
		action.Commands = append(action.Commands, posture.Command{Resource: id, AzCLI: "az storage account update --ids " + id + " --allow-blob-public-access false"})
	}
	findings = append(findings, Finding{ResourceID: "/subscriptions/" + sub + "/resourceGroups/x/providers/Microsoft.KeyVault/vaults/kv", ResourceName: "kv", ControlID: "kv-purge", Title: "Key vaults keep what is deleted", State: finding.Exempt, Severity: finding.Low, Reasons: []string{}, Exemption: "Waiver by Ana: test"})
	for i := range 3 {
		unknown = append(unknown, Finding{ResourceID: fmt.Sprintf("/providers/Microsoft.Graph/users/u%d", i), ResourceName: fmt.Sprintf("u%d", i), ControlID: "user-mfa", Title: "People sign in with multifactor authentication", Severity: finding.High, Reasons: []string{"Microsoft.Graph/users were read without registration details"}})
	}
	a.Findings, a.Unknown = ListOf(findings), ListOf(unknown)
	a.Plan = []posture.Action{action}
	return a
}

func render(t *testing.T, w Write, a *Assessment) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := w(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestJSONHoldsTheContract(t *testing.T) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(render(t, JSON, sample(2)), &doc); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"score", "findings", "unknown", "responsibility", "compliance", "timings"} {
		if doc[key] == nil || string(doc[key]) == "null" {
			t.Errorf("member %q is missing", key)
		}
	}
	var score struct {
		Current, Max, Percentage *float64
		Controls                 []map[string]any
	}
	if err := json.Unmarshal(doc["score"], &score); err != nil || score.Current == nil || score.Max == nil || score.Percentage == nil || len(score.Controls) == 0 {
		t.Errorf("score = %s, %v", doc["score"], err)
	}
	var findings []struct {
		ResourceID, ControlID, State, Severity string
		Reasons                                []string
	}
	if err := json.Unmarshal(doc["findings"], &findings); err != nil {
		t.Fatal(err)
	}
	if f := findings[0]; f.State != "NonCompliant" || f.Severity != "critical" || f.ControlID != "storage-public" || len(f.Reasons) != 1 {
		t.Errorf("finding = %+v", f)
	}
}

func TestJSONL(t *testing.T) {
	dec := json.NewDecoder(bytes.NewReader(render(t, JSONL, sample(2))))
	n := 0
	for ; dec.More(); n++ {
		var f Finding
		if err := dec.Decode(&f); err != nil {
			t.Fatal(err)
		}
	}
	if n != 6 {
		t.Errorf("%d lines, want 2 open, 1 exempt, 3 unknown", n)
	}
}

func TestCSVRunsNoFormulas(t *testing.T) {
	a := sample(1)
	a.Findings.source.(made)[0].ResourceName = `=HYPERLINK("http://x")`
	rows, err := csv.NewReader(bytes.NewReader(render(t, CSV, a))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 || rows[1][5] != `'=HYPERLINK("http://x")` || rows[1][7] != "11111111-1111-1111-1111-111111111111" || rows[1][8] != "data" {
		t.Errorf("rows = %q", rows)
	}
}

func TestSARIF(t *testing.T) {
	var doc sarifLog
	dec := json.NewDecoder(bytes.NewReader(render(t, SARIF, sample(2))))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	run := doc.Runs[0]
	if doc.Version != "2.1.0" || len(run.Tool.Driver.Rules) != 3 || len(run.Results) != 6 {
		t.Fatalf("version %s, %d rules, %d results", doc.Version, len(run.Tool.Driver.Rules), len(run.Results))
	}
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Fingerprints["azward/v1"] == "" {
			t.Errorf("result %+v", r)
		}
	}
	if r := run.Results[0]; r.Kind != "fail" || r.Level != "error" || r.Locations[0].Physical.Artifact.URI != "export/storage%20accounts.json" {
		t.Errorf("first = %+v", r)
	}
	if r := run.Results[2]; len(r.Suppressions) != 1 {
		t.Errorf("the exempt one is not suppressed: %+v", r)
	}
	if r := run.Results[3]; r.Kind != "open" || r.Level != "none" {
		t.Errorf("unknown = %+v", r)
	}
}

func TestOCSF(t *testing.T) {
	var events []ocsfEvent
	if err := json.Unmarshal(render(t, OCSF, sample(2)), &events); err != nil {
		t.Fatal(err)
	}
	if len(events) != 6 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.ClassUID != 2003 || e.TypeUID != 200301 || e.SeverityID != 5 || e.Compliance.StatusID != 3 || e.Compliance.Requirements[0] != "soc2 CC6.1" || e.Cloud.Account.Name != "Patient Records" {
		t.Errorf("first = %+v", e)
	}
	if events[2].StatusID != 3 || events[3].Compliance.StatusID != 0 {
		t.Errorf("exempt %+v, unknown %+v", events[2], events[3])
	}
}

func TestJUnit(t *testing.T) {
	var doc junitSuites
	if err := xml.Unmarshal(render(t, JUnit, sample(2)), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Failures != 2 || doc.Skipped != 4 || doc.Tests != 6 || len(doc.Suites) != 3 {
		t.Errorf("tests %d, failures %d, skipped %d", doc.Tests, doc.Failures, doc.Skipped)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	a := sample(1)
	a.Subject = "<script>|*x*"
	text := string(render(t, Markdown, a))
	if strings.Contains(text, "<script>") || !strings.Contains(text, `\|\*x\*`) {
		t.Error("the subject is not escaped")
	}
	for _, want := range []string{"Secure Score 96.4%", "| critical |", "not assessed, never met", "az storage account update --ids /subscriptions/"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestTerminalFitsAndStaysClean(t *testing.T) {
	a := sample(8)
	a.Findings.source.(made)[0].ResourceName = "evil\x1b[2Jname"
	for _, width := range []int{60, 80, 200} {
		var out bytes.Buffer
		if err := Terminal(&out, a, TerminalOptions{Width: width, Next: "azward assess --demo --format html -o report.html"}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := length(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("width %d: a line has %d columns: %q", width, n, line)
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("width %d: an escape sequence without color", width)
		}
		for _, want := range []string{"96.4%", "13.5 of 14 points", "8 critical", "stpatientscans00001", "Not known: 3 verdicts", "1 exemption expired", "--format html"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("width %d: no %q in\n%s", width, want, out.String())
			}
		}
	}
	var out bytes.Buffer
	if err := Terminal(&out, a, TerminalOptions{Width: 80, Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\x1b[1m") || strings.Contains(out.String(), "\x1b[2J") {
		t.Error("color is missing, or a name's escape sequence came through")
	}
}

func TestHTML(t *testing.T) {
	a := sample(3)
	a.Subject = `<img src=x onerror=alert(1)>`
	a.Findings.source.(made)[0].ResourceName = `</li><script>alert(1)</script>`
	a.Plan[0].Commands[0].AzCLI = `az x '</pre><script>alert(2)</script>'`
	text := string(render(t, HTML, a))
	for _, bad := range []string{"<img src=x", "<script>alert", "http://", "<script src", "<link", "@import"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"Secure Score", "96.4%", "storage-public", "stpatientscans00001", "Who owes what", "not assessed", "prefers-color-scheme", "Content-Security-Policy"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the page", want)
		}
	}
}

func TestHTMLStaysSmall(t *testing.T) {
	for _, n := range []int{2_400, 10_000, 40_000} {
		if size := len(render(t, HTML, sample(n))); size > 3_000_000 {
			t.Errorf("%d findings make a page of %d bytes, want 3 MB at most", n, size)
		}
	}
}

func TestEmptyAssessment(t *testing.T) {
	a := &Assessment{Tool: Tool{Name: "azward"}, Subject: "nothing"}
	for _, f := range Formats() {
		if err := f.Write(io.Discard, a); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if err := Terminal(io.Discard, a, TerminalOptions{}); err != nil {
		t.Error(err)
	}
}
