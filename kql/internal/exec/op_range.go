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
	if span := uint64(max(end, cur)) - uint64(min(end, cur)); span/absolute(by) > maxRange {
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
	at, rows := 0, int(n)+1
	return func() (*vec.Batch, error) {
		if at == rows {
			return nil, nil
		}
		out := make([]float64, min(r.size, rows-at))
		for i := range out {
			out[i] = from + float64(at+i)*step
		}
		at += len(out)
		return vec.NewBatch([]*vec.Vec{vec.OfReals(out)}, len(out)), r.check()
	}, nil
}

// absolute is the size of a number, of the smallest one too.
func absolute(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func (r *run) decimalRange(from, to, step value.Value) (stream, error) {
	ctx := types.Decimals()
	cur, n := from.Dec(), 0
	return func() (*vec.Batch, error) {
		b := vec.NewBuilder(types.Decimal, r.size)
		for b.Len() < r.size && cur.Cmp(to.Dec()) <= 0 && !step.Dec().IsZero() && !step.Dec().Negative {
			if n++; n > maxRange {
				return nil, ErrRows
			}
			b.Append(value.Decimal(cur))
			next := new(types.Dec)
			if _, err := ctx.Add(next, cur, step.Dec()); err != nil {
				return nil, err
			}
			if next.Cmp(cur) == 0 { // the step is too small to be seen
				return nil, ErrRows
			}
			cur = next
		}
		if b.Len() == 0 {
			return nil, nil
		}
		v := b.Finish()
		return vec.NewBatch([]*vec.Vec{v}, v.Len()), r.check()
	}, nil
}
