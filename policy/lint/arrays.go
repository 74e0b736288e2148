package lint

import (
	"fmt"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// arrays remarks on what [*] and arrays do not mean. In the where of a count an
// element is a single value, and nothing of this applies. Source: "Author
// policies for array properties on Azure resources".
func (l *linter) arrays(n *node, negated bool) {
	switch n.kind {
	case kindNot:
		l.arrays(n.kids[0], !negated)
		return
	case kindAll:
		if !negated {
			l.sameElement(n)
		}
	case kindLeaf, kindCount:
		l.leaf(n, negated)
	case kindAny:
	}
	for _, k := range n.kids {
		l.arrays(k, negated)
	}
}

func (l *linter) leaf(n *node, negated bool) {
	switch {
	case n.each != "" && negated && (strings.EqualFold(n.op, "exists") || strings.HasPrefix(strings.ToLower(n.op), "not")):
		// not around notEquals is the documented way to say that some element is so.
	case n.each != "" && negated:
		l.add(remark(CodeNotEach, n.span(), fmt.Sprintf("to ask that no element is so, count the elements of %s and compare with 0", n.spelled()),
			"not around %q holds where at least one element is otherwise, and never for an empty array", n.words()))
	case n.each != "" && !strings.HasPrefix(strings.ToLower(n.op), "not") && !l.asksForElements(n.each):
		l.add(remark(CodeEmptyArray, n.span(), "", "%q holds where the array %s is empty or not there", n.words(), n.spelled()))
	case n.field != "" && n.each == "" && single(n.op) && l.isArray(n.field):
		l.add(remark(CodeArrayScalar, n.span(), fmt.Sprintf("compare the elements, %s[*], or count them", n.field), "%s is an array; %s compares it as a whole", n.field, n.op))
	case n.field == "" && n.kind == kindLeaf && single(n.op) && n.want.Kind() != jsondoc.Array:
		l.fieldOfEach(n)
	}
}

// spelled is the array of a field as the rule spells it.
func (n *node) spelled() string { return n.field[:len(n.each)] }

// single tells whether a comparison is one with a single value.
func single(op string) bool {
	switch strings.ToLower(op) {
	case "equals", "notequals", "like", "notlike", "match", "notmatch", "matchinsensitively", "notmatchinsensitively":
		return true
	}
	return false
}

// isArray tells whether the list of aliases has the elements of an alias.
func (l *linter) isArray(alias string) bool {
	return l.o.Aliases.Len() > 0 && !strings.Contains(alias, "[") && l.o.Aliases.Known(alias+"[*]")
}

// asksForElements tells whether the rule asks elsewhere whether an array has
// any: by its length, a count, or whether it is there.
func (l *linter) asksForElements(each string) bool {
	array := strings.TrimSuffix(each, "[*]")
	text := strings.ToLower(l.body.Get("policyRule").String())
	for _, sign := range []string{`length(field('` + array, `"count":{"field":"` + array, `empty(field('` + array} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return strings.Contains(text, `"field":"`+array+`","exists"`) || strings.Contains(text, `"field":"`+each+`","exists"`)
}

// sameElement remarks on two conditions of an allOf on one array.
func (l *linter) sameElement(n *node) {
	seen := map[string]*node{}
	for _, k := range n.kids {
		if k.kind != kindLeaf || k.each == "" || strings.EqualFold(k.op, "exists") {
			continue
		}
		first := seen[k.each]
		if first == nil {
			seen[k.each] = k
			continue
		}
		if !strings.EqualFold(first.field, k.field) {
			l.add(remark(CodeSameElement, k.span(), fmt.Sprintf("to ask for one element with both, count %s with both conditions in where", k.spelled()),
				"%q and %q each hold for every element of %s", first.words(), k.words(), k.spelled()))
			return
		}
	}
}

// fieldOfEach remarks on field('x[*]') compared with a single value.
func (l *linter) fieldOfEach(n *node) {
	value := n.at.Get("value")
	texts(value, func(_ jsondoc.Value, root arm.Node) {
		c, ok := root.(*arm.Call)
		if !ok || !strings.EqualFold(c.Name, "field") || len(c.Args) != 1 {
			return
		}
		if lit, ok := c.Args[0].(*arm.Lit); ok && strings.Contains(lit.Val.TextOr(""), "[*]") {
			l.add(remark(CodeFieldEach, spanOf(value), "use the field itself as the operand, or count", "%s gives an array of all elements; %s compares it as a whole", value.TextOr(""), n.op))
		}
	})
}
