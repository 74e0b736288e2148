package sqlgen

import (
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// truth writes a condition that is true where e is true, and false or null
// elsewhere.
func (g *Generator) truth(e plan.Expr, r *relation) (string, error) { return g.predicate(e, r, true) }

// predicate writes a condition that is true where e is want (not null), and
// false or null elsewhere. Parts that SQL has no form of are the engine's.
func (g *Generator) predicate(e plan.Expr, r *relation, want bool) (string, error) {
	s, err := g.nativePredicate(e, r, want)
	if err == nil {
		return s, nil
	}
	if e.Type() != types.Bool {
		return "", err
	}
	if x, ok := e.(*plan.Call); ok {
		switch {
		case (x.Name == "and" || x.Name == "or") && len(x.Args) == 2 && (g.partly(x.Args[0], r) || g.partly(x.Args[1], r)):
			return g.both(x, r, want, g.predicate)
		case x.Name == "not" && len(x.Args) == 1 && x.Args[0].Type() == types.Bool:
			return g.predicate(x.Args[0], r, !want)
		}
	}
	c, err := g.compute(e, r)
	if err != nil {
		return "", err
	}
	if c, err = g.inSQL(c); err != nil {
		return "", err
	}
	if want {
		return c.sql, nil
	}
	return "(NOT " + c.sql + ")", nil
}

// partly tells whether SQL has a form of a condition or of a part of it.
func (g *Generator) partly(e plan.Expr, r *relation) bool {
	at := condition{e: e, r: r}
	if known, ok := g.mixed[at]; ok {
		return known
	}
	_, err := g.nativePredicate(e, r, true)
	if x, ok := e.(*plan.Call); ok && err != nil && (x.Name == "and" || x.Name == "or") && len(x.Args) == 2 && (g.partly(x.Args[0], r) || g.partly(x.Args[1], r)) {
		err = nil
	}
	if g.mixed == nil {
		g.mixed = map[condition]bool{}
	}
	g.mixed[at] = err == nil
	return err == nil
}

// both writes and, or or.
func (g *Generator) both(x *plan.Call, r *relation, want bool, side func(plan.Expr, *relation, bool) (string, error)) (string, error) {
	a, err := side(x.Args[0], r, want)
	if err != nil {
		return "", err
	}
	b, err := side(x.Args[1], r, want)
	if err != nil {
		return "", err
	}
	op := " OR "
	if (x.Name == "and") == want {
		op = " AND "
	}
	return "(" + a + op + b + ")", nil
}

// nativePredicate is predicate for conditions that SQL has an exact form of. Of
// long chains of conditions each part is asked about many times.
func (g *Generator) nativePredicate(e plan.Expr, r *relation, want bool) (string, error) {
	at := condition{e, r, want}
	if err := g.foreign[at]; err != nil {
		return "", err
	}
	s, err := g.exact(e, r, want)
	if err == nil && len(s) > maxConditionSQL {
		s, err = "", decline("a condition that is too long in SQL stays with the engine")
	}
	if err != nil {
		if g.foreign == nil {
			g.foreign = map[condition]error{}
		}
		g.foreign[at] = err
	}
	return s, err
}

// exact is nativePredicate without a memory.
func (g *Generator) exact(e plan.Expr, r *relation, want bool) (string, error) {
	if e.Type() != types.Bool {
		return "", decline("a condition of type %s stays with the engine", e.Type())
	}
	if c, ok := g.constant(e); ok {
		if !c.Value.IsNull() && c.Value.IsTrue() == want {
			return "true", nil
		}
		return "false", nil
	}
	x, ok := e.(*plan.Call)
	if !ok {
		c, err := g.native(e, r)
		if err != nil {
			return "", err
		}
		if want {
			return c.sql, nil
		}
		return "(NOT " + c.sql + ")", nil
	}
	switch x.Name {
	case "and", "or":
		if len(x.Args) != 2 {
			break
		}
		return g.both(x, r, want, g.nativePredicate)
	case "not":
		if len(x.Args) == 1 && x.Args[0].Type() == types.Bool {
			return g.nativePredicate(x.Args[0], r, !want)
		}
	case "==", "!=":
		return g.equal(x, r, (x.Name == "==") == want)
	case "<", "<=", ">", ">=":
		return g.ordered(x, r, want)
	case "in", "!in":
		return g.member(x, r, (x.Name == "in") == want)
	case "in~", "!in~", "=~", "!~", "contains", "!contains", "startswith", "!startswith", "endswith", "!endswith":
		return g.folded(x, r, want)
	case "isnull", "isnotnull":
		c, err := g.native(x.Args[0], r)
		if err != nil {
			return "", err
		}
		if c.t == types.String {
			return "", decline("texts are never null")
		}
		if (x.Name == "isnull") == want {
			return "(" + c.sql + " IS NULL)", nil
		}
		return "(" + c.sql + " IS NOT NULL)", nil
	case "isempty", "isnotempty", "notempty":
		c, err := g.native(x.Args[0], r)
		if err != nil {
			return "", err
		}
		if c.t != types.String {
			break
		}
		if (x.Name == "isempty") == want {
			return "(" + c.sql + " = '')", nil
		}
		return "(" + c.sql + " <> '')", nil
	case "contains_cs", "startswith_cs", "endswith_cs", "!contains_cs", "!startswith_cs", "!endswith_cs":
		return g.find(x, r, want)
	}
	return "", decline("%s has no exact form in SQL", strings.TrimSpace(x.Name))
}

// operands writes both sides of a comparison of one type.
func (g *Generator) operands(x *plan.Call, r *relation) (a, b column, err error) {
	if len(x.Args) != 2 {
		return a, b, decline("%s of %d operands", x.Name, len(x.Args))
	}
	if a, err = g.native(x.Args[0], r); err != nil {
		return a, b, err
	}
	if b, err = g.native(x.Args[1], r); err != nil {
		return a, b, err
	}
	if a.t != b.t || !keyed(a.t) && a.t != types.Real {
		return a, b, decline("%s and %s are not compared as in SQL", a.t, b.t)
	}
	return a, b, nil
}

// equal writes ==, or != where want is false: true where either is null, but
// not where both are.
func (g *Generator) equal(x *plan.Call, r *relation, want bool) (string, error) {
	a, b, err := g.operands(x, r)
	if err != nil {
		return "", err
	}
	if a.t == types.Real {
		// NaN, which SQL takes for equal to itself, equals nothing.
		if c, ok := g.constant(x.Args[1]); !ok || c.Value.IsNull() || c.Value.Float() != c.Value.Float() {
			return "", decline("reals that may be NaN are not compared as in SQL")
		}
	}
	if want {
		return "(" + a.sql + " = " + b.sql + ")", nil
	}
	differ := a.sql + " <> " + b.sql
	switch {
	case a.noNull && b.noNull:
		return "(" + differ + ")", nil
	case b.noNull:
		return "(" + differ + " OR " + a.sql + " IS NULL)", nil
	case a.noNull:
		return "(" + differ + " OR " + b.sql + " IS NULL)", nil
	}
	return "(" + differ + " OR (" + a.sql + " IS NULL) <> (" + b.sql + " IS NULL))", nil
}

var opposite = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<"}

// ordered writes < and its like. SQL takes NaN for the largest of all reals.
func (g *Generator) ordered(x *plan.Call, r *relation, want bool) (string, error) {
	a, b, err := g.operands(x, r)
	if err != nil {
		return "", err
	}
	if a.t == types.GUID || a.t == types.Bool {
		return "", decline("values of type %s are not ordered as in SQL", a.t)
	}
	op := x.Name
	if !want {
		op = opposite[op]
	}
	s := a.sql + " " + op + " " + b.sql
	if a.t != types.Real {
		return "(" + s + ")", nil
	}
	if c, ok := g.constant(x.Args[1]); !ok || c.Value.IsNull() || c.Value.Float() != c.Value.Float() {
		return "", decline("reals that may be NaN are not ordered as in SQL")
	}
	switch above := op == ">" || op == ">="; {
	case want && above:
		s += " AND " + a.sql + " <= 'inf'::DOUBLE"
	case !want && !above:
		s += " OR isnan(" + a.sql + ")"
	}
	return "(" + s + ")", nil
}

// member writes in, or !in where want is false: null is in no list.
func (g *Generator) member(x *plan.Call, r *relation, want bool) (string, error) {
	a, err := g.native(x.Args[0], r)
	if err != nil {
		return "", err
	}
	// The planner keeps no more than this many; whether there were more is not known.
	if len(x.Args)-1 >= plan.MaxListed {
		return "", decline("a list of %d values or more stays with the engine", plan.MaxListed)
	}
	if a.t != types.String && a.t != types.Int && a.t != types.Long && a.t != types.GUID {
		return "", decline("lists of %s stay with the engine", a.t)
	}
	var items []string
	add := func(v value.Value, t types.Type) error {
		if v.IsNull() && t != types.String {
			return nil
		}
		if t != a.t && !(t == types.Long && a.t == types.Int) && !(t == types.Int && a.t == types.Long) {
			return decline("a list of %s for a column of %s stays with the engine", t, a.t)
		}
		if t.Integer() {
			t = types.Long
			v = value.Long(v.Int64())
		}
		s, err := literal(&plan.Const{Value: v, T: t})
		items = append(items, s)
		return err
	}
	for _, e := range x.Args[1:] {
		c, ok := g.constant(e)
		if !ok {
			return "", decline("a list that is not constant stays with the engine")
		}
		if c.T != types.Dynamic {
			if err := add(c.Value, c.T); err != nil {
				return "", err
			}
			continue
		}
		for _, it := range c.Value.Items() {
			if it.Type() == types.None || it.Type() == types.Dynamic {
				return "", decline("a list with nested values stays with the engine")
			}
			if err := add(it, it.Type()); err != nil {
				return "", err
			}
		}
		if c.Value.Items() == nil {
			return "", decline("a list that is no array stays with the engine")
		}
	}
	if len(items) == 0 {
		if want {
			return "false", nil
		}
		return "true", nil
	}
	list := "(" + strings.Join(items, ", ") + ")"
	switch {
	case want:
		return "(" + a.sql + " IN " + list + ")", nil
	case a.noNull:
		return "(" + a.sql + " NOT IN " + list + ")", nil
	}
	return "(" + a.sql + " NOT IN " + list + " OR " + a.sql + " IS NULL)", nil
}
