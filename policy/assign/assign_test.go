package assign

import (
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	httpsDefinition = `{"id": "/providers/Microsoft.Authorization/policyDefinitions/https", "name": "https", "properties": {"version": "1.2.0", "parameters": {
		"effect": {"type": "String", "defaultValue": "Audit", "allowedValues": ["Audit", "Deny", "Disabled"]}},
		"policyRule": {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
			{"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "notEquals": true}]}, "then": {"effect": "[parameters('effect')]"}}}}`
	tagDefinition = `{"id": "/providers/Microsoft.Authorization/policyDefinitions/tag", "name": "tag", "properties": {"parameters": {"name": {"type": "String"}, "value": {"type": "String"}},
		"policyRule": {"if": {"field": "[concat('tags[', parameters('name'), ']')]", "exists": false},
			"then": {"effect": "modify", "details": {"roleDefinitionIds": [], "operations": [{"operation": "add", "field": "[concat('tags[', parameters('name'), ']')]", "value": "[parameters('value')]"}]}}}}}`
	ownerDefinition = `{"id": "/providers/Microsoft.Authorization/policyDefinitions/owner", "name": "owner", "properties": {
		"policyRule": {"if": {"field": "tags['owner']", "exists": false}, "then": {"effect": "deny"}}}}`
	manualDefinition = `{"id": "/providers/Microsoft.Authorization/policyDefinitions/manual", "name": "manual", "properties": {
		"policyRule": {"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, "then": {"effect": "manual", "details": {"defaultState": "Unknown"}}}}}`
	setDefinition = `{"id": "/providers/Microsoft.Authorization/policySetDefinitions/set", "name": "set", "properties": {
		"parameters": {"mode": {"type": "String", "defaultValue": "Audit"}, "owner": {"type": "String"}},
		"policyDefinitionGroups": [{"name": "g1"}],
		"policyDefinitions": [
			{"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/https", "policyDefinitionReferenceId": "r-https", "definitionVersion": "1.*.*", "groupNames": ["g1"],
				"parameters": {"effect": {"value": "[if(equals(parameters('mode'), 'off'), 'Disabled', parameters('mode'))]"}}},
			{"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/tag", "policyDefinitionReferenceId": "r-tag",
				"parameters": {"name": {"value": "owner"}, "value": {"value": "[parameters('owner')]"}}},
			{"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/manual", "policyDefinitionReferenceId": "r-manual"},
			{"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/gone", "policyDefinitionReferenceId": "r-gone"}]}}`
)

const account = `{"id": "/subscriptions/%SUB%/resourceGroups/%RG%/providers/Microsoft.Storage/storageAccounts/%NAME%", "name": "%NAME%", "type": "Microsoft.Storage/storageAccounts",
	"location": "westeurope", "properties": {"supportsHttpsTrafficOnly": false}}`

func parse(t *testing.T, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func accountIn(sub, rg, name string) string {
	return strings.NewReplacer("%SUB%", sub, "%RG%", rg, "%NAME%", name).Replace(account)
}

// tenant is two subscriptions under a management group, s1 with two groups.
func tenant(t *testing.T, more ...string) *inventory.Inventory {
	t.Helper()
	b := inventory.NewBuilder()
	for _, text := range append([]string{
		`{"id": "/providers/Microsoft.Management/managementGroups/top", "type": "Microsoft.Management/managementGroups", "name": "top", "properties": {"children": [
			{"id": "/subscriptions/s1", "type": "/subscriptions", "name": "s1"}]}}`,
		`{"id": "/subscriptions/s1", "subscriptionId": "s1"}`, `{"id": "/subscriptions/s2", "subscriptionId": "s2"}`,
		accountIn("s1", "a", "one"), accountIn("s1", "b", "two"), accountIn("s2", "c", "three"),
	}, more...) {
		r, err := resource.New(parse(t, text), "", resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r)
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Complete})
	return b.Build()
}

func library(t *testing.T) *Library {
	t.Helper()
	lib := NewLibrary()
	for _, text := range []string{httpsDefinition, tagDefinition, ownerDefinition, manualDefinition, setDefinition} {
		if !lib.Add(parse(t, text), "", nil) {
			t.Fatalf("not added: %s", text)
		}
	}
	return lib
}

func assignment(t *testing.T, text string) *Assignment {
	t.Helper()
	a, err := ParseAssignment(parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// states returns "resource member state" of every verdict.
func states(t *testing.T, inv *inventory.Inventory, a *Assignment, o Options) []string {
	t.Helper()
	o.Inventory, o.Now = inv, now
	p, _ := NewPlan(library(t), []*Assignment{a}, o)
	ev := p.Evaluator()
	var out []string
	for r := range inv.OfType("Microsoft.Storage/storageAccounts") {
		for _, v := range ev.Evaluate(r) {
			out = append(out, r.Name()+" "+v.ReferenceID+" "+v.State.String())
		}
	}
	return out
}

const setAssignment = `{"id": "/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.Authorization/policyAssignments/all", "name": "all", "properties": {
	"scope": "/providers/Microsoft.Management/managementGroups/top", "policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/set",
	"parameters": {"owner": {"value": "ann"}}%MORE%}}`

func withMore(more string) string { return strings.Replace(setAssignment, "%MORE%", more, 1) }

// source: "Azure Policy assignment structure" and "... initiative definition structure".
func TestAssignments(t *testing.T) {
	const one = "one r-https NonCompliant, one r-tag NonCompliant, one r-manual Unknown"
	const two = "two r-https NonCompliant, two r-tag NonCompliant, two r-manual Unknown"
	for name, c := range map[string]struct{ more, want string }{
		"inherited from the management group": {``, one + ", " + two},
		"notScopes":                           {`, "notScopes": ["/subscriptions/s1/resourceGroups/A"]`, two},
		"resourceSelectors in":                {`, "resourceSelectors": [{"name": "x", "selectors": [{"kind": "resourceLocation", "in": ["North Europe"]}]}]`, ""},
		"resourceSelectors notIn":             {`, "resourceSelectors": [{"name": "x", "selectors": [{"kind": "resourceType", "notIn": ["Microsoft.Web/sites"]}]}]`, one + ", " + two},
		"any of two resourceSelectors":        {`, "resourceSelectors": [{"name": "x", "selectors": [{"kind": "resourceLocation", "in": ["North Europe"]}]}, {"name": "y", "selectors": [{"kind": "resourceType", "in": ["microsoft.storage/StorageAccounts"]}]}]`, one + ", " + two},
		"neither of two resourceSelectors":    {`, "resourceSelectors": [{"name": "x", "selectors": [{"kind": "resourceLocation", "in": ["North Europe"]}]}, {"name": "y", "selectors": [{"kind": "resourceType", "in": ["Microsoft.Web/sites"]}]}]`, ""},
		"both selectors of one":               {`, "resourceSelectors": [{"name": "x", "selectors": [{"kind": "resourceLocation", "in": ["West Europe"]}, {"kind": "resourceType", "in": ["Microsoft.Web/sites"]}]}]`, ""},
		"override of one member":              {`, "overrides": [{"kind": "policyEffect", "value": "Disabled", "selectors": [{"kind": "policyDefinitionReferenceId", "in": ["r-tag", "r-manual"]}]}]`, "one r-https NonCompliant, two r-https NonCompliant"},
		"override by location":                {`, "overrides": [{"kind": "policyEffect", "value": "Disabled", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}]`, ""},
	} {
		if got := strings.Join(states(t, tenant(t), assignment(t, withMore(c.more)), Options{}), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPlanSaysWhatIsNotHere(t *testing.T) {
	_, diags := NewPlan(library(t), []*Assignment{assignment(t, withMore(``)), New(resource.TenantID(), "nowhere", jsondoc.Value{})}, Options{Inventory: tenant(t), Now: now})
	var codes []string
	for _, d := range diags {
		codes = append(codes, d.Code)
	}
	if got := strings.Join(codes, " "); got != "POL0403 POL0402" {
		t.Errorf("diagnostics %v", diags)
	}
}

// source: "Azure Policy exemption structure", "Azure Policy attestation structure".
func TestExemptionsAndAttestations(t *testing.T) {
	const id = "/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.Authorization/policyAssignments/all"
	inv := tenant(t,
		`{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.Authorization/policyExemptions/x", "type": "Microsoft.Authorization/policyExemptions", "name": "x", "properties": {
			"policyAssignmentId": "`+id+`", "policyDefinitionReferenceIds": ["R-HTTPS"], "exemptionCategory": "Waiver", "expiresOn": "2027-01-01T00:00:00Z"}}`,
		`{"id": "/subscriptions/s1/resourceGroups/b/providers/Microsoft.Authorization/policyExemptions/y", "type": "Microsoft.Authorization/policyExemptions", "name": "y", "properties": {
			"policyAssignmentId": "`+id+`", "exemptionCategory": "Mitigated", "expiresOn": "2025-01-01T00:00:00Z"}}`,
		`{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.PolicyInsights/attestations/z", "type": "Microsoft.PolicyInsights/attestations", "name": "z", "properties": {
			"policyAssignmentId": "`+id+`", "policyDefinitionReferenceId": "r-manual", "complianceState": "Compliant"}}`)
	got := strings.Join(states(t, inv, assignment(t, withMore(``)), Options{Exemptions: Exemptions(inv), Attestations: Attestations(inv)}), ", ")
	want := "one r-https Exempt, one r-tag NonCompliant, one r-manual Compliant, two r-https NonCompliant, two r-tag NonCompliant, two r-manual Unknown"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// source: "Azure Policy definitions effect basics", Order of evaluation: modify
// comes before deny, which looks at what modify made.
func TestRequestChangesBeforeItDenies(t *testing.T) {
	inv := tenant(t)
	tag := New(resource.TenantID(), "tag", parse(t, `{"name": {"value": "owner"}, "value": "ann"}`))
	owner := New(resource.TenantID(), "owner", jsondoc.Value{})
	r, _ := inv.Lookup("/subscriptions/s1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/one")
	for name, c := range map[string]struct {
		assignments []*Assignment
		denied      int
	}{"deny alone": {[]*Assignment{owner}, 1}, "modify first": {[]*Assignment{owner, tag}, 0}} {
		p, diags := NewPlan(library(t), c.assignments, Options{Inventory: inv, Now: now})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		a := p.Evaluator().Request(r)
		if len(a.Denied) != c.denied {
			t.Errorf("%s: denied by %d, want %d", name, len(a.Denied), c.denied)
		}
		if c.denied == 0 && a.Resource.Path("tags", "owner").TextOr("") != "ann" {
			t.Errorf("%s: the resource goes on as %s", name, a.Resource)
		}
	}
}

// source: "Azure Policy definition structure policy rule", Value (a failed
// evaluation is an implicit deny); "Azure Policy definitions append effect";
// "Azure Policy definitions modify effect", conflictEffect; "Azure Policy
// enrollment structure".
func TestRequestRefuses(t *testing.T) {
	inv := tenant(t)
	r, _ := inv.Lookup("/subscriptions/s1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/one")
	definition := func(name, effect, details, value string) string {
		return `{"name": "` + name + `", "properties": {"policyRule": {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, {"value": ` + value + `, "equals": true}]},
			"then": {"effect": "` + effect + `", "details": ` + details + `}}}}`
	}
	tag := func(conflict, value string) string {
		return `{"roleDefinitionIds": [], "conflictEffect": "` + conflict + `", "operations": [{"operation": "addOrReplace", "field": "tags['owner']", "value": "` + value + `"}]}`
	}
	lib := NewLibrary()
	for _, text := range []string{
		definition("fails", "audit", "{}", `"[equals(substring(field('name'), 0, 9), 'x')]"`),
		definition("appends", "append", `[{"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "value": true}]`, "true"),
		definition("same", "append", `[{"field": "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "value": false}]`, "true"),
		definition("ann", "modify", tag("deny", "ann"), "true"), definition("ben", "modify", tag("deny", "ben"), "true"),
		definition("eve", "modify", tag("audit", "eve"), "true"), definition("fay", "modify", tag("audit", "fay"), "true"),
		definition("denies", "deny", "{}", "true"),
		definition("keeps", "denyAction", `{"actionNames": ["delete"]}`, "true"),
		definition("other", "denyAction", `{"actionNames": ["delete"]}`, "false"),
	} {
		if !lib.Add(parse(t, text), "", nil) {
			t.Fatal(text)
		}
	}
	for _, c := range []struct{ definitions, mode, denied, changed, state string }{
		{"fails", "Default", "fails", "", "Error"},
		{"fails", "DoNotEnforce", "", "", "Error"},
		{"appends", "Default", "appends", "", "NonCompliant"},
		{"same", "Default", "", "", "NonCompliant"},
		{"ann ben", "Default", "ann ben", "", "Conflict"},
		{"ann eve", "Default", "", "ann", "NonCompliant"},
		{"eve fay", "Default", "", "", "NonCompliant"},
		{"denies", "Default", "denies", "", "NonCompliant"},
		{"denies", "DoNotEnforce", "", "", "NonCompliant"},
		{"denies", "Enroll", "", "", "NonCompliant"},
		{"denies", "enrolled", "denies", "", "NonCompliant"},
		{"keeps", "Default", "", "", "Protected"},
		{"other", "Default", "", "", "Compliant"},
	} {
		o := Options{Inventory: inv, Now: now}
		var list []*Assignment
		for name := range strings.FieldsSeq(c.definitions) {
			a := New(resource.TenantID(), name, jsondoc.Value{})
			a.ID += name
			a.Enforced, a.Enroll = c.mode == "Default", strings.HasPrefix(strings.ToLower(c.mode), "enroll")
			list = append(list, a)
			if c.mode == "enrolled" {
				x, _ := ParseEnrollment(parse(t, `{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyEnrollments/x", "properties": {"policyAssignmentId": "`+a.ID+`"}}`))
				o.Enrollments = append(o.Enrollments, x)
			}
		}
		p, diags := NewPlan(lib, list, o)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		ev := p.Evaluator()
		adm := ev.Request(r)
		names := func(list []Decision) string {
			var out []string
			for _, d := range list {
				out = append(out, d.Document.Name)
			}
			return strings.Join(out, " ")
		}
		if got := names(adm.Denied); got != c.denied {
			t.Errorf("%s, %s: denied by %q, want %q", c.definitions, c.mode, got, c.denied)
		}
		if got := names(adm.Changed); got != c.changed {
			t.Errorf("%s, %s: changed by %q, want %q", c.definitions, c.mode, got, c.changed)
		}
		if kept := len(adm.Kept) > 0; kept != (c.state == StateProtected) {
			t.Errorf("%s, %s: kept %t", c.definitions, c.mode, kept)
		}
		if v := ev.Evaluate(r); len(v) == 0 || v[0].StateName() != c.state {
			t.Errorf("%s, %s: state %v, want %s", c.definitions, c.mode, v, c.state)
		}
	}
}

// source: "Azure Policy assignment structure", Overrides of kind policyVersion.
func TestVersionOverrides(t *testing.T) {
	lib := NewLibrary()
	for _, v := range []string{"1.0.0", "1.1.0", "2.0.0"} {
		lib.Add(parse(t, `{"id": "/providers/Microsoft.Authorization/policyDefinitions/d", "name": "d", "properties": {"version": "`+v+`",
			"policyRule": {"if": {"field": "type", "equals": "Microsoft.`+map[bool]string{true: "Web/sites", false: "Storage/storageAccounts"}[v == "2.0.0"]+`"},
			"then": {"effect": "`+map[bool]string{true: "deny", false: "audit"}[v == "1.1.0"]+`"}}}}`), "", nil)
	}
	inv := tenant(t, `{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.Web/sites/w", "name": "w", "type": "Microsoft.Web/sites", "location": "westeurope"}`)
	r, _ := inv.Lookup("/subscriptions/s1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/one")
	site, _ := inv.Lookup("/subscriptions/s1/resourceGroups/a/providers/Microsoft.Web/sites/w")
	for _, c := range []struct{ overrides, storage, site string }{
		{``, "audit", ""},
		{`{"kind": "policyVersion", "value": "1.1.*"}`, "deny", ""},
		{`{"kind": "definitionVersion", "value": "1.1.*"}`, "deny", ""},
		{`{"kind": "policyVersion", "value": "1.1.*", "selectors": [{"kind": "resourceLocation", "in": ["West Europe"]}]}`, "deny", ""},
		{`{"kind": "policyVersion", "value": "1.1.*", "selectors": [{"kind": "resourceLocation", "in": ["eastus"]}]}`, "audit", ""},
		{`{"kind": "policyVersion", "value": "2.0.*", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}`, "", "audit"},
		{`{"kind": "policyVersion", "value": "1.1.*", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}, {"kind": "policyEffect", "value": "audit", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}`, "audit", ""},
		{`{"kind": "policyEffect", "value": "deny", "selectors": [{"kind": "resourceLocation", "in": ["eastus"]}]}, {"kind": "policyEffect", "value": "disabled"}`, "", ""},
	} {
		a := assignment(t, `{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/x", "properties": {"definitionVersion": "1.0.*",
			"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/d", "overrides": [`+c.overrides+`]}}`)
		p, _ := NewPlan(lib, []*Assignment{a}, Options{Inventory: inv, Now: now})
		effect := func(r *resource.Resource) string {
			v := p.Evaluator().Evaluate(r)
			if len(v) == 0 {
				return ""
			}
			return v[0].definitionFor(r).Effect.String()
		}
		if effect(r) != c.storage || effect(site) != c.site {
			t.Errorf("%s: %q and %q, want %q and %q", c.overrides, effect(r), effect(site), c.storage, c.site)
		}
	}
}

// source: "What is applicability in Azure Policy?"; "Azure Policy definitions modify effect", Skipped modification.
func TestWhatIsPassedOver(t *testing.T) {
	inv := tenant(t,
		`{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.Resources/templateSpecs/t", "name": "t", "type": "Microsoft.Resources/templateSpecs", "location": "westeurope"}`,
		`{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/v", "name": "v", "type": "Microsoft.Compute/virtualMachines", "location": "westeurope"}`)
	for _, c := range []struct{ rule, want string }{
		{`{"if": {"field": "tags['a']", "exists": false}, "then": {"effect": "audit"}}`, "one three two v s1 s2"},
		{`{"if": {"allOf": [{"field": "tags['a']", "exists": false}, {"field": "location", "notEquals": "x"}]}, "then": {"effect": "audit"}}`, "one three two v"},
		{`{"if": {"field": "tags['a']", "exists": false}, "then": {"effect": "modify", "details": {"roleDefinitionIds": [], "operations": [{"operation": "addOrReplace", "field": "identity.type", "value": "SystemAssigned"}]}}}`, "v"},
	} {
		lib := NewLibrary()
		lib.Add(parse(t, `{"name": "d", "properties": {"mode": "All", "policyRule": `+c.rule+`}}`), "", nil)
		p, _ := NewPlan(lib, []*Assignment{New(resource.TenantID(), "d", jsondoc.Value{})}, Options{Inventory: inv, Now: now})
		ev := p.Evaluator()
		got := map[string]bool{}
		for r := range inv.All() {
			if len(ev.Evaluate(r)) > 0 {
				got[r.Name()] = true
			}
		}
		for name := range strings.FieldsSeq(c.want) {
			if !got[name] {
				t.Errorf("%s: %s is not looked at", c.rule, name)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("%s: also looked at %v", c.rule, got)
		}
	}
}

func TestRollup(t *testing.T) {
	inv := tenant(t)
	p, _ := NewPlan(library(t), []*Assignment{assignment(t, withMore(``))}, Options{Inventory: inv, Now: now})
	ev := p.Evaluator()
	var all []Verdict
	for r := range inv.All() {
		all = append(all, ev.Evaluate(r)...)
	}
	roll := Roll(all)
	if g := roll.Groups["/providers/microsoft.authorization/policysetdefinitions/set#g1"]; g == nil || g.NonCompliant != 2 || g.State() != finding.NonCompliant {
		t.Errorf("group %+v", g)
	}
	if m := roll.Definitions["/providers/microsoft.authorization/policydefinitions/manual"]; m == nil || m.Unknown != 2 || m.Percentage() != 0 {
		t.Errorf("manual %+v", m)
	}
	if p.Members[0].Effect != policy.Audit {
		t.Errorf("effect %v", p.Members[0].Effect)
	}
}

func TestVersions(t *testing.T) {
	for pattern, want := range map[string]bool{"": true, "1.*.*": true, "1.2.*": true, "1.3.*": false, "2.*.*": false, "1.2.0": true, "1.*.*-preview": false} {
		if versionFits("1.2.0", pattern) != want {
			t.Errorf("%q: %v, want %v", pattern, !want, want)
		}
	}
	if compareVersions("1.10.0", "1.9.0") <= 0 {
		t.Error("1.10.0 comes before 1.9.0")
	}
}

// source: "Azure Policy compliance states", Conflicting.
func TestConflict(t *testing.T) {
	inv := tenant(t)
	ann := New(resource.TenantID(), "tag", parse(t, `{"name": "owner", "value": "ann"}`))
	ben := New(resource.TenantID(), "tag", parse(t, `{"name": "owner", "value": "ben"}`))
	ben.ID += "2"
	team := New(resource.TenantID(), "tag", parse(t, `{"name": "team", "value": "ben"}`))
	team.ID += "3"
	p, diags := NewPlan(library(t), []*Assignment{ann, ben, team}, Options{Inventory: inv, Now: now})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, _ := inv.Lookup("/subscriptions/s1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/one")
	verdicts := p.Evaluator().Evaluate(r)
	var got []string
	for i := range verdicts {
		got = append(got, verdicts[i].StateName())
	}
	if strings.Join(got, " ") != "Conflict Conflict NonCompliant" {
		t.Errorf("states %v", got)
	}
	if tally := Roll(verdicts).Resources[r.ID.Key()]; tally.Conflict != 2 || tally.StateName() != "NonCompliant" || Roll(verdicts[:2]).Resources[r.ID.Key()].StateName() != "Conflict" {
		t.Errorf("tally %+v", tally)
	}
}

// source: "Overview of Azure Policy", Azure Policy and Azure RBAC: only what is
// in subscriptions is evaluated; "Azure Policy definition structure basics",
// Resource Manager modes.
func TestWhatIsLookedAt(t *testing.T) {
	inv := tenant(t,
		`{"id": "/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.Authorization/policyAssignments/x", "type": "Microsoft.Authorization/policyAssignments", "name": "x", "location": "westeurope"}`,
		`{"id": "/subscriptions/s1/providers/Microsoft.Authorization/policyAssignments/y", "type": "Microsoft.Authorization/policyAssignments", "name": "y", "location": "westeurope"}`,
		`{"id": "/subscriptions/s1/resourceGroups/a", "type": "Microsoft.Resources/subscriptions/resourceGroups", "name": "a", "location": "westeurope"}`,
		`{"id": "/subscriptions/s1/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/one/blobServices/default", "type": "Microsoft.Storage/storageAccounts/blobServices", "name": "default"}`)
	for mode, want := range map[string]string{
		"Indexed": "one two three", "All": "y a one default two three s1 s2",
	} {
		lib := NewLibrary()
		lib.Add(parse(t, `{"name": "owner", "properties": {"mode": "`+mode+`", "policyRule": {"if": {"field": "tags['owner']", "exists": false}, "then": {"effect": "audit"}}}}`), "", nil)
		p, _ := NewPlan(lib, []*Assignment{New(resource.TenantID(), "owner", jsondoc.Value{})}, Options{Inventory: inv, Now: now})
		ev := p.Evaluator()
		got := map[string]bool{}
		for r := range inv.All() {
			if len(ev.Evaluate(r)) > 0 {
				got[r.Name()] = true
			}
		}
		for name := range strings.FieldsSeq(want) {
			if !got[name] {
				t.Errorf("%s: %s is not looked at", mode, name)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("%s: also looked at %v", mode, got)
		}
	}
}
