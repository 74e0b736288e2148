// Package kqlio reads tables from text (CSV, TSV, JSON, JSON lines) and writes
// results as JSON, JSON lines, CSV and aligned tables.
//
// It works on readers and writers; files and compression are the caller's.
package kqlio

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// AppendValue writes a value of a column of type t as JSON: datetimes as ISO
// 8601 with seven decimals and Z, timespans as [-][d.]hh:mm:ss[.fffffff],
// decimals and guids as strings, dynamics as nested JSON, real NaN and
// infinities as strings, null as null.
func AppendValue(dst []byte, t kql.Type, v kql.Value) []byte {
	if v.IsNull() {
		if t == kql.String {
			return append(dst, `""`...)
		}
		return append(dst, "null"...)
	}
	if t == kql.Real {
		switch f := v.Float(); {
		case math.IsNaN(f):
			return append(dst, `"NaN"`...)
		case math.IsInf(f, 1):
			return append(dst, `"Infinity"`...)
		case math.IsInf(f, -1):
			return append(dst, `"-Infinity"`...)
		}
	}
	return value.AppendJSON(dst, v)
}

// AppendColumns writes columns as [{"name", "type"}].
func AppendColumns(dst []byte, cols []kql.Column) []byte {
	dst = append(dst, '[')
	for i, c := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = value.AppendQuoted(dst, c.Name)
		dst = append(dst, `,"type":"`...)
		dst = append(append(dst, c.Type.String()...), `"}`...)
	}
	return append(dst, ']')
}

// AppendRow writes a row of a batch as a JSON array.
func AppendRow(dst []byte, cols []kql.Column, b *kql.Batch, i int) []byte {
	dst = append(dst, '[')
	for k, c := range b.Cols {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = AppendValue(dst, cols[k].Type, c.Get(i))
	}
	return append(dst, ']')
}

// AppendObject writes a row as a JSON object by column name.
func AppendObject(dst []byte, cols []kql.Column, b *kql.Batch, i int) []byte {
	dst = append(dst, '{')
	for k, c := range b.Cols {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = value.AppendQuoted(dst, cols[k].Name)
		dst = append(dst, ':')
		dst = AppendValue(dst, cols[k].Type, c.Get(i))
	}
	return append(dst, '}')
}

// AppendString writes s as a JSON string.
func AppendString(dst []byte, s string) []byte { return value.AppendQuoted(dst, s) }

// Text returns a value as a person reads it: empty for null.
func Text(t kql.Type, v kql.Value) string {
	return value.Text(v, t == types.Dynamic || t == types.Bool)
}

// WriteCSV writes a header and the rows of a table.
func WriteCSV(w io.Writer, t *kql.ResultTable) error {
	out := csv.NewWriter(w)
	rec := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		rec[i] = c.Name
	}
	if err := out.Write(rec); err != nil {
		return err
	}
	for b, err := range t.Batches() {
		if err != nil {
			return err
		}
		for i := range b.Rows {
			for k, c := range b.Cols {
				rec[k] = Text(t.Columns[k].Type, c.Get(i))
			}
			if err := out.Write(rec); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// WriteJSONLines writes an object a row.
func WriteJSONLines(w io.Writer, t *kql.ResultTable) error {
	out := bufio.NewWriter(w)
	var buf []byte
	for b, err := range t.Batches() {
		if err != nil {
			return err
		}
		for i := range b.Rows {
			buf = append(AppendObject(buf[:0], t.Columns, b, i), '\n')
			if _, err := out.Write(buf); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// AppendTable runs a table and writes it as {"columns": [...], "rows": [[...]]},
// without the closing brace where open is set.
func AppendTable(dst []byte, t *kql.ResultTable) ([]byte, error) {
	dst = append(dst, `"columns":`...)
	dst = AppendColumns(dst, t.Columns)
	dst = append(dst, `,"rows":[`...)
	first := true
	for b, err := range t.Batches() {
		if err != nil {
			return dst, err
		}
		for i := range b.Rows {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = AppendRow(dst, t.Columns, b, i)
		}
	}
	return append(dst, ']'), nil
}

// maxCell is the widest cell of an aligned table, in characters.
const maxCell = 60

// WriteAligned writes an aligned table for people, at most limit rows, and
// returns the number of rows that there were. Width is that of the page: where the
// columns do not fit beside each other, they come in blocks below each other
// with the rows' numbers, and a cell wider than the page is cut. A width of 0
// is no limit.
func WriteAligned(w io.Writer, t *kql.ResultTable, limit, width int) (int, error) {
	a := aligned{cols: t.Columns, widths: make([]int, len(t.Columns)), head: make([]string, len(t.Columns))}
	total := 0
	for b, err := range t.Batches() {
		if err != nil {
			return total, err
		}
		for i := range b.Rows {
			if total++; len(a.rows) >= limit {
				continue
			}
			row := make([]string, len(b.Cols))
			for k, c := range b.Cols {
				row[k] = Cell(Text(t.Columns[k].Type, c.Get(i)))
			}
			a.rows = append(a.rows, row)
		}
	}
	for k, c := range t.Columns {
		a.head[k] = Cell(c.Name)
		a.widths[k] = utf8.RuneCountInString(a.head[k])
	}
	for _, r := range a.rows {
		for k, s := range r {
			a.widths[k] = max(a.widths[k], utf8.RuneCountInString(s))
		}
	}
	out := bufio.NewWriter(w)
	if a.fits(width) {
		a.block(out, 0, len(a.cols), 0)
		return total, out.Flush()
	}
	number := len(strconv.Itoa(len(a.rows)))
	for from := 0; from < len(a.cols); {
		to := a.page(from, width-number)
		if from > 0 {
			_ = out.WriteByte('\n')
		}
		if to == from+1 {
			_, _ = fmt.Fprintf(out, "column %d of %d\n", to, len(a.cols))
		} else {
			_, _ = fmt.Fprintf(out, "columns %d to %d of %d\n", from+1, to, len(a.cols))
		}
		a.block(out, from, to, number)
		from = to
	}
	return total, out.Flush()
}

// aligned is a table as texts.
type aligned struct {
	cols   []kql.Column
	head   []string
	rows   [][]string
	widths []int
}

// columnGap is the number of blanks between columns.
const columnGap = 2

// fits tells whether all columns stand beside each other in a width.
func (a *aligned) fits(width int) bool {
	sum := -columnGap
	for _, n := range a.widths {
		sum += n + columnGap
	}
	return width <= 0 || sum <= width
}

// page returns the column at which a block that begins with another ends. A
// column that is too wide alone is made narrower.
func (a *aligned) page(from, width int) int {
	width = max(width, 10)
	a.widths[from] = min(a.widths[from], width-columnGap)
	used := columnGap + a.widths[from]
	to := from + 1
	for to < len(a.cols) && used+columnGap+a.widths[to] <= width {
		used += columnGap + a.widths[to]
		to++
	}
	return to
}

// block writes some columns, behind the number of each row where number is the
// width of that, 0 where it is left out. The caller's Flush tells of errors.
func (a *aligned) block(out *bufio.Writer, from, to, number int) {
	line := func(no string, r []string) {
		var b strings.Builder
		if number > 0 {
			b.WriteString(strings.Repeat(" ", max(0, number-len(no))) + no)
		}
		for k := from; k < to; k++ {
			s := cut(r[k], a.widths[k])
			pad := strings.Repeat(" ", a.widths[k]-utf8.RuneCountInString(s))
			if k > from || number > 0 {
				b.WriteString(strings.Repeat(" ", columnGap))
			}
			if a.cols[k].Type.Numeric() {
				b.WriteString(pad + s)
			} else {
				b.WriteString(s + pad)
			}
		}
		_, _ = out.WriteString(strings.TrimRight(b.String(), " "))
		_ = out.WriteByte('\n')
	}
	line("#", a.head)
	rule := make([]string, len(a.head))
	for k := range rule {
		rule[k] = strings.Repeat("-", a.widths[k])
	}
	line(strings.Repeat("-", number), rule)
	for i, r := range a.rows {
		line(strconv.Itoa(i+1), r)
	}
}

// cut makes a text no longer than some characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// Cell makes a text fit for one line of a table: control characters are shown
// as blanks, so that no data can steer a terminal, and a long text is cut.
func Cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxCell {
		r := []rune(s)
		s = string(r[:maxCell-1]) + "…"
	}
	return s
}
