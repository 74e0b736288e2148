package exec

import (
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// match is one way in which a pattern fits: a node for each node element, the
// edges for each edge element and the nodes between them.
type match struct {
	nodes []int32
	edges [][]int32
	inner [][]int32
}

func (m *match) clone() match {
	c := match{nodes: append([]int32{}, m.nodes...), edges: make([][]int32, len(m.edges)), inner: make([][]int32, len(m.inner))}
	for i := range m.edges {
		c.edges[i] = append([]int32(nil), m.edges[i]...)
		c.inner[i] = append([]int32(nil), m.inner[i]...)
	}
	return c
}

// matcher finds the matches of a pattern.
type matcher struct {
	r    *run
	n    *plan.GraphMatch
	g    *graph
	ok   [][]bool // of each element: which nodes or edges pass its filters; nil: all
	hops []hop
	cur  match
	used []bool // edges in the match, where each may stand once
	seen []int  // how often a node stands in the match
	emit func() error
	work int
	// limit is the number of edges that all matches have together, -1 any; gone
	// how many there are so far, cut whether one was left out.
	limit, gone int
	cut         bool
}

// hop is an edge element between two node elements.
type hop struct {
	from, edge, to int
	dir            int
	back           bool // against the order in which the pattern is written
}

// maxMatches bounds what a pattern may give.
const maxMatches = 10_000_000

func (r *run) graphMatch(n *plan.GraphMatch) (stream, error) {
	return r.single(func(l *lease) (*vec.Batch, error) {
		g, err := r.graphOf(n.Input, l)
		if err != nil {
			return nil, err
		}
		m := &matcher{r: r, n: n, g: g, limit: -1}
		if err := m.filters(); err != nil {
			return nil, err
		}
		out := &matchRows{m: m, l: l}
		m.emit = func() error {
			c := m.cur.clone()
			for _, h := range m.hops { // edges are listed as the pattern reads
				if h.back {
					slices.Reverse(c.edges[h.edge])
					slices.Reverse(c.inner[h.edge])
				}
			}
			return out.add(c)
		}
		if n.Shortest {
			err = m.shortest(out)
		} else {
			err = m.all()
		}
		if err != nil {
			return nil, err
		}
		return out.finish()
	}), nil
}

// filters computes which nodes and edges may stand for each element.
func (m *matcher) filters() error {
	for _, e := range m.n.Elements {
		if len(e.Filters) == 0 {
			m.ok = append(m.ok, nil)
			continue
		}
		rows := m.g.nodes
		if e.Edge {
			rows = m.g.edges
		}
		pass := make([]bool, rows.Rows)
		for i := range pass {
			pass[i] = true
		}
		for _, f := range e.Filters {
			p, err := m.r.prepare(f)
			if err != nil {
				return err
			}
			v, err := m.r.eval(p, rows)
			if err != nil {
				return err
			}
			for i := range pass {
				pass[i] = pass[i] && v.True(i)
			}
		}
		m.ok = append(m.ok, pass)
	}
	return nil
}

func (m *matcher) may(element int, i int32) bool { return m.ok[element] == nil || m.ok[element][i] }

// candidates counts what may stand for a node element.
func (m *matcher) candidates(element int) int {
	if m.ok[element] == nil {
		return len(m.g.keys)
	}
	n := 0
	for _, ok := range m.ok[element] {
		if ok {
			n++
		}
	}
	return n
}

// order lays the sequences out as hops, each from a node known by then.
func (m *matcher) order() (start int) {
	known := map[int]bool{}
	first := m.n.Patterns[0]
	begin, end := first[0], first[len(first)-1]
	start = begin
	if m.candidates(end) < m.candidates(begin) {
		start = end
	}
	known[start] = true
	forward := func(p []int, from int) {
		for i := from; i+2 < len(p); i += 2 {
			m.hops = append(m.hops, hop{from: p[i], edge: p[i+1], to: p[i+2], dir: m.n.Elements[p[i+1]].Dir})
			known[p[i+2]] = true
		}
	}
	backward := func(p []int, from int) {
		for i := from; i >= 2; i -= 2 {
			m.hops = append(m.hops, hop{from: p[i], edge: p[i-1], to: p[i-2], dir: -m.n.Elements[p[i-1]].Dir, back: true})
			known[p[i-2]] = true
		}
	}
	for k, p := range m.n.Patterns {
		at := 0
		if k == 0 && start == end {
			at = len(p) - 1
		} else if k > 0 {
			for i := 0; i < len(p); i += 2 {
				if known[p[i]] {
					at = i
					break
				}
			}
		}
		forward(p, at)
		backward(p, at)
	}
	return start
}

func (m *matcher) all() error {
	n := len(m.n.Elements)
	m.cur = match{nodes: make([]int32, n), edges: make([][]int32, n), inner: make([][]int32, n)}
	for i := range m.cur.nodes {
		m.cur.nodes[i] = -1
	}
	m.used, m.seen = make([]bool, len(m.g.src)), make([]int, len(m.g.keys))
	start := m.order()
	for i := range m.g.keys {
		if !m.may(start, int32(i)) {
			continue
		}
		m.cur.nodes[start] = int32(i)
		m.seen[i]++
		if err := m.step(0); err != nil {
			return err
		}
		m.seen[i]--
	}
	return nil
}

func (m *matcher) tick() error {
	if m.work++; m.work&0xfff == 0 {
		return m.r.check()
	}
	return nil
}

// step matches hop k and those behind it.
func (m *matcher) step(k int) error {
	if k == len(m.hops) {
		return m.emit()
	}
	h := m.hops[k]
	e := m.n.Elements[h.edge]
	return m.walk(k, m.cur.nodes[h.from], 0, e)
}

// walk has gone along n edges of hop k and stands at a node.
func (m *matcher) walk(k int, at int32, n int, e plan.GraphElement) error {
	if err := m.tick(); err != nil {
		return err
	}
	h := m.hops[k]
	if n >= e.Min && (n > 0 || e.Min == 0) {
		if err := m.arrive(k, at, n); err != nil {
			return err
		}
	}
	if n >= e.Max {
		return nil
	}
	next := func(edge, to int32) error {
		if !m.may(h.edge, edge) || m.n.Cycles != "all" && m.used[edge] {
			return nil
		}
		if m.gone == m.limit {
			m.cut = true
			return nil
		}
		m.gone++
		defer func() { m.gone-- }()
		was := m.used[edge]
		m.used[edge] = true
		m.cur.edges[h.edge] = append(m.cur.edges[h.edge], edge)
		if n > 0 {
			// The node before this edge lies inside the path.
			m.cur.inner[h.edge] = append(m.cur.inner[h.edge], at)
			m.seen[at]++
		}
		var err error
		if n == 0 || m.n.Cycles != "none" || m.seen[at] == 1 {
			err = m.walk(k, to, n+1, e)
		}
		if n > 0 {
			m.cur.inner[h.edge] = m.cur.inner[h.edge][:n-1]
			m.seen[at]--
		}
		m.cur.edges[h.edge] = m.cur.edges[h.edge][:n]
		m.used[edge] = was
		return err
	}
	return m.around(at, h.dir, next)
}

// around calls f for the edges at a node in a direction.
func (m *matcher) around(at int32, dir int, f func(edge, to int32) error) error {
	if dir >= 0 {
		for _, e := range m.g.out[at] {
			if err := f(e, m.g.dst[e]); err != nil {
				return err
			}
		}
	}
	if dir <= 0 {
		for _, e := range m.g.in[at] {
			if err := f(e, m.g.src[e]); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrive ends hop k at a node.
func (m *matcher) arrive(k int, at int32, n int) error {
	h := m.hops[k]
	to := m.cur.nodes[h.to]
	if to >= 0 { // the element has its node already
		if to != at || m.n.Cycles == "none" && n > 0 && m.n.Elements[h.edge].Variable && at == m.cur.nodes[h.from] {
			return nil
		}
		return m.step(k + 1)
	}
	if !m.may(h.to, at) || m.n.Cycles == "none" && n > 0 && m.seen[at] > 0 {
		return nil
	}
	m.cur.nodes[h.to] = at
	m.seen[at]++
	err := m.step(k + 1)
	m.seen[at]--
	m.cur.nodes[h.to] = -1
	return err
}

// matchRows turns matches into rows of the result, some thousand at a time.
type matchRows struct {
	m       *matcher
	pending []match
	parts   []*vec.Batch
	total   int
	l       *lease
}

func (o *matchRows) add(x match) error {
	o.pending = append(o.pending, x)
	if o.total++; o.total > maxMatches {
		return ErrRows
	}
	if len(o.pending) >= 4096 {
		return o.flush()
	}
	return nil
}

func (o *matchRows) flush() error {
	if len(o.pending) == 0 {
		return nil
	}
	b, err := o.m.rows(o.pending)
	o.pending = o.pending[:0]
	if err != nil || b.Rows == 0 {
		return err
	}
	o.parts = append(o.parts, b)
	return o.l.hold(2 * vec.Size(b)) // they are joined at the end
}

func (o *matchRows) finish() (*vec.Batch, error) {
	if err := o.flush(); err != nil {
		return nil, err
	}
	return vec.ConcatBatches(protos(o.m.n.Columns()), o.parts), nil
}

// rows computes the result of some matches.
func (m *matcher) rows(list []match) (*vec.Batch, error) {
	row, err := m.layout(list)
	if err != nil {
		return nil, err
	}
	for _, w := range m.n.Where {
		p, err := m.r.prepare(w)
		if err != nil {
			return nil, err
		}
		v, err := m.r.eval(p, row)
		if err != nil {
			return nil, err
		}
		if idx := truths(v, row.Rows); len(idx) < row.Rows {
			row = row.Gather(idx)
		}
	}
	exprs, err := m.r.prepareAll(m.n.Exprs)
	if err != nil {
		return nil, err
	}
	cols, err := m.r.evalAll(exprs, row)
	if err != nil {
		return nil, err
	}
	return vec.NewBatch(cols, row.Rows), nil
}

// layout makes the rows that a match's expressions read.
func (m *matcher) layout(list []match) (*vec.Batch, error) {
	var cols []*vec.Vec
	for i, e := range m.n.Elements {
		if e.Variable {
			continue
		}
		idx := make([]int32, len(list))
		src := m.g.nodes
		if e.Edge {
			src = m.g.edges
		}
		for k, x := range list {
			if e.Edge {
				idx[k] = x.edges[i][0]
			} else {
				idx[k] = x.nodes[i]
			}
		}
		cols = append(cols, src.Gather(idx).Cols...)
	}
	row := vec.NewBatch(cols, len(list))
	for _, p := range m.n.Paths {
		v, err := m.path(p, list, vec.NewBatch(cols[:len(m.n.Row)], len(list)))
		if err != nil {
			return nil, err
		}
		row.Cols = append(row.Cols, v)
	}
	return row, nil
}

// path computes one value along an edge of variable length for each match.
func (m *matcher) path(p plan.PathExpr, list []match, row *vec.Batch) (*vec.Vec, error) {
	switch p.Kind {
	case plan.DegreeIn, plan.DegreeOut, plan.NodeID:
		nodes := make([]int32, len(list))
		for k, x := range list {
			nodes[k] = x.nodes[p.Element]
		}
		return m.g.known(nodes)[plan.InnerColumn(p.Kind)], nil
	}
	var parts, rows []int32
	for k, x := range list {
		steps := x.edges[p.Element]
		if p.Inner {
			steps = x.inner[p.Element]
		}
		for _, s := range steps {
			parts, rows = append(parts, s), append(rows, int32(k))
		}
	}
	src := m.g.edges
	if p.Inner {
		src = m.g.nodes
	}
	flat := vec.NewBatch(append(src.Gather(parts).Cols, row.Gather(rows).Cols...), len(parts))
	if p.Inner {
		flat.Cols = append(flat.Cols, m.g.known(parts)...)
	}
	ex, err := m.r.prepare(p.Expr)
	if err != nil {
		return nil, err
	}
	v, err := m.r.eval(ex, flat)
	if err != nil {
		return nil, err
	}
	if p.Kind == plan.PathMap {
		lists := make([][]value.Value, len(list))
		for i, k := range rows {
			lists[k] = append(lists[k], v.Get(i))
		}
		out := make([]value.Value, len(list))
		for k := range out {
			out[k] = value.Array(lists[k])
		}
		return vec.OfDynamics(out), nil
	}
	all := p.Kind == plan.PathAll
	out := make([]bool, len(list))
	for k := range out {
		out[k] = all
	}
	for i, k := range rows {
		if v.True(i) != all {
			out[k] = !all
		}
	}
	return vec.OfBools(out), nil
}
