package kql

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// TestConformanceSeries computes the series in recorded answers again whose
// input is random or hangs on the time: the input is in the answer.
func TestConformanceSeries(t *testing.T) {
	call := map[string]string{
		"series-decompose-anomalies-function-00": "extend series_decompose_anomalies(y)",
		"series-decompose-function-00":           "extend series_decompose(y)",
		"series-decompose-function-01":           "extend series_decompose(y)",
		"series-fir-function-00":                 "extend 5h_MovingAvg=series_fir(val, dynamic([1,1,1,1,1])), 5h_MovingAvg_centered=series_fir(val, dynamic([1,1,1,1,1]), true, true)",
		"series-fir-function-01":                 "extend diff=series_fir(value, dynamic([1,-1]), false, false)",
		"series-fit-2lines-dynamic-function-00":  "extend LineFit=series_fit_line_dynamic(y).line_fit, LineFit2=series_fit_2lines_dynamic(y).line_fit",
		"series-fit-line-function-00":            "extend (RSquare, Slope, Variance, RVariance, Interception, LineFit)=series_fit_line(y)",
		"series-fit-poly-function-00":            "extend series_fit_poly(y, x, 5) | project-rename fy=series_fit_poly_y_poly_fit",
	}
	ok, all := 0, 0
	for _, r := range readLines[recorded](t, "kql/kusto-docs-results.jsonl.gz") {
		op, listed := call[r.ID]
		if !listed {
			continue
		}
		all++
		var cols []struct{ Name string }
		var rows [][]json.RawMessage
		if json.Unmarshal(r.Columns, &cols) != nil || json.Unmarshal(r.Rows, &rows) != nil {
			t.Fatal("unreadable case")
		}
		q := "print "
		want := map[string]json.RawMessage{}
		for i, c := range cols {
			switch want[c.Name] = rows[0][i]; c.Name {
			case "x", "y", "val", "value":
				q += c.Name + " = dynamic(" + string(rows[0][i]) + "), "
			}
		}
		got, b, err := answer(strings.TrimSuffix(q, ", ") + " | " + op)
		if err != nil {
			t.Errorf("%s: %v", r.ID, err)
			continue
		}
		good := true
		for i, c := range got {
			if w, in := want[c.Name]; in {
				if g := docsCell(c.Type, b.Cols[i].Get(0)); !closeJSON(g, string(w)) {
					t.Errorf("%s: %s = %.200s\nwant %.200s", r.ID, c.Name, g, w)
					good = false
				}
			}
		}
		if good {
			ok++
		}
	}
	t.Logf("conformance: kql series %d of %d", ok, all)
}

// closeJSON tells whether two numbers or arrays of them agree to 1e-8.
func closeJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return closeValue(x, y)
}

func closeValue(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-8*max(1, math.Abs(x))
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !closeValue(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}
