package reader

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// recorded are the ids that a file of recorded calls or exported resources
// holds at the top of its bodies, found by the simplest means: encoding/json
// and nothing of this package.
func recorded(t *testing.T, path string) (lines int, ids map[string]bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	ids = make(map[string]bool)
	take := func(body map[string]any) {
		id, _ := body["id"].(string)
		for name, v := range body {
			if s, ok := v.(string); ok && id == "" && (strings.EqualFold(name, "id") || strings.EqualFold(name, "ResourceId")) {
				id = s
			}
		}
		if id = strings.TrimSpace(id); strings.HasPrefix(id, "/") {
			ids[id] = true
		}
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		lines++
		var l struct {
			Method string
			Status int
			Body   json.RawMessage
		}
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Method == "DELETE" || l.Method == "POST" || l.Status >= 300 {
			continue
		}
		var body map[string]any
		if json.Unmarshal(l.Body, &body) != nil {
			continue
		}
		if list, ok := body["value"].([]any); ok && body["id"] == nil {
			for _, e := range list {
				if m, ok := e.(map[string]any); ok {
					take(m)
				}
			}
			continue
		}
		take(body)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines, ids
}

// TestConformanceInventory reads every file with answers of real Azure: each id
// in them is in the inventory, but for those that are no ids.
func TestConformanceInventory(t *testing.T) {
	dir := testdata.Dir(t)
	for _, name := range []string{"inventory/azure-cli-2021.jsonl.gz", "inventory/azure-cli-extensions.jsonl.gz", "inventory/manageiq.jsonl.gz", "inventory/psrule.jsonl.gz", "recorded/custodian.jsonl.gz"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			path := filepath.Join(dir, filepath.FromSlash(name))
			_, ids := recorded(t, path)
			inv, err := Read(context.Background(), []string{path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if inv.Diagnostics().HasErrors() {
				t.Errorf("something was lost: %v", inv.Diagnostics().Err())
			}
			held, bad := 0, 0
			for id := range ids {
				for strings.Contains(id, "//") {
					id = strings.ReplaceAll(id, "//", "/")
				}
				parsed, err := resource.ParseID(id)
				if err != nil {
					bad++
					continue
				}
				if _, ok := inv.Get(parsed); ok {
					held++
				} else {
					t.Errorf("%s is not in the inventory", id)
				}
			}
			t.Logf("conformance: reader %s %d of %d", filepath.Base(name), held, len(ids)-bad)
			t.Logf("%d resources of %d types, %d strings that are no ids, %d entries of the manifest", inv.Len(), len(inv.Types()), bad, len(inv.Manifest().Entries()))
		})
	}
}

// TestConformanceInventoryRefusals: a call that was refused and never answered
// is told; one that was repeated with success is not in the manifest as refused.
func TestConformanceInventoryRefusals(t *testing.T) {
	path := filepath.Join(testdata.Dir(t), "recorded", "custodian.jsonl.gz")
	inv, err := Read(context.Background(), []string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[inventory.State]int{}
	for _, e := range inv.Manifest().Entries() {
		states[e.State]++
		if e.State != inventory.Complete && e.Reason == "" {
			t.Errorf("%+v has no reason", e)
		}
	}
	if states[inventory.Complete] < 100 {
		t.Errorf("states %v", states)
	}
	t.Logf("figure: recorded/custodian.jsonl.gz gives %d complete and %d partial entries of the manifest", states[inventory.Complete], states[inventory.Partial])
}

// TestConformanceInventoryScubaGear reads an export of PowerShell: the objects
// of Microsoft Graph in it, as it is and in UTF-16.
func TestConformanceInventoryScubaGear(t *testing.T) {
	path := filepath.Join(testdata.Dir(t), "entra", "scubagear-stub.tar.gz")
	inv, err := Read(context.Background(), []string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for typ, want := range map[string]int{"conditionalAccessPolicies": 20, "authorizationPolicies": 1, "authenticationMethodsPolicies": 1, "organization": 1, "users": 30,
		"roleDefinitions": 8, "roleAssignmentScheduleInstances": 38, "roleManagementPolicies": 8, "roleManagementPolicyAssignments": 8} {
		if got := inv.Count(graphPrefix + typ); got != want {
			t.Errorf("%d %s, want %d", got, typ, want)
		}
	}
	tenant, _ := resource.ParseID("/")
	if c := inv.Coverage(graphPrefix+"conditionalAccessPolicies", tenant); !c.Complete() {
		t.Errorf("policies: %+v", c)
	}
	if c := inv.Coverage(graphPrefix+"users", tenant); c.State != inventory.Partial {
		t.Errorf("users: %+v", c)
	}
	for r := range inv.OfType(graphPrefix + "roleManagementPolicies") {
		for _, rule := range r.Body.Get("rules").Elements() {
			if !strings.HasPrefix(rule.Get("@odata.type").TextOr(""), "#microsoft.graph.unifiedRoleManagementPolicy") {
				t.Errorf("%s has a rule that Microsoft Graph would not write: %s", r.ID, rule)
			}
		}
	}
	held := 0
	for r := range inv.OfType(graphPrefix + "conditionalAccessPolicies") {
		at := r.Body.Get("createdDateTime").TextOr("")
		if r.Body.Get("state").TextOr("") != "" && r.Body.Path("conditions", "users", "includeUsers").Exists() && strings.HasSuffix(at, "Z") && strings.HasPrefix(at, "20") {
			held++
		} else {
			t.Errorf("%s reads as no policy: created %q", r.ID, at)
		}
	}
	t.Logf("conformance: reader scubagear-policies %d of 20", held)

	// The same as Windows PowerShell's Out-File writes it.
	var export []byte
	for r := range inv.OfType(graphPrefix + "conditionalAccessPolicies") {
		export = append(append(export, ','), r.Body.AppendJSON(nil)...)
	}
	export[0] = '['
	dir := write(t, map[string]string{"policies.json": string(utf16Text(string(append(export, ']')), binary.LittleEndian, true))})
	again, err := Read(context.Background(), []string{dir}, Options{})
	if err != nil || again.Count(graphPrefix+"conditionalAccessPolicies") != 20 {
		t.Errorf("in UTF-16: %v, %v", again, err)
	}
	if bytes.Contains(export, []byte("/Date(")) {
		t.Error("a time is left as PowerShell wrote it")
	}
}
