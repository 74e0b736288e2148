package kql

import (
	"context"
	"iter"

	"github.com/azward/azward/kql/internal/exec"
	"github.com/azward/azward/kql/internal/plan"
)

// SQLTable is a table whose source computes SQL, so that parts of a query that
// mean exactly the same there can be left to it.
type SQLTable interface {
	Table
	// Relation says how SQL names the table and its columns. A relation that
	// does not change names tables with the same source.
	Relation() Relation
	// Query computes a SELECT in DuckDB's dialect over the relation and yields
	// its rows. cols are the names and types of its columns, each given in the
	// representation that the relation's columns of that type have. The text
	// calls functions by number: kql_long(FunctionMark(0), x) is functions[0] of
	// x; the functions' names are kql_bool, kql_int, kql_long (datetime and
	// timespan too), kql_real, kql_string and kql_guid. Where one of them fails
	// the error is ErrFunction.
	Query(ctx context.Context, text string, functions []SQLFunction, cols []Column) iter.Seq2[*Batch, error]
}

// Relation is a table in SQL. Its columns are given in these types: bool
// BOOLEAN, int INTEGER, long BIGINT, real DOUBLE, string VARCHAR, guid UUID,
// datetime and timespan BIGINT (ticks), decimal and dynamic VARCHAR.
type Relation struct {
	From    string   // what stands after FROM
	Columns []string // an expression for each column
	NoNulls []bool   // columns that are known to have no null
}

// SQLFunction is a computation of the engine's that SQL may call.
type SQLFunction = exec.Function

// FunctionMark stands in the text of SQL for the number of a function. There are
// no zero bytes in it otherwise.
func FunctionMark(i int) string { return plan.FunctionMark(i) }
