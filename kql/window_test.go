package kql

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A window restricts every table, in subqueries and behind wildcards too, and
// is when rows were ingested.
func TestWindow(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 5, d, 0, 0, 0, 0, time.UTC) }
	db := NewMemDatabase()
	for _, name := range []string{"T", "U"} {
		b := NewBatch([]*Vec{ValueVec(DateTime, []Value{timeValue(day(1)), timeValue(day(2)), timeValue(day(3))}), IntVec(Long, []int64{1, 2, 3}, nil)}, 3)
		db.Add(name, NewMemTable([]Column{{Name: "TimeGenerated", Type: DateTime}, {Name: "n", Type: Long}}, b))
	}
	db.Add("L", NewMemTable([]Column{{Name: "n", Type: Long}}, NewBatch([]*Vec{IntVec(Long, []int64{2, 3}, nil)}, 2)))
	for _, c := range []struct {
		query string
		want  int64
	}{
		{"T | count", 1},
		{"union T, U | count", 2},
		{"union * | where isnotnull(TimeGenerated) | count", 2},
		{"T | where n in (U | project n) | count", 1},
		{"T | join kind=inner L on n | count", 1}, // a table without the column is read whole
		{"L | count", 2},
		{"let f = () { U }; f | count", 1},
		{"T | where ingestion_time() > ago(2d) | count", 1},
		{"T | where TimeGenerated between (ago(7d) .. now()) | count", 1},
		{"search 'x' | count", 0},
	} {
		q, list := CompileWindow(c.query, db.Schema(), Window{"TimeGenerated", day(2), day(3)})
		if q == nil {
			t.Fatalf("%s: %v", c.query, list)
		}
		res, err := q.Run(context.Background(), db, Options{Now: day(3)})
		if err != nil {
			t.Fatal(err)
		}
		b, err := res.Tables[0].All()
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Cols[0].Get(0).Int64(); got != c.want {
			t.Errorf("%s: %d, want %d", c.query, got, c.want)
		}
	}
}

func timeValue(t time.Time) Value {
	v, _ := ParseValue(DateTime, t.Format(time.RFC3339))
	return v
}

func TestTables(t *testing.T) {
	db := NewMemDatabase()
	for _, name := range []string{"T", "U", "V"} {
		db.Add(name, NewMemTable([]Column{{Name: "n", Type: Long}}))
	}
	for query, want := range map[string]string{
		"T | join (U | where n in (V)) on n | union T": "T U V",
		"union isfuzzy=true T, Missing":                "T",
		"print toscalar(V | count)":                    "V",
		"let f = () { U }; print 1":                    "",
	} {
		q, list := Compile(query, db.Schema())
		if q == nil {
			t.Fatalf("%s: %v", query, list)
		}
		if got := strings.Join(q.Tables(), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
