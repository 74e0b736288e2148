package exec

import (
	"cmp"
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// groups numbers the distinct combinations of key columns in the order in
// which they are first seen.
type groups struct {
	n      int
	bytes  map[string]int32
	ints   map[int64]int32
	null   int32 // number of the null group of a single integer key, -1 none
	firsts []*vec.Builder
	buf    []byte
	place  int64   // of the rows that are numbered now
	places []int64 // where each group was met first
	text   int64   // bytes of keys that are texts
	mixed  bool    // groups of several workers: their numbers are in no order
}

func newGroups(ts []types.Type) *groups {
	g := &groups{null: -1}
	for _, t := range ts {
		g.firsts = append(g.firsts, vec.NewBuilder(t, 16))
	}
	if len(ts) == 1 && intKey(ts[0]) {
		g.ints = map[int64]int32{}
	} else {
		g.bytes = map[string]int32{}
	}
	return g
}

func intKey(t types.Type) bool {
	return t == types.Int || t == types.Long || t == types.DateTime || t == types.TimeSpan
}

func (g *groups) add(cols []*vec.Vec, i int) int32 {
	id := int32(g.n)
	g.n++
	g.places = append(g.places, g.place+int64(i))
	for k, c := range cols {
		if c.Type == types.String {
			s := c.Strs[c.At(i)]
			g.firsts[k].AppendString(strings.Clone(s)) // it is part of a batch
			g.text += int64(len(s))
			continue
		}
		g.firsts[k].AppendFrom(c, i)
	}
	return id
}

// number returns the group of each of n rows.
func (g *groups) number(cols []*vec.Vec, n int) []int32 {
	out := make([]int32, n)
	switch {
	case len(cols) == 0:
		if g.n == 0 {
			g.n = 1
		}
	case g.ints != nil:
		c := cols[0]
		for i := range out {
			if c.IsNull(i) {
				if g.null < 0 {
					g.null = g.add(cols, i)
				}
				out[i] = g.null
				continue
			}
			k := c.Ints[c.At(i)]
			id, ok := g.ints[k]
			if !ok {
				id = g.add(cols, i)
				g.ints[k] = id
			}
			out[i] = id
		}
	case len(cols) == 1 && cols[0].Type == types.String:
		c := cols[0]
		for i := range out {
			s := c.Strs[c.At(i)]
			if i > 0 && s == c.Strs[c.At(i-1)] { // often the same as before
				out[i] = out[i-1]
				continue
			}
			id, ok := g.bytes[s]
			if !ok {
				id = g.add(cols, i)
				g.bytes[strings.Clone(s)] = id
				g.text += int64(len(s))
			}
			out[i] = id
		}
	default:
		for i := range out {
			g.buf = g.buf[:0]
			for _, c := range cols {
				g.buf = vec.AppendKey(g.buf, c, i)
			}
			id, ok := g.bytes[string(g.buf)]
			if !ok {
				id = g.add(cols, i)
				g.bytes[string(g.buf)] = id
				g.text += int64(len(g.buf))
			}
			out[i] = id
		}
	}
	return out
}

// size is about how many bytes the groups take: an entry of a map each, its
// place, and its key.
func (g *groups) size() int64 {
	each := int64(56)
	if g.ints != nil {
		each = 48
	}
	for _, b := range g.firsts {
		each += b.Width()
	}
	return g.text + each*int64(g.n)
}

// merge adds the groups of o and returns their numbers among these.
func (g *groups) merge(o *groups) []int32 {
	keys := o.keys()
	g.place = 0
	before := g.n
	into := g.number(keys, o.n)
	for i, at := range into {
		switch {
		case len(o.places) <= i: // the one group without keys
		case int(at) >= before:
			g.places[at] = o.places[i]
		default:
			g.places[at] = min(g.places[at], o.places[i])
		}
	}
	g.mixed = true
	return into
}

// order returns the groups' numbers in the order in which they were met first,
// nil where they are in it.
func (g *groups) order() []int32 {
	if !g.mixed || len(g.places) < 2 {
		return nil
	}
	out := make([]int32, g.n)
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(g.places[a], g.places[b]) })
	return out
}

// keys returns the key columns, a row per group.
func (g *groups) keys() []*vec.Vec {
	out := make([]*vec.Vec, len(g.firsts))
	for i, b := range g.firsts {
		out[i] = b.Finish()
	}
	return out
}
