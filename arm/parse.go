package arm

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Limits on one expression's text. ARM itself refuses an expression of more than
// 24,576 characters (template limits, "Best practices for ARM templates").
const (
	MaxLength = 24576
	MaxDepth  = 200
)

// Expr is a parsed string: a literal, or an expression with its tree.
type Expr struct {
	Text    string // as it was given
	Literal bool   // no expression: Value holds the text, the escape "[[" resolved
	Value   string
	Root    Node // nil for a literal
}

// Node is a node of an expression's tree: *Lit, *Call, *Prop or *Index.
type Node interface {
	// Span is the node's place in the text given to Parse, in bytes.
	Span() diag.Span
}

// Lit is a literal string, number, true, false or null.
type Lit struct {
	Val jsondoc.Value
	At  diag.Span
}

// Call is a function call. Name is as it was written; a user-defined function
// has its namespace before a dot.
type Call struct {
	Name   string
	Args   []Node
	At     diag.Span
	NameAt diag.Span
}

// Prop is access to a member by name: base.name, or base.?name (Safe).
type Prop struct {
	Base Node
	Name string
	Safe bool
	At   diag.Span
}

// Index is access by a computed key or index: base[key], or base[?key] (Safe).
type Index struct {
	Base Node
	Key  Node
	Safe bool
	At   diag.Span
}

// Span implements Node.
func (n *Lit) Span() diag.Span { return n.At }

// Span implements Node.
func (n *Call) Span() diag.Span { return n.At }

// Span implements Node.
func (n *Prop) Span() diag.Span { return n.At }

// Span implements Node.
func (n *Index) Span() diag.Span { return n.At }

// IsExpression tells whether a string is an expression by ARM's rule: it
// starts with "[" and ends with "]", and does not start with "[[".
func IsExpression(text string) bool {
	return len(text) >= 2 && text[0] == '[' && text[len(text)-1] == ']' && text[1] != '['
}

// Unescape returns the text that a literal string stands for: "[[x]" is "[x]".
func Unescape(text string) string {
	if strings.HasPrefix(text, "[[") && strings.HasSuffix(text, "]") {
		return text[1:]
	}
	return text
}

// Parse reads the text of a JSON string value (escapes resolved). A text that is no
// expression gives a literal and no diagnostics. Spans count bytes of text.
func Parse(text string) (*Expr, diag.List) {
	if !IsExpression(text) {
		return &Expr{Text: text, Literal: true, Value: Unescape(text)}, nil
	}
	if len(text) > MaxLength {
		return nil, diag.List{errTooLong(len(text))}
	}
	p := &parser{text: text, pos: 1, end: len(text) - 1}
	root, err := p.expression()
	if err == nil {
		p.space()
		if p.pos < p.end {
			err = new(errTrailing(p.rest(), p.here()))
		}
	}
	if err != nil {
		return nil, diag.List{*err}
	}
	return &Expr{Text: text, Root: root}, nil
}

// Walk calls f for n and every node below it, parents first, until f answers false for a branch.
func Walk(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	switch n := n.(type) {
	case *Call:
		for _, a := range n.Args {
			Walk(a, f)
		}
	case *Prop:
		Walk(n.Base, f)
	case *Index:
		Walk(n.Base, f)
		Walk(n.Key, f)
	}
}

type parser struct {
	text  string
	pos   int
	end   int
	depth int
}

func (p *parser) here() diag.Span {
	return diag.Span{Start: p.pos, End: min(p.pos+1, len(p.text))}
}

func (p *parser) rest() string {
	r := p.text[p.pos:p.end]
	if len(r) > 20 {
		r = strings.ToValidUTF8(r[:20], "") + "..."
	}
	return r
}

func (p *parser) space() {
	for p.pos < p.end {
		switch p.text[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) peek() byte {
	if p.pos < p.end {
		return p.text[p.pos]
	}
	return 0
}

// expression = primary { "." name | ".?" name | "[" expression "]" | "[?" expression "]" }
func (p *parser) expression() (Node, *diag.Diagnostic) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		return nil, new(errTooDeep(p.here()))
	}
	p.space()
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	for chain := 0; ; chain++ {
		if chain > MaxDepth {
			return nil, new(errTooDeep(p.here()))
		}
		p.space()
		switch p.peek() {
		case '.':
			p.pos++
			safe := p.peek() == '?'
			if safe {
				p.pos++
			}
			p.space()
			start := p.pos
			name := p.word()
			if name == "" {
				return nil, new(errWanted("a property name after the dot", p.rest(), p.here()))
			}
			n = &Prop{Base: n, Name: name, Safe: safe, At: diag.Span{Start: n.Span().Start, End: p.pos}}
			_ = start
		case '[':
			p.pos++
			safe := p.peek() == '?'
			if safe {
				p.pos++
			}
			key, err := p.expression()
			if err != nil {
				return nil, err
			}
			p.space()
			if p.peek() != ']' {
				return nil, new(errWanted(`"]"`, p.rest(), p.here()))
			}
			p.pos++
			n = &Index{Base: n, Key: key, Safe: safe, At: diag.Span{Start: n.Span().Start, End: p.pos}}
		default:
			return n, nil
		}
	}
}

func (p *parser) primary() (Node, *diag.Diagnostic) {
	start := p.pos
	switch c := p.peek(); {
	case c == '\'':
		s, ok := p.str()
		if !ok {
			return nil, new(errUnclosed(diag.Span{Start: start, End: p.end}))
		}
		return &Lit{Val: jsondoc.NewString(s), At: diag.Span{Start: start, End: p.pos}}, nil
	case c >= '0' && c <= '9', c == '-', c == '+':
		return p.number()
	case isWordStart(c):
		return p.call()
	case c == 0:
		return nil, new(errWanted("an expression", "the end", p.here()))
	default:
		return nil, new(errWanted("a function, a string or a number", p.rest(), p.here()))
	}
}

// str reads 'text' where two quotes stand for one.
func (p *parser) str() (string, bool) {
	p.pos++
	start := p.pos
	for {
		i := strings.IndexByte(p.text[p.pos:p.end], '\'')
		if i < 0 {
			return "", false
		}
		p.pos += i + 1
		if p.peek() != '\'' {
			return strings.ReplaceAll(p.text[start:p.pos-1], "''", "'"), true
		}
		p.pos++
	}
}

func (p *parser) number() (Node, *diag.Diagnostic) {
	start := p.pos
	if c := p.peek(); c == '-' || c == '+' {
		p.pos++
		p.space()
	}
	digits := p.pos
	for p.pos < p.end && (p.text[p.pos] >= '0' && p.text[p.pos] <= '9') {
		p.pos++
	}
	if p.peek() == '.' && p.pos+1 < p.end && p.text[p.pos+1] >= '0' && p.text[p.pos+1] <= '9' {
		p.pos++
		for p.pos < p.end && (p.text[p.pos] >= '0' && p.text[p.pos] <= '9') {
			p.pos++
		}
	}
	at := diag.Span{Start: start, End: p.pos}
	if digits == p.pos || isWordStart(p.peek()) {
		return nil, new(errNumber(p.text[start:min(p.pos+1, p.end)], at))
	}
	lit := strings.TrimLeft(p.text[digits:p.pos], "0")
	if lit == "" || lit[0] == '.' {
		lit = "0" + lit
	}
	if p.text[start] == '-' {
		lit = "-" + lit
	}
	v, err := jsondoc.ParseString(lit)
	if err != nil {
		return nil, new(errNumber(lit, at))
	}
	return &Lit{Val: v, At: at}, nil
}

func (p *parser) word() string {
	start := p.pos
	for p.pos < p.end && isWordPart(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// call = name { "." name } "(" [ expression { "," expression } ] ")" | "true" | "false" | "null"
func (p *parser) call() (Node, *diag.Diagnostic) {
	start := p.pos
	p.word()
	for p.peek() == '.' && p.pos+1 < p.end && isWordStart(p.text[p.pos+1]) {
		p.pos++
		p.word()
	}
	name := p.text[start:p.pos]
	nameAt := diag.Span{Start: start, End: p.pos}
	p.space()
	if p.peek() != '(' {
		switch strings.ToLower(name) {
		case "true", "false":
			return &Lit{Val: jsondoc.NewBool(strings.EqualFold(name, "true")), At: nameAt}, nil
		case "null":
			return &Lit{Val: jsondoc.Nothing, At: nameAt}, nil
		}
		return nil, new(errNotCalled(name, nameAt))
	}
	p.pos++
	c := &Call{Name: name, NameAt: nameAt}
	p.space()
	if p.peek() == ')' {
		p.pos++
		c.At = diag.Span{Start: start, End: p.pos}
		return c, nil
	}
	for {
		a, err := p.expression()
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, a)
		p.space()
		switch p.peek() {
		case ',':
			p.pos++
		case ')':
			p.pos++
			c.At = diag.Span{Start: start, End: p.pos}
			return c, nil
		default:
			return nil, new(errWanted(`"," or ")"`, p.rest(), p.here()))
		}
	}
}

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || c >= '0' && c <= '9' || c == '$' }
