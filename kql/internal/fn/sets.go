package fn

import (
	"math"

	"github.com/azward/azward/kql/internal/value"
)

var setFuncs = []Func{
	{Name: "set_union", Most: 64, Doc: "Returns the distinct elements of all arrays, in order of first appearance.",
		Sigs: []Sig{{"(set: array, set2: array, more...: array): dynamic", Row(func(a []value.Value) value.Value {
			var u distinct
			for _, v := range a {
				for _, e := range v.Items() {
					u.add(e)
				}
			}
			return value.Array(u.items)
		})}},
		Ex: []Example{{`set_union(dynamic([1,2,2]), dynamic([2,3]))`, `[1,2,3]`}, {`set_union(dynamic([1,"1"]), dynamic([]))`, `[1,"1"]`}}},
	{Name: "set_intersect", Most: 64, Doc: "Returns the distinct elements that lie in all arrays.",
		Sigs: []Sig{{"(set: array, set2: array, more...: array): dynamic", Row(func(a []value.Value) value.Value {
			return filterSet(a, func(in []map[string]struct{}, key string) bool {
				for _, m := range in {
					if _, ok := m[key]; !ok {
						return false
					}
				}
				return true
			})
		})}},
		Ex: []Example{{`set_intersect(dynamic([1,2,3]), dynamic([3,1,5]))`, `[1,3]`}, {`set_intersect(dynamic([1]), dynamic([2]))`, `[]`}}},
	{Name: "set_difference", Most: 64, Doc: "Returns the distinct elements of the first array that lie in none of the others.",
		Sigs: []Sig{{"(set: array, set2: array, more...: array): dynamic", Row(func(a []value.Value) value.Value {
			return filterSet(a, func(in []map[string]struct{}, key string) bool {
				for _, m := range in {
					if _, ok := m[key]; ok {
						return false
					}
				}
				return true
			})
		})}},
		Ex: []Example{{`set_difference(dynamic([1,2,3]), dynamic([2]))`, `[1,3]`}, {`set_difference(dynamic([null,1,null]), dynamic([null]))`, `[1]`}}},
	{Name: "set_has_element", Doc: "Tells whether an array holds a value; 2 and \"2\" are not the same.",
		Sigs: []Sig{{"(set: array, value: scalar): bool", Row(func(a []value.Value) value.Value {
			for _, e := range a[0].Items() {
				if value.Equal(e, a[1]) {
					return value.Bool(true)
				}
			}
			return value.Bool(false)
		})}},
		Ex: []Example{{`set_has_element(dynamic(["this","is"]), "is")`, `true`}, {`set_has_element(dynamic([2]), "2")`, `false`}}},
	{Name: "set_equals", Doc: "Tells whether two arrays hold the same distinct elements.",
		Sigs: []Sig{{"(set1: array, set2: array): bool", Map2(func(x, y value.Value) (bool, bool) {
			a, b := setOf(x), setOf(y)
			if len(a) != len(b) {
				return false, true
			}
			for k := range a {
				if _, ok := b[k]; !ok {
					return false, true
				}
			}
			return true, true
		})}},
		Ex: []Example{{`set_equals(dynamic([1,2,1]), dynamic([2,1]))`, `true`}, {`set_equals(dynamic([1]), dynamic([1,2]))`, `false`}}},
	{Name: "jaccard_index", Doc: "Divides the number of elements that two sets share by the number that either has; NaN where both are empty.",
		Sigs: []Sig{{"(set1: array, set2: array): dynamic", Map2(func(x, y value.Value) (value.Value, bool) {
			a, b := setOf(x), setOf(y)
			both := 0
			for k := range a {
				if _, ok := b[k]; ok {
					both++
				}
			}
			if len(a)+len(b) == 0 {
				return value.Real(math.NaN()), isArray(x) && isArray(y)
			}
			return value.Real(float64(both) / float64(len(a)+len(b)-both)), isArray(x) && isArray(y)
		})}},
		Ex: []Example{{`jaccard_index(dynamic([1,2,3]), dynamic([1,2,3,4]))`, `0.75`}}},
}

// distinct keeps the first of equal values.
type distinct struct {
	seen  map[string]struct{}
	items []value.Value
	buf   []byte
}

func (d *distinct) add(v value.Value) bool {
	d.buf = value.AppendKey(d.buf[:0], v)
	if _, dup := d.seen[string(d.buf)]; dup {
		return false
	}
	if d.seen == nil {
		d.seen = map[string]struct{}{}
	}
	d.seen[string(d.buf)] = struct{}{}
	d.items = append(d.items, v)
	return true
}

func setOf(v value.Value) map[string]struct{} {
	m := make(map[string]struct{}, len(v.Items()))
	var buf []byte
	for _, e := range v.Items() {
		buf = value.AppendKey(buf[:0], e)
		m[string(buf)] = struct{}{}
	}
	return m
}

func filterSet(a []value.Value, keep func(others []map[string]struct{}, key string) bool) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	others := make([]map[string]struct{}, len(a)-1)
	for i, v := range a[1:] {
		others[i] = setOf(v)
	}
	var d distinct
	out := []value.Value{}
	for _, e := range a[0].Items() {
		if d.add(e) && keep(others, string(d.buf)) {
			out = append(out, e)
		}
	}
	return value.Array(out)
}
