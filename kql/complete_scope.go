package kql

import (
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/bind"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/syntax"
)

// The words that go with operators, by operator.
var operatorWords = map[string][]string{
	"where": {"and", "or"}, "filter": {"and", "or"},
	"summarize": {"by"}, "distinct": {}, "sort": {"by", "asc", "desc", "nulls first", "nulls last"},
	"order": {"by", "asc", "desc", "nulls first", "nulls last"}, "top": {"by", "asc", "desc"},
	"join": {"kind=", "on"}, "lookup": {"kind=", "on"}, "union": {"kind=", "withsource=", "isfuzzy="},
	"make-series": {"default=", "on", "from", "to", "step", "by"}, "range": {"from", "to", "step"},
	"mv-expand": {"to typeof(", "limit", "with_itemindex="}, "mv-apply": {"on", "to typeof(", "limit"},
	"parse": {"with", "kind="}, "parse-where": {"with", "kind="}, "parse-kv": {"as", "with"},
	"partition": {"by", "hint.strategy="}, "sample-distinct": {"of"}, "top-hitters": {"of", "by"}, "top-nested": {"of", "by"},
	"reduce": {"by", "with"}, "facet": {"by", "with"}, "search": {"in", "kind=", "and", "or"}, "find": {"in", "where", "project"},
	"render": {"with"}, "print": {},
}

var textOperators = []string{"==", "!=", "=~", "!~", "has", "!has", "has_cs", "contains", "!contains", "contains_cs", "startswith", "!startswith", "endswith", "!endswith",
	"hasprefix", "hassuffix", "has_any", "has_all", "in", "!in", "in~", "!in~", "between", "!between", "matches regex", "and", "or"}

var chartKinds = []string{"anomalychart", "areachart", "barchart", "card", "columnchart", "graph", "ladderchart", "linechart", "piechart", "pivotchart", "plotly", "scatterchart",
	"stackedareachart", "table", "timechart", "timepivot", "treemap"}

var kindWords = map[string][]string{
	"join":   {"innerunique", "inner", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti"},
	"lookup": {"leftouter", "inner"}, "union": {"inner", "outer"}, "parse": {"simple", "regex", "relaxed"}, "parse-where": {"simple", "regex", "relaxed"},
	"search": {"case_sensitive", "case_insensitive"},
}

// inOperator offers what may stand within an operator or statement.
func (c *completer) inOperator() {
	f := c.pipeFrame()
	op, last := c.opWord(f), c.tok(1)
	own := f.open == c.frames[len(c.frames)-1].open // not within the brackets of a call
	switch {
	case last.Text == "=" && c.tok(2).Text == "kind" && kindWords[op] != nil:
		c.words(kindWords[op]...)
		return
	case op == "render" && own:
		if last.Text == "render" {
			c.words(chartKinds...)
		} else {
			c.words("with")
		}
		return
	case op == "evaluate" && last.Text == "evaluate":
		for _, p := range c.fns.Plugins {
			c.add(CompletePlugin, p.Name+"(", p.Doc)
		}
		return
	case op == "join" && own && !c.has(f, "on"), op == "lookup" && own && !c.has(f, "on"):
		c.tables()
		c.words(operatorWords[op]...)
		return
	case op == "union" && own:
		c.tables()
		c.words(operatorWords[op]...)
		return
	case op == "as", op == "getschema", op == "count":
		return
	case op == "let" && c.tok(2).Text == "let", last.Text == "let", last.Text == "set", last.Text == "declare":
		return // a name of the user's own
	case op == "let" && last.Text == "=":
		c.statement()
		c.functions(false)
		return
	}
	if own && c.endsOperand() {
		c.words(operatorWords[op]...)
		if op == "where" || op == "filter" || op == "" || operatorWords[op] == nil {
			c.words(textOperators...)
		}
		return
	}
	if (op == "join" || op == "lookup") && own {
		c.words("$left", "$right")
	}
	c.columns()
	c.lets()
	c.functions(op == "summarize" || op == "make-series" || op == "top-nested" || op == "mv-apply" || op == "graph-match")
	if own {
		switch {
		case (op == "sort" || op == "order" || op == "top") && !c.has(f, "by"):
			c.words("by")
		case op == "summarize" && last.Text == "summarize":
			c.words("by")
		}
	}
	if !own && c.endsOperand() {
		c.words(textOperators...)
	}
	c.words("true", "false")
}

// endsOperand tells whether the last token ends a value, so that an operator
// or a word comes next.
func (c *completer) endsOperand() bool {
	t := c.tok(1)
	if t.Text == ")" || t.Text == "]" {
		return true
	}
	switch t.Kind {
	case syntax.Long, syntax.Real, syntax.Str, syntax.Typed, syntax.TimeSpan:
		return true
	case syntax.Ident:
		return !operandExpected[strings.ToLower(t.Text)] && len(c.toks) != c.pipeFrame().stage+1
	case syntax.EOF, syntax.Punct, syntax.Bad:
	}
	return false
}

// operandExpected are the words behind which a value comes.
var operandExpected = map[string]bool{"by": true, "on": true, "and": true, "or": true, "not": true, "from": true, "to": true, "step": true, "of": true, "with": true,
	"has": true, "has_cs": true, "contains": true, "contains_cs": true, "startswith": true, "endswith": true, "hasprefix": true, "hassuffix": true, "regex": true,
	"in": true, "between": true, "where": true, "limit": true, "away": true, "keep": true, "rename": true, "reorder": true, "expand": true, "apply": true, "series": true,
	"distinct": true, "nested": true, "hitters": true, "kv": true, "extend": true, "project": true, "summarize": true}

// has tells whether the operator at the end of a frame has a word already.
func (c *completer) has(f frame, word string) bool {
	depth := 0
	for _, t := range c.toks[min(f.stage, len(c.toks)):] {
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case word:
			if depth <= 0 {
				return true
			}
		}
	}
	return false
}

// pipeFrame is the innermost bracket that holds a pipe, or the query.
func (c *completer) pipeFrame() frame {
	for i := len(c.frames) - 1; i > 0; i-- {
		f := c.frames[i]
		if f.bars > 0 || c.toks[f.open].Text == "{" || c.takesPipe(f.open) {
			return f
		}
	}
	return c.frames[0]
}

// columns offers the columns of the rows that reach the place.
func (c *completer) columns() {
	for _, f := range slices.Backward(c.frames) {
		if f.bars == 0 {
			continue
		}
		first := f.first
		if c.toks[first].Text == "let" && first+3 < f.stage && c.toks[first+2].Text == "=" {
			first += 3
		}
		source := c.text[c.toks[first].Span.Start:c.toks[f.stage-1].Span.Start]
		if cols, ok := c.columnsOf(source); ok {
			c.addColumns(cols)
			return
		}
	}
}

// columnsOf binds a pipe behind the let statements before it; where an
// operator at its end is wrong, the pipe is cut before that.
func (c *completer) columnsOf(pipe string) ([]Column, bool) {
	var all strings.Builder
	for _, f := range c.frames {
		all.WriteString(f.lets)
	}
	lets := all.String()
	for range 8 {
		for _, before := range []string{lets, ""} {
			if q, _ := Compile(before+pipe, c.schema); q != nil {
				return q.Columns(), true
			}
			if lets == "" {
				break
			}
		}
		cut := strings.LastIndexByte(pipe, '|')
		if cut < 0 {
			break
		}
		pipe = pipe[:cut]
	}
	return nil, false
}

func (c *completer) addColumns(cols []Column) {
	for _, x := range cols {
		c.add(CompleteColumn, bind.Reference(x.Name), x.Type.String())
	}
}

// side offers the columns of a side of a join.
func (c *completer) side(side string) {
	if side == "$left" {
		c.columns()
		return
	}
	f := c.pipeFrame()
	i := f.stage + 1
	for i+2 < len(c.toks) && (c.toks[i+1].Text == "=" || c.toks[i+1].Text == ".") { // kind=inner, hint.x=y
		i += 2
		if c.toks[i-1].Text == "=" {
			i++
		}
	}
	from, depth := i, 0
	for ; i < len(c.toks); i++ {
		switch c.toks[i].Text {
		case "(":
			depth++
		case ")":
			depth--
		case "on":
			if depth == 0 {
				if cols, ok := c.columnsOf(c.text[c.toks[from].Span.Start:c.toks[i].Span.Start]); ok {
					c.addColumns(cols)
				}
				return
			}
		}
	}
}

// Finished tells whether a query that is being typed ends here: with a
// semicolon that follows a statement with a result, and no bracket open.
func Finished(text string) bool {
	if len(text) > maxComplete {
		return true
	}
	toks, _ := syntax.Lex(text)
	toks = toks[:len(toks)-1]
	n := len(toks)
	if n == 0 || toks[n-1].Text != ";" {
		return false
	}
	depth, first := 0, 0
	for i, t := range toks[:n-1] {
		if t.Kind == syntax.Bad {
			return false
		}
		if t.Kind != syntax.Punct {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ";":
			if depth == 0 {
				first = i + 1
			}
		}
	}
	switch toks[first].Text {
	case "let", "set", "declare", "alias", "restrict", ";":
		return false
	}
	return depth <= 0
}

// Describe says in a line what an operator, function, aggregate or plugin
// does, with an example where there is one; false where the name is unknown.
func Describe(name string) (string, bool) {
	if d, ok := operatorDocs[name]; ok {
		return name + ": " + d, true
	}
	t := fn.Builtin()
	if f := t.Func(name); f != nil {
		var b strings.Builder
		for _, s := range f.Sigs {
			b.WriteString(name + s.Text + "\n")
		}
		b.WriteString(f.Doc)
		if len(f.Ex) > 0 {
			b.WriteString("\n" + f.Ex[0].Expr + " is " + clip(f.Ex[0].Want))
		}
		return b.String(), true
	}
	if a, ok := t.Agg(name); ok {
		return name + ": " + a.Doc, true
	}
	if p := t.Plugin(name); p != nil {
		return name + "(" + p.Args + "): " + p.Doc, true
	}
	return "", false
}
