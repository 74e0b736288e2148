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

// searchPred binds the predicate of search over the columns of one table. A
// name that the table lacks makes its comparison false.
func (b *binder) searchPred(e syntax.Expr, sc *scope, cs bool) plan.Expr {
	switch x := e.(type) {
	case *syntax.Paren:
		return b.searchPred(x.X, sc, cs)
	case *syntax.Star:
		return konst(types.Bool, value.Bool(true))
	case *syntax.Literal:
		return b.searchTerm(x, sc, cs)
	case *syntax.Binary:
		if x.Op == "and" || x.Op == "or" {
			parts := flatten(x, x.Op)
			out := b.searchPred(parts[0], sc, cs)
			for _, p := range parts[1:] {
				out = b.operate(x.Op, out, b.searchPred(p, sc, cs), x.At)
			}
			return out
		}
		if x.Op == ":" {
			return b.searchColumn(x, sc, cs)
		}
	case *syntax.Call:
		if x.Name.Text == "not" && len(x.Args) == 1 {
			f := b.fns.Func("not")
			arg := b.searchPred(x.Args[0], sc, cs)
			o, _ := b.fns.Resolve(f, []types.Type{types.Bool})
			return b.apply("not", o, x.At, arg)
		}
	}
	if b.lacks(e, sc) {
		return konst(types.Bool, falseValue)
	}
	return b.boolean(e, sc)
}

// lacks tells whether e names a column that the table does not have.
func (b *binder) lacks(e syntax.Expr, sc *scope) bool {
	missing := false
	var visit func(syntax.Expr)
	visit = func(e syntax.Expr) {
		switch x := e.(type) {
		case *syntax.Ref:
			if !x.Wild && sc.find(x.Text) < 0 && b.env.find(x.Text) == nil {
				missing = true
			}
		case *syntax.Paren:
			visit(x.X)
		case *syntax.Binary:
			visit(x.L)
			visit(x.R)
		case *syntax.Unary:
			visit(x.X)
		case *syntax.Member:
			visit(x.X)
		case *syntax.Index:
			visit(x.X)
		case *syntax.In:
			visit(x.X)
		case *syntax.Between:
			visit(x.X)
		case *syntax.Call:
			for _, a := range x.Args {
				visit(a)
			}
		}
	}
	visit(e)
	return missing
}

// termOp turns a search text with * at its ends into an operator and needle.
func termOp(s string, cs bool) (op, needle string) {
	front, back := strings.HasPrefix(s, "*"), strings.HasSuffix(s, "*") && len(s) > 1
	needle = strings.TrimSuffix(strings.TrimPrefix(s, "*"), "*")
	switch {
	case s == "*" || needle == "":
		return "contains", ""
	case strings.Contains(needle, "*"):
		op, needle = "matches regex", wildRegex(needle, front, back, cs)
		return op, needle
	case front && back:
		op = "contains"
	case front:
		op = "hassuffix"
	case back:
		op = "hasprefix"
	default:
		op = "has"
	}
	if cs {
		op += "_cs"
	}
	return op, needle
}

func wildRegex(s string, front, back, cs bool) string {
	var b strings.Builder
	if !cs {
		b.WriteString("(?i)")
	}
	if !front {
		b.WriteString(`(^|[^\p{L}\p{N}])`)
	}
	for i, p := range strings.Split(s, "*") {
		if i > 0 {
			b.WriteString(`.*`)
		}
		b.WriteString(quoteMeta(p))
	}
	if !back {
		b.WriteString(`($|[^\p{L}\p{N}])`)
	}
	return b.String()
}

func quoteMeta(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// searchTerm looks for a constant in all columns: as a term of texts.
func (b *binder) searchTerm(l *syntax.Literal, sc *scope, cs bool) plan.Expr {
	op, needle := termOp(value.Text(l.Value, false), cs)
	return b.overColumns(sc, func(col plan.Expr) plan.Expr {
		if strings.HasPrefix(col.(*plan.Col).Name, "$") || col.Type() == types.Real || col.Type() == types.Decimal {
			return nil // reals are not indexed as terms
		}
		return b.term(op, col, needle)
	})
}

func (b *binder) term(op string, col plan.Expr, needle string) plan.Expr {
	o, _ := fn.Binary(op, types.String, types.String)
	at := syntax.Name{}.At
	return b.apply(op, o, at, b.convert(col, types.String, at), konst(types.String, value.String(needle)))
}

// searchColumn binds name:text, perhaps with wildcards in the name.
func (b *binder) searchColumn(e *syntax.Binary, sc *scope, cs bool) plan.Expr {
	c, ok := b.expr(e.R, noScope).(*plan.Const)
	if !ok {
		b.fail(errConstant("what is searched"), e.R.Span())
	}
	op, needle := termOp(value.Text(c.Value, false), cs)
	pattern := "*"
	if r, ok := e.L.(*syntax.Ref); ok {
		pattern = r.Text
	} else if !isStar(e.L) {
		return b.term(op, b.expr(e.L, sc), needle)
	}
	return b.overColumns(sc, func(col plan.Expr) plan.Expr {
		if !syntax.MatchWild(pattern, col.(*plan.Col).Name) {
			return nil
		}
		return b.term(op, col, needle)
	})
}

// search binds search over its input or over tables.
func (b *binder) search(in *rows, op *syntax.Search) rows {
	kind := b.kind(op.Props, "kind", "case_insensitive", "case_insensitive", "case_sensitive", "default")
	cs := kind == "case_sensitive"
	var legs []leg
	piped := in != nil
	switch {
	case piped:
		name := "search_arg0"
		if s, ok := in.node.(*plan.Scan); ok {
			name = s.Table
		}
		legs = []leg{{name, in.node}}
	case len(op.Tables) > 0:
		for i, t := range op.Tables {
			legs = append(legs, b.legs(t, false, i)...)
		}
	default:
		for _, n := range b.wildNames("*") {
			legs = append(legs, leg{n, b.named(n)})
		}
	}
	for i, l := range legs {
		sc := newScope(l.node.Columns())
		sc.open = b.open[l.node]
		legs[i].node = b.inherit(plan.NewFilter(l.node, b.searchPred(op.Pred, sc, cs)), l.node)
	}
	if u, ok := legsUnion(legs); ok {
		return rows{node: u, ordered: false}
	}
	node := b.unite(legs, "outer", "$table")
	if u, ok := node.(*plan.Union); ok {
		u.Wild = true
	}
	return rows{node: node, open: b.open[node]}
}

// legsUnion keeps the $table column of a search on a search.
func legsUnion(legs []leg) (plan.Node, bool) {
	if len(legs) == 1 && findColumn(legs[0].node.Columns(), "$table") >= 0 {
		return legs[0].node, true
	}
	return nil, false
}

// find binds find in (tables) where predicate.
func (b *binder) find(op *syntax.Find) rows {
	source := "source_"
	if p := prop(op.Props, "withsource", "with_source"); p != nil {
		source = b.propText(p.Value)
	}
	var legs []leg
	if len(op.Tables) > 0 {
		for i, t := range op.Tables {
			legs = append(legs, b.legs(t, true, i)...)
		}
	} else {
		for _, n := range b.wildNames("*") {
			legs = append(legs, leg{n, b.named(n)})
		}
	}
	legs, asked := b.findColumns(op, legs)
	pack := packs(op, legs, asked)
	for i, l := range legs {
		sc := newScope(l.node.Columns())
		pred := b.searchPred(op.Pred, sc, false)
		legs[i].node = b.findLeg(plan.NewFilter(l.node, pred), asked, pack, op)
	}
	node := b.unite(legs, "outer", source)
	return rows{node: node}
}

// found is a column that find gives, and the column of the tables that it
// comes from.
type found struct {
	plan.Column
	from string
	cast bool // from columns of every type, not only of its own
}

// typesOf lists the types that a column has in the tables.
func typesOf(legs []leg, name string) []types.Type {
	var out []types.Type
	for _, l := range legs {
		if i := findColumn(l.node.Columns(), name); i >= 0 && !slices.Contains(out, l.node.Columns()[i].Type) {
			out = append(out, l.node.Columns()[i].Type)
		}
	}
	return out
}

// findColumns returns the columns that find gives: those asked for, or those
// that the predicate names and those that all tables share, and the tables
// that are read: where the predicate names columns, only those that have one.
// A column that the tables have in several types gives a column of each, named
// as by union; one that is asked for needs its type then.
func (b *binder) findColumns(op *syntax.Find, legs []leg) ([]leg, []found) {
	var out []found
	add := func(name string, t types.Type, at diag.Span) {
		if slices.ContainsFunc(out, func(f found) bool { return f.from == name }) {
			return
		}
		have := typesOf(legs, name)
		switch {
		case len(have) > 1 && t != types.None:
			out = append(out, found{plan.Column{Name: name + "_" + t.String(), Type: t}, name, true})
		case len(have) > 1 && len(op.Project) > 0:
			b.fail(errFindType(name, have), at)
		case t != types.None:
			out = append(out, found{plan.Column{Name: name, Type: t}, name, true})
		case len(have) == 1:
			out = append(out, found{plan.Column{Name: name, Type: have[0]}, name, true})
		default:
			for _, u := range have {
				out = append(out, found{plan.Column{Name: name + "_" + u.String(), Type: u}, name, false})
			}
		}
	}
	if len(op.Project) > 0 {
		for i, p := range op.Project {
			if c, ok := p.(*syntax.Call); ok && (c.Name.Text == "pack" || c.Name.Text == "pack_all") {
				continue
			}
			add(b.autoName(p), op.Types[i], p.Span())
		}
		return legs, out
	}
	named := map[string]bool{}
	var visit func(syntax.Expr)
	visit = func(e syntax.Expr) {
		switch x := e.(type) {
		case *syntax.Ref:
			if !x.Wild && b.env.find(x.Text) == nil {
				named[x.Text] = true
			}
		case *syntax.Paren:
			visit(x.X)
		case *syntax.Binary:
			visit(x.L)
			visit(x.R)
		case *syntax.Member:
			visit(x.X)
		case *syntax.Index:
			visit(x.X)
		case *syntax.In:
			visit(x.X)
		case *syntax.Between:
			visit(x.X)
		case *syntax.Call:
			for _, a := range x.Args {
				visit(a)
			}
		}
	}
	visit(op.Pred)
	if len(named) > 0 {
		var read []leg
		for _, l := range legs {
			if slices.ContainsFunc(l.node.Columns(), func(c plan.Column) bool { return named[c.Name] }) || b.open[l.node] {
				read = append(read, l)
			}
		}
		if len(read) > 0 {
			legs = read
		}
	}
	for _, l := range legs {
		for _, c := range l.node.Columns() {
			shared := true
			for _, o := range legs {
				i := findColumn(o.node.Columns(), c.Name)
				shared = shared && i >= 0
			}
			if shared || named[c.Name] {
				add(c.Name, types.None, op.At)
			}
		}
	}
	return legs, out
}

// packs tells whether find packs what is not asked for: where the columns are
// listed if it is, otherwise if a table has more of them.
func packs(op *syntax.Find, legs []leg, asked []found) bool {
	for _, a := range op.Away {
		if r, ok := a.(*syntax.Ref); ok && (r.Text == "pack_" || r.Text == "*") {
			return false
		}
	}
	for _, p := range op.Project {
		if c, ok := p.(*syntax.Call); ok && (c.Name.Text == "pack" || c.Name.Text == "pack_all") {
			return true
		}
	}
	return len(op.Project) == 0 && slices.ContainsFunc(legs, func(l leg) bool {
		return slices.ContainsFunc(l.node.Columns(), func(c plan.Column) bool { return !asks(asked, c.Name) })
	})
}

// asks tells whether find gives a column of the tables as such.
func asks(asked []found, name string) bool {
	return slices.ContainsFunc(asked, func(f found) bool { return f.from == name })
}

// findLeg projects one table of find: the columns asked for, and the others
// packed into pack_ if pack is set.
func (b *binder) findLeg(n plan.Node, asked []found, pack bool, op *syntax.Find) plan.Node {
	sc := newScope(n.Columns())
	var cols []plan.Column
	var exprs []plan.Expr
	for _, c := range asked {
		cols = append(cols, c.Column)
		if i := sc.find(c.from); i >= 0 && (c.cast || sc.cols[i].Type == c.Type) {
			exprs = append(exprs, b.convert(sc.col(i), c.Type, op.At))
			continue
		}
		missing := value.Null
		if c.Type == types.String {
			missing = value.String("")
		}
		exprs = append(exprs, konst(c.Type, missing))
	}
	if pack {
		var args []plan.Expr
		for i, c := range sc.cols {
			if !asks(asked, c.Name) {
				args = append(args, konst(types.String, value.String(c.Name)), sc.col(i))
			}
		}
		cols = append(cols, plan.Column{Name: "pack_", Type: types.Dynamic})
		exprs = append(exprs, &plan.Call{Name: "pack_all", Eval: fn.PackAll(false), Args: args, T: types.Dynamic})
	}
	return plan.NewProject(n, cols, exprs)
}
