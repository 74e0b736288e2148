package fn

import (
	"math"

	"github.com/azward/azward/kql/internal/value"
)

// The distributions of the reference; what lies outside their domain is NaN or
// null exactly where Kusto's recorded answers say so.
var distributionFuncs = []Func{
	{Name: "beta_cdf", Doc: "Returns the cumulative beta distribution; NaN where x lies outside 0 to 1.",
		Sigs: []Sig{{"(x: real, alpha: real, beta: real): real", Map3(func(x, a, b float64) (float64, bool) {
			switch {
			case !(x >= 0 && x <= 1):
				return math.NaN(), true
			case a <= 0:
				return 1, true // as Kusto answers
			case b <= 0:
				return 0, true
			}
			return betaCDF(x, a, b), true
		})}},
		Ex: []Example{{`round(beta_cdf(0.5, 2, 2), 9)`, `0.5`}, {`beta_cdf(1.5, 10, 20)`, `NaN`}}},
	{Name: "beta_inv", Doc: "Returns the x whose cumulative beta distribution is a probability; null where that lies outside 0 to 1, NaN for parameters that are not positive.",
		Sigs: []Sig{{"(probability: real, alpha: real, beta: real): real", Map3(func(p, a, b float64) (float64, bool) {
			if !(p >= 0 && p <= 1) {
				return 0, false
			}
			if a <= 0 || b <= 0 || math.IsNaN(a) || math.IsNaN(b) {
				return math.NaN(), true
			}
			return betaInverse(p, a, b), true
		})}},
		Ex: []Example{{`beta_inv(0.5, 2, 2)`, `0.5`}, {`beta_inv(1.5, 10, 20)`, `null`}, {`beta_inv(1, 2, 3)`, `1.0`}}},
	{Name: "beta_pdf", Doc: "Returns the density of the beta distribution; NaN where x lies outside 0 to 1 or a parameter is not positive.",
		Sigs: []Sig{{"(x: real, alpha: real, beta: real): real", Map3(func(x, a, b float64) (float64, bool) {
			if !(x >= 0 && x <= 1) || !(a > 0) || !(b > 0) {
				return math.NaN(), true
			}
			l, _ := math.Lgamma(a + b)
			la, _ := math.Lgamma(a)
			lb, _ := math.Lgamma(b)
			if x == 0 && a == 1 || x == 1 && b == 1 {
				return math.Exp(l - la - lb), true
			}
			return math.Exp(l - la - lb + (a-1)*math.Log(x) + (b-1)*math.Log1p(-x)), true
		})}},
		Ex: []Example{{`round(beta_pdf(0.5, 10, 20), 6)`, `0.746176`}}},
	{Name: "welch_test", Doc: "Returns the p-value of Welch's test: how likely two samples of these means, variances and sizes come from populations of the same mean.",
		Sigs: []Sig{{"(mean1: real, variance1: real, count1: real, mean2: real, variance2: real, count2: real): real", Strict(func(a []value.Value) value.Value {
			return value.Real(welchTest(a[0].Float(), a[1].Float(), a[2].Float(), a[3].Float(), a[4].Float(), a[5].Float()))
		})}},
		Ex: []Example{{`round(welch_test(20.82, 7.86, 15, 22.98, 3.81, 15), 4)`, `0.0217`}}},
}

func welchTest(m1, v1, n1, m2, v2, n2 float64) float64 {
	a, b := v1/n1, v2/n2
	if !(n1 > 1) || !(n2 > 1) || a+b <= 0 {
		return math.NaN()
	}
	t := (m1 - m2) / math.Sqrt(a+b)
	df := (a + b) * (a + b) / (a*a/(n1-1) + b*b/(n2-1))
	return betaCDF(df/(df+t*t), df/2, 0.5)
}

// betaCDF is the regularized incomplete beta function, by its continued
// fraction (Lentz).
func betaCDF(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - betaCDF(1-x, b, a)
	}
	l, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	front := math.Exp(l-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	fix := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/fix(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < 500; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / fix(1+even*d)
		c = fix(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / fix(1+odd*d)
		c = fix(1 + odd/c)
		step := d * c
		f *= step
		if math.Abs(step-1) < 1e-16 {
			break
		}
	}
	return front * f
}

// betaInverse finds the quantile by halving, which no shape upsets.
func betaInverse(p, a, b float64) float64 {
	if p == 0 || p == 1 {
		return p
	}
	lo, hi := 0.0, 1.0
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid == lo || mid == hi {
			break
		}
		if betaCDF(mid, a, b) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + (hi-lo)/2
}
