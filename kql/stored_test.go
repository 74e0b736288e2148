package kql

import (
	"context"
	"strings"
	"testing"
)

// TestStoredFunctions: what Kusto's emulator was seen to do with stored
// functions and with names beside them.
func TestStoredFunctions(t *testing.T) {
	db := NewMemDatabase()
	table := func(name, rows string) {
		cols, b, err := answer("datatable(x:long)[" + rows + "]")
		if err != nil {
			t.Fatal(err)
		}
		db.Add(name, NewMemTable(cols, b))
	}
	table("Events", "7")
	table("Other", "1, 2")
	db.AddFunction("Read", "() { Events }")
	db.AddFunction("Other", "() { Events | extend y = 1 }")
	db.AddFunction("Same", "() { Same }")
	table("Same", "5")
	db.AddFunction("Above", "(n:long = 0) { Events | where x > n }")
	for _, c := range [][2]string{
		{`Read`, `[7]`},
		{`Read() | union Read`, `[7] [7]`},
		// A let of the caller is what the body reads.
		{`let Events = datatable(x:long)[100]; Read()`, `[100]`},
		// The body of a let function reads what was there where it was written.
		{`let F = () { Events }; let Events = datatable(x:long)[100]; F()`, `[7]`},
		// A function goes before a table of its name, table() reads the table.
		{`Other`, `[7,1]`},
		{`table("Other")`, `[1] [2]`},
		{`Same`, `[5]`},
		{`Above`, `[7]`},
		{`Above(n = 7) | count`, `[0]`},
		{`restrict access to (Read); Read`, `[7]`},
		// A let that is nothing but a table's name is that table.
		{`let A = Events; let B = A; union withsource=Src B, (Other | take 1) | project Src`, `["Events"] ["union_arg1"]`},
		// A column goes before a let name, and a let name before nothing.
		{`let x = 5; Events | extend k = x`, `[7,7]`},
		{`let v = 5; Events | extend v = 10, k = v`, `[7,10,5]`},
		// macro-expand: https://learn.microsoft.com/kusto/query/macro-expand-operator
		{`macro-expand entity_group [database("a"), cluster("c").database("b")] as X (X.Events | extend d = X.$current_database, c = X.$current_cluster_endpoint)`, `[7,"a",""] [7,"b","c"]`},
		{`let G = entity_group [database("a"), database("b")]; macro-expand kind=inner isfuzzy=true hint.concurrency=2 G as X (let t = X.Events; t | count) | count`, `[2]`},
		{`let Events = macro-expand entity_group [database("a")] as X (X.Events); Events`, `[7]`},
		{`macro-expand entity_group [database("a")] as X (macro-expand Y in entity_group [database("b")] (X.Events | join (Y.Events) on x))`, `[7,7]`},
	} {
		q, list := Compile(c[0], db.Schema())
		if err := list.Err(); err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		res, err := q.Run(context.Background(), db, Options{Now: testNow, Seed: 1})
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		b, err := res.Tables[0].All()
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if got := strings.Join(jsonRows(b), " "); got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
	}
	for _, q := range []string{
		`macro-expand entity_group [database("a"), database("a")] as X (X.Events)`,
		`macro-expand entity_group [] as X (X.Events)`,
		`macro-expand entity_group [database("a")] as X (X)`,
		`macro-expand entity_group [Events] as X (X.Events)`,
		`macro-expand Nope as X (X.Events)`,
		`macro-expand entity_group [database("a")] as X (X.Nope)`,
		`macro-expand entity_group [database("a")] as X (macro-expand entity_group [database("b")] as X (X.Events))`,
	} {
		if _, list := Compile(q, db.Schema()); !list.HasErrors() {
			t.Errorf("must be refused: %s", q)
		}
	}
}
