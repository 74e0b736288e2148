package app

import (
	"context"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/content"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// raw is a resource of the demo tenant as its files have it, read without any
// of azward's own readers.
type raw struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Tags       map[string]any `json:"tags"`
	Properties map[string]any `json:"properties"`
}

func rawTenant(t *testing.T) []raw {
	t.Helper()
	names, err := fs.Glob(content.Files, "demo/tenant/arm-*.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []raw
	for _, name := range names {
		text, err := content.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var list []raw
		if err := json.Unmarshal(text, &list); err != nil {
			var wrapped struct{ Value, Data []raw }
			if err := json.Unmarshal(text, &wrapped); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			list = append(wrapped.Value, wrapped.Data...)
		}
		out = append(out, list...)
	}
	return out
}

// underGroup lists the subscriptions below a management group, by the raw files.
func underGroup(tenant []raw, group string) map[string]bool {
	out := map[string]bool{}
	for _, r := range tenant {
		if !strings.EqualFold(r.Type, "Microsoft.Management/managementGroups") || !strings.EqualFold(path.Base(r.ID), group) {
			continue
		}
		children, _ := r.Properties["children"].([]any)
		for _, c := range children {
			m, _ := c.(map[string]any)
			id, _ := m["id"].(string)
			if strings.HasPrefix(strings.ToLower(id), "/subscriptions/") {
				out[path.Base(strings.ToLower(id))] = true
			} else {
				for sub := range underGroup(tenant, path.Base(id)) {
					out[sub] = true
				}
			}
		}
	}
	return out
}

func ids(list []WhatIfEffect) []string {
	out := []string{}
	for i := range list {
		out = append(out, strings.ToLower(list[i].ResourceID))
	}
	slices.Sort(out)
	return out
}

// TestConformancePolicyWhatIf assigns Microsoft's own definitions to the demo
// tenant and compares with what a plain loop over the tenant's files finds.
func TestConformancePolicyWhatIf(t *testing.T) {
	archive := testdata.File(t, "policy", "built-in-policies.tar.gz")
	inv, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	lib, err := LoadPolicies([]string{archive}, inv)
	if err != nil {
		t.Fatal(err)
	}
	tenant := rawTenant(t)
	workloads := underGroup(tenant, "lindhaven-workloads")
	if len(workloads) < 2 {
		t.Fatalf("the tenant's files have %d subscriptions for workloads", len(workloads))
	}

	// The shipped tenant has secure transfer everywhere: three accounts lose it.
	insecure := map[string]bool{}
	bodies := map[string]jsondoc.Value{}
	for i := range tenant {
		if r := &tenant[i]; strings.EqualFold(r.Type, "Microsoft.Storage/storageAccounts") && len(insecure) < 3 {
			found, ok := inv.Lookup(r.ID)
			if !ok {
				t.Fatalf("%s is not in the inventory", r.ID)
			}
			bodies[found.ID.Key()] = found.Body.With("properties", found.Properties().With("supportsHttpsTrafficOnly", jsondoc.NewBool(false)))
			insecure[strings.ToLower(r.ID)] = true
		}
	}
	weakened := withBodies(inv, bodies)

	cases := []struct {
		name, id, scope, parameters string
		inv                         *inventory.Inventory
		list                        func(w *PolicyWhatIf) []WhatIfEffect
		want                        func(r *raw) bool
		empty                       bool
	}{
		{
			name: "secure transfer denied, tenant as shipped", id: "404c3081-a854-4457-ae30-26a93ef643f9", scope: "/", parameters: `{"effect": "Deny"}`, inv: inv, empty: true,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Denied },
			want: func(r *raw) bool {
				return strings.EqualFold(r.Type, "Microsoft.Storage/storageAccounts") && r.Properties["supportsHttpsTrafficOnly"] != true
			},
		},
		{
			name: "secure transfer denied, three accounts without", id: "404c3081-a854-4457-ae30-26a93ef643f9", scope: "/", parameters: `{"effect": "Deny"}`, inv: weakened,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Denied }, want: func(r *raw) bool { return insecure[strings.ToLower(r.ID)] },
		},
		{
			name: "secure transfer audited by default", id: "404c3081-a854-4457-ae30-26a93ef643f9", scope: "/", inv: weakened,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Audited }, want: func(r *raw) bool { return insecure[strings.ToLower(r.ID)] },
		},
		{
			name: "secure transfer configured by modify", id: "f81e3117-0093-4b17-8a60-82363134f0eb", scope: "/", inv: weakened,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Changed }, want: func(r *raw) bool { return insecure[strings.ToLower(r.ID)] },
		},
		{
			name: "public blobs denied in workloads", id: "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751", scope: "lindhaven-workloads", parameters: `{"effect": "Deny"}`, inv: inv,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Denied },
			want: func(r *raw) bool {
				return strings.EqualFold(r.Type, "Microsoft.Storage/storageAccounts") && r.Properties["allowBlobPublicAccess"] != false && workloads[strings.Split(strings.ToLower(r.ID), "/")[2]]
			},
		},
		{
			name: "vaults without purge protection", id: "0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", scope: "/", inv: inv,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Audited },
			want: func(r *raw) bool {
				return strings.EqualFold(r.Type, "Microsoft.KeyVault/vaults") && r.Properties["enablePurgeProtection"] != true
			},
		},
		{
			name: "vaults that do not send their log to a workspace", id: "951af2fa-529b-416e-ab6e-066fd85ac459", scope: "/", inv: inv,
			parameters: `{"logAnalytics": {"value": "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/new"}}`,
			list:       func(w *PolicyWhatIf) []WhatIfEffect { return w.Remediated },
			want:       func(r *raw) bool { return strings.EqualFold(r.Type, "Microsoft.KeyVault/vaults") }, // the workspace is nobody's yet
		},
		{
			name: "resource groups without a tag", id: "96670d01-0a4d-4649-9c89-2d3abc0a5025", scope: "/", parameters: `{"tagName": "cost-center"}`, inv: inv,
			list: func(w *PolicyWhatIf) []WhatIfEffect { return w.Denied },
			want: func(r *raw) bool {
				_, tagged := r.Tags["cost-center"]
				return strings.HasSuffix(strings.ToLower(r.Type), "/resourcegroups") && !tagged
			},
		},
	}
	right := 0
	for _, c := range cases {
		docs, err := lib.Pick(c.id)
		if err != nil {
			t.Fatal(err)
		}
		o := PolicyWhatIfOptions{Inventory: c.inv, Library: lib, Document: docs[0], Now: testNow, Score: true}
		if c.parameters != "" {
			o.Parameters = jsonOf(t, c.parameters)
		}
		if o.Scope, err = ScopeNamed(c.inv, c.scope); err != nil {
			t.Fatal(err)
		}
		w, err := WhatIfPolicy(context.Background(), &o)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		want := []string{}
		for i := range tenant {
			if c.want(&tenant[i]) {
				want = append(want, strings.ToLower(tenant[i].ID))
			}
		}
		slices.Sort(want)
		if got := ids(c.list(w)); !slices.Equal(got, want) || c.empty != (len(want) == 0) {
			t.Errorf("%s: got %v\nwant %v", c.name, got, want)
			continue
		}
		right++
		checkWhatIf(t, c.name, w)
	}
	t.Logf("conformance: policy whatif on the demo tenant %d of %d", right, len(cases))
}

// checkWhatIf looks at what goes with the lists: diffs, deployments, the score.
func checkWhatIf(t *testing.T, name string, w *PolicyWhatIf) {
	t.Helper()
	if w.Looked != w.Compliant+len(w.Denied)+len(w.Changed)+len(w.Remediated)+len(w.Audited)+len(w.Unknown) {
		t.Errorf("%s: %d looked at do not add up: %+v", name, w.Looked, w)
	}
	for i := range w.Changed {
		changes := w.Changed[i].Remediation.Changes
		if len(changes) != 1 || changes[0].Path != "properties.supportsHttpsTrafficOnly" || changes[0].Before.String() != "false" || changes[0].After.String() != "true" {
			t.Errorf("%s: changes %+v", name, changes)
		}
	}
	for i := range w.Remediated {
		d := w.Remediated[i].Remediation.Deployment
		id := w.Remediated[i].ResourceID
		if got := d.Path("parameters", "resourceName", "value").TextOr(""); got != path.Base(id) || d.Path("parameters", "location", "value").TextOr("") == "" {
			t.Errorf("%s: the deployment for %s has the parameters %s", name, id, d.Get("parameters"))
		}
	}
	if w.Score.After.Percentage < w.Score.Before.Percentage {
		t.Errorf("%s: the score falls from %v to %v", name, w.Score.Before.Percentage, w.Score.After.Percentage)
	}
	if strings.HasPrefix(name, "secure transfer") && w.Compliant < w.Looked {
		if w.Score.Gone != 3 || len(w.Score.Controls) != 1 || w.Score.Controls[0].Name != "Encrypt data in transit" || w.Score.Controls[0].NewlyHealthy < 1 {
			t.Errorf("%s: the score moves by %+v, %d findings gone", name, w.Score.Controls, w.Score.Gone)
		}
	}
}
