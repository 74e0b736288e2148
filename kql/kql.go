// Package kql runs the Kusto Query Language over data that stays with the
// caller, with the answers that Microsoft's own engine gives.
//
// A query is compiled against a Schema and run against a Database:
//
//	q, diags := kql.Compile(`SigninLogs | where ResultType != 0 | count`, schema)
//	res, err := q.Run(ctx, db, kql.Options{Now: time.Now()})
//	for batch, err := range res.Tables[0].Batches() { ... }
//
// The engine is pure: it reads no clock, no disk and no network; Options carry
// the time of the query, tables come from the Database. MemTable holds rows in
// memory, package kqlio reads and writes files. Compiled queries hold no
// handles and may run many times and at the same time.
package kql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/bind"
	"github.com/azward/azward/kql/internal/exec"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// The shapes of data, shared with the engine.
type (
	// Type is one of KQL's scalar types.
	Type = types.Type
	// Value is one value, null included.
	Value = value.Value
	// Column is a column's name and type.
	Column = plan.Column
	// Batch is some rows, as columns.
	Batch = vec.Batch
	// Vec is a column of values.
	Vec = vec.Vec
)

// The scalar types.
const (
	Bool     = types.Bool
	DateTime = types.DateTime
	Decimal  = types.Decimal
	Dynamic  = types.Dynamic
	GUID     = types.GUID
	Int      = types.Int
	Long     = types.Long
	Real     = types.Real
	String   = types.String
	TimeSpan = types.TimeSpan
)

// ParseType returns the type with KQL's name or alias ("long", "double").
func ParseType(name string) (Type, bool) { return types.Parse(name) }

// Schema says which tables and functions a query may name.
type Schema interface {
	// Table returns a table's columns.
	Table(name string) ([]Column, bool)
	// Names lists the tables, for wildcards and suggestions.
	Names() []string
	// Function returns the text of a stored function: "(a:long) { ... }".
	Function(name string) (string, bool)
}

// Database gives the rows of tables.
type Database interface {
	// Table returns a table, false where there is none.
	Table(name string) (Table, bool)
}

// Table is a source of rows.
type Table interface {
	// Columns returns the table's columns in order.
	Columns() []Column
	// Scan yields batches of the columns with the given numbers until the
	// table ends or ctx is done. Batches may be kept and must not change.
	// After an error the sequence stops. Scan may be called many times,
	// concurrently.
	Scan(ctx context.Context, columns []int) iter.Seq2[*Batch, error]
}

// Filterer is a table that can apply predicates at its source.
type Filterer interface {
	Table
	// Filter returns a table with some predicates applied, and those that it
	// left alone. The engine applies all of them again, so a source may keep
	// too many rows but never too few.
	Filter(preds []Predicate) (Table, []Predicate)
}

// Options steer a run.
type Options struct {
	Now       time.Time         // of now() and ago()
	Seed      uint64            // of rand() and sample
	BatchRows int               // rows of a batch; 0: the default
	Workers   int               // goroutines; 0: one
	Memory    int64             // bytes that operators and the tables' sources may hold; 0: no limit
	Params    map[string]string // values of declared query parameters
	// NoPushdown leaves all computing to the engine, whatever a table's source
	// could do; answers are the same.
	NoPushdown bool

	values func(cols []Column, b *Batch) string // see planner
	// Spill is where operators put rows that do not fit into Memory; nil:
	// nowhere, and a query that needs more memory ends with ErrMemory.
	Spill Spill
	// External reads what externaldata names; nil: not allowed.
	External func(ctx context.Context, locations []string, props map[string]string, columns []Column) (*Batch, error)
	// Infer finds the columns of files for infer_storage_schema; nil: not allowed.
	Infer func(ctx context.Context, req StorageRequest) ([]Column, error)
}

// StorageRequest says of which files infer_storage_schema wants the columns.
type StorageRequest = fn.StorageRequest

// Spill is a place for rows that do not fit into memory: it makes files, which
// the engine gives up as soon as it can. What is left, where results were not
// read to their end or Result.Close was not called, is for its owner to remove.
type Spill = spill.Area

// SpillFile is a file of a Spill.
type SpillFile = spill.File

// Query is a compiled query.
type Query struct {
	text   string
	tree   *syntax.Query
	schema Schema
	bound  *bind.Query
	window *bind.Window
}

// Compile parses and binds a query. The list holds errors and warnings with
// their places; where it holds errors the query is nil.
func Compile(text string, schema Schema) (q *Query, list diag.List) {
	return CompileWith(text, schema, nil)
}

// CompileWith is Compile with values for declared query parameters.
func CompileWith(text string, schema Schema, params map[string]string) (q *Query, list diag.List) {
	return compile(text, schema, params, nil)
}

// Window is a range of time that every table of a database is restricted to:
// From is in it, To is not. Column is the name of the tables' time; tables
// without it are read whole. Within a window a row was ingested at its time.
type Window struct {
	Column   string
	From, To time.Time
}

// CompileWindow is Compile for a query that sees no more of its tables than a
// window, as those of scheduled rules do.
func CompileWindow(text string, schema Schema, w Window) (*Query, diag.List) {
	return compile(text, schema, nil, &bind.Window{Column: w.Column, From: types.FromTime(w.From), To: types.FromTime(w.To)})
}

func compile(text string, schema Schema, params map[string]string, w *bind.Window) (q *Query, list diag.List) {
	defer func() {
		if p := recover(); p != nil {
			q, list = nil, diag.List{{Code: "KQL0999", Message: fmt.Sprintf("bug in the engine: %v", p)}}
		}
		diag.NewSource("", text).Resolve(list)
	}()
	tree, list := syntax.Parse(text)
	if list.HasErrors() {
		return nil, list
	}
	bound, more := bind.Bind(tree, catalog{schema}, bind.Options{Params: params, Window: w})
	list = append(list, more...)
	if list.HasErrors() {
		return nil, list
	}
	return &Query{text: text, tree: tree, schema: schema, bound: bound, window: w}, list
}

// Text returns the query as it was compiled.
func (q *Query) Text() string { return q.text }

// Tables are the tables of the schema that the query reads, in the order in
// which it names them.
func (q *Query) Tables() []string { return slices.Clone(q.bound.Tables) }

// Open tells whether the columns of the result depend on the data.
func (q *Query) Open() bool { return q.bound.Open }

// Columns returns the columns of the first result; where Open they may be
// incomplete.
func (q *Query) Columns() []Column { return q.bound.Results[0].Node.Columns() }

// Render is the hint of the render operator for a result.
type Render struct {
	Kind  string
	Props map[string]string
}

// Result is what a query gives: one table, or several (fork, facet, several
// statements).
type Result struct {
	Tables []*ResultTable
	runner *exec.Runner
	later  []*exec.Runner // of tables that were run again
	unread int            // tables
}

// Close gives up what the tables share and have on disk. Reading every table
// to its end does it too.
func (r *Result) Close() { r.runner.Close() }

// Stats tell what a result took so far.
type Stats struct {
	Memory  int64 // bytes that operators held at one time, at most; 0 where Options.Memory is
	Spilled int64 // bytes that were put on disk
}

// Stats returns what reading the tables took so far.
func (r *Result) Stats() Stats {
	peak, spilled := r.runner.Held()
	for _, again := range r.later {
		p, s := again.Held()
		peak, spilled = max(peak, p), spilled+s
	}
	return Stats{peak, spilled}
}

// ResultTable is one table of a result.
type ResultTable struct {
	Name    string
	Columns []Column
	Render  *Render
	result  *Result
	node    plan.Node
	again   func() (*exec.Runner, plan.Node) // without what the store computes
}

// Batches runs the table and yields its rows. It may be called once.
func (t *ResultTable) Batches() iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		stopped := false
		defer func() {
			if p := recover(); p != nil {
				if stopped {
					panic(p)
				}
				yield(nil, fmt.Errorf("bug in the engine: %v\n%s", p, debug.Stack()))
			}
		}()
		for b, err := range t.rows() {
			stopped = true
			ok := yield(b, err)
			stopped = false
			if !ok {
				return
			}
		}
		if t.result.unread--; t.result.unread == 0 {
			t.result.Close()
		}
	}
}

// rows runs the table. Where a function that the store called failed, before
// there was any row, the engine computes all by itself: it may not come to the
// row for which the function fails.
func (t *ResultTable) rows() iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		first := true
		for b, err := range t.result.runner.Each(t.node) {
			if first && errors.Is(err, ErrFunction) {
				runner, node := t.again()
				defer runner.Close()
				t.result.later = append(t.result.later, runner)
				for b, err := range runner.Each(node) {
					if !yield(b, err) {
						return
					}
				}
				return
			}
			first = false
			if !yield(b, err) {
				return
			}
		}
	}
}

// All collects the rows of the table.
func (t *ResultTable) All() (*Batch, error) {
	var parts []*Batch
	for b, err := range t.Batches() {
		if err != nil {
			return nil, err
		}
		parts = append(parts, b)
	}
	protos := make([]*Vec, len(t.Columns))
	for i, c := range t.Columns {
		protos[i] = vec.New(c.Type, 0)
	}
	return vec.ConcatBatches(protos, parts), nil
}

// Run starts the query. Errors of computing come from the tables' Batches;
// Run itself fails where columns depend on the data and computing those fails.
func (q *Query) Run(ctx context.Context, db Database, opts Options) (res *Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			res, err = nil, fmt.Errorf("bug in the engine: %v\n%s", p, debug.Stack())
		}
	}()
	if at, ok := q.bound.Settings["query_now"]; ok && at.Kind() == value.KindDateTime {
		opts.Now = types.ToTime(at.Int64())
	}
	eo := exec.Options{Now: types.FromTime(opts.Now), Seed: opts.Seed, Source: source{db}, BatchRows: opts.BatchRows,
		Workers: opts.Workers, Memory: opts.Memory, Spill: opts.Spill}
	if opts.External != nil {
		eo.External = exec.External(opts.External)
	}
	if opts.Infer != nil {
		eo.Infer = func(ctx context.Context, req fn.StorageRequest) (string, error) {
			cols, err := opts.Infer(ctx, req)
			return cslSchema(cols), err
		}
	}
	p := newPlanner(db, opts)
	eo.Rewrite = p.plan
	if !q.bound.Open {
		for _, r := range q.bound.Results {
			p.plan(r.Node)
		}
	}
	eo.Memory = p.memory(opts.Memory)
	runner := exec.New(ctx, eo)
	bound := q.bound
	if bound.Open {
		var list diag.List
		var failed error
		bound, list = bind.Bind(q.tree, catalog{q.schema}, bind.Options{Params: opts.Params, Window: q.window, Eval: func(n plan.Node) (*vec.Batch, []plan.Column, error) {
			b, cols, err := runner.All(p.plan(n))
			failed = errors.Join(failed, err)
			return b, cols, err
		}})
		if errors.Is(failed, ErrMemory) || errors.Is(failed, ErrRows) {
			return nil, failed
		}
		if list.HasErrors() {
			diag.NewSource("", q.text).Resolve(list)
			return nil, list
		}
	}
	res = &Result{runner: runner, unread: len(bound.Results)}
	for _, r := range bound.Results {
		t := &ResultTable{Name: r.Name, Columns: r.Node.Columns(), result: res, node: p.plan(r.Node)}
		t.again = func() (*exec.Runner, plan.Node) {
			alone := opts
			alone.NoPushdown = true
			p := newPlanner(db, alone)
			eo := eo
			eo.Rewrite = p.plan
			return exec.New(ctx, eo), p.plan(r.Node)
		}
		if r.Render != nil {
			t.Render = &Render{r.Render.Kind, r.Render.Props}
		}
		res.Tables = append(res.Tables, t)
	}
	return res, nil
}
