package app

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/resource"
)

// logTime is when logs are read in these tests.
var logTime = time.Date(2026, 11, 26, 13, 45, 7, 0, time.UTC)

func logOptions(t *testing.T, inv *inventory.Inventory, fo fake.Options) (*fake.Server, collect.Options) {
	t.Helper()
	fo.Clock = func() time.Time { return logTime }
	s, o := startFake(t, inv, fo)
	o.Clock, o.Only = fo.Clock, []string{"logs"}
	return s, o
}

// readLogs returns the events of a snapshot by table, and its manifest.
func readLogs(t *testing.T, path string) (rows map[string][]jsondoc.Value, periods []snapshot.Period, entries []inventory.Entry) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	rows = map[string][]jsondoc.Value{}
	if err := snapshot.Scan(f, func(l snapshot.Line) error {
		switch {
		case l.Log != nil:
			rows[l.Log.Table] = append(rows[l.Log.Table], l.Log.Row)
		case l.Period != nil:
			periods = append(periods, *l.Period)
		case l.Cover != nil:
			entries = append(entries, *l.Cover)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows, periods, entries
}

func collectLogs(t *testing.T, o collect.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "logs.azs")
	if _, err := Collect(context.Background(), path, o); err != nil {
		t.Fatal(err)
	}
	return path
}

var logKeys = map[string][2]string{
	collect.TableActivity: {"eventDataId", "eventTimestamp"}, collect.TableSignIns: {"id", "createdDateTime"}, collect.TableAudits: {"id", "activityDateTime"},
}

// TestLogsAreReadOnceAndWhole compares what is in the snapshot with what the
// services have, with events at the very edges of the spans that are read.
func TestLogsAreReadOnceAndWhole(t *testing.T) {
	inv := demoInventory(t)
	events := fake.Events(inv, logTime)
	first := logTime.AddDate(0, 0, -30)
	for i, at := range []time.Time{first, first.Add(-time.Second), logTime, logTime.Truncate(24 * time.Hour), logTime.Truncate(24*time.Hour).AddDate(0, 0, -10), logTime.Truncate(24*time.Hour).AddDate(0, 0, -20)} {
		e := events[collect.TableSignIns][i]
		events[collect.TableSignIns][i] = e.With("createdDateTime", jsondoc.NewString(at.Format("2006-01-02T15:04:05Z")))
	}
	_, o := logOptions(t, inv, fake.Options{PageSize: 7, Logs: events, Throttle: 0.05, Seed: 5})
	rows, periods, entries := readLogs(t, collectLogs(t, o))
	for table, k := range logKeys {
		want := map[string]bool{}
		for _, e := range events[table] {
			at, err := time.Parse(time.RFC3339Nano, e.Get(k[1]).TextOr(""))
			if err != nil {
				t.Fatal(err)
			}
			if !at.Before(first) && at.Before(logTime) {
				want[e.Get(k[0]).TextOr("")] = true
			}
		}
		if len(want) == 0 {
			t.Errorf("%s: nothing to read", table)
		}
		got := map[string]int{}
		for _, e := range rows[table] {
			got[e.Get(k[0]).TextOr("")]++
		}
		for id, n := range got {
			if n != 1 || !want[id] {
				t.Errorf("%s: %s is there %d times, in the days that were asked for: %v", table, id, n, want[id])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", table, len(got), len(want))
		}
	}
	if len(periods) == 0 || len(entries) == 0 {
		t.Errorf("%d periods, %d entries", len(periods), len(entries))
	}
	for _, e := range entries {
		if strings.Contains(e.Type, "igninlogs") || e.State != inventory.Complete {
			t.Errorf("%+v", e)
		}
	}
}

// TestNoSecretOfALogReachesTheSnapshot looks at every byte of it.
func TestNoSecretOfALogReachesTheSnapshot(t *testing.T) {
	inv := demoInventory(t)
	events := fake.Events(inv, logTime)
	for _, table := range []string{collect.TableActivity, collect.TableSignIns, collect.TableAudits} {
		secret := false
		for _, e := range events[table] {
			secret = secret || strings.Contains(e.String(), "not-for-snapshots")
		}
		if !secret {
			t.Errorf("the events of %s hold no secret to leave out", table)
		}
	}
	_, o := logOptions(t, inv, fake.Options{Logs: events})
	f, err := os.Open(collectLogs(t, o))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"not-for-snapshots", "token-of-somebody", "requestbody", "responseBody", "?sig=", "fake-1"} {
		if i := bytes.Index(text.Bytes(), []byte(secret)); i >= 0 {
			t.Errorf("%q is in the snapshot: %.200s", secret, text.Bytes()[max(0, i-100):])
		}
	}
	for _, kept := range []string{`"action":`, `"clientIpAddress":`, `"userPrincipalName":`, `"modifiedProperties":`} {
		if !bytes.Contains(text.Bytes(), []byte(kept)) {
			t.Errorf("%s is not in the snapshot", kept)
		}
	}
}

func TestMissingLogsAreLinesOfTheManifest(t *testing.T) {
	inv := demoInventory(t)
	for name, c := range map[string]struct {
		deny   []string
		faults []fake.Fault
		typ    string
		state  inventory.State
		want   string
	}{
		"no license":             {faults: []fake.Fault{{Path: "auditLogs/signIns", Status: 403, Code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant"}}, typ: "Microsoft.Graph/signIns", state: inventory.Failed, want: "license of Microsoft Entra ID P1"},
		"no permission":          {deny: []string{"auditLogs/directoryAudits"}, typ: "Microsoft.Graph/directoryAudits", state: inventory.Denied, want: "AuditLog.Read.All"},
		"no role":                {deny: []string{"eventtypes"}, typ: "Microsoft.Insights/eventtypes/values", state: inventory.Denied, want: "Reader"},
		"a service that is down": {faults: []fake.Fault{{Path: "auditLogs/signIns", Status: 500}}, typ: "Microsoft.Graph/signIns", state: inventory.Failed, want: "500"},
		"a page that breaks":     {faults: []fake.Fault{{Path: `auditLogs/signIns.*skiptoken`, Status: 500}}, typ: "Microsoft.Graph/signIns", state: inventory.Partial, want: "500"},
		"a link to another host": {faults: []fake.Fault{{Path: "auditLogs/directoryAudits", Status: 200, Body: `{"value":[],"@odata.nextLink":"https://evil.example/x"}`}}, typ: "Microsoft.Graph/directoryAudits", state: inventory.Failed, want: "not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, o := logOptions(t, inv, fake.Options{PageSize: 20, Deny: c.deny, Faults: c.faults})
			path := collectLogs(t, o)
			rows, _, entries := readLogs(t, path)
			found := false
			for _, e := range entries {
				if e.Type == c.typ {
					found = found || e.State == c.state && strings.Contains(e.Reason, c.want)
					if e.State == inventory.Complete {
						t.Errorf("%+v", e)
					}
				}
			}
			if !found {
				t.Errorf("no line for %s is %s with %q: %+v", c.typ, c.state, c.want, entries)
			}
			if len(rows) < 2 {
				t.Errorf("the other logs are not there: %d", len(rows))
			}
			lines, err := CollectSummary(path)
			if err != nil || !strings.Contains(strings.Join(lines, "\n"), c.want) {
				t.Errorf("%v: %q", err, lines)
			}
		})
	}
}

func TestLogsAreReadOnlyWhereTheyAreAskedFor(t *testing.T) {
	_, o := startFake(t, demoInventory(t), fake.Options{})
	o.Transport = spy{o.Transport, func(r *http.Request) {
		if strings.Contains(r.URL.Path, "auditLogs") || strings.Contains(r.URL.Path, "eventtypes") {
			t.Errorf("%s was asked for", r.URL.Path)
		}
	}}
	collected(t, o)
}

// TestLogsThatAreCutOffGoOn ends runs in the middle and goes on with another
// clock: the events are those of the first.
func TestLogsThatAreCutOffGoOn(t *testing.T) {
	inv := demoInventory(t)
	_, o := logOptions(t, inv, fake.Options{PageSize: 20})
	want, _, _ := readLogs(t, collectLogs(t, o))
	for i := range 6 {
		path := filepath.Join(t.TempDir(), "logs.azs")
		ctx, cancel := context.WithCancel(context.Background())
		run := o
		var seen atomic.Int64
		run.Transport = spy{o.Transport, func(*http.Request) {
			if seen.Add(1) == int64(3+7*i) {
				cancel()
			}
		}}
		if _, err := Collect(ctx, path, run); err == nil {
			t.Fatalf("point %d: the run ended by itself", i)
		}
		cancel()
		run = o
		run.Clock = func() time.Time { return logTime.Add(3 * time.Hour) }
		if _, err := Collect(context.Background(), path, run); err != nil {
			t.Fatal(err)
		}
		got, _, _ := readLogs(t, path)
		for table := range want {
			if len(got[table]) != len(want[table]) {
				t.Errorf("point %d: %d of %s, want %d", i, len(got[table]), table, len(want[table]))
			}
		}
	}
}

// TestLogsOfASnapshotAreTables asks the questions that users do.
func TestLogsOfASnapshotAreTables(t *testing.T) {
	inv := demoInventory(t)
	_, o := logOptions(t, inv, fake.Options{})
	path := collectLogs(t, o)
	db := kql.NewMemDatabase()
	if err := AddLogs(db, []string{path}, true, func(s string) { t.Error(s) }); err != nil {
		t.Fatal(err)
	}
	for query, empty := range map[string]bool{
		`AzureActivity | where OperationNameValue endswith "/write" and ActivityStatusValue == "Success" and Caller contains "@" and isnotempty(CallerIpAddress)`: false,
		`AzureActivity | where isempty(_ResourceId) or isnull(TimeGenerated) or isempty(SubscriptionId)`:                                                          true,
		`AzureActivity | where tostring(Authorization_d.action) endswith "/write" and tostring(Claims_d.appid) != ""`:                                             false,
		`SigninLogs | where ResultType == "50126" and ResultDescription has "password" and UserPrincipalName contains "@"`:                                        false,
		`SigninLogs | where tostring(LocationDetails.countryOrRegion) != Location or isempty(AppDisplayName) or isempty(IPAddress)`:                               true,
		`SigninLogs | where toint(Status.errorCode) == 0 and tostring(DeviceDetail.operatingSystem) has "Windows" and IsInteractive`:                              false,
		`AuditLogs | where OperationName == "Add member to group" and tostring(InitiatedBy.user.userPrincipalName) contains "@"`:                                  false,
		`AuditLogs | mv-expand t = TargetResources | where tostring(t.type) == "Group" and Identity != ""`:                                                        false,
	} {
		q, diags := kql.Compile(query+" | count", db.Schema())
		if err := diags.Err(); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		res, err := q.Run(context.Background(), db, kql.Options{Now: logTime})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		text, err := kqlio.AppendTable(nil, res.Tables[0])
		if err != nil {
			t.Fatal(err)
		}
		if zero := bytes.Contains(text, []byte("[[0]]")); zero != empty {
			t.Errorf("%s: %s", query, text)
		}
	}
	// A snapshot without logs says so, and is not an empty table.
	_, o = startFake(t, inv, fake.Options{})
	o.Only = []string{"security"}
	db = kql.NewMemDatabase()
	if err := AddLogs(db, []string{collectLogs(t, o)}, true, func(string) {}); err != nil {
		t.Fatal(err)
	}
	q, _ := kql.Compile("SigninLogs | count", db.Schema())
	res, err := q.Run(context.Background(), db, kql.Options{})
	if err == nil {
		_, err = res.Tables[0].All()
	}
	if !errors.Is(err, ErrNoLogs) {
		t.Errorf("a log that nobody read: %v", err)
	}
}

// TestDriftAsksWhoTheLogsName changes and deletes resources, and looks for those
// who did.
func TestDriftAsksWhoTheLogsName(t *testing.T) {
	first := demoInventory(t)
	var account, vault *resource.Resource
	for r := range first.OfType("Microsoft.Storage/storageAccounts") {
		account = r
	}
	for r := range first.OfType("Microsoft.KeyVault/vaults") {
		vault = r
	}
	var group *resource.Resource
	for r := range first.OfType("Microsoft.Graph/groups") {
		group = r
	}
	event := func(id resource.ID, action, status, caller string, ago time.Duration) jsondoc.Value {
		v, err := jsondoc.ParseString(`{"eventTimestamp":"` + logTime.Add(-ago).Format(time.RFC3339) + `","caller":"` + caller + `","subscriptionId":"` + id.Subscription() + `","resourceId":"` + id.String() +
			`","operationName":{"value":"` + id.Type() + action + `"},"status":{"value":"` + status + `"}}`)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	audit, err := jsondoc.ParseString(`{"activityDateTime":"` + logTime.Add(-time.Hour).Format(time.RFC3339) + `","result":"success","operationType":"Update","initiatedBy":{"user":{"id":"1","userPrincipalName":"ada@x.example","displayName":"Ada"}},"targetResources":[{"id":"` + group.ID.Name() + `"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	s, o := startFake(t, first, fake.Options{Logs: map[string][]jsondoc.Value{
		collect.TableActivity: {
			event(account.ID, "/write", "Failed", "refused@x.example", 10*time.Minute),
			event(account.ID, "/write", "Succeeded", "lena@x.example", time.Hour),
			event(account.ID, "/write", "Succeeded", "earlier@x.example", 2*time.Hour),
			event(vault.ID, "/delete", "Succeeded", "carl@x.example", time.Hour),
		},
		collect.TableAudits: {audit},
	}})
	dir := t.TempDir()
	read := func(name string, at time.Time) *Judged {
		o.Clock = func() time.Time { return at }
		path := filepath.Join(dir, name)
		if _, err := Collect(context.Background(), path, o); err != nil {
			t.Fatal(err)
		}
		j, err := Judge(context.Background(), Options{From: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	before := read("old.azs", logTime.Add(-24*time.Hour))
	ChangeFake(s, altered(t, first, func(r *resource.Resource) (jsondoc.Value, bool) {
		switch r.ID.Key() {
		case account.ID.Key():
			return r.Body.With("tags", jsondoc.NewObject(jsondoc.Member{Name: "a", Value: jsondoc.NewString("b")})).Without("systemData"), true
		case group.ID.Key():
			return r.Body.With("description", jsondoc.NewString("another")), true
		}
		return r.Body, r.ID.Key() != vault.ID.Key()
	}), demo.ReadAt())
	o.Logs = true
	d := before.Compare(read("new.azs", logTime))
	want := map[string]string{account.ID.Key(): "lena@x.example changed", vault.ID.Key(): "carl@x.example deleted", group.ID.Key(): "ada@x.example changed"}
	for _, c := range d.People {
		id, err := resource.ParseID(c.ResourceID)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := want[id.Key()]; ok {
			if got := c.Ask.ID + " " + c.Ask.Did; got != w {
				t.Errorf("%s: %s, want %s", c.ResourceID, got, w)
			}
			delete(want, id.Key())
		}
	}
	for id, w := range want {
		t.Errorf("%s: nobody is to be asked, want %s", id, w)
	}
}

// TestASnapshotIsKnownByItsContents looks for logs where the inventory is looked
// for: in a folder, whatever the file is called.
func TestASnapshotIsKnownByItsContents(t *testing.T) {
	inv := demoInventory(t)
	_, o := logOptions(t, inv, fake.Options{Logs: fake.Events(inv, logTime)})
	path := collectLogs(t, o)
	dir := t.TempDir()
	if err := os.Rename(path, filepath.Join(dir, "tenant.zst")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "note.txt"), []byte("no snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := ScanLog(context.Background(), []string{dir}, collect.TableSignIns, nil)
	if err != nil || read.Rows == 0 {
		t.Errorf("%+v, %v", read, err)
	}
}
