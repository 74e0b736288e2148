package fn

import (
	"math"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var statsAggs = []Agg{
	{Name: "stdev", Doc: "Returns the standard deviation of a sample.", If: "stdevif", Sigs: []string{"(expr: real): real"},
		New: func(Spec) Accumulator { return &momentsAcc{root: true} },
		Ex:  []AggExample{{`range x from 1 to 5 step 1`, `stdev(x)`, `1.5811388300841898`}, {`range x from 1 to 10 step 1`, `stdev(x)`, `3.027650354102996`}}},
	{Name: "stdevp", Doc: "Returns the standard deviation of a population.", If: "stdevpif", Sigs: []string{"(expr: real): real"},
		New: func(Spec) Accumulator { return &momentsAcc{root: true, whole: true} },
		Ex:  []AggExample{{`range x from 1 to 5 step 1`, `stdevp(x)`, `1.4142135623730951`}}},
	{Name: "variance", Doc: "Returns the variance of a sample.", If: "varianceif", Sigs: []string{"(expr: real): real"},
		New: func(Spec) Accumulator { return &momentsAcc{} },
		Ex:  []AggExample{{`range x from 1 to 5 step 1`, `variance(x)`, `2.5`}, {`range x from 1 to 10 step 1`, `variance(x)`, `9.1666666667`}}},
	{Name: "variancep", Doc: "Returns the variance of a population.", If: "variancepif", Sigs: []string{"(expr: real): real"},
		New: func(Spec) Accumulator { return &momentsAcc{whole: true} },
		Ex:  []AggExample{{`range x from 1 to 5 step 1`, `variancep(x)`, `2.0`}, {`datatable(x:long)[1,2,2]`, `variancep(x)`, `0.2222222222`}}},
	{Name: "covariance", Doc: "Returns the covariance of two variables of a sample.", If: "covarianceif", Sigs: []string{"(expr1: real, expr2: real): real"},
		New: PerGroup(func(Spec) State { return &covState{} }),
		Ex:  []AggExample{{`datatable(x:real, y:real)[1,1, 2,2, 3,6]`, `covariance(x, y)`, `2.5`}}},
	{Name: "covariancep", Doc: "Returns the covariance of two variables of a population.", If: "covariancepif", Sigs: []string{"(expr1: real, expr2: real): real"},
		New: PerGroup(func(Spec) State { return &covState{whole: true} }),
		Ex:  []AggExample{{`datatable(x:real, y:real)[1,1, 3,3]`, `covariancep(x, y)`, `1.0`}}},
	{Name: "binary_all_and", Bare: true, Doc: "Joins values bit by bit with and.", Sigs: []string{"(expr: integer): $1"},
		New: PerGroup(func(s Spec) State { return &bitState{t: s.Out, op: func(a, b int64) int64 { return a & b }} }),
		Ex:  []AggExample{{`datatable(x:long)[7, 5, 13]`, `binary_all_and(x)`, `5`}}},
	{Name: "binary_all_or", Bare: true, Doc: "Joins values bit by bit with or.", Sigs: []string{"(expr: integer): $1"},
		New: PerGroup(func(s Spec) State { return &bitState{t: s.Out, op: func(a, b int64) int64 { return a | b }} }),
		Ex:  []AggExample{{`datatable(x:long)[1, 4]`, `binary_all_or(x)`, `5`}}},
	{Name: "binary_all_xor", Bare: true, Doc: "Joins values bit by bit with exclusive or.", Sigs: []string{"(expr: integer): $1"},
		New: PerGroup(func(s Spec) State { return &bitState{t: s.Out, op: func(a, b int64) int64 { return a ^ b }} }),
		Ex:  []AggExample{{`datatable(x:long)[7, 5]`, `binary_all_xor(x)`, `2`}}},
}

// moments are count, mean and the sum of squared distances from it.
type moments struct {
	n        float64
	mean, m2 float64
}

func (m *moments) add(x float64) {
	m.n++
	d := x - m.mean
	m.mean += d / m.n
	m.m2 += d * (x - m.mean)
}

func (m *moments) merge(o moments) {
	if o.n == 0 {
		return
	}
	n := m.n + o.n
	d := o.mean - m.mean
	m.mean += d * o.n / n
	m.m2 += o.m2 + d*d*m.n*o.n/n
	m.n = n
}

type momentsAcc struct {
	root, whole bool
	m           []moments
}

func (a *momentsAcc) Grow(n int) { a.m = grown(a.m, n) }

func (a *momentsAcc) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	if v.Type != types.Real {
		v = ConvertVec(v, types.Real)
	}
	if v.Null == nil && !v.Const {
		for i, x := range v.Reals[:len(groups)] {
			a.m[groups[i]].add(x)
		}
		return
	}
	for i, g := range groups {
		if !v.IsNull(i) {
			a.m[g].add(v.Reals[v.At(i)])
		}
	}
}

func (a *momentsAcc) Merge(o Accumulator, into []int32) {
	for i, m := range o.(*momentsAcc).m {
		a.m[into[i]].merge(m)
	}
}

func (a *momentsAcc) Finish() *vec.Vec {
	out := make([]float64, len(a.m))
	for i, m := range a.m {
		div := m.n - 1
		if a.whole {
			div = m.n
		}
		if div <= 0 {
			continue
		}
		out[i] = tenDecimals(m.m2 / div)
		if a.root {
			out[i] = math.Sqrt(out[i])
		}
	}
	return vec.OfReals(out)
}

// tenDecimals rounds a variance as Kusto does: of 1 to 10 it is 9.1666666667,
// and the standard deviation is the root of that.
func tenDecimals(x float64) float64 {
	if y := x * 1e10; math.Abs(y) < 1<<53 {
		return math.RoundToEven(y) / 1e10
	}
	return x
}

type covState struct {
	whole            bool
	n, mx, my, cross float64
}

func (s *covState) Add(args []value.Value) {
	if args[0].IsNull() || args[1].IsNull() {
		return
	}
	x, y := args[0].Float(), args[1].Float()
	s.n++
	dx := x - s.mx
	s.mx += dx / s.n
	s.my += (y - s.my) / s.n
	s.cross += dx * (y - s.my)
}

func (s *covState) Merge(o State) {
	t := o.(*covState)
	if t.n == 0 {
		return
	}
	n := s.n + t.n
	dx, dy := t.mx-s.mx, t.my-s.my
	s.cross += t.cross + dx*dy*s.n*t.n/n
	s.mx += dx * t.n / n
	s.my += dy * t.n / n
	s.n = n
}

func (s *covState) Result() value.Value {
	div := s.n - 1
	if s.whole {
		div = s.n
	}
	if div <= 0 {
		return value.Real(0)
	}
	return value.Real(s.cross / div)
}

type bitState struct {
	op   func(a, b int64) int64
	t    types.Type
	some bool
	v    int64
}

func (s *bitState) put(v int64) {
	if s.some {
		v = s.op(s.v, v)
	}
	s.v, s.some = v, true
}

func (s *bitState) Add(args []value.Value) {
	if !args[0].IsNull() {
		s.put(args[0].Int64())
	}
}

func (s *bitState) Merge(o State) {
	if t := o.(*bitState); t.some {
		s.put(t.v)
	}
}

func (s *bitState) Result() value.Value {
	if !s.some {
		return value.Null
	}
	return value.FromInt64(s.t, s.v)
}
