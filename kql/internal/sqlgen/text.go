package sqlgen

import (
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// find writes the searches that tell upper from lower case: they compare bytes
// in both languages. The others fold case by rules that SQL does not have.
func (g *Generator) find(x *plan.Call, r *relation, want bool) (string, error) {
	a, err := g.value(x.Args[0], r)
	if err != nil {
		return "", err
	}
	b, err := g.value(x.Args[1], r)
	if err != nil {
		return "", err
	}
	if a.t != types.String || b.t != types.String {
		return "", decline("%s on %s stays with the engine", x.Name, a.t)
	}
	name, negated := strings.CutPrefix(x.Name, "!")
	f := map[string]string{"contains_cs": "contains", "startswith_cs": "starts_with", "endswith_cs": "suffix"}[name]
	s := f + "(" + a.sql + ", " + b.sql + ")"
	if negated == want {
		s = "NOT " + s
	}
	return "(" + s + ")", nil
}

// folded writes searches without regard to case, for needles of ASCII letters.
// Letters beyond ASCII that fold to one are few: the Kelvin sign is a k
// wherever SQL and the engine make lower case; the dotted capital I becomes an i
// in SQL, and the long s does not become an s: they are replaced where the
// engine has it otherwise.
func (g *Generator) folded(x *plan.Call, r *relation, want bool) (string, error) {
	col, err := g.value(x.Args[0], r)
	if err != nil {
		return "", err
	}
	if col.t != types.String {
		return "", decline("%s on %s stays with the engine", x.Name, col.t)
	}
	needles, ok := g.needles(x)
	if !ok || len(needles) == 0 {
		return "", decline("%s of other than constant ASCII texts stays with the engine", x.Name)
	}
	name, negated := strings.CutPrefix(x.Name, "!")
	if x.Name == "!~" {
		name = "=~"
	}
	all := strings.Join(needles, "")
	text := col.sql
	switch name {
	case "contains":
		if !strings.ContainsAny(all, "ks") && strings.Contains(all, "i") {
			text = "replace(" + text + ", 'İ', chr(1))"
		}
	case "startswith", "endswith", "=~":
		if strings.Contains(all, "i") {
			text = "replace(" + text + ", 'İ', chr(1))"
		}
		if strings.Contains(all, "s") {
			text = "replace(" + text + ", 'ſ', 's')"
		}
	}
	text = "lower(" + text + ")"
	quoted := make([]string, len(needles))
	for i, n := range needles {
		if quoted[i], err = quote(n); err != nil {
			return "", err
		}
	}
	var s string
	switch name {
	case "contains":
		s = "contains(" + text + ", " + quoted[0] + ")"
	case "startswith":
		s = "starts_with(" + text + ", " + quoted[0] + ")"
	case "endswith":
		s = "suffix(" + text + ", " + quoted[0] + ")"
	case "=~":
		s = "(" + text + " = " + quoted[0] + ")"
	default:
		s = "(" + text + " IN (" + strings.Join(quoted, ", ") + "))"
	}
	if negated == want {
		s = "(NOT " + s + ")"
	}
	return s, nil
}

// terms writes the searches of terms: where the letters are found, a regular
// expression looks at what stands beside them.
func (g *Generator) terms(x *plan.Call, r *relation, want bool) (string, error) {
	col, err := g.value(x.Args[0], r)
	if err != nil {
		return "", err
	}
	if col.t != types.String {
		return "", decline("%s on %s stays with the engine", x.Name, col.t)
	}
	needles, ok := g.constantTexts(x)
	name, negated := strings.CutPrefix(x.Name, "!")
	if !ok || len(needles) == 0 || len(needles) > 1 && name != "has_any" && name != "has_all" || len(needles) > maxTerms {
		return "", decline("%s of other than a few constant ASCII texts stays with the engine", x.Name)
	}
	op := name
	if name == "has_any" || name == "has_all" {
		op = "has"
	}
	groups := [][]string{needles}
	if name == "has_all" {
		groups = nil
		for _, n := range needles {
			groups = append(groups, []string{n})
		}
	}
	var parts []string
	for _, group := range groups {
		pattern, ok := fn.TermPattern(op, group)
		if !ok {
			return "", decline("%s of an empty text stays with the engine", x.Name)
		}
		var found []string
		for _, n := range group {
			text := col.sql
			if !strings.HasSuffix(op, "_cs") {
				text, n = "lower("+text+")", strings.ToLower(n)
			}
			q, err := quote(n)
			if err != nil {
				return "", err
			}
			found = append(found, "contains("+text+", "+q+")")
		}
		q, err := quote(pattern)
		if err != nil {
			return "", err
		}
		parts = append(parts, "(("+strings.Join(found, " OR ")+") AND regexp_matches("+col.sql+", "+q+"))")
	}
	s := "(" + strings.Join(parts, " AND ") + ")"
	if negated == want {
		s = "(NOT " + s + ")"
	}
	return s, nil
}

// maxTerms bounds the needles of has_any and has_all in SQL: each costs a search
// of its own there.
const maxTerms = 16

// needles returns the constant texts that a search looks for, in lower case;
// false where they are not all of ASCII.
func (g *Generator) needles(x *plan.Call) (needles []string, ok bool) {
	needles, ok = g.constantTexts(x)
	for i, n := range needles {
		needles[i] = strings.ToLower(n)
	}
	return needles, ok
}

// constantTexts returns the constant texts that a search looks for as they are
// written; false where they are not all of ASCII.
func (g *Generator) constantTexts(x *plan.Call) (needles []string, ok bool) {
	if len(x.Args)-1 >= plan.MaxListed {
		return nil, false
	}
	for _, a := range x.Args[1:] {
		c, known := g.constant(a)
		switch {
		case !known:
			return nil, false
		case c.T == types.String:
			needles = append(needles, c.Value.Str())
		case c.T == types.Dynamic && c.Value.Items() != nil:
			for _, it := range c.Value.Items() {
				if it.Kind() != value.KindString {
					return nil, false
				}
				needles = append(needles, it.Str())
			}
		default:
			return nil, false
		}
	}
	for _, n := range needles {
		for k := range len(n) {
			if n[k] >= 0x80 || n[k] < 0x20 {
				return nil, false
			}
		}
	}
	return needles, true
}

// hint writes a condition that holds for every row for which e is true, and for
// few others: it spares the engine rows that it would turn away. "" where there
// is none. A term is found wherever its letters are; see folded for their case.
func (g *Generator) hint(e plan.Expr, r *relation) string {
	x, ok := e.(*plan.Call)
	if !ok || len(x.Args) < 2 {
		return ""
	}
	if x.Name == "and" || x.Name == "or" {
		a, b := g.hintOrTruth(x.Args[0], r), g.hintOrTruth(x.Args[1], r)
		switch {
		case a != "" && b != "" && x.Name == "and":
			return "(" + a + " AND " + b + ")"
		case a != "" && b != "":
			return "(" + a + " OR " + b + ")"
		case x.Name == "and":
			return a + b
		}
		return ""
	}
	col, err := g.value(x.Args[0], r)
	if err != nil || col.t != types.String {
		return ""
	}
	needles, ok := g.needles(x)
	if !ok {
		return ""
	}
	switch x.Name {
	case "has", "hasprefix", "hassuffix", "has_cs", "hasprefix_cs", "hassuffix_cs":
		if len(needles) != 1 {
			return ""
		}
	case "has_any":
	default:
		return ""
	}
	var parts []string
	for _, n := range needles {
		if n == "" {
			return ""
		}
		q, err := quote(n)
		if err != nil {
			return ""
		}
		parts = append(parts, "contains(lower("+col.sql+"), "+q+")")
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

func (g *Generator) hintOrTruth(e plan.Expr, r *relation) string {
	if s, err := g.truth(e, r); err == nil {
		return s
	}
	return g.hint(e, r)
}
