package sqlgen

import (
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

func (g *Generator) aggregate(x *plan.Aggregate) (*relation, error) {
	r, err := g.relation(x.Input)
	if err != nil {
		return nil, err
	}
	r = r.open()
	// Results are computed from the grouping SELECT's columns, named g.cN.
	var sel, out []column
	var group []string
	for i, k := range x.Keys {
		c, err := g.value(k, r)
		if err != nil {
			return nil, decline("key %s: %v", x.Cols[i].Name, err)
		}
		if !keyed(c.t) {
			return nil, decline("key %s is %s, which SQL does not group as KQL does", x.Cols[i].Name, c.t)
		}
		res := column{sql: fmt.Sprintf("g.c%d", i), t: c.t, noNull: c.noNull}
		if c.unit != "" {
			res.sql = fmt.Sprintf("(%s * %d)", res.sql, c.by)
			c.sql = c.unit
		}
		sel, out = append(sel, c), append(out, res)
		group = append(group, fmt.Sprint(i+1))
	}
	for _, a := range x.Aggs {
		filter := ""
		if a.If != nil {
			cond, err := g.truth(a.If, r)
			if err != nil {
				return nil, decline("%s: %v", a.Ref.Name, err)
			}
			filter = " FILTER (WHERE " + cond + ")"
		}
		parts, results, err := g.aggCall(a, r, filter, len(sel), x.Cols[len(x.Keys)+a.First:])
		if err != nil {
			return nil, err
		}
		sel = append(sel, parts...)
		out = append(out, results...)
	}
	if len(out) != len(x.Cols) {
		return nil, decline("results of several columns stay with the engine")
	}
	for i, c := range out {
		if c.t != x.Cols[i].Type {
			return nil, decline("%s is %s, not %s", x.Cols[i].Name, c.t, x.Cols[i].Type)
		}
	}
	in := *r
	in.cols, in.order, in.limit = sel, "", ""
	text := in.text()
	if len(group) > 0 {
		text += " GROUP BY " + strings.Join(group, ", ")
	}
	return &relation{table: r.table, from: "(" + text + ") AS g", cols: out, work: true}, nil
}

// wrapped is the sum of longs as KQL has it: modulo 2^64.
func wrapped(sum string) string {
	return "(((coalesce(" + sum + ", 0) + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616 - 9223372036854775808)::BIGINT"
}

// aggCall writes an aggregate: columns of the grouping SELECT from number at on,
// and the results over them.
func (g *Generator) aggCall(a plan.AggCall, r *relation, filter string, at int, cols []plan.Column) (parts, results []column, err error) {
	ref := func(i int) string { return fmt.Sprintf("g.c%d", at+i) }
	part := func(sql string) { parts = append(parts, column{sql: sql}) }
	result := func(sql string, t types.Type, noNull bool) {
		results = append(results, column{sql: sql, t: t, noNull: noNull})
	}
	var x column
	if len(a.Args) > 0 {
		if x, err = g.value(a.Args[0], r); err != nil {
			return nil, nil, decline("%s: %v", a.Ref.Name, err)
		}
	}
	whole := x.t == types.Int || x.t == types.Long || x.t == types.TimeSpan
	switch name := a.Ref.Name; {
	case name == "count":
		part("count(*)" + filter)
		result(ref(0), types.Long, true)
	case name == "sum" && whole:
		part("sum(" + x.sql + "::BIGINT)" + filter)
		result(wrapped(ref(0)), sumType(x.t), true)
	case name == "sum" && x.t == types.Real:
		part("sum(" + x.sql + ")" + filter)
		result("coalesce("+ref(0)+", 0)::DOUBLE", types.Real, true)
	case name == "avg" && (x.t == types.Int || x.t == types.Long):
		part("sum(" + x.sql + "::BIGINT)" + filter)
		part("count(" + x.sql + ")" + filter)
		result("(CASE WHEN "+ref(1)+" = 0 THEN 'nan'::DOUBLE ELSE "+wrapped(ref(0))+"::DOUBLE / "+ref(1)+" END)", types.Real, true)
	case name == "avg" && x.t == types.Real:
		part("avg(" + x.sql + ")" + filter)
		result("coalesce("+ref(0)+", 'nan'::DOUBLE)", types.Real, true)
	case strings.HasPrefix(name, "variance") || strings.HasPrefix(name, "stdev"):
		if x.t != types.Real {
			return nil, nil, decline("%s() of %s stays with the engine", name, orScalar(x.t))
		}
		g.spread(name, x.sql, filter, part, func(sql string) { result(sql, types.Real, true) }, ref)
	case (name == "min" || name == "max") && (whole || x.t == types.DateTime):
		part(name + "(" + x.sql + ")" + filter)
		result(ref(0), x.t, false)
	case (name == "min" || name == "max") && x.t == types.String:
		part(name + "(" + x.sql + ")" + filter)
		result("coalesce("+ref(0)+", '')", x.t, true)
	case name == "max" && x.t == types.Real:
		part("max(" + x.sql + ")" + filter) // NaN is the largest
		result(ref(0), x.t, false)
	case (name == "dcount" || name == "count_distinct") && keyed(x.t):
		part("count(DISTINCT " + x.sql + ")" + filter)
		result(ref(0), types.Long, true)
	case name == "arg_max" || name == "arg_min":
		return g.argCall(a, r, filter, at, cols, x)
	default:
		return nil, nil, decline("%s() of %s has no exact form in SQL", name, orScalar(x.t))
	}
	return parts, results, nil
}

// TooLarge is the message of the error with which a query of the store ends that
// the engine must compute.
const TooLarge = "kql: numbers too large for the store"

// spread writes variance and its like. Of values that are not numbers there is
// none; SQL refuses these, and those whose squares are too large, which few will
// have: there the engine computes.
func (g *Generator) spread(name, x, filter string, part, result func(sql string), ref func(i int) string) {
	sql, least := "var_samp", 2
	if strings.HasSuffix(name, "p") {
		sql, least = "var_pop", 1
	}
	cond := " FILTER (WHERE abs(" + x + ") <= 1e150"
	if inner, ok := strings.CutPrefix(filter, " FILTER (WHERE "); ok {
		cond += " AND (" + strings.TrimSuffix(inner, ")") + ")"
	}
	part(sql + "(" + x + ")" + cond + ")")
	part("count(" + x + ")" + filter)
	part("max(abs(" + x + "))" + filter) // NaN is the largest
	// The engine rounds to ten decimals, halves to the even side, where that many
	// have a meaning. Above 2^52 there are only whole numbers, so that adding it
	// leaves no part of a number behind the point.
	scaled := "(" + ref(0) + " * 1e10)"
	root := fmt.Sprintf("(CASE WHEN %s < 4503599627370496 THEN ((%[1]s + 4503599627370496::DOUBLE) - 4503599627370496::DOUBLE) / 1e10 WHEN %[1]s < 9007199254740992 THEN %[1]s / 1e10 ELSE %s END)", scaled, ref(0))
	if strings.HasPrefix(name, "stdev") {
		root = "sqrt(" + root + ")"
	}
	result(fmt.Sprintf("(CASE WHEN %s < %d THEN 0::DOUBLE WHEN %s <= 1e150 THEN %s WHEN %[3]s < 'inf'::DOUBLE THEN error('%[5]s')::DOUBLE ELSE 'nan'::DOUBLE END)",
		ref(1), least, ref(2), root, TooLarge))
}

func orScalar(t types.Type) string {
	if t == types.None {
		return "these arguments"
	}
	return t.String()
}

func sumType(t types.Type) types.Type {
	if t == types.TimeSpan {
		return types.TimeSpan
	}
	return types.Long
}

// lastKey returns the key of arg_max and arg_min as one without nulls, and the
// key out of the one that was found. SQL leaves out rows without a key, KQL takes
// one where there is no other: a null comes behind all keys.
func lastKey(name string, key column) (sql string, back func(found string) string) {
	switch {
	case key.noNull:
		return key.sql, func(s string) string { return s }
	case key.t == types.DateTime: // never below 0, and far from the largest of numbers
		null := "-1::BIGINT"
		if name == "arg_min" {
			null = "9223372036854775807::BIGINT"
		}
		return "coalesce(" + key.sql + ", " + null + ")", func(s string) string { return "nullif(" + s + ", " + null + ")" }
	}
	null := "(-9223372036854775809)::HUGEINT"
	if name == "arg_min" {
		null = "9223372036854775808::HUGEINT"
	}
	return "coalesce(" + key.sql + "::HUGEINT, " + null + ")", func(s string) string { return "nullif(" + s + ", " + null + ")::" + sqlType(key.t) }
}

// argCall writes arg_max and arg_min.
func (g *Generator) argCall(a plan.AggCall, r *relation, filter string, at int, cols []plan.Column, key column) (parts, results []column, err error) {
	name := a.Ref.Name
	if key.t != types.DateTime && !key.t.Integer() && key.t != types.TimeSpan {
		return nil, nil, decline("%s() by %s stays with the engine", name, key.t)
	}
	last, back := lastKey(name, key)
	if len(cols) < len(a.Args) {
		return nil, nil, decline("%s() of these columns stays with the engine", name)
	}
	ref := func(i int) string { return fmt.Sprintf("g.c%d", at+i) }
	parts = append(parts, column{sql: strings.TrimPrefix(name, "arg_") + "(" + last + ")" + filter})
	results = append(results, column{sql: back(ref(0)), t: key.t, noNull: false})
	var fields []string
	for i, e := range a.Args[1:] {
		c, err := g.value(e, r)
		if err != nil {
			return nil, nil, decline("%s: %v", name, err)
		}
		fields = append(fields, fmt.Sprintf("f%d := %s", i, c.sql))
		sql := fmt.Sprintf("%s.f%d", ref(1), i)
		if len(a.Args) == 2 {
			sql = ref(1)
		} else if c.t == types.Real {
			// DuckDB keeps structs in a form that has one zero only.
			fields = append(fields, fmt.Sprintf("z%d := CASE WHEN %s = 0 THEN starts_with(%[2]s::VARCHAR, '-') END", i, c.sql))
			sql = fmt.Sprintf("CASE WHEN %s.z%d THEN '-0.0'::DOUBLE ELSE %s END", ref(1), i, sql)
		}
		if c.t == types.String {
			sql = "coalesce(" + sql + ", '')"
		}
		results = append(results, column{sql: sql, t: c.t, noNull: c.t == types.String})
	}
	switch len(a.Args) - 1 {
	case 0:
	case 1:
		_, one, _ := strings.Cut(fields[0], " := ")
		if !results[len(results)-1].noNull {
			name += "_null" // which does not pass over rows without a value
		}
		parts = append(parts, column{sql: name + "(" + one + ", " + last + ")" + filter})
	default:
		parts = append(parts, column{sql: name + "(struct_pack(" + strings.Join(fields, ", ") + "), " + last + ")" + filter})
	}
	return parts, results, nil
}

// preAggregate lets SQL group the rows of make-series by its points, where the
// axis is known and the aggregates are some that it has: the engine then
// reads a row for each key and point. Nil where it cannot.
func (g *Generator) preAggregate(x *plan.MakeSeries) plan.Node {
	if _, err := g.relation(x.Input); err != nil {
		return nil
	}
	from, step, ok := g.axis(x)
	if !ok {
		g.note(x, decline("make-series without a constant step, or with a to and no constant from, is computed by the engine"))
		return nil
	}
	keys := append([]plan.Expr(nil), x.Keys...)
	columns := append([]plan.Column(nil), x.Columns()[:len(x.Keys)]...)
	keys = append(keys, &plan.Call{Name: binFrom, Args: []plan.Expr{x.On, step, from}, T: types.DateTime})
	columns = append(columns, plan.Column{Name: "point", Type: types.DateTime})
	out := *x
	out.Aggs = append([]plan.AggCall(nil), x.Aggs...)
	aggs := append([]plan.AggCall(nil), x.Aggs...)
	for i, a := range aggs {
		t := types.Long
		again := "sum"
		switch name := a.Ref.Name; {
		case name == "count":
		case name == "sum" && a.Args[0].Type().Integer():
		case (name == "min" || name == "max") && (a.Args[0].Type() == types.DateTime || a.Args[0].Type() == types.Long || a.Args[0].Type() == types.Int):
			again, t = name, a.Args[0].Type()
		default:
			// SQL gives one row for a key and a point: its value is the result.
			again, t = "take_any", a.Spec.Out
		}
		if a.Count > 1 || a.First != i {
			return nil
		}
		agg, found := fn.Builtin().Agg(again)
		if !found {
			return nil
		}
		at := len(keys) + i
		columns = append(columns, plan.Column{Name: fmt.Sprintf("part%d", i), Type: t})
		out.Aggs[i] = plan.AggCall{Ref: agg, Args: []plan.Expr{&plan.Col{Index: at, Name: columns[at].Name, T: t}}, First: a.First, Count: a.Count,
			Spec: fn.Spec{Args: []types.Type{t}, Consts: make([]value.Value, 1), Out: t, Outs: []types.Type{t}}}
	}
	rows := x.Input
	if x.From != nil {
		after, _ := fn.Binary(">=", types.DateTime, types.DateTime)
		rows = plan.NewFilter(rows, &plan.Call{Name: ">=", Eval: after.Eval, Args: []plan.Expr{x.On, from}, T: types.Bool})
	}
	in := plan.NewAggregate(rows, columns, keys, aggs)
	r, err := g.relation(in)
	if err != nil {
		g.note(x, err)
		return nil
	}
	out.Keys = nil
	for i := range x.Keys {
		out.Keys = append(out.Keys, &plan.Col{Index: i, Name: columns[i].Name, T: columns[i].Type})
	}
	out.On = &plan.Col{Index: len(x.Keys), Name: "point", T: types.DateTime}
	out.With(g.pushed(in, r), x.Columns())
	return &out
}

// axis returns the constant step of an axis of datetimes and a constant point of
// it that no value on it lies before. An axis without from and to has its points
// at whole steps: the first and last of them are the same whether they are found
// from the rows or from their points.
func (g *Generator) axis(x *plan.MakeSeries) (from, step *plan.Const, ok bool) {
	if x.Step == nil || x.On.Type() != types.DateTime || x.Inclusive || x.From == nil && x.To != nil {
		return nil, nil, false
	}
	from, ok1 := &plan.Const{Value: value.DateTime(0), T: types.DateTime}, true
	if x.From != nil {
		from, ok1 = g.constant(x.From)
	}
	step, ok2 := g.constant(x.Step)
	if !ok1 || !ok2 || from.T != types.DateTime || step.T != types.TimeSpan || from.Value.IsNull() || step.Value.IsNull() || step.Value.Int64() <= 0 {
		return nil, nil, false
	}
	return from, step, true
}
