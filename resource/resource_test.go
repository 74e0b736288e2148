package resource

import (
	"errors"
	"testing"

	"github.com/azward/azward/jsondoc"
)

func mustParse(t *testing.T, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNewTakesTheTypeThatPoliciesKnow(t *testing.T) {
	for _, c := range []struct{ body, typ string }{
		{`{"id":"` + sub + `/resourceGroups/rg","type":"Microsoft.Resources/resourceGroups"}`, TypeResourceGroup},
		{`{"id":"` + sub + `","type":"/subscriptions"}`, TypeSubscription},
		{`{"id":"/providers/microsoft.management/managementgroups/corp","type":"/providers/Microsoft.Management/managementGroups"}`, TypeManagementGroup},
		{`{"id":"` + sub + `/resourceGroups/rg/providers/Microsoft.Web/sites/a","type":"Microsoft.Web/Sites"}`, "Microsoft.Web/Sites"},
		{`{"id":"` + sub + `/resourceGroups/rg/providers/Microsoft.Web/sites/a","type":"BuiltIn"}`, "Microsoft.Web/sites"},
		{`{"Id":"` + sub + `/resourceGroups/rg/providers/Microsoft.Web/sites/a"}`, "Microsoft.Web/sites"},
	} {
		r, err := New(mustParse(t, c.body), "", Origin{})
		if err != nil || r.Type != c.typ {
			t.Errorf("%s: %v %v, want %s", c.body, r, err, c.typ)
		}
	}
}

func TestNewGraph(t *testing.T) {
	r, err := NewGraph("users", mustParse(t, `{"id":"u1","displayName":"A"}`), Origin{})
	if err != nil || r.Type != "Microsoft.Graph/users" || r.ID.String() != "/providers/Microsoft.Graph/users/u1" || !r.IsGraph() {
		t.Fatal(r, err)
	}
	if r, err = NewGraph("crossTenantAccessPolicies", mustParse(t, `{"displayName":"A"}`), Origin{}); err != nil || r.ID.Name() != "default" {
		t.Fatal(r, err)
	}
	if r, err = NewGraph("namedLocations", mustParse(t, `{"id":"a/b"}`), Origin{}); err != nil {
		t.Fatal(err)
	} else if again, err := ParseID(r.ID.String()); err != nil || !again.Equal(r.ID) {
		t.Fatal(again, err)
	}
	for _, body := range []string{`{}`, `[]`, `{"id":""}`, `{"id":3}`} {
		if _, err := NewGraph("users", mustParse(t, body), Origin{}); err == nil {
			t.Errorf("%s accepted", body)
		}
	}
	if _, err := NewGraph("users", mustParse(t, `{}`), Origin{}); !errors.Is(err, ErrNotID) {
		t.Error(err)
	}
}

func TestParentKeyIsTheKeyOfTheParent(t *testing.T) {
	for _, s := range []string{"/", sub, sub + "/resourceGroups/RG", sub + "/resourceGroups/RG/providers/Microsoft.Sql/Servers/S/databases/d", sub + "/resourceGroups/\u0130/providers/Microsoft.Sql/Servers/S", "/providers/Microsoft.Graph/users/u"} {
		id, err := ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := id.Parent()
		if id.ParentKey() != p.Key() {
			t.Errorf("%s: %q, want %q", s, id.ParentKey(), p.Key())
		}
	}
}
