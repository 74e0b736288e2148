package kqlio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// maxLine bounds a line of JSON.
const maxLine = 64 << 20

// firstLine is how far the end of the first line is looked for: a longer one is
// read as one object in pieces.
const firstLine = 1 << 20

// jsonRows gives the objects of an array, of {"value": [...]}, or one a line.
func jsonRows(r io.Reader, rep *Report, row func(record) error) error {
	in := bufio.NewReaderSize(r, firstLine)
	first, err := peekByte(in)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	if first == '[' {
		d := json.NewDecoder(in)
		if _, err := d.Token(); err != nil {
			return err
		}
		return elements(d, rep, row)
	}
	if first == '{' {
		start, err := in.Peek(firstLine)
		if end := bytes.IndexByte(start, '\n'); end >= 0 {
			start = start[:end]
		} else if err == nil {
			return oneObject(in, true, rep, row)
		}
		if v, err := value.ParseJSON(string(start)); err != nil || v.Bag() == nil {
			if d := json.NewDecoder(bytes.NewReader(start)); !broken(d) {
				return oneObject(in, false, rep, row)
			}
		} else if wraps(v.Bag()) && onlyLine(in, len(start)) {
			return oneObject(in, false, rep, row)
		}
	}
	return lineRows(in, rep, row)
}

// broken tells whether a text is no JSON even if more of it followed.
func broken(d *json.Decoder) bool {
	for {
		if _, err := d.Token(); err != nil {
			_, syntax := errors.AsType[*json.SyntaxError](err)
			return syntax
		}
	}
}

// onlyLine tells whether nothing but space follows the first n bytes, as far as
// is known.
func onlyLine(in *bufio.Reader, n int) bool {
	all, err := in.Peek(firstLine)
	return err != nil && len(bytes.TrimSpace(all[n:])) == 0
}

// wraps tells whether an object holds a list of rows.
func wraps(b *value.Bag) bool {
	for i := range b.Len() {
		if key, v := b.At(i); isWrapper(key) && v.Kind() == value.KindArray {
			return true
		}
	}
	return false
}

// isWrapper tells the keys under which services put the rows of an answer.
func isWrapper(key string) bool { return key == "value" || key == "data" }

// elements gives the rest of an array's objects.
func elements(d *json.Decoder, rep *Report, row func(record) error) error {
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			rep.bad(n, err)
			return nil // what follows cannot be told apart
		}
		v, err := value.ParseJSON(string(raw))
		if err != nil || v.Bag() == nil {
			rep.bad(n, errors.New("no JSON object"))
			continue
		}
		if err := row(record{bag: v.Bag(), bytes: jsonBytes * len(raw)}); err != nil {
			return err
		}
	}
	return nil
}

// jsonBytes is about how many bytes a value takes for each of its text.
const jsonBytes = 6

// oneObject gives the rows of a text that is one object: the elements of its
// list, or itself where it holds none. More objects may follow that, a line each
// for lines.
func oneObject(in io.Reader, lines bool, rep *Report, row func(record) error) error {
	d := json.NewDecoder(in)
	if _, err := d.Token(); err != nil {
		return err
	}
	whole := []byte("{")
	for d.More() {
		key, err := d.Token()
		if err != nil {
			rep.bad(1, err)
			return nil
		}
		name, _ := key.(string)
		next, err := peekDecoder(d)
		if err == nil && next == '[' && isWrapper(name) {
			if _, err := d.Token(); err != nil {
				return err
			}
			return elements(d, rep, row)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			rep.bad(1, err)
			return nil
		}
		if raw[0] == '[' && isWrapper(name) {
			list := json.NewDecoder(bytes.NewReader(raw))
			if _, err := list.Token(); err != nil {
				return err
			}
			return elements(list, rep, row)
		}
		if len(whole)+len(raw) > maxLine {
			rep.bad(1, errors.New("an object larger than 64 MiB"))
			return nil
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return err
		}
		if len(whole) > 1 {
			whole = append(whole, ',')
		}
		whole = append(append(append(whole, quoted...), ':'), raw...)
	}
	if _, err := d.Token(); err != nil {
		rep.bad(1, err)
		return nil
	}
	v, err := value.ParseJSON(string(append(whole, '}')))
	if err != nil || v.Bag() == nil {
		rep.bad(1, errors.New("no JSON object"))
		return nil
	}
	if err := row(record{bag: v.Bag(), bytes: jsonBytes * len(whole)}); err != nil {
		return err
	}
	if lines {
		return lineRows(io.MultiReader(d.Buffered(), in), rep, row)
	}
	return elements(d, rep, row)
}

// peekDecoder returns the first byte of the value that a decoder reads next.
func peekDecoder(d *json.Decoder) (byte, error) {
	d.More() // reads up to it
	rest, err := io.ReadAll(io.LimitReader(d.Buffered(), 64))
	rest = bytes.TrimLeft(rest, " \t\r\n:")
	if len(rest) == 0 {
		return 0, err
	}
	return rest[0], err
}

// lineRows gives an object a line.
func lineRows(in io.Reader, rep *Report, row func(record) error) error {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 1<<16), maxLine)
	for line := 1; s.Scan(); line++ {
		text := bytes.TrimSpace(s.Bytes())
		if len(text) == 0 {
			continue
		}
		v, err := value.ParseJSON(string(text))
		if err != nil || v.Bag() == nil {
			rep.bad(line, errors.New("no JSON object"))
			continue
		}
		if err := row(record{bag: v.Bag(), bytes: jsonBytes * len(text)}); err != nil {
			return err
		}
	}
	return s.Err()
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

// jsonColumns finds the columns of objects: those of hint, then other keys in
// order of appearance.
type jsonColumns struct {
	hint  int
	cols  []kql.Column
	place map[string]int
	known map[string]bool
}

func newJSONColumns(hint []kql.Column) *jsonColumns {
	j := &jsonColumns{hint: len(hint), cols: append([]kql.Column{}, hint...), place: map[string]int{}, known: map[string]bool{}}
	for i, c := range hint {
		j.place[c.Name] = i
		j.known[strings.ToLower(c.Name)] = true
	}
	return j
}

func (j *jsonColumns) add(r *value.Bag) {
	for i := range r.Len() {
		k, v := r.At(i)
		at, ok := j.place[k]
		if ok && at < j.hint || !ok && j.known[strings.ToLower(k)] {
			continue
		}
		t := jsonType(v)
		if !ok {
			j.place[k] = len(j.cols)
			j.cols = append(j.cols, kql.Column{Name: k, Type: t})
			continue
		}
		j.cols[at].Type = widen(j.cols[at].Type, t)
	}
}

func (j *jsonColumns) result() []kql.Column {
	for i := range j.cols {
		if j.cols[i].Type == types.None {
			j.cols[i].Type = kql.Dynamic
		}
	}
	return j.cols
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
