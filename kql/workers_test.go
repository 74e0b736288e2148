package kql_test

import (
	"fmt"
	"testing"

	"github.com/azward/azward/kql"
)

// TestWorkersShareNothing groups with several workers below operators that keep
// state of their own; run it with -race.
func TestWorkersShareNothing(t *testing.T) {
	const text = `range x from 1 to 60000 step 1
		| extend s = strcat("user", x % 700, "@contoso.com")
		| parse s with "user" n:long "@" domain
		| where s matches regex "user[0-9]+" and extract("user([0-9]+)", 1, s) != "13"
		| join kind=inner (range k from 0 to 699 step 1 | extend d = k % 9) on $left.n == $right.k
		| extend part = extract("([a-z]+)\\.com", 1, domain)
		| summarize c = count(), u = dcount(s), m = max(x), a = arg_max(x, s) by d, part`
	q, list := kql.Compile(text, kql.NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, workers := range []int{1, 2, 5} {
		res, err := q.Run(t.Context(), kql.NewMemDatabase(), kql.Options{Workers: workers, BatchRows: 512})
		if err != nil {
			t.Fatal(err)
		}
		b, err := res.Tables[0].All()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i := range b.Rows {
			for _, c := range b.Cols {
				got += fmt.Sprint(kql.Text(c.Get(i)), "|")
			}
			got += "\n"
		}
		if want == "" {
			want = got
		}
		if got != want || b.Rows != 9 {
			t.Errorf("%d workers:\n%s\none:\n%s", workers, got, want)
		}
	}
}
