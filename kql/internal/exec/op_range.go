package exec

import (
	"math"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// maxRange bounds the rows that range gives.
const maxRange = 100_000_000

func (r *run) rangeOp(n *plan.Range) (stream, error) {
	from, err := r.scalar(n.From)
	if err != nil {
		return nil, err
	}
	to, err := r.scalar(n.To)
	if err != nil {
		return nil, err
	}
	step, err := r.scalar(n.Step)
	if err != nil {
		return nil, err
	}
	t := n.Columns()[0].Type
	if from.IsNull() || to.IsNull() || step.IsNull() {
		return r.sliced(empty(n.Columns())), nil
	}
	if t == types.Real {
		return r.realRange(from.Float(), to.Float(), step.Float())
	}
	if t == types.Decimal {
		return r.decimalRange(from, to, step)
	}
	cur, end, by := from.Int64(), to.Int64(), step.Int64()
	if by == 0 || by > 0 && cur > end || by < 0 && cur < end {
		return r.sliced(empty(n.Columns())), nil
	}
	if uint64(end-cur)/uint64(max(by, -by)) > maxRange && by > 0 {
		return nil, ErrRows
	}
	done := false
	return func() (*vec.Batch, error) {
		if done {
			return nil, nil
		}
		out := make([]int64, 0, r.size)
		for len(out) < r.size {
			out = append(out, cur)
			next, ok := types.AddOverflow(cur, by)
			if !ok || by > 0 && next > end || by < 0 && next < end {
				done = true
				break
			}
			cur = next
		}
		return vec.NewBatch([]*vec.Vec{vec.OfInts(t, out)}, len(out)), r.check()
	}, nil
}

func (r *run) realRange(from, to, step float64) (stream, error) {
	n := math.Floor((to-from)/step + 1e-9)
	if math.IsNaN(n) || n < 0 || step == 0 {
		return func() (*vec.Batch, error) { return nil, nil }, nil
	}
	if n > maxRange {
		return nil, ErrRows
	}
	out := make([]float64, int(n)+1)
	for i := range out {
		out[i] = from + float64(i)*step
	}
	return r.sliced(vec.NewBatch([]*vec.Vec{vec.OfReals(out)}, len(out))), nil
}

func (r *run) decimalRange(from, to, step value.Value) (stream, error) {
	ctx := types.Decimals()
	b := vec.NewBuilder(types.Decimal, 16)
	cur := from.Dec()
	for n := 0; cur.Cmp(to.Dec()) <= 0 && !step.Dec().IsZero() && !step.Dec().Negative; n++ {
		if n > maxRange {
			return nil, ErrRows
		}
		b.Append(value.Decimal(cur))
		next := new(types.Dec)
		if _, err := ctx.Add(next, cur, step.Dec()); err != nil {
			return nil, err
		}
		cur = next
	}
	v := b.Finish()
	return r.sliced(vec.NewBatch([]*vec.Vec{v}, v.Len())), nil
}
