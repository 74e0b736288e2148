package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
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
	l     *lease
	sizes []int32 // by row: it and those behind it with its key; see count
}

// count fills sizes, so that a join whose rows are all wanted, and are too many,
// ends before it makes them.
func (h *hashTable) count() {
	h.sizes = make([]int32, len(h.next))
	for i := len(h.next) - 1; i >= 0; i-- {
		h.sizes[i] = 1
		if at := h.next[i]; at >= 0 {
			h.sizes[i] += h.sizes[at]
		}
	}
}

// pairs is how many rows join with those whose first matches are given.
func (h *hashTable) pairs(firsts []int32) (n int64) {
	for _, at := range firsts {
		if at >= 0 {
			n += int64(h.sizes[at])
		}
	}
	return n
}

func key(buf []byte, cols []*vec.Vec, i int) []byte {
	buf = buf[:0]
	for _, c := range cols {
		buf = vec.AppendKey(buf, c, i)
	}
	return buf
}

// side is one side of a join on disk, by the hash of its keys.
type side struct {
	keys  []plan.Expr // prepared
	parts *spill.Parts
	whole bool // all rows of the join are wanted
}

// rowBytes is what a row costs in a hash table beside its columns.
const rowBytes = 48

// build reads a side of a join. Where it does not fit into memory, and keys and
// the other side's keys can be computed again, it is put on disk instead.
func (r *run) build(n plan.Node, keys, others []plan.Expr) (*hashTable, *side, error) {
	keys, err := r.prepareAll(keys)
	if err != nil {
		return nil, nil, err
	}
	s, err := r.open(n)
	if err != nil {
		return nil, nil, err
	}
	l := r.lease()
	canSpill := r.canSpill() && parallel(keys...) && parallel(others...)
	var parts []*vec.Batch
	var away *side
	for {
		b, err := s()
		if err != nil {
			return nil, nil, err
		}
		if err := r.check(); err != nil {
			return nil, nil, err
		}
		if b == nil {
			break
		}
		if away != nil {
			if err := r.split(away, b, 0); err != nil {
				return nil, nil, err
			}
			continue
		}
		if b.Rows == 0 {
			continue
		}
		if r.mem.limit > 0 {
			b = r.compact(b)
			ok := l.add(vec.Size(b) + rowBytes*int64(b.Rows))
			if !ok && !canSpill {
				return nil, nil, ErrMemory
			}
		}
		parts = append(parts, b)
		if canSpill && l.full(joinCopies) {
			away = &side{keys: keys, parts: r.parts(spill.Fan)}
			for _, b := range parts {
				if err := r.split(away, b, 0); err != nil {
					return nil, nil, err
				}
			}
			parts = nil
			l.free()
		}
	}
	if away != nil {
		return nil, away, spillError(away.parts.Done())
	}
	h, err := r.table(vec.ConcatBatches(protos(n.Columns()), parts), keys, l)
	return h, nil, err
}

// joinCopies is how often a side is in memory while its table is built: as it
// came, and joined.
const joinCopies = 2

// split puts rows into the partitions of a side.
func (r *run) split(s *side, b *vec.Batch, level int) error {
	cols, err := r.evalAll(s.keys, b)
	if err != nil {
		return err
	}
	return addSplit(s.parts, level, spill.Hashes(nil, cols, b.Rows), b)
}

// table makes the table of rows by key. Rows are chained so that a probe meets
// them in their order. The lease counts them already.
func (r *run) table(b *vec.Batch, keys []plan.Expr, l *lease) (*hashTable, error) {
	cols, err := r.evalAll(keys, b)
	if err != nil {
		return nil, err
	}
	h := &hashTable{batch: b, next: make([]int32, b.Rows), null: -1, l: l}
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
	if h.heads != nil { // the keys are in memory once more
		size := int64(0)
		for k := range h.heads {
			size += int64(len(k)) + 16
		}
		if !l.add(size) && !r.canSpill() {
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
	j := &joiner{r: r, total: new(int), kind: n.Kind, width: len(n.Columns()), take: n.Take}
	build, buildKeys, probe, probeKeys := n.Right, n.RightKeys, n.Left, n.LeftKeys
	switch n.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		j.keeps = true
	case plan.RightSemi, plan.RightAnti:
		j.keeps = true
		build, buildKeys, probe, probeKeys = n.Left, n.LeftKeys, n.Right, n.RightKeys
	default:
	}
	j.columns = probe.Columns()
	keys, err := r.prepareAll(probeKeys)
	if err != nil {
		return nil, err
	}
	j.keys = keys
	return r.later(func() (stream, error) {
		var h *hashTable
		away := r.pending[n]
		delete(r.pending, n)
		if away == nil {
			var err error
			if h, away, err = r.build(build, buildKeys, keys); err != nil {
				return nil, err
			}
		}
		in, err := r.open(probe)
		if err != nil {
			return nil, err
		}
		if away != nil {
			j.whole = away.whole
			return j.onDisk(build.Columns(), away, in)
		}
		return h.l.until(j.over(h, in)), nil
	}), nil
}

// joiner joins the rows of one side with those of the other, which are in a
// hash table.
type joiner struct {
	r       *run
	kind    plan.JoinKind
	keeps   bool // semi and anti joins: rows of the probing side, or not
	keys    []plan.Expr
	columns []plan.Column // of the probing side
	take    []int
	width   int
	total   *int // rows so far, of all partitions
	whole   bool // all of them are wanted
}

func (j *joiner) wants() bool { return j.kind == plan.LeftSemi || j.kind == plan.RightSemi }

func (j *joiner) outerLeft() bool { return j.kind == plan.LeftOuter || j.kind == plan.FullOuter }

func (j *joiner) outerRight() bool { return j.kind == plan.RightOuter || j.kind == plan.FullOuter }

// over joins the rows of a stream with those of a table.
func (j *joiner) over(h *hashTable, in stream) stream {
	if j.keeps {
		return j.semi(h, in)
	}
	return j.pairs(h, in, j.outerLeft(), nil)
}

// pairs gives the pairs of rows with one key, rows of the stream without any
// where outer is set, and rows of the table without any where the kind of join
// says so. met, where it is not nil, is told which rows of the stream have any.
func (j *joiner) pairs(h *hashTable, in stream, outer bool, met []bool) stream {
	r := j.r
	var matched, used []bool
	if j.outerRight() {
		matched = make([]bool, h.batch.Rows)
	}
	if j.kind == plan.InnerUnique {
		used = make([]bool, h.batch.Rows) // by the first row with a key: it is used up
	}
	var p *probe
	var cur *vec.Batch
	var tail stream
	row, chain, before := 0, int32(-1), 0
	return func() (*vec.Batch, error) {
		for tail == nil {
			if cur == nil {
				b, err := in()
				if err != nil {
					return nil, err
				}
				if b == nil {
					tail = j.unmatched(h, matched)
					break
				}
				cols, err := r.evalAll(j.keys, b)
				if err != nil {
					return nil, err
				}
				p = h.probe(cols)
				if j.whole && j.kind != plan.InnerUnique {
					if h.sizes == nil {
						h.count()
					}
					if int64(*j.total)+h.pairs(p.findAll(b.Rows)) > maxJoined {
						return nil, ErrRows
					}
				}
				cur, row, chain = b, 0, -1
			}
			var li, ri []int32
			for row < cur.Rows && len(li) < r.size {
				if chain < 0 {
					if chain = p.find(row); chain < 0 {
						if outer {
							li, ri = append(li, int32(row)), append(ri, -1)
						}
						row++
						continue
					}
					if used != nil {
						if used[chain] {
							row, chain = row+1, -1
							continue
						}
						used[chain] = true
					}
					if met != nil {
						met[before+row] = true
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
				if *j.total += len(li); *j.total > maxJoined {
					return nil, ErrRows
				}
				out = j.rows(cur, li, h, ri)
			}
			if row >= cur.Rows {
				before += cur.Rows
				cur = nil
			}
			if err := r.check(); err != nil {
				return nil, err
			}
			if out != nil {
				return out, nil
			}
		}
		return tail()
	}
}

// rows puts together rows of both sides; a number below 0 gives nulls.
func (j *joiner) rows(b *vec.Batch, li []int32, h *hashTable, ri []int32) *vec.Batch {
	out := make([]*vec.Vec, 0, j.width)
	for _, c := range b.Cols {
		out = append(out, c.Gather(li))
	}
	for _, t := range j.take {
		out = append(out, h.batch.Cols[t].Gather(ri))
	}
	return vec.NewBatch(out, len(li))
}

// unmatched gives the rows of the table that no row met; none where matched is nil.
func (j *joiner) unmatched(h *hashTable, matched []bool) stream {
	at := 0
	none := empty(j.columns)
	return func() (*vec.Batch, error) {
		var li, ri []int32
		for ; at < len(matched) && len(ri) < j.r.size; at++ {
			if !matched[at] {
				li, ri = append(li, -1), append(ri, int32(at))
			}
		}
		if len(ri) == 0 {
			return nil, nil
		}
		return j.rows(none, li, h, ri), j.r.check()
	}
}

// semi keeps the rows that have (or have not) a match in the table.
func (j *joiner) semi(h *hashTable, in stream) stream {
	return func() (*vec.Batch, error) {
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			cols, err := j.r.evalAll(j.keys, b)
			if err != nil {
				return nil, err
			}
			idx := make([]int32, 0, b.Rows)
			p := h.probe(cols)
			for i := range b.Rows {
				if (p.find(i) >= 0) == j.wants() {
					idx = append(idx, int32(i))
				}
			}
			if len(idx) > 0 {
				return pick(b, idx), nil
			}
			if err := j.r.check(); err != nil {
				return nil, err
			}
		}
	}
}
