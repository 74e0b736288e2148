package fn

import "math"

// The functions of this file give the real nearest to the exact result, but for
// a few in a million, as the libraries do that Kusto stands on; those of package
// math are off by one in the last place more often. They compute with pairs of
// reals, which carry 106 bits.

// pair is the unevaluated sum of two reals, the second small beside the first.
type pair struct{ hi, lo float64 }

func (p pair) value() float64 { return p.hi + p.lo }

func (p pair) neg() pair { return pair{-p.hi, -p.lo} }

// exactSum returns a+b and what rounding lost.
func exactSum(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

// exactProduct returns a*b and what rounding lost.
func exactProduct(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (p pair) add(q pair) pair {
	s := exactSum(p.hi, q.hi)
	t := exactSum(p.lo, q.lo)
	s = exactSum(s.hi, s.lo+t.hi)
	return exactSum(s.hi, s.lo+t.lo)
}

func (p pair) mul(q pair) pair {
	r := exactProduct(p.hi, q.hi)
	return exactSum(r.hi, r.lo+(p.hi*q.lo+p.lo*q.hi))
}

func (p pair) div(q pair) pair {
	a := p.hi / q.hi
	r := p.add(q.mul(pair{-a, 0}))
	b := r.hi / q.hi
	r = r.add(q.mul(pair{-b, 0}))
	return exactSum(a, b).add(pair{r.hi / q.hi, 0})
}

var (
	// halfPi is pi/2 in three parts.
	halfPi = [3]float64{0x1.921fb54442d18p+00, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110}
	ln2    = pair{0x1.62e42fefa39efp-01, 0x1.abc9e3b39803fp-56}
)

// maxTurns bounds the angles that are reduced here; the larger are left to
// package math.
const maxTurns = 1 << 22

// quarters takes whole quarters of a turn off an angle and returns which quarter it is in.
func quarters(x float64) (pair, int) {
	n := math.RoundToEven(x / halfPi[0])
	r := exactSum(x, 0)
	for _, part := range halfPi {
		p := exactProduct(-n, part)
		r = r.add(p)
	}
	return r, int(int64(n) & 3)
}

// coefficients returns n of them as pairs, the numerators being 1 or -1.
func coefficients(n int, of func(i int) (sign, divisor pair)) []pair {
	out := make([]pair, n)
	for i := range out {
		sign, divisor := of(i)
		out[i] = sign.div(divisor)
	}
	return out
}

func factorial(n int) pair {
	f := pair{1, 0}
	for k := 2; k <= n; k++ {
		f = f.mul(pair{float64(k), 0})
	}
	return f
}

func alternating(i int) pair { return pair{float64(1 - i%2*2), 0} }

// The series of sine over x and of cosine, in x*x, of the exponential, and of
// the logarithm of (1+x)/(1-x) over 2*x, in x*x.
var (
	sineSeries   = coefficients(14, func(i int) (pair, pair) { return alternating(i), factorial(2*i + 1) })
	cosineSeries = coefficients(14, func(i int) (pair, pair) { return alternating(i), factorial(2 * i) })
	expSeries    = coefficients(24, func(i int) (pair, pair) { return pair{1, 0}, factorial(i) })
	logSeries    = coefficients(22, func(i int) (pair, pair) { return pair{1, 0}, pair{float64(2*i + 1), 0} })
)

// evaluate sums a series up; the terms from exact on are so small that plain
// reals do for them.
func evaluate(x pair, series []pair, exact int) pair {
	rest := 0.0
	for i := len(series) - 1; i >= exact; i-- {
		rest = rest*x.hi + series[i].hi
	}
	sum := pair{rest, 0}
	for i := exact - 1; i >= 0; i-- {
		sum = sum.mul(x).add(series[i])
	}
	return sum
}

// angle returns sine and cosine of an angle; ok is false where package math
// must do.
func angle(x float64) (sin, cos pair, ok bool) {
	if !(math.Abs(x) < maxTurns) || math.Abs(x) < 1e-8 {
		return sin, cos, false
	}
	r, quarter := quarters(x)
	square := r.mul(r)
	s, c := evaluate(square, sineSeries, 7).mul(r), evaluate(square, cosineSeries, 7)
	switch quarter {
	case 1:
		return c, s.neg(), true
	case 2:
		return s.neg(), c.neg(), true
	case 3:
		return c.neg(), s, true
	}
	return s, c, true
}

func sine(x float64) float64 {
	if s, _, ok := angle(x); ok {
		return s.value()
	}
	return math.Sin(x)
}

func cosine(x float64) float64 {
	if _, c, ok := angle(x); ok {
		return c.value()
	}
	return math.Cos(x)
}

func tangent(x float64) float64 {
	if s, c, ok := angle(x); ok {
		return s.div(c).value()
	}
	return math.Tan(x)
}

func cotangent(x float64) float64 {
	if s, c, ok := angle(x); ok {
		return c.div(s).value()
	}
	return 1 / math.Tan(x)
}

// arctangent2 returns the angle of the point (x, y), and the inverse functions
// below theirs: one step of Newton's method from package math's answer.
func arctangent2(y, x float64) float64 {
	a := math.Atan2(y, x)
	s, c, ok := angle(a)
	if big := max(math.Abs(x), math.Abs(y)); !ok || big > 1e150 || big < 1e-150 {
		return a
	}
	px, py := pair{x, 0}, pair{y, 0}
	off := py.mul(c).add(px.mul(s).neg())
	return a + off.value()/px.mul(c).add(py.mul(s)).value()
}

func arctangent(x float64) float64 { return arctangent2(x, 1) }

func arcsine(x float64) float64 {
	a := math.Asin(x)
	if s, c, ok := angle(a); ok && math.Abs(x) < 1 {
		return a + (pair{x, 0}).add(s.neg()).value()/c.value()
	}
	return a
}

func arccosine(x float64) float64 {
	a := math.Acos(x)
	if s, c, ok := angle(a); ok && math.Abs(x) < 1 {
		return a + c.add(pair{-x, 0}).value()/s.value()
	}
	return a
}

// logarithm returns the natural logarithm of a positive finite number.
func logarithm(x float64) pair {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	// log(m) is 2*(t + t^3/3 + t^5/5 ...) with t = (m-1)/(m+1).
	t := pair{m - 1, 0}.div(exactSum(m, 1))
	sum := evaluate(t.mul(t), logSeries, 9).mul(t)
	return ln2.mul(pair{float64(e), 0}).add(pair{2 * sum.hi, 2 * sum.lo})
}

func logTo(base pair, rough func(float64) float64) func(float64) float64 {
	return func(x float64) float64 {
		if !(x > 0) || math.IsInf(x, 1) {
			return rough(x)
		}
		return logarithm(x).div(base).value()
	}
}

var (
	naturalLog = logTo(pair{1, 0}, math.Log)
	log2       = logTo(ln2, math.Log2)
)

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
	small := float64(e)*log2Lo + 1/math.Ln10*naturalLog(m)
	return small + float64(e)*log2Hi
}

// exponential returns e to the power of p, whose value is between -700 and 700.
func exponential(p pair) float64 {
	k := math.RoundToEven(p.hi / ln2.hi)
	r := p.add(ln2.mul(pair{-k, 0}))
	sum := evaluate(r, expSeries, 13)
	return math.Ldexp(sum.value(), int(k))
}

func exp(x float64) float64 {
	if !(math.Abs(x) < 700) {
		return math.Exp(x)
	}
	return exponential(pair{x, 0})
}

// power returns x to the power of y.
func power(x, y float64) float64 {
	rough := math.Pow(x, y)
	if x == 0 || rough == 0 || math.IsNaN(rough) || math.IsInf(rough, 0) || math.IsInf(x, 0) || math.Abs(rough) == 1 {
		return rough
	}
	e := logarithm(math.Abs(x)).mul(pair{y, 0})
	if !(math.Abs(e.hi) < 700) {
		return rough
	}
	return math.Copysign(exponential(e), rough)
}
