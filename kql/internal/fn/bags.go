package fn

import (
	"sort"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/value"
)

var bagFuncs = []Func{
	{Name: "bag_keys", Doc: "Lists the keys of a property bag; null for anything else.",
		Sigs: []Sig{{"(object: bag): dynamic", Map1(func(v value.Value) (value.Value, bool) {
			b := v.Bag()
			if b == nil {
				return value.Null, false
			}
			return value.Strings(b.Keys()), true
		})}},
		Ex: []Example{{`bag_keys(dynamic({"a":"b","c":1}))`, `["a","c"]`}, {`bag_keys(dynamic([]))`, `null`}, {`bag_keys(dynamic({}))`, `[]`}}},
	{Name: "bag_has_key", Doc: "Tells whether a property bag has a key, which may be a path such as $.a.b.",
		Sigs: []Sig{{"(bag: bag, key: string): bool", Map2(func(v value.Value, key string) (bool, bool) {
			if v.Bag() == nil {
				return false, false
			}
			if path, ok := jsonPath(key); ok {
				_, found := walk(v, path)
				return found, true
			}
			_, found := v.Bag().Get(key)
			return found, true
		})}},
		Ex: []Example{{`bag_has_key(dynamic({"a":1}), "a")`, `true`}, {`bag_has_key(dynamic({"a":{"b":null}}), "$.a.b")`, `true`}, {`bag_has_key(dynamic({"a":1}), "A")`, `false`}}},
	{Name: "bag_merge", Most: 64, Doc: "Joins property bags; of a key in several the leftmost value stays.",
		Sigs: []Sig{{"(bag: bag, bag2: bag, more...: bag): dynamic", Row(func(a []value.Value) value.Value {
			out := value.NewBag(8)
			any := false
			for _, v := range a {
				b := v.Bag()
				if b == nil {
					continue
				}
				any = true
				for i := range b.Len() {
					k, x := b.At(i)
					if _, dup := out.Get(k); !dup {
						out.Set(k, x)
					}
				}
			}
			if !any {
				return value.Null
			}
			return value.Object(out)
		})}},
		Ex: []Example{{`bag_merge(dynamic({"a":1,"b":2}), dynamic({"b":3,"c":4}))`, `{"a":1,"b":2,"c":4}`}, {`bag_merge(dynamic(null), dynamic({"a":1}))`, `{"a":1}`}}},
	{Name: "bag_remove_keys", Doc: "Removes keys, given by name or as paths such as $.a.b, from a property bag.",
		Sigs: []Sig{{"(bag: bag, keys: array): dynamic", Row(func(a []value.Value) value.Value {
			if a[0].Bag() == nil {
				return value.Null
			}
			v := a[0]
			for _, k := range a[1].Items() {
				path, ok := jsonPath(k.Str())
				if !ok {
					path = []step{{key: k.Str()}}
				}
				v = without(v, path)
			}
			return v
		})}},
		Ex: []Example{{`bag_remove_keys(dynamic({"a":1,"b":2}), dynamic(["a","x"]))`, `{"b":2}`},
			{`bag_remove_keys(dynamic({"k":{"p":1,"q":2},"z":3}), dynamic(["$.k.p","z"]))`, `{"k":{"q":2}}`}}},
	{Name: "bag_set_key", Doc: "Sets a key, given by name or as a path such as $.a.b, of a property bag.",
		Sigs: []Sig{{"(bag: bag, !key: string, value: scalar): dynamic", Row(func(a []value.Value) value.Value {
			if a[0].Bag() == nil {
				return value.Null
			}
			path, ok := jsonPath(a[1].Str())
			if !ok {
				path = []step{{key: a[1].Str()}}
			}
			return with(a[0], path, element(a[2]))
		})}},
		Ex: []Example{{`bag_set_key(dynamic({"a":1}), "b", 3)`, `{"a":1,"b":3}`}, {`bag_set_key(dynamic({"a":1}), "$.c.d", "x")`, `{"a":1,"c":{"d":"x"}}`},
			{`bag_set_key(dynamic({"a":1}), "a", 2)`, `{"a":2}`}}},
	{Name: "bag_zip", Doc: "Makes a property bag out of an array of keys and an array of values; keys that are no texts are passed over.",
		Sigs: []Sig{{"(keys: array, values: array): dynamic", Row(func(a []value.Value) value.Value {
			if !isArray(a[0]) {
				return value.Null
			}
			out := value.NewBag(len(a[0].Items()))
			for i, k := range a[0].Items() {
				if k.Kind() == value.KindString {
					out.Set(k.Str(), itemOrNull(a[1], i))
				}
			}
			return value.Object(out)
		})}},
		Ex: []Example{{`bag_zip(dynamic(["a","b"]), dynamic([1,"2",3]))`, `{"a":1,"b":"2"}`}, {`bag_zip(dynamic(["a",8,"b"]), dynamic(1))`, `{"a":null,"b":null}`}}},
	{Name: "bag_pack", Aliases: []string{"pack", "pack_dictionary"}, Doc: "Makes a property bag out of keys and values in turn.",
		Sigs: []Sig{{"(key: string, value: scalar, more...: scalar): dynamic", Row(func(a []value.Value) value.Value {
			out := value.NewBag(len(a) / 2)
			for i := 0; i+1 < len(a); i += 2 {
				k := value.Text(a[i], false)
				if _, dup := out.Get(k); !dup {
					out.Set(k, element(a[i+1]))
				}
			}
			return value.Object(out)
		})}},
		Ex: []Example{{`bag_pack("a", 1, "b", "x")`, `{"a":1,"b":"x"}`}, {`pack("a", int(null))`, `{"a":null}`}}},
	{Name: "bag_pack_columns", Doc: "Makes a property bag out of columns and their values.", Special: true,
		Sigs: []Sig{{Text: "(column: scalar, more...: scalar): dynamic"}}},
	{Name: "pack_all", Doc: "Makes a property bag out of all columns and their values; with true, without those that are null or empty.", Special: true,
		Sigs: []Sig{{Text: "(ignore_null_empty?: bool): dynamic"}}},
	{Name: "treepath", Doc: "Lists the paths of all that a property bag holds; [0] stands for all elements of an array.", Naming: NamePrefixFirst, Prefix: "tree",
		Sigs: []Sig{{"(object: dynamic): dynamic", Map1(func(v value.Value) (value.Value, bool) {
			var out []value.Value
			treePaths(v, "", &out)
			return value.Array(distinctTexts(out)), v.Bag() != nil || isArray(v)
		})}},
		Ex: []Example{{`treepath(dynamic({"a":"b","c":[1,2]}))`, `["['a']","['c']","['c'][0]"]`}}},
	{Name: "dynamic_to_json", Doc: "Writes a dynamic as JSON with the keys in order.",
		Sigs: []Sig{{"(dynamic: scalar): string", Row(func(a []value.Value) value.Value {
			if a[0].IsNull() {
				return value.String("")
			}
			return value.String(string(appendSorted(nil, a[0])))
		})}},
		Ex: []Example{{`dynamic_to_json(dynamic({"b":[1],"a":"x"}))`, `{"a":"x","b":[1]}`}, {`dynamic_to_json(dynamic("s"))`, `"s"`}}},
	{Name: "extract_json", Aliases: []string{"extractjson"}, Doc: "Reads a JSON text and returns what lies at a path such as $.a[0].b, as text.", TypeArg: true,
		Sigs: []Sig{{"(!jsonPath: string, dataSource: string): string", Map2(func(path, text string) (string, bool) {
			steps, ok := jsonPath(path)
			v, err := value.ParseJSON(text)
			if !ok || err != nil {
				return "", false
			}
			found, ok := walk(v, steps)
			return value.Text(found, true), ok
		})}},
		Ex: []Example{{`extract_json("$.a[1].b", '{"a":[0,{"b":"x"}]}')`, `x`}, {`extractjson("$.a", '{"a":[1]}')`, `[1]`}, {`extractjson("$.z", '{}')`, ``},
			{`extractjson("$['a b']", '{"a b":2}')`, `2`}}},
}

// step is one step of a path: a key, or an index where key is empty.
type step struct {
	key   string
	index int64
}

// jsonPath reads a path in JSONPath's dot and bracket notation; it must begin
// with $.
func jsonPath(s string) ([]step, bool) {
	if !strings.HasPrefix(s, "$") || len(s) > 1<<16 {
		return nil, false
	}
	s = s[1:]
	var steps []step
	for s != "" {
		switch {
		case s[0] == '.':
			end := strings.IndexAny(s[1:], ".[")
			if end < 0 {
				end = len(s) - 1
			}
			if end == 0 {
				return nil, false
			}
			steps = append(steps, step{key: s[1 : 1+end]})
			s = s[1+end:]
		case len(s) > 2 && s[0] == '[' && (s[1] == '\'' || s[1] == '"'):
			end := strings.IndexByte(s[2:], s[1])
			if end < 0 || !strings.HasPrefix(s[2+end+1:], "]") {
				return nil, false
			}
			steps = append(steps, step{key: s[2 : 2+end]})
			s = s[2+end+2:]
		case s[0] == '[':
			inner, rest, ok := strings.Cut(s[1:], "]")
			i, err := strconv.ParseInt(inner, 10, 32)
			if !ok || err != nil {
				return nil, false
			}
			steps = append(steps, step{index: i})
			s = rest
		default:
			return nil, false
		}
	}
	return steps, true
}

func walk(v value.Value, path []step) (value.Value, bool) {
	for _, p := range path {
		if p.key == "" {
			items := v.Items()
			i := p.index
			if i < 0 {
				i += int64(len(items))
			}
			if i < 0 || i >= int64(len(items)) {
				return value.Null, false
			}
			v = items[i]
			continue
		}
		b := v.Bag()
		if b == nil {
			return value.Null, false
		}
		x, ok := b.Get(p.key)
		if !ok {
			return value.Null, false
		}
		v = x
	}
	return v, true
}

// without returns v without what lies at path.
func without(v value.Value, path []step) value.Value {
	b := v.Bag()
	if b == nil || len(path) == 0 {
		return v
	}
	out := value.NewBag(b.Len())
	for i := range b.Len() {
		k, x := b.At(i)
		if k == path[0].key {
			if len(path) == 1 {
				continue
			}
			x = without(x, path[1:])
		}
		out.Set(k, x)
	}
	return value.Object(out)
}

// with returns v with x at path, making the bags on the way.
func with(v value.Value, path []step, x value.Value) value.Value {
	if len(path) == 0 {
		return x
	}
	if path[0].key == "" {
		return v
	}
	out := value.NewBag(4)
	if b := v.Bag(); b != nil {
		for i := range b.Len() {
			out.Set(b.At(i))
		}
	}
	old, _ := out.Get(path[0].key)
	out.Set(path[0].key, with(old, path[1:], x))
	return value.Object(out)
}

func treePaths(v value.Value, prefix string, out *[]value.Value) {
	if b := v.Bag(); b != nil {
		for i := range b.Len() {
			k, x := b.At(i)
			p := prefix + "['" + k + "']"
			*out = append(*out, value.String(p))
			treePaths(x, p, out)
		}
		return
	}
	for i, x := range v.Items() { // [0] stands for all elements
		p := prefix + "[0]"
		if i == 0 {
			*out = append(*out, value.String(p))
		}
		treePaths(x, p, out)
	}
}

// distinctTexts leaves out texts that came before.
func distinctTexts(vs []value.Value) []value.Value {
	seen := make(map[string]bool, len(vs))
	out := vs[:0]
	for _, v := range vs {
		if !seen[v.Str()] {
			seen[v.Str()] = true
			out = append(out, v)
		}
	}
	return out
}

// appendSorted is value.AppendJSON with the keys in order.
func appendSorted(dst []byte, v value.Value) []byte {
	switch {
	case isArray(v):
		dst = append(dst, '[')
		for i, e := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendSorted(dst, e)
		}
		return append(dst, ']')
	case v.Bag() != nil:
		b := v.Bag()
		keys := append([]string(nil), b.Keys()...)
		sort.Strings(keys)
		dst = append(dst, '{')
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(value.AppendQuoted(dst, k), ':')
			x, _ := b.Get(k)
			dst = appendSorted(dst, x)
		}
		return append(dst, '}')
	}
	return value.AppendJSON(dst, v)
}
