package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// hashTable finds the rows of one side by key. Keys of one text or one integer
// have maps of their own.
type hashTable struct {
	batch *vec.Batch
	heads map[string]int32 // first row with the key
	ints  map[int64]int32
	texts *textTable
	null  int32   // first row with a null as its integer key, -1 none
	next  []int32 // next row with the same key, -1 none
}

func key(buf []byte, cols []*vec.Vec, i int) []byte {
	buf = buf[:0]
	for _, c := range cols {
		buf = vec.AppendKey(buf, c, i)
	}
	return buf
}

// build reads a side of a join. Rows are chained so that a probe meets them in
// their order.
func (r *run) build(n plan.Node, keys []plan.Expr) (*hashTable, error) {
	keys, err := r.prepareAll(keys)
	if err != nil {
		return nil, err
	}
	b, err := r.all(n)
	if err != nil {
		return nil, err
	}
	cols, err := r.evalAll(keys, b)
	if err != nil {
		return nil, err
	}
	h := &hashTable{batch: b, next: make([]int32, b.Rows), null: -1}
	switch {
	case len(cols) == 1 && cols[0].Type == types.String:
		h.texts = newTextTable(cols[0].Flat().Strs)
		for i := b.Rows - 1; i >= 0; i-- {
			h.next[i] = h.texts.put(i)
		}
	case len(cols) == 1 && intKey(cols[0].Type):
		h.ints = make(map[int64]int32, b.Rows)
	default:
		h.heads = make(map[string]int32, b.Rows)
	}
	if h.texts == nil {
		p := h.probe(cols)
		for i := b.Rows - 1; i >= 0; i-- {
			h.next[i] = p.find(i)
			p.set(i)
		}
	}
	if r.opts.Memory > 0 {
		if r.held += int64(b.Rows) * 48; r.held > r.opts.Memory {
			return nil, ErrMemory
		}
	}
	return h, r.check()
}

// probe looks up the rows of some key columns in a hash table. It is for one
// goroutine.
type probe struct {
	h    *hashTable
	cols []*vec.Vec
	buf  []byte
}

func (h *hashTable) probe(cols []*vec.Vec) *probe { return &probe{h: h, cols: cols} }

// find returns the first row with the key of row i, -1 where there is none.
func (p *probe) find(i int) int32 {
	var at int32
	var ok bool
	c := p.cols[0]
	switch {
	case p.h.ints != nil && c.IsNull(i):
		return p.h.null
	case p.h.ints != nil:
		at, ok = p.h.ints[c.Ints[c.At(i)]]
	case p.h.texts != nil:
		return p.h.texts.find(c.Strs[c.At(i)])
	default:
		p.buf = key(p.buf, p.cols, i)
		at, ok = p.h.heads[string(p.buf)]
	}
	if !ok {
		return -1
	}
	return at
}

// findAll returns the first row with the key of each of n rows.
func (p *probe) findAll(n int) []int32 {
	out := make([]int32, 0, n)
	if c := p.cols[0]; p.h.texts != nil && !c.Const {
		return p.h.texts.findAll(out, c.Strs[:n])
	}
	for i := range n {
		out = append(out, p.find(i))
	}
	return out
}

// set makes row i the first with its key.
func (p *probe) set(i int) {
	c := p.cols[0]
	switch {
	case p.h.ints != nil && c.IsNull(i):
		p.h.null = int32(i)
	case p.h.ints != nil:
		p.h.ints[c.Ints[c.At(i)]] = int32(i)
	default:
		p.buf = key(p.buf, p.cols, i)
		p.h.heads[string(p.buf)] = int32(i)
	}
}

func (r *run) join(n *plan.Join) (stream, error) {
	switch n.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		return r.semi(n.Left, n.LeftKeys, n.Right, n.RightKeys, n.Kind == plan.LeftSemi)
	case plan.RightSemi, plan.RightAnti:
		return r.semi(n.Right, n.RightKeys, n.Left, n.LeftKeys, n.Kind == plan.RightSemi)
	default:
	}
	lk, err := r.prepareAll(n.LeftKeys)
	if err != nil {
		return nil, err
	}
	var h *hashTable
	var left stream
	var matched []bool
	outerRight := n.Kind == plan.RightOuter || n.Kind == plan.FullOuter
	outerLeft := n.Kind == plan.LeftOuter || n.Kind == plan.FullOuter
	var p *probe
	seen := map[string]struct{}{} // keys of innerunique
	var buf []byte
	var cur *vec.Batch
	var cols []*vec.Vec
	row, chain := 0, int32(-1)
	total := 0
	tail := false
	emit := func(li, ri []int32) *vec.Batch {
		out := make([]*vec.Vec, 0, len(n.Columns()))
		for _, c := range cur.Cols {
			out = append(out, c.Gather(li))
		}
		for _, t := range n.Take {
			out = append(out, h.batch.Cols[t].Gather(ri))
		}
		return vec.NewBatch(out, len(li))
	}
	return func() (*vec.Batch, error) {
		if h == nil {
			if h, err = r.build(n.Right, n.RightKeys); err != nil {
				return nil, err
			}
			if outerRight {
				matched = make([]bool, h.batch.Rows)
			}
			if left, err = r.open(n.Left); err != nil {
				return nil, err
			}
		}
		for !tail {
			if cur == nil {
				b, err := left()
				if err != nil {
					return nil, err
				}
				if b == nil {
					tail = true
					break
				}
				if cols, err = r.evalAll(lk, b); err != nil {
					return nil, err
				}
				p = h.probe(cols)
				cur, row, chain = b, 0, -1
			}
			var li, ri []int32
			for row < cur.Rows && len(li) < r.size {
				if chain < 0 {
					if n.Kind == plan.InnerUnique {
						buf = key(buf, cols, row)
						if _, dup := seen[string(buf)]; dup {
							row++
							continue
						}
						seen[string(buf)] = struct{}{}
					}
					if chain = p.find(row); chain < 0 {
						if outerLeft {
							li, ri = append(li, int32(row)), append(ri, -1)
						}
						row++
						continue
					}
				}
				for chain >= 0 && len(li) < r.size {
					li, ri = append(li, int32(row)), append(ri, chain)
					if matched != nil {
						matched[chain] = true
					}
					chain = h.next[chain]
				}
				if chain < 0 {
					row++
				}
			}
			var out *vec.Batch
			if len(li) > 0 {
				if total += len(li); total > maxJoined {
					return nil, ErrRows
				}
				out = emit(li, ri)
			}
			if row >= cur.Rows {
				cur = nil
			}
			if err := r.check(); err != nil {
				return nil, err
			}
			if out != nil {
				return out, nil
			}
		}
		if !outerRight {
			return nil, nil
		}
		outerRight = false
		var ri []int32
		for i, m := range matched {
			if !m {
				ri = append(ri, int32(i))
			}
		}
		if len(ri) == 0 {
			return nil, nil
		}
		cur = empty(n.Left.Columns())
		li := make([]int32, len(ri))
		for i := range li {
			li[i] = -1
		}
		return emit(li, ri), nil
	}, nil
}

// semi keeps the rows of one side that have (or have not) a match in the other.
func (r *run) semi(keep plan.Node, keepKeys []plan.Expr, other plan.Node, otherKeys []plan.Expr, want bool) (stream, error) {
	keys, err := r.prepareAll(keepKeys)
	if err != nil {
		return nil, err
	}
	var h *hashTable
	var in stream
	return func() (*vec.Batch, error) {
		if h == nil {
			if h, err = r.build(other, otherKeys); err != nil {
				return nil, err
			}
			if in, err = r.open(keep); err != nil {
				return nil, err
			}
		}
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			cols, err := r.evalAll(keys, b)
			if err != nil {
				return nil, err
			}
			idx := make([]int32, 0, b.Rows)
			p := h.probe(cols)
			for i := range b.Rows {
				if (p.find(i) >= 0) == want {
					idx = append(idx, int32(i))
				}
			}
			if len(idx) > 0 {
				return pick(b, idx), nil
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
	}, nil
}
