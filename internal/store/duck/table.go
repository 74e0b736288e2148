//go:build cgo

package duck

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// table is a table of KQL over Parquet files.
type table struct {
	e    *Engine
	cols []kql.Column
	rel  kql.Relation
	rows int64
}

// Columns returns the table's columns.
func (t *table) Columns() []kql.Column { return t.cols }

// Relation says how SQL names the table and its columns.
func (t *table) Relation() kql.Relation { return t.rel }

// Budget is what the engine may hold.
func (t *table) Budget() int64 { return t.e.opts.Memory }

// Query computes SQL over the table.
func (t *table) Query(ctx context.Context, q kql.SQLQuery) iter.Seq2[*kql.Batch, error] {
	return t.e.Run(ctx, q)
}

// Scan yields the rows of some columns.
func (t *table) Scan(ctx context.Context, columns []int) iter.Seq2[*kql.Batch, error] {
	if t.rel.From == "" {
		return func(func(*kql.Batch, error) bool) {}
	}
	if len(columns) == 0 {
		// SQL has no rows without columns.
		return func(yield func(*kql.Batch, error) bool) {
			for b, err := range t.e.Query(ctx, "SELECT 1::BIGINT FROM "+t.rel.From, []kql.Column{{Name: "x", Type: kql.Long}}) {
				if err == nil {
					b = kql.NewBatch(nil, b.Rows)
				}
				if !yield(b, err) {
					return
				}
			}
		}
	}
	exprs := make([]string, len(columns))
	cols := make([]kql.Column, len(columns))
	for i, c := range columns {
		exprs[i], cols[i] = t.rel.Columns[c], t.cols[c]
	}
	return t.e.Query(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+t.rel.From, cols)
}

func fileList(paths []string) string {
	q := make([]string, len(paths))
	for i, p := range paths {
		q[i] = quote(p)
	}
	return "[" + strings.Join(q, ", ") + "]"
}

// Table returns a table over files that WriteByDay or WriteParquet wrote. The
// files are not looked at before the table is read.
func (e *Engine) Table(cols []kql.Column, f Files) kql.Table {
	t := &table{e: e, cols: cols, rows: f.Rows, rel: kql.Relation{Columns: make([]string, len(cols)), NoNulls: make([]bool, len(cols))}}
	if len(f.Paths) == 0 {
		return kql.NewMemTable(cols)
	}
	options := ", hive_partitioning=false"
	if len(f.Missing) > 0 || len(f.Absent) > 0 {
		options += ", union_by_name=true"
	}
	t.rel.From = "read_parquet(" + fileList(f.Paths) + options + ")"
	for i, c := range cols {
		text := ident(c.Name)
		switch {
		case f.Absent[c.Name] && c.Type == kql.String:
			text = "''"
		case f.Absent[c.Name]:
			text = "CAST(NULL AS " + sqlType(c.Type) + ")"
		case f.Missing[c.Name] && c.Type == kql.String:
			text = "coalesce(" + text + ", '')"
		}
		t.rel.Columns[i] = text
		t.rel.NoNulls[i] = c.Type == kql.String || f.NoNulls[c.Name]
	}
	return t
}

// OpenParquet returns a table over Parquet files of one kind, written by
// whatever tool. A file that is cut short or none is refused.
func (e *Engine) OpenParquet(ctx context.Context, paths []string) (kql.Table, error) {
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", p, err)
		}
		paths[i] = abs
	}
	conn, err := e.connect()
	if err != nil {
		return nil, err
	}
	defer duckdb.Disconnect(&conn)
	from := "read_parquet(" + fileList(paths) + ", hive_partitioning=false"
	if len(paths) > 1 {
		from += ", union_by_name=true"
	}
	from += ")"
	described, err := texts(ctx, conn, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from+")", 2)
	if err != nil {
		return nil, err
	}
	ours, err := ownTypes(ctx, conn, paths)
	if err != nil {
		return nil, err
	}
	full, err := fullColumns(ctx, conn, paths)
	if err != nil {
		return nil, err
	}
	t := &table{e: e, rel: kql.Relation{From: from}}
	for _, d := range described {
		name, typ := d[0], d[1]
		noNulls := false
		kt, text := foreign(ident(name), typ)
		if own, ok := ours[name]; ok && sqlType(own) == typ {
			kt, text = own, ident(name)
			noNulls = full[name]
			if own == kql.String && !noNulls {
				text = "coalesce(" + text + ", '')" // SQL sees less through it
			}
		}
		t.cols = append(t.cols, kql.Column{Name: name, Type: kt})
		t.rel.Columns = append(t.rel.Columns, text)
		t.rel.NoNulls = append(t.rel.NoNulls, noNulls || kt == kql.String)
	}
	return t, nil
}

// ownTypes returns the types that our own files say their columns have.
func ownTypes(ctx context.Context, conn duckdb.Connection, paths []string) (map[string]kql.Type, error) {
	rows, err := texts(ctx, conn, "SELECT decode(value) FROM parquet_kv_metadata("+fileList(paths)+") WHERE decode(key) = "+quote(schemaKey), 1)
	if err != nil || len(rows) < len(paths) {
		return nil, err
	}
	return parseSchema(rows[0][0]), nil
}

// fullColumns returns the columns without a null in any of the files, as far as
// the files say so.
func fullColumns(ctx context.Context, conn duckdb.Connection, paths []string) (map[string]bool, error) {
	meta := "parquet_metadata(" + fileList(paths) + ")"
	rows, err := texts(ctx, conn, "SELECT path_in_schema FROM "+meta+" WHERE stats_null_count = 0 GROUP BY 1 HAVING count(*) = (SELECT count(DISTINCT (file_name, row_group_id)) FROM "+meta+")", 1)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r[0]] = true
	}
	return out, nil
}

// foreign returns the type of KQL for a column of another tool's, and the
// expression that gives our representation of it.
func foreign(col, typ string) (kql.Type, string) {
	const epoch = "621355968000000000" // ticks before 1970
	base, _, _ := strings.Cut(typ, "(")
	if strings.HasSuffix(typ, "[]") || strings.HasSuffix(typ, "]") {
		base = "LIST"
	}
	switch base {
	case "BOOLEAN":
		return kql.Bool, col
	case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT":
		return kql.Int, col + "::INTEGER"
	case "BIGINT", "UINTEGER":
		return kql.Long, col + "::BIGINT"
	case "FLOAT", "DOUBLE":
		return kql.Real, col + "::DOUBLE"
	case "DECIMAL", "UBIGINT", "HUGEINT", "UHUGEINT":
		return kql.Decimal, col + "::VARCHAR"
	case "UUID":
		return kql.GUID, col
	case "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE":
		return kql.DateTime, "(epoch_us(" + col + ") * 10 + " + epoch + ")"
	case "TIMESTAMP_NS":
		return kql.DateTime, "((epoch_ns(" + col + ") // 100) + " + epoch + ")"
	case "TIME":
		return kql.TimeSpan, "(epoch_us(" + col + ") * 10)"
	case "INTERVAL":
		return kql.TimeSpan, "(epoch_us(" + col + ") * 10)"
	case "LIST", "STRUCT", "MAP", "JSON":
		return kql.Dynamic, "CAST(to_json(" + col + ") AS VARCHAR)"
	case "BLOB":
		return kql.String, "coalesce(to_base64(" + col + "), '')"
	}
	return kql.String, "coalesce(" + col + "::VARCHAR, '')"
}

// texts runs a query for a few texts.
func texts(ctx context.Context, conn duckdb.Connection, text string, n int) ([][]string, error) {
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	if err := statement(ctx, conn, text, false, &res); err != nil {
		return nil, err
	}
	var out [][]string
	for {
		chunk := duckdb.FetchChunk(res)
		if chunk.Ptr == nil {
			return out, nil
		}
		rows := int(duckdb.DataChunkGetSize(chunk))
		cols := make([]column, n)
		for i := range cols {
			v := duckdb.DataChunkGetVector(chunk, duckdb.IdxT(i))
			cols[i].add(kql.String, duckdb.VectorGetData(v), duckdb.VectorGetValidity(v), 0, rows)
		}
		duckdb.DestroyDataChunk(&chunk)
		if rows == 0 {
			return out, nil
		}
		for r := range rows {
			rec := make([]string, n)
			for i := range cols {
				rec[i] = cols[i].strs[r]
			}
			out = append(out, rec)
		}
	}
}

// formatSchema writes columns for a file's metadata: "name:type" a line.
func formatSchema(cols []kql.Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.Type.String() + ":" + c.Name
	}
	return strings.Join(parts, "\n")
}

func parseSchema(text string) map[string]kql.Type {
	out := map[string]kql.Type{}
	for line := range strings.SplitSeq(text, "\n") {
		typ, name, _ := strings.Cut(line, ":")
		if t, ok := kql.ParseType(typ); ok {
			out[name] = t
		}
	}
	return out
}
