package fn

import (
	"fmt"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var miscPlugins = []Plugin{
	{Name: "narrow", Doc: "Turns a table into rows of row number, column and value.",
		Schema: fixedCols("Row:long", "Column:string", "Value:string"), Run: runNarrow,
		Ex: []PluginExample{{`print a = 1, b = "x" | evaluate narrow()`, []string{`[0,"a","1"]`, `[0,"b","x"]`}}}},
	{Name: "preview", Doc: "Keeps the first rows.", Args: "rows",
		Schema: func(in []Column, _ []PluginArg) ([]Column, error) { return in, nil }, Run: runPreview,
		Ex: []PluginExample{{`range x from 1 to 9 step 1 | evaluate preview(2)`, []string{`[1]`, `[2]`}}}},
	{Name: "rows_near", Doc: "Keeps the rows near those for which a condition holds.", Args: "condition, rows, [rowsAfter]",
		Schema: func(in []Column, _ []PluginArg) ([]Column, error) { return in, nil }, Run: runRowsNear,
		Ex: []PluginExample{{`range x from 1 to 9 step 1 | evaluate rows_near(x == 5, 1)`, []string{`[4]`, `[5]`, `[6]`}}}},
	{Name: "rolling_percentile", Doc: "Gives the percentile of the values of each bin and the bins before it.",
		Args:   "value, percentile, timeline, binSize, binsPerWindow, [dimension ...]",
		Schema: rollingCols, Run: runRolling,
		Ex: []PluginExample{{`range x from 1 to 4 step 1 | evaluate rolling_percentile(x, 50, x, 2, 2)`, []string{`[0,1]`, `[2,2]`, `[4,3]`}}}},
	{Name: "schema_merge", Doc: "Merges rows of getschema into one schema.", Args: "[PreserveOrder]",
		Schema: fixedCols("ColumnName:string", "ColumnOrdinal:long", "DataType:string", "ColumnType:string"), Run: runSchemaMerge,
		Ex: []PluginExample{{`datatable(a:long)[] | getschema | evaluate schema_merge()`, []string{`["a",0,"System.Int64","long"]`}}}},
	{Name: "dcount_intersect", Doc: "Estimates how many values several hll states have in common.", Args: "hll ...",
		Schema: intersectCols, Run: runIntersect},
}

func fixedCols(decl ...string) schemaFunc {
	return func([]Column, []PluginArg) ([]Column, error) { return columnsOf(decl), nil }
}

func runNarrow(c *Ctx, in *Input, _ []PluginArg) (*Output, error) {
	out := newTable(c, columnsOf([]string{"Row:long", "Column:string", "Value:string"}))
	for i := range in.Batch.Rows {
		for k, c := range in.Columns {
			out.add(value.Long(int64(i)), value.String(c.Name), value.String(value.Text(in.Batch.Cols[k].Get(i), c.Type == types.Dynamic)))
		}
	}
	return out.output(), nil
}

func runPreview(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("the argument is a number of rows")
	}
	n := min(max(args[0].ticks(), 0), int64(in.Batch.Rows))
	return &Output{Columns: in.Columns, Batch: in.Batch.Slice(0, int(n))}, nil
}

func runRowsNear(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	if len(args) < 2 || args[0].Type != types.Bool {
		return nil, fmt.Errorf("the arguments are a condition and a number of rows")
	}
	before := max(args[1].ticks(), 0)
	after := before
	if len(args) > 2 {
		after = max(args[2].ticks(), 0)
	}
	cond := args[0].vec(in)
	var idx []int32
	next := int64(0) // the first row not kept yet
	n := int64(in.Batch.Rows)
	for i := range n {
		if !cond.True(int(i)) {
			continue
		}
		for k := max(next, i-before); k <= min(i+after, n-1); k++ {
			idx = append(idx, int32(k))
			next = k + 1
		}
	}
	return &Output{Columns: in.Columns, Batch: in.Batch.Gather(idx)}, nil
}

func rollingCols(in []Column, args []PluginArg) ([]Column, error) {
	if len(args) < 5 {
		return nil, fmt.Errorf("rolling_percentile() takes at least 5 arguments, not %d", len(args))
	}
	val, axis := args[0].column(in), args[2].column(in)
	if !val.Type.Numeric() && !isAxis(val.Type) {
		return nil, fmt.Errorf("the values of rolling_percentile() must be numbers or times, not %s", val.Type)
	}
	if !isAxis(axis.Type) {
		return nil, fmt.Errorf("the timeline of rolling_percentile() must be a datetime, timespan or whole number, not %s", axis.Type)
	}
	cols := []Column{axis}
	for _, a := range args[5:] {
		cols = append(cols, a.column(in))
	}
	name := fmt.Sprintf("rolling_%s_percentile_%s_%s", value.Text(args[4].value(), false), val.Name, value.Text(args[1].value(), false))
	return append(cols, Column{Name: name, Type: val.Type}), nil
}

func runRolling(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := rollingCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	if in.Batch.Rows == 0 {
		return out.output(), nil
	}
	bin, n := args[3].ticks(), args[4].ticks()
	if positive("bin", bin) != nil || positive("bins", n) != nil {
		return nil, fmt.Errorf("the size of a bin and the bins of a window must be above zero")
	}
	p := args[1].value().Float()
	if k := args[1].value(); k.Kind() == value.KindInt || k.Kind() == value.KindLong {
		p = float64(k.Int64())
	}
	// The id and timeline places of an activity are the timeline.
	x := activityOf(c, in, append([]PluginArg{args[2], args[2]}, args[5:]...), 2, func(int64) bool { return true })
	vals := args[0].vec(in)
	for _, g := range x.groups {
		bins := g.bins(0, bin)
		keys := sortedKeys(bins)
		for i, b := range keys {
			var window []value.Value
			for k := i; k >= 0 && keys[k] > b-n; k-- {
				for _, e := range bins[keys[k]] {
					if !vals.IsNull(int(e.row)) {
						window = append(window, vals.Get(int(e.row)))
					}
				}
			}
			sort.Slice(window, func(a, b int) bool { return value.Compare(window[a], window[b]) < 0 })
			res := value.Null
			if len(window) > 0 {
				rank := int(p/100*float64(len(window))+0.9999999999) - 1
				res = window[min(max(rank, 0), len(window)-1)]
			}
			out.add(row(x.point(b*bin), g.dims, res)...)
		}
	}
	return out.output(), nil
}

func runSchemaMerge(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	keep := true
	if a, _, ok := namedArg(args, "PreserveOrder"); ok {
		keep = a.value().IsTrue()
	} else if len(args) > 0 {
		keep = args[0].value().IsTrue()
	}
	at := map[string]int{}
	for i, c := range in.Columns {
		at[c.Name] = i
	}
	place := func(n string) *vec.Vec {
		if i, ok := at[n]; ok {
			return in.Batch.Cols[i]
		}
		return nil
	}
	names, ords, data, kinds := place("ColumnName"), place("ColumnOrdinal"), place("DataType"), place("ColumnType")
	if names == nil || ords == nil || data == nil || kinds == nil {
		return nil, fmt.Errorf("the input must be rows of getschema")
	}
	type merged struct {
		name, data, kind string
		ord              int64
		moved, clash     bool
	}
	var list []*merged
	byName := map[string]*merged{}
	for i := range in.Batch.Rows {
		name, ord := names.Get(i).Str(), ords.Get(i).Int64()
		m := byName[name]
		if m == nil {
			m = &merged{name: name, data: data.Get(i).Str(), kind: kinds.Get(i).Str(), ord: ord}
			byName[name] = m
			list = append(list, m)
			continue
		}
		if ord != m.ord {
			m.moved = true
			m.ord = max(m.ord, ord)
		}
		if kind := kinds.Get(i).Str(); kind != m.kind {
			a, _ := types.Parse(m.kind)
			b, _ := types.Parse(kind)
			switch w := types.Wider(a, b); {
			case w == types.None:
				m.clash = true
			case w == b:
				m.kind, m.data = kind, data.Get(i).Str()
			}
		}
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].ord < list[b].ord })
	out := newTable(c, columnsOf([]string{"ColumnName:string", "ColumnOrdinal:long", "DataType:string", "ColumnType:string"}))
	for i, m := range list {
		ord := int64(i)
		problem := ""
		switch {
		case m.clash:
			problem = "ERROR(columns have different types)"
		case keep && m.moved:
			problem = "ERROR(columns are out of order)"
		}
		if problem != "" {
			ord, m.data, m.kind = -1, "ERROR(unknown CSL type:"+problem+")", problem
		}
		out.add(value.String(m.name), value.Long(ord), value.String(m.data), value.String(m.kind))
	}
	return out.output(), nil
}

func intersectCols(in []Column, args []PluginArg) ([]Column, error) {
	if len(args) < 2 || len(args) > 16 {
		return nil, fmt.Errorf("dcount_intersect() takes 2 to 16 hll states")
	}
	cols := append([]Column{}, in...)
	for i := range args {
		cols = append(cols, Column{Name: fmt.Sprintf("s%d", i), Type: types.Long})
	}
	return cols, nil
}

// runIntersect counts intersections from unions: by inclusion and exclusion.
func runIntersect(x *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := intersectCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	merge, count := x.Table.Func("hll_merge"), x.Table.Func("dcount_hll")
	if merge == nil || count == nil {
		return nil, fmt.Errorf("this needs hll_merge() and dcount_hll(), which are not supported")
	}
	n := in.Batch.Rows
	call := func(f *Func, args ...*vec.Vec) (*vec.Vec, error) {
		ts := make([]types.Type, len(args))
		for i := range ts {
			ts[i] = types.Dynamic
		}
		o, err := x.Table.Resolve(f, ts)
		if err != nil {
			return nil, err
		}
		return o.Eval(&Call{Ctx: x, Args: args, Out: o.Out, N: n})
	}
	states := make([]*vec.Vec, len(args))
	for i, a := range args {
		states[i] = a.vec(in)
	}
	out := &Output{Columns: cols, Batch: &vec.Batch{Rows: n, Cols: append([]*vec.Vec{}, in.Batch.Cols...)}}
	for k := range args {
		sums := make([]int64, n)
		for set := 1; set < 1<<(k+1); set++ {
			var union *vec.Vec
			sign := int64(-1)
			for i := range k + 1 {
				if set>>i&1 == 0 {
					continue
				}
				sign = -sign
				if union == nil {
					union = states[i]
				} else if union, err = call(merge, union, states[i]); err != nil {
					return nil, err
				}
			}
			c, err := call(count, union)
			if err != nil {
				return nil, err
			}
			for i := range sums {
				if !c.IsNull(i) {
					sums[i] += sign * c.Get(i).Int64()
				}
			}
		}
		for i := range sums {
			sums[i] = max(sums[i], 0)
		}
		out.Batch.Cols = append(out.Batch.Cols, vec.OfInts(types.Long, sums))
	}
	return out, nil
}
