package inventory

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// accounts makes n records of about 1.5 kB with a nested child each.
func accounts(tb testing.TB, n int) (*Builder, int) {
	tb.Helper()
	in := jsondoc.NewInterner()
	b := NewBuilder()
	size := 0
	for i := range n {
		base := fmt.Sprintf("/subscriptions/%08d-0000-0000-0000-000000000000/resourceGroups/rg%d/providers/Microsoft.Storage/storageAccounts/account%d", i%20, i%500, i)
		var props strings.Builder
		for k := range 19 {
			fmt.Fprintf(&props, `"setting%d":{"enabled":true,"level":%d,"text":"value %d"},`, k, k, i)
		}
		text := fmt.Sprintf(`{"id":%q,"name":"account%d","type":"Microsoft.Storage/storageAccounts","location":"westeurope","properties":{%s"privateEndpointConnections":[{"id":"%s/privateEndpointConnections/p","name":"p","properties":{"state":"Approved"}}]}}`, base, i, props.String(), base)
		size += len(text)
		v, err := jsondoc.ParseInterned([]byte(text), in)
		if err != nil {
			tb.Fatal(err)
		}
		r, err := resource.New(v, "", resource.Origin{File: "bench"})
		if err != nil {
			tb.Fatal(err)
		}
		b.Add(r)
	}
	return b, size
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemory holds 100,000 resources of 1.5 kB to the budget of the design.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	before := heap()
	b, size := accounts(t, 100_000)
	inv := b.Build()
	used := heap() - before
	t.Logf("%d resources, %d MB of JSON, %d MiB of heap", inv.Len(), size/1_000_000, used>>20)
	if used > 600<<20 {
		t.Errorf("%d MiB, want at most 600", used>>20)
	}
	runtime.KeepAlive(inv)
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				bl, _ := accounts(b, n)
				b.StartTimer()
				bl.Build()
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	bl, _ := accounts(b, 10_000)
	inv := bl.Build()
	var ids []resource.ID
	for r := range inv.All() {
		ids = append(ids, r.ID)
	}
	i := 0
	for b.Loop() {
		if _, ok := inv.Get(ids[i%len(ids)]); !ok {
			b.Fatal("lost")
		}
		i++
	}
}

func BenchmarkWithFacts(b *testing.B) {
	bl, _ := accounts(b, 10_000)
	inv := bl.Build()
	facts := make(map[string]jsondoc.Value)
	for r := range inv.OfType("Microsoft.Storage/storageAccounts") {
		facts[r.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "x", Value: jsondoc.NewBool(true)})
	}
	b.ReportAllocs()
	for b.Loop() {
		inv.WithFacts(facts)
	}
}
