package syntax

import "github.com/azward/azward/diag"

func (p *parser) makeGraph(at diag.Span) Op {
	o := &MakeGraph{}
	p.params2()
	o.Source = p.name()
	// --> or --
	p.expect("-")
	p.expect("-")
	o.Directed = p.accept(">")
	o.Target = p.name()
	if p.isWord("with") && !p.isAt(1, "=") {
		p.next()
		for {
			g := GraphNodes{Table: p.tableRef()}
			p.expectWord("on")
			g.On = p.name()
			o.Nodes = append(o.Nodes, g)
			if !p.accept(",") {
				break
			}
		}
	}
	if p.isWord("with_node_id") && p.isAt(1, "=") {
		p.next()
		p.next()
		n := p.name()
		o.NodeID = &n
	}
	if p.isWord("partitioned") && p.isAt(1, "-") && p.wordAt(2, "by") {
		p.next()
		p.next()
		p.next()
		n := p.name()
		o.Partition = &n
		o.Sub = p.subPipe()
	}
	o.node = p.from(at)
	return o
}

func (p *parser) graphMatch(shortest bool, at diag.Span) Op {
	o := &GraphMatch{Shortest: shortest, Props: p.params2("cycles", "output")}
	for {
		o.Patterns = append(o.Patterns, p.graphPattern())
		if !p.accept(",") {
			break
		}
	}
	if p.acceptWord("where") {
		o.Where = p.expr()
	}
	if p.acceptWord("project") {
		o.Project = p.commas(p.named)
	}
	o.node = p.from(at)
	return o
}

// graphPattern reads (a)-[e]->(b)<-[f*1..3]-(c)--(d).
func (p *parser) graphPattern() []GraphElement {
	out := []GraphElement{p.graphNode()}
	for p.is("-") || p.is("<") {
		out = append(out, p.graphEdge(), p.graphNode())
	}
	return out
}

func (p *parser) graphNode() GraphElement {
	p.expect("(")
	e := GraphElement{}
	if !p.is(")") {
		e.Name = p.name()
	}
	p.expect(")")
	return e
}

func (p *parser) graphEdge() GraphElement {
	e := GraphElement{Edge: true}
	left := p.accept("<")
	p.expect("-")
	if p.accept("[") {
		if p.tok().Kind == Ident {
			e.Name = p.name()
		}
		if p.accept("*") {
			e.Variable = true
			e.Min = p.additive()
			p.expect("..")
			e.Max = p.additive()
		}
		p.expect("]")
	}
	p.expect("-")
	right := p.accept(">")
	switch {
	case left && !right:
		e.Dir = -1
	case right && !left:
		e.Dir = 1
	}
	return e
}

func (p *parser) graphToTable(at diag.Span) Op {
	o := &GraphToTable{}
	for {
		t := GraphTable{}
		switch {
		case p.acceptWord("nodes"):
		case p.acceptWord("edges"):
			t.Edges = true
		default:
			p.expected("\"nodes\" or \"edges\"")
		}
		if p.acceptWord("as") {
			n := p.name()
			t.As = &n
		}
		t.Props = p.params2("with_node_id", "with_source_id", "with_target_id")
		o.Tables = append(o.Tables, t)
		if !p.accept(",") && !p.isWord("nodes") && !p.isWord("edges") { // a parameter takes the comma behind it
			break
		}
	}
	o.node = p.from(at)
	return o
}
