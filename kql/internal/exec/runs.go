package exec

import (
	"container/heap"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/vec"
)

// runKey is a column by which the rows of runs are in order.
type runKey struct {
	col              int
	desc, nullsFirst bool
}

// compareRows orders row i of a and row j of b.
func compareRows(keys []runKey, a *vec.Batch, i int, b *vec.Batch, j int) int {
	for _, k := range keys {
		if c := vec.CompareAsked(a.Cols[k.col], i, b.Cols[k.col], j, k.desc, k.nullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

// runs are batches on disk, each in order by keys. Of equal rows those of an
// earlier run come first.
type runs struct {
	r     *run
	keys  []runKey
	cols  []plan.Column // of the result: the first ones of the runs' columns
	file  *spill.Parts
	wait  int64
	limit int64 // rows of the result, -1 all
	size  int   // rows of a batch of the result: few where rows are large
}

// maxFan is how many runs are merged at a time.
const maxFan = 64

func (r *run) newRuns(cols []plan.Column, keys []runKey, limit int64) *runs {
	wait := min(1<<18, max(1<<10, r.mem.limit/(4*maxFan)))
	return &runs{r: r, keys: keys, cols: cols, wait: wait, limit: limit, size: r.size, file: r.runFile(wait)}
}

func (r *run) runFile(wait int64) *spill.Parts {
	p := spill.NewParts(r.mem.area, &r.mem.spilled, 0, wait)
	r.files.add(p)
	return p
}

// add writes a batch that is in order as one more run.
func (x *runs) add(b *vec.Batch) error {
	if x.limit >= 0 && int64(b.Rows) > x.limit {
		b = b.Slice(0, int(x.limit))
	}
	at := x.file.Grow()
	if b.Rows == 0 {
		return nil
	}
	step, size := x.r.size, vec.Size(b)
	if one := vec.Size(b.Slice(0, 1)); one*int64(b.Rows) < 4*size { // else rows share large values
		step = int(max(1, min(int64(step), x.wait*int64(b.Rows)/size)))
		x.size = max(1, min(x.size, 8*step))
	}
	for from := 0; from < b.Rows; from += step {
		if err := x.file.Add(at, b.Slice(from, min(from+step, b.Rows))); err != nil {
			return spillError(err)
		}
	}
	return spillError(x.file.End(at))
}

// rows merges the runs.
func (x *runs) rows() (stream, error) {
	if err := spillError(x.file.Done()); err != nil {
		return nil, err
	}
	for x.file.Len() > maxFan {
		next := x.r.runFile(x.wait)
		for from := 0; from < x.file.Len(); from += maxFan {
			m, err := x.merge(from, min(from+maxFan, x.file.Len()))
			if err != nil {
				return nil, err
			}
			at := next.Grow()
			for {
				b, err := m.next()
				if err != nil {
					return nil, err
				}
				if b == nil {
					break
				}
				if err := next.Add(at, b); err != nil {
					return nil, spillError(err)
				}
			}
			if err := next.End(at); err != nil {
				return nil, spillError(err)
			}
		}
		if err := next.Done(); err != nil {
			return nil, spillError(err)
		}
		if err := x.file.Close(); err != nil {
			return nil, spillError(err)
		}
		x.file = next
	}
	m, err := x.merge(0, x.file.Len())
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		b, err := m.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, x.file.Close()
		}
		return vec.NewBatch(b.Cols[:len(x.cols)], b.Rows), nil
	}, nil
}

// head is the next row of a run.
type head struct {
	run   int
	next  func() (*vec.Batch, error)
	batch *vec.Batch
	row   int
	use   int // number of batch among those of the merger, -1 none yet
}

// merger gives the rows of some runs in order.
type merger struct {
	x     *runs
	heads []*head
	used  []*vec.Batch
	which []int32
	row   []int32
	left  int64 // rows that may still come, -1 all
}

func (m *merger) Len() int { return len(m.heads) }
func (m *merger) Less(i, j int) bool {
	a, b := m.heads[i], m.heads[j]
	if c := compareRows(m.x.keys, a.batch, a.row, b.batch, b.row); c != 0 {
		return c < 0
	}
	return a.run < b.run
}
func (m *merger) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

// Push and Pop are heap's.
func (m *merger) Push(any) {}

// Pop takes the last head.
func (m *merger) Pop() any {
	h := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return h
}

func (x *runs) merge(from, to int) (*merger, error) {
	m := &merger{x: x, left: x.limit}
	for i := from; i < to; i++ {
		h := &head{run: i, next: x.file.Read(i)}
		if err := h.load(); err != nil {
			return nil, err
		}
		if h.batch != nil {
			m.heads = append(m.heads, h)
		}
	}
	heap.Init(m)
	return m, nil
}

func (h *head) load() error {
	b, err := h.next()
	if err != nil || b == nil {
		h.batch = nil
		return err
	}
	for i, c := range b.Cols {
		b.Cols[i] = c.Flat()
	}
	h.batch, h.row, h.use = b, 0, -1
	return nil
}

// next gives some rows, nil at the end.
func (m *merger) next() (*vec.Batch, error) {
	if err := m.x.r.check(); err != nil {
		return nil, err
	}
	m.used, m.which, m.row = m.used[:0], m.which[:0], m.row[:0]
	for _, h := range m.heads {
		h.use = -1
	}
	for len(m.heads) > 0 && len(m.row) < m.x.size && m.left != 0 {
		h := m.heads[0]
		if h.use < 0 {
			h.use = len(m.used)
			m.used = append(m.used, h.batch)
		}
		m.which, m.row = append(m.which, int32(h.use)), append(m.row, int32(h.row))
		if m.left > 0 {
			m.left--
		}
		if h.row++; h.row == h.batch.Rows {
			if err := h.load(); err != nil {
				return nil, err
			}
			if h.batch == nil {
				heap.Pop(m)
				continue
			}
		}
		heap.Fix(m, 0)
	}
	if len(m.row) == 0 {
		return nil, nil
	}
	cols := make([]*vec.Vec, len(m.used[0].Cols))
	parts := make([]*vec.Vec, len(m.used))
	for i := range cols {
		for k, b := range m.used {
			parts[k] = b.Cols[i]
		}
		cols[i] = vec.Pick(parts, m.which, m.row)
	}
	return vec.NewBatch(cols, len(m.row)), nil
}

// sorter sorts rows that it is given, in memory as long as they fit.
type sorter struct {
	r     *run
	cols  []plan.Column
	keys  []plan.SortKey // prepared
	limit int64          // -1: all rows are wanted
	l     *lease
	parts []*vec.Batch
	rows  int
	runs  *runs
}

func (r *run) newSorter(cols []plan.Column, keys []plan.SortKey, limit int64) (*sorter, error) {
	s := &sorter{r: r, cols: cols, limit: limit, l: r.lease()}
	for _, k := range keys {
		p, err := r.prepare(k.Expr)
		if err != nil {
			return nil, err
		}
		k.Expr = p
		s.keys = append(s.keys, k)
	}
	return s, nil
}

// copies is how often rows are in memory at once while they are sorted: as they
// came, joined and in order.
const copies = 3

func (s *sorter) add(b *vec.Batch) error {
	if b.Rows == 0 {
		return nil
	}
	b = s.r.compact(b)
	s.parts, s.rows = append(s.parts, b), s.rows+b.Rows
	ok := s.l.add(vec.Size(b))
	if s.limit >= 0 && int64(s.rows) > 4*s.limit+65536 || !ok && s.limit >= 0 && int64(s.rows) > 2*s.limit {
		if err := s.prune(); err != nil {
			return err
		}
		ok = s.l.add(0)
	}
	switch {
	case s.r.canSpill() && s.l.full(copies):
		return s.put()
	case !ok && !s.r.canSpill():
		return ErrMemory
	}
	return nil
}

// sorted takes what is held and returns it in order, with the keys' columns as
// their order has them.
func (s *sorter) sorted() (*vec.Batch, []*vec.Vec, error) {
	b := vec.ConcatBatches(protos(s.cols), s.parts)
	s.parts, s.rows = nil, 0
	o := &order{keys: s.keys}
	for _, k := range s.keys {
		v, err := s.r.eval(k.Expr, b)
		if err != nil {
			return nil, nil, err
		}
		o.cols = append(o.cols, v)
	}
	idx := o.sort(b.Rows)
	if s.limit >= 0 && int64(len(idx)) > s.limit {
		idx = idx[:s.limit]
	}
	cols := make([]*vec.Vec, len(o.cols))
	for i, c := range o.cols {
		cols[i] = c.Gather(idx)
	}
	return b.Gather(idx), cols, nil
}

// prune drops the rows that cannot be among the first.
func (s *sorter) prune() error {
	b, _, err := s.sorted()
	if err != nil {
		return err
	}
	s.parts, s.rows = []*vec.Batch{b}, b.Rows
	s.l.set(vec.Size(b))
	return nil
}

// put writes what is held as a run.
func (s *sorter) put() error {
	b, keys, err := s.sorted()
	if err != nil {
		return err
	}
	if s.runs == nil {
		var by []runKey
		for i, k := range s.keys {
			by = append(by, runKey{len(s.cols) + i, k.Desc, k.NullsFirst})
		}
		s.runs = s.r.newRuns(s.cols, by, s.limit)
	}
	if err := s.runs.add(vec.NewBatch(append(append([]*vec.Vec{}, b.Cols...), keys...), b.Rows)); err != nil {
		return err
	}
	s.l.free()
	return nil
}

// finish returns the rows in order.
func (s *sorter) finish() (stream, error) {
	if s.runs == nil {
		b, _, err := s.sorted()
		if err != nil {
			return nil, err
		}
		return s.l.until(s.r.sliced(b)), nil
	}
	if len(s.parts) > 0 {
		if err := s.put(); err != nil {
			return nil, err
		}
	}
	return s.runs.rows()
}
