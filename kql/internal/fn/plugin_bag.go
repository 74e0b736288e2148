package fn

import (
	"fmt"
	"sort"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var bagPlugins = []Plugin{
	{Name: "bag_unpack", Doc: "Turns the properties of a bag into columns, typed by the values found.", Open: true,
		Args: "column, [prefix], [columnsConflict], [ignoredProperties]", Run: runBagUnpack,
		Ex: []PluginExample{{`datatable(d:dynamic)[dynamic({"a":1,"b":"x"})] | evaluate bag_unpack(d)`, []string{`[1,"x"]`}}}},
	{Name: "pivot", Doc: "Turns the values of a column into columns that hold an aggregate of the rows with that value.", Open: true,
		Args: "pivotColumn, [aggregate], [column ...]", Run: runPivot,
		Ex: []PluginExample{{`datatable(k:string, v:string)["a","x","a","y","b","x"] | evaluate pivot(v)`, []string{`["a",1,1]`, `["b",1,0]`}}}},
}

// bagType returns the column type for values of a property: theirs if they
// agree, the wider number, else dynamic.
func bagType(t, u types.Type) types.Type {
	switch {
	case u == types.None || t == u:
		return t
	case t == types.None:
		return u
	}
	return types.Dynamic
}

func runBagUnpack(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	if len(args) == 0 || args[0].Col < 0 || in.Columns[args[0].Col].Type != types.Dynamic {
		return nil, fmt.Errorf("the first argument must be a dynamic column")
	}
	prefix, conflict := "", "error"
	ignored := map[string]bool{}
	pos := 0
	for _, a := range args[1:] {
		name := a.Name
		if name == "" {
			pos++
			name = []string{"", "OutputColumnPrefix", "columnsConflict", "ignoredProperties"}[min(pos, 3)]
		}
		switch name {
		case "OutputColumnPrefix":
			prefix = a.Value.Str()
		case "columnsConflict":
			conflict = a.Value.Str()
		case "ignoredProperties":
			for _, v := range a.Value.Items() {
				ignored[v.Str()] = true
			}
		}
	}
	col := args[0].Col
	src := in.Batch.Cols[col]
	found := map[string]types.Type{}
	var names []string
	for i := range in.Batch.Rows {
		b := src.Get(i).Bag()
		if b == nil {
			continue
		}
		for k := range b.Len() {
			key, v := b.At(k)
			if ignored[key] {
				continue
			}
			t, ok := found[key]
			if !ok {
				names = append(names, key)
			}
			found[key] = bagType(t, v.Type())
		}
	}
	sort.Strings(names)
	out := &Output{Batch: &vec.Batch{Rows: in.Batch.Rows}}
	add := func(c Column, v *vec.Vec) {
		out.Columns = append(out.Columns, c)
		out.Batch.Cols = append(out.Batch.Cols, v)
	}
	// A column of the source that a property has the name of stands where the
	// property does, whichever of the two is kept.
	source := map[string]int{}
	for i, c := range in.Columns {
		if _, taken := found[strings.TrimPrefix(c.Name, prefix)]; i == col || taken && strings.HasPrefix(c.Name, prefix) {
			source[c.Name] = i
			continue
		}
		add(c, in.Batch.Cols[i])
	}
	for _, key := range names {
		t := found[key]
		if t == types.None {
			t = types.Dynamic
		}
		b := vec.NewBuilder(t, in.Batch.Rows)
		for i := range in.Batch.Rows {
			v := src.Get(i).Member(key)
			if v.Type() != t && !v.IsNull() && t != types.Dynamic {
				v = convert(v, t, true)
			}
			b.Append(v)
		}
		c := Column{Name: prefix + key, Type: t}
		at, taken := source[c.Name]
		switch {
		case !taken || at == col || conflict == "replace_source":
			add(c, b.Finish())
		case conflict == "keep_source":
			add(in.Columns[at], in.Batch.Cols[at])
		default:
			return nil, fmt.Errorf("column %q exists already: give a prefix or columnsConflict", c.Name)
		}
	}
	return out, nil
}

func runPivot(x *Ctx, in *Input, args []PluginArg) (*Output, error) {
	if len(args) == 0 || args[0].Col < 0 {
		return nil, fmt.Errorf("the first argument must be a column")
	}
	agg := PluginArg{Agg: x.Table.aggs["count"].Agg}
	rest := args[1:]
	if len(rest) > 0 {
		if rest[0].Agg == nil {
			return nil, fmt.Errorf("the second argument must be an aggregate such as count() or sum(x)")
		}
		agg, rest = rest[0], rest[1:]
	}
	var keyCols []int
	for _, a := range rest {
		if a.Col < 0 {
			return nil, fmt.Errorf("what follows the aggregate must be columns")
		}
		keyCols = append(keyCols, a.Col)
	}
	if len(rest) == 0 {
		used := map[int]bool{args[0].Col: true}
		for _, a := range agg.AggArg {
			used[a.Col] = true
		}
		for i := range in.Columns {
			if !used[i] {
				keyCols = append(keyCols, i)
			}
		}
	}
	return pivotTable(x.Table, in, args[0].Col, agg, keyCols)
}

func pivotTable(t *Table, in *Input, col int, agg PluginArg, keyCols []int) (*Output, error) {
	rows, cols := newNumbers(), newNumbers()
	var names []string
	slot := make([][2]int, in.Batch.Rows)
	var firsts []int32
	var buf []byte
	for i := range in.Batch.Rows {
		buf = buf[:0]
		for _, k := range keyCols {
			buf = vec.AppendKey(buf, in.Batch.Cols[k], i)
		}
		r, fresh := rows.of(string(buf))
		if fresh {
			firsts = append(firsts, int32(i))
		}
		name := value.Text(in.Batch.Cols[col].Get(i), in.Columns[col].Type == types.Dynamic)
		c, fresh := cols.of(name)
		if fresh {
			names = append(names, name)
		}
		slot[i] = [2]int{r, c}
	}
	if len(names) > 10_000 {
		return nil, fmt.Errorf("column %q has more than 10000 values", in.Columns[col].Name)
	}
	var ts []types.Type
	var argCols []*vec.Vec
	spec := Spec{}
	for _, a := range agg.AggArg {
		v := vec.Repeat(a.Type, a.Value, in.Batch.Rows)
		if a.Col >= 0 {
			v = in.Batch.Cols[a.Col]
		}
		argCols, ts, spec.Consts = append(argCols, v), append(ts, a.Type), append(spec.Consts, a.Value)
	}
	to, out, err := t.ResolveAgg(agg.Agg, ts)
	if err != nil {
		return nil, err
	}
	for i := range argCols {
		argCols[i] = ConvertVec(argCols[i], to[i])
		spec.Args = append(spec.Args, argCols[i].Type)
	}
	spec.Out, spec.Outs = out, []types.Type{out}
	acc := agg.Agg.New(spec)
	acc.Grow(rows.n() * len(names))
	groups := make([]int32, in.Batch.Rows)
	hit := make([]bool, rows.n()*len(names))
	for i, s := range slot {
		groups[i] = int32(s[0]*len(names) + s[1])
		hit[groups[i]] = true
	}
	acc.Add(groups, argCols)
	res := acc.Finish()
	result := &Output{Batch: &vec.Batch{Rows: rows.n()}}
	for _, k := range keyCols {
		result.Columns = append(result.Columns, in.Columns[k])
		result.Batch.Cols = append(result.Batch.Cols, in.Batch.Cols[k].Gather(firsts))
	}
	for c := range names { // in the order in which the values come
		b := vec.NewBuilder(out, rows.n())
		for r := range rows.n() {
			s := r*len(names) + c
			if hit[s] || agg.Agg.Name == "count" || agg.Agg.Name == "sum" || agg.Agg.Name == "dcount" {
				b.Append(res.Get(s))
			} else {
				b.AppendNull()
			}
		}
		result.Columns = append(result.Columns, Column{Name: names[c], Type: out})
		result.Batch.Cols = append(result.Batch.Cols, b.Finish())
	}
	return result, nil
}

// numbers gives texts numbers in the order in which they come.
type numbers struct{ m map[string]int }

func newNumbers() *numbers { return &numbers{map[string]int{}} }

func (x *numbers) n() int { return len(x.m) }

func (x *numbers) of(s string) (i int, fresh bool) {
	if i, ok := x.m[s]; ok {
		return i, false
	}
	x.m[s] = len(x.m)
	return len(x.m) - 1, true
}
