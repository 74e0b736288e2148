package syntax

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
)

// Limits on what is read.
const (
	MaxText  = 2 << 20 // bytes of a query
	maxDepth = 250     // nesting of expressions and subqueries
	maxChain = 20_000  // operands of one chain of operators
	maxErrs  = 20
)

// Parse reads a query. It always returns a tree; where the list holds errors
// the tree leaves out what could not be read.
func Parse(text string) (*Query, diag.List) {
	q := &Query{Text: text}
	if len(text) > MaxText {
		d := errSize(MaxText)
		return q, diag.List{d}
	}
	toks, errs := Lex(text)
	p := &parser{toks: toks, errs: errs}
	q.Stmts = p.statements(false)
	if len(q.Stmts) == 0 && !p.errs.HasErrors() {
		p.errs.Add(errEmpty())
	}
	p.errs.Sort()
	if len(p.errs) > maxErrs {
		p.errs = p.errs[:maxErrs]
	}
	return q, p.errs
}

type parser struct {
	toks  []Token
	pos   int
	errs  diag.List
	depth int
	// last is the span of the token consumed last, to end nodes with.
	last diag.Span
}

// bailout unwinds to the nearest place that can go on.
type bailout struct{}

func (p *parser) fail(d diag.Diagnostic, at diag.Span) {
	d.Span = at
	for _, e := range p.errs {
		if e.Span == at { // an echo
			panic(bailout{})
		}
	}
	p.errs.Add(d)
	panic(bailout{})
}

// report notes a fault that the reading can go on after.
func (p *parser) report(d diag.Diagnostic, at diag.Span) {
	d.Span = at
	p.errs.Add(d)
}

// try runs f and reports whether it came to its end.
func (p *parser) try(f func()) (ok bool) {
	depth := p.depth
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(bailout); !is {
				panic(r)
			}
			p.depth = depth
			ok = false
		}
	}()
	f()
	return true
}

func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		at := p.tok().Span
		p.pos = len(p.toks) - 1
		p.fail(errDepth(), at)
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tok() *Token { return &p.toks[p.pos] }

func (p *parser) at(n int) *Token { return &p.toks[min(p.pos+n, len(p.toks)-1)] }

func (p *parser) next() Token {
	t := p.toks[p.pos]
	if t.Kind != EOF {
		p.pos++
		p.last = t.Span
	}
	return t
}

func (p *parser) is(punct string) bool {
	t := p.tok()
	return t.Kind == Punct && t.Text == punct
}

func (p *parser) isAt(n int, punct string) bool {
	t := p.at(n)
	return t.Kind == Punct && t.Text == punct
}

func (p *parser) isWord(word string) bool {
	t := p.tok()
	return t.Kind == Ident && t.Text == word
}

func (p *parser) wordAt(n int, word string) bool {
	t := p.at(n)
	return t.Kind == Ident && t.Text == word
}

func (p *parser) accept(punct string) bool {
	if p.is(punct) {
		p.next()
		return true
	}
	return false
}

func (p *parser) acceptWord(word string) bool {
	if p.isWord(word) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(punct string) {
	if !p.accept(punct) {
		p.expected("\"" + punct + "\"")
	}
}

func (p *parser) expectWord(word string) {
	if !p.acceptWord(word) {
		p.expected("\"" + word + "\"")
	}
}

func (p *parser) expected(what string) {
	t := p.tok()
	got := "the end of the query"
	if t.Kind != EOF {
		text := t.Text
		if len(text) > 40 {
			text = text[:40] + "..."
		}
		got = "\"" + text + "\""
	}
	if t.Kind == Bad { // already reported by the lexer
		panic(bailout{})
	}
	p.fail(errExpected(what, got), t.Span)
}

func (p *parser) from(start diag.Span) node {
	return node{diag.Span{Start: start.Start, End: max(p.last.End, start.Start)}}
}

// statements reads statements up to the end or, in a body, up to "}".
func (p *parser) statements(body bool) []Stmt {
	var out []Stmt
	for {
		for p.accept(";") {
		}
		if p.tok().Kind == EOF || body && p.is("}") {
			return out
		}
		before := p.pos
		var s Stmt
		ok := p.try(func() {
			s = p.statement()
			if !p.is(";") && p.tok().Kind != EOF && !(body && p.is("}")) {
				p.expected("\";\" or \"|\"")
			}
		})
		if s != nil {
			out = append(out, s)
		}
		if !ok {
			p.skip(body)
			if p.pos == before {
				p.next()
			}
		}
	}
}

// skip moves to the next statement.
func (p *parser) skip(body bool) {
	depth := 0
	for t := p.tok(); t.Kind != EOF; t = p.tok() {
		if t.Kind == Punct {
			switch t.Text {
			case "(", "[", "{":
				depth++
			case ")", "]":
				depth--
			case "}":
				if depth <= 0 && body {
					return
				}
				depth--
			case ";":
				if depth <= 0 {
					return
				}
			}
		}
		p.next()
	}
}

func (p *parser) statement() Stmt {
	start := p.tok().Span
	t := p.tok()
	if t.Kind == Ident {
		switch t.Text {
		case "let":
			if p.at(1).Kind != Punct || p.isAt(1, "[") {
				return p.let(start)
			}
		case "set":
			if p.at(1).Kind == Ident {
				p.next()
				s := &Set{Name: p.name()}
				if p.accept("=") {
					s.Value = p.expr()
				}
				s.node = p.from(start)
				return s
			}
		case "declare":
			if p.wordAt(1, "query_parameters") {
				p.next()
				p.next()
				d := &Declare{Params: p.params()}
				d.node = p.from(start)
				return d
			}
			if p.wordAt(1, "pattern") {
				return p.pattern(start)
			}
		case "alias":
			if p.wordAt(1, "database") {
				p.next()
				p.next()
				a := &Alias{Name: p.name()}
				p.expect("=")
				a.Value = p.pipe()
				a.node = p.from(start)
				return a
			}
		case "restrict":
			if p.wordAt(1, "access") {
				p.next()
				p.next()
				p.expectWord("to")
				p.expect("(")
				r := &Restrict{To: p.list(")", p.tableRef)}
				r.node = p.from(start)
				return r
			}
		}
	}
	d := &Do{Expr: p.pipe()}
	d.node = p.from(start)
	return d
}

func (p *parser) let(start diag.Span) Stmt {
	p.next()
	l := &Let{Name: p.name()}
	p.expect("=")
	l.Value = p.letValue()
	l.node = p.from(start)
	return l
}

func (p *parser) letValue() Expr {
	if p.isLambda() {
		return p.lambda()
	}
	if p.isEntityGroup() {
		return p.entityGroup()
	}
	return p.pipe()
}

// isLambda tells whether "(params) {" or "view (...) {" follows.
func (p *parser) isLambda() bool {
	n := 0
	if p.wordAt(0, "view") && p.isAt(1, "(") {
		n = 1
	}
	if !p.isAt(n, "(") {
		return false
	}
	if p.isAt(n+1, ")") {
		return p.isAt(n+2, "{")
	}
	// (name: ...) is a parameter list wherever a lambda may stand.
	t := p.at(n + 1)
	if t.Kind == Ident || t.Kind == Typed {
		return p.isAt(n+2, ":")
	}
	return t.Kind == Punct && t.Text == "[" && p.isAt(n+3, "]") && p.isAt(n+4, ":")
}

func (p *parser) lambda() Expr {
	p.enter()
	defer p.leave()
	start := p.tok().Span
	l := &Lambda{View: p.acceptWord("view")}
	l.Params = p.params()
	l.Body = p.body()
	l.node = p.from(start)
	return l
}

func (p *parser) body() *Body {
	start := p.tok().Span
	p.expect("{")
	b := &Body{}
	for _, s := range p.statements(true) {
		if d, ok := s.(*Do); ok && b.Expr == nil {
			b.Expr = d.Expr
			continue
		}
		if b.Expr != nil {
			p.fail(errExpected("\"}\"", "another statement"), s.Span())
		}
		b.Stmts = append(b.Stmts, s)
	}
	p.expect("}")
	b.node = p.from(start)
	return b
}

func (p *parser) params() []Param {
	p.expect("(")
	var out []Param
	for !p.accept(")") {
		if len(out) > 0 {
			p.expect(",")
		}
		q := Param{Name: p.name()}
		p.expect(":")
		if p.is("(") {
			q.Tabular = true
			q.Columns, q.Open = p.columns()
		} else {
			q.Type = p.typeName()
		}
		if p.accept("=") {
			q.Default = p.unary()
		}
		out = append(out, q)
	}
	return out
}

// columns reads (a:long, b:string) or (*).
func (p *parser) columns() (cols []ColumnDecl, open bool) {
	p.expect("(")
	cols = []ColumnDecl{}
	for first := true; !p.accept(")"); first = false {
		if !first {
			p.expect(",")
			if p.accept(")") {
				break
			}
		}
		if p.accept("*") {
			open = true
			continue
		}
		c := ColumnDecl{Name: p.name()}
		p.expect(":")
		c.Type = p.typeName()
		cols = append(cols, c)
	}
	return cols, open
}

func (p *parser) typeName() types.Type {
	t := p.tok()
	if t.Kind != Ident {
		p.expected("a type")
	}
	typ, ok := types.Parse(t.Text)
	if !ok || t.Text != strings.ToLower(t.Text) {
		p.fail(errUnknownWord("type", t.Text), t.Span)
	}
	p.next()
	return typ
}

// name reads a name: an identifier, ['quoted'] or ["quoted"].
func (p *parser) name() Name {
	t := p.tok()
	switch {
	case t.Kind == Ident:
		p.next()
		return Name{Text: t.Text, At: t.Span}
	case t.Kind == Punct && t.Text == "[" && p.at(1).Kind == Str && p.isAt(2, "]"):
		start := p.next().Span
		s := p.next()
		p.next()
		return Name{Text: s.Value, At: diag.Span{Start: start.Start, End: p.last.End}}
	}
	p.expected("a name")
	return Name{}
}

// wildName reads a name that may hold *.
func (p *parser) wildName() (Name, bool) {
	t := p.tok()
	if t.Kind == Punct && t.Text == "[" {
		if p.at(1).Kind == Str && p.isAt(2, "]") {
			return p.name(), true
		}
		return Name{}, false
	}
	if t.Kind != Ident && !p.is("*") {
		return Name{}, false
	}
	n := Name{At: t.Span}
	var text strings.Builder
	for first := true; ; first = false {
		t = p.tok()
		if !first && !t.Glued {
			break
		}
		switch {
		case t.Kind == Ident || t.Kind == Long && !first:
			text.WriteString(t.Text)
		case t.Kind == Punct && t.Text == "*":
			text.WriteByte('*')
			n.Wild = true
		default:
			t = nil
		}
		if t == nil {
			break
		}
		// Two identifiers are never glued; an identifier ends the name
		// unless a star follows.
		p.next()
		n.At.End = p.last.End
	}
	n.Text = text.String()
	return n, true
}

// list reads items separated by commas up to the closing punctuation, which
// it consumes; a comma before it is allowed.
func (p *parser) list(end string, item func() Expr) []Expr {
	out := []Expr{}
	for !p.accept(end) {
		if len(out) > 0 {
			p.expect(",")
			if p.accept(end) {
				break
			}
		}
		out = append(out, item())
	}
	return out
}

// commas reads at least one item.
func (p *parser) commas(item func() Expr) []Expr {
	out := []Expr{item()}
	for p.accept(",") {
		out = append(out, item())
	}
	return out
}

func (p *parser) pattern(start diag.Span) Stmt {
	p.next()
	p.next()
	d := &Pattern{Name: p.name()}
	if !p.accept("=") {
		d.node = p.from(start)
		return d
	}
	d.Params = p.params()
	if p.accept("[") {
		n := p.name()
		p.expect(":")
		d.Path = &Param{Name: n, Type: p.typeName()}
		p.expect("]")
	}
	p.expect("{")
	for !p.accept("}") {
		if p.accept(";") {
			continue
		}
		c := PatternCase{}
		p.expect("(")
		for _, a := range p.list(")", p.expr) {
			lit, ok := a.(*Literal)
			if !ok {
				p.fail(errExpected("a constant", "an expression"), a.Span())
			}
			c.Args = append(c.Args, lit)
		}
		if p.accept(".") {
			p.expect("[")
			lit, ok := p.expr().(*Literal)
			if !ok {
				p.expected("a constant")
			}
			c.Path = lit
			p.expect("]")
		}
		p.expect("=")
		c.Body = p.body()
		d.Cases = append(d.Cases, c)
	}
	d.node = p.from(start)
	return d
}

// ParseFunction reads the text of a stored function: "(params) { body }".
func ParseFunction(text string) (*Lambda, bool) {
	if len(text) > MaxText {
		return nil, false
	}
	toks, errs := Lex(text)
	p := &parser{toks: toks, errs: errs}
	var l *Lambda
	ok := p.try(func() {
		l = p.lambda().(*Lambda)
		if p.tok().Kind != EOF && !p.is(";") {
			p.expected("the end of the function")
		}
	})
	return l, ok && !p.errs.HasErrors()
}
