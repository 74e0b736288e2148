package kql

import (
	"context"
	"iter"

	"github.com/azward/azward/kql/internal/exec"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/sqlgen"
)

// SQLTable is a table whose source computes SQL, so that parts of a query that
// mean exactly the same there can be left to it.
type SQLTable interface {
	Table
	// Relation says how SQL names the table and its columns. A relation that
	// does not change names tables with the same source.
	Relation() Relation
	// Query computes a SELECT in DuckDB's dialect over the relation and yields
	// its rows, each column in the representation that the relation's columns of
	// its type have. The text calls functions by number: kql_long(FunctionMark(0),
	// x) is Functions[0] of x; their names are kql_bool, kql_int, kql_long
	// (datetime and timespan too), kql_real, kql_string and kql_guid. TableMark(0)
	// is the name of the first table that is given to it. Where a function fails,
	// or a given table has what the store cannot hold, the error is ErrFunction.
	Query(ctx context.Context, q SQLQuery) iter.Seq2[*Batch, error]
}

// Budgeted is an SQLTable whose source holds memory by itself. A query whose
// plan it computes a part of leaves it so many bytes of its own, half of them at
// most: both together hold no more than Options.Memory.
type Budgeted interface {
	SQLTable
	Budget() int64
}

// Relation is a table in SQL. Its columns are given in these types: bool
// BOOLEAN, int INTEGER, long BIGINT, real DOUBLE, string VARCHAR, guid UUID,
// datetime and timespan BIGINT (ticks), decimal and dynamic VARCHAR.
type Relation struct {
	From    string   // what stands after FROM
	Columns []string // an expression for each column
	NoNulls []bool   // columns that are known to have no null
}

// What a store computes.
type (
	// SQLQuery is a SELECT and what it uses.
	SQLQuery = exec.Query
	// SQLFunction is a computation of the engine's that SQL may call.
	SQLFunction = exec.Function
	// SQLGiven is a table that the engine gives to SQL.
	SQLGiven = exec.Given
)

// FunctionMark stands in the text of SQL for the number of a function. There are
// no zero bytes in it but in marks.
func FunctionMark(i int) string { return plan.FunctionMark(i) }

// TooLarge is in the message of an error that SQL raises where its numbers end:
// it stands for ErrFunction.
const TooLarge = sqlgen.TooLarge

// TableMark stands in the text of SQL for the name of a table that is given to
// it; its columns are c0, c1 and so on.
func TableMark(i int) string { return plan.TableMark(i) }
