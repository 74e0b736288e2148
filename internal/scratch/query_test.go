package scratch_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/kql"
)

// answer runs a query with little memory and files below a folder of its own,
// which is empty afterwards.
func answer(t *testing.T, text string, memory, disk int64) (rows [][]string, stats kql.Stats, err error) {
	t.Helper()
	parent := t.TempDir()
	a := scratch.New(parent, disk)
	s := a.Session()
	defer func() {
		if err := errors.Join(s.Close(), a.Close()); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(parent); len(left) > 0 || a.Used() != 0 {
			t.Errorf("%d files are left, %d bytes used", len(left), a.Used())
		}
	}()
	q, list := kql.Compile(text, kql.NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	res, err := q.Run(ctx, kql.NewMemDatabase(), kql.Options{Memory: memory, Workers: 2, Spill: s})
	if err != nil {
		return nil, stats, err
	}
	b, err := res.Tables[0].All()
	if err != nil {
		return nil, res.Stats(), err
	}
	for i := range b.Rows {
		var row []string
		for _, c := range b.Cols {
			row = append(row, kql.Text(c.Get(i)))
		}
		rows = append(rows, row)
	}
	return rows, res.Stats(), nil
}

func TestQueriesOverFiles(t *testing.T) {
	const many = `range x from 1 to 60000 step 1 | extend s = strcat("text ", x)`
	for _, c := range []struct{ query, want string }{
		{many + ` | summarize c = count() by s | summarize sum(c)`, "60000"},
		{many + ` | join kind=inner (` + many + ` | extend y = x) on s | summarize sum(y)`, "1800030000"},
		{many + ` | sort by s desc | take 1 | project x`, "9999"},
		{many + ` | summarize dcount(s)`, "60000"},
		{`let m = materialize(` + many + `); m | union m | count`, "120000"},
	} {
		rows, stats, err := answer(t, c.query, 1<<20, 1<<30)
		if err != nil || len(rows) != 1 || rows[0][0] != c.want || stats.Spilled == 0 {
			t.Errorf("%s: %v %v, want %s; %d bytes on disk", c.query, err, rows, c.want, stats.Spilled)
		}
	}
	if _, _, err := answer(t, many+` | sort by s asc`, 1<<20, 100_000); !errors.Is(err, kql.ErrMemory) {
		t.Errorf("a disk without room: %v", err)
	}
}

// TestLargeQueries measures what queries over millions of keys take with 64 MiB.
// It runs where AZWARD_BIG is set.
func TestLargeQueries(t *testing.T) {
	if os.Getenv("AZWARD_BIG") == "" {
		t.Skip("set AZWARD_BIG to run queries over millions of keys")
	}
	const memory = 64 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memory + memory/2 + 64<<20))
	for _, c := range []struct{ name, query, want string }{
		{"summarize by 5,000,000 keys", `range x from 1 to 5000000 step 1 | summarize c = count(), m = max(x) by k = hash(x) | summarize strcat(count(), " ", sum(c), " ", sum(m))`, "5000000 5000000 12500002500000"},
		{"join of 2,000,000 with 2,000,000 unique keys", `range x from 1 to 2000000 step 1 | extend h = hash(x) | join kind=inner (range y from 1 to 2000000 step 1 | extend h = hash(y * 2)) on h | summarize strcat(count(), " ", sum(x), " ", sum(y))`, "1000000 1000001000000 500000500000"},
		{"dcount of 5,000,000 values", `range x from 1 to 5000000 step 1 | summarize dcount(hash(x))`, "5000000"},
		{"sort of 2,000,000 rows", `range x from 1 to 2000000 step 1 | extend h = hash(x), s = strcat("text ", x) | sort by h asc | summarize strcat(count(), " ", sum(x))`, "2000000 2000001000000"},
	} {
		start := time.Now()
		rows, stats, err := answer(t, c.query, memory, 8<<30)
		if err != nil || len(rows) != 1 || rows[0][0] != c.want || stats.Spilled == 0 {
			t.Errorf("%s: %v %v, want %s", c.name, err, rows, c.want)
		}
		t.Logf("figure: %s with 64 MiB: %.1f s, operators held %d MiB, %d MiB on disk, resident at most %d MiB so far", c.name, time.Since(start).Seconds(), stats.Memory>>20, stats.Spilled>>20, resident(t))
	}
	start := time.Now()
	_, stats, err := answer(t, `range x from 1 to 2000000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 2000000 step 1 | extend k = 1) on k | count`, memory, 8<<30)
	if !errors.Is(err, kql.ErrRows) {
		t.Errorf("cross join: %v", err)
	}
	t.Logf("figure: cross join of 2,000,000 by 2,000,000 with 64 MiB ended after %.1f s with %d MiB on disk, resident at most %d MiB", time.Since(start).Seconds(), stats.Spilled>>20, resident(t))
}

// resident is the most memory that this process has had, in MiB; 0 where the
// system does not tell.
func resident(t *testing.T) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return 0
	}
	return n >> 10
}
