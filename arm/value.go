package arm

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Value is what an expression evaluates to: a JSON value, Unknown, or (only
// between a lambda function and its caller) a lambda. The zero Value is JSON null.
type Value struct {
	doc jsondoc.Value
	ext *extra
}

type extra struct {
	reasons []string // Unknown, if lambda is nil
	lambda  *lambda
}

// Null is JSON null.
var Null = Value{doc: jsondoc.Nothing}

// Of returns the value of a JSON value; missing becomes null. Holes inside v
// stay holes; a v that is a hole itself becomes Unknown.
func Of(v jsondoc.Value) Value {
	if v.IsMissing() {
		return Null
	}
	return Value{doc: v}
}

// Text returns a text.
func Text(s string) Value { return Value{doc: jsondoc.NewString(s)} }

// Int returns a whole number.
func Int(i int64) Value { return Value{doc: jsondoc.NewInt(i)} }

// Truth returns a boolean.
func Truth(b bool) Value { return Value{doc: jsondoc.NewBool(b)} }

// Unknown returns a value that cannot be known, for reasons that a person can read.
func Unknown(reasons ...string) Value {
	return Value{doc: jsondoc.Nothing, ext: &extra{reasons: reasons}}
}

// IsUnknown tells whether v cannot be known.
func (v Value) IsUnknown() bool { return v.ext != nil && v.ext.lambda == nil }

// Reasons returns why v is Unknown, and nil where it is not.
func (v Value) Reasons() []string {
	if v.ext == nil {
		return nil
	}
	return v.ext.reasons
}

// Doc returns the JSON value. An Unknown v gives its hole (see [Hole]).
func (v Value) Doc() jsondoc.Value {
	if v.IsUnknown() {
		return Hole(v.ext.reasons...)
	}
	if v.doc.IsMissing() {
		return jsondoc.Nothing
	}
	return v.doc
}

// Kind returns the JSON kind of v; Unknown and lambdas answer Missing.
func (v Value) Kind() jsondoc.Kind {
	if v.ext != nil {
		return jsondoc.Missing
	}
	if v.doc.IsMissing() {
		return jsondoc.Null
	}
	return v.doc.Kind()
}

// String returns compact JSON, or "unknown".
func (v Value) String() string {
	switch {
	case v.IsUnknown():
		return "unknown"
	case v.ext != nil:
		return "lambda"
	default:
		return v.Doc().String()
	}
}

// holeMark starts the text of a hole. It begins with NUL, which no value that
// Azure accepts holds; a document that carries it anyway only makes itself unknown.
const holeMark = "\x00azward:unknown\x00"

// Hole returns the JSON value that stands for an Unknown inside an object or
// an array. [IsHole] finds it again after any amount of copying.
func Hole(reasons ...string) jsondoc.Value {
	return jsondoc.NewString(holeMark + strings.Join(reasons, "\x00"))
}

// IsHole tells whether v stands for an Unknown, and returns the reasons.
func IsHole(v jsondoc.Value) (reasons []string, ok bool) {
	s, isText := v.Text()
	if !isText || !strings.HasPrefix(s, holeMark) {
		return nil, false
	}
	return strings.Split(s[len(holeMark):], "\x00"), true
}

// FromDoc is [Of], but a v that is a hole becomes Unknown.
func FromDoc(v jsondoc.Value) Value {
	if reasons, ok := IsHole(v); ok {
		return Unknown(reasons...)
	}
	return Of(v)
}

// Holes returns the reasons of every hole in v, and none where all is known.
func Holes(v jsondoc.Value) []string {
	var out []string
	collectHoles(v, &out)
	return out
}

func collectHoles(v jsondoc.Value, out *[]string) {
	switch v.Kind() {
	case jsondoc.String:
		if reasons, ok := IsHole(v); ok {
			*out = append(*out, reasons...)
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			collectHoles(e, out)
		}
	case jsondoc.Object:
		for _, e := range v.Members() {
			collectHoles(e, out)
		}
	default:
	}
}

// unknownOf joins the reasons of every Unknown among vs; ok is false where all are known.
func unknownOf(vs ...Value) (Value, bool) {
	var reasons []string
	found := false
	for _, v := range vs {
		if v.IsUnknown() {
			found = true
			reasons = appendNew(reasons, v.ext.reasons)
		}
	}
	if !found {
		return Value{}, false
	}
	return Unknown(reasons...), true
}

func appendNew(to, add []string) []string {
next:
	for _, a := range add {
		for _, t := range to {
			if t == a {
				continue next
			}
		}
		to = append(to, a)
	}
	return to
}

// solid returns Unknown if v or anything inside it is, and how many values it
// looked at. It gives up beyond most: values share parts, so that a small one
// can stand for more than anybody could walk.
func solid(v Value, most int) (u Value, unknown bool, looked int) {
	if v.IsUnknown() {
		return v, true, 1
	}
	if k := v.Kind(); k != jsondoc.Array && k != jsondoc.Object {
		return Value{}, false, 0
	}
	var reasons []string
	looked = countHoles(v.doc, &reasons, most)
	if len(reasons) > 0 {
		return Unknown(appendNew(nil, reasons)...), true, looked
	}
	return Value{}, false, looked
}

// countHoles collects reasons until it has looked at more than most values.
func countHoles(v jsondoc.Value, reasons *[]string, most int) int {
	n := 1
	switch v.Kind() {
	case jsondoc.String:
		if why, ok := IsHole(v); ok {
			*reasons = append(*reasons, why...)
		}
	case jsondoc.Array:
		for _, e := range v.Elements() {
			if n += countHoles(e, reasons, most-n); n > most {
				return n
			}
		}
	case jsondoc.Object:
		for _, e := range v.Members() {
			if n += countHoles(e, reasons, most-n); n > most {
				return n
			}
		}
	default:
	}
	return n
}

// kindName is the name that messages use for the kind of v, in ARM's words.
func kindName(v Value) string {
	switch v.Kind() {
	case jsondoc.Null:
		return "null"
	case jsondoc.Bool:
		return "bool"
	case jsondoc.Number:
		if _, ok := v.doc.Int(); ok {
			return "int"
		}
		return "float"
	case jsondoc.String:
		return "string"
	case jsondoc.Array:
		return "array"
	case jsondoc.Object:
		return "object"
	default:
		if v.ext != nil && v.ext.lambda != nil {
			return "lambda"
		}
		return "unknown"
	}
}
