//go:build !cgo

package duck

import (
	"context"
	"iter"

	"github.com/azward/azward/kql"
)

// Available tells whether this build has DuckDB.
const Available = false

// Engine is absent from this build.
type Engine struct{}

// New returns an engine that can do nothing.
func New(Options) *Engine { return &Engine{} }

// Close does nothing.
func (*Engine) Close() error { return nil }

// OpenParquet returns ErrUnavailable.
func (*Engine) OpenParquet(context.Context, []string) (kql.Table, error) { return nil, ErrUnavailable }

// Table returns a table that cannot be read.
func (*Engine) Table(cols []kql.Column, _ Files) kql.Table { return absent(cols) }

// WriteParquet returns ErrUnavailable.
func (*Engine) WriteParquet(context.Context, string, []kql.Column, iter.Seq2[*kql.Batch, error], WriteOptions) (Written, error) {
	return Written{}, ErrUnavailable
}

// WriteByDay returns ErrUnavailable.
func (*Engine) WriteByDay(context.Context, string, []kql.Column, int, iter.Seq2[*kql.Batch, error]) ([]Written, error) {
	return nil, ErrUnavailable
}

// Join returns ErrUnavailable.
func (*Engine) Join(context.Context, string, []kql.Column, int, Files) (Written, error) {
	return Written{}, ErrUnavailable
}

type absent []kql.Column

func (a absent) Columns() []kql.Column { return a }

func (absent) Scan(context.Context, []int) iter.Seq2[*kql.Batch, error] {
	return func(yield func(*kql.Batch, error) bool) { yield(nil, ErrUnavailable) }
}
