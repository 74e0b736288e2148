package siem

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

// Window is the time that a run looks at: From is in it, To, at which the rule
// runs, is not.
type Window struct{ From, To time.Time }

// Result is what a rule's query gave.
type Result struct {
	Columns []string
	Rows    [][]jsondoc.Value // null is a missing or null value; times are texts in RFC 3339
	Total   int               // how many there were, where Rows are only the first; 0: those in Rows
}

func (r *Result) count() int { return max(r.Total, len(r.Rows)) }

// QueryFunc runs a rule's query over a window. now() is the window's end.
type QueryFunc func(ctx context.Context, r *Rule, w Window) (*Result, error)

// Limits that Sentinel has. Source: "Scheduled analytics rules in Microsoft
// Sentinel", "Event grouping"; "Near-real-time (NRT) analytics rules".
const (
	maxAlerts      = 150 // of one run
	maxNRTAlerts   = 30
	maxEntities    = 500 // of one alert
	maxGroupAlerts = 150 // of one incident
)

// Alert is what a run of a rule raises.
type Alert struct {
	ID          string              `json:"id"` // the same for the same rule, time and place in the run
	RuleID      string              `json:"ruleId"`
	Rule        string              `json:"rule"`
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	Severity    finding.Severity    `json:"severity"`
	Tactics     []string            `json:"tactics,omitempty"`
	Techniques  []string            `json:"techniques,omitempty"`
	Time        time.Time           `json:"time"`      // of the run
	Start       time.Time           `json:"startTime"` // of the earliest event, else of the window
	End         time.Time           `json:"endTime"`
	Events      int                 `json:"events"` // rows of the result that it stands for
	Entities    []Entity            `json:"entities"`
	Details     map[string][]string `json:"customDetails,omitempty"`
	Columns     []string            `json:"columns"`
	Rows        [][]jsondoc.Value   `json:"rows"` // the first of its rows

	rule *Rule
}

// Entity is something that an alert is about.
type Entity struct {
	Type   string            `json:"type"`
	Fields map[string]string `json:"fields"`
}

// String writes an entity as "IP 203.0.113.7", its identifiers by name.
func (e Entity) String() string {
	keys := make([]string, 0, len(e.Fields))
	for k := range e.Fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = e.Fields[k]
	}
	return e.Type + " " + strings.Join(parts, " ")
}

// maxRuns bounds how often one rule runs in a replay.
const maxRuns = 1_000_000

// Windows are the runs of a rule in a range of time: one every frequency, the
// last at the end of the range, and none whose window ends before the range begins.
func (r *Rule) Windows(from, to time.Time) []Window {
	var out []Window
	for at := to; at.After(from) && len(out) < maxRuns; at = at.Add(-r.Frequency) {
		out = append(out, Window{at.Add(-r.Period), at})
	}
	slices.Reverse(out)
	return out
}

// Replay runs a rule as often as it would have run in a range of time and
// returns its alerts in order. quiet, which may be nil, tells that a window
// certainly has no event; the query is then not run. The number of runs, those
// that were quiet included, is the second result. The first error ends it.
func (r *Rule) Replay(ctx context.Context, from, to time.Time, query QueryFunc, quiet func(Window) bool) (alerts []*Alert, runs int, err error) {
	var until time.Time // it rests
	for _, w := range r.Windows(from, to) {
		if err := ctx.Err(); err != nil {
			return alerts, runs, err
		}
		if w.To.Before(until) {
			continue
		}
		runs++
		res := &Result{}
		if quiet == nil || !quiet(w) {
			if res, err = query(ctx, r, w); err != nil {
				return alerts, runs, err
			}
		}
		fired := r.Alerts(res, w)
		alerts = append(alerts, fired...)
		if len(fired) > 0 && r.Suppression > 0 {
			until = w.To.Add(r.Suppression)
		}
	}
	return alerts, runs, nil
}

// Alerts are what a run raises by its result: none where the trigger does not
// hold, one for all rows, or one for each. Of more rows than a run may raise
// alerts for, the last alert stands for all.
func (r *Rule) Alerts(res *Result, w Window) []*Alert {
	n := res.count()
	if !r.fires(n) {
		return nil
	}
	if !r.PerEvent || n == 0 {
		return []*Alert{r.alert(res, w, res.Rows, n, 0)}
	}
	most := maxAlerts
	if r.NRT {
		most = maxNRTAlerts
	}
	var out []*Alert
	for i := range res.Rows {
		if i == most-1 && n > most {
			return append(out, r.alert(res, w, res.Rows, n, i))
		}
		out = append(out, r.alert(res, w, res.Rows[i:i+1], 1, i))
	}
	return out
}

func (r *Rule) fires(rows int) bool {
	if r.NRT {
		return rows > 0
	}
	return r.Operator.holds(rows, r.Threshold)
}

// maxRows is how many rows an alert shows.
const maxRows = 10

// alert raises an alert for some rows of a result, which stand for as many events.
func (r *Rule) alert(res *Result, w Window, rows [][]jsondoc.Value, events, place int) *Alert {
	a := &Alert{
		RuleID: r.ID, Rule: r.Name, Name: r.Name, Description: r.Description, Severity: r.Severity, Tactics: r.Tactics, Techniques: r.Techniques,
		Time: w.To, Start: w.From, End: w.To, Events: events, Entities: []Entity{}, Columns: res.Columns, Rows: rows[:min(len(rows), maxRows)], rule: r,
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", r.ID, r.Name, w.To.UTC().Format(time.RFC3339), place))
	a.ID = fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	at := map[string]int{}
	for i, c := range res.Columns {
		at[c] = i
	}
	a.times(at, rows)
	r.entities(a, at, rows)
	r.details(a, at, rows)
	if len(rows) > 0 {
		r.override(a, at, rows[0])
	}
	return a
}

// times finds the earliest and the latest event among rows.
func (a *Alert) times(at map[string]int, rows [][]jsondoc.Value) {
	i, ok := at["TimeGenerated"]
	if !ok {
		return
	}
	first := true
	for _, row := range rows {
		t, err := time.Parse(time.RFC3339Nano, row[i].TextOr(""))
		if err != nil {
			continue
		}
		if first || t.Before(a.Start) {
			a.Start = t
		}
		if first || t.After(a.End) {
			a.End = t
		}
		first = false
	}
}

// cellText is a cell as an identifier or a detail has it: "" where it holds nothing.
func cellText(v jsondoc.Value) string {
	if v.IsMissing() || v.IsNull() {
		return ""
	}
	if s, ok := v.Text(); ok {
		return s
	}
	return v.String()
}

// entities are what the mappings name, each once. A mapping whose columns are
// all empty in a row names nothing there.
func (r *Rule) entities(a *Alert, at map[string]int, rows [][]jsondoc.Value) {
	seen := map[string]bool{}
	for _, row := range rows {
		for _, m := range r.Entities {
			e := Entity{Type: m.Type, Fields: map[string]string{}}
			for _, f := range m.Fields {
				if i, ok := at[f.Column]; ok {
					if text := cellText(row[i]); text != "" {
						e.Fields[f.Identifier] = text
					}
				}
			}
			if key := e.String(); len(e.Fields) > 0 && !seen[key] && len(a.Entities) < maxEntities {
				seen[key] = true
				a.Entities = append(a.Entities, e)
			}
		}
	}
}

// details are the values that a custom detail's column has in the rows, each once.
func (r *Rule) details(a *Alert, at map[string]int, rows [][]jsondoc.Value) {
	for _, d := range r.Details {
		i, ok := at[d.Column]
		if !ok {
			continue
		}
		for _, row := range rows {
			if text := cellText(row[i]); text != "" && !slices.Contains(a.Details[d.Key], text) {
				if a.Details == nil {
					a.Details = map[string][]string{}
				}
				a.Details[d.Key] = append(a.Details[d.Key], text)
			}
		}
	}
}

// override takes the details of an alert from the first row. What is empty
// there, or no severity, leaves the rule's own.
//
// Source: "Customize alert details in Microsoft Sentinel".
func (r *Rule) override(a *Alert, at map[string]int, row []jsondoc.Value) {
	if text := filled(r.Override.Name, at, row); text != "" {
		a.Name = text
	}
	if text := filled(r.Override.Description, at, row); text != "" {
		a.Description = text
	}
	if i, ok := at[r.Override.Severity]; ok {
		if s, err := finding.ParseSeverity(cellText(row[i])); err == nil && s != finding.Critical {
			a.Severity = s
		}
	}
	if i, ok := at[r.Override.Tactics]; ok {
		if list := tactics(row[i]); len(list) > 0 {
			a.Tactics = list
		}
	}
}

func tactics(v jsondoc.Value) []string {
	if v.Kind() == jsondoc.Array {
		return texts(v)
	}
	var out []string
	for t := range strings.SplitSeq(cellText(v), ",") {
		if t = strings.Trim(t, ` "[]`); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// filled puts a row's values where a format names their columns in double braces.
func filled(format string, at map[string]int, row []jsondoc.Value) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(format, "{{")
		out.WriteString(before)
		if !ok {
			return strings.TrimSpace(out.String())
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			out.WriteString("{{" + rest)
			return strings.TrimSpace(out.String())
		}
		if i, known := at[strings.TrimSpace(name)]; known {
			out.WriteString(cellText(row[i]))
		}
		format = after
	}
}
