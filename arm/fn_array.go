package arm

import (
	"fmt"
	"strings"

	"github.com/azward/azward/jsondoc"
)

func arrayFunctions() []Function {
	return []Function{
		{
			Name: "array", Doc: "Makes an array of a value; an array stays what it is.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(convertToArray: any) array"}, Examples: []Example{{"array('a')", `["a"]`}, {"array(createArray(1))", "[1]"}},
			eval: func(c *call) (Value, error) {
				if c.args[0].Kind() == jsondoc.Array {
					return c.args[0], nil
				}
				return Of(jsondoc.NewArray(c.args[0].Doc())), nil
			},
		},
		{
			Name: "createArray", Doc: "Makes an array of its arguments.", Min: 0, Max: -1, holes: true,
			Sigs: []string{"(arg1: any, ...) array"}, Examples: []Example{{"createArray('a', 1)", `["a",1]`}, {"createArray()", "[]"}},
			eval: func(c *call) (Value, error) {
				out := make([]jsondoc.Value, len(c.args))
				for i, a := range c.args {
					out[i] = a.Doc()
				}
				return Of(jsondoc.NewArray(out...)), nil
			},
		},
		{
			Name: "length", Doc: "Counts the elements of an array, the characters of a string or the members of an object.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(arg1: array | string | object) int"}, Examples: []Example{{"length('abc')", "3"}, {"length(createArray(1, 2))", "2"}},
			eval: func(c *call) (Value, error) {
				switch c.args[0].Kind() {
				case jsondoc.Missing:
					return c.args[0], nil
				case jsondoc.String:
					s, _ := c.args[0].doc.Text()
					return Int(int64(units(s))), nil
				case jsondoc.Array, jsondoc.Object:
					return Int(int64(c.args[0].doc.Len())), nil
				default:
					if c.env.NullText && c.args[0].Kind() == jsondoc.Null {
						return Int(0), nil
					}
					return Null, c.wrong(0, "array, string or object")
				}
			},
		},
		{
			Name: "empty", Doc: "Tells whether an array, object or string holds nothing; null is empty.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(itemToTest: array | object | string) bool"}, Examples: []Example{{"empty('')", "true"}, {"empty(createArray(1))", "false"}, {"empty(null())", "true"}},
			eval: func(c *call) (Value, error) {
				switch c.args[0].Kind() {
				case jsondoc.Missing:
					return c.args[0], nil
				case jsondoc.Null:
					return Truth(true), nil
				case jsondoc.String:
					s, _ := c.args[0].doc.Text()
					return Truth(s == ""), nil
				case jsondoc.Array, jsondoc.Object:
					return Truth(c.args[0].doc.Len() == 0), nil
				default:
					return Null, c.wrong(0, "array, object or string")
				}
			},
		},
		{
			Name: "contains", Doc: "Tells whether an array holds a value, an object a key (without regard to case) or a string a substring.", Min: 2, Max: 2,
			Sigs:     []string{"(container: array | object | string, itemToFind: any) bool"},
			Examples: []Example{{"contains('one two', 'two')", "true"}, {"contains('one two', 'Two')", "false"}, {"contains(createObject('One', 1), 'one')", "true"}, {"contains(createArray(1, 2), 3)", "false"}},
			eval:     evalContains,
		},
		endFunction("first", "Returns the first element of an array or character of a string.", Example{"first(createArray('a', 'b'))", `"a"`}, false),
		endFunction("last", "Returns the last element of an array or character of a string.", Example{"last('abc')", `"c"`}, true),
		partFunction("take", "Returns the first elements or characters, as many as asked for.", Example{"take(createArray(1, 2, 3), 2)", "[1,2]"}, true),
		partFunction("skip", "Returns what stands after the first elements or characters.", Example{"skip('one two', 4)", `"two"`}, false),
		{
			Name: "range", Doc: "Makes an array of whole numbers from a start, at most 10,000 of them.", Min: 2, Max: 2,
			Sigs: []string{"(startIndex: int, count: int) array"}, Examples: []Example{{"range(5, 3)", "[5,6,7]"}},
			eval: evalRange,
		},
		{
			Name: "union", Doc: "Joins arrays without repeats, or objects with later members winning; objects inside them are joined too.", Min: 1, Max: -1, holes: true, deep: true,
			Sigs:     []string{"(arg1: array, arg2: array, ...) array", "(arg1: object, arg2: object, ...) object"},
			Examples: []Example{{"union(createArray(1, 2), createArray(2, 3))", "[1,2,3]"}, {"union(createObject('a', 1, 'b', 2), createObject('b', 3))", `{"a":1,"b":3}`}},
			eval:     evalUnion,
		},
		{
			Name: "intersection", Doc: "Returns the elements, or the members with equal values, that all arguments share.", Min: 1, Max: -1,
			Sigs:     []string{"(arg1: array, arg2: array, ...) array", "(arg1: object, arg2: object, ...) object"},
			Examples: []Example{{"intersection(createArray(1, 2, 3), createArray(3, 2))", "[2,3]"}, {"intersection(createObject('a', 1, 'b', 2), createObject('b', 2))", `{"b":2}`}},
			eval:     evalIntersection,
		},
		{
			Name: "flatten", Doc: "Joins the arrays inside an array.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(arrayToFlatten: array) array"}, Examples: []Example{{"flatten(createArray(createArray(1), createArray(2, 3)))", "[1,2,3]"}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				var out []jsondoc.Value
				for _, e := range arr.Elements() {
					if reasons, ok := IsHole(e); ok {
						return Unknown(reasons...), nil
					}
					if e.Kind() != jsondoc.Array {
						return Null, fmt.Errorf("an element is %s, expected array", kindName(Of(e)))
					}
					for _, x := range e.Elements() {
						out = append(out, x)
					}
				}
				return arrayOf(out)
			},
		},
		{
			Name: "indexFromEnd", Doc: "Returns an element counted from the end of an array, from 1.", Min: 2, Max: 2, holes: true,
			Sigs: []string{"(sourceArray: array, reverseIndex: int) any"}, Examples: []Example{{"indexFromEnd(createArray('a', 'b', 'c'), 2)", `"b"`}},
			eval: func(c *call) (Value, error) { return fromEnd(c, false) },
		},
		{
			Name: "tryIndexFromEnd", Doc: "Returns an element counted from the end of an array, from 1, or null where there is none.", Min: 2, Max: 2, holes: true,
			Sigs: []string{"(sourceArray: array, reverseIndex: int) any"}, Examples: []Example{{"tryIndexFromEnd(createArray('a'), 5)", "null"}},
			eval: func(c *call) (Value, error) { return fromEnd(c, true) },
		},
	}
}

func evalContains(c *call) (Value, error) {
	item := c.args[1]
	switch c.args[0].Kind() {
	case jsondoc.String:
		s, _ := c.args[0].doc.Text()
		switch item.Kind() {
		case jsondoc.String, jsondoc.Number:
			return Truth(strings.Contains(s, scalarText(item.doc))), nil
		default:
			return Null, c.wrong(1, "string")
		}
	case jsondoc.Array:
		for _, e := range c.args[0].doc.Elements() {
			if jsondoc.Equal(e, item.Doc()) {
				return Truth(true), nil
			}
		}
		return Truth(false), nil
	case jsondoc.Object:
		name, err := c.text(1)
		if err != nil {
			return Null, err
		}
		return Truth(c.args[0].doc.Get(name).Exists()), nil
	default:
		if c.env.NullText && c.args[0].Kind() == jsondoc.Null {
			return Truth(false), nil
		}
		return Null, c.wrong(0, "array, object or string")
	}
}

func endFunction(name, doc string, ex Example, last bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 1, Max: 1, holes: true, Sigs: []string{"(arg1: array | string) any"}, Examples: []Example{ex},
		eval: func(c *call) (Value, error) {
			switch c.args[0].Kind() {
			case jsondoc.Missing:
				return c.args[0], nil
			case jsondoc.Null:
				if c.env.NullText {
					return Text(""), nil
				}
				return Null, c.wrong(0, "array or string")
			case jsondoc.String:
				s, _ := c.args[0].doc.Text()
				n := units(s)
				switch {
				case n == 0:
					return Text(""), nil
				case last:
					return Text(sliceUnits(s, n-1, n)), nil
				default:
					return Text(sliceUnits(s, 0, 1)), nil
				}
			case jsondoc.Array:
				i := 0
				if last {
					i = c.args[0].doc.Len() - 1
				}
				return FromDoc(c.args[0].doc.At(i)), nil
			default:
				return Null, c.wrong(0, "array or string")
			}
		},
	}
}

func partFunction(name, doc string, ex Example, take bool) Function {
	return Function{
		Name: name, Doc: doc, Min: 2, Max: 2, holes: true, Examples: []Example{ex},
		Sigs: []string{"(originalValue: array, number: int) array", "(originalValue: string, number: int) string"},
		eval: func(c *call) (Value, error) {
			if u, ok := unknownOf(c.args...); ok {
				return u, nil
			}
			n, err := c.int(1)
			if err != nil {
				return Null, err
			}
			bounds := func(size int) (int, int) {
				k := int(max(min(n, int64(size)), 0))
				if take {
					return 0, k
				}
				return k, size
			}
			v := c.filled(0)
			switch v.Kind() {
			case jsondoc.String:
				s, _ := v.doc.Text()
				from, to := bounds(units(s))
				return Text(sliceUnits(s, from, to)), nil
			case jsondoc.Array:
				from, to := bounds(c.args[0].doc.Len())
				out := make([]jsondoc.Value, 0, to-from)
				for i := from; i < to; i++ {
					out = append(out, c.args[0].doc.At(i))
				}
				return Of(jsondoc.NewArray(out...)), nil
			default:
				return Null, c.wrong(0, "array or string")
			}
		},
	}
}

// evalRange keeps the limits that the array functions page documents.
func evalRange(c *call) (Value, error) {
	start, err := c.int(0)
	if err != nil {
		return Null, err
	}
	n, err := c.int(1)
	if err != nil {
		return Null, err
	}
	switch {
	case n < 0:
		return Null, fmt.Errorf("count %d is negative", n)
	case n > 10000:
		return Null, fmt.Errorf("count %d exceeds maximum of 10000", n)
	case start > 2147483647-n:
		return Null, fmt.Errorf("sum of start %d and count %d exceeds maximum of 2147483647", start, n)
	}
	out := make([]jsondoc.Value, n)
	for i := range out {
		out[i] = jsondoc.NewInt(start + int64(i))
	}
	return Of(jsondoc.NewArray(out...)), nil
}

func evalUnion(c *call) (Value, error) {
	if u, ok := unknownOf(c.args...); ok {
		return u, nil
	}
	if c.args[0].Kind() == jsondoc.Array {
		var out []jsondoc.Value
		seen := newValueSet()
		for i := range c.args {
			arr, err := c.array(i)
			if err != nil {
				return Null, err
			}
			for _, e := range arr.Elements() {
				if seen.add(e) {
					out = append(out, e)
				}
			}
		}
		return arrayOf(out)
	}
	acc, err := c.object(0)
	if err != nil {
		return Null, err
	}
	for i := 1; i < len(c.args); i++ {
		o, err := c.object(i)
		if err != nil {
			return Null, err
		}
		acc = mergeObjects(acc, o)
	}
	return Of(acc), nil
}

func mergeObjects(a, b jsondoc.Value) jsondoc.Value {
	m := newObjectBuilder(a.Len() + b.Len())
	for k, v := range a.Members() {
		m.set(k, v)
	}
	for k, v := range b.Members() {
		if old, ok := m.get(k); ok && old.Kind() == jsondoc.Object && v.Kind() == jsondoc.Object {
			v = mergeObjects(old, v)
		}
		m.set(k, v)
	}
	return m.value().doc
}

func evalIntersection(c *call) (Value, error) {
	if c.args[0].Kind() == jsondoc.Array {
		cur, _ := c.array(0)
		for i := 1; i < len(c.args); i++ {
			other, err := c.array(i)
			if err != nil {
				return Null, err
			}
			has := newValueSet()
			for _, e := range other.Elements() {
				has.add(e)
			}
			var keep []jsondoc.Value
			for _, e := range cur.Elements() {
				if has.has(e) {
					keep = append(keep, e)
				}
			}
			cur = jsondoc.NewArray(keep...)
		}
		seen := newValueSet()
		var out []jsondoc.Value
		for _, e := range cur.Elements() {
			if seen.add(e) {
				out = append(out, e)
			}
		}
		return Of(jsondoc.NewArray(out...)), nil
	}
	first, err := c.object(0)
	if err != nil {
		return Null, err
	}
	var ms []jsondoc.Member
	for k, v := range first.Members() {
		in := true
		for i := 1; i < len(c.args) && in; i++ {
			o, err := c.object(i)
			if err != nil {
				return Null, err
			}
			w := o.Get(k)
			in = w.Exists() && jsondoc.Equal(v, w)
		}
		if in {
			ms = append(ms, jsondoc.Member{Name: k, Value: v})
		}
	}
	return Of(jsondoc.NewObject(ms...)), nil
}

// valueSet holds JSON values, equal as jsondoc.Equal has it, keyed by their text first.
type valueSet struct{ by map[string][]jsondoc.Value }

func newValueSet() *valueSet { return &valueSet{by: map[string][]jsondoc.Value{}} }

func setKey(v jsondoc.Value) string {
	switch v.Kind() {
	case jsondoc.Number:
		if f, ok := v.Float(); ok {
			return fmt.Sprintf("n%g", f)
		}
		return "n"
	case jsondoc.Object:
		return fmt.Sprintf("o%d", v.Len())
	case jsondoc.Array:
		return fmt.Sprintf("a%d", v.Len())
	case jsondoc.String:
		return "s" + v.TextOr("")
	default:
		return v.String()
	}
}

func (s *valueSet) has(v jsondoc.Value) bool {
	for _, w := range s.by[setKey(v)] {
		if jsondoc.Equal(v, w) {
			return true
		}
	}
	return false
}

func (s *valueSet) add(v jsondoc.Value) bool {
	if s.has(v) {
		return false
	}
	k := setKey(v)
	s.by[k] = append(s.by[k], v)
	return true
}

func fromEnd(c *call, try bool) (Value, error) {
	if u, ok := unknownOf(c.args...); ok {
		return u, nil
	}
	if try && c.args[0].Kind() == jsondoc.Null {
		return Null, nil
	}
	arr, err := c.array(0)
	if err != nil {
		return Null, err
	}
	n, err := c.int(1)
	if err != nil {
		return Null, err
	}
	if i := int64(arr.Len()) - n; n >= 1 && i >= 0 {
		return FromDoc(arr.At(int(i))), nil
	}
	if try {
		return Null, nil
	}
	return Null, fmt.Errorf("index %d from the end is outside the array of %d elements", n, arr.Len())
}
