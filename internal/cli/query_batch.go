package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// maxBatchLine bounds a line of a batch.
const maxBatchLine = 16 << 20

// batch answers a query a line. A bad line gets its error and the run goes on.
func (q *querier) batch(ctx context.Context, path, output string) error {
	var buf []byte
	return batchLines(ctx, q.env, path, output, maxBatchLine, func(w io.Writer, line []byte, tooLong bool) error {
		if tooLong {
			buf = appendQueryError(append(buf[:0], `{"id":null,`...), "BadLine", tooLongLine(maxBatchLine), diag.Position{})
		} else {
			buf = q.answer(ctx, buf[:0], line)
		}
		_, err := w.Write(buf)
		return err
	})
}

// answer appends the answer to one line of a batch.
func (q *querier) answer(ctx context.Context, dst, line []byte) []byte {
	var req struct {
		ID    json.RawMessage `json:"id"`
		Query *string         `json:"query"`
	}
	err := json.Unmarshal(line, &req)
	dst = append(dst, `{"id":`...)
	if len(req.ID) > 0 {
		dst = append(dst, req.ID...)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, ',')
	if err == nil && req.Query == nil {
		err = errors.New(`the line has no "query"`)
	}
	if err != nil {
		return appendQueryError(dst, "BadLine", err.Error(), diag.Position{})
	}
	start := len(dst)
	dst, err = q.run(ctx, dst, *req.Query)
	if err == nil {
		return append(dst, "}\n"...)
	}
	dst = dst[:start]
	var list diag.List
	if errors.As(err, &list) && len(list) > 0 {
		for _, d := range list {
			if d.Severity == diag.Error {
				msg := d.Message
				if d.Hint != "" {
					msg += " (" + d.Hint + ")"
				}
				return appendQueryError(dst, d.Code, msg, d.Pos)
			}
		}
	}
	return appendQueryError(dst, runErrorCode(err), err.Error(), diag.Position{})
}

func (q *querier) run(ctx context.Context, dst []byte, text string) (_ []byte, err error) {
	query, list := kql.CompileWith(text, q.db.Schema(), q.opts.Params)
	if query == nil {
		return dst, list
	}
	opts, end := q.begin()
	res, err := query.Run(ctx, q.db, opts)
	if err != nil {
		return dst, errors.Join(err, end(nil))
	}
	defer func() { err = errors.Join(err, end(res)) }()
	return kqlio.AppendTable(dst, res.Tables[0])
}

func runErrorCode(err error) string {
	switch {
	case errors.Is(err, kql.ErrMemory):
		return "E_LOW_MEMORY_CONDITION"
	case errors.Is(err, kql.ErrRows):
		return "E_QUERY_RESULT_SET_TOO_LARGE"
	case errors.Is(err, kql.ErrExternal):
		return "ExternalDataNotAllowed"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "Canceled"
	}
	return "RunFailed"
}

func appendQueryError(dst []byte, code, message string, pos diag.Position) []byte {
	dst = append(dst, `"error":{"code":`...)
	dst = kqlio.AppendString(dst, code)
	dst = append(dst, `,"message":`...)
	dst = kqlio.AppendString(dst, message)
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, int64(pos.Line), 10)
	dst = append(dst, `,"column":`...)
	dst = strconv.AppendInt(dst, int64(pos.Column), 10)
	return append(dst, "}}\n"...)
}
