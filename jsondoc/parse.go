package jsondoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/azward/azward/diag"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 1000

// SyntaxError says where and why a text is not JSON that azward reads.
type SyntaxError struct {
	Offset  int64         // in bytes from the start of the input
	Pos     diag.Position // zero where the whole text was not at hand
	Message string
}

// Error returns "line 3 column 9: message", or the offset where lines are not known.
func (e *SyntaxError) Error() string {
	if e.Pos.Line > 0 {
		return fmt.Sprintf("line %d column %d: %s", e.Pos.Line, e.Pos.Column, e.Message)
	}
	return fmt.Sprintf("byte %d: %s", e.Offset, e.Message)
}

// Parse reads one JSON text. A byte order mark before it is passed over. The
// text must not change while the tree lives. Errors are of type *SyntaxError:
// bad syntax, invalid UTF-8, a name twice in one object, nesting beyond
// [MaxDepth], text after the value.
func Parse(text []byte) (Value, error) { return ParseInterned(text, NewInterner()) }

// ParseString is [Parse] for a string.
func ParseString(text string) (Value, error) {
	return Parse(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// ParseInterned is [Parse] with a table of keys shared with other documents.
func ParseInterned(text []byte, in *Interner) (Value, error) {
	base := 0
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		base = 3
	}
	body := text[base:]
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	raw, err := dec.ReadValue()
	if err == nil {
		rest := bytes.TrimLeft(body[dec.InputOffset():], " \t\r\n")
		if len(rest) > 0 {
			off := int64(len(text) - len(rest))
			return Value{}, locate(&SyntaxError{Offset: off, Message: "text after the end of the JSON value"}, text)
		}
		start := int(dec.InputOffset()) - len(raw)
		var v Value
		if v, err = build(body, start, base, in); err == nil {
			return v, nil
		}
	}
	return Value{}, locate(syntaxError(err, int64(base)), text)
}

// AsSyntaxError turns an error of a jsontext decoder into a *SyntaxError.
func AsSyntaxError(err error) *SyntaxError { return syntaxError(err, 0) }

func syntaxError(err error, base int64) *SyntaxError {
	if own, ok := errors.AsType[*SyntaxError](err); ok {
		return own
	}
	if syn, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		msg := syn.Err.Error()
		if errors.Is(syn.Err, jsontext.ErrDuplicateName) {
			msg = "name stands twice in one object"
			if syn.JSONPointer != "" {
				msg = fmt.Sprintf("name %q stands twice in one object", syn.JSONPointer.LastToken())
			}
		}
		if errors.Is(syn.Err, io.ErrUnexpectedEOF) {
			msg = "text ends in the middle of a value"
		}
		return &SyntaxError{Offset: base + syn.ByteOffset, Message: msg}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &SyntaxError{Offset: base, Message: "text ends before a value"}
	}
	return &SyntaxError{Offset: base, Message: err.Error()}
}

func locate(e *SyntaxError, text []byte) *SyntaxError {
	off := min(int(e.Offset), len(text))
	line := bytes.Count(text[:off], []byte("\n"))
	start := bytes.LastIndexByte(text[:off], '\n') + 1
	e.Pos = diag.Position{Line: line + 1, Column: utf8.RuneCount(text[start:off]) + 1}
	return e
}

// builder turns text that is known to be valid JSON into nodes. It does not
// check syntax again.
type builder struct {
	text    []byte
	i       int
	base    int
	depth   int
	in      *Interner
	nodes   []node   // stack of finished elements
	members []member // stack of finished members
	slabN   []node
	slabM   []member
}

func build(text []byte, start, base int, in *Interner) (Value, error) {
	b := builder{text: text, i: start, base: base, in: in, slabN: in.slabN, slabM: in.slabM}
	n, err := b.value()
	in.slabN, in.slabM = b.slabN, b.slabM // what is left serves the next document
	if err != nil {
		return Value{}, err
	}
	return Value{&n}, nil
}

func (b *builder) space() {
	for b.i < len(b.text) {
		switch b.text[b.i] {
		case ' ', '\t', '\r', '\n', ',', ':':
			b.i++
		default:
			return
		}
	}
}

func (b *builder) value() (node, error) {
	b.space()
	pos := b.base + b.i
	switch c := b.text[b.i]; c {
	case '{':
		return b.object(pos)
	case '[':
		return b.array(pos)
	case '"':
		s, err := b.str()
		if err != nil {
			return node{}, err
		}
		return makeNode(String, unsafe.Pointer(unsafe.StringData(s)), len(s), pos), nil
	case 't':
		b.i += 4
		return makeNode(Bool, nil, 1, pos), nil
	case 'f':
		b.i += 5
		return makeNode(Bool, nil, 0, pos), nil
	case 'n':
		b.i += 4
		return makeNode(Null, nil, 0, pos), nil
	default:
		start := b.i
		for b.i < len(b.text) {
			switch b.text[b.i] {
			case ',', ']', '}', ' ', '\t', '\r', '\n':
				return makeNode(Number, unsafe.Pointer(&b.text[start]), b.i-start, pos), nil
			}
			b.i++
		}
		return makeNode(Number, unsafe.Pointer(&b.text[start]), b.i-start, pos), nil
	}
}

// quoted returns the bytes of the string at b.i with its quotes, and whether
// it holds escapes.
func (b *builder) quoted() (raw []byte, escaped bool) {
	start := b.i
	b.i++
	for {
		switch b.text[b.i] {
		case '\\':
			escaped = true
			b.i += 2
		case '"':
			b.i++
			return b.text[start:b.i], escaped
		default:
			b.i++
		}
	}
}

func (b *builder) str() (string, error) {
	raw, escaped := b.quoted()
	if len(raw) > maxLen {
		return "", &SyntaxError{Offset: int64(b.base + b.i - len(raw)), Message: "string of more than 512 MiB"}
	}
	if !escaped {
		return unsafe.String(unsafe.SliceData(raw[1:]), len(raw)-2), nil
	}
	out, err := jsontext.AppendUnquote(nil, raw)
	return unsafe.String(unsafe.SliceData(out), len(out)), err
}

func (b *builder) enter() error {
	b.depth++
	if b.depth > MaxDepth {
		return &SyntaxError{Offset: int64(b.base + b.i), Message: fmt.Sprintf("arrays and objects nest deeper than %d levels", MaxDepth)}
	}
	b.i++
	return nil
}

func (b *builder) array(pos int) (node, error) {
	if err := b.enter(); err != nil {
		return node{}, err
	}
	mark := len(b.nodes)
	for {
		b.space()
		if b.text[b.i] == ']' {
			b.i++
			b.depth--
			els := b.takeNodes(mark)
			return makeNode(Array, unsafe.Pointer(unsafe.SliceData(els)), len(els), pos), nil
		}
		n, err := b.value()
		if err != nil {
			return node{}, err
		}
		b.nodes = append(b.nodes, n)
	}
}

func (b *builder) object(pos int) (node, error) {
	if err := b.enter(); err != nil {
		return node{}, err
	}
	mark := len(b.members)
	for {
		b.space()
		if b.text[b.i] == '}' {
			b.i++
			b.depth--
			ms := b.takeMembers(mark)
			return makeNode(Object, unsafe.Pointer(unsafe.SliceData(ms)), len(ms), pos), nil
		}
		raw, escaped := b.quoted()
		name := raw[1 : len(raw)-1]
		if escaped {
			var err error
			if name, err = jsontext.AppendUnquote(nil, raw); err != nil {
				return node{}, err
			}
		}
		n, err := b.value()
		if err != nil {
			return node{}, err
		}
		b.members = append(b.members, member{key: b.in.key(name), val: n})
	}
}

// slabSize is how many nodes or members are allocated at once, so that small
// containers share an allocation.
const slabSize = 64

func (b *builder) takeNodes(mark int) []node {
	out := carve(&b.slabN, b.nodes[mark:])
	clear(b.nodes[mark:])
	b.nodes = b.nodes[:mark]
	return out
}

func (b *builder) takeMembers(mark int) []member {
	out := carve(&b.slabM, b.members[mark:])
	clear(b.members[mark:])
	b.members = b.members[:mark]
	return out
}

func carve[T any](slab *[]T, src []T) []T {
	if len(src) == 0 {
		return nil
	}
	if len(src) > len(*slab) {
		if len(src) >= slabSize {
			out := make([]T, len(src))
			copy(out, src)
			return out
		}
		*slab = make([]T, slabSize)
	}
	out := (*slab)[:len(src):len(src)]
	*slab = (*slab)[len(src):]
	copy(out, src)
	return out
}
