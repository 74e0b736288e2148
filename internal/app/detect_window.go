package app

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/siem"
)

// tableTimes is when the events of a table happened.
type tableTimes struct {
	minutes []int64    // in which there are events, counted from dayOne, sorted
	batches [][2]int64 // of a table in memory: the first and the last minute of each batch; an empty batch ends before it begins
}

// dayOne is the beginning of Kusto's time, from which minutes are counted.
var dayOne = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

const ticksPerMinute = 600_000_000

func ofMinute(m int64) time.Time {
	days, rest := m/(24*60), m%(24*60)
	return dayOne.AddDate(0, 0, int(days)).Add(time.Duration(rest) * time.Minute)
}

func minuteOf(t time.Time) int64 { return (t.Unix() - dayOne.Unix()) / 60 }

// timesOf finds when the events of a table happened; nil where the table has no
// time.
func timesOf(ctx context.Context, db *kql.MemDatabase, name string, o kql.Options) (*tableTimes, error) {
	t, ok := db.Table(name)
	if !ok {
		return nil, nil
	}
	at := slices.IndexFunc(t.Columns(), func(c kql.Column) bool { return c.Name == timeColumn && c.Type == kql.DateTime })
	if at < 0 {
		return nil, nil
	}
	out := &tableTimes{}
	var err error
	if inMemory(t) {
		err = out.scan(ctx, t, at)
	} else {
		err = out.ask(ctx, db, name, o)
	}
	if err != nil {
		return nil, fmt.Errorf("read the times of %s: %w", name, err)
	}
	return out, nil
}

// inMemory tells whether a table gives the same batches each time, at no cost.
func inMemory(t kql.Table) bool {
	switch t.(type) {
	case *kql.MemTable, *kql.LazyTable:
		return true
	}
	return false
}

func (t *tableTimes) scan(ctx context.Context, table kql.Table, at int) error {
	seen := map[int64]bool{}
	for b, err := range table.Scan(ctx, []int{at}) {
		if err != nil {
			return err
		}
		first, last := int64(1), int64(0)
		for i := range b.Rows {
			if b.Cols[0].IsNull(i) {
				continue
			}
			m := b.Cols[0].Ints[b.Cols[0].At(i)] / ticksPerMinute
			if first > last {
				first, last = m, m
			}
			first, last = min(first, m), max(last, m)
			seen[m] = true
		}
		t.batches = append(t.batches, [2]int64{first, last})
	}
	for m := range seen {
		t.minutes = append(t.minutes, m)
	}
	slices.Sort(t.minutes)
	return nil
}

// ask lets the table's store find its minutes.
func (t *tableTimes) ask(ctx context.Context, db *kql.MemDatabase, name string, o kql.Options) error {
	q, list := kql.Compile("table('"+strings.ReplaceAll(name, "'", `\'`)+"') | where isnotnull("+timeColumn+") | summarize by m = tolong(bin("+timeColumn+", 1m)) / 600000000 | sort by m asc", db.Schema())
	if q == nil {
		return list
	}
	res, err := q.Run(ctx, db, o)
	if err != nil {
		return err
	}
	defer res.Close()
	for b, err := range res.Tables[0].Batches() {
		if err != nil {
			return err
		}
		for i := range b.Rows {
			t.minutes = append(t.minutes, b.Cols[0].Get(i).Int64())
		}
	}
	return nil
}

// busy tells whether there is an event in a range of minutes, from the first to
// before the last.
func (t *tableTimes) busy(from, to int64) bool {
	i, _ := slices.BinarySearch(t.minutes, from)
	return i < len(t.minutes) && t.minutes[i] < to
}

// minutesOf are the minutes that a window touches.
func minutesOf(w siem.Window) (from, to int64) {
	return minuteOf(w.From), minuteOf(w.To.Add(time.Minute - 1))
}

// windowDatabase shows a database without the batches of its tables in memory
// that a window does not touch. A query keeps to the window by itself.
type windowDatabase struct {
	db       *kql.MemDatabase
	times    map[string]*tableTimes
	from, to int64
}

// Table is kql.Database's.
func (d windowDatabase) Table(name string) (kql.Table, bool) {
	t, ok := d.db.Table(name)
	if times := d.times[name]; ok && times != nil && times.batches != nil {
		return windowTable{t, times.batches, d.from, d.to}, true
	}
	return t, ok
}

type windowTable struct {
	table    kql.Table
	batches  [][2]int64
	from, to int64
}

// Columns is kql.Table's.
func (t windowTable) Columns() []kql.Column { return t.table.Columns() }

// Scan is kql.Table's.
func (t windowTable) Scan(ctx context.Context, columns []int) iter.Seq2[*kql.Batch, error] {
	return func(yield func(*kql.Batch, error) bool) {
		i := -1
		for b, err := range t.table.Scan(ctx, columns) {
			i++
			if err == nil && i < len(t.batches) && (t.batches[i][0] >= t.to || t.batches[i][1] < t.from) {
				continue
			}
			if !yield(b, err) {
				return
			}
		}
	}
}
