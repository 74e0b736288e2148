package kql

import (
	"slices"
	"strconv"
	"strings"
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

// TestExamplesOverColumns runs the examples of the scalar functions with their
// arguments in columns: the answers must be those over constants.
func TestExamplesOverColumns(t *testing.T) {
	ran := 0
	for _, f := range fn.Builtin().Funcs {
		if f.Window || f.Special || f.Outs != nil || f.Spread != nil {
			continue
		}
		for _, ex := range f.Ex {
			name, args, ok := callOf(ex.Expr)
			if !ok || len(args) == 0 {
				continue
			}
			call, columns := slices.Clone(args), []string{}
			query := func() string {
				return "range i from 1 to 3 step 1 | extend " + strings.Join(columns, ", ") + " | project x = " + name + "(" + strings.Join(call, ", ") + ")"
			}
			for k, a := range args {
				call[k] = "a" + strconv.Itoa(k)
				columns = append(columns, call[k]+" = iff(i > 0, "+a+", "+a+")")
				// Arguments that must be constants stay in the call.
				if _, list := Compile(query(), NewMemDatabase().Schema()); list.HasErrors() {
					call[k], columns = a, columns[:len(columns)-1]
				}
			}
			if len(columns) == 0 {
				continue
			}
			cols, b, err := answer(query())
			if err != nil {
				t.Errorf("%s: %v", query(), err)
				continue
			}
			ran++
			for row := range b.Rows {
				if got := fn.ExampleText(cols[0].Type, b.Cols[0].Get(row)); got != ex.Want {
					t.Errorf("%s: row %d of %s is %s, want %s", ex.Expr, row, query(), got, ex.Want)
					break
				}
			}
		}
	}
	t.Logf("%d examples", ran)
}

// callOf splits a call of a function into its name and the texts of its
// arguments.
func callOf(expr string) (name string, args []string, ok bool) {
	name, rest, ok := strings.Cut(expr, "(")
	if !ok || !strings.HasSuffix(rest, ")") || strings.ContainsAny(name, " \"") {
		return "", nil, false
	}
	depth, quote, start := 0, byte(0), 0
	rest = rest[:len(rest)-1]
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			} else if c == '\\' && (i == 0 || !strings.Contains(rest[start:i], "@")) {
				i++
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth--; depth < 0 {
				return "", nil, false
			}
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(rest[start:i]))
			start = i + 1
		}
	}
	if last := strings.TrimSpace(rest[start:]); last != "" {
		args = append(args, last)
	}
	return name, args, true
}
