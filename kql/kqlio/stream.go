package kqlio

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"strings"
	"sync"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Input is a file of rows.
type Input struct {
	// Open opens the file at its beginning; done is called when it has been read.
	Open  func() (r io.Reader, done func(), err error)
	Once  bool // it can be opened a single time
	Comma rune // between the fields of a line; 0: JSON
}

// Stream is a table in a file. It holds no rows of a file that is larger than
// some bytes: these are read anew for each scan. To find the types of columns the
// file is read once before. A file that can be read only once is held whole if
// its columns must be found.
type Stream struct {
	in     Input
	cols   []kql.Column
	place  []int    // of the columns in a line; nil: by the header
	held   []record // all rows, if they are few
	whole  bool     // held is all
	mu     sync.Mutex
	report Report
}

// record is a row of a file.
type record struct {
	fields []string
	bag    *value.Bag
	bytes  int // that it takes in memory, about
}

// maxHeld bounds the bytes of rows that are kept while types are found, so that
// a small file is read once.
const maxHeld = 64 << 20

// NewStream returns a table over a file: with the columns of schema, found by
// name, case not mattering, and null where the file lacks them; where schema is
// nil with those of hint, which come first and keep their types, and whatever
// else the file holds, its types inferred.
func NewStream(in Input, schema, hint []kql.Column) (*Stream, error) {
	s := &Stream{in: in, cols: schema}
	if schema != nil {
		return s, nil
	}
	bytes := 0
	s.whole = true
	keep := func(r record) {
		if !s.whole {
			return
		}
		if bytes += r.bytes; bytes > maxHeld && !in.Once {
			s.held, s.whole = nil, false
			return
		}
		s.held = append(s.held, r)
	}
	if in.Comma != 0 {
		var names []string
		var texts []textType
		err := s.read(&s.report, func(head []string) { names, texts = head, make([]textType, len(head)) }, func(r record) error {
			for i, f := range r.fields {
				texts[i].add(f)
			}
			keep(r)
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.cols, s.place = csvColumns(names, hint, texts)
		return s, nil
	}
	found := newJSONColumns(hint)
	err := s.read(&s.report, nil, func(r record) error {
		found.add(r.bag)
		keep(r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.cols = found.result()
	return s, nil
}

// Columns returns the table's columns.
func (s *Stream) Columns() []kql.Column { return s.cols }

// Report tells about the file as it was read last; cells are counted of the
// columns that were asked for.
func (s *Stream) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report
}

// read reads the file from its beginning.
func (s *Stream) read(rep *Report, header func([]string), row func(record) error) error {
	r, done, err := s.in.Open()
	if err != nil {
		return err
	}
	defer done()
	if s.in.Comma != 0 {
		return csvRows(r, s.in.Comma, false, rep, header, row)
	}
	return jsonRows(r, rep, row)
}

// errStop ends a read whose rows are not wanted any more.
type errStop struct{}

func (errStop) Error() string { return "stopped" }

// Scan yields the rows of some columns.
func (s *Stream) Scan(ctx context.Context, columns []int) iter.Seq2[*kql.Batch, error] {
	return func(yield func(*kql.Batch, error) bool) {
		cols := make([]kql.Column, len(columns))
		for i, c := range columns {
			cols[i] = s.cols[c]
		}
		place := make([]int, len(columns))
		locate := func(of []int) {
			for i, c := range columns {
				place[i] = of[c]
			}
		}
		if s.place != nil {
			locate(s.place)
		}
		rep := Report{}
		held := s.held
		whole := s.whole
		if whole {
			was := s.Report()
			rep.Bad, rep.First = was.Bad, was.First
		}
		b := newBuilder(cols)
		row := func(r record) error {
			for i, c := range cols {
				b.cur[i].Append(r.cell(c, place[i], &rep))
			}
			rep.Rows++
			if b.endRow(); len(b.batches) == 0 {
				return nil
			}
			out := b.batches[0]
			b.batches = nil
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(out, nil) {
				return errStop{}
			}
			return nil
		}
		var err error
		if whole {
			for _, r := range held {
				if err = row(r); err != nil {
					break
				}
			}
		} else {
			err = s.read(&rep, func(names []string) {
				if s.place == nil {
					locate(places(s.cols, names))
				}
			}, row)
		}
		if _, stopped := errors.AsType[errStop](err); stopped {
			return
		}
		s.mu.Lock()
		s.report = rep
		s.mu.Unlock()
		if err != nil {
			yield(nil, err)
			return
		}
		if b.flush(); len(b.batches) > 0 {
			yield(b.batches[0], nil)
		}
	}
}

// cell converts the value of a column.
func (r record) cell(c kql.Column, place int, rep *Report) value.Value {
	if r.bag == nil {
		if place < 0 || place >= len(r.fields) {
			return value.Null
		}
		text := r.fields[place]
		v := field(c.Type, text)
		rep.lose(c, text, v)
		if c.Type == kql.String {
			v = value.String(strings.Clone(text)) // not the whole line
		}
		return v
	}
	v, ok := r.bag.Get(c.Name)
	if !ok {
		v = foldGet(r.bag, c.Name)
	}
	x := fromJSON(c.Type, v)
	if x.IsNull() && !v.IsNull() {
		rep.lose(c, kql.Text(v), x)
	}
	return x
}

// Load reads the whole table into memory. A stream that is read once is of no
// use afterwards.
func (s *Stream) Load(ctx context.Context) (*Loaded, error) { return s.LoadUpTo(ctx, math.MaxInt64) }

// LoadUpTo is Load for a table that takes about limit bytes at most. Of a larger
// one it returns no Table, but the report of all of it; one that is read once is
// loaded whatever it takes.
func (s *Stream) LoadUpTo(ctx context.Context, limit int64) (*Loaded, error) {
	all := make([]int, len(s.cols))
	for i := range all {
		all[i] = i
	}
	var batches []*kql.Batch
	size := int64(0)
	for b, err := range s.Scan(ctx, all) {
		if err != nil {
			return nil, err
		}
		if size += vec.Size(b); size > limit && !s.in.Once {
			batches, s.held, s.whole = nil, nil, false
			continue
		}
		batches = append(batches, b)
	}
	out := &Loaded{Report: s.Report(), Bytes: size}
	if size <= limit || s.in.Once {
		out.Table = kql.NewMemTable(s.cols, batches...)
	}
	return out, nil
}
