//go:build cgo && unix

package store_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
)

var (
	benchRows = flag.Int("rows", 2_000_000, "generated sign-in rows that the benchmarks query")
	benchKeep = flag.String("keep", "", "folder in which the generated rows stay for the next run; empty: nowhere")
)

// signInRows writes generated sign-in rows, in files of 2 million, and returns a
// table over them.
func signInRows(b *testing.B, e *duck.Engine) kql.SQLTable {
	b.Helper()
	dir := b.TempDir()
	if *benchKeep != "" {
		dir = filepath.Join(*benchKeep, fmt.Sprint(*benchRows))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			b.Fatal(err)
		}
	}
	var paths []string
	const part = 2_000_000
	for from := 0; from < *benchRows; from += part {
		path := filepath.Join(dir, fmt.Sprintf("part%d.parquet", from/part))
		paths = append(paths, path)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		n := min(part, *benchRows-from)
		err := e.Exec(b.Context(), fmt.Sprintf(`COPY (SELECT
			638396640000000000 + i * (864000000000 * 30 // %d) AS "TimeGenerated",
			'user' || (hash(i) %% 50000)::VARCHAR || '@contoso.com' AS "UserPrincipalName",
			CASE WHEN hash(i + 1) %% 10 = 0 THEN '50126' WHEN hash(i + 1) %% 97 = 0 THEN '50053' ELSE '0' END AS "ResultType",
			(hash(i + 2) %% 223)::VARCHAR || '.' || (hash(i + 3) %% 256)::VARCHAR || '.' || (hash(i + 4) %% 256)::VARCHAR || '.7' AS "IPAddress",
			CASE (hash(i + 5) %% 5)::INTEGER WHEN 0 THEN 'Azure Portal' WHEN 1 THEN 'Office 365 Exchange Online' WHEN 2 THEN 'Microsoft Teams' WHEN 3 THEN 'Azure Active Directory PowerShell' ELSE 'Windows Sign In' END AS "AppDisplayName",
			'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/' || (100 + hash(i + 6) %% 40)::VARCHAR || CASE WHEN hash(i + 7) %% 50 = 0 THEN '.0 python-requests/2.31' ELSE '.0.0.0 Safari/537.36' END AS "UserAgent",
			(hash(i + 8) %% 1000)::DOUBLE / 10 AS "RiskScore",
			'Sign-in ' || (hash(i + 9))::VARCHAR || ' evaluated by policy ' || (hash(i + 10) %% 900)::VARCHAR || CASE WHEN hash(i + 11) %% 50 = 0 THEN ': Python client refused, token ' ELSE ': client accepted, token ' END || (hash(i + 12))::VARCHAR AS "Message"
			FROM (SELECT unnest(range(%d, %d)) AS i)) TO '%s' (FORMAT parquet, COMPRESSION zstd)`, *benchRows, from, from+n, path))
		if err != nil {
			b.Fatal(err)
		}
	}
	cols := []kql.Column{{Name: "TimeGenerated", Type: kql.DateTime}, {Name: "UserPrincipalName", Type: kql.String}, {Name: "ResultType", Type: kql.String},
		{Name: "IPAddress", Type: kql.String}, {Name: "AppDisplayName", Type: kql.String}, {Name: "UserAgent", Type: kql.String}, {Name: "RiskScore", Type: kql.Real}, {Name: "Message", Type: kql.String}}
	all := map[string]bool{}
	for _, c := range cols {
		all[c.Name] = true
	}
	return e.Table(cols, duck.Files{Paths: paths, NoNulls: all, Rows: int64(*benchRows)}).(kql.SQLTable)
}

// users is a table of 100,000 users in memory.
func users() *kql.MemTable {
	const n = 100_000
	names, depts := make([]string, n), make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("user%d@contoso.com", i)
		depts[i] = fmt.Sprintf("dept%d", i%100)
	}
	return kql.NewMemTable([]kql.Column{{Name: "UserPrincipalName", Type: kql.String}, {Name: "Department", Type: kql.String}},
		kql.NewBatch([]*kql.Vec{kql.StringVec(names), kql.StringVec(depts)}, n))
}

// processorTime is what the process has used of all processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStore compares queries with SQL that does the same work, written by
// hand, over the same files in the same run. x-of-sql is the ratio of their
// medians, x-of-cpu that of processor time, which other processes disturb less. The
// text searches are compared with ILIKE, which is not the same
// (it finds parts of words) but what one would write.
func BenchmarkStore(b *testing.B) {
	e := duck.New(duck.Options{Threads: 2})
	defer e.Close()
	table := signInRows(b, e)
	from := table.Relation().From
	dir := b.TempDir()
	small := filepath.Join(dir, "users.parquet")
	u := users()
	if _, err := e.WriteParquet(b.Context(), small, u.Columns(), scan(u), duck.WriteOptions{NoSync: true}); err != nil {
		b.Fatal(err)
	}
	us, err := e.OpenParquet(b.Context(), []string{small})
	if err != nil {
		b.Fatal(err)
	}
	db := kql.NewMemDatabase()
	db.Add("SigninLogs", table)
	db.Add("Users", us)
	db.Add("MemoryUsers", u)
	joinSQL := `SELECT u."Department" AS d, count(*) AS n FROM ` + from + ` s JOIN read_parquet('` + small + `') u ON s."UserPrincipalName" = u."UserPrincipalName" GROUP BY 1`
	join := "SigninLogs | join kind=inner (%s) on UserPrincipalName | summarize n=count() by Department"
	for _, q := range []struct {
		name, kql, sql string
		cols           []kql.Column
	}{
		{"filter-count", `SigninLogs | where ResultType == "50126" and RiskScore > 50.0 | count`,
			`SELECT count(*) AS n FROM ` + from + ` WHERE "ResultType" = '50126' AND "RiskScore" > 50`, []kql.Column{{Name: "n", Type: kql.Long}}},
		{"has", `SigninLogs | where Message has "python" | count`,
			`SELECT count(*) AS n FROM ` + from + ` WHERE "Message" ILIKE '%python%'`, []kql.Column{{Name: "n", Type: kql.Long}}},
		{"has-few-values", `SigninLogs | where UserAgent has "python" | count`,
			`SELECT count(*) AS n FROM ` + from + ` WHERE "UserAgent" ILIKE '%python%'`, []kql.Column{{Name: "n", Type: kql.Long}}},
		{"contains", `SigninLogs | where Message contains "Refused" | count`,
			`SELECT count(*) AS n FROM ` + from + ` WHERE "Message" ILIKE '%refused%'`, []kql.Column{{Name: "n", Type: kql.Long}}},
		{"summarize", `SigninLogs | summarize dcount(UserPrincipalName), arg_max(TimeGenerated, IPAddress) by AppDisplayName, ResultType`,
			`SELECT "AppDisplayName" AS a, "ResultType" AS r, count(DISTINCT "UserPrincipalName") AS n, max("TimeGenerated") AS t, arg_max("IPAddress", "TimeGenerated") AS i FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "a", Type: kql.String}, {Name: "r", Type: kql.String}, {Name: "n", Type: kql.Long}, {Name: "t", Type: kql.DateTime}, {Name: "i", Type: kql.String}}},
		{"summarize-after-has", `SigninLogs | where UserAgent has "Chrome" | summarize dcount(UserPrincipalName), arg_max(TimeGenerated, IPAddress) by AppDisplayName, ResultType`,
			`SELECT "AppDisplayName" AS a, "ResultType" AS r, count(DISTINCT "UserPrincipalName") AS n, max("TimeGenerated") AS t, arg_max("IPAddress", "TimeGenerated") AS i FROM ` + from + ` WHERE "UserAgent" ILIKE '%chrome%' GROUP BY 1, 2`,
			[]kql.Column{{Name: "a", Type: kql.String}, {Name: "r", Type: kql.String}, {Name: "n", Type: kql.Long}, {Name: "t", Type: kql.DateTime}, {Name: "i", Type: kql.String}}},
		{"join-100k", fmt.Sprintf(join, "Users"), joinSQL, []kql.Column{{Name: "d", Type: kql.String}, {Name: "n", Type: kql.Long}}},
		{"join-100k-in-memory", fmt.Sprintf(join, "MemoryUsers"), joinSQL, []kql.Column{{Name: "d", Type: kql.String}, {Name: "n", Type: kql.Long}}},
		{"make-series", `SigninLogs | make-series n=count() on TimeGenerated from datetime(2024-01-01) to datetime(2024-01-31) step 1h by ResultType`,
			`SELECT "ResultType" AS r, "TimeGenerated" // 36000000000 AS h, count(*) AS n FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "r", Type: kql.String}, {Name: "h", Type: kql.Long}, {Name: "n", Type: kql.Long}}},
		{"make-series-no-from", `SigninLogs | make-series n=count() on TimeGenerated step 1h by ResultType`,
			`SELECT "ResultType" AS r, "TimeGenerated" // 36000000000 AS h, count(*) AS n FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "r", Type: kql.String}, {Name: "h", Type: kql.Long}, {Name: "n", Type: kql.Long}}},
		{"make-series-avg", `SigninLogs | make-series x=avg(RiskScore) on TimeGenerated step 1h by ResultType`,
			`SELECT "ResultType" AS r, "TimeGenerated" // 36000000000 AS h, avg("RiskScore") AS n FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "r", Type: kql.String}, {Name: "h", Type: kql.Long}, {Name: "n", Type: kql.Real}}},
		{"make-series-variance", `SigninLogs | make-series x=variance(RiskScore) on TimeGenerated step 1h by ResultType`,
			`SELECT "ResultType" AS r, "TimeGenerated" // 36000000000 AS h, var_samp("RiskScore") AS n FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "r", Type: kql.String}, {Name: "h", Type: kql.Long}, {Name: "n", Type: kql.Real}}},
		{"make-series-engine", `SigninLogs | make-series x=variance(RiskScore) on TimeGenerated step 1h by ResultType`,
			`SELECT "ResultType" AS r, "TimeGenerated" // 36000000000 AS h, var_samp("RiskScore") AS n FROM ` + from + ` GROUP BY 1, 2`,
			[]kql.Column{{Name: "r", Type: kql.String}, {Name: "h", Type: kql.Long}, {Name: "n", Type: kql.Real}}},
	} {
		b.Run("q="+q.name+fmt.Sprintf("/rows=%d", *benchRows), func(b *testing.B) {
			query, list := kql.Compile(q.kql, db.Schema())
			if err := list.Err(); err != nil {
				b.Fatal(err)
			}
			run := func() {
				res, err := query.Run(context.Background(), db, kql.Options{Workers: 2, Memory: 4 << 30, NoPushdown: strings.HasSuffix(q.name, "-engine")})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := res.Tables[0].All(); err != nil {
					b.Fatal(err)
				}
			}
			sql := func() {
				for _, err := range e.Query(context.Background(), q.sql, q.cols) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			run()
			sql()
			var ours, theirs []time.Duration
			var worked, workedSQL time.Duration
			for b.Loop() {
				begin, cpu := time.Now(), processorTime()
				run()
				ours = append(ours, time.Since(begin))
				worked += processorTime() - cpu
				begin, cpu = time.Now(), processorTime()
				sql()
				theirs = append(theirs, time.Since(begin))
				workedSQL += processorTime() - cpu
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			o, s := ours[len(ours)/2], theirs[len(theirs)/2]
			b.ReportMetric(float64(o.Microseconds())/1000, "ms/query")
			b.ReportMetric(float64(s.Microseconds())/1000, "ms/sql")
			b.ReportMetric(float64(o)/float64(s), "x-of-sql")
			if workedSQL > 0 {
				b.ReportMetric(float64(worked)/float64(workedSQL), "x-of-cpu")
			}
			if os.Getenv("AZWARD_EXPLAIN") != "" {
				b.Log(strings.ReplaceAll(query.Explain(db, kql.Options{}), from, "FILES"))
			}
		})
	}
}
