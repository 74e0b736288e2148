package exec

import (
	"encoding/binary"
	"slices"
)

// place is where a search for the shortest path stands: before hop k at a
// node, having gone n edges of it.
type place struct {
	node int32
	hop  int16
	n    int16
}

// came is how a search came to a place.
type came struct {
	from place
	edge int32 // -1: a hop ended or began here
}

// shortest finds, for the nodes that the pattern's elements may stand for, the
// path of the fewest edges that meets the conditions and passes no node twice,
// or all of them. The search by breadth knows neither conditions on a whole path
// nor paths that must have some length.
func (m *matcher) shortest(out *matchRows) error {
	p := m.n.Patterns[0]
	if len(p) == 3 && len(m.n.Where) == 0 && m.n.Elements[p[1]].Min <= 1 && p[0] != p[2] {
		return m.broad()
	}
	return m.deepening(out)
}

// deepening tries one length of the whole pattern after the other. The nodes of
// a match that was found are not looked at again for a longer one.
func (m *matcher) deepening(out *matchRows) error {
	plain := *m.n
	plain.Cycles = "none"
	m.n = &plain
	longest := 0
	for i := 1; i < len(m.n.Patterns[0]); i += 2 {
		longest += m.n.Elements[m.n.Patterns[0][i]].Max
	}
	found := map[string]bool{}
	emit := m.emit
	var level []match
	m.emit = func() error {
		if m.gone == m.limit {
			level = append(level, m.cur.clone())
			if len(level) > maxMatches {
				return ErrRows
			}
		}
		return nil
	}
	for m.limit = 0; m.limit <= longest; m.limit++ {
		level, m.cut, m.hops = level[:0], false, nil
		if err := m.all(); err != nil {
			return err
		}
		kept, err := m.meeting(level)
		if err != nil {
			return err
		}
		var now []string
		for _, x := range kept {
			key := make([]byte, 0, 4*len(x.nodes))
			for _, i := range x.nodes {
				key = binary.LittleEndian.AppendUint32(key, uint32(i))
			}
			if found[string(key)] || !m.n.All && slices.Contains(now, string(key)) {
				continue
			}
			now = append(now, string(key))
			m.cur = x
			if err := emit(); err != nil {
				return err
			}
		}
		for _, k := range now {
			found[k] = true
		}
		if !m.cut { // there are no longer paths
			break
		}
	}
	m.limit = -1
	return out.flush()
}

// meeting keeps the matches that meet the pattern's conditions.
func (m *matcher) meeting(list []match) ([]match, error) {
	for from := 0; from < len(list); from += 4096 {
		if err := m.r.check(); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 || len(m.n.Where) == 0 {
		return list, nil
	}
	row, err := m.layout(list)
	if err != nil {
		return nil, err
	}
	pass := make([]bool, len(list))
	for i := range pass {
		pass[i] = true
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
		for i := range pass {
			pass[i] = pass[i] && v.True(i)
		}
	}
	var out []match
	for i, x := range list {
		if pass[i] {
			out = append(out, x)
		}
	}
	return out, nil
}

// broad searches by breadth.
func (m *matcher) broad() error {
	n := len(m.n.Elements)
	p := m.n.Patterns[0]
	for i := 0; i+2 < len(p); i += 2 {
		m.hops = append(m.hops, hop{from: p[i], edge: p[i+1], to: p[i+2], dir: m.n.Elements[p[i+1]].Dir})
	}
	m.cur = match{nodes: make([]int32, n), edges: make([][]int32, n), inner: make([][]int32, n)}
	for i := range m.g.keys {
		if !m.may(p[0], int32(i)) {
			continue
		}
		if err := m.from(int32(i)); err != nil {
			return err
		}
	}
	return nil
}

// from searches breadth first from one node, level by level.
func (m *matcher) from(start int32) error {
	begin := place{node: start}
	level := map[place]int{begin: 0}
	back := map[place][]came{}
	queue := []place{begin}
	done := map[int32]int{} // last node: length of its shortest path
	var ends []place
	last := len(m.hops)
	// reach notes a way to a place; free steps (edge -1) cost nothing.
	for depth := 0; len(queue) > 0; depth++ {
		var next []place
		reach := func(to place, by came, at int, list *[]place) {
			if l, seen := level[to]; seen {
				if l == at && m.n.All {
					back[to] = append(back[to], by)
				}
				return
			}
			level[to] = at
			back[to] = append(back[to], by)
			*list = append(*list, to)
		}
		for i := 0; i < len(queue); i++ {
			if err := m.tick(); err != nil {
				return err
			}
			s := queue[i]
			if int(s.hop) == last {
				if s.node == start && depth > 0 {
					continue // a way back is no path between two nodes
				}
				if l, seen := done[s.node]; !seen || l == depth {
					done[s.node] = depth
					ends = append(ends, s)
				}
				continue
			}
			h := m.hops[s.hop]
			e := m.n.Elements[h.edge]
			if int(s.n) >= e.Min && m.may(h.to, s.node) && (s.n > 0 || e.Min == 0) {
				reach(place{node: s.node, hop: s.hop + 1}, came{s, -1}, depth, &queue)
			}
			if int(s.n) >= e.Max {
				continue
			}
			err := m.around(s.node, h.dir, func(edge, to int32) error {
				if m.may(h.edge, edge) {
					reach(place{node: to, hop: s.hop, n: s.n + 1}, came{s, edge}, depth+1, &next)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		queue = next
	}
	for _, end := range ends {
		if err := m.unwind(end, begin, back); err != nil {
			return err
		}
	}
	return nil
}

// unwind emits the paths that end at a place.
func (m *matcher) unwind(end, begin place, back map[place][]came) error {
	var steps []came // from the end backwards
	var walk func(at place) error
	walk = func(at place) error {
		if at == begin {
			return m.read(end, begin, steps)
		}
		for _, c := range back[at] {
			steps = append(steps, c)
			if err := walk(c.from); err != nil {
				return err
			}
			steps = steps[:len(steps)-1]
			if !m.n.All {
				break
			}
		}
		return nil
	}
	return walk(end)
}

// read turns the steps of a path into a match.
func (m *matcher) read(end, begin place, steps []came) error {
	for i := range m.cur.edges {
		m.cur.edges[i], m.cur.inner[i] = m.cur.edges[i][:0], m.cur.inner[i][:0]
	}
	m.cur.nodes[m.hops[0].from] = begin.node
	for _, c := range slices.Backward(steps) {

		h := m.hops[c.from.hop]
		if c.edge < 0 {
			m.cur.nodes[h.to] = c.from.node
			continue
		}
		if c.from.n > 0 {
			m.cur.inner[h.edge] = append(m.cur.inner[h.edge], c.from.node)
		}
		m.cur.edges[h.edge] = append(m.cur.edges[h.edge], c.edge)
	}
	m.cur.nodes[m.hops[len(m.hops)-1].to] = end.node
	return m.emit()
}
