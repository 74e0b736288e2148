package server

import (
	"context"
	"fmt"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// frames writes the frames of the second version.
type frames struct {
	c     *call
	w     *writer
	first bool
	buf   []byte
}

// begin starts a frame and returns the buffer to write it to.
func (f *frames) begin() []byte {
	b := f.buf[:0]
	if !f.first {
		if f.c.opts.newlines {
			b = append(b, '\n')
		}
		b = append(b, ',')
	}
	f.first = false
	return b
}

func (f *frames) put(b []byte) {
	f.buf = b
	_, _ = f.w.Write(b)
}

func appendColumns2(dst []byte, cols []kql.Column) []byte {
	dst = append(dst, `"Columns":[`...)
	for i, col := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"ColumnName":`...)
		dst = kqlio.AppendString(dst, col.Name)
		dst = fmt.Appendf(dst, `,"ColumnType":%q}`, col.Type.String())
	}
	return append(dst, ']')
}

func appendHead2(dst []byte, id int, kind, name string) []byte {
	dst = fmt.Appendf(dst, `"TableId":%d,"TableKind":%q,"TableName":`, id, kind)
	return append(kqlio.AppendString(dst, name), ',')
}

// queryV2 answers /v2/rest/query.
func (c *call) queryV2() {
	ctx, done := c.context()
	defer done()
	res, e := c.start(ctx)
	if e != nil {
		c.fail(e)
		return
	}
	f := &frames{c: c, w: c.writer(), first: true}
	_, _ = f.w.Write([]byte{'['})
	f.put(f.header())
	f.put(f.properties(res))
	l := c.limiter()
	var failures []oneAPIError
	var failure *apiError
	var total int64
	for i, t := range res.Tables {
		if failure != nil {
			break
		}
		var n int64
		if c.opts.progressive || c.opts.fragmented {
			n, failure = f.fragments(ctx, i+1, t, l)
		} else {
			n, failure = f.table(ctx, i+1, t, l)
		}
		total += n
		if failure != nil {
			if !f.w.begun && !failure.partial {
				c.fail(failure)
				return
			}
			failures = append(failures, c.oneAPI(failure))
		}
	}
	f.put(f.completion(len(res.Tables)+1, total, failure))
	b := append(f.begin(), fmt.Sprintf(`{"FrameType":"DataSetCompletion","HasErrors":%t,"Cancelled":%t`, failure != nil, failure != nil && failure.code == "QueryCancelled")...) //nolint:misspell // the protocol's spelling
	if failure != nil {
		b = append(append(b, `,"OneApiErrors":`...), marshal(failures)...)
	}
	b = append(b, '}')
	if c.opts.newlines {
		b = append(b, '\n')
	}
	f.put(append(b, ']'))
	f.w.close()
	c.failed = failure != nil
}

func (f *frames) header() []byte {
	o := f.c.opts
	b := append(f.begin(), fmt.Sprintf(`{"FrameType":"DataSetHeader","IsProgressive":%t,"Version":"v2.0"`, o.progressive)...)
	placement := "InData"
	switch o.placement {
	case "end_of_table":
		placement = "EndOfTable"
	case "end_of_dataset":
		placement = "EndOfDataSet"
	}
	return fmt.Appendf(b, `,"IsFragmented":%t,"ErrorReportingPlacement":%q}`, o.fragmented || o.progressive, placement)
}

func (f *frames) properties(res *kql.Result) []byte {
	b := append(f.begin(), `{"FrameType":"DataTable",`...)
	b = appendHead2(b, 0, "QueryProperties", "@ExtendedProperties")
	b = appendColumns2(b, []kql.Column{{Name: "TableId", Type: kql.Int}, {Name: "Key", Type: kql.String}, {Name: "Value", Type: kql.Dynamic}})
	b = append(b, `,"Rows":[`...)
	for i, t := range res.Tables {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `[%d,"Visualization",`, i+1)
		b = append(kqlio.AppendString(b, visualization(t.Render)), ']')
	}
	return append(b, "]}"...)
}

func tableName(t *kql.ResultTable) string {
	if t.Name == "" {
		return "PrimaryResult"
	}
	return t.Name
}

// table writes a result as one frame. An error within it stands in its rows,
// as in_data asks for, or only at the end of the data set.
func (f *frames) table(ctx context.Context, id int, t *kql.ResultTable, l *limiter) (int64, *apiError) {
	b := append(f.begin(), `{"FrameType":"DataTable",`...)
	b = appendHead2(b, id, "PrimaryResult", tableName(t))
	b = append(appendColumns2(b, t.Columns), `,"Rows":[`...)
	f.put(b)
	first := true
	n, e := f.c.rows(ctx, t, l, func(row []byte) error { return f.w.row(&first, row) })
	if e != nil && f.c.opts.placement == "in_data" {
		_ = f.w.row(&first, append(append([]byte(`{"OneApiErrors":`), marshal([]oneAPIError{f.c.oneAPI(e)})...), '}'))
	}
	_, _ = f.w.Write([]byte("]}"))
	return n, e
}

// fragmentSize is about how many bytes of rows a fragment holds.
const fragmentSize = 256 << 10

// fragments writes a result as a header, fragments of rows and a completion.
func (f *frames) fragments(ctx context.Context, id int, t *kql.ResultTable, l *limiter) (int64, *apiError) {
	b := append(f.begin(), `{"FrameType":"TableHeader",`...)
	b = appendHead2(b, id, "PrimaryResult", tableName(t))
	f.put(append(appendColumns2(b, t.Columns), '}'))
	open, first := false, true
	size := 0
	end := func() {
		if open {
			_, _ = f.w.Write([]byte("]}"))
			open = false
		}
	}
	n, e := f.c.rows(ctx, t, l, func(row []byte) error {
		if !open {
			f.put(fmt.Appendf(append(f.begin(), `{"FrameType":"TableFragment","TableFragmentType":"DataAppend",`...), `"TableId":%d,"Rows":[`, id))
			open, first, size = true, true, 0
		}
		err := f.w.row(&first, row)
		if size += len(row); size >= fragmentSize {
			end()
		}
		return err
	})
	end()
	if f.c.opts.progressive {
		f.put(fmt.Appendf(f.begin(), `{"FrameType":"TableProgress","TableId":%d,"TableProgress":100.0}`, id))
	}
	b = fmt.Appendf(f.begin(), `{"FrameType":"TableCompletion","TableId":%d,"RowCount":%d`, id, n)
	if e != nil && f.c.opts.placement != "end_of_dataset" {
		b = append(append(b, `,"OneApiErrors":`...), marshal([]oneAPIError{f.c.oneAPI(e)})...)
	}
	f.put(append(b, '}'))
	return n, e
}

func (f *frames) completion(id int, rows int64, failure *apiError) []byte {
	b := append(f.begin(), `{"FrameType":"DataTable",`...)
	b = appendHead2(b, id, "QueryCompletionInformation", "QueryCompletionInformation")
	b = appendColumns2(b, []kql.Column{{Name: "Timestamp", Type: kql.DateTime}, {Name: "ClientRequestId", Type: kql.String}, {Name: "ActivityId", Type: kql.GUID},
		{Name: "SubActivityId", Type: kql.GUID}, {Name: "ParentActivityId", Type: kql.GUID}, {Name: "Level", Type: kql.Int}, {Name: "LevelName", Type: kql.String},
		{Name: "StatusCode", Type: kql.Int}, {Name: "StatusCodeName", Type: kql.String}, {Name: "EventType", Type: kql.Int}, {Name: "EventTypeName", Type: kql.String}, {Name: "Payload", Type: kql.String}})
	b = append(b, `,"Rows":[`...)
	c := f.c
	for i, s := range c.statuses(rows, failure) {
		if i > 0 {
			b = append(b, ',')
		}
		name := "S_OK (0)"
		if s.code != 0 {
			name = fmt.Sprintf("E_FAIL (%d)", s.code)
		}
		b = append(b, marshal([]any{c.s.stamp(), c.clientID, c.activity, c.activity, c.activity, s.level, s.levelName, s.code, name, s.event, s.eventName, s.payload})...)
	}
	return append(b, "]}"...)
}
