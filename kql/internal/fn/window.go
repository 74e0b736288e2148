package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// windowFuncs look at other rows of a serialized table: their kernels get all
// rows in one call.
var windowFuncs = []Func{
	{Name: "row_number", Doc: "Numbers the rows, from 1 or the given start; begins anew where restart is true.", Window: true,
		Sigs: []Sig{{"(startIndex?: long, restart?: bool): long", evalRowNumber}}},
	{Name: "row_cumsum", Doc: "Adds up the values so far; begins anew where restart is true.", Window: true,
		Sigs: []Sig{{"(term: int|long, restart?: bool): long", cumsumInts}, {"(term: timespan, restart?: bool): timespan", cumsumInts},
			{"(term: real, restart?: bool): real", cumsumReals}, {"(term: decimal, restart?: bool): decimal", cumsumDecimals}}},
	{Name: "row_rank_dense", Aliases: []string{"row_rank"}, Doc: "Ranks the rows by a sorted value, without gaps; begins anew where restart is true.", Window: true,
		Sigs: []Sig{{"(term: scalar, restart?: bool): long", rankKernel(true)}}},
	{Name: "row_rank_min", Doc: "Ranks the rows by a sorted value; equal values share the lowest rank. Begins anew where restart is true.", Window: true,
		Sigs: []Sig{{"(term: scalar, restart?: bool): long", rankKernel(false)}}},
	{Name: "prev", Doc: "Returns a column of the row that stands some rows before.", Window: true,
		Sigs: []Sig{{"(column: scalar, offset?: long, !default?: scalar): $1", offsetKernel(-1)}}},
	{Name: "next", Doc: "Returns a column of the row that stands some rows behind.", Window: true,
		Sigs: []Sig{{"(column: scalar, offset?: long, !default?: scalar): $1", offsetKernel(1)}}},
	{Name: "row_window_session", Doc: "Returns the start of the session that a row belongs to: a new one begins where the distance to its first row, or to the row before, reaches a limit, after a null, or where restart is true.", Window: true,
		Sigs: []Sig{{"(expr: datetime, maxDistanceFromFirst: timespan, maxDistanceBetweenNeighbors: timespan, restart?: bool): datetime", evalSession}}},
}

// restarts tells whether the rows begin anew at row i.
func (c *Call) restarts(arg, i int) bool { return arg < len(c.Args) && c.Args[arg].True(i) }

func evalRowNumber(c *Call) (*vec.Vec, error) {
	start := int64(1)
	if v, ok := c.Const(0); ok && !v.IsNull() {
		start = v.Int64()
	}
	out := make([]int64, c.N)
	n := start
	for i := range out {
		if i > 0 && c.restarts(1, i) {
			n = start
		}
		out[i] = n
		n++
	}
	return vec.OfInts(types.Long, out), nil
}

func cumsumInts(c *Call) (*vec.Vec, error) {
	v := c.Args[0]
	out := make([]int64, c.N)
	var sum int64
	for i := range out {
		if c.restarts(1, i) {
			sum = 0
		}
		if !v.IsNull(i) {
			sum += v.Ints[v.At(i)]
		}
		out[i] = sum
	}
	return vec.OfInts(c.Out, out), nil
}

func cumsumReals(c *Call) (*vec.Vec, error) {
	v := c.Args[0]
	out := make([]float64, c.N)
	sum := 0.0
	for i := range out {
		if c.restarts(1, i) {
			sum = 0
		}
		if !v.IsNull(i) {
			sum += v.Reals[v.At(i)]
		}
		out[i] = sum
	}
	return vec.OfReals(out), nil
}

func cumsumDecimals(c *Call) (*vec.Vec, error) {
	v := c.Args[0]
	b := vec.NewBuilder(types.Decimal, c.N)
	sum := new(types.Dec)
	for i := range c.N {
		if c.restarts(1, i) {
			sum = new(types.Dec)
		}
		if !v.IsNull(i) {
			next := new(types.Dec)
			if _, err := types.Decimals().Add(next, sum, v.Decs[v.At(i)]); err != nil {
				return nil, err
			}
			sum = next
		}
		b.Append(value.Decimal(sum))
	}
	return b.Finish(), nil
}

func rankKernel(dense bool) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		v := c.Args[0]
		out := make([]int64, c.N)
		var rank, n int64
		for i := range out {
			if i == 0 || c.restarts(1, i) {
				rank, n = 1, 1
			} else {
				n++
				if vec.Compare(v, i, v, i-1) != 0 {
					if rank++; !dense {
						rank = n
					}
				}
			}
			out[i] = rank
		}
		return vec.OfInts(types.Long, out), nil
	}
}

func offsetKernel(sign int64) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		off := int64(1)
		if v, ok := c.Const(1); ok && !v.IsNull() {
			off = v.Int64()
		}
		def := value.Null
		if v, ok := c.Const(2); ok {
			def = Convert(v, c.Args[2].Type, c.Out)
		}
		b := vec.NewBuilder(c.Out, c.N)
		for i := range c.N {
			if k := int64(i) + sign*off; k >= 0 && k < int64(c.N) {
				b.AppendFrom(c.Args[0], int(k))
			} else {
				b.Append(def)
			}
		}
		return b.Finish(), nil
	}
}

func evalSession(c *Call) (*vec.Vec, error) {
	v := c.Args[0]
	out := vec.New(types.DateTime, c.N)
	var first, last int64
	open := false
	for i := range c.N {
		if v.IsNull(i) || c.Args[1].IsNull(i) || c.Args[2].IsNull(i) {
			out.SetNull(i)
			open = false
			continue
		}
		t := v.Ints[v.At(i)]
		if !open || c.restarts(3, i) || t-first >= c.Args[1].Ints[c.Args[1].At(i)] || t-last >= c.Args[2].Ints[c.Args[2].At(i)] {
			first, open = t, true
		}
		last = t
		out.Ints[i] = first
	}
	return out, nil
}
