package collect

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

// anyToken is a credential that always has a token.
type anyToken struct{}

func (anyToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// testClient returns a client of a local HTTPS server.
func testClient(t *testing.T, s *httptest.Server) *client {
	t.Helper()
	o := &Options{Clock: time.Now, Backoff: time.Nanosecond, Transport: s.Client(), Version: "test"}
	c, err := newClient(s.URL, "scope", anyToken{}, newThrottle(1e6, 1e6, 8, time.Now), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recorded is one call that real Azure answered.
type recorded struct {
	url    string
	status int
	body   jsondoc.Value
}

func readRecorded(t *testing.T, path string) (out []recorded) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReaderSize(z, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			v, err := jsondoc.Parse(line)
			if err != nil {
				t.Fatal(err)
			}
			status, _ := v.Get("status").Int()
			if url := jsonText(v, "url"); jsonText(v, "method") == http.MethodGet && strings.HasPrefix(url, "https://management.azure.com/") {
				out = append(out, recorded{url, int(status), v.Get("body")})
			}
		}
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestConformanceRecordedLists serves what real Azure sent from a local server
// and reads it as a collection does: every list to its last page, every object
// as a resource, and every refusal as one.
func TestConformanceRecordedLists(t *testing.T) {
	const azure = "https://management.azure.com"
	allPassed, all := 0, 0
	for _, file := range []string{"recorded/custodian.jsonl.gz", "inventory/manageiq.jsonl.gz", "inventory/azure-cli-2021.jsonl.gz", "inventory/azure-cli-extensions.jsonl.gz"} {
		passed, total := 0, 0
		calls := readRecorded(t, testdata.File(t, file))
		pages := map[string]int{}
		for i, c := range calls {
			pages[c.url] = i
		}
		var s *httptest.Server
		s = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var i int
			if _, err := fmt.Sscanf(r.URL.Path, "/%d", &i); err != nil || i >= len(calls) {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			body := calls[i].body
			text := string(body.AppendJSON(nil))
			if next := jsonText(body, "nextLink"); next != "" {
				to := s.URL + "/missing"
				if k, ok := pages[next]; ok {
					to = fmt.Sprintf("%s/%d/next", s.URL, k)
				}
				text = strings.ReplaceAll(text, string(jsondoc.NewString(next).AppendJSON(nil)), string(jsondoc.NewString(to).AppendJSON(nil)))
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(calls[i].status)
			_, _ = io.WriteString(w, text)
		}))
		run := &run{arm: testClient(t, s)}
		for i, c := range calls {
			total++
			w, err := snapshot.NewWriter(io.Discard, snapshot.Header{})
			if err != nil {
				t.Fatal(err)
			}
			sink := &sink{w: w}
			n, err := run.childrenOf(context.Background(), sink, fmt.Sprintf("/%d%s", i, strings.TrimPrefix(c.url, azure)))
			want, whole, isList := 0, true, c.body.Get("value").Kind() == jsondoc.Array
			for at, hops := i, 0; hops < 100; hops++ {
				want += calls[at].body.Get("value").Len()
				next := jsonText(calls[at].body, "nextLink")
				if next == "" {
					break
				}
				if at, whole = pages[next]; !whole {
					break
				}
			}
			var f *Failure
			failed := errors.As(err, &f)
			got := n
			switch {
			case c.status == http.StatusAccepted:
				if !failed || f.Status != c.status || n != 0 {
					t.Errorf("%s: an answer that is not finished passed for %d resources: %v", c.url, n, err)
					continue
				}
			case c.status/100 != 2:
				if !failed || f.Status != c.status || f.Code != jsonText(c.body.Get("error"), "code") || f.Message == "" || n != 0 {
					t.Errorf("%s: refused with %d: %v", c.url, c.status, err)
					continue
				}
			case isList && whole:
				if err != nil || got != want {
					t.Errorf("%s: %d of %d elements, %v", c.url, got, want, err)
					continue
				}
			case isList:
				if !failed || got != want {
					t.Errorf("%s: %d of %d elements, and a page is missing: %v", c.url, got, want, err)
					continue
				}
			case jsonText(c.body, "id") != "":
				if err != nil || n != 1 {
					t.Errorf("%s: %d objects, %v", c.url, n, err)
					continue
				}
			default:
				if c.body.Kind() == jsondoc.Array && err == nil && n == c.body.Len() {
					break
				}
				if !failed {
					t.Errorf("%s: an answer that is neither a list nor a resource passed for %d resources", c.url, n)
					continue
				}
			}
			passed++
		}
		s.Close()
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl.gz")
		t.Logf("conformance: recorded-%s %d of %d", name, passed, total)
		allPassed, all = allPassed+passed, all+total
	}
	t.Logf("conformance: recorded-lists %d of %d", allPassed, all)
}

// TestPages reads pages as a service, a proxy or an attacker may send them.
func TestPages(t *testing.T) {
	var s *httptest.Server
	s = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		filler := strings.Repeat("x", 1<<20)
		switch r.URL.Path {
		case "/array":
			_, _ = io.WriteString(w, `[{"id":"a"},{"id":"b"}]`)
		case "/large": // several times what is read without waiting
			_, _ = io.WriteString(w, `{"value":[{"id":"a","x":"`)
			for range 5 {
				_, _ = io.WriteString(w, filler)
			}
			_, _ = io.WriteString(w, `"}]}`)
		case "/huge":
			_, _ = io.WriteString(w, `{"value":[{"id":"a","x":"`)
			for range maxPage>>20 + 1 {
				_, _ = io.WriteString(w, filler)
			}
		case "/elsewhere":
			_, _ = io.WriteString(w, `{"value":[{"id":"a"}],"nextLink":"http`+strings.TrimPrefix(s.URL, "https")+`/array"}`)
		case "/redirect":
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		case "/html":
			w.WriteHeader(http.StatusProxyAuthRequired)
			_, _ = io.WriteString(w, "<html>proxy</html>")
		}
	}))
	defer s.Close()
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := testClient(t, s)
	for path, want := range map[string]struct {
		n    int
		text string
	}{
		"/array": {2, ""}, "/large": {1, ""}, "/huge": {0, "more than 32 MiB"}, "/elsewhere": {1, "is not followed"},
		"/redirect": {0, "302"}, "/html": {0, "407"}, "/empty": {0, "no list"},
	} {
		n := 0
		err := c.list(context.Background(), path, nil, func(jsondoc.Value) error { n++; return nil })
		var f *Failure
		if n != want.n || (want.text == "") != (err == nil) || err != nil && (!errors.As(err, &f) || !strings.Contains(err.Error(), want.text)) {
			t.Errorf("%s: %d elements, %v", path, n, err)
		}
	}
}

// aged has tokens that a service refuses, new ones with a claim or without.
type aged struct {
	claims bool // take claims
	asked  int
}

func (a *aged) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	a.asked++
	if o.Claims != "" && !a.claims {
		return azcore.AccessToken{}, errors.New("claims are not taken")
	}
	return azcore.AccessToken{Token: fmt.Sprint("t", a.asked), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestATokenIsAskedForAgainOnce(t *testing.T) {
	for _, claims := range []bool{true, false} {
		good := ""
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != good {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_, _ = io.WriteString(w, `{"value":[]}`)
		}))
		c := testClient(t, s)
		cred := &aged{claims: claims}
		o := &Options{Clock: time.Now, Backoff: time.Nanosecond, Transport: s.Client(), Version: "test"}
		c, err := newClient(s.URL, "scope", cred, c.throttle, o)
		if err != nil {
			t.Fatal(err)
		}
		list := func() error {
			return c.list(context.Background(), "/x", nil, func(jsondoc.Value) error { return nil })
		}
		good = "Bearer t2"
		if !claims {
			good = "Bearer t3" // the second was the refusal of the claim
		}
		if err := list(); err != nil {
			t.Errorf("claims %v: a token that ended: %v", claims, err)
		}
		good = "nothing is good"
		before := cred.asked
		for range 20 {
			if err := list(); err == nil {
				t.Error("a refusal passed")
			}
		}
		if n := cred.asked - before; n > 4 {
			t.Errorf("claims %v: %d tokens were asked for 20 refused calls", claims, n)
		}
		s.Close()
	}
}
