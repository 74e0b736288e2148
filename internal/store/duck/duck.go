// Package duck is the engine of the log store: DuckDB, embedded. It reads
// Parquet files as tables of KQL, computes the SQL that package kql hands it,
// and writes Parquet files. It is the only package that knows the driver.
//
// Every type of KQL has one representation in SQL and in the files that this
// package writes, so that nothing is lost on the way:
//
//	bool BOOLEAN, int INTEGER, long BIGINT, real DOUBLE, string VARCHAR (no
//	null), guid UUID, datetime and timespan BIGINT (ticks of 100 ns; datetimes
//	since 0001-01-01), decimal VARCHAR, dynamic VARCHAR (JSON)
//
// Files that others wrote are read through expressions that give these.
// Builds without cgo have no DuckDB: there, Available is false and everything
// returns ErrUnavailable. Start with New.
package duck

import (
	"errors"

	"github.com/azward/azward/kql"
)

// ErrUnavailable is returned by everything in a build without DuckDB.
var ErrUnavailable = errors.New("this build has no log store and reads no Parquet: it was built without cgo")

// Options bound an engine.
type Options struct {
	Memory  int64  // bytes; 0: DuckDB's own default
	Threads int    // 0: one for each processor
	Temp    string // folder for what does not fit into memory; empty: none is used
	// TempLimit bounds the bytes in Temp; 0: what the disk has.
	TempLimit int64
}

// sqlType names the type that represents t.
func sqlType(t kql.Type) string {
	switch t {
	case kql.Bool:
		return "BOOLEAN"
	case kql.Int:
		return "INTEGER"
	case kql.Long, kql.DateTime, kql.TimeSpan:
		return "BIGINT"
	case kql.Real:
		return "DOUBLE"
	case kql.GUID:
		return "UUID"
	default:
		return "VARCHAR"
	}
}

// Files are Parquet files that this package wrote, of one table. Columns may be
// missing from some or all of them: they are null there.
type Files struct {
	Paths   []string
	Missing map[string]bool // columns that some file lacks
	Absent  map[string]bool // columns that every file lacks
	NoNulls map[string]bool // columns without a null in any file
	Rows    int64
}

// WriteOptions say how a file is written.
type WriteOptions struct {
	// Timestamps writes datetimes as Parquet's timestamps, which other tools
	// read, in nanoseconds where all fit and else in microseconds; without it
	// they are ticks, which lose nothing.
	Timestamps bool
	// NoSync returns before the file is on disk.
	NoSync bool
}

// Written is a file that was written.
type Written struct {
	Path     string
	Day      string // 2026-01-31; "" where the rows were not parted
	Rows     int64
	Bytes    int64
	Min, Max int64    // ticks of the time column; 0 and -1 where there is none
	NoNulls  []string // columns without a null
}

// schemaKey names the entry of a file's metadata that holds its columns.
const schemaKey = "azward.columns"
