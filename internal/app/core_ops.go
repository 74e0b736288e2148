package app

import (
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

type diagDiagnostic = diag.Diagnostic

// operators are the comparisons of Azure Policy ("Azure Policy definition
// structure policy rule, conditions"). Text is compared without regard to case
// but for match and its kin.
var operators = map[string]func(v, want jsondoc.Value) bool{
	"equals":                func(v, want jsondoc.Value) bool { return equal(v, want) },
	"notequals":             func(v, want jsondoc.Value) bool { return !equal(v, want) },
	"like":                  func(v, want jsondoc.Value) bool { return like(v, want) },
	"notlike":               func(v, want jsondoc.Value) bool { return !like(v, want) },
	"match":                 func(v, want jsondoc.Value) bool { return match(text(v), text(want)) },
	"notmatch":              func(v, want jsondoc.Value) bool { return !match(text(v), text(want)) },
	"matchinsensitively":    func(v, want jsondoc.Value) bool { return match(lower(text(v)), lower(text(want))) },
	"notmatchinsensitively": func(v, want jsondoc.Value) bool { return !match(lower(text(v)), lower(text(want))) },
	"contains":              contains,
	"notcontains":           func(v, want jsondoc.Value) bool { return !contains(v, want) },
	"in":                    in,
	"notin":                 func(v, want jsondoc.Value) bool { return !in(v, want) },
	"containskey":           func(v, want jsondoc.Value) bool { return v.Get(text(want)).Exists() },
	"notcontainskey":        func(v, want jsondoc.Value) bool { return !v.Get(text(want)).Exists() },
	"less":                  func(v, want jsondoc.Value) bool { n, ok := order(v, want); return ok && n < 0 },
	"lessorequals":          func(v, want jsondoc.Value) bool { n, ok := order(v, want); return ok && n <= 0 },
	"greater":               func(v, want jsondoc.Value) bool { n, ok := order(v, want); return ok && n > 0 },
	"greaterorequals":       func(v, want jsondoc.Value) bool { n, ok := order(v, want); return ok && n >= 0 },
}

// text returns a scalar as text: booleans and numbers as they are written.
func text(v jsondoc.Value) string {
	if t, ok := v.Text(); ok {
		return t
	}
	if v.IsMissing() || v.IsNull() {
		return ""
	}
	return v.String()
}

func equal(v, want jsondoc.Value) bool {
	switch v.Kind() {
	case jsondoc.Array, jsondoc.Object:
		return jsondoc.Equal(v, want)
	case jsondoc.Missing, jsondoc.Null:
		return want.IsMissing() || want.IsNull() || text(want) == "" && want.Kind() == jsondoc.String
	case jsondoc.Number:
		if want.Kind() == jsondoc.Number {
			return jsondoc.Equal(v, want)
		}
	case jsondoc.Bool, jsondoc.String:
	}
	return strings.EqualFold(text(v), text(want))
}

func in(v, want jsondoc.Value) bool {
	for _, e := range want.Elements() {
		if equal(v, e) {
			return true
		}
	}
	return false
}

func contains(v, want jsondoc.Value) bool {
	if v.Kind() == jsondoc.Array {
		for _, e := range v.Elements() {
			if equal(e, want) {
				return true
			}
		}
		return false
	}
	return v.Exists() && strings.Contains(lower(text(v)), lower(text(want)))
}

// like compares with at most one "*" as Azure Policy has it; several are taken
// as they would be in a file name.
func like(v, want jsondoc.Value) bool {
	s, parts := lower(text(v)), strings.Split(lower(text(want)), "*")
	if len(parts) == 1 {
		return s == parts[0]
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

// match compares with "#" for a digit, "?" for a letter and "." for anything.
func match(s, pattern string) bool {
	rs, ps := []rune(s), []rune(pattern)
	if len(rs) != len(ps) {
		return false
	}
	for i, p := range ps {
		r := rs[i]
		switch p {
		case '#':
			if r < '0' || r > '9' {
				return false
			}
		case '?':
			if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
				return false
			}
		case '.':
		default:
			if r != p {
				return false
			}
		}
	}
	return true
}

// order compares two numbers, two dates or two texts; ok is false where the
// kinds differ.
func order(v, want jsondoc.Value) (int, bool) {
	if a, ok := v.Float(); ok {
		if b, ok := want.Float(); ok {
			switch {
			case a < b:
				return -1, true
			case a > b:
				return 1, true
			}
			return 0, true
		}
	}
	a, okA := v.Text()
	b, okB := want.Text()
	if !okA || !okB {
		return 0, false
	}
	if ta, ok := arm.ParseTime(a); ok {
		if tb, ok := arm.ParseTime(b); ok {
			return ta.Compare(tb), true
		}
	}
	return strings.Compare(lower(a), lower(b)), true
}

// scope answers the functions of expressions in a policy.
type scope struct {
	f *frame
	c *compiler
}

func (s scope) Parameter(name string) (arm.Value, error) {
	if v, ok := s.c.parameters[lower(name)]; ok {
		return arm.Of(v), nil
	}
	return arm.Unknown("the parameter " + name + " has no value"), nil
}

func (s scope) Variable(string) (arm.Value, error) { return arm.Value{}, arm.ErrNoFunction }

func (s scope) Call(name string, args []arm.Value) (arm.Value, error) {
	switch lower(name) {
	case "field":
		if len(args) == 1 {
			ref := newFieldRef(text(args[0].Doc()))
			values, unread := s.f.field(&ref)
			switch {
			case unread:
				return arm.Unknown(text(args[0].Doc()) + " was not read"), nil
			case ref.array:
				return arm.Of(jsondoc.NewArray(values...)), nil
			case len(values) == 1:
				return arm.Of(values[0]), nil
			}
		}
		return arm.Null, nil
	case "current":
		for _, c := range slices.Backward(s.f.counts) {

			if len(args) == 0 || strings.EqualFold(c.name, text(args[0].Doc())) {
				return arm.Of(c.value), nil
			}
			if rest, ok := cutFold(text(args[0].Doc()), c.name); ok {
				values := walk(c.value, segments(strings.TrimPrefix(rest, ".")))
				if len(values) == 1 {
					return arm.Of(values[0]), nil
				}
				return arm.Of(jsondoc.NewArray(values...)), nil
			}
		}
		return arm.Null, nil
	case "subscription":
		id := s.f.res.ID.Subscription()
		return arm.Of(jsondoc.NewObject(jsondoc.Member{Name: "id", Value: jsondoc.NewString("/subscriptions/" + id)}, jsondoc.Member{Name: "subscriptionId", Value: jsondoc.NewString(id)})), nil
	case "resourcegroup":
		id := s.f.res.ID
		group := "/subscriptions/" + id.Subscription() + "/resourceGroups/" + id.ResourceGroup()
		if r, ok := s.f.inv.Lookup(group); ok {
			return arm.Of(r.Body), nil
		}
		return arm.Of(jsondoc.NewObject(jsondoc.Member{Name: "id", Value: jsondoc.NewString(group)}, jsondoc.Member{Name: "name", Value: jsondoc.NewString(id.ResourceGroup())})), nil
	}
	return arm.Value{}, arm.ErrNoFunction
}
