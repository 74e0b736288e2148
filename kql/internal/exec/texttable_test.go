package exec

import (
	"fmt"
	"testing"
)

// TestTextTable compares the table with a map, with many rows of a text and few.
func TestTextTable(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000} {
		for _, distinct := range []int{1, 7, 2000} {
			keys := make([]string, n)
			for i := range keys {
				keys[i] = fmt.Sprint("k", i*i%distinct)
			}
			table, first := newTextTable(keys), map[string]int32{}
			for i := n - 1; i >= 0; i-- {
				before, ok := first[keys[i]]
				if !ok {
					before = -1
				}
				if got := table.put(i); got != before {
					t.Fatalf("%d of %d: before row %d comes %d, want %d", n, distinct, i, got, before)
				}
				first[keys[i]] = int32(i)
			}
			texts := []string{"", "k", "absent"}
			for i := range distinct {
				texts = append(texts, fmt.Sprint("k", i))
			}
			all := table.findAll(nil, texts)
			for i, s := range texts {
				want, ok := first[s]
				if !ok {
					want = -1
				}
				if all[i] != want || table.find(s) != want {
					t.Fatalf("%d of %d: %q is at %d and %d, want %d", n, distinct, s, all[i], table.find(s), want)
				}
			}
		}
	}
}
