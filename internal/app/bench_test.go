package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// generated makes an inventory of n resources of the types that tenants have
// most of, the same for the same n.
func generated(tb testing.TB, n int) *inventory.Inventory {
	tb.Helper()
	in := jsondoc.NewInterner()
	b := inventory.NewBuilder()
	for text := range demo.Resources(demo.Size{Resources: n, Seed: 1, Faults: 0.05}) {
		body, err := jsondoc.ParseInterned(bytes.Clone(text), in)
		if err != nil {
			tb.Fatal(err)
		}
		r, err := resource.New(body, "", resource.Origin{File: "generated"})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(r)
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/", State: inventory.Complete})
	return b.Build()
}

func BenchmarkAssess(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 200_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			inv := generated(b, n)
			b.ReportAllocs()
			for b.Loop() {
				a, err := Assess(context.Background(), Options{Inventory: inv, Now: testNow})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(a.Timings.Evaluations), "verdicts")
			}
		})
	}
}

func BenchmarkAssessDemo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		assessDemo(b, nil)
	}
}

// BenchmarkAssessFile is what a person waits for: a file read, assessed and
// judged.
func BenchmarkAssessFile(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "tenant.json")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := demo.Generate(f, demo.Size{Resources: n, Seed: 1, Faults: 0.05}); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Assess(context.Background(), Options{From: []string{path}, Now: testNow}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
