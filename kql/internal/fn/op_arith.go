package fn

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// arith returns the overload of + - * / % for two types.
func arith(op string, l, r types.Type) (Overload, bool) {
	lt, rt := l, r
	switch {
	case l == types.Dynamic && r == types.Dynamic:
		return Overload{Eval: Strict(func(a []value.Value) value.Value { return dynamicArith(op, a[0], a[1]) }), Out: types.Dynamic}, true
	case op != "+" && op != "-" && (l == types.Dynamic && !r.Numeric() || r == types.Dynamic && !l.Numeric()):
		return Overload{}, false // a time multiplied with what may be no number
	case l == types.Dynamic:
		lt = operandType(r)
	case r == types.Dynamic:
		rt = operandType(l)
	}
	if lt.Numeric() && rt.Numeric() {
		switch t := types.Wider(lt, rt); t {
		case types.Decimal:
			return to(t, t, t, decimalArith(op))
		case types.Real:
			return to(t, t, t, realArith(op))
		default:
			return to(types.Long, types.Long, types.Long, longArith(op))
		}
	}
	return timeArith(op, lt, rt)
}

func operandType(t types.Type) types.Type {
	if t == types.Int {
		return types.Long
	}
	return t
}

func to(l, r, out types.Type, k Kernel) (Overload, bool) {
	return Overload{To: []types.Type{l, r}, Out: out, Eval: k}, k != nil
}

func longArith(op string) Kernel {
	switch op {
	case "+":
		return Map2(func(a, b int64) (int64, bool) { return a + b, true })
	case "-":
		return Map2(func(a, b int64) (int64, bool) { return a - b, true })
	case "*":
		return Map2(func(a, b int64) (int64, bool) { return a * b, true })
	case "/":
		return Map2(func(a, b int64) (int64, bool) {
			switch b {
			case 0:
				return 0, false
			case -1:
				return -a, true
			}
			return a / b, true
		})
	case "%":
		return Map2(euclid)
	}
	return nil
}

// euclid is the remainder that is never negative.
func euclid(a, b int64) (int64, bool) {
	switch b {
	case 0:
		return 0, false
	case -1:
		return 0, true
	}
	m := a % b
	if m < 0 {
		if b < 0 {
			m -= b
		} else {
			m += b
		}
	}
	return m, true
}

func realArith(op string) Kernel {
	switch op {
	case "+":
		return Map2(func(a, b float64) (float64, bool) { return a + b, true })
	case "-":
		return Map2(func(a, b float64) (float64, bool) { return a - b, true })
	case "*":
		return Map2(func(a, b float64) (float64, bool) { return a * b, true })
	case "/":
		return Map2(func(a, b float64) (float64, bool) { return a / b, true })
	case "%":
		return Map2(func(a, b float64) (float64, bool) { return realMod(a, b), true })
	}
	return nil
}

func realMod(a, b float64) float64 {
	m := math.Mod(a, b)
	if m < 0 {
		m += math.Abs(b)
	}
	return m
}

func decimalArith(op string) Kernel {
	ctx := types.Decimals()
	var f func(d, x, y *apd.Decimal) (apd.Condition, error)
	switch op {
	case "+":
		f = ctx.Add
	case "-":
		f = ctx.Sub
	case "*":
		f = ctx.Mul
	case "/":
		f = ctx.Quo
	case "%":
		f = ctx.Rem
	default:
		return nil
	}
	return Map2(func(a, b *types.Dec) (*types.Dec, bool) {
		d := new(types.Dec)
		if _, err := f(d, a, b); err != nil || d.Form != apd.Finite {
			return nil, false
		}
		if op == "/" {
			d.Reduce(d) // a quotient that is exact ends where it does
		}
		if op == "%" && d.Negative {
			m := new(types.Dec).Abs(b)
			if _, err := ctx.Add(d, d, m); err != nil {
				return nil, false
			}
		}
		return d, true
	})
}

// timeArith is arithmetic with datetimes and timespans.
func timeArith(op string, l, r types.Type) (Overload, bool) {
	const dt, ts = types.DateTime, types.TimeSpan
	num := func(t types.Type) bool { return t.Numeric() }
	add := Map2(types.AddOverflow)
	sub := Map2(func(a, b int64) (int64, bool) {
		if b == math.MinInt64 {
			return 0, false
		}
		return types.AddOverflow(a, -b)
	})
	dateOut := func(f func(a, b int64) (int64, bool)) Kernel {
		return Map2(func(a, b int64) (int64, bool) {
			t, ok := f(a, b)
			return t, ok && types.ValidDateTime(t)
		})
	}
	switch op {
	case "+":
		switch {
		case l == ts && r == ts:
			return to(ts, ts, ts, add)
		case l == dt && r == ts || l == ts && r == dt || l == dt && r == dt:
			return to(l, r, dt, dateOut(types.AddOverflow))
		}
	case "-":
		switch {
		case l == ts && r == ts, l == dt && r == dt:
			return to(l, r, ts, sub)
		case l == dt && r == ts, l == ts && r == dt:
			return to(l, r, dt, dateOut(func(a, b int64) (int64, bool) { return types.AddOverflow(a, -b) }))
		}
	case "*":
		switch {
		case (l == ts || l == dt) && num(r):
			return scaleTime(l, l, r, false)
		case num(l) && (r == ts || r == dt):
			return scaleTime(r, l, r, true)
		case l == ts && r == ts:
			return to(ts, ts, ts, Map2(types.MulOverflow))
		}
	case "/":
		switch {
		case l == ts && r == ts || l == dt && (r == ts || r == dt):
			return to(l, r, types.Real, Map2(func(a, b int64) (float64, bool) { return float64(a) / float64(b), true }))
		case (l == ts || l == dt) && r.Integer():
			return to(l, types.Long, l, Map2(func(a, b int64) (int64, bool) {
				if b == 0 {
					return 0, false
				}
				return a / b, true
			}))
		case (l == ts || l == dt) && num(r):
			return to(l, types.Real, l, Map2(func(a int64, b float64) (int64, bool) { return types.TicksFromReal(float64(a) / b) }))
		}
	case "%":
		switch {
		case l == ts && r == ts || l == dt && (r == ts || r == dt):
			return to(l, r, ts, Map2(euclid))
		case (l == ts || l == dt) && num(r):
			return to(l, types.Long, l, Map2(euclid))
		}
	}
	return Overload{}, false
}

func scaleTime(t, l, r types.Type, numFirst bool) (Overload, bool) {
	n := r
	if numFirst {
		n = l
	}
	if n.Integer() {
		return to(l, r, t, Map2(types.MulOverflow))
	}
	mul := func(ticks int64, f float64) (int64, bool) { return types.TicksFromReal(float64(ticks) * f) }
	if numFirst {
		return to(types.Real, r, t, Map2(func(f float64, ticks int64) (int64, bool) { return mul(ticks, f) }))
	}
	return to(l, types.Real, t, Map2(mul))
}

// dynamicArith computes with what two dynamics hold; null where they are no numbers.
func dynamicArith(op string, a, b value.Value) value.Value {
	o, ok := arith(op, a.Type(), b.Type())
	if !ok || a.Type() == types.Dynamic || b.Type() == types.Dynamic {
		return value.Null
	}
	return applyOnce(o, a, b)
}

// negate is the unary minus.
func negate(t types.Type) (Overload, bool) {
	switch t {
	case types.Int, types.Long:
		return Overload{To: []types.Type{types.Long}, Out: types.Long, Eval: Map1(func(a int64) (int64, bool) { return -a, true })}, true
	case types.Real:
		return Overload{To: []types.Type{t}, Out: t, Eval: Map1(func(a float64) (float64, bool) { return -a, true })}, true
	case types.TimeSpan:
		return Overload{To: []types.Type{t}, Out: t, Eval: Map1(func(a int64) (int64, bool) { return -a, a != math.MinInt64 })}, true
	case types.Decimal:
		return Overload{To: []types.Type{t}, Out: t, Eval: Map1(func(a *types.Dec) (*types.Dec, bool) { return new(types.Dec).Neg(a), true })}, true
	case types.Dynamic:
		return Overload{To: []types.Type{t}, Out: t, Eval: Strict(func(a []value.Value) value.Value {
			return dynamicArith("-", value.Long(0), a[0])
		})}, true
	default:
	}
	return Overload{}, false
}
