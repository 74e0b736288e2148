package posture

import (
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

var known = Known{
	Controls:   []string{"storage-public-blob-access", "keyvault-purge-protection"},
	Definition: func(id string) []string { return map[string][]string{"/d/1": {"keyvault-purge-protection"}}[id] },
	Scope: func(id resource.ID) bool {
		return strings.Contains(id.Key(), "web") || id.Level() < resource.LevelResourceGroup
	},
}

const goodExemptions = `exemptions:
  - control: Storage-Public-Blob-Access
    scope: /subscriptions/s/resourceGroups/web
    category: waiver
    owner: Ana
    reason: public site
    expires: 2027-03-31
  - definition: /d/1
    scope: /subscriptions/s
    category: Mitigated
    owner: Bo
    reason: kept elsewhere
`

func TestParseExemptions(t *testing.T) {
	got, list := ParseExemptions("e.yaml", []byte(goodExemptions), known)
	if len(list) != 0 || len(got) != 2 {
		t.Fatalf("got %+v, said %v", got, list)
	}
	if got[0].Control != "storage-public-blob-access" || got[0].Category != Waiver || got[1].Category != Mitigated || got[1].Name() != "/d/1" {
		t.Errorf("got %+v", got)
	}
	at := time.Date(2027, 3, 30, 23, 59, 0, 0, time.UTC)
	if got[0].Expired(at) || !got[0].Expired(at.Add(time.Minute)) || got[1].Expired(at) {
		t.Errorf("expiry is wrong: %v", got[0].Expires)
	}
}

func TestParseExemptionsSaysWhere(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       string
		at         diag.Position
		message    string
	}{
		{"not yaml", "exemptions: [", codeSyntax, diag.Position{}, ""},
		{"no list", "exemptions: 3\n", codeShape, diag.Position{Line: 1, Column: 1}, "a list"},
		{"control", strings.Replace(goodExemptions, "Storage-Public-Blob-Access", "storage-public-blob-acces", 1), codeControl, diag.Position{Line: 2, Column: 14}, "no control is called"},
		{"definition", strings.Replace(goodExemptions, "/d/1", "/d/2", 1), codeControl, diag.Position{Line: 8, Column: 17}, "no policy definition"},
		{"scope is no id", strings.Replace(goodExemptions, "/subscriptions/s/resourceGroups/web", "web", 1), codeScope, diag.Position{Line: 3, Column: 12}, "no id"},
		{"scope names nothing", strings.Replace(goodExemptions, "Groups/web", "Groups/other", 1), codeScope, diag.Position{Line: 3, Column: 12}, "nothing in the inventory"},
		{"category", strings.Replace(goodExemptions, "waiver", "wavier", 1), codeCategory, diag.Position{Line: 4, Column: 15}, "wavier"},
		{"date", strings.Replace(goodExemptions, "2027-03-31", "soon", 1), codeExpiry, diag.Position{Line: 7, Column: 14}, "not a date"},
		{"member", strings.Replace(goodExemptions, "reason: public", "raison: public", 1), codeShape, diag.Position{Line: 2, Column: 5}, "reason"},
	} {
		got, list := ParseExemptions("e.yaml", []byte(c.text), known)
		if len(list) == 0 {
			t.Errorf("%s: nothing said, got %+v", c.name, got)
			continue
		}
		d := list[0]
		if d.Code != c.code || c.at != (diag.Position{}) && d.Pos != c.at || !strings.Contains(d.Message, c.message) || d.Source != "e.yaml" {
			t.Errorf("%s: said %+v; want %s at %v", c.name, d, c.code, c.at)
		}
		if !strings.HasPrefix(c.text, "exemptions: ") && len(got) != 1 {
			t.Errorf("%s: %d exemptions left, want the other one", c.name, len(got))
		}
	}
}

func id(t *testing.T, text string) resource.ID {
	t.Helper()
	id, err := resource.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestBook(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	account := id(t, "/subscriptions/s/resourceGroups/web/providers/Microsoft.Storage/storageAccounts/a")
	b := NewBook([]Exemption{
		{Control: "c", Scope: id(t, "/subscriptions/s"), Category: Waiver, Owner: "wide"},
		{Control: "c", Scope: id(t, "/subscriptions/s/resourceGroups/web"), Category: Mitigated, Owner: "near"},
		{Control: "c", Scope: account, Category: Waiver, Owner: "late", Expires: now},
		{Definition: "/d", Scope: id(t, "/subscriptions/s"), Category: Waiver},
		{Control: "c", Scope: id(t, "/subscriptions/other"), Category: Waiver, Owner: "elsewhere"},
	}, now, func(string) []string { return []string{"d"} }, nil)
	if e := b.Find("C", account); e == nil || e.Owner != "near" {
		t.Errorf("found %+v, want the nearest that has not expired", e)
	}
	if b.Find("d", account) == nil || b.Find("x", account) != nil {
		t.Error("definitions do not resolve, or an unknown control is exempt")
	}
	applied := b.Applied()
	if !applied[0].Expired || applied[0].Results != 1 || applied[1].Results != 0 {
		t.Errorf("applied = %+v, want the expired one first, then the idle", applied)
	}
}

func TestAzureExemption(t *testing.T) {
	body, err := jsondoc.ParseString(`{"id": "/subscriptions/s/resourceGroups/web/providers/Microsoft.Authorization/policyExemptions/x",
		"properties": {"policyAssignmentId": "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/a", "policyDefinitionReferenceIds": ["r1"],
		"exemptionCategory": "Waiver", "expiresOn": "2027-03-31T00:00:00Z", "description": "why", "metadata": {"owner": "Ana"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := resource.New(body, "", resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	list, ok := AzureExemption(r, func(a string, refs []string) []string {
		if !strings.HasSuffix(a, "/a") || len(refs) != 1 {
			t.Errorf("asked for %q, %q", a, refs)
		}
		return []string{"c1", "c2"}
	})
	if !ok || len(list) != 2 || list[1].Control != "c2" || list[0].Owner != "Ana" || list[0].Reason != "why" ||
		list[0].Scope.Key() != id(t, "/subscriptions/s/resourceGroups/web").Key() || list[0].Expires.Year() != 2027 {
		t.Errorf("read %+v, %v", list, ok)
	}
	bad, _ := resource.New(body.With("properties", jsondoc.NewObject()), "", resource.Origin{})
	if _, ok := AzureExemption(bad, nil); ok {
		t.Error("an exemption of nothing was read")
	}
}

func FuzzParseExemptions(f *testing.F) {
	f.Add([]byte(goodExemptions))
	f.Add([]byte("exemptions: [{}]"))
	f.Add([]byte("- {control: [1], scope: {}, category: 3, expires: 2027}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, list := ParseExemptions("f", text, known)
		for _, e := range got {
			if e.Scope.IsZero() || e.Category == NotExempt || e.Owner == "" || e.Reason == "" {
				t.Fatalf("%q gave %+v, said %v", text, e, list)
			}
		}
	})
}
