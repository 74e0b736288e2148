package kqlio

import (
	"fmt"

	"github.com/azward/azward/kql"
)

// NewTable makes a table of texts, read as the columns' types read them; "" is
// null (of a string column, the empty string).
func NewTable(cols []kql.Column, rows [][]string) (*kql.MemTable, error) {
	b := newBuilder(cols)
	for i, r := range rows {
		if len(r) != len(cols) {
			return nil, fmt.Errorf("row %d has %d fields, the table %d columns", i+1, len(r), len(cols))
		}
		for k, c := range cols {
			b.cur[k].Append(field(c.Type, r[k]))
		}
		b.endRow()
	}
	b.flush()
	return kql.NewMemTable(cols, b.batches...), nil
}
