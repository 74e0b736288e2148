package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/azward/azward/internal/snapshot"
)

// readProviders returns what a body's list holds: "type|alias" by line.
func readProviders(body io.Reader, seen map[string]bool) (names []string, next string, err error) {
	r := newAliasReader(body, seen, func(l snapshot.AliasList) error {
		for _, a := range l.List {
			names = append(names, l.Type+"|"+string(a.AppendJSON(nil)))
		}
		return nil
	})
	err = r.page()
	return names, r.next, err
}

func TestAliasesAreReadOfProviders(t *testing.T) {
	const one = `{"name":"A.B/c/d","defaultPath":"properties.d"}`
	for _, c := range []struct {
		name, body string
		want       string
		next       string
		fails      string
	}{
		{"what is of use is kept", `{"value":[{"id":"/providers/A.B","namespace":"A.B","registrationState":{"x":[1,{"y":null}]},"resourceTypes":[{"resourceType":"c","locations":["x"],
			"aliases":[{"name":"A.B/c/d","type":"PlainText","defaultPath":"properties.d","defaultPattern":{"phrase":"p","variable":"v","type":"Extract"},"defaultMetadata":{"type":"String","attributes":"Modifiable"},"other":1,
			"paths":[{"path":"properties.e","apiVersions":["2020-01-01"],"other":2,"metadata":null}]}],"apiVersions":["2020-01-01"]}]}]}`,
			`A.B/c|{"name":"A.B/c/d","defaultPath":"properties.d","defaultPattern":{"phrase":"p","variable":"v","type":"Extract"},"defaultMetadata":{"type":"String","attributes":"Modifiable"},"paths":[{"path":"properties.e","apiVersions":["2020-01-01"]}]}`, "", ""},
		{"a list without value, and a type without aliases", `[{"namespace":"A.B","resourceTypes":[{"resourceType":"x","aliases":null},{"resourceType":"y"},{"resourceType":"c","aliases":[` + one + `]}]},7,null]`, `A.B/c|` + one, "", ""},
		{"names that come too late", `{"value":[{"resourceTypes":[{"aliases":[` + one + `],"resourceType":"c"}],"namespace":"A.B"}]}`, `|` + one, "", ""},
		{"of one type each alias once", `{"value":[{"namespace":"A.B","resourceTypes":[{"resourceType":"c","aliases":[` + one + `,{"name":"a.b/C/D","defaultPath":"x"},{"defaultPath":"nameless"}]}]}]}`, `A.B/c|` + one, "", ""},
		{"another page", `{"value":[],"nextLink":"https://x/providers?page=2"}`, "", "https://x/providers?page=2", ""},
		{"other kinds", `{"value":[{"namespace":{"a":[]},"resourceTypes":{"a":1}},{"resourceTypes":[{"aliases":"x"},{"aliases":[1]}]}]}`, "", "", ""},
		{"no list", `{"error":"x"}`, "", "", "no list"},
		{"no JSON", `{"value":[{"namespace":<html>`, "", "", "no JSON"},
		{"cut off", `{"value":[{"namespace":"A.B"`, "", "", "no JSON"},
		{"nothing", ``, "", "", "no JSON"},
		{"too deep", `{"value":[{"x":` + strings.Repeat("[", 1000), "", "", "nested"},
		{"too large an alias", `{"value":[{"namespace":"A.B","resourceTypes":[{"resourceType":"c","aliases":[{"name":"` + strings.Repeat("x", 2*maxAlias), "", "", "an alias of more than 2 MiB"},
		{"too large a text", `{"value":[{"x":"` + strings.Repeat("x", 2*maxAlias), "", "", "more than 2 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, next, err := readProviders(strings.NewReader(c.body), map[string]bool{})
			var f *Failure
			switch {
			case c.fails == "" && err != nil, c.fails != "" && (!errors.As(err, &f) || !f.final || !strings.Contains(f.Message, c.fails)):
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if text := strings.Join(got, "\n"); text != c.want || next != c.next {
				t.Errorf("got  %s\nwant %s\nnext %q, want %q", text, c.want, next, c.next)
			}
		})
	}
}

// manyAliases writes a list like Azure's.
func manyAliases(w io.Writer, types, each int) error {
	filler := strings.Repeat(`"2024-01-01",`, 60)
	if _, err := io.WriteString(w, `{"value":[{"namespace":"Microsoft.Large","resourceTypes":[`); err != nil {
		return err
	}
	for t := range types {
		comma := ","
		if t == 0 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, `%s{"resourceType":"type%d","aliases":[`, comma, t); err != nil {
			return err
		}
		for i := range each {
			comma := ","
			if i == 0 {
				comma = ""
			}
			if _, err := fmt.Fprintf(w, `%s{"name":"Microsoft.Large/type%d/alias%d","defaultPath":"properties.alias%d","paths":[{"path":"properties.old%d","apiVersions":[%s"2019-01-01"]}]}`, comma, t, i, i, i, filler); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, `]}`); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, `]}]}`)
	return err
}

func TestALargeListIsNeverInMemoryWhole(t *testing.T) {
	in, out := io.Pipe()
	go func() { _ = out.CloseWithError(manyAliases(out, 4, 8000)) }()
	var begun, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&begun)
	n, most, lines := 0, uint64(0), 0
	r := newAliasReader(in, map[string]bool{}, func(l snapshot.AliasList) error {
		n += len(l.List)
		if lines++; lines%20 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return nil
	})
	if err := r.page(); err != nil {
		t.Fatal(err)
	}
	read := int64(maxAliasBody) - r.in.rest
	if n != 32000 || read < 20<<20 {
		t.Errorf("%d aliases of %d bytes", n, read)
	}
	if grown := int64(most) - int64(begun.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d MiB are held of a list of %d MiB", grown>>20, read>>20)
	}
}

func TestAListThatBreaksOffIsReadOnce(t *testing.T) {
	calls := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if r.URL.Query().Get("$expand") != "resourceTypes/aliases" || r.URL.Query().Get("api-version") != "2021-04-01" {
			t.Errorf("asked for %s", r.URL)
		}
		if calls > 1 {
			_ = manyAliases(w, 2, 700)
			return
		}
		var text strings.Builder
		_ = manyAliases(&text, 2, 700)
		_, _ = io.WriteString(w, text.String()[:text.Len()*2/3])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer s.Close()
	c := &run{arm: testClient(t, s)}
	var file strings.Builder
	w, err := snapshot.NewWriter(&file, snapshot.Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.readAliases(context.Background(), &sink{w: w}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	if err := snapshot.ScanAliases(strings.NewReader(file.String()), func(l snapshot.AliasList) error {
		for _, a := range l.List {
			names[jsonText(a, "name")]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if calls != 2 || len(names) != 1400 {
		t.Errorf("%d aliases in %d calls", len(names), calls)
	}
	for name, n := range names {
		if n != 1 {
			t.Fatalf("%s is there %d times", name, n)
		}
	}
}

func FuzzAliasReader(f *testing.F) {
	f.Add(`{"value":[{"namespace":"A.B","resourceTypes":[{"resourceType":"c","aliases":[{"name":"A.B/c/d","defaultPath":"p","paths":[{"path":"q","apiVersions":["1"]}]}]}]}],"nextLink":"x"}`)
	f.Add(`[{"resourceTypes":[{"aliases":[{}]}]}]`)
	f.Fuzz(func(t *testing.T, body string) {
		seen := map[string]bool{}
		names, _, err := readProviders(strings.NewReader(body), seen)
		if len(names) > len(seen) {
			t.Errorf("%d aliases of %d (%v)", len(names), len(seen), err)
		}
	})
}
