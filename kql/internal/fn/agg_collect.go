package fn

import (
	"math"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// maxCollect is the most elements that make_list and make_set hold where no
// size is given, as Kusto documents.
const maxCollect = 1 << 20

var collectAggs = []Agg{
	{Name: "make_list", Aliases: []string{"makelist"}, Doc: "Collects values in an array; nulls are left out, arrays join.", If: "make_list_if", Prefix: "list", IfPrefix: "list",
		Sigs: []string{"(expr: scalar, maxSize?: long): dynamic"},
		New:  func(s Spec) Accumulator { return newCollect(s, false, false) },
		Ex:   []AggExample{{`datatable(x:long)[3,1,3]`, `make_list(x)`, `[3,1,3]`}}},
	{Name: "make_list_with_nulls", Doc: "Collects values in an array, nulls included.", Prefix: "list",
		Sigs: []string{"(expr: scalar): dynamic"},
		New:  func(s Spec) Accumulator { return newCollect(s, false, true) },
		Ex:   []AggExample{{`datatable(x:long)[3,long(null)]`, `make_list_with_nulls(x)`, `[3,null]`}}},
	{Name: "make_set", Aliases: []string{"makeset"}, Doc: "Collects distinct values in an array, in the order in which they appear.", If: "make_set_if", Prefix: "set", IfPrefix: "set",
		Sigs: []string{"(expr: scalar, maxSize?: long): dynamic"},
		New:  func(s Spec) Accumulator { return newCollect(s, true, false) },
		Ex:   []AggExample{{`datatable(x:long)[3,1,3]`, `make_set(x)`, `[3,1]`}}},
	{Name: "make_bag", Aliases: []string{"make_dictionary"}, Doc: "Merges property bags; of a repeated key the first value stays.", If: "make_bag_if", Prefix: "bag", IfPrefix: "bag",
		Sigs: []string{"(expr: dynamic, maxSize?: long): dynamic"},
		New:  func(s Spec) Accumulator { return &bagAcc{most: collectLimit(s)} },
		Ex:   []AggExample{{`datatable(x:dynamic)[dynamic({"a":1}), dynamic({"a":2,"b":3})]`, `make_bag(x)`, `{"a":1,"b":3}`}}},
}

func collectLimit(s Spec) int {
	if len(s.Consts) > 1 && !s.Consts[1].IsNull() {
		return int(max(0, min(s.Consts[1].Int64(), maxCollect)))
	}
	return maxCollect
}

type collectAcc struct {
	t     types.Type
	most  int
	set   bool
	nulls bool
	items [][]value.Value
	seen  []map[string]struct{}
	buf   []byte
	size  int64 // of what the groups hold
}

func newCollect(s Spec, set, nulls bool) Accumulator {
	return &collectAcc{t: s.Args[0], most: collectLimit(s), set: set, nulls: nulls}
}

func (a *collectAcc) Grow(n int) {
	a.items = grown(a.items, n)
	if a.set {
		a.seen = grown(a.seen, n)
	}
}

func (a *collectAcc) put(g int32, v value.Value) {
	if len(a.items[g]) >= a.most {
		return
	}
	if a.set {
		if a.seen[g] == nil {
			a.seen[g] = map[string]struct{}{}
			a.size += 48
		}
		a.buf = value.AppendKey(a.buf[:0], v)
		if _, dup := a.seen[g][string(a.buf)]; dup {
			return
		}
		a.seen[g][string(a.buf)] = struct{}{}
		a.size += 48 + int64(len(a.buf))
	}
	before := cap(a.items[g])
	a.items[g] = append(a.items[g], v)
	a.size += int64(cap(a.items[g])-before)*valueBytes*5/3 + value.Size(v) - valueBytes
}

// inDynamic is how a value of a column lies in a dynamic array.
func inDynamic(t types.Type, v value.Value) value.Value {
	switch v.Kind() {
	case value.KindDecimal, value.KindDateTime, value.KindTimeSpan, value.KindGUID:
		return value.String(value.Text(v, true))
	case value.KindInt:
		return value.Long(v.Int64())
	case value.KindReal:
		switch f := v.Float(); {
		case math.IsNaN(f):
			return value.String("NaN")
		case math.IsInf(f, 1):
			return value.String("Infinity")
		case math.IsInf(f, -1):
			return value.String("-Infinity")
		}
	default:
	}
	return v
}

func (a *collectAcc) Add(groups []int32, args []*vec.Vec) {
	v := args[0]
	for i, g := range groups {
		x := v.Get(i)
		switch {
		case x.Kind() == value.KindArray && !a.nulls:
			for _, e := range x.Items() {
				a.put(g, e)
			}
		case x.IsNull() && !a.nulls && (a.t != types.Dynamic || a.set):
		default:
			a.put(g, inDynamic(a.t, owned(x)))
		}
	}
}

func (a *collectAcc) Merge(o Accumulator, into []int32) {
	for i, items := range o.(*collectAcc).items {
		for _, v := range items {
			a.put(into[i], v)
		}
	}
}

func (a *collectAcc) Finish() *vec.Vec {
	out := make([]value.Value, len(a.items))
	for i, items := range a.items {
		out[i] = value.Array(items)
	}
	return vec.OfDynamics(out)
}

type bagAcc struct {
	most int
	bags []*value.Bag
	size int64 // of what the groups hold
}

func (a *bagAcc) Grow(n int) { a.bags = grown(a.bags, n) }

func (a *bagAcc) merge(g int32, b *value.Bag) {
	if b == nil {
		return
	}
	if a.bags[g] == nil {
		a.bags[g] = value.NewBag(b.Len())
	}
	for i := range b.Len() {
		k, v := b.At(i)
		if _, dup := a.bags[g].Get(k); !dup && a.bags[g].Len() < a.most {
			a.bags[g].Set(k, v)
			a.size += 64 + int64(len(k)) + value.Size(v)
		}
	}
}

func (a *bagAcc) Add(groups []int32, args []*vec.Vec) {
	for i, g := range groups {
		a.merge(g, args[0].Get(i).Bag())
	}
}

func (a *bagAcc) Merge(o Accumulator, into []int32) {
	for i, b := range o.(*bagAcc).bags {
		a.merge(into[i], b)
	}
}

func (a *bagAcc) Finish() *vec.Vec {
	out := make([]value.Value, len(a.bags))
	for i, b := range a.bags {
		if b == nil {
			b = value.NewBag(0)
		}
		out[i] = value.Object(b)
	}
	return vec.OfDynamics(out)
}
