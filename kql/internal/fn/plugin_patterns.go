package fn

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// patternPlugins find values that occur together.
var patternPlugins = []Plugin{
	{Name: "autocluster", Doc: "Finds a few patterns of values that together cover much of the rows. Which patterns stand for the rows is a matter of judgment: the counts are exact, the choice may differ from Kusto's.",
		Args: "[sizeWeight], [weightColumn], [seeds], [wildcard ...]", Schema: patternCols(2, "SegmentId:long", "Count:long", "Percent:real"), Run: runAutocluster,
		Ex: []PluginExample{{`datatable(a:string, b:string)["x","1","x","1","x","1"] | evaluate autocluster()`, []string{`[0,3,100.0,"x","1"]`}}}},
	{Name: "basket", Doc: "Finds all patterns of values that occur in a share of the rows, leaving out those that hold no further row than a longer one.",
		Args: "[threshold], [weightColumn], [maxDimensions], [wildcard ...]", Schema: patternCols(2, "SegmentId:long", "Count:long", "Percent:real"), Run: runBasket,
		Ex: []PluginExample{{`datatable(a:string, b:string)["x","1","x","2"] | evaluate basket(0.6)`, []string{`[0,2,100.0,"x",""]`}}}},
	{Name: "diffpatterns", Doc: "Finds patterns of values that differ between two sets of rows. The counts are exact, the choice may differ from Kusto's.",
		Args: "splitColumn, valueA, valueB, [weightColumn], [threshold], [maxDimensions], [wildcard ...]", Schema: diffCols, Run: runDiffPatterns,
		Ex: []PluginExample{{`datatable(s:string, b:string)["A","1","A","1","B","2"] | evaluate diffpatterns(s, "A", "B") | where b == "1"`,
			[]string{`[0,2,0,100.0,0.0,100.0,"1"]`}}}},
}

func patternCols(_ int, decl ...string) schemaFunc {
	return func(in []Column, args []PluginArg) ([]Column, error) {
		return append(columnsOf(decl), in...), nil
	}
}

// diffCols are the columns of diffpatterns: those of the input follow, without
// the one that splits it (so in the outputs of the plugin's page and of
// https://learn.microsoft.com/azure/data-explorer/anomaly-diagnosis).
func diffCols(in []Column, args []PluginArg) ([]Column, error) {
	if len(args) < 3 || args[0].Col < 0 {
		return nil, fmt.Errorf("diffpatterns() takes a column and two of its values")
	}
	return append(columnsOf([]string{"SegmentId:long", "CountA:long", "CountB:long", "PercentA:real", "PercentB:real", "PercentDiffAB:real"}), cut(in, args[0].Col)...), nil
}

// items are the frequent values of the columns of a table.
type items struct {
	c      *Ctx
	in     *Input
	col    []int // of each item
	val    []value.Value
	rows   [][]uint64 // bit set of each item
	weight []float64  // of each row
	total  float64
	budget int
}

// pattern is a set of items with the rows that have all of them.
type pattern struct {
	items []int
	rows  []uint64
	count float64
}

// maxPatternItems and maxSearch bound the search.
const (
	maxPatternItems = 400
	maxSearch       = 200_000
)

// frequent finds the values of the columns that occur in a share of the
// weight of the rows that pick names.
func frequent(c *Ctx, in *Input, skip map[int]bool, weights *vec.Vec, pick func(row int) bool, enough func(rows []uint64, w []float64) bool) *items {
	n := in.Batch.Rows
	x := &items{c: c, in: in, weight: make([]float64, n), budget: maxSearch}
	for i := range n {
		if !pick(i) {
			continue
		}
		x.weight[i] = 1
		if weights != nil {
			x.weight[i] = 0
			if !weights.IsNull(i) {
				x.weight[i] = weights.Get(i).Float()
			}
		}
		x.total += x.weight[i]
	}
	words := (n + 63) / 64
	for col := range in.Columns {
		if skip[col] {
			continue
		}
		// First count, then build the sets of the values that may matter.
		counts := map[string]int{}
		src := in.Batch.Cols[col]
		var buf []byte
		for i := range n {
			if x.weight[i] == 0 || src.IsNull(i) {
				continue
			}
			buf = vec.AppendKey(buf[:0], src, i)
			counts[string(buf)]++
			c.tick(0)
		}
		if len(counts) > 2*maxPatternItems && weights == nil {
			for k, n := range counts {
				if n < 2 {
					delete(counts, k)
				}
			}
		}
		if len(counts) > 100_000 {
			continue // a column of mostly different values has no pattern
		}
		sets, first := map[string][]uint64{}, map[string]int{}
		var order []string
		top := topCounts(counts, 4*maxPatternItems)
		for i := range n {
			if x.weight[i] == 0 || src.IsNull(i) {
				continue
			}
			buf = vec.AppendKey(buf[:0], src, i)
			if !top[string(buf)] {
				continue
			}
			s := sets[string(buf)]
			if s == nil {
				c.tick(8 * int64(words))
				s = make([]uint64, words)
				k := string(buf)
				sets[k], first[k], order = s, i, append(order, k)
			}
			s[i/64] |= 1 << (i % 64)
		}
		for _, k := range order {
			c.stop()
			if enough(sets[k], x.weight) {
				x.col, x.val, x.rows = append(x.col, col), append(x.val, src.Get(first[k])), append(x.rows, sets[k])
			}
		}
	}
	// The most frequent items first; a hard bound keeps the search small.
	order := make([]int, len(x.col))
	sums := make([]float64, len(x.col))
	for i := range order {
		order[i] = i
		sums[i] = weigh(x.rows[i], x.weight)
	}
	sort.SliceStable(order, func(a, b int) bool { return sums[order[a]] > sums[order[b]] })
	if len(order) > maxPatternItems {
		order = order[:maxPatternItems]
	}
	y := *x
	y.col, y.val, y.rows = nil, nil, nil
	for _, i := range order {
		y.col, y.val, y.rows = append(y.col, x.col[i]), append(y.val, x.val[i]), append(y.rows, x.rows[i])
	}
	return &y
}

// topCounts names the n keys with the largest counts.
func topCounts(counts map[string]int, n int) map[string]bool {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(a, b int) bool {
		if counts[keys[a]] != counts[keys[b]] {
			return counts[keys[a]] > counts[keys[b]]
		}
		return keys[a] < keys[b]
	})
	out := map[string]bool{}
	for _, k := range keys[:min(n, len(keys))] {
		out[k] = true
	}
	return out
}

func weigh(rows []uint64, w []float64) float64 {
	sum := 0.0
	for k, word := range rows {
		for word != 0 {
			i := bits.TrailingZeros64(word)
			sum += w[64*k+i]
			word &= word - 1
		}
	}
	return sum
}

// mine gives all closed patterns of at most dims items for which enough holds.
func (x *items) mine(dims int, enough func(rows []uint64, w []float64) bool) []pattern {
	var out []pattern
	var walk func(p pattern, from int)
	walk = func(p pattern, from int) {
		for i := from; i < len(x.col) && x.budget > 0; i++ {
			x.budget--
			x.c.stop()
			if len(p.items) >= dims || x.uses(p, x.col[i]) {
				continue
			}
			rows := x.rows[i]
			if p.rows != nil {
				rows = make([]uint64, len(p.rows))
				for k := range rows {
					rows[k] = p.rows[k] & x.rows[i][k]
				}
			}
			if !enough(rows, x.weight) {
				continue
			}
			q := pattern{items: append(append([]int{}, p.items...), i), rows: rows, count: weigh(rows, x.weight)}
			if len(q.items) == dims || x.closed(q) {
				x.c.tick(8 * int64(len(q.rows)))
				out = append(out, q)
			}
			walk(q, i+1)
		}
	}
	walk(pattern{}, 0)
	return out
}

func (x *items) uses(p pattern, col int) bool {
	for _, i := range p.items {
		if x.col[i] == col {
			return true
		}
	}
	return false
}

// closed tells whether no further item holds for all rows of p.
func (x *items) closed(p pattern) bool {
	for i := range x.col {
		if x.uses(p, x.col[i]) {
			continue
		}
		all := true
		for k, w := range p.rows {
			if w&^x.rows[i][k] != 0 {
				all = false
				break
			}
		}
		if all {
			return false
		}
	}
	return true
}

// wildcards are the values that stand for "any", by type.
func wildcards(args []PluginArg, from int) map[types.Type]value.Value {
	out := map[types.Type]value.Value{types.String: value.String("")}
	for i := from; i < len(args); i++ {
		if v := args[i].value(); !v.IsNull() && v.Str() != "~" {
			out[args[i].Type] = v
			if args[i].Type == types.Int {
				if _, ok := out[types.Long]; !ok {
					out[types.Long] = v
				}
			}
		}
	}
	return out
}

// describe gives the columns of a pattern.
func (x *items) describe(p pattern, wild map[types.Type]value.Value) []value.Value {
	out := make([]value.Value, len(x.in.Columns))
	for i, c := range x.in.Columns {
		out[i] = wild[c.Type]
	}
	for _, i := range p.items {
		out[x.col[i]] = x.val[i]
	}
	return out
}

// weightOf returns an optional weight column.
func weightOf(in *Input, args []PluginArg, i int) (col int, w *vec.Vec, err error) {
	if i >= len(args) || args[i].Col < 0 {
		return -1, nil, nil
	}
	if !in.Columns[args[i].Col].Type.Numeric() {
		return -1, nil, fmt.Errorf("the weight column must hold numbers")
	}
	return args[i].Col, in.Batch.Cols[args[i].Col], nil
}

func optional(args []PluginArg, i int, otherwise float64) float64 {
	if i >= len(args) || args[i].omitted() || !args[i].value().Numeric() {
		return otherwise
	}
	return args[i].value().Float()
}

func runBasket(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	out := newTable(c, append(columnsOf([]string{"SegmentId:long", "Count:long", "Percent:real"}), in.Columns...))
	threshold := optional(args, 0, 0.05)
	if threshold < 0.015 || threshold > 1 {
		return nil, fmt.Errorf("the threshold must lie between 0.015 and 1")
	}
	dims := int(optional(args, 2, 5))
	x, err := supported(c, in, args, 1, threshold)
	if err != nil {
		return nil, err
	}
	patterns := x.mine(dims, x.share(threshold))
	sort.SliceStable(patterns, func(a, b int) bool { return patterns[a].count > patterns[b].count })
	x.write(out, patterns, wildcards(args, 3))
	return out.output(), nil
}

// supported finds the values that occur in a share of the rows.
func supported(c *Ctx, in *Input, args []PluginArg, weight int, threshold float64) (*items, error) {
	col, w, err := weightOf(in, args, weight)
	if err != nil {
		return nil, err
	}
	total := 0.0
	for i := range in.Batch.Rows {
		switch {
		case w == nil:
			total++
		case !w.IsNull(i):
			total += w.Get(i).Float()
		}
	}
	return frequent(c, in, map[int]bool{col: true}, w, func(int) bool { return true }, func(rows []uint64, w []float64) bool {
		return weigh(rows, w) >= threshold*total
	}), nil
}

func (x *items) share(threshold float64) func([]uint64, []float64) bool {
	return func(rows []uint64, w []float64) bool { return x.total > 0 && weigh(rows, w) >= threshold*x.total }
}

func (x *items) write(out *table, patterns []pattern, wild map[types.Type]value.Value) {
	for i, p := range patterns {
		vals := []value.Value{value.Long(int64(i)), value.Long(int64(math.Round(p.count))), value.Real(percent(p.count/x.total, 10))}
		out.add(append(vals, x.describe(p, wild)...)...)
	}
}

func runAutocluster(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	out := newTable(c, append(columnsOf([]string{"SegmentId:long", "Count:long", "Percent:real"}), in.Columns...))
	size := optional(args, 0, 0.5)
	const least = 0.05
	x, err := supported(c, in, args, 1, least)
	if err != nil {
		return nil, err
	}
	candidates := x.mine(6, x.share(least))
	left := append([]float64{}, x.weight...)
	var chosen []pattern
	for len(chosen) < 20 {
		best, score := -1, 0.0
		for i, p := range candidates {
			fresh := weigh(p.rows, left)
			if fresh < least*x.total {
				continue
			}
			s := math.Pow(fresh/x.total, size) * math.Pow(float64(len(p.items))/float64(len(in.Columns)), 1-size)
			if s > score {
				best, score = i, s
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, candidates[best])
		for k, word := range candidates[best].rows {
			for ; word != 0; word &= word - 1 {
				left[64*k+bits.TrailingZeros64(word)] = 0
			}
		}
	}
	sort.SliceStable(chosen, func(a, b int) bool { return chosen[a].count > chosen[b].count })
	x.write(out, chosen, wildcards(args, 3))
	return out.output(), nil
}

func runDiffPatterns(c *Ctx, in *Input, args []PluginArg) (*Output, error) {
	cols, err := diffCols(in.Columns, args)
	if err != nil {
		return nil, err
	}
	out := newTable(c, cols)
	split := in.Batch.Cols[args[0].Col]
	sideA, sideB := value.Text(args[1].value(), true), value.Text(args[2].value(), true)
	wcol, w, err := weightOf(in, args, 3)
	if err != nil {
		return nil, err
	}
	threshold, dims := optional(args, 4, 0.05), int(optional(args, 5, 5))
	a, b := make([]bool, in.Batch.Rows), make([]bool, in.Batch.Rows)
	var totalA, totalB float64
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w.Get(i).Float()
	}
	for i := range in.Batch.Rows {
		switch value.Text(split.Get(i), false) {
		case sideA:
			a[i] = true
			totalA += weight(i)
		case sideB:
			b[i] = true
			totalB += weight(i)
		}
	}
	if totalA == 0 || totalB == 0 {
		return out.output(), nil
	}
	shares := func(rows []uint64, w []float64) (ca, cb float64) {
		for k, word := range rows {
			for ; word != 0; word &= word - 1 {
				i := 64*k + bits.TrailingZeros64(word)
				if a[i] {
					ca += w[i]
				} else {
					cb += w[i]
				}
			}
		}
		return ca, cb
	}
	enough := func(rows []uint64, w []float64) bool {
		ca, cb := shares(rows, w)
		return ca/totalA >= threshold || cb/totalB >= threshold
	}
	x := frequent(c, in, map[int]bool{args[0].Col: true, wcol: true}, w, func(i int) bool { return a[i] || b[i] }, enough)
	var found []pattern
	for _, p := range x.mine(dims, enough) {
		ca, cb := shares(p.rows, x.weight)
		if d := math.Abs(ca/totalA - cb/totalB); d >= threshold {
			p.count = d
			found = append(found, p)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].count > found[j].count })
	var chosen []pattern
	for _, p := range found {
		if !overlaps(p, chosen) {
			chosen = append(chosen, p)
		}
	}
	wild := wildcards(args, 6)
	for i, p := range chosen {
		ca, cb := shares(p.rows, x.weight)
		sa, sb := ca/totalA, cb/totalB
		vals := []value.Value{
			value.Long(int64(i)), value.Long(int64(math.Round(ca))), value.Long(int64(math.Round(cb))),
			value.Real(percent(sa, 100)), value.Real(percent(sb, 100)), value.Real(percent(math.Abs(sa-sb), 100)),
		}
		out.add(append(vals, cut(x.describe(p, wild), args[0].Col)...)...)
	}
	return out.output(), nil
}

// cut is list less the element at i.
func cut[T any](list []T, i int) []T {
	return slices.Concat(list[:i], list[i+1:])
}

// percent is a share in percent, rounded as the plugins' pages show it: to one
// decimal by autocluster and basket (unit 10), to two by diffpatterns (100).
func percent(share, unit float64) float64 {
	return math.Round(share*100*unit) / unit
}

// overlaps tells whether most rows of p are those of a pattern chosen before.
func overlaps(p pattern, chosen []pattern) bool {
	for _, q := range chosen {
		both, either := 0, 0
		for k := range p.rows {
			both += bits.OnesCount64(p.rows[k] & q.rows[k])
			either += bits.OnesCount64(p.rows[k] | q.rows[k])
		}
		if 2*both > either {
			return true
		}
	}
	return false
}
