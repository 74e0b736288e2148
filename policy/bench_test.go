package policy

import (
	"testing"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func mustDefinition(tb testing.TB, text string) *Definition {
	tb.Helper()
	doc, err := jsondoc.ParseString(text)
	if err != nil {
		tb.Fatal(err)
	}
	d, diags := Compile(doc, CompileOptions{})
	if d == nil {
		tb.Fatal(diags)
	}
	return d
}

func mustResource(tb testing.TB, text string) *resource.Resource {
	tb.Helper()
	doc, err := jsondoc.ParseString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return Bare(doc)
}

// threeClauses is what the design's budget is measured with.
const threeClauses = `{"if": {"allOf": [
	{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
	{"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "equals": true},
	{"field": "Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "notEquals": "Deny"}]}, "then": {"effect": "audit"}}`

const benchAccount = `{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a", "name": "a", "type": "Microsoft.Storage/storageAccounts", "location": "westeurope",
	"tags": {"env": "prod"}, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {"accessTier": "Hot", "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false,
	"supportsHttpsTrafficOnly": true, "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []}}}`

func BenchmarkEvaluate(b *testing.B) {
	for _, c := range []struct{ name, rule string }{
		{"clauses=3", threeClauses},
		{"clauses=3 in list", `{"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, {"field": "location", "notIn": ["westeurope", "northeurope"]},
			{"field": "tags['env']", "exists": false}]}, "then": {"effect": "deny"}}`},
		{"count", `{"if": {"count": {"field": "Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]", "where": {"field": "Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].value", "like": "10.*"}}, "greater": 0}, "then": {"effect": "deny"}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			d, r := mustDefinition(b, c.rule), mustResource(b, benchAccount)
			ev := NewEvaluator(Options{})
			b.ReportAllocs()
			for b.Loop() {
				if v := ev.Evaluate(d, r); v.Fires {
					b.Fatal("it matches")
				}
			}
		})
	}
}

// A rule that does not match allocates nothing.
func TestNoMatchAllocatesNothing(t *testing.T) {
	d, r := mustDefinition(t, threeClauses), mustResource(t, benchAccount)
	ev := NewEvaluator(Options{})
	ev.Evaluate(d, r)
	if n := testing.AllocsPerRun(100, func() { ev.Evaluate(d, r) }); n != 0 {
		t.Errorf("%v allocations where the rule does not match", n)
	}
}
