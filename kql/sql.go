package kql

import (
	"context"
	"iter"
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
	// representation that the relation's columns of that type have.
	Query(ctx context.Context, text string, cols []Column) iter.Seq2[*Batch, error]
}

// Relation is a table in SQL. Its columns are given in these types: bool
// BOOLEAN, int INTEGER, long BIGINT, real DOUBLE, string VARCHAR, guid UUID,
// datetime and timespan BIGINT (ticks), decimal and dynamic VARCHAR.
type Relation struct {
	From    string   // what stands after FROM
	Columns []string // an expression for each column
	NoNulls []bool   // columns that are known to have no null
}
