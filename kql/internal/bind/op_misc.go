package bind

import (
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// partition binds partition by.
func (b *binder) partition(in rows, op *syntax.Partition) rows {
	sc := in.scope()
	by := b.expr(op.By, sc)
	if by.Type() == types.Dynamic && !in.open {
		b.fail(errDynamicKey(b.autoName(op.By)), op.By.Span())
	}
	outer := plan.NewOuter(in.node.Columns())
	p := &plan.Partition{By: by, Outer: outer}
	var sub rows
	if op.Sub != nil {
		sub = b.sub(rows{node: outer, ordered: in.ordered, open: in.open}, op.Sub)
	} else {
		save := b.env
		b.env = &env{up: b.env}
		if r, ok := op.By.(*syntax.Ref); ok {
			b.env.set(r.Text, &entity{expr: &plan.Scalar{Table: plan.NewTake(plan.NewProject(outer, []plan.Column{{Name: r.Text, Type: by.Type()}}, []plan.Expr{by}), konst(types.Long, value.Long(1)), false), T: by.Type()}})
		}
		node := b.table(op.Query, noScope)
		sub = rows{node: node, open: b.open[node]}
		b.env = save
	}
	p.Sub = sub.node
	p.With(in.node, sub.node.Columns())
	return rows{node: p, open: sub.open}
}

func (b *binder) fork(in rows, op *syntax.Fork) rows {
	m := plan.NewMaterialize(in.node)
	out := &plan.Multi{}
	for i, arm := range op.Arms {
		sub := b.sub(rows{node: m, ordered: in.ordered, open: in.open}, arm.Sub)
		name := "GenericResult" + itoa(i)
		if arm.Name != nil {
			name = arm.Name.Text
		}
		out.Results = append(out.Results, plan.Result{Name: name, Node: sub.node})
		if sub.open {
			b.open[out] = true
		}
	}
	out.SetColumns(out.Results[0].Node.Columns())
	return rows{node: out}
}

func (b *binder) facet(in rows, op *syntax.Facet) rows {
	m := plan.NewMaterialize(in.node)
	out := &plan.Multi{}
	for _, by := range op.By {
		keys := b.projectionKeys(rows{node: m, open: in.open}.scope(), []syntax.Expr{by}, in.open)
		ref, _ := b.fns.Agg("count")
		name := "count_" + keys.cols[0].Name
		agg := plan.AggCall{Ref: ref, Count: 1}
		agg.Spec.Out = types.Long
		cols := append(append([]plan.Column{}, keys.cols...), column(name, types.Long))
		out.Results = append(out.Results, plan.Result{Name: keys.cols[0].Name, Node: plan.NewAggregate(m, cols, keys.exprs, []plan.AggCall{agg})})
	}
	if op.With != nil {
		sub := b.sub(rows{node: m, ordered: in.ordered, open: in.open}, op.With)
		out.Results = append(out.Results, plan.Result{Name: "Table", Node: sub.node})
	}
	out.SetColumns(out.Results[0].Node.Columns())
	return rows{node: out}
}

// getSchema binds getschema: a row per column or, with kind=csl, one text.
func (b *binder) getSchema(in rows, op *syntax.GetSchema) rows {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	for _, p := range op.Props {
		if r, ok := p.Value.(*syntax.Ref); ok && p.Name.Text == "kind" && r.Name.Text == "csl" {
			var all []string
			for _, c := range in.node.Columns() {
				name := c.Name
				if strings.Trim(name, letters) != "" {
					name = "['" + strings.ReplaceAll(name, "'", "\\'") + "']"
				}
				all = append(all, name+":"+c.Type.String())
			}
			text := vec.NewBuilder(types.String, 1)
			text.Append(value.String(strings.Join(all, ",")))
			n := plan.NewValues([]plan.Column{{Name: "Schema", Type: types.String}}, vec.NewBatch([]*vec.Vec{text.Finish()}, 1), "getschema")
			return rows{node: n, open: in.open}
		}
	}
	cols := []plan.Column{{Name: "ColumnName", Type: types.String}, {Name: "ColumnOrdinal", Type: types.Int}, {Name: "DataType", Type: types.String}, {Name: "ColumnType", Type: types.String}}
	var bs [4]*vec.Builder
	in2 := in.node.Columns()
	for i, c := range cols {
		bs[i] = vec.NewBuilder(c.Type, len(in2))
	}
	for i, c := range in2 {
		bs[0].Append(value.String(c.Name))
		bs[1].Append(value.Int(int32(i)))
		bs[2].Append(value.String(c.Type.CLRName()))
		bs[3].Append(value.String(c.Type.String()))
	}
	out := make([]*vec.Vec, 4)
	for i := range out {
		out[i] = bs[i].Finish()
	}
	n := plan.NewValues(cols, vec.NewBatch(out, len(in2)), "getschema")
	return rows{node: n, open: in.open}
}

func (b *binder) assertSchema(in rows, op *syntax.AssertSchema) rows {
	have := in.node.Columns()
	if !in.open {
		if len(have) != len(op.Columns) {
			b.fail(errAsserted("the table has "+itoa(len(have))+" columns, not "+itoa(len(op.Columns))), op.At)
		}
		for i, c := range op.Columns {
			if have[i].Name != c.Name.Text || have[i].Type != c.Type {
				b.fail(errAsserted("column "+itoa(i+1)+" is "+have[i].Name+":"+have[i].Type.String()+", not "+c.Name.Text+":"+c.Type.String()), c.Name.At)
			}
		}
	}
	return in
}

func (b *binder) reduce(in rows, op *syntax.Reduce) rows {
	sc := in.scope()
	n := &plan.Reduce{Threshold: 0.1}
	by := op.By
	if nd, ok := by.(*syntax.Named); ok {
		by = nd.Expr
	}
	n.By = b.expr(by, sc)
	if t := n.By.Type(); t != types.String && t != types.None {
		b.fail(errExpectedType("what reduce groups", "string", t), by.Span())
	}
	for _, p := range op.With {
		switch p.Name.Text {
		case "threshold":
			if c, ok := b.expr(p.Value, noScope).(*plan.Const); ok {
				n.Threshold = c.Value.Float()
			}
		case "characters":
			n.Chars = b.propText(p.Value)
		default:
			b.fail(errKind("parameter of reduce", p.Name.Text, []string{"threshold", "characters"}), p.Name.At)
		}
	}
	n.Source = b.kind(op.Props, "kind", "", "source") == "source"
	if n.Source {
		n.With(in.node, append(append([]plan.Column{}, in.node.Columns()...), column("Pattern", types.String)))
	} else {
		n.With(in.node, []plan.Column{{Name: "Pattern", Type: types.String}, {Name: "Count", Type: types.Long}, {Name: "Representative", Type: types.String}})
	}
	return rows{node: n}
}

func (b *binder) render(in rows, op *syntax.Render, last bool) rows {
	r := &plan.Render{Kind: op.Kind, Props: b.props(op.Props)}
	if m, ok := in.node.(*plan.Multi); ok {
		return rows{node: m}
	}
	return rows{plan.NewRendered(in.node, r), in.ordered, in.open}
}

// invoke binds invoke f(args): the input is f's first argument.
func (b *binder) invoke(in rows, op *syntax.Invoke) rows {
	name := op.Call.Name.Text
	ent := b.env.find(name)
	if ent == nil || ent.lambda == nil {
		l, ok := b.function(name)
		if !ok {
			if in.open {
				return in
			}
			b.fail(errFunction(name, syntax.Nearest(name, b.env.all())), op.Call.Name.At)
		}
		ent = &entity{lambda: l, stored: true}
	}
	const hidden = "$invoked"
	save := b.env
	b.env = &env{up: b.env}
	if in.open {
		b.open[in.node] = true
	}
	b.env.set(hidden, &entity{node: in.node, size: treeSize(in.node)})
	args := append([]syntax.Expr{&syntax.Ref{Name: syntax.Name{Text: hidden, At: op.At}}}, op.Call.Args...)
	x := b.expand(ent, name, args, op.At, noScope)
	b.env = save
	n, ok := x.(plan.Node)
	if !ok {
		b.fail(errTabular("the result of "+name+"()"), op.At)
	}
	return rows{node: n, open: b.open[n]}
}

func (b *binder) topHitters(in rows, op *syntax.TopHitters) rows {
	sc := in.scope()
	keys := b.projection(sc, []syntax.Expr{op.Of}, nil)
	name, aggName := "approximate_count_"+keys.cols[0].Name, "count"
	var args []plan.Expr
	out := types.Long
	if op.By != nil {
		x := b.expr(op.By, sc)
		if !x.Type().Numeric() {
			b.fail(errExpectedType("the weight of top-hitters", "a number", x.Type()), op.By.Span())
		}
		args = []plan.Expr{x}
		aggName, name = "sum", "approximate_sum_"+b.autoName(op.By)
		if x.Type() == types.Real {
			out = types.Real
		}
	}
	ref, _ := b.fns.Agg(aggName)
	agg := plan.AggCall{Ref: ref, Args: args, Count: 1, Spec: spec(args, out)}
	cols := append(append([]plan.Column{}, keys.cols...), column(name, out))
	node := plan.NewAggregate(in.node, cols, keys.exprs, []plan.AggCall{agg})
	key := plan.SortKey{Expr: &plan.Col{Index: 1, Name: name, T: out}, Desc: true}
	return rows{node: plan.NewSort(node, []plan.SortKey{key}, b.rowCount(op.N)), ordered: true}
}

// topNested binds top-nested: for each level a column of values and one of the
// aggregate, the levels from the outside in.
func (b *binder) topNested(in rows, op *syntax.TopNested) rows {
	n := &plan.TopNested{}
	var cols []plan.Column
	nm := newNamer()
	for _, l := range op.Levels {
		lv := plan.NestedLevel{Asc: l.Asc}
		if l.N != nil {
			lv.N = b.rowCount(l.N)
		}
		keys := b.projection(in.scope(), []syntax.Expr{l.Of}, nil)
		lv.Of = keys.exprs[0]
		if l.Others != nil {
			lv.Others = b.typed(l.Others, noScope, keys.cols[0].Type)
		}
		a := &aggScope{in: in.scope(), keys: &projected{}}
		sc := in.scope()
		sc.agg = a
		by, name := l.By, ""
		if nd, ok := by.(*syntax.Named); ok {
			by, name = nd.Expr, nd.Names[0].Text
		}
		ex := b.expr(by, sc)
		if len(a.aggs) == 0 {
			b.fail(errNotAggregate(), l.By.Span())
		}
		lv.Aggs, lv.By = a.aggs, ex
		kn := nm.unique(keys.cols[0].Name)
		if name == "" {
			name = "aggregated_" + kn
		}
		lv.OfCol, lv.ByCol = len(cols), len(cols)+1
		cols = append(cols, column(kn, keys.cols[0].Type), column(nm.unique(name), ex.Type()))
		n.Levels = append(n.Levels, lv)
	}
	n.With(in.node, cols)
	return rows{node: n}
}

// sequence binds the scan operator.
func (b *binder) sequence(in rows, op *syntax.Scan) rows {
	input := in.node.Columns()
	n := &plan.Sequence{MatchID: -1}
	for _, d := range op.Declare {
		b.checkName(d.Name)
		if findColumn(input, d.Name.Text) >= 0 || findColumn(n.Declared, d.Name.Text) >= 0 {
			b.fail(errDuplicate(d.Name.Text), d.Name.At)
		}
		n.Declared = append(n.Declared, column(d.Name.Text, d.Type))
		var def plan.Expr = konst(d.Type, value.Null)
		if d.Default != nil {
			def = b.typed(d.Default, noScope, d.Type)
		}
		n.Defaults = append(n.Defaults, def)
	}
	// The row that expressions read: input, declared (defaults or what was
	// assigned so far), then each step's state: declared, then input.
	row := append(append([]plan.Column{}, input...), n.Declared...)
	quals := map[string]qualifier{}
	state := append(append([]plan.Column{}, n.Declared...), input...)
	sc := newScope(row)
	sc.quals, sc.open = quals, in.open
	from := len(row)
	for _, s := range op.Steps {
		if _, twice := quals[s.Name.Text]; twice {
			b.fail(errStatement("two steps are named \""+s.Name.Text+"\""), s.Name.At)
		}
		// A step reads its own state and that of the steps before it.
		quals[s.Name.Text] = qualifier{cols: state, from: from}
		from += len(state)
		out := s.Output
		if out == "" {
			out = plan.OutputAll
		}
		st := plan.ScanStep{Name: s.Name.Text, Output: out, Assign: map[int]plan.Expr{}}
		st.Cond = b.boolean(s.Cond, sc)
		for _, a := range s.Assign {
			nd, ok := a.(*syntax.Named)
			if !ok {
				b.fail(errStatement("a step assigns with name = value"), a.Span())
			}
			k := findColumn(n.Declared, nd.Names[0].Text)
			if k < 0 {
				b.fail(errColumn(nd.Names[0].Text, syntax.Nearest(nd.Names[0].Text, names(n.Declared))), nd.At)
			}
			st.Assign[k] = b.typed(nd.Expr, sc, n.Declared[k].Type)
		}
		n.Steps = append(n.Steps, st)
	}
	inner := in.scope()
	for _, p := range op.Partition {
		n.Keys = append(n.Keys, b.expr(p, inner))
	}
	if op.OrderBy != nil {
		n.Order = b.sortKeys(op.OrderBy, inner)
	}
	cols := append(append([]plan.Column{}, input...), n.Declared...)
	if p := prop(op.Props, "with_match_id"); p != nil {
		n.MatchID = len(cols)
		cols = append(cols, column(b.propText(p.Value), types.Long))
	}
	n.With(in.node, cols)
	return rows{node: n, ordered: true, open: in.open}
}

// evaluate binds a plugin.
func (b *binder) evaluate(in rows, op *syntax.Evaluate) rows {
	name := op.Call.Name.Text
	p := b.fns.Plugin(name)
	if p == nil {
		var all []string
		for _, q := range b.fns.Plugins {
			all = append(all, q.Name)
		}
		if name == "series_decompose" || b.fns.Func(name) != nil {
			b.fail(errStatement(name+"() is a function, not a plugin"), op.Call.At)
		}
		b.fail(errFunction(name, syntax.Nearest(name, all)), op.Call.Name.At)
	}
	n := &plan.Evaluate{Plugin: p, Tables: map[int]plan.Node{}}
	sc := in.scope()
	for i, a := range op.Call.Args {
		if p.Lookup > 0 && i == p.Lookup {
			if arg, ok := b.lookupColumn(n, a); ok {
				n.Args, n.Exprs = append(n.Args, arg), append(n.Exprs, nil)
				continue
			}
		}
		n.Args = append(n.Args, b.pluginArg(n, i, a, sc))
	}
	n.Input = in.node
	if op.HasAs {
		if op.Open {
			gone := map[string]bool{} // the column that is unpacked, and those that are given anew
			if (name == "bag_unpack" || name == "pivot") && len(n.Args) > 0 && n.Args[0].Col >= 0 {
				gone[in.node.Columns()[n.Args[0].Col].Name] = true
			}
			for _, c := range op.Schema {
				gone[c.Name.Text] = true
			}
			for _, c := range in.node.Columns() {
				if !gone[c.Name] {
					n.Cast = append(n.Cast, c)
				}
			}
		}
		for _, c := range op.Schema {
			n.Cast = append(n.Cast, column(c.Name.Text, c.Type))
		}
		n.SetColumns(n.Cast)
		return rows{node: n}
	}
	if !p.Open && !in.open {
		cols, err := p.Schema(in.node.Columns(), n.Args)
		if err != nil {
			b.fail(errPlugin(err), op.At)
		}
		n.SetColumns(cols)
		return rows{node: n}
	}
	if b.opts.Eval == nil || b.failures > 0 {
		b.out.Open = true
		return rows{node: b.openNode(n), open: true}
	}
	if in.open { // nobody knows the columns that it would read
		return rows{node: b.openNode(plan.NewValues(in.node.Columns(), vec.NewBatch(emptyCols(in.node.Columns()), 0), "evaluate "+name)), open: true}
	}
	batch, cols, err := b.opts.Eval(n)
	if err != nil {
		b.fail(errPlugin(err), op.At)
	}
	node := plan.NewValues(cols, batch, "evaluate "+name)
	if batch.Rows > 0 {
		return rows{node: node}
	}
	// Without rows nobody knows which columns there would be: names that
	// follow stand for nulls.
	return rows{node: b.openNode(node), open: true}
}

func emptyCols(cols []plan.Column) []*vec.Vec {
	out := make([]*vec.Vec, len(cols))
	for i, c := range cols {
		out[i] = vec.New(c.Type, 0)
	}
	return out
}

// lookupColumn binds an argument that names a column of the lookup table.
func (b *binder) lookupColumn(n *plan.Evaluate, a syntax.Expr) (fn.PluginArg, bool) {
	r, ok := a.(*syntax.Ref)
	t := n.Tables[0]
	if !ok || t == nil {
		return fn.PluginArg{}, false
	}
	cols := t.Columns()
	i := findColumn(cols, r.Text)
	if i < 0 {
		b.fail(errColumn(r.Text, syntax.Nearest(r.Text, names(cols))), r.At)
	}
	return fn.PluginArg{Col: i, InTable: true, Text: r.Text, Type: cols[i].Type}, true
}

func (b *binder) pluginArg(n *plan.Evaluate, i int, a syntax.Expr, sc *scope) fn.PluginArg {
	arg := fn.PluginArg{Col: -1}
	if nd, ok := a.(*syntax.Named); ok {
		arg.Name, a = nd.Names[0].Text, nd.Expr
	}
	arg.Text = b.autoName(a)
	n.Exprs = append(n.Exprs, nil)
	if c, ok := a.(*syntax.Call); ok {
		if ref, isAgg := b.fns.Agg(c.Name.Text); isAgg && b.fns.Func(c.Name.Text) == nil {
			arg.Agg = ref.Agg
			arg.Text = c.Name.Text
			arg.Conditional = ref.Conditional
			for _, x := range c.Args {
				arg.AggArg = append(arg.AggArg, b.aggArg(x, sc))
			}
			return arg
		}
	}
	switch x := b.any(a, sc).(type) {
	case plan.Node:
		n.Tables[i] = x
		arg.Table = &fn.Input{Columns: x.Columns()}
	case *plan.Const:
		arg.Const, arg.Value, arg.Type = true, x.Value, x.T
		if r, ok := a.(*syntax.Ref); ok && x.T == types.None {
			arg.Text = r.Text
		}
	case *plan.Col:
		arg.Col, arg.Type = x.Index, x.T
		n.Exprs[i] = x
	case plan.Expr:
		arg.Type = x.Type()
		n.Exprs[i] = x
	}
	return arg
}

// aggArg binds an argument of an aggregate that is an argument of a plugin.
func (b *binder) aggArg(e syntax.Expr, sc *scope) fn.PluginArg {
	arg := fn.PluginArg{Col: -1, Text: b.autoName(e)}
	switch x := b.expr(e, sc).(type) {
	case *plan.Const:
		arg.Const, arg.Value, arg.Type = true, x.Value, x.T
	case *plan.Col:
		arg.Col, arg.Type = x.Index, x.T
	default:
		b.fail(errStatement("an aggregate in a plugin takes columns"), e.Span())
	}
	return arg
}
