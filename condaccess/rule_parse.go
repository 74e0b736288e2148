package condaccess

import (
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/diag"
)

const (
	maxRule      = 3072 // documented maximum length, in characters
	maxRuleDepth = 200
	maxValues    = 5000
)

// ParseDeviceFilter reads the rule of a filter for devices. It returns nil and
// diagnostics with places where the rule is not one.
func ParseDeviceFilter(text string) (*Rule, diag.List) { return parseRule(text, deviceRule) }

func parseRule(text string, kind ruleKind) (*Rule, diag.List) {
	if utf8.RuneCountInString(text) > maxRule {
		return nil, diag.List{errRule(diag.Span{Start: 0, End: len(text)}, "", "rule of %d characters; at most %d are allowed", utf8.RuneCountInString(text), maxRule)}
	}
	p := &ruleParser{text: text, kind: kind}
	p.next()
	root := p.or(0)
	if p.bad == nil && p.tok.kind != ruleEnd {
		p.fail("", "%q was not expected here; the rule should end, or go on with -and or -or", p.tok.text)
	}
	if p.bad != nil {
		return nil, diag.List{*p.bad}
	}
	return &Rule{text: text, kind: kind, root: root}, nil
}

type ruleTokKind uint8

const (
	ruleEnd ruleTokKind = iota
	ruleWord
	ruleString
	rulePunct // ( ) [ ] ,
)

type ruleTok struct {
	kind  ruleTokKind
	text  string // of a string: its value
	start int
	end   int
}

type ruleParser struct {
	text string
	kind ruleKind
	i    int
	tok  ruleTok
	bad  *diag.Diagnostic
}

func (p *ruleParser) fail(hint, format string, args ...any) *ruleNode {
	if p.bad == nil {
		d := errRule(diag.Span{Start: p.tok.start, End: max(p.tok.end, p.tok.start+1)}, hint, format, args...)
		p.bad = &d
	}
	return nil
}

func (p *ruleParser) next() {
	for p.i < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.i]) >= 0 {
		p.i++
	}
	p.tok = ruleTok{start: p.i, end: p.i}
	if p.i == len(p.text) {
		return
	}
	switch c := p.text[p.i]; c {
	case '(', ')', '[', ']', ',':
		p.i++
		p.tok.kind, p.tok.text = rulePunct, string(c)
	case '"', '\'':
		p.quoted(c)
	default:
		for p.i < len(p.text) && strings.IndexByte(" \t\r\n()[],\"'", p.text[p.i]) < 0 {
			p.i++
		}
		p.tok.kind, p.tok.text = ruleWord, p.text[p.tok.start:p.i]
	}
	p.tok.end = p.i
}

// quoted reads a string. A backtick or a backslash before a quote, and either
// doubled, stand for the character itself.
func (p *ruleParser) quoted(q byte) {
	var b strings.Builder
	for j := p.i + 1; j < len(p.text); j++ {
		c := p.text[j]
		if c == q {
			p.i = j + 1
			p.tok.kind, p.tok.text = ruleString, b.String()
			return
		}
		if (c == '`' || c == '\\') && j+1 < len(p.text) && (p.text[j+1] == q || p.text[j+1] == '`' && c == '`') {
			j++
			c = p.text[j]
		}
		b.WriteByte(c)
	}
	p.tok.end = len(p.text)
	p.fail("close the text with another quote", "this quote has no partner")
	p.i = len(p.text)
	p.tok.kind = ruleEnd
}

func (p *ruleParser) word(w string) bool {
	if p.tok.kind == ruleWord && (strings.EqualFold(p.tok.text, w) || strings.EqualFold(p.tok.text, strings.TrimPrefix(w, "-"))) {
		p.next()
		return true
	}
	return false
}

func (p *ruleParser) punct(s string) bool {
	if p.tok.kind == rulePunct && p.tok.text == s {
		p.next()
		return true
	}
	return false
}

func (p *ruleParser) or(depth int) *ruleNode  { return p.joined(depth, "-or", opOr, p.and) }
func (p *ruleParser) and(depth int) *ruleNode { return p.joined(depth, "-and", opAnd, p.not) }

func (p *ruleParser) joined(depth int, word string, op nodeOp, inner func(int) *ruleNode) *ruleNode {
	first := inner(depth)
	if first == nil {
		return nil
	}
	kids := []*ruleNode{first}
	for p.word(word) {
		n := inner(depth)
		if n == nil {
			return nil
		}
		kids = append(kids, n)
	}
	if len(kids) == 1 {
		return first
	}
	return &ruleNode{op: op, kids: kids}
}

func (p *ruleParser) not(depth int) *ruleNode {
	if depth > maxRuleDepth {
		return p.fail("", "the rule nests deeper than %d levels", maxRuleDepth)
	}
	switch {
	case p.word("-not"):
		n := p.not(depth + 1)
		if n == nil {
			return nil
		}
		return &ruleNode{op: opNot, kids: []*ruleNode{n}}
	case p.punct("("):
		n := p.or(depth + 1)
		if n == nil {
			return nil
		}
		if !p.punct(")") {
			return p.fail("", "a closing parenthesis was expected, not %q", p.tok.text)
		}
		return n
	}
	return p.compare()
}

func (p *ruleParser) compare() *ruleNode {
	if p.tok.kind != ruleWord {
		return p.fail("", "a property such as device.isCompliant was expected, not %q", p.tok.text)
	}
	t := &ruleTest{key: -1}
	if !p.property(t) {
		return nil
	}
	p.next()
	op := index(testOpNames, p.tok.text)
	if op < 0 {
		op = index(testOpNames, "-"+p.tok.text)
	}
	if p.tok.kind != ruleWord || op < 0 {
		return p.fail("use one of "+strings.Join(testOpNames, ", "), "an operator was expected after %s, not %q", t.prop, p.tok.text)
	}
	t.op = testOp(op)
	kind := propText
	if t.key >= 0 {
		kind = deviceProps[t.key].kind
	}
	if !kind.allows(t.op) {
		return p.fail("", "operator %s is not for device.%s", testOpNames[t.op], t.prop)
	}
	p.next()
	if !p.operand(t) {
		return nil
	}
	return &ruleNode{op: opTest, test: t}
}

func (p *ruleParser) property(t *ruleTest) bool {
	head, name, ok := strings.Cut(p.tok.text, ".")
	switch {
	case p.kind == attributeRule && ok && strings.EqualFold(head, "CustomSecurityAttribute") && name != "":
		t.prop = "CustomSecurityAttribute." + name
		return true
	case p.kind == deviceRule && ok && strings.EqualFold(head, "device"):
		for i, d := range deviceProps {
			if strings.EqualFold(d.name, name) {
				t.prop, t.key = d.name, i
				return true
			}
		}
		p.fail("", "devices have no property %q", name)
	case p.kind == attributeRule:
		p.fail("", "a custom security attribute was expected, not %q", p.tok.text)
	default:
		p.fail("write device.isCompliant, for example", "a property of the device was expected, not %q", p.tok.text)
	}
	return false
}

func (p *ruleParser) operand(t *ruleTest) bool {
	if !p.punct("[") {
		return p.value(t)
	}
	t.list = true
	for len(t.values) < maxValues {
		if !p.value(t) {
			return false
		}
		if p.punct("]") {
			return true
		}
		if !p.punct(",") {
			p.fail("", "a comma or a closing bracket was expected, not %q", p.tok.text)
			return false
		}
	}
	p.fail("", "more than %d values in one list", maxValues)
	return false
}

func (p *ruleParser) value(t *ruleTest) bool {
	isBool := t.key >= 0 && deviceProps[t.key].kind == propBool
	switch {
	case p.tok.kind == ruleString:
	case p.tok.kind == ruleWord && isBool && (strings.EqualFold(p.tok.text, "true") || strings.EqualFold(p.tok.text, "false")):
		t.bare = true
		p.tok.text = strings.ToUpper(p.tok.text[:1]) + strings.ToLower(p.tok.text[1:])
	case p.tok.kind == ruleEnd:
		p.fail("", "a value was expected at the end of the rule")
		return false
	default:
		p.fail("put the value in double quotes", "a value was expected, not %q", p.tok.text)
		return false
	}
	t.values, t.shown = append(t.values, strings.ToLower(p.tok.text)), append(t.shown, p.tok.text)
	p.next()
	return true
}
