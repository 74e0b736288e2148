package exec

import (
	"fmt"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/vec"
)

// evaluate calls a plugin.
func (r *run) evaluate(n *plan.Evaluate, l *lease) (*vec.Batch, []plan.Column, error) {
	b, err := r.all(n.Input, l)
	if err != nil {
		return nil, nil, err
	}
	args := append([]fn.PluginArg{}, n.Args...)
	for i, e := range n.Exprs {
		if e == nil {
			continue
		}
		p, err := r.prepare(e)
		if err != nil {
			return nil, nil, err
		}
		if args[i].Vec, err = r.eval(p, b); err != nil {
			return nil, nil, err
		}
		if k, ok := p.(*plan.Const); ok {
			args[i].Const, args[i].Value = true, k.Value
		}
	}
	for i, t := range n.Tables {
		tb, err := r.all(t, l)
		if err != nil {
			return nil, nil, err
		}
		args[i].Table = &fn.Input{Columns: t.Columns(), Batch: tb}
	}
	r.fn.Hold = func(bytes int64) error { return l.hold(bytes) }
	defer func() { r.fn.Hold = nil }()
	out, err := n.Plugin.Call(r.fn, &fn.Input{Columns: n.Input.Columns(), Batch: b}, args)
	if err != nil {
		return nil, nil, fmt.Errorf("%s(): %w", n.Plugin.Name, err)
	}
	if n.Cast == nil {
		return out.Batch, out.Columns, nil
	}
	// A declared schema picks the plugin's columns by name.
	cols := make([]*vec.Vec, len(n.Cast))
	for i, c := range n.Cast {
		cols[i] = vec.Nulls(c.Type, out.Batch.Rows)
		for k, o := range out.Columns {
			if o.Name == c.Name {
				cols[i] = fn.ConvertVec(out.Batch.Cols[k], c.Type)
			}
		}
	}
	return vec.NewBatch(cols, out.Batch.Rows), n.Cast, nil
}
