package plan

import (
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/types"
)

// MaxListed is how many members of a constant list an expression keeps for
// those who read it; the lists themselves may be longer.
const MaxListed = 256

// Pushed is a part of a plan that a store computes in SQL.
type Pushed struct {
	cols
	Table     string // a table of the store
	SQL       string // calls Functions by their FunctionMark, reads Given by their TableMark
	Functions []Function
	Given     []Node // tables that the engine computes for it first
}

// Function is an expression that SQL has no form of: the store calls the engine
// for it. The expression's columns are the arguments.
type Function struct {
	Expr Expr
	In   []types.Type
}

// NewPushed replaces a node, which has the given columns.
func NewPushed(columns []Column, table, sql string, functions []Function, given []Node) *Pushed {
	return &Pushed{cols: cols{columns}, Table: table, SQL: sql, Functions: functions, Given: given}
}

// FunctionMark stands in the text of SQL for the number of a function. Text
// that users write has no zero bytes there.
func FunctionMark(i int) string { return fmt.Sprintf("\x00%d\x00", i) }

// TableMark stands in the text of SQL for a table that is given to it; its
// columns are c0, c1 and so on.
func TableMark(i int) string { return fmt.Sprintf("\x00t%d\x00", i) }

// Inputs returns the tables that are given to the store: what else the part read
// is the store's business.
func (p *Pushed) Inputs() []Node { return p.Given }

// Describe returns the SQL, with the expressions of the functions that it calls.
func (p *Pushed) Describe() string {
	s := "store: " + p.SQL
	for i, f := range p.Functions {
		s = strings.ReplaceAll(s, FunctionMark(i), "«"+f.Expr.String()+"»")
	}
	for i := range p.Given {
		s = strings.ReplaceAll(s, TableMark(i), fmt.Sprintf("given%d", i))
	}
	return s
}
