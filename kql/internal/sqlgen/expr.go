package sqlgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// quote writes text as a string in SQL. A zero byte cannot stand in SQL's text.
func quote(s string) (string, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return "", decline("a text holds a zero byte")
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'", nil
}

func sqlType(t types.Type) string {
	switch t {
	case types.Bool:
		return "BOOLEAN"
	case types.Int:
		return "INTEGER"
	case types.Long, types.DateTime, types.TimeSpan:
		return "BIGINT"
	case types.Real:
		return "DOUBLE"
	case types.GUID:
		return "UUID"
	default:
		return "VARCHAR"
	}
}

// literal writes a constant.
func literal(c *plan.Const) (string, error) {
	switch t := c.T; t {
	case types.String:
		return quote(c.Value.Str())
	case types.Bool, types.Int, types.Long, types.DateTime, types.TimeSpan, types.Real, types.GUID:
		if c.Value.IsNull() {
			return "CAST(NULL AS " + sqlType(t) + ")", nil
		}
		switch t {
		case types.Bool:
			return strconv.FormatBool(c.Value.IsTrue()), nil
		case types.Real:
			return realLiteral(c.Value.Float()), nil
		case types.GUID:
			return "'" + value.Text(c.Value, false) + "'::UUID", nil
		default: // integers
		}
		if i := c.Value.Int64(); i == math.MinInt64 {
			return "(-9223372036854775807 - 1)::" + sqlType(t), nil
		}
		return fmt.Sprintf("(%d)::%s", c.Value.Int64(), sqlType(t)), nil
	default:
	}
	return "", decline("constants of type %s stay with the engine", c.T)
}

func realLiteral(f float64) string {
	switch {
	case math.IsNaN(f):
		return "'nan'::DOUBLE"
	case math.IsInf(f, 1):
		return "'inf'::DOUBLE"
	case math.IsInf(f, -1):
		return "'-inf'::DOUBLE"
	}
	return "'" + strconv.FormatFloat(f, 'g', -1, 64) + "'::DOUBLE"
}

// native writes an expression that SQL has an exact form of.
func (g *Generator) native(e plan.Expr, r *relation) (column, error) {
	if c, ok := e.(*plan.Col); ok {
		col := r.cols[c.Index]
		if col.fn != nil {
			return column{}, decline("column %s is computed by the engine", c.Name)
		}
		if col.t != c.T {
			return column{}, decline("column %s is %s in the store", c.Name, col.t)
		}
		return col, nil
	}
	if c, ok := g.constant(e); ok {
		s, err := literal(c)
		return column{sql: s, t: c.T, noNull: c.T == types.String || !c.Value.IsNull()}, err
	}
	var c column
	var err error
	switch x := e.(type) {
	case *plan.Cast:
		c, err = g.cast(x, r)
	case *plan.Call:
		c, err = g.call(x, r)
	default:
		return column{}, decline("%s stays with the engine", e)
	}
	if err == nil && len(c.sql) > maxColumnSQL {
		return column{}, decline("an expression that is too long in SQL stays with the engine")
	}
	return c, err
}

// What the text of a column may take, and that of a condition: columns stand for
// expressions, which may double in each of many steps.
const maxColumnSQL, maxConditionSQL = 32 << 10, 1 << 20

func (g *Generator) cast(x *plan.Cast, r *relation) (column, error) {
	in, err := g.native(x.X, r)
	if err != nil {
		return in, err
	}
	switch {
	case in.t == x.T:
		return in, nil
	case in.t == types.Int && x.T == types.Long, in.t.Integer() && x.T == types.Real:
		return column{sql: "CAST(" + in.sql + " AS " + sqlType(x.T) + ")", t: x.T, noNull: in.noNull}, nil
	case in.t.Integer() && x.T == types.String:
		return column{sql: "coalesce(CAST(" + in.sql + " AS VARCHAR), '')", t: x.T, noNull: true}, nil
	}
	return column{}, decline("conversions from %s to %s stay with the engine", in.t, x.T)
}

// call writes the functions that SQL has exactly.
func (g *Generator) call(x *plan.Call, r *relation) (column, error) {
	var none column
	arg := func(i int) (column, error) { return g.native(x.Args[i], r) }
	period := func(t column, ticks int64) (column, error) {
		// Datetimes are never negative, so that cutting is rounding down.
		unit := fmt.Sprintf("(%s // %d)", t.sql, ticks)
		return column{sql: fmt.Sprintf("(%s * %d)", unit, ticks), t: types.DateTime, noNull: t.noNull, unit: unit, by: ticks}, nil
	}
	switch {
	case (x.Name == "bin" || x.Name == "floor") && len(x.Args) == 2 && x.T == types.DateTime && x.Args[0].Type() == types.DateTime && x.Args[1].Type() == types.TimeSpan:
		t, err := arg(0)
		if err != nil {
			return none, err
		}
		if n, ok := g.constant(x.Args[1]); ok && !n.Value.IsNull() && n.Value.Int64() > 0 {
			return period(t, n.Value.Int64())
		}
	case x.Name == "startofday" && len(x.Args) == 1:
		t, err := arg(0)
		if err != nil {
			return none, err
		}
		return period(t, ticksPerDay)
	case x.Name == binFrom:
		t, err := g.value(x.Args[0], r)
		if err != nil {
			return none, err
		}
		step, _ := plan.IsConst(x.Args[1])
		from, _ := plan.IsConst(x.Args[2])
		if from.Value.Int64()%step.Value.Int64() == 0 {
			return period(t, step.Value.Int64())
		}
		return column{sql: fmt.Sprintf("(((%s - %d) // %d) * %d + %d)", t.sql, from.Value.Int64(), step.Value.Int64(), step.Value.Int64(), from.Value.Int64()), t: types.DateTime, noNull: t.noNull}, nil
	case x.Name == "hourofday" && len(x.Args) == 1 && x.T == types.Int:
		t, err := arg(0)
		return column{sql: fmt.Sprintf("((%s // %d) %% 24)::INTEGER", t.sql, ticksPerHour), t: types.Int, noNull: t.noNull}, err
	case (x.Name == "iif" || x.Name == "iff") && len(x.Args) == 3 && x.Args[1].Type() == x.T && x.Args[2].Type() == x.T && x.Args[0].Type() == types.Bool:
		cond, err := g.nativePredicate(x.Args[0], r, true)
		if err != nil {
			return none, err
		}
		a, err := arg(1)
		if err != nil {
			return none, err
		}
		b, err := arg(2)
		if err != nil {
			return none, err
		}
		return column{sql: "(CASE WHEN " + cond + " THEN " + a.sql + " ELSE " + b.sql + " END)", t: x.T, noNull: a.noNull && b.noNull}, nil
	case x.T == types.Bool:
		yes, err := g.nativePredicate(x, r, true)
		if err != nil {
			return none, err
		}
		no, err := g.nativePredicate(x, r, false)
		if err != nil {
			return none, err
		}
		return column{sql: "(CASE WHEN " + yes + " THEN true WHEN " + no + " THEN false END)", t: types.Bool, noNull: false}, nil
	}
	return none, decline("%s() has no exact form in SQL", x.Name)
}

const (
	ticksPerHour = 36_000_000_000
	ticksPerDay  = 24 * ticksPerHour
)

// binFrom is bin_at with a constant step above zero and a constant datetime that
// no value lies before.
const binFrom = "bin from"
