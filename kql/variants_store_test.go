//go:build cgo

package kql_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/kqlio"
)

// TestVariantsInTheStore groups by functions and filters by operators of awkward
// values, in memory and in the store, which must not matter.
func TestVariantsInTheStore(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	sql, ran := 0, 0
	tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
	r := rand.New(rand.NewPCG(5, 6))
	names := []string{"bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}
	var table strings.Builder
	table.WriteString("datatable(i:long")
	for _, n := range names {
		table.WriteString(", a_" + n + ":" + n + ", b_" + n + ":" + n)
	}
	empty := table.String() + ")[] | "
	table.WriteString(")[")
	for i := range 30 {
		if i > 0 {
			table.WriteString(", ")
		}
		table.WriteString(strconv.Itoa(i))
		for _, n := range names {
			for range 2 {
				table.WriteString(", " + kql.Awkward[n][r.IntN(len(kql.Awkward[n]))])
			}
		}
	}
	table.WriteString("] | ")
	now := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	db := kql.NewMemDatabase()
	moved := map[string]string{}
	move := func(cols []kql.Column, b *kql.Batch) string {
		key := string(kqlio.AppendColumns(nil, cols))
		if moved[key] == "" {
			moved[key] = tables.move(cols, b)
		}
		return moved[key]
	}
	check := func(rest string) {
		if _, list := kql.Compile(empty+rest, db.Schema()); list.HasErrors() {
			return
		}
		query := table.String() + rest
		want, wantErr := outcome(query, db, kql.Options{Now: now, Seed: 1})
		got, err := outcome(query, tables, kql.Options{Now: now, Seed: 1}.WithValues(move))
		ran++
		if (err != nil) != (wantErr != nil) || got != want {
			t.Errorf("%s: %v, %v\nin the store:\n%s\nin memory:\n%s", rest, err, wantErr, got, want)
		}
	}
	// An argument is a column or a literal, mostly a column.
	arg := func(side, typ string) string {
		if r.IntN(4) > 0 || side == "a_" {
			return side + typ
		}
		return kql.Awkward[typ][r.IntN(len(kql.Awkward[typ]))]
	}
	for _, f := range fn.Builtin().Funcs {
		if f.Window || f.Special || f.Volatile || f.Outs != nil || f.Spread != nil || f.AllColumns || f.Name == "repeat" || f.Name == "range" {
			continue
		}
		for _, a := range names {
			for _, args := range [][]string{{arg("a_", a)}, {arg("a_", a), arg("b_", names[r.IntN(len(names))])}} {
				call := f.Name + "(" + strings.Join(args, ", ") + ")"
				check("summarize n = count(), m = min(i) by x = tostring(" + call + ")")
			}
		}
	}
	for op := range strings.FieldsSeq("+ - * / % == != < <= > >= =~ !~ has !has has_cs contains !contains contains_cs startswith endswith !endswith_cs hasprefix hassuffix and or in !in in~ has_any has_all between !between") {
		for _, a := range names {
			for _, b := range names {
				if r.IntN(3) > 0 {
					continue
				}
				x, y := arg("a_", a), arg("b_", b)
				call := x + " " + op + " " + y
				switch op {
				case "in", "!in", "in~", "has_any", "has_all":
					call = x + " " + op + " (" + y + ")"
				case "between", "!between":
					call = x + " " + op + " (" + y + " .. " + y + ")"
				}
				if strings.Contains("+-*/%", op) {
					check("summarize n = count(), m = min(i) by x = tostring(" + call + ")")
					continue
				}
				check("where " + call + " | summarize n = count(), m = min(i)")
				check("where not(" + call + ") | summarize n = count(), m = min(i)")
			}
		}
	}
	if sql < ran/2 {
		t.Errorf("the store computed only %d of %d queries", sql, ran)
	}
	t.Logf("figure: %d calls of functions and operators agree in memory and in the store, %d parts of them in SQL", ran, sql)
}
