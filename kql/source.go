package kql

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/azward/azward/kql/internal/bind"
	"github.com/azward/azward/kql/internal/exec"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/vec"
)

// catalog shows a Schema to the binder.
type catalog struct{ Schema }

// Function parses a stored function.
func (c catalog) Function(name string) (*syntax.Lambda, bool) {
	text, ok := c.Schema.Function(name)
	if !ok {
		return nil, false
	}
	return syntax.ParseFunction(text)
}

// source shows a Database to the executor.
type source struct{ db Database }

// Scan reads a table.
func (s source) Scan(ctx context.Context, table string, columns []int, filters []plan.Expr) iter.Seq2[*vec.Batch, error] {
	if s.db == nil {
		return func(func(*vec.Batch, error) bool) {}
	}
	t, ok := s.db.Table(table)
	if !ok {
		return func(yield func(*vec.Batch, error) bool) {
			yield(nil, fmt.Errorf("table %q is gone", table))
		}
	}
	if f, ok := t.(Filterer); ok && len(filters) > 0 {
		preds := make([]Predicate, len(filters))
		for i, e := range filters {
			preds[i] = Predicate{e}
		}
		t, _ = f.Filter(preds)
	}
	return t.Scan(ctx, columns)
}

// Query computes SQL over the store of a table.
func (s source) Query(ctx context.Context, table string, sql exec.Query) iter.Seq2[*vec.Batch, error] {
	if t, ok := s.db.Table(table); ok {
		if q, ok := t.(SQLTable); ok {
			return q.Query(ctx, sql)
		}
	}
	return func(yield func(*vec.Batch, error) bool) {
		yield(nil, fmt.Errorf("table %q is gone", table))
	}
}

// Predicate is a condition on the rows of one table that the engine offers to
// its source.
type Predicate struct{ expr plan.Expr }

// String prints the condition.
func (p Predicate) String() string { return p.expr.String() }

// Errors that callers tell apart.
var (
	// ErrMemory: the query holds more than Options.Memory.
	ErrMemory = exec.ErrMemory
	// ErrFunction: a function that SQL calls failed.
	ErrFunction = exec.ErrFunction
	// ErrExternal: reading files, as externaldata and infer_storage_schema do, is
	// not allowed.
	ErrExternal = exec.ErrExternal
	// ErrRows: an operator gives more rows than any query may.
	ErrRows = exec.ErrRows
)

// cslSchema prints columns as a declaration of a table has them.
func cslSchema(cols []Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = bind.Reference(c.Name) + ":" + c.Type.String()
	}
	return strings.Join(parts, ", ")
}

// MemTable is a table held in memory. It is safe for use by many goroutines.
type MemTable struct {
	cols    []Column
	batches []*Batch
}

// NewMemTable wraps batches of the given columns.
func NewMemTable(cols []Column, batches ...*Batch) *MemTable { return &MemTable{cols, batches} }

// Columns returns the table's columns.
func (t *MemTable) Columns() []Column { return t.cols }

// Scan yields the table's batches, cut to some columns.
func (t *MemTable) Scan(ctx context.Context, columns []int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		for _, b := range t.batches {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			cols := make([]*Vec, len(columns))
			for i, c := range columns {
				cols[i] = b.Cols[c]
			}
			if !yield(vec.NewBatch(cols, b.Rows), nil) {
				return
			}
		}
	}
}

// MemDatabase is a set of tables and functions in memory: both a Schema and a
// Database. Fill it before use.
type MemDatabase struct {
	tables map[string]Table
	folded map[string]string // lower-case name to name, of tables whose case does not matter
	names  []string
	funcs  map[string]string
}

// NewMemDatabase returns an empty database.
func NewMemDatabase() *MemDatabase {
	return &MemDatabase{tables: map[string]Table{}, folded: map[string]string{}, funcs: map[string]string{}}
}

// Add adds or replaces a table.
func (d *MemDatabase) Add(name string, t Table) {
	if _, ok := d.tables[name]; !ok {
		d.names = append(d.names, name)
	}
	d.tables[name] = t
}

// AddFolded adds or replaces a table whose name is found in any casing, as
// Azure Resource Graph's are.
func (d *MemDatabase) AddFolded(name string, t Table) {
	d.folded[strings.ToLower(name)] = name
	d.Add(name, t)
}

// AddFunction adds a stored function: "(a:long) { ... }".
func (d *MemDatabase) AddFunction(name, text string) { d.funcs[name] = text }

// Table returns a table.
func (d *MemDatabase) Table(name string) (Table, bool) {
	t, ok := d.tables[name]
	if !ok {
		t, ok = d.tables[d.folded[strings.ToLower(name)]]
	}
	return t, ok
}

// Schema shows the database to Compile.
func (d *MemDatabase) Schema() Schema { return memSchema{d} }

type memSchema struct{ d *MemDatabase }

func (s memSchema) Table(name string) ([]Column, bool) {
	t, ok := s.d.Table(name)
	if !ok {
		return nil, false
	}
	return t.Columns(), true
}

func (s memSchema) Names() []string { return s.d.names }

func (s memSchema) Function(name string) (string, bool) {
	f, ok := s.d.funcs[name]
	return f, ok
}
