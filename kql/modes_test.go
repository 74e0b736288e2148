//go:build cgo

package kql_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// script is a query whose answer was recorded.
type script struct {
	ID               string
	KQL              string
	Error            bool
	Nondeterministic bool
}

func scripts(t *testing.T, name string) (out []script) {
	z := testdata.Unzip(t, "kql", name)
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<26)
	for s.Scan() {
		var x script
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// storeTables is a database of tables that were written into queries and have
// been moved to Parquet files.
type storeTables struct {
	t      *testing.T
	engine *duck.Engine
	dir    string
	made   map[string]kql.Table
	sql    *int // queries that do more than read columns
}

// counted counts what the store computes.
type counted struct {
	kql.SQLTable
	sql *int
}

func (c counted) Query(ctx context.Context, q kql.SQLQuery) iter.Seq2[*kql.Batch, error] {
	*c.sql++
	return c.SQLTable.Query(ctx, q)
}

func (s *storeTables) Table(name string) (kql.Table, bool) {
	t, ok := s.made[name]
	return t, ok
}

func (s *storeTables) move(cols []kql.Column, b *kql.Batch) string {
	seen := map[string]bool{}
	for _, c := range cols {
		if l := strings.ToLower(c.Name); seen[l] {
			return "" // Parquet's readers do not tell such columns apart
		} else {
			seen[l] = true
		}
	}
	name := fmt.Sprintf("moved%d", len(s.made))
	path := filepath.Join(s.dir, name+".parquet")
	one := func(yield func(*kql.Batch, error) bool) { yield(b, nil) }
	w, err := s.engine.WriteParquet(s.t.Context(), path, cols, iter.Seq2[*kql.Batch, error](one), duck.WriteOptions{NoSync: true})
	if err != nil {
		s.t.Fatal(err)
	}
	noNulls := map[string]bool{}
	for _, c := range w.NoNulls {
		noNulls[c] = true
	}
	table := s.engine.Table(cols, duck.Files{Paths: []string{path}, NoNulls: noNulls, Rows: w.Rows})
	s.made[name] = counted{table.(kql.SQLTable), s.sql}
	return name
}

// outcome returns the rows of a query, sorted, and how it was computed.
func outcome(text string, db kql.Database, opts kql.Options) (string, error) {
	q, list := kql.Compile(text, kql.NewMemDatabase().Schema())
	if err := list.Err(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	res, err := q.Run(ctx, db, opts)
	if err != nil {
		return "", err
	}
	defer res.Close()
	var rows []string
	for _, t := range res.Tables {
		var buf []byte
		b, err := t.All()
		if err != nil {
			return "", err
		}
		for i := range b.Rows {
			buf = buf[:0]
			for k, c := range b.Cols {
				v := c.Get(i)
				if t.Columns[k].Type == kql.Real && !v.IsNull() && !math.IsInf(v.Float(), 0) {
					// The order in which reals are added may differ.
					buf = fmt.Appendf(buf, "%.9g|", v.Float())
					continue
				}
				buf = append(kqlio.AppendValue(buf, t.Columns[k].Type, v), '|')
			}
			rows = append(rows, string(buf))
		}
		rows = append(rows, string(kqlio.AppendColumns(nil, t.Columns)))
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n"), nil
}

// TestModesAgree runs every recorded script over tables in memory in batches of
// several sizes with one worker and two, with next to no memory, and over tables in the store with and
// without pushdown: all must give one answer.
func TestModesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	now := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	engine := duck.New(duck.Options{Threads: 1})
	defer engine.Close()
	total, agree, sql, spilled, short := 0, 0, 0, 0, 0
	for _, file := range []string{"kusto-fuzz-results.jsonl.gz", "kusto-docs-results.jsonl.gz"} {
		for _, s := range scripts(t, file) {
			if s.Error || s.Nondeterministic || strings.Contains(s.KQL, "rand(") || strings.Contains(s.KQL, "sample") {
				continue
			}
			want, err := outcome(s.KQL, kql.NewMemDatabase(), kql.Options{Now: now, Seed: 1, BatchRows: 1024, Workers: 1})
			if err != nil {
				continue // the comparison with recorded answers tells
			}
			total++
			ok := true
			check := func(mode string, db kql.Database, opts kql.Options) {
				opts.Now, opts.Seed = now, 1
				got, err := outcome(s.KQL, db, opts)
				if err != nil || got != want {
					ok = false
					t.Errorf("%s, %s: %v\n%s\ngot:\n%s\nwant:\n%s", s.ID, mode, err, s.KQL, got, want)
				}
			}
			for _, size := range []int{1, 7, 1024} {
				for _, workers := range []int{1, 2} {
					check(fmt.Sprintf("batches of %d, %d workers", size, workers), kql.NewMemDatabase(), kql.Options{BatchRows: size, Workers: workers})
				}
			}
			// What does not fit into memory waits on disk, or the query ends.
			for _, memory := range []int64{64 << 10, 2 << 10} {
				a := &area{}
				got, err := outcome(s.KQL, kql.NewMemDatabase(), kql.Options{Now: now, Seed: 1, BatchRows: 7, Workers: 2, Memory: memory, Spill: a})
				if a.made > 0 {
					spilled++
				}
				if errors.Is(err, kql.ErrMemory) {
					short++
				} else if err != nil || got != want || a.open != 0 {
					ok = false
					t.Errorf("%s, %d bytes of memory: %v, %d files open\n%s\ngot:\n%s\nwant:\n%s", s.ID, memory, err, a.open, s.KQL, got, want)
				}
			}
			tables := &storeTables{t: t, engine: engine, dir: t.TempDir(), made: map[string]kql.Table{}, sql: &sql}
			opts := kql.Options{BatchRows: 7, Workers: 2}.WithValues(tables.move)
			check("store, pushdown on", tables, opts)
			opts.NoPushdown = true
			check("store, pushdown off", tables, opts)
			if ok {
				agree++
			}
		}
	}
	if sql < 150 {
		t.Errorf("the store computed only %d queries", sql)
	}
	if spilled < 100 || short > 40 {
		t.Errorf("%d runs put rows on disk, %d had too little memory", spilled, short)
	}
	t.Logf("figure: %d runs of the recorded scripts with 64 KiB and 2 KiB of memory put rows on disk, %d had too little memory", spilled, short)
	t.Logf("figure: %d parts of the recorded scripts were computed in SQL", sql)
	t.Logf("conformance: kql one answer in every mode %d of %d", agree, total)
}
