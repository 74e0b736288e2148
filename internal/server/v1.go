package server

import (
	"fmt"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// netType is the .NET type of a column, as the first version of the endpoints
// gives it.
func netType(t kql.Type) string {
	switch t {
	case kql.Bool:
		return "SByte"
	case kql.DateTime:
		return "DateTime"
	case kql.Decimal:
		return "SqlDecimal"
	case kql.GUID:
		return "Guid"
	case kql.Int:
		return "Int32"
	case kql.Long:
		return "Int64"
	case kql.Real:
		return "Double"
	case kql.String:
		return "String"
	case kql.TimeSpan:
		return "TimeSpan"
	default:
		return "Object"
	}
}

func appendHead1(dst []byte, name string, cols []kql.Column) []byte {
	dst = append(dst, `{"TableName":`...)
	dst = kqlio.AppendString(dst, name)
	dst = append(dst, `,"Columns":[`...)
	for i, col := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"ColumnName":`...)
		dst = kqlio.AppendString(dst, col.Name)
		dst = fmt.Appendf(dst, `,"DataType":%q,"ColumnType":%q}`, netType(col.Type), col.Type.String())
	}
	return append(dst, `],"Rows":[`...)
}

// queryV1 answers /v1/rest/query.
func (c *call) queryV1() {
	ctx, done := c.context()
	defer done()
	res, e := c.start(ctx)
	if e != nil {
		c.fail(e)
		return
	}
	w := c.writer()
	l := c.limiter()
	out := []byte(`{"Tables":[`)
	var failure *apiError
	var total int64
	for i, t := range res.Tables {
		if i > 0 {
			out = append(out, ',')
		}
		_, _ = w.Write(appendHead1(out, fmt.Sprintf("Table_%d", i), t.Columns))
		out = out[:0]
		if failure == nil {
			first := true
			n, e := c.rows(ctx, t, l, func(row []byte) error { return w.row(&first, row) })
			total += n
			if e != nil && !w.begun && !e.partial {
				c.fail(e)
				return
			}
			failure = e
		}
		_, _ = w.Write([]byte("]}"))
	}
	_, _ = w.Write(c.appendTail1(nil, res, total, failure))
	w.close()
	c.failed = failure != nil
}

// row writes a row of a table, parted from the one before.
func (w *writer) row(first *bool, row []byte) error {
	if !*first {
		w.buf = append(w.buf, ',')
	}
	*first = false
	_, err := w.Write(row)
	return err
}

// appendTail1 adds the tables about the answer: properties, status and, last,
// the table of contents.
func (c *call) appendTail1(dst []byte, res *kql.Result, rows int64, failure *apiError) []byte {
	n := len(res.Tables)
	dst = append(dst, ',')
	dst = appendHead1(dst, fmt.Sprintf("Table_%d", n), []kql.Column{{Name: "Value", Type: kql.String}})
	for i, t := range res.Tables {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(kqlio.AppendString(append(dst, '['), visualization(t.Render)), ']')
	}
	dst = append(dst, "]},"...)
	dst = appendHead1(dst, fmt.Sprintf("Table_%d", n+1), []kql.Column{{Name: "Timestamp", Type: kql.DateTime}, {Name: "Severity", Type: kql.Int}, {Name: "SeverityName", Type: kql.String},
		{Name: "StatusCode", Type: kql.Int}, {Name: "StatusDescription", Type: kql.String}, {Name: "Count", Type: kql.Int}, {Name: "RequestId", Type: kql.GUID},
		{Name: "ActivityId", Type: kql.GUID}, {Name: "SubActivityId", Type: kql.GUID}, {Name: "ClientActivityId", Type: kql.String}})
	for i, s := range c.statuses(rows, failure) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, marshal([]any{c.s.stamp(), s.level, s.levelName, s.code, s.text, 1, c.activity, c.activity, c.activity, c.clientID})...)
	}
	dst = append(dst, "]},"...)
	dst = appendHead1(dst, fmt.Sprintf("Table_%d", n+2), []kql.Column{{Name: "Ordinal", Type: kql.Long}, {Name: "Kind", Type: kql.String}, {Name: "Name", Type: kql.String},
		{Name: "Id", Type: kql.String}, {Name: "PrettyName", Type: kql.String}})
	for i := range res.Tables {
		dst = append(dst, marshal([]any{i, "QueryResult", "PrimaryResult", c.s.ids.next(), ""})...)
		dst = append(dst, ',')
	}
	dst = append(dst, marshal([]any{n, "QueryProperties", "@ExtendedProperties", c.s.ids.next(), ""})...)
	dst = append(dst, ',')
	dst = append(dst, marshal([]any{n + 1, "QueryStatus", "QueryStatus", "00000000-0000-0000-0000-000000000000", ""})...)
	dst = append(dst, "]}]"...)
	if failure != nil {
		dst = append(dst, `,"Exceptions":`...)
		dst = append(dst, marshal([]string{failure.message})...)
	}
	return append(dst, '}')
}
