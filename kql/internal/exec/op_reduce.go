package exec

import (
	"sort"
	"strings"
	"unicode"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// reduce groups texts that share most of their words: words that differ
// within a group become *.
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
		type cluster struct {
			words []string
			count int64
			first string
		}
		buckets := map[int][]*cluster{}
		var all []*cluster
		of := make([]*cluster, b.Rows)
		for i := range b.Rows {
			s := v.Strs[v.At(i)]
			words := reduceWords(s, n.Chars)
			var best *cluster
			for _, c := range buckets[len(words)] {
				if similar(c.words, words, n.Threshold) {
					best = c
					break
				}
			}
			if best == nil {
				best = &cluster{words: words, first: s}
				buckets[len(words)] = append(buckets[len(words)], best)
				all = append(all, best)
			} else {
				for k := range words {
					if best.words[k] != words[k] {
						best.words[k] = "*"
					}
				}
			}
			best.count++
			of[i] = best
			if i%r.size == 0 {
				if err := r.check(); err != nil {
					return nil, err
				}
			}
		}
		if n.Source {
			pats := make([]string, b.Rows)
			for i, c := range of {
				pats[i] = strings.Join(c.words, "")
			}
			return vec.NewBatch(append(append([]*vec.Vec{}, b.Cols...), vec.OfStrings(pats)), b.Rows), nil
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].count > all[j].count })
		pats, reps, counts := make([]string, len(all)), make([]string, len(all)), make([]int64, len(all))
		for i, c := range all {
			pats[i], reps[i], counts[i] = strings.Join(c.words, ""), c.first, c.count
		}
		return vec.NewBatch([]*vec.Vec{vec.OfStrings(pats), vec.OfInts(types.Long, counts), vec.OfStrings(reps)}, len(all)), nil
	}), nil
}

// reduceWords splits a text into words and the separators between them.
func reduceWords(s, chars string) []string {
	var out []string
	start, word := 0, false
	for i, c := range s {
		w := unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune(chars, c)
		if i > start && (w != word || !w) {
			out = append(out, s[start:i])
			start = i
		}
		word = w
	}
	return append(out, s[start:])
}

// similar tells whether so few words differ that two texts are of one pattern.
func similar(a, b []string, threshold float64) bool {
	words, same := 0, 0
	for i := range a {
		if a[i] == "" || !unicode.IsLetter([]rune(a[i])[0]) && !unicode.IsDigit([]rune(a[i])[0]) && a[i] != "*" {
			if a[i] != b[i] {
				return false
			}
			continue
		}
		words++
		if a[i] == b[i] || a[i] == "*" {
			same++
		}
	}
	return words == 0 || float64(same) >= threshold*float64(words) && same > 0
}
