package kql_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
)

// spillRows are rows with keys of several kinds: k repeats, s is a text, d a
// dynamic value, skew is nearly always the same, u is unique.
const spillRows = `range u from 1 to 12000 step 1
	| extend h = hash(u), k = hash(u * 7) % 3000
	| extend s = strcat("a text for ", k), d = iff(k % 3 == 0, pack("k", k, "list", pack_array(k, tostring(k))), todynamic(tostring(k))),
		r = todouble(h % 1000) / 8, t = datetime(2024-01-01) + (h % 86400) * 1s, dec = todecimal(h % 500) / 4,
		g = toguid(strcat("00000000-0000-0000-0000-", substring(strcat("00000000000", k), -12, 12))), skew = iff(h % 50 == 0, k, 1), n = iff(k % 5 == 0, long(null), h % 300)`

// spillQueries are queries whose operators hold far more than a small budget.
var spillQueries = []struct{ name, query string }{
	{"one key", `T | summarize count(), sum(h), min(u), max(s), avg(r) by k`},
	{"keys of every type", `T | summarize c = count(), a = sum(dec), b = avg(dec), m = take_any(g), x = max(t) by s, tostring(d), bin(t, 6h), skew, g`},
	{"a dynamic key", `T | summarize count() by tostring(d) | summarize sum(count_)`},
	{"a null key", `T | summarize count(), take_any(s) by n = iff(k % 4 == 0, long(null), k)`},
	{"extreme rows", `T | summarize arg_max(r, s, u), arg_min(t, d) by k`},
	{"any", `T | summarize take_any(s), take_any(u, d) by k`},
	{"lists", `T | summarize make_list(u), make_set(n), make_bag(pack(s, u)) by k`},
	{"lists with nulls", `T | summarize make_list_with_nulls(n), make_set(s, 3), make_list(d, 2) by k`},
	{"percentiles", `T | summarize percentile(u, 90), percentiles(r, 5, 50, 95), percentilew(h % 100, k + 1, 50), percentiles_array(u, 10, 20) by k % 4000`},
	{"statistics", `T | summarize tolong(1000 * stdev(r) + 0.37), tolong(variancep(u) + 0.37), tolong(1000 * covariance(r, r) + 0.37), binary_all_or(h), binary_all_xor(u) by k`},
	{"states", `T | summarize h1 = dcount_hll(hll(s)), p = percentile_tdigest(tdigest(u), 50), b = tostring(buildschema(d)) by k % 3000`},
	{"conditions", `T | summarize countif(r > 50), sumif(u, k % 2 == 0), dcountif(s, r > 20), maxif(r, u % 3 == 0) by k`},
	{"passed through", `T | summarize count_distinct(u), dcount(s), stdevp(r) by k, skew`},
	{"distinct values of all", `T | summarize dcount(u), dcount(s), count_distinct(tostring(d)), dcount(g), count()`},
	{"distinct values of few", `T | summarize dcount(u), dcount(s), dcountif(r, u > 100) by k % 3, skew == 1`},
	{"distinct values of many", `T | summarize dcount(u) by skew`},
	{"nothing to group by", `T | summarize count(), sum(u), arg_max(h, s), max(s)`},
	{"no rows", `T | where u < 0 | summarize count(), dcount(s), make_list(u)`},
	{"distinct", `T | distinct s, k, n`},
	{"distinct dynamics", `T | project d = tostring(d), u | distinct *`},
	{"sort", `T | sort by s asc, u desc | project s, u`},
	{"sort by every type", `T | sort by k % 3 == 0 desc, r desc, t asc, g desc, dec asc nulls last, n asc nulls first, skew asc nulls first, u asc | project u, n, dec`},
	{"stable sort", `T | sort by skew asc | project u, skew`},
	{"sort nulls", `T | sort by n desc nulls first | project n, u`},
	{"top of many", `T | top 20000 by s asc | summarize count(), sum(u), max(s)`},
	{"top of few", `T | top 5 by h desc | project u`},
	{"materialize", `let m = materialize(T | extend z = u + 1); m | summarize count(), sum(z) | union (m | where z % 100 == 0 | project count_ = z) | summarize sum(count_)`},
	{"lookup", `T | lookup (T | summarize c = count() by s) on s | summarize sum(c)`},
	{"join of two keys", `T | join kind=inner (T | project s, k, v = u) on s, k | summarize count(), sum(v)`},
	{"join of texts", `T | project s, u | join kind=inner (T | project s, v = u, r) on s | summarize count(), sum(v), sum(r) by u % 10`},
	{"join of dynamics", `T | extend j = tostring(d) | join kind=inner (T | extend j = tostring(d) | project j, v = u) on j | summarize count(), sum(v)`},
	{"make-series", `T | make-series c = count(), m = max(u) default = -1, a = avg(r) + 1, l = make_list(u), q = dcount(s), w = take_any(s) on t from datetime(2024-01-01) to datetime(2024-01-02) step 8h by k`},
	{"make-series without ends", `T | make-series c = count(), d = dcount(u), v = arg_max(r, s) on t step 6h by s, k`},
	{"make-series of few keys", `T | make-series c = count(), d = dcount(u) on t step 20m by k % 3`},
	{"sample", `T | sample 100 | distinct u | count`},
	{"partition", `T | partition by k (summarize count(), max(s), sum(u))`},
}

func spillJoins() (out []struct{ name, query string }) {
	for _, kind := range []string{"innerunique", "inner", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti"} {
		for _, key := range []string{"k", "s", "skew"} {
			right := `T | where u % 3 != 0 and k % 4 != 1 | extend k = k + iff(u % 7 == 0, 100000, 0)`
			left := `T | where u % 2 == 0 or skew != 1`
			if key == "skew" {
				right = `T | where u <= 2000 | extend skew = iff(u % 4 == 0, u, skew)`
				left = `T | where u % 2000 == 0 or skew != 1`
			}
			out = append(out, struct{ name, query string }{kind + " " + key, left + ` | join kind=` + kind + ` (` + right + `) on ` + key})
		}
	}
	return out
}

// unspilled are queries that need no more than the budget.
var unspilled = []string{"nothing to group by", "no rows", "top of few"}

// rowsOf runs a query and returns its rows as texts.
func rowsOf(t *testing.T, text string, db *kql.MemDatabase, opts kql.Options) (rows []string, stats kql.Stats, err error) {
	t.Helper()
	q, list := kql.Compile(text, db.Schema())
	if err := list.Err(); err != nil {
		t.Fatal(text, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := q.Run(ctx, db, opts)
	if err != nil {
		return nil, stats, err
	}
	defer res.Close()
	for b, err := range res.Tables[0].Batches() {
		if err != nil {
			return nil, res.Stats(), err
		}
		for i := range b.Rows {
			var s strings.Builder
			for k, c := range b.Cols {
				v := c.Get(i)
				if res.Tables[0].Columns[k].Type == kql.Real && !v.IsNull() {
					fmt.Fprintf(&s, "%.7g|", v.Float()) // reals are added in another order
					continue
				}
				s.WriteString(kql.Text(v))
				s.WriteByte('|')
			}
			rows = append(rows, s.String())
		}
	}
	return rows, res.Stats(), nil
}

func spillTable(t *testing.T) *kql.MemDatabase {
	t.Helper()
	empty := kql.NewMemDatabase()
	q, list := kql.Compile(spillRows, empty.Schema())
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	res, err := q.Run(t.Context(), empty, kql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var batches []*kql.Batch
	for b, err := range res.Tables[0].Batches() {
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	db := kql.NewMemDatabase()
	db.Add("T", kql.NewMemTable(res.Tables[0].Columns, batches...))
	return db
}

// difference returns some rows of either list that are not in the other.
func difference(a, b []string) (out []string) {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for s, n := range count {
		if n != 0 && len(out) < 6 {
			out = append(out, fmt.Sprintf("%+d %s", n, s))
		}
	}
	return out
}

// TestSpilledAnswers: what is put on disk and read back gives the same answer
// as what stays in memory, rows of groups in the same order.
func TestSpilledAnswers(t *testing.T) {
	db := spillTable(t)
	for _, c := range slices.Concat(spillQueries, spillJoins()) {
		t.Run(c.name, func(t *testing.T) {
			want, _, err := rowsOf(t, c.query, db, kql.Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []kql.Options{{Memory: 512 << 10, Workers: 2, BatchRows: 256}, {Memory: 64 << 10, Workers: 1, BatchRows: 64}} {
				a := &area{}
				o.Spill = a
				got, stats, err := rowsOf(t, c.query, db, o)
				if err != nil {
					t.Errorf("%d bytes: %v", o.Memory, err)
					continue
				}
				if a.open != 0 {
					t.Errorf("%d files are open", a.open)
				}
				sorted := slices.Sorted(slices.Values(got))
				if !slices.Equal(sorted, slices.Sorted(slices.Values(want))) {
					t.Errorf("%d bytes: %d rows, want %d", o.Memory, len(got), len(want))
					for _, row := range difference(got, want) {
						t.Log(row)
					}
				}
				if strings.Contains(c.query, "summarize") && !strings.Contains(c.query, "join") && !strings.Contains(c.query, "partition") && !slices.Equal(got, want) || strings.Contains(c.query, "sort by") && !slices.Equal(got, want) {
					t.Error("the rows are in another order")
				}
				if o.Memory <= 64<<10 && stats.Spilled == 0 && !slices.Contains(unspilled, c.name) {
					t.Errorf("%d bytes: nothing was put on disk, %d held", o.Memory, stats.Memory)
				}
				if stats.Memory > 3*o.Memory {
					t.Errorf("%d KiB: held %d KiB, put away %d KiB", o.Memory>>10, stats.Memory>>10, stats.Spilled>>10)
				}
			}
			runtime.GC()
		})
	}
}

// TestAggregatesPutAway: every aggregate gives the same where its state is
// written after each row and read back.
func TestAggregatesPutAway(t *testing.T) {
	for _, a := range fn.Builtin().Aggs {
		for _, ex := range a.Ex {
			for _, text := range []string{ex.Table + " | summarize r = " + ex.Expr,
				ex.Table + " | extend zz = 1 | union (" + ex.Table + " | extend zz = 2) | summarize r = " + ex.Expr + " by zz"} {
				want, _, err := rowsOf(t, text, kql.NewMemDatabase(), kql.Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, stats, err := rowsOf(t, text, kql.NewMemDatabase(), kql.Options{Memory: 1, BatchRows: 1, Spill: &area{}})
				if err == nil && strings.HasSuffix(text, "zz") && !strings.Contains(ex.Table, "[]") && stats.Spilled == 0 {
					t.Errorf("%s: nothing was put on disk", text)
				}
				if errors.Is(err, kql.ErrMemory) {
					got, _, err = rowsOf(t, text, kql.NewMemDatabase(), kql.Options{Memory: 16 << 10, BatchRows: 1, Spill: &area{}})
				}
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: %v %v, want %v", text, err, got, want)
				}
			}
		}
	}
}

// TestDiskFull: where the disk has no room either the error says both.
func TestDiskFull(t *testing.T) {
	db := spillTable(t)
	for _, query := range []string{
		`T | summarize count() by u`, `T | sort by s asc`, `T | distinct u`, `T | join kind=inner (T) on u`, `let m = materialize(T); m | union m | count`, `T | summarize dcount(u)`, `T | partition by u (take 1)`,
	} {
		a := &area{room: 8_000}
		_, _, err := rowsOf(t, query, db, kql.Options{Memory: 128 << 10, Workers: 2, Spill: a})
		if !errors.Is(err, kql.ErrMemory) || !errors.Is(err, errNoRoom) {
			t.Errorf("%s: %v", query, err)
		}
		if a.open != 0 {
			t.Errorf("%s: %d files are left", query, a.open)
		}
	}
}

// TestFilesAreGivenUp: a query that is canceled, or not read to its end, leaves
// no file open.
func TestFilesAreGivenUp(t *testing.T) {
	db := spillTable(t)
	for _, query := range []string{`T | summarize make_list(s) by u`, `T | sort by s asc`, `T | join kind=fullouter (T) on u`, `let m = materialize(T); m | union m`, `T | project-away d | distinct *`} {
		for _, how := range []string{"canceled", "left", "panic"} {
			a := &area{}
			q, list := kql.Compile(query, db.Schema())
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			res, err := q.Run(ctx, db, kql.Options{Memory: 128 << 10, BatchRows: 100, Spill: a})
			if err != nil {
				t.Fatal(err)
			}
			func() {
				defer func() { _ = recover() }()
				for _, err := range res.Tables[0].Batches() {
					if err != nil {
						break
					}
					switch how {
					case "canceled":
						cancel()
						continue
					case "panic":
						panic("of the reader")
					}
					break
				}
			}()
			cancel()
			if res.Close(); a.open != 0 {
				t.Errorf("%s, %s: %d of %d files are left", query, how, a.open, a.made)
			}
		}
	}
}

// TestTooMuchForOneGroup: what cannot be split ends with the engine's error.
func TestTooMuchForOneGroup(t *testing.T) {
	db := spillTable(t)
	for _, query := range []string{`T | summarize make_list(s)`, `T | summarize make_set(u) by k % 2`, `T | summarize percentile(u, 50)`, `T | sort by u asc | extend p = prev(s)`} {
		a := &area{}
		_, _, err := rowsOf(t, query, db, kql.Options{Memory: 256 << 10, BatchRows: 100, Spill: a})
		if !errors.Is(err, kql.ErrMemory) {
			t.Errorf("%s: %v", query, err)
		}
		if a.open != 0 {
			t.Errorf("%s: %d files are left", query, a.open)
		}
	}
}
