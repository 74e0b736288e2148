package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Binary returns the overload of a binary operator ("+", "==", "has", "and")
// for operands of the given types; false where the operator does not take them.
// An operand of unknown type fits everywhere.
func Binary(op string, l, r types.Type) (Overload, bool) {
	switch op {
	case "+", "-", "*", "/", "%":
		if l == types.None || r == types.None {
			l, r = orOther(l, r), orOther(r, l)
		}
		return arith(op, l, r)
	case "==", "!=":
		return equality(op, l, r)
	case "<", "<=", ">", ">=":
		if l == types.None || r == types.None {
			l, r = orOther(l, r), orOther(r, l)
		}
		return ordering(op, l, r)
	case "and", "or":
		return logic(op, l, r)
	}
	return textOp(op, l, r)
}

func orOther(t, o types.Type) types.Type {
	switch {
	case t != types.None:
		return t
	case o != types.None:
		return o
	}
	return types.Dynamic
}

// Unary returns the overload of a unary operator.
func Unary(op string, t types.Type) (Overload, bool) {
	if op == "+" {
		out := t
		if t == types.Int {
			out = types.Long
		}
		return Overload{To: []types.Type{out}, Out: out, Eval: func(c *Call) (*vec.Vec, error) { return c.Args[0], nil }}, t.Numeric() || t == types.TimeSpan || t == types.Dynamic
	}
	return negate(t)
}

// applyOnce computes an overload over two single values.
func applyOnce(o Overload, args ...value.Value) value.Value {
	cols := make([]*vec.Vec, len(args))
	for i, a := range args {
		t := a.Type()
		if t == types.None {
			t = types.Dynamic
		}
		cols[i] = vec.Repeat(t, a, 1)
		if i < len(o.To) {
			cols[i] = ConvertVec(cols[i], o.To[i])
		}
	}
	v, err := o.Eval(&Call{Args: cols, Out: o.Out, N: 1})
	if err != nil {
		return value.Null
	}
	return v.Get(0)
}

// Member is the kernel of x.name and x["name"] for a constant key.
func Member(key string) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		v := c.Args[0]
		out := make([]value.Value, len(v.Dyns))
		for i, d := range v.Dyns {
			out[i] = d.Member(key)
		}
		r := vec.OfDynamics(out)
		r.Const = v.Const
		return r.WithLen(c.N), nil
	}
}

// Element is the kernel of x[i]: an array's element by number, a bag's
// property by text.
func Element(c *Call) (*vec.Vec, error) {
	v, k := c.Args[0], c.Args[1]
	out := make([]value.Value, c.N)
	for i := range out {
		d := v.Get(i)
		switch key := k.Get(i); key.Kind() {
		case value.KindInt, value.KindLong:
			out[i] = d.Index(key.Int64())
		case value.KindReal:
			out[i] = d.Index(int64(key.Float()))
		case value.KindString:
			out[i] = d.Member(key.Str())
		default:
		}
	}
	return vec.OfDynamics(out), nil
}

// PackAll is the kernel of pack_all(): arguments are names and values in turn.
func PackAll(skipEmpty bool) Kernel {
	return Row(func(args []value.Value) value.Value {
		b := value.NewBag(len(args) / 2)
		for i := 0; i+1 < len(args); i += 2 {
			if skipEmpty && emptyValue(args[i+1]) {
				continue
			}
			b.Set(args[i].Str(), args[i+1])
		}
		return value.Object(b)
	})
}

// MemberOf is the kernel of x in (a, b) where the members are no constants:
// Args are x and the members; arrays count as their elements.
func MemberOf(fold, want bool) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		out := make([]bool, c.N)
		x := c.Args[0]
		for i := range out {
			v := x.Get(i)
			in := false
			if !v.IsNull() {
				key := MemberKey(x.Type, v, fold)
				for _, a := range c.Args[1:] {
					m := a.Get(i)
					if items := m.Items(); items != nil && a.Type == types.Dynamic {
						for _, it := range items {
							k, ok := ListKey(x.Type, types.Dynamic, it, fold)
							in = in || ok && k == key
						}
					} else if k, ok := ListKey(x.Type, a.Type, m, fold); ok {
						in = k == key
					}
					if in {
						break
					}
				}
			}
			out[i] = in == want
		}
		return vec.OfBools(out), nil
	}
}

// HasConst is the kernel of has_any (has_all with all set) over constant needles.
func HasConst(needles []string, all bool) Kernel {
	tests := make([]func(string) bool, len(needles))
	for i, n := range needles {
		tests[i] = Matcher("has")(n)
	}
	return func(c *Call) (*vec.Vec, error) {
		out := make([]bool, c.N)
		a := c.Args[0]
		for i := range out {
			out[i] = hasTests(a.Strs[a.At(i)], tests, all)
		}
		return vec.OfBools(out), nil
	}
}

func hasTests(s string, tests []func(string) bool, all bool) bool {
	for _, t := range tests {
		if t(s) != all {
			return !all
		}
	}
	return all
}

// HasList is HasConst for needles that differ by row.
func HasList(all bool) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		out := make([]bool, c.N)
		for i := range out {
			var tests []func(string) bool
			for _, a := range c.Args[1:] {
				v := a.Get(i)
				if items := v.Items(); items != nil {
					for _, it := range items {
						tests = append(tests, Matcher("has")(value.Text(it, true)))
					}
				} else {
					tests = append(tests, Matcher("has")(value.Text(v, a.Type == types.Dynamic)))
				}
			}
			out[i] = hasTests(c.Args[0].Strs[c.Args[0].At(i)], tests, all)
		}
		return vec.OfBools(out), nil
	}
}
