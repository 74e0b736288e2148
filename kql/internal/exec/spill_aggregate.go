package exec

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/spill"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// putAway holds the groups of an aggregation that do not fit into memory: their
// keys, where they were met first and the states of their aggregates, by the
// hash of the key. At the end it reads partition by partition and merges what
// belongs to one group. It is safe for concurrent use while groups are put away.
type putAway struct {
	r      *run
	what   string    // for errors
	like   *grouping // for making others
	hashed int       // keys that say in which partition a group is: the first ones
	widths []int     // columns of each aggregate's state, -1 for one of pairs

	mu    sync.Mutex
	level level
	some  bool
}

// level are the partitions at one level: of the groups' states, and of the
// pairs of each aggregate that has pairs.
type level struct {
	number int
	states *spill.Parts
	pairs  []*spill.Parts
}

// newPutAway returns nil where an aggregate's state cannot be put away.
func (r *run) newPutAway(what string, like *grouping, hashed int) *putAway {
	p := &putAway{r: r, what: what, like: like, hashed: hashed}
	for _, acc := range like.a.accs {
		switch acc := acc.(type) {
		case fn.Pairer:
			p.widths = append(p.widths, -1)
		case fn.Saver:
			p.widths = append(p.widths, len(acc.Save(0, 0)))
		default:
			return nil
		}
	}
	p.level = p.newLevel(0)
	return p
}

func (p *putAway) newLevel(number int) level {
	l := level{number: number, states: p.r.parts(spill.Fan), pairs: make([]*spill.Parts, len(p.widths))}
	for i, w := range p.widths {
		if w < 0 {
			l.pairs[i] = p.r.parts(spill.Fan)
		}
	}
	return l
}

func (l *level) all() []*spill.Parts {
	out := []*spill.Parts{l.states}
	for _, p := range l.pairs {
		if p != nil {
			out = append(out, p)
		}
	}
	return out
}

func (l *level) done() error {
	for _, p := range l.all() {
		if err := p.Done(); err != nil {
			return spillError(err)
		}
	}
	return nil
}

func (l *level) close() error {
	for _, p := range l.all() {
		if err := p.Close(); err != nil {
			return err
		}
	}
	return nil
}

// splits tells whether even one group may be put away to some use: its pairs
// need not be in memory together.
func (p *putAway) splits() bool { return slices.Contains(p.widths, -1) }

func (p *putAway) oneGroup() error {
	return fmt.Errorf("%w: one group of %s needs more than all of it", ErrMemory, p.what)
}

func (p *putAway) used() bool { return p != nil && p.some }

// put puts away all groups of a worker, which begins anew.
func (p *putAway) put(g *grouping) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.some = true
	return p.putTo(p.level, g)
}

// saved is how many groups are put into columns at a time.
const saved = 2048

func (p *putAway) putTo(to level, g *grouping) error {
	keys := g.g.keys()
	n := g.g.n
	for _, acc := range g.a.accs {
		acc.Grow(n)
	}
	places := g.g.places
	if len(keys) == 0 {
		places = []int64{0}
	}
	for from := 0; from < n; from += saved {
		end := min(from+saved, n)
		cols := make([]*vec.Vec, 0, len(keys)+1+len(p.widths))
		for _, k := range keys {
			cols = append(cols, k.Slice(from, end))
		}
		hashes := spill.Hashes(nil, cols[:p.hashed], end-from)
		cols = append(cols, vec.OfInts(types.Long, places[from:end]))
		for i, acc := range g.a.accs {
			if p.widths[i] >= 0 {
				cols = append(cols, acc.(fn.Saver).Save(from, end)...)
			}
		}
		if err := addSplit(to.states, to.number, hashes, vec.NewBatch(cols, end-from)); err != nil {
			return err
		}
	}
	for i, acc := range g.a.accs {
		if p.widths[i] >= 0 {
			continue
		}
		for ids, vals := range acc.(fn.Pairer).Pairs() {
			cols := make([]*vec.Vec, 0, len(keys)+1)
			for _, k := range keys {
				cols = append(cols, k.Gather(ids))
			}
			hashes := spill.Hashes(nil, cols[:p.hashed], len(ids))
			if err := addSplit(to.pairs[i], to.number, hashes, vec.NewBatch(append(cols, vals), len(ids))); err != nil {
				return err
			}
		}
	}
	return g.reset()
}

// addSplit puts each row of a batch into its partition.
func addSplit(to *spill.Parts, level int, hashes []uint64, b *vec.Batch) error {
	for part, idx := range spill.Split(hashes, level) {
		if len(idx) == 0 {
			continue
		}
		if err := to.Add(part, pick(b, idx)); err != nil {
			return spillError(err)
		}
	}
	return nil
}

// reset makes a grouping empty.
func (g *grouping) reset() error {
	for i, c := range g.a.calls {
		g.a.accs[i] = c.Ref.New(g.a.specs[i])
	}
	g.g = newGroups(g.ts)
	g.l.free()
	return nil
}

func (p *putAway) newGrouping() (*grouping, error) {
	return p.r.worker().newGrouping(p.like.a.calls, p.like.keys, p.like.ts)
}

// finish puts away what the workers still hold and returns all groups in the
// order in which they were met first.
func (p *putAway) finish(cols []plan.Column, workers []*grouping) (stream, error) {
	for _, g := range workers {
		if err := p.put(g); err != nil {
			return nil, err
		}
	}
	out := p.r.newRuns(cols, []runKey{{col: len(cols)}}, -1)
	err := p.groups(p.level, func(g *grouping) error {
		places := g.g.places
		if len(g.ts) == 0 {
			places = []int64{0}
		}
		b := vec.NewBatch(append(g.g.keys(), append(g.a.finish(g.g.n), vec.OfInts(types.Long, places))...), g.g.n)
		return out.add(b.Gather(byPlace(places)))
	})
	if err != nil {
		return nil, err
	}
	return out.rows()
}

// groups merges the groups of each partition of a level and hands them to each.
func (p *putAway) groups(l level, each func(*grouping) error) error {
	if err := l.done(); err != nil {
		return err
	}
	for part := range spill.Fan {
		if l.states.Rows(part) == 0 {
			continue
		}
		if err := p.partition(l, part, each); err != nil {
			return err
		}
	}
	return l.close()
}

func (p *putAway) partition(l level, part int, each func(*grouping) error) error {
	g, err := p.newGrouping()
	if err != nil {
		return err
	}
	defer g.l.free()
	var sub *level
	next := l.states.Read(part)
	for {
		if err := p.r.check(); err != nil {
			return err
		}
		b, err := next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		p.restore(g, b)
		ok := g.l.set(g.size())
		if ok && !g.l.full(groupCopies) {
			continue
		}
		if g.g.n == 1 || l.number+1 == spill.Levels {
			if ok || g.l.n <= leastHeld {
				continue // it fits as it is
			}
			return p.oneGroup()
		}
		if !g.l.full(groupCopies) {
			continue // others hold what is missing
		}
		if sub == nil {
			x := p.newLevel(l.number + 1)
			sub = &x
		}
		if err := p.putTo(*sub, g); err != nil {
			return err
		}
	}
	if sub != nil {
		if err := p.putTo(*sub, g); err != nil {
			return err
		}
		if err := p.splitPairs(l, part, *sub); err != nil {
			return err
		}
		return p.groups(*sub, each)
	}
	for i, pairs := range l.pairs {
		if pairs == nil {
			continue
		}
		g.a.accs[i].Grow(g.g.n)
		if err := p.countPairs(g, i, pairs.Read(part), l.number); err != nil {
			return err
		}
	}
	return each(g)
}

func byPlace(places []int64) []int32 {
	idx := make([]int32, len(places))
	for i := range idx {
		idx[i] = int32(i)
	}
	slices.SortFunc(idx, func(a, b int32) int {
		switch {
		case places[a] < places[b]:
			return -1
		case places[a] > places[b]:
			return 1
		}
		return 0
	})
	return idx
}

// restore merges groups that were put away into g.
func (p *putAway) restore(g *grouping, b *vec.Batch) {
	k := len(p.like.ts)
	g.g.place = math.MaxInt64 / 2
	ids := g.g.number(b.Cols[:k], b.Rows)
	if k == 0 {
		g.g.n = 1
		ids = make([]int32, b.Rows)
	} else {
		places := b.Cols[k]
		for i, id := range ids {
			g.g.places[id] = min(g.g.places[id], places.Ints[places.At(i)])
		}
	}
	at := k + 1
	for i, acc := range g.a.accs {
		acc.Grow(g.g.n)
		w := p.widths[i]
		if w < 0 {
			continue
		}
		tmp := g.a.calls[i].Ref.New(g.a.specs[i])
		tmp.Grow(b.Rows)
		tmp.(fn.Saver).Load(b.Cols[at : at+w])
		acc.Merge(tmp, ids)
		at += w
	}
}

// splitPairs puts the pairs of a partition into those of the next level.
func (p *putAway) splitPairs(l level, part int, sub level) error {
	for i, pairs := range l.pairs {
		if pairs == nil {
			continue
		}
		next := pairs.Read(part)
		for {
			b, err := next()
			if err != nil {
				return err
			}
			if b == nil {
				break
			}
			hashes := spill.Hashes(nil, b.Cols[:p.hashed], b.Rows)
			if err := addSplit(sub.pairs[i], sub.number, hashes, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// countPairs counts the pairs of aggregate i: those that do not fit into memory
// are split by the hash of the value as well, since a pair is in one part only.
func (p *putAway) countPairs(g *grouping, i int, next func() (*vec.Batch, error), number int) error {
	l := p.r.lease()
	defer l.free()
	acc := g.a.calls[i].Ref.New(g.a.specs[i])
	acc.Grow(g.g.n)
	k := len(p.like.ts)
	var parts *spill.Parts
	split := func(b *vec.Batch) error {
		if parts == nil {
			parts = p.r.parts(spill.Fan)
		}
		return addSplit(parts, number, spill.Hashes(nil, b.Cols, b.Rows), b)
	}
	for {
		if err := p.r.check(); err != nil {
			return err
		}
		b, err := next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if parts != nil {
			if err := split(b); err != nil {
				return err
			}
			continue
		}
		ids := make([]int32, b.Rows)
		if k > 0 {
			ids = g.g.number(b.Cols[:k], b.Rows)
		}
		acc.(fn.Pairer).AddPairs(ids, b.Cols[k])
		ok := l.set(acc.(fn.Sized).Size())
		if ok && !l.full(groupCopies) {
			continue
		}
		if number+1 >= spill.Levels {
			if ok {
				continue
			}
			return ErrMemory
		}
		if err := p.splitHeld(g, acc, split); err != nil {
			return err
		}
		acc = g.a.calls[i].Ref.New(g.a.specs[i])
		l.free()
	}
	if parts == nil {
		acc.Grow(g.g.n)
		g.a.accs[i].(fn.Pairer).AddCounts(acc)
		return nil
	}
	acc = nil
	l.free()
	if err := parts.Done(); err != nil {
		return spillError(err)
	}
	for part := range spill.Fan {
		if err := p.countPairs(g, i, parts.Read(part), number+1); err != nil {
			return err
		}
	}
	return parts.Close()
}

// splitHeld hands the pairs that acc holds to split, with their groups' keys.
func (p *putAway) splitHeld(g *grouping, acc fn.Accumulator, split func(*vec.Batch) error) error {
	keys := g.g.keys()
	for ids, vals := range acc.(fn.Pairer).Pairs() {
		cols := make([]*vec.Vec, 0, len(keys)+1)
		for _, key := range keys {
			cols = append(cols, key.Gather(ids))
		}
		if err := split(vec.NewBatch(append(cols, vals), len(ids))); err != nil {
			return err
		}
	}
	return nil
}
