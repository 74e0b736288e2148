package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// call binds a call: special forms first, then let functions, aggregates,
// scalar functions, stored functions.
func (b *binder) call(e *syntax.Call, sc *scope) any {
	name := e.Name.Text
	if e.On != nil {
		return b.remoteCall(e, sc)
	}
	if ent := b.env.find(name); ent != nil && ent.lambda != nil {
		if ent.lambda.Body != nil {
			if p, ok := ent.lambda.Body.Expr.(*syntax.PatternBody); ok {
				return b.patternCall(p.Pattern, e, "", sc)
			}
		}
		return b.expand(ent, name, e.Args, e.At, sc)
	}
	if sc.graph != nil {
		if x := b.graphCall(e, sc); x != nil {
			return x
		}
	}
	switch name {
	case "toscalar":
		return b.toScalar(e, sc)
	case "materialize":
		if len(e.Args) >= 1 {
			n := b.table(e.Args[0], sc)
			return b.inherit(plan.NewMaterialize(n), n)
		}
	case "table", "external_table", "materialized_view", "stored_query_result":
		return b.tableCall(e, sc)
	case "cluster", "database", "workspace", "app", "adx", "arg", "resource":
		return b.tableCall(e, sc)
	case "column_ifexists", "columnifexists":
		return b.columnIfExists(e, sc)
	case "pack_all":
		return b.packAll(e, sc)
	case "bag_pack_columns":
		return b.packColumns(e, sc)
	case "bin_auto":
		return b.binAuto(e, sc)
	case "iscolumnexists":
		return b.isColumn(e, sc)
	case "column_names_of":
		return b.columnNamesOf(e)
	case "view", "typeof":
	case "__graph":
	}
	if ref, ok := b.fns.Agg(name); ok && (sc.agg != nil || b.fns.Func(name) == nil) {
		if sc.agg == nil {
			b.fail(errAggregate(name), e.At)
		}
		return b.aggregate(ref, e, sc)
	}
	if f := b.fns.Func(name); f != nil {
		return b.scalarCall(f, e, sc)
	}
	if l, ok := b.function(name); ok {
		return b.expand(&entity{lambda: l, stored: true}, name, e.Args, e.At, sc)
	}
	var all []string
	for _, f := range b.fns.Funcs {
		all = append(all, f.Name)
	}
	for _, a := range b.fns.Aggs {
		all = append(all, a.Name)
	}
	b.fail(errFunction(name, syntax.Nearest(name, append(all, b.env.all()...))), e.Name.At)
	return nil
}

func (b *binder) scalarCall(f *fn.Func, e *syntax.Call, sc *scope) plan.Expr {
	name := e.Name.Text
	if f.Caveat != "" {
		b.warn(warnCaveat(name, f.Caveat), e.Name.At)
	}
	if f.Window && !sc.ordered {
		if sc.open {
			return konst(types.None, value.Null)
		}
		b.fail(errNotSerialized(name), e.At)
	}
	if f.Name == "ingestion_time" && b.opts.Window != nil { // a row arrives when it happens
		if at := b.timeOf(sc.cols); at != nil {
			return at
		}
	}
	args := make([]plan.Expr, 0, len(e.Args))
	wrong := false
	for _, a := range e.Args {
		if f.AllColumns && isStar(a) {
			for i := range sc.cols {
				args = append(args, sc.col(i))
			}
			continue
		}
		if !b.guard(func() { args = append(args, b.expr(a, sc)) }) {
			wrong = true
		}
	}
	if wrong {
		panic(bailout{})
	}
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	if (f.Name == "prev" || f.Name == "next") && len(args) > 0 && !sc.open {
		if _, ok := args[0].(*plan.Col); !ok {
			b.fail(errStatement(name+"() takes a column"), e.Args[0].Span())
		}
	}
	if f.Name == "bag_pack" {
		if len(args)%2 != 0 {
			b.fail(errStatement(name+"() takes pairs of a key and a value"), e.At)
		}
		for i := 0; i < len(args); i += 2 {
			if t := ts[i]; t != types.String && t != types.Dynamic && t != types.None {
				b.fail(errExpectedType("a key of "+name+"()", "string", t), e.Args[i].Span())
			}
		}
	}
	if f.Special || f.Name == "case" || f.Name == "iff" || f.Name == "coalesce" || f.Name == "max_of" || f.Name == "min_of" {
		if x := b.common(f, args, ts, e); x != nil {
			return x
		}
	}
	if t := literalType(e); t != types.None && f.TypeArg {
		args, ts = args[:len(args)-1], ts[:len(ts)-1]
		o, err := b.fns.Resolve(f, ts)
		if err != nil {
			b.fail(errArguments(err), e.At)
		}
		b.constants(name, o, args, e, sc)
		x := b.apply(f.Name, o, e.At, args...)
		if t == types.Dynamic && x.Type() == types.String {
			// As todynamic() does: a text is read as JSON.
			parse := b.fns.Func("parse_json")
			if o, err = b.fns.Resolve(parse, []types.Type{types.String}); err == nil {
				return b.apply(parse.Name, o, e.At, x)
			}
		}
		return b.convert(x, t, e.At)
	}
	o, err := b.fns.Resolve(f, ts)
	if err != nil {
		b.fail(errArguments(err), e.At)
	}
	b.constants(name, o, args, e, sc)
	if f.TypeOf != nil {
		consts := make([]value.Value, len(args))
		for i, a := range args {
			if c, ok := a.(*plan.Const); ok {
				consts[i] = c.Value
			}
		}
		if t := f.TypeOf(ts, consts); t != types.None {
			o.Out = t
		}
	}
	x := b.apply(f.Name, o, e.At, args...)
	if f.TypeOf == nil && f.Name == "datetime_diff" {
		if c, ok := args[0].(*plan.Const); ok && strings.EqualFold(c.Value.Str(), "week") {
			return b.convert(x, types.Real, e.At) // weeks alone come as a real
		}
	}
	return x
}

// constants refuses arguments that depend on a row where a parameter takes
// constants only.
func (b *binder) constants(name string, o fn.Overload, args []plan.Expr, e *syntax.Call, sc *scope) {
	for i, a := range args {
		if p := o.ConstOnly(i); p != "" && !sc.open && i < len(e.Args) {
			switch a.(type) {
			case *plan.Const, *plan.Scalar:
			default:
				b.fail(errConstant("argument "+strconv.Itoa(i+1)+" ("+p+") of "+name+"()"), e.Args[i].Span())
			}
		}
	}
}

// literalType returns the type in a last argument typeof(...).
func literalType(e *syntax.Call) types.Type {
	if n := len(e.Args); n > 0 {
		if t, ok := e.Args[n-1].(*syntax.TypeOf); ok {
			return t.Type
		}
	}
	return types.None
}

// common binds functions whose branches share a type.
func (b *binder) common(f *fn.Func, args []plan.Expr, ts []types.Type, e *syntax.Call) plan.Expr {
	var branch func(i int) bool
	switch f.Name {
	case "iff":
		if len(args) != 3 {
			return nil
		}
		branch = func(i int) bool { return i > 0 }
	case "case":
		if len(args) < 3 || len(args)%2 == 0 {
			b.fail(errStatement("case() takes pairs of a condition and a value, and a last value"), e.At)
		}
		branch = func(i int) bool { return i%2 == 1 || i == len(args)-1 }
	case "coalesce", "max_of", "min_of":
		return b.oneType(f, args, ts, e)
	default:
		return nil
	}
	// Branches of one type, or numbers, give that type; a dynamic among them
	// takes it on. Branches of several types give a dynamic.
	t := types.None
	for i := range args {
		if branch(i) && ts[i] != types.Dynamic && t != types.Dynamic {
			t = fn.Common([]types.Type{t, ts[i]})
		}
	}
	if t == types.None {
		for i := range args {
			if branch(i) && ts[i] == types.Dynamic {
				t = types.Dynamic
			}
		}
	}
	for i := range args {
		switch {
		case !branch(i):
			switch ts[i] {
			case types.Bool, types.None:
			default:
				b.fail(errExpectedType("a condition", "bool", ts[i]), e.Args[i].Span())
			}
		case t != types.None:
			args[i] = b.convert(args[i], t, e.At)
		}
	}
	return b.resolved(f, t, args, e)
}

// resolved resolves a function whose arguments were brought to one type.
func (b *binder) resolved(f *fn.Func, t types.Type, args []plan.Expr, e *syntax.Call) plan.Expr {
	conv := make([]types.Type, len(args))
	for i, a := range args {
		conv[i] = a.Type()
	}
	o, err := b.fns.Resolve(f, conv)
	if err != nil {
		b.fail(errArguments(err), e.At)
	}
	o.Out = t
	return b.apply(f.Name, o, e.At, args...)
}

// oneType binds coalesce(), max_of() and min_of(): two arguments or more of
// one type, where all numbers count as one.
func (b *binder) oneType(f *fn.Func, args []plan.Expr, ts []types.Type, e *syntax.Call) plan.Expr {
	if len(args) < 2 || len(args) > 64 {
		b.fail(errStatement(f.Name+"() takes 2 to 64 arguments"), e.At)
	}
	t := types.None
	for i, x := range ts {
		switch {
		case t == types.None:
			t = x
		case x != types.None && x != t:
			w := types.Wider(t, x)
			if w == types.None {
				b.fail(errNoCommonType(f.Name, t, x), e.Args[i].Span())
			}
			t = w
		}
	}
	if f.Name != "coalesce" && (t == types.Dynamic || t == types.GUID) {
		b.fail(errExpectedType("an argument of "+f.Name+"()", "number, timespan, datetime, string or bool", t), e.At)
	}
	for i := range args {
		args[i] = b.convert(args[i], t, e.At)
	}
	return b.resolved(f, t, args, e)
}

// toScalar binds toscalar(table or value).
func (b *binder) toScalar(e *syntax.Call, sc *scope) plan.Expr {
	if len(e.Args) == 0 {
		b.fail(errTabular("the argument of toscalar()"), e.At)
	}
	inner := *noScope
	switch x := b.any(e.Args[0], &inner).(type) {
	case plan.Node:
		cols := x.Columns()
		if len(cols) == 0 {
			if b.open[x] {
				return konst(types.None, value.Null)
			}
			b.fail(errTabular("the argument of toscalar()"), e.At)
		}
		return &plan.Scalar{Table: x, T: cols[0].Type}
	case plan.Expr:
		random := false
		plan.Walk(x, func(x plan.Expr) {
			c, is := x.(*plan.Call)
			random = random || is && (c.Name == "rand" || c.Name == "new_guid")
		})
		if !random {
			return x
		}
		// Computed once for the query, not for each row.
		one := plan.NewProject(plan.OneRow(), []plan.Column{{Name: "x", Type: x.Type()}}, []plan.Expr{x})
		return &plan.Scalar{Table: one, T: x.Type()}
	}
	return nil
}

// table binds an expression that must be a table.
func (b *binder) table(e syntax.Expr, sc *scope) plan.Node {
	inner := noScope
	switch x := b.any(e, inner).(type) {
	case plan.Node:
		b.oneTable(x, e.Span())
		return x
	default:
		b.fail(errTabular("this expression"), e.Span())
		return nil
	}
}

// oneTable refuses what gives several tables where one is needed.
func (b *binder) oneTable(n plan.Node, at diag.Span) {
	if _, several := n.(*plan.Multi); several {
		b.fail(errStatement("what gives several tables (fork, facet) can stand at the end of a statement only"), at)
	}
}

// tableCall binds table("T") and the calls that name another database, whose
// tables are taken from this catalog.
func (b *binder) tableCall(e *syntax.Call, sc *scope) any {
	switch e.Name.Text {
	case "cluster", "database", "workspace", "app", "adx", "arg", "resource":
		return b.openNode(&plan.Values{Label: e.Name.Text})
	}
	if len(e.Args) == 0 {
		b.fail(errStatement(e.Name.Text+"() takes the name of a table"), e.At)
	}
	c, ok := b.expr(e.Args[0], sc).(*plan.Const)
	if !ok || c.T != types.String {
		b.fail(errConstant("the name of the table"), e.Args[0].Span())
	}
	name := c.Value.Str()
	if strings.Contains(name, "*") {
		return b.wildTables(&syntax.Ref{Name: syntax.Name{Text: name, At: e.At, Wild: true}})
	}
	if ent := b.env.find(name); ent != nil && ent.node != nil {
		b.use(ent, e.At)
		return ent.node
	}
	if n := b.scan(name); n != nil {
		return n
	}
	b.fail(errTable(name, syntax.Nearest(name, b.cat.Names())), e.At)
	return nil
}

// remoteTable binds database("x").T and cluster("c").database("d").T.
func (b *binder) remoteTable(e *syntax.Member) any {
	if !isRemote(e.X, b.env) {
		return nil
	}
	if e.Name.Wild {
		return b.wildTables(&syntax.Ref{Name: e.Name})
	}
	if n := b.scan(e.Name.Text); n != nil {
		return n
	}
	if l, ok := b.function(e.Name.Text); ok && required(l) == 0 {
		return b.expand(&entity{lambda: l, stored: true}, e.Name.Text, nil, e.At, noScope)
	}
	b.fail(errTable(e.Name.Text, syntax.Nearest(e.Name.Text, b.cat.Names())), e.Name.At)
	return nil
}

func isRemote(e syntax.Expr, env *env) bool {
	switch x := e.(type) {
	case *syntax.Call:
		if ent := env.find(x.Name.Text); ent != nil && ent.lambda != nil {
			return false
		}
		switch x.Name.Text {
		case "cluster", "database", "workspace", "app", "adx", "arg", "resource":
			return x.On == nil || isRemote(x.On, env)
		}
	case *syntax.Ref:
		ent := env.find(x.Text)
		return ent != nil && ent.expr == nil && ent.node == nil && ent.lambda == nil && ent.group == nil
	}
	return false
}

func (b *binder) remoteCall(e *syntax.Call, sc *scope) any {
	if !isRemote(e.On, b.env) {
		b.fail(errFunction(e.Name.Text, ""), e.Name.At)
	}
	switch e.Name.Text {
	case "database":
		return b.openNode(&plan.Values{Label: "database"})
	}
	c := *e
	c.On = nil
	return b.call(&c, sc)
}

// columnIfExists binds column_ifexists("name", default).
func (b *binder) columnIfExists(e *syntax.Call, sc *scope) plan.Expr {
	if len(e.Args) != 2 {
		b.fail(errStatement("column_ifexists() takes a column's name and a default"), e.At)
	}
	name := ""
	if r, ok := e.Args[0].(*syntax.Ref); ok && b.env.find(r.Text) == nil {
		name = r.Text
	} else if c, ok := b.expr(e.Args[0], sc).(*plan.Const); ok && c.T == types.String {
		name = c.Value.Str()
	} else {
		b.fail(errConstant("the name of the column"), e.Args[0].Span())
	}
	if i := sc.find(name); i >= 0 {
		if sc.agg != nil {
			return b.keyRef(&syntax.Ref{Name: syntax.Name{Text: name, At: e.At}})
		}
		return sc.col(i)
	}
	return b.expr(e.Args[1], sc)
}

// packAll binds pack_all() to bag_pack of all columns.
func (b *binder) packAll(e *syntax.Call, sc *scope) plan.Expr {
	skip := false
	if len(e.Args) > 1 {
		b.fail(errStatement("pack_all() takes one argument at most"), e.At)
	}
	if len(e.Args) == 1 {
		c, ok := b.expr(e.Args[0], sc).(*plan.Const)
		if !ok {
			b.fail(errConstant("the argument of pack_all()"), e.At)
		}
		skip = c.Value.IsTrue()
	}
	var args []plan.Expr
	for i, c := range sc.cols {
		args = append(args, konst(types.String, value.String(c.Name)), sc.col(i))
	}
	return &plan.Call{Name: "pack_all", Eval: fn.PackAll(skip), Args: args, T: types.Dynamic}
}

// expand binds a call of a user function by binding its body with the
// parameters bound to the arguments.
func (b *binder) expand(ent *entity, name string, args []syntax.Expr, at diag.Span, sc *scope) any {
	if b.depth++; b.depth > maxCalls {
		b.fail(errRecursion(name), at)
	}
	defer func() { b.depth-- }()
	l := ent.lambda
	if len(l.Params) == 1 && l.Params[0].Tabular && len(args) == 0 && !l.View {
		b.fail(errStatement(name+"() takes a table"), at)
	}
	bound := make([]*entity, len(l.Params))
	pos, outOfOrder := 0, false
	for _, a := range args {
		i := pos
		if n, ok := a.(*syntax.Named); ok && len(n.Names) == 1 {
			i = -1
			for k, p := range l.Params {
				if p.Name.Text == n.Names[0].Text {
					i = k
				}
			}
			if i < 0 {
				b.fail(errStatement("function "+name+"() has no parameter "+n.Names[0].Text), n.At)
			}
			a = n.Expr
			if i == pos {
				pos++
			} else {
				outOfOrder = true
			}
		} else {
			if outOfOrder {
				b.fail(errStatement("arguments of "+name+"() after a named one out of order must be named, too"), a.Span())
			}
			pos++
		}
		if i >= len(l.Params) {
			b.fail(errStatement("function "+name+"() takes fewer arguments"), at)
		}
		bound[i] = b.argument(name, l.Params[i], a, sc)
	}
	for i, p := range l.Params {
		if bound[i] == nil {
			if p.Default == nil {
				b.fail(errStatement("function "+name+"() needs the argument "+p.Name.Text), at)
			}
			before := b.nodes
			x := b.defaultOf(p)
			bound[i] = &entity{expr: x, size: sizeOf(x, b.nodes-before)}
		}
	}
	up := ent.env
	saveSite := b.site
	if ent.stored {
		// The body of a stored function reads the names where it is called.
		up = &env{up: b.env, free: true}
		if b.active == nil {
			b.active = map[string]int{}
		}
		b.active[name]++
		defer func() { b.active[name]-- }()
		if b.site == nil {
			b.site = &at
		}
	}
	defer func() { b.site = saveSite }()
	b.checkBody(l, up, bound, sc)
	return b.body(l, up, bound, sc)
}

// checkBody binds the body of a function that takes tables over the columns
// that its parameters declare: it cannot read others, though they are passed on
// (https://learn.microsoft.com/kusto/query/let-statement).
func (b *binder) checkBody(l *syntax.Lambda, up *env, args []*entity, sc *scope) {
	if b.checked[l] || !slices.ContainsFunc(l.Params, func(p syntax.Param) bool { return p.Tabular }) {
		return
	}
	if b.checked == nil {
		b.checked = map[*syntax.Lambda]bool{}
	}
	b.checked[l] = true
	only := slices.Clone(args)
	for i, p := range l.Params {
		if !p.Tabular || b.open[args[i].node] || isGraph(args[i].node) {
			continue
		}
		var cols []plan.Column
		for _, c := range p.Columns {
			cols = append(cols, column(c.Name.Text, c.Type))
		}
		only[i] = &entity{node: plan.NewValues(cols, vec.NewBatch(emptyCols(cols), 0), p.Name.Text)}
	}
	eval, open := b.opts.Eval, b.out.Open
	b.opts.Eval = nil
	defer func() { b.opts.Eval, b.out.Open = eval, open }()
	b.body(l, up, only, sc)
}

// argument binds one argument of a user function.
func (b *binder) argument(name string, p syntax.Param, a syntax.Expr, sc *scope) *entity {
	before := b.nodes
	if p.Tabular {
		n := b.table(a, sc)
		for _, c := range p.Columns {
			i := findColumn(n.Columns(), c.Name.Text)
			if (i < 0 || n.Columns()[i].Type != c.Type) && !b.open[n] {
				b.fail(errLacks(c.Name.Text, c.Type, name), a.Span())
			}
		}
		return &entity{node: n, size: sizeOf(n, b.nodes-before)}
	}
	x := b.any(a, sc)
	ex, ok := x.(plan.Expr)
	if !ok {
		b.fail(errScalar(), a.Span())
	}
	ex = b.convert(ex, p.Type, a.Span())
	return &entity{expr: ex, scope: sc.rows(), size: sizeOf(ex, b.nodes-before)}
}

func findColumn(cols []plan.Column, name string) int {
	for i, c := range cols {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// body binds the statements of a function and returns its value.
func (b *binder) body(l *syntax.Lambda, up *env, args []*entity, sc *scope) any {
	save := b.env
	defer func() { b.env = save }()
	b.env = &env{up: up}
	for i, a := range args {
		b.env.set(l.Params[i].Name.Text, a)
	}
	declared := map[string]bool{}
	for _, s := range l.Body.Stmts {
		switch s := s.(type) {
		case *syntax.Let:
			if declared[s.Name.Text] {
				b.fail(errDeclared(s.Name.Text), s.Name.At)
			}
			declared[s.Name.Text] = true
			b.letIn(s, sc)
		case *syntax.Declare:
			for _, p := range s.Params {
				b.declare(p)
			}
		}
	}
	if l.Body.Expr == nil {
		b.fail(errStatement("the function has no value"), l.Body.At)
	}
	return b.any(l.Body.Expr, bodyScope(sc))
}

// bodyScope hides the caller's columns from a function's body; the rows that
// its arguments read stay the same.
func bodyScope(sc *scope) *scope {
	if sc.none && sc.row == nil {
		return noScope
	}
	return sc.hidden()
}

// hidden returns the scope that shares rows with s but shows no column.
func (s *scope) hidden() *scope { return &scope{none: true, row: s.rows(), ordered: s.ordered} }

// letIn binds a let inside a function.
func (b *binder) letIn(s *syntax.Let, sc *scope) {
	if l, ok := s.Value.(*syntax.Lambda); ok {
		up := b.env
		b.env = &env{up: up}
		b.env.set(s.Name.Text, &entity{lambda: l, env: up})
		return
	}
	before := b.nodes
	x := b.any(s.Value, bodyScope(sc))
	b.env = &env{up: b.env}
	switch x := x.(type) {
	case plan.Node:
		b.env.set(s.Name.Text, &entity{node: x, size: sizeOf(x, b.nodes-before)})
	case plan.Expr:
		b.env.set(s.Name.Text, &entity{expr: x, scope: sc.rows(), size: sizeOf(x, b.nodes-before)})
	}
}

// patternCall binds pattern(args).path.
func (b *binder) patternCall(p *syntax.Pattern, c *syntax.Call, path string, sc *scope) any {
	var args []value.Value
	for _, a := range c.Args {
		k, ok := b.expr(a, sc).(*plan.Const)
		if !ok {
			b.fail(errConstant("an argument of a pattern"), a.Span())
		}
		args = append(args, k.Value)
	}
	return b.patternCase(p, args, path, c.At)
}

func (b *binder) patternCase(p *syntax.Pattern, args []value.Value, path string, at diag.Span) any {
	for _, c := range p.Cases {
		match := len(c.Args) == len(args) && (c.Path == nil && path == "" || c.Path != nil && c.Path.Value.Str() == path)
		for i := 0; match && i < len(args); i++ {
			match = value.Equal(c.Args[i].Value, args[i])
		}
		if match && c.Body.Expr != nil {
			return b.body(&syntax.Lambda{Body: c.Body}, b.env, nil, noScope)
		}
	}
	var asked []string
	for _, a := range args {
		asked = append(asked, "'"+value.Text(a, false)+"'")
	}
	call := p.Name.Text + "(" + strings.Join(asked, ", ") + ")"
	if path != "" {
		call += ".['" + path + "']"
	}
	b.fail(errPattern(call), at)
	return nil
}

// columnNamesOf binds column_names_of(table) to the array of its columns' names.
func (b *binder) columnNamesOf(e *syntax.Call) plan.Expr {
	if len(e.Args) != 1 {
		b.fail(errStatement("column_names_of() takes a table"), e.At)
	}
	return konst(types.Dynamic, value.Strings(names(b.table(e.Args[0], noScope).Columns())))
}
