package exec

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/vec"
)

// budget counts what the operators of a run hold together. It is safe for
// concurrent use.
type budget struct {
	limit   int64 // 0: none
	area    spill.Area
	spilled spill.Stats
	used    atomic.Int64
	peak    atomic.Int64
}

// leastShare is the part of the budget that an operator may hold whatever the
// others do: those below it must not starve it.
const leastShare = 8

// leastHeld is what one group may take whatever the budget is.
const leastHeld = 4 << 10

// lease is what one operator holds. It is for one goroutine.
type lease struct {
	b *budget
	n int64
}

// lease returns a lease for an operator of this run.
func (r *run) lease() *lease {
	l := r.lasting()
	if r.scope != nil {
		*r.scope = append(*r.scope, l)
	}
	return l
}

// lasting returns a lease for what is kept until the run ends.
func (r *run) lasting() *lease { return &lease{b: r.mem} }

// inner collects the result of a subquery that is run for each of many rows.
// Nothing of it is held afterwards but the result, which the lease counts.
func (r *run) inner(n plan.Node, l *lease) (*vec.Batch, error) {
	if r.mem.limit <= 0 {
		return r.all(n, l)
	}
	outer := r.scope
	var own []*lease
	r.scope = &own
	b, err := r.all(n, r.lease())
	r.scope = outer
	for _, x := range own {
		x.free()
	}
	if err != nil {
		return nil, err
	}
	return b, l.hold(vec.Size(b))
}

// add counts n more bytes and tells whether that is still within the budget.
func (l *lease) add(n int64) bool {
	if l.b.limit <= 0 {
		return true
	}
	l.n += n
	used := l.b.used.Add(n)
	for {
		peak := l.b.peak.Load()
		if used <= peak || l.b.peak.CompareAndSwap(peak, used) {
			break
		}
	}
	return used <= l.b.limit
}

// set makes n what is held.
func (l *lease) set(n int64) bool { return l.add(n - l.n) }

// hold is add for operators that cannot do with less.
func (l *lease) hold(n int64) error {
	if !l.add(n) {
		return ErrMemory
	}
	return nil
}

func (l *lease) free() { l.set(0) }

// full tells whether an operator that can put away what it holds should do so
// now: the budget is used up, or this operator holds more than its part of it.
func (l *lease) full(part int64) bool {
	limit := l.b.limit
	return limit > 0 && (l.n > limit/part || l.b.used.Load() > limit && l.n > limit/(part*leastShare))
}

// canSpill tells whether there is a place outside of memory.
func (r *run) canSpill() bool { return r.mem.area != nil && r.mem.limit > 0 }

// parts returns n partitions on disk; they are closed when the run ends.
func (r *run) parts(n int) *spill.Parts {
	wait := min(1<<18, max(1<<10, r.mem.limit/int64(16*n)))
	p := spill.NewParts(r.mem.area, &r.mem.spilled, n, wait)
	r.files.add(p)
	return p
}

// spillError says that what does not fit into memory does not fit on disk either.
func spillError(err error) error {
	if err == nil || !errors.Is(err, spill.ErrFile) {
		return err
	}
	return fmt.Errorf("%w; %w", ErrMemory, err)
}

// compact returns a batch that keeps no other rows' texts in memory: those of
// few rows may be pieces of a text of very many.
func (r *run) compact(b *vec.Batch) *vec.Batch {
	if b.Rows >= r.size/2 || b.Rows == 0 {
		return b
	}
	out := vec.NewBatch(make([]*vec.Vec, len(b.Cols)), b.Rows)
	for i, c := range b.Cols {
		out.Cols[i] = c
		if c.Strs == nil || c.Const {
			continue
		}
		out.Cols[i] = vec.OfStrings(ownTexts(c.Strs[:b.Rows]))
	}
	return out
}

func ownTexts(in []string) []string {
	size := 0
	for _, s := range in {
		size += len(s)
	}
	buf := make([]byte, 0, size)
	for _, s := range in {
		buf = append(buf, s...)
	}
	all := string(buf)
	out := make([]string, len(in))
	for i, s := range in {
		out[i], all = all[:len(s)], all[len(s):]
	}
	return out
}

// until frees the lease at the end of a stream.
func (l *lease) until(s stream) stream {
	if l.b.limit <= 0 {
		return s
	}
	return func() (*vec.Batch, error) {
		b, err := s()
		if b == nil || err != nil {
			l.free()
		}
		return b, err
	}
}

// files are those that a run has made. It is safe for concurrent use.
type files struct {
	mu   sync.Mutex
	list []*spill.Parts
}

func (f *files) add(p *spill.Parts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, p)
}

// close gives all of them up. That a file cannot be removed is for its area to
// tell.
func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.list {
		_ = p.Close()
	}
	f.list = nil
}
