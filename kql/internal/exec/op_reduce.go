package exec

import (
	"sort"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// othersPattern stands for the rows that no pattern covers.
const othersPattern = "others"

// reduce groups texts by the terms that many of them have in the same place,
// as in R. Vaarandi's SLCT, on which Kusto's reduce is based: terms that more
// than a share of the rows have make the pattern, runs of others become *, and
// patterns of no more than that share of the rows are counted together. A term
// of digits alone is never part of a pattern
// (https://learn.microsoft.com/kusto/query/reduce-operator).
func (r *run) reduce(n *plan.Reduce) (stream, error) {
	by, err := r.prepare(n.By)
	if err != nil {
		return nil, err
	}
	return r.single(func(l *lease) (*vec.Batch, error) {
		b, err := r.all(n.Input, l)
		if err != nil {
			return nil, err
		}
		v, err := r.eval(by, b)
		if err != nil {
			return nil, err
		}
		x := reducer{chars: n.Chars, least: n.Threshold * float64(b.Rows), seen: map[reduceTerm]int{}}
		for i := range b.Rows {
			x.count(v.Strs[v.At(i)])
			if i%64 == 0 { // each row is compared with every pattern of its length
				if err := r.check(); err != nil {
					return nil, err
				}
			}
		}
		groups := map[string]*reduceGroup{}
		var all []*reduceGroup
		of := make([]*reduceGroup, b.Rows)
		for i := range b.Rows {
			s := v.Strs[v.At(i)]
			pattern := x.pattern(s)
			g := groups[pattern]
			if g == nil {
				g = &reduceGroup{pattern: pattern, first: s}
				groups[pattern] = g
				all = append(all, g)
			}
			g.count++
			of[i] = g
			if i%64 == 0 { // each row is compared with every pattern of its length
				if err := r.check(); err != nil {
					return nil, err
				}
			}
		}
		others := &reduceGroup{pattern: othersPattern}
		var kept []*reduceGroup
		for _, g := range all {
			if g.pattern == "" || float64(g.count) <= x.least {
				others.count += g.count
				g.pattern = othersPattern
				continue
			}
			kept = append(kept, g)
		}
		if n.Source {
			patterns := make([]string, b.Rows)
			for i, g := range of {
				patterns[i] = g.pattern
			}
			return vec.NewBatch(append(append([]*vec.Vec{}, b.Cols...), vec.OfStrings(patterns)), b.Rows), nil
		}
		sort.SliceStable(kept, func(i, j int) bool { return kept[i].count > kept[j].count })
		if others.count > 0 {
			kept = append(kept, others)
		}
		patterns, firsts, counts := make([]string, len(kept)), make([]string, len(kept)), make([]int64, len(kept))
		for i, g := range kept {
			patterns[i], firsts[i], counts[i] = g.pattern, g.first, g.count
		}
		return vec.NewBatch([]*vec.Vec{vec.OfStrings(patterns), vec.OfInts(types.Long, counts), vec.OfStrings(firsts)}, len(kept)), nil
	}), nil
}

// reduceGroup is a pattern, how many rows have it, and the first of them.
type reduceGroup struct {
	pattern, first string
	count          int64
}

// reduceTerm is a term and its place in a text.
type reduceTerm struct {
	place int
	text  string
}

type reducer struct {
	chars string  // that part terms; by default all but ASCII letters and digits
	least float64 // a term or a pattern must occur more often
	seen  map[reduceTerm]int
}

func (x *reducer) parts(c rune) bool {
	if x.chars != "" {
		return strings.ContainsRune(x.chars, c)
	}
	return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// terms calls each for every term of a text, with where it begins and ends.
func (x *reducer) terms(s string, each func(place, from, to int)) {
	place, from := 0, -1
	for i, c := range s {
		switch parts := x.parts(c); {
		case !parts && from < 0:
			from = i
		case parts && from >= 0:
			each(place, from, i)
			place++
			from = -1
		}
	}
	if from >= 0 {
		each(place, from, len(s))
	}
}

func (x *reducer) count(s string) {
	x.terms(s, func(place, from, to int) {
		if t := s[from:to]; strings.Trim(t, "0123456789") != "" {
			x.seen[reduceTerm{place, t}]++
		}
	})
}

// pattern writes a text with * for its terms that are not frequent; it is empty
// where none is. Characters given to part terms go with the *.
func (x *reducer) pattern(s string) string {
	var b strings.Builder
	end, wild, any := 0, false, false
	x.terms(s, func(place, from, to int) {
		gap := s[end:from]
		end = to
		if float64(x.seen[reduceTerm{place, s[from:to]}]) > x.least {
			if !wild || x.chars == "" {
				b.WriteString(gap)
			}
			b.WriteString(s[from:to])
			wild, any = false, true
			return
		}
		if wild {
			return
		}
		if x.chars == "" {
			b.WriteString(gap)
		}
		b.WriteByte('*')
		wild = true
	})
	if !any {
		return ""
	}
	if !wild {
		b.WriteString(s[end:])
	}
	return b.String()
}
