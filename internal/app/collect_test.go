package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// startFake serves an inventory, and returns what a collector needs to read it
// through real sockets with the real identity library.
func startFake(t testing.TB, inv *inventory.Inventory, o fake.Options) (*fake.Server, collect.Options) {
	t.Helper()
	s, err := ServeFake(inv, o, 0, demo.ReadAt())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	transport, err := s.Endpoints.Transport()
	if err != nil {
		t.Fatal(err)
	}
	cred, err := azidentity.NewClientSecretCredential("fake", "app", "secret", &azidentity.ClientSecretCredentialOptions{
		ClientOptions:            policy.ClientOptions{Cloud: s.Endpoints.Configuration(), Transport: transport},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, collect.Options{Endpoints: s.Endpoints, Credential: cred, Transport: transport, Wants: CollectWants(), Version: "test", Clock: time.Now, Backoff: time.Millisecond, Unpaced: true}
}

func demoInventory(t testing.TB) *inventory.Inventory {
	t.Helper()
	inv, err := Load(context.Background(), &Options{Demo: true, Now: demo.ReadAt()})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func collected(t testing.TB, o collect.Options) (*inventory.Inventory, collect.Result) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tenant.azs")
	res, err := Collect(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".collect"); err == nil {
		t.Error("what was kept for the run is still there")
	}
	inv, err := Load(context.Background(), &Options{From: []string{path}, Now: demo.ReadAt()})
	if err != nil {
		t.Fatal(err)
	}
	return inv, res
}

func assessedStates(t testing.TB, o Options) (score float64, states map[string]finding.State, unknown int) {
	t.Helper()
	o.Now = demo.ReadAt()
	o.States = []finding.State{finding.NonCompliant, finding.Exempt, finding.Compliant}
	a, err := Assess(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	states = map[string]finding.State{}
	for _, f := range a.Findings.All() {
		states[f.ControlID+" "+strings.ToLower(f.ResourceID)] = f.State
	}
	for _, u := range a.Unknown.All() {
		states["unknown "+u.ControlID+" "+strings.ToLower(u.ResourceID)+" "+strings.Join(u.Reasons, "; ")] = finding.Unknown
	}
	return a.Score.Percentage, states, a.Unknown.Len()
}

func TestCollectedDemoScoresLikeTheDemo(t *testing.T) {
	want := demoInventory(t)
	_, o := startFake(t, want, fake.Options{PageSize: 7, Throttle: 0.05, Seed: 3})
	got, res := collected(t, o)
	if res.Records == 0 || res.Calls == 0 {
		t.Fatalf("%+v", res)
	}
	wantScore, wantStates, _ := assessedStates(t, Options{Inventory: want})
	gotScore, gotStates, _ := assessedStates(t, Options{Inventory: got})
	if wantScore != gotScore {
		t.Errorf("score %v, the demo's is %v", gotScore, wantScore)
	}
	n := 0
	for k, s := range wantStates {
		if gotStates[k] != s {
			if n++; n <= 20 {
				t.Errorf("%s: %s, want %s", k, gotStates[k], s)
			}
		}
	}
	for k, s := range gotStates {
		if _, ok := wantStates[k]; !ok {
			if n++; n <= 20 {
				t.Errorf("%s: %s, which the demo does not say", k, s)
			}
		}
	}
	if n > 20 {
		t.Errorf("and %d more", n-20)
	}
}

func TestMissingPermissionsAreNamed(t *testing.T) {
	_, o := startFake(t, demoInventory(t), fake.Options{Deny: []string{"identity/conditionalAccess", "/v1.0/users", "members"}})
	inv, _ := collected(t, o)
	text := manifestText(inv)
	for _, want := range []string{"Policy.Read.All", "User.Read.All", "GroupMember.Read.All"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary does not name %s:\n%s", want, text)
		}
	}
	a, err := Assess(context.Background(), Options{Inventory: inv, Now: demo.ReadAt(), States: []finding.State{finding.Compliant}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Findings.All() {
		if f.ControlID == "identity-admins-mfa-guaranteed" || strings.Contains(strings.ToLower(f.ResourceID), "microsoft.graph/users") {
			t.Errorf("%s on %s is %s without having read users or policies", f.ControlID, f.ResourceID, f.State)
		}
	}
	named := false
	for _, u := range a.Unknown.All() {
		named = named || strings.Contains(strings.Join(u.Reasons, " "), "Policy.Read.All") || strings.Contains(strings.Join(u.Reasons, " "), "User.Read.All")
	}
	if !named {
		t.Error("no unknown verdict names the missing permission")
	}
}

// manifestText is what a snapshot lacks, a line each.
func manifestText(inv *inventory.Inventory) string {
	var b strings.Builder
	for _, e := range inv.Manifest().Entries() {
		if e.State != inventory.Complete || len(e.Unread) > 0 {
			fmt.Fprintf(&b, "%s %s %s %v: %s\n", e.State, e.Type, e.Scope, e.Unread, e.Reason)
		}
	}
	return b.String()
}

// TestNothingIsCompleteThatWasNotAsked leaves a subscription out, and asks for
// what was read of it, of a management group above it, and of types that nobody
// asked about.
func TestNothingIsCompleteThatWasNotAsked(t *testing.T) {
	want := demoInventory(t)
	_, o := startFake(t, want, fake.Options{PageSize: 500})
	subs := want.Subscriptions()
	o.Exclude = []string{subs[0].Subscription()}
	inv, _ := collected(t, o)
	const assignments, settings = "Microsoft.Authorization/roleAssignments", "Microsoft.Insights/diagnosticSettings"
	for _, typ := range []string{assignments, settings, "Microsoft.Storage/storageAccounts", "Microsoft.Authorization/policyAssignments", "Microsoft.Authorization/locks"} {
		if c := inv.Coverage(typ, subs[0]); c.Complete() {
			t.Errorf("%s is complete in a subscription that was left out", typ)
		}
		if c := inv.Coverage(typ, resource.TenantID()); c.Complete() {
			t.Errorf("%s is complete in the tenant without a subscription", typ)
		}
	}
	if c := inv.Coverage(assignments, subs[1]); !c.Complete() {
		t.Errorf("%s in a subscription that was read: %+v", assignments, c)
	}
	for r := range inv.OfType("Microsoft.Management/managementGroups") {
		if inv.Within(subs[0], r.ID) {
			if c := inv.Coverage(assignments, r.ID); c.Complete() {
				t.Errorf("%s is complete below %s, of which a subscription was left out", assignments, r.ID)
			}
		}
	}
	asked := false
	for r := range inv.OfType("Microsoft.Network/publicIPAddresses") {
		if c := inv.Coverage(settings, r.ID); c.Complete() {
			t.Errorf("%s on %s is complete and was not asked for", settings, r.ID)
		}
		asked = true
	}
	if !asked {
		t.Error("the demo has no public addresses any more: choose another type without settings of its own")
	}
}

func TestMembersThatNobodyReadAreUnread(t *testing.T) {
	_, o := startFake(t, demoInventory(t), fake.Options{Faults: []fake.Fault{{Path: `POST /v1.0/\$batch`, Status: 403, Code: "Forbidden"}}})
	o.Only = []string{"graph"}
	inv, _ := collected(t, o)
	groups := 0
	for r := range inv.OfType("Microsoft.Graph/groups") {
		groups++
		if _, unread := inv.Unread(r, "members"); !unread {
			t.Errorf("the members of %s count as read", r.ID)
		}
	}
	if groups == 0 {
		t.Error("no groups")
	}
	if c := inv.Coverage("Microsoft.Graph/appRoleAssignments", resource.TenantID()); c.Complete() {
		t.Errorf("assignments of roles are complete: %+v", c)
	}
}

func TestFaultsBecomeLinesOfTheManifest(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fake.Fault
		want   string
		state  inventory.State
		typ    string
	}{
		"a service that is down":          {[]fake.Fault{{Path: "/locks", Status: 500, Code: "InternalServerError"}}, "500 InternalServerError", inventory.Failed, "Microsoft.Authorization/locks"},
		"a refusal":                       {[]fake.Fault{{Path: "/locks", Status: 403, Code: "AuthorizationFailed"}}, "403 AuthorizationFailed", inventory.Denied, "Microsoft.Authorization/locks"},
		"not registered":                  {[]fake.Fault{{Path: "/denyAssignments", Status: 404, Code: "InvalidResourceNamespace"}}, "404", inventory.Failed, "Microsoft.Authorization/denyAssignments"},
		"a conflict":                      {[]fake.Fault{{Path: "/denyAssignments", Status: 409, Code: "MissingSubscriptionRegistration"}}, "409", inventory.Failed, "Microsoft.Authorization/denyAssignments"},
		"an answer without a list":        {[]fake.Fault{{Path: "/denyAssignments", Status: 200, Body: `{}`}}, "no list", inventory.Failed, "Microsoft.Authorization/denyAssignments"},
		"an empty answer":                 {[]fake.Fault{{Path: "/domains", Status: 204, Body: " "}}, "no list", inventory.Failed, "Microsoft.Graph/domains"},
		"Resource Graph without data":     {[]fake.Fault{{Path: "ResourceGraph", Status: 200, Body: `{"count":0}`}}, "no list", inventory.Failed, "Microsoft.Storage/storageAccounts"},
		"a child type nobody knows":       {[]fake.Fault{{Path: "/secrets", Status: 404, Code: "ResourceNotFound"}}, "404 ResourceNotFound", inventory.Failed, "Microsoft.KeyVault/vaults/secrets"},
		"an object that is none":          {[]fake.Fault{{Path: "/authorizationPolicy", Status: 200, Body: `[]`}}, "no object", inventory.Failed, "Microsoft.Graph/authorizationPolicies"},
		"refused for good with 401":       {[]fake.Fault{{Path: "/domains", Status: 401, Code: "InvalidAuthenticationToken"}}, "401", inventory.Denied, "Microsoft.Graph/domains"},
		"a page that is no JSON":          {[]fake.Fault{{Path: "/domains", Status: 200, Body: `{"value":[{"id":"x"`}}, "no JSON", inventory.Failed, "Microsoft.Graph/domains"},
		"a link to another host":          {[]fake.Fault{{Path: "/domains", Status: 200, Body: `{"value":[{"id":"x"}],"@odata.nextLink":"https://evil.example/x"}`}}, "evil.example and is not followed", inventory.Partial, "Microsoft.Graph/domains"},
		"pages in a circle":               {[]fake.Fault{{Path: "/domains", Status: 200, Body: `{"value":[{"id":"x"}],"@odata.nextLink":"/v1.0/domains?a=1"}`}}, "circle", inventory.Partial, "Microsoft.Graph/domains"},
		"connections that break for good": {[]fake.Fault{{Path: "/domains", Status: 0}}, "connection failed", inventory.Failed, "Microsoft.Graph/domains"},
		"one that breaks once":            {[]fake.Fault{{Path: "/domains", Status: 0, Times: 1}}, "", inventory.Complete, "Microsoft.Graph/domains"},
		"a token that ended":              {[]fake.Fault{{Path: "/domains", Status: 401, Times: 1}}, "", inventory.Complete, "Microsoft.Graph/domains"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, o := startFake(t, demoInventory(t), fake.Options{Faults: c.faults})
			inv, _ := collected(t, o)
			found := false
			for _, e := range inv.Manifest().Entries() {
				if strings.EqualFold(e.Type, c.typ) && e.State == c.state && strings.Contains(e.Reason, c.want) {
					found = true
				}
			}
			if !found {
				t.Errorf("no line for %s is %s with %q:\n%s", c.typ, c.state, c.want, manifestText(inv))
			}
		})
	}
}

func TestTokensStayWithTheirService(t *testing.T) {
	s, o := startFake(t, demoInventory(t), fake.Options{})
	seen := map[string]map[string]bool{}
	o.Transport = spy{o.Transport, func(r *http.Request) {
		if token := r.Header.Get("Authorization"); token != "" {
			if seen[token] == nil {
				seen[token] = map[string]bool{}
			}
			seen[token][r.URL.Host] = true
		}
	}}
	o.Workers = 1
	collected(t, o)
	if len(seen) < 2 {
		t.Errorf("%d tokens for two services", len(seen))
	}
	for _, hosts := range seen {
		if len(hosts) != 1 {
			t.Errorf("one token went to %d hosts", len(hosts))
		}
	}
	if n := s.Tokens.Load(); n > 4 {
		t.Errorf("%d tokens were asked for", n)
	}
}

type spy struct {
	policy.Transporter
	see func(*http.Request)
}

func (s spy) Do(r *http.Request) (*http.Response, error) { s.see(r); return s.Transporter.Do(r) }

// TestAnInterruptedRunGivesTheSameSnapshot ends runs at many points and lets
// them go on.
func TestAnInterruptedRunGivesTheSameSnapshot(t *testing.T) {
	inv := demoInventory(t)
	_, o := startFake(t, inv, fake.Options{PageSize: 50})
	o.Subscriptions = []string{inv.Subscriptions()[0].Subscription()}
	whole, _ := collected(t, o)
	for i := range 20 {
		path := filepath.Join(t.TempDir(), "tenant.azs")
		resumed := 0
		for attempt := 0; ; attempt++ {
			ctx, cancel := context.WithCancel(context.Background())
			run := o
			stop := 3 + 5*i
			run.Progress = func(done, _, _ int) {
				if attempt == 0 && done >= stop {
					cancel()
				}
			}
			res, err := Collect(ctx, path, run)
			cancel()
			if err == nil {
				resumed = res.Resumed
				break
			}
			if attempt > 2 {
				t.Fatal(err)
			}
		}
		got, err := Load(context.Background(), &Options{From: []string{path}, Now: demo.ReadAt()})
		if err != nil {
			t.Fatal(err)
		}
		if resumed == 0 && i < 10 {
			t.Errorf("point %d: nothing was taken from the run before", i)
		}
		if a, b := keysOf(whole), keysOf(got); !slices.Equal(a, b) {
			t.Errorf("point %d: %d resources, want %d", i, len(b), len(a))
		}
	}
}

func keysOf(inv *inventory.Inventory) []string {
	var out []string
	for r := range inv.All() {
		out = append(out, r.ID.Key()+string(r.Body.AppendJSON(nil)))
	}
	return out
}

func TestASecretNeverReachesTheSnapshot(t *testing.T) {
	_, o := startFake(t, demoInventory(t), fake.Options{Faults: []fake.Fault{{Path: "/domains", Status: 200,
		Body: `{"value":[{"id":"x","password":"hunter2secret","nested":{"connectionString":"hunter3secret"}}]}`}}})
	path := filepath.Join(t.TempDir(), "tenant.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	inv, err := Load(context.Background(), &Options{From: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	for r := range inv.All() {
		text := string(r.Body.AppendJSON(nil))
		for _, secret := range []string{"hunter2secret", "hunter3secret", "fake-"} {
			if strings.Contains(text, secret) && strings.Contains(r.ID.Key(), "domains") {
				t.Errorf("%s holds a secret: %s", r.ID, text)
			}
		}
	}
}

// BenchmarkCollect reads a generated tenant from the fake: AZWARD_COLLECT names
// the number of resources, 2,000 where it is not set.
func BenchmarkCollect(b *testing.B) {
	n := 2000
	if text := os.Getenv("AZWARD_COLLECT"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "big.json")
	out, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := demo.Generate(out, demo.Size{Resources: n, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	inv, err := Load(context.Background(), &Options{From: []string{file, writeUsers(b, dir, n/2)}})
	if err != nil {
		b.Fatal(err)
	}
	_, o := startFake(b, inv, fake.Options{PageSize: 999, Latency: 50 * time.Millisecond, Throttle: 0.05, Seed: 7})
	o.Backoff, o.Unpaced = 0, false
	o.Workers = 32
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "tenant.azs")
		res, err := Collect(context.Background(), path, o)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(res.Records), "records")
		b.ReportMetric(float64(res.Calls), "calls")
	}
}

func writeUsers(b *testing.B, dir string, n int) string {
	b.Helper()
	var text strings.Builder
	text.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[`)
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"id":"%08d-0000-0000-0000-000000000000","userPrincipalName":"u%d@x.example","userType":"Member","accountEnabled":true}`, i, i)
	}
	text.WriteString("]}")
	path := filepath.Join(dir, "users.json")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
