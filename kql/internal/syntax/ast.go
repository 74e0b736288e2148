package syntax

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Query is a whole text: statements in order. The last tabular statements are
// its results.
type Query struct {
	Text  string
	Stmts []Stmt
}

// Stmt is a statement.
type Stmt interface{ Span() diag.Span }

// Name is a name with its place. Wild says that it holds a * standing for any
// characters.
type Name struct {
	Text string
	At   diag.Span
	Wild bool
}

// Span returns where the name stands.
func (n Name) Span() diag.Span { return n.At }

// node is the place of a node, embedded in all of them.
type node struct{ At diag.Span }

// Span returns the node's place.
func (n node) Span() diag.Span { return n.At }

// The statements.
type (
	// Let binds a name to an expression, a table or a function.
	Let struct {
		node
		Name  Name
		Value Expr
	}
	// Set sets a request option; Value is nil in "set notruncation".
	Set struct {
		node
		Name  Name
		Value Expr
	}
	// Declare declares query parameters.
	Declare struct {
		node
		Params []Param
	}
	// Alias names a database of another cluster.
	Alias struct {
		node
		Name  Name
		Value Expr
	}
	// Pattern declares a pattern: calls to it give the tables declared for
	// certain arguments.
	Pattern struct {
		node
		Name   Name
		Params []Param
		Path   *Param
		Cases  []PatternCase
	}
	// Restrict limits the tables that the rest of the query sees.
	Restrict struct {
		node
		To []Expr
	}
	// Do is an expression used as a statement.
	Do struct {
		node
		Expr Expr
	}
)

// PatternCase is one set of arguments of a pattern and its body.
type PatternCase struct {
	Args []*Literal
	Path *Literal
	Body *Body
}

// Param is a parameter of a function or query: scalar where Type is set, a
// table where Columns is not nil or Tabular is set.
type Param struct {
	Name    Name
	Type    types.Type
	Tabular bool
	Columns []ColumnDecl
	Open    bool // (*) or (a:long, *): further columns allowed
	Default Expr
}

// ColumnDecl is name:type.
type ColumnDecl struct {
	Name Name
	Type types.Type
}

// EntityGroup lists databases: entity_group [database("a"), ...].
type EntityGroup struct {
	node
	Entities []Expr
}

// Body is the body of a function.
type Body struct {
	node
	Stmts []Stmt
	Expr  Expr // nil where the body has none
}

// Expr is an expression, scalar or tabular.
type Expr interface{ Span() diag.Span }

// The expressions.
type (
	// Ref is a name used as a value: column, let name, table (perhaps with
	// wildcards).
	Ref struct{ Name }
	// Literal is a constant.
	Literal struct {
		node
		Type   types.Type
		Value  value.Value
		Hidden bool   // h"..."
		Text   string // as written
	}
	// Call is name(args), or on.name(args) for a function of another database.
	Call struct {
		node
		On   Expr
		Name Name
		Args []Expr
	}
	// Named is name = expr, or (a, b) = expr where Names has several.
	Named struct {
		node
		Names []Name
		Tuple bool // parentheses were written
		Expr  Expr
	}
	// Unary is -x or +x.
	Unary struct {
		node
		Op string
		X  Expr
	}
	// Binary is x op y for all operators with two operands.
	Binary struct {
		node
		Op   string
		L, R Expr
	}
	// In is x in (a, b), x has_any (...), and their kin; Op tells which.
	In struct {
		node
		Op   string
		X    Expr
		List []Expr
	}
	// Between is x between (lo .. hi), or !between.
	Between struct {
		node
		Not       bool
		X, Lo, Hi Expr
	}
	// Member is x.name.
	Member struct {
		node
		X    Expr
		Name Name
	}
	// Index is x[i].
	Index struct {
		node
		X, I Expr
	}
	// Star is *.
	Star struct{ node }
	// Paren is (x); it matters to printing and to operator precedence only.
	Paren struct {
		node
		X Expr
	}
	// TypeOf is typeof(long) or typeof(a:long, b:string).
	TypeOf struct {
		node
		Type    types.Type
		Columns []ColumnDecl
	}
	// Lambda is (params) { body }.
	Lambda struct {
		node
		Params []Param
		View   bool
		Body   *Body
	}
	// Pipe is source | op | op. Source is nil where the first operator makes
	// its own rows (print, range, union ...) or takes an outer input.
	Pipe struct {
		node
		Source Expr
		Ops    []Op
	}
	// Datatable is datatable(columns)[values].
	Datatable struct {
		node
		Columns []ColumnDecl
		Values  []Expr
	}
	// ExternalData is externaldata(columns)[locations] with (properties).
	ExternalData struct {
		node
		Columns   []ColumnDecl
		Locations []Expr
		Props     []Prop
	}
)

// Prop is name = value in operator parameters and with (...) lists.
type Prop struct {
	Name  Name
	Value Expr
}

// Op is a tabular operator.
type Op interface{ Span() diag.Span }

// PatternBody stands for the body of a declared pattern: which of its cases
// applies depends on the arguments.
type PatternBody struct {
	node
	Pattern *Pattern
}
