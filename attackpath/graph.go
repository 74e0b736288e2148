// Package attackpath finds how an ordinary account reaches the crown jewels:
// it derives edges from effective permissions and directory facts, each with
// its rule and evidence, and answers the cheapest path from every principal,
// and the fewest changes that cut the most of them.
//
// Start with [NewBuilder] for a graph, then [Graph.To] for all paths to a set
// of targets. The graph is compact (about 13 bytes an edge) and immutable.
package attackpath

import (
	"cmp"
	"math"
	"slices"
)

// Node is the index of a node in its graph.
type Node int32

// NoNode is no node.
const NoNode Node = -1

// Kind is the index of an edge's rule in the table that its maker keeps.
type Kind uint8

// Edge is one step that whoever controls From can take to control To.
type Edge struct {
	From, To Node
	Kind     Kind
	Cost     uint16 // at least 1: what the step demands, see the makers' rules
	Evidence int32  // index into what the maker keeps as evidence; -1 for none
}

// Builder collects nodes and edges.
type Builder struct {
	index map[string]Node
	names []string
	edges []Edge
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{index: map[string]Node{}} }

// Node returns the node of a name, adding it where it is new. Names are
// compared as they are: fold them first.
func (b *Builder) Node(name string) Node {
	if n, ok := b.index[name]; ok {
		return n
	}
	n := Node(len(b.names))
	b.index[name] = n
	b.names = append(b.names, name)
	return n
}

// Add adds an edge; an edge from a node to itself is left out, and a cost of 0
// becomes 1.
func (b *Builder) Add(e Edge) {
	if e.From == e.To {
		return
	}
	e.Cost = max(e.Cost, 1)
	b.edges = append(b.edges, e)
}

// Graph is an immutable graph, stored by the node that edges lead to, since
// questions are asked from the targets back.
type Graph struct {
	names    []string
	index    map[string]Node
	start    []int32 // edges into node n are in[start[n]:start[n+1]]
	from     []Node
	cost     []uint16
	kind     []Kind
	evidence []int32
	maxCost  int
}

// Build makes the graph. The builder is not to be used after it.
func (b *Builder) Build() *Graph {
	g := &Graph{names: b.names, index: b.index, start: make([]int32, len(b.names)+1)}
	slices.SortFunc(b.edges, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From), cmp.Compare(x.Cost, y.Cost), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Evidence, y.Evidence))
	})
	n := len(b.edges)
	g.from, g.cost, g.kind, g.evidence = make([]Node, n), make([]uint16, n), make([]Kind, n), make([]int32, n)
	for i, e := range b.edges {
		g.start[e.To+1]++
		g.from[i], g.cost[i], g.kind[i], g.evidence[i] = e.From, e.Cost, e.Kind, e.Evidence
		g.maxCost = max(g.maxCost, int(e.Cost))
	}
	for i := range len(b.names) {
		g.start[i+1] += g.start[i]
	}
	b.edges = nil
	return g
}

// Len returns the number of nodes.
func (g *Graph) Len() int { return len(g.names) }

// Edges returns the number of edges.
func (g *Graph) Edges() int { return len(g.from) }

// Name returns the name of a node.
func (g *Graph) Name(n Node) string { return g.names[n] }

// Find returns the node of a name, or [NoNode].
func (g *Graph) Find(name string) Node {
	if n, ok := g.index[name]; ok {
		return n
	}
	return NoNode
}

// edge returns edge i, which leads into to.
func (g *Graph) edge(i int32, to Node) Edge {
	return Edge{From: g.from[i], To: to, Kind: g.kind[i], Cost: g.cost[i], Evidence: g.evidence[i]}
}

// Unreachable is the cost of a node that no path leads from.
const Unreachable = math.MaxUint32

// Reach holds the cheapest path from every node to the nearest of a set of targets.
type Reach struct {
	g     *Graph
	cost  []uint32
	next  []int32 // index of the first edge of the path, -1 at targets and where there is none
	to    []Node  // where that edge leads
	order []Node  // reached nodes, by falling cost
}

// To finds the cheapest path from every node to the nearest target. cut tells
// which edges to leave out; nil leaves out none. It takes time proportional to
// the edges plus the largest cost (buckets instead of a heap: costs are small
// whole numbers).
func (g *Graph) To(targets []Node, cut func(Edge) bool) *Reach {
	r := &Reach{g: g, cost: make([]uint32, g.Len()), next: make([]int32, g.Len()), to: make([]Node, g.Len())}
	for i := range r.cost {
		r.cost[i], r.next[i] = Unreachable, -1
	}
	buckets := make([][]Node, g.maxCost+1)
	pending := 0
	for _, t := range targets {
		if r.cost[t] != 0 {
			r.cost[t] = 0
			buckets[0] = append(buckets[0], t)
			pending++
		}
	}
	for at := uint32(0); pending > 0; at++ {
		slot := int(at) % len(buckets)
		bucket := buckets[slot]
		buckets[slot] = nil
		for _, n := range bucket {
			pending--
			if r.cost[n] != at { // a cheaper way was found after it was put here
				continue
			}
			r.order = append(r.order, n)
			for i := g.start[n]; i < g.start[n+1]; i++ {
				f, c := g.from[i], at+uint32(g.cost[i])
				if c >= r.cost[f] || cut != nil && cut(g.edge(i, n)) {
					continue
				}
				r.cost[f], r.next[f], r.to[f] = c, i, n
				s := int(c) % len(buckets)
				buckets[s] = append(buckets[s], f)
				pending++
			}
		}
	}
	slices.Reverse(r.order)
	return r
}

// Cost returns the cost of the cheapest path from n, or [Unreachable].
func (r *Reach) Cost(n Node) uint32 { return r.cost[n] }

// Path returns the edges of the cheapest path from n to a target; nil where
// there is none, and empty where n is a target.
func (r *Reach) Path(n Node) []Edge {
	if r.cost[n] == Unreachable {
		return nil
	}
	path := []Edge{}
	for r.next[n] >= 0 {
		path = append(path, r.g.edge(r.next[n], r.to[n]))
		n = r.to[n]
	}
	return path
}

// Choke is an edge that many cheapest paths go through.
type Choke struct {
	Edge  Edge
	Paths int // how many sources' paths go through it before the cut
	Freed int // how many sources reach no target once it is cut too
}

// uncuttable is what same answers in Chokes for an edge that no change takes
// away.
const uncuttable = -2

// Chokes proposes up to n edges to cut, one after the other: each is the edge
// that most of the sources' paths go through, given those cut before. A change
// that cuts several edges at once, such as removing one assignment, is told
// by same: edges for which same gives equal, non-negative numbers go together,
// and an edge for which it gives uncuttable is never proposed.
// Freed counts the sources that the cuts so far keep from every target.
func (g *Graph) Chokes(targets, sources []Node, n int, same func(Edge) int32) []Choke {
	if same == nil {
		same = func(Edge) int32 { return -1 }
	}
	isSource := make([]bool, g.Len())
	for _, s := range sources {
		isSource[s] = true
	}
	type key struct {
		from, to Node
		kind     Kind
	}
	cutEdges, cutGroups := map[key]bool{}, map[int32]bool{}
	cut := func(e Edge) bool {
		if s := same(e); s >= 0 {
			return cutGroups[s]
		}
		return cutEdges[key{e.From, e.To, e.Kind}]
	}
	var out []Choke
	r := g.To(targets, nil)
	before := 0
	for _, s := range sources {
		if r.cost[s] != Unreachable && r.cost[s] > 0 {
			before++
		}
	}
	through := make([]int32, g.Len())
	for len(out) < n {
		clear(through)
		groups := map[int32]int{}
		sample := map[int32]Edge{}
		var best Edge
		most := 0
		for _, v := range r.order { // farthest first: counts are complete when a node is met
			if isSource[v] && r.next[v] >= 0 {
				through[v]++
			}
			if r.next[v] < 0 || through[v] == 0 {
				continue
			}
			through[r.to[v]] += through[v]
			e := g.edge(r.next[v], r.to[v])
			count := int(through[v])
			if s := same(e); s == uncuttable {
				continue
			} else if s >= 0 {
				groups[s] += count
				if _, ok := sample[s]; !ok {
					sample[s] = e
				}
				count, e = groups[s], sample[s]
			}
			if count >= most { // of equals the one nearest the target, which later sources need too
				best, most = e, count
			}
		}
		if most == 0 {
			break
		}
		if s := same(best); s >= 0 {
			cutGroups[s] = true
		} else {
			cutEdges[key{best.From, best.To, best.Kind}] = true
		}
		r = g.To(targets, cut)
		left := 0
		for _, s := range sources {
			if r.cost[s] != Unreachable && r.cost[s] > 0 {
				left++
			}
		}
		out = append(out, Choke{Edge: best, Paths: most, Freed: before - left})
		if left == 0 {
			break
		}
	}
	return out
}
