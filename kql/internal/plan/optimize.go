package plan

import "github.com/azward/azward/kql/internal/fn"

// Optimizer rewrites the plans of one run. A table that is computed once for
// several plans (materialize) stays one table.
type Optimizer struct {
	Now *fn.Ctx // of the run; nil: what depends on the time stays

	stage  string // the rule that runs
	shared map[sharedAt]*Materialize
}

// sharedAt is a shared table at the beginning of a stage.
type sharedAt struct {
	stage string
	table *Materialize
}

// NewOptimizer returns an optimizer.
func NewOptimizer() *Optimizer { return &Optimizer{shared: map[sharedAt]*Materialize{}} }

// rule rewrites a plan.
type rule struct {
	name  string
	apply func(*Optimizer, Node) Node
}

// rules in the order in which they run.
func rules() []rule {
	return []rule{
		{"fold", (*Optimizer).foldAll},            // first: constants can be moved anywhere
		{"top", (*Optimizer).topSorts},            // before filters move below sorts
		{"push-filter", (*Optimizer).pushFilters}, // what it moves down needs fewer columns above
		{"prune", (*Optimizer).pruneAll},          // last: it renumbers columns
	}
}

// Run applies the rewrite rules.
func (o *Optimizer) Run(n Node) Node {
	for _, r := range rules() {
		n = o.Stage(r.name, n, func(n Node) Node { return r.apply(o, n) })
	}
	return n
}

// Stage applies a rewriting of its own name, which uses MapInputs.
func (o *Optimizer) Stage(name string, n Node, f func(Node) Node) Node {
	outer := o.stage
	o.stage = name
	defer func() { o.stage = outer }()
	return f(n)
}

// Prune leaves out the columns that nothing reads, once more.
func (o *Optimizer) Prune(n Node) Node { return o.Stage("prune again", n, o.pruneAll) }

// withInput returns a copy of a node with another input that has the same
// columns; false for nodes that it does not know.
func withInput(n Node, in Node) (Node, bool) {
	switch x := n.(type) {
	case *Filter:
		c := *x
		c.Input = in
		return &c, true
	case *Project:
		c := *x
		c.Input = in
		return &c, true
	case *Aggregate:
		c := *x
		c.Input = in
		return &c, true
	case *Distinct:
		c := *x
		c.Input = in
		return &c, true
	case *Sort:
		c := *x
		c.Input = in
		return &c, true
	case *Take:
		c := *x
		c.Input = in
		return &c, true
	case *MvExpand:
		c := *x
		c.Input = in
		return &c, true
	case *MvApply:
		c := *x
		c.Input = in
		return &c, true
	case *Parse:
		c := *x
		c.Input = in
		return &c, true
	case *ParseKV:
		c := *x
		c.Input = in
		return &c, true
	case *MakeSeries:
		c := *x
		c.Input = in
		return &c, true
	case *Serialize:
		c := *x
		c.Input = in
		return &c, true
	case *Rendered:
		c := *x
		c.Input = in
		return &c, true
	case *Sequence:
		c := *x
		c.Input = in
		return &c, true
	case *TopNested:
		c := *x
		c.Input = in
		return &c, true
	case *Partition:
		c := *x
		c.Input = in
		return &c, true
	}
	return n, false
}

// WithInputs returns a copy of a node with other inputs of the same columns;
// false for nodes whose inputs cannot be replaced.
func WithInputs(n Node, in []Node) (Node, bool) {
	switch x := n.(type) {
	case *Pushed:
		c := *x
		c.Given = in
		return &c, true
	case *Join:
		c := *x
		c.Left, c.Right = in[0], in[1]
		return &c, true
	case *Union:
		c := *x
		c.Tables = append([]UnionInput(nil), x.Tables...)
		for i := range c.Tables {
			c.Tables[i].Node = in[i]
		}
		return &c, true
	}
	if len(in) == 1 {
		return withInput(n, in[0])
	}
	return n, len(in) == 0
}

// MapInputs rebuilds a node with f applied to its inputs, which must keep
// their columns. Tables that are computed once stay one.
func (o *Optimizer) MapInputs(n Node, f func(Node) Node) Node {
	if m, ok := n.(*Materialize); ok {
		at := sharedAt{o.stage, m}
		if done := o.shared[at]; done != nil {
			return done
		}
		c := *m
		c.Input = f(m.Input)
		o.shared[at] = &c
		return &c
	}
	old := n.Inputs()
	if len(old) == 0 {
		return n
	}
	in := make([]Node, len(old))
	changed := false
	for i, x := range old {
		in[i] = f(x)
		changed = changed || in[i] != x
	}
	if !changed {
		return n
	}
	out, _ := WithInputs(n, in)
	return out
}

// Conjuncts splits a predicate at its and.
func Conjuncts(e Expr) []Expr {
	c, ok := e.(*Call)
	if !ok || c.Name != "and" || len(c.Args) != 2 || !isBool(c.Args[0]) || !isBool(c.Args[1]) {
		return []Expr{e}
	}
	return append(Conjuncts(c.Args[0]), Conjuncts(c.Args[1])...)
}

// remap renumbers the columns that an expression reads.
func remap(e Expr, place []int) Expr {
	if e == nil {
		return nil
	}
	return Map(e, func(x Expr) Expr {
		c, ok := x.(*Col)
		if !ok || place[c.Index] == c.Index {
			return x
		}
		return &Col{Index: place[c.Index], Name: c.Name, T: c.T}
	})
}

func remapAll(es []Expr, place []int) []Expr {
	out := make([]Expr, len(es))
	for i, e := range es {
		out[i] = remap(e, place)
	}
	return out
}

// movable tells whether an expression gives the same on whatever rows it is
// computed among.
func movable(e Expr) bool {
	ok := true
	Walk(e, func(x Expr) {
		if c, is := x.(*Call); is && (c.Window || c.Volatile) {
			ok = false
		}
	})
	return ok
}
