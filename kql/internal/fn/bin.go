package fn

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var binFuncs = []Func{
	{Name: "bin", Aliases: []string{"floor"}, Doc: "Rounds a value down to a multiple of the bin size, datetimes from 0001-01-01 on; null where the size is not positive.", Naming: NameFirst,
		Sigs: []Sig{
			{"(value: integer, roundTo: integer): widest", Map2(binInt)},
			{"(value: real, roundTo: real): real", Map2(binReal)},
			{"(value: decimal, roundTo: decimal): decimal", Map2(binDecimal)},
			{"(value: timespan, roundTo: timespan): timespan", Map2(binInt)},
			{"(value: datetime, roundTo: timespan|datetime): datetime", binDateTime},
		},
		Ex: []Example{{`bin(4.5, 1)`, `4.0`}, {`bin(-5, 2)`, `-6`}, {`bin(datetime(1970-05-11 13:45:07), 1d)`, `1970-05-11T00:00:00.0000000Z`},
			{`bin(datetime(1955-11-05), 7d)`, `1955-10-31T00:00:00.0000000Z`}, {`bin(-1.5h, 1h)`, `-02:00:00`}, {`bin(5, 0)`, `null`}, {`floor(-5.5, 2.0)`, `-6.0`}}},
	{Name: "bin_at", Doc: "Rounds a value down to a bin of the given size, where a fixed point lies on a border of bins.", Naming: NameFirst,
		Sigs: []Sig{
			{"(value: integer, bin_size: integer, fixed_point: integer): widest", Map3(binAtInt)},
			{"(value: real, bin_size: real, fixed_point: real): real", Map3(func(v, size, at float64) (float64, bool) {
				b, ok := binReal(v-at, size)
				return at + b, ok
			})},
			{"(value: timespan, bin_size: timespan, fixed_point: timespan): timespan", Map3(binAtInt)},
			{"(value: datetime, bin_size: timespan, fixed_point: datetime): datetime", Strict(func(a []value.Value) value.Value {
				t, ok := binAtInt(a[0].Int64(), a[1].Int64(), a[2].Int64())
				if !ok {
					return value.Null
				}
				return value.DateTime(t)
			})},
		},
		Ex: []Example{{`bin_at(6.5, 2.5, 7)`, `4.5`}, {`bin_at(1h, 1d, 12h)`, `-12:00:00`}, {`bin_at(7, 5, 1)`, `6`},
			{`bin_at(datetime(2017-05-17 10:20:00), 7d, datetime(2017-06-04))`, `2017-05-14T00:00:00.0000000Z`}}},
	{Name: "bin_auto", Doc: "Rounds down to the bin size that the statement set query_bin_auto_size names.", Special: true, Naming: NameFirst,
		Sigs: []Sig{{Text: "(value: summable): $1"}}},
	{Name: "around", Doc: "Tells whether a value lies within a distance of a center, the ends included.",
		Sigs: []Sig{
			{"(value: long, center: long, delta: long): bool", Map3(func(v, c, d int64) (bool, bool) { return v >= c-d && v <= c+d, true })},
			{"(value: real, center: real, delta: real): bool", Map3(func(v, c, d float64) (bool, bool) { return v >= c-d && v <= c+d, true })},
			{"(value: timespan, center: timespan, delta: timespan): bool", Map3(func(v, c, d int64) (bool, bool) { return v >= c-d && v <= c+d, true })},
			{"(value: datetime, center: datetime, delta: timespan): bool", Map3(func(v, c, d int64) (bool, bool) { return v >= c-d && v <= c+d, true })},
		},
		Ex: []Example{{`around(datetime(2021-01-01 01:31), datetime(2021-01-01 01:30), 1m)`, `true`}, {`around(5, 3, 1)`, `false`}}},
}

func binInt(v, size int64) (int64, bool) {
	if size <= 0 {
		return 0, false
	}
	return types.FloorDiv(v, size) * size, true
}

func binReal(v, size float64) (float64, bool) {
	if !(size > 0) {
		return 0, false
	}
	return math.Floor(v/size) * size, true
}

func binDecimal(v, size *types.Dec) (*types.Dec, bool) {
	if size.Sign() <= 0 {
		return nil, false
	}
	ctx := types.Decimals()
	ctx.Rounding = apd.RoundFloor
	var q, r apd.Decimal
	if _, err := ctx.Quo(&q, v, size); err != nil {
		return nil, false
	}
	if _, err := ctx.RoundToIntegralValue(&q, &q); err != nil {
		return nil, false
	}
	if _, err := ctx.Mul(&r, &q, size); err != nil {
		return nil, false
	}
	return &r, true
}

func binAtInt(v, size, at int64) (int64, bool) {
	b, ok := binInt(v-at, size)
	return at + b, ok
}

// binDateTime is the hot loop of most summarize operators.
func binDateTime(c *Call) (*vec.Vec, error) {
	v, size := c.Args[0], c.Args[1]
	if !size.Const || size.IsNull(0) || size.Ints[0] <= 0 || v.Const {
		return binTicks(c)
	}
	by := size.Ints[0]
	out := make([]int64, len(v.Ints))
	for i, t := range v.Ints {
		out[i] = t - t%by
	}
	r := vec.OfInts(types.DateTime, out)
	r.Null = v.Null
	return r, nil
}

var binTicks = Map2(binInt)
