package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// summaryOf collects and returns what the user is told, and the inventory.
func summaryOf(t *testing.T, o collect.Options) (string, *inventory.Inventory) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tenant.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	lines, err := CollectSummary(path)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := Load(context.Background(), &Options{From: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n"), inv
}

func TestATenantWithoutSubscriptions(t *testing.T) {
	full := demoInventory(t)
	_, o := startFake(t, altered(t, full, func(r *resource.Resource) (jsondoc.Value, bool) { return r.Body, r.IsGraph() }), fake.Options{})
	text, inv := summaryOf(t, o)
	if !strings.Contains(text, "no subscription") {
		t.Errorf("the summary does not say that there are none:\n%s", text)
	}
	n := 0
	for range inv.OfType("Microsoft.Graph/users") {
		n++
	}
	if n == 0 {
		t.Error("the directory was not read")
	}
	for _, typ := range []string{"Microsoft.Storage/storageAccounts", "Microsoft.Authorization/roleAssignments"} {
		if inv.Coverage(typ, resource.TenantID()).Complete() {
			t.Errorf("%s counts as read", typ)
		}
	}
}

func TestASubscriptionThatIsDisabled(t *testing.T) {
	full := demoInventory(t)
	off := full.Subscriptions()[0]
	_, o := startFake(t, altered(t, full, func(r *resource.Resource) (jsondoc.Value, bool) {
		if r.ID.Key() == off.Key() {
			return r.Body.With("state", jsondoc.NewString("Disabled")), true
		}
		return r.Body, true
	}), fake.Options{PageSize: 500})
	o.Transport = spy{o.Transport, func(r *http.Request) {
		if strings.HasPrefix(r.URL.Path, off.String()+"/") {
			t.Errorf("%s was asked for", r.URL.Path)
		}
	}}
	text, inv := summaryOf(t, o)
	if !strings.Contains(text, "disabled and answers nothing") {
		t.Errorf("the summary does not say that it is disabled:\n%s", text)
	}
	if inv.Coverage("Microsoft.Storage/storageAccounts", off).Complete() {
		t.Error("what is in it counts as read")
	}
	other := full.Subscriptions()[1]
	if !inv.Coverage("Microsoft.Storage/storageAccounts", other).Complete() {
		t.Error("another subscription was not read")
	}
}

func TestAPageOfAHundredMebibytes(t *testing.T) {
	page := `{"value":[{"id":"x","filler":"` + strings.Repeat("x", 100<<20) + `"}]}`
	_, o := startFake(t, demoInventory(t), fake.Options{Faults: []fake.Fault{{Path: "/domains", Status: 200, Body: page}}})
	o.Only = []string{"graph"}
	text, inv := summaryOf(t, o)
	if !strings.Contains(text, "Microsoft.Graph/domains: a page of more than 32 MiB was not read") {
		t.Errorf("the summary does not name it:\n%s", text)
	}
	if !inv.Coverage("Microsoft.Graph/groups", resource.TenantID()).Complete() {
		t.Error("the rest was not collected")
	}
}

// TestAProxyThatCutsAnswersOff stands between and lets only a part of some
// answers through, once or for good.
func TestAProxyThatCutsAnswersOff(t *testing.T) {
	for name, c := range map[string]struct {
		times int64
		want  string
	}{"once": {1, ""}, "for good": {1 << 30, "Microsoft.Graph/domains: the answer broke off"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o := startFake(t, demoInventory(t), fake.Options{})
			behind := o.Transport
			var cut atomic.Int64
			proxy := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				out, err := http.NewRequestWithContext(r.Context(), r.Method, s.Endpoints.Graph+r.URL.RequestURI(), r.Body)
				if err != nil {
					t.Error(err)
					return
				}
				out.Header, out.Host = r.Header.Clone(), r.Host
				resp, err := behind.Do(out)
				if err != nil {
					panic(http.ErrAbortHandler)
				}
				defer func() { _ = resp.Body.Close() }()
				text, _ := io.ReadAll(resp.Body)
				if strings.Contains(r.URL.Path, "/domains") && cut.Add(1) <= c.times {
					w.Header().Set("Content-Length", "100000")
					_, _ = w.Write(text[:len(text)/2])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(resp.StatusCode)
				_, _ = w.Write(text)
			}))
			defer proxy.Close()
			o.Endpoints.Graph, o.Transport = proxy.URL, proxy.Client()
			o.Only = []string{"graph"}
			text, inv := summaryOf(t, o)
			if c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("want %q:\n%s", c.want, text)
			}
			if inv.Coverage("Microsoft.Graph/domains", resource.TenantID()).Complete() != (c.want == "") {
				t.Error("domains")
			}
			if !inv.Coverage("Microsoft.Graph/groups", resource.TenantID()).Complete() {
				t.Error("the rest was not collected")
			}
		})
	}
}
