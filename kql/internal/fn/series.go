package fn

import (
	"cmp"
	"math"

	"github.com/azward/azward/kql/internal/exact"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// elements returns the elements of a series as reals. ok marks the numeric ones;
// all is false where an element is not, or where v is no array.
func elements(v value.Value) (xs []float64, ok []bool, all bool) {
	items := v.Items()
	xs, ok, all = make([]float64, len(items)), make([]bool, len(items)), isArray(v)
	for i, e := range items {
		if e.Numeric() {
			xs[i], ok[i] = e.Float(), true
			continue
		}
		xs[i], all = math.NaN(), false
	}
	return xs, ok, all
}

// series returns the elements of a series of nothing but numbers.
func series(v value.Value) ([]float64, bool) {
	xs, _, all := elements(v)
	return xs, all
}

func reals(xs []float64) value.Value {
	out := make([]value.Value, len(xs))
	for i, x := range xs {
		out[i] = value.Real(x)
	}
	return value.Array(out)
}

// seriesMap makes the row of a function that works element by element;
// elements that are no numbers give null.
func seriesMap(name, doc, call, want string, f func(float64) float64) Func {
	return Func{Name: name, Doc: doc + " Elements that are no numbers give null.",
		Sigs: []Sig{{"(series: array): dynamic", Map1(func(v value.Value) (value.Value, bool) {
			xs, ok, _ := elements(v)
			out := make([]value.Value, len(xs))
			for i, x := range xs {
				if ok[i] {
					out[i] = value.Real(f(x))
				}
			}
			return value.Array(out), isArray(v)
		})}}, Ex: []Example{{call, want}}}
}

// seriesPair makes the row of a function of two series or a series and a
// number, element by element: where one has no number there, null.
func seriesPair(name, doc, call, want string, f func(a, b value.Value) value.Value) Func {
	k := Strict(func(a []value.Value) value.Value {
		x, y := a[0], a[1]
		n := max(len(x.Items()), len(y.Items()))
		if !isArray(x) && !isArray(y) || !isArray(x) && !x.Numeric() || !isArray(y) && !y.Numeric() {
			return value.Null
		}
		out := make([]value.Value, n)
		for i := range out {
			p, q := x, y
			if isArray(x) {
				p = itemOrNull(x, i)
			}
			if isArray(y) {
				q = itemOrNull(y, i)
			}
			if p.Numeric() && q.Numeric() {
				out[i] = f(p, q)
			}
		}
		return value.Array(out)
	})
	return Func{Name: name, Doc: doc + " A number may stand for one of the series; where an element is missing or no number, the result is null.",
		Sigs: []Sig{{"(series1: array, series2: array|number): dynamic", k}, {"(series1: number, series2: array): dynamic", k}}, Ex: []Example{{call, want}}}
}

// whole tells whether both values are integers.
func whole(a, b value.Value) bool { return a.Type().Integer() && b.Type().Integer() }

func realPair(f func(a, b float64) float64) func(a, b value.Value) value.Value {
	return func(a, b value.Value) value.Value { return value.Real(f(a.Float(), b.Float())) }
}

func wholePair(f func(a, b int64) int64, g func(a, b float64) float64) func(a, b value.Value) value.Value {
	return func(a, b value.Value) value.Value {
		if whole(a, b) {
			return value.Long(f(a.Int64(), b.Int64()))
		}
		return value.Real(g(a.Float(), b.Float()))
	}
}

func comparePair(f func(a, b float64) bool) func(a, b value.Value) value.Value {
	return func(a, b value.Value) value.Value { return value.Bool(f(a.Float(), b.Float())) }
}

// seriesFold makes the row of a function that folds a series of numbers to one.
func seriesFold(name, doc, call, want string, f func([]float64) float64) Func {
	return Func{Name: name, Doc: doc + " An element that is no number gives null.",
		Sigs: []Sig{{"(series: array): real", Map1(func(v value.Value) (float64, bool) {
			xs, ok := series(v)
			if !ok {
				return 0, false
			}
			return f(xs), true
		})}}, Ex: []Example{{call, want}}}
}

var seriesFuncs = []Func{
	seriesMap("series_abs", "Takes the absolute value of each element.", `series_abs(dynamic([-6.5,0,8.2]))`, `[6.5,0.0,8.2]`, math.Abs),
	{Name: "series_sign", Doc: "Takes the sign of each element, a whole number of whole numbers. Elements that are no numbers give null.",
		Sigs: []Sig{{"(series: array): dynamic", Map1(seriesSign)}},
		Ex:   []Example{{`series_sign(dynamic([-6,0,8,"x"]))`, `[-1,0,1,null]`}, {`series_sign(dynamic([-6.5,0.0]))`, `[-1.0,0.0]`}}},
	seriesMap("series_exp", "Takes e to the power of each element.", `series_exp(dynamic([0,1]))`, `[1.0,2.718281828459045]`, exact.Exp),
	seriesMap("series_log", "Takes the natural logarithm of each element.", `series_log(dynamic([1]))`, `[0.0]`, exact.Log),
	seriesMap("series_sin", "Takes the sine of each element.", `series_sin(dynamic([0]))`, `[0.0]`, exact.Sin),
	seriesMap("series_cos", "Takes the cosine of each element.", `series_cos(dynamic([0,1]))`, `[1.0,0.5403023058681398]`, exact.Cos),
	seriesMap("series_tan", "Takes the tangent of each element.", `series_tan(dynamic([0]))`, `[0.0]`, exact.Tan),
	seriesMap("series_asin", "Takes the arcsine of each element.", `series_asin(dynamic([1]))`, `[1.5707963267948966]`, exact.Asin),
	seriesMap("series_acos", "Takes the arccosine of each element.", `series_acos(dynamic([1]))`, `[0.0]`, exact.Acos),
	seriesMap("series_atan", "Takes the arctangent of each element.", `series_atan(dynamic([1]))`, `[0.7853981633974483]`, exact.Atan),
	seriesMap("series_floor", "Rounds each element down.", `series_floor(dynamic([-1.5,1,2.5]))`, `[-2.0,1.0,2.0]`, math.Floor),
	seriesMap("series_ceiling", "Rounds each element up.", `series_ceiling(dynamic([-1.5,1,2.5]))`, `[-1.0,1.0,3.0]`, math.Ceil),
	seriesPair("series_add", "Adds two series element by element.", `series_add(dynamic([1,2,4]), dynamic([4,2]))`, `[5,4,null]`,
		wholePair(func(a, b int64) int64 { return a + b }, func(a, b float64) float64 { return a + b })),
	seriesPair("series_subtract", "Subtracts one series from another element by element.", `series_subtract(dynamic([1,2,4]), 1)`, `[0,1,3]`,
		wholePair(func(a, b int64) int64 { return a - b }, func(a, b float64) float64 { return a - b })),
	seriesPair("series_multiply", "Multiplies two series element by element.", `series_multiply(dynamic([1,2,4]), dynamic([4,2,0.5]))`, `[4,4,2.0]`,
		wholePair(func(a, b int64) int64 { return a * b }, func(a, b float64) float64 { return a * b })),
	seriesPair("series_divide", "Divides one series by another element by element.", `series_divide(dynamic([1,2,4]), dynamic([4,2,1]))`, `[0.25,1.0,4.0]`,
		realPair(func(a, b float64) float64 { return a / b })),
	seriesPair("series_pow", "Raises one series to the powers in another element by element.", `series_pow(dynamic([1,2,3,4]), dynamic([1,2,3,0.5]))`, `[1.0,4.0,27.0,2.0]`,
		realPair(exact.Pow)),
	seriesPair("series_equals", "Compares two series element by element.", `series_equals(dynamic([1,2,4]), dynamic([4,2,1]))`, `[false,true,false]`,
		comparePair(func(a, b float64) bool { return a == b })),
	seriesPair("series_not_equals", "Tells element by element where two series differ.", `series_not_equals(dynamic([1,2,4]), dynamic([4,2,1]))`, `[true,false,true]`,
		comparePair(func(a, b float64) bool { return a != b })),
	seriesPair("series_greater", "Tells element by element where the first series is greater.", `series_greater(dynamic([1,2,4]), 2)`, `[false,false,true]`,
		comparePair(func(a, b float64) bool { return a > b })),
	seriesPair("series_greater_equals", "Tells element by element where the first series is at least as great.", `series_greater_equals(dynamic([1,2,4]), dynamic([4,2,1]))`, `[false,true,true]`,
		comparePair(func(a, b float64) bool { return a >= b })),
	seriesPair("series_less", "Tells element by element where the first series is less.", `series_less(dynamic([1,2,4]), dynamic([4,2,1]))`, `[true,false,false]`,
		comparePair(func(a, b float64) bool { return a < b })),
	seriesPair("series_less_equals", "Tells element by element where the first series is at most as great.", `series_less_equals(dynamic([1,2,4]), dynamic([4,2,1]))`, `[true,true,false]`,
		comparePair(func(a, b float64) bool { return a <= b })),
	seriesFold("series_sum", "Adds up the elements.", `series_sum(dynamic([1,2,3,4]))`, `10.0`, sumOf),
	seriesFold("series_product", "Multiplies the elements.", `series_product(dynamic([1,2,3,4]))`, `24.0`, func(xs []float64) float64 {
		p := 1.0
		for _, x := range xs {
			p *= x
		}
		return p
	}),
	seriesFold("series_magnitude", "Returns the length of a series as a vector.", `series_magnitude(dynamic([3,4]))`, `5.0`, func(xs []float64) float64 { return math.Sqrt(dot(xs, xs)) }),
	{Name: "series_dot_product", Doc: "Returns the dot product of two series, cut to the shorter one; elements that are no numbers do not count, an empty series gives null.",
		Sigs: []Sig{{"(series1: array, series2: array|number): real", Strict(seriesDot)}, {"(series1: number, series2: array): real", Strict(seriesDot)}},
		Ex:   []Example{{`series_dot_product(dynamic([1,2,4]), dynamic([4,2,1]))`, `12.0`}, {`series_dot_product(dynamic([1,2]), 3)`, `9.0`}, {`series_dot_product(dynamic([1,2,"a"]), dynamic([1,2,4]))`, `5.0`}, {`series_dot_product(dynamic([]), dynamic([]))`, `null`}}},
	{Name: "series_cosine_similarity", Doc: "Returns the cosine of the angle between two series as vectors, whose lengths may be given; elements that are no numbers do not count, an empty series gives null.",
		Sigs: []Sig{{"(series1: array, series2: array, magnitude1?: real, magnitude2?: real): real", Row(func(a []value.Value) value.Value {
			x, y, ok := bothSeries(a[0], a[1])
			if !ok {
				return value.Null
			}
			m1, m2 := math.Sqrt(dot(x, x)), math.Sqrt(dot(y, y))
			if len(a) > 2 && !a[2].IsNull() {
				m1 = a[2].Float()
			}
			if len(a) > 3 && !a[3].IsNull() {
				m2 = a[3].Float()
			}
			return value.Real(dot(x, y) / (m1 * m2))
		})}},
		Ex: []Example{{`series_cosine_similarity(dynamic([3,4]), dynamic([4,3]))`, `0.96`}}},
	{Name: "series_pearson_correlation", Doc: "Returns Pearson's correlation of two series; where they differ in length or an element is no number, null.",
		Sigs: []Sig{{"(series1: array, series2: array): real", Strict(func(a []value.Value) value.Value {
			x, ok1 := series(a[0])
			y, ok2 := series(a[1])
			if !ok1 || !ok2 || len(x) != len(y) || len(x) == 0 {
				return value.Null
			}
			return value.Real(correlation(x, y))
		})}},
		Ex: []Example{{`series_pearson_correlation(dynamic([1,2,4]), dynamic([4,2,1]))`, `-0.928571428571429`}}},
	{Name: "series_stats", Doc: "Returns the minimum and maximum of a series with their places, its average, standard deviation and variance as columns; null where an element is no number, unless these are to be ignored.",
		Outs: []Column{{"min", types.Real}, {"min_idx", types.Long}, {"max", types.Real}, {"max_idx", types.Long}, {"avg", types.Real}, {"stdev", types.Real}, {"variance", types.Real}},
		Sigs: []Sig{{"(series: array, !ignore_nonfinite?: bool): dynamic", Row(func(a []value.Value) value.Value {
			s := statsOf(a)
			return value.Array(s[:7])
		})}},
		Ex: []Example{{`series_stats(dynamic([3,1,2]))`, `[1.0,1,3.0,0,2.0,1.0,1.0]`}, {`series_stats(dynamic([]))`, `[null,null,null,null,null,null,null]`}}},
	{Name: "series_stats_dynamic", Doc: "Returns what series_stats does, the sum and the length as a property bag.",
		Sigs: []Sig{{"(series: array, !ignore_nonfinite?: bool): dynamic", Row(func(a []value.Value) value.Value {
			b := value.NewBag(9)
			for i, v := range statsOf(a) {
				b.Set(statNames[i], v)
			}
			return value.Object(b)
		})}},
		Ex: []Example{{`series_stats_dynamic(dynamic([3,1,2]))`, `{"min":1.0,"min_idx":1,"max":3.0,"max_idx":0,"avg":2.0,"stdev":1.0,"variance":1.0,"sum":6.0,"len":3}`}}},
}

var statNames = [9]string{"min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len"}

func statsOf(a []value.Value) (out [9]value.Value) {
	xs, ok, all := elements(a[0])
	ignore := len(a) > 1 && a[1].IsTrue()
	if !all && !ignore || !isArray(a[0]) {
		return out
	}
	var m moments
	lo, hi, sum := -1, -1, 0.0
	for i, x := range xs {
		if !ok[i] || ignore && (math.IsNaN(x) || math.IsInf(x, 0)) {
			continue
		}
		m.add(x)
		sum += x
		if lo < 0 || x < xs[lo] {
			lo = i
		}
		if hi < 0 || x > xs[hi] {
			hi = i
		}
	}
	if m.n == 0 {
		return out
	}
	variance := 0.0
	if m.n > 1 {
		variance = m.m2 / (m.n - 1)
	}
	return [9]value.Value{value.Real(xs[lo]), value.Long(int64(lo)), value.Real(xs[hi]), value.Long(int64(hi)), value.Real(sum / m.n),
		value.Real(math.Sqrt(variance)), value.Real(variance), value.Real(sum), value.Long(int64(m.n))}
}

func seriesSign(v value.Value) (value.Value, bool) {
	out := make([]value.Value, len(v.Items()))
	for i, e := range v.Items() {
		switch {
		case !e.Numeric():
		case e.Type().Integer():
			out[i] = value.Long(int64(cmp.Compare(e.Int64(), 0)))
		case e.Float() > 0:
			out[i] = value.Real(1)
		case e.Float() < 0:
			out[i] = value.Real(-1)
		default:
			out[i] = value.Real(e.Float())
		}
	}
	return value.Array(out), isArray(v)
}

func sumOf(xs []float64) float64 {
	s := 0.0
	for _, x := range xs {
		s += x
	}
	return s
}

func meanOf(xs []float64) float64 { return sumOf(xs) / float64(len(xs)) }

func dot(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

// bothSeries returns two series at the length of the shorter; a number stands
// for a series of that number, and what is no number is 0. ok is false where one
// is empty.
func bothSeries(a, b value.Value) (x, y []float64, ok bool) {
	fill := func(v value.Value, n int) ([]float64, bool) {
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = v.Float()
		}
		return xs, v.Numeric()
	}
	numbers := func(v value.Value) ([]float64, bool) {
		xs, have, _ := elements(v)
		for i, h := range have {
			if !h {
				xs[i] = 0
			}
		}
		return xs, len(xs) > 0
	}
	var okX, okY bool
	switch {
	case isArray(a) && isArray(b):
		x, okX = numbers(a)
		y, okY = numbers(b)
	case isArray(a):
		x, okX = numbers(a)
		y, okY = fill(b, len(x))
	case isArray(b):
		y, okY = numbers(b)
		x, okX = fill(a, len(y))
	default:
		return nil, nil, false
	}
	n := min(len(x), len(y))
	return x[:n], y[:n], okX && okY
}

func correlation(x, y []float64) float64 {
	mx, my := meanOf(x), meanOf(y)
	var sxy, sxx, syy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		sxy += dx * dy
		sxx += dx * dx
		syy += dy * dy
	}
	return sxy / (math.Sqrt(sxx) * math.Sqrt(syy))
}

func seriesDot(a []value.Value) value.Value {
	x, y, ok := bothSeries(a[0], a[1])
	if !ok {
		return value.Null
	}
	return value.Real(dot(x, y))
}
