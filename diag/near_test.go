package diag

import "testing"

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		word string
		list []string
		want string
	}{
		{"ResultTyp", []string{"UserId", "ResultType", "resulttypes"}, "ResultType"},
		{"RESULTTYPE", []string{"ResultType"}, "ResultType"},
		{"jsn", []string{"table", "json", "jsonl"}, "json"},
		{"same", []string{"same", "sane"}, "sane"},
		{"ab", []string{"ac", "ad"}, "ac"},
		{"far", []string{"distance", ""}, ""},
		{"", []string{"a"}, "a"},
		{"x", nil, ""},
	} {
		if got := Nearest(c.word, c.list); got != c.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", c.word, c.list, got, c.want)
		}
	}
}

func TestDistanceIsSymmetricAndStopsAtItsLimit(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 3, 0}, {"kitten", "sitting", 5, 3}, {"kitten", "sitting", 3, 3}, {"kitten", "sitting", 2, 3}, {"abc", "", 3, 3}, {"abc", "", 2, 3}, {"a", "a", 0, 0}, {"a", "b", 0, 1}, {"a", "a", -1, 0},
	} {
		for _, p := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := Distance(p[0], p[1], c.limit); got != c.want {
				t.Errorf("Distance(%q, %q, %d) = %d, want %d", p[0], p[1], c.limit, got, c.want)
			}
		}
	}
}
