package arm

import (
	"fmt"

	"github.com/azward/azward/jsondoc"
)

func logicFunctions() []Function {
	return []Function{
		{
			Name: "true", Doc: "Returns true.", Min: 0, Max: 0, Sigs: []string{"() bool"}, Examples: []Example{{"true()", "true"}},
			eval: func(*call) (Value, error) { return Truth(true), nil },
		},
		{
			Name: "false", Doc: "Returns false.", Min: 0, Max: 0, Sigs: []string{"() bool"}, Examples: []Example{{"false()", "false"}},
			eval: func(*call) (Value, error) { return Truth(false), nil },
		},
		{
			Name: "if", Doc: "Returns one of two values; only the one chosen is evaluated.", Min: 3, Max: 3,
			Sigs:     []string{"(condition: bool, trueValue: any, falseValue: any) any"},
			Examples: []Example{{"if(equals('a', 'a'), 'yes', 'no')", `"yes"`}, {"if(true(), 1, div(1, 0))", "1"}},
			lazy: func(env *Env, args []evalFunc) (Value, error) {
				cond, err := args[0](env)
				if err != nil {
					return Null, err
				}
				if cond.IsUnknown() {
					// The answer does not depend on the condition where both sides are the same.
					a, err := args[1](env)
					if err != nil {
						return cond, nil
					}
					b, err := args[2](env)
					if err != nil || a.IsUnknown() || b.IsUnknown() || !jsondoc.Equal(a.Doc(), b.Doc()) {
						return cond, nil
					}
					return a, nil
				}
				b, ok := cond.doc.Bool()
				if !ok {
					return Null, fmt.Errorf("the condition is %s, expected bool", kindName(cond))
				}
				if b {
					return args[1](env)
				}
				return args[2](env)
			},
		},
		connective("and", "Tells whether all its arguments are true.", []Example{{"and(true(), true())", "true"}, {"and(true(), false())", "false"}}, false),
		connective("or", "Tells whether any of its arguments is true.", []Example{{"or(false(), true())", "true"}, {"or(false(), false())", "false"}}, true),
		{
			Name: "not", Doc: "Turns true into false and false into true.", Min: 1, Max: 1, Sigs: []string{"(arg1: bool) bool"}, Examples: []Example{{"not(false())", "true"}},
			eval: func(c *call) (Value, error) {
				b, err := c.bool(0)
				return Truth(!b), err
			},
		},
		{
			Name: "bool", Doc: "Turns a string or a number into a boolean.", Min: 1, Max: 1,
			Sigs: []string{"(arg1: string | int | bool) bool"}, Examples: []Example{{"bool('True')", "true"}, {"bool(0)", "false"}},
			eval: evalBool,
		},
		{
			Name: "coalesce", Doc: "Returns its first argument that is not null.", Min: 1, Max: -1,
			Sigs: []string{"(arg1: any, ...) any"}, Examples: []Example{{"coalesce(null(), 'a', 'b')", `"a"`}},
			lazy: func(env *Env, args []evalFunc) (Value, error) {
				for _, a := range args {
					v, err := a(env)
					if err != nil || v.Kind() != jsondoc.Null {
						return v, err
					}
				}
				return Null, nil
			},
		},
		{
			Name: "equals", Doc: "Tells whether two values are the same, with regard to case.", Min: 2, Max: 2,
			Sigs: []string{"(arg1: any, arg2: any) bool"}, Examples: []Example{{"equals('a', 'a')", "true"}, {"equals('a', 'A')", "false"}, {"equals(createArray(1), createArray(1))", "true"}},
			eval: func(c *call) (Value, error) {
				a, b := c.args[0].Doc(), c.args[1].Doc()
				if c.env.NullText && a.IsNull() != b.IsNull() {
					s, isText := a.Text()
					if a.IsNull() {
						s, isText = b.Text()
					}
					return Truth(isText && s == ""), nil
				}
				return Truth(jsondoc.Equal(a, b)), nil
			},
		},
		ordering("less", "Tells whether the first value is less than the second.", Example{"less(5, 3)", "false"}, func(c int) bool { return c < 0 }),
		ordering("lessOrEquals", "Tells whether the first value is less than or equal to the second.", Example{"lessOrEquals('a', 'b')", "true"}, func(c int) bool { return c <= 0 }),
		ordering("greater", "Tells whether the first value is greater than the second.", Example{"greater(5, 3)", "true"}, func(c int) bool { return c > 0 }),
		ordering("greaterOrEquals", "Tells whether the first value is greater than or equal to the second.", Example{"greaterOrEquals('2019', '2020')", "false"}, func(c int) bool { return c >= 0 }),
	}
}

// connective is and, or: Kleene's tables where an argument is Unknown.
func connective(name, doc string, ex []Example, decides bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: -1, Sigs: []string{"(arg1: bool, arg2: bool, ...) bool"}, Examples: ex,
		lazy: func(env *Env, args []evalFunc) (Value, error) {
			var unknown Value
			for i, a := range args {
				v, err := a(env)
				if err != nil {
					return Null, err
				}
				if v.IsUnknown() {
					if unknown.IsUnknown() {
						v, _ = unknownOf(unknown, v)
					}
					unknown = v
					continue
				}
				b, ok := v.doc.Bool()
				if !ok {
					return Null, fmt.Errorf("argument %d is %s, expected bool", i+1, kindName(v))
				}
				if b == decides {
					return Truth(decides), nil
				}
			}
			if unknown.IsUnknown() {
				return unknown, nil
			}
			return Truth(!decides), nil
		},
	}
}

func evalBool(c *call) (Value, error) {
	switch c.args[0].Kind() {
	case jsondoc.Bool:
		return c.args[0], nil
	case jsondoc.Number:
		f, _ := c.args[0].doc.Float()
		return Truth(f != 0), nil
	case jsondoc.String:
		s, _ := c.args[0].doc.Text()
		switch {
		case foldIs(s, "true"), s == "1":
			return Truth(true), nil
		case foldIs(s, "false"), s == "0":
			return Truth(false), nil
		}
		return Null, fmt.Errorf("%q is neither true nor false", s)
	default:
		return Null, c.wrong(0, "string or int")
	}
}

func foldIs(s, word string) bool { _, ok := cutPrefixFold(s, word); return ok && len(s) == len(word) }

func ordering(name, doc string, ex Example, is func(int) bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: 2, Sigs: []string{"(arg1: int | string, arg2: int | string) bool"}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			a, b := c.filled(0), c.filled(1)
			switch {
			case a.Kind() == jsondoc.Number && b.Kind() == jsondoc.Number:
				return Truth(is(compareNumbers(a.doc, b.doc))), nil
			case a.Kind() == jsondoc.String && b.Kind() == jsondoc.String:
				x, _ := a.doc.Text()
				y, _ := b.doc.Text()
				return Truth(is(CompareText(x, y))), nil
			case a.Kind() != jsondoc.Number && a.Kind() != jsondoc.String:
				return Null, c.wrong(0, "int or string")
			default:
				return Null, c.wrong(1, kindName(a))
			}
		},
	}
}

func compareNumbers(a, b jsondoc.Value) int {
	if x, ok := a.Int(); ok {
		if y, ok := b.Int(); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	x, _ := a.Float()
	y, _ := b.Float()
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
