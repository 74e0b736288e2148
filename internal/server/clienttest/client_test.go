// Package clienttest runs Microsoft's published Kusto client for Go against
// azward serve. It is a module of its own so that azward's stays light.
package clienttest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	kusto "github.com/Azure/azure-kusto-go/azkustodata"
	"github.com/Azure/azure-kusto-go/azkustodata/kql"
	"github.com/Azure/azure-kusto-go/azkustodata/query"
)

const data = `{"TimeGenerated":"2026-01-01T00:00:00Z","User":"ann","ResultType":0,"Detail":{"ip":"192.0.2.1"}}
{"TimeGenerated":"2026-01-01T00:05:00Z","User":"bob","ResultType":50126,"Detail":{"ip":"192.0.2.2"}}
{"TimeGenerated":"2026-01-01T00:06:00Z","User":"bob","ResultType":0,"Detail":{"ip":"192.0.2.2"}}
`

// serve builds azward, serves the data with it and returns the address.
func serve(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := os.Getenv("AZWARD_BINARY")
	if binary == "" {
		binary = filepath.Join(dir, "azward")
		build := exec.Command("go", "build", "-o", binary, "./cmd/azward")
		build.Dir = filepath.Join("..", "..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	file := filepath.Join(dir, "signins.jsonl")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--database", "logs", "--load", "SigninLogs="+file)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("azward serve: %v", err)
		}
	})
	line, err := bufio.NewReader(errs).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(line, "http://")
	if !ok {
		t.Fatalf("no address in %q", line)
	}
	addr, _, _ := strings.Cut(rest, ";")
	return "http://" + addr
}

func rows(t *testing.T, ds query.Dataset) []string {
	t.Helper()
	var out []string
	for _, tb := range ds.Tables() {
		if !tb.IsPrimaryResult() {
			continue
		}
		for _, r := range tb.Rows() {
			cells := make([]string, 0, len(r.Values()))
			for _, v := range r.Values() {
				cells = append(cells, v.String())
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	return out
}

func TestClient(t *testing.T) {
	url := serve(t)
	client, err := kusto.New(kusto.NewConnectionStringBuilder(url))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	const db = "logs"

	t.Run("tables", func(t *testing.T) {
		ds, err := client.Mgmt(ctx, db, kql.New(".show tables"))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, ds); len(got) != 1 || !strings.HasPrefix(got[0], "SigninLogs|logs") {
			t.Errorf("%q", got)
		}
	})
	t.Run("query", func(t *testing.T) {
		ds, err := client.Query(ctx, db, kql.New("SigninLogs | summarize n=count(), latest=max(TimeGenerated) by User | order by User asc"))
		if err != nil {
			t.Fatal(err)
		}
		got := rows(t, ds)
		if len(got) != 2 || !strings.HasPrefix(got[0], "ann|1|2026-01-01") || !strings.HasPrefix(got[1], "bob|2|2026-01-01") {
			t.Errorf("%q", got)
		}
	})
	t.Run("every type", func(t *testing.T) {
		ds, err := client.Query(ctx, db, kql.New(`print b=true, d=datetime(2020-01-02 03:04:05.1234567), dec=decimal(1.5), dyn=dynamic({"a":[1,null]}), `+
			`g=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), i=int(1), l=2, r=1.5, s="x\"é", ts=1d+1ms, n=int(null), nan=real(nan), inf=real(-inf), list=dynamic([1])`))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			B   bool           `kusto:"b"`
			D   time.Time      `kusto:"d"`
			Dyn map[string]any `kusto:"dyn"`
			I   int32          `kusto:"i"`
			L   int64          `kusto:"l"`
			R   float64        `kusto:"r"`
			S   string         `kusto:"s"`
			TS  time.Duration  `kusto:"ts"`
			N   *int32         `kusto:"n"`
			Inf float64        `kusto:"inf"`
		}
		if err := ds.Tables()[0].Rows()[0].ToStruct(&got); err != nil {
			t.Fatal(err)
		}
		if !got.B || !got.D.Equal(time.Date(2020, 1, 2, 3, 4, 5, 123456700, time.UTC)) || fmt.Sprint(got.Dyn) != "map[a:[1 <nil>]]" || got.I != 1 || got.L != 2 || got.R != 1.5 ||
			got.S != `x"é` || got.TS != 24*time.Hour+time.Millisecond || got.N != nil || got.Inf > 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("parameters", func(t *testing.T) {
		p := kql.NewParameters().AddString("u", "bob").AddLong("code", 50126).AddDateTime("from", time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)).AddTimespan("w", time.Hour)
		ds, err := client.Query(ctx, db, kql.New("SigninLogs | where User == u and ResultType == code and TimeGenerated between (from .. w) | count"), kusto.QueryParameters(p))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, ds); len(got) != 1 || got[0] != "1" {
			t.Errorf("%q", got)
		}
	})
	t.Run("row by row", func(t *testing.T) {
		ds, err := client.IterativeQuery(ctx, db, kql.New("range x from 1 to 100000 step 1 | extend s=strcat('row ', x)"))
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		n := 0
		for tb := range ds.Tables() {
			if tb.Err() != nil {
				t.Fatal(tb.Err())
			}
			if !tb.Table().IsPrimaryResult() {
				continue
			}
			for r := range tb.Table().Rows() {
				if r.Err() != nil {
					t.Fatal(r.Err())
				}
				n++
			}
		}
		if n != 100000 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("truncation", func(t *testing.T) {
		_, err := client.Query(ctx, db, kql.New("range x from 1 to 10 step 1"), kusto.TruncationMaxRecords(3))
		if err == nil || !strings.Contains(err.Error(), "E_QUERY_RESULT_SET_TOO_LARGE") {
			t.Errorf("%v", err)
		}
	})
	t.Run("error", func(t *testing.T) {
		_, err := client.Query(ctx, db, kql.New("SigninLogs | where Usr == 'x'"))
		if err == nil || !strings.Contains(err.Error(), "SEM0100") || !strings.Contains(err.Error(), "400") {
			t.Errorf("%v", err)
		}
	})
	const slow = "range x from 1 to 5000000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 100000 step 1 | extend k = 1) on k | summarize sum(x % 7)"
	t.Run("servertimeout", func(t *testing.T) {
		_, err := client.Query(ctx, db, kql.New(slow), kusto.ServerTimeout(300*time.Millisecond))
		if err == nil || !strings.Contains(err.Error(), "Timeout") {
			t.Errorf("%v", err)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		short, cancel := context.WithCancel(ctx)
		time.AfterFunc(300*time.Millisecond, cancel)
		begin := time.Now()
		_, err := client.Query(short, db, kql.New(slow))
		if err == nil || time.Since(begin) > 5*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		// The server is free for others.
		if _, err := client.Query(ctx, db, kql.New("print 1")); err != nil {
			t.Error(err)
		}
	})
}
