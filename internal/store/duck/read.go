//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// batchRows is how many rows a batch gets at most: some of DuckDB's vectors.
const batchRows, vectorRows = 8192, 2048

// Query computes a SELECT and yields its rows; cols are the columns' names and
// types, and the text must give each in the representation of its type. Batches
// may be kept.
func (e *Engine) Query(ctx context.Context, text string, cols []kql.Column) iter.Seq2[*kql.Batch, error] {
	return e.Run(ctx, kql.SQLQuery{Text: text, Columns: cols})
}

// Run is Query for a text that calls functions or reads tables that are given to
// it; see kql.SQLTable.
func (e *Engine) Run(ctx context.Context, q kql.SQLQuery) iter.Seq2[*kql.Batch, error] {
	cols := q.Columns
	return func(yield func(*kql.Batch, error) bool) {
		text, failed, end := withFunctions(q.Text, q.Functions)
		defer end()
		wrong := func(err error) error {
			if f := failed.get(); f != nil && ctx.Err() == nil {
				return fmt.Errorf("%w: %w", kql.ErrFunction, f)
			}
			if e, ok := errors.AsType[*Error](err); ok && strings.Contains(e.Message, kql.TooLarge) {
				return fmt.Errorf("%w: %w", kql.ErrFunction, err)
			}
			return err
		}
		conn, err := e.connect()
		if err != nil {
			yield(nil, err)
			return
		}
		defer duckdb.Disconnect(&conn)
		defer interrupting(ctx, conn)()
		if text, err = give(ctx, conn, text, q.Given); err != nil {
			yield(nil, err)
			return
		}
		var res duckdb.Result
		defer duckdb.DestroyResult(&res)
		if err := statement(ctx, conn, text, true, &res); err != nil {
			yield(nil, wrong(err))
			return
		}
		if err := checkColumns(&res, cols); err != nil {
			yield(nil, err)
			return
		}
		b := newBatchBuilder(cols)
		for {
			chunk := duckdb.FetchChunk(res)
			if chunk.Ptr == nil {
				break
			}
			n := int(duckdb.DataChunkGetSize(chunk))
			if n > 0 {
				b.add(chunk, n)
			}
			duckdb.DestroyDataChunk(&chunk)
			if n == 0 {
				break
			}
			if b.rows > batchRows-vectorRows {
				if !yield(b.finish(), nil) {
					return
				}
			}
		}
		if msg := duckdb.ResultError(&res); msg != "" {
			yield(nil, wrong(sqlError(ctx, msg)))
			return
		}
		if err := ctx.Err(); err != nil {
			yield(nil, fmt.Errorf("query canceled: %w", context.Cause(ctx)))
			return
		}
		if b.rows > 0 {
			yield(b.finish(), nil)
		}
	}
}

// checkColumns compares a result's columns with what is expected of them.
func checkColumns(res *duckdb.Result, cols []kql.Column) error {
	if n := int(duckdb.ColumnCount(res)); n != len(cols) {
		return fmt.Errorf("store: %d columns, want %d", n, len(cols))
	}
	for i, c := range cols {
		if got, want := duckdb.ColumnType(res, duckdb.IdxT(i)), typeID(c.Type); got != want {
			return fmt.Errorf("store: column %s is of type %d, want %d", c.Name, got, want)
		}
	}
	return nil
}

func typeID(t kql.Type) duckdb.Type {
	switch t {
	case kql.Bool:
		return duckdb.TypeBoolean
	case kql.Int:
		return duckdb.TypeInteger
	case kql.Long, kql.DateTime, kql.TimeSpan:
		return duckdb.TypeBigInt
	case kql.Real:
		return duckdb.TypeDouble
	case kql.GUID:
		return duckdb.TypeUUID
	default:
		return duckdb.TypeVarchar
	}
}

// batchBuilder turns chunks into batches.
type batchBuilder struct {
	cols []kql.Column
	data []column
	rows int
}

// column collects the values of one column.
type column struct {
	bools []bool
	ints  []int64
	reals []float64
	strs  []string
	guids [][16]byte
	null  []bool
	all   bool // no more comes than is added at once
}

func newBatchBuilder(cols []kql.Column) *batchBuilder {
	return &batchBuilder{cols: cols, data: make([]column, len(cols))}
}

func (b *batchBuilder) add(chunk duckdb.DataChunk, n int) {
	for i := range b.cols {
		v := duckdb.DataChunkGetVector(chunk, duckdb.IdxT(i))
		b.data[i].add(b.cols[i].Type, duckdb.VectorGetData(v), duckdb.VectorGetValidity(v), b.rows, n)
	}
	b.rows += n
}

// room returns s with n more elements, allocating for a whole batch at once, or
// for these only where they are all of it.
func room[T any](s []T, n int, all bool) []T {
	if s == nil {
		whole := batchRows
		if all {
			whole = n
		}
		s = make([]T, 0, whole)
	}
	if len(s)+n <= cap(s) {
		return s[:len(s)+n]
	}
	return append(s, make([]T, n)...)
}

// add takes n values that lie at data; before counts the rows so far.
func (c *column) add(t kql.Type, data, validity unsafe.Pointer, before, n int) {
	var mask []uint64
	if validity != nil {
		mask = unsafe.Slice((*uint64)(validity), (n+63)/64)
		if allValid(mask, n) {
			mask = nil
		}
	}
	switch t {
	case kql.Bool:
		c.bools = room(c.bools, n, c.all)
		copy(c.bools[before:], unsafe.Slice((*bool)(data), n))
	case kql.Int:
		c.ints = room(c.ints, n, c.all)
		out := c.ints[before:]
		for i, x := range unsafe.Slice((*int32)(data), n) {
			out[i] = int64(x)
		}
	case kql.Long, kql.DateTime, kql.TimeSpan:
		c.ints = room(c.ints, n, c.all)
		copy(c.ints[before:], unsafe.Slice((*int64)(data), n))
	case kql.Real:
		c.reals = room(c.reals, n, c.all)
		copy(c.reals[before:], unsafe.Slice((*float64)(data), n))
	case kql.GUID:
		c.guids = room(c.guids, n, c.all)
		for i, h := range unsafe.Slice((*[2]uint64)(data), n) {
			c.guids[before+i] = guidBytes(h)
		}
	default:
		c.strs = room(c.strs, n, c.all)
		copyStrings(c.strs[before:], unsafe.Slice((*stringT)(data), n), mask)
	}
	if mask == nil {
		if c.null != nil {
			c.null = room(c.null, n, c.all)
		}
		return
	}
	if c.null == nil {
		c.null = room(c.null, before, c.all)
	}
	c.null = room(c.null, n, c.all)
	for i := range n {
		c.null[before+i] = mask[i>>6]&(1<<(i&63)) == 0
	}
}

func allValid(mask []uint64, n int) bool {
	for i, m := range mask {
		if rest := n - 64*i; rest < 64 {
			m |= math.MaxUint64 << rest
		}
		if m != math.MaxUint64 {
			return false
		}
	}
	return true
}

// stringT is DuckDB's string: its length, then up to 12 bytes of text, or four
// of them and a pointer to all.
type stringT struct {
	length uint32
	prefix [4]byte
	rest   [8]byte
}

func (s *stringT) text() unsafe.Pointer {
	if s.length <= 12 {
		return unsafe.Pointer(&s.prefix)
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&s.rest))
}

// copyStrings copies texts into memory of Go's, all into one block, and those that
// follow one another as the same once. Nulls give "".
func copyStrings(dst []string, src []stringT, mask []uint64) {
	total := 0
	for i := range src {
		if mask == nil && i > 0 && src[i] == src[i-1] {
			continue
		}
		if mask == nil || mask[i>>6]&(1<<(i&63)) != 0 {
			total += int(src[i].length)
		}
	}
	block := make([]byte, total)
	at := 0
	for i := range src {
		s := &src[i]
		if mask == nil && i > 0 && *s == src[i-1] {
			dst[i] = dst[i-1]
			continue
		}
		n := int(s.length)
		if n == 0 || mask != nil && mask[i>>6]&(1<<(i&63)) == 0 {
			dst[i] = ""
			continue
		}
		part := block[at : at+n]
		copy(part, unsafe.Slice((*byte)(s.text()), n))
		dst[i] = unsafe.String(&part[0], n)
		at += n
	}
}

// guidBytes turns DuckDB's UUID, a number of 128 bits with its highest bit
// flipped, into bytes in the order of the text.
func guidBytes(h [2]uint64) (g [16]byte) {
	low, high := h[0], h[1]^1<<63
	for i := range 8 {
		g[i] = byte(high >> (56 - 8*i))
		g[8+i] = byte(low >> (56 - 8*i))
	}
	return g
}

func (b *batchBuilder) finish() *kql.Batch {
	cols := make([]*kql.Vec, len(b.cols))
	for i, c := range b.cols {
		d := &b.data[i]
		switch c.Type {
		case kql.Bool:
			cols[i] = kql.BoolVec(d.bools, d.null)
		case kql.Int, kql.Long, kql.DateTime, kql.TimeSpan:
			cols[i] = kql.IntVec(c.Type, d.ints, d.null)
		case kql.Real:
			cols[i] = kql.RealVec(d.reals, d.null)
		case kql.GUID:
			cols[i] = kql.GUIDVec(d.guids, d.null)
		case kql.String:
			cols[i] = kql.StringVec(d.strs)
		default:
			cols[i] = kql.ValueVec(c.Type, values(c.Type, d))
		}
	}
	out := kql.NewBatch(cols, b.rows)
	b.data = make([]column, len(b.cols))
	b.rows = 0
	return out
}

// values reads dynamics and decimals from their texts.
func values(t kql.Type, d *column) []kql.Value {
	out := make([]kql.Value, len(d.strs))
	for i, s := range d.strs {
		if d.null != nil && d.null[i] {
			continue
		}
		if t == kql.Dynamic {
			v, ok := kql.ParseJSON(s)
			if !ok {
				v = kql.StringValue(s) // a text that another tool wrote
			}
			out[i] = v
			continue
		}
		out[i], _ = kql.ParseValue(t, s)
	}
	return out
}
