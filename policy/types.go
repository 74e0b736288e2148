package policy

import (
	"slices"
	"strings"

	"github.com/azward/azward/finding"
)

// Which resources a rule speaks of. Source: "Azure Policy applicability logic":
// what the conditions on type, kind and name let through.

// aboutType tells whether a condition speaks only of type, name and kind.
func (n *node) aboutType() bool {
	switch n.kind {
	case nodeAllOf, nodeAnyOf, nodeNot:
		for _, k := range n.kids {
			if !k.aboutType() {
				return false
			}
		}
		return len(n.kids) > 0
	case nodeField:
		return n.ref != nil && (n.ref.kind == fieldType || n.ref.kind == fieldName || n.ref.kind == fieldPath && strings.EqualFold(n.ref.name, "kind"))
	default:
		return false
	}
}

// applicable returns the condition with every clause that is not about type,
// name or kind taken as true, whichever way it is negated; nil where nothing is left.
func (n *node) applicable() cond {
	switch n.kind {
	case nodeAllOf:
		var conds []cond
		for _, k := range n.kids {
			if one := k.applicable(); one != nil {
				conds = append(conds, one)
			}
		}
		switch len(conds) {
		case 0:
			return nil
		case 1:
			return conds[0]
		}
		return joinConds(conds, conds, true)
	case nodeAnyOf:
		conds := make([]cond, 0, len(n.kids))
		for _, k := range n.kids {
			one := k.applicable()
			if one == nil {
				return nil
			}
			conds = append(conds, one)
		}
		return joinConds(conds, conds, false)
	case nodeNot:
		if !n.aboutType() {
			return nil
		}
		return n.eval
	default:
		if !n.aboutType() {
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
			if s, ok := n.want.value.Text(); ok {
				return []string{s}
			}
		case "in":
			out := []string{}
			for _, e := range n.want.value.Elements() {
				if s, ok := e.Text(); ok {
					out = append(out, s)
				}
			}
			return out
		case "like":
			if s, ok := n.want.value.Text(); ok && !strings.Contains(s, "*") {
				return []string{s}
			}
		}
	case nodeNot, nodeValue, nodeCount:
	}
	return nil
}

// shortened returns the code of the rule and of its applicability for
// resources that the index lets through: without the clauses that only say
// which type is meant, which are known to hold.
func (d *Definition) shorten() {
	d.quick, d.quickApplies = d.root.eval, d.applies
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
	d.quickApplies = short.applicable()
}

func always(*frame) finding.Truth { return finding.True }
