// Package plan is the logical plan of a query: expressions over columns by
// number, and operators as a tree of nodes, each with its columns. It says what
// is to be computed, not how; package bind builds it, the rules in this package
// rewrite it, package exec runs it.
//
// Plans are immutable once built and hold no open handles, so that one may run
// many times and at the same time. Start with Node and Expr.
package plan

import (
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Column is a column of a node's result.
type Column = fn.Column

// Expr is a scalar expression over the columns of a node's input.
type Expr interface {
	Type() types.Type
	String() string
}

// Col is a column of the input.
type Col struct {
	Index int
	Name  string
	T     types.Type
}

// Type returns the column's type.
func (c *Col) Type() types.Type { return c.T }

func (c *Col) String() string { return c.Name }

// Const is a constant.
type Const struct {
	Value value.Value
	T     types.Type
}

// Type returns the constant's type.
func (c *Const) Type() types.Type { return c.T }

func (c *Const) String() string {
	switch {
	case c.T == types.String:
		return fmt.Sprintf("%q", c.Value.Str())
	case c.Value.IsNull():
		return c.T.String() + "(null)"
	case c.T == types.Dynamic:
		return "dynamic(" + value.JSON(c.Value) + ")"
	case c.T == types.DateTime || c.T == types.GUID || c.T == types.Decimal:
		return c.T.String() + "(" + value.Text(c.Value, false) + ")"
	}
	return value.Text(c.Value, true)
}

// Call computes a function or an operator. Args are converted already.
type Call struct {
	Name     string // of the function or the operator's text
	Eval     fn.Kernel
	Args     []Expr
	T        types.Type
	Window   bool // needs all rows at once
	Volatile bool
	SQL      string
}

// Type returns the type of the result.
func (c *Call) Type() types.Type { return c.T }

func (c *Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	if len(args) == 2 && !isWord(c.Name) {
		return "(" + args[0] + " " + c.Name + " " + args[1] + ")"
	}
	return c.Name + "(" + strings.Join(args, ", ") + ")"
}

func isWord(s string) bool {
	switch s {
	case "and", "or", "has", "contains", "startswith", "endswith", "hasprefix", "hassuffix", "has_cs", "contains_cs", "startswith_cs", "endswith_cs", "matches regex":
		return false
	}
	return s != "" && (s[0] == '_' || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z')
}

// Cast converts to another type.
type Cast struct {
	X Expr
	T types.Type
}

// Type returns the type converted to.
func (c *Cast) Type() types.Type { return c.T }

func (c *Cast) String() string { return "to" + c.T.String() + "(" + c.X.String() + ")" }

// Scalar is the first cell of a table (toscalar): computed once per run.
type Scalar struct {
	Table Node
	T     types.Type
}

// Type returns the type of the table's first column.
func (s *Scalar) Type() types.Type { return s.T }

func (s *Scalar) String() string { return "toscalar(...)" }

// InTable tells whether X is among the values of a table's first column; the
// set is computed once per run. Op is in, !in, in~, !in~, has_any or has_all.
type InTable struct {
	Op    string
	X     Expr
	Table Node
}

// Type returns bool.
func (s *InTable) Type() types.Type { return types.Bool }

func (s *InTable) String() string { return s.X.String() + " " + s.Op + " (...)" }

// Walk calls f for e and all expressions below it, not entering tables.
func Walk(e Expr, f func(Expr)) {
	f(e)
	switch x := e.(type) {
	case *Call:
		for _, a := range x.Args {
			Walk(a, f)
		}
	case *Cast:
		Walk(x.X, f)
	case *InTable:
		Walk(x.X, f)
	}
}

// Map rebuilds e with f applied to its leaves and, from the inside out, to all
// of its expressions. f returns its argument where it changes nothing.
func Map(e Expr, f func(Expr) Expr) Expr {
	switch x := e.(type) {
	case *Call:
		var args []Expr
		for i, a := range x.Args {
			if b := Map(a, f); b != a {
				if args == nil {
					args = append([]Expr{}, x.Args...)
				}
				args[i] = b
			}
		}
		if args != nil {
			c := *x
			c.Args = args
			return f(&c)
		}
	case *Cast:
		if b := Map(x.X, f); b != x.X {
			return f(&Cast{b, x.T})
		}
	case *InTable:
		if b := Map(x.X, f); b != x.X {
			return f(&InTable{x.Op, b, x.Table})
		}
	}
	return f(e)
}

// Uses marks the input columns that e reads.
func Uses(e Expr, used []bool) {
	Walk(e, func(x Expr) {
		if c, ok := x.(*Col); ok {
			used[c.Index] = true
		}
	})
}

// IsConst tells whether e is a constant and returns it.
func IsConst(e Expr) (*Const, bool) {
	c, ok := e.(*Const)
	return c, ok
}
