package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

var falseValue = value.Bool(false)

func itoa(i int) string { return strconv.Itoa(i) }

func textOf(c *plan.Const) string {
	return value.Text(c.Value, c.T == types.Dynamic || c.T == types.Bool)
}

// projected is what a list of named expressions gives.
type projected struct {
	cols  []plan.Column
	exprs []plan.Expr
	named []bool // a name was written
	keys  bool   // they group rows
}

func (p *projected) add(c plan.Column, e plan.Expr, named bool) {
	p.cols, p.exprs, p.named = append(p.cols, c), append(p.exprs, e), append(p.named, named)
}

// projection binds the items of project, distinct, print and by. auto, where
// given, names the items that have no name of their own.
func (b *binder) projection(sc *scope, items []syntax.Expr, auto func(i int) string) *projected {
	return b.projectTo(&projected{}, sc, items, auto)
}

// grouping binds the items of by and of distinct.
func (b *binder) grouping(sc *scope, items []syntax.Expr) *projected {
	return b.projectTo(&projected{keys: true}, sc, items, nil)
}

// keyName corrects the name of a column that groups rows: two functions have
// none there, and the number of arithmetic is one higher, as Kusto's emulator
// was seen to count.
func keyName(e syntax.Expr, name string, nm *namer) string {
	switch e := e.(type) {
	case *syntax.Call:
		if e.Name.Text == "pow" || e.Name.Text == "exp10" {
			return ""
		}
	case *syntax.Unary:
		nm.n = max(nm.n, 1)
	case *syntax.Binary:
		switch e.Op {
		case "+", "-", "*", "/", "%":
			nm.n = max(nm.n, 1)
		}
	}
	return name
}

func (b *binder) projectTo(p *projected, sc *scope, items []syntax.Expr, auto func(i int) string) *projected {
	nm := newNamer()
	nm.avoid = sc
	for _, it := range items {
		if n, ok := it.(*syntax.Named); ok {
			for _, x := range n.Names {
				nm.take(x.Text)
			}
		}
	}
	wrong := false
	for i, it := range items {
		wrong = !b.guard(func() { b.item(p, sc, it, nm, i, auto) }) || wrong
	}
	if wrong { // all that is wrong was said
		panic(bailout{})
	}
	return p
}

func (b *binder) item(p *projected, sc *scope, it syntax.Expr, nm *namer, i int, auto func(i int) string) {
	if cols := b.multiColumns(it, sc); cols != nil {
		nm.rest(it, cols)
		b.multi(p, sc, it, cols)
		return
	}
	n, isNamed := it.(*syntax.Named)
	if isNamed && (n.Tuple || len(n.Names) > 1) {
		b.tuple(p, sc, n)
		return
	}
	if r, ok := it.(*syntax.Ref); ok && r.Wild || isStar(it) {
		pattern := "*"
		if r != nil {
			pattern = r.Text
		}
		for k, c := range sc.cols {
			if syntax.MatchWild(pattern, c.Name) && !nm.used[c.Name] {
				nm.take(c.Name)
				p.add(c, sc.col(k), false)
			}
		}
		return
	}
	if isNamed {
		b.checkName(n.Names[0])
		x := b.expr(n.Expr, sc)
		for _, c := range p.cols {
			if c.Name == n.Names[0].Text {
				b.fail(errDuplicate(c.Name), n.At)
			}
		}
		p.add(column(n.Names[0].Text, x.Type()), b.known(x), true)
		return
	}
	x := b.expr(it, sc)
	name := b.autoName(it)
	if p.keys {
		name = keyName(it, name, nm)
	}
	if r, ok := bare(it).(*syntax.Ref); ok && nm.used[r.Text] && findColumn(p.cols, r.Text) >= 0 {
		b.fail(errDuplicate(r.Text), r.At)
	}
	if auto != nil {
		name = auto(i) // print names all columns without a name alike
	}
	p.add(column(nm.auto(name), x.Type()), b.known(x), false)
}

// bare takes off parentheses.
func bare(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}

func isStar(e syntax.Expr) bool { _, ok := e.(*syntax.Star); return ok }

func (b *binder) checkName(n syntax.Name) {
	if reservedNames[n.Text] && n.At.End-n.At.Start == len(n.Text) {
		b.fail(errReserved(n.Text), n.At)
	}
}

// known gives an expression of unknown type the type dynamic, except where
// columns are not known yet: there unknown types pass on.
func (b *binder) known(x plan.Expr) plan.Expr {
	if c, ok := x.(*plan.Const); ok && c.T == types.None && !b.out.Open {
		return konst(types.Dynamic, c.Value)
	}
	return x
}

// tuple binds (a, b) = dynamic: elements of a result that has several.
func (b *binder) tuple(p *projected, sc *scope, n *syntax.Named) {
	x := b.expr(n.Expr, sc)
	if x.Type() != types.Dynamic {
		if len(n.Names) == 1 {
			p.add(column(n.Names[0].Text, x.Type()), x, true)
			return
		}
		b.fail(errExpectedType("what is taken apart", "dynamic", x.Type()), n.At)
	}
	for i, name := range n.Names {
		p.add(column(name.Text, types.Dynamic), b.operateIndex(x, i), true)
	}
}

func (b *binder) operateIndex(x plan.Expr, i int) plan.Expr {
	return b.elementOf(x, konst(types.Long, value.Long(int64(i))))
}

// extend binds columns added to those there are.
// extend binds extend and serialize. The name that a call without a name takes
// from its argument, as bin(t, 1h) does, replaces that column where replace is
// set, and gets a number otherwise.
func (b *binder) extend(in rows, items []syntax.Expr, replace bool) rows {
	sc := in.scope()
	cols := slices.Clone(sc.cols)
	exprs := make([]plan.Expr, len(cols))
	for i := range cols {
		exprs[i] = sc.col(i)
	}
	nm := newNamer()
	for _, c := range cols {
		nm.take(c.Name)
	}
	wrong := false
	seen, given := map[string]bool{}, map[string]bool{}
	for _, it := range items {
		p := &projected{}
		ok := b.guard(func() {
			if r, ok := bare(it).(*syntax.Ref); ok && !r.Wild {
				if seen[r.Text] {
					b.fail(errDuplicate(r.Text), it.Span())
				}
				seen[r.Text] = true
			}
			if n, ok := it.(*syntax.Named); ok {
				for _, name := range n.Names {
					if seen[name.Text] {
						b.fail(errDuplicate(name.Text), name.At)
					}
					seen[name.Text] = true
				}
			}
			if cols := b.multiColumns(it, sc); cols != nil {
				// A list of names is all there is; one name is that of the first column, and the others
				// come with names of their own. project adds those without a name in both cases.
				if n, ok := it.(*syntax.Named); ok && len(n.Names) > 1 {
					cols = cols[:min(len(cols), len(n.Names))]
				}
				nm.rest(it, cols)
				b.multi(p, sc, it, cols)
				return
			}
			if n, ok := it.(*syntax.Named); ok && n.Tuple {
				b.tuple(p, sc, n)
				return
			}
			x := b.expr(it, sc)
			name := b.autoName(it)
			if n, ok := it.(*syntax.Named); ok {
				b.checkName(n.Names[0])
				if given[n.Names[0].Text] {
					b.fail(errDuplicate(n.Names[0].Text), n.Names[0].At)
				}
				given[n.Names[0].Text] = true
			} else if name == "" {
				name = nm.column()
			} else if _, ok := bare(it).(*syntax.Ref); !ok && (!replace || b.spreads(it)) {
				name = nm.unique(name)
			}
			p.add(column(name, x.Type()), b.known(x), true)
		})
		wrong = wrong || !ok
		for i, c := range p.cols {
			if k := findColumn(cols, c.Name); k >= 0 {
				cols[k], exprs[k] = c, p.exprs[i]
				continue
			}
			nm.take(c.Name)
			cols, exprs = append(cols, c), append(exprs, p.exprs[i])
		}
	}
	if len(items) == 0 {
		return in
	}
	return rows{plan.NewProject(in.node, cols, exprs), in.ordered, in.open || wrong}
}

// multiColumns returns the columns of a call of a function that gives several,
// nil for others. Names that were written replace the first ones.
func (b *binder) multiColumns(e syntax.Expr, sc *scope) []plan.Column {
	var given []syntax.Name
	if n, ok := e.(*syntax.Named); ok {
		e, given = n.Expr, n.Names
	}
	c, ok := e.(*syntax.Call)
	if !ok || len(c.Args) == 0 || c.On != nil {
		return nil
	}
	f := b.fns.Func(c.Name.Text)
	if f == nil || f.Outs == nil && f.Spread == nil || b.env.find(c.Name.Text) != nil {
		return nil
	}
	var out []plan.Column
	if f.Outs != nil {
		base := c.Name.Text + "_" + b.autoName(c.Args[0]) + "_"
		for _, o := range f.Outs {
			out = append(out, column(base+o.Name, o.Type))
		}
	} else {
		ts := make([]types.Type, len(c.Args))
		for i, a := range c.Args {
			ts[i] = b.expr(a, sc).Type()
		}
		nm := newNamer()
		for i, o := range f.Spread(ts) {
			if i < len(c.Args) {
				if n := b.autoName(c.Args[i]); n != "" {
					o.Name = n + "_sorted"
				}
			}
			o.Name = nm.unique(o.Name)
			out = append(out, o)
		}
	}
	for i, n := range given {
		if i < len(out) {
			out[i].Name = n.Text
		}
	}
	return out
}

// spreads tells whether an expression calls a function that may give several
// columns: also where it gives one, that replaces none.
func (b *binder) spreads(e syntax.Expr) bool {
	c, ok := e.(*syntax.Call)
	if !ok || b.env.find(c.Name.Text) != nil {
		return false
	}
	f := b.fns.Func(c.Name.Text)
	return f != nil && f.Spread != nil
}

// rest makes the names of a function's columns unique, but for those that were
// written.
func (n *namer) rest(e syntax.Expr, cols []plan.Column) {
	given := 0
	if named, ok := e.(*syntax.Named); ok {
		given = len(named.Names)
	}
	for i := range cols {
		if i >= given {
			cols[i].Name = n.unique(cols[i].Name)
		}
	}
}

// multi adds the columns of a function with several results.
func (b *binder) multi(p *projected, sc *scope, e syntax.Expr, cols []plan.Column) {
	if n, ok := e.(*syntax.Named); ok {
		e = n.Expr
	}
	x := b.expr(e, sc)
	for i, c := range cols {
		p.add(c, b.convert(b.operateIndex(x, i), c.Type, e.Span()), true)
	}
}

// project binds project and its kin.
func (b *binder) project(in rows, op *syntax.Project) rows {
	sc := in.scope()
	switch op.Kind {
	case "project":
		for _, it := range op.Items {
			if isStar(it) {
				b.fail(errStatement("project takes no *"), it.Span())
			}
		}
		p := b.projection(sc, op.Items, nil)
		return rows{plan.NewProject(in.node, p.cols, p.exprs), in.ordered, false}
	case "project-away":
		drop := b.matching(sc, op.Items)
		return b.keep(in, func(i int) bool { return !slices.Contains(drop, i) })
	case "project-keep":
		keep := b.matching(sc, op.Items)
		return b.keep(in, func(i int) bool { return slices.Contains(keep, i) })
	case "project-rename":
		return b.rename(in, op)
	case "project-by-names":
		return b.order(in, b.byNames(sc, op.Items), false)
	}
	return b.reorder(in, op)
}

// matching returns the numbers of the columns that names and patterns mean, in
// the order in which they are named.
func (b *binder) matching(sc *scope, items []syntax.Expr) []int {
	var out []int
	for _, it := range items {
		r, ok := it.(*syntax.Ref)
		if !ok {
			b.fail(errStatement("a column's name is expected"), it.Span())
		}
		if !r.Wild {
			i := sc.find(r.Text)
			if i < 0 {
				if sc.open {
					continue
				}
				b.fail(errColumn(r.Text, syntax.Nearest(r.Text, names(sc.cols))), r.At)
			}
			out = append(out, i)
			continue
		}
		for i, c := range sc.cols {
			if syntax.MatchWild(r.Text, c.Name) && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// byNames returns the numbers of the columns that the constants of
// project-by-names mean: texts or arrays of texts, each a name or a pattern; what
// matches no column is passed over
// (https://learn.microsoft.com/kusto/query/project-by-names-operator).
func (b *binder) byNames(sc *scope, items []syntax.Expr) []int {
	var out []int
	add := func(pattern string) {
		for i, c := range sc.cols {
			if syntax.MatchWild(pattern, c.Name) && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	for _, it := range items {
		if r, ok := it.(*syntax.Ref); ok && (r.Wild || sc.find(r.Text) >= 0) {
			add(r.Text)
			continue
		}
		c, ok := b.expr(it, sc).(*plan.Const)
		if !ok {
			b.fail(errStatement("project-by-names takes constant names of columns"), it.Span())
		}
		add(c.Value.Str())
		for _, v := range c.Value.Items() {
			add(v.Str())
		}
	}
	return out
}

func (b *binder) keep(in rows, keep func(int) bool) rows {
	var idx []int
	for i := range in.node.Columns() {
		if keep(i) {
			idx = append(idx, i)
		}
	}
	return b.order(in, idx, in.open)
}

// order projects columns by number.
func (b *binder) order(in rows, idx []int, open bool) rows {
	sc := in.scope()
	cols := make([]plan.Column, len(idx))
	exprs := make([]plan.Expr, len(idx))
	for k, i := range idx {
		cols[k], exprs[k] = sc.cols[i], sc.col(i)
	}
	return rows{plan.NewProject(in.node, cols, exprs), in.ordered, open}
}

func (b *binder) rename(in rows, op *syntax.Project) rows {
	sc := in.scope()
	cols := slices.Clone(sc.cols)
	exprs := make([]plan.Expr, len(cols))
	for i := range cols {
		exprs[i] = sc.col(i)
	}
	for _, it := range op.Items {
		n, ok := it.(*syntax.Named)
		if !ok {
			b.fail(errStatement("project-rename takes new = old"), it.Span())
		}
		r, ok := n.Expr.(*syntax.Ref)
		if !ok {
			b.fail(errStatement("project-rename takes the name of a column"), it.Span())
		}
		i := sc.find(r.Text)
		if i < 0 {
			if in.open {
				cols, exprs = append(cols, column(n.Names[0].Text, types.Dynamic)), append(exprs, konst(types.Dynamic, value.Null))
				continue
			}
			b.fail(errColumn(r.Text, syntax.Nearest(r.Text, names(sc.cols))), r.At)
		}
		cols[i].Name = n.Names[0].Text
	}
	seen := map[string]bool{}
	for _, c := range cols {
		if seen[c.Name] {
			b.fail(errDuplicate(c.Name), op.At)
		}
		seen[c.Name] = true
	}
	return rows{plan.NewProject(in.node, cols, exprs), in.ordered, in.open}
}

// reorder puts the named columns first.
func (b *binder) reorder(in rows, op *syntax.Project) rows {
	sc := in.scope()
	var idx []int
	for i, it := range op.Items {
		group := b.matching(sc, []syntax.Expr{it})
		switch op.Dirs[i] {
		case "asc", "desc", "granny-asc", "granny-desc":
			slices.SortStableFunc(group, func(x, y int) int {
				a, c := sc.cols[x].Name, sc.cols[y].Name
				o := strings.Compare(a, c)
				if strings.HasPrefix(op.Dirs[i], "granny") {
					o = grannyCompare(a, c)
				}
				if strings.HasSuffix(op.Dirs[i], "desc") {
					return -o
				}
				return o
			})
		}
		for _, g := range group {
			if !slices.Contains(idx, g) {
				idx = append(idx, g)
			}
		}
	}
	for i := range sc.cols {
		if !slices.Contains(idx, i) {
			idx = append(idx, i)
		}
	}
	return b.order(in, idx, in.open)
}

// grannyCompare orders names with the numbers in them by value (a2 before a10).
func grannyCompare(a, c string) int {
	for a != "" && c != "" {
		na, nc := digitsOf(a), digitsOf(c)
		if na > 0 && nc > 0 {
			x, _ := strconv.ParseUint(a[:na], 10, 64)
			y, _ := strconv.ParseUint(c[:nc], 10, 64)
			if x != y {
				if x < y {
					return -1
				}
				return 1
			}
			a, c = a[na:], c[nc:]
			continue
		}
		if a[0] != c[0] {
			return int(a[0]) - int(c[0])
		}
		a, c = a[1:], c[1:]
	}
	return len(a) - len(c)
}

func digitsOf(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
