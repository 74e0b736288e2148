package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Cell is the Go type of a row's argument or result: bool, int64 (int, long,
// datetime and timespan), float64, string, value.Value (dynamic, or any type
// where the signature says scalar), types.UUID, *types.Dec.
type Cell interface {
	bool | int64 | float64 | string | value.Value | types.UUID | *types.Dec
}

// cells returns the values of a column as a slice of A, and how to index it.
func cells[A Cell](v *vec.Vec) []A {
	var zero A
	var s any
	switch any(zero).(type) {
	case bool:
		s = v.Bools
	case int64:
		s = v.Ints
	case float64:
		s = v.Reals
	case string:
		s = v.Strs
	case types.UUID:
		s = v.GUIDs
	case *types.Dec:
		s = v.Decs
	default:
		if v.Type == types.Dynamic {
			s = v.Dyns
			break
		}
		n := v.Len()
		if v.Const {
			n = 1
		}
		vals := make([]value.Value, n)
		for i := range vals {
			vals[i] = v.Get(i)
		}
		s = vals
	}
	return s.([]A)
}

func cellType[R Cell](out types.Type) types.Type {
	var zero R
	switch any(zero).(type) {
	case bool:
		return types.Bool
	case float64:
		return types.Real
	case string:
		return types.String
	case types.UUID:
		return types.GUID
	case *types.Dec:
		return types.Decimal
	case int64:
		if out == types.Int || out == types.DateTime || out == types.TimeSpan {
			return out
		}
		return types.Long
	}
	return types.Dynamic
}

// results gives the slice to fill for a result of type R and the function
// that turns it and the nulls into a column.
func results[R Cell](out types.Type, n int) ([]R, func(null []bool) *vec.Vec) {
	t := cellType[R](out)
	if t == types.Dynamic && out != types.Dynamic { // values of another column type
		vals := make([]value.Value, n)
		return any(vals).([]R), func(null []bool) *vec.Vec {
			for i := range null {
				if null[i] {
					vals[i] = value.Null
				}
			}
			return vec.OfValues(out, vals)
		}
	}
	v := vec.New(t, n)
	s := cells[R](v)
	return s, func(null []bool) *vec.Vec {
		switch t {
		case types.String:
			for i := range null {
				if null[i] {
					v.Strs[i] = ""
				}
			}
		case types.Dynamic:
			for i := range null {
				if null[i] {
					v.Dyns[i] = value.Null
				}
			}
		default:
			v.Null = null
		}
		return v
	}
}

// nulls returns which rows have a null argument, or nil where none can.
// Strings are never null.
func (c *Call) nulls() []bool {
	var null []bool
	for _, a := range c.Args {
		if !a.HasNulls() {
			continue
		}
		if null == nil {
			null = make([]bool, c.N)
		}
		for i := range null {
			if a.IsNull(i) {
				null[i] = true
			}
		}
	}
	return null
}

// one shrinks a call whose arguments are all constant to a single row.
func one(k Kernel) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		if c.N <= 1 {
			return k(c)
		}
		for _, a := range c.Args {
			if !a.Const {
				return k(c)
			}
		}
		args := make([]*vec.Vec, len(c.Args))
		for i, a := range c.Args {
			args[i] = a.WithLen(1)
		}
		v, err := k(&Call{Ctx: c.Ctx, Args: args, Out: c.Out, N: 1, held: c.held})
		if err != nil {
			return nil, err
		}
		w := *v
		w.Const = true
		return w.WithLen(c.N), nil
	}
}

// Map1 makes a kernel of a function of one argument. A null argument gives
// null without a call; ok false gives null.
func Map1[A, R Cell](f func(a A) (r R, ok bool)) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		a, null := cells[A](c.Args[0]), c.nulls()
		out, done := results[R](c.Out, c.N)
		for i := range out {
			if null != nil && null[i] {
				continue
			}
			r, ok := f(a[c.Args[0].At(i)])
			if !ok {
				if null == nil {
					null = make([]bool, c.N)
				}
				null[i] = true
				continue
			}
			out[i] = r
		}
		return done(null), nil
	})
}

// Map2 is Map1 for two arguments.
func Map2[A, B, R Cell](f func(a A, b B) (r R, ok bool)) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		a, b, null := cells[A](c.Args[0]), cells[B](c.Args[1]), c.nulls()
		out, done := results[R](c.Out, c.N)
		for i := range out {
			if null != nil && null[i] {
				continue
			}
			r, ok := f(a[c.Args[0].At(i)], b[c.Args[1].At(i)])
			if !ok {
				if null == nil {
					null = make([]bool, c.N)
				}
				null[i] = true
				continue
			}
			out[i] = r
		}
		return done(null), nil
	})
}

// Map3 is Map1 for three arguments.
func Map3[A, B, C, R Cell](f func(a A, b B, x C) (r R, ok bool)) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		a, b, x, null := cells[A](c.Args[0]), cells[B](c.Args[1]), cells[C](c.Args[2]), c.nulls()
		out, done := results[R](c.Out, c.N)
		for i := range out {
			if null != nil && null[i] {
				continue
			}
			r, ok := f(a[c.Args[0].At(i)], b[c.Args[1].At(i)], x[c.Args[2].At(i)])
			if !ok {
				if null == nil {
					null = make([]bool, c.N)
				}
				null[i] = true
				continue
			}
			out[i] = r
		}
		return done(null), nil
	})
}

// Total wraps a total function of one argument for Map1.
func Total[A, R Cell](f func(A) R) func(A) (R, bool) {
	return func(a A) (R, bool) { return f(a), true }
}

// Total2 wraps a total function of two arguments for Map2.
func Total2[A, B, R Cell](f func(A, B) R) func(A, B) (R, bool) {
	return func(a A, b B) (R, bool) { return f(a, b), true }
}

// Rows makes a kernel of a function that sees one row's arguments as values,
// nulls included and only those that were given. args is reused between rows.
// An error stops the query; it is for the user (a bad regular expression).
func Rows(f func(c *Call, args []value.Value) (value.Value, error)) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		b := vec.NewBuilder(c.Out, c.N)
		args := make([]value.Value, len(c.Args))
		for i := range c.N {
			for k, a := range c.Args {
				args[k] = a.Get(i)
			}
			r, err := f(c, args)
			if err == nil {
				err = c.build(i, &r)
			}
			if err != nil {
				return nil, err
			}
			b.Append(r)
		}
		return b.Finish(), nil
	})
}

// Row is Rows for functions that cannot fail.
func Row(f func(args []value.Value) value.Value) Kernel {
	return Rows(func(_ *Call, args []value.Value) (value.Value, error) { return f(args), nil })
}

// Strict is Row for functions that give null as soon as an argument is null.
func Strict(f func(args []value.Value) value.Value) Kernel {
	return Row(func(args []value.Value) value.Value {
		for _, a := range args {
			if a.IsNull() {
				return value.Null
			}
		}
		return f(args)
	})
}
