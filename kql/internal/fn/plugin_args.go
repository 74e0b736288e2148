package fn

import (
	"fmt"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// value returns the one value of an argument that is constant over a run.
func (a PluginArg) value() value.Value {
	switch {
	case a.Const:
		return a.Value
	case a.Vec != nil && a.Vec.Len() > 0:
		return a.Vec.Get(0)
	}
	return value.Null
}

// ticks returns a point or a length on a timeline: ticks, or a whole number.
func (a PluginArg) ticks() int64 {
	v := a.value()
	if v.Kind() == value.KindReal {
		return int64(v.Float())
	}
	return v.Int64()
}

// omitted tells whether an optional argument stands there as "~" or null only
// to keep its place.
func (a PluginArg) omitted() bool {
	v := a.value()
	return v.IsNull() || v.Str() == "~"
}

// column returns the name and type of an argument used as a column.
func (a PluginArg) column(in []Column) Column {
	if a.Col >= 0 && a.Col < len(in) {
		return in[a.Col]
	}
	return Column{Name: a.Text, Type: a.Type}
}

// vec returns an argument's values over the input's rows.
func (a PluginArg) vec(in *Input) *vec.Vec {
	switch {
	case a.Col >= 0:
		return in.Batch.Cols[a.Col]
	case a.Vec != nil:
		return a.Vec
	}
	return vec.Repeat(a.Type, a.Value, in.Batch.Rows)
}

// namedArg finds a named argument and takes it off the list.
func namedArg(args []PluginArg, name string) (PluginArg, []PluginArg, bool) {
	for i, a := range args {
		if a.Name == name {
			return a, append(append([]PluginArg{}, args[:i]...), args[i+1:]...), true
		}
	}
	return PluginArg{Col: -1}, args, false
}

// activity is the input of the plugins that follow users over a timeline.
type activity struct {
	time   Column
	dims   []Column
	groups []*activityGroup
}

// activityGroup is the events of one combination of dimensions, in order.
type activityGroup struct {
	dims   []value.Value
	events []event
}

type event struct {
	at  int64
	id  int32
	row int32
}

// isAxis tells whether a timeline may be of a type.
func isAxis(t types.Type) bool {
	return t == types.DateTime || t == types.TimeSpan || t.Integer()
}

// activitySchema returns the timeline and dimensions of id, time, ..., dims.
func activitySchema(name string, in []Column, args []PluginArg, fixed int) (time Column, dims []Column, err error) {
	if len(args) < fixed {
		return time, nil, fmt.Errorf("%s() takes at least %d arguments, not %d", name, fixed, len(args))
	}
	time = args[1].column(in)
	if !isAxis(time.Type) {
		return time, nil, fmt.Errorf("the timeline of %s() must be a datetime, timespan or whole number, not %s", name, time.Type)
	}
	for _, a := range args[fixed:] {
		dims = append(dims, a.column(in))
	}
	return time, dims, nil
}

// activityOf reads the events; keep says which times count.
func activityOf(c *Ctx, in *Input, args []PluginArg, fixed int, keep func(at int64) bool) *activity {
	x := &activity{time: args[1].column(in.Columns)}
	id, at := args[0].vec(in), args[1].vec(in)
	var dims []*vec.Vec
	for _, a := range args[fixed:] {
		x.dims, dims = append(x.dims, a.column(in.Columns)), append(dims, a.vec(in))
	}
	ids, byDim := newNumbers(), newNumbers()
	var buf []byte
	for i := range in.Batch.Rows {
		if at.IsNull(i) {
			continue
		}
		c.tick(0)
		t := at.Get(i).Int64()
		if !keep(t) {
			continue
		}
		buf = buf[:0]
		for _, d := range dims {
			buf = vec.AppendKey(buf, d, i)
		}
		g, fresh := byDim.of(string(buf))
		if fresh {
			grp := &activityGroup{}
			for _, d := range dims {
				grp.dims = append(grp.dims, d.Get(i))
			}
			x.groups = append(x.groups, grp)
		}
		n, _ := ids.of(string(vec.AppendKey(nil, id, i)))
		x.groups[g].events = append(x.groups[g].events, event{t, int32(n), int32(i)})
		c.tick(2 * 16)
	}
	for _, g := range x.groups {
		sort.SliceStable(g.events, func(a, b int) bool { return g.events[a].at < g.events[b].at })
	}
	return x
}

// table collects result rows.
type table struct {
	c    *Ctx
	cols []Column
	b    []*vec.Builder
	n    int
}

func newTable(c *Ctx, cols []Column) *table {
	t := &table{c: c, cols: cols}
	for _, c := range cols {
		t.b = append(t.b, vec.NewBuilder(c.Type, 16))
	}
	return t
}

func (t *table) add(row ...value.Value) {
	bytes := int64(0)
	for i, v := range row {
		bytes += value.Size(v)
		t.b[i].Append(v)
	}
	t.n++
	t.c.tick(bytes)
}

func (t *table) output() *Output {
	cols := make([]*vec.Vec, len(t.b))
	for i, b := range t.b {
		cols[i] = b.Finish()
	}
	return &Output{Columns: t.cols, Batch: vec.NewBatch(cols, t.n)}
}

// floorDiv divides rounding down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// row joins the values of a result row.
func row(at value.Value, dims []value.Value, more ...value.Value) []value.Value {
	return append(append([]value.Value{at}, dims...), more...)
}
