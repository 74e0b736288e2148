package snapshot

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

func redacted(t *testing.T, key string, in ...Line) []Line {
	t.Helper()
	rd := NewRedactor([]byte(key), func(w string) bool { return w == "kept-name-1" })
	for _, l := range in {
		rd.Learn(l)
	}
	var out []Line
	for _, l := range in {
		l, err := rd.Line(l)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

func armRecord(t *testing.T, text string) *resource.Resource {
	t.Helper()
	r, err := resource.New(parseJSON(t, text), "", resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const subID = "8a5f3c1e-1111-4222-8333-944455556666"

func sampleTenant(t *testing.T) []Line {
	t.Helper()
	user, err := resource.NewGraph("users", parseJSON(t, `{"id":"5d0a3c1e-0000-4222-8333-944455556666","displayName":"Petra Holm","userPrincipalName":"petra.holm_partner.com#EXT#@contoso.onmicrosoft.com","mail":"petra@contoso.example","otherMails":["petra@contoso.example"]}`), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	role, err := resource.NewGraph("roleDefinitions", parseJSON(t, `{"id":"62e90394-69f5-4237-9190-012177145e10","displayName":"Global Administrator","isBuiltIn":true,"templateId":"62e90394-69f5-4237-9190-012177145e10"}`), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	graph, err := resource.NewGraph("servicePrincipals", parseJSON(t, `{"id":"6d0a3c1e-0000-4222-8333-944455556666","appId":"00000003-0000-0000-c000-000000000000","displayName":"Microsoft Graph","appOwnerOrganizationId":"f8cdef31-a31e-4b4a-93e4-5f571e91255a"}`), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	vault := armRecord(t, `{"id":"/subscriptions/`+subID+`/resourceGroups/rg-clinic/providers/Microsoft.KeyVault/vaults/kv-clinic-7","name":"kv-clinic-7","type":"Microsoft.KeyVault/vaults","location":"westeurope",
		"tags":{"owner":"petra@contoso.example","empty":""},
		"properties":{"vaultUri":"https://kv-clinic-7.vault.azure.net/","tenantId":"9a5f3c1e-1111-4222-8333-944455556666","sku":{"name":"standard"},"note":"see kv-clinic-7 and westeurope",
		"networkAcls":{"defaultAction":"Deny","ipRules":[{"value":"20.50.60.70/32"},{"value":"0.0.0.0/0"}],"range":"20.1.2.3-20.1.2.9"},"rule":{"startIpAddress":"20.9.8.7","endIpAddress":"20.9.8.99"},
		"accessPolicies":[{"objectId":"5D0A3C1E-0000-4222-8333-944455556666"}],"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c",
		"nodeResourceGroup":"MC_rg-clinic_kv-clinic-7_westeurope","modelVersion":"10.0.17.1","correlation":"7777aaaa-0000-4222-8333-944455556666"}}`)
	secret := armRecord(t, `{"id":"/subscriptions/`+strings.ToUpper(subID)+`/resourcegroups/RG-CLINIC/providers/microsoft.keyvault/vaults/KV-CLINIC-7/secrets/default","name":"kv-clinic-7/default","type":"Microsoft.KeyVault/vaults/secrets","properties":{}}`)
	scope := "/subscriptions/" + subID
	return []Line{
		{Header: &Header{Tenant: "9a5f3c1e-1111-4222-8333-944455556666"}},
		{Record: user, From: "export.json"}, {Record: role}, {Record: graph}, {Record: vault}, {Record: secret},
		{Cover: &inventory.Entry{Type: "Microsoft.KeyVault/vaults", Scope: scope, Source: "dir/export.json", State: inventory.Failed, Reason: "export.json could not be read: kv-clinic-7 is odd"}},
		{Source: &Source{Name: "export.json", Records: 4}},
		{Note: &diag.Diagnostic{Code: "X1", Message: "kv-clinic-7 is odd", Source: "export.json"}},
		{Log: &LogRow{Table: "SigninLogs", Row: parseJSON(t, `{"userPrincipalName":"petra@contoso.example"}`)}},
		{Period: &Period{Table: "AzureActivity", Scope: scope}},
		{Delta: &Delta{Type: "Microsoft.Graph/users", Link: "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=x"}},
	}
}

func TestRedact(t *testing.T) {
	in := sampleTenant(t)
	out := redacted(t, "0123456789abcdef", in...)
	var text strings.Builder
	for _, l := range out {
		switch {
		case l.Header != nil:
			fmt.Fprintln(&text, *l.Header)
		case l.Record != nil:
			fmt.Fprintln(&text, l.Record.ID, l.Record.Body, l.From)
		case l.Cover != nil:
			fmt.Fprintln(&text, *l.Cover)
		case l.Source != nil:
			fmt.Fprintln(&text, *l.Source)
		case l.Note != nil:
			fmt.Fprintln(&text, *l.Note)
		case l.Log != nil, l.Period != nil, l.Delta != nil:
			t.Errorf("%+v is still there", l)
		}
	}
	got := strings.ToLower(text.String())
	for _, secret := range []string{"petra", "holm", "contoso", "partner", "kv-clinic", "rg-clinic", subID, "9a5f3c1e", "5d0a3c1e", "20.50.60.70", "20.1.2.3", "20.9.8.7", "export.json", "7777aaaa"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is still there:\n%s", secret, got)
		}
	}
	for _, stays := range []string{"#ext#@", ".onmicrosoft.com", "62e90394-69f5-4237-9190-012177145e10", "global administrator", "microsoft graph", "00000003-0000-0000-c000-000000000000",
		"b24988ac-6180-42a0-ab88-20f7382dd24c", "westeurope", ".vault.azure.net/", `"standard"`, "0.0.0.0/0", "/secrets/default", "10.0.17.1", `"owner"`, `"empty":""`} {
		if !strings.Contains(got, stays) {
			t.Errorf("%q is gone:\n%s", stays, got)
		}
	}
	vault, secret, user := out[4].Record, out[5].Record, out[1].Record
	if parent, _ := secret.ID.Parent(); !parent.Equal(vault.ID) {
		t.Errorf("%s is no child of %s", secret.ID, vault.ID)
	}
	if vault.Body.Get("name").TextOr("") != vault.ID.Name() || vault.Body.Get("id").TextOr("") != vault.ID.String() {
		t.Errorf("name and id differ: %s", vault.Body)
	}
	if !strings.Contains(vault.Body.Path("properties", "vaultUri").TextOr(""), vault.ID.Name()+".vault") {
		t.Errorf("the address has another name: %s", vault.Body)
	}
	if got := vault.Body.Path("properties", "accessPolicies").At(0).Get("objectId").TextOr(""); got != user.ID.Name() || user.Body.Get("id").TextOr("") != got {
		t.Errorf("the access policy leads to %s, not to %s", got, user.ID)
	}
	if vault.Body.Path("properties", "tenantId").TextOr("") != out[0].Header.Tenant || !out[0].Header.Redacted {
		t.Errorf("tenant %+v", out[0].Header)
	}
	rule := vault.Body.Path("properties", "rule")
	from, to := netip.MustParseAddr(rule.Get("startIpAddress").TextOr("")), netip.MustParseAddr(rule.Get("endIpAddress").TextOr(""))
	if f, l := from.As4(), to.As4(); l[3]-f[3] != 92 || f[2] != l[2] {
		t.Errorf("the range is %s to %s", from, to)
	}

	same, other := redacted(t, "0123456789abcdef", in...), redacted(t, "another key 0123", in...)
	if same[4].Record.Body.String() != vault.Body.String() || other[4].Record.ID.String() == vault.ID.String() {
		t.Error("the key does not decide")
	}
}

// Addresses share after redaction exactly as many leading bits as before, and
// what is private stays private.
func TestRedactAddresses(t *testing.T) {
	rd := NewRedactor([]byte("0123456789abcdef"), nil)
	rnd := rand.New(rand.NewPCG(1, 2))
	shared := func(a, b netip.Addr) int {
		n := 0
		for ; n < a.BitLen(); n++ {
			pa, _ := a.Prefix(n + 1)
			if !pa.Contains(b) {
				break
			}
		}
		return n
	}
	random := func() netip.Addr {
		x := rnd.Uint32()
		switch rnd.IntN(4) {
		case 0:
			x = 10<<24 | x>>8
		case 1:
			x = 192<<24 | 168<<16 | x>>16
		}
		return netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)})
	}
	for range 2000 {
		a, b := random(), random()
		if rnd.IntN(2) == 0 {
			x := a.As4()
			x[3] ^= byte(rnd.Uint32())
			b = netip.AddrFrom4(x)
		}
		if a.IsMulticast() || b.IsMulticast() || a.IsLoopback() || b.IsLoopback() || a.IsLinkLocalUnicast() || b.IsLinkLocalUnicast() {
			continue
		}
		x, y := rd.address(a), rd.address(b)
		if x.IsPrivate() != a.IsPrivate() || shared(a, b) != shared(x, y) {
			t.Errorf("%s and %s became %s and %s", a, b, x, y)
		}
	}
	for in, want := range map[string]string{"0.0.0.0": "0.0.0.0", "0.0.0.0/0": "0.0.0.0/0", "255.255.255.255": "255.255.255.255", "168.63.129.16": "168.63.129.16", "::/0": "::/0", "1.2": "1.2", "10.0.0.0/8": "10.0.0.0/8"} {
		if got := rd.addresses(in); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
	if got := rd.addresses("20.1.0.0/16"); !strings.HasSuffix(got, ".0.0/16") || got == "20.1.0.0/16" && rd.addresses("20.2.0.0/16") == "20.2.0.0/16" {
		t.Errorf("20.1.0.0/16 became %s", got)
	}
	if got := rd.addresses("2a01:111:2222::1"); got == "2a01:111:2222::1" || !strings.HasPrefix(got, "2a01:") {
		t.Errorf("IPv6 became %s", got)
	}
}

func TestMerge(t *testing.T) {
	build := func(state inventory.State, rs ...*resource.Resource) *inventory.Inventory {
		b := inventory.NewBuilder()
		for _, r := range rs {
			b.Add(r)
		}
		b.Cover(inventory.Entry{Type: "Microsoft.Storage/storageAccounts", Scope: "/subscriptions/s", State: state, Reason: "why"})
		return b.Build()
	}
	older := build(inventory.Complete, account(t, "a", `{"x":1}`), account(t, "gone", `{}`), user(t, "u"))
	for _, tt := range []struct {
		state inventory.State
		want  string
	}{{inventory.Complete, "a new u"}, {inventory.Denied, "a gone new u"}} {
		latest := build(tt.state, account(t, "a", `{"x":2}`), account(t, "new", `{}`))
		m := Merge(latest, older)
		var names []string
		for r := range m.Records() {
			names = append(names, r.ID.Name())
		}
		if got := strings.Join(slices.Sorted(slices.Values(names)), " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.state, got, tt.want)
		}
		a, _ := m.Lookup("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")
		if n, _ := a.Properties().Get("x").Int(); n != 2 {
			t.Errorf("the older record of a counts: %s", a.Body)
		}
		if len(m.Diagnostics()) > 0 {
			t.Errorf("diagnostics: %v", m.Diagnostics())
		}
	}
}
