//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// give puts the tables that a query is given on its connection, where they stay
// as long as that is open, and names them in the text.
func give(ctx context.Context, conn duckdb.Connection, text string, tables []kql.SQLGiven) (string, error) {
	for i, t := range tables {
		name := fmt.Sprintf("kql_given%d", i)
		if err := giveTable(ctx, conn, name, t); err != nil {
			return "", err
		}
		text = strings.ReplaceAll(text, kql.TableMark(i), name)
	}
	return text, nil
}

func giveTable(ctx context.Context, conn duckdb.Connection, name string, t kql.SQLGiven) error {
	cols := make([]kql.Column, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = kql.Column{Name: fmt.Sprintf("c%d", i), Type: c.Type}
	}
	w, err := appendTo(ctx, conn, name, cols)
	if err != nil {
		return err
	}
	defer w.free()
	for b, err := range t.Rows {
		if err != nil {
			return err
		}
		if !storable(b) {
			return fmt.Errorf("%w: %w", kql.ErrFunction, errNotUTF8)
		}
		if err := w.add(b); err != nil {
			return err
		}
	}
	return w.endAppend()
}

var errNotUTF8 = errors.New("a text that is no UTF-8")

// storable tells whether all texts of a batch can be held.
func storable(b *kql.Batch) bool {
	for _, c := range b.Cols {
		for _, s := range c.Strs {
			if !utf8.ValidString(s) {
				return false
			}
		}
	}
	return true
}
