package kql_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/azward/azward/kql"
)

// tempArea is a place for rows on the disk, whose bytes are not in the heap.
type tempArea struct{ dir string }

func (a tempArea) Create() (kql.SpillFile, error) { return os.CreateTemp(a.dir, "") }

// exactHeap is how a process must be started for its heap to hold little garbage
// at any time: one collection stops the world until all of it is gone. A
// collection beside the query lets as much garbage pile up as the machine is
// busy, and that is nothing that the query holds.
const exactHeap = "gcstoptheworld=2"

// withExactHeap runs the calling test alone in a process of such a kind and tells
// whether it did so; in that process it does not.
func withExactHeap(t *testing.T) bool {
	t.Helper()
	debug := os.Getenv("GODEBUG")
	if strings.Contains(debug, exactHeap) {
		return false
	}
	var pattern []string
	for name := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(name)+"$")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run="+strings.Join(pattern, "/"))
	cmd.Env = append(os.Environ(), "GODEBUG="+strings.TrimPrefix(debug+","+exactHeap, ","))
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("in a process of its own: %v", err)
	}
	return true
}

// heapLive is what the heap holds, with the garbage since the last collection.
func heapLive() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// TestMemoryIsCounted: whatever an operator holds is counted, so that a query
// answers, or ends with the engine's error, long before the heap has grown to
// 7/4 of the budget. Without a place for rows it ends.
func TestMemoryIsCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const budget = 8 << 20
	const many = `range x from 1 to 400000 step 1 | extend h = hash(x), s = strcat("a text of some length for ", x)`
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for _, c := range []struct {
		name, query string
		ends        bool // with too little memory, even where rows can be put on disk
	}{
		{"count", many + ` | summarize count() by s`, false},
		{"keys", many + ` | summarize sum(h) by h, s, x`, false},
		{"max of texts", many + ` | summarize max(s), min(s) by x % 100000`, false},
		{"arg_max", many + ` | summarize arg_max(h, s, x) by x % 100000`, false},
		{"take_any", many + ` | summarize take_any(s, x) by h`, false},
		{"make_list", many + ` | summarize make_list(s) by x % 50000`, false},
		{"make_set", many + ` | summarize make_set(s) by x % 50000`, false},
		{"make_bag", many + ` | summarize make_bag(bag_pack(s, x)) by x % 50000`, false},
		{"one make_list", many + ` | summarize make_list(s)`, true},
		{"one make_set", many + ` | summarize make_set(h)`, true},
		{"one make_bag", many + ` | summarize make_bag(bag_pack(s, x))`, true},
		{"percentile", many + ` | summarize percentile(h, 50) by x % 50000`, false},
		{"percentile of few values", many + ` | summarize percentiles(h % 1000, 50, 90), percentilew(h % 77, 1 + x % 3, 50)`, false},
		{"one percentile", many + ` | summarize percentile(h, 50)`, true},
		{"dcount", many + ` | summarize dcount(s)`, false},
		{"dcount by", many + ` | summarize dcount(h) by x % 1000`, false},
		{"hll", many + ` | summarize hll(h) by x % 20000`, false},
		{"tdigest", many + ` | summarize tdigest(h) by x % 20000`, false},
		{"buildschema", many + ` | summarize buildschema(bag_pack(s, x)) by x % 20000`, false},
		{"distinct", many + ` | distinct s`, false},
		{"sort", many + ` | sort by h asc`, false},
		{"top", many + ` | top 300000 by h asc`, false},
		{"join", many + ` | join kind=inner (` + many + `) on s`, false},
		{"semi", many + ` | join kind=leftanti (` + many + ` | where x % 2 == 0) on s`, false},
		{"skew", many + ` | extend k = 1 | where x < 5 | join kind=inner (` + many + ` | extend k = 1) on k`, false},
		{"lookup", many + ` | lookup (` + many + ` | project s, y = x) on s`, false},
		{"materialize", `let m = materialize(` + many + `); m | union m | count`, false},
		{"in", many + ` | where s in ((` + many + ` | project s)) | count`, true},
		{"window", many + ` | serialize | where prev(s) != s | count`, true},
		{"partition", many + ` | extend k = x % 2000 | partition by k (summarize count(), max(s))`, false},
		{"make-series", many + ` | make-series count() on x from 0 to 400000 step 4000 by k = h % 3000`, false},
		{"sample", many + ` | sample 10000`, false},
		{"top-nested", many + ` | top-nested 3 of h by count()`, true},
		{"scan", many + ` | sort by x asc | scan declare (c: long = 0) with (step a: true => c = 1;) | count`, true},
		{"reduce", many + ` | reduce by s`, true},
		{"graph", many + ` | extend y = x + 1 | make-graph x --> y | graph-match (a)-[e]->(b) project e.s | count`, true},
		{"plugin", many + ` | evaluate bag_unpack(pack("a", x)) | count`, true},
		{"mv-apply", `range x from 1 to 40 step 1 | mv-apply b = range(1, 10000) to typeof(long) on (extend s = strcat("a text of some length for ", b) | sort by s asc) | count`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if withExactHeap(t) {
				return
			}
			for _, spill := range []kql.Spill{tempArea{t.TempDir()}, nil} {
				runtime.GC()
				before, peak := heapLive(), atomic.Int64{}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				stop := make(chan struct{})
				go func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(time.Millisecond):
							peak.Store(max(peak.Load(), heapLive()-before))
						}
					}
				}()
				q, list := kql.Compile(c.query, kql.NewMemDatabase().Schema())
				if err := list.Err(); err != nil {
					t.Fatal(err)
				}
				res, err := q.Run(ctx, kql.NewMemDatabase(), kql.Options{Memory: budget, Workers: 2, BatchRows: 1024, Spill: spill})
				if err == nil {
					for _, err = range res.Tables[0].Batches() {
						if err != nil {
							break
						}
					}
					res.Close()
				}
				close(stop)
				cancel()
				switch {
				case err != nil && !errors.Is(err, kql.ErrMemory):
					t.Errorf("spill %t: %v", spill != nil, err)
				case (err != nil) != (c.ends || spill == nil) && c.name != "percentile of few values":
					t.Errorf("spill %t: %v", spill != nil, err)
				}
				t.Logf("spill %t: %.1f MiB over a budget of 8", spill != nil, float64(peak.Load())/(1<<20))
				if peak.Load() > budget*7/4 {
					t.Errorf("spill %t: the heap grew by %.1f MiB", spill != nil, float64(peak.Load())/(1<<20))
				}
				if a, ok := spill.(tempArea); ok {
					for _, f := range must(filepath.Glob(a.dir + "/*")) {
						_ = os.Remove(f)
					}
				}
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
