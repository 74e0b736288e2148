package yamldoc

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// builder turns a syntax tree into values. Offsets are worked out from line and
// column, since the parser's own offsets drift after wide characters.
type builder struct {
	text    string
	lines   []int // byte offset at which each line begins
	anchors map[string]jsondoc.Value
	weights map[string]int // values below each anchor
	count   int
	src     *diag.Source
}

func newBuilder(text string) *builder {
	b := &builder{text: text, lines: make([]int, 1, 64)}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			b.lines = append(b.lines, i+1)
		case '\r':
			if i+1 >= len(text) || text[i+1] != '\n' {
				b.lines = append(b.lines, i+1)
			}
		}
	}
	return b
}

func (b *builder) fail(off int, msg string) *SyntaxError {
	if b.src == nil {
		b.src = diag.NewSource("", b.text)
	}
	return &SyntaxError{Offset: int64(off), Pos: b.src.Position(off), Message: msg}
}

func (b *builder) offset(tk *token.Token) int {
	if tk == nil || tk.Position == nil || tk.Position.Line < 1 {
		return 0
	}
	if tk.Position.Line > len(b.lines) {
		return len(b.text)
	}
	off := b.lines[tk.Position.Line-1]
	for c := 1; c < tk.Position.Column && off < len(b.text) && b.text[off] != '\n'; c++ {
		_, n := utf8.DecodeRuneInString(b.text[off:])
		off += n
	}
	return off
}

func (b *builder) value(n ast.Node, depth int) (jsondoc.Value, error) {
	if n == nil {
		return jsondoc.Nothing, nil
	}
	off := b.offset(n.GetToken())
	if depth > MaxDepth {
		return jsondoc.Value{}, b.fail(off, fmt.Sprintf("nested deeper than %d levels", MaxDepth))
	}
	if b.count++; b.count > MaxValues {
		return jsondoc.Value{}, b.fail(off, fmt.Sprintf("stands for more than %d values", MaxValues))
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(n.Values, off, depth)
	case *ast.MappingValueNode:
		return b.mapping([]*ast.MappingValueNode{n}, off, depth)
	case *ast.SequenceNode:
		vs := make([]jsondoc.Value, 0, len(n.Values))
		for _, e := range n.Values {
			v, err := b.value(e, depth+1)
			if err != nil {
				return jsondoc.Value{}, err
			}
			vs = append(vs, v)
		}
		return jsondoc.NewArray(vs...).WithOffset(off), nil
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		before := b.count
		v, err := b.value(n.Value, depth)
		if err != nil {
			return jsondoc.Value{}, err
		}
		b.anchors[name], b.weights[name] = v, b.count-before
		return v, nil
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		v, ok := b.anchors[name]
		if !ok {
			return jsondoc.Value{}, b.fail(off, fmt.Sprintf("no anchor named %q before this alias", name))
		}
		// The tree is shared, so an alias costs no memory here; but whoever walks
		// the tree pays for each use.
		if b.count += b.weights[name]; b.count > MaxValues {
			return jsondoc.Value{}, b.fail(off, fmt.Sprintf("aliases stand for more than %d values", MaxValues))
		}
		return v, nil
	case *ast.TagNode:
		return b.tagged(n, off, depth)
	default:
		v, err := b.scalar(n, off)
		if err != nil {
			return jsondoc.Value{}, err
		}
		return v.WithOffset(off), nil
	}
}

func (b *builder) mapping(values []*ast.MappingValueNode, off, depth int) (jsondoc.Value, error) {
	if len(values) > 0 && values[0].Key != nil && !values[0].IsFlowStyle {
		if tk := values[0].Key.GetToken(); tk != nil && b.offset(tk) < off {
			off = b.offset(tk) // a block mapping begins at its first name, not at the colon
		}
	}
	ms := make([]jsondoc.Member, 0, len(values))
	seen := make(map[string]bool, len(values))
	var merged []jsondoc.Value
	for _, mv := range values {
		if mv.Key.IsMergeKey() {
			v, err := b.value(mv.Value, depth+1)
			if err != nil {
				return jsondoc.Value{}, err
			}
			switch v.Kind() {
			case jsondoc.Object:
				merged = append(merged, v)
			case jsondoc.Array:
				for _, e := range v.Elements() {
					merged = append(merged, e)
				}
			default:
			}
			for _, m := range merged {
				if m.Kind() != jsondoc.Object {
					return jsondoc.Value{}, b.fail(b.offset(mv.Key.GetToken()), `"<<" merges mappings only`)
				}
			}
			continue
		}
		name, err := b.name(mv.Key)
		if err != nil {
			return jsondoc.Value{}, err
		}
		if seen[name] {
			return jsondoc.Value{}, b.fail(b.offset(mv.Key.GetToken()), fmt.Sprintf("name %q stands twice in one mapping", name))
		}
		seen[name] = true
		v, err := b.value(mv.Value, depth+1)
		if err != nil {
			return jsondoc.Value{}, err
		}
		ms = append(ms, jsondoc.Member{Name: name, Value: v})
	}
	for _, m := range merged { // names written here win, then the mappings merged first
		for name, v := range m.Members() {
			if b.count++; b.count > MaxValues {
				return jsondoc.Value{}, b.fail(off, fmt.Sprintf("aliases stand for more than %d values", MaxValues))
			}
			if !seen[name] {
				seen[name] = true
				ms = append(ms, jsondoc.Member{Name: name, Value: v})
			}
		}
	}
	return jsondoc.NewObject(ms...).WithOffset(off), nil
}

func (b *builder) name(key ast.MapKeyNode) (string, error) {
	var n ast.Node = key
	if mk, ok := n.(*ast.MappingKeyNode); ok {
		n = mk.Value
	}
	if an, ok := n.(*ast.AnchorNode); ok {
		n = an.Value
	}
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, nil // JSON's names are text; the text is what was written
	}
	return "", b.fail(b.offset(key.GetToken()), "a name must be plain text")
}

func (b *builder) scalar(n ast.Node, off int) (jsondoc.Value, error) {
	switch n := n.(type) {
	case *ast.NullNode:
		return jsondoc.Nothing, nil
	case *ast.BoolNode:
		return jsondoc.NewBool(n.Value), nil
	case *ast.StringNode:
		return jsondoc.NewString(n.Value), nil
	case *ast.LiteralNode:
		return jsondoc.NewString(n.Value.Value), nil
	case *ast.IntegerNode:
		switch i := n.Value.(type) {
		case int64:
			return jsondoc.NewInt(i), nil
		case uint64:
			return jsondoc.FromAny(i), nil
		}
	case *ast.FloatNode:
		if v, ok := numberAsWritten(n.GetToken().Value); ok {
			return v, nil
		}
		return jsondoc.NewFloat(n.Value), nil
	case *ast.InfinityNode, *ast.NanNode:
		return jsondoc.Value{}, b.fail(off, fmt.Sprintf("%q has no place in JSON, expected a finite number", n.GetToken().Value))
	}
	return jsondoc.Value{}, b.fail(off, fmt.Sprintf("%s is not expected here", strings.ToLower(n.Type().String())))
}

// numberAsWritten keeps the digits of a number that JSON can write the same way.
func numberAsWritten(lit string) (jsondoc.Value, bool) {
	v, err := jsondoc.ParseString(lit)
	return v, err == nil && v.Kind() == jsondoc.Number
}

// tagged reads a value with a type written before it. Only the types of JSON have a meaning here.
func (b *builder) tagged(n *ast.TagNode, off, depth int) (jsondoc.Value, error) {
	tag := strings.TrimPrefix(n.Start.Value, "!!")
	switch tag {
	case "map", "seq", "bool", "null", "int", "float", "str":
	default:
		return jsondoc.Value{}, b.fail(off, fmt.Sprintf("tag %q is not supported", n.Start.Value))
	}
	v, err := b.value(n.Value, depth+1)
	if err != nil {
		return jsondoc.Value{}, err
	}
	text := ""
	if n.Value != nil && n.Value.GetToken() != nil {
		text = n.Value.GetToken().Value
	}
	want := map[string]jsondoc.Kind{"map": jsondoc.Object, "seq": jsondoc.Array, "bool": jsondoc.Bool, "null": jsondoc.Null, "int": jsondoc.Number, "float": jsondoc.Number, "str": jsondoc.String}[tag]
	if v.Kind() == want {
		return v, nil
	}
	switch tag {
	case "str":
		switch v.Kind() {
		case jsondoc.Null, jsondoc.Bool, jsondoc.Number:
			return jsondoc.NewString(text).WithOffset(off), nil
		default:
		}
	case "int", "float":
		if f, ok := numberAsWritten(text); ok {
			return f.WithOffset(off), nil
		}
	case "bool":
		if x, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return jsondoc.NewBool(x).WithOffset(off), nil
		}
	}
	return jsondoc.Value{}, b.fail(off, fmt.Sprintf("not of type %q, which its tag says", tag))
}
