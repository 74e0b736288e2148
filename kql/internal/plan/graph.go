package plan

import "fmt"

// Graph builds a graph of its input: a row is an edge. The graph operators
// read it; it has no columns of its own.
type Graph struct {
	unary
	Source, Target int // columns of the edges
	Nodes          []Node
	NodeKeys       []int // key column of each node table
	// NodeCols are the columns of a node: those of all node tables. NodeMap
	// gives for each of them the column of each node table, -1 where it has none.
	NodeCols []Column
	NodeMap  [][]int
	// IDCols are the columns of NodeCols that hold the id of a node that stands
	// in edges only.
	IDCols []int
}

// Inputs returns the edges and the tables of nodes.
func (g *Graph) Inputs() []Node { return append([]Node{g.Input}, g.Nodes...) }

// Describe returns the node in one line.
func (g *Graph) Describe() string {
	cols := g.Input.Columns()
	return "make-graph " + cols[g.Source].Name + " --> " + cols[g.Target].Name
}

// EdgeColumns are the columns of an edge.
func (g *Graph) EdgeColumns() []Column { return g.Input.Columns() }

// GraphMark adds a column with the number of its component to each node.
type GraphMark struct {
	unary
	Strong bool
	Column string
}

// Describe returns the node in one line.
func (g *GraphMark) Describe() string { return "graph-mark-components" }

// GraphWhere keeps some nodes with the edges between them, or some edges.
type GraphWhere struct {
	unary
	Edges bool
	Pred  Expr
}

// Describe returns the node in one line.
func (g *GraphWhere) Describe() string {
	if g.Edges {
		return "graph-where-edges " + g.Pred.String()
	}
	return "graph-where-nodes " + g.Pred.String()
}

// GraphTable gives the nodes or the edges of a graph as a table. IDs says
// which hashes of node ids come first: of the node, or of source and target.
type GraphTable struct {
	unary
	Edges bool
	IDs   [2]bool
}

// Describe returns the node in one line.
func (g *GraphTable) Describe() string {
	if g.Edges {
		return "graph-to-table edges"
	}
	return "graph-to-table nodes"
}

// GraphElement is a node or an edge of a pattern. Filters read the columns of
// the node or edge alone.
type GraphElement struct {
	Name     string
	Edge     bool
	Dir      int // -1 from right to left, 0 both ways, 1 from left to right
	Variable bool
	Min, Max int
	Filters  []Expr
}

// What a PathExpr makes of the values along an edge of variable length.
const (
	PathMap   = "map" // an array of them
	PathAll   = "all" // whether all are true
	PathAny   = "any" // whether one is true
	DegreeIn  = "in"  // edges that come in at a node
	DegreeOut = "out" // edges that go out from a node
	NodeID    = "id"  // the text of a node's id
)

// InnerColumn is the place of a value of a node inside a path behind the
// columns that its expressions read.
func InnerColumn(kind string) int {
	switch kind {
	case DegreeIn:
		return 0
	case DegreeOut:
		return 1
	}
	return 2
}

// PathExpr is a value computed of a match before its own expressions are: Expr
// reads the columns of an edge of variable length (Inner: of a node inside it)
// and behind them those of the match.
type PathExpr struct {
	Kind    string
	Element int
	Inner   bool
	Expr    Expr
}

// GraphMatch finds patterns. The row of a match holds the columns of its nodes
// and its edges of length one, at From of each element, then the values of
// Paths; Where and Exprs read it.
type GraphMatch struct {
	unary
	Shortest bool
	All      bool // shortest paths: all of the same length
	Cycles   string
	Elements []GraphElement
	// Patterns are numbers of elements: node, edge, node ...
	Patterns [][]int
	From     []int
	Row      []Column
	Paths    []PathExpr
	Where    []Expr
	Exprs    []Expr
}

// Describe returns the node in one line.
func (g *GraphMatch) Describe() string {
	if g.Shortest {
		return "graph-shortest-paths"
	}
	return fmt.Sprintf("graph-match of %d elements", len(g.Elements))
}
