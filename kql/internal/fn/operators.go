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
		return Overload{To: []types.Type{t}, Out: t, Eval: func(c *Call) (*vec.Vec, error) { return c.Args[0], nil }}, t.Numeric() || t == types.TimeSpan || t == types.Dynamic
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
		}
	}
	return vec.OfDynamics(out), nil
}
