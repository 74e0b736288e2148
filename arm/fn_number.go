package arm

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// ARM's arithmetic is on whole numbers of 64 bits; policy parameters may be
// floats, for which the same functions work in floating point.

func arithmetic(name, doc string, ex []Example, ints func(a, b int64) (int64, error), floats func(a, b float64) (float64, error)) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: 2, Sigs: []string{"(operand1: int, operand2: int) int"}, Examples: ex,
		eval: func(c *call) (Value, error) {
			a, aok := c.args[0].doc.Int()
			b, bok := c.args[1].doc.Int()
			if aok && bok {
				n, err := ints(a, b)
				return Int(n), err
			}
			x, xok := c.args[0].doc.Float()
			y, yok := c.args[1].doc.Float()
			if !xok || c.args[0].Kind() != jsondoc.Number {
				return Null, c.wrong(0, "int")
			}
			if !yok || c.args[1].Kind() != jsondoc.Number {
				return Null, c.wrong(1, "int")
			}
			f, err := floats(x, y)
			if err != nil {
				return Null, err
			}
			return number(f)
		},
	}
}

func number(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null, fmt.Errorf("the result is no number")
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return Int(int64(f)), nil
	}
	return Of(jsondoc.NewFloat(f)), nil
}

var errOverflow = fmt.Errorf("the result is outside the range of a 64-bit integer")

func numberFunctions() []Function {
	return []Function{
		arithmetic("add", "Adds two numbers.", []Example{{"add(5, 3)", "8"}},
			func(a, b int64) (int64, error) {
				if s := a + b; (s > a) == (b > 0) {
					return s, nil
				}
				return 0, errOverflow
			}, func(a, b float64) (float64, error) { return a + b, nil }),
		arithmetic("sub", "Subtracts the second number from the first.", []Example{{"sub(7, 3)", "4"}},
			func(a, b int64) (int64, error) {
				if d := a - b; (d < a) == (b > 0) {
					return d, nil
				}
				return 0, errOverflow
			}, func(a, b float64) (float64, error) { return a - b, nil }),
		arithmetic("mul", "Multiplies two numbers.", []Example{{"mul(5, 3)", "15"}},
			func(a, b int64) (int64, error) {
				if a == 0 || b == 0 {
					return 0, nil
				}
				p := a * b
				if p/b != a || a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64 {
					return 0, errOverflow
				}
				return p, nil
			}, func(a, b float64) (float64, error) { return a * b, nil }),
		arithmetic("div", "Divides whole numbers, towards zero.", []Example{{"div(8, 3)", "2"}, {"div(-10, 3)", "-3"}},
			func(a, b int64) (int64, error) {
				switch {
				case b == 0:
					return 0, fmt.Errorf("division by zero")
				case b == -1:
					if a == math.MinInt64 {
						return 0, errOverflow
					}
					return -a, nil
				}
				return a / b, nil
			}, func(a, b float64) (float64, error) {
				if b == 0 {
					return 0, fmt.Errorf("division by zero")
				}
				return math.Trunc(a / b), nil
			}),
		arithmetic("mod", "Returns the remainder of a division, with the sign of the first number.", []Example{{"mod(7, 3)", "1"}, {"mod(-10, 3)", "-1"}},
			func(a, b int64) (int64, error) {
				switch b {
				case 0:
					return 0, fmt.Errorf("division by zero")
				case -1:
					return 0, nil
				}
				return a % b, nil
			}, func(a, b float64) (float64, error) {
				if b == 0 {
					return 0, fmt.Errorf("division by zero")
				}
				return math.Mod(a, b), nil
			}),
		extremeFunction("min", "Returns the least of several numbers or of an array.", Example{"min(createArray(5, 2, 3))", "2"}, func(a, b float64) bool { return a < b }),
		extremeFunction("max", "Returns the greatest of several numbers or of an array.", Example{"max(0, 3, 2)", "3"}, func(a, b float64) bool { return a > b }),
		{
			Name: "int", Doc: "Turns a number or a string into a whole number; a fraction is cut off.", Min: 1, Max: 1,
			Sigs: []string{"(valueToConvert: string | int) int"}, Examples: []Example{{"int('4')", "4"}, {"int('3.7')", "3"}},
			eval: func(c *call) (Value, error) {
				switch c.args[0].Kind() {
				case jsondoc.Number:
					if n, ok := c.args[0].doc.Int(); ok {
						return Int(n), nil
					}
				case jsondoc.String:
					s, _ := c.args[0].doc.Text()
					if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
						return Int(n), nil
					}
				default:
					return Null, c.wrong(0, "string or int")
				}
				f, err := strconv.ParseFloat(strings.TrimSpace(scalarText(c.args[0].doc)), 64)
				if err != nil || math.Abs(f) >= 1<<63 || f != f {
					return Null, fmt.Errorf("%s is no whole number", c.args[0])
				}
				return Int(int64(f)), nil
			},
		},
		{
			Name: "float", Doc: "Turns a number or a string into a floating-point number.", Min: 1, Max: 1,
			Sigs: []string{"(arg1: string | int) float"}, Examples: []Example{{"float('3.25')", "3.25"}, {"float(3)", "3"}},
			eval: func(c *call) (Value, error) {
				switch c.args[0].Kind() {
				case jsondoc.Number, jsondoc.String:
				default:
					return Null, c.wrong(0, "string or number")
				}
				f, err := strconv.ParseFloat(strings.TrimSpace(scalarText(c.args[0].doc)), 64)
				if err != nil {
					return Null, fmt.Errorf("%s is no number", c.args[0])
				}
				return number(f)
			},
		},
	}
}

func extremeFunction(name, doc string, ex Example, better func(a, b float64) bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 1, Max: -1, Sigs: []string{"(arg1: array) int", "(arg1: int, ...) int"}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			var vs []jsondoc.Value
			if len(c.args) == 1 && c.args[0].Kind() == jsondoc.Array {
				for _, e := range c.args[0].doc.Elements() {
					vs = append(vs, e)
				}
			} else {
				for _, a := range c.args {
					vs = append(vs, a.Doc())
				}
			}
			if len(vs) == 0 {
				return Null, fmt.Errorf("the array is empty")
			}
			best := vs[0]
			for i, v := range vs {
				f, ok := v.Float()
				if !ok {
					return Null, fmt.Errorf("value %d is %s, expected int", i+1, kindName(Of(v)))
				}
				if b, _ := best.Float(); better(f, b) {
					best = v
				}
			}
			return Of(best), nil
		},
	}
}
