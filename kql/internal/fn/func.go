// Package fn is the table of KQL's functions: one row per scalar function,
// aggregate and plugin, and the row is everything. The binder reads signatures
// and naming rules from it, the executor the code, the documentation the texts
// and the examples, which a test runs.
//
// The rows lie in files by topic (strings.go, datetime.go ...), each a slice
// that table.go joins. Start with Func, Sig and the adaptors in kernel.go.
package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Func is one scalar function.
type Func struct {
	Name    string
	Aliases []string  // legacy spellings that mean the same
	Doc     string    // what it computes, one or two sentences
	Sigs    []Sig     // overloads, tried in order; see Resolve
	Ex      []Example // run by a test, shown in the documentation
	Naming  Naming    // the name of a column computed by a bare call
	Prefix  string    // for NamePrefixFirst and NamePrefix

	// Most is how many arguments the function takes at most, 0 where only its
	// signatures tell.
	Most int
	// Volatile functions give another value each time (rand, new_guid) and
	// are never folded. now() is not volatile: it is fixed for a query.
	Volatile bool
	// AllColumns functions take * for all columns.
	AllColumns bool
	// Window functions look at other rows: their kernel gets all rows of the
	// serialized input at once (row_number, prev, row_cumsum).
	Window bool
	// Special functions have no kernel: the binder replaces the call
	// (column_ifexists, toscalar, materialize).
	Special bool
	// Outs are the columns of a function that gives several (series_stats):
	// its kernel returns dynamic arrays with an element for each, which the
	// binder spreads and converts. A column is called func_argument_Name.
	Outs []Column
	// Spread gives the columns where they depend on the number of arguments
	// (array_sort_asc of several arrays); names are used as they are, and nil
	// means that the call is one value. Elements can also be indexed.
	Spread func(args []types.Type) []Column
	// TypeOf gives the result's type where it depends on the values of constant
	// arguments (null in consts for the others), instead of the signature's.
	TypeOf func(args []types.Type, consts []value.Value) types.Type
	// TypeArg functions take a typeof() literal as one more, last argument;
	// their result is then converted to that type, as to...() does (extract).
	TypeArg bool
	// SQL is the form in DuckDB's SQL with %s for each argument, given only
	// where it is exact for every input, nulls included; empty: never pushed.
	SQL string
	// Caveat is what who calls the function must be told, where its answer is
	// not Microsoft's for want of data; empty: nothing.
	Caveat string
}

// Sig is one overload: a signature and the code for it.
//
// The text is "(name: type, name: type|type, opt?: type, rest...: type): result".
// An argument type is one of KQL's types or a set: scalar (any), number,
// integer, summable (number or timespan or datetime), orderable (any but dynamic),
// array and bag (dynamic), any (scalar). "text" takes any scalar and hands
// over its tostring(), "plaintext" any but a dynamic. A dynamic goes into a
// string as its text and nowhere else that does not name it, as in Kusto. A name
// that begins with "!" takes constants only. The result is a type, "$2" (the type of argument 2),
// "widest" (of all numeric arguments, int counting as long), "common" (of all
// arguments from the second type variable on; see Resolve) or "common(2)".
type Sig struct {
	Text string
	Eval Kernel
}

// Example is an expression and the text of its value: strings bare, bool as
// true or false, null as null, dynamic as compact JSON, the rest as tostring().
type Example struct{ Expr, Want string }

// Naming says how Kusto names a column computed by a bare call.
type Naming uint8

// The naming rules; NameNone gives Column1 and the like (print_0 in print).
const (
	NameNone        Naming = iota
	NameFirst              // bin(t, 1d) is t: the name of the first argument
	NameFuncFirst          // strlen(s) is strlen_s
	NamePrefixFirst        // Prefix_x
	NamePrefix             // Prefix
	NameOnly               // the argument's name if it is the only one
	NameFirstValue         // the text of the first argument (a constant)
)

// Kernel computes a function over the rows of its arguments.
type Kernel func(c *Call) (*vec.Vec, error)

// Call is one evaluation: N rows of arguments that have already been converted
// to what the signature asks for. Arguments that were left out are missing at
// the end of Args.
type Call struct {
	*Ctx
	Args []*vec.Vec
	Out  types.Type // type of the result
	N    int

	held, made int64 // bytes of the arguments, and of what was built so far
}

// Arg tells whether argument i was given.
func (c *Call) Arg(i int) bool { return i < len(c.Args) }

// Const returns argument i if it is the same for all rows.
func (c *Call) Const(i int) (value.Value, bool) {
	if i < len(c.Args) && (c.Args[i].Const || c.N == 1) {
		return c.Args[i].Get(0), true
	}
	return value.Null, false
}

// ExampleText returns the text of a value as Example.Want gives it.
func ExampleText(t types.Type, v value.Value) string {
	switch {
	case v.IsNull() && t != types.String:
		return "null"
	case v.Kind() == value.KindBool:
		return value.Text(v, true)
	}
	return value.Text(v, t == types.Dynamic)
}
