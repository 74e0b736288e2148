package exact

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

var functions = map[string]func(x, y float64) float64{
	"Exp": one(Exp), "Log": one(Log), "Log2": one(Log2), "Sin": one(Sin), "Cos": one(Cos), "Tan": one(Tan),
	"Asin": one(Asin), "Acos": one(Acos), "Atan": one(Atan), "Atan2": Atan2, "Pow": Pow,
}

func one(f func(float64) float64) func(x, y float64) float64 {
	return func(x, _ float64) float64 { return f(x) }
}

// TestValues compares the functions with values that were computed with 300 bits.
func TestValues(t *testing.T) {
	b, err := os.ReadFile("testdata/values.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 4 || functions[f[0]] == nil {
			continue
		}
		var v [3]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(f[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		if got := functions[f[0]](v[0], v[1]); got != v[2] {
			t.Errorf("%s(%v, %v) = %v, want %v", f[0], v[0], v[1], got, v[2])
		}
	}
}

// TestEdges compares the functions with Go's where there is nothing to round.
func TestEdges(t *testing.T) {
	plain := map[string]func(x, y float64) float64{
		"Exp": one(math.Exp), "Log": one(math.Log), "Log2": one(math.Log2), "Sin": one(math.Sin), "Cos": one(math.Cos),
		"Tan": one(math.Tan), "Asin": one(math.Asin), "Acos": one(math.Acos), "Atan": one(math.Atan), "Atan2": math.Atan2, "Pow": math.Pow,
	}
	edges := []float64{0, math.Copysign(0, -1), 1, -1, 2, -2, 0.5, 5e-324, 1e-310, 1e-300, math.MaxFloat64, -math.MaxFloat64, 1e300, 1e20, math.Inf(1), math.Inf(-1), math.NaN(), 710, -745, 1024, -1075}
	for name, f := range plain {
		for _, x := range edges {
			if name[:3] == "Log" && x > 0 && x < 0x1p-1022 {
				continue // Go is wrong there
			}
			for _, y := range edges {
				got, want := functions[name](x, y), f(x, y)
				if math.IsNaN(got) != math.IsNaN(want) || math.Signbit(got) != math.Signbit(want) && !math.IsNaN(want) ||
					math.Abs(got-want) > 1e-14*math.Abs(want) || math.IsInf(got, 0) != math.IsInf(want, 0) {
					t.Errorf("%s(%v, %v) = %v, Go has %v", name, x, y, got, want)
				}
			}
		}
	}
}

func BenchmarkLog(b *testing.B) {
	x := 1.5
	for b.Loop() {
		x = Log(x) + 2
	}
}

func BenchmarkSin(b *testing.B) {
	x := 1.5
	for b.Loop() {
		x = Sin(x) + 2
	}
}
