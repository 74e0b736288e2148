package lint

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

const list = "Microsoft.Storage/storageAccounts/networkAcls.ipRules,a\nMicrosoft.Storage/storageAccounts/networkAcls.ipRules[*],a\nMicrosoft.Storage/storageAccounts/networkAcls.ipRules[*].value,a\n" +
	"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].action,a\nMicrosoft.Storage/storageAccounts/minimumTlsVersion,a\n"

const rules = "Microsoft.Storage/storageAccounts/networkAcls.ipRules"

func codes(l diag.List) string {
	var out []string
	for _, d := range l {
		out = append(out, d.Code)
	}
	return strings.Join(out, " ")
}

// Each rule with the codes that it gets, by their place. The array rows are
// those of "Author policies for array properties on Azure resources".
func TestDefinition(t *testing.T) {
	aliases, err := policy.ParseAliases([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	const typ = `{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}`
	for name, c := range map[string]struct{ rule, want string }{
		"two wildcards":                           {`{"field": "kind", "like": "a*b*"}`, CodeWanted},
		"one wildcard":                            {`{"field": "kind", "like": "a*"}`, ""},
		"in of a text":                            {`{"field": "kind", "in": "a"}`, CodeWanted},
		"in of a parameter":                       {`{"field": "kind", "in": "[parameters('k')]"}`, ""},
		"exists of another text":                  {`{"field": "kind", "exists": "maybe"}`, CodeWanted},
		"less than a truth":                       {`{"count": {"field": "` + rules + `[*]", "where": {"field": "` + rules + `[*].action", "match": 5}}, "less": true}`, CodeWanted + " " + CodeWanted},
		"clean":                                   {typ, ""},
		"contradiction":                           {`{"allOf": [` + typ + `, {"field": "TYPE", "equals": "Microsoft.Web/sites"}]}`, CodeNever},
		"contradiction of in and not":             {`{"allOf": [{"field": "location", "in": ["West Europe"]}, {"not": {"field": "location", "equals": "westeurope"}}]}`, CodeNever},
		"exists and not":                          {`{"allOf": [{"field": "tags['a']", "exists": false}, {"field": "tags['a']", "equals": "x"}]}`, CodeNever},
		"absent differs from everything":          {`{"allOf": [{"field": "tags['a']", "exists": false}, {"field": "tags['a']", "notEquals": "x"}]}`, CodeRedundant},
		"always":                                  {`{"anyOf": [` + typ + `, {"field": "type", "notEquals": "microsoft.storage/storageaccounts"}]}`, CodeAlways},
		"always by notIn":                         {`{"not": {"allOf": [{"field": "kind", "equals": "a"}, {"field": "kind", "in": ["b", "c"]}]}}`, CodeAlways},
		"an alternative that cannot be":           {`{"allOf": [` + typ + `, {"anyOf": [{"field": "type", "equals": "a.b/c"}, {"field": "kind", "equals": "x"}]}]}`, CodeUnreachable},
		"an alternative that is covered":          {`{"anyOf": [{"field": "kind", "in": ["a", "b"]}, {"field": "kind", "equals": "B"}]}`, CodeRedundant},
		"said twice":                              {`{"allOf": [` + typ + `, {"field": "type", "in": ["Microsoft.Storage/storageAccounts", "a.b/c"]}]}`, CodeRedundant},
		"parameters narrow nothing":               {`{"allOf": [{"field": "kind", "equals": "[parameters('k')]"}, {"field": "kind", "equals": "b"}]}`, ""},
		"patterns narrow nothing":                 {`{"allOf": [{"field": "kind", "like": "a*"}, {"field": "kind", "equals": "b"}]}`, ""},
		"switched off on purpose":                 {`{"allOf": [` + typ + `, {"value": "true", "equals": "false"}]}`, CodeNever},
		"constant expression":                     {`{"allOf": [` + typ + `, {"value": "[length('abc')]", "equals": 4}]}`, CodeNever},
		"count is never below nothing":            {`{"allOf": [` + typ + `, {"count": {"field": "` + rules + `[*]"}, "less": 0}]}`, CodeNever},
		"count is always at least nothing":        {`{"allOf": [` + typ + `, {"count": {"field": "` + rules + `[*]"}, "greaterOrEquals": 0}]}`, CodeRedundant},
		"contradiction within a where":            {`{"count": {"field": "` + rules + `[*]", "where": {"allOf": [{"field": "` + rules + `[*].action", "equals": "Allow"}, {"field": "` + rules + `[*].action", "equals": "Deny"}]}}, "greater": 0}`, CodeUnreachable},
		"each of two elements of their own":       {`{"allOf": [{"count": {"field": "` + rules + `[*]", "where": {"field": "` + rules + `[*].value", "equals": "a"}}, "greater": 0}, {"count": {"field": "` + rules + `[*]", "where": {"field": "` + rules + `[*].value", "equals": "b"}}, "greater": 0}]}`, ""},
		"not around [*] equals":                   {`{"not": {"field": "` + rules + `[*].value", "equals": "10.0.0.1"}}`, CodeNotEach},
		"not around [*] notEquals is the way":     {`{"not": {"field": "` + rules + `[*].value", "notEquals": "10.0.0.1"}}`, ""},
		"[*] holds for an empty array":            {`{"field": "` + rules + `[*].value", "equals": "10.0.0.1"}`, CodeEmptyArray},
		"[*] with its length":                     {`{"allOf": [{"value": "[length(field('` + rules + `'))]", "greater": 0}, {"field": "` + rules + `[*].value", "equals": "10.0.0.1"}]}`, ""},
		"two of one array":                        {`{"allOf": [{"field": "` + rules + `[*].value", "notEquals": "a"}, {"field": "` + rules + `[*].action", "notEquals": "b"}]}`, CodeSameElement},
		"an array as a scalar":                    {`{"field": "` + rules + `", "equals": "a"}`, CodeArrayScalar},
		"values counted too often":                {`{"count": {"value": [` + strings.Repeat("1, ", 100) + `1], "where": {"value": "[current()]", "equals": 2}}, "greater": 5}`, CodeLimit},
		"values counted in counts of values":      {`{"count": {"value": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "name": "a", "where": {"count": {"value": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "name": "b", "where": {"value": "[current('b')]", "equals": "[current('a')]"}}, "greater": 0}}, "greater": 5}`, CodeLimit},
		"an array counted too often":              {`{"anyOf": [` + strings.Repeat(`{"count": {"field": "`+rules+`[*]"}, "equals": "[length(field('name'))]"}, `, 5) + `{"count": {"field": "` + rules + `[*]"}, "greater": 7}]}`, CodeLimit},
		"functions inside each other":             {`{"value": "[` + strings.Repeat("toLower(", 65) + `field('name')` + strings.Repeat(")", 65) + `]", "equals": "a"}`, CodeLimit},
		"field() of [*]":                          {`{"value": "[field('` + rules + `[*].value')]", "equals": "a"}`, CodeFieldEach},
		"unknown alias":                           {`{"field": "Microsoft.Storage/storageAccounts/minimumTLSVersions", "equals": "a"}`, CodeAlias},
		"unknown operator is the compiler's word": {`{"field": "type", "equls": "a"}`, "POL0004"},
	} {
		text := `{"properties": {"mode": "All", "metadata": {"version": "1.0.0"}, "parameters": {"k": {"type": "String"}}, "policyRule": {"if": ` + c.rule + `, "then": {"effect": "audit"}}}}`
		var got diag.List
		for _, d := range definition(t, text, Options{Aliases: aliases}) {
			if d.Code != CodeUnused {
				got = append(got, d)
			}
		}
		if codes(got) != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func definition(t *testing.T, text string, o Options) diag.List {
	t.Helper()
	doc, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return Definition(doc, diag.NewSource("x.json", text), o)
}

func TestAroundTheRule(t *testing.T) {
	const rule = `"policyRule": {"if": {"field": "type", "equals": "a.b/c"}, "then": `
	for name, c := range map[string]struct{ text, want string }{
		"no version":            {`{` + rule + `{"effect": "audit"}}}`, CodeVersion},
		"unused":                {`{"version": "1.0.0", "parameters": {"a": {"type": "String"}}, ` + rule + `{"effect": "audit"}}}`, CodeUnused},
		"used in a template":    {`{"version": "1.0.0", "parameters": {"a": {"type": "String"}}, ` + rule + `{"effect": "deployIfNotExists", "details": {"type": "a.b/d", "roleDefinitionIds": ["r"], "deployment": {"properties": {"template": {"x": "[parameters('a')]"}}}}}}}`, CodeUnused},
		"used by its values":    {`{"version": "1.0.0", "parameters": {"a": {"type": "String"}}, ` + rule + `{"effect": "deployIfNotExists", "details": {"type": "a.b/d", "roleDefinitionIds": ["r"], "deployment": {"properties": {"parameters": {"x": {"value": "[parameters('A')]"}}}}}}}}`, ""},
		"undeclared":            {`{"version": "1.0.0", ` + rule + `{"effect": "[parameters('effect')]"}}}`, "POL0101"},
		"default not allowed":   {`{"version": "1.0.0", "parameters": {"effect": {"type": "String", "defaultValue": "Deny", "allowedValues": ["Audit"]}}, ` + rule + `{"effect": "[parameters('effect')]"}}}`, CodeDefault},
		"no such effect":        {`{"version": "1.0.0", "parameters": {"effect": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Denied"]}}, ` + rule + `{"effect": "[parameters('effect')]"}}}`, CodeEffectMode},
		"not of the mode":       {`{"version": "1.0.0", "mode": "Microsoft.KeyVault.Data", ` + rule + `{"effect": "append", "details": [{"field": "tags['a']", "value": "b"}]}}}`, CodeEffectMode},
		"lacks a deployment":    {`{"version": "1.0.0", ` + rule + `{"effect": "deployIfNotExists", "details": {"type": "a.b/d", "roleDefinitionIds": ["r"]}}}}`, CodeDetails},
		"a delay that is none":  {`{"version": "1.0.0", ` + rule + `{"effect": "auditIfNotExists", "details": {"type": "a.b/d", "evaluationDelay": "P1D"}}}}`, CodeDetail},
		"a delay":               {`{"version": "1.0.0", ` + rule + `{"effect": "auditIfNotExists", "details": {"type": "a.b/d", "evaluationDelay": "PT6H"}}}}`, ""},
		"a scope that is none":  {`{"version": "1.0.0", ` + rule + `{"effect": "auditIfNotExists", "details": {"type": "a.b/d", "existenceScope": "tenant"}}}}`, CodeDetail},
		"a conflict effect":     {`{"version": "1.0.0", ` + rule + `{"effect": "modify", "details": {"roleDefinitionIds": ["r"], "conflictEffect": "warn", "operations": [{"operation": "add", "field": "tags['a']", "value": "b"}]}}}}`, CodeDetail},
		"removes no tag":        {`{"version": "1.0.0", ` + rule + `{"effect": "modify", "details": {"roleDefinitionIds": ["r"], "operations": [{"operation": "remove", "field": "a.b/c/d"}]}}}}`, CodeDetail},
		"a condition of fields": {`{"version": "1.0.0", ` + rule + `{"effect": "modify", "details": {"roleDefinitionIds": ["r"], "operations": [{"operation": "add", "field": "tags.a", "value": "b", "condition": "[equals(field('name'), 'x')]"}]}}}}`, CodeDetail},
		"no location":           {`{"version": "1.0.0", ` + rule + `{"effect": "deployIfNotExists", "details": {"type": "a.b/d", "roleDefinitionIds": ["r"], "deploymentScope": "subscription", "deployment": {"properties": {"template": {}}}}}}}`, CodeDetail},
		"lacks operations of an effect that may be chosen": {`{"version": "1.0.0", "parameters": {"effect": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Modify"]}}, ` + rule + `{"effect": "[parameters('effect')]"}}}`, "POL0106"},
	} {
		if got := definition(t, c.text, Options{}); codes(got) != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func TestRemarksHavePlaces(t *testing.T) {
	got := definition(t, "{\"version\": \"1.0.0\", \"policyRule\": {\n  \"if\": {\"allOf\": [\n    {\"field\": \"type\", \"equals\": \"a.b/c\"},\n    {\"anyOf\": [{\"field\": \"type\", \"equals\": \"d\"}, {\"field\": \"kind\", \"equals\": \"e\"}]}]},\n  \"then\": {\"effect\": \"audit\"}}}", Options{})
	if len(got) != 1 || got[0].Error() != `x.json:4:16: warning: POL0502: type equals "d" can never hold here, by the conditions before it` {
		t.Errorf("%v", got)
	}
}

func TestInitiative(t *testing.T) {
	text := `{"properties": {"metadata": {"version": "1.0.0"}, "parameters": {"p": {"type": "String", "defaultValue": "x"}}, "policyDefinitionGroups": [{"name": "g"}], "policyDefinitions": [
		{"policyDefinitionId": "/d", "policyDefinitionReferenceId": "a", "groupNames": ["g"], "parameters": {"known": {"value": "[parameters('p')]"}}},
		{"policyDefinitionId": "/d", "policyDefinitionReferenceId": "A", "groupNames": ["h"], "parameters": {"other": {"value": "[parameters('q')]"}}},
		{"policyDefinitionId": "/gone", "policyDefinitionReferenceId": "b"}]}}`
	doc, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := jsondoc.ParseString(`{"parameters": {"known": {"type": "String"}}}`)
	got := Initiative(doc, diag.NewSource("x.json", text), Options{Find: func(id, _ string) ([]jsondoc.Value, bool) {
		if id == "/d" {
			return []jsondoc.Value{body}, true
		}
		return nil, false
	}})
	if want := strings.Join([]string{CodeMemberValues, CodeReference, CodeGroup, CodeMemberValues, CodeUndeclared, CodeMember}, " "); codes(got) != want {
		t.Errorf("%v\nwant %s", got, want)
	}
}

func TestChecksAreListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		if seen[c.Code] || c.Title == "" {
			t.Errorf("%s", c.Code)
		}
		seen[c.Code] = true
	}
}

// A rule of 5 MB, a thousand allowed effects, an allOf of a thousand fields: an
// answer within a second or so, and no more remarks than anybody reads.
func TestHostileRules(t *testing.T) {
	clauses := func(n int, one func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = one(i)
		}
		return strings.Join(parts, ",")
	}
	for name, text := range map[string]string{
		"many alternatives": `{"policyRule": {"if": {"anyOf": [` + clauses(60_000, func(i int) string {
			return fmt.Sprintf(`{"field": "a.b/c/d[*].x%d", "equals": "[parameters('p%d')]"}`, i, i)
		}) + `]}, "then": {"effect": "audit"}}}`,
		"many fields":              `{"policyRule": {"if": {"allOf": [` + clauses(990, func(i int) string { return fmt.Sprintf(`{"not": {"field": "a.b/c/x%d", "in": ["a", "b"]}}`, i) }) + `]}, "then": {"effect": "audit"}}}`,
		"many values of one field": `{"policyRule": {"if": {"anyOf": [` + clauses(990, func(i int) string { return fmt.Sprintf(`{"field": "kind", "notEquals": "x%d"}`, i) }) + `]}, "then": {"effect": "audit"}}}`,
		"many effects":             `{"parameters": {"e": {"type": "String", "defaultValue": "x", "allowedValues": [` + clauses(50_000, func(int) string { return `"Audit"` }) + `]}}, "policyRule": {"if": {"field": "kind", "equals": "a"}, "then": {"effect": "[parameters('e')]"}}}`,
	} {
		started := time.Now()
		if got := definition(t, text, Options{}); len(got) == 0 || len(got) > 2*maxRemarks {
			t.Errorf("%s: %d remarks", name, len(got))
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func FuzzDefinition(f *testing.F) {
	f.Add(`{"policyRule": {"if": {"allOf": [{"field": "type", "equals": "a"}, {"not": {"field": "a.b/c/d[*]", "in": ["x"]}}]}, "then": {"effect": "[parameters('e')]"}}, "parameters": {"e": {"allowedValues": ["Audit"]}}}`)
	f.Add(`{"policyRule": {"if": {"count": {"field": "a.b/c/d[*]", "where": {"value": "[current()]", "equals": 1}}, "less": -1}, "then": {"effect": "modify", "details": {"operations": [{}]}}}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		doc, err := jsondoc.ParseString(text)
		if err != nil {
			return
		}
		Definition(doc, diag.NewSource("x", text), Options{})
		Initiative(doc, diag.NewSource("x", text), Options{})
	})
}
