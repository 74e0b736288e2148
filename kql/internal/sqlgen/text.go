package sqlgen

import (
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// find writes the searches that tell upper from lower case: they compare bytes
// in both languages. The others fold case by rules that SQL does not have.
func (g *Generator) find(x *plan.Call, r *relation, want bool) (string, error) {
	a, err := g.native(x.Args[0], r)
	if err != nil {
		return "", err
	}
	b, err := g.native(x.Args[1], r)
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
	col, err := g.native(x.Args[0], r)
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
