package policy

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// Operator is one row of the table of conditions: all there is to know of one.
//
// Source: "Azure Policy definition structure policy rule", section Conditions.
type Operator struct {
	Name     string
	Doc      string
	Negative bool // true where the value is absent
	Examples []OperatorExample

	ordered bool // values of another kind than the wanted one cannot be compared

	// make prepares the comparison with a wanted value, which is compiled once
	// where it is constant.
	make func(want jsondoc.Value) predicate
}

// OperatorExample is a condition on a value and its outcome; a test runs each.
type OperatorExample struct {
	Value, Want string // JSON; Value "" is an absent field
	Holds       bool
}

// predicate tells whether a value, which may be missing, satisfies a condition.
type predicate func(v jsondoc.Value) bool

func negate(m func(jsondoc.Value) predicate) func(jsondoc.Value) predicate {
	return func(want jsondoc.Value) predicate {
		p := m(want)
		return func(v jsondoc.Value) bool { return !p(v) }
	}
}

func ordered(holds func(int) bool) func(jsondoc.Value) predicate {
	return func(want jsondoc.Value) predicate {
		by := order(want)
		return func(v jsondoc.Value) bool { n, ok := by(v); return ok && holds(n) }
	}
}

// Operators returns the table of conditions. The rows must not be changed.
func Operators() []*Operator { return operatorRows }

var operatorRows = []*Operator{
	{Name: "equals", Doc: "The value is the wanted one; text without regard to case, numbers and booleans also as text.", make: equals,
		Examples: []OperatorExample{{`"Hot"`, `"hot"`, true}, {`443`, `"443"`, true}, {`true`, `"True"`, true}, {``, `"x"`, false}, {``, `null`, true}, {`null`, `""`, true}}},
	{Name: "notEquals", Doc: "The value is not the wanted one, or absent.", Negative: true, make: negate(equals),
		Examples: []OperatorExample{{`"Hot"`, `"hot"`, false}, {``, `"x"`, true}}},
	{Name: "like", Doc: "The text fits a pattern in which * stands for any text.", make: like,
		Examples: []OperatorExample{{`"contoso-vm"`, `"Contoso*"`, true}, {`"a-b"`, `"*-c"`, false}, {``, `"*"`, false}}},
	{Name: "notLike", Doc: "The text does not fit the pattern, or is absent.", Negative: true, make: negate(like),
		Examples: []OperatorExample{{`"contoso-vm"`, `"contoso*"`, false}, {``, `"a*"`, true}}},
	{Name: "match", Doc: "The text fits a pattern with # for a digit, ? for a letter and . for any character; case counts.", make: match,
		Examples: []OperatorExample{{`"abc-12"`, `"abc-##"`, true}, {`"ABC-12"`, `"abc-##"`, false}}},
	{Name: "notMatch", Doc: "The text does not fit the match pattern, or is absent.", Negative: true, make: negate(match),
		Examples: []OperatorExample{{`"abc-12"`, `"abc-##"`, false}, {``, `"#"`, true}}},
	{Name: "matchInsensitively", Doc: "As match, without regard to case.", make: matchInsensitively,
		Examples: []OperatorExample{{`"ABC-12"`, `"abc-##"`, true}}},
	{Name: "notMatchInsensitively", Doc: "As notMatch, without regard to case.", Negative: true, make: negate(matchInsensitively),
		Examples: []OperatorExample{{`"ABC-12"`, `"abc-##"`, false}}},
	{Name: "contains", Doc: "The text holds the wanted text, or the array the wanted element.", make: contains,
		Examples: []OperatorExample{{`"my-prod-vm"`, `"PROD"`, true}, {`["a", "b"]`, `"B"`, true}, {``, `"x"`, false}}},
	{Name: "notContains", Doc: "The text or array does not hold it, or is absent.", Negative: true, make: negate(contains),
		Examples: []OperatorExample{{`"my-prod-vm"`, `"PROD"`, false}, {``, `"x"`, true}}},
	{Name: "in", Doc: "The value equals one of a list.", make: in,
		Examples: []OperatorExample{{`"westus"`, `["EASTUS", "WESTUS"]`, true}, {``, `["a"]`, false}}},
	{Name: "notIn", Doc: "The value equals none of a list, or is absent.", Negative: true, make: negate(in),
		Examples: []OperatorExample{{`"westus"`, `["EASTUS"]`, true}, {``, `["a"]`, true}}},
	{Name: "containsKey", Doc: "The object has a member of that name.", make: containsKey,
		Examples: []OperatorExample{{`{"Env": 1}`, `"env"`, true}, {``, `"env"`, false}}},
	{Name: "notContainsKey", Doc: "The object has no member of that name, or is absent.", Negative: true, make: negate(containsKey),
		Examples: []OperatorExample{{`{"Env": 1}`, `"env"`, false}, {``, `"env"`, true}}},
	{Name: "less", Doc: "The number, date or text comes before the wanted one.", ordered: true, make: ordered(func(n int) bool { return n < 0 }),
		Examples: []OperatorExample{{`5`, `6`, true}, {`"2024-01-01"`, `"2024-01-01T01:00:00Z"`, true}, {`"5"`, `6`, true}, {``, `6`, false}}},
	{Name: "lessOrEquals", Doc: "It comes before the wanted one or equals it.", ordered: true, make: ordered(func(n int) bool { return n <= 0 }),
		Examples: []OperatorExample{{`6`, `6`, true}, {`"b"`, `"A"`, false}}},
	{Name: "greater", Doc: "It comes after the wanted one.", ordered: true, make: ordered(func(n int) bool { return n > 0 }),
		Examples: []OperatorExample{{`7`, `6`, true}, {`"HELLO"`, `"hello"`, false}, {``, `6`, false}}},
	{Name: "greaterOrEquals", Doc: "It comes after the wanted one or equals it.", ordered: true, make: ordered(func(n int) bool { return n >= 0 }),
		Examples: []OperatorExample{{`6`, `6`, true}, {`"HELLO"`, `"hello"`, true}}},
	{Name: "exists", Doc: "The field is there and not null, or (false) is not.", make: exists,
		Examples: []OperatorExample{{`""`, `true`, true}, {`null`, `true`, false}, {``, `"false"`, true}}},
}

// operatorNamed finds a condition by name without regard to case.
func operatorNamed(name string) *Operator {
	for _, op := range operatorRows {
		if len(op.Name) == len(name) && strings.EqualFold(op.Name, name) {
			return op
		}
	}
	return nil
}

func operatorNames() []string {
	out := []string{"field", "value", "count", "allOf", "anyOf", "not"}
	for _, op := range operatorRows {
		out = append(out, op.Name)
	}
	return out
}

// scalarText returns a scalar as text: booleans and numbers as they are
// written. ok is false for null, arrays, objects and what is missing.
func scalarText(v jsondoc.Value) (string, bool) {
	switch v.Kind() {
	case jsondoc.String:
		return v.Text()
	case jsondoc.Bool:
		if b, _ := v.Bool(); b {
			return "true", true
		}
		return "false", true
	case jsondoc.Number:
		return v.Literal()
	default:
		return "", false
	}
}

// equals prepares a comparison for equality, by the kind of the wanted value.
func equals(want jsondoc.Value) predicate {
	switch want.Kind() {
	case jsondoc.String:
		text, _ := want.Text()
		return func(v jsondoc.Value) bool {
			if s, ok := v.Text(); ok {
				return equalFold(s, text)
			}
			switch v.Kind() {
			case jsondoc.Null:
				return text == ""
			case jsondoc.Bool:
				s, _ := scalarText(v)
				return strings.EqualFold(s, text)
			case jsondoc.Number:
				return numberIs(v, text)
			default:
				return false
			}
		}
	case jsondoc.Bool:
		b, _ := want.Bool()
		text, _ := scalarText(want)
		return func(v jsondoc.Value) bool {
			if x, ok := v.Bool(); ok {
				return x == b
			}
			s, ok := v.Text()
			return ok && strings.EqualFold(s, text)
		}
	case jsondoc.Number:
		return func(v jsondoc.Value) bool {
			if v.Kind() == jsondoc.Number {
				return jsondoc.Equal(v, want)
			}
			s, ok := v.Text()
			return ok && numberIs(want, s)
		}
	case jsondoc.Null, jsondoc.Missing:
		return func(v jsondoc.Value) bool {
			if s, ok := v.Text(); ok {
				return s == ""
			}
			return v.IsMissing() || v.IsNull()
		}
	default:
		return func(v jsondoc.Value) bool { return deepEqual(v, want) }
	}
}

// equalValues compares two values as equals does.
func equalValues(a, b jsondoc.Value) bool {
	if x, ok := a.Text(); ok {
		if y, ok := b.Text(); ok {
			return equalFold(x, y)
		}
	}
	return equals(b)(a)
}

// deepEqual compares arrays and objects, their texts without regard to case.
func deepEqual(a, b jsondoc.Value) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case jsondoc.Array:
		for i, e := range a.Elements() {
			if !deepEqual(e, b.At(i)) {
				return false
			}
		}
		return true
	case jsondoc.Object:
		for k, e := range a.Members() {
			if !deepEqual(e, b.Get(k)) {
				return false
			}
		}
		return true
	case jsondoc.Missing:
		return true
	default:
		return equalValues(a, b)
	}
}

// numberIs tells whether a text is the number n.
func numberIs(n jsondoc.Value, text string) bool {
	if lit, _ := n.Literal(); lit == text {
		return true
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	x, ok := n.Float()
	return err == nil && ok && x == f
}

// in prepares membership of a list; a single value is a list of one.
func in(want jsondoc.Value) predicate {
	if want.Kind() != jsondoc.Array {
		return equals(want)
	}
	set, rest := textSet(want)
	other := make([]predicate, len(set.texts)) // for numbers and booleans written as text
	for i, w := range set.texts {
		other[i] = equals(w)
	}
	preds := make([]predicate, len(rest))
	for i, w := range rest {
		preds[i] = equals(w)
	}
	return func(v jsondoc.Value) bool {
		if s, ok := v.Text(); ok {
			if set.has(s) {
				return true
			}
		} else if v.Exists() {
			for _, p := range other {
				if p(v) {
					return true
				}
			}
		}
		for _, p := range preds {
			if p(v) {
				return true
			}
		}
		return false
	}
}

// foldSet is a set of texts without regard to case.
type foldSet struct {
	len   int
	short []string            // up to a handful: compared one by one
	hash  map[uint32][]string // more of them
	wide  []string            // folded texts that are not ASCII
	texts []jsondoc.Value
}

const shortSet = 6

func textSet(list jsondoc.Value) (set foldSet, rest []jsondoc.Value) {
	for _, e := range list.Elements() {
		s, ok := e.Text()
		if !ok {
			rest = append(rest, e)
			continue
		}
		set.len++
		set.texts = append(set.texts, e)
		set.short = append(set.short, s)
	}
	if set.len <= shortSet {
		return set, rest
	}
	set.hash = make(map[uint32][]string, set.len)
	for _, s := range set.short {
		if h, ok := hashFold(s); ok {
			set.hash[h] = append(set.hash[h], s)
		} else {
			set.wide = append(set.wide, fold(s))
		}
	}
	set.short = nil
	return set, rest
}

func (s *foldSet) has(text string) bool {
	if s.hash == nil {
		for _, t := range s.short {
			if equalFold(text, t) {
				return true
			}
		}
		return false
	}
	h, ok := hashFold(text)
	if ok {
		for _, t := range s.hash[h] {
			if equalFold(text, t) {
				return true
			}
		}
		if len(s.wide) == 0 {
			return false
		}
	}
	folded := fold(text)
	if slices.Contains(s.wide, folded) {
		return true
	}
	if !ok { // ß in the value, ss in the list
		for _, list := range s.hash {
			for _, t := range list {
				if equalFold(text, t) {
					return true
				}
			}
		}
	}
	return false
}

func contains(want jsondoc.Value) predicate {
	sub, isText := scalarText(want)
	if want.IsNull() {
		sub, isText = "", true
	}
	sub = fold(sub)
	is := equals(want)
	return func(v jsondoc.Value) bool {
		if v.Kind() == jsondoc.Array {
			for _, e := range v.Elements() {
				if is(e) {
					return true
				}
			}
			return false
		}
		s, ok := scalarText(v)
		return ok && isText && containsFold(s, sub)
	}
}

func containsKey(want jsondoc.Value) predicate {
	name, ok := scalarText(want)
	key := jsondoc.NewKey(name)
	return func(v jsondoc.Value) bool { return ok && v.Lookup(key).Exists() }
}

func exists(want jsondoc.Value) predicate {
	text, _ := scalarText(want)
	yes := strings.EqualFold(text, "true")
	return func(v jsondoc.Value) bool { return (v.Exists() && !v.IsNull()) == yes }
}

// like prepares a pattern with "*" for any text.
func like(want jsondoc.Value) predicate {
	pattern, ok := scalarText(want)
	parts := strings.Split(fold(pattern), "*")
	return func(v jsondoc.Value) bool {
		s, isText := scalarText(v)
		return ok && isText && fits(s, parts)
	}
}

func fits(s string, parts []string) bool {
	if len(parts) == 1 {
		return equalFold(s, parts[0])
	}
	if !isASCII(s) {
		s = fold(s)
	}
	if !hasPrefixFold(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := indexFold(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return len(s) >= len(last) && hasPrefixFold(s[len(s)-len(last):], last)
}

func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if hasPrefixFold(s[i:], sub) {
			return i
		}
	}
	return -1
}

func match(want jsondoc.Value) predicate {
	pattern, ok := scalarText(want)
	return func(v jsondoc.Value) bool {
		s, isText := scalarText(v)
		return ok && isText && matches(s, pattern)
	}
}

func matchInsensitively(want jsondoc.Value) predicate {
	pattern, ok := scalarText(want)
	pattern = fold(pattern)
	return func(v jsondoc.Value) bool {
		s, isText := scalarText(v)
		return ok && isText && matches(fold(s), pattern)
	}
}

func matches(s, pattern string) bool {
	rest := []rune(s)
	for _, p := range pattern {
		if len(rest) == 0 {
			return false
		}
		r := rest[0]
		rest = rest[1:]
		switch p {
		case '#':
			if !unicode.IsDigit(r) {
				return false
			}
		case '?':
			if !unicode.IsLetter(r) {
				return false
			}
		case '.':
		default:
			if r != p {
				return false
			}
		}
	}
	return len(rest) == 0
}

// order prepares the comparison of numbers, dates, booleans and texts with a
// wanted value; ok is false where the two are not of a kind.
func order(want jsondoc.Value) func(jsondoc.Value) (n int, ok bool) {
	switch want.Kind() {
	case jsondoc.Number:
		w, _ := want.Float()
		return func(v jsondoc.Value) (int, bool) {
			f, ok := asNumber(v)
			return compareFloat(f, w), ok
		}
	case jsondoc.String:
		text, _ := want.Text()
		date, isDate := arm.ParseTime(text)
		return func(v jsondoc.Value) (int, bool) {
			switch v.Kind() {
			case jsondoc.String:
				s, _ := v.Text()
				if isDate {
					if t, ok := arm.ParseTime(s); ok {
						return t.Compare(date), true
					}
				}
				return arm.CompareFold(s, text), true
			case jsondoc.Number:
				w, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
				f, ok := v.Float()
				return compareFloat(f, w), ok && err == nil
			default:
				return 0, false
			}
		}
	case jsondoc.Bool:
		w, _ := want.Bool()
		return func(v jsondoc.Value) (int, bool) {
			b, ok := v.Bool()
			return compareFloat(bit(b), bit(w)), ok
		}
	default:
		return func(jsondoc.Value) (int, bool) { return 0, false }
	}
}

// orderable tells whether order can put a value before or after a wanted one.
func orderable(v, want jsondoc.Value) bool {
	switch want.Kind() {
	case jsondoc.Number:
		_, ok := asNumber(v)
		return ok
	case jsondoc.String:
		if v.Kind() == jsondoc.Number {
			_, ok := asNumber(want)
			return ok
		}
		return v.Kind() == jsondoc.String
	case jsondoc.Bool:
		return v.Kind() == jsondoc.Bool
	default:
		return false
	}
}

func asNumber(v jsondoc.Value) (float64, bool) {
	if f, ok := v.Float(); ok {
		return f, true
	}
	if s, ok := v.Text(); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return f, err == nil
	}
	return 0, false
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
