package app

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// lacking is the demo tenant as a sign-in sees it that lacks a permission.
func lacking(inv *inventory.Inventory, p collect.Permission) *inventory.Inventory {
	b := inventory.NewBuilder()
	lost, members := map[string]bool{}, map[string][]string{}
	for _, t := range p.Types {
		typ, member, part := strings.Cut(strings.ToLower(t), " ")
		switch {
		case part:
			members[typ] = append(members[typ], member)
		case p.Name == "AuditLog.Read.All" && typ == "microsoft.graph/users":
			members[typ] = append(members[typ], "signInActivity")
		default:
			lost[typ] = true
		}
	}
	for r := range inv.Records() {
		if lost[r.TypeKey()] {
			continue
		}
		body := r.Body
		for _, m := range members[r.TypeKey()] {
			body = body.Without(m)
			b.Cover(inventory.Entry{Type: r.Type, Scope: r.ID.String(), State: inventory.Complete, Unread: []string{m}, Reason: "403 (needs " + p.Name + ")"})
		}
		b.Add(&resource.Resource{ID: r.ID, Type: r.Type, Body: body, From: r.From})
	}
	for _, e := range inv.Manifest().Entries() {
		if !lost[strings.ToLower(e.Type)] {
			b.Cover(e)
		}
	}
	for typ := range lost {
		b.Cover(inventory.Entry{Type: typ, Scope: "/", State: inventory.Denied, Reason: "403 (needs " + p.Name + ")"})
	}
	return b.Build()
}

func unknownControls(t *testing.T, inv *inventory.Inventory) map[string]bool {
	t.Helper()
	a, err := Assess(context.Background(), Options{Inventory: inv, Now: demo.ReadAt(), States: []finding.State{finding.NonCompliant}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, u := range a.Unknown.All() {
		out[u.ControlID] = true
	}
	return out
}

// TestPermissionControls assesses the demo tenant without each permission of
// Microsoft Graph: what becomes unknown is what azward collect --permissions says.
// AZWARD_UPDATE=1 writes the file anew.
func TestPermissionControls(t *testing.T) {
	inv := demoInventory(t)
	base := unknownControls(t, inv)
	got := map[string][]string{}
	for _, p := range collect.Permissions(CollectWants()) {
		if p.For != "Microsoft Graph" {
			continue
		}
		var list []string
		for c := range unknownControls(t, lacking(inv, p)) {
			if !base[c] {
				list = append(list, c)
			}
		}
		slices.Sort(list)
		if len(list) > 0 {
			got[p.Name] = list
		}
	}
	text, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if os.Getenv("AZWARD_UPDATE") != "" {
		if err := os.WriteFile("permission_controls.json", text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != string(permissionControls) {
		t.Errorf("permission_controls.json is not what the demo tenant shows; AZWARD_UPDATE=1 go test ./internal/app -run TestPermissionControls writes it:\n%s", text)
	}
}
