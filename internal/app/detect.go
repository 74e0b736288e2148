package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/siem"
)

// timeColumn is when an event of a table of Azure Monitor happened.
const timeColumn = "TimeGenerated"

// States of a rule in a detection.
const (
	RuleRan      = "ran"      // over every table that it reads
	RulePartial  = "partial"  // tables that it reads are empty or were not given
	RuleNotRun   = "notRun"   // all of them are
	RuleFailed   = "failed"   // its query does not compile, or ended with an error
	RuleDisabled = "disabled" // it is switched off
)

// RuleRun is what became of one rule.
type RuleRun struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	File    string   `json:"file"`
	State   string   `json:"state"`
	Runs    int      `json:"runs"`
	Alerts  int      `json:"alerts"`
	Missing []string `json:"missing,omitempty"` // tables that hold nothing, and tables and functions() that are not there
	Error   string   `json:"error,omitempty"`
}

// Detection is what rules found in logs.
type Detection struct {
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Incidents []*siem.Incident `json:"incidents"`
	Alerts    []*siem.Alert    `json:"alerts"`
	Rules     []RuleRun        `json:"rules"`
}

// DetectOptions say over what rules are replayed.
type DetectOptions struct {
	From, To time.Time // zero: from the first event to the last
	Query    kql.Options
	Progress func(stage string, done, total int)
}

// Detect replays rules over the logs of a database, each run as the service
// would have made it. A rule that cannot run, or that reads tables which hold
// nothing, is in the answer with the reason; it ends nothing. The cost grows
// with the runs in whose windows there are events.
func Detect(ctx context.Context, db *kql.MemDatabase, rules []*siem.Rule, o DetectOptions) (*Detection, error) {
	d := &detector{ctx: ctx, db: db, o: o, times: map[string]*tableTimes{}}
	out := &Detection{Incidents: []*siem.Incident{}, Alerts: []*siem.Alert{}, Rules: make([]RuleRun, len(rules))}
	compiled := make([]*kql.Query, len(rules))
	for i, r := range rules {
		out.Rules[i] = RuleRun{ID: r.ID, Name: r.Name, File: r.File}
		if !r.Enabled {
			out.Rules[i].State = RuleDisabled
			continue
		}
		q, list := kql.Compile(r.Query, db.Schema())
		if q == nil {
			out.Rules[i].State, out.Rules[i].Error = RuleFailed, firstError(r, list)
			if names := absent(list); names != nil {
				out.Rules[i].State, out.Rules[i].Missing = RuleNotRun, names
			}
			continue
		}
		compiled[i] = q
		for _, t := range q.Tables() {
			if err := d.index(t); err != nil {
				return nil, err
			}
		}
	}
	if err := d.span(); err != nil {
		return nil, err
	}
	out.From, out.To = d.o.From, d.o.To
	if err := d.replay(rules, compiled, out); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Alerts, func(a, b *siem.Alert) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Rule, b.Rule)) })
	out.Incidents = append(out.Incidents, siem.Group(out.Alerts)...)
	return out, nil
}

// firstError is the first error of a rule's query, with the file's line and column.
func firstError(r *siem.Rule, list diag.List) string {
	for _, e := range list {
		if e.Severity == diag.Error {
			e.Source, e.Pos = r.File, r.QueryLines.Place(e.Pos)
			return e.Error()
		}
	}
	return list.Error()
}

// absent names the tables and stored functions that a query lacks, where that
// is all that is wrong with it: KQL0102 is a table, KQL0103 a function.
func absent(list diag.List) []string {
	var out []string
	for _, e := range list {
		if e.Severity != diag.Error {
			continue
		}
		_, rest, found := strings.Cut(e.Message, `named "`)
		name, _, closed := strings.Cut(rest, `"`)
		if e.Code != "KQL0102" && e.Code != "KQL0103" || !found || !closed || name == "" {
			return nil
		}
		if e.Code == "KQL0103" {
			name += "()"
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

type detector struct {
	ctx   context.Context
	db    *kql.MemDatabase
	o     DetectOptions
	times map[string]*tableTimes // nil: the table has no time
	first int64
	last  int64
	seen  bool
}

// index finds when the events of a table happened.
func (d *detector) index(table string) error {
	if _, ok := d.times[table]; ok {
		return nil
	}
	t, err := timesOf(d.ctx, d.db, table, d.o.Query)
	if err != nil {
		return err
	}
	d.times[table] = t
	if t == nil || len(t.minutes) == 0 {
		return nil
	}
	first, last := t.minutes[0], t.minutes[len(t.minutes)-1]
	if !d.seen {
		d.first, d.last = first, last
	}
	d.first, d.last, d.seen = min(d.first, first), max(d.last, last), true
	return nil
}

// span settles the range of time: what was asked for, else from the first event
// to the end of the last one's minute.
func (d *detector) span() error {
	if d.o.From.IsZero() && d.seen {
		d.o.From = ofMinute(d.first)
	}
	if d.o.To.IsZero() && d.seen {
		d.o.To = ofMinute(d.last + 1)
	}
	if d.o.To.IsZero() || d.o.From.IsZero() {
		return nil // there is no event at all
	}
	if !d.o.From.Before(d.o.To) {
		err := usagef("the range of time is empty: %s to %s", d.o.From.Format(time.RFC3339), d.o.To.Format(time.RFC3339))
		if d.seen {
			err = fmt.Errorf("%w; the logs go from %s to %s", err, ofMinute(d.first).Format(time.RFC3339), ofMinute(d.last+1).Format(time.RFC3339))
		}
		return err
	}
	return nil
}

// replay runs the rules, several at a time.
func (d *detector) replay(rules []*siem.Rule, compiled []*kql.Query, out *Detection) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	next, done := 0, 0
	for range max(1, min(runtime.GOMAXPROCS(0), len(rules))) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := failed != nil || i >= len(rules)
				mu.Unlock()
				if stop {
					return
				}
				var alerts []*siem.Alert
				var err error
				if compiled[i] != nil {
					alerts, err = d.rule(rules[i], compiled[i], &out.Rules[i])
				}
				mu.Lock()
				out.Alerts = append(out.Alerts, alerts...)
				if done++; d.o.Progress != nil {
					d.o.Progress("rules", done, len(rules))
				}
				if err != nil && failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return failed
}

// rule replays one rule. An error is the run's, not the rule's.
func (d *detector) rule(r *siem.Rule, q *kql.Query, run *RuleRun) ([]*siem.Alert, error) {
	full := 0
	for _, t := range q.Tables() {
		if times := d.times[t]; times != nil && len(times.minutes) == 0 {
			run.Missing = append(run.Missing, t)
		} else {
			full++
		}
	}
	slices.Sort(run.Missing)
	run.State = RuleRan
	switch {
	case len(run.Missing) > 0 && full == 0, !d.seen:
		run.State = RuleNotRun
		return nil, nil
	case len(run.Missing) > 0:
		run.State = RulePartial
	}
	// What the rule says where there is no event at all it says of every such window.
	still, err := d.query(d.ctx, r, siem.Window{From: dayOne, To: dayOne})
	var alerts []*siem.Alert
	if err == nil {
		quiet := func(w siem.Window) bool { return still.Total == 0 && len(still.Rows) == 0 && !d.busy(q, w) }
		alerts, run.Runs, err = r.Replay(d.ctx, d.o.From, d.o.To, d.query, quiet)
	}
	run.Alerts = len(alerts)
	if err != nil {
		if d.ctx.Err() != nil {
			return nil, err
		}
		run.State, run.Error = RuleFailed, r.File+": "+strings.TrimPrefix(err.Error(), r.File+":")
	}
	return alerts, nil
}

// busy tells whether a table that a query reads has an event in a window.
func (d *detector) busy(q *kql.Query, w siem.Window) bool {
	from, to := minutesOf(w)
	for _, t := range q.Tables() {
		if times := d.times[t]; times != nil && times.busy(from, to) {
			return true
		}
	}
	return false
}

// maxResultRows is how many rows of a result alerts are made of; more are counted.
const maxResultRows = 10_000

// query runs a rule's query over a window.
func (d *detector) query(ctx context.Context, r *siem.Rule, w siem.Window) (*siem.Result, error) {
	q, list := kql.CompileWindow(r.Query, d.db.Schema(), kql.Window{Column: timeColumn, From: w.From, To: w.To})
	if q == nil {
		return nil, errors.New(firstError(r, list))
	}
	o := d.o.Query
	o.Now, o.Workers = w.To, 1
	from, to := minutesOf(w)
	res, err := q.Run(ctx, windowDatabase{d.db, d.times, from, to}, o)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	out := &siem.Result{}
	for _, c := range res.Tables[0].Columns {
		out.Columns = append(out.Columns, c.Name)
	}
	var buf []byte
	for b, err := range res.Tables[0].Batches() {
		if err != nil {
			return nil, err
		}
		out.Total += b.Rows
		for i := range b.Rows {
			if len(out.Rows) == maxResultRows {
				break
			}
			row := make([]jsondoc.Value, len(b.Cols))
			for k, c := range b.Cols {
				v := c.Get(i)
				if v.IsNull() {
					continue
				}
				buf = kql.AppendJSON(buf[:0], v)
				if row[k], err = jsondoc.Parse(slices.Clone(buf)); err != nil {
					return nil, fmt.Errorf("read a result: %w", err)
				}
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}
