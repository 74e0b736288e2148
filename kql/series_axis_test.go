package kql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSeriesAxis: the points of a make-series without ends are found while its
// rows are read. Over reals they are found before: both must be the same.
func TestSeriesAxis(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		rows, step := rng.IntN(60), 1+rng.IntN(7)
		table := fmt.Sprintf("range i from 1 to %d step 1 | extend x = (hash(i, 1000003) + %d) %% %d - %d, k = tostring(hash(i, 77) %% 3)",
			rows, rng.IntN(1000), 1+rng.IntN(60), rng.IntN(40))
		if rng.IntN(3) == 0 {
			table += " | extend x = iff(i % 5 == 0, long(null), x)"
		}
		for _, ends := range []string{"", fmt.Sprintf("from %d", rng.IntN(50)-25), fmt.Sprintf("to %d", rng.IntN(50)-25)} {
			for _, by := range []string{"", " by k"} {
				var got [3]string
				for i, x := range []string{"x", "toreal(x)", "x"} {
					long := "(long)"
					e := ends
					if i == 1 {
						long = "(real)"
						if e != "" {
							e += ".0"
						}
					}
					query := fmt.Sprintf("%s | make-series n=count(), s=sum(i) default=-1 on y=%s %s step %d%s%s | mv-expand y to typeof%s, n to typeof(long), s to typeof(long) | extend y = tolong(y)",
						table, x, e, step, map[bool]string{true: ".0"}[i == 1], by, long)
					opts := Options{Now: testNow, BatchRows: 7, Workers: 1 + i}
					q, list := Compile(query, NewMemDatabase().Schema())
					if q == nil {
						t.Fatal(query, list)
					}
					res, err := q.Run(context.Background(), NewMemDatabase(), opts)
					if err != nil {
						t.Fatal(query, err)
					}
					b, err := res.Tables[0].All()
					if err != nil {
						t.Fatal(query, err)
					}
					for r := range b.Rows {
						for c := range b.Cols {
							got[i] += fmt.Sprint(b.Cols[c].Get(r), " ")
						}
						got[i] += "\n"
					}
				}
				if got[0] != got[1] || got[2] != got[0] {
					t.Fatalf("%d: %s %s%s step %d:\n%s\nover reals:\n%s\nthree workers:\n%s", n, table, ends, by, step, got[0], got[1], got[2])
				}
			}
		}
	}
}
