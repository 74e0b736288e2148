package access

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/finding"
)

// Attributes answers what a request, a resource, a principal or the
// environment is known to be. values are the attribute's values as text; known
// is false where it cannot be told, which makes conditions on it Unknown. No
// values and known means that the attribute is not set.
type Attributes func(source, name string) (values []string, known bool)

// attributeSubOperation is the attribute of a request that is its suboperation.
const attributeSubOperation = "subOperation"

// NoAttributes knows nothing.
func NoAttributes(string, string) ([]string, bool) { return nil, false }

// evaluation is one run of a condition.
type evaluation struct {
	action       string // lower case
	subOperation string
	attrs        Attributes
	missing      []string
}

// Eval decides the condition for an action. Where it is Unknown, missing names
// the attributes that would have to be known.
func (c *Condition) Eval(action, subOperation string, attrs Attributes) (t finding.Truth, missing []string) {
	if attrs == nil {
		attrs = NoAttributes
	}
	e := &evaluation{action: strings.ToLower(action), subOperation: subOperation, attrs: attrs}
	t = c.root.eval(e)
	if t != finding.Maybe {
		return t, nil
	}
	slices.Sort(e.missing)
	return t, slices.Compact(e.missing)
}

func (n *andNode) eval(e *evaluation) finding.Truth {
	t := finding.True
	for _, p := range n.parts {
		if t = t.And(p.eval(e)); t == finding.False {
			return t
		}
	}
	return t
}

func (n *orNode) eval(e *evaluation) finding.Truth {
	t := finding.False
	for _, p := range n.parts {
		if t = t.Or(p.eval(e)); t == finding.True {
			return t
		}
	}
	return t
}

func (n *notNode) eval(e *evaluation) finding.Truth   { return n.inner.eval(e).Not() }
func (n *groupNode) eval(e *evaluation) finding.Truth { return n.inner.eval(e) }

func (n *actionNode) eval(e *evaluation) finding.Truth {
	if n.segments {
		return finding.Of(slices.ContainsFunc(n.texts, func(p string) bool { return segmentsMatch(p, e.action) }))
	}
	if wild(e.action) && !anyMatch(n.patterns, e.action) && anyOverlap(n.patterns, e.action) {
		e.missing = append(e.missing, "which of the actions "+e.action+" it is")
		return finding.Maybe
	}
	return finding.Of(anyMatch(n.patterns, e.action))
}

func (n *subOperationNode) eval(e *evaluation) finding.Truth {
	if n.segments {
		return finding.Of(slices.ContainsFunc(n.names, func(p string) bool { return segmentsMatch(p, e.subOperation) }))
	}
	return finding.Of(anyMatch(n.patterns, strings.ToLower(e.subOperation)))
}

func (n *existsNode) eval(e *evaluation) finding.Truth {
	vs, known := e.values(n.attr)
	if !known {
		return finding.Maybe
	}
	return finding.Of((len(vs) > 0) != n.negate)
}

// values returns the values of an operand, and notes the attribute where they
// are not known.
func (e *evaluation) values(o operand) ([]string, bool) {
	if o.fn != nil {
		args := make([][]string, len(o.args))
		for i, a := range o.args {
			vs, known := e.values(a)
			if !known {
				return nil, false
			}
			args[i] = vs
		}
		out, ok := o.fn(args)
		if !ok {
			e.missing = append(e.missing, "values that "+o.name+" can take")
		}
		return out, ok
	}
	if o.source == "" {
		vs := make([]string, len(o.values))
		for i, v := range o.values {
			vs[i] = v.text
		}
		return vs, true
	}
	if strings.EqualFold(o.source, "Request") && strings.EqualFold(o.name, attributeSubOperation) {
		// How conditions named the suboperation before there was SubOperationMatches.
		if e.subOperation == "" {
			return nil, true
		}
		return []string{e.subOperation}, true
	}
	vs, known := e.attrs(o.source, o.name)
	if !known {
		e.missing = append(e.missing, fmt.Sprintf("@%s[%s]", o.source, o.name))
	}
	return vs, known
}

func (n *compareNode) eval(e *evaluation) finding.Truth {
	left, lok := e.values(n.left)
	right, rok := e.values(n.right)
	if !lok || !rok {
		return finding.Maybe
	}
	if len(left) == 0 && n.left.source != "" || len(right) == 0 && n.right.source != "" {
		if n.op.negative {
			// The documentation does not say what a negative comparison with
			// an attribute that is not set gives.
			e.missing = append(e.missing, fmt.Sprintf("the value of @%s[%s], which is not set", n.left.source, n.left.name))
			return finding.Maybe
		}
		return finding.False
	}
	if n.op.whole != nil {
		ok, valid := n.op.whole(left, right)
		if !valid {
			e.missing = append(e.missing, fmt.Sprintf("values that %s can compare", n.opText))
			return finding.Maybe
		}
		return finding.Of(ok)
	}
	q := n.quant
	if !q.present && n.op.negative {
		q.leftAll, q.rightAll = true, true
	}
	bad := false
	ok := quantify(left, q.leftAll, func(l string) bool {
		return quantify(right, q.rightAll, func(r string) bool {
			holds, valid := n.op.holds(l, r)
			bad = bad || !valid
			return valid && holds
		})
	})
	if bad && !ok {
		e.missing = append(e.missing, fmt.Sprintf("values that %s can compare", n.opText))
		return finding.Maybe
	}
	return finding.Of(ok)
}

func quantify(vs []string, all bool, holds func(string) bool) bool {
	for _, v := range vs {
		if holds(v) != all {
			return !all
		}
	}
	return all
}

// conditionOperator is one row of the operator table. holds compares one value
// with one other; valid is false where a value is not of the operator's type.
type conditionOperator struct {
	negative bool
	holds    func(l, r string) (holds, valid bool)
	whole    func(l, r []string) (holds, valid bool) // in place of holds: of all the values at once
}

// conditionOperators holds every operator of the documented language by its
// name in lower case.
var conditionOperators = buildOperators()

func buildOperators() map[string]*conditionOperator {
	ops := map[string]*conditionOperator{}
	text := func(name string, f func(l, r string) bool) {
		yes := func(l, r string) (bool, bool) { return f(l, r), true }
		no := func(l, r string) (bool, bool) { return !f(l, r), true }
		fold := func(g func(l, r string) (bool, bool)) func(l, r string) (bool, bool) {
			return func(l, r string) (bool, bool) { return g(strings.ToLower(l), strings.ToLower(r)) }
		}
		ops["string"+name] = &conditionOperator{holds: yes}
		ops["string"+name+"ignorecase"] = &conditionOperator{holds: fold(yes)}
		ops["stringnot"+name] = &conditionOperator{negative: true, holds: no}
		ops["stringnot"+name+"ignorecase"] = &conditionOperator{negative: true, holds: fold(no)}
	}
	text("equals", func(l, r string) bool { return l == r })
	text("startswith", strings.HasPrefix)
	text("like", like)
	order := func(kind string, cmp func(l, r string) (int, bool)) {
		row := func(name string, negative bool, f func(c int) bool) {
			ops[kind+name] = &conditionOperator{negative: negative, holds: func(l, r string) (bool, bool) {
				c, ok := cmp(l, r)
				return ok && f(c), ok
			}}
		}
		row("equals", false, func(c int) bool { return c == 0 })
		row("notequals", true, func(c int) bool { return c != 0 })
		row("greaterthan", false, func(c int) bool { return c > 0 })
		row("greaterthanequals", false, func(c int) bool { return c >= 0 })
		row("lessthan", false, func(c int) bool { return c < 0 })
		row("lessthanequals", false, func(c int) bool { return c <= 0 })
	}
	order("numeric", compareNumbers)
	order("datetime", compareTimes)
	same := func(name string, norm func(string) (string, bool)) {
		eq := func(want bool) func(l, r string) (bool, bool) {
			return func(l, r string) (bool, bool) {
				a, aok := norm(l)
				b, bok := norm(r)
				return (a == b) == want, aok && bok
			}
		}
		ops[name+"equals"] = &conditionOperator{holds: eq(true)}
		ops[name+"notequals"] = &conditionOperator{negative: true, holds: eq(false)}
	}
	same("guid", normalGUID)
	same("bool", func(s string) (string, bool) { s = strings.ToLower(s); return s, s == "true" || s == "false" })
	return ops
}

func compareNumbers(l, r string) (int, bool) {
	a, aok := new(big.Rat).SetString(boundNumber(l))
	b, bok := new(big.Rat).SetString(boundNumber(r))
	if !aok || !bok {
		return 0, false
	}
	return a.Cmp(b), true
}

// boundNumber refuses exponents and long digits: big.Rat would expand them.
func boundNumber(s string) string {
	if len(s) > 40 || strings.ContainsAny(s, "eE/pPxX_") {
		return ""
	}
	return s
}

func compareTimes(l, r string) (int, bool) {
	a, aok := parseTime(l)
	b, bok := parseTime(r)
	return a.Compare(b), aok && bok
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// like matches `*` and `?`, with a backslash before either taking it as it is.
func like(s, pattern string) bool {
	type elem struct {
		b    byte
		kind byte // 0 literal, '?' or '*'
	}
	var es []elem
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			es = append(es, elem{b: pattern[i]})
		case c == '*' || c == '?':
			es = append(es, elem{kind: c})
		default:
			es = append(es, elem{b: c})
		}
	}
	si, pi, star, mark := 0, 0, -1, 0
	for si < len(s) {
		switch {
		case pi < len(es) && es[pi].kind == '*':
			star, mark = pi, si
			pi++
		case pi < len(es) && (es[pi].kind == '?' || es[pi].kind == 0 && es[pi].b == s[si]):
			si++
			pi++
		case star >= 0:
			mark++
			si, pi = mark, star+1
		default:
			return false
		}
	}
	for pi < len(es) && es[pi].kind == '*' {
		pi++
	}
	return pi == len(es)
}
