// Package exact computes elementary functions with twice the digits of a float64
// and rounds once, so that in nearly all cases the answer is the float64 next to
// the true value. Go's package math is off by one in the last digit now and
// then, which shows in the text of a number.
package exact

import "math"

// dd is the unevaluated sum of two numbers, the second less than half of the last
// digit of the first.
type dd struct{ hi, lo float64 }

var (
	ln2      = [3]float64{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56, 0x1.7b57a079a1934p-111}
	perLn2   = dd{0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56}
	halfPi   = [4]float64{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110, 0x1.4cf98e804177dp-164}
	expTerms = inverseFactorials(11)
	sinTerms = inverseFactorials(30)
)

// inverseFactorials returns 1/n! for n below some number.
func inverseFactorials(n int) []dd {
	out := make([]dd, n)
	out[0] = dd{1, 0}
	for i := 1; i < n; i++ {
		out[i] = out[i-1].div(dd{float64(i), 0})
	}
	return out
}

func sum(a, b float64) dd {
	s := a + b
	t := s - a
	return dd{s, (a - (s - t)) + (b - t)}
}

func quick(a, b float64) dd {
	s := a + b
	return dd{s, b - (s - a)}
}

func product(a, b float64) dd {
	p := a * b
	return dd{p, math.FMA(a, b, -p)}
}

func (a dd) add(b dd) dd {
	s, t := sum(a.hi, b.hi), sum(a.lo, b.lo)
	s = quick(s.hi, s.lo+t.hi)
	return quick(s.hi, s.lo+t.lo)
}

func (a dd) neg() dd { return dd{-a.hi, -a.lo} }

func (a dd) sub(b dd) dd { return a.add(b.neg()) }

func (a dd) mul(b dd) dd {
	p := product(a.hi, b.hi)
	return quick(p.hi, p.lo+(a.hi*b.lo+a.lo*b.hi))
}

func (a dd) div(b dd) dd {
	q := a.hi / b.hi
	r := a.sub(b.mul(dd{q, 0}))
	q2 := r.hi / b.hi
	r = r.sub(b.mul(dd{q2, 0}))
	return quick(q, q2).add(dd{r.hi / b.hi, 0})
}

func (a dd) float() float64 { return a.hi + a.lo }

func special(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// exp returns e to the power of a as m times 2 to the power of n.
func exp(a dd) (m dd, n int) {
	k := math.Round(a.hi * perLn2.hi)
	r := a.sub(product(k, ln2[0])).sub(product(k, ln2[1])).sub(dd{k * ln2[2], 0})
	const halvings = 8
	r = dd{math.Ldexp(r.hi, -halvings), math.Ldexp(r.lo, -halvings)}
	// The small terms need no more than a float64.
	const few = 6
	tail := 0.0
	for i := len(expTerms) - 1; i >= few; i-- {
		tail = (tail + expTerms[i].hi) * r.hi
	}
	s := dd{tail, 0}
	for i := few - 1; i > 0; i-- {
		s = s.add(expTerms[i]).mul(r)
	}
	// s is e^r - 1, which loses nothing when it is squared: (1+s)^2 - 1.
	for range halvings {
		s = s.add(s).add(s.mul(s))
	}
	return s.add(dd{1, 0}), int(k)
}

// log returns the natural logarithm of a positive number.
func log(x float64) dd {
	f, e := math.Frexp(x)
	y := math.Log(x)
	if x < 0x1p-1022 { // Go's is wrong there
		y = math.Log(f) + float64(e)*math.Ln2
	}
	m, n := exp(dd{-y, 0})
	t := m.mul(dd{f, 0})
	t = dd{math.Ldexp(t.hi, n+e), math.Ldexp(t.lo, n+e)}.sub(dd{1, 0})
	// log(1+t) of a tiny t
	return dd{y, 0}.add(t).sub(t.mul(t).mul(dd{0.5, 0}))
}

// normal tells whether a number is neither special nor so small that it has
// fewer digits.
func normal(x float64) bool { return !special(x) && math.Abs(x) > 1e-290 }

// Exp returns e to the power of x.
func Exp(x float64) float64 {
	if y := math.Exp(x); !normal(y) || x == 0 {
		return y
	}
	return scaled(exp(dd{x, 0}))
}

func scaled(m dd, n int) float64 { return math.Ldexp(m.float(), n) }

// Pow returns x to the power of y.
func Pow(x, y float64) float64 {
	z := math.Pow(x, y)
	if !normal(z) || !normal(x) || special(y) || y == 0 || x == 1 || x == -1 {
		return z
	}
	w := scaled(exp(log(math.Abs(x)).mul(dd{y, 0})))
	return math.Copysign(w, z)
}

// Log returns the natural logarithm of x.
func Log(x float64) float64 { return logarithm(x, math.Log, dd{1, 0}) }

// Log2 returns the logarithm of x to the base 2.
func Log2(x float64) float64 { return logarithm(x, math.Log2, perLn2) }

func logarithm(x float64, plain func(float64) float64, factor dd) float64 {
	if x <= 0 || special(x) || x == 1 {
		return plain(x)
	}
	return log(x).mul(factor).float()
}

// sincos returns the sine and the cosine; ok is false where x is too large to be
// reduced here.
func sincos(x float64) (sin, cos dd, ok bool) {
	if special(x) || math.Abs(x) > 1<<26 {
		return dd{}, dd{}, false
	}
	k := math.Round(x / halfPi[0])
	r := dd{x, 0}
	for _, part := range halfPi {
		r = r.sub(product(k, part))
	}
	sq := r.mul(r)
	// The small terms need no more than a float64.
	const few = 20
	small := [2]float64{}
	for i := len(sinTerms) - 1; i >= few; i-- {
		small[i%2] = math.Copysign(sinTerms[i].hi, float64(1-i%4/2*2)) + small[i%2]*sq.hi
	}
	s, c := dd{small[1], 0}, dd{small[0], 0}
	for i := few - 1; i > 0; i-- {
		t := sinTerms[i]
		if i%4 >= 2 {
			t = t.neg()
		}
		if i%2 == 1 {
			s = t.add(s.mul(sq))
		} else {
			c = t.add(c.mul(sq))
		}
	}
	s, c = s.mul(r), dd{1, 0}.add(c.mul(sq))
	switch int64(k) & 3 {
	case 1:
		return c, s.neg(), true
	case 2:
		return s.neg(), c.neg(), true
	case 3:
		return c.neg(), s, true
	default:
		return s, c, true
	}
}

// Sin returns the sine of x.
func Sin(x float64) float64 {
	s, _, ok := sincos(x)
	if !ok || x == 0 || !normal(s.hi) {
		return math.Sin(x)
	}
	return s.float()
}

// Cos returns the cosine of x.
func Cos(x float64) float64 {
	_, c, ok := sincos(x)
	if !ok {
		return math.Cos(x)
	}
	return c.float()
}

// Tan returns the tangent of x.
func Tan(x float64) float64 {
	s, c, ok := sincos(x)
	if !ok || x == 0 || !normal(s.hi) {
		return math.Tan(x)
	}
	return s.div(c).float()
}

// Asin returns the angle whose sine is x.
func Asin(x float64) float64 {
	y := math.Asin(x)
	s, c, ok := sincos(y)
	if !ok || math.Abs(x) == 1 || !normal(x) {
		return y
	}
	return dd{y, 0}.add(dd{x, 0}.sub(s).div(c)).float()
}

// Acos returns the angle whose cosine is x.
func Acos(x float64) float64 {
	y := math.Acos(x)
	s, c, ok := sincos(y)
	if !ok || math.Abs(x) == 1 {
		return y
	}
	return dd{y, 0}.add(c.sub(dd{x, 0}).div(s)).float()
}

// Atan returns the angle whose tangent is x.
func Atan(x float64) float64 { return Atan2(x, 1) }

// Atan2 returns the angle of the line to the point (x, y) with the x axis.
func Atan2(y, x float64) float64 {
	a := math.Atan2(y, x)
	if !normal(x) || !normal(y) || !normal(a) || math.Abs(x) > 1e150 || math.Abs(y) > 1e150 {
		return a
	}
	s, c, ok := sincos(a)
	if !ok {
		return a
	}
	across := dd{y, 0}.mul(c).sub(dd{x, 0}.mul(s))
	along := dd{x, 0}.mul(c).add(dd{y, 0}.mul(s))
	return dd{a, 0}.add(across.div(along)).float()
}
