package kql

import (
	"strings"
	"testing"
)

// TestSpecOperators runs queries of the documentation's pages about operators,
// and what those pages say of the edges: query, columns, rows.
func TestSpecOperators(t *testing.T) {
	for _, c := range specLines(t, "testdata/spec/operators.tsv") {
		want, rows, _ := strings.Cut(c[1], "\t")
		cols, b, err := answer(c[0])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		var got []string
		for _, col := range cols {
			got = append(got, col.Name+":"+col.Type.String())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: columns\n got %s\nwant %s", c[0], s, want)
		}
		if s := strings.Join(jsonRows(b), " "); s != rows {
			t.Errorf("%s: rows\n got %s\nwant %s", c[0], s, rows)
		}
	}
}

// TestOperatorsPivotTakesAnAggregate: its second argument is no column
// (https://learn.microsoft.com/kusto/query/pivot-plugin).
func TestOperatorsPivotTakesAnAggregate(t *testing.T) {
	_, _, err := answer(`print s = "a", x = 1 | evaluate pivot(s, x)`)
	if err == nil || !strings.Contains(err.Error(), "must be an aggregate") {
		t.Errorf("got %v", err)
	}
}
