package exec

import (
	"slices"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// matched is what a step saw last: the row and the declared columns.
type matched struct {
	declared []value.Value
	row      []value.Value
}

// stepState is the state of a step of the scan operator: what it and the steps
// before it saw last in the sequence that has come as far as this step.
type stepState struct {
	active  bool
	seen    []matched
	match   int64
	pending []outRow // rows kept back by output=last
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
	l        *lease
	seen     int // rows
	width    int // input columns
}

func (r *run) sequence(n *plan.Sequence) (stream, error) {
	return r.single(func(l *lease) (*vec.Batch, error) {
		b, err := r.all(n.Input, l)
		if err != nil {
			return nil, err
		}
		s := &sequencer{r: r, n: n, l: l, width: len(n.Input.Columns())}
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

// batch lays out the row that expressions read: the input, the declared
// columns' defaults, and what each step saw last in a sequence.
func (s *sequencer) batch(row []value.Value, seen []matched) *vec.Batch {
	var cols []*vec.Vec
	put := func(c plan.Column, v value.Value) { cols = append(cols, vec.Repeat(c.Type, v, 1)) }
	input := s.n.Input.Columns()
	for i, c := range input {
		put(c, row[i])
	}
	for i, c := range s.n.Declared {
		put(c, s.defaults[i])
	}
	for k := range s.steps {
		var m matched
		if k < len(seen) {
			m = seen[k]
		}
		for i, c := range s.n.Declared {
			if m.declared != nil {
				put(c, m.declared[i])
			} else {
				put(c, s.defaults[i])
			}
		}
		for i, c := range input {
			if m.row != nil {
				put(c, m.row[i])
			} else {
				put(c, value.Null)
			}
		}
	}
	return vec.NewBatch(cols, 1)
}

// row offers a row to the steps, the last first. A step takes it as the
// continuation of the step before (whose state it then takes over), or else
// as a further row of its own; the first step may begin a sequence with it.
func (s *sequencer) row(b *vec.Batch, i int) error {
	if s.seen++; s.seen&0xff == 0 {
		if err := s.r.check(); err != nil {
			return err
		}
	}
	row := make([]value.Value, s.width)
	for k := range row {
		row[k] = b.Cols[k].Get(i)
	}
	for k := range slices.Backward(s.steps) {
		if k > 0 && s.states[k-1].active {
			ok, err := s.match(k, row, s.states[k-1].seen, s.states[k-1].match)
			if err != nil {
				return err
			}
			if ok {
				s.emitPending(k - 1)
				s.states[k-1] = stepState{}
				continue
			}
		}
		if s.states[k].active {
			if _, err := s.match(k, row, s.states[k].seen, s.states[k].match); err != nil {
				return err
			}
			continue
		}
		if k == 0 {
			ok, err := s.match(0, row, nil, s.matches)
			if err != nil {
				return err
			}
			if ok {
				s.matches++
			}
		}
	}
	return nil
}

// match tries step k with a row, going on from what was seen, and updates the
// step's state where its condition holds.
func (s *sequencer) match(k int, row []value.Value, seen []matched, id int64) (bool, error) {
	base := s.batch(row, seen)
	v, err := s.r.eval(s.steps[k].Cond, base)
	if err != nil || !v.True(0) {
		return false, err
	}
	declared := append([]value.Value{}, s.defaults...)
	for i := range declared {
		e := s.steps[k].Assign[i]
		if e == nil {
			continue
		}
		v, err := s.r.eval(e, base)
		if err != nil {
			return false, err
		}
		declared[i] = v.Get(0)
		base.Cols[s.width+i] = vec.Repeat(s.n.Declared[i].Type, declared[i], 1)
	}
	next := stepState{active: true, match: id, seen: make([]matched, k+1)}
	copy(next.seen, seen)
	next.seen[k] = matched{declared, row}
	o := outRow{row, declared, id}
	if s.steps[k].Output != plan.OutputNone { // it is held, and once more in the result
		bytes := int64(80)
		for _, v := range row {
			bytes += 2 * value.Size(v)
		}
		for _, v := range declared {
			bytes += 2 * value.Size(v)
		}
		if err := s.l.hold(bytes); err != nil {
			return false, err
		}
	}
	switch s.steps[k].Output {
	case plan.OutputAll:
		s.out = append(s.out, o)
	case plan.OutputLast:
		if st := &s.states[k]; st.active && st.match != id {
			s.emitPending(k)
		}
		next.pending = []outRow{o}
	}
	s.states[k] = next
	return true, nil
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
