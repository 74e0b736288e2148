package diag

import "strings"

// Nearest returns the candidate that a misspelled word most likely means, or ""
// where none is near: one that differs in at most a third of the word's bytes
// and one more, whatever the case. Of equals the first wins.
func Nearest(word string, candidates []string) string {
	low := strings.ToLower(word)
	best, limit := "", len(word)/3+1
	for _, c := range candidates {
		if c == word {
			continue
		}
		if d := Distance(low, strings.ToLower(c), limit); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// Distance is the number of bytes that are put in, taken out or changed between
// two words (Levenshtein's), or limit+1 where it is more or a word is very long.
func Distance(a, b string, limit int) int {
	if limit < 0 || len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 256 {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
			least = min(least, row[j+1])
		}
		if least > limit {
			return limit + 1
		}
	}
	return min(row[len(b)], limit+1)
}
