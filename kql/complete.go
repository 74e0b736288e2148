package kql

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/azward/azward/kql/internal/bind"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/syntax"
)

// CompletionKind says what a completion is.
type CompletionKind string

// The kinds of completions.
const (
	CompleteColumn    CompletionKind = "column"
	CompleteTable     CompletionKind = "table"
	CompleteVariable  CompletionKind = "variable"
	CompleteOperator  CompletionKind = "operator"
	CompleteFunction  CompletionKind = "function"
	CompleteAggregate CompletionKind = "aggregate"
	CompletePlugin    CompletionKind = "plugin"
	CompleteKeyword   CompletionKind = "keyword"
)

// kindOrder is the order in which kinds are offered.
var kindOrder = []CompletionKind{CompleteOperator, CompleteColumn, CompleteVariable, CompleteTable, CompleteKeyword, CompleteAggregate, CompleteFunction, CompletePlugin}

// Completion is what may stand at a place in a query.
type Completion struct {
	Text   string // what to insert in place of the word: "where", "count(", "['odd name']"
	Kind   CompletionKind
	Detail string // a column's type, a function's meaning
}

// Completions are the answers of Complete.
type Completions struct {
	// Start and the offset asked for span the word that Text replaces.
	Start int
	// List holds what begins with the word in any casing, columns and tables
	// before functions, each kind by name.
	List []Completion
	// Near is the name that a word means with which nothing begins, "" where
	// none is near.
	Near string
}

// maxComplete bounds the text before a place that is completed.
const maxComplete = 256 << 10

// Complete says what may stand at a byte offset of a query that is being
// written: operators behind a bar, the columns that are there at that place,
// tables, let names, functions, and the words that go with an operator. What
// stands behind the offset does not matter, and the text before it may be
// wrong; where columns cannot be known, none are offered.
func Complete(text string, offset int, schema Schema) Completions {
	offset = max(0, min(offset, len(text)))
	none := Completions{Start: offset}
	if offset > maxComplete {
		return none
	}
	c := &completer{text: text[:offset], schema: schema, fns: fn.Builtin(), seen: map[string]bool{}}
	if !c.read() {
		return none
	}
	c.offer()
	word := c.text[c.start:]
	out := Completions{Start: c.start}
	names := make([]string, 0, len(c.list))
	for _, x := range c.list {
		if strings.HasPrefix(strings.ToLower(strings.TrimLeft(x.Text, "['")), strings.ToLower(word)) {
			out.List = append(out.List, x)
		}
		names = append(names, strings.TrimRight(x.Text, "("))
	}
	if len(out.List) == 0 && len(word) > 1 {
		out.Near = syntax.Nearest(word, names)
	}
	slices.SortStableFunc(out.List, func(a, b Completion) int {
		return cmp.Or(cmp.Compare(slices.Index(kindOrder, a.Kind), slices.Index(kindOrder, b.Kind)),
			cmp.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)))
	})
	return out
}

// completer looks at the text before a place.
type completer struct {
	text   string // up to the place
	schema Schema
	fns    *fn.Table
	start  int            // of the word that is being written
	toks   []syntax.Token // before the word, without EOF
	frames []frame        // the brackets that are open, the innermost last
	list   []Completion
	seen   map[string]bool
}

// frame is an open bracket, or the query itself.
type frame struct {
	open  int    // token of the bracket, -1 for the query
	first int    // token with which its statement begins
	stage int    // token with which the last operator of its pipe begins
	bars  int    // bars in its statement
	lets  string // the statements before, as text
}

// read splits the text; false where nothing can be completed: in a string, a
// comment or a number.
func (c *completer) read() bool {
	c.start = len(c.text)
	for c.start > 0 && isWordByte(c.text[c.start-1]) {
		c.start--
	}
	if c.start < len(c.text) && c.text[c.start] >= '0' && c.text[c.start] <= '9' {
		return false
	}
	toks, _ := syntax.Lex(c.text[:c.start])
	toks = toks[:len(toks)-1] // EOF
	end := 0
	if n := len(toks); n > 0 {
		end = toks[n-1].Span.End
		if toks[n-1].Kind == syntax.Bad {
			return false
		}
	}
	if tail := c.text[end:c.start]; strings.LastIndex(tail, "//") > strings.LastIndex(tail, "\n") {
		return false
	}
	// An operator's name has hyphens: mv-ex.
	for n := len(toks); n >= 2 && c.hyphenated(toks); n = len(toks) {
		c.start = toks[n-2].Span.Start
		toks = toks[:n-2]
	}
	c.toks = toks
	c.nest()
	return true
}

// hyphenated tells whether the tokens end in a word behind a bar and a hyphen.
func (c *completer) hyphenated(toks []syntax.Token) bool {
	n := len(toks)
	hyphen, word := toks[n-1], toks[n-2]
	if hyphen.Text != "-" || word.Kind != syntax.Ident || hyphen.Span.Start != word.Span.End || hyphen.Span.End != c.start {
		return false
	}
	if n == 2 {
		return true
	}
	t := toks[n-3].Text
	return t == "|" || t == "(" || t == "-"
}

func isWordByte(b byte) bool {
	return b == '_' || b == '$' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// nest finds the open brackets and the pipes in them.
func (c *completer) nest() {
	c.frames = append(c.frames, frame{open: -1})
	for i, t := range c.toks {
		if t.Kind != syntax.Punct {
			continue
		}
		top := &c.frames[len(c.frames)-1]
		switch t.Text {
		case "(", "[", "{":
			c.frames = append(c.frames, frame{open: i, first: i + 1, stage: i + 1})
		case ")", "]", "}":
			if len(c.frames) > 1 {
				c.frames = c.frames[:len(c.frames)-1]
			}
		case "|":
			top.bars++
			top.stage = i + 1
		case ";":
			top.lets += c.text[c.toks[top.first].Span.Start:t.Span.End] + "\n"
			top.first, top.stage, top.bars = i+1, i+1, 0
		}
	}
}

// tok returns a token from the end: 1 is the last.
func (c *completer) tok(back int) syntax.Token {
	if back > len(c.toks) {
		return syntax.Token{}
	}
	return c.toks[len(c.toks)-back]
}

func (c *completer) add(kind CompletionKind, text, detail string) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return // no name may steer a terminal
	}
	if key := string(kind) + text; !c.seen[key] {
		c.seen[key] = true
		c.list = append(c.list, Completion{Text: text, Kind: kind, Detail: detail})
	}
}

func (c *completer) words(words ...string) {
	for _, w := range words {
		c.add(CompleteKeyword, w, "")
	}
}

// offer collects what may stand at the place.
func (c *completer) offer() {
	top := c.frames[len(c.frames)-1]
	last := c.tok(1)
	atStart := top.first == len(c.toks)
	switch {
	case last.Text == "|":
		c.operators(false)
	case last.Text == ".":
		if side := c.tok(2).Text; side == "$left" || side == "$right" {
			c.side(side)
		}
	case atStart && top.open < 0, atStart && c.toks[top.open].Text == "{":
		c.statement()
	case atStart && c.takesTable(top.open):
		c.tables()
		c.operators(true)
		if w := c.before(top.open); w == "in" || w == "has_any" || w == "has_all" {
			c.columns()
			c.functions(false)
		}
	case atStart && c.takesPipe(top.open):
		c.operators(false)
		c.columns()
		c.tables()
	default:
		c.inOperator()
	}
}

// before returns the word before an open bracket, without the ~ of in~.
func (c *completer) before(open int) string {
	if open < 1 {
		return ""
	}
	return strings.TrimLeft(strings.TrimRight(c.toks[open-1].Text, "~"), "!")
}

// stageWord is the name of the operator to which an open bracket belongs.
func (c *completer) stageWord(open int) string {
	for i := len(c.frames) - 1; i > 0; i-- {
		if c.frames[i].open == open {
			return c.opWord(c.frames[i-1])
		}
	}
	return ""
}

// opWord returns the operator in which a frame is, with its hyphens.
func (c *completer) opWord(f frame) string {
	if f.stage >= len(c.toks) {
		return ""
	}
	first := c.toks[f.stage].Span
	end := first.End
	for i := f.stage + 1; i+1 < len(c.toks) && c.toks[i].Text == "-" && c.toks[i].Glued && c.toks[i+1].Glued; i += 2 {
		end = c.toks[i+1].Span.End
	}
	return c.text[first.Start:end]
}

// takesTable tells whether a pipe with a source may stand behind a bracket.
func (c *completer) takesTable(open int) bool {
	switch c.before(open) {
	case "toscalar", "materialize", "in", "has_any", "has_all", "view":
		return true
	case "=", "(", "":
		return c.toks[open].Text == "("
	}
	switch c.stageWord(open) {
	case "join", "lookup", "union", "find", "search":
		return c.toks[open].Text == "("
	}
	return false
}

// takesPipe tells whether operators stand behind a bracket without a source.
func (c *completer) takesPipe(open int) bool {
	switch c.stageWord(open) {
	case "mv-apply", "partition", "fork", "facet", "scan":
		return true
	}
	return false
}

// operators offers what stands behind a bar, or those that need no rows.
func (c *completer) operators(source bool) {
	for _, n := range syntax.OperatorNames() {
		if !source || sourceOperators[n] {
			c.add(CompleteOperator, n, operatorDocs[n])
		}
	}
}

var sourceOperators = map[string]bool{"print": true, "range": true, "union": true, "macro-expand": true, "search": true, "find": true, "evaluate": true}

func (c *completer) statement() {
	c.words("let", "set", "declare", "datatable", "externaldata")
	c.operators(true)
	c.tables()
}

// tables offers tables and what let names.
func (c *completer) tables() {
	for _, n := range c.schema.Names() {
		c.add(CompleteTable, bind.Reference(n), "")
	}
	c.lets()
}

// lets offers the names that let statements before the place give.
func (c *completer) lets() {
	for i := 0; i+2 < len(c.toks); i++ {
		if c.toks[i].Text == "let" && c.toks[i+1].Kind == syntax.Ident && c.toks[i+2].Text == "=" && c.ended(i) {
			name := c.toks[i+1].Text
			if i+3 < len(c.toks) && c.toks[i+3].Text == "(" && c.lambda(i+3) {
				name += "("
			}
			c.add(CompleteVariable, name, "")
		}
	}
}

// ended tells whether the statement that begins with a token is over.
func (c *completer) ended(i int) bool {
	for _, f := range c.frames {
		if i == f.first {
			return false
		}
	}
	return true
}

// lambda tells whether the bracket at a token opens parameters.
func (c *completer) lambda(i int) bool {
	depth := 0
	for ; i+1 < len(c.toks); i++ {
		switch c.toks[i].Text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return c.toks[i+1].Text == "{"
			}
		}
	}
	return false
}

func (c *completer) functions(aggregates bool) {
	for _, f := range c.fns.Funcs {
		c.add(CompleteFunction, f.Name+"(", f.Doc)
	}
	if !aggregates {
		return
	}
	for _, a := range c.fns.Aggs {
		c.add(CompleteAggregate, a.Name+"(", a.Doc)
		if a.If != "" {
			c.add(CompleteAggregate, a.If+"(", a.Doc)
		}
	}
}
