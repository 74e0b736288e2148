package bind

import (
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// table in the course of a pipe.
type rows struct {
	node    plan.Node
	ordered bool // window functions may be used
	open    bool // has columns that are not known
}

func (r rows) scope() *scope {
	s := newScope(r.node.Columns())
	s.ordered, s.open, s.node = r.ordered, r.open, r.node
	return s
}

// pipe binds source | op | op.
func (b *binder) pipe(p *syntax.Pipe, sc *scope) any {
	var in rows
	ops := p.Ops
	if p.Source != nil {
		var x any
		if !b.guard(func() { x = b.any(p.Source, noScope) }) {
			// What is wrong behind an unknown table is said too.
			x = b.openNode(plan.NewValues(nil, vec.NewBatch(nil, 0), "unknown"))
		}
		n, ok := x.(plan.Node)
		if !ok {
			b.fail(errTabular("what stands before \"|\""), p.Source.Span())
		}
		in = rows{node: n, open: b.open[n], ordered: isOrdered(n)}
	} else {
		in = b.source(ops[0])
		ops = ops[1:]
	}
	out := b.ops(in, ops)
	if out.open {
		b.open[out.node] = true
	}
	return out.node
}

// isOrdered tells whether the rows of a let table come in an order.
func isOrdered(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort, *plan.Serialize, *plan.Range:
		return true
	case *plan.Filter:
		return isOrdered(n.Input)
	case *plan.Project:
		return isOrdered(n.Input)
	case *plan.Take:
		return isOrdered(n.Input)
	}
	return false
}

// inherit passes on that a node's columns are not all known.
func (b *binder) inherit(n, from plan.Node) plan.Node {
	if b.open[from] {
		b.open[n] = true
	}
	return n
}

// sub binds a chain of operators on given rows.
func (b *binder) sub(in rows, p *syntax.Pipe) rows {
	out := b.ops(in, p.Ops)
	b.oneTable(out.node, p.Span())
	return out
}

// maxColumns bounds the columns of a table, which joins add up.
const maxColumns = 20_000

func (b *binder) ops(in rows, ops []syntax.Op) rows {
	save := b.env
	defer func() { b.env = save }()
	for i, op := range ops {
		b.count(op.Span())
		if _, multi := in.node.(*plan.Multi); multi {
			b.fail(errStatement("nothing can follow fork or facet"), op.Span())
		}
		if r, ok := in.node.(*plan.Rendered); ok {
			in.node = r.Input
		}
		// An operator that is wrong does not hide what is wrong behind it: its
		// input goes on, with further columns that nobody knows.
		if !b.guard(func() {
			in = b.op(in, op, i == len(ops)-1)
			if in.node != nil && len(in.node.Columns()) > maxColumns {
				b.fail(errColumns(), op.Span())
			}
		}) {
			if _, makes := op.(*syntax.MakeGraph); makes || isGraph(in.node) {
				panic(bailout{}) // nobody knows whether what follows reads a graph
			}
			switch op.(type) {
			case *syntax.Where, *syntax.Sort, *syntax.Top, *syntax.Take:
			default:
				in.open = true
			}
		}
	}
	return in
}

// source binds an operator that makes its own rows.
func (b *binder) source(op syntax.Op) rows {
	switch op := op.(type) {
	case *syntax.Print:
		return b.print(op)
	case *syntax.Range:
		return b.rangeOp(op)
	case *syntax.Union:
		return b.union(nil, op)
	case *syntax.Search:
		return b.search(nil, op)
	case *syntax.Find:
		return b.find(op)
	case *syntax.Evaluate:
		return b.evaluate(rows{node: plan.OneRow()}, op)
	case *syntax.MacroExpand:
		return b.macroExpand(op)
	}
	b.fail(errStatement("this operator needs a table before it"), op.Span())
	return rows{}
}

func (b *binder) op(in rows, op syntax.Op, last bool) rows {
	if isGraph(in.node) {
		switch op.(type) {
		case *syntax.GraphMatch, *syntax.GraphToTable, *syntax.GraphMark, *syntax.GraphWhere, *syntax.As:
		default:
			b.noGraph(in.node, op.Span())
		}
	}
	switch op := op.(type) {
	case *syntax.Where:
		pred := b.boolean(op.Pred, in.scope())
		if n := filterLeft(in.node, pred); n != nil {
			return rows{n, in.ordered, in.open}
		}
		return rows{plan.NewFilter(in.node, pred), in.ordered, in.open}
	case *syntax.Extend:
		return b.extend(in, op.Items, true)
	case *syntax.Serialize:
		out := b.extend(rows{plan.NewSerialize(in.node), true, in.open}, op.Items, false)
		out.ordered = true
		return out
	case *syntax.Project:
		return b.project(in, op)
	case *syntax.Summarize:
		return b.summarize(in, op)
	case *syntax.Distinct:
		return b.distinct(in, op)
	case *syntax.Sort:
		keys := b.sortKeys(op.Keys, in.scope())
		return rows{plan.NewSort(in.node, keys, nil), true, in.open}
	case *syntax.Top:
		n := b.rowCount(op.N)
		if len(op.Keys) > 1 {
			b.fail(errStatement("top orders by one expression"), op.Keys[1].Expr.Span())
		}
		keys := b.sortKeys(op.Keys, in.scope())
		return rows{plan.NewSort(in.node, keys, n), true, in.open}
	case *syntax.Take:
		return rows{plan.NewTake(in.node, b.rowCount(op.N), op.Sample), in.ordered, in.open}
	case *syntax.Count:
		return b.countOp(in, op)
	case *syntax.As:
		b.env = &env{up: b.env}
		node := b.inherit(plan.NewMaterialize(in.node), in.node)
		if in.open {
			b.open[node] = true
		}
		b.env.set(op.Name.Text, &entity{node: node})
		return rows{node, in.ordered, in.open}
	case *syntax.Join:
		return b.join(in, op)
	case *syntax.Union:
		return b.union(&in, op)
	case *syntax.MvExpand:
		return b.mvExpand(in, op)
	case *syntax.MvApply:
		return b.mvApply(in, op)
	case *syntax.ParseWith:
		return b.parse(in, op)
	case *syntax.ParseKV:
		return b.parseKV(in, op)
	case *syntax.MakeSeries:
		return b.makeSeries(in, op)
	case *syntax.Search:
		return b.search(&in, op)
	case *syntax.SampleDistinct:
		return b.sampleDistinct(in, op)
	case *syntax.Partition:
		return b.partition(in, op)
	case *syntax.Scan:
		return b.sequence(in, op)
	case *syntax.Fork:
		return b.fork(in, op)
	case *syntax.Facet:
		return b.facet(in, op)
	case *syntax.Reduce:
		return b.reduce(in, op)
	case *syntax.Consume:
		none := plan.NewFilter(in.node, konst(types.Bool, falseValue))
		return rows{node: plan.NewProject(none, nil, nil)}
	case *syntax.GetSchema:
		return b.getSchema(in, op)
	case *syntax.AssertSchema:
		return b.assertSchema(in, op)
	case *syntax.Evaluate:
		return b.evaluate(in, op)
	case *syntax.Render:
		return b.render(in, op, last)
	case *syntax.Invoke:
		return b.invoke(in, op)
	case *syntax.TopNested:
		return b.topNested(in, op)
	case *syntax.TopHitters:
		return b.topHitters(in, op)
	case *syntax.MakeGraph:
		return b.makeGraph(in, op)
	case *syntax.GraphMatch, *syntax.GraphToTable, *syntax.GraphMark, *syntax.GraphWhere:
		return b.graphOp(in, op)
	case *syntax.BadOp:
		return in
	case *syntax.Print, *syntax.Range, *syntax.Find, *syntax.MacroExpand:
		b.fail(errStatement("this operator starts a query and cannot follow \"|\""), op.Span())
	}
	b.fail(errUnsupported("this operator"), op.Span())
	return in
}

// rowCount binds the number of take, top and their like.
func (b *binder) rowCount(e syntax.Expr) plan.Expr {
	x := b.expr(e, noScope)
	if t := x.Type(); !t.Integer() && t != types.Dynamic && t != types.None {
		b.fail(errExpectedType("the number of rows", "long", t), e.Span())
	}
	return b.convert(x, types.Long, e.Span())
}

func (b *binder) sortKeys(keys []syntax.SortKey, sc *scope) []plan.SortKey {
	out := make([]plan.SortKey, 0, len(keys))
	for _, k := range keys {
		x := b.expr(k.Expr, sc)
		if x.Type() == types.Dynamic {
			b.fail(errDynamicKey(b.autoName(k.Expr)), k.Expr.Span())
		}
		s := plan.SortKey{Expr: x, Desc: !k.Asc, NullsFirst: k.Asc}
		if k.Nulls != "" {
			s.NullsFirst = k.Nulls == "first"
		}
		out = append(out, s)
	}
	return out
}

func (b *binder) countOp(in rows, op *syntax.Count) rows {
	name := "Count"
	if op.As != nil {
		name = op.As.Text
	}
	ref, _ := b.fns.Agg("count")
	agg := plan.AggCall{Ref: ref, Count: 1}
	agg.Spec.Out = types.Long
	return rows{node: plan.NewAggregate(in.node, []plan.Column{column(name, types.Long)}, nil, []plan.AggCall{agg})}
}

func (b *binder) distinct(in rows, op *syntax.Distinct) rows {
	if len(op.Items) == 1 {
		if _, ok := op.Items[0].(*syntax.Star); ok {
			for _, c := range in.node.Columns() {
				if c.Type == types.Dynamic && !in.open {
					b.fail(errDynamicKey(c.Name), op.At)
				}
			}
			return rows{node: plan.NewDistinct(in.node), open: in.open}
		}
	}
	p := b.grouping(in.scope(), op.Items)
	for i, c := range p.cols {
		if c.Type == types.Dynamic && !in.open && len(p.cols) == len(op.Items) {
			b.fail(errDynamicKey(c.Name), op.Items[i].Span())
		}
	}
	return rows{node: plan.NewDistinct(plan.NewProject(in.node, p.cols, p.exprs))}
}

func (b *binder) sampleDistinct(in rows, op *syntax.SampleDistinct) rows {
	if _, ok := op.Of.(*syntax.Ref); !ok && !in.open {
		b.fail(errStatement("sample-distinct takes a column"), op.Of.Span())
	}
	p := b.projection(in.scope(), []syntax.Expr{op.Of}, nil)
	if p.cols[0].Type == types.Dynamic && !in.open {
		b.fail(errDynamicKey(p.cols[0].Name), op.Of.Span())
	}
	d := plan.NewDistinct(plan.NewProject(in.node, p.cols, p.exprs))
	return rows{node: plan.NewTake(d, b.rowCount(op.N), false)}
}

func (b *binder) print(op *syntax.Print) rows {
	p := b.projection(noScope, op.Items, func(i int) string { return "print_" + itoa(i) })
	return rows{node: plan.NewProject(plan.OneRow(), p.cols, p.exprs)}
}

func (b *binder) rangeOp(op *syntax.Range) rows {
	from, to, step := b.expr(op.From, noScope), b.expr(op.To, noScope), b.expr(op.Step, noScope)
	t := from.Type()
	switch {
	case t.Numeric():
		t = types.Wider(types.Wider(t, to.Type()), step.Type())
		if !t.Numeric() {
			b.fail(errExpectedType("the end of the range", "a number", to.Type()), op.At)
		}
		from, to, step = b.convert(from, t, op.At), b.convert(to, t, op.At), b.convert(step, t, op.At)
	case t == types.DateTime && to.Type() == types.DateTime && step.Type() == types.TimeSpan,
		t == types.TimeSpan && to.Type() == types.TimeSpan && step.Type() == types.TimeSpan:
	case t == types.Dynamic || to.Type() == types.Dynamic:
		b.fail(errExpectedType("the start of a range", "a number, datetime or timespan", t), op.At)
	default:
		b.fail(errExpectedType("the start of a range", "a number, datetime or timespan", t), op.At)
	}
	if k, ok := step.(*plan.Const); ok && !k.Value.IsNull() && value.Equal(fn.Convert(k.Value, step.Type(), types.Real), value.Real(0)) {
		b.fail(errStatement("the step of a range must not be 0"), op.Step.Span())
	}
	return rows{node: plan.NewRange(column(op.Name.Text, t), from, to, step), ordered: true}
}

func (b *binder) datatable(e *syntax.Datatable) plan.Node {
	n := len(e.Columns)
	if n == 0 || len(e.Values)%n != 0 {
		b.fail(errDatatable(len(e.Values), n), e.At)
	}
	builders := make([]*vec.Builder, n)
	cols := make([]plan.Column, n)
	for i, c := range e.Columns {
		cols[i] = column(c.Name.Text, c.Type)
		builders[i] = vec.NewBuilder(c.Type, len(e.Values)/n)
		for _, o := range cols[:i] {
			if o.Name == c.Name.Text {
				b.fail(errDuplicate(o.Name), c.Name.At)
			}
		}
	}
	for i, v := range e.Values {
		c, ok := b.datum(v)
		if !ok {
			b.fail(errConstant("a value of a datatable"), v.Span())
		}
		t := cols[i%n].Type
		if c.T == types.String && t != types.String && t != types.Dynamic && t != types.DateTime && t != types.TimeSpan && t != types.GUID && !t.Numeric() && t != types.Bool {
			b.fail(errExpectedType("a value of column "+cols[i%n].Name, t.String(), c.T), v.Span())
		}
		conv := b.convert(c, t, v.Span()).(*plan.Const)
		builders[i%n].Append(conv.Value)
	}
	out := make([]*vec.Vec, n)
	for i := range out {
		out[i] = builders[i].Finish()
	}
	return plan.NewValues(cols, vec.NewBatch(out, len(e.Values)/n), "datatable")
}

// datum returns the constant of a literal, or of a let name for one.
func (b *binder) datum(e syntax.Expr) (*plan.Const, bool) {
	switch x := e.(type) {
	case *syntax.Literal:
		return konst(x.Type, x.Value), true
	case *syntax.Paren:
		return b.datum(x.X)
	case *syntax.Unary:
		if c, ok := b.datum(x.X); ok {
			k, ok := b.expr(&syntax.Unary{Op: x.Op, X: x.X}, noScope).(*plan.Const)
			_ = c
			return k, ok
		}
	case *syntax.Ref:
		if x.Text == "null" {
			return nil, false
		}
		k, ok := b.expr(x, noScope).(*plan.Const)
		return k, ok
	case *syntax.Call:
		k, ok := b.expr(x, noScope).(*plan.Const)
		return k, ok
	}
	return nil, false
}

func (b *binder) external(e *syntax.ExternalData) plan.Node {
	cols := make([]plan.Column, len(e.Columns))
	for i, c := range e.Columns {
		cols[i] = column(c.Name.Text, c.Type)
	}
	var where []string
	for _, l := range e.Locations {
		c, ok := b.expr(l, noScope).(*plan.Const)
		if !ok || c.T != types.String {
			b.fail(errConstant("the place of external data"), l.Span())
		}
		where = append(where, c.Value.Str())
	}
	return plan.NewExternal(cols, where, b.props(e.Props))
}

// props reads parameters as texts.
func (b *binder) props(ps []syntax.Prop) map[string]string {
	out := map[string]string{}
	for _, p := range ps {
		out[p.Name.Text] = b.propText(p.Value)
	}
	return out
}

func (b *binder) propText(e syntax.Expr) string {
	switch v := e.(type) {
	case *syntax.Ref:
		return v.Text
	case *syntax.Call:
		var s strings.Builder
		for i, a := range v.Args {
			if i > 0 {
				s.WriteString(",")
			}
			s.WriteString(b.propText(a))
		}
		return s.String()
	}
	if c, ok := b.expr(e, noScope).(*plan.Const); ok {
		return textOf(c)
	}
	b.fail(errConstant("a parameter"), e.Span())
	return ""
}

// kind checks a parameter against the words it may be.
func (b *binder) kind(ps []syntax.Prop, name, fallback string, words ...string) string {
	for _, p := range ps {
		if p.Name.Text != name {
			continue
		}
		got := b.propText(p.Value)
		if slices.Contains(words, got) {
			return got
		}
		b.fail(errKind(name, got, words), p.Value.Span())
	}
	return fallback
}

func prop(ps []syntax.Prop, names ...string) *syntax.Prop {
	for i := range ps {
		if slices.Contains(names, ps[i].Name.Text) {
			return &ps[i]
		}
	}
	return nil
}
