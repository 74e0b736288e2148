package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

var basicAggs = []Agg{
	{Name: "count", Aliases: []string{"cnt"}, Doc: "Counts rows, nulls included.", If: "countif",
		Sigs: []string{"(): long", "(value: scalar): long"},
		New:  func(Spec) Accumulator { return &countAcc{} },
		Ex:   []AggExample{{`datatable(x:long)[1,2,long(null)]`, `count()`, `3`}}},
}

type countAcc struct{ n []int64 }

func (a *countAcc) Grow(n int) { a.n = grown(a.n, n) }

func (a *countAcc) Add(groups []int32, _ []*vec.Vec) {
	for _, g := range groups {
		a.n[g]++
	}
}

func (a *countAcc) Merge(o Accumulator, into []int32) {
	for i, n := range o.(*countAcc).n {
		a.n[into[i]] += n
	}
}

func (a *countAcc) Finish() *vec.Vec { return vec.OfInts(types.Long, a.n) }

// grown returns s with at least n elements.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	t := make([]T, n, max(n, 2*cap(s)))
	copy(t, s)
	return t
}
