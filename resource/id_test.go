package resource

import (
	"errors"
	"strings"
	"testing"
)

const sub = "/subscriptions/11111111-2222-3333-4444-555555555555"

func TestParseIDForms(t *testing.T) {
	for _, c := range []struct {
		in, typ, name, full, parent, scope, rg string
		level                                  Level
	}{
		{"/", TypeTenant, "", "", "", "/", "", LevelTenant},
		{"/providers/Microsoft.Management/managementGroups/corp", TypeManagementGroup, "corp", "corp", "/", "/providers/Microsoft.Management/managementGroups/corp", "", LevelManagementGroup},
		{sub, TypeSubscription, "11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-555555555555", "/", sub, "", LevelSubscription},
		{sub + "/resourcegroups/RG/", TypeResourceGroup, "RG", "RG", sub, sub + "/resourcegroups/RG", "RG", LevelResourceGroup},
		{sub + "/resourceGroups/rg/providers/Microsoft.Sql/servers/s/databases/d", "Microsoft.Sql/servers/databases", "d", "s/d", sub + "/resourceGroups/rg/providers/Microsoft.Sql/servers/s", sub + "/resourceGroups/rg", "rg", LevelResource},
		{sub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Insights/diagnosticSettings/x", "Microsoft.Insights/diagnosticSettings", "x", "x", sub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a", sub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a", "rg", LevelResource},
		{sub + "/providers/Microsoft.Authorization/roleAssignments/r", "Microsoft.Authorization/roleAssignments", "r", "r", sub, sub, "", LevelResource},
		{"/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyAssignments/p", "Microsoft.Authorization/policyAssignments", "p", "p", "/providers/Microsoft.Management/managementGroups/corp", "/providers/Microsoft.Management/managementGroups/corp", "", LevelResource},
		{"/providers/Microsoft.Graph/users/u1", "Microsoft.Graph/users", "u1", "u1", "/", "/", "", LevelResource},
		{sub + "/resourceGroups/rg/providers/Microsoft.ApiManagement/service/s/identityProviders/providers", "Microsoft.ApiManagement/service/identityProviders", "providers", "s/providers", sub + "/resourceGroups/rg/providers/Microsoft.ApiManagement/service/s", sub + "/resourceGroups/rg", "rg", LevelResource},
	} {
		id, err := ParseID(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		p, _ := id.Parent()
		if id.Type() != c.typ || id.Name() != c.name || id.FullName() != c.full || p.String() != c.parent || id.Scope().String() != c.scope || id.ResourceGroup() != c.rg || id.Level() != c.level {
			t.Errorf("%s:\n got %q %q %q %q %q %q %v\nwant %q %q %q %q %q %q %v", c.in,
				id.Type(), id.Name(), id.FullName(), p.String(), id.Scope(), id.ResourceGroup(), id.Level(),
				c.typ, c.name, c.full, c.parent, c.scope, c.rg, c.level)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for _, in := range []string{"", "x", "//", "/subscriptions", "/subscriptions//x", sub + "/resourceGroups", sub + "/providers", sub + "/providers/Microsoft.Sql/servers", sub + "/what/ever", "/" + strings.Repeat("a/", 5000)} {
		if id, err := ParseID(in); !errors.Is(err, ErrNotID) {
			t.Errorf("ParseID(%.40q) = %v, %v", in, id, err)
		}
	}
}

func TestEqualAndWithinIgnoreCase(t *testing.T) {
	a, _ := ParseID(sub + "/resourceGroups/RG/providers/Microsoft.Web/sites/S")
	b, _ := ParseID(strings.ToUpper(a.String()))
	rg, _ := ParseID(sub + "/resourcegroups/rg")
	other, _ := ParseID(sub + "/resourcegroups/r")
	root, _ := ParseID("/")
	if !a.Equal(b) || !a.Within(rg) || !a.Within(a) || a.Within(other) || rg.Within(a) || !a.Within(root) {
		t.Error("Equal or Within")
	}
	if a.Subscription() != "11111111-2222-3333-4444-555555555555" {
		t.Error(a.Subscription())
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("/")
	f.Add(sub + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Insights/diagnosticSettings/x")
	f.Add("/providers/providers/providers/providers")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		again, err := ParseID(id.String())
		if err != nil || !again.Equal(id) || again.Type() != id.Type() {
			t.Fatalf("%q: %v %v", s, again, err)
		}
		for n := 0; ; n++ {
			p, ok := id.Parent()
			if !ok {
				break
			}
			if n > MaxIDSegments || len(p.String()) >= len(id.String()) && p.String() != "/" {
				t.Fatalf("parents of %q do not end", s)
			}
			id = p
		}
	})
}
