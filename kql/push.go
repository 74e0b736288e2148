package kql

import (
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/sqlgen"
	"github.com/azward/azward/kql/internal/types"
)

// planner prepares the plans of one run: it rewrites them and hands to the
// store what the store computes in SQL.
type planner struct {
	opt  *plan.Optimizer
	gen  *sqlgen.Generator // nil: nothing is pushed
	done map[plan.Node]plan.Node
}

func newPlanner(db Database, opts Options) *planner {
	p := &planner{opt: plan.NewOptimizer(), done: map[plan.Node]plan.Node{}}
	if db == nil || opts.NoPushdown {
		return p
	}
	ctx := fn.NewCtx(types.FromTime(opts.Now), opts.Seed)
	ctx.Table = fn.Builtin()
	p.gen = &sqlgen.Generator{
		Optimizer: p.opt,
		Lookup: func(name string) (*sqlgen.Table, bool) {
			t, ok := db.Table(name)
			if !ok {
				return nil, false
			}
			s, ok := t.(SQLTable)
			if !ok {
				return nil, false
			}
			r := s.Relation()
			if r.From == "" {
				return nil, false
			}
			return &sqlgen.Table{From: r.From, Columns: r.Columns, NoNulls: r.NoNulls}, true
		},
		Fold: func(e plan.Expr) (*plan.Const, bool) { return foldNow(ctx, e) },
	}
	return p
}

// plan prepares a plan; the same one is prepared once.
func (p *planner) plan(n plan.Node) plan.Node {
	if out, ok := p.done[n]; ok {
		return out
	}
	out := p.opt.Run(n)
	if p.gen != nil {
		out = p.gen.Push(out)
	}
	p.done[n] = out
	return out
}

// foldNow computes an expression that reads no column, at the time of the run.
func foldNow(ctx *fn.Ctx, e plan.Expr) (*plan.Const, bool) {
	out := plan.Map(e, func(x plan.Expr) plan.Expr {
		switch x := x.(type) {
		case *plan.Call:
			if x.Volatile || x.Window || x.Eval == nil {
				return x
			}
			for _, a := range x.Args {
				if _, ok := plan.IsConst(a); !ok {
					return x
				}
			}
			v, err := plan.EvalConst(ctx, x)
			if err != nil {
				return x
			}
			return &plan.Const{Value: v, T: x.T}
		case *plan.Cast:
			if c, ok := plan.IsConst(x.X); ok {
				return &plan.Const{Value: fn.Convert(c.Value, c.T, x.T), T: x.T}
			}
		}
		return x
	})
	c, ok := plan.IsConst(out)
	return c, ok
}

// ExplainOver prints the plan of each result as it would run over a database:
// what its store computes, as SQL, and why the rest is left to the engine.
func (q *Query) ExplainOver(db Database, opts Options) string {
	p := newPlanner(db, opts)
	var b strings.Builder
	for _, r := range q.bound.Results {
		if len(q.bound.Results) > 1 {
			b.WriteString(r.Name + "\n")
		}
		b.WriteString(plan.Explain(p.plan(r.Node)))
	}
	if p.gen != nil {
		for _, n := range p.gen.Notes() {
			b.WriteString("not in the store: " + n + "\n")
		}
	}
	return b.String()
}
