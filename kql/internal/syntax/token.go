// Package syntax reads KQL text: lexer, tree and parser with byte spans and
// error recovery, and the printer that writes a tree back as text.
//
// It knows operators and literals but no function, table or column: names are
// for package bind. Start with Parse and Print.
package syntax

import "github.com/azward/azward/diag"

// Kind is a kind of token.
type Kind uint8

// The kinds of tokens. Keywords are Ident; operators and punctuation are Punct
// with their text ("==", "!has", "in~").
const (
	EOF Kind = iota
	Ident
	Long
	Real
	TimeSpan
	Str
	Typed // datetime(...), guid(...), long(...): Text is the type, Value the inside
	Punct
	Bad
)

// Token is one word of a query.
type Token struct {
	Kind  Kind
	Text  string // the name, the operator, or the text as written
	Value string // strings: the characters meant; Typed: the text inside
	Span  diag.Span
	Glued bool // no blank before it
	Quote bool // a string written with h: keep it out of logs
}
