package syntax

import (
	"strings"

	"github.com/azward/azward/diag"
)

// Format lays a query out: an operator a line, lists broken where they are
// long, comments where they stood. It moves white space only, so that the
// query's meaning cannot change. Where the text cannot be parsed it returns
// the errors and no text.
func Format(text string) (string, diag.List) {
	if _, errs := Parse(text); errs.HasErrors() {
		return "", errs
	}
	toks, errs := Lex(text)
	if errs.HasErrors() {
		return "", errs
	}
	f := &formatter{text: text, toks: toks}
	f.groups()
	f.run()
	return strings.TrimRight(f.out.String(), " \n") + "\n", nil
}

// Widths at which lists, groups and short pipes are broken.
const (
	maxLine  = 110
	maxGroup = 100
	maxPipe  = 60
	tabWidth = 4
)

// group is what stands between two brackets.
type group struct {
	open, close int
	broken      bool
	pipes       int
	every       int // datatable: values a row, 0 in other groups
}

// segment is an operator of a pipe, or a statement's part before its first bar.
type segment struct {
	commas bool // broken behind its commas
	logic  bool // broken before and, or
}

type formatter struct {
	text  string
	toks  []Token
	pair  []int // of each bracket its partner, -1 others
	grp   map[int]*group
	depth []int // brackets around each token
	segs  map[int]segment
	out   strings.Builder
	col   int
	fresh bool // at the beginning of a line
}

// gap is what stands before token i: comments and how many line ends.
func (f *formatter) gap(i int) string {
	from := 0
	if i > 0 {
		from = f.toks[i-1].Span.End
	}
	to := f.toks[i].Span.Start
	if f.toks[i].Kind == EOF {
		to = len(f.text)
	}
	return f.text[from:max(from, to)]
}

func (f *formatter) raw(i int) string {
	return f.text[f.toks[i].Span.Start:f.toks[i].Span.End]
}

func (f *formatter) punct(i int, s string) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].Kind == Punct && f.toks[i].Text == s
}

// width estimates the columns that tokens [from, to) take on one line; a
// comment or a text of several lines makes it too wide.
func (f *formatter) width(from, to int) int {
	w := 0
	for i := from; i < to; i++ {
		if i > from {
			if strings.Contains(f.gap(i), "//") {
				return 1 << 20
			}
			if f.space(i) {
				w++
			}
		}
		r := f.raw(i)
		if strings.Contains(r, "\n") {
			return 1 << 20
		}
		w += len(r)
	}
	return w
}

// groups finds the brackets and decides which are broken.
func (f *formatter) groups() {
	n := len(f.toks)
	f.pair, f.depth = make([]int, n), make([]int, n)
	f.grp, f.segs = map[int]*group{}, map[int]segment{}
	var stack []int
	for i, t := range f.toks {
		f.pair[i] = -1
		f.depth[i] = len(stack)
		if t.Kind != Punct {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			f.grp[i] = &group{open: i, close: n - 1}
			stack = append(stack, i)
		case ")", "]", "}":
			if len(stack) > 0 {
				o := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				f.pair[o], f.pair[i] = i, o
				f.depth[i] = len(stack)
				f.grp[o].close = i
			}
		case "|":
			if len(stack) > 0 {
				f.grp[stack[len(stack)-1]].pipes++
			}
		case ";":
			if len(stack) > 0 {
				f.grp[stack[len(stack)-1]].pipes += 2
			}
		}
	}
	for i, g := range f.grp {
		w := f.width(i, g.close+1)
		g.broken = w > maxGroup || g.pipes > 0 && (w > maxPipe || g.pipes > 1)
		if f.punct(i, "[") {
			g.every = f.tableColumns(i)
		}
	}
	for i := range n {
		if i == 0 || f.punct(i, "|") || f.punct(i-1, ";") || f.punct(i-1, "{") || f.punct(i-1, "(") && f.grp[i-1].broken && f.grp[i-1].pipes > 0 {
			f.segment(i)
		}
	}
}

// tableColumns counts the columns of the datatable whose values begin at "[".
func (f *formatter) tableColumns(open int) int {
	c := open - 1
	if !f.punct(c, ")") || f.pair[c] < 1 {
		return 0
	}
	o := f.pair[c]
	if t := f.toks[o-1]; t.Kind != Ident || t.Text != "datatable" {
		return 0
	}
	n := 0
	for i := o; i < c; i++ {
		if f.punct(i, ":") {
			n++
		}
	}
	return n
}

// segment decides how an operator that begins at token i is broken.
func (f *formatter) segment(i int) {
	d := f.depth[i]
	end, commas, logic := i+1, false, false
	for ; end < len(f.toks) && f.toks[end].Kind != EOF; end++ {
		if f.depth[end] < d || f.depth[end] == d && (f.punct(end, "|") || f.punct(end, ";") || f.punct(end, ")") || f.punct(end, "}") || f.punct(end, "]")) && f.pair[end] < i {
			break
		}
		if f.depth[end] != d {
			continue
		}
		if f.punct(end, ",") {
			commas = true
		}
		if t := f.toks[end]; t.Kind == Ident && (t.Text == "and" || t.Text == "or") {
			logic = true
		}
	}
	if f.width(i, end) <= maxLine {
		return
	}
	f.segs[i] = segment{commas: commas, logic: logic && !commas}
}

func (f *formatter) newline(indent int) {
	if f.fresh {
		return
	}
	f.out.WriteByte('\n')
	f.fresh = true
	f.col = indent * tabWidth
}

func (f *formatter) write(s string, indent int) {
	if f.fresh {
		f.out.WriteString(strings.Repeat(" ", indent*tabWidth))
		f.fresh = false
	}
	f.out.WriteString(s)
}

// frame is a group that is being written.
type frame struct {
	g      *group
	indent int
	seg    segment
	let    int // 1 in a let statement: its bars stand further in
	values int // datatable: commas so far in the row
}

func (f *formatter) run() {
	f.fresh = true
	stack := []frame{{indent: 0}}
	for i, t := range f.toks {
		top := &stack[len(stack)-1]
		indent := top.indent
		first := i == 0 || f.punct(i-1, ";")
		if first {
			top.let = 0
			if t.Kind == Ident && t.Text == "let" {
				top.let = 1
			}
		}
		if s, ok := f.segs[i]; ok || first || f.punct(i, "|") {
			top.seg = s
		}
		closing := t.Kind == Punct && f.pair[i] >= 0 && (t.Text == ")" || t.Text == "]" || t.Text == "}")
		breaks, cont := f.breaks(i, top)
		if closing && len(stack) > 1 {
			g := stack[len(stack)-1].g
			stack = stack[:len(stack)-1]
			top = &stack[len(stack)-1]
			indent = stack[len(stack)-1].indent
			if g.broken {
				indent = g.indentOf(stack, top)
			}
			breaks, cont = g.broken && g.close == i && g.open != i-1, 0
		}
		f.comments(i, indent+cont, breaks || first)
		if t.Kind == EOF {
			return
		}
		if breaks {
			f.newline(indent + cont)
		}
		if !f.fresh && f.space(i) {
			f.out.WriteByte(' ')
		}
		f.write(f.raw(i), indent+cont)
		if g := f.grp[i]; g != nil && f.pair[i] >= 0 {
			in := top.indent + top.cont(f, i)
			if g.broken {
				in++
			}
			stack = append(stack, frame{g: g, indent: in})
		}
	}
}

// cont is how much further in than the frame the line of token i begins.
func (t *frame) cont(f *formatter, i int) int {
	n := 0
	if t.g == nil || t.g.pipes > 0 {
		n = t.let
		if (t.seg.commas || t.seg.logic) && f.depth[i] >= 0 {
			n++
		}
	}
	return n
}

// indentOf is the indent of a broken group's closing bracket.
func (g *group) indentOf(stack []frame, top *frame) int { return top.indent + top.closing() }

func (t *frame) closing() int {
	if t.g == nil || t.g.pipes > 0 {
		n := t.let
		if t.seg.commas || t.seg.logic {
			n++
		}
		return n
	}
	return 0
}

// breaks tells whether token i begins a line, and how much further in.
func (f *formatter) breaks(i int, top *frame) (yes bool, cont int) {
	t := f.toks[i]
	inPipe := top.g == nil || top.g.pipes > 0
	broken := top.g == nil || top.g.broken
	switch {
	case i == 0:
		return false, 0
	case f.punct(i-1, ";") && broken:
		return true, 0
	case top.g != nil && i == top.g.open+1:
		return top.g.broken, 0
	case f.punct(i, "|") && broken:
		return true, top.let
	case f.punct(i-1, ",") && top.g != nil && top.g.every > 0 && top.g.broken:
		if top.values++; top.values%top.g.every == 0 {
			return true, 0
		}
		return false, 0
	case f.punct(i-1, ",") && top.g != nil && top.g.broken && top.g.pipes == 0:
		return true, 0
	case f.punct(i-1, ",") && inPipe && top.seg.commas:
		return true, top.let + 1
	case inPipe && top.seg.commas && t.Kind == Ident && t.Text == "by" && !f.punct(i-1, "|") && f.toks[i-1].Text != "partition":
		return true, top.let + 1
	case inPipe && top.seg.logic && t.Kind == Ident && (t.Text == "and" || t.Text == "or"):
		return true, top.let + 1
	}
	return false, 0
}

// comments writes the comments before token i.
func (f *formatter) comments(i, indent int, own bool) {
	g := f.gap(i)
	lines := strings.Split(g, "\n")
	blank := false
	for k, l := range lines {
		c := strings.TrimSpace(l)
		at := strings.Index(l, "//")
		if at < 0 {
			if k > 0 && c == "" && k < len(lines)-1 {
				blank = true
			}
			continue
		}
		if k == 0 && i > 0 { // behind a token on its line
			f.out.WriteString(" " + strings.TrimRight(l[at:], " \t\r"))
			f.newline(indent)
			continue
		}
		f.newline(indent)
		if blank && f.out.Len() > 0 {
			f.out.WriteByte('\n')
		}
		blank = false
		f.write(strings.TrimRight(l[at:], " \t\r"), indent)
		f.newline(indent)
	}
	if blank && own && i > 0 && f.toks[i].Kind != EOF && f.punct(i-1, ";") {
		f.newline(indent)
		f.out.WriteByte('\n')
	}
}

// space tells whether a blank stands between token i and the one before.
func (f *formatter) space(i int) bool {
	t, p := f.toks[i], f.toks[i-1]
	had := f.gap(i) != ""
	if t.Kind == Punct {
		switch t.Text {
		case ",", ";", ")", "]":
			return false
		case "|", "==", "!=", "<=", ">=", "=~", "!~":
			return true
		}
	}
	if p.Kind == Punct {
		switch p.Text {
		case "(", "[":
			return false
		case ",", "|", "==", "!=", "<=", ">=", "=~", "!~":
			return true
		}
	}
	return had
}
