package kql

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestHostileQueries: an error in good time, never a panic.
func TestHostileQueries(t *testing.T) {
	for _, c := range []struct{ name, query, code string }{
		{"nested parentheses", "print " + strings.Repeat("(", 10_000) + "1" + strings.Repeat(")", 10_000), "KQL0007"},
		{"nested calls", "print " + strings.Repeat("not(", 20_000) + "true" + strings.Repeat(")", 20_000), "KQL0007"},
		{"nested arrays", "print dynamic(" + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + ")", "KQL0007"},
		{"nested joins", "T | " + strings.Repeat("join (", 5000) + "T" + strings.Repeat(") on a", 5000), "KQL0007"},
		{"a chain of signs", "print " + strings.Repeat("-", 300_000) + "1", "KQL0007"},
		{"a chain of operands", "print 1" + strings.Repeat(" + 1", 250_000), "KQL0007"},
		{"a chain of operators", "T" + strings.Repeat(" | where a == 1", 60_000), "KQL0007"},
		{"functions that double", "let f0 = (x:long) { x + x }; " + doubling(40) + " print f40(1)", ""},
		{"3 MB", "print '" + strings.Repeat("a", 3<<20) + "'", ""},
		{"no end of a string", "print 'a" + strings.Repeat(" ", 100_000), ""},
		{"fork where one table is needed", "range x from 1 to 3 step 1 | union (range x from 1 to 3 step 1 | fork (count) (take 1))", "KQL0124"},
		{"bars only", strings.Repeat("|", 100_000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			q, list := Compile(c.query, NewMemDatabase().Schema())
			if q != nil || !list.HasErrors() {
				t.Fatal("must be refused")
			}
			if c.code != "" && list[0].Code != c.code {
				t.Errorf("%v, want %s", list[0], c.code)
			}
			if list[0].Pos.Line == 0 && list[0].Code != "" && c.name != "3 MB" {
				t.Errorf("no place: %v", list[0])
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func doubling(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		prev, name := "f"+itoa(i-1), "f"+itoa(i)
		b.WriteString("let " + name + " = (x:long) { " + prev + "(" + prev + "(x)) };")
	}
	return b.String()
}

func itoa(i int) string {
	if i >= 10 {
		return itoa(i/10) + itoa(i%10)
	}
	return string(rune('0' + i))
}

// TestLimits: what is too much ends with the engine's own errors.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		query string
		want  error
	}{
		{`range x from 1 to 100000000000 step 1 | summarize make_list(x)`, ErrRows},
		{`range x from 1 to 400000 step 1 | extend s = strcat("a text of some length ", x) | sort by s asc | count`, ErrMemory},
		{`range x from 1 to 400000 step 1 | summarize count() by tostring(x) | count`, ErrMemory},
		{`range x from 1 to 400000 step 1 | extend s = strcat("a text of some length ", x) | distinct s | count`, ErrMemory},
	} {
		q, list := Compile(c.query, NewMemDatabase().Schema())
		if q == nil {
			t.Fatal(list)
		}
		res, err := q.Run(context.Background(), NewMemDatabase(), Options{Now: testNow, Memory: 4 << 20})
		if err == nil {
			_, err = res.Tables[0].All()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.query, err, c.want)
		}
	}
}

// TestCancel: every operator that works long ends soon after its context.
func TestCancel(t *testing.T) {
	const many = `range x from 1 to 3000000 step 1 | extend k = 1`
	for _, query := range []string{
		many + ` | join kind=inner (` + many + `) on k | count`,
		many + ` | mv-expand y = range(1, 100000) | count`,
		many + ` | mv-apply y = range(1, 100) on (summarize sum(toint(y))) | count`,
		many + ` | summarize count() by tostring(x) | count`,
		many + ` | where tostring(x) matches regex "(a|b)*c" | count`,
		many + ` | partition by x (take 1) | count`,
		`range x from 1 to 60 step 1 | extend y = x + 1 | make-graph x --> y | graph-match cycles=all (a)-[e*1..1000]-(b) project 1 | count`,
	} {
		q, list := Compile(query, NewMemDatabase().Schema())
		if q == nil {
			t.Fatal(query, list)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		start := time.Now()
		res, err := q.Run(ctx, NewMemDatabase(), Options{Now: testNow})
		if err == nil {
			_, err = res.Tables[0].All()
		}
		cancel()
		if err == nil {
			t.Errorf("%s: not canceled", query)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: ended %v after it began", query, d)
		}
	}
}

// huntingQuery has about 40 lines, of the kind that rules have.
const huntingQuery = `let lookback = 14d;
let threshold = 5;
let privileged = dynamic(["Global Administrator", "Security Administrator", "Privileged Role Administrator"]);
let known = AuditLogs
    | where TimeGenerated > ago(lookback)
    | where OperationName has "Add member to role"
    | mv-expand TargetResources
    | extend Target = tostring(TargetResources.userPrincipalName)
    | mv-expand Property = TargetResources.modifiedProperties
    | where Property.displayName == "Role.DisplayName"
    | extend Role = trim('"', tostring(Property.newValue))
    | where Role in (privileged)
    | summarize Granted = min(TimeGenerated) by Target, Role;
SigninLogs
| where TimeGenerated > ago(lookback)
| where ResultType in ("50126", "50053", "0")
| extend Country = tostring(LocationDetails.countryOrRegion),
    City = tostring(LocationDetails.city),
    Device = tostring(DeviceDetail.displayName),
    Success = ResultType == "0"
| where not(ipv4_is_private(IPAddress))
| summarize Failures = countif(not(Success)),
    Successes = countif(Success),
    Countries = make_set(Country, 20),
    Cities = make_set(City, 20),
    Apps = dcount(AppDisplayName),
    FirstSeen = min(TimeGenerated),
    LastSeen = max(TimeGenerated)
    by UserPrincipalName, IPAddress, bin(TimeGenerated, 1h)
| where Failures > threshold and Successes > 0
| join kind=leftouter (
    known
    | project Target = tolower(Target), Role, Granted
) on $left.UserPrincipalName == $right.Target
| extend Score = case(isnotempty(Role), 100, array_length(Countries) > 2, 60, 30),
    Reason = strcat("failures: ", tostring(Failures), iff(isempty(Role), "", strcat(", role: ", Role)))
| where Score >= 30
| project-away Target, TimeGenerated
| project-rename Account = UserPrincipalName
| top 100 by Score desc nulls last
| project-reorder Account, Score, Reason`

func BenchmarkCompile(b *testing.B) {
	db := NewMemDatabase()
	for name, cols := range map[string]string{
		"AuditLogs":  "TimeGenerated:datetime OperationName:string TargetResources:dynamic",
		"SigninLogs": "TimeGenerated:datetime ResultType:string LocationDetails:dynamic DeviceDetail:dynamic IPAddress:string AppDisplayName:string UserPrincipalName:string",
	} {
		var list []Column
		for c := range strings.FieldsSeq(cols) {
			n, ty, _ := strings.Cut(c, ":")
			typ, _ := ParseType(ty)
			list = append(list, Column{Name: n, Type: typ})
		}
		db.Add(name, NewMemTable(list))
	}
	b.ReportAllocs()
	for b.Loop() {
		if q, list := Compile(huntingQuery, db.Schema()); q == nil {
			b.Fatal(list)
		}
	}
}
