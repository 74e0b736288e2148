package fn

import (
	"math"
	"math/bits"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var basicAggs = []Agg{
	{Name: "count", Aliases: []string{"cnt"}, Doc: "Counts rows, nulls included.", If: "countif",
		Sigs: []string{"(): long", "(value: scalar): long"},
		New:  func(Spec) Accumulator { return &countAcc{} },
		Ex:   []AggExample{{`datatable(x:long)[1,2,long(null)]`, `count()`, `3`}}},
	{Name: "sum", Doc: "Adds up values; nothing adds up to 0.", If: "sumif",
		Sigs: []string{"(expr: int|long): long", "(expr: real): real", "(expr: decimal): decimal", "(expr: timespan): timespan", "(expr: datetime): datetime"},
		New:  newSum,
		Ex:   []AggExample{{`datatable(x:long)[1,2,long(null)]`, `sum(x)`, `3`}, {`datatable(x:real)[]`, `sum(x)`, `0.0`}}},
	{Name: "avg", Doc: "Averages values; nulls do not count, nothing gives NaN.", If: "avgif",
		Sigs: []string{"(expr: int|long|real): real", "(expr: decimal): decimal", "(expr: timespan): timespan", "(expr: datetime): datetime"},
		New:  newAvg,
		Ex:   []AggExample{{`datatable(x:long)[1,2,long(null)]`, `avg(x)`, `1.5`}, {`datatable(x:decimal)[1.5, 2.5]`, `avg(x)`, `2`}}},
	{Name: "min", Doc: "Returns the smallest value.", If: "minif",
		Sigs: []string{"(expr: string|bool|int|long|real|decimal|datetime|timespan): $1"},
		New:  func(s Spec) Accumulator { return &extremeAcc{t: s.Out, sign: -1} },
		Ex:   []AggExample{{`datatable(x:long)[3,1,2]`, `min(x)`, `1`}}},
	{Name: "max", Doc: "Returns the largest value.", If: "maxif",
		Sigs: []string{"(expr: string|bool|int|long|real|decimal|datetime|timespan): $1"},
		New:  func(s Spec) Accumulator { return &extremeAcc{t: s.Out, sign: 1} },
		Ex:   []AggExample{{`datatable(x:string)["b","c","a"]`, `max(x)`, `c`}}},
	{Name: "dcount", Doc: "Counts distinct values.", If: "dcountif",
		Sigs: []string{"(expr: scalar, accuracy?: long): long"},
		New:  func(Spec) Accumulator { return &distinctAcc{} },
		Ex:   []AggExample{{`datatable(x:string)["b","c","b"]`, `dcount(x)`, `2`}}},
	{Name: "count_distinct", Doc: "Counts distinct values exactly.", If: "count_distinctif",
		Sigs: []string{"(expr: string|bool|int|long|real|decimal|datetime|timespan|guid): long"},
		New:  func(Spec) Accumulator { return &distinctAcc{} },
		Ex:   []AggExample{{`datatable(x:string)["b","c","b"]`, `count_distinct(x)`, `2`}}},
	{Name: "arg_max", Aliases: []string{"argmax"}, Doc: "Returns columns of the row in which an expression is largest.", If: "arg_max_if",
		Sigs: []string{"(expr: scalar, columns...: scalar): $1"}, Special: true,
		New: func(s Spec) Accumulator { return newArg(s, 1) },
		Ex:  []AggExample{{`datatable(x:long, s:string)[1,"a",3,"c",2,"b"]`, `arg_max(x, s)`, `[3,"c"]`}}},
	{Name: "arg_min", Aliases: []string{"argmin"}, Doc: "Returns columns of the row in which an expression is smallest.", If: "arg_min_if",
		Sigs: []string{"(expr: scalar, columns...: scalar): $1"}, Special: true,
		New: func(s Spec) Accumulator { return newArg(s, -1) },
		Ex:  []AggExample{{`datatable(x:long, s:string)[4,"a",3,"c",5,"b"]`, `arg_min(x, s)`, `[3,"c"]`}}},
	{Name: "take_any", Aliases: []string{"any"}, Doc: "Returns the columns of some row, one that is not null where there is one.", If: "take_anyif", IfAliases: []string{"anyif"}, Bare: true,
		Sigs: []string{"(expr: scalar, columns...: scalar): $1"}, Special: true,
		New: func(s Spec) Accumulator { return &anyAcc{outs: outs(s)} },
		Ex:  []AggExample{{`datatable(x:string)["a","a"]`, `take_any(x)`, `a`}}},
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

func newSum(s Spec) Accumulator {
	switch s.Out {
	case types.Real:
		return &realSum{}
	case types.Decimal:
		return &decimalSum{}
	default:
	}
	if len(s.Args) > 0 && s.Args[0] == types.Dynamic {
		return &intSum{t: s.Out, dynamic: true}
	}
	return &intSum{t: s.Out}
}

type intSum struct {
	t       types.Type
	dynamic bool
	sum     []int64
}

func (a *intSum) Grow(n int) { a.sum = grown(a.sum, n) }

func (a *intSum) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	if a.dynamic {
		v = ConvertVec(v, types.Long)
	}
	switch {
	case v.Const:
		if !v.IsNull(0) {
			for _, g := range groups {
				a.sum[g] += v.Ints[0]
			}
		}
	case v.Null == nil:
		for i, g := range groups {
			a.sum[g] += v.Ints[i]
		}
	default:
		for i, g := range groups {
			if !v.Null[i] {
				a.sum[g] += v.Ints[i]
			}
		}
	}
}

func (a *intSum) Merge(o Accumulator, into []int32) {
	for i, s := range o.(*intSum).sum {
		a.sum[into[i]] += s
	}
}

func (a *intSum) Finish() *vec.Vec { return vec.OfInts(a.t, a.sum) }

type realSum struct{ sum []float64 }

func (a *realSum) Grow(n int) { a.sum = grown(a.sum, n) }

func (a *realSum) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	for i, g := range groups {
		if !v.IsNull(i) {
			a.sum[g] += v.Reals[v.At(i)]
		}
	}
}

func (a *realSum) Merge(o Accumulator, into []int32) {
	for i, s := range o.(*realSum).sum {
		a.sum[into[i]] += s
	}
}

func (a *realSum) Finish() *vec.Vec { return vec.OfReals(a.sum) }

type decimalSum struct {
	sum []*types.Dec
	n   []int64
	avg bool
}

func (a *decimalSum) Grow(n int) { a.sum, a.n = grown(a.sum, n), grown(a.n, n) }

func (a *decimalSum) add(g int32, d *types.Dec, n int64) {
	if a.n[g] += n; a.sum[g] == nil {
		a.sum[g] = new(types.Dec)
	}
	if _, err := types.Decimals().Add(a.sum[g], a.sum[g], d); err != nil {
		a.sum[g] = new(types.Dec)
	}
}

func (a *decimalSum) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	for i, g := range groups {
		if !v.IsNull(i) {
			a.add(g, v.Decs[v.At(i)], 1)
		}
	}
}

func (a *decimalSum) Merge(o Accumulator, into []int32) {
	d := o.(*decimalSum)
	for i, s := range d.sum {
		if s != nil {
			a.add(into[i], s, d.n[i])
		}
	}
}

func (a *decimalSum) Finish() *vec.Vec {
	b := vec.NewBuilder(types.Decimal, len(a.sum))
	for i, s := range a.sum {
		switch {
		case s == nil && a.avg:
			b.AppendNull()
		case s == nil:
			b.Append(value.Decimal(new(types.Dec)))
		case a.avg:
			q := new(types.Dec)
			if _, err := types.Decimals().Quo(q, s, types.DecimalFromInt(a.n[i])); err != nil {
				b.AppendNull()
				continue
			}
			q.Reduce(q) // as a quotient of the operator
			b.Append(value.Decimal(q))
		default:
			b.Append(value.Decimal(s))
		}
	}
	return b.Finish()
}

func newAvg(s Spec) Accumulator {
	if s.Out == types.Decimal {
		return &decimalSum{avg: true}
	}
	return &avgAcc{out: s.Out, dynamic: len(s.Args) > 0 && s.Args[0] == types.Dynamic}
}

// avgAcc adds integers as the engine does, wrapping, and divides at the end.
type avgAcc struct {
	out     types.Type
	dynamic bool
	whole   []int64
	sum     []float64
	n       []int64
	real    bool
}

func (a *avgAcc) Grow(n int) {
	a.whole, a.sum, a.n = grown(a.whole, n), grown(a.sum, n), grown(a.n, n)
}

func (a *avgAcc) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	if a.dynamic {
		v = ConvertVec(v, types.Real)
	}
	a.real = v.Type == types.Real
	for i, g := range groups {
		if v.IsNull(i) {
			continue
		}
		a.n[g]++
		if a.real {
			a.sum[g] += v.Reals[v.At(i)]
		} else {
			a.whole[g] += v.Ints[v.At(i)]
		}
	}
}

func (a *avgAcc) Merge(o Accumulator, into []int32) {
	b := o.(*avgAcc)
	a.real = a.real || b.real
	for i, n := range b.n {
		a.n[into[i]] += n
		a.sum[into[i]] += b.sum[i]
		a.whole[into[i]] += b.whole[i]
	}
}

func (a *avgAcc) Finish() *vec.Vec {
	if a.out != types.Real {
		v := vec.New(a.out, len(a.n))
		for i, n := range a.n {
			if n == 0 {
				v.SetNull(i)
				continue
			}
			v.Ints[i] = a.whole[i] / n
		}
		return v
	}
	out := make([]float64, len(a.n))
	for i, n := range a.n {
		if a.real {
			out[i] = a.sum[i] / float64(n)
		} else {
			out[i] = float64(a.whole[i]) / float64(n)
		}
	}
	return vec.OfReals(out)
}

// extremeAcc is min and max: nulls do not count, NaN wins.
type extremeAcc struct {
	t    types.Type
	sign int
	best []value.Value
	ints []int64 // for types of integers, with seen
	seen []bool
	text int64 // bytes of the texts in best
}

func (a *extremeAcc) whole() bool {
	return a.t == types.Int || a.t == types.Long || a.t == types.DateTime || a.t == types.TimeSpan
}

func (a *extremeAcc) Grow(n int) {
	if a.whole() {
		a.ints, a.seen = grown(a.ints, n), grown(a.seen, n)
		return
	}
	a.best = grown(a.best, n)
}

func (a *extremeAcc) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	if a.whole() {
		for i, g := range groups {
			if v.Null != nil && v.Null[v.At(i)] {
				continue
			}
			a.take(g, v.Ints[v.At(i)])
		}
		return
	}
	if a.t == types.String {
		for i, g := range groups {
			s := v.Strs[v.At(i)]
			if b := a.best[g]; b.IsNull() || (a.sign > 0) == (s > b.Str()) && s != b.Str() {
				a.text += int64(len(s) - len(b.Str()))
				a.best[g] = value.String(strings.Clone(s)) // s is part of a batch
			}
		}
		return
	}
	for i, g := range groups {
		a.offer(g, v.Get(i))
	}
}

func (a *extremeAcc) take(g int32, x int64) {
	if !a.seen[g] || a.sign > 0 && x > a.ints[g] || a.sign < 0 && x < a.ints[g] {
		a.ints[g], a.seen[g] = x, true
	}
}

func (a *extremeAcc) offer(g int32, x value.Value) {
	b := a.best[g]
	switch {
	case x.IsNull():
	case b.IsNull():
		a.best[g] = x
	case isNaN(b):
	case isNaN(x) || value.Compare(x, b)*a.sign > 0:
		a.best[g] = x
	}
}

func isNaN(v value.Value) bool { return v.Kind() == value.KindReal && math.IsNaN(v.Float()) }

func (a *extremeAcc) Merge(o Accumulator, into []int32) {
	b := o.(*extremeAcc)
	for i, s := range b.seen {
		if s {
			a.take(into[i], b.ints[i])
		}
	}
	for i, v := range b.best {
		before := len(a.best[into[i]].Str())
		a.offer(into[i], v)
		a.text += int64(len(a.best[into[i]].Str()) - before)
	}
}

func (a *extremeAcc) Finish() *vec.Vec {
	if !a.whole() {
		return vec.OfValues(a.t, a.best)
	}
	v := vec.OfInts(a.t, a.ints)
	for i, s := range a.seen {
		if !s {
			v.SetNull(i)
		}
	}
	return v
}

// distinctAcc counts the distinct values of each group. Values get numbers, so
// that a value is kept once however many groups it is in.
type distinctAcc struct {
	texts map[string]int32
	ints  map[int64]int32
	masks []uint64            // by number: which of the first 64 groups it is in
	seen  map[uint64]struct{} // group and number, for the other groups
	n     []int64
	buf   []byte
	size  int64
}

// Size returns about how many bytes are held.
func (a *distinctAcc) Size() int64 {
	return a.size + 56*int64(len(a.texts)) + 32*int64(len(a.ints)) + 24*int64(len(a.seen)) + 8*int64(cap(a.masks)+cap(a.n))
}

func (a *distinctAcc) Grow(n int) { a.n = grown(a.n, n) }

func (a *distinctAcc) count(g, number int32) {
	if g < 64 {
		if int(number) >= len(a.masks) {
			a.masks = grown(a.masks, int(number)+1)
		}
		if bit := uint64(1) << g; a.masks[number]&bit == 0 {
			a.masks[number] |= bit
			a.n[g]++
		}
		return
	}
	k := uint64(g)<<32 | uint64(uint32(number))
	if _, ok := a.seen[k]; !ok {
		a.seen[k] = struct{}{}
		a.n[g]++
	}
}

func (a *distinctAcc) Add(groups []int32, args []*vec.Vec) {
	if len(args) == 0 {
		return
	}
	v := args[0]
	if a.seen == nil {
		a.texts, a.ints, a.seen = map[string]int32{}, map[int64]int32{}, map[uint64]struct{}{}
	}
	whole := v.Ints != nil
	for i, g := range groups {
		switch {
		case v.IsNull(i):
		case whole:
			a.count(g, a.number(v.Ints[v.At(i)]))
		case v.Type == types.String:
			s := v.Strs[v.At(i)]
			id, ok := a.texts[s]
			if !ok {
				id = int32(len(a.texts))
				a.texts[strings.Clone(s)] = id // s is part of a batch
				a.size += int64(len(s))
			}
			a.count(g, id)
		default:
			a.buf = vec.AppendKey(a.buf[:0], v, i)
			id, ok := a.texts[string(a.buf)]
			if !ok {
				id = int32(len(a.texts))
				a.texts[string(a.buf)] = id
				a.size += int64(len(a.buf))
			}
			a.count(g, id)
		}
	}
}

func (a *distinctAcc) number(x int64) int32 {
	id, ok := a.ints[x]
	if !ok {
		id = int32(len(a.ints))
		a.ints[x] = id
	}
	return id
}

func (a *distinctAcc) Merge(o Accumulator, into []int32) {
	b := o.(*distinctAcc)
	if b.seen == nil {
		return
	}
	if a.seen == nil {
		a.texts, a.ints, a.seen = map[string]int32{}, map[int64]int32{}, map[uint64]struct{}{}
	}
	// An accumulator sees values of one kind only: texts or integers.
	place := make([]int32, len(b.texts)+len(b.ints))
	for s, id := range b.texts {
		own, ok := a.texts[s]
		if !ok {
			own = int32(len(a.texts))
			a.texts[s] = own
			a.size += int64(len(s))
		}
		place[id] = own
	}
	for x, id := range b.ints {
		place[id] = a.number(x)
	}
	for id, m := range b.masks {
		for ; m != 0; m &= m - 1 {
			a.count(into[bits.TrailingZeros64(m)], place[id])
		}
	}
	for k := range b.seen {
		a.count(into[k>>32], place[uint32(k)])
	}
}

func (a *distinctAcc) Finish() *vec.Vec { return vec.OfInts(types.Long, a.n) }

func outs(s Spec) []types.Type {
	if len(s.Outs) > 0 {
		return s.Outs
	}
	return []types.Type{s.Out}
}

// argAcc is arg_max and arg_min: the first row with the extreme key; rows whose
// key is null count only where there is no other.
type argAcc struct {
	outs  []types.Type
	sign  int
	rows  [][]value.Value
	ints  []int64 // the keys, where they are integers
	place int64
	at    []int64 // places of the rows
	rest  held
}

func newArg(s Spec, sign int) Accumulator { return &argAcc{outs: outs(s), sign: sign} }

func (a *argAcc) Grow(n int) {
	a.rows, a.at, a.ints = grown(a.rows, n), grown(a.at, n), grown(a.ints, n)
}

// At says where the rows that are added next stand.
func (a *argAcc) At(place int64) { a.place = place }

func (a *argAcc) better(key value.Value, cur []value.Value) bool {
	switch {
	case cur == nil:
		return true
	case key.IsNull():
		return false
	case cur[0].IsNull():
		return true
	case isNaN(cur[0]):
		return false
	case isNaN(key):
		return true
	}
	return value.Compare(key, cur[0])*a.sign > 0
}

func (a *argAcc) Add(groups []int32, args []*vec.Vec) {
	keys := args[0]
	if keys.Ints != nil && keys.Null == nil && !keys.Const {
		for i, g := range groups {
			k := keys.Ints[i]
			if row := a.rows[g]; row != nil && !row[0].IsNull() && (a.sign > 0 && k <= a.ints[g] || a.sign < 0 && k >= a.ints[g]) {
				continue
			}
			a.take(g, i, args)
		}
	} else {
		for i, g := range groups {
			if a.better(keys.Get(i), a.rows[g]) {
				a.take(g, i, args)
			}
		}
	}
	a.rest.own(a.rows)
}

func (a *argAcc) take(g int32, i int, args []*vec.Vec) {
	row := a.rows[g]
	if row == nil {
		row = make([]value.Value, len(args))
		a.rows[g] = row
	}
	a.rest.write(g, row, args, i)
	a.ints[g] = row[0].Int64()
	a.at[g] = a.place + int64(i)
}

func (a *argAcc) Merge(o Accumulator, into []int32) {
	b := o.(*argAcc)
	for i, r := range b.rows {
		if r == nil {
			continue
		}
		g := into[i]
		cur := a.rows[g]
		// Of equal rows the first counts.
		if a.better(r[0], cur) || !a.better(cur[0], r) && b.at[i] < a.at[g] {
			a.rest.replaced(cur, r)
			a.rows[g], a.at[g], a.ints[g] = r, b.at[i], b.ints[i]
		}
	}
}

func (a *argAcc) Finish() *vec.Vec { return a.FinishAll()[0] }

// FinishAll returns the key and the columns.
func (a *argAcc) FinishAll() []*vec.Vec { return finishRows(a.outs, a.rows) }

func finishRows(outs []types.Type, rows [][]value.Value) []*vec.Vec {
	cols := make([]*vec.Vec, len(outs))
	for k, t := range outs {
		b := vec.NewBuilder(t, len(rows))
		for _, r := range rows {
			if r == nil {
				b.AppendNull()
			} else {
				b.Append(r[k])
			}
		}
		cols[k] = b.Finish()
	}
	return cols
}

// anyAcc is take_any: of each column the first value that is not null.
type anyAcc struct {
	outs []types.Type
	rows [][]value.Value
	rest held
}

func (a *anyAcc) Grow(n int) { a.rows = grown(a.rows, n) }

func (a *anyAcc) Add(groups []int32, args []*vec.Vec) {
	for i, g := range groups {
		row := a.rows[g]
		if row == nil {
			row = make([]value.Value, len(args))
			a.rows[g] = row
			a.rest.write(g, row, args, i)
			continue
		}
		if len(args) == 1 && emptyValue(row[0]) {
			a.rest.write(g, row, args, i)
		}
	}
	a.rest.own(a.rows)
}

func (a *anyAcc) Merge(o Accumulator, into []int32) {
	for i, r := range o.(*anyAcc).rows {
		if r == nil {
			continue
		}
		if cur := a.rows[into[i]]; cur == nil || len(r) == 1 && emptyValue(cur[0]) {
			a.rest.replaced(cur, r)
			a.rows[into[i]] = r
		}
	}
}

func (a *anyAcc) Finish() *vec.Vec { return a.FinishAll()[0] }

// FinishAll returns the columns.
func (a *anyAcc) FinishAll() []*vec.Vec { return finishRows(a.outs, a.rows) }
