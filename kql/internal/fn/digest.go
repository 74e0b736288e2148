package fn

import (
	"math"
	"slices"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// A t-digest is a dynamic array [[7], [values], [weights]], as Kusto's is, the
// values ascending. As
// long as there are few it holds each of them and answers exactly; then it
// merges neighbors, the fewer the nearer to the ends, as Dunning and Ertl do.
const (
	digestVersion = 7
	digestKeeps   = 4096 // values kept before they are merged
	digestResolve = 1000 // compression: about this many remain
)

type centroid struct {
	v value.Value
	f float64
	w float64
}

type digest struct {
	cs []centroid
	t  types.Type
}

func (d *digest) add(v value.Value, w float64) {
	if v.IsNull() || !(w > 0) {
		return
	}
	if d.t == types.None {
		d.t = v.Type()
	}
	d.cs = append(d.cs, centroid{v, v.Float(), w})
	if len(d.cs) >= 4*digestKeeps {
		d.shrink()
	}
}

func (d *digest) sort() {
	slices.SortStableFunc(d.cs, func(a, b centroid) int { return value.Compare(a.v, b.v) })
	out := d.cs[:0]
	for _, c := range d.cs {
		if n := len(out); n > 0 && value.Equal(out[n-1].v, c.v) {
			out[n-1].w += c.w
			continue
		}
		out = append(out, c)
	}
	d.cs = out
}

// shrink merges values until few remain.
func (d *digest) shrink() {
	d.sort()
	if len(d.cs) <= digestKeeps {
		return
	}
	total := 0.0
	for _, c := range d.cs {
		total += c.w
	}
	scale := func(q float64) float64 { return digestResolve / (2 * math.Pi) * math.Asin(2*min(1, max(0, q))-1) }
	out := []centroid{d.cs[0]}
	done := 0.0
	for _, c := range d.cs[1:] {
		last := &out[len(out)-1]
		if len(out) > 1 && scale((done+last.w+c.w)/total)-scale(done/total) <= 1 {
			last.f += (c.f - last.f) * c.w / (last.w + c.w)
			last.w += c.w
			last.v = d.value(last.f)
			continue
		}
		done += last.w
		out = append(out, c)
	}
	d.cs = out
}

// value is a mean as a value of the digest's type.
func (d *digest) value(f float64) value.Value {
	switch t := d.t; {
	case t.Integer() || t == types.DateTime || t == types.TimeSpan:
		return value.FromInt64(d.t, int64(math.Round(f)))
	case t == types.Decimal:
		return Convert(value.Real(f), types.Real, types.Decimal)
	}
	return value.Real(f)
}

func (d *digest) state() value.Value {
	d.shrink()
	if len(d.cs) == 0 {
		return value.Null
	}
	vs, ws := make([]value.Value, len(d.cs)), make([]value.Value, len(d.cs))
	for i, c := range d.cs {
		vs[i] = element(c.v)
		if ws[i] = value.Real(c.w); c.w == math.Trunc(c.w) {
			ws[i] = value.Long(int64(c.w))
		}
	}
	return value.Array([]value.Value{value.Array([]value.Value{value.Long(digestVersion)}), value.Array(vs), value.Array(ws)})
}

// readDigest reads a state back; ok is false for anything else.
func readDigest(v value.Value) (*digest, bool) {
	parts := v.Items()
	if len(parts) != 3 || !isArray(parts[0]) {
		return nil, false
	}
	if parts = parts[1:]; !isArray(parts[0]) || !isArray(parts[1]) || len(parts[0].Items()) != len(parts[1].Items()) || len(parts[0].Items()) == 0 {
		return nil, false
	}
	d := &digest{}
	for i, e := range parts[0].Items() {
		if e.Kind() == value.KindString { // went through JSON
			if t := Convert(e, types.String, types.DateTime); !t.IsNull() {
				e = t
			} else if t := Convert(e, types.String, types.TimeSpan); !t.IsNull() {
				e = t
			}
		}
		w := parts[1].Items()[i]
		if e.IsNull() || e.Kind() == value.KindString || e.Type() == types.Dynamic || !w.Numeric() {
			return nil, false
		}
		d.add(e, w.Float())
	}
	d.sort()
	return d, true
}

// at returns the value at a percentile by nearest rank.
func (d *digest) at(p float64) value.Value {
	if len(d.cs) == 0 || math.IsNaN(p) {
		return value.Null
	}
	total := 0.0
	for _, c := range d.cs {
		total += c.w
	}
	rank := math.Ceil(min(max(p, 0), 100) / 100 * total)
	seen := 0.0
	for _, c := range d.cs {
		if seen += c.w; seen >= rank {
			return c.v
		}
	}
	return d.cs[len(d.cs)-1].v
}

// rank returns the weight of the values up to v and of all.
func (d *digest) rank(v value.Value) (below, total float64) {
	for _, c := range d.cs {
		total += c.w
	}
	if !v.Numeric() || d.t == types.DateTime || d.t == types.TimeSpan {
		v = Convert(v, v.Type(), d.t)
	}
	at := sort.Search(len(d.cs), func(i int) bool { return value.Compare(d.cs[i].v, v) > 0 })
	for _, c := range d.cs[:at] {
		below += c.w
	}
	return below, total
}

var digestFuncs = []Func{
	{Name: "percentile_tdigest", Doc: "Returns a percentile of the values behind a state of tdigest(); typeof() converts it.", TypeArg: true, Naming: NamePrefixFirst, Prefix: "percentile_tdigest",
		Sigs: []Sig{{"(tdigest: dynamic, percentile: real): dynamic", Strict(func(a []value.Value) value.Value {
			d, ok := readDigest(a[0])
			if !ok {
				return value.Null
			}
			return element(d.at(a[1].Float()))
		})}},
		Ex: []Example{{`percentile_tdigest(dynamic([[7],[1,2,3],[1,1,8]]), 50)`, `3`}, {`percentile_tdigest(dynamic([]), 50)`, `null`}}},
	{Name: "percentiles_array_tdigest", Doc: "Returns several percentiles of the values behind a state of tdigest() in an array.", Naming: NamePrefixFirst, Prefix: "percentile_tdigest",
		Sigs: []Sig{{"(tdigest: dynamic, percentiles: array|real, more...: real): dynamic", Strict(func(a []value.Value) value.Value {
			d, ok := readDigest(a[0])
			if !ok {
				return value.Null
			}
			ps := a[1:]
			if isArray(a[1]) {
				ps = a[1].Items()
			}
			out := make([]value.Value, len(ps))
			for i, p := range ps {
				if p.Numeric() {
					out[i] = element(d.at(p.Float()))
				}
			}
			return value.Array(out)
		})}},
		Ex: []Example{{`percentiles_array_tdigest(dynamic([[7],[1,2,3],[1,1,1]]), dynamic([10,100]))`, `[1,3]`}}},
	{Name: "percentrank_tdigest", Doc: "Returns what per cent of the values behind a state of tdigest() are no greater than a value.",
		Sigs: []Sig{{"(tdigest: dynamic, value: scalar): real", Strict(func(a []value.Value) value.Value {
			d, ok := readDigest(a[0])
			if !ok {
				return value.Null
			}
			below, total := d.rank(a[1])
			return value.Real(below / total * 100)
		})}},
		Ex: []Example{{`percentrank_tdigest(dynamic([[7],[1,2,3,4],[1,1,1,1]]), 2)`, `50.0`}}},
	{Name: "rank_tdigest", Doc: "Returns how many of the values behind a state of tdigest() are no greater than a value.",
		Sigs: []Sig{{"(tdigest: dynamic, value: scalar): real", Strict(func(a []value.Value) value.Value {
			d, ok := readDigest(a[0])
			if !ok {
				return value.Null
			}
			below, _ := d.rank(a[1])
			return value.Real(below)
		})}},
		Ex: []Example{{`rank_tdigest(dynamic([[7],[1,2,3,4],[1,1,1,1]]), 2.5)`, `2.0`}}},
	{Name: "tdigest_isvalid", Doc: "Tells whether a value is a state of tdigest().",
		Sigs: []Sig{{"(tdigest: dynamic): bool", Row(func(a []value.Value) value.Value {
			_, ok := readDigest(a[0])
			return value.Bool(ok)
		})}},
		Ex: []Example{{`tdigest_isvalid(dynamic([[7],[1],[1]]))`, `true`}, {`tdigest_isvalid(dynamic([1]))`, `false`}}},
	{Name: "tdigest_merge", Most: 16, Aliases: []string{"merge_tdigest", "merge_tdigests"}, Doc: "Merges states of tdigest() to one.", Naming: NamePrefixFirst, Prefix: "merge_tdigests",
		Sigs: []Sig{{"(tdigest: dynamic, tdigest2: dynamic, more...: dynamic): dynamic", Row(func(a []value.Value) value.Value {
			var all digest
			for _, v := range a {
				if d, ok := readDigest(v); ok {
					for _, c := range d.cs {
						all.add(c.v, c.w)
					}
				}
			}
			return all.state()
		})}},
		Ex: []Example{{`tdigest_merge(dynamic([[7],[1,3],[1,1]]), dynamic([[7],[1,2],[1,1]]))`, `[[7],[1,2,3],[2,1,1]]`}}},
}

var digestAggs = []Agg{
	{Name: "tdigest", Doc: "Returns a state from which percentile_tdigest() and its kin give percentiles, and that tdigest_merge() merges. Values may have a weight.",
		Sigs: []string{"(expr: summable, weight?: long): dynamic"},
		New: PerGroup(func(Spec) State {
			return &digestState{add: func(d *digest, a []value.Value) {
				w := 1.0
				if len(a) > 1 {
					w = a[1].Float()
				}
				d.add(a[0], w)
			}}
		}),
		Ex: []AggExample{{`datatable(x:long)[2,1,2]`, `tdigest(x)`, `[[7],[1,2],[1,2]]`}}},
	{Name: "tdigest_merge", Aliases: []string{"merge_tdigest", "merge_tdigests"}, Doc: "Merges states of tdigest() over rows.", Prefix: "merge_tdigests",
		Sigs: []string{"(tdigest: dynamic): dynamic"},
		New: PerGroup(func(Spec) State {
			return &digestState{add: func(d *digest, a []value.Value) {
				if o, ok := readDigest(a[0]); ok {
					for _, c := range o.cs {
						d.add(c.v, c.w)
					}
				}
			}}
		}),
		Ex: []AggExample{{`datatable(x:dynamic)[dynamic([[7],[1],[1]]), dynamic([[7],[1],[2]])]`, `tdigest_merge(x)`, `[[7],[1],[3]]`}}},
}

type digestState struct {
	d   digest
	add func(*digest, []value.Value)
}

func (s *digestState) Add(a []value.Value) { s.add(&s.d, a) }

func (s *digestState) Merge(o State) {
	for _, c := range o.(*digestState).d.cs {
		s.d.add(c.v, c.w)
	}
}

func (s *digestState) Result() value.Value { return s.d.state() }
