//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// partRows and partBytes are the numbers of rows and of bytes of texts that are
// held before files are written.
const (
	partRows  = 1 << 20
	partBytes = 256 << 20
)

// WriteByDay writes batches as files below dir, "day=2026-01-31/N.parquet",
// ordered by the column of that number, a datetime; -1 parts nothing. Every
// file is on disk when it returns; on an error none is of use.
func (e *Engine) WriteByDay(ctx context.Context, dir string, cols []kql.Column, timeCol int, batches iter.Seq2[*kql.Batch, error]) ([]Written, error) {
	w, err := e.newWriter(ctx, cols)
	if err != nil {
		return nil, err
	}
	defer w.close()
	var out []Written
	flush := func() error {
		files, err := w.flushDays(dir, timeCol, len(out))
		out = append(out, files...)
		return err
	}
	for b, err := range batches {
		if err != nil {
			return nil, err
		}
		if err := w.add(b); err != nil {
			return nil, err
		}
		if w.rows >= partRows || w.bytes >= partBytes {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out, nil
}

// WriteParquet writes batches as one file.
func (e *Engine) WriteParquet(ctx context.Context, path string, cols []kql.Column, batches iter.Seq2[*kql.Batch, error], opts WriteOptions) (Written, error) {
	w, err := e.newWriter(ctx, cols)
	if err != nil {
		return Written{}, err
	}
	defer w.close()
	for b, err := range batches {
		if err != nil {
			return Written{}, err
		}
		if err := w.add(b); err != nil {
			return Written{}, err
		}
	}
	if err := w.endAppend(); err != nil {
		return Written{}, err
	}
	exprs := w.names()
	if opts.Timestamps {
		if err := w.timestamps(exprs); err != nil {
			return Written{}, err
		}
	}
	files, _, err := w.describe("rows", "0", -1)
	if err != nil {
		return Written{}, err
	}
	files[0].Path = path
	files[0].Bytes, err = w.copyTo("SELECT "+strings.Join(exprs, ", ")+" FROM rows", path, !opts.NoSync)
	return files[0], err
}

// Join writes the rows of files that this package wrote as one file, ordered by
// the column of that number, a datetime; -1 leaves the order. It is on disk when
// Join returns.
func (e *Engine) Join(ctx context.Context, path string, cols []kql.Column, timeCol int, files Files) (Written, error) {
	t, ok := e.Table(cols, files).(*table)
	if !ok {
		return Written{}, errors.New("no files to join")
	}
	conn, err := e.connect()
	if err != nil {
		return Written{}, err
	}
	defer duckdb.Disconnect(&conn)
	defer interrupting(ctx, conn)()
	exprs := make([]string, len(cols))
	for i, c := range cols {
		exprs[i] = t.rel.Columns[i] + " AS " + ident(c.Name)
	}
	sel := "SELECT " + strings.Join(exprs, ", ") + " FROM " + t.rel.From
	if timeCol >= 0 {
		sel += " ORDER BY " + ident(cols[timeCol].Name) + " NULLS FIRST"
	}
	w := &writer{ctx: ctx, conn: conn, cols: cols}
	size, err := w.copyTo(sel, path, true)
	if err != nil {
		return Written{}, err
	}
	found, _, err := w.describe("read_parquet("+fileList([]string{path})+", hive_partitioning=false)", "0", timeCol)
	if err != nil {
		return Written{}, err
	}
	if len(found) != 1 {
		return Written{}, errors.New("the file was not written as it should be")
	}
	found[0].Path, found[0].Bytes = path, size
	return found[0], nil
}

// writer collects rows in a table of a connection of its own.
type writer struct {
	ctx   context.Context
	conn  duckdb.Connection
	stop  func()
	name  string
	cols  []kql.Column
	app   duckdb.Appender
	types []duckdb.LogicalType
	chunk duckdb.DataChunk
	size  int
	fill  int
	rows  int
	bytes int // of the rows, about
	open  bool
}

func (e *Engine) newWriter(ctx context.Context, cols []kql.Column) (*writer, error) {
	if len(cols) == 0 {
		return nil, errors.New("a table without columns cannot be written")
	}
	seen := map[string]string{}
	for _, c := range cols {
		// Parquet tells upper from lower case, many of its readers do not.
		if old, ok := seen[strings.ToLower(c.Name)]; ok {
			return nil, fmt.Errorf("columns %s and %s differ in case only", old, c.Name)
		}
		seen[strings.ToLower(c.Name)] = c.Name
	}
	conn, err := e.connect()
	if err != nil {
		return nil, err
	}
	stop := interrupting(ctx, conn)
	w, err := appendTo(ctx, conn, "rows", cols)
	if err != nil {
		stop()
		duckdb.Disconnect(&conn)
		return nil, err
	}
	w.stop = stop
	return w, nil
}

// appendTo makes a table on a connection, to which rows are added.
func appendTo(ctx context.Context, conn duckdb.Connection, name string, cols []kql.Column) (*writer, error) {
	w := &writer{ctx: ctx, conn: conn, name: name, cols: cols, size: int(duckdb.VectorSize())}
	defs := make([]string, len(cols))
	for i, c := range cols {
		defs[i] = ident(c.Name) + " " + sqlType(c.Type)
	}
	if err := run(ctx, conn, "CREATE TEMP TABLE "+name+" ("+strings.Join(defs, ", ")+")"); err != nil {
		return nil, err
	}
	for _, c := range cols {
		w.types = append(w.types, duckdb.CreateLogicalType(typeID(c.Type)))
	}
	w.chunk = duckdb.CreateDataChunk(w.types)
	return w, nil
}

func (w *writer) close() {
	w.stop()
	w.free()
	duckdb.Disconnect(&w.conn)
}

// free gives back what appending needs.
func (w *writer) free() {
	if w.open {
		duckdb.AppenderDestroy(&w.app)
	}
	duckdb.DestroyDataChunk(&w.chunk)
	for i := range w.types {
		duckdb.DestroyLogicalType(&w.types[i])
	}
}

func (w *writer) names() []string {
	out := make([]string, len(w.cols))
	for i, c := range w.cols {
		out[i] = ident(c.Name)
	}
	return out
}

// add appends a batch.
func (w *writer) add(b *kql.Batch) error {
	if !w.open {
		if duckdb.AppenderCreate(w.conn, "", w.name, &w.app) != duckdb.StateSuccess {
			msg := duckdb.AppenderError(w.app)
			duckdb.AppenderDestroy(&w.app)
			return sqlError(w.ctx, msg)
		}
		w.open = true
	}
	for _, c := range b.Cols {
		for _, s := range c.Strs {
			w.bytes += len(s)
		}
	}
	for at := 0; at < b.Rows; {
		n := min(b.Rows-at, w.size-w.fill)
		for i, c := range b.Cols {
			fillVector(duckdb.DataChunkGetVector(w.chunk, duckdb.IdxT(i)), w.cols[i].Type, c.Slice(at, at+n).Flat(), w.fill, w.size)
		}
		at += n
		w.rows += n
		w.bytes += n * 8 * len(b.Cols)
		if w.fill += n; w.fill == w.size {
			if err := w.send(); err != nil {
				return err
			}
		}
	}
	return w.ctx.Err()
}

func (w *writer) send() error {
	if w.fill == 0 {
		return nil
	}
	duckdb.DataChunkSetSize(w.chunk, duckdb.IdxT(w.fill))
	if duckdb.AppendDataChunk(w.app, w.chunk) != duckdb.StateSuccess {
		return sqlError(w.ctx, duckdb.AppenderError(w.app))
	}
	duckdb.DataChunkReset(w.chunk)
	w.fill = 0
	return nil
}

func (w *writer) endAppend() error {
	if !w.open {
		return nil
	}
	if err := w.send(); err != nil {
		return err
	}
	w.open = false
	state := duckdb.AppenderClose(w.app)
	msg := ""
	if state != duckdb.StateSuccess {
		msg = duckdb.AppenderError(w.app)
	}
	duckdb.AppenderDestroy(&w.app)
	if state != duckdb.StateSuccess {
		return sqlError(w.ctx, msg)
	}
	return nil
}

// fillVector copies the rows of v into a vector from row at on.
func fillVector(dst duckdb.Vector, t kql.Type, v *kql.Vec, at, size int) {
	data := duckdb.VectorGetData(dst)
	n := v.Len()
	setNull := func(i int) {
		duckdb.VectorEnsureValidityWritable(dst)
		duckdb.ValiditySetRowInvalid(duckdb.VectorGetValidity(dst), duckdb.IdxT(at+i))
	}
	assign := func(i int, s string) {
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\ufffd")
		}
		duckdb.VectorAssignStringElementLen(dst, duckdb.IdxT(at+i), unsafe.Slice(unsafe.StringData(s), len(s)))
	}
	switch t {
	case kql.Bool:
		copy(unsafe.Slice((*bool)(data), size)[at:], v.Bools)
	case kql.Int:
		out := unsafe.Slice((*int32)(data), size)[at:]
		for i, x := range v.Ints {
			out[i] = int32(x)
		}
	case kql.Long, kql.DateTime, kql.TimeSpan:
		copy(unsafe.Slice((*int64)(data), size)[at:], v.Ints)
	case kql.Real:
		copy(unsafe.Slice((*float64)(data), size)[at:], v.Reals)
	case kql.GUID:
		out := unsafe.Slice((*[2]uint64)(data), size)[at:]
		for i, g := range v.GUIDs {
			out[i] = guidNumber(g)
		}
	case kql.String:
		for i, s := range v.Strs {
			assign(i, s)
		}
		return
	default:
		for i := range n {
			switch x := v.Get(i); {
			case x.IsNull():
				setNull(i)
			case t == kql.Dynamic:
				assign(i, string(kql.AppendJSON(nil, x)))
			default:
				assign(i, kql.Text(x))
			}
		}
		return
	}
	for i := range n {
		if v.IsNull(i) {
			setNull(i)
		}
	}
}

func guidNumber(g [16]byte) (h [2]uint64) {
	for i := range 8 {
		h[1] = h[1]<<8 | uint64(g[i])
		h[0] = h[0]<<8 | uint64(g[8+i])
	}
	h[1] ^= 1 << 63
	return h
}

// ticksPerDay is the number of ticks in a day.
const ticksPerDay = 864_000_000_000

// flushDays writes the rows so far, a file for each day, and empties the table.
func (w *writer) flushDays(dir string, timeCol, number int) ([]Written, error) {
	if err := w.endAppend(); err != nil {
		return nil, err
	}
	if w.rows == 0 {
		return nil, nil
	}
	day := "0"
	if timeCol >= 0 {
		day = w.dayOf(timeCol)
	}
	files, days, err := w.describe("rows", day, timeCol)
	if err != nil {
		return nil, err
	}
	sel := "SELECT " + strings.Join(w.names(), ", ") + " FROM rows"
	for i := range files {
		q, sub := sel, ""
		if timeCol >= 0 {
			files[i].Day = dayName(days[i])
			sub = "day=" + files[i].Day
			q = fmt.Sprintf("%s WHERE %s = %d ORDER BY %s NULLS FIRST", sel, w.dayOf(timeCol), days[i], ident(w.cols[timeCol].Name))
		}
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, err
		}
		files[i].Path = filepath.Join(dir, sub, fmt.Sprintf("%d.parquet", number+i))
		if files[i].Bytes, err = w.copyTo(q, files[i].Path, true); err != nil {
			return nil, err
		}
	}
	w.rows, w.bytes = 0, 0
	return files, run(w.ctx, w.conn, "DELETE FROM rows")
}

// dayOf is the number of the day that a row lies in; rows without a time lie in
// the first of all days.
func (w *writer) dayOf(timeCol int) string {
	return fmt.Sprintf("coalesce(%s // %d, 0)", ident(w.cols[timeCol].Name), int64(ticksPerDay))
}

// describe returns what is in rows, for each day, an expression, and the numbers
// of the days.
func (w *writer) describe(from, day string, timeCol int) (files []Written, days []int64, err error) {
	least, most := "0", "(-1)"
	if timeCol >= 0 {
		col := ident(w.cols[timeCol].Name)
		least, most = "coalesce(min("+col+"), 0)", "coalesce(max("+col+"), -1)"
	}
	exprs := []string{day + "::VARCHAR", "count(*)::VARCHAR", least + "::VARCHAR", most + "::VARCHAR"}
	for _, c := range w.cols {
		exprs = append(exprs, "(count("+ident(c.Name)+") = count(*))::VARCHAR")
	}
	group := " GROUP BY 1 ORDER BY min(" + day + ")"
	if day == "0" {
		group = ""
	}
	rows, err := texts(w.ctx, w.conn, "SELECT "+strings.Join(exprs, ", ")+" FROM "+from+group, len(exprs))
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		var f Written
		var d int64
		if _, err := fmt.Sscan(strings.Join(r[:4], " "), &d, &f.Rows, &f.Min, &f.Max); err != nil {
			return nil, nil, fmt.Errorf("describe rows: %w", err)
		}
		for i, c := range w.cols {
			if r[4+i] == "true" {
				f.NoNulls = append(f.NoNulls, c.Name)
			}
		}
		files, days = append(files, f), append(days, d)
	}
	return files, days, nil
}

// dayName writes the number of a day since 0001-01-01.
func dayName(n int64) string {
	return time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)).Format(time.DateOnly)
}

// copyTo writes the rows of a SELECT to a file and, for sync, waits until it is
// on disk.
func (w *writer) copyTo(sel, path string, sync bool) (size int64, err error) {
	meta := fmt.Sprintf(", KV_METADATA {%s: %s}", ident(schemaKey), quote(formatSchema(w.cols)))
	if err := run(w.ctx, w.conn, fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd%s)", sel, quote(path), meta)); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	if sync {
		err = f.Sync()
	}
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close()); err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	return info.Size(), nil
}

// timestamps turns the expressions of datetimes into timestamps.
func (w *writer) timestamps(exprs []string) error {
	const epoch = 621355968000000000
	const least, most = epoch - 90_000_000_000_000_000, epoch + 90_000_000_000_000_000 // what nanoseconds hold, in ticks
	for i, c := range w.cols {
		if c.Type != kql.DateTime {
			continue
		}
		col := ident(c.Name)
		rows, err := texts(w.ctx, w.conn, fmt.Sprintf("SELECT (coalesce(min(%s), %d) > %d AND coalesce(max(%s), %d) < %d)::VARCHAR FROM rows", col, int64(epoch), int64(least), col, int64(epoch), int64(most)), 1)
		if err != nil {
			return err
		}
		if rows[0][0] == "true" {
			exprs[i] = fmt.Sprintf("make_timestamp_ns((%s - %d) * 100) AS %s", col, int64(epoch), col)
		} else {
			exprs[i] = fmt.Sprintf("make_timestamp((%s - %d) // 10) AS %s", col, int64(epoch), col)
		}
	}
	return nil
}
