package fn

import "math"

var mathFuncs = []Func{
	{Name: "abs", Doc: "Returns the absolute value.", Naming: NameFirst,
		Sigs: []Sig{
			{"(value: integer): long", Map1(func(x int64) (int64, bool) { return max(x, -x), true })},
			{"(value: real): real", Map1(Total(math.Abs))},
			{"(value: timespan): timespan", Map1(func(x int64) (int64, bool) { return max(x, -x), true })},
		},
		Ex: []Example{{`abs(-5)`, `5`}, {`abs(-1d)`, `1.00:00:00`}, {`abs(real(null))`, `null`}}},
	{Name: "sqrt", Doc: "Returns the square root; NaN for negative numbers.",
		Sigs: []Sig{{"(x: real): real", Map1(Total(math.Sqrt))}},
		Ex:   []Example{{`sqrt(16)`, `4.0`}}},
}
