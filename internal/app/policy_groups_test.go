package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/testdata"
)

// tiedPolicies are three definitions about storage accounts, one answered by
// hand and one of Microsoft's about itself, and an initiative that ties them to
// requirements of NIST SP 800-53.
const tiedPolicies = `[
{"name": "locked", "properties": {"policyType": "Custom", "mode": "Indexed", "displayName": "Tagged locked",
  "parameters": {"effect": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Deny", "Disabled"]}, "tag": {"type": "String", "defaultValue": "locked"}},
  "policyRule": {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, {"field": "[concat('tags[', parameters('tag'), ']')]", "exists": "false"}]}, "then": {"effect": "[parameters('effect')]"}}}},
{"name": "fine", "properties": {"policyType": "Custom", "mode": "Indexed", "displayName": "Has a name",
  "policyRule": {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, {"field": "name", "exists": "false"}]}, "then": {"effect": "audit"}}}},
{"name": "by-hand", "properties": {"policyType": "Custom", "mode": "All", "displayName": "Somebody looked",
  "policyRule": {"if": {"field": "type", "equals": "Microsoft.Resources/subscriptions"}, "then": {"effect": "manual", "details": {"defaultState": "Unknown"}}}}},
{"name": "theirs", "properties": {"policyType": "Static", "mode": "Indexed", "displayName": "Microsoft says so",
  "policyRule": {"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "audit"}}}},
{"name": "set", "properties": {"policyType": "Custom", "displayName": "Rules",
  "parameters": {"tag": {"type": "String", "defaultValue": "locked"}, "other": {"type": "String", "defaultValue": "name"}},
  "policyDefinitionGroups": [{"name": "NIST_SP_800-53_R5_PL-8"}],
  "policyDefinitions": [
    {"policyDefinitionReferenceId": "a", "policyDefinitionId": "locked", "groupNames": ["NIST_SP_800-53_R5_PL-8", "NIST_SP_800-53_R5_ZZ-1"], "parameters": {"tag": {"value": "[parameters('tag')]"}, "effect": {"value": "Deny"}}},
    {"policyDefinitionReferenceId": "b", "policyDefinitionId": "fine", "groupNames": ["NIST_SP_800-53_R5_PL-8", "NIST_SP_800-53_R5_PL-9"]},
    {"policyDefinitionReferenceId": "c", "policyDefinitionId": "by-hand", "groupNames": ["NIST_SP_800-53_R5.1.1_AC.2.11"]},
    {"policyDefinitionReferenceId": "d", "policyDefinitionId": "theirs", "groupNames": ["NIST_SP_800-53_R5_PL-10"]},
    {"policyDefinitionReferenceId": "e", "policyDefinitionId": "locked", "groupNames": ["NIST_SP_800-53_R5_PL-11"], "parameters": {"tag": {"value": "[parameters('other')]"}}},
    {"policyDefinitionReferenceId": "f", "policyDefinitionId": "locked", "groupNames": ["NIST_SP_800-53_R5_PM-5"], "parameters": {"effect": {"value": "Disabled"}}}]}}]`

func nist(t *testing.T, a *report.Assessment) map[string]compliance.RequirementResult {
	t.Helper()
	out := map[string]compliance.RequirementResult{}
	for _, f := range a.Compliance {
		if f.ID == "nist-800-53-r5" {
			for _, r := range f.Requirements {
				out[r.ID] = r
			}
		}
	}
	return out
}

func policiesOf(r compliance.RequirementResult) string {
	var out []string
	for _, a := range r.Controls {
		if a.Policy {
			out = append(out, a.Control)
		}
	}
	return strings.Join(out, " ")
}

func TestInitiativesTieDefinitionsToRequirements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policies.json")
	if err := os.WriteFile(path, []byte(tiedPolicies), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, initiative string
		want             map[string]string // policies of a requirement
	}{
		{"every definition as it is", "", map[string]string{"PL-8": "fine locked", "PL-9": "fine", "AC-2(11)": "by-hand", "PL-10": "", "PL-11": "", "PM-5": ""}},
		{"as the initiative asks", "Rules", map[string]string{"PL-8": "fine locked", "PL-9": "fine", "AC-2(11)": "by-hand", "PL-10": "", "PL-11": "locked#e", "PM-5": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := assessDemo(t, func(o *Options) { o.Policies, o.Initiative = []string{path}, c.initiative })
			if slices.ContainsFunc(a.Controls, func(c report.Control) bool { return c.ID == "theirs" }) {
				t.Error("Microsoft's word about itself is assessed")
			}
			if !slices.ContainsFunc(a.Notices, func(n report.Notice) bool { return strings.HasPrefix(n.Message, "definitions that are static") }) {
				t.Errorf("nothing is said of what is left out: %v", a.Notices)
			}
			got := nist(t, a)
			for id, want := range c.want {
				if p := policiesOf(got[id]); p != want {
					t.Errorf("%s is answered by %q, want %q", id, p, want)
				}
			}
			for id, want := range map[string]compliance.State{"PL-8": compliance.NotMet, "PL-9": compliance.Met, "AC-2(11)": compliance.Unknown} {
				if got[id].State != want {
					t.Errorf("%s is %s, want %s: %+v", id, got[id].State, want, got[id].Controls)
				}
			}
			if s := got["PM-5"].State; c.initiative != "" && s == compliance.Met {
				t.Errorf("a disabled member makes PM-5 %s", s)
			}
		})
	}
}

// TestConformanceRegulatoryInitiatives counts the requirements that the demo
// answers with and without Azure's built-in definitions.
func TestConformanceRegulatoryInitiatives(t *testing.T) {
	archive := testdata.File(t, "policy", "built-in-policies.tar.gz")
	alone := assessDemo(t, nil)
	with, err := Assess(context.Background(), Options{Demo: true, Policies: []string{archive}, Now: testNow})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range with.Compliance {
		was, total := alone.Compliance[i].Summary, len(f.Requirements)
		t.Logf("figure: %s: %d of %d requirements assessed by controls, %d with the built-in definitions (%d met, %d not met, %d unknown)", f.ID,
			was.Met+was.NotMet+was.Unknown, total, f.Summary.Met+f.Summary.NotMet+f.Summary.Unknown, f.Summary.Met, f.Summary.NotMet, f.Summary.Unknown)
		for k, r := range f.Requirements {
			before := alone.Compliance[i].Requirements[k]
			if before.State == compliance.NotMet && r.State != compliance.NotMet || r.State == compliance.Met && slices.ContainsFunc(r.Controls, func(a compliance.Answer) bool { return a.State == compliance.Unknown }) {
				t.Errorf("%s %s was %s and is %s", f.ID, r.ID, before.State, r.State)
			}
		}
		if f.ID == "nist-800-53-r5" && f.Summary.NotAssessed > 200 {
			t.Errorf("%d of %d requirements of %s are not assessed", f.Summary.NotAssessed, total, f.ID)
		}
	}
}
