package server_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/internal/server"
)

// TestSpill: a query that does not fit into its memory is answered, the answer
// tells what it put on disk, and nothing stays there: neither after an answer
// nor where the client has gone away, nor where all queries together have no
// more room.
func TestSpill(t *testing.T) {
	dir := t.TempDir()
	area := scratch.New(dir, 64<<20)
	url := start(t, func(c *server.Config) { c.Memory, c.Scratch = 1<<20, area })
	const query = `range x from 1 to 100000 step 1 | summarize c = count() by s = strcat("text ", x)`
	a := send(t, "POST", url+"/v2/rest/query", body(query+" | summarize sum(c)", nil), nil)
	if text := string(a.body); a.status != 200 || !strings.Contains(text, "[100000]") || !strings.Contains(text, `\"spilled\":`) || strings.Contains(text, `\"spilled\":0`) {
		t.Errorf("status %d, %s", a.status, text)
	}
	if area.Used() != 0 {
		t.Errorf("%d bytes are left", area.Used())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", url+"/v2/rest/query", strings.NewReader(string(body(`range x from 1 to 50000000 step 1 | summarize count() by hash(x) | count`, nil))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
	}
	for end := time.Now().Add(20 * time.Second); area.Used() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are left by a query whose client has gone", area.Used())
		}
	}
	small := scratch.New(dir, 10_000)
	url = start(t, func(c *server.Config) { c.Memory, c.Scratch = 1<<20, small })
	a = send(t, "POST", url+"/v2/rest/query", body(query, nil), nil)
	if a.status != 400 || !strings.Contains(string(a.body), "LowMemoryCondition") || !strings.Contains(string(a.body), "limit of 10000 bytes") {
		t.Errorf("status %d, %s", a.status, a.body)
	}
	for _, x := range []*scratch.Area{area, small} {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d folders are left", len(left))
	}
}
