package policy

import (
	"slices"
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// Which resources a rule speaks of. Source: "Azure Policy applicability logic":
// what the conditions on type, kind and name let through.

// subject is what a condition is about, as far as applicability goes.
type subject uint8

const (
	onType subject = 1 << iota
	onKind
	onName
	onOther
)

// subjects collects what the clauses below a node are about.
func (n *node) subjects() subject {
	switch n.kind {
	case nodeAllOf, nodeAnyOf, nodeNot:
		var out subject
		for _, k := range n.kids {
			out |= k.subjects()
		}
		return out
	case nodeField:
		switch {
		case n.ref == nil:
		case n.ref.kind == fieldType:
			return onType
		case n.ref.kind == fieldName:
			return onName
		case n.ref.kind == fieldPath && strings.EqualFold(n.ref.name, "kind"):
			return onKind
		}
	case nodeValue, nodeCount:
	}
	return onOther
}

// deciding returns which of type, kind and name decide applicability in a rule
// that is about all of them. Source: the table of special cases.
func deciding(all subject) subject {
	if all == onKind || all == onName || all == onType|onKind || all == onType|onName {
		return onType
	}
	return onType | onKind | onName
}

// applicable returns the condition with every clause that does not decide
// applicability taken as true, or as false where it is negated; nil where
// nothing is left.
func (n *node) applicable(by subject) cond { return n.applies(by, false) }

func (n *node) applies(by subject, negated bool) cond {
	switch n.kind {
	case nodeAllOf, nodeAnyOf:
		// Of clauses taken as true an allOf keeps the others and an anyOf is
		// true; below a not it is the other way round.
		keeps := (n.kind == nodeAllOf) != negated
		var conds []cond
		for _, k := range n.kids {
			one := k.applies(by, negated)
			switch {
			case one != nil:
				conds = append(conds, one)
			case !keeps:
				return nil
			}
		}
		switch len(conds) {
		case 0:
			return nil
		case 1:
			return conds[0]
		}
		return joinConds(conds, conds, n.kind == nodeAllOf)
	case nodeNot:
		inner := n.kids[0].applies(by, !negated)
		if inner == nil {
			return nil
		}
		return func(f *frame) finding.Truth {
			f.neg = !f.neg
			t := inner(f)
			f.neg = !f.neg
			return t.Not()
		}
	default:
		if n.subjects()&by == 0 {
			return nil
		}
		return n.eval
	}
}

// types returns the resource types that a condition lets through, in the
// casing of the rule; nil means any.
func (n *node) types() []string {
	switch n.kind {
	case nodeAllOf:
		var out []string
		for _, k := range n.kids {
			got := k.types()
			if got == nil {
				continue
			}
			if out == nil {
				out = got
				continue
			}
			out = slices.DeleteFunc(slices.Clone(out), func(t string) bool {
				return !slices.ContainsFunc(got, func(u string) bool { return strings.EqualFold(t, u) })
			})
		}
		return out
	case nodeAnyOf:
		out := []string{}
		for _, k := range n.kids {
			got := k.types()
			if got == nil {
				return nil
			}
			for _, t := range got {
				if !slices.ContainsFunc(out, func(u string) bool { return strings.EqualFold(t, u) }) {
					out = append(out, t)
				}
			}
		}
		return out
	case nodeField:
		if n.ref == nil || n.ref.kind != fieldType || n.fixed == nil {
			return nil
		}
		switch n.op.Name {
		case "equals":
			return namedTypes(n.want.value)
		case "in":
			if n.want.value.Kind() == jsondoc.Array {
				var list []jsondoc.Value
				for _, e := range n.want.value.Elements() {
					list = append(list, e)
				}
				return namedTypes(list...)
			}
			return namedTypes(n.want.value)
		case "like":
			if s, ok := n.want.value.Text(); ok && !strings.Contains(s, "*") {
				return namedTypes(n.want.value)
			}
		}
	case nodeNot, nodeValue, nodeCount:
	}
	return nil
}

// namedTypes returns the types of a comparison's wanted values; nil where one of
// them is no name, which a resource without a type may equal.
func namedTypes(list ...jsondoc.Value) []string {
	out := []string{}
	for _, v := range list {
		s, ok := v.Text()
		if !ok || s == "" {
			return nil
		}
		out = append(out, s)
	}
	return out
}

// shortened returns the code of the rule and of its applicability for
// resources that the index lets through: without the clauses that only say
// which type is meant, which are known to hold.
func (d *Definition) shorten() {
	d.quick, d.quickApplies = d.root.eval, d.applies
	by := deciding(d.root.subjects())
	if d.types == nil {
		return
	}
	given := func(n *node) bool {
		return n.kind == nodeField && n.ref != nil && n.ref.kind == fieldType && len(n.types()) >= len(d.types) && n.types() != nil
	}
	if given(d.root) {
		d.quick, d.quickApplies = always, nil
		return
	}
	if d.root.kind != nodeAllOf {
		return
	}
	var rest []*node
	for _, k := range d.root.kids {
		if !given(k) {
			rest = append(rest, k)
		}
	}
	if len(rest) == len(d.root.kids) {
		return
	}
	short := &node{kind: nodeAllOf, kids: rest}
	d.quick = join(rest, true)
	if len(rest) == 1 {
		d.quick = rest[0].eval
	}
	d.quickApplies = short.applicable(by)
}

func always(*frame) finding.Truth { return finding.True }
