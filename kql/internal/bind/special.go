package bind

import (
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// packColumns binds bag_pack_columns(a, b): a bag of columns under their names.
func (b *binder) packColumns(e *syntax.Call, sc *scope) plan.Expr {
	if len(e.Args) == 0 {
		b.fail(errStatement("bag_pack_columns() takes columns"), e.At)
	}
	var args []plan.Expr
	add := func(name string, x plan.Expr) {
		args = append(args, konst(types.String, value.String(name)), b.known(x))
	}
	for _, a := range e.Args {
		if isStar(a) {
			for i, c := range sc.cols {
				add(c.Name, sc.col(i))
			}
			continue
		}
		name := b.autoName(a)
		if name == "" {
			b.fail(errStatement("bag_pack_columns() takes columns"), a.Span())
		}
		add(name, b.expr(a, sc))
	}
	return &plan.Call{Name: "bag_pack_columns", Eval: fn.PackAll(false), Args: args, T: types.Dynamic}
}

// binAuto binds bin_auto(x) to bins of the size, and from the point, that set
// statements before the query name.
func (b *binder) binAuto(e *syntax.Call, sc *scope) plan.Expr {
	size, ok := b.out.Settings["query_bin_auto_size"]
	if !ok || len(e.Args) != 1 {
		b.fail(errStatement("bin_auto() takes one value, and a statement set query_bin_auto_size = ... before the query"), e.At)
	}
	name := "bin"
	args := []plan.Expr{b.expr(e.Args[0], sc), konst(size.Type(), size)}
	if at, ok := b.out.Settings["query_bin_auto_at"]; ok {
		name = "bin_at"
		args = append(args, konst(at.Type(), at))
	}
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	o, err := b.fns.Resolve(b.fns.Func(name), ts)
	if err != nil {
		b.fail(errArguments(err), e.At)
	}
	return b.apply(name, o, e.At, args...)
}

// isColumn binds the older iscolumnexists("name").
func (b *binder) isColumn(e *syntax.Call, sc *scope) plan.Expr {
	if len(e.Args) != 1 {
		b.fail(errStatement("iscolumnexists() takes a column's name"), e.At)
	}
	name := ""
	if r, ok := e.Args[0].(*syntax.Ref); ok && b.env.find(r.Text) == nil {
		name = r.Text
	} else if c, ok := b.expr(e.Args[0], sc).(*plan.Const); ok && c.T == types.String {
		name = c.Value.Str()
	} else {
		b.fail(errConstant("the name of the column"), e.Args[0].Span())
	}
	return konst(types.Bool, value.Bool(sc.find(name) >= 0))
}
