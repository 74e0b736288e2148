package fn

import (
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var schemaAggs = []Agg{
	{Name: "buildschema", Doc: "Returns a schema that all dynamic values fit: the types of each property, those of array elements under `indexer`, alternatives in an array.", Prefix: "schema",
		Sigs: []string{"(expr: dynamic): dynamic"},
		New:  PerGroup(func(Spec) State { return &schemaState{} }),
		Ex:   []AggExample{{`datatable(x:dynamic)[dynamic({"a":1}), dynamic({"a":"b","c":[true]})]`, `buildschema(x)`, "{\"a\":[\"long\",\"string\"],\"c\":{\"`indexer`\":\"bool\"}}"}}},
	{Name: "passthrough", Doc: "Returns the one value of a group; null where there are none or several different ones.", Bare: true,
		Sigs: []string{"(expr: scalar): $1"},
		New:  func(s Spec) Accumulator { return &passAcc{t: s.Out} },
		Ex:   []AggExample{{`datatable(x:long)[5,5]`, `passthrough(x)`, `5`}, {`datatable(x:long)[5,6]`, `passthrough(x)`, `null`}}},
}

// schemaNode is what is known of the values at one place.
type schemaNode struct {
	scalars map[string]bool
	keys    []string
	props   map[string]*schemaNode
	items   *schemaNode
	bag     bool
}

// nodeBytes is about what a node takes with its maps.
const nodeBytes = 400

// maxSchema bounds the depth of a schema.
const maxSchema = 64

func (n *schemaNode) add(v value.Value, depth int, made *int64) {
	switch {
	case v.IsNull():
	case v.Kind() == value.KindBag && depth < maxSchema:
		n.bag = true
		for i := range v.Bag().Len() {
			k, e := v.Bag().At(i)
			n.prop(k, made).add(e, depth+1, made)
		}
	case v.Kind() == value.KindArray && depth < maxSchema:
		if n.items == nil {
			*made += nodeBytes
			n.items = &schemaNode{}
		}
		for _, e := range v.Items() {
			n.items.add(e, depth+1, made)
		}
	default:
		if n.scalars == nil {
			n.scalars = map[string]bool{}
		}
		n.scalars[typeName(types.Dynamic, v)] = true
	}
}

func (n *schemaNode) prop(k string, made *int64) *schemaNode {
	if n.props == nil {
		n.props = map[string]*schemaNode{}
	}
	p := n.props[k]
	if p == nil {
		p = &schemaNode{}
		*made += nodeBytes + 2*int64(len(k))
		k = strings.Clone(k)
		n.props[k] = p
		n.keys = append(n.keys, k)
	}
	return p
}

func (n *schemaNode) merge(o *schemaNode, made *int64) {
	for s := range o.scalars {
		if n.scalars == nil {
			n.scalars = map[string]bool{}
		}
		n.scalars[s] = true
	}
	n.bag = n.bag || o.bag
	for _, k := range o.keys {
		n.prop(k, made).merge(o.props[k], made)
	}
	if o.items != nil {
		if n.items == nil {
			*made += nodeBytes
			n.items = &schemaNode{}
		}
		n.items.merge(o.items, made)
	}
}

func (n *schemaNode) value() value.Value {
	var parts []value.Value
	if n.bag || n.items != nil {
		b := value.NewBag(len(n.keys) + 1)
		for _, k := range n.keys {
			b.Set(k, n.props[k].value())
		}
		if n.items != nil {
			b.Set("`indexer`", n.items.value())
		}
		parts = append(parts, value.Object(b))
	}
	var names []string
	for s := range n.scalars {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		parts = append(parts, value.String(s))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return value.Array(parts)
}

type schemaState struct {
	n    schemaNode
	some bool
	size int64 // about that of n
}

func (s *schemaState) Add(a []value.Value) {
	if !a[0].IsNull() {
		s.some = true
		s.n.add(a[0], 0, &s.size)
	}
}

func (s *schemaState) Merge(o State) {
	s.some = s.some || o.(*schemaState).some
	s.n.merge(&o.(*schemaState).n, &s.size)
}

func (s *schemaState) Result() value.Value {
	if !s.some {
		return value.Null
	}
	return s.n.value()
}

type passAcc struct {
	t    types.Type
	vals []value.Value
	seen []int8 // 1: one value, 2: several
	text int64  // bytes of what the values refer to
}

func (a *passAcc) Grow(n int) { a.vals, a.seen = grown(a.vals, n), grown(a.seen, n) }

func (a *passAcc) offer(g int32, v value.Value) {
	switch {
	case a.seen[g] == 0:
		a.vals[g], a.seen[g] = owned(v), 1
		a.text += value.Size(v)
	case a.seen[g] == 1 && !value.Equal(a.vals[g], v):
		a.vals[g], a.seen[g] = value.Null, 2
	}
}

func (a *passAcc) Add(groups []int32, args []*vec.Vec) {
	for i, g := range groups {
		a.offer(g, args[0].Get(i))
	}
}

func (a *passAcc) Merge(o Accumulator, into []int32) {
	p := o.(*passAcc)
	for i, s := range p.seen {
		switch s {
		case 1:
			a.offer(into[i], p.vals[i])
		case 2:
			a.vals[into[i]], a.seen[into[i]] = value.Null, 2
		}
	}
}

func (a *passAcc) Finish() *vec.Vec { return vec.OfValues(a.t, a.vals) }
