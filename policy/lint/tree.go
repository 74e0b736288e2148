package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

type kind uint8

const (
	kindLeaf kind = iota
	kindAll
	kindAny
	kindNot
	kindCount
)

// node is a condition of a rule as it was written.
type node struct {
	kind   kind
	at     jsondoc.Value
	kids   []*node
	where  *node // of a count
	field  string
	op     string
	want   jsondoc.Value
	key    string // of a scalar field, for facts; "" for everything else
	values *set   // that the field may have
	fixed  *bool  // the outcome, where it does not depend on the resource
	each   string // of a field with [*] outside a count: the array, up to its last [*]
}

// counted is a count that a condition stands in.
type counted struct {
	array string // in lower case, with its [*]
	depth int
}

// tree reads a condition that is known to compile.
func tree(v jsondoc.Value, counts []counted) *node {
	n := &node{at: v}
	for name, m := range v.Members() {
		switch strings.ToLower(name) {
		case "allof", "anyof":
			n.kind = kindAny
			if strings.EqualFold(name, "allOf") {
				n.kind = kindAll
			}
			for _, e := range m.Elements() {
				n.kids = append(n.kids, tree(e, counts))
			}
			return n
		case "not":
			n.kind, n.kids = kindNot, []*node{tree(m, counts)}
			return n
		case "field":
			n.field = m.TextOr("")
		case "value":
		case "count":
			n.kind = kindCount
			inner := counts
			if array := m.Get("field").TextOr(""); array != "" {
				inner = append(append([]counted(nil), counts...), counted{strings.ToLower(array), len(counts)})
			}
			if w := m.Get("where"); w.Exists() {
				n.where = tree(w, inner)
			}
		default:
			n.op, n.want = name, m
		}
	}
	switch {
	case n.field != "":
		n.about(counts)
	case n.kind == kindCount:
		n.countFixed()
	default:
		n.fixed = constant(v)
	}
	return n
}

// about works out which values a comparison lets through.
func (n *node) about(counts []counted) {
	if strings.HasPrefix(n.field, "[") {
		return
	}
	lower := strings.ToLower(n.field)
	key := lower
	for _, c := range slices.Backward(counts) {
		if rest, ok := strings.CutPrefix(lower, c.array); ok {
			key = strconv.Itoa(c.depth) + ":" + c.array + ":" + rest
			lower = rest
			break
		}
	}
	if at := strings.LastIndex(lower, "[*]"); at >= 0 {
		if key == lower {
			n.each = lower[:at+3]
		}
		return
	}
	if s, ok := allowed(n.op, n.want, lower == "location"); ok {
		n.key, n.values = key, &s
	}
}

// countFixed settles comparisons of a count that do not depend on it.
func (n *node) countFixed() {
	v, ok := n.want.Int()
	if !ok {
		return
	}
	var out bool
	switch strings.ToLower(n.op) {
	case "greaterorequals", "greater":
		out = true
		if strings.EqualFold(n.op, "greaterOrEquals") && v > 0 || strings.EqualFold(n.op, "greater") && v >= 0 {
			return
		}
	case "less", "lessorequals":
		if strings.EqualFold(n.op, "less") && v > 0 || strings.EqualFold(n.op, "lessOrEquals") && v >= 0 {
			return
		}
	case "equals":
		if v >= 0 {
			return
		}
	default:
		return
	}
	n.fixed = &out
}

// constant evaluates a comparison of a value that depends on nothing; nil
// where it depends on something.
func constant(v jsondoc.Value) *bool {
	if !pure(v) {
		return nil
	}
	def, _ := policy.Compile(jsondoc.NewObject(
		jsondoc.Member{Name: "if", Value: v},
		jsondoc.Member{Name: "then", Value: jsondoc.NewObject(jsondoc.Member{Name: "effect", Value: jsondoc.NewString("audit")})},
	), policy.CompileOptions{})
	if def == nil {
		return nil
	}
	switch policy.NewEvaluator(policy.Options{}).Evaluate(def, policy.Bare(jsondoc.NewObject())).Match {
	case finding.True:
		out := true
		return &out
	case finding.False:
		out := false
		return &out
	default:
		return nil
	}
}

// pure tells whether no expression of a value depends on anything.
func pure(v jsondoc.Value) bool {
	out := true
	texts(v, func(text jsondoc.Value, root arm.Node) {
		if root == nil {
			out = false
			return
		}
		arm.Walk(root, func(n arm.Node) bool {
			if c, ok := n.(*arm.Call); ok {
				f, known := arm.Lookup(c.Name)
				out = out && known && !f.Host && !f.Impure && !strings.EqualFold(c.Name, "parameters")
			}
			return out
		})
	})
	return out
}

// texts calls f for every expression in a value, with nil where it does not parse.
func texts(v jsondoc.Value, f func(text jsondoc.Value, root arm.Node)) {
	switch v.Kind() {
	case jsondoc.String:
		text, _ := v.Text()
		if !arm.IsExpression(text) {
			return
		}
		e, diags := arm.Parse(text)
		if e == nil || diags.HasErrors() {
			f(v, nil)
			return
		}
		f(v, e.Root)
	case jsondoc.Array:
		for _, e := range v.Elements() {
			texts(e, f)
		}
	case jsondoc.Object:
		for _, m := range v.Members() {
			texts(m, f)
		}
	default:
	}
}

func (n *node) span() diag.Span { return spanOf(n.at) }

func spanOf(v jsondoc.Value) diag.Span {
	end := 1
	if s, ok := v.Text(); ok {
		end = len(s) + 2
	}
	return diag.Span{Start: v.Offset(), End: v.Offset() + end}
}

// words describes a condition for a message.
func (n *node) words() string {
	switch n.kind {
	case kindAll:
		return "this allOf"
	case kindAny:
		return "this anyOf"
	case kindNot:
		return "not (" + n.kids[0].words() + ")"
	case kindCount:
		return "this count"
	default:
	}
	what := n.field
	if what == "" {
		what = short(n.at.Get("value").String())
	}
	want := n.want.String()
	if len(want) > 60 {
		want = want[:60] + "..."
	}
	return what + " " + n.op + " " + want
}
