package arm

import (
	"fmt"
	"sort"

	"github.com/azward/azward/jsondoc"
)

func objectFunctions() []Function {
	return []Function{
		{
			Name: "createObject", Doc: "Makes an object of keys and values.", Min: 0, Max: -1, holes: true,
			Sigs: []string{"(key1: string, value1: any, ...) object"}, Examples: []Example{{"createObject('a', 1, 'b', createArray('c'))", `{"a":1,"b":["c"]}`}},
			eval: func(c *call) (Value, error) {
				if len(c.args)%2 != 0 {
					return Null, fmt.Errorf("a key stands without a value")
				}
				b := newObjectBuilder(len(c.args) / 2)
				for i := 0; i < len(c.args); i += 2 {
					if c.args[i].IsUnknown() {
						return c.args[i], nil
					}
					k, err := c.text(i)
					if err != nil {
						return Null, err
					}
					b.set(k, c.args[i+1].Doc())
				}
				return b.value(), nil
			},
		},
		{
			Name: "items", Doc: "Turns an object into an array of {key, value}, sorted by key.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(inputObject: object) array"}, Examples: []Example{{"items(createObject('b', 1, 'a', 2))", `[{"key":"a","value":2},{"key":"b","value":1}]`}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				obj, err := c.object(0)
				if err != nil {
					return Null, err
				}
				var out []jsondoc.Value
				for _, k := range sortedNames(obj) {
					out = append(out, jsondoc.NewObject(
						jsondoc.Member{Name: "key", Value: jsondoc.NewString(k)},
						jsondoc.Member{Name: "value", Value: obj.GetExact(k)},
					))
				}
				return Of(jsondoc.NewArray(out...)), nil
			},
		},
		{
			Name: "objectKeys", Doc: "Returns the keys of an object, sorted.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(object) array"}, Examples: []Example{{"objectKeys(createObject('b', 1, 'a', 2))", `["a","b"]`}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				obj, err := c.object(0)
				if err != nil {
					return Null, err
				}
				var out []jsondoc.Value
				for _, k := range sortedNames(obj) {
					out = append(out, jsondoc.NewString(k))
				}
				return Of(jsondoc.NewArray(out...)), nil
			},
		},
		{
			Name: "shallowMerge", Doc: "Joins the objects of an array; of equal keys the last one's value stays whole.", Min: 1, Max: 1, holes: true,
			Sigs: []string{"(inputArray: array) object"}, Examples: []Example{{"shallowMerge(createArray(createObject('a', 1), createObject('a', 2, 'b', 3)))", `{"a":2,"b":3}`}},
			eval: func(c *call) (Value, error) {
				if u, ok := unknownOf(c.args[0]); ok {
					return u, nil
				}
				arr, err := c.array(0)
				if err != nil {
					return Null, err
				}
				b := newObjectBuilder(arr.Len())
				for _, e := range arr.Elements() {
					if reasons, ok := IsHole(e); ok {
						return Unknown(reasons...), nil
					}
					if e.Kind() != jsondoc.Object {
						return Null, fmt.Errorf("an element is %s, expected object", kindName(Of(e)))
					}
					for k, v := range e.Members() {
						b.set(k, v)
					}
				}
				return b.value(), nil
			},
		},
		{
			Name: "null", Doc: "Returns null.", Min: 0, Max: 0,
			Sigs: []string{"() null"}, Examples: []Example{{"null()", "null"}},
			eval: func(*call) (Value, error) { return Null, nil },
		},
		{
			Name: "tryGet", Doc: "Reads a member or an element, and further ones inside it; null where one does not exist.", Min: 2, Max: -1, holes: true,
			Sigs:     []string{"(itemToTest: array | object, keyOrIndex: string | int, ...) any"},
			Examples: []Example{{"tryGet(createObject('a', createArray(5)), 'a', 0)", "5"}, {"tryGet(createObject('a', 1), 'b')", "null"}},
			eval: func(c *call) (Value, error) {
				v := c.args[0]
				for i := 1; i < len(c.args); i++ {
					if u, ok := unknownOf(v, c.args[i]); ok {
						return u, nil
					}
					var next jsondoc.Value
					switch v.Kind() {
					case jsondoc.Object:
						if name, ok := c.args[i].doc.Text(); ok {
							next = v.doc.Get(name)
						}
					case jsondoc.Array:
						if n, ok := c.args[i].doc.Int(); ok && n >= 0 && n < int64(v.doc.Len()) {
							next = v.doc.At(int(n))
						}
					default:
					}
					if next.IsMissing() {
						return Null, nil
					}
					v = FromDoc(next)
				}
				return v, nil
			},
		},
	}
}

func sortedNames(obj jsondoc.Value) []string {
	names := make([]string, 0, obj.Len())
	for k := range obj.Members() {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}
