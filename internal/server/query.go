package server

import (
	"context"
	"fmt"
	"strconv"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// start compiles and starts the call's query.
func (c *call) start(ctx context.Context) (*kql.Result, *apiError) {
	if e := c.checkDatabase(); e != nil {
		return nil, e
	}
	return c.startOn(ctx, c.text, c.s.cfg.Schema, c.s.cfg.Tables)
}

func (c *call) startOn(ctx context.Context, text string, schema kql.Schema, db kql.Database) (*kql.Result, *apiError) {
	q, list := kql.CompileWith(text, schema, c.opts.params)
	if q == nil {
		return nil, compileError(list)
	}
	opts := kql.Options{Now: c.opts.now, Seed: uint64(c.started.UnixNano()), Workers: c.s.cfg.Workers, Memory: c.opts.memory, Params: c.opts.params}
	if c.session != nil {
		opts.Spill = c.session
	}
	res, err := q.Run(ctx, db, opts)
	if err != nil {
		return nil, runError(ctx, err)
	}
	c.result = res
	return res, nil
}

// checkDatabase turns down a database that is not the server's own; a request
// that names none means that one.
func (c *call) checkDatabase() *apiError {
	if c.database == "" || equalNames(c.database, c.s.cfg.Database) || equalNames(c.database, "NetDefaultDB") {
		return nil
	}
	return badRequest(fmt.Sprintf("Entity ID '%s' of kind 'Database' was not found: this server has %q", c.database, c.s.cfg.Database))
}

// limiter cuts the rows of all results of a request.
type limiter struct {
	rows, bytes int64 // left; -1: no limit
	opts        options
}

func (c *call) limiter() *limiter {
	return &limiter{rows: c.opts.maxRecords, bytes: c.opts.maxSize, opts: c.opts}
}

// take counts a row; the error says which limit it is beyond.
func (l *limiter) take(size int) *apiError {
	switch {
	case l.rows == 0:
		return tooLarge(fmt.Sprintf("%d records", l.opts.maxRecords))
	case l.bytes >= 0 && int64(size) > l.bytes:
		l.bytes = 0
		return tooLarge(fmt.Sprintf("%d bytes", l.opts.maxSize))
	}
	if l.rows > 0 {
		l.rows--
	}
	if l.bytes >= 0 {
		l.bytes -= int64(size)
	}
	return nil
}

// rows runs a table and calls put with each row as a JSON array, valid during
// the call, until the limits; it returns the number of rows and what ended them.
func (c *call) rows(ctx context.Context, t *kql.ResultTable, l *limiter, put func(row []byte) error) (n int64, _ *apiError) {
	var buf []byte
	for b, err := range t.Batches() {
		if err != nil {
			return n, runError(ctx, err)
		}
		if err := ctx.Err(); err != nil {
			return n, runError(ctx, err)
		}
		for i := range b.Rows {
			if n == c.opts.takeRecords {
				return n, nil
			}
			buf = kqlio.AppendRow(buf[:0], t.Columns, b, i)
			if e := l.take(len(buf)); e != nil {
				return n, e
			}
			n++
			if err := put(buf); err != nil {
				return n, nil // the client is gone
			}
		}
	}
	return n, nil
}

// stamp returns the time now as Kusto writes it.
func (s *Server) stamp() string {
	return s.cfg.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// visualization is the hint of the render operator as clients read it.
func visualization(r *kql.Render) string {
	fields := []struct{ name, prop string }{{"Visualization", ""}, {"Title", "title"}, {"XColumn", "xcolumn"}, {"Series", "series"}, {"YColumns", "ycolumns"}, {"AnomalyColumns", "anomalycolumns"},
		{"XTitle", "xtitle"}, {"YTitle", "ytitle"}, {"XAxis", "xaxis"}, {"YAxis", "yaxis"}, {"Legend", "legend"}, {"YSplit", "ysplit"}, {"Accumulate", "accumulate"},
		{"IsQuerySorted", ""}, {"Kind", "kind"}, {"Ymin", "ymin"}, {"Ymax", "ymax"}, {"Xmin", "xmin"}, {"Xmax", "xmax"}}
	out := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(kqlio.AppendString(out, f.name), ':')
		v, given := "", false
		if r != nil {
			if f.name == "Visualization" {
				v, given = r.Kind, true
			} else {
				v, given = r.Props[f.prop]
			}
		}
		switch f.name {
		case "Accumulate", "IsQuerySorted":
			out = strconv.AppendBool(out, given && v == "true")
		case "Ymin", "Ymax":
			if _, err := strconv.ParseFloat(v, 64); !given || err != nil {
				v = "NaN"
			}
			out = kqlio.AppendString(out, v)
		default:
			if given {
				out = kqlio.AppendString(out, v)
			} else {
				out = append(out, "null"...)
			}
		}
	}
	return string(append(out, '}'))
}

// status is a row of what the answer says about its own making.
type status struct {
	level     int
	levelName string
	code      int
	text      string // v1
	event     int
	eventName string
	payload   string // v2
}

// statuses are the rows of the status table: whether the query went well, and
// what it took.
func (c *call) statuses(rows int64, failure *apiError) []status {
	first := status{4, "Info", 0, "Query completed successfully", 4, "QueryInfo", `{"Count":1,"Text":"Query completed successfully"}`}
	if failure != nil {
		first = status{2, "Error", -2133196797, failure.message, 4, "QueryInfo", string(marshal(map[string]any{"Count": 1, "Text": failure.message}))}
	}
	took := c.s.cfg.Now().Sub(c.started)
	var held kql.Stats
	if c.result != nil {
		held = c.result.Stats()
	}
	stats := string(marshal(map[string]any{"ExecutionTime": took.Seconds(), "dataset_statistics": []map[string]any{{"table_row_count": rows}},
		"resource_usage": map[string]any{"memory": map[string]any{"peak_per_node": held.Memory}, "spilled": held.Spilled}}))
	return []status{first, {6, "Stats", 0, stats, 0, "QueryResourceConsumption", stats}}
}
