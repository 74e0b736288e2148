package fn

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/azward/azward/kql/internal/exact"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var mathFuncs = []Func{
	{Name: "abs", Doc: "Returns the absolute value.", Naming: NameFirst,
		Sigs: []Sig{
			{"(value: integer): long", Map1(func(x int64) (int64, bool) { return max(x, -x), true })},
			{"(value: real): real", Map1(Total(math.Abs))},
			{"(value: decimal): decimal", Map1(func(d *types.Dec) (*types.Dec, bool) { return new(types.Dec).Abs(d), true })},
			{"(value: timespan): timespan", Map1(func(x int64) (int64, bool) { return max(x, -x), true })},
		},
		Ex: []Example{{`abs(-5)`, `5`}, {`abs(-1d)`, `1.00:00:00`}, {`abs(real(null))`, `null`}, {`abs(-2.5)`, `2.5`}}},
	real1("sqrt", "Returns the square root; NaN for negative numbers.", math.Sqrt, NameFirst, `sqrt(16)`, `4.0`),
	{Name: "log", Doc: "Returns the natural logarithm; null for negative numbers.", Naming: NameFirst, Sigs: []Sig{{"(number: real): real", Map1(logOf(exact.Log))}},
		Ex: []Example{{`log(1)`, `0.0`}, {`log(-1)`, `null`}, {`log(0)`, `-inf`}}},
	{Name: "log2", Doc: "Returns the logarithm to the base 2; null for negative numbers.", Naming: NameFirst, Sigs: []Sig{{"(number: real): real", Map1(logOf(exact.Log2))}},
		Ex: []Example{{`log2(8)`, `3.0`}}},
	{Name: "log10", Doc: "Returns the logarithm to the base 10; null for negative numbers.", Naming: NameFirst, Sigs: []Sig{{"(number: real): real", Map1(logOf(log10))}},
		Ex: []Example{{`log10(1000)`, `3.0`}}},
	real1("exp", "Returns e to the power of a number.", exact.Exp, NameFirst, `exp(0)`, `1.0`),
	real1("exp2", "Returns 2 to the power of a number.", func(x float64) float64 { return exact.Pow(2, x) }, NameFirst, `exp2(3)`, `8.0`),
	real1("exp10", "Returns 10 to the power of a number.", func(x float64) float64 { return exact.Pow(10, x) }, NameFirst, `exp10(3)`, `1000.0`),
	real1("sin", "Returns the sine of an angle in radians.", exact.Sin, NameFirst, `sin(0)`, `0.0`),
	real1("cos", "Returns the cosine of an angle in radians.", exact.Cos, NameFirst, `cos(1)`, `0.5403023058681398`),
	real1("tan", "Returns the tangent of an angle in radians.", exact.Tan, NameFirst, `tan(0)`, `0.0`),
	real1("cot", "Returns the cotangent of an angle in radians.", func(x float64) float64 { return 1 / exact.Tan(x) }, NameNone, `cot(1)`, `0.6420926159343306`),
	real1("asin", "Returns the angle in radians whose sine is given.", exact.Asin, NameFirst, `asin(1)`, `1.5707963267948966`),
	real1("acos", "Returns the angle in radians whose cosine is given.", exact.Acos, NameFirst, `acos(1)`, `0.0`),
	real1("atan", "Returns the angle in radians whose tangent is given.", exact.Atan, NameFirst, `atan(1)`, `0.7853981633974483`),
	{Name: "atan2", Doc: "Returns the angle in radians between the x axis and the line to the point (x, y).", Naming: NameFirst,
		Sigs: []Sig{{"(y: real, x: real): real", Map2(Total2(exact.Atan2))}}, Ex: []Example{{`atan2(1, 1)`, `0.7853981633974483`}}},
	{Name: "pi", Doc: "Returns the number pi.", Sigs: []Sig{{"(): real", func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.Real, value.Real(math.Pi), c.N), nil }}},
		Ex: []Example{{`pi()`, `3.141592653589793`}}},
	real1("degrees", "Converts radians to degrees.", func(x float64) float64 { return 180 / math.Pi * x }, NameNone, `degrees(pi())`, `180.0`),
	real1("radians", "Converts degrees to radians.", func(x float64) float64 { return math.Pi / 180 * x }, NameNone, `radians(180)`, `3.141592653589793`),
	real1("sign", "Returns -1, 0 or 1 by the sign of a number.", func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		case x == 0:
			return 0 // of -0.0 too
		}
		return x
	}, NameNone, `sign(-42)`, `-1.0`),
	{Name: "pow", Doc: "Returns a number to the power of another.", Naming: NameFirst,
		Sigs: []Sig{{"(base: real, exponent: real): real", Map2(Total2(exact.Pow))}}, Ex: []Example{{`pow(2, 10)`, `1024.0`}, {`pow(2.0, 0.5)`, `1.4142135623730951`}}},
	{Name: "round", Doc: "Rounds to a number of digits after the point (before it, where negative), halves away from zero.", Naming: NameFirst,
		Sigs: []Sig{
			{"(number: integer, !precision?: long): $1", Strict(func(a []value.Value) value.Value {
				p := longArg(a, 1, 0)
				if p >= 0 || p < -18 {
					if p < -18 {
						return value.FromInt64(a[0].Type(), 0)
					}
					return a[0]
				}
				by := int64(math.Pow10(int(-p)))
				n := a[0].Int64()
				half := by / 2
				if n < 0 {
					half = -half
				}
				return value.FromInt64(a[0].Type(), (n+half)/by*by)
			})},
			{"(number: real, !precision?: long): real", Strict(func(a []value.Value) value.Value { return value.Real(round(a[0].Float(), longArg(a, 1, 0))) })},
			{"(number: decimal, !precision?: long): decimal", Strict(func(a []value.Value) value.Value {
				var d apd.Decimal
				ctx := types.Decimals()
				ctx.Rounding = apd.RoundHalfUp
				if _, err := ctx.Quantize(&d, a[0].Dec(), -int32(max(-30, min(30, longArg(a, 1, 0))))); err != nil {
					return a[0]
				}
				return value.Decimal(&d)
			})},
		},
		Ex: []Example{{`round(2.5)`, `3.0`}, {`round(-2.5)`, `-3.0`}, {`round(2.98765, 3)`, `2.988`}, {`round(3.25, 1)`, `3.3`}, {`round(1234.5, -2)`, `1200.0`}, {`round(15)`, `15`}, {`round(1255, -2)`, `1300`}}},
	{Name: "ceiling", Doc: "Returns the smallest whole number that is not below a number.", Naming: NameFirst,
		Sigs: []Sig{
			{"(number: integer): $1", func(c *Call) (*vec.Vec, error) { return c.Args[0], nil }},
			{"(number: real): real", Map1(Total(math.Ceil))},
			{"(number: decimal): decimal", Map1(func(d *types.Dec) (*types.Dec, bool) {
				var r apd.Decimal
				_, err := types.Decimals().Ceil(&r, d)
				return &r, err == nil
			})},
		},
		Ex: []Example{{`ceiling(-1.1)`, `-1.0`}, {`ceiling(0.9)`, `1.0`}, {`ceiling(3)`, `3`}}},
	{Name: "isnan", Doc: "Tells whether a number is NaN.", Sigs: []Sig{{"(number: real): bool", Map1(Total(math.IsNaN))}}, Ex: []Example{{`isnan(real(nan))`, `true`}, {`isnan(1.0)`, `false`}}},
	{Name: "isinf", Doc: "Tells whether a number is infinite.", Sigs: []Sig{{"(number: real): bool", realTest(func(x float64) bool { return math.IsInf(x, 0) })}},
		Ex: []Example{{`isinf(real(+inf))`, `true`}, {`isinf(1.0)`, `false`}}},
	{Name: "isfinite", Doc: "Tells whether a number is neither NaN nor infinite.", Sigs: []Sig{{"(number: real): bool", realTest(func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) })}},
		Ex: []Example{{`isfinite(1.0)`, `true`}, {`isfinite(real(nan))`, `false`}}},
	{Name: "max_of", Doc: "Returns the largest of its arguments; nulls do not count, NaN is the result where there is one.",
		Sigs: []Sig{{"(arg: orderable, more...: orderable): common", extreme(1)}}, Ex: []Example{{`max_of(1, long(null), 3)`, `3`}, {`max_of(10, 1.5)`, `10.0`}, {`max_of("a", "b")`, `b`}}},
	{Name: "min_of", Doc: "Returns the smallest of its arguments; nulls do not count, NaN is the result where there is one.",
		Sigs: []Sig{{"(arg: orderable, more...: orderable): common", extreme(-1)}}, Ex: []Example{{`min_of(10, 1, 17)`, `1`}, {`min_of(int(null), 5)`, `5`}}},
	{Name: "rand", Doc: "Returns a random number from 0 to 1 or, with an argument N, a whole one from 0 to N-1.", Volatile: true, Naming: NameFirst,
		Sigs: []Sig{
			{"(): real", func(c *Call) (*vec.Vec, error) {
				out := make([]float64, c.N)
				for i := range out {
					out[i] = c.Rand.Float64()
				}
				return vec.OfReals(out), nil
			}},
			{"(number: integer): real", func(c *Call) (*vec.Vec, error) {
				out := make([]float64, c.N)
				for i := range out {
					if n := c.Args[0].Get(i).Int64(); n > 1 {
						out[i] = float64(c.Rand.Int64N(n))
					} else {
						out[i] = c.Rand.Float64()
					}
				}
				return vec.OfReals(out), nil
			}},
		}},
	{Name: "new_guid", Doc: "Returns a random guid.", Volatile: true, Sigs: []Sig{{"(): guid", func(c *Call) (*vec.Vec, error) {
		v := vec.New(types.GUID, c.N)
		for i := range v.GUIDs {
			g := &v.GUIDs[i]
			hi, lo := c.Rand.Uint64(), c.Rand.Uint64()
			for k := range 8 {
				g[k], g[8+k] = byte(hi>>(8*k)), byte(lo>>(8*k))
			}
			g[6], g[8] = g[6]&0x0f|0x40, g[8]&0x3f|0x80 // version 4
		}
		return v, nil
	}}}},
	int2("binary_and", "Returns the bits that are set in both numbers.", func(a, b int64) int64 { return a & b }, `binary_and(6, 3)`, `2`),
	int2("binary_or", "Returns the bits that are set in either number.", func(a, b int64) int64 { return a | b }, `binary_or(5, 3)`, `7`),
	int2("binary_xor", "Returns the bits that are set in one of two numbers.", func(a, b int64) int64 { return a ^ b }, `binary_xor(5, 3)`, `6`),
	shift2("binary_shift_left", "Shifts the bits of a number to the left; the distance counts modulo 64, and a negative one gives null.", func(a int64, b uint64) int64 { return a << b }, `binary_shift_left(1, 3)`, `8`),
	shift2("binary_shift_right", "Shifts the bits of a number to the right, keeping its sign; the distance counts modulo 64, and a negative one gives null.", func(a int64, b uint64) int64 { return a >> b }, `binary_shift_right(8, 3)`, `1`),
	{Name: "binary_not", Doc: "Turns all bits of a number around.", Naming: NameFirst, Sigs: []Sig{{"(value: integer): long", Map1(func(a int64) (int64, bool) { return ^a, true })}},
		Ex: []Example{{`binary_not(100)`, `-101`}}},
	{Name: "bitset_count_ones", Doc: "Counts the bits of a number that are set.", Naming: NameFirst, Sigs: []Sig{{"(value: integer): long", Map1(func(a int64) (int64, bool) { return int64(bits.OnesCount64(uint64(a))), true })}},
		Ex: []Example{{`bitset_count_ones(42)`, `3`}}},
	{Name: "tohex", Doc: "Writes a whole number in hexadecimal digits, filled up with zeros to a length of at most 16.", Naming: NameFirst,
		Sigs: []Sig{{"(value: int, minLength?: long): string", Row(func(a []value.Value) value.Value { return toHex(a, 0xffffffff) })},
			{"(value: long, minLength?: long): string", Row(func(a []value.Value) value.Value { return toHex(a, math.MaxUint64) })}},
		Ex: []Example{{`tohex(256)`, `100`}, {`tohex(-256)`, `ffffffffffffff00`}, {`tohex(toint(-256), 8)`, `ffffff00`}, {`tohex(256, 8)`, `00000100`}, {`tohex(256, 2)`, `100`}, {`tohex(1, 20)`, `0000000000000001`}}},
	{Name: "format_bytes", Doc: "Writes a size in bytes in the unit that fits, or the given one (Bytes, KB, MB, GB, TB, PB, EB), with a number of digits after the point.", Naming: NameFirst,
		Sigs: []Sig{{"(size: real, !precision?: real, !units?: string): string", Row(formatBytes)}},
		Ex:   []Example{{`format_bytes(564)`, `564 Bytes`}, {`format_bytes(10332, 1)`, `10.1 KB`}, {`format_bytes(20010332, 2)`, `19.08 MB`}, {`format_bytes(20010332, 0, "KB")`, `19541 KB`}, {`format_bytes(1536, 1, "")`, `1.5 KB`}}},
}

func real1(name, doc string, f func(float64) float64, naming Naming, ex, want string) Func {
	return Func{Name: name, Doc: doc, Naming: naming, Sigs: []Sig{{"(number: real): real", Map1(Total(f))}}, Ex: []Example{{ex, want}}}
}

func int2(name, doc string, f func(a, b int64) int64, ex, want string) Func {
	return Func{Name: name, Doc: doc, Naming: NameFirst, Sigs: []Sig{{"(value1: integer, value2: integer): long", Map2(Total2(f))}}, Ex: []Example{{ex, want}}}
}

func shift2(name, doc string, f func(a int64, by uint64) int64, ex, want string) Func {
	return Func{Name: name, Doc: doc, Naming: NameFirst, Ex: []Example{{ex, want}, {name + "(8, -1)", "null"}, {name + "(8, 64)", "8"}},
		Sigs: []Sig{{"(value1: integer, value2: integer): long", Map2(func(a, b int64) (int64, bool) { return f(a, uint64(b)%64), b >= 0 })}}}
}

// logOf gives null for negative numbers, as the engine does.
func logOf(f func(float64) float64) func(float64) (float64, bool) {
	return func(x float64) (float64, bool) { return f(x), !(x < 0) }
}

func realTest(f func(float64) bool) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		a := c.Args[0]
		out := make([]bool, c.N)
		for i := range out {
			out[i] = !a.IsNull(i) && f(a.Reals[a.At(i)])
		}
		return vec.OfBools(out), nil
	}
}

func round(x float64, precision int64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || precision > 17 {
		return x
	}
	if precision <= 0 {
		if precision < -300 {
			return 0
		}
		by := math.Pow10(int(-precision))
		return math.Round(x/by) * by
	}
	by := math.Pow10(int(precision))
	if r := math.Round(x*by) / by; !math.IsInf(r, 0) && !math.IsNaN(r) {
		return r
	}
	return x
}

// extreme keeps the largest (sign 1) or smallest argument.
func extreme(sign int) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		b := vec.NewBuilder(c.Out, c.N)
		for i := range c.N {
			best := value.Null
			for _, a := range c.Args {
				v := a.Get(i)
				switch {
				case v.IsNull():
				case v.Kind() == value.KindReal && math.IsNaN(v.Float()):
					best = v
				case best.IsNull():
					best = v
				case best.Kind() == value.KindReal && math.IsNaN(best.Float()):
				case value.Compare(v, best)*sign > 0:
					best = v
				}
			}
			b.Append(Convert(best, best.Type(), c.Out))
		}
		return b.Finish(), nil
	}
}

func toHex(a []value.Value, mask uint64) value.Value {
	if a[0].IsNull() {
		return value.String("")
	}
	s := strconv.FormatUint(uint64(a[0].Int64())&mask, 16)
	for n := min(longArg(a, 1, 0), 16); int64(len(s)) < n; {
		s = "0" + s
	}
	return value.String(s)
}

var byteUnits = []string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"}

func formatBytes(a []value.Value) value.Value {
	if a[0].IsNull() {
		return value.String("")
	}
	size, precision, unit := a[0].Float(), 0, -1
	if len(a) > 1 {
		precision = int(max(0, min(15, a[1].Float())))
	}
	if len(a) > 2 && a[2].Str() != "" {
		for i, u := range byteUnits {
			if u == a[2].Str() {
				unit = i
			}
		}
		if unit < 0 {
			return value.String("")
		}
	} else {
		unit = 0
		for s := math.Abs(size); s >= 1024 && unit < len(byteUnits)-1; s /= 1024 {
			unit++
		}
	}
	f := round(size/math.Pow(1024, float64(unit)), int64(precision))
	return value.String(strconv.FormatFloat(f, 'f', -1, 64) + " " + byteUnits[unit])
}

// log10 adds the logarithm of the fraction to that of the power of two in the
// order of the C library's, whose last digit answers of Kusto's engine show.
func log10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log10(x)
	}
	m, e := math.Frexp(x)
	if e > 0 {
		m, e = 2*m, e-1
	}
	const log2Hi, log2Lo = 0x1.34413509f6000p-02, 0x1.9fef311f12b36p-42
	small := float64(e)*log2Lo + 1/math.Ln10*exact.Log(m)
	return small + float64(e)*log2Hi
}
