package kql_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/azward/azward/kql"
)

// chain writes n statements or operators, each of which names the one before.
func chain(n int, format string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString(strings.NewReplacer("$i", fmt.Sprint(i), "$p", fmt.Sprint(i-1)).Replace(format))
	}
	return b.String()
}

// TestExplosions: queries that are short and ask for more than any machine has
// end in good time with an error that says why, or with the answer, and hold
// little meanwhile.
func TestExplosions(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const budget = 64 << 20
	const million = `range x from 1 to 1000000 step 1`
	rep := strings.Repeat
	const tooLarge = "KQL0115"
	for _, c := range []struct {
		name, query string
		want        string // part of the error; "": an answer; "any": either
	}{
		// Names that stand for what names stand for.
		{"let of texts", "let a0 = 'abcdefghij';" + chain(40, "let a$i = strcat(a$p, a$p);") + "print a39", tooLarge},
		{"let of numbers", "let a0 = 1;" + chain(60, "let a$i = a$p + a$p;") + "print a60", ""},
		{"let of what is not constant", "let a0 = rand();" + chain(60, "let a$i = a$p + a$p;") + "print a60", tooLarge},
		{"let of unions", "let a0 = range x from 1 to 2 step 1;" + chain(40, "let a$i = a$p | union a$p;") + "a40 | count", tooLarge},
		{"let of joins", "let a0 = range x from 1 to 2 step 1;" + chain(40, "let a$i = a$p | join kind=inner a$p on x;") + "a40 | count", tooLarge},
		{"let of subqueries", "let a0 = range x from 1 to 2 step 1;" + chain(40, "let a$i = a$p | where x in (a$p);") + "a40 | count", tooLarge},
		{"arguments", "let f = (x:real) { x + x }; print " + rep("f(", 40) + "rand()" + rep(")", 40), tooLarge},
		{"tables as arguments", "let f = (T:(x:long)) { T | union T }; range x from 1 to 3 step 1" + rep(" | invoke f()", 60), tooLarge},
		{"as", "range x from 1 to 3 step 1" + chain(60, " | as a$i | union a$i") + " | count", "E_LOW_MEMORY"},
		{"between", "range x from 1 to 3 step 1 | extend y = " + rep("tolong(", 60) + "x" + rep(" between (0 .. 1))", 60), tooLarge},
		{"columns over columns", "range x from 1 to 3 step 1 | extend a0 = x" + chain(60, " | extend a$i = a$p + a$p") + " | project a60", ""},
		// Values that are made of values.
		{"texts", `print s = "abcdefgh"` + rep(" | extend s = strcat(s, s)", 40) + " | project strlen(s)", "E_LOW_MEMORY"},
		{"one long text", `print s = strrep(strrep("a", 1000), 1000) | extend s = strrep(s, 10) | extend t = strcat(` + rep("s,", 60) + `s) | project strlen(t)`, "E_LOW_MEMORY"},
		{"arrays", `print s = dynamic([1,2])` + rep(" | extend s = pack_array(s, s)", 60) + " | project tostring(s)", "E_LOW_MEMORY"},
		{"bags", `print s = dynamic({"a":1})` + rep(` | extend s = bag_pack("a", s, "b", s)`, 60), "E_LOW_MEMORY"},
		{"merged bags", `print b = bag_pack("a", 1)` + rep(` | extend b = bag_merge(b, bag_pack("x", b))`, 60), ""},
		{"replacements", `print s = strrep("a", 1000)` + rep(` | extend s = replace_regex(s, "a", strrep("a", 1000))`, 6) + "| project strlen(s)", "too long"},
		{"lists of lists", `range x from 1 to 1000 step 1 | summarize a = make_list(x)` + rep(` | extend k = range(1, 1000) | mv-expand k | summarize a = make_list(a)`, 4) + " | project tostring(a)", "E_LOW_MEMORY"},
		{"a long text for each row", `range x from 1 to 100000 step 1 | extend s = strcat(strrep(strrep("a", 1000), 1000), x) | summarize max(strlen(s))`, "E_LOW_MEMORY"},
		{"an array for each row", `range x from 1 to 100000 step 1 | extend s = range(1, 100000 + x) | summarize sum(array_length(s))`, "E_LOW_MEMORY"},
		{"joined arrays", `range x from 1 to 100000 step 1 | extend s = strcat_array(range(1, 1000000), tostring(x)) | summarize max(strlen(s))`, "any"},
		// Rows.
		{"a long range", `range x from 1 to 1000000000000 step 1 | count`, "E_QUERY_RESULT"},
		{"a long range down", `range x from 1000000000000 to 1 step -1 | count`, "E_QUERY_RESULT"},
		{"reals", `range x from 0.0 to 99999999.0 step 1.0 | take 1`, ""},
		{"decimals", `range x from decimal(0) to decimal(99999999) step decimal(1) | take 1`, ""},
		{"decimals that do not move", `range x from decimal(1e33) to decimal(2e33) step decimal(1e-30) | count`, "E_QUERY_RESULT"},
		{"expanded arrays", `print a = range(1, 100000)` + rep(` | mv-expand x = a to typeof(long)`, 6) + " | count", "any"},
		{"all with all", million + ` | extend k = 1 | join kind=inner (` + million + ` | extend k = 1) on k | count`, "any"},
		{"a fine axis", million + ` | make-series count() on x from 0 to 1000000 step 1 by x`, "E_QUERY_RESULT"},
		{"ways in a graph", `range x from 1 to 60 step 1 | extend k = 1 | join kind=inner (range y from 1 to 60 step 1 | extend k = 1) on k | make-graph x --> y | graph-match cycles=all (a)-[e*1..100]->(b) project p = 1 | count`, "any"},
		{"components", million + ` | extend y = x + 1 | make-graph x --> y | graph-mark-components | graph-to-table nodes | count`, "E_LOW_MEMORY"},
		// Operators that need all rows.
		{"scan", million + ` | sort by x asc | scan with (step a: true; step b: x > 5;) | count`, "any"},
		{"top-nested", million + ` | extend y = x % 1000 | top-nested 1000 of y by count(), top-nested 100 of x by count() | count`, "any"},
		{"sequences", million + ` | extend t = datetime(2024-01-01) + x * 1s | evaluate sequence_detect(t, 1h, 1h, a = x % 3 == 0, b = x % 3 == 1) | count`, "any"},
		{"windows that move", million + ` | extend t = datetime(2024-01-01) + x * 1m | evaluate sliding_window_counts(x, t, datetime(2024-01-01), datetime(2025-01-01), 100d, 1m) | count`, "any"},
		{"sessions", million + ` | extend t = datetime(2024-01-01) + x * 1m | evaluate session_count(x, t, datetime(2024-01-01), datetime(2025-01-01), 1m, 1000) | count`, "any"},
		{"patterns", million + ` | extend a = x % 100, b = x % 99, c = x % 98 | evaluate autocluster() | count`, "any"},
		{"narrow", million + ` | extend a = 1, b = 2, c = 3 | evaluate narrow() | count`, "any"},
		{"texts alike", million + ` | extend s = strcat("w", x, " b", hash(x), " c") | reduce by s | count`, "any"},
	} {
		t.Run(c.name, func(t *testing.T) {
			runtime.GC()
			before, peak := heapLive(), atomic.Int64{}
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(5 * time.Millisecond):
						peak.Store(max(peak.Load(), heapLive()-before))
					}
				}
			}()
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			err := answer(ctx, c.query, kql.Options{Memory: budget, Workers: 2})
			cancel()
			close(stop)
			switch d := time.Since(start); {
			case d > 30*time.Second: // on a machine that does much else
				t.Errorf("took %v", d)
			default:
				t.Logf("%v, %d MiB: %v", d, peak.Load()>>20, err)
			}
			late := errors.Is(err, context.DeadlineExceeded)
			switch {
			case c.want == "any" && (err == nil || late || errors.Is(err, kql.ErrMemory) || errors.Is(err, kql.ErrRows)):
			case c.want == "" && err == nil:
			case c.want != "" && err != nil && (strings.Contains(err.Error(), c.want) || late && !strings.HasPrefix(c.want, "KQL")):
			default:
				t.Errorf("%v, want %q", err, c.want)
			}
			if peak.Load() > 12*budget {
				t.Errorf("the heap grew by %d MiB", peak.Load()>>20)
			}
		})
	}
}

// answer compiles and runs a query and reads all results.
func answer(ctx context.Context, text string, opts kql.Options) error {
	db := kql.NewMemDatabase()
	q, list := kql.Compile(text, db.Schema())
	if q == nil {
		return list.Err()
	}
	res, err := q.Run(ctx, db, opts)
	if err != nil {
		return err
	}
	defer res.Close()
	for _, table := range res.Tables {
		for _, err := range table.Batches() {
			if err != nil {
				return err
			}
		}
	}
	return nil
}
