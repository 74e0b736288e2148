package kqlio

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// csvRows gives the header of comma-separated values, then each line. Of those
// that are bare, without a header, the columns are named by their numbers.
func csvRows(r io.Reader, comma rune, bare bool, rep *Report, header func([]string), row func(record) error) error {
	c := csv.NewReader(bufio.NewReaderSize(r, 1<<20))
	c.Comma = comma
	c.LazyQuotes = true
	c.FieldsPerRecord = -1
	names, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	add := func(line int, rec []string) error {
		if len(rec) != len(names) {
			rep.bad(line, fmt.Errorf("%d fields, the header has %d", len(rec), len(names)))
			return nil
		}
		bytes := 24 + 16*len(rec)
		for _, f := range rec {
			bytes += len(f)
		}
		return row(record{fields: rec, bytes: bytes})
	}
	if bare {
		first := names
		names = bareNames(len(first))
		header(names)
		if err := add(1, first); err != nil {
			return err
		}
	} else {
		header(names)
	}
	for line := 2; ; line++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if _, ok := errors.AsType[*csv.ParseError](err); !ok {
				return err
			}
			rep.bad(line, err)
			continue
		}
		if err := add(line, rec); err != nil {
			return err
		}
	}
}

// bareNames are the columns of values without a header.
func bareNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("Column%d", i+1)
	}
	return names
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

// csvColumns names the columns of a file: those of hint come first, as they are.
// place says in which field each is, types are those of the fields.
func csvColumns(names []string, hint []kql.Column, texts []textType) (cols []kql.Column, place []int) {
	place = places(hint, names)
	taken := map[int]bool{}
	seen := map[string]int{}
	cols = append([]kql.Column{}, hint...)
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
		cols = append(cols, kql.Column{Name: n, Type: texts[i].result()})
		place = append(place, i)
	}
	return cols, place
}

// textType finds the narrowest type that all texts of a column read as.
type textType struct {
	some bool
	left []kql.Type // that all texts so far read as, the narrowest first
}

func (t *textType) add(s string) {
	if s == "" {
		return
	}
	if !t.some {
		t.some = true
		t.left = []kql.Type{kql.Bool, kql.Long, kql.Real, kql.DateTime, kql.GUID, kql.Dynamic}
	}
	keep := t.left[:0]
	for _, c := range t.left {
		if readsAs(c, s) {
			keep = append(keep, c)
		}
	}
	t.left = keep
}

func (t *textType) result() kql.Type {
	if len(t.left) == 0 {
		return kql.String
	}
	return t.left[0]
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
		return len(s) >= 8 && strings.ContainsAny(s, "-/") && !field(t, s).IsNull()
	default:
		return !fn.Convert(value.String(s), types.String, t).IsNull()
	}
}
