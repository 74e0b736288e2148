package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

func (r *run) union(n *plan.Union) (stream, error) {
	at := 0
	var in stream
	return func() (*vec.Batch, error) {
		for at < len(n.Tables) {
			t := &n.Tables[at]
			if in == nil {
				var err error
				if in, err = r.open(t.Node); err != nil {
					return nil, err
				}
			}
			b, err := in()
			if err != nil {
				return nil, err
			}
			if b == nil {
				in = nil
				at++
				continue
			}
			cols := make([]*vec.Vec, len(n.Columns()))
			for i, c := range n.Columns() {
				if s, ok := t.Const[i]; ok {
					cols[i] = vec.Repeat(types.String, value.String(s), b.Rows)
				} else if m := t.Map[i]; m >= 0 {
					cols[i] = b.Cols[m]
				} else {
					cols[i] = vec.Nulls(c.Type, b.Rows)
				}
			}
			return vec.NewBatch(cols, b.Rows), nil
		}
		return nil, nil
	}, nil
}
