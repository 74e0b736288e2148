package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// The binder converts the branches of these to their common type.
var conditionals = []Func{
	{Name: "iff", Aliases: []string{"iif"}, Doc: "Returns the second argument where the first is true, else the third.",
		Sigs: []Sig{{"(if: bool, then: scalar, else: scalar): common(2)", evalCase}},
		Ex:   []Example{{`iff(true, 1, 2)`, `1`}, {`iff(bool(null), "a", "b")`, `b`}}},
	{Name: "case", Doc: "Returns the value after the first condition that is true, else the last.",
		Sigs: []Sig{{"(condition: bool, then: scalar, more...: scalar): dynamic", evalCase}},
		Ex:   []Example{{`case(false, 1, true, 2, 3)`, `2`}}},
	{Name: "coalesce", Doc: "Returns the first argument that is not null (not empty, for strings).",
		Sigs: []Sig{{"(arg: scalar, more...: scalar): common", evalCoalesce}},
		Ex:   []Example{{`coalesce(long(null), 5)`, `5`}, {`coalesce("", "b")`, `b`}}},
	{Name: "isnull", Doc: "Tells whether a value is null; a string never is.",
		Sigs: []Sig{{"(value: scalar): bool", func(c *Call) (*vec.Vec, error) { return evalNull(c, true), nil }}},
		Ex:   []Example{{`isnull(int(null))`, `true`}, {`isnull("")`, `false`}, {`isnull(dynamic(null))`, `true`}}},
	{Name: "isnotnull", Aliases: []string{"notnull"}, Doc: "Tells whether a value is not null.",
		Sigs: []Sig{{"(value: scalar): bool", func(c *Call) (*vec.Vec, error) { return evalNull(c, false), nil }}},
		Ex:   []Example{{`isnotnull(1)`, `true`}}},
	{Name: "isempty", Doc: "Tells whether a value is null or the empty string.",
		Sigs: []Sig{{"(value: scalar): bool", func(c *Call) (*vec.Vec, error) { return evalEmpty(c, true), nil }}},
		Ex:   []Example{{`isempty("")`, `true`}, {`isempty(0)`, `false`}, {`isempty(int(null))`, `true`}}},
	{Name: "isnotempty", Aliases: []string{"notempty"}, Doc: "Tells whether a value is neither null nor the empty string.",
		Sigs: []Sig{{"(value: scalar): bool", func(c *Call) (*vec.Vec, error) { return evalEmpty(c, false), nil }}},
		Ex:   []Example{{`isnotempty("a")`, `true`}}},
	{Name: "not", Doc: "Negates a bool; null stays null.",
		Sigs: []Sig{{"(value: bool): bool", Map1(func(b bool) (bool, bool) { return !b, true })}},
		Ex:   []Example{{`not(true)`, `false`}, {`not(bool(null))`, `null`}}},
}

// evalCase takes condition, value, condition, value, ..., else.
func evalCase(c *Call) (*vec.Vec, error) {
	b := vec.NewBuilder(c.Out, c.N)
	last := len(c.Args) - 1
	for i := range c.N {
		pick := last
		for k := 0; k+1 <= last; k += 2 {
			if c.Args[k].True(i) {
				pick = k + 1
				break
			}
		}
		b.AppendFrom(c.Args[pick], i)
	}
	return b.Finish(), nil
}

func evalCoalesce(c *Call) (*vec.Vec, error) {
	b := vec.NewBuilder(c.Out, c.N)
	for i := range c.N {
		v := value.Null
		for _, a := range c.Args {
			if v = a.Get(i); !emptyValue(v) {
				break
			}
		}
		b.Append(v)
	}
	return b.Finish(), nil
}

func emptyValue(v value.Value) bool {
	return v.IsNull() || v.Kind() == value.KindString && v.Str() == ""
}

func evalNull(c *Call, want bool) *vec.Vec {
	out := make([]bool, c.N)
	for i := range out {
		out[i] = c.Args[0].IsNull(i) == want
	}
	return vec.OfBools(out)
}

func evalEmpty(c *Call, want bool) *vec.Vec {
	a := c.Args[0]
	out := make([]bool, c.N)
	for i := range out {
		if a.Type == types.String {
			out[i] = (a.Strs[a.At(i)] == "") == want
		} else {
			out[i] = emptyValue(a.Get(i)) == want
		}
	}
	return vec.OfBools(out)
}
