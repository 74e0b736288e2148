package policy

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"

	"github.com/azward/azward/diag"
)

// Source: "Azure Policy definition structure policy rule", Count.

// defaultIndex is the name of a count of a value that gives none.
const defaultIndex = "default"

// maxCounts bounds how deep counts nest.
const maxCounts = 32

// countClause compiles a count of a field's elements or of a value's.
func (c *compiler) countClause(n *node, v jsondoc.Value) *node {
	n.kind = nodeCount
	if v.Kind() != jsondoc.Object {
		c.add(errShape(spanOf(v), "count", "an object"))
		return nil
	}
	for name, m := range v.Members() {
		switch strings.ToLower(name) {
		case "field", "value", "name", "where":
		default:
			c.add(errUnknownKey(spanOf(m), name, diag.Nearest(name, []string{"field", "value", "name", "where"})))
			return nil
		}
	}
	field, value, name := v.Get("field"), v.Get("value"), v.Get("name")
	s := &scope{parent: c.scope, level: 0}
	if c.scope != nil {
		s.level = c.scope.level + 1
	}
	if s.level >= maxCounts {
		c.add(errTooDeep(spanOf(v)))
		return nil
	}
	if name.Exists() {
		text, ok := name.Text()
		if !ok {
			c.add(errShape(spanOf(name), "the name of a count", "a text"))
			return nil
		}
		if value.IsMissing() {
			c.add(errUnknownKey(spanOf(name), "name", "")) // only counts of values have names
			return nil
		}
		s.name = text
	}
	switch {
	case field.Exists() && value.Exists():
		c.add(errSeveral(spanOf(value), "collection in its count", "field", "value"))
		return nil
	case value.Exists():
		n.left = c.operand(value)
		n.label = s.name
		if n.label == "" {
			n.label, s.name = n.left.text, defaultIndex
		}
	case field.Exists():
		if !c.countField(n, field, s) {
			return nil
		}
	default:
		c.add(errMissing(spanOf(v), "count", "field or value"))
		return nil
	}
	n.label = "count of " + n.label
	n.inner = s
	if where := v.Get("where"); where.Exists() {
		outer := c.scope
		c.scope = s
		n.where = c.condition(where, n.pointer+"/count/where")
		c.scope = outer
		if n.where == nil {
			return nil
		}
	}
	n.eval = n.countEval()
	return n
}

func (c *compiler) countField(n *node, field jsondoc.Value, s *scope) bool {
	text, ok := field.Text()
	if !ok {
		c.add(errShape(spanOf(field), "the field of a count", "a text"))
		return false
	}
	if arm.IsExpression(text) {
		o := c.operand(field)
		if text, ok = o.value.Text(); !ok || !o.constant() {
			c.add(errCountField(spanOf(field), o.text))
			return false
		}
	}
	if !strings.HasSuffix(text, "[*]") {
		c.add(errCountField(spanOf(field), text))
		return false
	}
	ref, bad := c.field(text)
	if bad {
		c.add(errFieldName(spanOf(field), text))
		return false
	}
	n.ref, n.label = ref, text
	s.alias, s.each = strings.ToLower(text), strings.Count(text, "[*]")
	return true
}

// countEval makes the code that counts.
func (n *node) countEval() cond {
	return func(f *frame) finding.Truth {
		if !f.spend(1) {
			return finding.Maybe
		}
		sure, perhaps, known := n.count(f)
		if !known {
			return finding.Maybe
		}
		p, wanted, ok := n.predicate(f, false)
		if !ok {
			return finding.Maybe
		}
		if n.unlike(f, n.label, number(sure), wanted) {
			return finding.Maybe
		}
		first := p(number(sure))
		for k := 1; k <= perhaps; k++ {
			if !f.spend(1) || p(number(sure+k)) != first {
				return finding.Maybe
			}
		}
		t := finding.Of(first)
		if f.trace {
			f.note(n, n.label, wanted, number(sure), t)
		}
		return t
	}
}

// count returns how many elements satisfy the where, and of how many that is
// not known; known is false where the elements themselves are not.
func (n *node) count(f *frame) (sure, perhaps int, known bool) {
	if n.ref == nil {
		list, unknown := n.left.eval(f)
		if unknown {
			return 0, 0, false
		}
		if n.where == nil {
			if list.Kind() == jsondoc.Array {
				sure = list.Len()
			}
			return sure, 0, true
		}
		for _, e := range list.Elements() {
			if !n.tally(f, e, &sure, &perhaps) {
				return 0, 0, false
			}
		}
		return sure, perhaps, true
	}
	base := len(f.values)
	elements, unread := f.readAll(n.ref)
	defer func() { f.values = f.values[:base] }()
	if unread {
		f.lack(n.ref.path)
		return 0, 0, false
	}
	if n.where == nil {
		return len(elements), 0, true
	}
	for _, e := range elements {
		if !n.tally(f, e, &sure, &perhaps) {
			return 0, 0, false
		}
	}
	return sure, perhaps, true
}

// tally evaluates the where on one element; false where the budget is spent.
func (n *node) tally(f *frame, e jsondoc.Value, sure, perhaps *int) bool {
	if !f.spend(1) {
		return false
	}
	neg := f.neg
	f.neg = false
	before := len(f.decided)
	f.elems = append(f.elems, e)
	t := n.where.eval(f)
	f.elems = f.elems[:len(f.elems)-1]
	f.neg = neg
	switch t {
	case finding.True:
		*sure++
	case finding.Maybe:
		*perhaps++
	case finding.False:
		f.decided = f.decided[:before]
	}
	if neg {
		f.decided = f.decided[:before]
	}
	return true
}

// smallNumbers are the results of counts that need no memory of their own.
var smallNumbers = func() (out [64]jsondoc.Value) {
	for i := range out {
		out[i] = jsondoc.NewInt(int64(i))
	}
	return out
}()

func number(n int) jsondoc.Value {
	if n < len(smallNumbers) {
		return smallNumbers[n]
	}
	return jsondoc.NewInt(int64(n))
}
