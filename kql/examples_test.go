package kql

import (
	"testing"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// TestExamples runs the examples of all functions and aggregates through the
// whole engine.
func TestExamples(t *testing.T) {
	for _, f := range fn.Builtin().Funcs {
		for _, ex := range f.Ex {
			got, err := evalText("print x = " + ex.Expr)
			if f.Outs != nil || f.Spread != nil {
				got, err = evalText("print " + ex.Expr)
			}
			if f.Window {
				got, err = evalText("range n from 1 to 3 step 1 | extend x = " + ex.Expr + " | project x")
			}
			if err != nil {
				t.Errorf("%s: %v", ex.Expr, err)
			} else if got != ex.Want && !f.Window {
				t.Errorf("%s = %s, want %s", ex.Expr, got, ex.Want)
			}
		}
	}
	for _, a := range fn.Builtin().Aggs {
		if len(a.Ex) == 0 {
			t.Errorf("%s: no example", a.Name)
		}
		for _, ex := range a.Ex {
			got, err := evalText(ex.Table + " | summarize r = " + ex.Expr)
			if err != nil {
				t.Errorf("%s: %v", ex.Expr, err)
			} else if got != ex.Want {
				t.Errorf("%s | %s = %s, want %s", ex.Table, ex.Expr, got, ex.Want)
			}
		}
	}
}

// evalText returns the first row of a query's answer as examples give it: a cell, or
// an array of several.
func evalText(q string) (string, error) {
	cols, b, err := answer(q)
	if err != nil {
		return "", err
	}
	if b.Rows == 0 {
		return "no row", nil
	}
	if len(cols) > 1 {
		cells := make([]value.Value, len(cols))
		for i, c := range b.Cols {
			cells[i] = c.Get(0)
		}
		return fn.ExampleText(types.Dynamic, value.Array(cells)), nil
	}
	return fn.ExampleText(cols[0].Type, b.Cols[0].Get(0)), nil
}
