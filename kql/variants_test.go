package kql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// awkward are literals of each type that functions and operators stumble over.
var awkward = map[string][]string{
	"bool":     {"true", "false", "bool(null)"},
	"int":      {"int(1)", "int(-7)", "int(0)", "int(null)", "int(2147483647)"},
	"long":     {"1", "2", "-3", "0", "long(null)", "9223372036854775807", "64"},
	"real":     {"1.5", "-2.0", "0.0", "real(null)", "real(nan)", "real(+inf)", "1e300", "0.3"},
	"decimal":  {"decimal(1.5)", "decimal(-2)", "decimal(0)", "decimal(null)"},
	"string":   {`"a"`, `""`, `"Ab é😀 b"`, `"1.2.3.4"`, `"::1"`, `"12"`, `"{\"a\":[1,2]}"`, `"$.a"`, `"day"`, `"a=1&b=2"`, `"2020-01-31"`, `"(b)"`},
	"datetime": {"datetime(2020-02-29 12:30)", "datetime(null)", "datetime(0001-01-01)", "datetime(9999-12-31 23:59:59.9999999)"},
	"timespan": {"1h", "timespan(null)", "-3d", "0h", "1tick"},
	"guid":     {"guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"},
	"dynamic":  {"dynamic(null)", "dynamic([1,2,3])", `dynamic(["a","b"])`, "dynamic([])", `dynamic({"a":1,"b":[2]})`, "dynamic({})", `dynamic("x")`, "dynamic(5)", "dynamic([1.5,null,true])", `dynamic({"type":"Point","coordinates":[1,2]})`},
}

// TestVariants gives functions and operators awkward arguments as constants, as
// columns and as both, which must not matter.
func TestVariants(t *testing.T) {
	names := []string{"bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}
	r := rand.New(rand.NewPCG(3, 4))
	ran := 0
	type answered struct {
		text string
		err  error
	}
	known := map[string]answered{}
	constant := func(call string) answered {
		a, ok := known[call]
		if !ok {
			out, err := texts("print x = " + call)
			if a.err = err; err == nil {
				a.text = out[0]
			}
			known[call] = a
		}
		return a
	}
	check := func(call func(args []string) string, ts []string) {
		const rows = 4
		cols, cells := make([]string, len(ts)), make([][]string, rows)
		for k := range ts {
			cols[k] = "a" + fmt.Sprint(k)
		}
		for i := range cells {
			for _, name := range ts {
				cells[i] = append(cells[i], awkward[name][r.IntN(len(awkward[name]))])
			}
		}
		var declared, values []string
		for k, name := range ts {
			declared = append(declared, cols[k]+":"+name)
		}
		for _, c := range cells {
			values = append(values, c...)
		}
		table := "datatable(" + strings.Join(declared, ", ") + ")[" + strings.Join(values, ", ") + "] | "
		if _, list := Compile("print x = "+call(cells[0]), NewMemDatabase().Schema()); list.HasErrors() {
			return
		}
		ran++
		// Every set of the arguments comes from columns, the others are those
		// of one row.
		for mask := range 1 << len(ts) {
			for i, c := range cells {
				if mask == 1<<len(ts)-1 && i > 0 {
					break
				}
				args := slices.Clone(c)
				for k := range args {
					if mask>>k&1 == 1 {
						args[k] = cols[k]
					}
				}
				query := table + "project x = " + call(args)
				if _, list := Compile(query, NewMemDatabase().Schema()); list.HasErrors() {
					break // it takes constants only
				}
				got, err := texts(query)
				for row := range cells {
					fixed := slices.Clone(c)
					for k := range fixed {
						if mask>>k&1 == 1 {
							fixed[k] = cells[row][k]
						}
					}
					want := constant(call(fixed))
					switch {
					case err != nil: // of some row
					case want.err != nil:
						t.Errorf("%s: no error, and %v for print %s", query, want.err, call(fixed))
						return
					case got[row] != want.text:
						t.Errorf("%s: row %d is %s, and print %s is %s", query, row, got[row], call(fixed), want.text)
						return
					}
				}
			}
		}
	}
	for _, f := range fn.Builtin().Funcs {
		if f.Window || f.Special || f.Volatile || f.Outs != nil || f.Spread != nil || f.AllColumns || f.Name == "repeat" || f.Name == "range" {
			continue
		}
		call := func(args []string) string { return f.Name + "(" + strings.Join(args, ", ") + ")" }
		clear(known)
		some := func() string { return names[r.IntN(len(names))] }
		for _, a := range names {
			check(call, []string{a})
		}
		for range 10 {
			check(call, []string{some(), some()})
			check(call, []string{some(), some(), some()})
		}
	}
	for op := range strings.FieldsSeq("+ - * / % == != < <= > >= =~ !~ has !has has_cs contains startswith endswith hasprefix hassuffix and or in !in in~ has_any has_all between !between") {
		for _, a := range names {
			for _, b := range names {
				check(func(args []string) string {
					switch op {
					case "in", "!in", "in~", "has_any", "has_all":
						return args[0] + " " + op + " (" + args[1] + ")"
					case "between", "!between":
						return args[0] + " " + op + " (" + args[1] + " .. " + args[1] + ")"
					}
					return args[0] + " " + op + " " + args[1]
				}, []string{a, b})
			}
		}
	}
	t.Logf("%d calls", ran)
}

// texts returns the cells of a query's one column.
func texts(query string) ([]string, error) {
	cols, b, err := answer(query)
	if err != nil {
		return nil, err
	}
	out := make([]string, b.Rows)
	for i := range out {
		out[i] = cellText(cols[0].Type, b.Cols[0], i)
	}
	return out, nil
}

func cellText(t types.Type, v *vec.Vec, i int) string {
	return t.String() + " " + fn.ExampleText(t, v.Get(i))
}
