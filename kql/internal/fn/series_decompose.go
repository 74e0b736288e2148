package fn

import (
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var decomposeFuncs = []Func{
	{Name: "series_periods_detect", Doc: "Returns the most significant periods of a series within bounds and their scores by autocorrelation (0 to 1), best first and filled up with 0, as columns.",
		Outs: []Column{{"periods", types.Dynamic}, {"scores", types.Dynamic}},
		Sigs: []Sig{{"(series: array, min_period: real, max_period: real, num_periods: long): dynamic", Strict(func(a []value.Value) value.Value {
			xs, ok := series(a[0])
			n := a[3].Int64()
			if !ok || n < 0 || n > maxFound {
				return value.Array([]value.Value{value.Null, value.Null})
			}
			ps, scores := make([]float64, n), make([]float64, n)
			for i, p := range periods(xs, a[1].Float(), a[2].Float()) {
				if int64(i) < n {
					ps[i], scores[i] = float64(p.length), p.score
				}
			}
			return value.Array([]value.Value{reals(ps), reals(scores)})
		})}},
		Ex: []Example{{`series_periods_detect(dynamic([1,2,3,2,1,2,3,2,1,2,3,2,1,2,3,2]), 0, 50, 1)`, `[[4.0],[0.990873223368]]`}}},
	{Name: "series_periods_validate", Most: 17, Doc: "Returns the given periods and their scores by autocorrelation (0 to 1), 0 for those that it does not show, as columns.",
		Outs: []Column{{"periods", types.Dynamic}, {"scores", types.Dynamic}},
		Sigs: []Sig{{"(series: array, period: real, more...: real): dynamic", Strict(func(a []value.Value) value.Value {
			xs, ok := series(a[0])
			if !ok {
				return value.Array([]value.Value{value.Null, value.Null})
			}
			ac := autocorrelation(xs)
			var ps, scores []float64
			for _, p := range a[1:] {
				ps = append(ps, p.Float())
				score := 0.0
				if n := int(math.Round(p.Float())); n >= minPeriod && n <= len(xs)/2 && isPeak(ac, n, len(xs)) {
					score = ac[n]
				}
				scores = append(scores, score)
			}
			return value.Array([]value.Value{reals(ps), reals(scores)})
		})}},
		Ex: []Example{{`series_periods_validate(dynamic([1,2,3,2,1,2,3,2,1,2,3,2,1,2,3,2]), 4, 50)`, `[[4.0,50.0],[0.990873223368351,0.0]]`}}},
	{Name: "series_seasonal", Doc: "Returns the seasonal part of a series: for each place in the period, given or detected, the median of the series there; zeros where there is no period.",
		Sigs: []Sig{{"(series: array, period?: long, test_points?: long): dynamic", Row(func(a []value.Value) value.Value {
			xs, ok := series(a[0])
			if !ok {
				return value.Null
			}
			train := training(len(xs), longArg(a, 2, 0))
			p := choosePeriod(xs[:train], longArg(a, 1, autoPeriod), 0.7)
			return reals(seasonal(xs, train, p))
		})}},
		Ex: []Example{{`series_seasonal(dynamic([1,2,3,2,1,2,3,2,1,2,3,2,1,2,3,2]))`, `[1.0,2.0,3.0,2.0,1.0,2.0,3.0,2.0,1.0,2.0,3.0,2.0,1.0,2.0,3.0,2.0]`}, {`series_seasonal(dynamic([1,2,1,4]), 2)`, `[1.0,3.0,1.0,3.0]`}}},
	{Name: "series_decompose", Doc: "Takes a series apart: the baseline, which is the seasonal part (see series_seasonal) plus the trend (avg, linefit or none), both of these, and what is left, as columns. A period of -1 is detected, one of 0 means none; test points at the end are not learned from.",
		Outs: []Column{{"baseline", types.Dynamic}, {"seasonal", types.Dynamic}, {"trend", types.Dynamic}, {"residual", types.Dynamic}},
		Sigs: []Sig{{"(series: array, period?: long, trend?: string, test_points?: long, seasonality_threshold?: real): dynamic", Row(func(a []value.Value) value.Value {
			d, ok := decompose(a[0], longArg(a, 1, autoPeriod), textArg(a, 2, "avg"), longArg(a, 3, 0), realArg(a, 4, seasonThreshold))
			return d.columns(ok)
		})}},
		Ex: []Example{{`series_decompose(dynamic([1,2,3]), 0)`, `[[2.0,2.0,2.0],[0.0,0.0,0.0],[2.0,2.0,2.0],[-1.0,0.0,1.0]]`}}},
	{Name: "series_decompose_forecast", Doc: "Predicts the last points of a series from the others, as series_decompose with these for test points does; the baseline, which is the first column, holds them.",
		Outs: []Column{{"baseline", types.Dynamic}, {"seasonal", types.Dynamic}, {"trend", types.Dynamic}, {"residual", types.Dynamic}},
		Sigs: []Sig{{"(series: array, test_points: long, period?: long, trend?: string, seasonality_threshold?: real): dynamic", Row(func(a []value.Value) value.Value {
			d, ok := decompose(a[0], longArg(a, 2, autoPeriod), textArg(a, 3, "avg"), longArg(a, 1, 0), realArg(a, 4, seasonThreshold))
			return d.columns(ok)
		})}},
		Ex: []Example{{`series_decompose_forecast(dynamic([1,2,3,0]), 1, 0, "linefit")`, `[[1.0,2.0,3.0,4.0],[0.0,0.0,0.0,0.0],[1.0,2.0,3.0,4.0],[0.0,0.0,0.0,-4.0]]`}}},
	{Name: "series_decompose_anomalies", Doc: "Finds the elements whose residual (see series_decompose) is an outlier beyond a threshold (by default 1.5): 1, -1 or 0 for each, the scores (see series_outliers) and the baseline as columns.",
		Outs: []Column{{"ad_flag", types.Dynamic}, {"ad_score", types.Dynamic}, {"baseline", types.Dynamic}},
		Sigs: []Sig{{"(series: array, threshold?: real, period?: long, trend?: string, test_points?: long, method?: string, seasonality_threshold?: real): dynamic", Row(func(a []value.Value) value.Value {
			test := longArg(a, 4, 0)
			d, ok := decompose(a[0], longArg(a, 2, autoPeriod), textArg(a, 3, "avg"), test, realArg(a, 6, seasonThreshold))
			if !ok {
				return value.Array(make([]value.Value, 3))
			}
			lo, hi := 0.1, 0.9
			if strings.EqualFold(textArg(a, 5, "ctukey"), "tukey") {
				lo, hi = 0.25, 0.75
			}
			scores := tukey(d.residual, d.residual[:training(len(d.residual), test)], lo, hi)
			flags := make([]value.Value, len(scores))
			limit := realArg(a, 1, 1.5)
			for i, s := range scores {
				switch {
				case s > limit:
					flags[i] = value.Long(1)
				case s < -limit:
					flags[i] = value.Long(-1)
				default:
					flags[i] = value.Long(0)
				}
			}
			return value.Array([]value.Value{value.Array(flags), reals(scores), reals(d.baseline)})
		})}},
		Ex: []Example{{`series_decompose_anomalies(dynamic([1,2,1,2,90,2,1,2,1,2,1]), 1.5, 0)`, `[[0,0,0,0,1,0,0,0,0,0,0],[0.0,0.0,0.0,0.0,243.9892932846965,0.0,0.0,0.0,0.0,0.0,0.0],[9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545,9.545454545454545]]`}}},
	{Name: "series_outliers", Doc: "Scores the elements of a series by Tukey's test, 0 between the two percentiles (10 and 90 for ctukey, 25 and 75 for tukey), scaled so that 1.5 means the same for all percentiles; nulls and the value to ignore score 0.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, kind?: string, ignore_value?: real, min_percentile?: real, max_percentile?: real, test_points?: long): dynamic", Row(seriesOutliers)}},
		Ex: []Example{{`series_outliers(dynamic([-3,2.4,15,3.9,5,6,4.5,5.2,3,4,5,16,7,5,5,4]))`, `[-1.9040785483608569,-0.10021466044004518,1.3361954725339344,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.6702443406674181,0.0,0.0,0.0,0.0]`},
			{`series_outliers(dynamic([1,2,3,4,100]), "tukey")`, `[-0.5,0.0,0.0,0.0,48.0]`}}},
}

const (
	minPeriod       = 4    // Kusto finds no shorter periods
	maxFound        = 1000 // and this many at most
	autoPeriod      = -1
	seasonThreshold = 0.6
)

func textArg(a []value.Value, i int, def string) string {
	if i < len(a) && a[i].Str() != "" {
		return a[i].Str()
	}
	return def
}

func realArg(a []value.Value, i int, def float64) float64 {
	if i < len(a) && !a[i].IsNull() {
		return a[i].Float()
	}
	return def
}

// training is the number of points left when test points are taken off the end.
func training(n int, test int64) int {
	if test <= 0 || test >= int64(n) {
		return n
	}
	return n - int(test)
}

// autocorrelation returns, for each lag up to half the length, the correlation
// of a series, freed of its linear trend, with itself that many places on.
func autocorrelation(xs []float64) []float64 {
	n := len(xs)
	out := make([]float64, n/2+1)
	if n < 2 {
		return out
	}
	l := leastSquares(xs)
	size := 1
	for size < 2*n {
		size *= 2
	}
	c := make([]complex128, size)
	squares := make([]float64, n+1)
	for i, x := range xs {
		r := x - l.at(i)
		c[i] = complex(r, 0)
		squares[i+1] = squares[i] + r*r
	}
	if total := squares[n]; total <= 1e-18*l.sst || total == 0 {
		return out
	}
	radix2(c, -1)
	for i, v := range c {
		c[i] = complex(real(v)*real(v)+imag(v)*imag(v), 0)
	}
	radix2(c, 1)
	for k := range out {
		if both := squares[n-k] * (squares[n] - squares[k]); both > 0 {
			out[k] = min(1, real(c[k])/float64(size)/math.Sqrt(both))
		}
	}
	return out
}

type period struct {
	length int
	score  float64
}

// samePeriod is how much better a multiple of a period must score to count.
const samePeriod = 0.02

// isPeak tells whether lag k correlates better than its neighbors, and better
// than noise of that length would nineteen times in twenty.
func isPeak(ac []float64, k, n int) bool {
	return ac[k] > 1.96/math.Sqrt(float64(n)) && ac[k] >= ac[k-1] && (k+1 >= len(ac) || ac[k] >= ac[k+1])
}

// periods returns the peaks of the autocorrelation within bounds, best first.
// What lies near a multiple of a shorter period is left out unless it scores better, and so is
// what lies within a quarter of a better one.
func periods(xs []float64, lo, hi float64) []period {
	ac := autocorrelation(xs)
	var found []period
	for k := minPeriod; 2*k < len(xs); k++ {
		if float64(k) < lo || float64(k) > hi || !isPeak(ac, k, len(xs)) {
			continue
		}
		found = append(found, period{k, math.Round(ac[k]*1e12) / 1e12})
	}
	var out []period
	for _, p := range found {
		multiple := false
		for _, q := range out {
			if r := p.length % q.length; 4*min(r, q.length-r) < q.length && p.score < q.score+samePeriod {
				multiple = true
				break
			}
		}
		if !multiple && len(out) < maxFound {
			out = append(out, p)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].score > out[j].score })
	var apart []period
	for _, p := range out {
		if !slices.ContainsFunc(apart, func(q period) bool { return 4*abs(p.length-q.length) < q.length }) {
			apart = append(apart, p)
		}
	}
	return apart
}

func abs(n int) int { return max(n, -n) }

// choosePeriod returns the period to use: the given one, or the best that
// scores at least the threshold; 0 if there is none.
func choosePeriod(xs []float64, given int64, threshold float64) int {
	if given >= 0 {
		return int(min(given, int64(len(xs))))
	}
	if ps := periods(xs, 0, float64(len(xs))); len(ps) > 0 && ps[0].score >= threshold {
		return ps[0].length
	}
	return 0
}

// seasonal repeats, over the whole series, the median of the first train points
// at each place of the period.
func seasonal(xs []float64, train, p int) []float64 {
	out := make([]float64, len(xs))
	if p <= 1 {
		return out
	}
	var at []float64
	for k := 0; k < min(p, len(xs)); k++ {
		at = at[:0]
		for i := k; i < train; i += p {
			at = append(at, xs[i])
		}
		if len(at) == 0 {
			continue
		}
		sort.Float64s(at)
		m := quantile(at, 0.5)
		for i := k; i < len(xs); i += p {
			out[i] = m
		}
	}
	return out
}

// quantile of sorted values, linear between neighbors.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

type parts struct{ baseline, seasonal, trend, residual []float64 }

func (d parts) columns(ok bool) value.Value {
	if !ok {
		return value.Array(make([]value.Value, 4))
	}
	return value.Array([]value.Value{reals(d.baseline), reals(d.seasonal), reals(d.trend), reals(d.residual)})
}

func decompose(v value.Value, given int64, trend string, test int64, threshold float64) (parts, bool) {
	xs, ok := series(v)
	n := len(xs)
	if !ok || n == 0 {
		return parts{}, false
	}
	train := training(n, test)
	d := parts{seasonal: seasonal(xs, train, choosePeriod(xs[:train], given, threshold)),
		baseline: make([]float64, n), trend: make([]float64, n), residual: make([]float64, n)}
	rest := make([]float64, train)
	for i := range rest {
		rest[i] = xs[i] - d.seasonal[i]
	}
	switch strings.ToLower(trend) {
	case "none":
	case "linefit":
		l := leastSquares(rest)
		for i := range d.trend {
			d.trend[i] = l.at(i)
		}
	default:
		m := meanOf(rest)
		for i := range d.trend {
			d.trend[i] = m
		}
	}
	for i, x := range xs {
		d.baseline[i] = d.seasonal[i] + d.trend[i]
		d.residual[i] = x - d.baseline[i]
	}
	return d, true
}

// decileScale makes a score over the deciles comparable with one over the
// quartiles; it is the number that Kusto's recorded scores show.
const decileScale = 2.7726056055079146

// tukey scores xs against two quantiles of the values learned from.
func tukey(xs, learned []float64, lo, hi float64) []float64 {
	out := make([]float64, len(xs))
	if len(learned) == 0 {
		return out
	}
	sorted := append([]float64{}, learned...)
	sort.Float64s(sorted)
	p, q := quantile(sorted, lo), quantile(sorted, hi)
	scale := tukeyScale(lo, hi)
	for i, x := range xs {
		switch {
		case x > q:
			out[i] = (x - q) / (q - p) * scale
		case x < p:
			out[i] = (x - p) / (q - p) * scale
		}
	}
	return out
}

// tukeyScale is such that, for a normal distribution, a score of 1.5 lies where
// Tukey's fence over the quartiles does.
func tukeyScale(lo, hi float64) float64 {
	switch {
	case lo == 0.25 && hi == 0.75:
		return 1
	case lo == 0.1 && hi == 0.9:
		return decileScale
	}
	z := func(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
	fence := 4 * z(0.75)
	if fence <= z(hi) {
		return 1
	}
	return 1.5 * (z(hi) - z(lo)) / (fence - z(hi))
}

func seriesOutliers(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	lo, hi := 0.25, 0.75
	if !strings.EqualFold(textArg(a, 1, "ctukey"), "tukey") {
		lo, hi = realArg(a, 3, 10)/100, realArg(a, 4, 90)/100
		if !(lo >= 0.02 && hi <= 0.98 && lo < hi) {
			return value.Null
		}
	}
	items := a[0].Items()
	missing := func(e value.Value) bool {
		return !e.Numeric() || len(a) > 2 && !a[2].IsNull() && e.Float() == a[2].Float()
	}
	var xs, learned []float64
	train := training(len(items), longArg(a, 5, 0))
	for i, e := range items {
		x := math.NaN()
		if !missing(e) {
			if x = e.Float(); i < train {
				learned = append(learned, x)
			}
		}
		xs = append(xs, x)
	}
	return reals(tukey(xs, learned, lo, hi))
}
