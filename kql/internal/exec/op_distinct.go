package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/vec"
)

// distincter keeps the first of equal rows. Once the rows that it has seen take
// all the memory, it keeps them as they are: rows that are none of them wait on
// disk, by their hash, and each partition is gone through in the same way.
type distincter struct {
	r     *run
	in    stream
	level int
	seen  map[string]struct{}
	l     *lease
	full  bool
	parts *spill.Parts
	part  int
	sub   stream // of a partition
	buf   []byte
}

func (r *run) distinct(n *plan.Distinct) (stream, error) {
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return r.newDistincter(in, 0).next, nil
}

func (r *run) newDistincter(in stream, level int) *distincter {
	return &distincter{r: r, in: in, level: level, seen: map[string]struct{}{}, l: r.lease()}
}

func (d *distincter) next() (*vec.Batch, error) {
	for d.in != nil {
		b, err := d.in()
		if err != nil {
			return nil, err
		}
		if b == nil {
			d.in, d.seen = nil, nil
			d.l.free()
			break
		}
		out, err := d.fresh(b)
		if err != nil {
			return nil, err
		}
		if err := d.r.check(); err != nil || out != nil {
			return out, err
		}
	}
	if d.parts == nil {
		return nil, nil
	}
	if d.part == 0 && d.sub == nil {
		if err := d.parts.Done(); err != nil {
			return nil, spillError(err)
		}
	}
	for d.part < spill.Fan {
		if d.sub == nil {
			d.sub = d.r.newDistincter(d.parts.Read(d.part), d.level+1).next
		}
		b, err := d.sub()
		if b != nil || err != nil {
			return b, err
		}
		d.sub = nil
		d.part++
	}
	return nil, d.parts.Close()
}

// fresh returns the rows of a batch that were not seen, nil where there are none.
func (d *distincter) fresh(b *vec.Batch) (*vec.Batch, error) {
	idx := make([]int32, 0, b.Rows)
	var later []int32
	size := int64(0)
	for i := range b.Rows {
		d.buf = key(d.buf, b.Cols, i)
		if _, ok := d.seen[string(d.buf)]; ok {
			continue
		}
		if d.full {
			later = append(later, int32(i))
			continue
		}
		d.seen[string(d.buf)] = struct{}{}
		size += 48 + int64(len(d.buf))
		idx = append(idx, int32(i))
	}
	ok := d.l.add(size)
	switch {
	case !d.r.canSpill() || d.level >= spill.Levels:
		if !ok {
			return nil, ErrMemory
		}
	case !d.full && d.l.full(1):
		d.full = true
	}
	if len(later) > 0 {
		if d.parts == nil {
			d.parts = d.r.parts(spill.Fan)
		}
		rest := pick(b, later)
		if err := addSplit(d.parts, d.level, spill.Hashes(nil, rest.Cols, rest.Rows), rest); err != nil {
			return nil, err
		}
	}
	if len(idx) == 0 {
		return nil, nil
	}
	return pick(b, idx), nil
}
