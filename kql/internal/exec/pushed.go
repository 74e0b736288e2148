package exec

import (
	"sync"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// Function is a computation that the store calls for the SQL of a Pushed node.
type Function struct {
	In  []types.Type
	Out types.Type // none of dynamic and decimal
	// Eval computes a value for each row of a batch with columns of In. It is
	// safe for concurrent use and keeps nothing of the batch.
	Eval func(*vec.Batch) (*vec.Vec, error)
}

// pushed lets the store compute a part of the plan.
func (r *run) pushed(n *plan.Pushed) (stream, error) {
	functions := make([]Function, len(n.Functions))
	for i, f := range n.Functions {
		e, err := r.prepare(f.Expr)
		if err != nil {
			return nil, err
		}
		pool := &contexts{from: r.fn.Fork()}
		functions[i] = Function{In: f.In, Out: e.Type(), Eval: func(b *vec.Batch) (*vec.Vec, error) {
			c := pool.take()
			defer pool.put(c)
			return evalIn(c, e, b)
		}}
	}
	return r.pull(r.opts.Source.Query(r.ctx, n.Table, n.SQL, functions, n.Columns())), nil
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
