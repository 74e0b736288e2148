package inventory

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const (
	subA = "/subscriptions/aaaaaaaa-0000-0000-0000-000000000000"
	subB = "/subscriptions/bbbbbbbb-0000-0000-0000-000000000000"
	net  = subA + "/resourceGroups/Net/providers/Microsoft.Network/"
	mg   = "/providers/Microsoft.Management/managementGroups/"
)

func parse(t testing.TB, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func record(t testing.TB, text string) *resource.Resource {
	t.Helper()
	r, err := resource.New(parse(t, text), "", resource.Origin{File: "test.json"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func build(t testing.TB, entries []Entry, bodies ...string) *Inventory {
	t.Helper()
	b := NewBuilder()
	for _, s := range bodies {
		b.Add(record(t, s))
	}
	for _, e := range entries {
		b.Cover(e)
	}
	return b.Build()
}

func names(seq iter.Seq[*resource.Resource]) string {
	var out []string
	for r := range seq {
		out = append(out, r.ID.FullName())
	}
	return strings.Join(out, " ")
}

func id(t testing.TB, s string) resource.ID {
	t.Helper()
	x, err := resource.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestIndexes(t *testing.T) {
	inv := build(t, nil,
		`{"id":"`+net+`networkSecurityGroups/nsg","type":"microsoft.network/networksecuritygroups","properties":{"securityRules":[{"id":"`+strings.ToUpper(net+`networkSecurityGroups/nsg/securityRules/ssh`)+`","name":"ssh","properties":{"priority":100}}],"subnets":[{"id":"`+net+`virtualNetworks/v/subnets/s1"}]}}`,
		`{"id":"`+net+`virtualNetworks/v","type":"Microsoft.Network/virtualNetworks","properties":{"subnets":[{"id":"`+net+`virtualNetworks/v/subnets/s1","name":"s1","properties":{"networkSecurityGroup":{"id":"`+net+`networkSecurityGroups/nsg"}}},{"id":"`+net+`virtualNetworks/v/subnets/s2","name":"s2","properties":{}}]}}`,
		`{"id":"`+subB+`/resourceGroups/x/providers/Microsoft.Network/networkSecurityGroups/other","properties":{}}`,
	)
	if inv.Len() != 6 || inv.Count("MICROSOFT.network/networkSecurityGroups/securityRules") != 1 {
		t.Fatal(inv.Len(), inv.Types())
	}
	for got, want := range map[string]string{
		names(inv.OfType("Microsoft.Network/networkSecurityGroups")):                                                        "nsg other",
		names(inv.Under(id(t, subA), "Microsoft.Network/virtualNetworks/subnets")):                                          "v/s1 v/s2",
		names(inv.Under(id(t, subA+"/resourceGroups/NET"), "microsoft.network/networkSecurityGroups")):                      "nsg",
		names(inv.Under(id(t, net+"virtualNetworks/v"), "")):                                                                "v v/s1 v/s2",
		names(inv.Children(id(t, net+"virtualNetworks/V"))):                                                                 "v/s1 v/s2",
		names(inv.Related(id(t, net+"virtualNetworks/v/subnets/s1"), "Microsoft.Network/networkSecurityGroups")):            "nsg",
		names(inv.Related(id(t, net+"networkSecurityGroups/nsg"), "Microsoft.Network/virtualNetworks/subnets")):             "v/s1",
		names(inv.Related(id(t, net+"networkSecurityGroups/nsg"), "Microsoft.Network/networkSecurityGroups/securityRules")): "NSG/SSH",
	} {
		if strings.TrimSpace(want) != got {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if r, ok := inv.Lookup(strings.ToUpper(net) + "VIRTUALNETWORKS/V/"); !ok || r.Name() != "v" && r.ID.Name() != "v" {
		t.Error(r, ok)
	}
	if !inv.Nested(id(t, net+"virtualNetworks/v/subnets/s1")) || inv.Nested(id(t, net+"virtualNetworks/v")) {
		t.Error("Nested")
	}
	if got := names(inv.Records()); got != "nsg v other" {
		t.Error(got)
	}
	if subs := inv.Subscriptions(); len(subs) != 2 || subs[0].String() != subA {
		t.Error(subs)
	}
}

func TestReferencesAreNotChildren(t *testing.T) {
	lb := net + "loadBalancers/lb"
	inv := build(t, nil, `{"id":"`+lb+`","properties":{"frontendIPConfigurations":[{"id":"`+lb+`/frontendIPConfigurations/f","name":"f","properties":{"loadBalancingRules":[{"id":"`+lb+`/loadBalancingRules/r"}]}}],
		"probes":[{"id":"`+lb+`x/probes/p","name":"p"},{"id":3},{"id":"nonsense","name":"n"},7,null]}}`)
	if got := names(inv.All()); got != "lb lb/f" {
		t.Error(got)
	}
}

func TestFirstWinsAndPropertiesBeatNone(t *testing.T) {
	a := subA + "/resourceGroups/g/providers/Microsoft.Web/sites/a"
	inv := build(t, nil,
		`{"id":"`+a+`","name":"a","location":"x","tags":{}}`,
		`{"id":"`+strings.ToUpper(a)+`","properties":{"n":1}}`,
		`{"id":"`+a+`","properties":{"n":2}}`,
		`{"id":"`+strings.ToUpper(a)+`","properties":{"n":1}}`,
		`{"id":"`+a+`","name":"a","location":"y"}`)
	r, _ := inv.Lookup(a)
	if n, _ := r.Properties().Get("n").Int(); n != 1 || inv.Len() != 1 {
		t.Error(r.Body, inv.Len())
	}
	if d := inv.Diagnostics(); len(d) != 1 || d[0].Code != CodeDuplicate || !strings.Contains(d[0].Message, "the first was kept") {
		t.Error(d)
	}
}

func TestManagementGroups(t *testing.T) {
	inv := build(t, nil,
		`{"id":"`+mg+`root","type":"/providers/Microsoft.Management/managementGroups","properties":{"children":[{"type":"x","id":"`+mg+`Prod","children":[{"id":"`+subA+`"}]}]}}`,
		`{"id":"`+subB+`","properties":{"managementGroupAncestorsChain":[{"name":"dev"},{"name":"root"}]}}`,
		`{"id":"`+mg+`root/providers/Microsoft.Authorization/policyAssignments/p","properties":{}}`,
		`{"id":"`+net+`networkSecurityGroups/n","properties":{}}`,
		`{"id":"`+mg+`loop1","properties":{"details":{"parent":{"id":"`+mg+`loop2"}}}}`,
		`{"id":"`+mg+`loop2","properties":{"details":{"parent":{"id":"`+mg+`loop1"}}}}`,
	)
	nsg := id(t, net+"networkSecurityGroups/n")
	var chain []string
	for _, s := range inv.Ancestors(nsg) {
		chain = append(chain, s.Name())
	}
	if got := strings.Join(chain, ">"); got != "Net>aaaaaaaa-0000-0000-0000-000000000000>prod>root>" {
		t.Error(got)
	}
	if !inv.Within(nsg, id(t, mg+"PROD")) || inv.Within(nsg, id(t, mg+"dev")) || !inv.Within(id(t, subB), id(t, mg+"root")) {
		t.Error("Within")
	}
	if got := names(inv.Under(id(t, mg+"root"), "")); got != "root p bbbbbbbb-0000-0000-0000-000000000000 n" {
		t.Error(got)
	}
	if g, ok := inv.ManagementGroup(id(t, subB)); !ok || g.Name() != "dev" {
		t.Error(g, ok)
	}
	if d := inv.Diagnostics(); len(d) != 1 || d[0].Code != CodeCycle {
		t.Error(d)
	}
	if n := len(inv.Ancestors(id(t, mg+"loop1"))); n > 3 {
		t.Error("the circle was not cut:", n)
	}
}

func TestCoverage(t *testing.T) {
	kv := "Microsoft.KeyVault/vaults"
	rule := "Microsoft.Network/networkSecurityGroups/securityRules"
	inv := build(t, []Entry{
		{Type: kv, Scope: subA, State: Complete},
		{Type: kv, Scope: subA + "/resourceGroups/secret", State: Denied, Reason: "403 AuthorizationFailed"},
		{Type: "Microsoft.Compute/disks", Scope: "/", State: Failed},
		{Type: "Microsoft.Compute/disks", Scope: subB, State: Complete},
		{Type: "Microsoft.Web/sites", Scope: subA, State: Partial},
		{Type: "Microsoft.Web/sites", Scope: strings.ToUpper(subA) + "/", State: Complete, Source: "other"},
		{Type: "Microsoft.Sql/servers", Scope: subA, State: Complete},
		{Type: "Microsoft.Sql/servers", Scope: subB, State: Complete},
		{Type: "Microsoft.Network/networkSecurityGroups", Scope: subA, State: Complete},
		{Type: AnyType, Scope: subB + "/resourceGroups/all", State: Complete},
	},
		`{"id":"`+net+`networkSecurityGroups/full","properties":{"securityRules":[]}}`,
		`{"id":"`+net+`networkSecurityGroups/alsoFull","properties":{"securityRules":[{"id":"`+net+`networkSecurityGroups/alsofull/securityRules/r","name":"r"}]}}`,
		`{"id":"`+subB+`/resourceGroups/x/providers/Microsoft.Network/networkSecurityGroups/bare"}`,
	)
	for _, c := range []struct {
		typ, scope string
		want       State
	}{
		{kv, subA, Partial},
		{kv, subA + "/resourceGroups/secret", Denied},
		{kv, subA + "/resourceGroups/secret/providers/Microsoft.KeyVault/vaults/v", Denied},
		{strings.ToLower(kv), subA + "/resourceGroups/fine", Complete},
		{kv, subB, NotRequested},
		{kv, "/", Partial},
		{"Microsoft.Compute/disks", subA, Failed},
		{"Microsoft.Compute/disks", subB, Complete},
		{"Microsoft.Compute/disks", "/", Failed},
		{"Microsoft.Web/sites", subA, Complete},
		{"Microsoft.Sql/servers", "/", Complete},
		{"Microsoft.Nobody/things", subA, NotRequested},
		{"Microsoft.Nobody/things", subB + "/resourceGroups/ALL", Complete},
		{rule, net + "networkSecurityGroups/full", Complete},
		{rule, net + "networkSecurityGroups/alsoFull", Complete},
		{rule, subB + "/resourceGroups/x/providers/Microsoft.Network/networkSecurityGroups/bare", NotRequested},
		{rule, subA, Complete},
		{rule, subB, NotRequested},
		{"Microsoft.Insights/diagnosticSettings", net + "networkSecurityGroups/full", NotRequested},
	} {
		if got := inv.Coverage(c.typ, id(t, c.scope)); got.State != c.want || (got.Reason == "") != (got.State == Complete) {
			t.Errorf("%s under %s: %v %q, want %v", c.typ, c.scope, got.State, got.Reason, c.want)
		}
	}
	if (&Inventory{}).Coverage(kv, id(t, "/")).State != NotRequested {
		t.Error("an empty inventory knows nothing")
	}
}

func TestUnread(t *testing.T) {
	kv := subA + "/resourceGroups/g/providers/Microsoft.KeyVault/vaults/"
	b := NewBuilder()
	for _, s := range []string{
		`{"id":"` + kv + `listed","name":"listed","location":"x"}`,
		`{"id":"` + kv + `read","properties":{"tenantId":"t"}}`,
		`{"id":"` + kv + `flat","tenantId":"t","enableSoftDelete":true}`,
		`{"id":"` + subA + `","displayName":"d"}`,
		`{"id":"` + subA + `/resourceGroups/g/providers/Microsoft.Web/sites/s","properties":{},"azward":{"reachable":true,"unknown":{"exposed":"no rules were read"}}}`,
	} {
		b.Add(record(t, s))
	}
	u, err := resource.NewGraph("users", parse(t, `{"id":"u","displayName":"U","mail":null}`), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	b.Add(u)
	b.Cover(Entry{Type: "Microsoft.KeyVault/vaults", Scope: subA, State: Complete, Unread: []string{"properties.networkAcls", "tags.late"}, Reason: "removed"})
	b.Cover(Entry{Type: "Microsoft.Web/sites", Scope: subA, State: Complete, Unread: []string{"properties"}})
	inv := b.Build()
	for _, c := range []struct {
		id, path string
		want     bool
	}{
		{kv + "listed", "properties.enableSoftDelete", true},
		{kv + "listed", "enableSoftDelete", true},
		{kv + "listed", "tags.env", false},
		{kv + "read", "properties.enableSoftDelete", false},
		{kv + "read", "properties.networkAcls.defaultAction", true},
		{kv + "read", "NetworkAcls.ipRules[*].value", true},
		{kv + "read", "properties.networkAclsX", false},
		{kv + "read", "properties", true},
		{kv + "read", "tags['late']", true},
		{kv + "read", `tags["LATE"]`, true},
		{kv + "read", "tags['known']", false},
		{kv + "flat", "properties.enablePurgeProtection", false},
		{subA, "properties.x", false},
		{u.ID.String(), "displayName", false},
		{u.ID.String(), "mail", false},
		{u.ID.String(), "accountEnabled", true},
		{subA + "/resourceGroups/g/providers/Microsoft.Web/sites/s", "azward.reachable", false},
		{subA + "/resourceGroups/g/providers/Microsoft.Web/sites/s", "azward.exposed[*].port", true},
		{subA + "/resourceGroups/g/providers/Microsoft.Web/sites/s", "azward.never", true},
		{subA + "/resourceGroups/g/providers/Microsoft.Web/sites/s", "properties.httpsOnly", true},
		{subA + "/resourceGroups/g/providers/Microsoft.Web/sites/s", "kind", false},
	} {
		r, ok := inv.Lookup(c.id)
		if !ok {
			t.Fatal(c.id)
		}
		if why, got := inv.Unread(r, c.path); got != c.want || got && why == "" {
			t.Errorf("%s %s: %v %q", c.id, c.path, got, why)
		}
	}
}

func TestWithFacts(t *testing.T) {
	a := net + "networkSecurityGroups/a"
	inv := build(t, nil, `{"id":"`+a+`","properties":{}}`, `{"id":"`+net+`networkSecurityGroups/b","properties":{}}`)
	one := inv.WithFacts(map[string]jsondoc.Value{strings.ToLower(a): parse(t, `{"x":1,"unknown":{"y":"why","z":"why"}}`), "/nobody": parse(t, `{}`)})
	two := one.WithFacts(map[string]jsondoc.Value{strings.ToLower(a): parse(t, `{"y":2,"unknown":{"w":"why"}}`)})
	r0, _ := inv.Lookup(a)
	r2, _ := two.Lookup(a)
	if r0.Body.Get(resource.Facts).Exists() {
		t.Error("the old inventory changed")
	}
	if got := r2.Body.Get(resource.Facts).String(); got != `{"x":1,"unknown":{"z":"why","w":"why"},"y":2}` {
		t.Error(got)
	}
	if got := names(two.OfType("Microsoft.Network/networkSecurityGroups")); got != "a b" {
		t.Error(got)
	}
}

func TestAttach(t *testing.T) {
	b := NewBuilder()
	g := resource.GraphID("groups", "g")
	b.Attach(g, "members", resource.Origin{}, parse(t, `{"id":"u1"}`))
	r, err := resource.NewGraph("groups", parse(t, `{"id":"g"}`), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	b.Add(r)
	b.Attach(g, "members", resource.Origin{}, parse(t, `{"id":"U1"}`), parse(t, `{"id":"u2"}`))
	b.Attach(g, "owners", resource.Origin{})
	b.Attach(resource.GraphID("groups", "gone"), "members", resource.Origin{File: "f"}, parse(t, `{"id":"u1"}`))
	inv := b.Build()
	got, _ := inv.Get(g)
	if s := got.Body.String(); s != `{"id":"g","members":[{"id":"u1"},{"id":"u2"}],"owners":[]}` {
		t.Error(s)
	}
	if d := inv.Diagnostics(); len(d) != 1 || d[0].Code != CodeNoOwner {
		t.Error(d)
	}
}

func TestOrderDoesNotDependOnReading(t *testing.T) {
	var bodies []string
	for i := range 50 {
		bodies = append(bodies, fmt.Sprintf(`{"id":"%snetworkInterfaces/n%d","properties":{}}`, net, i))
	}
	a := names(build(t, nil, bodies...).All())
	slices.Reverse(bodies)
	if b := names(build(t, nil, bodies...).All()); a != b {
		t.Error("the order of reading shows")
	}
}

func TestZeroInventory(t *testing.T) {
	var inv Inventory
	root := id(t, "/")
	if inv.Len() != 0 || names(inv.Under(root, "")) != "" || names(inv.Children(root)) != "" || len(inv.Subscriptions()) != 0 || len(inv.MembersOf(root)) != 0 {
		t.Error("not empty")
	}
	if got := inv.Ancestors(id(t, subA)); len(got) != 1 {
		t.Error(got)
	}
}
