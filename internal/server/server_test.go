package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/server"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

var testNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func testDatabase(t testing.TB) *kql.MemDatabase {
	t.Helper()
	db := kql.NewMemDatabase()
	logs, err := kqlio.NewTable([]kql.Column{{Name: "TimeGenerated", Type: kql.DateTime}, {Name: "User", Type: kql.String}, {Name: "ResultType", Type: kql.Int}},
		[][]string{{"2026-01-01T00:00:00Z", "ann", "0"}, {"2026-01-01T00:05:00Z", "bob", "50126"}, {"2026-01-01T00:06:00Z", "bob", "0"}})
	if err != nil {
		t.Fatal(err)
	}
	db.Add("SigninLogs", logs)
	db.Add("odd name", kql.NewMemTable([]kql.Column{{Name: "x", Type: kql.Decimal}, {Name: "b", Type: kql.Bool}}))
	return db
}

// start serves on a free port and returns the address.
func start(t testing.TB, change func(*server.Config)) string {
	t.Helper()
	db := testDatabase(t)
	cfg := server.Config{Database: "logs", Schema: db.Schema(), Tables: db, Version: "1.2.3", Now: func() time.Time { return testNow }, Workers: 1, Memory: 1 << 30}
	if change != nil {
		change(&cfg)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.New(cfg).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func send(t testing.TB, method, url string, body []byte, header map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b}
}

func body(csl string, props any) []byte {
	m := map[string]any{"db": "logs", "csl": csl}
	if props != nil {
		m["properties"] = props
	}
	b, _ := json.Marshal(m)
	return b
}

func options(pairs ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return map[string]any{"Options": o}
}

type v1Answer struct {
	Tables []struct {
		TableName string
		Columns   []struct{ ColumnName, DataType, ColumnType string }
		Rows      [][]any
	}
	Exceptions []string
}

type frame struct {
	FrameType               string
	IsProgressive           bool
	IsFragmented            bool
	ErrorReportingPlacement string
	TableID                 int `json:"TableId"`
	TableKind               string
	Columns                 []struct{ ColumnName, ColumnType string }
	Rows                    []json.RawMessage
	RowCount                int
	HasErrors               bool
	OneAPIErrors            []any `json:"OneApiErrors"`
}

func decode[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("status %d: %v in %s", a.status, err, a.body)
	}
	return v
}

func rowsOf(frames []frame) (out []string, last frame) {
	for _, f := range frames {
		if f.TableKind == "PrimaryResult" || f.FrameType == "TableFragment" {
			for _, r := range f.Rows {
				out = append(out, string(r))
			}
		}
	}
	return out, frames[len(frames)-1]
}

func TestQueryV1(t *testing.T) {
	url := start(t, nil)
	a := send(t, "POST", url+"/v1/rest/query", body("SigninLogs | where User == 'bob' | project User, ResultType, TimeGenerated", nil), map[string]string{"x-ms-client-request-id": "me;1"})
	v := decode[v1Answer](t, a)
	if a.status != 200 || len(v.Tables) != 4 {
		t.Fatalf("status %d, %d tables: %s", a.status, len(v.Tables), a.body)
	}
	got, _ := json.Marshal(v.Tables[0])
	want := `{"TableName":"Table_0","Columns":[{"ColumnName":"User","DataType":"String","ColumnType":"string"},{"ColumnName":"ResultType","DataType":"Int32","ColumnType":"int"},{"ColumnName":"TimeGenerated","DataType":"DateTime","ColumnType":"datetime"}],"Rows":[["bob",50126,"2026-01-01T00:05:00.0000000Z"],["bob",0,"2026-01-01T00:06:00.0000000Z"]]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	toc := v.Tables[3].Rows
	if len(toc) != 3 || toc[0][1] != "QueryResult" || toc[1][1] != "QueryProperties" || toc[2][1] != "QueryStatus" {
		t.Errorf("table of contents: %v", toc)
	}
	if a.header.Get("x-ms-client-request-id") != "me;1" || len(a.header.Get("x-ms-activity-id")) != 36 {
		t.Errorf("ids: %v", a.header)
	}
}

func TestQueryV2(t *testing.T) {
	url := start(t, nil)
	for _, test := range []struct {
		name, query string
		props       any
		rows        []string
		errors      bool
		placement   string
	}{
		{"plain", "SigninLogs | count", nil, []string{`[3]`}, false, "InData"},
		{"every type", `print b=true, d=datetime(2020-01-01), dec=decimal(1.5), dyn=dynamic({"a":[1]}), g=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), i=int(1), l=2, r=1.5, s="x", ts=1d, nan=real(nan), nul=int(null)`, nil,
			[]string{`[true,"2020-01-01T00:00:00.0000000Z","1.5",{"a":[1]},"74be27de-1e4e-49d9-b579-fe0b331d3642",1,2,1.5,"x","1.00:00:00","NaN",null]`}, false, "InData"},
		{"properties as text", "declare query_parameters(u:string); SigninLogs | where User == u | count", `{"Parameters":{"u":"'ann'"}}`, []string{`[1]`}, false, "InData"},
		{"parameters", "declare query_parameters(n:long, t:timespan = 1h); print n + 1, t", map[string]any{"Parameters": map[string]any{"n": 41}}, []string{`[42,"01:00:00"]`}, false, "InData"},
		{"query_now", "print now()", options("query_now", "datetime(2020-05-06)"), []string{`["2020-05-06T00:00:00.0000000Z"]`}, false, "InData"},
		{"the server's clock", "print now()", nil, []string{`["2026-01-02T03:04:05.0000000Z"]`}, false, "InData"},
		{"take", "range x from 1 to 9 step 1", options("query_take_max_records", 2), []string{`[1]`, `[2]`}, false, "InData"},
		{"truncated in its rows", "range x from 1 to 9 step 1", options("truncationmaxrecords", 2), []string{`[1]`, `[2]`, `{"OneApiErrors"`}, true, "InData"},
		{"truncated at the end", "range x from 1 to 9 step 1", options("truncationmaxrecords", 2, "results_error_reporting_placement", "end_of_dataset"), []string{`[1]`, `[2]`}, true, "EndOfDataSet"},
		{"truncated by size", "range x from 1 to 9 step 1", options("truncationmaxsize", 7), []string{`[1]`, `[2]`, `{"OneApiErrors"`}, true, "InData"},
		{"not truncated", "range x from 1 to 3 step 1", options("truncationmaxrecords", 2, "notruncation", true), []string{`[1]`, `[2]`, `[3]`}, false, "InData"},
		{"fragments", "range x from 1 to 2 step 1", options("results_v2_fragment_primary_tables", true, "results_v2_newlines_between_frames", true, "results_error_reporting_placement", "end_of_table"), []string{`[1]`, `[2]`}, false, "EndOfTable"},
		{"progressive", "range x from 1 to 2 step 1", options("results_progressive_enabled", true), []string{`[1]`, `[2]`}, false, "InData"},
		{"several results", "print 1; print 2", nil, []string{`[1]`, `[2]`}, false, "InData"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := send(t, "POST", url+"/v2/rest/query", body(test.query, test.props), nil)
			if a.status != 200 {
				t.Fatalf("status %d: %s", a.status, a.body)
			}
			frames := decode[[]frame](t, a)
			rows, last := rowsOf(frames)
			if len(rows) != len(test.rows) {
				t.Fatalf("rows %v, want %v", rows, test.rows)
			}
			for i, r := range rows {
				if r != test.rows[i] && !(strings.HasPrefix(test.rows[i], `{"`) && strings.HasPrefix(r, test.rows[i])) {
					t.Errorf("row %d: %s, want %s", i, r, test.rows[i])
				}
			}
			if last.FrameType != "DataSetCompletion" || last.HasErrors != test.errors || (len(last.OneAPIErrors) > 0) != test.errors {
				t.Errorf("completion %+v", last)
			}
			if frames[0].ErrorReportingPlacement != test.placement {
				t.Errorf("header %+v", frames[0])
			}
		})
	}
}

func TestErrors(t *testing.T) {
	url := start(t, func(c *server.Config) { c.MaxBody = 4096 })
	for _, test := range []struct {
		name, path   string
		body         []byte
		status       int
		code, inner  string
		messageParts string
	}{
		{"no such column", "/v2/rest/query", body("SigninLogs\n| where Usr == 'x'", nil), 400, "General_BadRequest", "SEM0100", `did you mean "User"`},
		{"no such table", "/v1/rest/query", body("Nowhere | count", nil), 400, "General_BadRequest", "SEM0100", "Nowhere"},
		{"syntax", "/v2/rest/query", body("SigninLogs | where (", nil), 400, "General_BadRequest", "SYN0002", "Syntax error"},
		{"no query", "/v2/rest/query", []byte(`{"db":"logs"}`), 400, "General_BadRequest", "", "csl"},
		{"no JSON", "/v2/rest/query", []byte(`csl=print 1`), 400, "General_BadRequest", "", "JSON"},
		{"another database", "/v2/rest/query", []byte(`{"db":"other","csl":"print 1"}`), 400, "General_BadRequest", "", "'other'"},
		{"unknown option", "/v2/rest/query", body("print 1", options("query_datetimescope_from", "2020")), 400, "General_BadRequest", "", "query_datetimescope_from"},
		{"bad timeout", "/v2/rest/query", body("print 1", options("servertimeout", "soon")), 400, "General_BadRequest", "", "servertimeout"},
		{"too large", "/v2/rest/query", body(strings.Repeat("x", 5000), nil), 413, "RequestTooLarge", "", "4096"},
		{"memory", "/v2/rest/query", body("range x from 1 to 2000000 step 1 | sort by x", options("max_memory_consumption_per_query_per_node", 100000)), 400, "LowMemoryCondition", "", "E_LOW_MEMORY_CONDITION"},
		{"external data", "/v2/rest/query", body("externaldata(a:string)['http://example.com/x.csv']", nil), 400, "General_BadRequest", "", "externaldata"},
		{"columns of files", "/v2/rest/query", body(`evaluate infer_storage_schema(dynamic({"StorageContainers":["."],"DataFormat":"csv"}))`, nil), 400, "General_BadRequest", "", "infer_storage_schema"},
		{"no command", "/v1/rest/mgmt", body("print 1", nil), 400, "General_BadRequest", "SYN0002", "dot"},
		{"writing command", "/v1/rest/mgmt", body(".drop table SigninLogs", nil), 400, "General_BadRequest", "SYN0100", "only shows"},
		{"no such path", "/v1/rest/ingest/x", nil, 404, "NotFound", "", "/v1/rest/ingest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := send(t, "POST", url+test.path, test.body, nil)
			var e struct {
				Error struct {
					Code      string
					Text      string `json:"@message"`
					Type      string `json:"@type"`
					Context   struct{ ActivityID string }
					InnerCode struct {
						Code string
						Line int
					} `json:"innererror"`
				}
			}
			if err := json.Unmarshal(a.body, &e); err != nil {
				t.Fatalf("%v in %s", err, a.body)
			}
			if a.status != test.status || e.Error.Code != test.code || e.Error.InnerCode.Code != test.inner || !strings.Contains(e.Error.Text, test.messageParts) || !strings.HasPrefix(e.Error.Type, "Kusto.Data.Exceptions.") {
				t.Errorf("status %d, %s", a.status, a.body)
			}
			if test.name == "no such column" && e.Error.InnerCode.Line != 2 {
				t.Errorf("line %d, want 2", e.Error.InnerCode.Line)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	url := start(t, nil)
	for _, test := range []struct {
		command string
		column  string
		rows    int
		first   string // first cell
	}{
		{".show version", "BuildVersion", 1, "1.2.3"},
		{".show databases", "DatabaseName", 1, "logs"},
		{".show database logs details", "DatabaseName", 1, "logs"},
		{".show tables", "TableName", 2, "SigninLogs"},
		{".SHOW Tables | where TableName has 'odd' | project TableName", "TableName", 1, "odd name"},
		{".show table ['odd name'] cslschema", "TableName", 1, "odd name"},
		{`.show table "SigninLogs" schema as json`, "TableName", 1, "SigninLogs"},
		{".show table SigninLogs", "AttributeName", 3, "TimeGenerated"},
		{".show database schema", "DatabaseName", 8, "logs"},
		{".show database logs schema as json", "DatabaseSchema", 1, ""},
		{".show databases entities", "DatabaseName", 2, "logs"},
		{".show functions", "Name", 0, ""},
		{".show cluster", "NodeId", 1, "azward"},
		{".cancel query 'nobody'", "ClientRequestId", 1, "nobody"},
	} {
		a := send(t, "POST", url+"/v1/rest/mgmt", body(test.command, nil), nil)
		v := decode[v1Answer](t, a)
		if a.status != 200 || len(v.Tables) != 1 || len(v.Tables[0].Rows) != test.rows || v.Tables[0].Columns[0].ColumnName != test.column {
			t.Errorf("%s: status %d, %s", test.command, a.status, a.body)
			continue
		}
		if test.first != "" && v.Tables[0].Rows[0][0] != test.first {
			t.Errorf("%s: %v, want %s first", test.command, v.Tables[0].Rows[0], test.first)
		}
		for _, r := range v.Tables[0].Rows {
			if len(r) != len(v.Tables[0].Columns) {
				t.Errorf("%s: row of %d cells, %d columns", test.command, len(r), len(v.Tables[0].Columns))
			}
		}
	}
}

func TestGzipBothWays(t *testing.T) {
	url := start(t, nil)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(body("range x from 1 to 2000 step 1", nil))
	_ = z.Close()
	a := send(t, "POST", url+"/v2/rest/query", packed.Bytes(), map[string]string{"Content-Encoding": "gzip", "Accept-Encoding": "deflate, gzip;q=0.5"})
	if a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("answer is not packed: %v", a.header)
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if a.body, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if rows, _ := rowsOf(decode[[]frame](t, a)); len(rows) != 2000 {
		t.Errorf("%d rows", len(rows))
	}
	// A small body that unpacks to a large one is turned away.
	packed.Reset()
	z = gzip.NewWriter(&packed)
	_, _ = z.Write(body("print 1 //"+strings.Repeat(" ", 8<<20), nil))
	_ = z.Close()
	if a := send(t, "POST", url+"/v2/rest/query", packed.Bytes(), map[string]string{"Content-Encoding": "gzip"}); a.status != 413 {
		t.Errorf("a bomb of %d bytes: status %d", packed.Len(), a.status)
	}
	if a := send(t, "POST", url+"/v2/rest/query", []byte("{}"), map[string]string{"Content-Encoding": "br"}); a.status != 415 {
		t.Errorf("br: status %d", a.status)
	}
}

func TestWhoMayAsk(t *testing.T) {
	open := start(t, nil)
	locked := start(t, func(c *server.Config) { c.Token = "s3cret" })
	for _, test := range []struct {
		name, url, path string
		header          map[string]string
		status          int
	}{
		{"anyone here", open, "/v2/rest/query?csl=print+1", nil, 200},
		{"a name that was made to resolve here", open, "/v2/rest/query?csl=print+1", map[string]string{"Host": "evil.example"}, 403},
		{"a page of another origin", open, "/v2/rest/query?csl=print+1", map[string]string{"Origin": "https://evil.example"}, 403},
		{"without the token", locked, "/v2/rest/query?csl=print+1", nil, 401},
		{"with another token", locked, "/v2/rest/query?csl=print+1", map[string]string{"Authorization": "Bearer guess"}, 401},
		{"with the token", locked, "/v2/rest/query?csl=print+1", map[string]string{"Authorization": "Bearer s3cret"}, 200},
		{"commands without the token", locked, "/v1/rest/mgmt?csl=.show+tables", nil, 401},
		{"metadata is public", locked, "/v1/rest/auth/metadata", nil, 200},
		{"health is public", locked, "/healthz", nil, 200},
	} {
		if a := send(t, "GET", test.url+test.path, nil, test.header); a.status != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.name, a.status, test.status, a.body)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for _, test := range []struct {
		addr, token string
		ok          bool
	}{
		{"127.0.0.1:80", "", true}, {"localhost:0", "", true}, {"[::1]:80", "", true}, {"127.1.2.3:80", "", true},
		{":80", "", false}, {"0.0.0.0:80", "", false}, {"192.0.2.1:80", "", false}, {"example.com:80", "", false}, {"nonsense", "", false}, {"nonsense", "t", false},
		{"0.0.0.0:80", "t", true},
	} {
		if err := server.CheckAddress(test.addr, test.token); (err == nil) != test.ok {
			t.Errorf("CheckAddress(%q, %q) = %v", test.addr, test.token, err)
		}
	}
}

// slow is a query that runs for minutes if nothing ends it.
const slow = "range x from 1 to 5000000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 100000 step 1 | extend k = 1) on k | summarize sum(x % 7)"

func TestQueriesEnd(t *testing.T) {
	url := start(t, func(c *server.Config) { c.MaxQueries = 1; c.Now = time.Now })
	t.Run("timeout", func(t *testing.T) {
		a := send(t, "POST", url+"/v2/rest/query", body(slow, options("servertimeout", "00:00:00.2")), nil)
		if a.status != http.StatusGatewayTimeout || !bytes.Contains(a.body, []byte("servertimeout")) {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
	t.Run("hanging up", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "POST", url+"/v2/rest/query", bytes.NewReader(body(slow, nil)))
		if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
			resp.Body.Close()
			t.Error("the query ended by itself")
		}
		// The only place frees up again: the query was ended, not left running.
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if a := send(t, "POST", url+"/v2/rest/query", body("print 1", nil), nil); a.status == 200 {
				break
			} else if a.status != http.StatusTooManyRequests || time.Now().After(deadline) {
				t.Fatalf("status %d: %s", a.status, a.body)
			}
		}
	})
}

func TestCancelCommand(t *testing.T) {
	url := start(t, func(c *server.Config) { c.Now = time.Now })
	got := make(chan answer, 1)
	go func() {
		got <- send(t, "POST", url+"/v2/rest/query", body(slow, nil), map[string]string{"x-ms-client-request-id": "long;1"})
	}()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		a := send(t, "POST", url+"/v1/rest/mgmt", body(".cancel query 'long;1'", nil), nil)
		if v := decode[v1Answer](t, a); v.Tables[0].Rows[0][2] == true {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the query is not running")
		}
	}
	if a := <-got; a.status != 400 || !bytes.Contains(a.body, []byte("QueryCancelled")) {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestShutdownEndsQueries(t *testing.T) {
	db := testDatabase(t)
	s := server.New(server.Config{Schema: db.Schema(), Tables: db})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	got := make(chan answer, 1)
	go func() {
		got <- send(t, "POST", "http://"+l.Addr().String()+"/v2/rest/query", []byte(`{"csl":"`+slow+`"}`), nil)
	}()
	time.Sleep(200 * time.Millisecond)
	begin := time.Now()
	cancel()
	if a := <-got; a.status != http.StatusServiceUnavailable {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	if err := <-done; err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}

// TestHome: a browser finds the tables and how to ask; who has no token learns
// no names.
func TestHome(t *testing.T) {
	open := start(t, nil)
	locked := start(t, func(c *server.Config) { c.Token = "s3cret" })
	a := send(t, "GET", open+"/", nil, nil)
	names := decode[v1Answer](t, send(t, "GET", open+"/v1/rest/mgmt?csl=.show+tables", nil, nil)).Tables[0].Rows
	if a.status != 200 || len(names) == 0 {
		t.Fatalf("status %d, %d tables", a.status, len(names))
	}
	for _, r := range names {
		name := fmt.Sprint(r[0])
		if !strings.Contains(string(a.body), `id="t-`+name+`"`) {
			t.Errorf("the page has no table %s", name)
		}
		if b := send(t, "GET", locked+"/", nil, nil); b.status != 200 || strings.Contains(string(b.body), `id="t-`+name) || !strings.Contains(string(b.body), "AZWARD_TOKEN") {
			t.Errorf("without a token: status %d, or the page tells of %s", b.status, name)
		}
	}
	if b := send(t, "GET", open+"/", nil, map[string]string{"Host": "evil.example"}); b.status != 403 {
		t.Errorf("a name that was made to resolve here: status %d", b.status)
	}
	if b := send(t, "GET", open+"/nowhere", nil, nil); b.status != 404 {
		t.Errorf("another path: status %d", b.status)
	}
}
