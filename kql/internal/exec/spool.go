package exec

import (
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/vec"
)

// spool keeps batches for being read several times, on disk where they do not
// fit into memory.
type spool struct {
	r       *run
	l       *lease
	lasting bool
	batches []*vec.Batch
	file    *spill.Parts
	rows    int
}

// newSpool returns an empty spool; a lasting one stays until all results of the
// run are read.
func (r *run) newSpool(lasting bool) *spool {
	if lasting {
		return &spool{r: r, l: r.lasting(), lasting: true}
	}
	return &spool{r: r, l: r.lease()}
}

// fill takes all batches of a stream.
func (s *spool) fill(in stream) error {
	for {
		b, err := in()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := s.add(b); err != nil {
			return err
		}
		if err := s.r.check(); err != nil {
			return err
		}
	}
	return s.done()
}

// done ends adding: it must be called before reading.
func (s *spool) done() error {
	if s.file == nil {
		return nil
	}
	return spillError(s.file.Done())
}

func (s *spool) add(b *vec.Batch) error {
	s.rows += b.Rows
	switch {
	case b.Rows == 0:
		return nil
	case s.file != nil:
		return spillError(s.file.Add(0, b))
	case s.r.mem.limit <= 0:
		s.batches = append(s.batches, b)
		return nil
	}
	b = s.r.compact(b)
	s.batches = append(s.batches, b)
	ok := s.l.add(vec.Size(b))
	if !s.r.canSpill() {
		if !ok {
			return ErrMemory
		}
		return nil
	}
	if !s.l.full(2) {
		return nil
	}
	s.file = spill.NewParts(s.r.mem.area, &s.r.mem.spilled, 1, min(1<<18, max(1<<10, s.r.mem.limit/64)))
	if s.lasting {
		s.r.kept.add(s.file)
	} else {
		s.r.files.add(s.file)
	}
	for _, b := range s.batches {
		if err := s.file.Add(0, b); err != nil {
			return spillError(err)
		}
	}
	s.batches = nil
	s.l.free()
	return nil
}

// read gives the batches, in pieces of the run's size.
func (s *spool) read() stream {
	next := func() (*vec.Batch, error) { return nil, nil }
	if s.file != nil {
		next = s.file.Read(0)
	} else {
		at := 0
		next = func() (*vec.Batch, error) {
			if at == len(s.batches) {
				return nil, nil
			}
			at++
			return s.batches[at-1], nil
		}
	}
	var pending stream
	return func() (*vec.Batch, error) {
		for {
			if pending != nil {
				if b, err := pending(); b != nil || err != nil {
					return b, err
				}
			}
			b, err := next()
			if b == nil || err != nil {
				return nil, err
			}
			pending = s.r.sliced(b)
		}
	}
}
