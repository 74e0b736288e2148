package fn

import (
	"encoding/base64"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/azward/azward/kql/internal/value"
)

// A HyperLogLog state is a dynamic array [[1024, bits], [hashes], [registers]]:
// up to 1024 values it keeps their hashes, as Kusto does, and counts exactly,
// beyond that it has one byte for each of 2^bits registers, written in base64.
const hllKeeps = 1024

// hllBits are the register bits of the accuracies 0 to 4.
var hllBits = [...]int{12, 14, 16, 17, 18}

type hll struct {
	p    int
	few  map[uint64]struct{}
	regs []byte
}

func newHLL(p int) *hll { return &hll{p: p, few: map[uint64]struct{}{}} }

func (h *hll) add(hash uint64) {
	if h.regs != nil {
		h.register(hash)
		return
	}
	h.few[hash] = struct{}{}
	if len(h.few) > hllKeeps {
		h.regs = make([]byte, 1<<h.p)
		for x := range h.few {
			h.register(x)
		}
		h.few = nil
	}
}

func (h *hll) register(hash uint64) {
	i := hash >> (64 - h.p)
	rank := byte(min(bits.LeadingZeros64(hash<<h.p), 64-h.p) + 1)
	h.regs[i] = max(h.regs[i], rank)
}

// fold lowers the number of register bits.
func (h *hll) fold(p int) {
	if p >= h.p {
		return
	}
	by := h.p - p
	if h.regs != nil {
		out := make([]byte, 1<<p)
		for i, r := range h.regs {
			if r == 0 {
				continue
			}
			if low := i & (1<<by - 1); low != 0 {
				r = byte(by - bits.Len(uint(low)) + 1)
			} else {
				r += byte(by)
			}
			out[i>>by] = max(out[i>>by], r)
		}
		h.regs = out
	}
	h.p = p
}

func (h *hll) merge(o *hll) {
	h.fold(o.p)
	if o.regs == nil {
		for x := range o.few {
			h.add(x)
		}
		return
	}
	o.fold(h.p)
	if h.regs == nil {
		few := h.few
		h.regs, h.few = make([]byte, 1<<h.p), nil
		for x := range few {
			h.register(x)
		}
	}
	for i, r := range o.regs {
		h.regs[i] = max(h.regs[i], r)
	}
}

// count estimates the number of different values, exact while they are few.
func (h *hll) count() int64 {
	if h.regs == nil {
		return int64(len(h.few))
	}
	m := float64(len(h.regs))
	sum, zero := 0.0, 0.0
	for _, r := range h.regs {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zero++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zero > 0 {
		e = m * math.Log(m/zero)
	}
	return int64(math.Round(e))
}

func (h *hll) state() value.Value {
	few := make([]uint64, 0, len(h.few))
	for x := range h.few {
		few = append(few, x)
	}
	slices.Sort(few)
	hashes := make([]value.Value, len(few))
	for i, x := range few {
		hashes[i] = value.String(strconv.FormatInt(int64(x), 10))
	}
	var regs []value.Value
	if h.regs != nil {
		regs = []value.Value{value.String(base64.StdEncoding.EncodeToString(h.regs))}
	}
	return value.Array([]value.Value{value.Array([]value.Value{value.Long(hllKeeps), value.Long(int64(h.p))}), value.Array(hashes), value.Array(regs)})
}

func readHLL(v value.Value) (*hll, bool) {
	parts := v.Items()
	if len(parts) != 3 || len(parts[0].Items()) != 2 || !isArray(parts[1]) || len(parts[2].Items()) > 1 {
		return nil, false
	}
	p := int(parts[0].Items()[1].Int64())
	if p < hllBits[0] || p > hllBits[len(hllBits)-1] {
		return nil, false
	}
	h := newHLL(p)
	if text := parts[2].Index(0).Str(); text != "" {
		regs, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(regs) != 1<<p {
			return nil, false
		}
		h.regs = regs
		return h, true
	}
	for _, e := range parts[1].Items() {
		x, err := strconv.ParseInt(e.Str(), 10, 64)
		if err != nil {
			return nil, false
		}
		h.add(uint64(x))
	}
	return h, true
}

func mergeHLL(a []value.Value) value.Value {
	var all *hll
	for _, v := range a {
		if h, ok := readHLL(v); ok {
			if all == nil {
				all = h
			} else {
				all.merge(h)
			}
		}
	}
	if all == nil {
		return value.Null
	}
	return all.state()
}

var hllFuncs = []Func{
	{Name: "dcount_hll", Doc: "Returns the number of different values behind a state of hll(), exact up to 1024, an estimate beyond.", Naming: NamePrefixFirst, Prefix: "dcount_hll",
		Sigs: []Sig{{"(hll: dynamic): long", Map1(func(v value.Value) (int64, bool) {
			h, ok := readHLL(v)
			if !ok {
				return 0, false
			}
			return h.count(), true
		})}},
		Ex: []Example{{`dcount_hll(dynamic([[1024,14],["1","2"],[]]))`, `2`}, {`dcount_hll(dynamic(1))`, `null`}}},
	{Name: "hll_merge", Most: 16, Doc: "Merges states of hll() to one.", Naming: NamePrefixFirst, Prefix: "hll_merge",
		Sigs: []Sig{{"(hll: dynamic, hll2: dynamic, more...: dynamic): dynamic", Row(mergeHLL)}},
		Ex:   []Example{{`hll_merge(dynamic([[1024,14],["1"],[]]), dynamic([[1024,14],["1","2"],[]]))`, `[[1024,14],["1","2"],[]]`}}},
	{Name: "hll_isvalid", Doc: "Tells whether a value is a state of hll().",
		Sigs: []Sig{{"(hll: dynamic): bool", Row(func(a []value.Value) value.Value {
			_, ok := readHLL(a[0])
			return value.Bool(ok)
		})}},
		Ex: []Example{{`hll_isvalid(dynamic([[1024,14],["1"],[]]))`, `true`}, {`hll_isvalid(dynamic([]))`, `false`}}},
}

var hllAggs = []Agg{
	{Name: "hll", Doc: "Returns a state from which dcount_hll() gives the number of different values, and that hll_merge() merges. The accuracy is 0 to 4, by default 1.", If: "hll_if", IfPrefix: "hll_if",
		Sigs: []string{"(expr: string|int|long|datetime|timespan|guid|decimal|dynamic, accuracy?: long): dynamic"},
		New:  PerGroup(func(s Spec) State { return &hllState{p: hllBits[hllAccuracy(s)]} }),
		Ex:   []AggExample{{`datatable(x:long)[2,1,2]`, `dcount_hll(hll(x))`, `2`}}},
	{Name: "hll_merge", Doc: "Merges states of hll() over rows.",
		Sigs: []string{"(hll: dynamic): dynamic"},
		New:  PerGroup(func(Spec) State { return &hllState{merging: true} }),
		Ex:   []AggExample{{`datatable(x:dynamic)[dynamic([[1024,14],["1"],[]]), dynamic([[1024,14],["2"],[]])]`, `hll_merge(x)`, `[[1024,14],["1","2"],[]]`}}},
}

func hllAccuracy(s Spec) int {
	for _, c := range s.Consts {
		if c.Type().Integer() && len(s.Consts) > 1 {
			return int(min(max(s.Consts[len(s.Consts)-1].Int64(), 0), int64(len(hllBits)-1)))
		}
	}
	return 1
}

type hllState struct {
	p       int
	merging bool
	h       *hll
}

func (s *hllState) Add(a []value.Value) {
	switch {
	case a[0].IsNull():
	case s.merging:
		if h, ok := readHLL(a[0]); ok {
			if s.h == nil {
				s.h = h
			} else {
				s.h.merge(h)
			}
		}
	default:
		if s.h == nil {
			s.h = newHLL(s.p)
		}
		s.h.add(Hash64(a[0]))
	}
}

func (s *hllState) Merge(o State) {
	if h := o.(*hllState).h; h != nil {
		if s.h == nil {
			s.h = h
		} else {
			s.h.merge(h)
		}
	}
}

func (s *hllState) Result() value.Value {
	if s.h == nil {
		return value.Null
	}
	return s.h.state()
}
