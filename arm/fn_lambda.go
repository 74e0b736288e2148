package arm

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// lambda is a function value: lambda('x', body).
type lambda struct {
	params []string
	body   evalFunc
}

func (c *compiler) lambda(n *Call) code {
	if Template&c.opts.Dialect == 0 {
		c.diags.Add(errDialect("lambda", c.opts.Dialect, n.NameAt))
		return constant(Null)
	}
	if len(n.Args) == 0 {
		c.diags.Add(errLambda("lambda", n.At))
		return constant(Null)
	}
	var params []string
	for _, a := range n.Args[:len(n.Args)-1] {
		l, ok := a.(*Lit)
		name, isText := "", false
		if ok {
			name, isText = l.Val.Text()
		}
		if !isText {
			c.diags.Add(errLambda("lambda", a.Span()))
			return constant(Null)
		}
		params = append(params, name)
	}
	body := c.node(n.Args[len(n.Args)-1])
	v := Value{doc: jsondoc.Nothing, ext: &extra{lambda: &lambda{params: params, body: body.eval}}}
	// Not a constant: a lambda is folded with nothing, since its body may read the scope.
	return code{eval: func(*Env) (Value, error) { return v, nil }}
}

// invoke calls a lambda with as many of the arguments as it has variables.
func (c *call) invoke(l *lambda, args ...Value) (Value, error) {
	if err := c.env.step(1); err != nil {
		return Null, err
	}
	if c.env.depth >= MaxDepth {
		return Null, fmt.Errorf("%w: lambdas nest deeper than %d", ErrLimit, MaxDepth)
	}
	mark := len(c.env.vars)
	for i, p := range l.params {
		if i < len(args) {
			c.env.vars = append(c.env.vars, binding{p, args[i]})
		}
	}
	c.env.depth++
	v, err := l.body(c.env)
	c.env.depth--
	c.env.vars = c.env.vars[:mark]
	return v, err
}

func (c *call) lambdaArg(i, minVars, maxVars int) (*lambda, error) {
	v := c.args[i]
	if v.ext == nil || v.ext.lambda == nil {
		return nil, fmt.Errorf("argument %d is %s, expected a lambda", i+1, kindName(v))
	}
	if n := len(v.ext.lambda.params); n < minVars || n > maxVars {
		return nil, fmt.Errorf("the lambda has %d variables, expected %d to %d", n, minVars, maxVars)
	}
	return v.ext.lambda, nil
}

func lambdaFunctions() []Function {
	return []Function{
		{
			Name: "lambda", Doc: "Makes a function value out of variable names and an expression.", Min: 1, Max: -1, In: Template,
			Sigs:     []string{"(variableName: string, ..., expression) lambda"},
			Examples: []Example{{"map(createArray(1, 2), lambda('x', add(lambdaVariables('x'), 1)))", "[2,3]"}},
			eval:     func(*call) (Value, error) { return Null, fmt.Errorf("a lambda cannot stand alone") },
		},
		{
			Name: "lambdaVariables", Doc: "Reads a variable of the lambda around it.", Min: 1, Max: 1, In: Template, Impure: true,
			Sigs:     []string{"(variableName: string) any"},
			Examples: []Example{{"filter(createArray(1, 5), lambda('x', greater(lambdaVariables('x'), 2)))", "[5]"}},
			eval: func(c *call) (Value, error) {
				name, err := c.text(0)
				if err != nil {
					return Null, err
				}
				for _, v := range slices.Backward(c.env.vars) {
					if strings.EqualFold(v.name, name) {
						return v.value, nil
					}
				}
				return Null, fmt.Errorf("no lambda variable named %q", name)
			},
		},
		{
			Name: "map", Doc: "Applies a lambda to every element; its second variable is the index.", Min: 2, Max: 2, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputArray: array, lambda) array"},
			Examples: []Example{{"map(createArray('a', 'b'), lambda('x', 'i', concat(lambdaVariables('x'), string(lambdaVariables('i')))))", `["a0","b1"]`}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				l, err := c.lambdaArg(1, 1, 2)
				if err != nil {
					return Null, err
				}
				out := make([]jsondoc.Value, 0, arr.Len())
				for i, e := range arr.Elements() {
					v, err := c.invoke(l, FromDoc(e), Int(int64(i)))
					if err != nil {
						return Null, err
					}
					out = append(out, v.Doc())
				}
				return Of(jsondoc.NewArray(out...)), nil
			},
		},
		{
			Name: "filter", Doc: "Keeps the elements for which a lambda is true; its second variable is the index.", Min: 2, Max: 2, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputArray: array, lambda) array"},
			Examples: []Example{{"filter(createArray(3, 1, 2), lambda('x', greaterOrEquals(lambdaVariables('x'), 2)))", "[3,2]"}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				l, err := c.lambdaArg(1, 1, 2)
				if err != nil {
					return Null, err
				}
				var out []jsondoc.Value
				for i, e := range arr.Elements() {
					v, err := c.invoke(l, FromDoc(e), Int(int64(i)))
					if err != nil || v.IsUnknown() {
						return v, err
					}
					keep, ok := v.Doc().Bool()
					if !ok {
						return Null, fmt.Errorf("the lambda gave %s, expected bool", kindName(v))
					}
					if keep {
						out = append(out, e)
					}
				}
				return Of(jsondoc.NewArray(out...)), nil
			},
		},
		{
			Name: "reduce", Doc: "Folds an array into one value; the lambda's variables are the value so far, the element and the index.", Min: 3, Max: 3, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputArray: array, initialValue: any, lambda) any"},
			Examples: []Example{{"reduce(createArray(1, 2, 3), 0, lambda('sum', 'x', add(lambdaVariables('sum'), lambdaVariables('x'))))", "6"}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				l, err := c.lambdaArg(2, 2, 3)
				if err != nil {
					return Null, err
				}
				acc := c.args[1]
				for i, e := range arr.Elements() {
					if acc, err = c.invoke(l, acc, FromDoc(e), Int(int64(i))); err != nil {
						return Null, err
					}
				}
				return acc, nil
			},
		},
		{
			Name: "sort", Doc: "Sorts an array by a lambda that tells whether its first variable comes before its second.", Min: 2, Max: 2, In: Template, Impure: true,
			Sigs:     []string{"(inputArray: array, lambda) array"},
			Examples: []Example{{"sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", "[1,2,3]"}},
			eval:     evalSort,
		},
		{
			Name: "toObject", Doc: "Makes an object of an array by a lambda for the keys and one for the values.", Min: 2, Max: 3, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputArray: array, keyLambda[, valueLambda]) object"},
			Examples: []Example{{"toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', toUpper(lambdaVariables('x'))))", `{"a":"A","b":"B"}`}},
			eval:     evalToObject,
		},
		{
			Name: "mapValues", Doc: "Applies a lambda to every value of an object.", Min: 2, Max: 2, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputObject: object, lambda) object"},
			Examples: []Example{{"mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))", `{"a":2}`}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				obj, err := c.object(0)
				if err != nil {
					return Null, err
				}
				l, err := c.lambdaArg(1, 1, 1)
				if err != nil {
					return Null, err
				}
				var ms []jsondoc.Member
				for k, e := range obj.Members() {
					v, err := c.invoke(l, FromDoc(e))
					if err != nil {
						return Null, err
					}
					ms = append(ms, jsondoc.Member{Name: k, Value: v.Doc()})
				}
				return Of(jsondoc.NewObject(ms...)), nil
			},
		},
		{
			Name: "groupBy", Doc: "Groups an array into an object of arrays by a lambda that gives the group's name.", Min: 2, Max: 2, In: Template, holes: true, Impure: true,
			Sigs:     []string{"(inputArray: array, lambda) object"},
			Examples: []Example{{"groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))", `{"f":["foo"],"b":["bar","baz"]}`}},
			eval:     evalGroupBy,
		},
	}
}

func evalSort(c *call) (Value, error) {
	arr, err := c.array(0)
	if err != nil {
		return Null, err
	}
	l, err := c.lambdaArg(1, 2, 2)
	if err != nil {
		return Null, err
	}
	out := make([]jsondoc.Value, 0, arr.Len())
	for _, e := range arr.Elements() {
		out = append(out, e)
	}
	var failed error
	var unknown Value
	sort.SliceStable(out, func(i, j int) bool {
		if failed != nil || unknown.IsUnknown() {
			return false
		}
		v, err := c.invoke(l, Of(out[i]), Of(out[j]))
		if err != nil {
			failed = err
			return false
		}
		if v.IsUnknown() {
			unknown = v
			return false
		}
		b, ok := v.Doc().Bool()
		if !ok {
			failed = fmt.Errorf("the lambda gave %s, expected bool", kindName(v))
		}
		return b
	})
	if failed != nil || unknown.IsUnknown() {
		return unknown, failed
	}
	return Of(jsondoc.NewArray(out...)), nil
}

func evalToObject(c *call) (Value, error) {
	if u, ok := unknownOf(c.args[0]); ok {
		return u, nil
	}
	arr, err := c.array(0)
	if err != nil {
		return Null, err
	}
	keyOf, err := c.lambdaArg(1, 1, 1)
	if err != nil {
		return Null, err
	}
	var valueOf *lambda
	if len(c.args) > 2 {
		if valueOf, err = c.lambdaArg(2, 1, 1); err != nil {
			return Null, err
		}
	}
	b := newObjectBuilder(arr.Len())
	for _, e := range arr.Elements() {
		k, v, err := c.keyValue(keyOf, valueOf, e)
		if err != nil {
			return Null, err
		}
		if k.IsUnknown() {
			return k, nil
		}
		b.set(k.Doc().TextOr(""), v.Doc())
	}
	return b.value(), nil
}

func (c *call) keyValue(keyOf, valueOf *lambda, e jsondoc.Value) (k, v Value, err error) {
	v = FromDoc(e)
	if k, err = c.invoke(keyOf, v); err != nil || k.IsUnknown() {
		return k, v, err
	}
	if _, ok := k.Doc().Text(); !ok {
		return k, v, fmt.Errorf("the key lambda gave %s, expected string", kindName(k))
	}
	if valueOf != nil {
		v, err = c.invoke(valueOf, v)
	}
	return k, v, err
}

func evalGroupBy(c *call) (Value, error) {
	if u, ok := unknownOf(c.args[0]); ok {
		return u, nil
	}
	arr, err := c.array(0)
	if err != nil {
		return Null, err
	}
	keyOf, err := c.lambdaArg(1, 1, 1)
	if err != nil {
		return Null, err
	}
	var names []string
	groups := map[string][]jsondoc.Value{}
	for _, e := range arr.Elements() {
		k, _, err := c.keyValue(keyOf, nil, e)
		if err != nil || k.IsUnknown() {
			return k, err
		}
		name := k.Doc().TextOr("")
		if _, ok := groups[name]; !ok {
			names = append(names, name)
		}
		groups[name] = append(groups[name], e)
	}
	ms := make([]jsondoc.Member, len(names))
	for i, n := range names {
		ms[i] = jsondoc.Member{Name: n, Value: jsondoc.NewArray(groups[n]...)}
	}
	return Of(jsondoc.NewObject(ms...)), nil
}
