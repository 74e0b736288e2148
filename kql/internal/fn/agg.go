package fn

import (
	"iter"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Agg is one aggregate function.
type Agg struct {
	Name    string
	Aliases []string
	Doc     string
	// Sigs have no Eval: New builds the accumulator for all of them.
	Sigs []string
	// If names the conditional variant that takes a predicate as second
	// argument ("sumif"); IfSigs is derived: the predicate comes after the
	// first argument. The engine leaves out rows where it is not true.
	If        string
	IfAliases []string
	Prefix    string // result column: Prefix_firstArgument; empty: the name
	IfPrefix  string // the same for the conditional variant; empty: If
	Bare      bool   // result column is named after the argument alone (take_any)
	New       func(Spec) Accumulator
	Ex        []AggExample
	// Special aggregates are replaced by the binder (arg_max, percentiles of
	// several columns ...): their New gets what the binder documents.
	Special bool
	SQL     string // DuckDB form where exact on any input, null results included
}

// AggExample is a table in KQL's datatable form, an aggregate over it and the
// text of the value that it gives (of several, an array).
type AggExample struct{ Table, Expr, Want string }

// Spec says how an aggregate is used.
type Spec struct {
	Args   []types.Type  // types after conversion
	Consts []value.Value // the values of constant arguments, null for others
	Out    types.Type
	Outs   []types.Type // for a MultiAccumulator
}

// Accumulator holds the state of an aggregate for any number of groups.
type Accumulator interface {
	// Grow makes room for groups 0 to n-1; new groups are empty.
	Grow(n int)
	// Add takes rows: row i of args goes to group groups[i].
	Add(groups []int32, args []*vec.Vec)
	// Merge adds group i of o (of the same concrete type) to group into[i].
	// o must not be used afterwards.
	Merge(o Accumulator, into []int32)
	// Finish returns a column of Spec.Out with a row per group.
	Finish() *vec.Vec
}

// Positioned accumulators choose among rows by their place, so that parts that
// were added by several workers can be merged: of rows that are otherwise equal
// the first counts.
type Positioned interface {
	Accumulator
	// At says where the first of the rows that are added next stands.
	At(place int64)
}

// Sized accumulators hold more than GroupBytes for each group and tell about how
// many bytes they hold in all.
type Sized interface{ Size() int64 }

// GroupBytes is what a group costs an accumulator that is not Sized.
const GroupBytes = 32

// Saver accumulators can put the state of groups into columns, so that it can
// wait outside of memory.
type Saver interface {
	Accumulator
	// Save returns the state of groups from to to-1 as columns, of the same
	// types whichever groups. It changes nothing.
	Save(from, to int) []*vec.Vec
	// Load gives the state in columns that Save returned, a row per group, to
	// an accumulator that is new but for Grow. Merge then adds it to others.
	Load(cols []*vec.Vec)
}

// Pairer accumulators hold pairs of a group and a value that need not be
// together in memory to be counted.
type Pairer interface {
	Accumulator
	// Pairs yields all pairs, some thousand at a time: of texts or of longs.
	Pairs() iter.Seq2[[]int32, *vec.Vec]
	// AddPairs takes pairs that Pairs gave.
	AddPairs(groups []int32, vals *vec.Vec)
	// AddCounts adds what another accumulator counted, whose pairs are none of
	// this one's.
	AddCounts(o Accumulator)
}

// State is the state of one group, for aggregates written row by row.
type State interface {
	Add(args []value.Value)
	Merge(o State)
	Result() value.Value
}

// PerGroup makes an accumulator of a function that returns an empty state.
func PerGroup(newState func(Spec) State) func(Spec) Accumulator {
	return func(s Spec) Accumulator { return &perGroup{spec: s, make: newState} }
}

type perGroup struct {
	spec   Spec
	make   func(Spec) State
	states []State
	args   []value.Value
	size   int64
}

func (p *perGroup) Grow(n int) {
	for len(p.states) < n {
		p.states = append(p.states, p.make(p.spec))
	}
}

func (p *perGroup) Add(groups []int32, args []*vec.Vec) {
	if len(p.args) < len(args) {
		p.args = make([]value.Value, len(args))
	}
	for i, g := range groups {
		for k, a := range args {
			p.args[k] = a.Get(i)
		}
		s := p.states[g]
		if z, ok := s.(Sized); ok {
			before := z.Size()
			s.Add(p.args[:len(args)])
			p.size += z.Size() - before
			continue
		}
		s.Add(p.args[:len(args)])
	}
}

func (p *perGroup) Merge(o Accumulator, into []int32) {
	for i, s := range o.(*perGroup).states {
		to := p.states[into[i]]
		if z, ok := to.(Sized); ok {
			before := z.Size()
			to.Merge(s)
			p.size += z.Size() - before
			continue
		}
		to.Merge(s)
	}
}

func (p *perGroup) Finish() *vec.Vec {
	b := vec.NewBuilder(p.spec.Out, len(p.states))
	for _, s := range p.states {
		b.Append(s.Result())
	}
	return b.Finish()
}

// MultiAccumulator is an Accumulator whose aggregate gives several columns:
// arg_max(k, a, b) gives k, a and b; percentiles(x, 5, 50) two. Spec.Outs then
// holds their types and Finish is not called.
type MultiAccumulator interface {
	Accumulator
	FinishAll() []*vec.Vec
}
