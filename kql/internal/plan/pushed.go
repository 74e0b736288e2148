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
	SQL       string // calls Functions by their FunctionMark
	Functions []Function
}

// Function is an expression that SQL has no form of: the store calls the engine
// for it. The expression's columns are the arguments.
type Function struct {
	Expr Expr
	In   []types.Type
}

// NewPushed replaces a node, which has the given columns.
func NewPushed(columns []Column, table, sql string, functions []Function) *Pushed {
	return &Pushed{cols: cols{columns}, Table: table, SQL: sql, Functions: functions}
}

// FunctionMark stands in the text of SQL for the number of a function. Text
// that users write has no zero bytes there.
func FunctionMark(i int) string { return fmt.Sprintf("\x00%d\x00", i) }

// Inputs returns none: what the part read is the store's business.
func (*Pushed) Inputs() []Node { return nil }

// Describe returns the SQL, with the expressions of the functions that it calls.
func (p *Pushed) Describe() string {
	s := "store: " + p.SQL
	for i, f := range p.Functions {
		s = strings.ReplaceAll(s, FunctionMark(i), "«"+f.Expr.String()+"»")
	}
	return s
}
