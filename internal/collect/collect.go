package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Options say what to read and with whose eyes.
type Options struct {
	Endpoints  Endpoints
	Credential azcore.TokenCredential
	Transport  policy.Transporter // nil: net/http's own

	Subscriptions []string // ids; empty: every one that may be read
	Group         string   // name of a management group: only subscriptions below it
	Exclude       []string // ids of subscriptions to leave out
	Only          []string // of Parts; empty: all but logs
	Logs          bool     // logs too
	LogDays       int      // how many days of logs; 0: DefaultLogDays
	LogTables     []string // which logs; empty: all
	Wants         []Want   // types that somebody will ask about

	// Since is the file of an earlier snapshot of the tenant: what Microsoft Graph
	// tells the changes of is taken from it, with what changed.
	Since string

	Tenant  string // whose: kept with the units, so that a run goes on in the same one
	Dir     string // where finished units are kept until the snapshot is whole
	Workers int    // calls at once; 0: 16
	Version string
	Clock   func() time.Time
	Unpaced bool          // for tests: as fast as the services answer
	Backoff time.Duration // the first pause before a call is tried again; 0: half a second

	Progress func(done, total int, records int)
}

// Parts are what Only names.
func Parts() []string { return []string{"arm", "graph", "policy", "security", partLogs} }

const partLogs = "logs"

// Result says what came of a run.
type Result struct {
	Records int
	Events  int // of logs
	Units   int
	Resumed int // units that were there from a run before
	Calls   int64
}

// run is one run.
type run struct {
	o       Options
	arm     *client
	queries *client // Resource Graph: at the same address, with a quota of its own
	graph   *client
	reports *client // of Microsoft Graph, with a quota of their own
	begun   time.Time
	notes   []diag.Diagnostic // for who reads the snapshot
	dir     string
	workers int
	clock   func() time.Time
	earlier *earlier        // nil: everything is read whole
	gone    map[string]bool // ids that were in the earlier snapshot alone
	mu      sync.Mutex
	done    int
	total   int
	records int
	resumed int
}

// The rates that the services document for one caller, with room to spare:
// Azure Resource Manager refills 25 reads a second into a bucket of 250 for a
// subscription ("Understand how Azure Resource Manager throttles requests");
// Microsoft Graph's directory takes 3,500 to 8,000 units in 10 seconds
// ("Microsoft Graph service-specific throttling limits"). Resource Graph lets one
// caller send 15 queries in five seconds ("Guidance for throttled requests in
// Azure Resource Graph").
const (
	armRefill             = 25 // reads a second in each subscription
	armRate, armBurst     = 50, 250
	graphRate, graphBurst = 100, 300
	queryRate, queryBurst = 3, 15
)

// Run reads what the options name into units below Dir and writes them to w as
// one snapshot. The error is that of a failed sign-in, a full disk, or ctx; all
// else is in the manifest.
func Run(ctx context.Context, o Options, w *snapshot.Writer) (Result, error) {
	c, err := newRun(&o)
	if err != nil {
		return Result{}, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return Result{}, fmt.Errorf("keep what is read: %w", err)
	}
	if err := c.samePlan(); err != nil {
		return Result{}, err
	}
	units, err := c.units(ctx)
	if err != nil {
		return Result{}, err
	}
	n, events, err := c.assemble(units, w)
	if err != nil {
		return Result{}, err
	}
	return Result{Records: n, Events: events, Units: len(units), Resumed: c.resumed, Calls: c.arm.calls.Load() + c.queries.calls.Load() + c.graph.calls.Load() + c.reports.calls.Load()}, nil
}

func newRun(o *Options) (*run, error) {
	if o.Workers <= 0 {
		o.Workers = 16
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Backoff <= 0 {
		o.Backoff = 500 * time.Millisecond
	}
	o.Wants = withParents(o.Wants)
	c := &run{o: *o, dir: o.Dir, workers: o.Workers, clock: o.Clock}
	pace := func(rate, burst float64) *throttle {
		if o.Unpaced {
			rate, burst = 1e6, 1e6
		}
		return newThrottle(rate, burst, o.Workers, o.Clock)
	}
	var err error
	if c.arm, err = newClient(o.Endpoints.Manager, o.Endpoints.Manager+"/.default", o.Credential, pace(armRate, armBurst), o); err != nil {
		return nil, err
	}
	if c.graph, err = newClient(o.Endpoints.Graph, o.Endpoints.Graph+"/.default", o.Credential, pace(graphRate, graphBurst), o); err != nil {
		return nil, err
	}
	c.queries = c.arm.with(pace(queryRate, queryBurst))
	c.graph.large = c.arm.large
	c.reports = c.graph.with(pace(reportRate, reportBurst))
	return c, nil
}

// withParents adds the types below which wanted ones are listed: where there are
// no parents there are no children, if somebody looked.
func withParents(wants []Want) []Want {
	out := slices.Clone(wants)
	for _, w := range wants {
		if _, of, _, ok := childList(w); ok {
			for _, t := range of {
				if !slices.ContainsFunc(out, func(o Want) bool { return strings.EqualFold(o.Type, t) }) {
					out = append(out, Want{Type: t})
				}
			}
		}
	}
	return out
}

func (c *run) wants(part string) bool {
	if part == partLogs { // may be larger than all else
		return c.o.Logs || slices.Contains(c.o.Only, part)
	}
	return len(c.o.Only) == 0 || slices.Contains(c.o.Only, part)
}

// samePlan keeps what is asked for beside the units, and refuses to go on with
// those of another question.
func (c *run) samePlan() error {
	since, err := c.sinceMark()
	if err != nil {
		return err
	}
	plan, err := json.Marshal(map[string]any{
		"since": since, "tenant": c.o.Tenant, "manager": c.o.Endpoints.Manager, "graph": c.o.Endpoints.Graph, "subscriptions": c.o.Subscriptions, "exclude": c.o.Exclude, "group": c.o.Group, "only": c.o.Only, "logs": c.o.Logs, "logDays": c.o.LogDays, "logTables": c.o.LogTables, "wants": c.o.Wants, "version": snapshot.Version,
	})
	if err != nil {
		return fmt.Errorf("keep the plan: %w", err)
	}
	path, begun := filepath.Join(c.dir, "plan.json"), filepath.Join(c.dir, "begun")
	old, err := os.ReadFile(path)
	if err == nil && string(old) != string(plan) {
		if kept, _ := filepath.Glob(filepath.Join(c.dir, "*.azs")); len(kept) == 0 {
			err = os.ErrNotExist // nothing was read for it: another question may be asked
		}
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		// Spans of logs are counted from here, in every attempt.
		c.begun = c.clock().UTC().Truncate(time.Second)
		if err := os.WriteFile(begun, []byte(c.begun.Format(time.RFC3339)), 0o600); err != nil {
			return fmt.Errorf("keep the plan: %w", err)
		}
		// Whole or not at all: what is left of a plan would be another question.
		if err := os.WriteFile(path+".new", plan, 0o600); err != nil {
			return fmt.Errorf("keep the plan: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("keep the plan: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("read the plan: %w", err)
	case string(old) != string(plan):
		return fmt.Errorf("%s holds a run that asked for something else; finish that one with its own flags, or delete the folder", c.dir)
	}
	if info, err := os.Stat(path); err == nil && c.clock().Sub(info.ModTime()) > oldest {
		return fmt.Errorf("%s holds a run that was begun at %s: what it read is too old to go on with; delete the folder", c.dir, info.ModTime().UTC().Format(time.RFC3339))
	}
	text, err := os.ReadFile(begun)
	if err == nil {
		c.begun, err = time.Parse(time.RFC3339, string(text))
	}
	if err != nil {
		return fmt.Errorf("%s holds a run that does not say when it was begun; delete the folder: %w", c.dir, err)
	}
	return nil
}

// oldest is how long after its beginning a run may go on: a snapshot speaks of
// about one time.
const oldest = 24 * time.Hour

// units runs everything, in stages: later units need what earlier ones read.
func (c *run) units(ctx context.Context) ([]unit, error) {
	var all []unit
	stage := func(units []unit) error {
		all = append(all, units...)
		c.mu.Lock()
		c.total += len(units)
		c.mu.Unlock()
		return each(ctx, c.workers, units, c.one)
	}
	if c.o.Since != "" && c.wants("graph") {
		if _, err := runUnit(ctx, c.dir, unit{name: sinceUnit, run: c.takeEarlier}, c.clock); err != nil {
			return nil, err
		}
		if err := c.readEarlier(); err != nil {
			return nil, err
		}
		if err := stage([]unit{c.graphCollectionUnit(graphCollections[0])}); err != nil { // the organization
			return nil, err
		}
		if err := c.sameTenant(); err != nil {
			return nil, err
		}
	}
	azure := c.wants(partLogs) || c.wants("arm") || c.wants("policy") || c.wants("security")
	if azure {
		first := []unit{
			{name: "subscriptions", source: sourceARM, types: []string{resource.TypeSubscription}, scope: "/", run: c.listSubscriptions},
			{name: "management-groups", source: sourceARM, types: []string{resource.TypeManagementGroup}, scope: "/", run: c.listManagementGroups},
		}
		if err := stage(first); err != nil {
			return nil, err
		}
	}
	var second []unit
	var subscriptions []string
	if azure {
		var err error
		var disabled []string
		if subscriptions, disabled, err = c.pick(ctx); err != nil {
			return nil, err
		}
		if len(subscriptions) == 0 {
			if err := c.noSubscription(); err != nil {
				return nil, err
			}
		}
		if !c.o.Unpaced {
			c.arm.throttle.setRate(armRefill*float64(max(len(subscriptions), 2)), armBurst)
		}
		for _, sub := range disabled {
			second = append(second, disabledUnit(sub))
		}
	}
	if c.wants("policy") && len(subscriptions) > 0 {
		second = append(second, c.aliasesUnit()) // near the beginning of the snapshot, where it is found soon
	}
	tables := map[string]bool{"resources": c.wants("arm"), "resourcecontainers": c.wants("arm"), "authorizationresources": c.wants("arm"), "policyresources": c.wants("policy"), "securityresources": c.wants("security")}
	for _, table := range []string{"resources", "resourcecontainers", "authorizationresources", "policyresources", "securityresources"} {
		if tables[table] {
			second = append(second, c.queryUnits(table, c.o.Wants, subscriptions)...)
		}
	}
	if c.wants("arm") {
		second = append(second, c.listUnits(subscriptions)...)
	}
	if c.wants(partLogs) {
		second = append(second, c.logUnits(subscriptions)...)
	}
	if c.wants("graph") {
		second = append(second, c.graphUnits()...)
	}
	if err := stage(second); err != nil {
		return nil, err
	}
	var third []unit
	if c.wants("arm") {
		parents, err := c.parents(second, subscriptions)
		if err != nil {
			return nil, err
		}
		third = append(third, c.childUnits(c.o.Wants, parents)...)
	}
	if c.earlier != nil {
		var err error
		if c.gone, err = c.findGone(); err != nil {
			return nil, err
		}
	}
	if c.wants("graph") {
		third = append(third, c.partUnits()...)
	}
	if err := stage(third); err != nil {
		return nil, err
	}
	return all, nil
}

func (c *run) one(ctx context.Context, u unit) error {
	_, statErr := os.Stat(unitPath(c.dir, u.name))
	n, err := runUnit(ctx, c.dir, u, c.clock)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.records += n
	if statErr == nil {
		c.resumed++
	}
	if c.o.Progress != nil {
		c.o.Progress(c.done, c.total, c.records)
	}
	return nil
}

// pick returns the ids of the subscriptions to read, in order, and of those that
// are disabled and answer nothing.
func (c *run) pick(ctx context.Context) (active, disabled []string, err error) {
	var below map[string]bool
	if c.o.Group != "" {
		if below, err = c.descendants(ctx); err != nil {
			return nil, nil, err
		}
	}
	err = scanUnit(c.dir, "subscriptions", func(r *resource.Resource) error {
		id := r.ID.Subscription()
		has := func(list []string) bool {
			return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, id) })
		}
		if len(c.o.Subscriptions) > 0 && !has(c.o.Subscriptions) || has(c.o.Exclude) || below != nil && !below[strings.ToLower(id)] {
			return nil
		}
		switch strings.ToLower(jsonText(r.Body, "state")) {
		case "", "enabled", "warned", "pastdue":
			active = append(active, id)
		default:
			disabled = append(disabled, id)
		}
		return nil
	})
	slices.Sort(active)
	slices.Sort(disabled)
	return active, disabled, err
}

// noSubscription notes that there is none to read, where the list of them is whole.
func (c *run) noSubscription() error {
	whole, seen := false, 0
	err := scanLines(c.dir, "subscriptions", func(l snapshot.Line) error {
		if l.Record != nil {
			seen++
		}
		whole = whole || l.Cover != nil && l.Cover.State == inventory.Complete
		return nil
	})
	if err != nil || !whole {
		return err
	}
	text := "the sign-in sees no subscription: nothing of Azure was read"
	if seen > 0 {
		text = fmt.Sprintf("none of the %d subscriptions that the sign-in sees is to be read: nothing of Azure was read", seen)
	}
	c.notes = append(c.notes, diag.Diagnostic{Code: CodeEmpty, Severity: diag.Warning, Message: text, Hint: "the role Reader on a management group or a subscription lets a sign-in see it"})
	return nil
}

// disabledUnit says in the manifest that nothing of a subscription was read.
func disabledUnit(sub string) unit {
	return unit{name: "disabled-" + sub, source: sourceARM, scope: "/subscriptions/" + sub, run: func(_ context.Context, s *sink) error {
		return s.cover(inventory.Entry{Type: inventory.AnyType, Scope: "/subscriptions/" + sub, State: inventory.Failed, Reason: "the subscription is disabled and answers nothing"})
	}}
}

// descendants returns the subscriptions below the management group, by id in
// lower case.
func (c *run) descendants(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	err := c.arm.list(ctx, "/providers/Microsoft.Management/managementGroups/"+url.PathEscape(c.o.Group)+"/descendants?api-version=2020-05-01", nil, func(e jsondoc.Value) error {
		if strings.HasSuffix(strings.ToLower(jsonText(e, "type")), "/subscriptions") {
			out[strings.ToLower(jsonText(e, "name"))] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is below the management group %s: %w", c.o.Group, err)
	}
	return out, nil
}

// found is what was read of a subscription that children are listed below.
type found struct {
	parents []parent
	whole   map[string]bool // types, in lower case, of which every resource was read
}

// parents lists the resources that were read, by subscription.
func (c *run) parents(units []unit, subscriptions []string) (map[string]*found, error) {
	wanted := map[string]bool{}
	for _, w := range c.o.Wants {
		if _, of, _, ok := childList(w); ok {
			for _, t := range of {
				wanted[t] = true
			}
		}
	}
	out := map[string]*found{}
	for _, sub := range subscriptions {
		out[strings.ToLower(sub)] = &found{whole: map[string]bool{}}
	}
	for _, u := range units {
		if !strings.HasPrefix(u.name, "query-resources-") {
			continue
		}
		err := scanLines(c.dir, u.name, func(l snapshot.Line) error {
			switch {
			case l.Record != nil && wanted[l.Record.TypeKey()]:
				if s := out[strings.ToLower(l.Record.ID.Subscription())]; s != nil {
					s.parents = append(s.parents, parent{l.Record.ID.String(), l.Record.TypeKey(), inBody(l.Record)})
				}
			case l.Cover != nil && l.Cover.State == inventory.Complete:
				if s := out[strings.ToLower(strings.TrimPrefix(l.Cover.Scope, "/subscriptions/"))]; s != nil {
					s.whole[strings.ToLower(l.Cover.Type)] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// assemble writes the units as one snapshot: records first, then what is said of
// them.
func (c *run) assemble(units []unit, w *snapshot.Writer) (records, events int, err error) {
	for _, u := range units {
		in, err := os.Open(unitPath(c.dir, u.name))
		if err != nil {
			return 0, 0, fmt.Errorf("read what was kept of %s: %w", u.name, err)
		}
		err = snapshot.Scan(in, func(l snapshot.Line) error {
			if l.Header != nil || l.End != nil {
				return nil
			}
			if l.Record != nil {
				records++
			}
			if l.Log != nil {
				events++
			}
			if l.Delta != nil {
				l.Delta.Since, l.Delta.Changed = time.Time{}, nil // were for the run
			}
			return w.Line(l)
		})
		_ = in.Close() // only read
		if err != nil {
			return 0, 0, fmt.Errorf("put %s into the snapshot: %w", u.name, err)
		}
	}
	for _, d := range c.notes {
		if err := w.Report(d); err != nil {
			return 0, 0, err
		}
	}
	for _, cl := range []*client{c.arm, c.graph} {
		if d := cl.skew.get().Round(time.Second); d.Abs() >= maxSkew {
			word := "behind"
			if d < 0 {
				word = "ahead of"
			}
			if err := w.Report(diag.Diagnostic{
				Code: CodeSkew, Severity: diag.Warning,
				Message: fmt.Sprintf("this machine's clock is %.0f minutes %s that of %s: times of this snapshot are by it, and what is judged by age may be wrong by as much", d.Abs().Minutes(), word, cl.base.Host),
				Hint:    "set the clock",
			}); err != nil {
				return 0, 0, err
			}
		}
	}
	return records, events, nil
}

// Codes of the diagnostics of a run.
const (
	CodeSkew  = "COL0001" // clocks differ by two minutes or more
	CodeEmpty = "COL0002" // there is no subscription to read
)

const maxSkew = 2 * time.Minute

func (c *run) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
