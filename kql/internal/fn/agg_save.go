package fn

import (
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

const (
	valueBytes  = 48 // of a value.Value itself
	rankedBytes = 24
	grownBytes  = 40 // of one in a list that grows: for a moment it is there twice
)

// owned returns v with a text of its own: that of a column is a piece of a
// batch's, all of which would stay in memory with it.
func owned(v value.Value) value.Value {
	if v.Kind() == value.KindString {
		return value.String(strings.Clone(v.Str()))
	}
	return v
}

// held counts what rows of values refer to and gives them texts of their own,
// once for each batch however often a row is replaced in it.
type held struct {
	size    int64
	touched []int32
}

func refers(row []value.Value) (n int64) {
	for _, v := range row {
		n += value.Size(v) - valueBytes
	}
	return n
}

// write writes the row of a group.
func (h *held) write(g int32, row []value.Value, args []*vec.Vec, i int) {
	h.size -= refers(row)
	for k, v := range args {
		row[k] = v.Get(i)
	}
	h.size += refers(row)
	if n := len(h.touched); n == 0 || h.touched[n-1] != g {
		h.touched = append(h.touched, g)
	}
}

// own is told after a batch.
func (h *held) own(rows [][]value.Value) {
	if len(h.touched) > 1 {
		slices.Sort(h.touched)
		h.touched = slices.Compact(h.touched)
	}
	for _, g := range h.touched {
		for k, v := range rows[g] {
			rows[g][k] = owned(v)
		}
	}
	h.touched = h.touched[:0]
}

// replaced is told that a row takes the place of another.
func (h *held) replaced(old, row []value.Value) { h.size += refers(row) - refers(old) }

// ofRows is what rows of n values hold beside what held counts.
func ofRows(rows [][]value.Value, n int) int64 {
	return int64(cap(rows))*40 + int64(len(rows)*n)*valueBytes
}

func saveRows(outs []types.Type, rows [][]value.Value) []*vec.Vec {
	some := make([]bool, len(rows))
	for i, r := range rows {
		some[i] = r != nil
	}
	return append(finishRows(outs, rows), vec.OfBools(some))
}

func loadRows(cols []*vec.Vec, rows [][]value.Value) {
	n := len(cols) - 1
	for i := range rows {
		if !cols[n].True(i) {
			continue
		}
		rows[i] = make([]value.Value, n)
		for k := range n {
			rows[i][k] = cols[k].Get(i)
		}
	}
}

// Size tells about how many bytes are held.
func (a *argAcc) Size() int64 { return a.rest.size + ofRows(a.rows, len(a.outs)) + 16*int64(cap(a.at)) }

// Save puts the state of groups into columns.
func (a *argAcc) Save(from, to int) []*vec.Vec {
	return append(saveRows(a.outs, a.rows[from:to]), vec.OfInts(types.Long, a.at[from:to]))
}

// Load takes what Save returned.
func (a *argAcc) Load(cols []*vec.Vec) {
	n := len(cols) - 1
	loadRows(cols[:n], a.rows)
	for i, r := range a.rows {
		if a.at[i] = cols[n].Get(i).Int64(); r != nil {
			a.ints[i] = r[0].Int64()
		}
	}
}

// Size tells about how many bytes are held.
func (a *anyAcc) Size() int64 { return a.rest.size + ofRows(a.rows, len(a.outs)) }

// Save puts the state of groups into columns.
func (a *anyAcc) Save(from, to int) []*vec.Vec { return saveRows(a.outs, a.rows[from:to]) }

// Load takes what Save returned.
func (a *anyAcc) Load(cols []*vec.Vec) { loadRows(cols, a.rows) }

func longs(s []int64) *vec.Vec { return vec.OfInts(types.Long, s) }

// Save puts the state of groups into columns.
func (a *countAcc) Save(from, to int) []*vec.Vec { return []*vec.Vec{longs(a.n[from:to])} }

// Load takes what Save returned.
func (a *countAcc) Load(cols []*vec.Vec) { copy(a.n, cols[0].Flat().Ints) }

// Save puts the state of groups into columns.
func (a *intSum) Save(from, to int) []*vec.Vec { return []*vec.Vec{longs(a.sum[from:to])} }

// Load takes what Save returned.
func (a *intSum) Load(cols []*vec.Vec) { copy(a.sum, cols[0].Flat().Ints) }

// Save puts the state of groups into columns.
func (a *realSum) Save(from, to int) []*vec.Vec { return []*vec.Vec{vec.OfReals(a.sum[from:to])} }

// Load takes what Save returned.
func (a *realSum) Load(cols []*vec.Vec) { copy(a.sum, cols[0].Flat().Reals) }

// Size tells about how many bytes are held.
func (a *decimalSum) Size() int64 { return 96 * int64(cap(a.n)) }

// Save puts the state of groups into columns.
func (a *decimalSum) Save(from, to int) []*vec.Vec {
	b := vec.NewBuilder(types.Decimal, to-from)
	for _, d := range a.sum[from:to] {
		b.Append(value.Decimal(d))
	}
	return []*vec.Vec{b.Finish(), longs(a.n[from:to])}
}

// Load takes what Save returned.
func (a *decimalSum) Load(cols []*vec.Vec) {
	copy(a.n, cols[1].Flat().Ints)
	for i := range a.sum {
		if d := cols[0].Get(i).Dec(); d != nil {
			a.sum[i] = new(types.Dec).Set(d) // sums are added to in place
		}
	}
}

// Save puts the state of groups into columns.
func (a *avgAcc) Save(from, to int) []*vec.Vec {
	return []*vec.Vec{longs(a.whole[from:to]), vec.OfReals(a.sum[from:to]), longs(a.n[from:to]), vec.Repeat(types.Bool, value.Bool(a.real), to-from)}
}

// Load takes what Save returned.
func (a *avgAcc) Load(cols []*vec.Vec) {
	copy(a.whole, cols[0].Flat().Ints)
	copy(a.sum, cols[1].Flat().Reals)
	copy(a.n, cols[2].Flat().Ints)
	for i := range a.n {
		a.real = a.real || cols[3].True(i)
	}
}

// Size tells about how many bytes are held.
func (a *extremeAcc) Size() int64 {
	n := a.text + 9*int64(cap(a.ints)) + (valueBytes+40)*int64(cap(a.best))
	if a.t == types.Dynamic || a.t == types.Decimal || a.t == types.GUID {
		n += 64 * int64(len(a.best))
	}
	return n
}

// Save puts the state of groups into columns.
func (a *extremeAcc) Save(from, to int) []*vec.Vec {
	if a.whole() {
		return []*vec.Vec{longs(a.ints[from:to]), vec.OfBools(a.seen[from:to])}
	}
	return []*vec.Vec{vec.OfDynamics(a.best[from:to])}
}

// Load takes what Save returned.
func (a *extremeAcc) Load(cols []*vec.Vec) {
	if a.whole() {
		copy(a.ints, cols[0].Flat().Ints)
		copy(a.seen, cols[1].Flat().Bools)
		return
	}
	copy(a.best, cols[0].Flat().Dyns)
	for i, v := range a.best {
		a.best[i] = owned(v)
	}
}

// Size tells about how many bytes are held.
func (a *collectAcc) Size() int64 { return a.size + 32*int64(cap(a.items)) }

// Save puts the state of groups into columns.
func (a *collectAcc) Save(from, to int) []*vec.Vec {
	out := make([]value.Value, to-from)
	for i := range out {
		out[i] = value.Array(a.items[from+i])
	}
	return []*vec.Vec{vec.OfDynamics(out)}
}

// Load takes what Save returned.
func (a *collectAcc) Load(cols []*vec.Vec) {
	for i := range a.items {
		a.items[i] = cols[0].Get(i).Items()
	}
}

// Size tells about how many bytes are held.
func (a *bagAcc) Size() int64 { return a.size + 96*int64(cap(a.bags)) }

// Save puts the state of groups into columns.
func (a *bagAcc) Save(from, to int) []*vec.Vec {
	out := make([]value.Value, to-from)
	for i, b := range a.bags[from:to] {
		if b != nil {
			out[i] = value.Object(b)
		}
	}
	return []*vec.Vec{vec.OfDynamics(out)}
}

// Load takes what Save returned.
func (a *bagAcc) Load(cols []*vec.Vec) {
	for i := range a.bags {
		a.bags[i] = cols[0].Get(i).Bag()
	}
}

// Size tells about how many bytes are held.
func (a *rankAcc) Size() int64 { return a.size + 24*int64(cap(a.vals)) }

// Save puts the state of groups into columns: texts of three words a value.
func (a *rankAcc) Save(from, to int) []*vec.Vec {
	out := make([]string, to-from)
	var buf []byte
	for i, vals := range a.vals[from:to] {
		buf = buf[:0]
		for _, r := range vals {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(r.i))
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(r.f))
			buf = binary.LittleEndian.AppendUint64(buf, uint64(r.w))
		}
		out[i] = string(buf)
	}
	return []*vec.Vec{vec.OfStrings(out)}
}

// Load takes what Save returned.
func (a *rankAcc) Load(cols []*vec.Vec) {
	for g := range a.vals {
		s := []byte(cols[0].Get(g).Str())
		a.vals[g] = make([]ranked, len(s)/rankedBytes)
		for i := range a.vals[g] {
			b := s[rankedBytes*i:]
			a.vals[g][i] = ranked{int64(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:])), int64(binary.LittleEndian.Uint64(b[16:]))}
		}
	}
}

// Size tells about how many bytes are held.
func (a *passAcc) Size() int64 { return a.text + (valueBytes+1)*int64(cap(a.vals)) }

// Save puts the state of groups into columns.
func (a *passAcc) Save(from, to int) []*vec.Vec {
	seen := make([]int64, to-from)
	for i, s := range a.seen[from:to] {
		seen[i] = int64(s)
	}
	return []*vec.Vec{vec.OfDynamics(a.vals[from:to]), longs(seen)}
}

// Load takes what Save returned.
func (a *passAcc) Load(cols []*vec.Vec) {
	for i := range a.vals {
		a.vals[i], a.seen[i] = cols[0].Get(i), int8(cols[1].Get(i).Int64())
	}
}

// Save puts the state of groups into columns.
func (a *momentsAcc) Save(from, to int) []*vec.Vec {
	var c [3][]float64
	for _, m := range a.m[from:to] {
		c[0], c[1], c[2] = append(c[0], m.n), append(c[1], m.mean), append(c[2], m.m2)
	}
	return []*vec.Vec{vec.OfReals(c[0]), vec.OfReals(c[1]), vec.OfReals(c[2])}
}

// Load takes what Save returned.
func (a *momentsAcc) Load(cols []*vec.Vec) {
	for i := range a.m {
		a.m[i] = moments{cols[0].Get(i).Float(), cols[1].Get(i).Float(), cols[2].Get(i).Float()}
	}
}

// Pairs yields the groups and their distinct values.
func (a *distinctAcc) Pairs() iter.Seq2[[]int32, *vec.Vec] {
	return func(yield func([]int32, *vec.Vec) bool) {
		texts := make([]string, len(a.texts))
		for s, id := range a.texts {
			texts[id] = s
		}
		ints := make([]int64, len(a.ints))
		for x, id := range a.ints {
			ints[id] = x
		}
		const most = 4096
		var groups []int32
		var ss []string
		var xs []int64
		flush := func() bool {
			v := vec.OfStrings(ss)
			if len(ints) > 0 {
				v = longs(xs)
			}
			ok := len(groups) == 0 || yield(groups, v)
			groups, ss, xs = nil, nil, nil
			return ok
		}
		put := func(g, id int32) bool {
			if groups = append(groups, g); len(ints) > 0 {
				xs = append(xs, ints[id])
			} else {
				ss = append(ss, texts[id])
			}
			return len(groups) < most || flush()
		}
		for id, m := range a.masks {
			for ; m != 0; m &= m - 1 {
				if !put(int32(bits.TrailingZeros64(m)), int32(id)) {
					return
				}
			}
		}
		for k := range a.seen {
			if !put(int32(k>>32), int32(uint32(k))) {
				return
			}
		}
		flush()
	}
}

// AddPairs takes what Pairs gave.
func (a *distinctAcc) AddPairs(groups []int32, vals *vec.Vec) { a.Add(groups, []*vec.Vec{vals}) }

// AddCounts adds the counts of an accumulator of other pairs.
func (a *distinctAcc) AddCounts(o Accumulator) {
	for g, n := range o.(*distinctAcc).n {
		a.n[g] += n
	}
}

// SavedState is a State that can be put into a value.
type SavedState interface {
	State
	// Save returns a value from which Load makes the same state of a new one.
	Save() value.Value
	Load(v value.Value)
}

// Size tells about how many bytes are held.
func (p *perGroup) Size() int64 { return p.size + 96*int64(cap(p.states)) }

// Save puts the state of groups into columns.
func (p *perGroup) Save(from, to int) []*vec.Vec {
	out := make([]value.Value, to-from)
	for i, s := range p.states[from:to] {
		out[i] = s.(SavedState).Save()
	}
	return []*vec.Vec{vec.OfDynamics(out)}
}

// Load takes what Save returned.
func (p *perGroup) Load(cols []*vec.Vec) {
	for i, s := range p.states {
		s.(SavedState).Load(cols[0].Get(i))
	}
}

// Save returns the state as a value.
func (s *covState) Save() value.Value {
	return value.Array([]value.Value{value.Real(s.n), value.Real(s.mx), value.Real(s.my), value.Real(s.cross)})
}

// Load takes what Save returned.
func (s *covState) Load(v value.Value) {
	s.n, s.mx, s.my, s.cross = v.Index(0).Float(), v.Index(1).Float(), v.Index(2).Float(), v.Index(3).Float()
}

// Save returns the state as a value.
func (s *bitState) Save() value.Value { return s.Result() }

// Load takes what Save returned.
func (s *bitState) Load(v value.Value) { s.v, s.some = v.Int64(), !v.IsNull() }

// Size tells about how many bytes are held.
func (s *digestState) Size() int64 { return 64 * int64(cap(s.d.cs)) }

// Save returns the state as a value.
func (s *digestState) Save() value.Value {
	items := make([]value.Value, 0, 1+3*len(s.d.cs))
	items = append(items, value.Long(int64(s.d.t)))
	for _, c := range s.d.cs {
		items = append(items, c.v, value.Real(c.f), value.Real(c.w))
	}
	return value.Array(items)
}

// Load takes what Save returned.
func (s *digestState) Load(v value.Value) {
	items := v.Items()
	s.d.t = types.Type(items[0].Int64())
	for i := 1; i+2 < len(items); i += 3 {
		s.d.cs = append(s.d.cs, centroid{items[i], items[i+1].Float(), items[i+2].Float()})
	}
}

// Size tells about how many bytes are held.
func (s *hllState) Size() int64 {
	if s.h == nil {
		return 0
	}
	return 64 + 24*int64(len(s.h.few)) + int64(len(s.h.regs))
}

// Save returns the state as a value.
func (s *hllState) Save() value.Value {
	if s.h == nil {
		return value.Null
	}
	var few []byte
	for x := range s.h.few {
		few = binary.LittleEndian.AppendUint64(few, x)
	}
	return value.Array([]value.Value{value.Long(int64(s.h.p)), value.String(string(few)), value.String(string(s.h.regs))})
}

// Load takes what Save returned.
func (s *hllState) Load(v value.Value) {
	if v.IsNull() {
		return
	}
	s.h = newHLL(int(v.Index(0).Int64()))
	if regs := v.Index(2).Str(); regs != "" {
		s.h.regs, s.h.few = []byte(regs), nil
		return
	}
	for few := []byte(v.Index(1).Str()); len(few) >= 8; few = few[8:] {
		s.h.few[binary.LittleEndian.Uint64(few)] = struct{}{}
	}
}

// Size tells about how many bytes are held.
func (s *schemaState) Size() int64 { return s.size }

// Save returns the state as a value.
func (s *schemaState) Save() value.Value {
	if !s.some {
		return value.Null
	}
	return s.n.save()
}

// Load takes what Save returned.
func (s *schemaState) Load(v value.Value) {
	if s.some = !v.IsNull(); s.some {
		s.n.load(v, &s.size)
	}
}

func (n *schemaNode) save() value.Value {
	var scalars []string
	for s := range n.scalars {
		scalars = append(scalars, s)
	}
	slices.Sort(scalars)
	props := value.NewBag(len(n.keys))
	for _, k := range n.keys {
		props.Set(k, n.props[k].save())
	}
	items := value.Null
	if n.items != nil {
		items = n.items.save()
	}
	return value.Array([]value.Value{value.Strings(scalars), value.Bool(n.bag), value.Object(props), items})
}

func (n *schemaNode) load(v value.Value, made *int64) {
	for _, s := range v.Index(0).Items() {
		if n.scalars == nil {
			n.scalars = map[string]bool{}
		}
		n.scalars[s.Str()] = true
	}
	n.bag = v.Index(1).IsTrue()
	if b := v.Index(2).Bag(); b != nil {
		for i := range b.Len() {
			k, x := b.At(i)
			n.prop(k, made).load(x, made)
		}
	}
	if x := v.Index(3); !x.IsNull() {
		*made += nodeBytes
		n.items = &schemaNode{}
		n.items.load(x, made)
	}
}
