package attackpath

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// floyd is the brute force: all pairs by Floyd and Warshall.
func floyd(n int, edges []Edge) [][]uint32 {
	d := make([][]uint32, n)
	for i := range d {
		d[i] = make([]uint32, n)
		for j := range d[i] {
			if i != j {
				d[i][j] = Unreachable
			}
		}
	}
	for _, e := range edges {
		d[e.From][e.To] = min(d[e.From][e.To], uint32(e.Cost))
	}
	for k := range n {
		for i := range n {
			for j := range n {
				if d[i][k] != Unreachable && d[k][j] != Unreachable {
					d[i][j] = min(d[i][j], d[i][k]+d[k][j])
				}
			}
		}
	}
	return d
}

func TestCheapestPathsAgreeWithBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 300 {
		n := 2 + rng.IntN(12)
		b := NewBuilder()
		for i := range n {
			b.Node(fmt.Sprint(i))
		}
		var edges []Edge
		for range rng.IntN(40) {
			e := Edge{From: Node(rng.IntN(n)), To: Node(rng.IntN(n)), Cost: uint16(1 + rng.IntN(9))}
			b.Add(e)
			if e.From != e.To {
				edges = append(edges, e)
			}
		}
		g := b.Build()
		targets := []Node{Node(rng.IntN(n)), Node(rng.IntN(n))}
		r, d := g.To(targets, nil), floyd(n, edges)
		for v := range Node(n) {
			want := min(d[v][targets[0]], d[v][targets[1]])
			if r.Cost(v) != want {
				t.Fatalf("round %d node %d: cost %d, want %d", round, v, r.Cost(v), want)
			}
			sum, at := uint32(0), v
			for _, e := range r.Path(v) {
				if e.From != at {
					t.Fatalf("round %d: path from %d is broken", round, v)
				}
				at, sum = e.To, sum+uint32(e.Cost)
			}
			if want != Unreachable && (sum != want || at != targets[0] && at != targets[1]) {
				t.Fatalf("round %d: path from %d costs %d and ends at %d", round, v, sum, at)
			}
		}
	}
}

func TestChokesCutWhatTheySay(t *testing.T) {
	b := NewBuilder()
	add := func(f, to string, ev int32) {
		b.Add(Edge{From: b.Node(f), To: b.Node(to), Cost: 1, Evidence: ev})
	}
	for i := range 10 {
		add(fmt.Sprint("u", i), "helpdesk", int32(100+i))
	}
	add("helpdesk", "app", 1)
	add("app", "GA", 2)
	add("u0", "owner", 3)
	add("owner", "GA", 4)
	g := b.Build()
	var sources []Node
	for i := range 10 {
		sources = append(sources, g.Find(fmt.Sprint("u", i)))
	}
	got := g.Chokes([]Node{g.Find("GA")}, sources, 5, func(e Edge) int32 { return e.Evidence })
	if len(got) != 2 || got[0].Paths < 9 || got[0].Freed < 9 || got[1].Freed != 10 {
		t.Fatalf("%+v", got)
	}
	if e := got[0].Edge; g.Name(e.To) != "app" && g.Name(e.To) != "GA" {
		t.Errorf("first choke leads to %s", g.Name(e.To))
	}
}

func million(tb testing.TB, nodes, edges int) (*Graph, []Node) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	b := NewBuilder()
	for i := range nodes {
		b.Node(fmt.Sprintf("%08x", i))
	}
	for range edges {
		b.Add(Edge{From: Node(rng.IntN(nodes)), To: Node(rng.IntN(nodes)), Cost: uint16(1 + rng.IntN(20)), Evidence: -1})
	}
	return b.Build(), []Node{1, 2, 3}
}

func BenchmarkAllTargets(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("nodes=%d/edges=%d", n, 5*n), func(b *testing.B) {
			g, targets := million(b, n, 5*n)
			b.ReportAllocs()
			for b.Loop() {
				g.To(targets, nil)
			}
		})
	}
}

// The figure that a person can hold azward to, in one run: the graph built, and
// every node's cheapest path to the targets.
func TestFigureMillionNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a graph of a million nodes")
	}
	begin := time.Now()
	g, targets := million(t, 1_000_000, 5_000_000)
	built := time.Since(begin)
	begin = time.Now()
	r := g.To(targets, nil)
	answered := time.Since(begin)
	reached := 0
	for n := range g.Len() {
		if r.Cost(Node(n)) != Unreachable {
			reached++
		}
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("figure: attack paths over %d nodes, %d edges: built in %v, all targets in %v, %d nodes reach one, %d MiB taken from the system",
		g.Len(), g.Edges(), built.Round(time.Millisecond), answered.Round(time.Millisecond), reached, mem.Sys>>20)
	if mem.Sys > 2<<30 {
		t.Errorf("%d MiB", mem.Sys>>20)
	}
	if reached < g.Len()/2 || answered > time.Minute {
		t.Errorf("%d nodes reached in %v", reached, answered)
	}
}
