package access

import "strings"

func printJoined(b *strings.Builder, parts []condNode, word string) {
	for i, p := range parts {
		if i > 0 {
			b.WriteString(word)
		}
		p.print(b)
	}
}

func (n *andNode) print(b *strings.Builder) { printJoined(b, n.parts, " AND ") }
func (n *orNode) print(b *strings.Builder)  { printJoined(b, n.parts, " OR ") }

func (n *notNode) print(b *strings.Builder) {
	b.WriteByte('!')
	n.inner.print(b)
}

func (n *groupNode) print(b *strings.Builder) {
	b.WriteByte('(')
	n.inner.print(b)
	b.WriteByte(')')
}

func (n *actionNode) print(b *strings.Builder)       { printNames(b, "ActionMatches", n.texts) }
func (n *subOperationNode) print(b *strings.Builder) { printNames(b, "SubOperationMatches", n.names) }

func printNames(b *strings.Builder, fn string, names []string) {
	b.WriteString(fn)
	b.WriteByte('{')
	for i, s := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		printLiteral(b, literal{s, true})
	}
	b.WriteByte('}')
}

func (n *existsNode) print(b *strings.Builder) {
	if n.negate {
		b.WriteString("NotExists ")
	} else {
		b.WriteString("Exists ")
	}
	n.attr.print(b)
}

func (n *compareNode) print(b *strings.Builder) {
	n.left.print(b)
	b.WriteByte(' ')
	b.WriteString(n.opText)
	b.WriteByte(' ')
	n.right.print(b)
}

func (o operand) print(b *strings.Builder) {
	if o.fn != nil {
		b.WriteString(o.name + "(")
		for i, a := range o.args {
			if i > 0 {
				b.WriteString(", ")
			}
			a.print(b)
		}
		b.WriteByte(')')
		return
	}
	if o.source != "" {
		b.WriteString("@" + o.source + "[" + o.name + "]")
		return
	}
	if o.set {
		b.WriteByte('{')
	}
	for i, v := range o.values {
		if i > 0 {
			b.WriteString(", ")
		}
		printLiteral(b, v)
	}
	if o.set {
		b.WriteByte('}')
	}
}

func printLiteral(b *strings.Builder, l literal) {
	if !l.quoted {
		b.WriteString(l.text)
		return
	}
	b.WriteByte('\'')
	for i := range len(l.text) {
		// A backslash before anything but a quote and itself stands as it is, as before
		// the wildcards of StringLike.
		next := i + 1
		if l.text[i] == '\'' || l.text[i] == '\\' && (next == len(l.text) || l.text[next] == '\'' || l.text[next] == '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(l.text[i])
	}
	b.WriteByte('\'')
}
