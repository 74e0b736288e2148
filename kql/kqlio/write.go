// Package kqlio reads tables from text (CSV, TSV, JSON, JSON lines) and writes
// results as JSON, JSON lines, CSV and aligned tables.
//
// It works on readers and writers; files and compression are the caller's.
package kqlio

import (
	"bufio"
	"encoding/csv"
	"io"
	"math"
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

// WriteAligned writes an aligned table for people, at most limit rows; it
// returns the number of rows that there were.
func WriteAligned(w io.Writer, t *kql.ResultTable, limit int) (int, error) {
	var rows [][]string
	total := 0
	for b, err := range t.Batches() {
		if err != nil {
			return total, err
		}
		for i := range b.Rows {
			if total++; len(rows) >= limit {
				continue
			}
			row := make([]string, len(b.Cols))
			for k, c := range b.Cols {
				row[k] = cell(Text(t.Columns[k].Type, c.Get(i)))
			}
			rows = append(rows, row)
		}
	}
	widths := make([]int, len(t.Columns))
	head := make([]string, len(t.Columns))
	for k, c := range t.Columns {
		head[k] = cell(c.Name)
		widths[k] = utf8.RuneCountInString(head[k])
	}
	for _, r := range rows {
		for k, s := range r {
			widths[k] = max(widths[k], utf8.RuneCountInString(s))
		}
	}
	out := bufio.NewWriter(w)
	line := func(r []string) {
		var b strings.Builder
		for k, s := range r {
			pad := strings.Repeat(" ", widths[k]-utf8.RuneCountInString(s))
			if k > 0 {
				b.WriteString("  ")
			}
			if t.Columns[k].Type.Numeric() {
				b.WriteString(pad + s)
			} else {
				b.WriteString(s + pad)
			}
		}
		_, _ = out.WriteString(strings.TrimRight(b.String(), " ")) // Flush tells
		_ = out.WriteByte('\n')
	}
	line(head)
	for k := range head {
		head[k] = strings.Repeat("-", widths[k])
	}
	line(head)
	for _, r := range rows {
		line(r)
	}
	return total, out.Flush()
}

// cell makes a text fit for one line of a table; control characters are shown
// as blanks so that no data can steer a terminal.
func cell(s string) string {
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
