package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func parseJSON(t testing.TB, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func account(t testing.TB, name, properties string) *resource.Resource {
	t.Helper()
	id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/" + name
	r, err := resource.New(parseJSON(t, fmt.Sprintf(`{"id":%q,"name":%q,"type":"Microsoft.Storage/storageAccounts","properties":%s}`, id, name, properties)), "", resource.Origin{File: "x.json"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func user(t testing.TB, id string) *resource.Resource {
	t.Helper()
	r, err := resource.NewGraph("users", parseJSON(t, fmt.Sprintf(`{"id":%q,"displayName":"U"}`, id)), resource.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var covered = inventory.Entry{Type: "Microsoft.Storage/storageAccounts", Scope: "/subscriptions/s", State: inventory.Complete, Count: 2, Source: "x.json", Unread: []string{"properties.a"}}

// sample writes a snapshot with something of each kind.
func sample(t testing.TB, w *Writer) {
	t.Helper()
	g, _ := resource.ParseID("/providers/Microsoft.Graph/groups/g")
	for _, err := range []error{
		w.Add(account(t, "a", `{"n":1.50,"s":"ü"}`), "x.json"), w.Add(user(t, "u"), ""),
		w.Attach(g, "members", parseJSON(t, `{"id":"u"}`)),
		w.Cover(covered),
		w.Source(Source{Name: "x.json", Records: 2, StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Calls: 3}),
		w.Report(diag.Diagnostic{Code: "RDR0003", Severity: diag.Warning, Message: "m", Hint: "h", Source: "x.json", Pos: diag.Position{Line: 3, Column: 9}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func lines(r *bytes.Reader) (out []Line, err error) {
	err = Scan(r, func(l Line) error { out = append(out, l); return nil })
	return out, err
}

func write(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{CreatedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Writer: "azward test", Tenant: "t"})
	if err != nil {
		t.Fatal(err)
	}
	sample(t, w)
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(user(t, "late"), ""); !errors.Is(err, errFinished) {
		t.Errorf("a record after the end: %v", err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	got, err := lines(bytes.NewReader(write(t)))
	if err != nil || len(got) != 8 {
		t.Fatalf("%d lines: %v", len(got), err)
	}
	if h := got[0].Header; h.Version != Version || h.Tenant != "t" || h.CreatedAt.Year() != 2026 {
		t.Errorf("header %+v", h)
	}
	want := account(t, "a", `{"n":1.50,"s":"ü"}`)
	if r := got[1].Record; r.ID.String() != want.ID.String() || r.Type != want.Type || r.Body.String() != want.Body.String() || got[1].From != "x.json" {
		t.Errorf("record %+v from %q", r, got[1].From)
	}
	if r := got[2].Record; !r.IsGraph() || r.ID.Name() != "u" || r.Body.Get("id").TextOr("") != "u" {
		t.Errorf("record %+v", r)
	}
	if a := got[3].Attach; a.Member != "members" || len(a.Elements) != 1 {
		t.Errorf("attachment %+v", a)
	}
	if e := got[4].Cover; fmt.Sprint(*e) != fmt.Sprint(covered) {
		t.Errorf("entry %+v", e)
	}
	if s := got[5].Source; s.Records != 2 || s.Calls != 3 || s.StartedAt.Second() != 5 {
		t.Errorf("source %+v", s)
	}
	if d := got[6].Note; d.Error() != "x.json:3:9: warning: RDR0003: m" && !strings.Contains(d.Error(), "RDR0003") || d.Severity != diag.Warning || d.Hint != "h" {
		t.Errorf("note %v", d)
	}
	if e := got[7].End; e.Records != 2 || e.Entries != 1 {
		t.Errorf("end %+v", e)
	}
}

// A file cut off anywhere gives the lines before the cut and says that it is cut.
func TestTruncated(t *testing.T) {
	whole := write(t)
	for n := 1; n < len(whole); n++ {
		got, err := lines(bytes.NewReader(whole[:n]))
		switch {
		case err == nil:
			t.Fatalf("cut at %d of %d: no error", n, len(whole))
		case len(got) > 0 && !errors.Is(err, ErrTruncated), len(got) == 0 && !errors.Is(err, ErrNotSnapshot):
			t.Fatalf("cut at %d: %d lines and %v", n, len(got), err)
		}
	}
}

func TestOther(t *testing.T) {
	z, _ := zstd.NewWriter(nil)
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"newer":         {`{"azward":"snapshot","version":99}` + "\n", ErrVersion},
		"without":       {`{"azward":"snapshot"}` + "\n", ErrNotSnapshot},
		"manifest":      {`{"azward":"manifest","version":1}` + "\n", ErrNotSnapshot},
		"json":          {`{"value":[]}` + "\n", ErrNotSnapshot},
		"text":          {"hello\n", ErrNotSnapshot},
		"empty":         {"", ErrTruncated},
		"header only":   {`{"azward":"snapshot","version":1}` + "\n", ErrTruncated},
		"unknown kinds": {`{"azward":"snapshot","version":1}` + "\n" + `{"new":{}}` + "\n" + `{"end":{}}` + "\n", nil},
	} {
		for _, packed := range []bool{false, true} {
			text := []byte(tt.text)
			if packed {
				text = z.EncodeAll(text, nil)
			}
			if _, err := lines(bytes.NewReader(text)); !errors.Is(err, tt.want) && !(name == "empty" && err != nil) {
				t.Errorf("%s: got %v, want %v", name, err, tt.want)
			}
		}
	}
}

// What was written before a checkpoint can be read from the file that is left.
func TestCheckpoint(t *testing.T) {
	var out syncedBuffer
	w, err := NewWriter(&out, Header{})
	if err != nil {
		t.Fatal(err)
	}
	sample(t, w)
	if err := w.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(account(t, "lost", `{}`), ""); err != nil {
		t.Fatal(err)
	}
	if got, err := lines(bytes.NewReader(out.Bytes())); len(got) != 7 || !errors.Is(err, ErrTruncated) || out.syncs != 1 {
		t.Errorf("%d lines, %d syncs and %v", len(got), out.syncs, err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if got, err := lines(bytes.NewReader(out.Bytes())); len(got) != 9 || err != nil {
		t.Errorf("%d lines and %v", len(got), err)
	}
}

type syncedBuffer struct {
	bytes.Buffer

	syncs int
}

func (b *syncedBuffer) Sync() error { b.syncs++; return nil }

func TestManyGoroutinesAndFrames(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	const each = 300
	big := `{"x":"` + strings.Repeat("0123456789abcdef", 1024) + `"}`
	for g := range 4 {
		wg.Go(func() {
			for i := range each {
				if err := w.Add(account(t, fmt.Sprintf("a%d-%d", g, i), big), ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if frames := bytes.Count(out.Bytes(), []byte{0x28, 0xb5, 0x2f, 0xfd}); frames < 3 {
		t.Errorf("%d frames", frames)
	}
	if got, err := lines(bytes.NewReader(out.Bytes())); len(got) != 4*each+2 || err != nil {
		t.Errorf("%d lines and %v", len(got), err)
	}
}

func TestSecretsAreLeftOut(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{})
	if err != nil {
		t.Fatal(err)
	}
	r := account(t, "a", `{"list":[{"ok":1},{"osProfile":{"adminPassword":"hunter2"}}],"primaryKey":"","connectionString":"@Microsoft.KeyVault(SecretUri=x)","keyName":"k","secretText":null}`)
	if err := w.Add(r, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	got, err := lines(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if text := got[1].Record.Body.String(); strings.ReplaceAll(text, LeftOut, "hunter2") != r.Body.String() || strings.Contains(text, "hunter2") {
		t.Errorf("got %s", text)
	}
}

func TestCompare(t *testing.T) {
	build := func(e inventory.State, rs ...*resource.Resource) *inventory.Inventory {
		b := inventory.NewBuilder()
		for _, r := range rs {
			b.Add(r)
		}
		b.Cover(inventory.Entry{Type: "Microsoft.Storage/storageAccounts", Scope: "/subscriptions/s", State: e, Reason: "why"})
		return b.Build()
	}
	before := build(inventory.Complete, account(t, "same", `{"x":1.0,"systemData":{"a":1}}`), account(t, "gone", `{}`),
		account(t, "other", `{"rules":[{"name":"a","p":1},{"name":"b"}],"list":[1,2],"deep":{"x":"1","etag":"1"},"ref":"/A/b"}`))
	later := []*resource.Resource{
		account(t, "SAME", `{"x":1,"systemData":{"a":2}}`), account(t, "new", `{}`),
		account(t, "other", `{"rules":[{"name":"b"},{"name":"a","p":2},{"name":"c"}],"list":[1],"deep":{"x":null,"etag":"2"},"ref":"/a/B","more":true}`),
	}
	show := func(d Diff) string {
		var out []string
		for _, r := range d.Added {
			out = append(out, "+"+last(r.ID))
		}
		for _, r := range d.Removed {
			out = append(out, "-"+last(r.ID))
		}
		for _, c := range d.Changed {
			for _, p := range c.Paths {
				before, after := "none", "none"
				if p.Before != nil {
					before = p.Before.String()
				}
				if p.After != nil {
					after = p.After.String()
				}
				out = append(out, last(c.ID)+" "+p.Path+" "+before+" "+after)
			}
		}
		for _, r := range d.Unknown {
			out = append(out, "?"+last(r.ID)+" "+r.Reason)
		}
		return strings.Join(out, "\n")
	}
	changed := `other properties.rules[a].p 1 2
other properties.rules[c] none {"name":"c"}
other properties.list [1,2] [1]
other properties.deep.x "1" null
other properties.more none true`
	changed += "\nsame name \"same\" \"SAME\""
	if got, want := show(Compare(before, build(inventory.Complete, later...))), "+new\n-gone\n"+changed; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got := show(Compare(before, build(inventory.Denied, later...)))
	if want := "+new\n" + changed + "\n?gone not in the later reading: why"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(write(f))
	f.Add([]byte(`{"azward":"snapshot","version":1}` + "\n" + `{"record":{"id":"/subscriptions/s","body":{}}}` + "\n" + `{"end":{}}` + "\n"))
	f.Add([]byte(`{"azward":"snapshot","version":1}` + "\n" + `{"log":{"table":"SigninLogs","row":{"id":"1"}}}` + "\n" + `{"period":{"table":"SigninLogs","scope":"/","from":"2026-11-01T00:00:00Z","rows":1}}` + "\n" +
		`{"delta":{"type":"Microsoft.Graph/groups","link":"https://x","at":"2026-11-01T00:00:00Z","changed":["a",1]}}` + "\n" + `{"end":{"logs":1}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := 0
		if err := Scan(bytes.NewReader(text), func(Line) error { n++; return nil }); err == nil && n == 0 {
			t.Error("nothing and no error")
		}
	})
}

// Scanning takes the memory of a few lines, however many there are.
func TestScanMemory(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{})
	if err != nil {
		t.Fatal(err)
	}
	text := `{"x":"` + strings.Repeat("0123456789abcdef", 128) + `"}`
	const n = 20_000
	for i := range n {
		if err := w.Add(account(t, fmt.Sprint("a", i), text), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, seen := live(), uint64(0), 0
	if err := Scan(bytes.NewReader(out.Bytes()), func(Line) error {
		if seen++; seen%5000 == 0 {
			most = max(most, live())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	held := (most - min(before, most)) >> 20
	t.Logf("figure: scanning a snapshot of %d MB of text holds %d MB", n*(len(text)+400)>>20, held)
	if held > 12 {
		t.Errorf("%d MB are held", held)
	}
}

// TestLinesOfLogs writes the lines that are no resources, and reads them.
func TestLinesOfLogs(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 26, 1, 2, 3, 4000, time.UTC)
	row := parseJSON(t, `{"id":"1","password":"hunter2","inner":{"connectionString":"hunter3"}}`)
	in := []Line{
		{Log: &LogRow{Table: "SigninLogs", Row: row}},
		{Period: &Period{Table: "SigninLogs", Scope: "/", From: at, To: at.Add(time.Hour), Rows: 1}},
		{Delta: &Delta{Type: "Microsoft.Graph/groups", Link: "https://x/y?$deltatoken=z", At: at, Since: at, Changed: []string{"a", "b"}}},
	}
	for _, l := range in {
		if err := w.Line(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	var out []Line
	if err := Scan(bytes.NewReader(b.Bytes()), func(l Line) error { out = append(out, l); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(out) != 5 || out[4].End == nil || out[4].End.Logs != 1 || out[4].End.Records != 0 {
		t.Fatalf("%+v", out)
	}
	if got := out[1].Log; got == nil || got.Table != "SigninLogs" || strings.Contains(got.Row.String(), "hunter") || got.Row.Get("id").TextOr("") != "1" {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(out[2].Period, in[1].Period) || !reflect.DeepEqual(out[3].Delta, in[2].Delta) {
		t.Errorf("%+v, %+v", out[2].Period, out[3].Delta)
	}
	for _, text := range []string{`{"log":{"table":"x"}}`, `{"log":{"row":{}}}`, `{"log":[]}`} {
		if _, err := ParseLine([]byte(text), nil); err == nil {
			t.Errorf("%s passed", text)
		}
	}
}
