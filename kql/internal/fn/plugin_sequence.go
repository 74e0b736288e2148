package fn

import (
	"fmt"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// sequencePlugins find sequences of events.
var sequencePlugins = []Plugin{
	{Name: "sequence_detect", Doc: "Finds events that follow one another as given predicates say, within a time for each step and for the whole.",
		Args: "timeline, maxStep, maxSpan, name = predicate, ..., [dimension ...]", Schema: detectCols, Run: runDetect,
		Ex: []PluginExample{{`datatable(t:long, e:string)[1,"a",3,"b",9,"b"] | evaluate sequence_detect(t, 5, 5, x = (e == "a"), y = (e == "b"))`,
			[]string{`[1,3,2]`}}}},
	{Name: "funnel_sequence", Doc: "Counts the users that went through a sequence of states, by the states before and after it.",
		Args: "id, timeline, start, end, maxStep, step, state, sequence", Schema: funnelCols, Run: runFunnel,
		Ex: []PluginExample{{`datatable(u:string, t:long, s:string)["u",1,"a","u",2,"b","u",3,"c"] | evaluate funnel_sequence(u, t, 0, 9, 5, 10, s, dynamic(["b"]))`,
			[]string{`[0,"a","c",1,["u"]]`}}}},
	{Name: "funnel_sequence_completion", Doc: "Counts, for each state of a sequence and each period, the users that came so far within the period.",
		Args: "id, timeline, start, end, step, state, sequence, periods", Schema: completionCols, Run: runCompletion,
		Ex: []PluginExample{{`datatable(u:string, t:datetime, s:string)["u",datetime(2020-01-01),"a","u",datetime(2020-01-02),"b"] | evaluate funnel_sequence_completion(u, t, datetime(2020-01-01), datetime(2020-02-01), 31d, s, dynamic(["a","b"]), dynamic([1h, 2d])) | project s, Period, dcount`,
			[]string{`["a","01:00:00",1]`, `["b","01:00:00",0]`, `["a","2.00:00:00",1]`, `["b","2.00:00:00",1]`}}}},
}

// detectSteps splits the arguments behind maxSpan into predicates and dimensions.
func detectSteps(args []PluginArg) (steps, dims []PluginArg) {
	for i := 3; i < len(args); i++ {
		if args[i].Type == types.Bool {
			steps = append(steps, args[i])
		} else {
			dims = append(dims, args[i])
		}
	}
	return steps, dims
}

func detectCols(in []Column, args []PluginArg) ([]Column, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("sequence_detect() takes a timeline, two times and predicates")
	}
	time := args[0].column(in)
	if !isAxis(time.Type) {
		return nil, fmt.Errorf("the timeline of sequence_detect() must be a datetime, timespan or whole number, not %s", time.Type)
	}
	steps, dims := detectSteps(args)
	if len(steps) == 0 {
		return nil, fmt.Errorf("sequence_detect() needs at least one predicate")
	}
	var cols []Column
	for _, d := range dims {
		c := d.column(in)
		if d.Name != "" {
			c.Name = d.Name
		}
		cols = append(cols, c)
	}
	for i, s := range steps {
		name := s.Name
		if name == "" {
			name = fmt.Sprintf("Expr%d", i+1)
		}
		cols = append(cols, Column{Name: name + "_" + time.Name, Type: time.Type})
	}
	length := time.Type
	if length == types.DateTime {
		length = types.TimeSpan
	}
	return append(cols, Column{Name: "Duration", Type: length}), nil
}

func runDetect(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := detectCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	steps, dims := detectSteps(args)
	maxStep, maxSpan := args[1].ticks(), args[2].ticks()
	// activityOf wants an id first: the timeline serves.
	x := activityOf(c, in, append([]PluginArg{args[0], args[0]}, dims...), 2, func(int64) bool { return true })
	preds := make([]*vec.Vec, len(steps))
	for i, s := range steps {
		preds[i] = s.vec(in)
	}
	for _, g := range x.groups {
		times := make([][]int64, len(steps)) // distinct times at which each predicate holds
		for i := range steps {
			for _, e := range g.events {
				if preds[i].True(int(e.row)) && (len(times[i]) == 0 || times[i][len(times[i])-1] != e.at) {
					times[i] = append(times[i], e.at)
				}
			}
		}
		path := make([]int64, len(steps))
		var walk func(k int) error
		walk = func(k int) error {
			c.tick(0)
			if k == len(steps) {
				if out.n >= maxBins {
					return fmt.Errorf("sequence_detect() found more than %d sequences", maxBins)
				}
				vals := append([]value.Value{}, g.dims...)
				for _, t := range path {
					vals = append(vals, x.point(t))
				}
				out.add(append(vals, value.FromInt64(cols[len(cols)-1].Type, path[k-1]-path[0]))...)
				return nil
			}
			from := 0
			if k > 0 {
				from = sort.Search(len(times[k]), func(i int) bool { return times[k][i] > path[k-1] })
			}
			for _, t := range times[k][from:] {
				if k > 0 && (t-path[k-1] > maxStep || t-path[0] > maxSpan) {
					break
				}
				path[k] = t
				if err := walk(k + 1); err != nil {
					return err
				}
			}
			return nil
		}
		if err := walk(0); err != nil {
			return nil, err
		}
	}
	return out.output(), nil
}

func funnelCols(in []Column, args []PluginArg) ([]Column, error) {
	time, _, err := activitySchema("funnel_sequence", in, args, 8)
	if err != nil {
		return nil, err
	}
	return append([]Column{time}, columnsOf([]string{"prev:string", "next:string", "dcount:long", "samples:dynamic"})...), nil
}

// byUser splits the events of a plugin into those of each user, in order.
func byUser(c *Ctx, in *Input, args []PluginArg, start, end int64) (*activity, [][]event) {
	x := activityOf(c, in, args[:2], 2, within(start, end))
	var out [][]event
	for _, g := range x.groups {
		for _, e := range g.events {
			for int(e.id) >= len(out) {
				out = append(out, nil)
			}
			out[e.id] = append(out[e.id], e)
		}
	}
	return x, out
}

func runFunnel(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := funnelCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	start, end, maxStep, step := args[2].ticks(), args[3].ticks(), args[4].ticks(), args[5].ticks()
	if err := checkBins(start, end, step); err != nil {
		return nil, err
	}
	state, id := args[6].vec(in), args[0].vec(in)
	var seq []string
	for _, v := range args[7].value().Items() {
		seq = append(seq, value.Text(v, true))
	}
	if len(seq) == 0 {
		return nil, fmt.Errorf("the sequence must be an array of states")
	}
	x, users := byUser(c, in, args, start, end)
	type key struct {
		bin        int64
		prev, next string
	}
	found, order := map[key][]int32{}, []key{}
	at := func(e event) string { return value.Text(state.Get(int(e.row)), false) }
	for _, ev := range users {
		seen := map[key]bool{}
		for i := 0; i+len(seq) <= len(ev); i++ {
			c.tick(0)
			match := true
			for k, s := range seq {
				if at(ev[i+k]) != s || k > 0 && ev[i+k].at-ev[i+k-1].at > maxStep {
					match = false
					break
				}
			}
			if !match {
				continue
			}
			k := key{bin: floorDiv(ev[i].at-start, step)}
			if i > 0 && ev[i].at-ev[i-1].at <= maxStep {
				k.prev = at(ev[i-1])
			}
			if last := i + len(seq); last < len(ev) && ev[last].at-ev[last-1].at <= maxStep {
				k.next = at(ev[last])
			}
			if seen[k] {
				continue
			}
			seen[k] = true
			if found[k] == nil {
				order = append(order, k)
			}
			found[k] = append(found[k], ev[i].row)
		}
	}
	sort.SliceStable(order, func(a, b int) bool {
		if order[a].bin != order[b].bin {
			return order[a].bin < order[b].bin
		}
		return len(found[order[a]]) > len(found[order[b]])
	})
	for _, k := range order {
		var ids []value.Value
		for _, r := range found[k][:min(len(found[k]), 128)] {
			ids = append(ids, id.Get(int(r)))
		}
		out.add(x.point(start+k.bin*step), value.String(k.prev), value.String(k.next), value.Long(int64(len(found[k]))), value.Array(ids))
	}
	return out.output(), nil
}

func completionCols(in []Column, args []PluginArg) ([]Column, error) {
	time, _, err := activitySchema("funnel_sequence_completion", in, args, 8)
	if err != nil {
		return nil, err
	}
	length := types.TimeSpan
	if time.Type != types.DateTime && time.Type != types.TimeSpan {
		length = types.Long
	}
	return []Column{time, args[5].column(in), {Name: "Period", Type: length}, {Name: "dcount", Type: types.Long}}, nil
}

func runCompletion(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := completionCols(in.Columns, args)
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
	state := args[5].vec(in)
	seq, periods := args[6].value().Items(), args[7].value().Items()
	if len(seq) == 0 || len(periods) == 0 {
		return nil, fmt.Errorf("the sequence and the periods must be arrays")
	}
	x, users := byUser(c, in, args, start, end)
	for _, p := range periods {
		length := convert(p, cols[2].Type, true)
		if length.IsNull() {
			return nil, fmt.Errorf("a period must be a time")
		}
		reached := map[int64][]int64{}
		for _, ev := range users {
			depth := map[int64]int{} // how far the user came in each bin
			for i, e := range ev {
				if !value.Equal(state.Get(int(e.row)), seq[0]) {
					continue
				}
				k := 1
				for _, f := range ev[i+1:] {
					c.tick(0)
					if k == len(seq) || f.at-e.at > length.Int64() {
						break
					}
					if value.Equal(state.Get(int(f.row)), seq[k]) {
						k++
					}
				}
				b := floorDiv(e.at-start, step)
				depth[b] = max(depth[b], k)
			}
			for b, d := range depth {
				if reached[b] == nil {
					reached[b] = make([]int64, len(seq))
				}
				for k := range d {
					reached[b][k]++
				}
			}
		}
		for _, b := range sortedKeys(reached) {
			for k, s := range seq {
				out.add(x.point(start+b*step), s, length, value.Long(reached[b][k]))
			}
		}
	}
	return out.output(), nil
}
