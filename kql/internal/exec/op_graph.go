package exec

import (
	"fmt"
	"slices"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// graph is a graph in memory: nodes and edges by number.
type graph struct {
	nodes, edges *vec.Batch
	keys         []string // of each node
	hash         []int64  // of each node's id, as hash() gives it
	names        []string // of each node: the text of its id
	src, dst     []int32
	out, in      [][]int32 // edges at each node
}

// graphOf computes the graph that a node gives.
func (r *run) graphOf(n plan.Node, l *lease) (*graph, error) {
	switch n := n.(type) {
	case *plan.Graph:
		return r.makeGraph(n, l)
	case *plan.GraphMark:
		g, err := r.graphOf(n.Input, l)
		if err != nil {
			return nil, err
		}
		ids := g.weak()
		if n.Strong {
			ids = g.strong()
		}
		g.nodes = vec.NewBatch(append(append([]*vec.Vec{}, g.nodes.Cols...), vec.OfInts(types.Long, ids)), g.nodes.Rows)
		return g, nil
	case *plan.GraphWhere:
		return r.graphWhere(n, l)
	}
	return nil, fmt.Errorf("internal: %T gives no graph", n)
}

func (r *run) makeGraph(n *plan.Graph, l *lease) (*graph, error) {
	edges, err := r.all(n.Input, l)
	if err != nil {
		return nil, err
	}
	g := &graph{edges: edges}
	ids := map[string]int32{}
	var buf []byte
	builders := make([]*vec.Builder, len(n.NodeCols))
	for i, c := range n.NodeCols {
		builders[i] = vec.NewBuilder(c.Type, 64)
	}
	// Beside the columns: a key and its number in the map, lists of edges.
	held, seen := int64(0), 0
	note := func(bytes int64) error {
		held += bytes
		if seen++; seen&0x3ff != 0 {
			return nil
		}
		if err := l.hold(held); err != nil {
			return err
		}
		held = 0
		return r.check()
	}
	node := func(col *vec.Vec, i int) (id int32, fresh bool) {
		buf = vec.AppendKey(buf[:0], col, i)
		if id, ok := ids[string(buf)]; ok {
			return id, false
		}
		id = int32(len(g.keys))
		g.keys = append(g.keys, string(buf))
		g.hash = append(g.hash, int64(fn.Hash64(col.Get(i))))
		g.names = append(g.names, value.Text(col.Get(i), false))
		ids[g.keys[id]] = id
		return id, true
	}
	for k, t := range n.Nodes {
		b, err := r.all(t, l)
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			id, fresh := node(b.Cols[n.NodeKeys[k]], i)
			if !fresh {
				continue // the first row of an id counts
			}
			if err := note(nodeBytes + 2*int64(len(g.keys[id]))); err != nil {
				return nil, err
			}
			for c, bld := range builders {
				if from := n.NodeMap[c][k]; from >= 0 {
					bld.AppendFrom(b.Cols[from], i)
				} else {
					bld.AppendNull()
				}
			}
		}
	}
	end := func(col *vec.Vec, i int) int32 {
		id, fresh := node(col, i)
		if fresh {
			for c, bld := range builders {
				if slices.Contains(n.IDCols, c) {
					bld.Append(col.Get(i))
				} else {
					bld.AppendNull()
				}
			}
		}
		return id
	}
	// Every row is an edge, and null is the id of a node like another.
	src, dst := edges.Cols[n.Source], edges.Cols[n.Target]
	for i := range edges.Rows {
		before := len(g.keys)
		g.src, g.dst = append(g.src, end(src, i)), append(g.dst, end(dst, i))
		bytes := int64(edgeBytes)
		for _, k := range g.keys[before:] {
			bytes += nodeBytes + 2*int64(len(k))
		}
		if err := note(bytes); err != nil {
			return nil, err
		}
	}
	cols := make([]*vec.Vec, len(builders))
	for i, b := range builders {
		cols[i] = b.Finish()
	}
	g.nodes = vec.NewBatch(cols, len(g.keys))
	if err := l.hold(held + vec.Size(g.nodes)); err != nil {
		return nil, err
	}
	g.index()
	return g, nil
}

// What a node takes beside its columns and its key, and an edge.
const nodeBytes, edgeBytes = 190, 24

// index lists the edges at each node.
func (g *graph) index() {
	g.out, g.in = make([][]int32, len(g.keys)), make([][]int32, len(g.keys))
	for e := range g.src {
		g.out[g.src[e]] = append(g.out[g.src[e]], int32(e))
		g.in[g.dst[e]] = append(g.in[g.dst[e]], int32(e))
	}
}

// weak numbers the components, whatever the direction of the edges.
func (g *graph) weak() []int64 {
	ids := make([]int64, len(g.keys))
	for i := range ids {
		ids[i] = -1
	}
	next := int64(0)
	var stack []int32
	for i := range ids {
		if ids[i] >= 0 {
			continue
		}
		ids[i] = next
		stack = append(stack[:0], int32(i))
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, e := range g.out[at] {
				if to := g.dst[e]; ids[to] < 0 {
					ids[to] = next
					stack = append(stack, to)
				}
			}
			for _, e := range g.in[at] {
				if to := g.src[e]; ids[to] < 0 {
					ids[to] = next
					stack = append(stack, to)
				}
			}
		}
		next++
	}
	return ids
}

// strong numbers the components in which every node reaches every other
// (Tarjan's algorithm, without recursion).
func (g *graph) strong() []int64 {
	n := len(g.keys)
	ids, low, num := make([]int64, n), make([]int32, n), make([]int32, n)
	for i := range ids {
		ids[i], num[i] = -1, -1
	}
	type frame struct{ node, edge int32 }
	var calls []frame
	var stack []int32
	count, next := int32(0), int64(0)
	for root := range n {
		if num[root] >= 0 {
			continue
		}
		calls = append(calls[:0], frame{int32(root), 0})
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			v := f.node
			if f.edge == 0 && num[v] < 0 {
				num[v], low[v] = count, count
				count++
				stack = append(stack, v)
			}
			if int(f.edge) < len(g.out[v]) {
				to := g.dst[g.out[v][f.edge]]
				f.edge++
				switch {
				case num[to] < 0:
					calls = append(calls, frame{to, 0})
				case ids[to] < 0:
					low[v] = min(low[v], num[to])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				up := calls[len(calls)-1].node
				low[up] = min(low[up], low[v])
			}
			if low[v] == num[v] {
				for {
					top := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					ids[top] = next
					if top == v {
						break
					}
				}
				next++
			}
		}
	}
	return ids
}

func (r *run) graphWhere(n *plan.GraphWhere, l *lease) (*graph, error) {
	g, err := r.graphOf(n.Input, l)
	if err != nil {
		return nil, err
	}
	pred, err := r.prepare(n.Pred)
	if err != nil {
		return nil, err
	}
	out := &graph{nodes: g.nodes, keys: g.keys, hash: g.hash, names: g.names}
	rename := make([]int32, len(g.keys))
	for i := range rename {
		rename[i] = int32(i)
	}
	keepEdge := make([]bool, len(g.src))
	if n.Edges {
		v, err := r.eval(pred, g.edges)
		if err != nil {
			return nil, err
		}
		for _, e := range truths(v, g.edges.Rows) {
			keepEdge[e] = true
		}
	} else {
		v, err := r.eval(pred, g.nodes)
		if err != nil {
			return nil, err
		}
		idx := truths(v, g.nodes.Rows)
		for i := range rename {
			rename[i] = -1
		}
		out.keys, out.hash, out.names = nil, nil, nil
		for k, i := range idx {
			rename[i] = int32(k)
			out.keys, out.hash, out.names = append(out.keys, g.keys[i]), append(out.hash, g.hash[i]), append(out.names, g.names[i])
		}
		out.nodes = g.nodes.Gather(idx)
		for e := range keepEdge {
			keepEdge[e] = rename[g.src[e]] >= 0 && rename[g.dst[e]] >= 0
		}
	}
	var kept []int32
	for e, keep := range keepEdge {
		if keep {
			kept = append(kept, int32(e))
			out.src, out.dst = append(out.src, rename[g.src[e]]), append(out.dst, rename[g.dst[e]])
		}
	}
	out.edges = g.edges.Gather(kept)
	out.index()
	return out, nil
}

func (r *run) graphTable(n *plan.GraphTable) (stream, error) {
	return r.single(func(l *lease) (*vec.Batch, error) {
		g, err := r.graphOf(n.Input, l)
		if err != nil {
			return nil, err
		}
		var cols []*vec.Vec
		hashes := func(of []int32) {
			out := make([]int64, len(of))
			for i, k := range of {
				out[i] = g.hash[k]
			}
			cols = append(cols, vec.OfInts(types.Long, out))
		}
		if n.Edges {
			if n.IDs[0] {
				hashes(g.src)
			}
			if n.IDs[1] {
				hashes(g.dst)
			}
			return vec.NewBatch(append(cols, g.edges.Cols...), g.edges.Rows), nil
		}
		if n.IDs[0] {
			all := make([]int32, len(g.keys))
			for i := range all {
				all[i] = int32(i)
			}
			hashes(all)
		}
		return vec.NewBatch(append(cols, g.nodes.Cols...), g.nodes.Rows), nil
	}), nil
}

// degree counts the edges at a node.
func (g *graph) degree(i int32, in bool) int64 {
	if in {
		return int64(len(g.in[i]))
	}
	return int64(len(g.out[i]))
}

// known gives what is known of nodes beside their properties: see
// plan.InnerColumn.
func (g *graph) known(nodes []int32) []*vec.Vec {
	in, out, names := make([]int64, len(nodes)), make([]int64, len(nodes)), make([]string, len(nodes))
	for k, i := range nodes {
		in[k], out[k], names[k] = g.degree(i, true), g.degree(i, false), g.names[i]
	}
	return []*vec.Vec{vec.OfInts(types.Long, in), vec.OfInts(types.Long, out), vec.OfStrings(names)}
}
