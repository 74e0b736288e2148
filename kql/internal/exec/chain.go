package exec

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/vec"
)

// step turns a batch into others, which it gives to emit. It looks at one batch
// only and keeps nothing, so that several workers may run it at once, each with
// a run of its own.
type step func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error

// chain takes apart the operators above a source that look at one batch at a
// time: filters, projections and the probing side of joins. It returns the
// source and the steps from it upward. What is computed once (the other side of
// a join) is computed here.
func (r *run) chain(n plan.Node) (source plan.Node, steps []step, err error) {
	switch x := n.(type) {
	case *plan.Filter:
		pred, err := r.prepare(x.Pred)
		if err != nil || !parallel(pred) {
			return n, nil, err
		}
		source, steps, err = r.chain(x.Input)
		return source, append(steps, filterStep(conjuncts(pred))), err
	case *plan.Project:
		exprs, err := r.prepareAll(x.Exprs)
		if err != nil || !parallel(exprs...) {
			return n, nil, err
		}
		source, steps, err = r.chain(x.Input)
		return source, append(steps, projectStep(exprs)), err
	case *plan.Join:
		if x.Kind != plan.Inner && x.Kind != plan.LeftOuter {
			return n, nil, nil
		}
		keys, err := r.prepareAll(x.LeftKeys)
		if err != nil || !parallel(keys...) {
			return n, nil, err
		}
		h, away, err := r.build(x.Right, x.RightKeys, x.LeftKeys)
		if err != nil {
			return nil, nil, err
		}
		if away != nil { // join goes on with it
			away.whole = true
			r.pending[x] = away
			return n, nil, nil
		}
		h.count()
		r.chained = append(r.chained, h.l)
		source, steps, err = r.chain(x.Left)
		return source, append(steps, probeStep(h, keys, x.Take, x.Kind == plan.LeftOuter)), err
	case *plan.Serialize:
		return r.chain(x.Input)
	case *plan.Parse:
		of, err := r.prepare(x.X)
		if err != nil || !parallel(of) {
			return n, nil, err
		}
		parse, err := compilePattern(x.Pattern, len(x.Targets))
		if err != nil {
			return nil, nil, err
		}
		source, steps, err = r.chain(x.Input)
		return source, append(steps, parseStep(x, of, parse)), err
	case *plan.MvExpand:
		exprs, err := r.prepareAll(itemExprs(x))
		if err != nil || !parallel(exprs...) {
			return n, nil, err
		}
		limit, err := r.limit(x.Limit)
		if err != nil {
			return nil, nil, err
		}
		source, steps, err = r.chain(x.Input)
		return source, append(steps, expandStep(x, exprs, limit)), err
	}
	return n, nil, nil
}

// parallel tells whether expressions give the same whichever worker computes them.
func parallel(es ...plan.Expr) bool {
	ok := true
	for _, e := range es {
		plan.Walk(e, func(x plan.Expr) {
			if c, is := x.(*plan.Call); is && (c.Window || c.Volatile && c.Name != "now" && c.Name != "ago") {
				ok = false
			}
		})
	}
	return ok
}

func filterStep(parts []plan.Expr) step {
	return func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error {
		idx, all, err := w.narrow(parts, b)
		switch {
		case err != nil:
			return err
		case all:
			return emit(b)
		case len(idx) == 0:
			return nil
		}
		return emit(b.Gather(idx))
	}
}

func projectStep(exprs []plan.Expr) step {
	return func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error {
		cols, err := w.evalAll(exprs, b)
		if err != nil {
			return err
		}
		return emit(vec.NewBatch(cols, b.Rows))
	}
}

func parseStep(n *plan.Parse, of plan.Expr, parse parser) step {
	return func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error {
		out, err := w.parseBatch(n, of, parse, b)
		if err != nil || out.Rows == 0 {
			return err
		}
		return emit(out)
	}
}

func expandStep(n *plan.MvExpand, exprs []plan.Expr, limit int64) step {
	return func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error {
		x, err := w.expander(n, exprs, b, limit)
		if err != nil {
			return err
		}
		for {
			out := x.next(max(w.size, maxExpand))
			if err := w.check(); err != nil || out.Rows == 0 {
				return err
			}
			if err := emit(out); err != nil {
				return err
			}
		}
	}
}

// maxJoined bounds the rows that a join gives.
const maxJoined = 1 << 30

func probeStep(h *hashTable, keys []plan.Expr, take []int, outer bool) step {
	var total atomic.Int64
	return func(w *run, b *vec.Batch, emit func(*vec.Batch) error) error {
		cols, err := w.evalAll(keys, b)
		if err != nil {
			return err
		}
		p := h.probe(cols)
		li, ri := make([]int32, 0, b.Rows), make([]int32, 0, b.Rows)
		flush := func() error {
			out := make([]*vec.Vec, 0, len(b.Cols)+len(take))
			for _, c := range b.Cols {
				out = append(out, c.Gather(li))
			}
			for _, t := range take {
				out = append(out, h.batch.Cols[t].Gather(ri))
			}
			n := len(li)
			li, ri = li[:0], ri[:0]
			if err := w.check(); err != nil {
				return err
			}
			if total.Add(int64(n)) > maxJoined {
				return ErrRows
			}
			return emit(vec.NewBatch(out, n))
		}
		firsts := p.findAll(b.Rows)
		if total.Load()+h.pairs(firsts) > maxJoined {
			return ErrRows
		}
		for row, at := range firsts {
			if at < 0 && outer {
				li, ri = append(li, int32(row)), append(ri, -1)
			}
			for ; at >= 0; at = h.next[at] {
				li, ri = append(li, int32(row)), append(ri, at)
				if len(li) >= 4*DefaultBatch {
					if err := flush(); err != nil {
						return err
					}
				}
			}
		}
		if len(li) == 0 {
			return nil
		}
		return flush()
	}
}

// through runs a batch through steps.
func through(w *run, steps []step, b *vec.Batch, emit func(*vec.Batch) error) error {
	if len(steps) == 0 {
		return emit(b)
	}
	return steps[0](w, b, func(b *vec.Batch) error { return through(w, steps[1:], b, emit) })
}

// worker returns a run for another goroutine: it shares what is fixed and has
// state of its own for computing expressions.
func (r *run) worker() *run {
	w := *r
	w.fn = r.fn.Fork()
	w.stops = nil
	w.scope = nil
	return &w
}

// feed hands out the batches of a stream to several workers, numbered.
type feed struct {
	mu   sync.Mutex
	in   stream
	n    int64
	done bool
	err  error
}

func (f *feed) next() (b *vec.Batch, number int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done {
		return nil, 0, f.err
	}
	b, err = f.in()
	if err != nil || b == nil {
		f.done, f.err = true, err
		return nil, 0, err
	}
	f.n++
	return b, f.n - 1, nil
}

// stop ends the feed for all workers.
func (f *feed) stop(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.done {
		f.done, f.err = true, err
	}
}

// work hands the batches of a feed, put through steps, to a worker until it
// ends, each with its place among all rows: the same however many workers share
// the feed. An error, or a panic of the worker, stops the feed.
func (r *run) work(f *feed, steps []step, add func(b *vec.Batch, place int64) error) {
	defer func() {
		if p := recover(); p != nil {
			f.stop(fmt.Errorf("bug in the engine: %v\n%s", p, debug.Stack()))
		}
	}()
	for {
		b, number, err := f.next()
		if err != nil || b == nil {
			return
		}
		part := int64(0)
		err = through(r, steps, b, func(b *vec.Batch) error {
			part++
			return add(b, number<<32|min(part, 1<<11)<<20)
		})
		if err == nil {
			err = r.check()
		}
		if err != nil {
			f.stop(err)
			return
		}
	}
}

// mergeable tells whether aggregates give the same in whatever order rows come:
// or, of those that implement fn.Positioned, where rows say their place.
func mergeable(calls []plan.AggCall, accs []fn.Accumulator) bool {
	for i, c := range calls {
		switch c.Ref.Name {
		case "count", "sum", "avg", "min", "max", "dcount", "count_distinct", "variance", "variancep", "stdev", "stdevp":
		default:
			if _, ok := accs[i].(fn.Positioned); !ok {
				return false
			}
		}
		for _, a := range c.Args {
			if !parallel(a) {
				return false
			}
		}
		if c.If != nil && !parallel(c.If) {
			return false
		}
	}
	return true
}
