package kqlio

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azward/azward/kql"
)

// ReadSchemas reads a CSV of table_name, column_name, column_type and whatever
// follows, with or without a header. Types that KQL does not know become
// dynamic. Tables come in order of appearance.
func ReadSchemas(r io.Reader) (names []string, tables map[string][]kql.Column, err error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	c.ReuseRecord = true
	tables = map[string][]kql.Column{}
	for line := 1; ; line++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return names, tables, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if len(rec) < 3 {
			return nil, nil, fmt.Errorf("line %d: want table_name,column_name,column_type", line)
		}
		if line == 1 && strings.EqualFold(strings.TrimPrefix(rec[0], "\ufeff"), "table_name") {
			continue
		}
		t, ok := kql.ParseType(rec[2])
		if !ok {
			t = kql.Dynamic
		}
		name := strings.Clone(rec[0])
		if _, ok := tables[name]; !ok {
			names = append(names, name)
		}
		dup := false
		for _, col := range tables[name] {
			dup = dup || col.Name == rec[1]
		}
		if !dup {
			tables[name] = append(tables[name], kql.Column{Name: strings.Clone(rec[1]), Type: t})
		}
	}
}
