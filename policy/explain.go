package policy

import (
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Explanation is a condition of a rule with what it saw on a resource.
type Explanation struct {
	Kind     string // allOf, anyOf, not, field, value, count, element
	Text     string // the operand as written; of a logical operator its name
	Operator string // of a comparison
	Pointer  string // JSON pointer into the definition
	Offset   int    // of the condition in the definition's text
	Wanted   jsondoc.Value
	Found    jsondoc.Value // an array for [*]; missing where there is none
	Truth    finding.Truth
	Missing  []string // why it is not known
	Kids     []*Explanation
}

// maxElements bounds how many elements of a count are explained.
const maxElements = 20

// Explain evaluates every condition of the rule's if on a resource, those that
// did not matter included.
func (e *Evaluator) Explain(d *Definition, r *resource.Resource) *Explanation {
	f := &e.f
	f.def = d
	f.clear(false)
	f.at(r)
	return f.explain(d.root)
}

// ExplainExistence explains the existenceCondition of a definition on a
// related resource; nil where the definition has none. res is the resource of the if.
func (e *Evaluator) ExplainExistence(d *Definition, res, related *resource.Resource) *Explanation {
	if d.details.existence == nil || d.details.existence.when == nil {
		return nil
	}
	f := &e.f
	f.def = d
	f.clear(false)
	f.at(related)
	f.primary = res
	defer func() { f.primary = nil }()
	return f.explain(d.details.existence.when)
}

func (f *frame) explain(n *node) *Explanation {
	x := &Explanation{Kind: [...]string{"allOf", "anyOf", "not", "field", "value", "count"}[n.kind], Text: n.label, Pointer: n.pointer, Offset: n.at.Offset()}
	f.missing = nil
	x.Truth = n.eval(f)
	x.Missing = f.missing
	for _, k := range n.kids {
		x.Kids = append(x.Kids, f.explain(k))
	}
	if n.op == nil {
		return x
	}
	x.Operator = n.op.Name
	if v, unknown := n.want.eval(f); !unknown {
		x.Wanted = v
	}
	switch n.kind {
	case nodeField:
		ref := n.ref
		if ref == nil {
			if v, unknown := n.left.eval(f); !unknown {
				if name, ok := v.Text(); ok && name != "" {
					ref = f.refOf(n.scope, name)
				}
			}
		}
		if ref != nil {
			x.Text = ref.name
			x.Found = f.observed(ref)
		}
	case nodeValue:
		if v, unknown := n.left.eval(f); !unknown {
			x.Found = v
		}
	case nodeCount:
		f.explainCount(n, x)
	default:
	}
	return x
}

func (f *frame) observed(ref *fieldRef) jsondoc.Value {
	if !ref.each {
		v, _ := f.read(ref)
		return v
	}
	base := len(f.values)
	values, _ := f.readAll(ref)
	f.values = f.values[:base]
	return jsondoc.NewArray(values...)
}

func (f *frame) explainCount(n *node, x *Explanation) {
	if sure, _, known := n.count(f); known {
		x.Found = jsondoc.NewInt(int64(sure))
	}
	if n.where == nil {
		return
	}
	var elements jsondoc.Value
	if n.ref != nil {
		elements = f.observed(n.ref)
	} else if v, unknown := n.left.eval(f); !unknown {
		elements = v
	}
	for i, e := range elements.Elements() {
		if i == maxElements {
			break
		}
		f.elems = append(f.elems, e)
		kid := &Explanation{Kind: "element", Text: n.label, Pointer: n.pointer, Found: e, Kids: []*Explanation{f.explain(n.where)}}
		kid.Truth = kid.Kids[0].Truth
		f.elems = f.elems[:len(f.elems)-1]
		x.Kids = append(x.Kids, kid)
	}
}
