package bind

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// scope is the row in which an expression is evaluated.
type scope struct {
	cols []plan.Column
	// alias maps a name to column numbers of a qualifier ($left, $right, a
	// graph's element, a scan step): x in qual.x.
	quals map[string]qualifier
	open  bool // further columns exist whose names are not known
	// ordered says that the rows are serialized: window functions may be used.
	ordered bool
	agg     *aggScope // collecting aggregates, nil outside of summarize
	none    bool      // no row at all
	node    plan.Node // the table, where it is known
	row     *scope    // where the columns are hidden: the scope whose rows these are
	// outer are the columns that a join's other side has, for messages only.
	index map[string]int
	graph *graphScope // over the match of a graph's pattern
	// inside is the number of the first column of what is known of a node
	// inside of a path, 0 elsewhere.
	inside int
	along  bool // over the parts of a path
}

type qualifier struct {
	cols []plan.Column
	from int // number of the first of them in the row
}

var noScope = &scope{none: true}

// rows identifies the rows that an expression in this scope reads.
func (s *scope) rows() *scope {
	if s.row != nil {
		return s.row
	}
	return s
}

func newScope(cols []plan.Column) *scope { return &scope{cols: cols} }

func (s *scope) find(name string) int {
	if len(s.cols) < 16 {
		for i, c := range s.cols {
			if c.Name == name {
				return i
			}
		}
		return -1
	}
	if s.index == nil {
		s.index = make(map[string]int, len(s.cols))
		for i, v := range slices.Backward(s.cols) {
			s.index[v.Name] = i
		}
	}
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

func (s *scope) col(i int) plan.Expr {
	return &plan.Col{Index: i, Name: s.cols[i].Name, T: s.cols[i].Type}
}

func names(cols []plan.Column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.Name
	}
	return out
}

func konst(t types.Type, v value.Value) *plan.Const { return &plan.Const{Value: v, T: t} }

// expr binds a scalar expression.
func (b *binder) expr(e syntax.Expr, sc *scope) plan.Expr {
	switch x := b.any(e, sc).(type) {
	case plan.Expr:
		return x
	default:
		b.fail(errScalar(), e.Span())
		return nil
	}
}

// typed binds a scalar and converts it to a type.
func (b *binder) typed(e syntax.Expr, sc *scope, t types.Type) plan.Expr {
	return b.convert(b.expr(e, sc), t, e.Span())
}

// boolean binds a predicate.
func (b *binder) boolean(e syntax.Expr, sc *scope) plan.Expr {
	x := b.expr(e, sc)
	switch x.Type() {
	case types.Bool, types.None:
		return x
	default: // no condition
	}
	b.fail(errExpectedType("a condition", "bool", x.Type()), e.Span())
	return nil
}

// convert converts where the types differ and Kusto would.
func (b *binder) convert(x plan.Expr, t types.Type, at diag.Span) plan.Expr {
	if x.Type() == t || t == types.None || x.Type() == types.None && t == types.Dynamic {
		return x
	}
	if c, ok := x.(*plan.Const); ok && c.T == types.None {
		return konst(t, value.Null)
	}
	return b.fold(&plan.Cast{X: x, T: t})
}

// fold computes an expression whose parts are constant.
func (b *binder) fold(x plan.Expr) plan.Expr {
	switch e := x.(type) {
	case *plan.Cast:
		if c, ok := e.X.(*plan.Const); ok {
			if e.T == types.Dynamic && c.T == types.String {
				return konst(types.Dynamic, c.Value)
			}
			return konst(e.T, fn.Convert(c.Value, c.T, e.T))
		}
	case *plan.Call:
		if e.Volatile || e.Window || len(e.Args) == 0 {
			return x
		}
		for _, a := range e.Args {
			if c, ok := a.(*plan.Const); !ok || c.T == types.None {
				return x
			}
		}
		v, err := plan.EvalConst(b.ctx, e)
		if err == nil {
			return konst(e.T, v)
		}
	}
	return x
}

// any binds an expression that may be a table.
func (b *binder) any(e syntax.Expr, sc *scope) any {
	b.count(e.Span())
	switch e := e.(type) {
	case *syntax.Literal:
		return konst(e.Type, e.Value)
	case *syntax.Ref:
		return b.ref(e, sc)
	case *syntax.Paren:
		return b.any(e.X, sc)
	case *syntax.Call:
		return b.call(e, sc)
	case *syntax.Unary:
		x := b.expr(e.X, sc)
		o, ok := fn.Unary(e.Op, x.Type())
		if !ok {
			b.fail(errOperand(e.Op, x.Type()), e.At)
		}
		return b.apply(e.Op, o, e.At, x)
	case *syntax.Binary:
		return b.binary(e, sc)
	case *syntax.In:
		return b.in(e, sc)
	case *syntax.Between:
		return b.between(e, sc)
	case *syntax.Member:
		return b.member(e, sc)
	case *syntax.Index:
		return b.indexed(e, sc)
	case *syntax.Pipe:
		return b.pipe(e, sc)
	case *syntax.Datatable:
		return b.datatable(e)
	case *syntax.ExternalData:
		return b.external(e)
	case *syntax.TypeOf:
		return konst(types.String, value.String(e.Type.String()))
	case *syntax.Named:
		return b.any(e.Expr, sc)
	case *syntax.Star:
		b.fail(errStatement("\"*\" cannot be used here"), e.At)
	}
	b.fail(errStatement("an expression cannot be of this form"), e.Span())
	return nil
}

// apply makes a call of an overload, converting the arguments.
func (b *binder) apply(name string, o fn.Overload, at diag.Span, args ...plan.Expr) plan.Expr {
	for i, a := range args {
		if i < len(o.To) && o.To[i] != types.None {
			args[i] = b.convert(a, o.To[i], at)
		}
	}
	c := &plan.Call{Name: name, Eval: o.Eval, Args: args, T: o.Out}
	if o.Func != nil {
		c.Window, c.Volatile, c.SQL = o.Func.Window, o.Func.Volatile || stable(o.Func.Name), o.Func.SQL
	}
	return b.fold(c)
}

// stable are functions that are fixed for a run but not for a plan.
func stable(name string) bool {
	switch name {
	case "now", "ago", "ingestion_time", "current_principal", "current_database", "extent_id", "rand", "new_guid":
		return true
	}
	return false
}

func (b *binder) ref(e *syntax.Ref, sc *scope) any {
	name := e.Text
	if e.Wild {
		return b.wildTables(e)
	}
	if !sc.none && reservedRef(name) && e.At.End-e.At.Start == len(name) && sc.find(name) >= 0 {
		b.fail(errReserved(name), e.At)
	}
	if sc.graph != nil && !sc.along {
		if i, ok := sc.graph.byN[name]; ok {
			return b.graphWhole(sc.graph, i)
		}
	}
	if !sc.none {
		if sc.agg != nil {
			if i := sc.find(name); i >= 0 {
				return b.keyRef(e)
			}
		} else if i := sc.find(name); i >= 0 {
			return sc.col(i)
		}
	}
	if ent := b.env.find(name); ent != nil {
		b.use(ent, e.At)
		switch {
		case ent.node != nil && ent.expr == nil:
			return ent.node
		case ent.expr != nil && (ent.node == nil || !sc.none):
			if ent.scope != nil && ent.scope != sc.rows() && readsColumns(ent.expr) {
				b.fail(errRowScope(name), e.At)
			}
			return ent.expr
		case ent.node != nil:
			return ent.node
		case ent.lambda != nil && len(ent.lambda.Params) == 0:
			return b.expand(ent, name, nil, e.At, sc)
		}
	}
	if sc.open {
		return konst(types.None, value.Null)
	}
	if x := b.variant(name, sc); x != nil {
		return x
	}
	// A stored function goes before a table of its name, except in itself.
	if l, ok := b.function(name); ok && required(l) == 0 && b.active[name] == 0 {
		return b.expand(&entity{lambda: l, env: nil, stored: true}, name, nil, e.At, sc)
	}
	if n := b.scan(name); n != nil {
		return n
	}
	if sc.none {
		b.fail(errTable(name, syntax.Nearest(name, append(b.env.all(), b.cat.Names()...))), e.At)
	}
	b.fail(errName(name, syntax.Nearest(name, append(names(sc.cols), b.env.all()...))), e.At)
	return nil
}

// variant finds a column that a union split by type (Name_string, Name_long)
// under its bare name: the first of them. Only a single value can be meant
// where rows are at hand.
func (b *binder) variant(name string, sc *scope) plan.Expr {
	if sc.none || sc.agg != nil || !fromWild(sc.node) {
		return nil
	}
	for i, c := range sc.cols {
		if c.Name == name+"_"+c.Type.String() {
			return sc.col(i)
		}
	}
	return nil
}

// fromWild tells whether rows come from a union over wildcards.
func fromWild(n plan.Node) bool {
	for n != nil {
		if u, ok := n.(*plan.Union); ok {
			return u.Wild
		}
		in := n.Inputs()
		if len(in) != 1 {
			return false
		}
		n = in[0]
	}
	return false
}

func required(l *syntax.Lambda) int {
	n := 0
	for _, p := range l.Params {
		if p.Default == nil {
			n++
		}
	}
	return n
}

func readsColumns(e plan.Expr) bool {
	reads := false
	plan.Walk(e, func(x plan.Expr) {
		if _, ok := x.(*plan.Col); ok {
			reads = true
		}
	})
	return reads
}

// function returns a stored function that may be called.
func (b *binder) function(name string) (*syntax.Lambda, bool) {
	if !b.env.allows(name) {
		return nil, false
	}
	return b.cat.Function(name)
}

// scan returns the reading of a table of the catalog, nil where there is none.
func (b *binder) scan(name string) plan.Node {
	if !b.env.allows(name) {
		return nil
	}
	cols, ok := b.cat.Table(name)
	if !ok {
		return nil
	}
	if !slices.Contains(b.out.Tables, name) {
		b.out.Tables = append(b.out.Tables, name)
	}
	return b.within(plan.NewScan(name, cols))
}

// within restricts a table to the window of the query.
func (b *binder) within(n plan.Node) plan.Node {
	w := b.opts.Window
	if w == nil {
		return n
	}
	at := b.timeOf(n.Columns())
	if at == nil {
		return n
	}
	after := b.operate(">=", at, konst(types.DateTime, value.DateTime(w.From)), diag.Span{})
	before := b.operate("<", at, konst(types.DateTime, value.DateTime(w.To)), diag.Span{})
	return plan.NewFilter(n, b.operate("and", after, before, diag.Span{}))
}

// timeOf returns the window's column among others, nil where it is not there.
func (b *binder) timeOf(cols []plan.Column) plan.Expr {
	for i, c := range cols {
		if c.Name == b.opts.Window.Column && c.Type == types.DateTime {
			return &plan.Col{Index: i, Name: c.Name, T: c.Type}
		}
	}
	return nil
}

// flatten returns the operands of a chain of one operator (and, or), so that
// a chain of thousands needs no deep recursion.
func flatten(e syntax.Expr, op string) []syntax.Expr {
	var rev []syntax.Expr
	for {
		bin, ok := e.(*syntax.Binary)
		if !ok || bin.Op != op {
			break
		}
		rev = append(rev, bin.R)
		e = bin.L
	}
	out := []syntax.Expr{e}
	for _, r := range slices.Backward(rev) {
		out = append(out, r)
	}
	return out
}

func (b *binder) binary(e *syntax.Binary, sc *scope) plan.Expr {
	if s, ok := e.L.(*syntax.Star); ok {
		return b.anyColumn(e, s, sc)
	}
	parts := flatten(e, e.Op)
	if e.Op == "and" || e.Op == "or" {
		return b.connective(e, parts, sc)
	}
	x := b.expr(parts[0], sc)
	for i, p := range parts[1:] {
		y := b.expr(p, sc)
		at := e.At
		if i < len(parts)-2 {
			at = p.Span()
		}
		x = b.operate(e.Op, x, y, at)
	}
	return x
}

// connective binds a chain of and or or; what is wrong in one of its parts
// does not hide what is wrong in another.
func (b *binder) connective(e *syntax.Binary, parts []syntax.Expr, sc *scope) plan.Expr {
	var x plan.Expr
	wrong := false
	for i, p := range parts {
		var y plan.Expr
		if !b.guard(func() { y = b.expr(p, sc) }) {
			wrong = true
		}
		if wrong {
			continue
		}
		if i == 0 {
			x = y
			continue
		}
		at := e.At
		if i < len(parts)-1 {
			at = p.Span()
		}
		x = b.operate(e.Op, x, y, at)
	}
	if wrong {
		panic(bailout{})
	}
	return x
}

func (b *binder) operate(op string, x, y plan.Expr, at diag.Span) plan.Expr {
	if op == ":" {
		op = "has"
		if x.Type() != types.String && x.Type() != types.Dynamic {
			op = "=="
		}
	}
	lt, rt := x.Type(), y.Type()
	if refusesDynamic(op, lt, rt) {
		b.fail(errOperands(op, lt, rt), at)
	}
	// A text beside a datetime, guid ... is read as one where ==.
	if op == "==" || op == "!=" {
		x, y = b.unify(x, y)
		lt, rt = x.Type(), y.Type()
	}
	o, ok := fn.Binary(op, lt, rt)
	if !ok {
		b.fail(errOperands(op, lt, rt), at)
	}
	return b.apply(op, o, at, x, y)
}

// refusesDynamic tells where the engine refuses two dynamics.
func refusesDynamic(op string, l, r types.Type) bool {
	if l != types.Dynamic || r != types.Dynamic {
		return false
	}
	switch op {
	case "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// unify reads the text of two operands as the type of the other.
func (b *binder) unify(x, y plan.Expr) (plan.Expr, plan.Expr) {
	lt, rt := x.Type(), y.Type()
	if lt == rt || lt == types.Dynamic || rt == types.Dynamic || lt == types.None || rt == types.None {
		return x, y
	}
	switch {
	case rt == types.String:
		return x, b.convert(y, lt, diag.Span{})
	case lt == types.String:
		return b.convert(x, rt, diag.Span{}), y
	}
	return x, y
}

func (b *binder) between(e *syntax.Between, sc *scope) plan.Expr {
	before := b.nodes
	x, lo, hi := b.expr(e.X, sc), b.expr(e.Lo, sc), b.expr(e.Hi, sc)
	b.use(&entity{size: b.nodes - before}, e.At) // they stand there twice
	for _, y := range []plan.Expr{lo, hi} {
		if x.Type() == types.Bool || y.Type() == types.Bool {
			b.fail(errOperands("between", x.Type(), y.Type()), e.At)
		}
	}
	if x.Type() == types.DateTime && lo.Type() == types.DateTime && hi.Type() == types.TimeSpan {
		hi = b.operate("+", lo, hi, e.At)
	}
	if !e.Not {
		return b.operate("and", b.operate(">=", x, lo, e.At), b.operate("<=", x, hi, e.At), e.At)
	}
	return b.operate("or", b.operate("<", x, lo, e.At), b.operate(">", x, hi, e.At), e.At)
}

// in binds x in (...), has_any and has_all.
func (b *binder) in(e *syntax.In, sc *scope) plan.Expr {
	if _, ok := e.X.(*syntax.Star); ok {
		return b.anyColumnIn(e, sc)
	}
	x := b.expr(e.X, sc)
	return b.inList(e, x, sc)
}

func (b *binder) inList(e *syntax.In, x plan.Expr, sc *scope) plan.Expr {
	op := e.Op
	if op == "in~" || op == "!in~" {
		if t := x.Type(); t != types.String && t != types.Dynamic && t != types.None {
			b.fail(errOperands(op, t, types.String), e.At)
		}
	}
	if op == "has_any" || op == "has_all" {
		if !fnTextual(x.Type()) {
			b.fail(errOperands(op, x.Type(), types.String), e.At)
		}
		x = b.convert(x, types.String, e.X.Span())
	}
	var items []plan.Expr
	for _, l := range e.List {
		switch y := b.any(l, sc).(type) {
		case plan.Node:
			if len(e.List) != 1 {
				b.fail(errScalar(), l.Span())
			}
			return &plan.InTable{Op: op, X: x, Table: y}
		case plan.Expr:
			items = append(items, y)
		}
	}
	if op == "has_any" || op == "has_all" {
		return b.hasList(op, x, items, e.At)
	}
	fold, want := strings.HasSuffix(op, "~"), !strings.HasPrefix(op, "!")
	keys := map[string]struct{}{}
	constant := true
	var t = x.Type()
	for i, it := range items {
		if c, ok := it.(*plan.Const); ok {
			b.addMember(keys, t, c, fold)
			continue
		}
		constant = false
		_ = i
	}
	if constant {
		return b.fold(&plan.Call{Name: op, Eval: fn.Membership(keys, fold, want), Args: append([]plan.Expr{x}, constArgs(items)...), T: types.Bool})
	}
	return b.fold(&plan.Call{Name: op, Eval: fn.MemberOf(fold, want), Args: append([]plan.Expr{x}, items...), T: types.Bool})
}

func constArgs(items []plan.Expr) []plan.Expr {
	if len(items) > plan.MaxListed { // kept for Explain and pushdown only
		return items[:plan.MaxListed:plan.MaxListed]
	}
	return items
}

// addMember adds a constant, or the elements of a constant array, to a set.
func (b *binder) addMember(keys map[string]struct{}, t types.Type, c *plan.Const, fold bool) {
	add := func(v value.Value, from types.Type) {
		if key, ok := fn.ListKey(t, from, v, fold); ok {
			keys[key] = struct{}{}
		}
	}
	if c.T == types.Dynamic && c.Value.Kind() == value.KindArray {
		for _, v := range c.Value.Items() {
			add(v, types.Dynamic)
		}
		return
	}
	add(c.Value, c.T)
}

func fnTextual(t types.Type) bool {
	return t == types.String || t == types.Dynamic || t == types.None
}

// hasList binds has_any and has_all over a list of texts and arrays.
func (b *binder) hasList(op string, x plan.Expr, items []plan.Expr, at diag.Span) plan.Expr {
	needles, constant := []string{}, true
	for _, it := range items {
		c, ok := it.(*plan.Const)
		if !ok {
			constant = false
			break
		}
		if c.T == types.Dynamic && c.Value.Kind() == value.KindArray {
			for _, v := range c.Value.Items() {
				needles = append(needles, value.Text(v, true))
			}
			continue
		}
		needles = append(needles, value.Text(c.Value, c.T == types.Dynamic))
	}
	if constant {
		return b.fold(&plan.Call{Name: op, Eval: fn.HasConst(needles, op == "has_all"), Args: append([]plan.Expr{x}, constArgs(items)...), T: types.Bool})
	}
	return &plan.Call{Name: op, Eval: fn.HasList(op == "has_all"), Args: append([]plan.Expr{x}, items...), T: types.Bool}
}

func (b *binder) member(e *syntax.Member, sc *scope) any {
	if r, ok := e.X.(*syntax.Ref); ok && !r.Wild {
		if sc.graph != nil && !sc.along {
			if i, ok := sc.graph.byN[r.Text]; ok && sc.graph.match.Elements[i].Variable {
				return b.graphMember(sc.graph, i, e.Name)
			}
		}
		if q, ok := sc.quals[r.Text]; ok {
			for i, c := range q.cols {
				if c.Name == e.Name.Text {
					return sc.colOr(q, i)
				}
			}
			b.fail(errColumn(e.Name.Text, syntax.Nearest(e.Name.Text, names(q.cols))), e.Name.At)
		}
	}
	if x := b.databaseProperty(e); x != nil {
		return x
	}
	if t := b.remoteTable(e); t != nil {
		return t
	}
	if c, ok := e.X.(*syntax.Call); ok {
		if ent := b.env.find(c.Name.Text); ent != nil && ent.lambda != nil && ent.lambda.Body != nil {
			if p, ok := ent.lambda.Body.Expr.(*syntax.PatternBody); ok {
				return b.patternCall(p.Pattern, c, e.Name.Text, sc)
			}
		}
	}
	x := b.expr(e.X, sc)
	return b.path(x, e.Name.Text, e.At)
}

func (s *scope) colOr(q qualifier, i int) plan.Expr {
	return &plan.Col{Index: q.from + i, Name: q.cols[i].Name, T: q.cols[i].Type}
}

func (b *binder) path(x plan.Expr, key string, at diag.Span) plan.Expr {
	if x.Type() != types.Dynamic && x.Type() != types.None {
		b.fail(errExpectedType("what stands before \"."+key+"\"", "dynamic", x.Type()), at)
	}
	x = b.convert(x, types.Dynamic, at)
	return b.fold(&plan.Call{Name: "." + key, Eval: fn.Member(key), Args: []plan.Expr{x}, T: types.Dynamic})
}

func (b *binder) indexed(e *syntax.Index, sc *scope) plan.Expr {
	x := b.expr(e.X, sc)
	if x.Type() != types.Dynamic && x.Type() != types.None {
		b.fail(errExpectedType("what stands before \"[\"", "dynamic", x.Type()), e.At)
	}
	i := b.expr(e.I, sc)
	if c, ok := i.(*plan.Const); ok && c.T == types.String {
		return b.path(x, c.Value.Str(), e.At)
	}
	switch i.Type() {
	case types.Real, types.Decimal, types.DateTime, types.TimeSpan, types.GUID:
		b.fail(errExpectedType("what stands in \"[]\"", "int, long or string", i.Type()), e.At)
	default:
	}
	return b.fold(&plan.Call{Name: "[]", Eval: fn.Element, Args: []plan.Expr{x, i}, T: types.Dynamic})
}

// anyColumn binds "* has x": true where any column meets it.
func (b *binder) anyColumn(e *syntax.Binary, s *syntax.Star, sc *scope) plan.Expr {
	if sc.none {
		b.fail(errStatement("\"*\" cannot be used here"), s.At)
	}
	y := b.expr(e.R, sc)
	return b.overColumns(sc, func(col plan.Expr) plan.Expr {
		if col.Type() != types.String && fnTextual(y.Type()) && e.Op != "==" && e.Op != "!=" {
			col = b.convert(col, types.String, e.At)
		}
		o, ok := fn.Binary(e.Op, col.Type(), y.Type())
		if !ok {
			return nil
		}
		return b.apply(e.Op, o, e.At, col, y)
	})
}

func (b *binder) anyColumnIn(e *syntax.In, sc *scope) plan.Expr {
	return b.overColumns(sc, func(col plan.Expr) plan.Expr {
		if strings.HasPrefix(e.Op, "has_") {
			col = b.convert(col, types.String, e.At)
		}
		return b.inList(e, col, sc)
	})
}

// overColumns joins a test of each column with or.
func (b *binder) overColumns(sc *scope, test func(plan.Expr) plan.Expr) plan.Expr {
	var x plan.Expr = konst(types.Bool, value.Bool(false))
	for i := range sc.cols {
		t := test(sc.col(i))
		if t == nil {
			continue
		}
		if c, ok := x.(*plan.Const); ok && !c.Value.IsTrue() {
			x = t
			continue
		}
		o, _ := fn.Binary("or", types.Bool, types.Bool)
		x = b.apply("or", o, diag.Span{}, x, t)
	}
	return x
}
