package access

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
)

// Limits on a condition. Azure accepts 8 KB of text.
const (
	maxConditionLength = 64 << 10
	maxConditionDepth  = 200
)

// Condition is a parsed role assignment condition of version 2.0. Source of
// the grammar: "Azure role assignment condition format and syntax".
type Condition struct {
	text string
	root condNode
}

type condNode interface {
	print(b *strings.Builder)
	eval(c *evaluation) finding.Truth
}

type (
	andNode    struct{ parts []condNode }
	orNode     struct{ parts []condNode }
	notNode    struct{ inner condNode }
	groupNode  struct{ inner condNode }
	actionNode struct {
		texts    []string
		patterns []Pattern
		segments bool // `*` is one segment
	}
	subOperationNode struct {
		names    []string
		patterns []Pattern
		segments bool
	}
	existsNode struct {
		attr   operand
		negate bool
	}
	compareNode struct {
		left, right operand
		op          *conditionOperator
		opText      string
		quant       quantifier
	}
)

// operand is one side of a comparison: an attribute, or literal values.
type operand struct {
	source string // Resource, Request, Principal, Environment; "" for a literal
	name   string // of the attribute, or of the function
	set    bool   // written in braces
	values []literal
	fn     func([][]string) ([]string, bool) // of a dialect; nil: none
	args   []operand
}

type literal struct {
	text   string
	quoted bool
}

// quantifier is the set modifier of an operator: For{left}Of{right}Values.
type quantifier struct {
	present           bool
	leftAll, rightAll bool
}

// ParseCondition reads a condition. Diagnostics hold errors, and a warning
// where AND and OR are mixed without parentheses, which Azure's documentation
// leaves open; AND binds first here.
func ParseCondition(text string) (*Condition, diag.List) { return parseDialect(text, Azure) }

func parseDialect(text string, d Dialect) (*Condition, diag.List) {
	var list diag.List
	if len(text) > maxConditionLength {
		list.Add(errConditionTooLong(len(text)))
		return nil, list
	}
	toks, bad := lexCondition(text)
	if bad != nil {
		list.Add(*bad)
		return nil, list
	}
	p := &condParser{toks: toks, list: &list, regorus: d == Regorus}
	root := p.or()
	if p.failed {
		return nil, list
	}
	if t := p.peek(); t.kind != tokEnd {
		list.Add(errUnexpected(t, "the end of the condition"))
		return nil, list
	}
	return &Condition{text: text, root: root}, list
}

// String prints the condition in a normal form that parses to the same.
func (c *Condition) String() string {
	var b strings.Builder
	c.root.print(&b)
	return b.String()
}

type condParser struct {
	toks   []token
	i      int
	depth  int
	failed bool
	list   *diag.List

	regorus bool // the dialect
}

func (p *condParser) peek() token { return p.toks[p.i] }

func (p *condParser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

func (p *condParser) fail(d diag.Diagnostic) condNode {
	if !p.failed {
		p.list.Add(d)
	}
	p.failed = true
	return nil
}

func (p *condParser) word(w string) bool {
	t := p.peek()
	if t.kind == tokWord && strings.EqualFold(t.text, w) {
		p.i++
		return true
	}
	return false
}

func (p *condParser) punct(s string) bool {
	if t := p.peek(); t.kind == tokPunct && t.text == s {
		p.i++
		return true
	}
	return false
}

func (p *condParser) or() condNode {
	first := p.and()
	if p.failed {
		return nil
	}
	parts := []condNode{first}
	for {
		at := p.peek().span
		if !p.word("OR") {
			break
		}
		n := p.and()
		if p.failed {
			return nil
		}
		parts = append(parts, n)
		for _, x := range []condNode{parts[len(parts)-2], n} {
			if _, mixed := x.(*andNode); mixed {
				p.list.Add(warnMixed(at))
				break
			}
		}
	}
	if len(parts) == 1 {
		return first
	}
	return &orNode{parts}
}

func (p *condParser) and() condNode {
	first := p.unary()
	if p.failed {
		return nil
	}
	parts := []condNode{first}
	for p.word("AND") {
		n := p.unary()
		if p.failed {
			return nil
		}
		parts = append(parts, n)
	}
	if len(parts) == 1 {
		return first
	}
	return &andNode{parts}
}

func (p *condParser) unary() condNode {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxConditionDepth {
		return p.fail(errTooDeep(p.peek().span))
	}
	if p.punct("!") || p.word("NOT") {
		n := p.unary()
		if p.failed {
			return nil
		}
		return &notNode{n}
	}
	if p.punct("(") {
		n := p.or()
		if p.failed {
			return nil
		}
		if !p.punct(")") {
			return p.fail(errUnexpected(p.peek(), "\")\""))
		}
		return &groupNode{n}
	}
	t := p.peek()
	if t.kind == tokWord {
		switch strings.ToLower(t.text) {
		case "actionmatches":
			p.next()
			texts := p.names()
			if p.failed {
				return nil
			}
			n := &actionNode{texts: texts, segments: p.regorus}
			for _, s := range texts {
				n.patterns = append(n.patterns, CompilePattern(s))
			}
			return n
		case "suboperationmatches":
			p.next()
			names := p.names()
			if p.failed {
				return nil
			}
			n := &subOperationNode{names: names, segments: p.regorus}
			for _, s := range names {
				n.patterns = append(n.patterns, CompilePattern(s))
			}
			return n
		case "exists", "notexists":
			p.next()
			a := p.next()
			if a.kind != tokAttr {
				return p.fail(errUnexpected(a, "an attribute such as @Resource[name]"))
			}
			attr, ok := p.attribute(a)
			if !ok {
				return nil
			}
			return &existsNode{attr: attr, negate: len(t.text) > len("exists")}
		}
	}
	return p.comparison()
}

// names reads {'a', 'b'}.
func (p *condParser) names() []string {
	end := "}"
	if p.regorus && p.punct("(") {
		end = ")"
	} else if !p.punct("{") {
		p.fail(errUnexpected(p.peek(), "\"{\" and a quoted name"))
		return nil
	}
	var out []string
	for {
		t := p.next()
		if t.kind != tokText {
			p.fail(errUnexpected(t, "a quoted name"))
			return nil
		}
		out = append(out, t.text)
		if p.punct(end) {
			return out
		}
		if !p.punct(",") {
			p.fail(errUnexpected(p.peek(), "\",\" or \"}\""))
			return nil
		}
	}
}

func (p *condParser) comparison() condNode {
	left, ok := p.operand()
	if !ok {
		return nil
	}
	t := p.next()
	if t.kind != tokWord {
		return p.fail(errUnexpected(t, "an operator such as StringEquals"))
	}
	n := &compareNode{left: left, opText: t.text}
	name := t.text
	if q, ok := parseQuantifier(t.text); ok {
		switch {
		case p.punct(":"):
			t = p.next()
			n.quant, n.opText, name = q, n.opText+":"+t.text, t.text
		case p.regorus:
			n.quant, name = q, "StringEquals"
		default:
			return p.fail(errUnexpected(p.peek(), "\":\" and an operator after "+t.text))
		}
	}
	n.op = conditionOperators[strings.ToLower(name)]
	if n.op == nil && p.regorus {
		n.op = dialectOperators[strings.ToLower(name)]
	}
	if n.op == nil {
		return p.fail(errUnknownOperator(t))
	}
	if n.right, ok = p.operand(); !ok {
		return nil
	}
	return n
}

func (p *condParser) operand() (operand, bool) {
	t := p.next()
	switch {
	case t.kind == tokAttr:
		return p.attribute(t)
	case t.kind == tokText || t.kind == tokNumber || t.kind == tokWord && isBool(t.text):
		return operand{values: []literal{{t.text, t.kind == tokText}}}, true
	case p.regorus && t.kind == tokWord && dialectFunctions[strings.ToLower(t.text)] != nil && p.peek().kind == tokPunct && p.peek().text == "(":
		if p.depth++; p.depth > maxConditionDepth {
			p.fail(errTooDeep(t.span))
			return operand{}, false
		}
		o, ok := p.function(t.text)
		p.depth--
		return o, ok
	case t.kind == tokPunct && (t.text == "{" || t.text == "[" && p.regorus):
		o := operand{set: true}
		end := map[string]string{"{": "}", "[": "]"}[t.text]
		if p.punct(end) {
			return o, true
		}
		for {
			v := p.next()
			if v.kind != tokText && v.kind != tokNumber && (v.kind != tokWord || !isBool(v.text)) {
				p.fail(errUnexpected(v, "a value"))
				return o, false
			}
			o.values = append(o.values, literal{v.text, v.kind == tokText})
			if p.punct(end) {
				return o, true
			}
			if !p.punct(",") {
				p.fail(errUnexpected(p.peek(), "\",\" or \"}\""))
				return o, false
			}
		}
	}
	p.fail(errUnexpected(t, "an attribute or a value"))
	return operand{}, false
}

// attribute checks the source of an attribute and that it has a name.
func (p *condParser) attribute(t token) (operand, bool) {
	switch strings.ToLower(t.src) {
	case "resource", "request", "principal", "environment":
		if t.text == "" {
			p.fail(errBadAttribute(t.span))
			return operand{}, false
		}
		return operand{source: t.src, name: t.text}, true
	}
	p.fail(errUnknownSource(t))
	return operand{}, false
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func parseQuantifier(s string) (quantifier, bool) {
	switch strings.ToLower(s) {
	case "foranyofanyvalues":
		return quantifier{present: true}, true
	case "forallofanyvalues":
		return quantifier{present: true, leftAll: true}, true
	case "foranyofallvalues":
		return quantifier{present: true, rightAll: true}, true
	case "forallofallvalues":
		return quantifier{present: true, leftAll: true, rightAll: true}, true
	}
	return quantifier{}, false
}
