package syntax

// Walk calls f for an expression and those below it, as long as f returns
// true. It does not enter the operators of a pipe or the body of a function.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	all := func(list []Expr) {
		for _, x := range list {
			Walk(x, f)
		}
	}
	switch x := e.(type) {
	case *Call:
		Walk(x.On, f)
		all(x.Args)
	case *Named:
		Walk(x.Expr, f)
	case *Unary:
		Walk(x.X, f)
	case *Binary:
		for { // a chain of one operator may be long
			Walk(x.R, f)
			l, ok := x.L.(*Binary)
			if !ok {
				break
			}
			if !f(l) {
				return
			}
			x = l
		}
		Walk(x.L, f)
	case *In:
		Walk(x.X, f)
		all(x.List)
	case *Between:
		Walk(x.X, f)
		Walk(x.Lo, f)
		Walk(x.Hi, f)
	case *Member:
		Walk(x.X, f)
	case *Index:
		Walk(x.X, f)
		Walk(x.I, f)
	case *Paren:
		Walk(x.X, f)
	case *Pipe:
		Walk(x.Source, f)
	case *Datatable:
		all(x.Values)
	}
}
