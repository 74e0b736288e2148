package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// altered returns an inventory in which change makes other bodies of some
// records, or none of them, and with more records.
func altered(t *testing.T, inv *inventory.Inventory, change func(*resource.Resource) (jsondoc.Value, bool), more ...*resource.Resource) *inventory.Inventory {
	t.Helper()
	b := inventory.NewBuilder()
	for r := range inv.Records() {
		body, keep := change(r)
		if keep {
			b.Add(&resource.Resource{ID: r.ID, Type: r.Type, Body: body, From: r.From})
		}
	}
	for _, r := range more {
		b.Add(r)
	}
	for _, e := range inv.Manifest().Entries() {
		b.Cover(e)
	}
	return b.Build()
}

func graphObject(t *testing.T, collection, text string) *resource.Resource {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := resource.NewGraph(collection, v, resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// collectTo collects into a file and returns its records and attached lists, a
// line each, and its manifest.
func collectTo(t *testing.T, path string, o collect.Options) (lines []string, entries map[string]inventory.Entry, res collect.Result) {
	t.Helper()
	res, err := Collect(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	entries = map[string]inventory.Entry{}
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		switch {
		case l.Record != nil:
			lines = append(lines, l.Record.ID.Key()+" "+l.Record.Body.String())
		case l.Attach != nil:
			lines = append(lines, l.Attach.ID.Key()+" "+l.Attach.Member+" "+jsondoc.NewArray(l.Attach.Elements...).String())
		case l.Cover != nil && l.Cover.Scope == "/":
			entries[l.Cover.Type] = *l.Cover
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, entries, res
}

func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	for _, l := range got {
		if _, ok := slices.BinarySearch(want, l); !ok {
			t.Errorf("a whole read does not give %.300s", l)
		}
	}
	for _, l := range want {
		if _, ok := slices.BinarySearch(got, l); !ok {
			t.Errorf("only a whole read gives %.300s", l)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
}

// laterTenant is the demo tenant some time later: people and groups came, went,
// changed, and changed groups.
func laterTenant(t *testing.T, inv *inventory.Inventory) *inventory.Inventory {
	t.Helper()
	var users, groups, grants []*resource.Resource
	for r := range inv.OfType("Microsoft.Graph/users") {
		users = append(users, r)
	}
	for r := range inv.OfType("Microsoft.Graph/groups") {
		groups = append(groups, r)
	}
	for r := range inv.OfType("Microsoft.Graph/oauth2PermissionGrants") {
		grants = append(grants, r)
	}
	if len(users) < 8 || len(groups) < 8 || len(grants) < 2 {
		t.Fatalf("the demo tenant has %d users, %d groups, %d grants", len(users), len(groups), len(grants))
	}
	left := users[3].Body.Get("id").TextOr("")
	return altered(t, inv, func(r *resource.Resource) (jsondoc.Value, bool) {
		switch r.ID.Key() {
		case users[3].ID.Key(), groups[2].ID.Key(), grants[0].ID.Key():
			return r.Body, false
		case users[5].ID.Key():
			return r.Body.With("jobTitle", jsondoc.NewString("Was promoted")), true
		case groups[4].ID.Key():
			return r.Body.With("displayName", jsondoc.NewString("Has another name")), true
		case groups[5].ID.Key():
			return r.Body.With("members", jsondoc.NewArray(jsondoc.NewObject(jsondoc.Member{Name: "id", Value: users[5].Body.Get("id")}))), true
		case groups[6].ID.Key():
			return r.Body.With("owners", jsondoc.NewArray()), true
		}
		if strings.EqualFold(r.Type, "Microsoft.Graph/groups") {
			body := r.Body
			for _, name := range []string{"members", "owners"} {
				var list []jsondoc.Value
				for _, e := range r.Body.Get(name).Elements() {
					if e.Get("id").TextOr("") != left {
						list = append(list, e)
					}
				}
				body = body.With(name, jsondoc.NewArray(list...))
			}
			return body, true
		}
		return r.Body, true
	},
		graphObject(t, "users", `{"id":"99999999-0000-0000-0000-000000000001","displayName":"New","userPrincipalName":"new@x.example","userType":"Member","accountEnabled":true}`),
		graphObject(t, "groups", `{"id":"99999999-0000-0000-0000-000000000002","displayName":"New group","groupTypes":[],"securityEnabled":true,"members":[{"id":"99999999-0000-0000-0000-000000000001"}],"owners":[]}`))
}

// TestALaterRunReadsWhatChanged collects a tenant, changes it, and collects it
// again from the first snapshot and whole: the records are the same to the byte.
func TestALaterRunReadsWhatChanged(t *testing.T) {
	first := demoInventory(t)
	for name, c := range map[string]struct {
		faults []fake.Fault
		deny   []string
		tamper func(link string) string
		want   map[string]string // reasons of collections
	}{
		"users without sign-in activity": {
			deny: []string{"signInActivity"},
			want: map[string]string{"users": "and refused still", "groups": "new or changed", "oauth2PermissionGrants": "0 new or changed, 1 gone"},
		},
		"users with sign-in activity": {
			want: map[string]string{"users": "read whole: Microsoft Graph does not tell changes of signInActivity", "groups": "new or changed"},
		},
		"a link that expired": {
			deny:   []string{"signInActivity"},
			faults: []fake.Fault{{Path: `groups/delta\?.*deltatoken=[0-9]`, Status: 410, Code: "syncStateNotFound"}, {Path: `oauth2PermissionGrants/delta\?.*deltatoken=[0-9]`, Status: 400, Code: "syncStateNotFound"}},
			want:   map[string]string{"groups": "read whole: 410 syncStateNotFound", "oauth2PermissionGrants": "read whole: 400 syncStateNotFound", "users": "refused still"},
		},
		"a link to another host": {
			tamper: func(link string) string {
				_, rest, _ := strings.Cut(strings.TrimPrefix(link, "https://"), "/")
				return "https://evil.example/" + rest
			},
			want: map[string]string{"groups": "read whole: the page link points to evil.example and is not followed"},
		},
		"a link to another place": {
			tamper: func(link string) string { return strings.Replace(link, "/delta", "", 1) },
			want:   map[string]string{"groups": "read whole: the delta link leads elsewhere"},
		},
		"a link without changes to its end": {
			faults: []fake.Fault{{Path: `groups/delta\?.*deltatoken=[0-9]`, Status: 200, Body: `{"value":[]}`}},
			want:   map[string]string{"groups": "read whole: the changes have no end"},
		},
		"more changes than are worth it": {
			faults: []fake.Fault{{Path: `groups/delta\?.*deltatoken=[0-9]`, Status: 200, Body: manyChanges(10_001)}},
			want:   map[string]string{"groups": "read whole: more than 10000 objects changed"},
		},
		"objects that cannot be read again": {
			faults: []fake.Fault{{Path: `POST /v1.0/\$batch`, Status: 503, Times: 7}},
			want:   map[string]string{"groups": ""},
		},
		"a group that does not say that its member left": {
			faults: []fake.Fault{{Path: `groups/delta\?.*deltatoken=[0-9]`, Status: 200, Body: `{"value":[],"@odata.deltaLink":"https://x/"}`, After: 0}},
			want:   nil, // see below
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, o := startFake(t, first, fake.Options{PageSize: 20, Deny: c.deny})
			o.Only = []string{"graph"}
			_, entries, _ := collectTo(t, filepath.Join(dir, "old.azs"), o)
			if e := entries["Microsoft.Graph/groups"]; e.State != inventory.Complete || e.Reason != "" {
				t.Fatalf("%+v", e)
			}
			later := laterTenant(t, first)
			if c.want == nil { // nothing but a user that is gone
				left := map[string]bool{}
				for r := range first.OfType("Microsoft.Graph/users") {
					if _, ok := later.Get(r.ID); !ok {
						left[r.Body.Get("id").TextOr("")] = true
					}
				}
				later = altered(t, first, func(r *resource.Resource) (jsondoc.Value, bool) {
					body := r.Body
					if strings.EqualFold(r.Type, "Microsoft.Graph/groups") {
						for _, name := range []string{"members", "owners"} {
							var list []jsondoc.Value
							for _, e := range r.Body.Get(name).Elements() {
								if !left[e.Get("id").TextOr("")] {
									list = append(list, e)
								}
							}
							body = body.With(name, jsondoc.NewArray(list...))
						}
					}
					return body, !left[r.Body.Get("id").TextOr("")]
				})
			}
			ChangeFake(s, later, demo.ReadAt())
			want, _, whole := collectTo(t, filepath.Join(dir, "whole.azs"), o)

			if c.tamper != nil {
				tamperWith(t, filepath.Join(dir, "old.azs"), c.tamper)
			}
			o.Since = filepath.Join(dir, "old.azs")
			var evil atomic.Bool
			o.Transport = spy{o.Transport, func(r *http.Request) {
				if strings.Contains(r.URL.Host, "evil") {
					evil.Store(true)
				}
			}}
			if err := s.Break(c.faults...); err != nil {
				t.Fatal(err)
			}
			got, entries, res := collectTo(t, filepath.Join(dir, "new.azs"), o)
			sameLines(t, got, want)
			for collection, reason := range c.want {
				e := entries["Microsoft.Graph/"+collection]
				if e.State != inventory.Complete || !strings.Contains(e.Reason, reason) {
					t.Errorf("%s: %+v, want %q", collection, e, reason)
				}
			}
			if name == "users without sign-in activity" && res.Calls >= whole.Calls {
				t.Errorf("%d calls, and %d read everything", res.Calls, whole.Calls)
			}
			if evil.Load() {
				t.Error("another host was called")
			}
			t.Logf("%d calls, %d whole", res.Calls, whole.Calls)

			// And once more, from the run that went on.
			if len(c.faults) == 0 && c.tamper == nil {
				o.Since = filepath.Join(dir, "new.azs")
				got, entries, _ = collectTo(t, filepath.Join(dir, "third.azs"), o)
				sameLines(t, got, want)
				if e := entries["Microsoft.Graph/groups"]; !strings.Contains(e.Reason, "0 new or changed, 0 gone") {
					t.Errorf("the third run: %+v", e)
				}
			}
		})
	}
}

// manyChanges is an answer of a delta function that names n objects.
func manyChanges(n int) string {
	var b strings.Builder
	b.WriteString(`{"value":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%d"}`, i)
	}
	b.WriteString(`],"@odata.deltaLink":"https://x/"}`)
	return b.String()
}

// tamperWith changes the delta links in a snapshot.
func tamperWith(t *testing.T, path string, change func(string) string) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshot.NewWriter(out, snapshot.Header{CreatedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := snapshot.Scan(in, func(l snapshot.Line) error {
		if l.Delta != nil {
			n++
			l.Delta.Link = change(l.Delta.Link)
		}
		return w.Line(l)
	}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Finish(), out.Close(), os.Rename(path+".new", path)); err != nil || n == 0 {
		t.Fatal(n, err)
	}
}

func TestTheEarlierSnapshotMustBeOfTheTenant(t *testing.T) {
	first := demoInventory(t)
	s, o := startFake(t, first, fake.Options{})
	o.Only = []string{"graph"}
	dir := t.TempDir()
	old := filepath.Join(dir, "old.azs")
	collectTo(t, old, o)
	run := func(since string) error {
		o.Since = since
		_, err := Collect(context.Background(), filepath.Join(dir, "new.azs"), o)
		if _, err := os.Stat(filepath.Join(dir, "new.azs.collect")); err == nil {
			t.Error("a run that could not begin leaves a folder")
		}
		return err
	}
	broken := filepath.Join(dir, "broken.azs")
	text, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for since, want := range map[string]string{filepath.Join(dir, "none.azs"): "no such file", broken: "cannot be gone on from"} {
		if err := run(since); !errors.Is(err, collect.ErrSince) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", since, err)
		}
	}
	ChangeFake(s, altered(t, first, func(r *resource.Resource) (jsondoc.Value, bool) {
		return r.Body, !strings.EqualFold(r.Type, "Microsoft.Graph/organization")
	}, graphObject(t, "organization", `{"id":"77777777-0000-0000-0000-000000000000"}`)), demo.ReadAt())
	if err := run(old); !errors.Is(err, collect.ErrSince) || !strings.Contains(err.Error(), "another tenant") {
		t.Error(err)
	}
}

// TestARunThatGoesOnIsCutOff ends runs with an earlier snapshot at many points.
func TestARunThatGoesOnIsCutOff(t *testing.T) {
	first := demoInventory(t)
	s, o := startFake(t, first, fake.Options{PageSize: 20})
	o.Only = []string{"graph"}
	dir := t.TempDir()
	collectTo(t, filepath.Join(dir, "old.azs"), o)
	ChangeFake(s, laterTenant(t, first), demo.ReadAt())
	want, _, _ := collectTo(t, filepath.Join(dir, "whole.azs"), o)
	o.Since = filepath.Join(dir, "old.azs")
	for i := range 8 {
		path := filepath.Join(t.TempDir(), "new.azs")
		ctx, cancel := context.WithCancel(context.Background())
		run := o
		var seen atomic.Int64
		run.Transport = spy{o.Transport, func(*http.Request) {
			if seen.Add(1) == int64(4+6*i) {
				cancel()
			}
		}}
		if _, err := Collect(ctx, path, run); err == nil {
			t.Fatalf("point %d: the run ended by itself after %d calls", i, seen.Load())
		}
		cancel()
		got, _, _ := collectTo(t, path, o)
		sameLines(t, got, want)
	}
}

// TestALaterRunTakesFewerCalls compares the calls of both ways in a directory of
// two thousand groups of which three changed.
func TestALaterRunTakesFewerCalls(t *testing.T) {
	b := inventory.NewBuilder()
	b.Add(graphObject(t, "organization", `{"id":"77777777-0000-0000-0000-000000000000"}`))
	for i := range 200 {
		b.Add(graphObject(t, "users", fmt.Sprintf(`{"id":"%08d-0000-0000-0000-000000000000","userPrincipalName":"u%d@x.example"}`, i, i)))
	}
	for i := range 2000 {
		b.Add(graphObject(t, "groups", fmt.Sprintf(`{"id":"%08d-1111-0000-0000-000000000000","displayName":"g%d","members":[{"id":"%08d-0000-0000-0000-000000000000"}],"owners":[]}`, i, i, i%200)))
	}
	first := b.Build()
	s, o := startFake(t, first, fake.Options{PageSize: 999})
	o.Only = []string{"graph"}
	dir := t.TempDir()
	_, _, whole := collectTo(t, filepath.Join(dir, "old.azs"), o)
	n := 0
	ChangeFake(s, altered(t, first, func(r *resource.Resource) (jsondoc.Value, bool) {
		if strings.EqualFold(r.Type, "Microsoft.Graph/groups") && n < 3 {
			n++
			return r.Body.With("members", jsondoc.NewArray()), true
		}
		return r.Body, true
	}), demo.ReadAt())
	want, _, _ := collectTo(t, filepath.Join(dir, "whole.azs"), o)
	o.Since = filepath.Join(dir, "old.azs")
	got, _, later := collectTo(t, filepath.Join(dir, "new.azs"), o)
	sameLines(t, got, want)
	t.Logf("figure: collect of 2,000 groups, three changed: %d calls whole, %d with --since", whole.Calls, later.Calls)
	if later.Calls*4 > whole.Calls {
		t.Errorf("%d calls, and %d read everything", later.Calls, whole.Calls)
	}
}
