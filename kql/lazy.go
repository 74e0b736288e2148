package kql

import (
	"context"
	"iter"
	"sync"
)

// LazyTable is a table whose rows are made when they are first read. It is safe
// for use by many goroutines.
type LazyTable struct {
	cols []Column
	make func() (*MemTable, error)
}

// NewLazyTable returns a table of the given columns; rows is called once, when
// the table is first read, and must give the same columns.
func NewLazyTable(cols []Column, rows func() (*MemTable, error)) *LazyTable {
	return &LazyTable{cols, sync.OnceValues(rows)}
}

// Columns returns the table's columns.
func (t *LazyTable) Columns() []Column { return t.cols }

// Scan yields the table's batches, cut to some columns.
func (t *LazyTable) Scan(ctx context.Context, columns []int) iter.Seq2[*Batch, error] {
	m, err := t.make()
	if err != nil {
		return func(yield func(*Batch, error) bool) { yield(nil, err) }
	}
	return m.Scan(ctx, columns)
}
