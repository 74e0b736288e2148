package app

import (
	"context"
	"testing"
	"time"
)

// TestConformanceFigures measures what the figures promise: the demo is quick,
// and the cost of a tenant grows with its size and no faster. The machine is
// noisy, so the best of three runs counts and the bounds are wide.
func TestConformanceFigures(t *testing.T) {
	best := func(run func()) time.Duration {
		shortest := time.Hour
		for range 3 {
			start := time.Now()
			run()
			shortest = min(shortest, time.Since(start))
		}
		return shortest
	}
	took := best(func() { assessDemo(t, nil) })
	t.Logf("figure: assess --demo, without starting the program: %d ms", took.Milliseconds())
	if took > 5*time.Second {
		t.Errorf("assessing the demo takes %v", took)
	}

	cost := map[int]float64{}
	for _, n := range []int{2_000, 20_000} {
		inv := generated(t, n)
		took := best(func() {
			if _, err := Assess(context.Background(), Options{Inventory: inv, Now: testNow}); err != nil {
				t.Fatal(err)
			}
		})
		cost[n] = float64(took.Microseconds()) / float64(n)
		t.Logf("figure: assess %d generated resources: %.1f µs a resource", n, cost[n])
	}
	if ratio := cost[20_000] / cost[2_000]; ratio > 3 {
		t.Errorf("ten times the resources cost %.1f times as much each", ratio)
	}
}
