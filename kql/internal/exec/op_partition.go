package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// clusters hands the rows of a stream to each, all rows of a key at once: all
// of them where they fit into a part of the memory, else those of each partition
// by the hash of the key. Nothing is handed on where there are no rows.
func (r *run) clusters(in stream, cols []plan.Column, keys []plan.Expr, level int, each func(b *vec.Batch, l *lease) error) error {
	l := r.lease()
	defer l.free()
	canSpill := r.canSpill() && len(keys) > 0 && parallel(keys...) && level < spill.Levels
	var parts []*vec.Batch
	var away *side
	for {
		b, err := in()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := r.check(); err != nil {
			return err
		}
		if b.Rows == 0 {
			continue
		}
		if away != nil {
			if err := r.split(away, b, level); err != nil {
				return err
			}
			continue
		}
		if r.mem.limit > 0 {
			b = r.compact(b)
			if !l.add(vec.Size(b)) && !canSpill {
				return ErrMemory
			}
		}
		parts = append(parts, b)
		if canSpill && l.full(copies) {
			away = &side{keys: keys, parts: r.parts(spill.Fan)}
			for _, b := range parts {
				if err := r.split(away, b, level); err != nil {
					return err
				}
			}
			parts = nil
			l.free()
		}
	}
	if away == nil {
		if len(parts) == 0 {
			return nil
		}
		return each(vec.ConcatBatches(protos(cols), parts), l)
	}
	if err := away.parts.Done(); err != nil {
		return spillError(err)
	}
	for part := range spill.Fan {
		if err := r.clusters(away.parts.Read(part), cols, keys, level+1, each); err != nil {
			return err
		}
	}
	return away.parts.Close()
}

func (r *run) partition(n *plan.Partition) (stream, error) {
	by, err := r.prepare(n.By)
	if err != nil {
		return nil, err
	}
	return r.later(func() (stream, error) {
		in, err := r.open(n.Input)
		if err != nil {
			return nil, err
		}
		out := r.newSpool(false)
		err = r.clusters(in, n.Input.Columns(), []plan.Expr{by}, 0, func(b *vec.Batch, _ *lease) error {
			keys, err := r.eval(by, b)
			if err != nil {
				return err
			}
			g := newGroups([]types.Type{by.Type()})
			var lists [][]int32
			for from := 0; from < b.Rows; from += DefaultBatch {
				to := min(from+DefaultBatch, b.Rows)
				for i, id := range g.number([]*vec.Vec{keys.Slice(from, to)}, to-from) {
					if int(id) == len(lists) {
						lists = append(lists, nil)
					}
					lists[id] = append(lists[id], int32(from+i))
				}
				if err := r.check(); err != nil {
					return err
				}
			}
			for _, idx := range lists {
				if err := r.onRows(n, b.Gather(idx), out); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if err := out.done(); err != nil {
			return nil, err
		}
		return out.l.until(out.read()), nil
	}), nil
}

// onRows runs the subquery of a partition on its rows.
func (r *run) onRows(n *plan.Partition, rows *vec.Batch, out *spool) error {
	if n.Outer != nil {
		r.outer[n.Outer] = rows
	}
	l := r.lease()
	defer l.free()
	b, err := r.inner(n.Sub, l)
	if err != nil {
		return err
	}
	if err := out.add(b); err != nil {
		return err
	}
	return r.check()
}
