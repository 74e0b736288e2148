package exec

import (
	"iter"
	"sync"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// Query is what a store computes in SQL.
type Query struct {
	// Text is a SELECT. It calls functions by number and reads the tables that
	// are given to it: see plan.FunctionMark and plan.TableMark.
	Text      string
	Functions []Function
	Given     []Given
	Columns   []plan.Column // of the result
}

// Function is a computation of the engine's that SQL may call.
type Function struct {
	In  []types.Type
	Out types.Type // none of dynamic and decimal
	// Eval computes a value for each row of a batch with columns of In. It is
	// safe for concurrent use and keeps nothing of the batch.
	Eval func(*vec.Batch) (*vec.Vec, error)
}

// Given is a table that the engine computes for SQL.
type Given struct {
	Columns []plan.Column
	Rows    iter.Seq2[*vec.Batch, error] // read once, before the query
}

// pushed lets the store compute a part of the plan.
func (r *run) pushed(n *plan.Pushed) (stream, error) {
	q := Query{Text: n.SQL, Columns: n.Columns(), Functions: make([]Function, len(n.Functions)), Given: make([]Given, len(n.Given))}
	for i, f := range n.Functions {
		e, err := r.prepare(f.Expr)
		if err != nil {
			return nil, err
		}
		pool := &contexts{from: r.fn.Fork()}
		q.Functions[i] = Function{In: f.In, Out: e.Type(), Eval: func(b *vec.Batch) (*vec.Vec, error) {
			c := pool.take()
			defer pool.put(c)
			return evalIn(c, e, b)
		}}
	}
	for i, g := range n.Given {
		q.Given[i] = Given{Columns: g.Columns(), Rows: r.rows(g)}
	}
	return r.pull(r.opts.Source.Query(r.ctx, n.Table, q)), nil
}

// rows are those of a node.
func (r *run) rows(n plan.Node) iter.Seq2[*vec.Batch, error] {
	return func(yield func(*vec.Batch, error) bool) {
		s, err := r.open(n)
		for err == nil {
			var b *vec.Batch
			if b, err = s(); err == nil && (b == nil || !yield(b, nil)) {
				return
			}
		}
		yield(nil, err)
	}
}

// contexts are those of a function that the store's threads call.
type contexts struct {
	mu   sync.Mutex
	from *fn.Ctx
	free []*fn.Ctx
}

func (p *contexts) take() *fn.Ctx {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c
	}
	return p.from.Fork()
}

func (p *contexts) put(c *fn.Ctx) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, c)
}
