package fn

import (
	"math"
	"slices"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var seriesFitFuncs = []Func{
	{Name: "series_fit_line", Doc: "Fits a line to a series by least squares: R squared, slope, variance, variance of the residuals, interception (the first element lies at 1) and the line as columns.",
		Outs: []Column{{"rsquare", types.Real}, {"slope", types.Real}, {"variance", types.Real}, {"rvariance", types.Real}, {"interception", types.Real}, {"line_fit", types.Dynamic}},
		Sigs: []Sig{{"(series: array): dynamic", Row(func(a []value.Value) value.Value { return value.Array(fitLine(a[0])) })}},
		Ex:   []Example{{`series_fit_line(dynamic([1,2,3]))`, `[1.0,1.0,1.0,0.0,0.0,[1.0,2.0,3.0]]`}}},
	{Name: "series_fit_line_dynamic", Doc: "Returns what series_fit_line does as a property bag.",
		Sigs: []Sig{{"(series: array): dynamic", Row(func(a []value.Value) value.Value {
			return named(fitLine(a[0]), "rsquare", "slope", "variance", "rvariance", "interception", "line_fit")
		})}},
		Ex: []Example{{`series_fit_line_dynamic(dynamic([1,2,3]))`, `{"rsquare":1.0,"slope":1.0,"variance":1.0,"rvariance":0.0,"interception":0.0,"line_fit":[1.0,2.0,3.0]}`}}},
	{Name: "series_fit_2lines", Doc: "Fits two lines to a series, split where their squared residuals add up to least, and describes both and each of them as columns.",
		Outs: []Column{{"rsquare", types.Real}, {"split_idx", types.Long}, {"variance", types.Real}, {"rvariance", types.Real}, {"line_fit", types.Dynamic},
			{"right_rsquare", types.Real}, {"right_slope", types.Real}, {"right_interception", types.Real}, {"right_variance", types.Real}, {"right_rvariance", types.Real},
			{"left_rsquare", types.Real}, {"left_slope", types.Real}, {"left_interception", types.Real}, {"left_variance", types.Real}, {"left_rvariance", types.Real}},
		Sigs: []Sig{{"(series: array): dynamic", Row(func(a []value.Value) value.Value { return value.Array(fitTwoLines(a[0])) })}},
		Ex:   []Example{{`array_slice(series_fit_2lines(dynamic([1,2,3,9,8,7])), 1, 1)`, `[3]`}}},
	{Name: "series_fit_2lines_dynamic", Doc: "Returns what series_fit_2lines does as a property bag with bags for the lines.",
		Sigs: []Sig{{"(series: array): dynamic", Row(func(a []value.Value) value.Value {
			f := fitTwoLines(a[0])
			line := func(v []value.Value) value.Value {
				return named(v, "rsquare", "slope", "interception", "variance", "rvariance")
			}
			v := append(append([]value.Value{}, f[:5]...), line(f[5:10]), line(f[10:15]))
			return named(v, "rsquare", "split_idx", "variance", "rvariance", "line_fit", "right", "left")
		})}},
		Ex: []Example{{`tostring(series_fit_2lines_dynamic(dynamic([1,2])))`, `{"rsquare":null,"split_idx":null,"variance":null,"rvariance":null,"line_fit":null,"right":{"rsquare":null,"slope":null,"interception":null,"variance":null,"rvariance":null},"left":{"rsquare":null,"slope":null,"interception":null,"variance":null,"rvariance":null}}`}}},
	{Name: "series_fit_poly", Doc: "Fits a polynomial of a degree (by default 1, at most 7) to a series, over the places of its elements or given values of x: R squared, coefficients from the highest power down, variance, variance of the residuals and the fitted values as columns.",
		Outs: []Column{{"rsquare", types.Real}, {"coefficients", types.Dynamic}, {"variance", types.Real}, {"rvariance", types.Real}, {"poly_fit", types.Dynamic}},
		Sigs: []Sig{{"(y_series: array, x_series?: array, degree?: long): dynamic", Row(fitPoly)}},
		Ex:   []Example{{`array_length(series_fit_poly(dynamic([1,2,3])))`, `5`}}},
}

func named(vals []value.Value, names ...string) value.Value {
	b := value.NewBag(len(names))
	for i, n := range names {
		b.Set(n, vals[i])
	}
	return value.Object(b)
}

// line is a fit over places 0, 1, 2 ...
type line struct{ slope, at0, sse, sst float64 }

func (l line) at(i int) float64 { return l.at0 + l.slope*float64(i) }

func (l line) rsquare() float64 {
	if l.sst == 0 {
		if l.sse == 0 {
			return 1
		}
		return 0
	}
	return 1 - l.sse/l.sst
}

func leastSquares(ys []float64) line {
	n := float64(len(ys))
	mx, my := (n-1)/2, meanOf(ys)
	var sxy, sxx, syy float64
	for i, y := range ys {
		dx := float64(i) - mx
		sxy += dx * (y - my)
		sxx += dx * dx
		syy += (y - my) * (y - my)
	}
	l := line{sst: syy}
	if sxx > 0 {
		l.slope = sxy / sxx
	}
	l.at0 = my - l.slope*mx
	for i, y := range ys {
		r := y - l.at(i)
		l.sse += r * r
	}
	return l
}

// sample divides a sum of squares by n-1 as the variance of a sample.
func sample(ss float64, n int) float64 {
	if n < 2 {
		return 0
	}
	return ss / float64(n-1)
}

func fitLine(v value.Value) []value.Value {
	ys, ok := series(v)
	if !ok || len(ys) < 2 {
		return make([]value.Value, 6)
	}
	l := leastSquares(ys)
	fit := make([]float64, len(ys))
	for i := range fit {
		fit[i] = l.at(i)
	}
	return []value.Value{value.Real(l.rsquare()), value.Real(l.slope), value.Real(sample(l.sst, len(ys))), value.Real(sample(l.sse, len(ys))), value.Real(l.at(-1)), reals(fit)}
}

// running keeps sums from which the squared residuals of a line over a stretch
// of a series follow at once.
type running struct{ y, xy, yy []float64 }

func (r *running) sse(from, to int) float64 {
	n := float64(to - from)
	if n < 2 {
		return 0
	}
	sy := r.y[to] - r.y[from]
	sxy := r.xy[to] - r.xy[from] - float64(from)*sy
	syy := r.yy[to] - r.yy[from]
	mx := (n - 1) / 2
	sxx := n * (n*n - 1) / 12
	cxy := sxy - mx*sy
	return max(0, syy-sy*sy/n-cxy*cxy/sxx)
}

func fitTwoLines(v value.Value) []value.Value {
	ys, ok := series(v)
	n := len(ys)
	if !ok || n < 4 {
		return make([]value.Value, 15)
	}
	m := meanOf(ys)
	r := running{make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)}
	for i, y := range ys {
		y -= m
		r.y[i+1], r.xy[i+1], r.yy[i+1] = r.y[i]+y, r.xy[i]+float64(i)*y, r.yy[i]+y*y
	}
	split, best := 2, math.Inf(1)
	for s := 2; s <= n-2; s++ {
		if e := r.sse(0, s) + r.sse(s, n); e < best {
			split, best = s, e
		}
	}
	left, right := leastSquares(ys[:split]), leastSquares(ys[split:])
	sst := leastSquares(ys).sst
	fit := make([]float64, n)
	for i := range fit {
		if i < split {
			fit[i] = left.at(i)
		} else {
			fit[i] = right.at(i - split)
		}
	}
	both := line{sse: left.sse + right.sse, sst: sst}
	out := []value.Value{value.Real(both.rsquare()), value.Long(int64(split)), value.Real(sample(sst, n)), value.Real(sample(both.sse, n)), reals(fit)}
	for _, p := range []struct {
		l line
		n int
	}{{right, n - split}, {left, split}} {
		out = append(out, value.Real(p.l.rsquare()), value.Real(p.l.slope), value.Real(p.l.at(-1)), value.Real(sample(p.l.sst, p.n)), value.Real(sample(p.l.sse, p.n)))
	}
	return out
}

func fitPoly(a []value.Value) value.Value {
	none := value.Array(make([]value.Value, 5))
	ys, ok := series(a[0])
	degree := longArg(a, 2, 1)
	if !ok || degree < 1 || degree > 7 || int64(len(ys)) <= degree {
		return none
	}
	xs := make([]float64, len(ys))
	for i := range xs {
		xs[i] = float64(i)
	}
	if len(a) > 1 && !a[1].IsNull() {
		for i, e := range a[1].Items() {
			if i < len(xs) {
				if e.Kind() == value.KindString {
					e = Convert(Convert(e, types.Dynamic, types.DateTime), types.DateTime, types.Long)
				}
				if e.IsNull() {
					return none
				}
				xs[i] = e.Float()
			}
		}
		if len(a[1].Items()) != len(ys) {
			return none
		}
	}
	coef, ok := polynomial(xs, ys, int(degree))
	if !ok {
		return none
	}
	fit := make([]float64, len(xs))
	m, sse, sst := meanOf(ys), 0.0, 0.0
	for i, x := range xs {
		for _, c := range slices.Backward(coef) {
			fit[i] = fit[i]*x + c
		}
		sse += (ys[i] - fit[i]) * (ys[i] - fit[i])
		sst += (ys[i] - m) * (ys[i] - m)
	}
	down := make([]float64, len(coef))
	for i, c := range coef {
		down[len(coef)-1-i] = c
	}
	return value.Array([]value.Value{value.Real(line{sse: sse, sst: sst}.rsquare()), reals(down), value.Real(sample(sst, len(ys))), value.Real(sample(sse, len(ys))), reals(fit)})
}

// polynomial returns the coefficients, from the constant up, of a least-squares
// fit. It works on x moved and scaled to -1..1 by orthogonal steps (Householder
// on the design matrix), which keeps high degrees exact.
func polynomial(xs, ys []float64, degree int) ([]float64, bool) {
	lo, hi := xs[0], xs[0]
	for _, x := range xs {
		lo, hi = min(lo, x), max(hi, x)
	}
	mid, half := (lo+hi)/2, (hi-lo)/2
	if half == 0 || math.IsNaN(half) || math.IsInf(half, 0) {
		return nil, false
	}
	n, cols := len(xs), degree+1
	m := make([][]float64, cols)
	for k := range m {
		m[k] = make([]float64, n)
		for i, x := range xs {
			if k == 0 {
				m[k][i] = 1
			} else {
				m[k][i] = m[k-1][i] * (x - mid) / half
			}
		}
	}
	y := append([]float64{}, ys...)
	for k := range cols {
		norm := math.Sqrt(dot(m[k][k:], m[k][k:]))
		if norm < 1e-12 {
			return nil, false
		}
		if m[k][k] > 0 {
			norm = -norm
		}
		v := append([]float64{}, m[k][k:]...)
		v[0] -= norm
		vv := dot(v, v)
		reflect := func(c []float64) {
			f := 2 * dot(v, c) / vv
			for i := range c {
				c[i] -= f * v[i]
			}
		}
		for j := k; j < cols; j++ {
			reflect(m[j][k:])
		}
		reflect(y[k:])
	}
	c := make([]float64, cols)
	for k := degree; k >= 0; k-- {
		s := y[k]
		for j := k + 1; j < cols; j++ {
			s -= m[j][k] * c[j]
		}
		c[k] = s / m[k][k]
	}
	out := make([]float64, cols) // of (x-mid)/half back to x
	for k := degree; k >= 0; k-- {
		for j := cols - 1; j >= 0; j-- {
			out[j] *= -mid / half
			if j > 0 {
				out[j] += out[j-1] / half
			}
		}
		out[0] += c[k]
	}
	return out, true
}
