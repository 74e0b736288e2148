package exec

import (
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// stepState is what a step of the scan operator carries: the declared columns
// and the row that it matched last.
type stepState struct {
	active   bool
	declared []value.Value
	row      []value.Value
	match    int64
	pending  []outRow // rows kept back by output=last
}

type outRow struct {
	row, declared []value.Value
	match         int64
}

// sequencer runs the scan operator over one partition.
type sequencer struct {
	r        *run
	n        *plan.Sequence
	steps    []plan.ScanStep
	defaults []value.Value
	states   []stepState
	matches  int64
	out      []outRow
	width    int // input columns
}

func (r *run) sequence(n *plan.Sequence) (stream, error) {
	return r.single(func() (*vec.Batch, error) {
		b, err := r.all(n.Input)
		if err != nil {
			return nil, err
		}
		s := &sequencer{r: r, n: n, width: len(n.Input.Columns())}
		for _, d := range n.Defaults {
			v, err := r.scalar(d)
			if err != nil {
				return nil, err
			}
			s.defaults = append(s.defaults, v)
		}
		for _, st := range n.Steps {
			c, err := r.prepare(st.Cond)
			if err != nil {
				return nil, err
			}
			p := st
			p.Cond, p.Assign = c, map[int]plan.Expr{}
			for k, e := range st.Assign {
				if p.Assign[k], err = r.prepare(e); err != nil {
					return nil, err
				}
			}
			s.steps = append(s.steps, p)
		}
		parts, err := r.partitions(n, b)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			s.states = make([]stepState, len(s.steps))
			for _, i := range p {
				if err := s.row(b, int(i)); err != nil {
					return nil, err
				}
			}
			s.flush()
			if err := r.check(); err != nil {
				return nil, err
			}
		}
		return s.result(), nil
	}), nil
}

// partitions returns the rows of each partition in order.
func (r *run) partitions(n *plan.Sequence, b *vec.Batch) ([][]int32, error) {
	idx := make([]int32, b.Rows)
	for i := range idx {
		idx[i] = int32(i)
	}
	if len(n.Order) > 0 {
		var err error
		if idx, err = r.sorted(b, n.Order); err != nil {
			return nil, err
		}
	}
	if len(n.Keys) == 0 {
		return [][]int32{idx}, nil
	}
	keys, err := r.prepareAll(n.Keys)
	if err != nil {
		return nil, err
	}
	cols, err := r.evalAll(keys, b)
	if err != nil {
		return nil, err
	}
	g := newGroups(plan.TypesOf(keys))
	ids := g.number(cols, b.Rows)
	out := make([][]int32, g.n)
	for _, i := range idx {
		out[ids[i]] = append(out[ids[i]], i)
	}
	return out, nil
}

// batch lays out the row that expressions read.
func (s *sequencer) batch(row, declared []value.Value) *vec.Batch {
	var cols []*vec.Vec
	put := func(c plan.Column, v value.Value) { cols = append(cols, vec.Repeat(c.Type, v, 1)) }
	input := s.n.Input.Columns()
	for i, c := range input {
		put(c, row[i])
	}
	for i, c := range s.n.Declared {
		put(c, declared[i])
	}
	for k := range s.states {
		st := &s.states[k]
		for i, c := range s.n.Declared {
			if st.active {
				put(c, st.declared[i])
			} else {
				put(c, s.defaults[i])
			}
		}
		for i, c := range input {
			if st.active {
				put(c, st.row[i])
			} else {
				put(c, value.Null)
			}
		}
	}
	return vec.NewBatch(cols, 1)
}

// row offers a row to the steps, the last first: each takes it either as its
// next row or as the one after the step before.
func (s *sequencer) row(b *vec.Batch, i int) error {
	row := make([]value.Value, s.width)
	for k := range row {
		row[k] = b.Cols[k].Get(i)
	}
	for k := len(s.steps) - 1; k >= 0; k-- {
		first := k == 0
		fromPrev := !first && s.states[k-1].active
		if !first && !fromPrev && !s.states[k].active {
			continue
		}
		ok, err := s.holds(s.steps[k].Cond, row)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		declared, err := s.assign(k, row)
		if err != nil {
			return err
		}
		st := &s.states[k]
		next := stepState{active: true, declared: declared, row: row}
		switch {
		case fromPrev:
			prev := &s.states[k-1]
			next.match = prev.match
			s.emitPending(k - 1)
			*prev = stepState{}
		case st.active:
			next.match = st.match
			next.pending = st.pending
		default:
			next.match = s.matches
			s.matches++
		}
		o := outRow{row, declared, next.match}
		switch s.steps[k].Output {
		case plan.OutputAll:
			s.out = append(s.out, o)
		case plan.OutputLast:
			next.pending = []outRow{o}
		}
		if fromPrev || !st.active {
			s.emitPending(k)
		}
		*st = next
		// The row belongs to one step of a sequence only.
		return nil
	}
	return nil
}

func (s *sequencer) holds(cond plan.Expr, row []value.Value) (bool, error) {
	v, err := s.r.eval(cond, s.batch(row, s.defaults))
	if err != nil {
		return false, err
	}
	return v.True(0), nil
}

// assign computes the declared columns of step k for a row: those of the state
// it goes on from, then the assignments in order.
func (s *sequencer) assign(k int, row []value.Value) ([]value.Value, error) {
	declared := append([]value.Value{}, s.defaults...)
	if k > 0 && s.states[k-1].active {
		copy(declared, s.states[k-1].declared)
	} else if s.states[k].active {
		copy(declared, s.states[k].declared)
	}
	base := s.batch(row, s.defaults)
	for i := range declared {
		e := s.steps[k].Assign[i]
		if e == nil {
			continue
		}
		v, err := s.r.eval(e, base)
		if err != nil {
			return nil, err
		}
		declared[i] = v.Get(0)
		base.Cols[s.width+i] = vec.Repeat(s.n.Declared[i].Type, declared[i], 1)
	}
	return declared, nil
}

func (s *sequencer) emitPending(k int) {
	s.out = append(s.out, s.states[k].pending...)
	s.states[k].pending = nil
}

func (s *sequencer) flush() {
	for k := range s.states {
		s.emitPending(k)
	}
}

func (s *sequencer) result() *vec.Batch {
	cols := s.n.Columns()
	builders := make([]*vec.Builder, len(cols))
	for i, c := range cols {
		builders[i] = vec.NewBuilder(c.Type, len(s.out))
	}
	for _, o := range s.out {
		for i := range s.width {
			builders[i].Append(o.row[i])
		}
		for i := range s.n.Declared {
			builders[s.width+i].Append(o.declared[i])
		}
		if s.n.MatchID >= 0 {
			builders[s.n.MatchID].Append(value.Long(o.match))
		}
	}
	out := make([]*vec.Vec, len(cols))
	for i := range out {
		out[i] = builders[i].Finish()
	}
	return vec.NewBatch(out, len(s.out))
}
