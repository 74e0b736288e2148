package lint

import (
	"maps"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// absent stands for a field that is not there, in a set of values.
const absent = "\x00absent"

// set is the values of a field that a condition lets through: those of vals,
// or all but those.
type set struct {
	but  bool
	vals map[string]bool
}

func only(vals ...string) set {
	s := set{vals: map[string]bool{}}
	for _, v := range vals {
		s.vals[v] = true
	}
	return s
}

func (s set) complement() set { return set{!s.but, s.vals} }

func (s set) empty() bool { return !s.but && len(s.vals) == 0 }

func (s set) has(v string) bool { return s.vals[v] != s.but }

// and returns what is in both.
func (s set) and(t set) set {
	switch {
	case s.but && t.but:
		out := set{true, maps.Clone(s.vals)}
		maps.Copy(out.vals, t.vals)
		return out
	case s.but:
		return t.and(s)
	}
	out := only()
	for v := range s.vals {
		if t.has(v) {
			out.vals[v] = true
		}
	}
	return out
}

// or returns what is in either.
func (s set) or(t set) set { return s.complement().and(t.complement()).complement() }

// allowed returns the values of a scalar field for which a comparison holds;
// ok is false where they cannot be listed.
func allowed(op string, want jsondoc.Value, location bool) (s set, ok bool) {
	switch strings.ToLower(op) {
	case "exists":
		text, ok := scalar(want, false)
		switch {
		case !ok:
			return s, false
		case text == "true":
			return only(absent).complement(), true
		case text == "false":
			return only(absent), true
		}
		return s, false
	case "equals", "notequals":
		text, ok := scalar(want, location)
		s = only(text)
		if strings.HasPrefix(strings.ToLower(op), "not") {
			s = s.complement()
		}
		return s, ok
	case "like", "notlike":
		text, ok := scalar(want, location)
		if strings.Contains(text, "*") {
			return s, false
		}
		s = only(text)
		if strings.HasPrefix(strings.ToLower(op), "not") {
			s = s.complement()
		}
		return s, ok
	case "in", "notin":
		if want.Kind() != jsondoc.Array {
			return s, false
		}
		s = only()
		for _, e := range want.Elements() {
			text, ok := scalar(e, location)
			if !ok {
				return s, false
			}
			s.vals[text] = true
		}
		if strings.EqualFold(op, "notIn") {
			s = s.complement()
		}
		return s, true
	}
	return s, false
}

// scalar returns a constant as fields are compared with it: in lower case, true
// and "true" alike. Empty texts and expressions are left alone.
func scalar(v jsondoc.Value, location bool) (string, bool) {
	switch v.Kind() {
	case jsondoc.String:
		text, _ := v.Text()
		if text == "" || strings.HasPrefix(text, "[") {
			return "", false
		}
		if location {
			text = strings.ReplaceAll(text, " ", "")
		}
		return strings.ToLower(text), true
	case jsondoc.Bool, jsondoc.Number:
		return v.String(), true
	default:
		return "", false
	}
}
