package fn

import (
	"math"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// equality returns the overload of == and !=. With one null operand == is
// false and != true; with two the result is null.
func equality(op string, l, r types.Type) (Overload, bool) {
	t, ok := comparable2(l, r)
	if !ok {
		return Overload{}, false
	}
	eq := op == "=="
	var k Kernel
	switch t {
	case types.String:
		k = equalCells[string](eq, func(a, b string) bool { return a == b })
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		k = equalCells[int64](eq, func(a, b int64) bool { return a == b })
	case types.Real:
		k = equalCells[float64](eq, func(a, b float64) bool { return a == b })
	case types.Bool:
		k = equalCells[bool](eq, func(a, b bool) bool { return a == b })
	case types.GUID:
		k = equalCells[types.UUID](eq, func(a, b types.UUID) bool { return a == b })
	case types.Decimal:
		k = equalCells[*types.Dec](eq, func(a, b *types.Dec) bool { return a.Cmp(b) == 0 })
	default:
		k = equalCells[value.Value](eq, value.Equal)
	}
	return Overload{To: []types.Type{t, t}, Out: types.Bool, Eval: k}, true
}

// comparable2 returns the type in which two types are compared for equality.
func comparable2(l, r types.Type) (types.Type, bool) {
	switch {
	case l == types.None:
		return r, true
	case r == types.None || l == r:
		return l, true
	case l == types.Dynamic:
		return operandType(r), true
	case r == types.Dynamic:
		return operandType(l), true
	case l.Numeric() && r.Numeric():
		return types.Wider(l, r), true
	case l == types.Bool && r.Numeric():
		return operandType(r), true
	case r == types.Bool && l.Numeric():
		return operandType(l), true
	case l == types.GUID && r == types.String, l == types.String && r == types.GUID:
		return types.GUID, true
	}
	return types.None, false
}

func equalCells[T Cell](want bool, eq func(a, b T) bool) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		l, r := c.Args[0], c.Args[1]
		a, b := cells[T](l), cells[T](r)
		out := make([]bool, c.N)
		if !l.HasNulls() && !r.HasNulls() {
			switch {
			case r.Const:
				y := b[0]
				for i := range out {
					out[i] = eq(a[i], y) == want
				}
			case l.Const:
				x := a[0]
				for i := range out {
					out[i] = eq(x, b[i]) == want
				}
			default:
				for i := range out {
					out[i] = eq(a[i], b[i]) == want
				}
			}
			return vec.OfBools(out), nil
		}
		v := vec.OfBools(out)
		for i := range out {
			nl, nr := l.IsNull(i), r.IsNull(i)
			switch {
			case nl && nr:
				v.SetNull(i)
			case nl || nr:
				out[i] = !want
			default:
				out[i] = eq(a[l.At(i)], b[r.At(i)]) == want
			}
		}
		return v, nil
	})
}

// ordering returns the overload of < <= > >=; null with a null operand. A
// dynamic is compared with numbers only; beside a time it needs a cast.
func ordering(op string, l, r types.Type) (Overload, bool) {
	lt, rt := l, r
	if lt == types.Dynamic && rt == types.Dynamic {
		return Overload{To: []types.Type{lt, rt}, Out: types.Bool, Eval: compareCells(op, func(a, b value.Value) (int, bool) {
			return value.Compare(a, b), a.Type() == b.Type() || a.Numeric() && b.Numeric()
		})}, true
	}
	if lt == types.Dynamic && rt.Numeric() {
		lt = operandType(rt)
		if rt.Integer() {
			lt = types.Real
		}
	}
	if rt == types.Dynamic && lt.Numeric() {
		rt = operandType(lt)
		if lt.Integer() {
			rt = types.Real
		}
	}
	if lt == types.Bool && rt.Numeric() || lt == types.Bool && rt == types.Bool {
		lt = types.Long
	}
	if rt == types.Bool && lt.Numeric() {
		rt = types.Long
	}
	var t types.Type
	switch {
	case lt.Numeric() && rt.Numeric():
		t = types.Wider(lt, rt)
	case lt == rt && (lt == types.DateTime || lt == types.TimeSpan):
		t = lt
	default:
		return Overload{}, false
	}
	o := Overload{To: []types.Type{t, t}, Out: types.Bool}
	switch t {
	case types.Real:
		o.Eval = orderCells[float64](op)
	case types.Decimal:
		o.Eval = compareCells(op, func(a, b *types.Dec) (int, bool) { return a.Cmp(b), true })
	default:
		o.Eval = orderCells[int64](op)
	}
	return o, true
}

func orderCells[T int64 | float64](op string) Kernel {
	switch op {
	case "<":
		return orderLoop(func(a, b T) bool { return a < b })
	case "<=":
		return orderLoop(func(a, b T) bool { return a <= b })
	case ">":
		return orderLoop(func(a, b T) bool { return a > b })
	}
	return orderLoop(func(a, b T) bool { return a >= b })
}

func orderLoop[T int64 | float64](f func(a, b T) bool) Kernel {
	return one(func(c *Call) (*vec.Vec, error) {
		l, r := c.Args[0], c.Args[1]
		a, b := cells[T](l), cells[T](r)
		out := make([]bool, c.N)
		switch {
		case r.Const:
			y := b[0]
			for i := range out {
				out[i] = f(a[i], y)
			}
		case l.Const:
			x := a[0]
			for i := range out {
				out[i] = f(x, b[i])
			}
		default:
			for i := range out {
				out[i] = f(a[i], b[i])
			}
		}
		v := vec.OfBools(out)
		v.Null = c.nulls()
		return v, nil
	})
}

func compareCells[T Cell](op string, f func(a, b T) (int, bool)) Kernel {
	return Map2(func(a, b T) (bool, bool) {
		c, ok := f(a, b)
		if !ok {
			return false, false
		}
		switch op {
		case "<":
			return c < 0, true
		case "<=":
			return c <= 0, true
		case ">":
			return c > 0, true
		}
		return c >= 0, true
	})
}

// logic returns "and" and "or" in three values.
func logic(op string, l, r types.Type) (Overload, bool) {
	if l != types.Bool && l != types.Dynamic && l != types.None || r != types.Bool && r != types.Dynamic && r != types.None {
		return Overload{}, false
	}
	decides := op == "or" // the value that decides alone
	return Overload{To: []types.Type{types.Bool, types.Bool}, Out: types.Bool, Eval: func(c *Call) (*vec.Vec, error) {
		a, b := c.Args[0], c.Args[1]
		out := make([]bool, c.N)
		if a.Null == nil && b.Null == nil && !a.Const && !b.Const {
			if decides {
				for i, x := range a.Bools {
					out[i] = x || b.Bools[i]
				}
			} else {
				for i, x := range a.Bools {
					out[i] = x && b.Bools[i]
				}
			}
			return vec.OfBools(out), nil
		}
		v := vec.OfBools(out)
		for i := range out {
			na, nb := a.IsNull(i), b.IsNull(i)
			x, y := !na && a.Bools[a.At(i)], !nb && b.Bools[b.At(i)]
			switch {
			case !na && x == decides || !nb && y == decides:
				out[i] = decides
			case na || nb:
				v.SetNull(i)
			default:
				out[i] = !decides
			}
		}
		return v, nil
	}}, true
}

// Membership makes the kernel of x in (set): keys holds the members as
// MemberKey gives them. A null is in no set.
func Membership(keys map[string]struct{}, fold, want bool) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		v := c.Args[0]
		out := make([]bool, c.N)
		if v.Type == types.String {
			for i := range out {
				s := v.Strs[v.At(i)]
				if fold {
					s = FoldKey(s)
				}
				_, in := keys[s]
				out[i] = in == want
			}
			return vec.OfBools(out), nil
		}
		for i := range out {
			x := v.Get(i)
			in := false
			if !x.IsNull() {
				_, in = keys[MemberKey(v.Type, x, fold)]
			}
			out[i] = in == want
		}
		return vec.OfBools(out), nil
	}
}

// MemberKey is the text by which a value of a column of type t is found in a
// set: the bare string for strings, of dynamics what tostring() gives. Equal
// numbers have one key whatever their types are.
func MemberKey(t types.Type, v value.Value, fold bool) string {
	s := v.Str()
	switch v.Kind() {
	case value.KindString:
	case value.KindReal:
		f := v.Float()
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			s = value.Text(value.Long(int64(f)), false)
		} else {
			s = value.Text(v, false)
		}
	case value.KindDecimal:
		if s = types.FormatDecimal(v.Dec()); strings.Contains(s, ".") {
			s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
	default:
		s = value.Text(v, t == types.Dynamic)
	}
	if fold {
		return FoldKey(s)
	}
	return s
}

// ListKey returns the key of a member of a list in which values of type t are
// looked for, and whether one of them can be equal to it. Texts beside other
// types are read as those, as == reads them.
func ListKey(t, from types.Type, v value.Value, fold bool) (string, bool) {
	if v.IsNull() {
		return "", false
	}
	switch {
	case t == from || t == types.Dynamic || t == types.None:
	case t == types.String:
		v = Convert(v, from, t)
	case v.Kind() == value.KindString:
		if v = Convert(v, from, t); v.IsNull() {
			return "", false
		}
	case t.Numeric() && v.Numeric():
		t = v.Type()
	case v.Type() != t:
		return "", false
	}
	return MemberKey(t, v, fold), true
}

// FoldKey maps texts that =~ holds equal to one text.
func FoldKey(s string) string { return strings.ToLower(s) }
