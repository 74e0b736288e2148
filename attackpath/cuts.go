package attackpath

import (
	"math"
	"slices"
)

// maxCutEdges bounds the graphs in which Fewest looks for a smallest cut.
const maxCutEdges = 2_000_000

// Fewest returns the fewest changes that together keep every source from every
// target, at most n, the one that frees the most sources first. A change is a number
// that same gives to each of the edges that it takes away, all of which leave one
// node; an edge for which same gives uncuttable stays. Sources whose way no change
// cuts are left aside.
//
// ok is false where it takes more than n changes, or the graph is too large to say:
// Chokes proposes changes then.
//
// It is a smallest cut of a flow network ("maximum flow, minimum cut"): each change is
// an arc of capacity 1 between the node that its edges leave and their other ends.
func (g *Graph) Fewest(targets, sources []Node, n int, same func(Edge) int32) (out []Choke, ok bool) {
	if g.Edges() > maxCutEdges || n <= 0 {
		return nil, false
	}
	all := g.To(targets, nil)
	stuck := g.To(targets, func(e Edge) bool { return same(e) != uncuttable })
	able := slices.DeleteFunc(slices.Clone(sources), func(v Node) bool {
		return all.cost[v] == Unreachable || all.cost[v] == 0 || stuck.cost[v] != Unreachable
	})
	if len(able) == 0 {
		return nil, false
	}
	f := g.network(all, able, same)
	if f.most(n) > n {
		return nil, false
	}
	return g.inOrder(targets, able, f.cut(), same), true
}

// inOrder puts changes in the order in which each frees the most sources beside those
// before it.
func (g *Graph) inOrder(targets, sources []Node, changes []int32, same func(Edge) int32) []Choke {
	gone := map[int32]bool{}
	cut := func(e Edge) bool { return gone[same(e)] }
	left := func(r *Reach) int {
		k := 0
		for _, v := range sources {
			if r.cost[v] != Unreachable {
				k++
			}
		}
		return k
	}
	r := g.To(targets, nil)
	before := left(r)
	var out []Choke
	for len(changes) > 0 {
		best, fewest := 0, math.MaxInt
		for i, c := range changes {
			gone[c] = true
			if k := left(g.To(targets, cut)); k < fewest {
				best, fewest = i, k
			}
			delete(gone, c)
		}
		c := changes[best]
		edge, paths := g.busiest(r, sources, func(e Edge) bool { return same(e) == c })
		gone[c] = true
		changes = slices.Delete(changes, best, best+1)
		r = g.To(targets, cut)
		out = append(out, Choke{Edge: edge, Paths: paths, Freed: before - left(r)})
	}
	return out
}

// busiest returns, of the edges of a change, the one that most of the sources'
// cheapest paths go through, and how many go through any of them. Where none does,
// it is some edge of the change.
func (g *Graph) busiest(r *Reach, sources []Node, of func(Edge) bool) (best Edge, paths int) {
	through := make([]int32, g.Len())
	for _, v := range sources {
		if r.next[v] >= 0 {
			through[v]++
		}
	}
	most := int32(0)
	for _, v := range r.order {
		if r.next[v] < 0 || through[v] == 0 {
			continue
		}
		through[r.to[v]] += through[v]
		if e := g.edge(r.next[v], r.to[v]); of(e) {
			paths += int(through[v])
			if through[v] > most {
				best, most = e, through[v]
			}
		}
	}
	if most > 0 {
		return best, paths
	}
	for to := range Node(g.Len()) {
		for i := g.start[to]; i < g.start[to+1]; i++ {
			if e := g.edge(i, to); of(e) {
				return e, 0
			}
		}
	}
	return best, 0
}

// flow is a network in which the largest flow is looked for, path by path.
type flow struct {
	head      []int32 // first arc of a node, -1 for none
	to, next  []int32
	room      []int32 // what may still flow; an arc and its reverse stand side by side
	from      []int32 // node that an arc leaves
	changes   map[int32]int32
	last      int32 // the sink
	seen      []int32
	round     int32
	via, todo []int32
}

const wide = math.MaxInt32 / 2

func (f *flow) node() int32 {
	f.head = append(f.head, -1)
	return int32(len(f.head) - 1)
}

func (f *flow) arc(from, to, room int32) {
	for _, a := range [2][3]int32{{from, to, room}, {to, from, 0}} {
		f.from, f.to, f.room = append(f.from, a[0]), append(f.to, a[1]), append(f.room, a[2])
		f.next = append(f.next, f.head[a[0]])
		f.head[a[0]] = int32(len(f.to) - 1)
	}
}

// network builds the part of the graph between sources and targets.
func (g *Graph) network(all *Reach, sources []Node, same func(Edge) int32) *flow {
	f := &flow{changes: map[int32]int32{}}
	source, sink := f.node(), f.node()
	f.last = sink
	at := make([]int32, g.Len())
	for _, v := range all.order {
		at[v] = f.node()
	}
	for _, v := range all.order {
		if all.cost[v] == 0 {
			f.arc(at[v], sink, wide)
		}
		for i := g.start[v]; i < g.start[v+1]; i++ {
			from := g.from[i]
			if all.cost[from] == Unreachable || all.cost[from] == 0 {
				continue
			}
			c := same(g.edge(i, v))
			if c == uncuttable {
				f.arc(at[from], at[v], wide)
				continue
			}
			k, known := f.changes[c]
			if !known {
				k = f.node()
				f.changes[c] = k
				f.arc(at[from], k, 1)
			}
			f.arc(k, at[v], wide)
		}
	}
	for _, v := range sources {
		f.arc(source, at[v], wide)
	}
	f.seen, f.via = make([]int32, len(f.head)), make([]int32, len(f.head))
	return f
}

// most returns the largest flow, or limit+1 where it is larger than that.
func (f *flow) most(limit int) int {
	for sent := 0; ; sent++ {
		if !f.way() {
			return sent
		}
		if sent == limit {
			return sent + 1
		}
		for v := f.last; v != 0; v = f.from[f.via[v]] {
			f.room[f.via[v]]--
			f.room[f.via[v]^1]++
		}
	}
}

// way looks for a path from the source to the sink with room, breadth first.
func (f *flow) way() bool {
	f.round++
	f.todo = append(f.todo[:0], 0)
	f.seen[0] = f.round
	for i := 0; i < len(f.todo); i++ {
		for a := f.head[f.todo[i]]; a >= 0; a = f.next[a] {
			v := f.to[a]
			if f.room[a] == 0 || f.seen[v] == f.round {
				continue
			}
			f.seen[v], f.via[v] = f.round, a
			if v == f.last {
				return true
			}
			f.todo = append(f.todo, v)
		}
	}
	return false
}

// cut returns, once the flow is largest, the changes of the smallest cut that is
// nearest the targets.
func (f *flow) cut() []int32 {
	reaches := make([]bool, len(f.head)) // the sink, with room all along
	reaches[f.last] = true
	f.todo = append(f.todo[:0], f.last)
	for i := 0; i < len(f.todo); i++ {
		for a := f.head[f.todo[i]]; a >= 0; a = f.next[a] {
			if v := f.to[a]; f.room[a^1] > 0 && !reaches[v] {
				reaches[v] = true
				f.todo = append(f.todo, v)
			}
		}
	}
	var out []int32
	for c, k := range f.changes {
		if !reaches[k] {
			continue
		}
		for a := f.head[k]; a >= 0; a = f.next[a] {
			if a&1 == 1 && f.room[a^1] == 0 && !reaches[f.to[a]] { // the arc of capacity 1 into it
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return out
}
