package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

// The counts are those of data/README.md, made by whoever packed the archive.
func TestConformancePolicyList(t *testing.T) {
	lib, err := LoadPolicies([]string{testdata.File(t, "policy", "built-in-policies.tar.gz")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	definitions, initiatives, described := 0, 0, 0
	for _, s := range lib.Catalog(PolicyFilter{}) {
		if s.Kind == "initiative" {
			initiatives++
		} else {
			definitions++
		}
		if s.Error == "" && s.Category != "" && s.Version != "" && (s.Members > 0 || s.Mode != "" && len(s.Effects) > 0) {
			described++
		} else {
			t.Logf("%s: %+v", s.Place, s)
		}
	}
	if definitions != 5009 || initiatives != 257 {
		t.Errorf("%d definitions and %d initiatives, want 5009 and 257", definitions, initiatives)
	}
	t.Logf("conformance: policy list definitions %d of 5009", definitions)
	t.Logf("conformance: policy list initiatives %d of 257", initiatives)
	t.Logf("conformance: policy list with category, version, effects or members %d of %d", described, definitions+initiatives)
	only := lib.Catalog(PolicyFilter{Kind: "definition", Category: "storage", Effect: "deny", Search: "SECURE TRANSFER to"})
	if len(only) != 1 || !strings.HasPrefix(only[0].Name, "404c3081") {
		t.Errorf("the filters let %d through: %+v", len(only), only)
	}
}

func TestEffectsOf(t *testing.T) {
	for text, want := range map[string]string{
		`{"policyRule": {"then": {"effect": "deny"}}}`: "deny deny",
		`{"parameters": {"Effect": {"defaultValue": "Audit", "allowedValues": ["Audit", "Deny"]}}, "policyRule": {"then": {"effect": "[parameters('effect')]"}}}`: "Audit Audit,Deny",
		`{"parameters": {"e": {"defaultValue": "Audit"}}, "policyRule": {"then": {"effect": "[ parameters('e') ]"}}}`:                                             "Audit Audit",
	} {
		def, allowed := EffectsOf(jsonOf(t, text))
		if got := def + " " + strings.Join(allowed, ","); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func jsonOf(t *testing.T, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
