package plan

import (
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/regex"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// NewScan reads all columns of a table.
func NewScan(table string, columns []Column) *Scan {
	keep := make([]int, len(columns))
	for i := range keep {
		keep[i] = i
	}
	return &Scan{cols: cols{columns}, Table: table, Keep: keep}
}

// OneRow is a table of one row without columns.
func OneRow() *Values { return &Values{Batch: vec.NewBatch(nil, 1), Label: "one row"} }

// NewValues wraps a batch.
func NewValues(columns []Column, b *vec.Batch, label string) *Values {
	return &Values{cols: cols{columns}, Batch: b, Label: label}
}

// NewOuter returns the rows that a subquery gets.
func NewOuter(columns []Column) *Outer { return &Outer{cols{columns}} }

// NewExternal returns a table read from places named in the query.
func NewExternal(columns []Column, locations []string, props map[string]string) *External {
	return &External{cols: cols{columns}, Locations: locations, Props: props}
}

// NewProject computes columns.
func NewProject(in Node, columns []Column, exprs []Expr) *Project {
	return &Project{unary: unary{cols{columns}, in}, Exprs: exprs}
}

// NewFilter keeps rows.
func NewFilter(in Node, pred Expr) *Filter {
	return &Filter{unary: unary{cols{in.Columns()}, in}, Pred: pred}
}

// NewAggregate groups; columns are those of the keys, then of the aggregates.
func NewAggregate(in Node, columns []Column, keys []Expr, aggs []AggCall) *Aggregate {
	return &Aggregate{unary: unary{cols{columns}, in}, Keys: keys, Aggs: aggs}
}

// NewDistinct keeps one of equal rows.
func NewDistinct(in Node) *Distinct { return &Distinct{unary{cols{in.Columns()}, in}} }

// NewSort orders rows; limit may be nil.
func NewSort(in Node, keys []SortKey, limit Expr) *Sort {
	return &Sort{unary: unary{cols{in.Columns()}, in}, Keys: keys, Limit: limit}
}

// NewTake keeps n rows.
func NewTake(in Node, n Expr, sample bool) *Take {
	return &Take{unary: unary{cols{in.Columns()}, in}, N: n, Sample: sample}
}

// NewJoin joins.
func NewJoin(kind JoinKind, l, r Node, lk, rk []Expr, take []int, columns []Column) *Join {
	return &Join{cols: cols{columns}, Kind: kind, Left: l, Right: r, LeftKeys: lk, RightKeys: rk, Take: take}
}

// NewUnion joins the rows of tables.
func NewUnion(columns []Column, tables []UnionInput) *Union {
	return &Union{cols: cols{columns}, Tables: tables}
}

// NewMaterialize computes a table once.
func NewMaterialize(in Node) *Materialize { return &Materialize{unary{cols{in.Columns()}, in}} }

// NewSerialize marks an order.
func NewSerialize(in Node) *Serialize { return &Serialize{unary{cols{in.Columns()}, in}} }

// NewRange makes rows of one column.
func NewRange(c Column, from, to, step Expr) *Range {
	return &Range{cols: cols{[]Column{c}}, From: from, To: to, Step: step}
}

// With sets the input and columns of a node built as a literal by package bind.
func (u *unary) With(in Node, columns []Column) {
	u.Input = in
	u.Cols = columns
}

// SetColumns sets the columns of a node built as a literal.
func (c *cols) SetColumns(columns []Column) { c.Cols = columns }

// Multi stands for several results (fork, facet); it is never run itself.
type Multi struct {
	cols
	Results []Result
}

// Inputs returns the results' nodes.
func (m *Multi) Inputs() []Node {
	out := make([]Node, len(m.Results))
	for i, r := range m.Results {
		out[i] = r.Node
	}
	return out
}

// Rendered carries the hint of render; it is never run itself.
type Rendered struct {
	unary
	Render *Render
}

// NewRendered wraps in.
func NewRendered(in Node, r *Render) *Rendered {
	return &Rendered{unary: unary{cols{in.Columns()}, in}, Render: r}
}

// EvalConst computes a call whose arguments are all constant.
func EvalConst(ctx *fn.Ctx, c *Call) (value.Value, error) {
	args := make([]*vec.Vec, len(c.Args))
	for i, a := range c.Args {
		k := a.(*Const)
		args[i] = vec.Repeat(k.T, k.Value, 1)
	}
	v, err := fn.Compute(c.Eval, &fn.Call{Ctx: ctx, Args: args, Out: c.T, N: 1})
	if err != nil {
		return value.Null, err
	}
	return v.Get(0), nil
}

// TypesOf returns the types of expressions.
func TypesOf(exprs []Expr) []types.Type {
	out := make([]types.Type, len(exprs))
	for i, e := range exprs {
		out[i] = e.Type()
	}
	return out
}

// CheckPattern tells what is wrong with a parse pattern of kind regex.
func CheckPattern(p Pattern) error {
	for _, part := range p.Parts {
		if part.IsText {
			if _, err := regex.Compile(BalanceParens(part.Text)); err != nil {
				return err
			}
		}
	}
	return nil
}

// BalanceParens takes parentheses that have no partner for texts, as Kusto does
// in a parse pattern.
func BalanceParens(re string) string {
	var open []int // places of "(" without a partner so far
	var wrong []int
	class := false
	for i := 0; i < len(re); i++ {
		switch c := re[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if i+1 < len(re) && re[i+1] == '^' {
				i++
			}
			if i+1 < len(re) && re[i+1] == ']' { // the first ] stands for itself
				i++
			}
		case c == '(':
			open = append(open, i)
		case c == ')' && len(open) > 0:
			open = open[:len(open)-1]
		case c == ')':
			wrong = append(wrong, i)
		}
	}
	wrong = append(wrong, open...)
	if len(wrong) == 0 {
		return re
	}
	var b strings.Builder
	for i := range len(re) {
		if slices.Contains(wrong, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(re[i])
	}
	return b.String()
}
