package syntax

import (
	"github.com/azward/azward/diag"
)

// sourceOps are the operators that may start a query, and how to tell one from
// a name of the same spelling.
func (p *parser) startsWithOp() bool {
	t := p.tok()
	if t.Kind != Ident {
		return false
	}
	n := p.at(1)
	switch t.Text {
	case "print":
		return !(n.Kind == EOF || n.Kind == Punct && n.Text != "(" && n.Text != "[" && n.Text != "-" && n.Text != "+")
	case "range":
		return n.Kind == Ident && p.wordAt(2, "from") || n.Kind == Punct && n.Text == "["
	case "union":
		return n.Kind == Ident || n.Kind == Punct && (n.Text == "(" || n.Text == "*" || n.Text == "[")
	case "search":
		return !(n.Kind == EOF || n.Kind == Punct && n.Text != "(" && n.Text != "*" && n.Text != "[")
	case "find":
		return n.Kind == Ident || n.Kind == Str || n.Kind == Punct && n.Text == "("
	case "evaluate":
		return n.Kind == Ident
	case "macro":
		return n.Kind == Punct && n.Text == "-" && p.wordAt(2, "expand") && p.at(3).Kind == Ident
	}
	return false
}

// pipe reads a source and its operators; without a bar it is the bare expression.
func (p *parser) pipe() Expr {
	p.enter()
	defer p.leave()
	start := p.tok().Span
	pipe := &Pipe{}
	if p.startsWithOp() {
		pipe.Ops = append(pipe.Ops, p.operator())
	} else {
		var x Expr
		if n, ok := p.wildTable(); ok {
			x = &Ref{n}
		} else {
			x = p.expr()
		}
		if !p.is("|") {
			return x
		}
		pipe.Source = x
	}
	p.ops(pipe)
	pipe.node = p.from(start)
	return pipe
}

// wildTable reads a table name with wildcards where one stands (T* | ...).
func (p *parser) wildTable() (Name, bool) {
	if p.tok().Kind == Ident && p.isAt(1, "*") && p.at(1).Glued && p.isAt(2, "|") {
		return p.wildName()
	}
	return Name{}, false
}

func (p *parser) ops(pipe *Pipe) {
	for p.accept("|") {
		at := p.tok().Span
		var op Op
		if !p.try(func() { op = p.operator() }) {
			p.skipOp()
			op = &BadOp{p.from(at)}
		}
		pipe.Ops = append(pipe.Ops, op)
		if len(pipe.Ops) > maxChain {
			p.fail(errDepth(), at)
		}
	}
}

// skipOp moves to the next bar of the same pipe, or to its end.
func (p *parser) skipOp() {
	depth := 0
	for t := p.tok(); t.Kind != EOF; t = p.tok() {
		if t.Kind == Punct {
			switch t.Text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				if depth == 0 {
					return
				}
				depth--
			case "|", ";":
				if depth == 0 {
					return
				}
			}
		}
		p.next()
	}
}

// subPipe reads ( op | op ), a chain without a source.
func (p *parser) subPipe() *Pipe {
	p.enter()
	defer p.leave()
	start := p.tok().Span
	p.expect("(")
	pipe := &Pipe{}
	p.accept("|")
	pipe.Ops = append(pipe.Ops, p.operator())
	p.ops(pipe)
	p.expect(")")
	pipe.node = p.from(start)
	return pipe
}

// OperatorNames returns the names of all tabular operators.
func OperatorNames() []string {
	return []string{"as", "assert-schema", "consume", "count", "distinct", "evaluate", "extend", "facet", "filter", "find", "fork", "getschema",
		"graph-mark-components", "graph-match", "graph-shortest-paths", "graph-to-table",
		"graph-where-edges", "graph-where-nodes", "invoke", "join", "limit", "lookup", "macro-expand", "make-graph",
		"make-series", "mv-apply", "mv-expand", "order", "parse", "parse-kv", "parse-where", "partition", "print", "project", "project-away",
		"project-by-names", "project-keep", "project-rename", "project-reorder", "range", "reduce", "render", "sample", "sample-distinct", "scan",
		"search", "serialize", "sort", "summarize", "take", "top", "top-hitters", "top-nested", "union", "where"}
}

// opName reads the name of an operator with its hyphens.
func (p *parser) opName() (string, diag.Span) {
	t := p.tok()
	if t.Kind != Ident {
		p.expected("an operator")
	}
	p.next()
	name, at := t.Text, t.Span
	switch name {
	case "project", "mv", "make", "top", "sample", "parse", "graph", "assert", "macro":
		for p.is("-") && p.tok().Glued && p.at(1).Kind == Ident && p.at(1).Glued {
			p.next()
			name += "-" + p.next().Text
			at.End = p.last.End
		}
	}
	return name, at
}

func (p *parser) operator() Op {
	name, at := p.opName()
	switch name {
	case "where", "filter":
		w := &Where{Props: p.hints()}
		w.Pred = p.expr()
		w.node = p.from(at)
		return w
	case "extend":
		o := &Extend{Items: p.commas(p.named)}
		o.node = p.from(at)
		return o
	case "project", "project-away", "project-keep", "project-rename", "project-reorder", "project-by-names", "project-smart":
		return p.project(name, at)
	case "summarize":
		return p.summarize(at)
	case "distinct":
		o := &Distinct{Props: p.hints(), Items: p.commas(p.named)}
		o.node = p.from(at)
		return o
	case "sort", "order":
		o := &Sort{Props: p.hints()}
		p.expectWord("by")
		o.Keys = p.sortKeys()
		o.node = p.from(at)
		return o
	case "top":
		o := &Top{Props: p.hints()}
		o.N = p.expr()
		p.expectWord("by")
		o.Keys = p.sortKeys()
		o.node = p.from(at)
		return o
	case "take", "limit", "sample":
		p.hints()
		o := &Take{Sample: name == "sample", N: p.expr()}
		o.node = p.from(at)
		return o
	case "sample-distinct":
		o := &SampleDistinct{N: p.expr()}
		p.expectWord("of")
		o.Of = p.expr()
		o.node = p.from(at)
		return o
	case "count":
		o := &Count{}
		if p.acceptWord("as") {
			n := p.name()
			o.As = &n
		}
		o.node = p.from(at)
		return o
	case "as":
		o := &As{Props: p.hints()}
		o.Name = p.name()
		o.node = p.from(at)
		return o
	case "join", "lookup":
		return p.join(name == "lookup", at)
	case "union":
		return p.union(at)
	case "mv-expand", "mvexpand":
		return p.mvExpand(at)
	case "mv-apply", "mvapply":
		return p.mvApply(at)
	case "parse", "parse-where":
		return p.parseOp(name == "parse-where", at)
	case "parse-kv":
		return p.parseKV(at)
	case "make-series", "makeseries":
		return p.makeSeries(at)
	case "range":
		o := &Range{Name: p.name()}
		p.expectWord("from")
		o.From = p.expr()
		p.expectWord("to")
		o.To = p.expr()
		p.expectWord("step")
		o.Step = p.expr()
		o.node = p.from(at)
		return o
	case "print":
		o := &Print{Items: p.commas(p.named)}
		o.node = p.from(at)
		return o
	case "search":
		return p.search(at)
	case "find":
		return p.find(at)
	case "partition":
		return p.partition(at)
	case "scan":
		return p.scan(at)
	case "serialize":
		o := &Serialize{}
		p.hints()
		if !p.endOfOp() {
			o.Items = p.commas(p.named)
		}
		o.node = p.from(at)
		return o
	case "fork":
		return p.fork(at)
	case "facet":
		o := &Facet{}
		p.expectWord("by")
		o.By = p.commas(p.expr)
		if p.acceptWord("with") {
			o.With = p.subPipe()
		}
		o.node = p.from(at)
		return o
	case "reduce":
		o := &Reduce{Props: p.params2("kind")}
		p.expectWord("by")
		o.By = p.named()
		if p.acceptWord("with") {
			for {
				o.With = append(o.With, p.prop())
				if !p.accept(",") {
					break
				}
			}
		}
		o.node = p.from(at)
		return o
	case "consume":
		o := &Consume{Props: p.params2("decodeblocks")}
		o.node = p.from(at)
		return o
	case "getschema":
		o := &GetSchema{Props: p.params2("kind")}
		o.node = p.from(at)
		return o
	case "assert-schema":
		o := &AssertSchema{}
		o.Columns, _ = p.columns()
		o.node = p.from(at)
		return o
	case "evaluate":
		return p.evaluate(at)
	case "render":
		return p.render(at)
	case "invoke":
		o := &Invoke{Call: p.call()}
		o.node = p.from(at)
		return o
	case "top-nested":
		return p.topNested(at)
	case "top-hitters":
		o := &TopHitters{N: p.expr()}
		p.expectWord("of")
		o.Of = p.expr()
		if p.acceptWord("by") {
			o.By = p.expr()
		}
		o.node = p.from(at)
		return o
	case "make-graph":
		return p.makeGraph(at)
	case "graph-match", "graph-shortest-paths":
		return p.graphMatch(name == "graph-shortest-paths", at)
	case "graph-to-table":
		return p.graphToTable(at)
	case "graph-mark-components":
		o := &GraphMark{Props: p.params2("kind", "with_component_id")}
		o.node = p.from(at)
		return o
	case "graph-where-nodes", "graph-where-edges":
		o := &GraphWhere{Edges: name == "graph-where-edges", Pred: p.expr()}
		o.node = p.from(at)
		return o
	case "macro-expand":
		return p.macroExpand(at)
	case "execute_and_cache":
		p.fail(errUnsupported("operator "+name), at)
	}
	p.fail(errOperator(name, Nearest(name, OperatorNames())), at)
	return nil
}

// endOfOp tells whether an operator ends here.
func (p *parser) endOfOp() bool {
	t := p.tok()
	return t.Kind == EOF || t.Kind == Punct && (t.Text == "|" || t.Text == ")" || t.Text == ";" || t.Text == "}")
}

// hints reads hint.x = value parameters.
func (p *parser) hints() []Prop { return p.params2() }

// params2 reads parameters name = value for the given names and all hints.
func (p *parser) params2(names ...string) []Prop {
	var out []Prop
	for p.tok().Kind == Ident {
		word := p.tok().Text
		ok := word == "hint" && p.isAt(1, ".")
		for _, n := range names {
			ok = ok || word == n && p.isAt(1, "=")
		}
		if !ok {
			break
		}
		out = append(out, p.prop())
		p.accept(",")
	}
	return out
}

func (p *parser) sortKeys() []SortKey {
	var out []SortKey
	for {
		k := SortKey{Expr: p.named()}
		if p.isWord("asc") || p.isWord("desc") {
			k.Dir = p.next().Text
			k.Asc = k.Dir == "asc"
		}
		if p.acceptWord("nulls") {
			if !p.isWord("first") && !p.isWord("last") {
				p.expected("\"first\" or \"last\"")
			}
			k.Nulls = p.next().Text
		}
		out = append(out, k)
		if !p.accept(",") {
			return out
		}
	}
}

func (p *parser) project(kind string, at diag.Span) Op {
	if kind == "project-smart" {
		kind = "project"
	}
	o := &Project{Kind: kind}
	switch kind {
	case "project":
		if !p.endOfOp() {
			o.Items = p.commas(p.named)
		}
	case "project-rename":
		if !p.endOfOp() {
			o.Items = p.commas(p.named)
		}
	default:
		for {
			if n, ok := p.wildName(); ok && (!p.is("(") || n.Wild) {
				o.Items = append(o.Items, &Ref{n})
			} else if ok { // a function that gives names
				p.pos--
				o.Items = append(o.Items, p.expr())
			} else {
				o.Items = append(o.Items, p.expr())
			}
			dir := ""
			if kind == "project-reorder" {
				if p.isWord("asc") || p.isWord("desc") {
					dir = p.next().Text
				} else if p.isWord("granny") && p.isAt(1, "-") {
					p.next()
					p.next()
					dir = "granny-" + p.next().Text
				}
			}
			o.Dirs = append(o.Dirs, dir)
			if !p.accept(",") {
				break
			}
		}
	}
	o.node = p.from(at)
	return o
}

func (p *parser) summarize(at diag.Span) Op {
	o := &Summarize{Props: p.hints()}
	if !p.isWord("by") && !p.endOfOp() {
		o.Aggs = p.commas(p.named)
	}
	if p.acceptWord("by") {
		o.HasBy = true
		o.By = p.commas(p.named)
	}
	if len(o.Aggs) == 0 && !o.HasBy {
		p.expected("an aggregate or \"by\"")
	}
	o.node = p.from(at)
	return o
}

func (p *parser) join(lookup bool, at diag.Span) Op {
	o := &Join{Lookup: lookup, Props: p.params2("kind", "withsource")}
	o.Right = p.tableRef()
	if p.acceptWord("on") {
		o.On = p.commas(p.expr)
	} else if p.acceptWord("where") {
		o.On = p.commas(p.expr)
	} else if !p.endOfOp() {
		p.expected("\"on\"")
	}
	o.node = p.from(at)
	return o
}

// tableRef reads one table where several may be listed: a name (perhaps with
// wildcards), a call, or a subquery in parentheses.
func (p *parser) tableRef() Expr {
	if p.tok().Kind == Ident && !p.isAt(1, "(") && !p.isAt(1, ".") || p.is("*") {
		if n, ok := p.wildName(); ok {
			return &Ref{n}
		}
	}
	return p.postfix()
}

func (p *parser) union(at diag.Span) Op {
	o := &Union{Props: p.params2("kind", "withsource", "with_source", "isfuzzy")}
	o.Tables = p.commas(p.tableRef)
	o.node = p.from(at)
	return o
}
