package fn

import (
	"math"
)

func special1(name, doc, call, want string, f func(float64) float64) Func {
	return Func{Name: name, Doc: doc, Naming: NameFirst, Sigs: []Sig{{"(x: real): real", Map1(Total(f))}}, Ex: []Example{{call, want}}}
}

var moreMath = []Func{
	special1("gamma", "Returns the gamma function.", `gamma(5)`, `24.0`, math.Gamma),
	special1("loggamma", "Returns the logarithm of the gamma function's absolute value.", `loggamma(1)`, `0.0`, func(x float64) float64 { v, _ := math.Lgamma(x); return v }),
	special1("erf", "Returns the error function.", `erf(0)`, `0.0`, math.Erf),
	special1("erfc", "Returns the complementary error function.", `erfc(0)`, `1.0`, complementaryErf),
}

// complementaryErf adds 1 last where math.Erfc adds it first and loses a digit.
func complementaryErf(x float64) float64 {
	if x > -1.25 && x <= -0.84375 {
		return 1 + math.Erf(-x)
	}
	return math.Erfc(x)
}
