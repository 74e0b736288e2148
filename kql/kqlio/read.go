package kqlio

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
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

// maxLine bounds a line of JSON.
const maxLine = 64 << 20

// Loaded is a table that was read, and what was wrong with its lines.
type Loaded struct {
	Table *kql.MemTable
	Rows  int
	Bad   int    // lines that could not be read
	First string // what was wrong with the first of them
	Lost  int    // cells that could not be read as their column's type, and are null
	Cell  string // the first of them
}

// lose counts a cell that became null though it held something.
func (l *Loaded) lose(c kql.Column, text string, got value.Value) {
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

func (l *Loaded) bad(line int, err error) {
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
		return fn.Convert(value.String(s), types.String, t)
	}
}

// ReadCSV reads comma-separated values (comma is the separator) with a header
// line. Columns of the schema are found by name, case not mattering, and are
// null where the file lacks them; without a schema all columns of the file are
// read and their types inferred. Ragged lines are counted as bad and skipped.
func ReadCSV(r io.Reader, comma rune, schema []kql.Column) (*Loaded, error) {
	c := csv.NewReader(bufio.NewReaderSize(r, 1<<20))
	c.Comma = comma
	c.LazyQuotes = true
	c.FieldsPerRecord = -1
	c.ReuseRecord = schema != nil
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return &Loaded{Table: kql.NewMemTable(schema)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	names := append([]string{}, head...)
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	out := &Loaded{}
	if schema == nil {
		return inferCSV(c, names, nil, out)
	}
	place := places(schema, names)
	b := newBuilder(schema)
	for line := 2; ; line++ {
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
		if len(rec) != len(names) {
			out.bad(line, fmt.Errorf("%d fields, the header has %d", len(rec), len(names)))
			continue
		}
		for i, col := range schema {
			if place[i] < 0 {
				b.cur[i].AppendNull()
			} else {
				text := strings.Clone(rec[place[i]])
				v := field(col.Type, text)
				out.lose(col, text, v)
				b.cur[i].Append(v)
			}
		}
		b.endRow()
		out.Rows++
	}
	b.flush()
	out.Table = kql.NewMemTable(schema, b.batches...)
	return out, nil
}

// places finds the columns of a schema among the names of a header, -1 where
// there is none.
func places(schema []kql.Column, names []string) []int {
	place := make([]int, len(schema))
	for i, col := range schema {
		place[i] = -1
		for k, n := range names {
			if n == col.Name || place[i] < 0 && strings.EqualFold(strings.TrimSuffix(strings.TrimSpace(n), " [UTC]"), col.Name) {
				place[i] = k
			}
		}
	}
	return place
}

// ReadCSVHinted is ReadCSV with columns that are known beforehand: they come
// first, with their types; other columns of the file follow, their types
// inferred.
func ReadCSVHinted(r io.Reader, comma rune, hint []kql.Column) (*Loaded, error) {
	c := csv.NewReader(bufio.NewReaderSize(r, 1<<20))
	c.Comma = comma
	c.LazyQuotes = true
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return &Loaded{Table: kql.NewMemTable(hint)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	return inferCSV(c, head, hint, &Loaded{})
}

// inferCSV reads all lines first and gives each column the narrowest type that
// all of its texts read as. The columns of hint come first, as they are.
func inferCSV(c *csv.Reader, names []string, hint []kql.Column, out *Loaded) (*Loaded, error) {
	var rows [][]string
	for line := 2; ; line++ {
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
		if len(rec) != len(names) {
			out.bad(line, fmt.Errorf("%d fields, the header has %d", len(rec), len(names)))
			continue
		}
		rows = append(rows, rec)
	}
	place := places(hint, names)
	taken := map[int]bool{}
	seen := map[string]int{}
	cols := append([]kql.Column{}, hint...)
	for i, c := range hint {
		seen[c.Name]++
		taken[place[i]] = true
	}
	for i, n := range names {
		if taken[i] {
			continue
		}
		if n == "" {
			n = fmt.Sprintf("Column%d", i+1)
		}
		if seen[n]++; seen[n] > 1 {
			n = fmt.Sprintf("%s%d", n, seen[n]-1)
		}
		cols = append(cols, kql.Column{Name: n, Type: inferText(rows, i)})
		place = append(place, i)
	}
	b := newBuilder(cols)
	for _, rec := range rows {
		for i, col := range cols {
			if place[i] < 0 {
				b.cur[i].AppendNull()
			} else {
				v := field(col.Type, rec[place[i]])
				out.lose(col, rec[place[i]], v)
				b.cur[i].Append(v)
			}
		}
		b.endRow()
	}
	b.flush()
	out.Rows = len(rows)
	out.Table = kql.NewMemTable(cols, b.batches...)
	return out, nil
}

// inferText returns the type of a column of texts.
func inferText(rows [][]string, col int) kql.Type {
	candidates := []kql.Type{kql.Bool, kql.Long, kql.Real, kql.DateTime, kql.GUID, kql.Dynamic}
	some := false
	for _, r := range rows {
		s := r[col]
		if s == "" {
			continue
		}
		some = true
		keep := candidates[:0]
		for _, t := range candidates {
			if readsAs(t, s) {
				keep = append(keep, t)
			}
		}
		if candidates = keep; len(keep) == 0 {
			return kql.String
		}
	}
	if !some {
		return kql.String
	}
	return candidates[0]
}

func readsAs(t kql.Type, s string) bool {
	switch t {
	case kql.Bool:
		return strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
	case kql.Dynamic:
		if s[0] != '{' && s[0] != '[' {
			return false
		}
		_, err := value.ParseJSON(s)
		return err == nil
	case kql.Long:
		return len(s) < 20 && (len(s) == 1 || s[0] != '0') && s[0] != '+' && !strings.ContainsAny(s, " \txX") && !fn.Convert(value.String(s), types.String, t).IsNull()
	case kql.Real:
		return strings.ContainsAny(s, "0123456789") && !strings.ContainsAny(s, " \t+") && !(len(s) > 1 && s[0] == '0' && s[1] != '.') && !fn.Convert(value.String(s), types.String, t).IsNull()
	case kql.DateTime:
		return len(s) >= 8 && strings.ContainsAny(s, "-/") && !fn.Convert(value.String(s), types.String, t).IsNull()
	default:
		return !fn.Convert(value.String(s), types.String, t).IsNull()
	}
}

// ReadJSON reads an array of objects, {"value": [...]}, or objects one after
// the other (JSON lines). See ReadCSV for the schema.
func ReadJSON(r io.Reader, schema []kql.Column) (*Loaded, error) {
	return readJSON(r, schema, schema == nil)
}

// ReadJSONHinted is ReadJSON with columns that are known beforehand: they come
// first, with their types; other keys follow, their types inferred.
func ReadJSONHinted(r io.Reader, hint []kql.Column) (*Loaded, error) { return readJSON(r, hint, true) }

func readJSON(r io.Reader, schema []kql.Column, infer bool) (*Loaded, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	out := &Loaded{}
	var rows []*value.Bag
	first, err := peekByte(in)
	if errors.Is(err, io.EOF) {
		return &Loaded{Table: kql.NewMemTable(schema)}, nil
	}
	if err != nil {
		return nil, err
	}
	if first == '[' {
		rows, err = arrayRows(in, out)
	} else {
		rows, err = lineRows(in, out)
	}
	if err != nil {
		return nil, err
	}
	if infer {
		schema = inferJSON(rows, schema)
	}
	b := newBuilder(schema)
	for _, row := range rows {
		for i, c := range schema {
			v, ok := row.Get(c.Name)
			if !ok {
				v = foldGet(row, c.Name)
			}
			x := fromJSON(c.Type, v)
			if x.IsNull() && !v.IsNull() {
				out.lose(c, kql.Text(v), x)
			}
			b.cur[i].Append(x)
		}
		b.endRow()
	}
	b.flush()
	out.Rows = len(rows)
	out.Table = kql.NewMemTable(schema, b.batches...)
	return out, nil
}

func foldGet(b *value.Bag, name string) value.Value {
	for i := range b.Len() {
		if k, v := b.At(i); strings.EqualFold(k, name) {
			return v
		}
	}
	return value.Null
}

// fromJSON converts a JSON value to a column's type.
func fromJSON(t kql.Type, v value.Value) value.Value {
	switch {
	case t == kql.Dynamic:
		if v.Kind() == value.KindString && v.Str() != "" && (v.Str()[0] == '{' || v.Str()[0] == '[') {
			return fn.ParseDynamic(v.Str())
		}
		return v
	case t != kql.String && v.Kind() == value.KindString && v.Str() == "":
		return value.Null
	}
	return fn.Convert(v, types.Dynamic, t)
}

func peekByte(in *bufio.Reader) (byte, error) {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xEF || c == 0xBB || c == 0xBF {
			continue
		}
		return c, in.UnreadByte()
	}
}

func arrayRows(in io.Reader, out *Loaded) ([]*value.Bag, error) {
	d := json.NewDecoder(in)
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var rows []*value.Bag
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			out.bad(n, err)
			return rows, nil // what follows cannot be told apart
		}
		v, err := value.ParseJSON(string(raw))
		if err != nil || v.Bag() == nil {
			out.bad(n, errors.New("no JSON object"))
			continue
		}
		rows = append(rows, v.Bag())
	}
	return rows, nil
}

// lineRows reads an object a line; a whole text that is one object with a
// "value" array gives its elements.
func lineRows(in *bufio.Reader, out *Loaded) ([]*value.Bag, error) {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 1<<16), maxLine)
	var rows []*value.Bag
	var pending strings.Builder
	line := 0
	for s.Scan() {
		line++
		text := strings.TrimSpace(s.Text())
		if text == "" && pending.Len() == 0 {
			continue
		}
		if pending.Len() == 0 {
			if v, err := value.ParseJSON(text); err == nil && v.Bag() != nil {
				rows = append(rows, v.Bag())
				continue
			} else if len(rows) > 0 || line > 1 {
				out.bad(line, errors.New("no JSON object"))
				continue
			}
		}
		pending.WriteString(s.Text())
		pending.WriteByte('\n')
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if pending.Len() > 0 {
		v, err := value.ParseJSON(pending.String())
		if err != nil || v.Bag() == nil {
			out.bad(1, errors.New("no JSON object"))
			return rows, nil
		}
		rows = append(rows, v.Bag())
	}
	if len(rows) == 1 {
		for _, key := range []string{"value", "data"} {
			if list, ok := rows[0].Get(key); ok && list.Kind() == value.KindArray {
				rows = rows[:0:0]
				for _, v := range list.Items() {
					if v.Bag() != nil {
						rows = append(rows, v.Bag())
					}
				}
				break
			}
		}
	}
	return rows, nil
}

// inferJSON returns the columns of objects: those of hint, then other keys in
// order of appearance.
func inferJSON(rows []*value.Bag, hint []kql.Column) []kql.Column {
	cols := append([]kql.Column{}, hint...)
	place := map[string]int{}
	known := map[string]bool{}
	for i, c := range hint {
		place[c.Name] = i
		known[strings.ToLower(c.Name)] = true
	}
	for _, r := range rows {
		for i := range r.Len() {
			k, v := r.At(i)
			t := jsonType(v)
			at, ok := place[k]
			if ok && at < len(hint) || !ok && known[strings.ToLower(k)] {
				continue
			}
			if !ok {
				place[k] = len(cols)
				cols = append(cols, kql.Column{Name: k, Type: t})
				continue
			}
			cols[at].Type = widen(cols[at].Type, t)
		}
	}
	for i := range cols {
		if cols[i].Type == types.None {
			cols[i].Type = kql.Dynamic
		}
	}
	return cols
}

func jsonType(v value.Value) kql.Type {
	switch v.Kind() {
	case value.KindNull:
		return types.None
	case value.KindString:
		if s := v.Str(); s != "" && s[0] >= '0' && s[0] <= '9' && strings.IndexByte(s, 'T') == 10 && readsAs(kql.DateTime, s) {
			return kql.DateTime
		}
		return kql.String
	default:
		return v.Type()
	}
}

func widen(a, b kql.Type) kql.Type {
	switch {
	case b == types.None || a == b:
		return a
	case a == types.None:
		return b
	case a == kql.DateTime && b == kql.String || a == kql.String && b == kql.DateTime:
		return kql.String
	}
	if w := types.Wider(a, b); w != types.None {
		return w
	}
	return kql.Dynamic
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
