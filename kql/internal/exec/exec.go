// Package exec runs logical plans over tables, in batches of columns.
//
// Each operator turns a stream of batches into another; those that must see
// all rows (sort, aggregate, the build side of a join) collect them first and
// count them against the memory budget. Start with Run.
package exec

import (
	"context"
	"fmt"
	"iter"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Source gives the rows of a catalogue's table.
type Source interface {
	// Scan yields batches of the named columns (numbers of the table's) until
	// the table ends or ctx is done. Batches may be kept. Filters may be
	// applied or not: the engine applies them again.
	Scan(ctx context.Context, table string, columns []int, filters []plan.Expr) iter.Seq2[*vec.Batch, error]
	// Query yields what SQL gives over the store that holds a table.
	Query(ctx context.Context, table string, q Query) iter.Seq2[*vec.Batch, error]
}

// External reads what externaldata names; the error is for the user.
type External func(ctx context.Context, locations []string, props map[string]string, columns []plan.Column) (*vec.Batch, error)

// Infer finds the columns of files that a query names, as a text that declares
// them; the error is for the user.
type Infer func(ctx context.Context, req fn.StorageRequest) (string, error)

// Options steer a run.
type Options struct {
	Now       int64 // ticks
	Seed      uint64
	Source    Source
	External  External
	Infer     Infer
	BatchRows int   // rows of a batch, 0: the default
	Workers   int   // goroutines, 0: one
	Memory    int64 // bytes that may be held, 0: no limit
	// Spill is where rows go that do not fit into Memory; nil: nowhere.
	Spill spill.Area
	// Rewrite prepares the plan of a table that an expression reads; nil: it is
	// run as it is.
	Rewrite func(plan.Node) plan.Node
}

// What the functions of a query may build: as much as the query may hold, but
// never less than the one, and the other where there is no bound.
const (
	leastBuilt = 16 << 20
	maxBuilt   = 1 << 30
)

// DefaultBatch is the number of rows in a batch.
const DefaultBatch = 4096

// stream gives the next batch, nil at the end.
type stream func() (*vec.Batch, error)

type run struct {
	ctx   context.Context
	fn    *fn.Ctx
	opts  Options
	size  int
	outer map[*plan.Outer]*vec.Batch
	memo  map[plan.Node]*spool
	cells map[*plan.Scalar]*plan.Const
	sets  map[*plan.InTable]*set
	mem   *budget
	files *files    // closed when a result is read
	kept  *files    // closed when all are
	scope *[]*lease // leases of the subquery that is run, nil outside
	// pending are the sides that chain has put on disk, for join to go on with;
	// chained are the leases of the tables that it has built.
	pending map[*plan.Join]*side
	chained []*lease
	stops   []func() // of sequences that are being read
}

// Runner runs several plans that share what is computed once (materialize).
type Runner struct{ r *run }

// New returns a runner.
func New(ctx context.Context, opts Options) *Runner {
	if opts.BatchRows <= 0 {
		opts.BatchRows = DefaultBatch
	}
	fctx := fn.NewCtx(opts.Now, opts.Seed)
	fctx.Table = fn.Builtin()
	if opts.Memory <= 0 {
		fctx.MaxBuilt = maxBuilt
	} else {
		fctx.MaxBuilt = max(opts.Memory, leastBuilt)
	}
	fctx.Infer = func(req fn.StorageRequest) (string, error) {
		if opts.Infer == nil {
			return "", ErrExternal
		}
		return opts.Infer(ctx, req)
	}
	r := &run{ctx: ctx, fn: fctx, opts: opts, size: opts.BatchRows,
		mem: &budget{limit: opts.Memory, area: opts.Spill}, pending: map[*plan.Join]*side{}, files: &files{}, kept: &files{},
		outer: map[*plan.Outer]*vec.Batch{}, memo: map[plan.Node]*spool{}, cells: map[*plan.Scalar]*plan.Const{}, sets: map[*plan.InTable]*set{}}
	fctx.Check = r.check
	return &Runner{r}
}

// Each yields the batches of n's result. It may be called for one plan after
// the other.
func (x *Runner) Each(n plan.Node) iter.Seq2[*vec.Batch, error] {
	return func(yield func(*vec.Batch, error) bool) {
		defer x.r.stopAll()
		s, err := x.r.open(n)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			b, err := s()
			if err != nil {
				yield(nil, err)
				return
			}
			if b == nil || !yield(b, nil) {
				return
			}
		}
	}
}

// All returns the whole result as one batch.
func (x *Runner) All(n plan.Node) (*vec.Batch, []plan.Column, error) {
	defer x.r.stopAll()
	if e, ok := n.(*plan.Evaluate); ok {
		b, cols, err := x.r.evaluate(e, x.r.lease())
		return b, cols, x.r.lacking(n, err)
	}
	b, err := x.r.all(n, x.r.lease())
	return b, n.Columns(), err
}

// Close gives up what plans share. The runner must not be used afterwards.
func (x *Runner) Close() { x.r.kept.close() }

// Held returns how many bytes operators held at most at one time, and how many
// they put on disk.
func (x *Runner) Held() (peak, spilled int64) {
	return x.r.mem.peak.Load(), x.r.mem.spilled.Bytes.Load()
}

// stopAll ends the sequences that were not read to their end.
func (r *run) stopAll() {
	for _, stop := range r.stops {
		stop()
	}
	r.stops = nil
	r.files.close()
}

func (r *run) rewrite(n plan.Node) plan.Node {
	if r.opts.Rewrite == nil {
		return n
	}
	return r.opts.Rewrite(n)
}

func (r *run) check() error {
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("query canceled: %w", context.Cause(r.ctx))
	}
	return nil
}

func (r *run) start(n plan.Node) (stream, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *plan.Scan:
		return r.scan(n)
	case *plan.Pushed:
		return r.pushed(n)
	case *plan.Values:
		return r.sliced(n.Batch), nil
	case *plan.External:
		return r.external(n)
	case *plan.Outer:
		b := r.outer[n]
		if b == nil {
			return nil, fmt.Errorf("internal: outer rows are missing")
		}
		return r.sliced(b), nil
	case *plan.Filter:
		return r.filter(n)
	case *plan.Project:
		return r.project(n)
	case *plan.Aggregate:
		return r.aggregate(n)
	case *plan.Distinct:
		return r.distinct(n)
	case *plan.Sort:
		return r.sort(n)
	case *plan.Take:
		return r.take(n)
	case *plan.Join:
		return r.join(n)
	case *plan.Union:
		return r.union(n)
	case *plan.MvExpand:
		return r.mvExpand(n)
	case *plan.MvApply:
		return r.mvApply(n)
	case *plan.Parse:
		return r.parse(n)
	case *plan.ParseKV:
		return r.parseKV(n)
	case *plan.MakeSeries:
		return r.makeSeries(n)
	case *plan.Range:
		return r.rangeOp(n)
	case *plan.Materialize:
		return r.materialize(n)
	case *plan.Serialize:
		return r.open(n.Input)
	case *plan.Rendered:
		return r.open(n.Input)
	case *plan.Partition:
		return r.partition(n)
	case *plan.Sequence:
		return r.sequence(n)
	case *plan.TopNested:
		return r.topNested(n)
	case *plan.Reduce:
		return r.reduce(n)
	case *plan.GraphTable:
		return r.graphTable(n)
	case *plan.GraphMatch:
		return r.graphMatch(n)
	case *plan.Evaluate:
		return r.single(func(l *lease) (*vec.Batch, error) {
			b, _, err := r.evaluate(n, l)
			return b, err
		}), nil
	}
	return nil, fmt.Errorf("internal: no operator for %T", n)
}

// sliced gives a batch in pieces.
func (r *run) sliced(b *vec.Batch) stream {
	at := 0
	return func() (*vec.Batch, error) {
		if at >= b.Rows {
			return nil, nil
		}
		to := min(at+r.size, b.Rows)
		from := at
		at = to
		if from == 0 && to == b.Rows {
			return b, nil
		}
		return b.Slice(from, to), nil
	}
}

// single gives one batch computed at the first call. What f holds while it
// computes is its lease's; the batch itself is held until it is read.
func (r *run) single(f func(l *lease) (*vec.Batch, error)) stream {
	return r.later(func() (stream, error) {
		l := r.lease()
		b, err := f(l)
		if err != nil {
			return nil, err
		}
		if r.mem.limit > 0 && !l.set(vec.Size(b)) {
			return nil, ErrMemory
		}
		return l.until(r.sliced(b)), nil
	})
}

// later gives the batches of a stream that is made at the first call.
func (r *run) later(f func() (stream, error)) stream {
	var s stream
	return func() (*vec.Batch, error) {
		if s == nil {
			var err error
			if s, err = f(); err != nil {
				return nil, err
			}
		}
		return s()
	}
}

// all collects the whole result of a node, which is counted by a lease.
func (r *run) all(n plan.Node, l *lease) (*vec.Batch, error) {
	switch x := n.(type) {
	case *plan.Values:
		return x.Batch, nil
	case *plan.Outer:
		return r.outer[x], nil
	}
	s, err := r.open(n)
	if err != nil {
		return nil, err
	}
	var parts []*vec.Batch
	held := int64(0)
	for {
		b, err := s()
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if b.Rows == 0 {
			continue
		}
		if r.mem.limit > 0 {
			b = r.compact(b)
			n := vec.Size(b)
			held += n
			if err := l.hold(n); err != nil {
				return nil, err
			}
		}
		parts = append(parts, b)
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	if len(parts) > 1 { // they are in memory twice for a moment
		if err := l.hold(held); err != nil {
			return nil, err
		}
		defer l.add(-held)
	}
	return vec.ConcatBatches(protos(n.Columns()), parts), nil
}

func protos(cols []plan.Column) []*vec.Vec {
	out := make([]*vec.Vec, len(cols))
	for i, c := range cols {
		out[i] = vec.New(c.Type, 0)
	}
	return out
}

func empty(cols []plan.Column) *vec.Batch { return vec.NewBatch(protos(cols), 0) }

func (r *run) scan(n *plan.Scan) (stream, error) {
	if r.opts.Source == nil {
		return r.sliced(empty(n.Columns())), nil
	}
	return r.pull(r.opts.Source.Scan(r.ctx, n.Table, n.Keep, n.Filters)), nil
}

// pull turns a sequence of batches into a stream of batches of the run's size.
// A sequence that is not read to its end is stopped when the run ends.
func (r *run) pull(seq iter.Seq2[*vec.Batch, error]) stream {
	next, stop := iter.Pull2(seq)
	r.stops = append(r.stops, stop)
	var pending stream
	done := false
	return func() (*vec.Batch, error) {
		for {
			if pending != nil {
				b, err := pending()
				if b != nil || err != nil {
					return b, err
				}
				pending = nil
			}
			if done {
				return nil, nil
			}
			b, err, ok := next()
			if !ok || err != nil {
				done = true
				stop()
				return nil, err
			}
			if err := r.check(); err != nil {
				done = true
				stop()
				return nil, err
			}
			pending = r.sliced(b)
		}
	}
}

func (r *run) external(n *plan.External) (stream, error) {
	if r.opts.External == nil {
		return nil, fmt.Errorf("externaldata: %w", ErrExternal)
	}
	return r.single(func(*lease) (*vec.Batch, error) {
		return r.opts.External(r.ctx, n.Locations, n.Props, n.Columns())
	}), nil
}

// dependsOnOuter tells whether a plan reads rows of an enclosing subquery.
func dependsOnOuter(n plan.Node) bool {
	return plan.Any(n, func(n plan.Node) bool {
		_, ok := n.(*plan.Outer)
		return ok
	})
}

func (r *run) materialize(n *plan.Materialize) (stream, error) {
	return r.later(func() (stream, error) {
		if s := r.memo[n]; s != nil {
			return s.read(), nil
		}
		once := dependsOnOuter(n)
		s := r.newSpool(!once)
		in, err := r.open(n.Input)
		if err != nil {
			return nil, err
		}
		if err := s.fill(in); err != nil {
			return nil, err
		}
		if once {
			return s.l.until(s.read()), nil
		}
		r.memo[n] = s
		return s.read(), nil
	}), nil
}

// scalar computes an expression that reads no row.
func (r *run) scalar(e plan.Expr) (value.Value, error) {
	if e == nil {
		return value.Null, nil
	}
	p, err := r.prepare(e)
	if err != nil {
		return value.Null, err
	}
	v, err := r.eval(p, vec.NewBatch(nil, 1))
	if err != nil {
		return value.Null, err
	}
	return v.Get(0), nil
}

func (r *run) count(e plan.Expr) (int64, error) {
	v, err := r.scalar(e)
	if err != nil {
		return 0, err
	}
	if v.IsNull() || v.Int64() < 0 {
		return 0, nil
	}
	return v.Int64(), nil
}
