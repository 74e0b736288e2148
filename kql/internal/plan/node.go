package plan

import (
	"slices"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/vec"
)

// Node is an operator of the plan.
type Node interface {
	// Columns are those of the result.
	Columns() []Column
	// Inputs are the tables that the node reads.
	Inputs() []Node
	// Describe returns the node in one line for Explain.
	Describe() string
}

// cols is embedded in nodes that carry their columns.
type cols struct{ Cols []Column }

// Columns returns the columns of the result.
func (c *cols) Columns() []Column { return c.Cols }

type unary struct {
	cols
	Input Node
}

// Inputs returns the one input.
func (u *unary) Inputs() []Node { return []Node{u.Input} }

// Scan reads a table of the catalog. Keep are the numbers of the table's
// columns that are read, in order; Filters were offered to the source.
type Scan struct {
	cols
	Table   string
	Keep    []int
	Filters []Expr
}

// Inputs returns none.
func (*Scan) Inputs() []Node { return nil }

// Values is a table written into the query or computed while binding.
type Values struct {
	cols
	Batch *vec.Batch
	Label string
}

// Inputs returns none.
func (*Values) Inputs() []Node { return nil }

// External reads files or addresses named in the query; the caller's options
// say whether it may.
type External struct {
	cols
	Locations []string
	Props     map[string]string
}

// Inputs returns none.
func (*External) Inputs() []Node { return nil }

// Outer stands for the rows that a subquery gets from outside (mv-apply,
// partition, fork, facet).
type Outer struct{ cols }

// Inputs returns none.
func (*Outer) Inputs() []Node { return nil }

// Filter keeps the rows for which Pred is true.
type Filter struct {
	unary
	Pred Expr
}

// Project computes the columns of the result from those of the input: extend
// and all forms of project.
type Project struct {
	unary
	Exprs []Expr
}

// AggCall is an aggregate in Aggregate and its like.
type AggCall struct {
	Ref  fn.AggRef
	Args []Expr
	If   Expr // rows where it is not true are left out; nil: all count
	Spec fn.Spec
	// First is the number of its first result column behind the keys; Count
	// is how many there are.
	First, Count int
}

// Aggregate groups by Keys and computes Aggs; columns are keys, then results.
type Aggregate struct {
	unary
	Keys []Expr
	Aggs []AggCall
}

// Distinct keeps one of equal rows.
type Distinct struct{ unary }

// SortKey is an expression and its direction.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Sort orders rows; Limit above 0 or equal keeps the first ones only, -1 all.
type Sort struct {
	unary
	Keys  []SortKey
	Limit Expr // nil: all
}

// Take keeps some N rows; Sample draws them at random.
type Take struct {
	unary
	N      Expr
	Sample bool
}

// JoinKind is a kind of join.
type JoinKind string

// The kinds of joins.
const (
	InnerUnique JoinKind = "innerunique"
	Inner       JoinKind = "inner"
	LeftOuter   JoinKind = "leftouter"
	RightOuter  JoinKind = "rightouter"
	FullOuter   JoinKind = "fullouter"
	LeftSemi    JoinKind = "leftsemi"
	LeftAnti    JoinKind = "leftanti"
	RightSemi   JoinKind = "rightsemi"
	RightAnti   JoinKind = "rightanti"
)

// Join joins by equal keys. The result's columns are those of Left, then those
// of Right that Take names (semi and anti joins: of one side only).
type Join struct {
	cols
	Kind        JoinKind
	Left, Right Node
	LeftKeys    []Expr
	RightKeys   []Expr
	Take        []int // columns of Right in the result
}

// Inputs returns both sides.
func (j *Join) Inputs() []Node { return []Node{j.Left, j.Right} }

// UnionInput is a table of a union: Map gives for each result column the
// input's column, -1 where it has none; Const stands for the source's name.
type UnionInput struct {
	Node  Node
	Map   []int
	Const map[int]string
}

// Union joins the rows of several tables.
type Union struct {
	cols
	Tables []UnionInput
	Wild   bool // tables were named by wildcards
}

// Inputs returns the tables.
func (u *Union) Inputs() []Node {
	out := make([]Node, len(u.Tables))
	for i, t := range u.Tables {
		out[i] = t.Node
	}
	return out
}

// Expand is a column that mv-expand spreads.
type Expand struct {
	Expr   Expr
	Type   types.Type // of the result, Dynamic where it stays
	Column int        // of the result
}

// MvExpand spreads arrays and bags over rows.
type MvExpand struct {
	unary
	Items []Expand
	Index int  // column of the item's number, -1 none
	Array bool // bags become [key, value] arrays
	Limit Expr
}

// MvApply runs Sub on the expanded rows of each input row. Sub reads an Outer
// with Expanded's columns. The result's columns are the input's kept ones, then
// Sub's.
type MvApply struct {
	unary
	Expand *MvExpand // over a one-row Outer of the input's columns
	Sub    Node
	Keep   []int
}

// Pattern is a compiled parse pattern.
type Pattern struct {
	Kind  string // simple, relaxed, regex
	Flags string
	Parts []PatternPart
}

// PatternPart is a text, a star or a column (number among the captures).
type PatternPart struct {
	Text    string
	IsText  bool
	Star    bool
	Capture int
	Type    types.Type
}

// Parse adds columns parsed from a text; Where drops rows that do not match.
type Parse struct {
	unary
	X       Expr
	Pattern Pattern
	Targets []int // result column of each capture
	Where   bool
}

// ParseKV adds columns from key-value pairs in a text.
type ParseKV struct {
	unary
	X       Expr
	Keys    []string
	Targets []int
	Pair    string
	KV      string
	Quotes  []string
	Escape  string
	Greedy  bool
	Regex   string
}

// MakeSeries makes arrays of aggregates over an axis.
type MakeSeries struct {
	unary
	Keys           []Expr
	Aggs           []AggCall
	Values         []Expr // over the aggregates' results, one for each series
	Defaults       []Expr
	On             Expr
	From, To, Step Expr
	Inclusive      bool // the older in range(...)
	NonEmpty       bool
}

// Range makes rows.
type Range struct {
	cols
	From, To, Step Expr
}

// Inputs returns none.
func (*Range) Inputs() []Node { return nil }

// Materialize is a table computed once per run however often it is read.
type Materialize struct{ unary }

// Serialize marks an order.
type Serialize struct{ unary }

// Partition runs Sub on the rows of each value of By. Sub reads an Outer of
// the input's columns.
type Partition struct {
	unary
	By    Expr
	Sub   Node
	Outer *Outer // that Sub reads, perhaps only in toscalar
}

// Scan step outputs.
const (
	OutputAll  = "all"
	OutputLast = "last"
	OutputNone = "none"
)

// ScanStep is a step of the scan operator. Its expressions read the columns:
// input columns, then for each step its state (declared columns, then the
// input columns of the row it matched last), then the declared columns' own.
type ScanStep struct {
	Name   string
	Output string
	Cond   Expr
	Assign map[int]Expr // declared column number to value
}

// Sequence is the scan operator.
type Sequence struct {
	unary
	Declared []Column
	Defaults []Expr
	Steps    []ScanStep
	MatchID  int // result column, -1 none
	Keys     []Expr
	Order    []SortKey
}

// NestedLevel is a level of top-nested.
type NestedLevel struct {
	N      Expr
	Of     Expr
	Others Expr // nil none
	Aggs   []AggCall
	By     Expr // over the results of Aggs
	Asc    bool
	// columns of the result
	OfCol, ByCol int
	Hidden       bool
}

// TopNested is top-nested.
type TopNested struct {
	unary
	Levels []NestedLevel
}

// Reduce is reduce by.
type Reduce struct {
	unary
	By        Expr
	Threshold float64
	Chars     string
	Source    bool
}

// Evaluate calls a plugin whose columns are known.
type Evaluate struct {
	unary
	Plugin *fn.Plugin
	Args   []fn.PluginArg
	Exprs  []Expr       // of each argument, nil where constant
	Tables map[int]Node // tabular arguments
	Cast   []Column     // declared result, nil where none
}

// Result is one result of a query.
type Result struct {
	Name   string
	Node   Node
	Render *Render
}

// Render is the hint of the render operator.
type Render struct {
	Kind  string
	Props map[string]string
}

// Any tells whether f is true of a node or of one below it. A table that is
// computed once and read by several is looked at once.
func Any(n Node, f func(Node) bool) bool {
	known := map[Node]bool{}
	var any func(Node) bool
	any = func(n Node) bool {
		if _, once := n.(*Materialize); once {
			if known[n] {
				return false
			}
			known[n] = true
		}
		return f(n) || slices.ContainsFunc(n.Inputs(), any)
	}
	return any(n)
}
