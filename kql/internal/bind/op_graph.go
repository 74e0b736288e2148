package bind

import (
	"fmt"
	"slices"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// makeGraph binds make-graph; the result is a graph, not a table.
func (b *binder) makeGraph(in rows, op *syntax.MakeGraph) rows {
	if op.Partition != nil {
		return b.partitionedGraph(in, op)
	}
	edges := in.node.Columns()
	if !op.Directed {
		b.fail(errStatement("graphs without directions are not enabled in Kusto: write -->"), op.At)
	}
	g := &plan.Graph{}
	g.Source, g.Target = b.graphKey(edges, op.Source), b.graphKey(edges, op.Target)
	id := edges[g.Source].Type
	if t := edges[g.Target].Type; t != id {
		b.fail(errGraphIDs(id, t), op.Target.At)
	}
	for _, t := range op.Nodes {
		n := b.table(t.Table, noScope)
		cols := n.Columns()
		key := b.graphKey(cols, t.On)
		if t2 := cols[key].Type; t2 != id {
			b.fail(errGraphIDs(id, t2), t.On.At)
		}
		g.Nodes, g.NodeKeys = append(g.Nodes, n), append(g.NodeKeys, key)
	}
	for k, n := range g.Nodes {
		for i, c := range n.Columns() {
			// What two tables have in different types is no property at all.
			if slices.ContainsFunc(g.Nodes, func(o plan.Node) bool {
				at := findColumn(o.Columns(), c.Name)
				return at >= 0 && o.Columns()[at].Type != c.Type
			}) {
				continue
			}
			at := findColumn(g.NodeCols, c.Name)
			if at < 0 {
				at = len(g.NodeCols)
				g.NodeCols = append(g.NodeCols, c)
				m := make([]int, len(op.Nodes))
				for k := range m {
					m[k] = -1
				}
				g.NodeMap = append(g.NodeMap, m)
			}
			g.NodeMap[at][k] = i
		}
	}
	// A node that stands in edges only has its id in the key of every table.
	for at, m := range g.NodeMap {
		is := false
		for k, from := range m {
			is = is || from == g.NodeKeys[k]
		}
		if is {
			g.IDCols = append(g.IDCols, at)
		}
	}
	if op.NodeID != nil {
		g.IDCols = []int{len(g.NodeCols)}
		g.NodeCols = append(g.NodeCols, column(op.NodeID.Text, id))
		g.NodeMap = append(g.NodeMap, slices.Clone(g.NodeKeys))
	}
	g.With(in.node, nil)
	return rows{node: g, open: in.open}
}

func (b *binder) graphKey(cols []plan.Column, name syntax.Name) int {
	i := findColumn(cols, name.Text)
	if i < 0 {
		b.fail(errColumn(name.Text, syntax.Nearest(name.Text, names(cols))), name.At)
	}
	if cols[i].Type == types.Dynamic {
		b.fail(errExpectedType("a node's id", "a scalar other than dynamic", cols[i].Type), name.At)
	}
	return i
}

// partitionedGraph makes a graph of the edges of each value of a column.
func (b *binder) partitionedGraph(in rows, op *syntax.MakeGraph) rows {
	cols := in.node.Columns()
	by := b.graphKey(cols, *op.Partition)
	outer := plan.NewOuter(cols)
	inner := *op
	inner.Partition = nil
	g := b.makeGraph(rows{node: outer, open: in.open}, &inner)
	sub := b.sub(g, op.Sub)
	b.noGraph(sub.node, op.Sub.At)
	p := &plan.Partition{By: &plan.Col{Index: by, Name: cols[by].Name, T: cols[by].Type}, Sub: sub.node, Outer: outer}
	p.With(in.node, sub.node.Columns())
	return rows{node: p, open: sub.open}
}

// isGraph tells whether a node gives a graph.
func isGraph(n plan.Node) bool {
	switch n.(type) {
	case *plan.Graph, *plan.GraphMark, *plan.GraphWhere:
		return true
	}
	return false
}

func (b *binder) noGraph(n plan.Node, at diag.Span) {
	if isGraph(n) {
		b.fail(errStatement("a graph cannot be a result: put graph-match or graph-to-table behind it"), at)
	}
}

// graphOf returns the graph below the graph operators, with the columns of
// nodes as they stand after those.
func graphOf(n plan.Node) (g *plan.Graph, nodes []plan.Column) {
	switch n := n.(type) {
	case *plan.Graph:
		return n, n.NodeCols
	case *plan.GraphWhere:
		return graphOf(n.Input)
	case *plan.GraphMark:
		g, nodes = graphOf(n.Input)
		return g, append(append([]plan.Column{}, nodes...), column(n.Column, types.Long))
	}
	return nil, nil
}

// graphOp binds the operators that read a graph.
func (b *binder) graphOp(in rows, op syntax.Op) rows {
	if !isGraph(in.node) {
		b.fail(errStatement("this operator reads a graph: put make-graph before it"), op.Span())
	}
	switch op := op.(type) {
	case *syntax.GraphMark:
		m := &plan.GraphMark{Column: "ComponentId"}
		m.Strong = b.kind(op.Props, "kind", "weak", "weak", "strong") == "strong"
		if p := prop(op.Props, "with_component_id"); p != nil {
			m.Column = b.propText(p.Value)
		}
		m.With(in.node, nil)
		return rows{node: m, open: in.open}
	case *syntax.GraphWhere:
		g, nodes := graphOf(in.node)
		cols := nodes
		if op.Edges {
			cols = g.EdgeColumns()
		}
		sc := newScope(cols)
		sc.open = in.open
		w := &plan.GraphWhere{Edges: op.Edges, Pred: b.boolean(op.Pred, sc)}
		w.With(in.node, nil)
		return rows{node: w, open: in.open}
	case *syntax.GraphToTable:
		return b.graphToTable(in, op)
	case *syntax.GraphMatch:
		return b.graphMatch(in, op)
	}
	return in
}

func (b *binder) graphToTable(in rows, op *syntax.GraphToTable) rows {
	g, nodes := graphOf(in.node)
	multi := &plan.Multi{}
	for _, t := range op.Tables {
		n := &plan.GraphTable{Edges: t.Edges}
		var cols []plan.Column
		id := func(name string, i int) {
			if p := prop(t.Props, name); p != nil {
				n.IDs[i] = true
				cols = append(cols, column(b.propText(p.Value), types.Long))
			}
		}
		if t.Edges {
			id("with_source_id", 0)
			id("with_target_id", 1)
			cols = append(cols, g.EdgeColumns()...)
		} else {
			id("with_node_id", 0)
			cols = append(cols, nodes...)
		}
		n.With(in.node, cols)
		name := "nodes"
		if t.Edges {
			name = "edges"
		}
		if t.As != nil {
			name = t.As.Text
			b.exports = append(b.exports, plan.Result{Name: name, Node: n})
		}
		multi.Results = append(multi.Results, plan.Result{Name: name, Node: n})
	}
	if len(multi.Results) == 1 {
		return rows{node: multi.Results[0].Node, open: in.open}
	}
	multi.SetColumns(multi.Results[0].Node.Columns())
	return rows{node: multi, open: in.open}
}

// graphScope is what expressions over a match may name beside its columns.
type graphScope struct {
	match *plan.GraphMatch
	byN   map[string]int // element by name
	nodes []plan.Column
	edges []plan.Column
}

func (b *binder) graphMatch(in rows, op *syntax.GraphMatch) rows {
	g, nodes := graphOf(in.node)
	m := &plan.GraphMatch{Shortest: op.Shortest}
	m.Cycles = b.kind(op.Props, "cycles", "unique_edges", "all", "none", "unique_edges")
	m.All = b.kind(op.Props, "output", "any", "any", "all") == "all"
	gs := &graphScope{match: m, byN: map[string]int{}, nodes: nodes, edges: g.EdgeColumns()}
	for _, p := range op.Patterns {
		var list []int
		for _, e := range p {
			list = append(list, b.graphElement(gs, e))
		}
		m.Patterns = append(m.Patterns, list)
	}
	if op.Shortest && len(op.Patterns) > 1 {
		b.fail(errStatement("graph-shortest-paths takes one path"), op.At)
	}
	if len(op.Project) == 0 {
		b.fail(errStatement("project must say what each match gives"), op.At)
	}
	b.connected(m, op.At)
	sc := newScope(nil)
	sc.quals, sc.open, sc.graph = map[string]qualifier{}, in.open, gs
	for _, e := range m.Elements {
		m.From = append(m.From, len(m.Row))
		if e.Variable {
			continue
		}
		cols := nodes
		if e.Edge {
			cols = gs.edges
		}
		if e.Name != "" {
			sc.quals[e.Name] = qualifier{cols: cols, from: len(m.Row)}
		}
		m.Row = append(m.Row, cols...)
	}
	if op.Where != nil {
		b.graphWhere(gs, sc, op.Where)
	}
	p := b.projection(sc, b.graphNames(gs, op.Project), nil)
	m.Exprs = p.exprs
	m.With(in.node, p.cols)
	return rows{node: m, open: in.open}
}

// graphNames gives names to what a match gives that has none: paths through
// properties are joined, a function over a path is named after the path, and
// others are numbered.
func (b *binder) graphNames(gs *graphScope, items []syntax.Expr) []syntax.Expr {
	nm := newNamer()
	for _, it := range items {
		if n, ok := it.(*syntax.Named); ok {
			for _, x := range n.Names {
				nm.take(x.Text)
			}
		}
	}
	out := make([]syntax.Expr, len(items))
	for i, it := range items {
		out[i] = it
		if _, ok := it.(*syntax.Named); ok {
			continue
		}
		if name := nm.auto(b.graphName(gs, it)); name != "" {
			x := &syntax.Named{Names: []syntax.Name{{Text: name, At: it.Span()}}, Expr: it}
			x.At = it.Span()
			out[i] = x
		}
	}
	return out
}

func (b *binder) graphName(gs *graphScope, e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Ref:
		i, ok := gs.byN[e.Text]
		if ok && !gs.match.Elements[i].Edge && len(gs.nodes) == 0 {
			return ""
		}
		return e.Text
	case *syntax.Call:
		if len(e.Args) == 0 {
			return ""
		}
		switch name := e.Name.Text; name {
		case "all", "any", "map":
			path := b.autoName(e.Args[0])
			if c, ok := e.Args[0].(*syntax.Call); ok && len(c.Args) == 1 {
				path = c.Name.Text + "_" + b.autoName(c.Args[0])
			}
			of := "Column"
			if name == "map" && len(e.Args) == 2 {
				switch x := e.Args[1].(type) {
				case *syntax.Ref, *syntax.Member:
					of = b.autoName(x)
				case *syntax.Call:
					if len(x.Args) == 0 {
						of = x.Name.Text
					}
				}
			}
			return path + "_" + of
		case "labels", "node_id", "node_degree_in", "node_degree_out":
			return name + "_" + b.autoName(e.Args[0])
		}
		return ""
	}
	return b.autoName(e)
}

func (b *binder) graphElement(gs *graphScope, e syntax.GraphElement) int {
	x := plan.GraphElement{Name: e.Name.Text, Edge: e.Edge, Dir: e.Dir, Variable: e.Variable, Min: 1, Max: 1}
	if e.Variable {
		bound := func(ex syntax.Expr) int {
			c, ok := b.typed(ex, noScope, types.Long).(*plan.Const)
			if !ok || c.Value.IsNull() || c.Value.Int64() < 0 || c.Value.Int64() > maxHops {
				b.fail(errConstant(fmt.Sprintf("the length of an edge (0 to %d)", maxHops)), ex.Span())
			}
			return int(c.Value.Int64())
		}
		x.Min, x.Max = bound(e.Min), bound(e.Max)
		if x.Max < x.Min {
			b.fail(errStatement("the shortest length of an edge is above its longest"), e.Min.Span())
		}
	}
	if x.Name != "" {
		i, ok := gs.byN[x.Name]
		switch {
		case ok && gs.match.Elements[i].Edge && e.Edge:
			b.fail(errDuplicate(x.Name), e.Name.At)
		case ok && e.Edge: // the name means the node
			x.Name = ""
		case ok && !gs.match.Elements[i].Edge:
			return i
		case ok:
			gs.match.Elements[i].Name = ""
			fallthrough
		default:
			gs.byN[x.Name] = len(gs.match.Elements)
		}
	}
	gs.match.Elements = append(gs.match.Elements, x)
	return len(gs.match.Elements) - 1
}

// maxHops bounds the length of an edge of variable length.
const maxHops = 1000

// connected checks that all sequences of a pattern share nodes.
func (b *binder) connected(m *plan.GraphMatch, at diag.Span) {
	seen := map[int]bool{}
	for _, i := range m.Patterns[0] {
		seen[i] = true
	}
	left := append([][]int{}, m.Patterns[1:]...)
	order := [][]int{m.Patterns[0]}
	for len(left) > 0 {
		found := -1
		for k, p := range left {
			for _, i := range p {
				if seen[i] {
					found = k
				}
			}
		}
		if found < 0 {
			b.fail(errStatement("the sequences of a pattern must share a node"), at)
		}
		for _, i := range left[found] {
			seen[i] = true
		}
		order = append(order, left[found])
		left = append(left[:found:found], left[found+1:]...)
	}
	m.Patterns = order
}

// graphWhere splits the conditions: those on one node or edge filter it before
// anything is matched.
func (b *binder) graphWhere(gs *graphScope, sc *scope, e syntax.Expr) {
	for _, part := range conjuncts(e) {
		used := elementsUsed(gs, part)
		if gs.match.Shortest {
			b.oneElement(gs, part)
		}
		for _, i := range used {
			if i >= 0 && gs.match.Elements[i].Variable {
				b.fail(errStatement("\""+gs.match.Elements[i].Name+"\" has several edges: say all(), any() or map() of its properties"), part.Span())
			}
		}
		if b.edgeFilter(gs, part) {
			continue
		}
		if len(used) == 1 && used[0] >= 0 {
			el := &gs.match.Elements[used[0]]
			cols := gs.nodes
			if el.Edge {
				cols = gs.edges
			}
			one := newScope(nil)
			one.open = sc.open
			one.quals = map[string]qualifier{el.Name: {cols: cols}}
			el.Filters = append(el.Filters, b.boolean(part, one))
			continue
		}
		gs.match.Where = append(gs.match.Where, b.boolean(part, sc))
	}
}

func conjuncts(e syntax.Expr) []syntax.Expr {
	for {
		p, ok := e.(*syntax.Paren)
		if !ok {
			break
		}
		e = p.X
	}
	var out []syntax.Expr
	parts := flatten(e, "and")
	if len(parts) == 1 {
		return parts
	}
	for _, p := range parts {
		out = append(out, conjuncts(p)...)
	}
	return out
}

// elementsUsed names the elements that an expression reads as name.property;
// -1 stands for anything else that it may read.
func elementsUsed(gs *graphScope, e syntax.Expr) []int {
	seen := map[int]bool{}
	var out []int
	add := func(i int) {
		if !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	syntax.Walk(e, func(x syntax.Expr) bool {
		switch x := x.(type) {
		case *syntax.Member:
			if r, ok := x.X.(*syntax.Ref); ok {
				if i, ok := gs.byN[r.Text]; ok {
					add(i)
					return false
				}
			}
		case *syntax.Call:
			switch x.Name.Text {
			case "all", "any", "map", "inner_nodes", "node_degree_in", "node_degree_out", "node_id", "labels":
				add(-1)
			}
		case *syntax.Ref:
			if _, ok := gs.byN[x.Text]; ok {
				add(-1)
			}
		case *syntax.Pipe:
			add(-1)
			return false
		}
		return true
	})
	return out
}

// edgeFilter takes all(path, condition) as a filter of the path's edges, which
// it is where the condition reads nothing else.
func (b *binder) edgeFilter(gs *graphScope, e syntax.Expr) bool {
	c, ok := bare(e).(*syntax.Call)
	if !ok || c.Name.Text != "all" || len(c.Args) != 2 || len(elementsUsed(gs, c.Args[1])) > 0 {
		return false
	}
	r, ok := c.Args[0].(*syntax.Ref)
	if !ok {
		return false
	}
	i, ok := gs.byN[r.Text]
	if !ok || !gs.match.Elements[i].Variable {
		return false
	}
	el := &gs.match.Elements[i]
	el.Filters = append(el.Filters, b.boolean(c.Args[1], newScope(gs.edges)))
	return true
}

// oneElement refuses a comparison of two elements, which Kusto's search for
// shortest paths does not know.
func (b *binder) oneElement(gs *graphScope, e syntax.Expr) {
	switch x := bare(e).(type) {
	case *syntax.Binary:
		if x.Op == "and" || x.Op == "or" {
			b.oneElement(gs, x.L)
			b.oneElement(gs, x.R)
			return
		}
	case *syntax.Call:
		if x.Name.Text == "not" && len(x.Args) == 1 {
			b.oneElement(gs, x.Args[0])
			return
		}
	}
	n := 0
	for _, i := range elementsUsed(gs, e) {
		if i >= 0 {
			n++
		}
	}
	if n > 1 {
		b.fail(errStatement("graph-shortest-paths compares no two elements with one another"), e.Span())
	}
}

// add makes a value of a match available as a column of its row.
func (gs *graphScope) add(p plan.PathExpr, t types.Type) plan.Expr {
	m := gs.match
	m.Paths = append(m.Paths, p)
	return &plan.Col{Index: len(m.Row) + len(m.Paths) - 1, Name: p.Kind, T: t}
}

// along is the scope of an expression over the edges of variable length, or
// the nodes inside: its properties by their bare names, the match behind them.
func (gs *graphScope) along(sc *scope, element int, inner bool) *scope {
	cols := gs.edges
	if inner {
		cols = gs.nodes
	}
	sub := newScope(append(append([]plan.Column{}, cols...), gs.match.Row...))
	sub.cols = sub.cols[:len(cols)]
	sub.open = sc.open
	sub.graph, sub.along = gs, true
	if inner {
		sub.inside = len(cols) + len(gs.match.Row)
	}
	sub.quals = map[string]qualifier{}
	for name, q := range sc.quals {
		q.from += len(cols)
		sub.quals[name] = q
	}
	return sub
}

// graphCall binds the functions over a match; nil where e is none of them.
func (b *binder) graphCall(e *syntax.Call, sc *scope) plan.Expr {
	gs := sc.graph
	switch e.Name.Text {
	case "all", "any", "map":
		if len(e.Args) != 2 || sc.along {
			return nil
		}
		element, inner := b.pathArg(gs, e.Args[0])
		if element < 0 {
			return nil
		}
		sub := gs.along(sc, element, inner)
		if e.Name.Text == "map" {
			return gs.add(plan.PathExpr{Kind: plan.PathMap, Element: element, Inner: inner, Expr: b.expr(e.Args[1], sub)}, types.Dynamic)
		}
		return gs.add(plan.PathExpr{Kind: e.Name.Text, Element: element, Inner: inner, Expr: b.boolean(e.Args[1], sub)}, types.Bool)
	case "node_degree_in", "node_degree_out", "node_id":
		kind, t := plan.DegreeIn, types.Long
		switch e.Name.Text {
		case "node_degree_out":
			kind = plan.DegreeOut
		case "node_id":
			kind, t = plan.NodeID, types.String
		}
		if len(e.Args) == 0 && sc.inside > 0 { // of the node inside a path
			return &plan.Col{Index: sc.inside + plan.InnerColumn(kind), Name: e.Name.Text, T: t}
		}
		if len(e.Args) != 1 || sc.along {
			break
		}
		r, ok := e.Args[0].(*syntax.Ref)
		if !ok {
			break
		}
		i, ok := gs.byN[r.Text]
		if !ok || gs.match.Elements[i].Edge {
			b.fail(errStatement(e.Name.Text+"() takes a node of the pattern"), e.At)
		}
		return gs.add(plan.PathExpr{Kind: kind, Element: i}, t)
	case "labels": // only graph models have labels
		return konst(types.Dynamic, value.Array(nil))
	}
	return nil
}

// pathArg reads an edge of variable length, or inner_nodes of one.
func (b *binder) pathArg(gs *graphScope, a syntax.Expr) (element int, inner bool) {
	if c, ok := a.(*syntax.Call); ok && c.Name.Text == "inner_nodes" && len(c.Args) == 1 {
		a, inner = c.Args[0], true
	}
	if r, ok := a.(*syntax.Ref); ok {
		if i, ok := gs.byN[r.Text]; ok {
			if !gs.match.Elements[i].Variable {
				b.fail(errStatement("\""+r.Text+"\" is no edge of variable length"), a.Span())
			}
			return i, inner
		}
	}
	return -1, false
}

// graphMember binds edge.property of an edge of variable length: an array.
func (b *binder) graphMember(gs *graphScope, i int, name syntax.Name) plan.Expr {
	k := findColumn(gs.edges, name.Text)
	if k < 0 {
		b.fail(errColumn(name.Text, syntax.Nearest(name.Text, names(gs.edges))), name.At)
	}
	return gs.add(plan.PathExpr{Kind: plan.PathMap, Element: i, Expr: &plan.Col{Index: k, Name: name.Text, T: gs.edges[k].Type}}, types.Dynamic)
}

// graphWhole binds an element by its name alone: its properties as a bag, an
// array of bags for an edge of variable length.
func (b *binder) graphWhole(gs *graphScope, i int) plan.Expr {
	e := gs.match.Elements[i]
	cols := gs.nodes
	if e.Edge {
		cols = gs.edges
	}
	from := gs.match.From[i]
	if e.Variable {
		from = 0
	}
	var args []plan.Expr
	for k, c := range cols {
		args = append(args, konst(types.String, value.String(c.Name)), &plan.Col{Index: from + k, Name: c.Name, T: c.Type})
	}
	bag := &plan.Call{Name: "pack_all", Eval: fn.PackAll(true), Args: args, T: types.Dynamic}
	if e.Variable {
		return gs.add(plan.PathExpr{Kind: plan.PathMap, Element: i, Expr: bag}, types.Dynamic)
	}
	return bag
}
