package fn

import (
	"math"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Percentiles are by nearest rank over all values, as Kusto's are on data small
// enough for its digest to be exact.
var percentileAggs = []Agg{
	{Name: "percentile", Doc: "Returns the value below which a given per cent of the values lie.", If: "percentileif",
		Sigs: []string{"(expr: long, percentile: real): long", "(expr: real, percentile: real): real", "(expr: datetime, percentile: real): datetime", "(expr: timespan, percentile: real): timespan"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s} },
		Ex:   []AggExample{{`range x from 1 to 100 step 1`, `percentile(x, 95)`, `95`}}},
	{Name: "percentiles", Doc: "Returns several percentiles, a column for each.", Special: true,
		Sigs: []string{"(expr: long, percentile...: real): long", "(expr: real, percentile...: real): real", "(expr: datetime, percentile...: real): datetime", "(expr: timespan, percentile...: real): timespan"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s} },
		Ex:   []AggExample{{`range x from 1 to 100 step 1`, `percentiles(x, 50)`, `50`}}},
	{Name: "percentiles_array", Doc: "Returns several percentiles in an array.", Prefix: "percentiles",
		Sigs: []string{"(expr: summable, percentiles: dynamic|real, more...: real): dynamic"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s, array: true} },
		Ex:   []AggExample{{`range x from 1 to 100 step 1`, `percentiles_array(x, 50, 90)`, `[50,90]`}}},
	{Name: "percentilew", Doc: "Returns a percentile of values that count as often as their weight says.", Prefix: "percentile",
		Sigs: []string{"(expr: long, weight: long, percentile: real): long", "(expr: real, weight: long, percentile: real): real", "(expr: datetime, weight: long, percentile: real): datetime", "(expr: timespan, weight: long, percentile: real): timespan"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s, weighted: true} },
		Ex:   []AggExample{{`datatable(x:long, w:long)[1,8, 2,1, 3,1]`, `percentilew(x, w, 50)`, `1`}}},
	{Name: "percentilesw", Doc: "Returns several percentiles of weighted values, a column for each.", Special: true,
		Sigs: []string{"(expr: long, weight: long, percentile...: real): long", "(expr: real, weight: long, percentile...: real): real", "(expr: datetime, weight: long, percentile...: real): datetime", "(expr: timespan, weight: long, percentile...: real): timespan"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s, weighted: true} },
		Ex:   []AggExample{{`datatable(x:long, w:long)[1,8, 2,1, 3,1]`, `percentilesw(x, w, 50)`, `1`}}},
	{Name: "percentilesw_array", Doc: "Returns several percentiles of weighted values in an array.", Prefix: "percentiles",
		Sigs: []string{"(expr: summable, weight: long, percentiles: dynamic|real, more...: real): dynamic"},
		New:  func(s Spec) Accumulator { return &rankAcc{spec: s, array: true, weighted: true} },
		Ex:   []AggExample{{`datatable(x:long, w:long)[1,8, 2,1, 3,1]`, `percentilesw_array(x, w, 50, 100)`, `[1,3]`}}},
}

// rankAcc keeps all values of each group.
type rankAcc struct {
	spec     Spec
	array    bool
	weighted bool
	vals     [][]ranked
	size     int64 // of what the groups hold
}

type ranked struct {
	i int64
	f float64
	w int64
}

func (a *rankAcc) real() bool { return a.spec.Args[0] == types.Real || a.spec.Args[0] == types.Decimal }

func (a *rankAcc) Grow(n int) { a.vals = grown(a.vals, n) }

func (a *rankAcc) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	for i, g := range groups {
		x := v.Get(i)
		if x.IsNull() {
			continue
		}
		r := ranked{i: x.Int64(), f: x.Float(), w: 1}
		if a.weighted {
			w := args[1].Get(i)
			if r.w = w.Int64(); w.IsNull() || r.w <= 0 {
				continue
			}
		}
		a.put(g, r)
	}
}

// foldFrom is the number of values from which on equal ones are joined.
const foldFrom = 1 << 14

// put adds a value. Before a long list grows, equal values become one with
// their weight: of many values few are different as a rule.
func (a *rankAcc) put(g int32, r ranked) {
	v := a.vals[g]
	if len(v) >= foldFrom && len(v) == cap(v) {
		v = a.fold(g)
	}
	a.vals[g] = append(v, r)
	a.size += int64(cap(a.vals[g])-cap(v)) * grownBytes
}

func (a *rankAcc) fold(g int32) []ranked {
	a.sort(int(g))
	out := a.vals[g][:0]
	for _, r := range a.vals[g] {
		if n := len(out); n > 0 && out[n-1].i == r.i && out[n-1].f == r.f && out[n-1].w <= math.MaxInt64-r.w {
			out[n-1].w += r.w
			continue
		}
		out = append(out, r)
	}
	return out
}

func (a *rankAcc) Merge(o Accumulator, into []int32) {
	for i, v := range o.(*rankAcc).vals {
		for _, r := range v {
			a.put(into[i], r)
		}
	}
}

// wanted returns the percentiles asked for.
func (a *rankAcc) wanted() []float64 {
	var out []float64
	from := 1
	if a.weighted {
		from = 2
	}
	for _, c := range a.spec.Consts[min(from, len(a.spec.Consts)):] {
		if c.Kind() == value.KindArray {
			for _, e := range c.Items() {
				out = append(out, e.Float())
			}
			continue
		}
		out = append(out, c.Float())
	}
	return out
}

func (a *rankAcc) sort(g int) int64 {
	v := a.vals[g]
	if a.real() {
		sort.Slice(v, func(i, j int) bool { return v[i].f < v[j].f || v[i].f == v[i].f && v[j].f != v[j].f }) // NaN last
	} else {
		sort.Slice(v, func(i, j int) bool { return v[i].i < v[j].i })
	}
	total := int64(0)
	for _, r := range v {
		total += r.w
	}
	return total
}

// at returns the value at percentile p of sorted values.
func (a *rankAcc) at(g int, total int64, p float64) value.Value {
	v := a.vals[g]
	if len(v) == 0 || math.IsNaN(p) {
		return value.Null
	}
	rank := int64(math.Ceil(min(max(p, 0), 100) / 100 * float64(total)))
	seen := int64(0)
	r := v[len(v)-1]
	for _, x := range v {
		if seen += x.w; seen >= rank {
			r = x
			break
		}
	}
	switch t := a.spec.Args[0]; t {
	case types.Real:
		return value.Real(r.f)
	case types.Decimal:
		return Convert(value.Real(r.f), types.Real, types.Decimal)
	default:
		return value.FromInt64(t, r.i)
	}
}

func (a *rankAcc) Finish() *vec.Vec {
	if !a.array {
		return a.FinishAll()[0]
	}
	out := make([]value.Value, len(a.vals))
	for g := range a.vals {
		total := a.sort(g)
		var items []value.Value
		for _, p := range a.wanted() {
			items = append(items, inDynamic(a.spec.Args[0], a.at(g, total, p)))
		}
		out[g] = value.Array(items)
	}
	return vec.OfDynamics(out)
}

// FinishAll returns a column for each percentile.
func (a *rankAcc) FinishAll() []*vec.Vec {
	ps := a.wanted()
	bs := make([]*vec.Builder, len(ps))
	for k := range bs {
		bs[k] = vec.NewBuilder(a.spec.Out, len(a.vals))
	}
	for g := range a.vals {
		total := a.sort(g)
		for k, p := range ps {
			bs[k].Append(a.at(g, total, p))
		}
	}
	out := make([]*vec.Vec, len(ps))
	for k := range out {
		out[k] = bs[k].Finish()
	}
	return out
}
