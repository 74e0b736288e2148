package kql

import (
	"strings"
	"testing"
)

// Names of the columns that a function of several results gives: source,
// "extend operator" and "project operator" of Microsoft's reference, and for one
// plain name the columns that Microsoft's own binder gives.
func TestColumnsOfFunctionsWithSeveralResults(t *testing.T) {
	const all = "series_stats_y_min_idx series_stats_y_max series_stats_y_max_idx series_stats_y_avg series_stats_y_stdev series_stats_y_variance"
	for query, want := range map[string]string{
		"extend (a, b) = series_stats(y)":  "y a b",
		"extend a = series_stats(y)":       "y a " + all,
		"extend series_stats(y)":           "y series_stats_y_min " + all,
		"project a = series_stats(y)":      "a " + all,
		"project (a, b) = series_stats(y)": "a b " + strings.Join(strings.Fields(all)[1:], " "),
	} {
		q, list := Compile("print y = dynamic([1, 2, 3]) | "+query, NewMemDatabase().Schema())
		if list.Err() != nil {
			t.Errorf("%s: %v", query, list)
			continue
		}
		var got []string
		for _, c := range q.Columns() {
			got = append(got, c.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", query, strings.Join(got, " "), want)
		}
	}
}
