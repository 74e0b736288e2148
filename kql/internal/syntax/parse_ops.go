package syntax

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
)

func (p *parser) mvItems() []MvItem {
	var out []MvItem
	for {
		it := MvItem{Expr: p.named()}
		if p.isWord("to") && p.wordAt(1, "typeof") {
			p.next()
			p.next()
			p.expect("(")
			it.Type = p.typeName()
			p.expect(")")
		}
		out = append(out, it)
		if !p.accept(",") {
			return out
		}
	}
}

func (p *parser) mvExpand(at diag.Span) Op {
	o := &MvExpand{Props: p.params2("bagexpansion", "kind", "with_itemindex")}
	o.Items = p.mvItems()
	if p.acceptWord("limit") {
		o.Limit = p.expr()
	}
	o.node = p.from(at)
	return o
}

func (p *parser) mvApply(at diag.Span) Op {
	o := &MvApply{Props: p.params2("with_itemindex", "bagexpansion", "kind")}
	o.Items = p.mvItems()
	if p.acceptWord("limit") {
		o.Limit = p.expr()
	}
	if p.isWord("id") {
		p.next()
		n := p.name()
		o.ID = &n
	}
	p.expectWord("on")
	o.Sub = p.subPipe()
	o.node = p.from(at)
	return o
}

func (p *parser) parseOp(where bool, at diag.Span) Op {
	o := &ParseWith{Where: where, Props: p.params2("kind", "flags")}
	o.X = p.expr()
	p.expectWord("with")
	for !p.endOfOp() {
		switch t := p.tok(); {
		case t.Kind == Punct && t.Text == "*":
			p.next()
			o.Parts = append(o.Parts, ParsePart{Star: true})
		case t.Kind == Str:
			n := p.next()
			lit := &Literal{node: p.from(t.Span), Type: types.String, Text: n.Text, Hidden: n.Quote}
			lit.Value = strValue(n.Value)
			o.Parts = append(o.Parts, ParsePart{Text: lit})
		default:
			c := ColumnDecl{Name: p.name()}
			if p.accept(":") {
				c.Type = p.typeName()
			}
			o.Parts = append(o.Parts, ParsePart{Col: &c})
		}
		p.accept(",")
	}
	if len(o.Parts) == 0 {
		p.expected("a pattern")
	}
	o.node = p.from(at)
	return o
}

func (p *parser) parseKV(at diag.Span) Op {
	o := &ParseKV{X: p.expr()}
	p.expectWord("as")
	o.Keys, _ = p.columns()
	if p.acceptWord("with") {
		o.With = p.propList()
	}
	o.node = p.from(at)
	return o
}

func (p *parser) makeSeries(at diag.Span) Op {
	o := &MakeSeries{Props: p.params2("kind")}
	for {
		a := SeriesAgg{Expr: p.named()}
		if p.acceptWord("default") {
			p.expect("=")
			a.Default = p.expr()
		}
		o.Aggs = append(o.Aggs, a)
		if !p.accept(",") {
			break
		}
	}
	p.expectWord("on")
	if p.isAt(1, "=") {
		o.On = p.named()
	} else {
		o.On = p.additive()
	}
	if p.isWord("in") && p.wordAt(1, "range") {
		p.next()
		p.next()
		o.InRange = true
		p.expect("(")
		o.From = p.expr()
		p.expect(",")
		o.To = p.expr()
		p.expect(",")
		o.Step = p.expr()
		p.expect(")")
	} else {
		if p.acceptWord("from") {
			o.From = p.expr()
		}
		if p.acceptWord("to") {
			o.To = p.expr()
		}
		p.expectWord("step")
		o.Step = p.expr()
	}
	if p.acceptWord("by") {
		o.By = p.commas(p.named)
	}
	o.node = p.from(at)
	return o
}

func (p *parser) search(at diag.Span) Op {
	o := &Search{Props: p.params2("kind")}
	if p.isWord("in") && p.isAt(1, "(") {
		p.next()
		p.next()
		o.Tables = p.list(")", p.tableRef)
	}
	o.Pred = p.expr()
	o.node = p.from(at)
	return o
}

func (p *parser) find(at diag.Span) Op {
	o := &Find{Props: p.params2("withsource", "with_source", "datascope")}
	if p.isWord("in") && p.isAt(1, "(") {
		p.next()
		p.next()
		o.Tables = p.list(")", p.tableRef)
	}
	p.acceptWord("where")
	o.Pred = p.expr()
	switch {
	case p.isWord("project") && p.isAt(1, "-"):
		name, _ := p.opName()
		if name == "project-smart" {
			o.Smart = true
		} else {
			o.Away = p.commas(p.tableRef)
		}
	case p.acceptWord("project"):
		for {
			o.Project = append(o.Project, p.named())
			t := types.None
			if p.accept(":") {
				t = p.typeName()
			}
			o.Types = append(o.Types, t)
			if !p.accept(",") {
				break
			}
		}
		if p.isWord("project") && p.isAt(1, "-") {
			p.opName()
			o.Away = p.commas(p.tableRef)
		}
	}
	o.node = p.from(at)
	return o
}

func (p *parser) partition(at diag.Span) Op {
	o := &Partition{Props: p.hints()}
	p.acceptWord("by")
	if p.tok().Kind == Ident && p.isAt(1, "(") {
		o.By = &Ref{p.name()}
	} else {
		o.By = p.postfix()
	}
	o.Props = append(o.Props, p.hints()...)
	if p.is("{") {
		p.next()
		o.Query = p.pipe()
		p.expect("}")
	} else {
		if p.acceptWord("in") {
			p.expected("\"(\"")
		}
		o.Sub = p.subPipe()
	}
	o.node = p.from(at)
	return o
}

func (p *parser) scan(at diag.Span) Op {
	o := &Scan{Props: p.params2("with_match_id")}
	if p.isWord("order") && p.wordAt(1, "by") {
		p.next()
		p.next()
		o.OrderBy = p.sortKeys()
	}
	if p.isWord("partition") && p.wordAt(1, "by") {
		p.next()
		p.next()
		o.Partition = p.commas(p.expr)
	}
	if p.acceptWord("declare") {
		o.Declare = p.params()
	}
	p.expectWord("with")
	p.expect("(")
	for !p.accept(")") {
		if p.accept(";") || p.accept(",") {
			continue
		}
		p.expectWord("step")
		s := ScanStep{Name: p.name()}
		if p.acceptWord("optional") {
			s.Optional = true
		}
		if p.isWord("output") && p.isAt(1, "=") {
			p.next()
			p.next()
			s.Output = p.name().Text
			if s.Output != "all" && s.Output != "last" && s.Output != "none" {
				p.fail(errUnknownWord("output", s.Output), p.last)
			}
		}
		p.expect(":")
		s.Cond = p.expr()
		if p.accept("=>") {
			s.Assign = p.commas(p.named)
		}
		o.Steps = append(o.Steps, s)
		if !p.is(")") {
			p.expect(";")
		}
	}
	if len(o.Steps) == 0 {
		p.fail(errExpected("\"step\"", "\")\""), p.last)
	}
	o.node = p.from(at)
	return o
}

func (p *parser) fork(at diag.Span) Op {
	o := &Fork{}
	for !p.endOfOp() {
		arm := ForkArm{}
		if p.tok().Kind == Ident && p.isAt(1, "=") {
			n := p.name()
			p.next()
			arm.Name = &n
		}
		arm.Sub = p.subPipe()
		o.Arms = append(o.Arms, arm)
		p.accept(",")
	}
	if len(o.Arms) == 0 {
		p.expected("\"(\"")
	}
	o.node = p.from(at)
	return o
}

func (p *parser) evaluate(at diag.Span) Op {
	o := &Evaluate{Props: p.hints()}
	o.Call = p.call()
	if p.accept(":") {
		o.HasAs = true
		o.Schema, o.Open = p.columns()
	}
	o.node = p.from(at)
	return o
}

func (p *parser) topNested(at diag.Span) Op {
	o := &TopNested{}
	for {
		l := NestedLevel{}
		if !p.isWord("of") {
			l.N = p.expr()
		}
		p.expectWord("of")
		l.Of = p.named()
		if p.isWord("with") && p.wordAt(1, "others") {
			p.next()
			p.next()
			p.expect("=")
			l.Others = p.expr()
		}
		p.expectWord("by")
		l.By = p.named()
		if p.isWord("asc") || p.isWord("desc") {
			l.Asc = p.next().Text == "asc"
		}
		o.Levels = append(o.Levels, l)
		if !p.accept(",") {
			break
		}
		if name, nat := p.opName(); name != "top-nested" {
			p.fail(errExpected("\"top-nested\"", "\""+name+"\""), nat)
		}
	}
	o.node = p.from(at)
	return o
}
