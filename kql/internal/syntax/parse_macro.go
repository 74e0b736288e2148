package syntax

import "github.com/azward/azward/diag"

// macroExpand reads the rest of macro-expand group as name (query), or of
// macro-expand name in group (query).
func (p *parser) macroExpand(at diag.Span) Op {
	p.enter()
	defer p.leave()
	o := &MacroExpand{Props: p.params2("kind", "isfuzzy")}
	switch {
	case p.isEntityGroup():
		o.Group = p.entityGroup()
		p.expectWord("as")
		o.Scope = p.name()
	case p.wordAt(1, "in"):
		o.Scope = p.name()
		p.next()
		o.Group = p.groupName()
	default:
		o.Group = p.groupName()
		p.expectWord("as")
		o.Scope = p.name()
	}
	o.Body = p.macroBody()
	o.node = p.from(at)
	return o
}

func (p *parser) groupName() Expr {
	if p.isEntityGroup() {
		return p.entityGroup()
	}
	return &Ref{p.name()}
}

func (p *parser) isEntityGroup() bool { return p.isWord("entity_group") && p.isAt(1, "[") }

func (p *parser) entityGroup() Expr {
	start := p.next().Span
	p.expect("[")
	g := &EntityGroup{Entities: p.list("]", p.postfix)}
	if len(g.Entities) == 0 {
		p.fail(errExpected("a database", "\"]\""), p.last)
	}
	g.node = p.from(start)
	return g
}

// macroBody reads let statements and a query in parentheses.
func (p *parser) macroBody() *Body {
	start := p.tok().Span
	p.expect("(")
	b := &Body{}
	for p.isWord("let") && p.at(1).Kind != Punct {
		at := p.tok().Span
		b.Stmts = append(b.Stmts, p.let(at))
		p.expect(";")
	}
	b.Expr = p.pipe()
	p.accept(";")
	p.expect(")")
	b.node = p.from(start)
	return b
}
