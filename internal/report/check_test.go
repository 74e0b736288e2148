package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/finding"
)

func sampleCheck() *Check {
	return &Check{
		Tool: Tool{"azward", "test"}, GeneratedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Files: []CheckedFile{{"infra/main.json", "template", 3, true}, {"a b/plan.json", "plan", 1, false}},
		Controls: []Control{
			{ID: "storage-minimum-tls", Title: "TLS 1.2 | or later", Severity: finding.Medium, NonCompliant: 2, Unknown: 1},
			{ID: "storage-secure-transfer", Title: "HTTPS only", Severity: finding.High, Compliant: 3},
		},
		Findings: []Finding{
			{ResourceID: "/subscriptions/s/x", ResourceName: "st1", ResourceType: "Microsoft.Storage/storageAccounts", ControlID: "storage-minimum-tls", Title: "TLS 1.2 | or later", State: finding.NonCompliant,
				Severity: finding.Medium, Reasons: []string{"minimumTlsVersion is \"TLS1_0\""}, File: "infra/main.json", Line: 12, Column: 7, Address: "account"},
			{ResourceID: "/subscriptions/s/y", ResourceName: "st2", ResourceType: "Microsoft.Storage/storageAccounts", ControlID: "storage-minimum-tls", Title: "TLS 1.2 | or later", State: finding.NonCompliant,
				Severity: finding.Medium, Reasons: []string{"minimumTlsVersion is \"TLS1_0\""}, File: "a b/plan.json", Address: "module.data.azurerm_storage_account.this[0]"},
		},
		Unknown: []Finding{{ResourceID: "/subscriptions/s/z", ResourceName: "st3", ResourceType: "Microsoft.Storage/storageAccounts", ControlID: "storage-minimum-tls", State: finding.Unknown, Severity: finding.Medium,
			Reasons: []string{"the parameter tls has no value"}, File: "infra/main.json", Line: 20}},
		NotAssessed: []NotAssessed{{What: "azurerm_maps_account.m", Type: "azurerm_maps_account", Reason: "no mapping", File: "a b/plan.json"}},
		Notices:     []Notice{{Severity: "error", Code: "TPL0004", Place: "a b/plan.json:1:2", Message: "broken\x1b[31m"}},
	}
}

// TestCheckFormats writes one check in every format: each names the places,
// and says what is not known and not assessed.
func TestCheckFormats(t *testing.T) {
	c := sampleCheck()
	for _, f := range CheckFormats() {
		var b bytes.Buffer
		if err := f.Write(&b, c); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, want := range []string{"infra/main.json", "12", "module.data.azurerm_storage_account.this", "the parameter tls has no value", "no mapping"} {
			if f.Name == "junit" && want == "no mapping" {
				continue // a suite is a control's; what was not assessed has none
			}
			if !strings.Contains(strings.ReplaceAll(text, `\`, ""), want) {
				t.Errorf("%s does not say %q:\n%s", f.Name, want, text)
			}
		}
		switch f.Name {
		case "sarif":
			var v any
			if err := json.Unmarshal(b.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			sarifFollowsSchema(t, object{t, "sarif", v})
			if !strings.Contains(text, `"uri": "a%20b/plan.json"`) {
				t.Error("a blank in a path is not escaped")
			}
		case "json":
			var back struct {
				Findings    []Finding
				NotAssessed []NotAssessed
			}
			if err := json.Unmarshal(b.Bytes(), &back); err != nil {
				t.Fatal(err)
			}
			if len(back.Findings) != 2 || back.Findings[0].Line != 12 || back.NotAssessed[0].Type != "azurerm_maps_account" {
				t.Errorf("%+v", back)
			}
		case "junit":
			var doc junitSuites
			if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if doc.Name != "azward check" || doc.Failures != 3 || doc.Skipped != 1 || doc.Tests != 5 { // the error of a file is one as well
				t.Errorf("%s: %d tests, %d failures, %d skipped", doc.Name, doc.Tests, doc.Failures, doc.Skipped)
			}
		}
	}
}

func TestCheckTable(t *testing.T) {
	var b bytes.Buffer
	if err := CheckTable(&b, sampleCheck(), TerminalOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"infra/main.json:12  medium  storage-minimum-tls\n", "module.data.azurerm_storage_account.this[0]: TLS 1.2 | or later\n",
		"4 resources in 2 files: 2 findings, 1 not known before deployment, 1 not assessed; 1 file with errors\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("there is color where none was asked for")
	}
}
