package kqlio

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// batchRows is the number of rows that tables are read in.
const batchRows = 8192

// Report tells how many rows a file has and what was wrong with its lines.
type Report struct {
	Rows  int
	Bad   int    // lines that could not be read
	First string // what was wrong with the first of them
	Lost  int    // cells that could not be read as their column's type, and are null
	Cell  string // the first of them
}

// Loaded is a table that was read into memory.
type Loaded struct {
	Table *kql.MemTable
	Bytes int64 // that the table takes, about
	Report
}

// lose counts a cell that became null though it held something.
func (l *Report) lose(c kql.Column, text string, got value.Value) {
	if text == "" || !got.IsNull() || c.Type == kql.Dynamic || text == "null" {
		return
	}
	if l.Lost++; l.Lost == 1 {
		if len(text) > 40 {
			text = text[:40] + "..."
		}
		l.Cell = fmt.Sprintf("%q is no %s (column %s)", text, c.Type, c.Name)
	}
}

func (l *Report) bad(line int, err error) {
	if l.Bad++; l.Bad == 1 {
		l.First = fmt.Sprintf("line %d: %v", line, err)
	}
}

// builder collects rows of texts or values into batches.
type builder struct {
	cols    []kql.Column
	cur     []*vec.Builder
	n       int
	batches []*kql.Batch
}

func newBuilder(cols []kql.Column) *builder {
	b := &builder{cols: cols}
	b.start()
	return b
}

func (b *builder) start() {
	b.cur = make([]*vec.Builder, len(b.cols))
	for i, c := range b.cols {
		b.cur[i] = vec.NewBuilder(c.Type, 1024)
	}
	b.n = 0
}

func (b *builder) endRow() {
	if b.n++; b.n >= batchRows {
		b.flush()
	}
}

func (b *builder) flush() {
	if b.n == 0 {
		return
	}
	out := make([]*vec.Vec, len(b.cur))
	for i, c := range b.cur {
		out[i] = c.Finish()
	}
	b.batches = append(b.batches, vec.NewBatch(out, b.n))
	b.start()
}

// field converts the text of a cell.
func field(t kql.Type, s string) value.Value {
	switch t {
	case kql.String:
		return value.String(s)
	case kql.Dynamic:
		return fn.ParseDynamic(s)
	default:
		if s == "" {
			return value.Null
		}
		v := fn.Convert(value.String(s), types.String, t)
		if v.IsNull() && t == kql.DateTime { // the portal exports "4/28/2021, 2:08:45.221 PM"
			v = fn.Convert(value.String(strings.Replace(s, ", ", " ", 1)), types.String, t)
		}
		return v
	}
}

// load reads a whole stream into memory.
func load(s *Stream, err error) (*Loaded, error) {
	if err != nil {
		return nil, err
	}
	return s.Load(context.Background())
}

// once is a source that is read a single time.
func once(r io.Reader) Input {
	return Input{Open: func() (io.Reader, func(), error) { return r, func() {}, nil }, Once: true}
}

// ReadCSV reads comma-separated values (comma is the separator) with a header
// line. Columns of the schema are found by name, case not mattering, and are
// null where the file lacks them; without a schema all columns of the file are
// read and their types inferred. Ragged lines are counted as bad and skipped.
func ReadCSV(r io.Reader, comma rune, schema []kql.Column) (*Loaded, error) {
	in := once(r)
	in.Comma = comma
	return load(NewStream(in, schema, nil))
}

// ReadCSVHinted is ReadCSV with columns that are known beforehand: they come
// first, with their types; other columns of the file follow, their types
// inferred.
func ReadCSVHinted(r io.Reader, comma rune, hint []kql.Column) (*Loaded, error) {
	in := once(r)
	in.Comma = comma
	return load(NewStream(in, nil, hint))
}

// ReadJSON reads an array of objects, {"value": [...]}, or objects one after
// the other (JSON lines). See ReadCSV for the schema.
func ReadJSON(r io.Reader, schema []kql.Column) (*Loaded, error) {
	return load(NewStream(once(r), schema, nil))
}

// ReadJSONHinted is ReadJSON with columns that are known beforehand: they come
// first, with their types; other keys follow, their types inferred.
func ReadJSONHinted(r io.Reader, hint []kql.Column) (*Loaded, error) {
	return load(NewStream(once(r), nil, hint))
}

// ReadCSVByPosition reads comma-separated values whose fields are the columns
// in order, as externaldata does; header says to skip the first line.
func ReadCSVByPosition(r io.Reader, comma rune, header bool, schema []kql.Column) (*Loaded, error) {
	c := csv.NewReader(bufio.NewReaderSize(r, 1<<20))
	c.Comma = comma
	c.LazyQuotes = true
	c.FieldsPerRecord = -1
	out := &Loaded{}
	b := newBuilder(schema)
	for line := 1; ; line++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if _, ok := errors.AsType[*csv.ParseError](err); !ok {
				return nil, err
			}
			out.bad(line, err)
			continue
		}
		if line == 1 && header {
			continue
		}
		for i, col := range schema {
			if i < len(rec) {
				b.cur[i].Append(field(col.Type, rec[i]))
			} else {
				b.cur[i].AppendNull()
			}
		}
		b.endRow()
		out.Rows++
	}
	b.flush()
	out.Table = kql.NewMemTable(schema, b.batches...)
	return out, nil
}

// Collect joins the rows of tables with the same columns.
func Collect(cols []kql.Column, tables []kql.Table) (*kql.Batch, error) {
	all := make([]int, len(cols))
	protos := make([]*vec.Vec, len(cols))
	for i, c := range cols {
		all[i] = i
		protos[i] = vec.New(c.Type, 0)
	}
	var parts []*kql.Batch
	for _, t := range tables {
		for b, err := range t.Scan(context.Background(), all) {
			if err != nil {
				return nil, err
			}
			parts = append(parts, b)
		}
	}
	return vec.ConcatBatches(protos, parts), nil
}
