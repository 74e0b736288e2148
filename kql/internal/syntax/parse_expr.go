package syntax

import (
	"math"
	"strconv"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// expr reads a scalar expression.
func (p *parser) expr() Expr {
	p.enter()
	defer p.leave()
	return p.or()
}

func (p *parser) or() Expr {
	return p.chain(p.and, func() (string, bool) { return "or", p.isWord("or") })
}

func (p *parser) and() Expr {
	return p.chain(p.equality, func() (string, bool) { return "and", p.isWord("and") })
}

// chain reads a left-associative chain of binary operators.
func (p *parser) chain(operand func() Expr, op func() (string, bool)) Expr {
	start := p.tok().Span
	x := operand()
	for n := 0; ; n++ {
		o, ok := op()
		if !ok {
			return x
		}
		if n > maxChain {
			p.pos = len(p.toks) - 1
			p.fail(errDepth(), start)
		}
		p.next()
		y := operand()
		x = &Binary{node: p.from(start), Op: o, L: x, R: y}
	}
}

// equality reads at most one comparison: a == b == c is no expression of KQL.
func (p *parser) equality() Expr {
	start := p.tok().Span
	x := p.relational()
	t := p.tok()
	switch {
	case t.Kind == Punct && (t.Text == "==" || t.Text == "!=" || t.Text == "<>"):
		p.next()
		op := t.Text
		if op == "<>" {
			op = "!="
		}
		y := p.relational()
		x = &Binary{node: p.from(start), Op: op, L: x, R: y}
	case t.Kind == Punct && (t.Text == "in~" || t.Text == "!in" || t.Text == "!in~") ||
		t.Kind == Ident && (t.Text == "in" || t.Text == "has_any" || t.Text == "has_all"):
		p.next()
		in := &In{Op: t.Text, X: x}
		p.expect("(")
		in.List = p.list(")", p.argument)
		in.node = p.from(start)
		x = in
	case t.Kind == Ident && t.Text == "between" || t.Kind == Punct && t.Text == "!between":
		p.next()
		b := &Between{Not: t.Text[0] == '!', X: x}
		p.expect("(")
		b.Lo = p.expr()
		p.expect("..")
		b.Hi = p.expr()
		p.expect(")")
		b.node = p.from(start)
		x = b
	}
	return x
}

// relational reads at most one ordering: a < b < c is no expression of KQL.
func (p *parser) relational() Expr {
	start := p.tok().Span
	x := p.additive()
	if t := p.tok(); t.Kind == Punct && (t.Text == "<" || t.Text == "<=" || t.Text == ">" || t.Text == ">=") {
		p.next()
		y := p.additive()
		x = &Binary{node: p.from(start), Op: t.Text, L: x, R: y}
	}
	return x
}

func (p *parser) additive() Expr {
	return p.chain(p.multiplicative, func() (string, bool) {
		t := p.tok()
		return t.Text, t.Kind == Punct && (t.Text == "+" || t.Text == "-")
	})
}

func (p *parser) multiplicative() Expr {
	return p.chain(p.stringOp, func() (string, bool) {
		t := p.tok()
		return t.Text, t.Kind == Punct && (t.Text == "*" || t.Text == "/" || t.Text == "%")
	})
}

// StringOps are the operators between two texts, with the spellings of old.
var stringOps = map[string]string{
	"=~": "=~", "!~": "!~", "has": "has", "!has": "!has", "has_cs": "has_cs", "!has_cs": "!has_cs", "hasprefix": "hasprefix", "!hasprefix": "!hasprefix",
	"hasprefix_cs": "hasprefix_cs", "!hasprefix_cs": "!hasprefix_cs", "hassuffix": "hassuffix", "!hassuffix": "!hassuffix", "hassuffix_cs": "hassuffix_cs",
	"!hassuffix_cs": "!hassuffix_cs", "contains": "contains", "!contains": "!contains", "notcontains": "!contains", "contains_cs": "contains_cs",
	"containscs": "contains_cs", "!contains_cs": "!contains_cs", "notcontainscs": "!contains_cs", "startswith": "startswith", "!startswith": "!startswith",
	"startswith_cs": "startswith_cs", "!startswith_cs": "!startswith_cs", "endswith": "endswith", "!endswith": "!endswith", "endswith_cs": "endswith_cs",
	"!endswith_cs": "!endswith_cs", "like": "like", "notlike": "!like", "!like": "!like", "likecs": "like_cs", "like_cs": "like_cs", "notlikecs": "!like_cs", ":": ":",
}

func (p *parser) stringOp() Expr {
	start := p.tok().Span
	x := p.unary()
	for n := 0; n <= maxChain; n++ {
		t := p.tok()
		op := ""
		if t.Kind == Ident && t.Text == "matches" && p.wordAt(1, "regex") {
			p.next()
			op = "matches regex"
		} else if t.Kind == Ident || t.Kind == Punct && t.Text != ":" {
			op = stringOps[t.Text]
		} else if t.Kind == Punct && t.Text == ":" && p.colonIsSearch(x) {
			op = ":"
		}
		if op == "" {
			return x
		}
		p.next()
		y := p.unary()
		x = &Binary{node: p.from(start), Op: op, L: x, R: y}
	}
	return x
}

// colonIsSearch tells whether "x : y" is search's term operator: only after a
// name, before a constant.
func (p *parser) colonIsSearch(x Expr) bool {
	switch x.(type) {
	case *Ref, *Star, *Member:
	default:
		return false
	}
	k := p.at(1).Kind
	return k == Str || k == Long || k == Real || k == Typed
}

func (p *parser) unary() Expr {
	t := p.tok()
	if t.Kind == Punct && (t.Text == "-" || t.Text == "+") {
		p.enter()
		defer p.leave()
		p.next()
		x := p.unary()
		if lit, ok := x.(*Literal); ok && t.Text == "-" {
			if neg, ok := negated(lit); ok {
				neg.node = p.from(t.Span)
				return neg
			}
		}
		return &Unary{node: p.from(t.Span), Op: t.Text, X: x}
	}
	return p.postfix()
}

// negated folds a minus into a number.
func negated(l *Literal) (*Literal, bool) {
	if strings.HasPrefix(l.Text, "-") || l.Text == "" || l.Text[0] < '0' || l.Text[0] > '9' {
		return nil, false
	}
	n := *l
	n.Text = "-" + l.Text
	switch l.Type {
	case types.Long:
		n.Value = value.Long(-l.Value.Int64())
	case types.Real:
		n.Value = value.Real(-l.Value.Float())
	case types.TimeSpan:
		n.Value = value.TimeSpan(-l.Value.Int64())
	default:
		return nil, false
	}
	return &n, true
}

func (p *parser) postfix() Expr {
	start := p.tok().Span
	x := p.primary()
	for n := 0; n <= maxDepth*4; n++ {
		switch {
		case p.is(".") && (p.at(1).Kind == Ident || p.at(1).Kind == Typed || p.isAt(1, "[") || p.isAt(1, "*") && isCall(x)):
			p.next()
			if p.isAt(0, "[") && p.at(1).Kind != Str {
				continue // a.[0]
			}
			if t := p.tok(); t.Kind == Typed { // x.real(1): a name that looks like a literal
				p.expected("a name")
			}
			if p.at(0).Kind == Ident && p.isAt(1, "(") { // db.function(args)
				c := p.call()
				c.On = x
				c.node = p.from(start)
				x = c
				continue
			}
			m := &Member{X: x}
			if nm, ok := p.wildNameAfterDot(x); ok {
				m.Name = nm
			} else {
				m.Name = p.name()
			}
			m.node = p.from(start)
			x = m
		case p.is("["):
			p.next()
			i := p.expr()
			p.expect("]")
			x = &Index{node: p.from(start), X: x, I: i}
		default:
			return x
		}
	}
	p.fail(errDepth(), start)
	return nil
}

func isCall(x Expr) bool { _, ok := x.(*Call); return ok }

// wildNameAfterDot reads a name with * after a call (database("x").T*).
func (p *parser) wildNameAfterDot(x Expr) (Name, bool) {
	if _, ok := x.(*Call); !ok || !(p.is("*") || p.at(0).Kind == Ident && p.isAt(1, "*") && p.at(1).Glued) {
		return Name{}, false
	}
	return p.wildName()
}

func (p *parser) primary() Expr {
	t := p.tok()
	switch t.Kind {
	case Long, Real, TimeSpan, Typed:
		return p.literal()
	case Str:
		return p.stringLiteral()
	case Ident:
		return p.word()
	case Punct:
		switch t.Text {
		case "(":
			p.enter()
			defer p.leave()
			p.next()
			x := p.pipe()
			p.expect(")")
			return &Paren{node: p.from(t.Span), X: x}
		case "*":
			p.next()
			return &Star{p.from(t.Span)}
		case "[":
			if p.at(1).Kind == Str && p.isAt(2, "]") {
				return &Ref{p.name()}
			}
		}
	case EOF, Bad: // no expression begins so
	}
	p.expected("an expression")
	return nil
}

func (p *parser) word() Expr {
	t := p.tok()
	switch t.Text {
	case "true", "false", "True", "False", "TRUE", "FALSE":
		p.next()
		return &Literal{node: p.from(t.Span), Type: types.Bool, Value: value.Bool(strings.EqualFold(t.Text, "true")), Text: t.Text}
	case "dynamic":
		if p.isAt(1, "(") {
			return p.dynamic()
		}
	case "typeof":
		if p.isAt(1, "(") {
			return p.typeOf()
		}
	case "datatable":
		if p.isAt(1, "(") {
			return p.datatable()
		}
	case "externaldata", "external_data":
		if p.isAt(1, "(") {
			return p.externalData()
		}
	}
	if p.isAt(1, "(") {
		return p.call()
	}
	return &Ref{p.name()}
}

func (p *parser) call() *Call {
	p.enter()
	defer p.leave()
	start := p.tok().Span
	c := &Call{Name: p.name()}
	p.expect("(")
	c.Args = p.list(")", p.argument)
	c.node = p.from(start)
	return c
}

// argument reads an argument of a call: perhaps named, perhaps tabular.
func (p *parser) argument() Expr {
	if p.tok().Kind == Ident && p.isAt(1, "=") {
		start := p.tok().Span
		n := p.name()
		p.next()
		x := p.pipe()
		return &Named{node: p.from(start), Names: []Name{n}, Expr: x}
	}
	return p.pipe()
}

// named reads "name = expr", "(a, b) = expr" or an expression.
func (p *parser) named() Expr {
	start := p.tok().Span
	switch {
	case p.tok().Kind == Ident && p.isAt(1, "="), p.is("[") && p.at(1).Kind == Str && p.isAt(2, "]") && p.isAt(3, "="):
		n := p.name()
		p.expect("=")
		x := p.expr()
		return &Named{node: p.from(start), Names: []Name{n}, Expr: x}
	case p.is("(") && p.tupleAhead():
		p.next()
		n := &Named{Tuple: true}
		for {
			n.Names = append(n.Names, p.name())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		p.expect("=")
		n.Expr = p.expr()
		n.node = p.from(start)
		return n
	}
	return p.expr()
}

// tupleAhead tells whether (a, b) = follows.
func (p *parser) tupleAhead() bool {
	for n := 1; ; n++ {
		if p.isAt(n, "[") && p.at(n+1).Kind == Str && p.isAt(n+2, "]") {
			n += 2
		} else if p.at(n).Kind != Ident {
			return false
		}
		n++
		if p.isAt(n, ")") {
			return p.isAt(n+1, "=")
		}
		if !p.isAt(n, ",") {
			return false
		}
	}
}

func (p *parser) typeOf() Expr {
	start := p.next().Span
	t := &TypeOf{}
	if p.isAt(2, ":") || p.isAt(1, "*") {
		t.Columns, _ = p.columns()
	} else {
		p.expect("(")
		t.Type = p.typeName()
		p.expect(")")
	}
	t.node = p.from(start)
	return t
}

func (p *parser) stringLiteral() Expr {
	t := p.next()
	l := &Literal{Type: types.String, Hidden: t.Quote, Text: t.Text}
	var s strings.Builder
	s.WriteString(t.Value)
	for p.tok().Kind == Str { // neighbors join
		n := p.next()
		s.WriteString(n.Value)
		l.Hidden = l.Hidden || n.Quote
		l.Text = ""
	}
	l.Value = value.String(s.String())
	l.node = p.from(t.Span)
	return l
}

func (p *parser) literal() Expr {
	t := p.next()
	l := &Literal{node: p.from(t.Span), Text: t.Text}
	switch t.Kind {
	case Long:
		l.Type = types.Long
		i, err := strconv.ParseInt(t.Text, 10, 64)
		if err != nil && len(t.Text) > 2 && t.Text[1]|0x20 == 'x' {
			var u uint64
			if u, err = strconv.ParseUint(t.Text, 0, 64); err == nil {
				i = int64(u)
			}
		}
		if err != nil {
			p.fail(errLiteral("long", t.Text), t.Span)
		}
		l.Value = value.Long(i)
	case Real:
		l.Type = types.Real
		f, err := strconv.ParseFloat(t.Text, 64)
		if err != nil && f == 0 {
			p.fail(errLiteral("real", t.Text), t.Span)
		}
		l.Value = value.Real(f)
	case TimeSpan:
		l.Type = types.TimeSpan
		num := strings.TrimSuffix(t.Text, t.Value)
		ticks, ok := types.ScaleUnit(num, t.Value)
		if !ok {
			p.fail(errLiteral("timespan", t.Text), t.Span)
		}
		l.Value = value.TimeSpan(ticks)
	case Typed:
		if t.Text == "datetime" && t.Value == "now" { // an old spelling
			return &Call{node: l.node, Name: Name{Text: "now", At: t.Span}}
		}
		if day, ok := types.ParseTimeOfDay(strings.Trim(t.Value, "\"'")); ok && t.Text == "datetime" {
			return timeOfDay(l.node, t.Span, day)
		}
		p.typedLiteral(l, t)
	default: // literal is called for the kinds above only
	}
	return l
}

func (p *parser) typedLiteral(l *Literal, t Token) {
	l.Type, _ = types.Parse(t.Text)
	l.Text = t.Text + "(" + t.Value + ")"
	s := t.Value
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	if s == "null" || s == "" {
		return
	}
	ok := true
	switch l.Type {
	case types.Bool:
		switch strings.ToLower(s) {
		case "true":
			l.Value = value.Bool(true)
		case "false":
			l.Value = value.Bool(false)
		default:
			var i int64
			i, ok = parseInt(s)
			l.Value = value.Bool(i != 0)
		}
	case types.Long:
		var i int64
		i, ok = parseInt(s)
		l.Value = value.Long(i)
	case types.Int:
		var i int64
		i, ok = parseInt(s)
		ok = ok && (i == int64(int32(i)) || strings.HasPrefix(s, "0x") && i>>32 == 0)
		l.Value = value.Int(int32(i))
	case types.Real:
		var f float64
		f, ok = parseReal(s)
		l.Value = value.Real(f)
	case types.Decimal:
		var d *types.Dec
		d, ok = types.ParseDecimal(s)
		l.Value = value.Decimal(d)
	case types.DateTime:
		var d int64
		if d, ok = parseDate(s); ok {
			l.Value = value.DateTime(d)
		} else if i, isNum := parseInt(s); isNum {
			ok = types.ValidDateTime(i)
			l.Value = value.DateTime(i)
		}
	case types.TimeSpan:
		var d int64
		d, ok = types.ParseTimeSpan(s, true)
		l.Value = value.TimeSpan(d)
	case types.GUID:
		var g types.UUID
		g, ok = types.ParseGUID(s)
		l.Value = value.GUID(g)
	default: // the others have tokens of their own
	}
	if !ok {
		p.fail(errLiteral(l.Type.String(), t.Value), t.Span)
	}
}

// timeOfDay is datetime("8:00 AM"): that hour of the day on which the query runs.
func timeOfDay(n node, at diag.Span, ticks int64) Expr {
	call := func(name string, args ...Expr) Expr {
		return &Call{node: n, Name: Name{Text: name, At: at}, Args: args}
	}
	span := &Literal{node: n, Type: types.TimeSpan, Value: value.TimeSpan(ticks), Text: "time(" + types.FormatTimeSpan(ticks) + ")"}
	return &Paren{node: n, X: &Binary{node: n, Op: "+", L: call("startofday", call("now")), R: span}}
}

// parseDate reads the inside of datetime(...): a date in any spelling, blanks
// around its hyphens, or numbers between commas.
func parseDate(s string) (int64, bool) {
	if d, ok := types.ParseDateTime(s); ok {
		return d, true
	}
	if parts := strings.Split(s, ","); len(parts) >= 3 && len(parts) <= 6 {
		n := [6]int{}
		for i, p := range parts {
			v, err := strconv.Atoi(strings.TrimSpace(p))
			if err != nil {
				return 0, false
			}
			n[i] = v
		}
		return types.MakeDateTime(n[0], n[1], n[2], n[3], n[4], n[5], 0)
	}
	return types.ParseDateTime(strings.ReplaceAll(s, " - ", "-"))
}

func parseInt(s string) (int64, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(u), err == nil
	}
	return 0, false
}

func parseReal(s string) (float64, bool) {
	switch s {
	case "nan", "NaN":
		s = "NaN"
	case "inf", "+inf", "-inf":
	default:
		if strings.ContainsAny(s, "nNiIxXpP_") {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || f != 0
}

// dynamic reads dynamic(JSON), where JSON may hold other literals.
func (p *parser) dynamic() Expr {
	start := p.next().Span
	p.expect("(")
	l := &Literal{Type: types.Dynamic}
	if !p.is(")") {
		l.Value = p.json()
	}
	p.expect(")")
	l.node = p.from(start)
	return l
}

func (p *parser) json() value.Value {
	p.enter()
	defer p.leave()
	t := p.tok()
	switch {
	case t.Kind == Str:
		return p.stringLiteral().(*Literal).Value
	case t.Kind == Long || t.Kind == Real || t.Kind == TimeSpan || t.Kind == Typed:
		lit, ok := p.literal().(*Literal)
		if !ok {
			p.fail(errLiteral("datetime", "now"), t.Span)
		}
		return lit.Value
	case t.Kind == Punct && (t.Text == "-" || t.Text == "+"):
		if lit, ok := p.unary().(*Literal); ok {
			return lit.Value
		}
	case t.Kind == Ident:
		switch t.Text {
		case "true", "false":
			p.next()
			return value.Bool(t.Text == "true")
		case "null":
			p.next()
			return value.Null
		case "dynamic":
			if p.isAt(1, "(") {
				return p.dynamic().(*Literal).Value
			}
		}
	case p.accept("["):
		items := []value.Value{}
		for !p.accept("]") {
			if len(items) > 0 {
				p.expect(",")
				if p.accept("]") {
					break
				}
			}
			items = append(items, p.json())
		}
		return value.Array(items)
	case p.accept("{"):
		return p.jsonBag()
	}
	p.expected("a JSON value")
	return value.Null
}

func (p *parser) jsonBag() value.Value {
	b := value.NewBag(4)
	for first := true; !p.accept("}"); first = false {
		if !first {
			p.expect(",")
			if p.accept("}") {
				break
			}
		}
		var key string
		if t := p.tok(); t.Kind == Ident {
			key = p.next().Text
		} else if t.Kind == Str {
			key = p.next().Value
		} else {
			p.expected("a key")
		}
		p.expect(":")
		b.Set(key, p.json())
	}
	return value.Object(b)
}

func (p *parser) datatable() Expr {
	start := p.next().Span
	d := &Datatable{}
	d.Columns, _ = p.columns()
	p.expect("[")
	d.Values = p.list("]", p.datum)
	d.node = p.from(start)
	return d
}

// datum reads a value of a datatable, where the smallest long may be written.
func (p *parser) datum() Expr {
	if p.is("-") && p.at(1).Kind == Long && p.at(1).Text == "9223372036854775808" {
		start := p.next().Span
		p.next()
		return &Literal{node: p.from(start), Type: types.Long, Value: value.Long(math.MinInt64), Text: "-9223372036854775808"}
	}
	return p.expr()
}

func (p *parser) externalData() Expr {
	start := p.next().Span
	e := &ExternalData{}
	e.Columns, _ = p.columns()
	if p.accept("[") {
		e.Locations = p.list("]", p.expr)
	} else {
		e.Locations = []Expr{p.primary()}
	}
	if p.isWord("with") && p.isAt(1, "(") {
		p.next()
		e.Props = p.propList()
	}
	e.node = p.from(start)
	return e
}

// propList reads (name = value, ...).
func (p *parser) propList() []Prop {
	p.expect("(")
	var out []Prop
	for !p.accept(")") {
		if len(out) > 0 {
			p.expect(",")
			if p.accept(")") {
				break
			}
		}
		out = append(out, p.prop())
	}
	return out
}

func (p *parser) prop() Prop {
	pr := Prop{Name: p.dotted()}
	p.expect("=")
	pr.Value = p.propValue()
	return pr
}

// propValue reads the value of a parameter: a constant, a name, or
// timechart-like words with hyphens.
func (p *parser) propValue() Expr {
	if p.tok().Kind == Ident {
		n, _ := p.wildName()
		for p.is(".") && p.at(1).Kind == Ident || p.is("-") && p.tok().Glued && p.at(1).Glued && p.at(1).Kind == Ident {
			n.Text += p.next().Text
			n.Text += p.next().Text
		}
		n.At.End = p.last.End
		return &Ref{n}
	}
	return p.unary()
}

// dotted reads hint.strategy and the like as one name.
func (p *parser) dotted() Name {
	n := p.name()
	for p.is(".") && p.at(1).Kind == Ident {
		p.next()
		n.Text += "." + p.next().Text
		n.At.End = p.last.End
	}
	return n
}
