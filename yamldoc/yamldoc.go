// Package yamldoc reads YAML into the same immutable tree that package jsondoc
// builds from JSON, with the byte offset of every value, so that controls,
// exemptions and detection rules written in YAML get the same diagnostics as JSON.
//
// Start with [Parse]. What JSON lacks is refused with a place: infinities, NaN,
// mappings as keys. The text is not trusted: size, nesting, and what aliases
// blow up to are bounded, and a name that stands twice in one mapping is an error.
package yamldoc

import (
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

const (
	// MaxSize is the longest text that is read, in bytes.
	MaxSize = 8 << 20
	// MaxDepth is how deep sequences and mappings may nest.
	MaxDepth = 200
	// MaxValues is how many values a text may stand for, those behind aliases
	// counted each time they are used.
	MaxValues = 1 << 20
)

// SyntaxError says where and why a text is not YAML that azward reads. It is
// the same type as JSON's, so callers branch on one.
type SyntaxError = jsondoc.SyntaxError

// Parse reads a text of one YAML document. An empty text is null. Errors are of
// type *SyntaxError with line and column: bad syntax, invalid UTF-8, a name
// twice in one mapping, more than one document, a limit of this package passed.
func Parse(text []byte) (jsondoc.Value, error) {
	docs, err := ParseAll(text)
	if err != nil {
		return jsondoc.Value{}, err
	}
	switch len(docs) {
	case 0:
		return jsondoc.Nothing, nil
	case 1:
		return docs[0], nil
	}
	src := diag.NewSource("", string(text))
	off := docs[1].Offset()
	return jsondoc.Value{}, &SyntaxError{Offset: int64(off), Pos: src.Position(off), Message: "a second document begins here, expected one only"}
}

// ParseAll reads every document of a text, as "---" separates them; documents
// with nothing in them are passed over. Errors are those of [Parse].
func ParseAll(text []byte) (docs []jsondoc.Value, err error) {
	if len(text) > MaxSize {
		return nil, &SyntaxError{Offset: MaxSize, Message: fmt.Sprintf("the YAML is longer than %d MiB", MaxSize>>20)}
	}
	b := newBuilder(string(text))
	if off := invalidUTF8(b.text); off >= 0 {
		return nil, b.fail(off, "invalid UTF-8")
	}
	// The parser underneath is known to panic on some malformed texts; for a
	// caller that is a malformed text like any other.
	defer func() {
		if r := recover(); r != nil {
			docs, err = nil, b.fail(0, "the YAML is malformed")
		}
	}()
	tokens := lexer.Tokenize(b.text)
	if err := b.checkNesting(tokens); err != nil {
		return nil, err
	}
	for _, section := range documents(tokens) {
		// Duplicate names are checked while building, where the place is exact.
		file, err := parser.Parse(section, 0, parser.AllowDuplicateMapKey())
		if err != nil {
			return nil, b.syntaxError(err)
		}
		b.anchors, b.weights = map[string]jsondoc.Value{}, map[string]int{}
		for _, doc := range file.Docs {
			if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
				continue
			}
			v, err := b.value(doc.Body, 0)
			if err != nil {
				return nil, err
			}
			docs = append(docs, v)
		}
	}
	return docs, nil
}

// documents splits a text's tokens at its document marks and leaves out empty
// documents: the parser, given the whole, loses what follows an empty one.
func documents(tokens token.Tokens) []token.Tokens {
	var out []token.Tokens
	start, content, directives := 0, false, false
	flush := func(end int) {
		if content {
			out = append(out, tokens[start:end])
		}
		start, content = end, false
	}
	for i, tk := range tokens {
		switch tk.Type {
		case token.DocumentHeaderType:
			if !directives {
				flush(i)
			}
			directives, content = false, false
		case token.DocumentEndType:
			flush(i + 1)
		case token.DirectiveType:
			directives = !content
		case token.CommentType:
		default:
			content = true
		}
	}
	flush(len(tokens))
	return out
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

// checkNesting refuses, before the recursive parser runs, what would nest too
// deep: brackets, and runs of "- - -" on one line. Nesting by indentation costs
// the square of its depth in text and is left to the builder.
func (b *builder) checkNesting(tokens token.Tokens) error {
	flow, run := 0, 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType, token.MappingValueType:
			run++
		default:
			run = 0
		}
		if flow+run > MaxDepth {
			return b.fail(b.offset(tk), fmt.Sprintf("nested deeper than %d levels", MaxDepth))
		}
	}
	return nil
}

func (b *builder) syntaxError(err error) error {
	if ye, ok := err.(yaml.Error); ok { //nolint:errorlint // the parser returns its own error bare
		off := 0
		if tk := ye.GetToken(); tk != nil {
			off = b.offset(tk)
		}
		return b.fail(off, ye.GetMessage())
	}
	return b.fail(0, err.Error())
}
