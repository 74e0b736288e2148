package fn

import (
	"fmt"
	"math"
	"slices"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// activityPlugins count users over time.
var activityPlugins = []Plugin{
	{Name: "active_users_count", Doc: "Counts, for each bin, the users seen in a minimal number of periods within a lookback window.",
		Args:   "id, timeline, start, end, lookback, period, activePeriods, bin, [dimension ...]",
		Schema: activityCols("active_users_count", 8, "dcount:long"), Run: runActiveUsers,
		Ex: []PluginExample{{`datatable(u:string, t:datetime)["a",datetime(2020-01-01),"a",datetime(2020-01-02),"b",datetime(2020-01-02)] | evaluate active_users_count(u, t, datetime(2020-01-01), datetime(2020-01-31), 7d, 1d, 2, 7d)`,
			[]string{`["2020-01-01T00:00:00.0000000Z",1]`}}}},
	{Name: "activity_counts_metrics", Doc: "Counts, for each step, events, users, new users, and all users so far.",
		Args:   "id, timeline, start, end, step, [dimension ...]",
		Schema: activityCols("activity_counts_metrics", 5, "count:long", "dcount:long", "new_dcount:long", "aggregated_dcount:long"), Run: runActivityCounts,
		Ex: []PluginExample{{`datatable(u:string, t:datetime)["a",datetime(2020-01-01),"a",datetime(2020-01-02),"b",datetime(2020-01-02)] | evaluate activity_counts_metrics(u, t, datetime(2020-01-01), datetime(2020-01-31), 1d)`,
			[]string{`["2020-01-01T00:00:00.0000000Z",1,1,1,1]`, `["2020-01-02T00:00:00.0000000Z",2,2,1,2]`}}}},
	{Name: "activity_engagement", Doc: "Gives, for each inner window, its users, those of the outer window that ends with it, and their ratio.",
		Args:   "id, timeline, [start, end], innerWindow, outerWindow, [dimension ...]",
		Schema: engagementCols("dcount_activities_inner:long", "dcount_activities_outer:long", "activity_ratio:real"), Run: runEngagement,
		Ex: []PluginExample{{`datatable(u:string, t:long)["a",0,"b",0,"a",1] | evaluate activity_engagement(u, t, 0, 1, 1, 2)`,
			[]string{`[0,2,2,1.0]`, `[1,1,2,0.5]`}}}},
	{Name: "activity_metrics", Doc: "Gives, for each window, users, new users, and the rates of those kept and lost since the window before.",
		Args:   "id, timeline, [start, end], window, [dimension ...]",
		Schema: metricsCols("dcount_values:long", "dcount_newvalues:long", "retention_rate:real", "churn_rate:real"), Run: runActivityMetrics,
		Ex: []PluginExample{{`datatable(u:string, t:long)["a",0,"b",0,"a",1] | evaluate activity_metrics(u, t, 0, 1, 1) | where t == 1`,
			[]string{`[1,1,0,0.5,0.5]`}}}},
	{Name: "new_activity_metrics", Doc: "Follows each window's new users through the later windows.",
		Args:   "id, timeline, start, end, window, [cohort], [dimension ...], [lookback]",
		Schema: newActivityCols, Run: runNewActivity,
		Ex: []PluginExample{{`datatable(u:string, t:long)["a",0,"b",0,"a",1,"c",1] | evaluate new_activity_metrics(u, t, 0, 1, 1) | project from_t, to_t, dcount_retained_values, retention_rate`,
			[]string{`[0,0,2,1.0]`, `[0,1,1,0.5]`, `[1,1,1,1.0]`}}}},
	{Name: "session_count", Doc: "Counts the sessions that are active in each bin: a session ends where a user is not seen for the lookback window.",
		Args:   "id, timeline, start, end, bin, lookback, [dimension ...]",
		Schema: activityCols("session_count", 6, "count_sessions:long"), Run: runSessions,
		Ex: []PluginExample{{`datatable(u:string, t:long)["a",0,"a",5,"a",90,"b",1] | evaluate session_count(u, t, 0, 100, 50, 10)`,
			[]string{`[0,2]`, `[50,1]`}}}},
	{Name: "sliding_window_counts", Doc: "Counts, for each bin, the events and users of the window that ends with it.",
		Args:   "id, timeline, start, end, lookback, bin, [dimension ...]",
		Schema: activityCols("sliding_window_counts", 6, "Count:long", "Dcount:long"), Run: runSliding,
		Ex: []PluginExample{{`datatable(u:string, t:long)["a",0,"b",1] | evaluate sliding_window_counts(u, t, 0, 2, 2, 1)`,
			[]string{`[0,1,1]`, `[1,2,2]`, `[2,1,1]`}}}},
}

func columnsOf(decl []string) []Column {
	out := make([]Column, len(decl))
	for i, d := range decl {
		for k := range d {
			if d[k] == ':' {
				t, _ := types.Parse(d[k+1:])
				out[i] = Column{Name: d[:k], Type: t}
			}
		}
	}
	return out
}

type schemaFunc = func(in []Column, args []PluginArg) ([]Column, error)

func activityCols(name string, fixed int, decl ...string) schemaFunc {
	return func(in []Column, args []PluginArg) ([]Column, error) {
		time, dims, err := activitySchema(name, in, args, fixed)
		if err != nil {
			return nil, err
		}
		return append(append([]Column{time}, dims...), columnsOf(decl)...), nil
	}
}

// bounded tells whether start and end were given before n lengths.
func bounded(args []PluginArg, n int) bool {
	if len(args) < 2+n+2 {
		return false
	}
	for _, a := range args[2 : 2+n+2] {
		if a.Col >= 0 {
			return false
		}
	}
	return true
}

func engagementCols(decl ...string) schemaFunc { return boundedCols("activity_engagement", 2, decl) }

func metricsCols(decl ...string) schemaFunc { return boundedCols("activity_metrics", 1, decl) }

func boundedCols(name string, n int, decl []string) schemaFunc {
	return func(in []Column, args []PluginArg) ([]Column, error) {
		fixed := 2 + n
		if bounded(args, n) {
			fixed += 2
		}
		return activityCols(name, fixed, decl...)(in, args)
	}
}

func positive(name string, n int64) error {
	if n <= 0 {
		return fmt.Errorf("%s must be above zero", name)
	}
	return nil
}

// mapBytes is about what an entry of a map takes.
const mapBytes = 48

// maxBins bounds how many bins a plugin walks through.
const maxBins = 1_000_000

func checkBins(start, end, step int64) error {
	if err := positive("the step", step); err != nil {
		return err
	}
	if end >= start && (uint64(end)-uint64(start))/uint64(step) > maxBins {
		return fmt.Errorf("more than %d steps lie between start and end", maxBins)
	}
	if end > math.MaxInt64-2*step || step > math.MaxInt64/2 {
		return fmt.Errorf("the end or the step is too far away")
	}
	return nil
}

func (x *activity) point(at int64) value.Value { return value.FromInt64(x.time.Type, at) }

func runActiveUsers(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := activityCols("active_users_count", 8, "dcount:long")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	start, end, look, period, need, bin := args[2].ticks(), args[3].ticks(), args[4].ticks(), args[5].ticks(), args[6].ticks(), args[7].ticks()
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	if err := checkBins(start, end, bin); err != nil {
		return nil, err
	}
	if err := positive("the period", period); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, 8, func(at int64) bool { return at > start-look && at <= end })
	for _, g := range x.groups {
		seen := map[int32][]int64{} // times of each user, in order
		active := map[int64]map[int32]bool{}
		for _, e := range g.events {
			seen[e.id] = append(seen[e.id], e.at)
			if e.at < start {
				continue
			}
			periods := map[int64]bool{}
			times := seen[e.id]
			for i := len(times) - 1; i >= 0 && times[i] > e.at-look; i-- {
				periods[floorDiv(times[i]-start, period)] = true
				c.tick(0)
			}
			if int64(len(periods)) < need {
				continue
			}
			b := floorDiv(e.at-start, bin)
			if active[b] == nil {
				active[b] = map[int32]bool{}
			}
			active[b][e.id] = true
			c.tick(mapBytes)
		}
		for _, b := range sortedKeys(active) {
			out.add(row(x.point(start+b*bin), g.dims, value.Long(int64(len(active[b]))))...)
		}
	}
	return out.output(), nil
}

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// bins puts the events of a group into steps from start.
func (g *activityGroup) bins(start, step int64) map[int64][]event {
	out := map[int64][]event{}
	for _, e := range g.events {
		b := floorDiv(e.at-start, step)
		out[b] = append(out[b], e)
	}
	return out
}

func users(events []event) map[int32]bool {
	out := map[int32]bool{}
	for _, e := range events {
		out[e.id] = true
	}
	return out
}

func within(start, end int64) func(int64) bool {
	return func(at int64) bool { return at >= start && at <= end }
}

func runActivityCounts(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := activityCols("activity_counts_metrics", 5, "count:long", "dcount:long", "new_dcount:long", "aggregated_dcount:long")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end, step := args[2].ticks(), args[3].ticks(), args[4].ticks()
	if err := checkBins(start, end, step); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, 5, within(start, end))
	for _, g := range x.groups {
		known := map[int32]bool{}
		bins := g.bins(start, step)
		for _, b := range sortedKeys(bins) {
			now := users(bins[b])
			fresh := 0
			for id := range now {
				if !known[id] {
					known[id] = true
					fresh++
				}
			}
			out.add(row(x.point(start+b*step), g.dims, value.Long(int64(len(bins[b]))), value.Long(int64(len(now))), value.Long(int64(fresh)), value.Long(int64(len(known))))...)
		}
	}
	return out.output(), nil
}

// bounds returns start and end as given, or those of the data.
func bounds(in *Input, args []PluginArg, given bool) (start, end int64) {
	if given {
		return args[2].ticks(), args[3].ticks()
	}
	start, end = math.MaxInt64, math.MinInt64
	at := args[1].vec(in)
	for i := range in.Batch.Rows {
		if !at.IsNull(i) {
			t := at.Get(i).Int64()
			start, end = min(start, t), max(end, t)
		}
	}
	return start, end
}

func runEngagement(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	given := bounded(args, 2)
	fixed := 4
	if given {
		fixed = 6
	}
	cols, err := engagementCols("dcount_activities_inner:long", "dcount_activities_outer:long", "activity_ratio:real")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end := bounds(in, args, given)
	inner, outer := args[fixed-2].ticks(), args[fixed-1].ticks()
	if err := checkBins(start, end, inner); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, fixed, func(at int64) bool { return at > start-outer && at <= end })
	for _, g := range x.groups {
		win := &window{}
		lo, hi := 0, 0
		for b := start; b <= end; b += inner {
			c.tick(0)
			to := b + inner
			for hi < len(g.events) && g.events[hi].at < to {
				win.enter(g.events[hi].id)
				hi++
				c.tick(0)
			}
			for lo < hi && g.events[lo].at < to-outer {
				win.leave(g.events[lo].id)
				lo++
			}
			now := map[int32]bool{}
			for i := hi - 1; i >= lo && g.events[i].at >= b; i-- {
				now[g.events[i].id] = true
			}
			if len(now) == 0 {
				continue
			}
			out.add(row(x.point(b), g.dims, value.Long(int64(len(now))), value.Long(int64(len(win.n))), value.Real(float64(len(now))/float64(len(win.n))))...)
		}
	}
	return out.output(), nil
}

// window counts how often each user stands in a moving window.
type window struct{ n map[int32]int }

func (w *window) enter(id int32) {
	if w.n == nil {
		w.n = map[int32]int{}
	}
	w.n[id]++
}

func (w *window) leave(id int32) {
	if w.n[id]--; w.n[id] <= 0 {
		delete(w.n, id)
	}
}

func runActivityMetrics(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	given := bounded(args, 1)
	fixed := 3
	if given {
		fixed = 5
	}
	cols, err := metricsCols("dcount_values:long", "dcount_newvalues:long", "retention_rate:real", "churn_rate:real")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end := bounds(in, args, given)
	step := args[fixed-1].ticks()
	if err := checkBins(start, end, step); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, fixed, within(start, end))
	for _, g := range x.groups {
		known := map[int32]bool{}
		bins := g.bins(start, step)
		for _, b := range sortedKeys(bins) {
			now, before := users(bins[b]), users(bins[b-1])
			fresh, kept := 0, 0
			for id := range now {
				if !known[id] {
					known[id] = true
					fresh++
				}
				if before[id] {
					kept++
				}
			}
			n := float64(len(before))
			out.add(row(x.point(start+b*step), g.dims, value.Long(int64(len(now))), value.Long(int64(fresh)), value.Real(float64(kept)/n), value.Real((n-float64(kept))/n))...)
		}
	}
	return out.output(), nil
}

// newActivityArgs splits what follows the window: cohort, dimensions, lookback.
func newActivityArgs(args []PluginArg) (cohort *PluginArg, dims []PluginArg, look *PluginArg) {
	for i := 5; i < len(args); i++ {
		a := &args[i]
		switch {
		case a.Table != nil:
			look = a
		case a.Col >= 0 || a.Vec != nil && !a.Vec.Const:
			dims = append(dims, *a)
		case i == 5:
			cohort = a
		}
	}
	return cohort, dims, look
}

func newActivityCols(in []Column, args []PluginArg) ([]Column, error) {
	time, _, err := activitySchema("new_activity_metrics", in, args, 5)
	if err != nil {
		return nil, err
	}
	_, dims, _ := newActivityArgs(args)
	cols := []Column{{Name: "from_" + time.Name, Type: time.Type}, {Name: "to_" + time.Name, Type: time.Type}}
	for _, d := range dims {
		cols = append(cols, d.column(in))
	}
	return append(cols, columnsOf([]string{"dcount_new_values:long", "dcount_retained_values:long", "dcount_churn_values:long", "retention_rate:real", "churn_rate:real"})...), nil
}

func runNewActivity(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := newActivityCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end, step := args[2].ticks(), args[3].ticks(), args[4].ticks()
	if err := checkBins(start, end, step); err != nil {
		return nil, err
	}
	cohort, dims, look := newActivityArgs(args)
	x := activityOf(c, in, append(append([]PluginArg{}, args[:5]...), dims...), 5, within(start, end))
	old := lookbackIDs(in, args, look)
	for _, g := range x.groups {
		bins := g.bins(start, step)
		keys := sortedKeys(bins)
		known := map[int32]bool{}
		fresh := make([]map[int32]bool, len(keys))
		for i, b := range keys {
			fresh[i] = map[int32]bool{}
			for _, e := range bins[b] {
				if !known[e.id] && !old[e.row] {
					fresh[i][e.id] = true
				}
			}
			for _, e := range bins[b] {
				known[e.id] = true
			}
		}
		for i, b := range keys {
			from := start + b*step
			if cohort != nil && !cohort.omitted() && floorDiv(cohort.ticks()-start, step) != b || len(fresh[i]) == 0 {
				continue
			}
			upTo := map[int32]bool{}
			for k := range i + 1 {
				for _, e := range bins[keys[k]] {
					upTo[e.id] = true
					c.tick(0)
				}
			}
			for j := i; j < len(keys); j++ {
				now := users(bins[keys[j]])
				newer, kept := 0, 0
				for id := range now {
					c.tick(0)
					if fresh[i][id] {
						kept++
					} else if !upTo[id] {
						newer++
					}
				}
				if j == i {
					newer = len(fresh[i])
				}
				n := float64(len(fresh[i]))
				vals := append([]value.Value{x.point(from), x.point(start + keys[j]*step)}, g.dims...)
				out.add(append(vals, value.Long(int64(newer)), value.Long(int64(kept)), value.Long(int64(len(fresh[i])-kept)), value.Real(float64(kept)/n), value.Real((n-float64(kept))/n))...)
			}
		}
	}
	return out.output(), nil
}

// lookbackIDs marks the rows whose user stands in the lookback table.
func lookbackIDs(in *Input, args []PluginArg, look *PluginArg) map[int32]bool {
	out := map[int32]bool{}
	if look == nil || look.Table.Batch == nil {
		return out
	}
	name := args[0].column(in.Columns).Name
	at := -1
	for i, c := range look.Table.Columns {
		if c.Name == name || at < 0 && c.Type == args[0].column(in.Columns).Type {
			at = i
		}
	}
	if at < 0 {
		return out
	}
	ids := map[string]bool{}
	col := look.Table.Batch.Cols[at]
	for i := range look.Table.Batch.Rows {
		ids[value.Text(col.Get(i), false)] = true
	}
	id := args[0].vec(in)
	for i := range in.Batch.Rows {
		if ids[value.Text(id.Get(i), false)] {
			out[int32(i)] = true
		}
	}
	return out
}

func runSessions(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := activityCols("session_count", 6, "count_sessions:long")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end, bin, look := args[2].ticks(), args[3].ticks(), args[4].ticks(), args[5].ticks()
	if err := checkBins(start, end, bin); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, 6, func(at int64) bool { return at >= start-look && at <= end })
	for _, g := range x.groups {
		last, session := map[int32]int64{}, map[int32]int64{}
		next := int64(0)
		active := map[int64]map[int64]bool{}
		for _, e := range g.events {
			if prev, seen := last[e.id]; !seen || e.at-prev > look {
				session[e.id] = next
				next++
			}
			last[e.id] = e.at
			c.tick(0)
			if e.at < start {
				continue
			}
			b := floorDiv(e.at-start, bin)
			if active[b] == nil {
				active[b] = map[int64]bool{}
				c.tick(2 * mapBytes)
			}
			if !active[b][session[e.id]] {
				active[b][session[e.id]] = true
				c.tick(mapBytes)
			}
		}
		for _, b := range sortedKeys(active) {
			out.add(row(x.point(start+b*bin), g.dims, value.Long(int64(len(active[b]))))...)
		}
	}
	return out.output(), nil
}

func runSliding(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := activityCols("sliding_window_counts", 6, "Count:long", "Dcount:long")(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end, look, bin := args[2].ticks(), args[3].ticks(), args[4].ticks(), args[5].ticks()
	if err := checkBins(start, end, bin); err != nil {
		return nil, err
	}
	x := activityOf(c, in, args, 6, func(at int64) bool { return at >= start-look && at < end+bin })
	for _, g := range x.groups {
		win := &window{}
		lo, hi := 0, 0
		for b := start; b <= end; b += bin {
			c.tick(0)
			for hi < len(g.events) && g.events[hi].at < b+bin {
				win.enter(g.events[hi].id)
				hi++
				c.tick(0)
			}
			for lo < hi && g.events[lo].at < b+bin-look {
				win.leave(g.events[lo].id)
				lo++
			}
			if hi > lo {
				out.add(row(x.point(b), g.dims, value.Long(int64(hi-lo)), value.Long(int64(len(win.n))))...)
			}
		}
	}
	return out.output(), nil
}
