package fn

import (
	"math"
	"math/bits"
	"math/cmplx"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var seriesFilterFuncs = []Func{
	{Name: "series_fir", Doc: "Applies a filter of finite impulse response to a series. The filter is divided by its sum unless told otherwise or a coefficient is negative; a centered filter looks at both sides of each element. Before the start and after the end the series counts as 0.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, filter: array, normalize?: bool, center?: bool): dynamic", Row(seriesFIR)}},
		Ex: []Example{{`series_fir(dynamic([0,0,10,0]), dynamic([1,1]))`, `[0.0,0.0,5.0,5.0]`}, {`series_fir(dynamic([1,3,6]), dynamic([1,-1]), false)`, `[1.0,2.0,3.0]`},
			{`series_fir(dynamic([0,3,0]), dynamic([1,1,1]), true, true)`, `[1.0,1.0,1.0]`}}},
	{Name: "series_iir", Doc: "Applies a filter of infinite impulse response, given by its numerators and denominators, to a series.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, numerators: array, denominators: array): dynamic", Strict(seriesIIR)}},
		Ex:   []Example{{`series_iir(dynamic([1,2,3]), dynamic([1]), dynamic([1,-1]))`, `[1.0,3.0,6.0]`}, {`series_iir(dynamic([1,2]), dynamic([1]), dynamic([]))`, `null`}}},
	{Name: "series_fft", Doc: "Returns the discrete Fourier transform of a series (real and imaginary part).",
		Outs: []Column{{"real", types.Dynamic}, {"imag", types.Dynamic}},
		Sigs: []Sig{{"(series: array, imaginary?: array): dynamic", Row(func(a []value.Value) value.Value { return seriesFFT(a, false) })}},
		Ex:   []Example{{`series_fft(dynamic([1,1]))`, `[[2.0,0.0],[0.0,0.0]]`}}},
	{Name: "series_ifft", Doc: "Returns the inverse discrete Fourier transform of a series (real and imaginary part).",
		Outs: []Column{{"real", types.Dynamic}, {"imag", types.Dynamic}},
		Sigs: []Sig{{"(series: array, imaginary?: array): dynamic", Row(func(a []value.Value) value.Value { return seriesFFT(a, true) })}},
		Ex:   []Example{{`series_ifft(dynamic([2,0]), dynamic([0,0]))`, `[[1.0,1.0],[0.0,0.0]]`}}},
}

// maxFilter bounds the coefficients of a filter, for the work grows with their
// number times the length of the series.
const maxFilter = 4096

func seriesFIR(a []value.Value) value.Value {
	xs, ok, _ := elements(a[0])
	h, all := series(a[1])
	if !isArray(a[0]) || !all || len(h) == 0 || len(h) > maxFilter {
		return value.Null
	}
	negative := false
	for _, c := range h {
		negative = negative || c < 0
	}
	scale := 1.0
	normalize := !negative
	if len(a) > 2 && !a[2].IsNull() {
		normalize = a[2].IsTrue()
	}
	if normalize {
		if negative {
			return value.Null
		}
		if s := sumOf(h); s != 0 {
			scale = s
		}
	}
	shift := 0
	if len(a) > 3 && a[3].IsTrue() {
		shift = len(h) / 2
	}
	out := make([]value.Value, len(xs))
	for i := range out {
		sum, known := 0.0, true
		for k, c := range h {
			if j := i + shift - k; j >= 0 && j < len(xs) {
				known = known && ok[j]
				sum += c * xs[j]
			}
		}
		if known {
			out[i] = value.Real(sum / scale)
		}
	}
	return value.Array(out)
}

func seriesIIR(a []value.Value) value.Value {
	xs, ok1 := series(a[0])
	b, ok2 := series(a[1])
	d, ok3 := series(a[2])
	if !ok1 || !ok2 || !ok3 || len(d) == 0 || d[0] == 0 || len(b) > maxFilter || len(d) > maxFilter {
		return value.Null
	}
	out := make([]float64, len(xs))
	for i := range xs {
		sum := 0.0
		for k := 0; k < len(b) && k <= i; k++ {
			sum += b[k] * xs[i-k]
		}
		for k := 1; k < len(d) && k <= i; k++ {
			sum -= d[k] * out[i-k]
		}
		out[i] = sum / d[0]
	}
	return reals(out)
}

func seriesFFT(a []value.Value, inverse bool) value.Value {
	re, ok := series(a[0])
	im := make([]float64, len(re))
	if len(a) > 1 && !a[1].IsNull() {
		var okIm bool
		im, okIm = series(a[1])
		ok = ok && okIm && len(im) == len(re)
	}
	if !ok {
		return value.Array([]value.Value{value.Null, value.Null})
	}
	x := make([]complex128, len(re))
	for i := range x {
		x[i] = complex(re[i], im[i])
	}
	x = fourier(x, inverse)
	out, outIm := make([]float64, len(x)), make([]float64, len(x))
	for i, c := range x {
		out[i], outIm[i] = real(c), imag(c)
	}
	return value.Array([]value.Value{reals(out), reals(outIm)})
}

// fourier returns the discrete Fourier transform of any length in n log n
// steps; the inverse is divided by n.
func fourier(x []complex128, inverse bool) []complex128 {
	n := len(x)
	if n == 0 {
		return nil
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	var out []complex128
	if n&(n-1) == 0 {
		out = append(out, x...)
		radix2(out, sign)
	} else {
		out = chirp(x, sign)
	}
	if inverse {
		for i := range out {
			out[i] /= complex(float64(n), 0)
		}
	}
	return out
}

// radix2 transforms a power of two of values in place.
func radix2(x []complex128, sign float64) {
	n := len(x)
	if n == 1 {
		return
	}
	shift := 64 - uint(bits.Len(uint(n))-1)
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	turns := make([]complex128, n/2)
	for i := range turns {
		turns[i] = cmplx.Rect(1, sign*2*math.Pi*float64(i)/float64(n))
	}
	for size := 2; size <= n; size *= 2 {
		half, step := size/2, n/size
		for start := 0; start < n; start += size {
			for k := range half {
				p, q := x[start+k], x[start+k+half]*turns[k*step]
				x[start+k], x[start+k+half] = p+q, p-q
			}
		}
	}
}

// chirp transforms any number of values as a convolution (Bluestein).
func chirp(x []complex128, sign float64) []complex128 {
	n := len(x)
	size := 1 << bits.Len(uint(2*n))
	w := make([]complex128, n)
	for i := range w {
		w[i] = cmplx.Rect(1, sign*math.Pi*float64(int64(i)*int64(i)%int64(2*n))/float64(n))
	}
	a, b := make([]complex128, size), make([]complex128, size)
	for i, v := range x {
		a[i] = v * w[i]
		b[i] = cmplx.Conj(w[i])
		if i > 0 {
			b[size-i] = b[i]
		}
	}
	radix2(a, -1)
	radix2(b, -1)
	for i := range a {
		a[i] *= b[i]
	}
	radix2(a, 1)
	out := make([]complex128, n)
	for i := range out {
		out[i] = a[i] / complex(float64(size), 0) * w[i]
	}
	return out
}
