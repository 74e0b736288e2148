package syntax

import "github.com/azward/azward/kql/internal/types"

// SortKey is an expression with a direction.
type SortKey struct {
	Expr  Expr
	Asc   bool
	Dir   string // as written: "", "asc", "desc", "granny-asc", "granny-desc"
	Nulls string // "", "first", "last"
}

// The tabular operators. Props are their parameters (kind=, hint.x=) in order.
type (
	// Where keeps rows.
	Where struct {
		node
		Props []Prop
		Pred  Expr
	}
	// Extend adds columns.
	Extend struct {
		node
		Items []Expr
	}
	// Project chooses columns; Kind is "project", "project-away",
	// "project-keep", "project-rename", "project-reorder" or "project-by-names".
	Project struct {
		node
		Kind  string
		Items []Expr
		Dirs  []string // project-reorder: direction of each item
	}
	// Summarize aggregates.
	Summarize struct {
		node
		Props []Prop
		Aggs  []Expr
		By    []Expr
		HasBy bool
	}
	// Join joins with Right; Kind "lookup" is the lookup operator.
	Join struct {
		node
		Lookup bool
		Props  []Prop
		Right  Expr
		On     []Expr
	}
	// Union joins tables; Tables may be references with wildcards.
	Union struct {
		node
		Props  []Prop
		Tables []Expr
	}
	// Distinct keeps distinct rows.
	Distinct struct {
		node
		Props []Prop
		Items []Expr
	}
	// Sort orders rows.
	Sort struct {
		node
		Props []Prop
		Keys  []SortKey
	}
	// Top is top N by keys.
	Top struct {
		node
		Props []Prop
		N     Expr
		Keys  []SortKey
	}
	// Take is take N; Kind is "take" or "sample".
	Take struct {
		node
		Sample bool
		N      Expr
	}
	// SampleDistinct is sample-distinct N of x.
	SampleDistinct struct {
		node
		N, Of Expr
	}
	// Count counts rows; As names the column.
	Count struct {
		node
		As *Name
	}
	// As names the input.
	As struct {
		node
		Props []Prop
		Name  Name
	}
	// MvItem is one column of mv-expand or mv-apply.
	MvItem struct {
		Expr Expr
		Type types.Type // None where no "to typeof" was written
	}
	// MvExpand spreads arrays and bags over rows.
	MvExpand struct {
		node
		Props []Prop
		Items []MvItem
		Limit Expr
	}
	// MvApply applies a subquery to each row's elements.
	MvApply struct {
		node
		Props []Prop
		Items []MvItem
		Limit Expr
		ID    *Name
		Sub   *Pipe
	}
	// ParsePart is a text, a column or * in a parse pattern.
	ParsePart struct {
		Star bool
		Text *Literal
		Col  *ColumnDecl
	}
	// ParseWith is parse and parse-where.
	ParseWith struct {
		node
		Where bool
		Props []Prop // kind, flags
		X     Expr
		Parts []ParsePart
	}
	// ParseKV is parse-kv.
	ParseKV struct {
		node
		X    Expr
		Keys []ColumnDecl
		With []Prop
	}
	// SeriesAgg is one aggregation of make-series.
	SeriesAgg struct {
		Expr    Expr
		Default Expr
	}
	// MakeSeries is make-series.
	MakeSeries struct {
		node
		Props          []Prop
		Aggs           []SeriesAgg
		On             Expr
		From, To, Step Expr
		InRange        bool // the older "in range(from, to, step)": to is inclusive
		By             []Expr
	}
	// Range makes rows.
	Range struct {
		node
		Name           Name
		From, To, Step Expr
	}
	// Print makes one row.
	Print struct {
		node
		Items []Expr
	}
	// Search looks for a predicate in all columns.
	Search struct {
		node
		Props  []Prop
		Tables []Expr
		Pred   Expr
	}
	// Find is find.
	Find struct {
		node
		Props   []Prop
		Tables  []Expr
		Pred    Expr
		Project []Expr
		Types   []types.Type // declared types of Project, None where none
		Smart   bool
		Away    []Expr
	}
	// Partition is partition by.
	Partition struct {
		node
		Props []Prop
		By    Expr
		Sub   *Pipe // a chain of operators on each partition
		Query Expr  // { query } form
	}
	// ScanStep is one step of scan.
	ScanStep struct {
		Name     Name
		Output   string
		Optional bool
		Cond     Expr
		Assign   []Expr
	}
	// Scan is scan.
	Scan struct {
		node
		Props     []Prop
		OrderBy   []SortKey
		Partition []Expr
		Declare   []Param
		Steps     []ScanStep
	}
	// Serialize marks the input as ordered.
	Serialize struct {
		node
		Items []Expr
	}
	// ForkArm is one branch of fork.
	ForkArm struct {
		Name *Name
		Sub  *Pipe
	}
	// Fork gives several results.
	Fork struct {
		node
		Arms []ForkArm
	}
	// MacroExpand runs a query for each entity of a group.
	MacroExpand struct {
		node
		Props []Prop
		Group Expr // an EntityGroup or the name of one
		Scope Name
		Body  *Body
	}
	// Facet gives a table of counts per column.
	Facet struct {
		node
		By   []Expr
		With *Pipe
	}
	// Reduce groups texts by pattern.
	Reduce struct {
		node
		Props []Prop
		By    Expr
		With  []Prop
	}
	// Consume swallows its input.
	Consume struct {
		node
		Props []Prop
	}
	// GetSchema gives the columns of its input.
	GetSchema struct {
		node
		Props []Prop
	}
	// AssertSchema checks the columns of its input.
	AssertSchema struct {
		node
		Columns []ColumnDecl
	}
	// Evaluate calls a plugin.
	Evaluate struct {
		node
		Props  []Prop
		Call   *Call
		Schema []ColumnDecl
		Open   bool // schema begins with *: the input's columns stay
		HasAs  bool // a schema was written
	}
	// Render hints at a picture.
	Render struct {
		node
		Kind  string
		Props []Prop
		With  bool
	}
	// Invoke calls a function on the input.
	Invoke struct {
		node
		Call *Call
	}
	// NestedLevel is one level of top-nested.
	NestedLevel struct {
		N      Expr
		Of     Expr
		Others Expr
		By     Expr
		Asc    bool
	}
	// TopNested is top-nested.
	TopNested struct {
		node
		Levels []NestedLevel
	}
	// TopHitters is top-hitters.
	TopHitters struct {
		node
		N, Of, By Expr
	}
	// GraphNodes is one "with Table on id" of make-graph.
	GraphNodes struct {
		Table Expr
		On    Name
	}
	// MakeGraph builds a graph.
	MakeGraph struct {
		node
		Source, Target Name
		Directed       bool
		Nodes          []GraphNodes
		NodeID         *Name
		Partition      *Name
		Sub            *Pipe
	}
	// GraphElement is a node or an edge of a pattern.
	GraphElement struct {
		Name     Name // may be empty
		Edge     bool
		Dir      int // -1 left, 0 both, 1 right
		Variable bool
		Min, Max Expr
	}
	// GraphMatch is graph-match and graph-shortest-paths.
	GraphMatch struct {
		node
		Shortest bool
		Props    []Prop
		Patterns [][]GraphElement
		Where    Expr
		Project  []Expr
	}
	// GraphTable is one output of graph-to-table.
	GraphTable struct {
		Edges bool
		As    *Name
		Props []Prop
	}
	// GraphToTable is graph-to-table.
	GraphToTable struct {
		node
		Tables []GraphTable
	}
	// GraphMark is graph-mark-components.
	GraphMark struct {
		node
		Props []Prop
	}
	// GraphWhere is graph-where-nodes and graph-where-edges.
	GraphWhere struct {
		node
		Edges bool
		Pred  Expr
	}
	// BadOp stands for an operator that could not be read; it keeps its input.
	BadOp struct{ node }
)
