// Package bind gives the names of a query their meaning: columns, tables, let
// variables and functions, with KQL's types, overloads, implicit conversions
// and automatic column names. Its product is a logical plan.
//
// It computes nothing but constants. Start with Bind.
package bind

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Catalog knows the tables and stored functions that a query may name.
type Catalog interface {
	// Table returns a table's columns.
	Table(name string) ([]plan.Column, bool)
	// Names lists all tables, for wildcards and suggestions.
	Names() []string
	// Function returns a stored function.
	Function(name string) (*syntax.Lambda, bool)
}

// Options steer Bind.
type Options struct {
	// Params are the values of declared query parameters, as literal texts.
	Params map[string]string
	// Eval computes a table while binding, for plugins whose columns depend
	// on the data. Where it is nil such columns stay unknown: names behind
	// them are not checked and the plan cannot run (Query.Open).
	Eval func(plan.Node) (*vec.Batch, []plan.Column, error)
	// Window, where not nil, restricts every table of the catalog that has its
	// column to a range of time, and is when rows were ingested.
	Window *Window
}

// Window is a range of time: From is in it, To is not. Both are ticks.
type Window struct {
	Column   string
	From, To int64
}

// Query is a bound query.
type Query struct {
	Results []plan.Result
	// Open says that columns depend on data: bind again with Options.Eval.
	Open bool
	// Tables are those of the catalog that the query reads, each once.
	Tables []string
	// Settings are the query's set statements.
	Settings map[string]value.Value
}

// Bind binds a parsed query. Where the list holds errors the query is nil.
func Bind(q *syntax.Query, cat Catalog, opts Options) (*Query, diag.List) {
	b := &binder{
		fns: fn.Builtin(), cat: cat, opts: opts, env: &env{},
		ctx: fn.NewCtx(0, 1), open: map[plan.Node]bool{}, out: &Query{Settings: map[string]value.Value{}},
	}
	b.ctx.MaxBuilt = fn.MaxFolded
	for i, s := range q.Stmts {
		before := len(b.out.Results)
		b.guard(func() { b.statement(s) })
		if len(b.exports) > 0 {
			// Tables with names are for the statements behind, if there are any.
			if i < len(q.Stmts)-1 {
				b.out.Results = b.out.Results[:before]
			}
			b.env = &env{up: b.env}
			for _, x := range b.exports {
				b.env.set(x.Name, &entity{node: x.Node, size: treeSize(x.Node)})
			}
			b.exports = nil
		}
	}
	b.errs.Sort()
	if b.errs.HasErrors() {
		return nil, b.errs
	}
	if len(b.out.Results) == 0 {
		b.errs.Add(errNoResult())
		return nil, b.errs
	}
	return b.out, b.errs
}

type binder struct {
	fns  *fn.Table
	cat  Catalog
	opts Options
	errs diag.List
	env  *env
	ctx  *fn.Ctx
	out  *Query
	open map[plan.Node]bool
	// exports are tables that a statement names for those behind it.
	exports []plan.Result
	// site is the place of the call being expanded, where diagnostics of a
	// stored function's body belong.
	site *diag.Span
	// failures counts what was reported, repetitions too.
	failures int
	depth    int
	nodes    int
	// active counts the stored functions that are being expanded, by name.
	active map[string]int
	// declared are the names of the let statements so far.
	declared map[string]bool
	// checked are the functions whose bodies were bound over the columns that
	// their parameters declare.
	checked map[*syntax.Lambda]bool
}

// bailout unwinds to the statement.
type bailout struct{}

func (b *binder) guard(f func()) (ok bool) {
	env, depth, site := b.env, b.depth, b.site
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(bailout); !is {
				panic(r)
			}
			b.env, b.depth, b.site = env, depth, site
			ok = false
		}
	}()
	f()
	return true
}

// report adds a diagnostic; fail also gives up on the statement.
func (b *binder) report(d diag.Diagnostic, at diag.Span) {
	b.failures++
	b.add(d, at)
}

// warn adds a diagnostic that stops nothing.
func (b *binder) warn(d diag.Diagnostic, at diag.Span) {
	d.Severity = diag.Warning
	b.add(d, at)
}

func (b *binder) add(d diag.Diagnostic, at diag.Span) {
	d.Span = at
	if b.site != nil {
		d.Span = *b.site
	}
	for _, e := range b.errs {
		if e.Span == d.Span && e.Code == d.Code {
			return
		}
	}
	b.errs.Add(d)
}

func (b *binder) fail(d diag.Diagnostic, at diag.Span) {
	b.report(d, at)
	panic(bailout{})
}

// maxNodes bounds the size of a plan with all functions expanded, maxCalls how
// deeply functions call one another.
const (
	maxNodes = 200_000
	maxCalls = 48
)

func (b *binder) count(at diag.Span) {
	if b.nodes++; b.nodes > maxNodes {
		b.fail(errTooLarge(), at)
	}
}

// use counts what a name stands for: each place that names it has it once more.
func (b *binder) use(ent *entity, at diag.Span) {
	if b.nodes += ent.size; b.nodes > maxNodes {
		b.fail(errTooLarge(), at)
	}
}

// sizeOf is the size of what a let name stands for, which took n parts to bind:
// constants and what is computed once count little.
func sizeOf(x any, n int) int {
	switch x.(type) {
	case *plan.Const, *plan.Values, *plan.Materialize, *plan.Scan:
		return 0
	}
	return n
}

// treeSize counts the operators of a plan that is bound already, those that
// several others read once for each; it ends beyond maxNodes.
func treeSize(n plan.Node) int {
	count := 0
	var walk func(plan.Node)
	walk = func(n plan.Node) {
		if count++; count > maxNodes {
			return
		}
		if _, once := n.(*plan.Materialize); once {
			return
		}
		for _, in := range n.Inputs() {
			walk(in)
		}
	}
	walk(n)
	return count
}

// entity is what a let name stands for.
type entity struct {
	size   int       // of expr or node, as maxNodes counts
	expr   plan.Expr // scalar
	scope  *scope    // where expr may be used, if it reads columns
	node   plan.Node // table
	lambda *syntax.Lambda
	env    *env // of the lambda
	stored bool
	group  []database // of databases
	remote *database  // one of them, inside macro-expand
}

// env is a chain of let names.
type env struct {
	up    *env
	names map[string]*entity
	// only, where not nil, names the tables and stored functions that
	// statements under it may read.
	only map[string]bool
	free bool // of a stored function, which may read everything
}

// allows tells whether a table or stored function may be read.
func (e *env) allows(name string) bool {
	for ; e != nil; e = e.up {
		if e.free {
			return true
		}
		if e.only != nil {
			return e.only[name]
		}
	}
	return true
}

func (e *env) find(name string) *entity {
	for ; e != nil; e = e.up {
		if x := e.names[name]; x != nil {
			return x
		}
	}
	return nil
}

func (e *env) set(name string, x *entity) {
	if e.names == nil {
		e.names = map[string]*entity{}
	}
	e.names[name] = x
}

func (e *env) all() []string {
	var out []string
	for ; e != nil; e = e.up {
		for n := range e.names {
			out = append(out, n)
		}
	}
	return out
}

func (b *binder) statement(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.Let:
		b.let(s)
	case *syntax.Set:
		var v = value.Bool(true)
		if s.Value != nil {
			v = b.setting(s.Value)
		}
		b.out.Settings[s.Name.Text] = v
	case *syntax.Declare:
		for _, p := range s.Params {
			b.declare(p)
		}
	case *syntax.Alias:
		b.env.set(s.Name.Text, &entity{})
	case *syntax.Pattern:
		b.env.set(s.Name.Text, &entity{lambda: patternLambda(s), env: b.env})
	case *syntax.Restrict:
		b.restrictTo(s)
	case *syntax.Do:
		b.result(s.Expr)
	}
}

func (b *binder) setting(e syntax.Expr) value.Value {
	if r, ok := e.(*syntax.Ref); ok {
		return value.String(r.Text)
	}
	if c, ok := b.expr(e, noScope).(*plan.Const); ok {
		return c.Value
	}
	b.fail(errConstant("a set statement"), e.Span())
	return value.Null
}

func (b *binder) let(s *syntax.Let) {
	b.checkName(s.Name)
	if b.declared == nil {
		b.declared = map[string]bool{}
	}
	if b.declared[s.Name.Text] {
		b.report(errDeclared(s.Name.Text), s.Name.At)
	}
	b.declared[s.Name.Text] = true
	if l, ok := s.Value.(*syntax.Lambda); ok {
		b.checkParams(l)
		b.env = &env{up: b.env}
		b.env.set(s.Name.Text, &entity{lambda: l, env: b.env.up})
		if l.View && len(l.Params) == 0 {
			if node := b.view(l); node != nil {
				b.env.set(s.Name.Text, &entity{lambda: l, env: b.env.up, node: node})
			}
		}
		return
	}
	if g, ok := s.Value.(*syntax.EntityGroup); ok {
		b.env = &env{up: b.env}
		b.env.set(s.Name.Text, &entity{group: b.databases(g)})
		return
	}
	var x any
	before := b.nodes
	if !b.guard(func() { x = b.any(s.Value, noScope) }) {
		// What follows may use the name: let it stand for anything.
		b.env = &env{up: b.env}
		b.env.set(s.Name.Text, &entity{expr: &plan.Const{T: types.None}, node: b.openNode(&plan.Values{Batch: vec.NewBatch(nil, 0)})})
		return
	}
	b.env = &env{up: b.env}
	switch x := x.(type) {
	case plan.Node:
		b.env.set(s.Name.Text, &entity{node: x, size: sizeOf(x, b.nodes-before)})
	case plan.Expr:
		b.env.set(s.Name.Text, &entity{expr: x, size: sizeOf(x, b.nodes-before)})
	}
}

// view binds the body of a view for use in unions with wildcards.
func (b *binder) view(l *syntax.Lambda) plan.Node {
	var n plan.Node
	b.guard(func() { n, _ = b.body(l, b.env.up, nil, noScope).(plan.Node) })
	return n
}

func (b *binder) openNode(n plan.Node) plan.Node {
	b.open[n] = true
	return n
}

func (b *binder) declare(p syntax.Param) {
	// What follows may use the name, whatever is wrong with it.
	x := plan.Expr(&plan.Const{T: types.None})
	defer func() {
		b.env = &env{up: b.env}
		b.env.set(p.Name.Text, &entity{expr: x})
	}()
	switch text, given := b.opts.Params[p.Name.Text]; {
	case given:
		x = b.paramValue(p, text)
	case p.Default != nil:
		b.guard(func() { x = b.defaultOf(p) })
	default:
		b.report(errParameter(p.Name.Text), p.Name.At)
	}
}

// defaultOf binds the default of a parameter, a literal of its type.
func (b *binder) defaultOf(p syntax.Param) plan.Expr {
	if !isLiteral(p.Default) {
		b.fail(errLiteral("the default of "+p.Name.Text), p.Default.Span())
	}
	x := b.expr(p.Default, noScope)
	if t := x.Type(); !passes(t, p.Type) {
		b.fail(errExpectedType("the default of "+p.Name.Text, p.Type.String(), t), p.Default.Span())
	}
	return b.convert(x, p.Type, p.Default.Span())
}

func isLiteral(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Call, *syntax.Ref, *syntax.Member, *syntax.Pipe:
		return false
	case *syntax.Paren:
		return isLiteral(e.X)
	case *syntax.Unary:
		return isLiteral(e.X)
	case *syntax.Binary:
		return isLiteral(e.L) && isLiteral(e.R)
	}
	return true
}

// checkParams checks what a function's declaration says of its parameters.
func (b *binder) checkParams(l *syntax.Lambda) {
	scalar := false
	for _, p := range l.Params {
		switch {
		case p.Tabular && scalar:
			b.report(errStatement("tables come first among the parameters of a function"), p.Name.At)
		case !p.Tabular && p.Default != nil:
			b.guard(func() { b.defaultOf(p) })
		}
		scalar = scalar || !p.Tabular
	}
}

// passes tells whether a default of one type may stand for a parameter of
// another.
func passes(t, want types.Type) bool {
	return t == want || t == types.None || t.Numeric() && want.Numeric()
}

// paramValue reads the text of a query parameter: a literal, or a bare string.
func (b *binder) paramValue(p syntax.Param, text string) plan.Expr {
	q, errs := syntax.Parse("print " + text)
	if !errs.HasErrors() && len(q.Stmts) == 1 {
		if d, ok := q.Stmts[0].(*syntax.Do); ok {
			if pipe, ok := d.Expr.(*syntax.Pipe); ok && len(pipe.Ops) == 1 {
				if pr, ok := pipe.Ops[0].(*syntax.Print); ok && len(pr.Items) == 1 {
					if lit, ok := pr.Items[0].(*syntax.Literal); ok {
						return b.convert(&plan.Const{Value: lit.Value, T: lit.Type}, p.Type, p.Name.At)
					}
				}
			}
		}
	}
	return &plan.Const{Value: fn.Convert(value.String(text), types.String, p.Type), T: p.Type}
}

// restrictTo hides from the statements behind it all tables, stored functions
// and let names of tables, functions and patterns that it does not list. What
// was bound before reads what it read. A wildcard of its own means let names,
// one behind database() the database's
// (https://learn.microsoft.com/kusto/query/restrict-statement).
func (b *binder) restrictTo(s *syntax.Restrict) {
	only, lets := map[string]bool{}, map[string]*entity{}
	scalars := map[string]*entity{}
	for e := b.env; e != nil; e = e.up {
		for n, x := range e.names {
			switch {
			case scalars[n] != nil || lets[n] != nil:
			case x.node == nil && x.lambda == nil:
				scalars[n] = x
			default:
				lets[n] = x
			}
		}
	}
	seen := &env{only: only, names: scalars}
	stored := func(pattern string) {
		for _, n := range b.cat.Names() {
			if syntax.MatchWild(pattern, n) && b.env.allows(n) {
				only[n] = true
			}
		}
	}
	for _, e := range s.To {
		switch r := e.(type) {
		case *syntax.Ref:
			found := false
			for n, x := range lets {
				if n == r.Text || r.Wild && syntax.MatchWild(r.Text, n) {
					seen.set(n, x)
					found = true
				}
			}
			if found || r.Wild && r.Text == "*" {
				continue
			}
			if r.Wild {
				stored(r.Text)
			} else if b.env.allows(r.Text) {
				only[r.Text] = true
			}
			continue
		case *syntax.Member:
			if isRemote(r.X, b.env) {
				if r.Name.Wild {
					stored(r.Name.Text)
				} else if b.env.allows(r.Name.Text) {
					only[r.Name.Text] = true
				}
				continue
			}
		}
		b.fail(errRestrict(), e.Span())
	}
	b.env = seen
}

// result binds a statement that gives a result.
func (b *binder) result(e syntax.Expr) {
	var render *plan.Render
	x := b.any(e, noScope)
	node, ok := x.(plan.Node)
	if !ok {
		// A bare scalar gives a table of one cell.
		ex := x.(plan.Expr)
		node = plan.NewProject(plan.OneRow(), []plan.Column{{Name: "print_0", Type: colType(ex)}}, []plan.Expr{ex})
	}
	b.noGraph(node, e.Span())
	if b.open[node] {
		b.out.Open = true
	}
	if multi, ok := node.(*plan.Multi); ok {
		b.out.Results = append(b.out.Results, multi.Results...)
		return
	}
	if r, ok := node.(*plan.Rendered); ok {
		render, node = r.Render, r.Input
	}
	if n, ok := b.out.Settings["query_take_max_records"]; ok && n.Numeric() {
		node = b.inherit(plan.NewTake(node, konst(types.Long, value.Long(n.Int64())), false), node)
	}
	b.out.Results = append(b.out.Results, plan.Result{Name: "PrimaryResult", Node: node, Render: render})
}

func colType(e plan.Expr) types.Type {
	if e.Type() == types.None {
		return types.Dynamic
	}
	return e.Type()
}

func patternLambda(p *syntax.Pattern) *syntax.Lambda {
	return &syntax.Lambda{Params: p.Params, Body: &syntax.Body{Expr: &syntax.PatternBody{Pattern: p}}}
}
