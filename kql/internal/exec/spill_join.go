package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/vec"
)

// pair are the two sides of a join on disk, both split by the hash of their
// keys: rows that join are in partitions of one number.
type pair struct {
	j           *joiner
	columns     []plan.Column // of the side that goes into tables
	level       int
	build, rest *side
}

// lone tells whether rows of the probing side without a match are in the result.
func (j *joiner) lone() bool { return j.outerLeft() || j.keeps && !j.wants() }

// onDisk joins a side on disk with the rows of a stream, which are put on disk
// as well. The rows come partition by partition.
func (j *joiner) onDisk(columns []plan.Column, build *side, in stream) (stream, error) {
	x := &pair{j: j, columns: columns, build: build, rest: &side{keys: j.keys, parts: j.r.parts(spill.Fan)}}
	if err := x.fill(in); err != nil {
		return nil, err
	}
	return x.rows(), nil
}

// fill splits the probing side; rows that cannot be in the result are left out.
func (x *pair) fill(in stream) error {
	r := x.j.r
	for {
		b, err := in()
		if err != nil {
			return err
		}
		if b == nil {
			return spillError(x.rest.parts.Done())
		}
		if err := r.check(); err != nil {
			return err
		}
		cols, err := r.evalAll(x.rest.keys, b)
		if err != nil {
			return err
		}
		for part, idx := range spill.Split(spill.Hashes(nil, cols, b.Rows), x.level) {
			if len(idx) == 0 || x.build.parts.Rows(part) == 0 && !x.j.lone() {
				continue
			}
			if err := x.rest.parts.Add(part, pick(b, idx)); err != nil {
				return spillError(err)
			}
		}
	}
}

// rows joins partition by partition.
func (x *pair) rows() stream {
	part := 0
	var s stream
	return func() (*vec.Batch, error) {
		for part < spill.Fan {
			if s == nil {
				var err error
				if s, err = x.partition(part); err != nil {
					return nil, err
				}
			}
			b, err := s()
			if b != nil || err != nil {
				return b, err
			}
			s = nil
			part++
		}
		if err := x.build.parts.Close(); err != nil {
			return nil, err
		}
		return nil, x.rest.parts.Close()
	}
}

// partition joins the rows of one partition: in memory, split once more, or,
// where all rows have one key, with as many rows at a time as fit.
func (x *pair) partition(part int) (stream, error) {
	r := x.j.r
	if x.build.parts.Rows(part) == 0 && x.rest.parts.Rows(part) == 0 {
		return func() (*vec.Batch, error) { return nil, nil }, nil
	}
	l := r.lease()
	next := x.build.parts.Read(part)
	b, more, err := x.load(next, l)
	if err != nil {
		return nil, err
	}
	if !more {
		h, err := r.table(b, x.build.keys, l)
		if err != nil {
			return nil, err
		}
		return l.until(x.j.over(h, x.rest.parts.Read(part))), nil
	}
	l.free()
	if x.level+1 < spill.Levels {
		sub := &pair{j: x.j, columns: x.columns, level: x.level + 1,
			build: &side{keys: x.build.keys, parts: r.parts(spill.Fan)}, rest: &side{keys: x.rest.keys, parts: r.parts(spill.Fan)}}
		spread, err := sub.take(x.build.parts.Read(part))
		if err != nil {
			return nil, err
		}
		if spread {
			if err := sub.fill(x.rest.parts.Read(part)); err != nil {
				return nil, err
			}
			return sub.rows(), nil
		}
		if err := sub.build.parts.Close(); err != nil {
			return nil, err
		}
	}
	return x.blocks(part)
}

// take splits the rows that go into tables; it tells whether they have more
// than one key, as far as hashes tell.
func (x *pair) take(in stream) (spread bool, err error) {
	r := x.j.r
	first, some := uint64(0), false
	for {
		b, err := in()
		if err != nil {
			return false, err
		}
		if b == nil {
			return spread, spillError(x.build.parts.Done())
		}
		if err := r.check(); err != nil {
			return false, err
		}
		cols, err := r.evalAll(x.build.keys, b)
		if err != nil {
			return false, err
		}
		hashes := spill.Hashes(nil, cols, b.Rows)
		for _, h := range hashes {
			if !some {
				first, some = h, true
			}
			spread = spread || h != first
		}
		if err := addSplit(x.build.parts, x.level, hashes, b); err != nil {
			return false, err
		}
	}
}

// load reads rows of a side until they are as many as fit into memory; more
// says that there may be others.
func (x *pair) load(next stream, l *lease) (b *vec.Batch, more bool, err error) {
	var parts []*vec.Batch
	for {
		b, err := next()
		if err != nil {
			return nil, false, err
		}
		if b == nil {
			break
		}
		parts = append(parts, b)
		l.add(vec.Size(b) + rowBytes*int64(b.Rows))
		if more = l.full(joinCopies); more {
			break
		}
	}
	return vec.ConcatBatches(protos(x.columns), parts), more, nil
}

// blocks joins a partition whose rows cannot be told apart by hash: the probing
// side is read once for every block of the other.
func (x *pair) blocks(part int) (stream, error) {
	j := x.j
	r := j.r
	next := x.build.parts.Read(part)
	l := r.lease()
	var met []bool
	if j.lone() || j.keeps {
		met = make([]bool, x.rest.parts.Rows(part))
	}
	var cur, last stream
	done := false
	return func() (*vec.Batch, error) {
		for last == nil {
			if cur != nil {
				b, err := cur()
				if err != nil {
					return nil, err
				}
				if b != nil && j.keeps {
					continue // met was told
				}
				if b != nil {
					return b, nil
				}
				cur = nil
				l.free()
			}
			if done {
				last = j.lonely(x.rest.parts.Read(part), &hashTable{batch: empty(x.columns)}, met)
				break
			}
			b, more, err := x.load(next, l)
			if err != nil {
				return nil, err
			}
			done = !more
			if b.Rows == 0 {
				continue
			}
			h, err := r.table(b, x.build.keys, l)
			if err != nil {
				return nil, err
			}
			if j.keeps {
				cur = j.meet(h, x.rest.parts.Read(part), met)
			} else {
				cur = j.pairs(h, x.rest.parts.Read(part), false, met)
			}
		}
		return last()
	}, nil
}

// meet notes which rows have a match in a table; it gives no rows.
func (j *joiner) meet(h *hashTable, in stream, met []bool) stream {
	return func() (*vec.Batch, error) {
		for before := 0; ; {
			b, err := in()
			if b == nil || err != nil {
				return nil, err
			}
			cols, err := j.r.evalAll(j.keys, b)
			if err != nil {
				return nil, err
			}
			for i, at := range h.probe(cols).findAll(b.Rows) {
				if at >= 0 {
					met[before+i] = true
				}
			}
			before += b.Rows
			if err := j.r.check(); err != nil {
				return nil, err
			}
		}
	}
}

// lonely gives, after all blocks, the rows of the probing side that are in the
// result for having met a row, or none, with nulls for columns of the other;
// nothing where met is nil.
func (j *joiner) lonely(in stream, none *hashTable, met []bool) stream {
	before := 0
	return func() (*vec.Batch, error) {
		for met != nil {
			b, err := in()
			if b == nil || err != nil {
				return nil, err
			}
			want := j.keeps && j.wants()
			var idx []int32
			for i := range b.Rows {
				if met[before+i] == want {
					idx = append(idx, int32(i))
				}
			}
			before += b.Rows
			if len(idx) == 0 {
				continue
			}
			if j.keeps {
				return pick(b, idx), nil
			}
			ri := make([]int32, len(idx))
			for i := range ri {
				ri[i] = -1
			}
			return j.rows(b, idx, none, ri), nil
		}
		return nil, nil
	}
}
