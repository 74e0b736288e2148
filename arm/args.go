package arm

import (
	"fmt"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Readers of arguments with messages that name the argument and what it was.

func (c *call) wrong(i int, want string) error {
	return fmt.Errorf("argument %d is %s, expected %s", i+1, kindName(c.args[i]), want)
}

func (c *call) text(i int) (string, error) {
	if s, ok := c.args[i].doc.Text(); ok {
		return s, nil
	}
	if c.env.NullText && c.args[i].Kind() == jsondoc.Null {
		return "", nil
	}
	return "", c.wrong(i, "string")
}

// filled returns an argument, in a policy rule an empty text where it is null:
// what field() answers for a field that a resource lacks.
//
// Source: "Author policies for array properties on Azure resources",
// Referencing the array members collection.
func (c *call) filled(i int) Value {
	if c.env.NullText && c.args[i].Kind() == jsondoc.Null {
		return Text("")
	}
	return c.args[i]
}

func (c *call) int(i int) (int64, error) {
	if n, ok := c.args[i].doc.Int(); ok {
		return n, nil
	}
	return 0, c.wrong(i, "int")
}

func (c *call) bool(i int) (bool, error) {
	if b, ok := c.args[i].doc.Bool(); ok {
		return b, nil
	}
	return false, c.wrong(i, "bool")
}

func (c *call) array(i int) (jsondoc.Value, error) {
	if c.args[i].Kind() == jsondoc.Array {
		return c.args[i].doc, nil
	}
	return jsondoc.Value{}, c.wrong(i, "array")
}

func (c *call) object(i int) (jsondoc.Value, error) {
	if c.args[i].Kind() == jsondoc.Object {
		return c.args[i].doc, nil
	}
	return jsondoc.Value{}, c.wrong(i, "object")
}

// scalarText is the text that concat, string, format and the like make of a
// value: booleans as .NET writes them, containers as compact JSON.
func scalarText(v jsondoc.Value) string {
	switch v.Kind() {
	case jsondoc.String:
		return v.TextOr("")
	case jsondoc.Bool:
		if b, _ := v.Bool(); b {
			return "True"
		}
		return "False"
	case jsondoc.Null, jsondoc.Missing:
		return ""
	default:
		return v.String()
	}
}

func sized(s string) (Value, error) {
	if len(s) > MaxText {
		return Null, fmt.Errorf("%w: a string of more than %d bytes", ErrLimit, MaxText)
	}
	return Text(s), nil
}

func arrayOf(vs []jsondoc.Value) (Value, error) {
	if len(vs) > MaxItems {
		return Null, fmt.Errorf("%w: an array of more than %d elements", ErrLimit, MaxItems)
	}
	return Of(jsondoc.NewArray(vs...)), nil
}

// objectBuilder builds objects whose keys are equal without regard to case; the last value of a key stays, in the first one's place.
type objectBuilder struct {
	ms []jsondoc.Member
	at map[string]int
}

func newObjectBuilder(n int) *objectBuilder {
	return &objectBuilder{ms: make([]jsondoc.Member, 0, n), at: make(map[string]int, n)}
}

func (b *objectBuilder) get(name string) (jsondoc.Value, bool) {
	if i, ok := b.at[strings.ToLower(name)]; ok {
		return b.ms[i].Value, true
	}
	return jsondoc.Value{}, false
}

func (b *objectBuilder) set(name string, v jsondoc.Value) {
	low := strings.ToLower(name)
	if i, ok := b.at[low]; ok {
		b.ms[i].Value = v
		return
	}
	b.at[low] = len(b.ms)
	b.ms = append(b.ms, jsondoc.Member{Name: name, Value: v})
}

func (b *objectBuilder) value() Value { return Of(jsondoc.NewObject(b.ms...)) }
