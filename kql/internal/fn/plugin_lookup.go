package fn

import (
	"fmt"
	"net/netip"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// lookupPlugins join with a table by something other than equality.
var lookupPlugins = []Plugin{
	{Name: "ipv4_lookup", Doc: "Looks up IPv4 addresses in a table of networks.", Lookup: 2,
		Args:   "table, source, network, [equalColumn ...], [return_unmatched]",
		Schema: lookupCols(3, true), Run: runIPLookup(false),
		Ex: []PluginExample{{`datatable(ip:string)["10.1.2.3","8.8.8.8"] | evaluate ipv4_lookup(datatable(net:string, name:string)["10.0.0.0/8","private"], ip, net)`,
			[]string{`["10.1.2.3","10.0.0.0/8","private"]`}}}},
	{Name: "ipv6_lookup", Doc: "Looks up IPv6 and IPv4 addresses in a table of networks.", Lookup: 2,
		Args:   "table, source, network, [return_unmatched]",
		Schema: lookupCols(3, true), Run: runIPLookup(true),
		Ex: []PluginExample{{`datatable(ip:string)["2001:db8::1"] | evaluate ipv6_lookup(datatable(net:string, name:string)["2001:db8::/32","documentation"], ip, net)`,
			[]string{`["2001:db8::1","2001:db8::/32","documentation"]`}}}},
	{Name: "geo_polygon_lookup", Doc: "Looks up places in a table of polygons.", Lookup: 1,
		Args:   "table, polygon, longitude, latitude, [radius], [return_unmatched], [lookup_area_radius], [return_lookup_key]",
		Schema: lookupCols(4, false), Run: runGeoLookup("geo_point_in_polygon", "geo_distance_point_to_polygon")},
	{Name: "geo_line_lookup", Doc: "Looks up places in a table of lines, by their distance in meters.", Lookup: 1,
		Args:   "table, line, longitude, latitude, radius, [return_unmatched], [lookup_area_radius], [return_lookup_key]",
		Schema: lookupCols(5, false), Run: runGeoLookup("", "geo_distance_point_to_line")},
}

// lookupArgs splits the arguments of a lookup.
type lookupArgs struct {
	pos       []PluginArg
	unmatched bool
	keepKey   bool
}

func splitLookup(args []PluginArg) lookupArgs {
	var l lookupArgs
	flags := []string{"return_unmatched", "return_lookup_key"}
	for _, a := range args {
		if a.Name == "" && a.Const && a.Type == types.Bool && len(flags) > 0 {
			a.Name, flags = flags[0], flags[1:]
		}
		switch a.Name {
		case "return_unmatched":
			l.unmatched = a.value().IsTrue()
		case "return_lookup_key":
			l.keepKey = a.value().IsTrue()
		case "lookup_area_radius":
		default:
			l.pos = append(l.pos, a)
		}
	}
	return l
}

// given are the columns of the table that the result holds, and their names.
func (l lookupArgs) given(in []Column, key int, keep bool) (take []int, cols []Column) {
	skip := map[int]bool{}
	if !keep {
		skip[key] = true
	}
	t := l.pos[0].Table.Columns
	for _, a := range l.pos[1:] {
		if a.Col < 0 || a.InTable {
			continue
		}
		for i, c := range t {
			if keep && i != key && c.Name == in[a.Col].Name && c.Type == in[a.Col].Type && len(l.pos) > 3 && isExtra(l.pos, a) {
				skip[i] = true
			}
		}
	}
	used := map[string]bool{}
	for _, c := range in {
		used[c.Name] = true
	}
	for i, c := range t {
		if skip[i] {
			continue
		}
		name := c.Name
		for n := 1; used[name]; n++ {
			name = fmt.Sprintf("%s%d", c.Name, n)
		}
		used[name] = true
		take, cols = append(take, i), append(cols, Column{Name: name, Type: c.Type})
	}
	return take, cols
}

// isExtra tells whether an argument stands behind the two keys.
func isExtra(pos []PluginArg, a PluginArg) bool {
	for _, p := range pos[3:] {
		if p.Col == a.Col && !p.InTable {
			return true
		}
	}
	return false
}

// keyColumn is the argument that names a column of the table.
func (l lookupArgs) keyColumn() int {
	for _, a := range l.pos {
		if a.InTable {
			return a.Col
		}
	}
	return -1
}

func lookupCols(minimum int, keepKey bool) schemaFunc {
	return func(in []Column, args []PluginArg) ([]Column, error) {
		l := splitLookup(args)
		if len(l.pos) < minimum || l.pos[0].Table == nil || l.keyColumn() < 0 {
			return nil, fmt.Errorf("the arguments are a table, columns of the source and a column of the table")
		}
		_, cols := l.given(in, l.keyColumn(), keepKey || l.keepKey)
		return append(append([]Column{}, in...), cols...), nil
	}
}

// lookup builds the result for pairs of rows; right below 0 stands for none.
func (l lookupArgs) result(in *Input, left, right []int32, keepKey bool) *Output {
	take, cols := l.given(in.Columns, l.keyColumn(), keepKey || l.keepKey)
	out := &Output{Columns: append(append([]Column{}, in.Columns...), cols...), Batch: in.Batch.Gather(left)}
	for k, i := range take {
		src := l.pos[0].Table.Batch.Cols[i]
		b := vec.NewBuilder(cols[k].Type, len(right))
		for _, r := range right {
			if r < 0 {
				b.AppendNull()
				continue
			}
			b.AppendFrom(src, int(r))
		}
		out.Batch.Cols = append(out.Batch.Cols, b.Finish())
	}
	return out
}

// prefixKey is the text of an address cut to a prefix.
func prefixKey(a netip.Addr, bits int) (netip.Prefix, bool) {
	p, err := a.Prefix(bits)
	return p, err == nil
}

// parseNet reads an address or network in the form that a lookup compares.
func parseNet(s string, six bool) (netip.Addr, int, bool) {
	if six {
		a, n, ok := parse6(s)
		return a, n, ok
	}
	ip, n, ok := parse4(s)
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), n, ok
}

func runIPLookup(six bool) func(*Ctx, *Input, []PluginArg) (*Output, error) {
	return func(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
		l := splitLookup(args)
		if len(l.pos) < 3 || l.pos[0].Table == nil || l.keyColumn() < 0 {
			return nil, fmt.Errorf("the arguments are a table, a column of the source and a column of the table")
		}
		t := l.pos[0].Table
		nets, keys := t.Batch.Cols[l.keyColumn()], l.pos[1].vec(in)
		if nets.Type != types.String || keys.Type != types.String {
			return nil, fmt.Errorf("addresses and networks must be texts")
		}
		extra := l.pos[3:]
		var theirs []*vec.Vec
		for _, a := range extra {
			at := -1
			for i, c := range t.Columns {
				if a.Col >= 0 && c.Name == in.Columns[a.Col].Name {
					at = i
				}
			}
			if at < 0 {
				return nil, fmt.Errorf("the table has no column %q", a.Text)
			}
			theirs = append(theirs, t.Batch.Cols[at])
		}
		// By prefix: the rows of the table whose network it is.
		byPrefix := map[netip.Prefix][]int32{}
		var lengths [129]bool
		for i := range t.Batch.Rows {
			a, n, ok := parseNet(nets.Strs[nets.At(i)], six)
			if !ok {
				continue
			}
			if p, ok := prefixKey(a, n); ok {
				lengths[n] = true
				byPrefix[p] = append(byPrefix[p], int32(i))
			}
		}
		var left, right []int32
		for i := range in.Batch.Rows {
			a, bits, ok := parseNet(keys.Strs[keys.At(i)], six)
			before := len(left)
			for n := bits; ok && n >= 0; n-- {
				if !lengths[n] {
					continue
				}
				p, _ := prefixKey(a, n)
				for _, r := range byPrefix[p] {
					same := true
					for k, e := range extra {
						same = same && value.Equal(e.vec(in).Get(i), theirs[k].Get(int(r)))
					}
					if same {
						left, right = append(left, int32(i)), append(right, r)
					}
				}
			}
			if len(left) == before && l.unmatched {
				left, right = append(left, int32(i)), append(right, -1)
			}
		}
		return l.result(in, left, right, true), nil
	}
}

// runGeoLookup looks places up with functions of the table: inside tells
// whether a place lies in a shape, distance how far from it.
func runGeoLookup(inside, distance string) func(*Ctx, *Input, []PluginArg) (*Output, error) {
	return func(x *Ctx, in *Input, args []PluginArg) (*Output, error) {
		l := splitLookup(args)
		if len(l.pos) < 4 || l.pos[0].Table == nil || l.keyColumn() < 0 {
			return nil, fmt.Errorf("the arguments are a table, a column of the table, longitude and latitude")
		}
		radius, near := 0.0, false
		if len(l.pos) > 4 {
			v := convert(l.pos[4].value(), types.Real, true)
			radius, near = v.Float(), true
		}
		name := inside
		if near {
			name = distance
		}
		f := x.Table.Func(name)
		if f == nil {
			return nil, fmt.Errorf("this needs %s(), which is not supported", name)
		}
		o, err := x.Table.Resolve(f, []types.Type{types.Real, types.Real, types.Dynamic})
		if err != nil {
			return nil, err
		}
		t := l.pos[0].Table
		shapes := t.Batch.Cols[l.keyColumn()]
		lon, lat := ConvertVec(l.pos[2].vec(in), types.Real), ConvertVec(l.pos[3].vec(in), types.Real)
		n := in.Batch.Rows
		hits := make([][]int32, n)
		for r := range t.Batch.Rows {
			shape := vec.Repeat(types.Dynamic, ConvertVec(shapes, types.Dynamic).Get(r), n)
			v, err := o.Eval(&Call{Ctx: x, Args: []*vec.Vec{lon, lat, shape}, Out: o.Out, N: n})
			if err != nil {
				return nil, err
			}
			for i := range n {
				hit := near && !v.IsNull(i) && v.Get(i).Float() <= radius || !near && v.True(i)
				if hit {
					hits[i] = append(hits[i], int32(r))
				}
			}
		}
		var left, right []int32
		for i, h := range hits {
			for _, r := range h {
				left, right = append(left, int32(i)), append(right, r)
			}
			if len(h) == 0 && l.unmatched {
				left, right = append(left, int32(i)), append(right, -1)
			}
		}
		return l.result(in, left, right, false), nil
	}
}
