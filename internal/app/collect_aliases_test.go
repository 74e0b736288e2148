package app

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// aliasLines returns "type name path attributes" of each alias that a snapshot holds.
func aliasLines(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := snapshot.ScanAliases(f, func(l snapshot.AliasList) error {
		for _, a := range l.List {
			out = append(out, aliasLine(l.Type, a))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func aliasLine(typ string, a jsondoc.Value) string {
	return strings.Join([]string{typ, a.Get("name").TextOr(""), a.Get("defaultPath").TextOr(""), a.Path("defaultMetadata", "attributes").TextOr("")}, " ")
}

func TestTheTenantsAliasesAreCollected(t *testing.T) {
	inv := demoInventory(t)
	_, o := startFake(t, inv, fake.Options{PageSize: 50})
	var asked atomic.Int64
	o.Transport = spy{o.Transport, func(r *http.Request) {
		if strings.EqualFold(r.URL.Path, "/providers") {
			asked.Add(1)
		}
	}}
	path := filepath.Join(t.TempDir(), "tenant.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range fake.Providers(inv) {
		for _, typ := range p.Get("resourceTypes").Elements() {
			for _, a := range typ.Get("aliases").Elements() {
				want = append(want, aliasLine(p.Get("namespace").TextOr("")+"/"+typ.Get("resourceType").TextOr(""), a))
			}
		}
	}
	got := aliasLines(t, path)
	if len(want) < 300 || !slices.Equal(got, want) {
		t.Errorf("%d aliases were collected, of %d", len(got), len(want))
	}
	if asked.Load() != 1 {
		t.Errorf("the list took %d calls", asked.Load())
	}
	list, err := SnapshotAliases(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := list.Path("microsoft.storage/storageaccounts/networkAcls.defaultAction"); !ok || p != "properties.networkAcls.defaultAction" {
		t.Errorf("the path is %q, %v", p, ok)
	}

	// The list says what the rule says, and changes nothing.
	wantScore, wantStates, _ := assessedStates(t, Options{Inventory: inv})
	gotScore, gotStates, _ := assessedStates(t, Options{From: []string{path}})
	if wantScore != gotScore || len(wantStates) != len(gotStates) {
		t.Errorf("score %v with %d verdicts, the demo's is %v with %d", gotScore, len(gotStates), wantScore, len(wantStates))
	}
	for k, s := range wantStates {
		if gotStates[k] != s {
			t.Fatalf("%s: %s, want %s", k, gotStates[k], s)
		}
	}
}

func TestATenantsAliasWinsOverTheRule(t *testing.T) {
	inv := demoInventory(t)
	providers, err := jsondoc.ParseString(`[{"namespace":"Microsoft.Storage","resourceTypes":[{"resourceType":"storageAccounts","aliases":[
		{"name":"Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly","defaultPath":"properties.allowBlobPublicAccess","paths":[]}]}]}]`)
	if err != nil {
		t.Fatal(err)
	}
	var list []jsondoc.Value
	for _, p := range providers.Elements() {
		list = append(list, p)
	}
	_, o := startFake(t, inv, fake.Options{PageSize: 50, Providers: list})
	path := filepath.Join(t.TempDir(), "tenant.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	open := func(o Options) (out []string) {
		_, states, _ := assessedStates(t, o)
		for k, s := range states {
			if id, ok := strings.CutPrefix(k, "storage-secure-transfer "); ok && s == finding.NonCompliant {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		return out
	}
	var want []string
	for r := range inv.OfType("Microsoft.Storage/storageAccounts") {
		if public, ok := r.Properties().Get("allowBlobPublicAccess").Bool(); ok && !public {
			want = append(want, strings.ToLower(r.ID.String()))
		}
	}
	slices.Sort(want)
	byRule, got := open(Options{Inventory: inv}), open(Options{From: []string{path}})
	if len(want) == 0 || !slices.Equal(got, want) || slices.Equal(byRule, want) {
		t.Errorf("by the tenant's list %d accounts are open, want %d (by the rule %d)", len(got), len(want), len(byRule))
	}
}

func TestAnAliasListThatIsRefusedIsALineOfTheManifest(t *testing.T) {
	inv := demoInventory(t)
	for _, c := range []struct {
		name  string
		o     fake.Options
		state inventory.State
		want  string
	}{
		{"refused", fake.Options{Deny: []string{`^GET /providers\?`}}, inventory.Denied, "AuthorizationFailed"},
		{"broken", fake.Options{Faults: []fake.Fault{{Path: `^GET /providers\?`, Status: 200, Body: `{"value":[{"namespace":<`}}}, inventory.Failed, "no JSON"},
		{"empty", fake.Options{Faults: []fake.Fault{{Path: `^GET /providers\?`, Status: 200, Body: `{"value":[]}`}}}, inventory.Failed, "no alias"},
		{"cut off on the way", fake.Options{Faults: []fake.Fault{{Path: `^GET /providers\?`, Status: 200, Body: `{"value":[{"namespace":"A.B","resourceTypes":[{"resourceType":"c","aliases":[{"name":"A.B/c/d","defaultPath":"d"},`}}}, inventory.Partial, "no JSON"},
		{"another host", fake.Options{Faults: []fake.Fault{{Path: `^GET /providers\?`, Status: 200, Body: `{"value":[],"nextLink":"https://elsewhere.example/providers"}`}}}, inventory.Failed, "not followed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, o := startFake(t, inv, c.o)
			o.Only = []string{"policy"}
			got, _ := collected(t, o)
			var lines []inventory.Entry
			for _, e := range got.Manifest().Entries() {
				if e.Type == "Microsoft.Resources/providers" {
					lines = append(lines, e)
				}
			}
			if len(lines) != 1 || lines[0].State != c.state || !strings.Contains(lines[0].Reason, c.want) || lines[0].Scope != "/" {
				t.Errorf("the manifest says %+v", lines)
			}
		})
	}
}

func TestOfSeveralAliasListsTheLatestCounts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, at, path string) string {
		file := filepath.Join(dir, name)
		text := `{"azward":"snapshot","version":1,"createdAt":"` + at + `"}` + "\n"
		if path != "" {
			text += `{"aliases":{"type":"A.B/c","list":[{"name":"A.B/c/d","defaultPath":"` + path + `"},{"name":"A.B/c/e"},{}]}}` + "\n"
		}
		if err := os.WriteFile(file, []byte(text+`{"end":{"records":0,"entries":0}}`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	old := write("old.azs", "2026-01-01T00:00:00Z", "properties.old")
	later := write("new.azs", "2026-02-01T00:00:00Z", "properties.new")
	none := write("none.azs", "2026-03-01T00:00:00Z", "")
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{old, later, none}, "properties.new"},
		{[]string{later, old}, "properties.new"},
		{[]string{dir}, "properties.new"},
		{[]string{none, old}, "properties.old"},
		{[]string{none}, ""},
		{[]string{filepath.Join(dir, "nowhere")}, ""},
	} {
		list, err := SnapshotAliases(context.Background(), c.paths)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := list.Path("a.b/C/d"); got != c.want || list.Len() > 1 {
			t.Errorf("%v: %q, want %q", c.paths, got, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := SnapshotAliases(ctx, []string{old}); err == nil {
		t.Error("a run that was given up goes on")
	}
}

// TestConformanceAliasList serves Azure's whole list as a tenant's: every alias of
// it arrives with its path.
func TestConformanceAliasList(t *testing.T) {
	f, err := os.Open(testdata.File(t, "policy", "aliases.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	type resourceType struct {
		Name    string              `json:"resourceType"`
		Aliases []map[string]string `json:"aliases"`
	}
	byType, want := map[string]*resourceType{}, map[string]string{}
	var types []*resourceType
	for _, row := range rows {
		slash := strings.LastIndexByte(row[0], '/')
		if slash < 0 || want[strings.ToLower(row[0])] != "" {
			continue
		}
		key := row[0][:slash]
		if byType[key] == nil {
			byType[key] = &resourceType{Name: key}
			types = append(types, byType[key])
		}
		byType[key].Aliases = append(byType[key].Aliases, map[string]string{"name": row[0], "defaultPath": row[1]})
		want[strings.ToLower(row[0])] = row[1]
	}
	text, err := json.Marshal([]any{map[string]any{"namespace": "All", "resourceTypes": types}})
	if err != nil {
		t.Fatal(err)
	}
	providers, err := jsondoc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	_, o := startFake(t, demoInventory(t), fake.Options{Providers: []jsondoc.Value{providers.At(0)}})
	o.Only = []string{"policy"}
	path := filepath.Join(t.TempDir(), "tenant.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	list, err := SnapshotAliases(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for name, path := range want {
		if p, _ := list.Path(name); p == path {
			got++
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("conformance: collected-aliases %d of %d", got, len(want))
	t.Logf("figure: a list of %d aliases (%d KiB) is a snapshot of %d KiB", len(want), len(text)>>10, info.Size()>>10)
	if got != len(want) {
		t.Errorf("%d aliases arrived, of %d", got, len(want))
	}
}
