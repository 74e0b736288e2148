package kql

import (
	"context"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/vec"
)

// languageDB is a small database with tables and stored functions.
func languageDB() *MemDatabase {
	db := NewMemDatabase()
	cols := []Column{{Name: "a", Type: Long}, {Name: "b", Type: String}}
	add := func(name string, a []int64, b []string) {
		db.Add(name, NewMemTable(cols, vec.NewBatch([]*Vec{vec.OfInts(Long, a), vec.OfStrings(b)}, len(a))))
	}
	add("Logs1", []int64{1, 2, 3}, []string{"x", "y", "x"})
	add("Logs2", []int64{4}, []string{"z"})
	db.AddFunction("Above", `(T:(a:long), n:long = 1) { T | where a > n }`)
	db.AddFunction("AllLogs", `() { union Logs1, Logs2 }`)
	db.AddFunction("Twice", `(x:long) { x * 2 }`)
	return db
}

// TestLanguage: statements, functions and old spellings.
func TestLanguage(t *testing.T) {
	db := languageDB()
	for _, c := range []struct{ query, want string }{
		{`declare query_parameters(n:long = 2, s:string = "x"); Logs1 | where a >= n and b == s | project a`, `[3]`},
		{`set notruncation; set query_now = datetime(2020-01-01); print 1`, `[1]`},
		{`AllLogs | count`, `[4]`},
		{`AllLogs() | where a > 3 | project b`, `["z"]`},
		{`Logs1 | invoke Above(2) | project a`, `[3]`},
		{`Logs1 | invoke Above() | project a`, `[2] [3]`},
		{`print Twice(21)`, `[42]`},
		{`let f = (x:long, y:long = 10) { x + y }; print f(1), f(1, 2), f(y = 5, x = 1)`, `[11,3,6]`},
		{`let T = (n:long) { range i from 1 to n step 1 }; T(2) | extend k = toscalar(T(5) | count)`, `[1,5] [2,5]`},
		{`let V = view () { print a = 9, b = "v" }; union withsource = s Logs2, V | project s, a | sort by a asc`, `["Logs2",4] ["V",9]`},
		{`union Logs* | summarize sum(a)`, `[10]`},
		{`union isfuzzy=true Logs1, Missing, (Missing2 | where q == 1) | count`, `[3]`},
		{`union kind=inner Logs1, (Logs2 | extend c = 1) | getschema | project ColumnName`, `["a"] ["b"]`},
		{`let m = materialize(Logs1 | extend r = rand()); m | join kind=inner m on r | count`, `[3]`},
		{`Logs1 | as X | where a == toscalar(X | summarize max(a)) | project a`, `[3]`},
		{`Logs1 | summarize makeset(b), makelist(a) by k = 1 | project set_b, list_a`, `[["x","y"],[1,2,3]]`},
		{`print d = todynamic('{"a":[1,2]}') | mvexpand d.a | project toint(d_a)`, `[1] [2]`},
		{`print pack("k", 1), iif(true, 1, 2), arraylength(dynamic([1,2])), parsejson("[1]")`, `[{"k":1},1,2,[1]]`},
		{"print h@'secret', h\"x\", ```a\nb```, @'c\\d'", `["secret","x","a\nb","c\\d"]`},
		{"print ~~~a'b~~~", `["a'b"]`},
		{`print 1e3, 0x1F, 1d, 10ms, real(nan), dynamic(null), datetime(null), guid(74be27de-1e4e-49d9-b579-fe0b331d3642)`, `[1000.0,31,"1.00:00:00","00:00:00.0100000","NaN",null,null,"74be27de-1e4e-49d9-b579-fe0b331d3642"]`},
		{`Logs1 | order by a | limit 1 | project a`, `[3]`},
		{`Logs1 | filter a == 1 | project a`, `[1]`},
		{`database("d").Logs2 | union cluster("c").database("d").Logs1 | count`, `[4]`},
		{`alias database other = cluster("c").database("d"); database("other").Logs2 | count`, `[1]`},
		{`table("Logs2") | project a`, `[4]`},
		{`let n = "Logs2"; table(n) | project a`, `[4]`},
		{`Logs1 | project ['a'], ["b c"] = b | take 1`, `[1,"x"]`},
		{`search in (Logs1, Logs2) "z" | project $table, a`, `["Logs2",4]`},
		{`find in (Logs1, Logs2) where a > 3 project a`, `["Logs2",4]`},
		{`Logs1 | partition hint.strategy=native by b (top 1 by a | project a) | sort by a asc`, `[2] [3]`},
		{`Logs1 | partition by b { Logs1 | where b == toscalar(b) | count } | summarize sum(Count)`, `[3]`},
		{`Logs1 | sample-distinct 9 of b | sort by b asc`, `["x"] ["y"]`},
		{`Logs1 | top-hitters 1 of b | project b`, `["x"]`},
		{`Logs1 | top-nested 1 of b by s = sum(a), top-nested 1 of a by m = max(a) | project b, s, a`, `["x",4,3]`},
		{`Logs1 | consume`, ``},
		{`Logs1 | render timechart with (title="t")`, `[1,"x"] [2,"y"] [3,"x"]`},
		{`Logs1 | where b has_any (Logs2 | project "x") | count`, `[2]`},
		{`declare pattern app = (id:string)[entity:string] { ("1").["E"] = { Logs2 | project a }; }; app("1").E`, `[4]`},
		{`restrict access to (Logs2); union isfuzzy=true Logs1, Logs2 | count`, `[1]`},
	} {
		q, list := Compile(c.query, db.Schema())
		if q == nil {
			t.Errorf("%s: %v", c.query, list.Err())
			continue
		}
		res, err := q.Run(context.Background(), db, Options{Now: testNow, Seed: 1})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		b, err := res.Tables[0].All()
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := strings.Join(jsonRows(b), " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.query, got, c.want)
		}
	}
}

// TestSeveralResults: fork, facet and several statements.
func TestSeveralResults(t *testing.T) {
	db := languageDB()
	for _, c := range []struct {
		query string
		want  []string
	}{
		{`Logs1 | fork small = (where a == 1 | project a) (count)`, []string{"small [1]", "GenericResult1 [3]"}},
		{`Logs1 | facet by b with (summarize sum(a))`, []string{`["x",2] ["y",1]`, `[6]`}},
		{`Logs2 | project a; Logs1 | count`, []string{"[4]", "[3]"}},
	} {
		q, list := Compile(c.query, db.Schema())
		if q == nil {
			t.Errorf("%s: %v", c.query, list.Err())
			continue
		}
		res, err := q.Run(context.Background(), db, Options{Now: testNow})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if len(res.Tables) != len(c.want) {
			t.Errorf("%s: %d results", c.query, len(res.Tables))
			continue
		}
		for i, tb := range res.Tables {
			b, err := tb.All()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(jsonRows(b), " ")
			if !strings.HasSuffix(tb.Name+" "+got, c.want[i]) {
				t.Errorf("%s: result %d is %s %s, want %s", c.query, i, tb.Name, got, c.want[i])
			}
		}
	}
}

// TestMessages: several good messages in one run, with their places.
func TestMessages(t *testing.T) {
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"Logs1\n| where aa == 1\n| extend c = bb, d = cc\n| summarize coun() by b",
			[]string{`2:9: KQL0101: no column, variable or function named "aa"`, `3:14: KQL0101: no column, variable or function named "bb"`, `3:22: KQL0101: no column, variable or function named "cc"`, `4:13: KQL0103: no function named "coun"`}},
		{"Log1 | count", []string{`1:1: KQL0102: no table named "Log1"`}},
		{"Log1 | summarize arg_max(t, *) by k | project q, z", []string{`1:1: KQL0102: no table named "Log1"`}},
		{"Logs1 | whre a == 1 | project a,, b", []string{`1:9: KQL0006`, `1:33: KQL0005`}},
		{"Logs1 | project a | where b == 1; Logs2 | where q", []string{`1:27: KQL0101`, `1:49: KQL0101`}},
		{"externaldata(a:long)['https://example.com/x.csv']", nil},
	} {
		_, list := Compile(c.query, languageDB().Schema())
		if len(list) < len(c.want) || c.want != nil && len(list) > len(c.want) {
			t.Errorf("%s: %v", c.query, list)
			continue
		}
		for i, w := range c.want {
			if !strings.HasPrefix(list[i].Error(), w) {
				t.Errorf("%s: message %d is %s, want %s", c.query, i, list[i].Error(), w)
			}
		}
	}
	_, list := Compile("Log1 | count", languageDB().Schema())
	if list[0].Hint != `did you mean "Logs1"?` {
		t.Errorf("hint %q", list[0].Hint)
	}
}

// What a function cannot know is said where it is called, in a table of a
// fuzzy union as well, and stops nothing.
func TestCaveats(t *testing.T) {
	for _, query := range []string{
		`print ip = "192.0.2.1" | where isnotempty(geo_info_from_ip_address(ip))`,
		`union isfuzzy=true (print geo_info_from_ip_address("192.0.2.1")), NoSuchTable`,
	} {
		q, list := Compile(query, languageDB().Schema())
		if q == nil || len(list) != 1 || list[0].Severity != diag.Warning || !strings.Contains(list[0].Error(), "warning: KQL0129: geo_info_from_ip_address(): ") {
			t.Errorf("%s: %v", query, list)
		}
	}
}
