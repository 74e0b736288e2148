package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/notify"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// WatchOptions say what a watch reads, keeps and tells.
type WatchOptions struct {
	Dir  string // the history
	Keep int    // rounds that are kept; 0: all

	// Read reads the tenant into a snapshot at path, whole or not at all. before is
	// the snapshot of the round before, "" where everything is to be read anew.
	Read func(ctx context.Context, path, before string) error
	// Anew is how long rounds may go on from the ones before; 0: never.
	Anew   time.Duration
	Assess Options // what to judge by; From is set here

	Severity  finding.Severity // new findings of this severity or above are told
	Tell      bool             // false: new findings are told of no severity
	ScoreDrop float64          // points of a hundred that the score may fall without being told; 0: any fall is silent
	Notify    *notify.Notifier // nil: nobody is told
}

// Round is what one round of a watch found.
type Round struct {
	Snapshot string        // file
	First    bool          // there was nothing to compare with
	Drift    *report.Drift // nil in the first round
	Fresh    []report.VerdictMove
	Fell     bool // the score, by more than it may
	Sent     int
	Resent   int // messages that could not be sent before
	Dead     []error
}

// watchState is what a watch remembers from round to round.
type watchState struct {
	Version int                  `json:"version"`
	Last    string               `json:"last"` // name of the snapshot that was compared last
	Open    map[string]time.Time `json:"open"` // findings, by control and resource, and since when they are known
	Failing bool                 `json:"failing"`
	Anew    time.Time            `json:"anew,omitzero"` // when everything was read last
}

// watchStamp names the files of a round, in the order of time.
const watchStamp = "20060102T150405.000Z"

// WatchOnce runs one round: it reads, assesses, compares with the round before,
// tells what crosses a threshold, and keeps all of it. A round that was cut off
// is repeated by the next: what was compared last is remembered only once it was
// told.
func WatchOnce(ctx context.Context, o WatchOptions) (*Round, error) {
	for _, d := range []string{"snapshots", "assessments", "diffs"} {
		if err := os.MkdirAll(filepath.Join(o.Dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("keep the history: %w", err)
		}
	}
	state, err := readWatchState(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := o.sweep(); err != nil {
		return nil, err
	}
	begun := o.Assess.clock().UTC()
	var again notify.Outcome
	if o.Notify != nil {
		if again, err = o.Notify.Resend(ctx); err != nil {
			return nil, err
		}
	}
	r, err := o.round(ctx, state, begun)
	if r != nil {
		r.Resent, r.Dead = again.Sent, append(r.Dead, again.Dead...)
	}
	switch {
	case err != nil && ctx.Err() == nil && !state.Failing:
		// Told once: a watch that fails in silence looks like a tenant where nothing happens.
		m := &notify.Message{Event: "azward.failure", At: begun, Title: "azward cannot watch the tenant", Text: err.Error(), Findings: []notify.Finding{}}
		_, _, tell := o.tell(ctx, m)
		state.Failing = true
		return nil, errors.Join(err, tell, state.write(o.Dir))
	case err != nil:
		return nil, err
	}
	state.Failing = false
	if err := state.write(o.Dir); err != nil {
		return nil, err
	}
	return r, o.prune(state.Last)
}

func (o *WatchOptions) round(ctx context.Context, state *watchState, begun time.Time) (*Round, error) {
	name := begun.Format(watchStamp)
	r := &Round{Snapshot: filepath.Join(o.Dir, "snapshots", name+".azs")}
	before := filepath.Join(o.Dir, "snapshots", state.Last+".azs")
	if _, err := os.Stat(before); state.Last == "" || errors.Is(err, os.ErrNotExist) {
		r.First = true
	}
	from, anew := before, state.Anew
	if r.First || begun.Sub(anew) >= o.Anew || begun.Before(anew) {
		from, anew = "", begun
	}
	if err := o.Read(ctx, r.Snapshot, from); err != nil {
		return nil, err
	}
	now, err := o.judge(ctx, r.Snapshot)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(o.Dir, "assessments", name+".json"), func(w io.Writer) error { return report.JSON(w, now.Assessment) }); err != nil {
		return nil, err
	}
	if r.First {
		state.settle(now, begun)
		state.Last, state.Anew = name, anew
		return r, nil
	}
	was, err := o.judge(ctx, before)
	if err != nil {
		return nil, fmt.Errorf("judge the round before: %w", err)
	}
	r.Drift = was.Compare(now)
	if err := writeWhole(filepath.Join(o.Dir, "diffs", name+".json"), r.Drift); err != nil {
		return nil, err
	}
	for _, f := range r.Drift.New {
		if _, known := state.Open[openKey(f.ControlID, f.ResourceID)]; !known {
			r.Fresh = append(r.Fresh, f)
		}
	}
	if err := o.report(ctx, r, begun); err != nil {
		return nil, err
	}
	state.settle(now, begun)
	state.Last, state.Anew = name, anew
	return r, nil
}

func (o *WatchOptions) judge(ctx context.Context, path string) (*Judged, error) {
	a := o.Assess
	a.Demo, a.From = false, []string{path}
	return Judge(ctx, a)
}

// report tells what crosses a threshold.
func (o *WatchOptions) report(ctx context.Context, r *Round, at time.Time) error {
	d := r.Drift
	tenant := d.After.Subject
	if tenant == filepath.Base(r.Snapshot) {
		tenant = "the tenant" // nobody read its name
	}
	m := &notify.Message{Event: "azward.drift", At: at, Tenant: tenant, Score: &notify.Score{Before: d.Before.Percentage, After: d.After.Percentage}, Findings: []notify.Finding{}}
	for _, f := range r.Fresh {
		if !o.Tell || f.Severity < o.Severity {
			continue
		}
		one := notify.Finding{ControlID: f.ControlID, ResourceID: f.ResourceID, Severity: f.Severity, Title: f.Title, Reasons: f.Reasons}
		if f.Ask != nil {
			one.Ask = f.Ask.Text()
		}
		m.Findings = append(m.Findings, one)
	}
	fall := (d.Before.Percentage - d.After.Percentage) * 100
	r.Fell = o.ScoreDrop > 0 && fall >= o.ScoreDrop
	if len(m.Findings) == 0 && !r.Fell {
		return nil
	}
	var title []string
	if n := len(m.Findings); n == 1 {
		title = append(title, "1 new finding")
	} else if n > 1 {
		title = append(title, fmt.Sprintf("%d new findings", n))
	}
	if r.Fell {
		title = append(title, fmt.Sprintf("the Secure Score fell by %.1f points of a hundred", fall))
	}
	m.Title = strings.Join(title, ", ") + " in " + tenant
	m.Text = fmt.Sprintf("Secure Score %.1f %% -> %.1f %%; %d new and %d closed findings, %d open; %d verdicts are unknown. %d resources added, %d removed, %d changed.",
		d.Before.Percentage*100, d.After.Percentage*100, len(d.New), len(d.Closed), d.After.Open, d.After.Unknown, len(d.Changes.Added), len(d.Changes.Removed), len(d.Changes.Changed))
	var err error
	r.Sent, r.Dead, err = o.tell(ctx, m)
	return err
}

func (o *WatchOptions) tell(ctx context.Context, m *notify.Message) (sent int, dead []error, err error) {
	if o.Notify == nil {
		return 0, nil, nil
	}
	m.Identify()
	out, err := o.Notify.Send(ctx, m)
	return out.Sent, out.Dead, err
}

func openKey(control, res string) string { return control + " " + strings.ToLower(res) }

// settle remembers what is open now, and forgets what is known not to be.
func (s *watchState) settle(now *Judged, at time.Time) {
	for key := range s.Open {
		if control, res, ok := strings.Cut(key, " "); ok && now.knownClosed(control, res) {
			delete(s.Open, key)
		}
	}
	for _, f := range now.Assessment.Findings.Heads() {
		if f.State != finding.NonCompliant {
			continue
		}
		key := openKey(f.ControlID, f.ResourceID)
		if _, ok := s.Open[key]; !ok {
			s.Open[key] = at
		}
	}
}

// knownClosed tells whether a finding that was open is known not to be.
func (j *Judged) knownClosed(control, res string) bool {
	id, err := resource.ParseID(res)
	if err != nil {
		return true // nothing that could be open again
	}
	if state, ok := j.states[verdictKey{control, id.Key()}]; ok {
		return state != finding.NonCompliant && state != finding.Unknown
	}
	if j.rules[control] == nil {
		return false // nobody asked
	}
	if _, ok := j.inv.Get(id); ok {
		return true
	}
	scope := id.Scope()
	typ := id.Type()
	if strings.HasPrefix(strings.ToLower(typ), "microsoft.graph/") {
		scope = resource.TenantID()
	} else if p, ok := id.Parent(); ok {
		scope = p
	}
	return j.inv.Coverage(typ, scope).State == inventory.Complete
}

func watchStatePath(dir string) string { return filepath.Join(dir, "state.json") }

func readWatchState(dir string) (*watchState, error) {
	s := &watchState{Version: 1, Open: map[string]time.Time{}}
	text, err := os.ReadFile(watchStatePath(dir))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("read what the watch remembers: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s is broken; delete it to begin anew: %w", watchStatePath(dir), err)
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("%s is of version %d, which this azward does not know", watchStatePath(dir), s.Version)
	}
	if s.Last != filepath.Base(s.Last) && s.Last != "" {
		return nil, fmt.Errorf("%s names a file outside of the history", watchStatePath(dir))
	}
	if s.Open == nil {
		s.Open = map[string]time.Time{}
	}
	return s, nil
}

func (s *watchState) write(dir string) error { return writeWhole(watchStatePath(dir), s) }

// writeWhole writes JSON to a file, whole or not at all.
func writeWhole(path string, v any) error {
	return writeFile(path, func(w io.Writer) error { return encodeJSON(w, v) })
}

// writeFile writes a file, whole or not at all.
func writeFile(path string, write func(w io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// sweep removes what rounds left that were cut off: a new round speaks of its own
// time.
func (o *WatchOptions) sweep() error {
	for _, d := range []string{"", "snapshots", "assessments", "diffs"} {
		dir := filepath.Join(o.Dir, d)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("keep the history: %w", err)
		}
		for _, e := range entries {
			stem, rest, _ := strings.Cut(e.Name(), ".azs")
			_, err := time.Parse(watchStamp, stem)
			if !strings.HasPrefix(e.Name(), ".new-") && (d != "snapshots" || err != nil || rest == "") {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("keep the history: %w", err)
			}
		}
	}
	return nil
}

// prune removes the oldest rounds beyond Keep, and never the last one.
func (o *WatchOptions) prune(last string) error {
	if o.Keep <= 0 {
		return nil
	}
	for _, d := range []string{"snapshots", "assessments", "diffs"} {
		dir := filepath.Join(o.Dir, d)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("keep the history: %w", err)
		}
		var names []string
		for _, e := range entries {
			stem := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".azs"), ".json")
			if _, err := time.Parse(watchStamp, stem); err == nil && stem != last {
				names = append(names, e.Name())
			}
		}
		slices.Sort(names)
		for len(names) > o.Keep-1 {
			if err := os.Remove(filepath.Join(dir, names[0])); err != nil {
				return fmt.Errorf("keep the history: %w", err)
			}
			names = names[1:]
		}
	}
	return nil
}
