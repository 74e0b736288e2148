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
	// values puts tables that are written into the query somewhere else and
	// returns the name; nil: they stay.
	values func(cols []Column, b *Batch) string
	// source is what the sources of the tables that were met hold by themselves.
	source int64
}

func (p *planner) moveValues(n plan.Node) plan.Node {
	if v, ok := n.(*plan.Values); ok && v.Batch.Rows > 0 && len(v.Columns()) > 0 {
		if name := p.values(v.Columns(), v.Batch); name != "" {
			return plan.NewScan(name, v.Columns())
		}
	}
	return p.opt.MapInputs(n, p.moveValues)
}

func newPlanner(db Database, opts Options) *planner {
	p := &planner{opt: plan.NewOptimizer(), done: map[plan.Node]plan.Node{}, values: opts.values}
	ctx := fn.NewCtx(types.FromTime(opts.Now), opts.Seed)
	ctx.Table = fn.Builtin()
	ctx.MaxBuilt = fn.MaxFolded
	p.opt.Now = ctx
	if db == nil || opts.NoPushdown {
		return p
	}
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
			if b, ok := s.(Budgeted); ok {
				p.source = max(p.source, b.Budget())
			}
			r := s.Relation()
			if r.From == "" {
				return nil, false
			}
			return &sqlgen.Table{From: r.From, Columns: r.Columns, NoNulls: r.NoNulls}, true
		},
		Fold: func(e plan.Expr) (*plan.Const, bool) { return plan.IsConst(plan.Fold(ctx, e)) },
	}
	return p
}

// memory is what the engine may hold of a query's budget.
func (p *planner) memory(whole int64) int64 {
	if p.source <= 0 || whole <= 0 {
		return whole
	}
	return max(whole-p.source, whole-whole/2)
}

// plan prepares a plan; the same one is prepared once.
func (p *planner) plan(n plan.Node) plan.Node {
	if out, ok := p.done[n]; ok {
		return out
	}
	out := n
	if p.values != nil {
		out = p.opt.Stage("values", out, p.moveValues)
	}
	out = p.opt.Run(out)
	if p.gen != nil {
		out = p.opt.Prune(p.opt.Stage("push", out, p.gen.Push))
	}
	p.done[n] = out
	return out
}

// Explain prints the plan of each result as it would run over a database:
// what its store computes, as SQL, and why the rest is left to the engine.
func (q *Query) Explain(db Database, opts Options) string {
	p := newPlanner(db, opts)
	var b strings.Builder
	for _, r := range q.bound.Results {
		if len(q.bound.Results) > 1 {
			b.WriteString(r.Name + "\n")
		}
		b.WriteString(plan.Explain(p.plan(r.Node), func(n plan.Node) string {
			if opts.Memory > 0 && opts.Spill != nil && plan.MaySpill(n) {
				return "   may spill"
			}
			return ""
		}))
	}
	if p.gen != nil {
		for _, n := range p.gen.Notes() {
			b.WriteString("not in the store: " + n + "\n")
		}
	}
	return b.String()
}
