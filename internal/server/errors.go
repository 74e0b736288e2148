package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
)

// apiError is what goes wrong with a request, in the shape of the "OneApi"
// errors that Kusto answers with.
type apiError struct {
	status    int
	code      string // General_BadRequest, LimitsExceeded ...
	kind      string // of exception
	message   string
	permanent bool
	partial   bool // the rows before it hold
	inner     *innerError
}

// innerError is what is wrong with the text of a query.
type innerError struct {
	code         string // SYN0002, SEM0100
	kind         string
	message      string
	line, column int
}

func badRequest(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "General_BadRequest", kind: "KustoBadRequest", message: message, permanent: true}
}

func forbidden(message string) *apiError {
	return &apiError{status: http.StatusForbidden, code: "Forbidden", kind: "Unauthorized", message: message, permanent: true}
}

// compileError is the answer to a query that does not compile.
func compileError(list diag.List) *apiError {
	e := badRequest("the query does not compile")
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		// Kusto tells apart what cannot be parsed and what means nothing.
		inner := &innerError{code: "SEM0100", kind: "Semantic", line: d.Pos.Line, column: d.Pos.Column}
		what := "Semantic error"
		if d.Code < "KQL0100" {
			inner.code, inner.kind, what = "SYN0002", "Syntax", "Syntax error"
		}
		text := d.Message
		if d.Hint != "" {
			text += " (" + d.Hint + ")"
		}
		inner.message = fmt.Sprintf("%s: %s: %s: %s [line:position=%d:%d]", what, inner.code, d.Code, text, d.Pos.Line, d.Pos.Column)
		e.inner = inner
		e.message = inner.message
		break
	}
	return e
}

// runError is the answer to a query that fails while it runs.
func runError(ctx context.Context, err error) *apiError {
	if list, ok := errors.AsType[diag.List](err); ok && list.HasErrors() {
		return compileError(list)
	}
	limits := func(name, number, text string) *apiError {
		return &apiError{status: http.StatusBadRequest, code: "LimitsExceeded", kind: "KustoServicePartialQueryFailureLimitsExceeded",
			message: fmt.Sprintf("Query execution has exceeded the allowed limits (%s): %s (%s, 0x%s).", number, strings.TrimSuffix(text, " ("+name+")"), name, number)}
	}
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, kql.ErrMemory):
		e := limits("E_LOW_MEMORY_CONDITION", "80DA0007", err.Error())
		e.code, e.kind = "LowMemoryCondition", "KustoServicePartialQueryFailureLowMemoryCondition"
		return e
	case errors.Is(err, kql.ErrRows):
		return limits("E_QUERY_RESULT_SET_TOO_LARGE", "80DA0003", err.Error())
	case errors.Is(err, kql.ErrExternal):
		return badRequest("queries read no files on this server: externaldata and infer_storage_schema are not allowed")
	case ctx.Err() != nil && errors.Is(cause, errTimeout):
		return &apiError{status: http.StatusGatewayTimeout, code: "Timeout", kind: "KustoServiceTimeout", message: errTimeout.Error()}
	case ctx.Err() != nil && errors.Is(cause, errShutdown):
		return &apiError{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", kind: "KustoServiceUnavailable", message: errShutdown.Error()}
	case ctx.Err() != nil:
		return &apiError{status: http.StatusBadRequest, code: "QueryCancelled", kind: "KustoQueryCancelled", message: "the query was canceled", permanent: true}
	}
	message, _, _ := strings.Cut(err.Error(), "\n") // what follows is a stack
	if strings.HasPrefix(message, "bug in the engine") {
		return &apiError{status: http.StatusInternalServerError, code: "InternalServiceError", kind: "KustoServiceInternal", message: message}
	}
	return badRequest(message)
}

// tooLarge is what a result gets that was cut at the truncation limits.
func tooLarge(what string) *apiError {
	return &apiError{status: http.StatusBadRequest, partial: true, code: "LimitsExceeded", kind: "KustoServicePartialQueryFailureLimitsExceeded",
		message: fmt.Sprintf("Query execution has exceeded the allowed limits (80DA0003): The results of this query exceed the set limit of %s, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).", what)}
}

type errorContext struct {
	Timestamp       string `json:"timestamp"`
	ServiceAlias    string `json:"serviceAlias"`
	ClientRequestID string `json:"clientRequestId"`
	ActivityID      string `json:"activityId"`
	SubActivityID   string `json:"subActivityId"`
	ActivityType    string `json:"activityType"`
}

type innerObject struct {
	Code         string `json:"code"`
	Message      string `json:"message"`
	Type         string `json:"@type"`
	ErrorCode    string `json:"@errorCode"`
	ErrorMessage string `json:"@errorMessage"`
	Text         string `json:"@message"`
	Line         int    `json:"line"`
	Position     int    `json:"pos"`
	Permanent    bool   `json:"@permanent"`
}

type errorObject struct {
	Code      string       `json:"code"`
	Message   string       `json:"message"`
	Type      string       `json:"@type"`
	Text      string       `json:"@message"`
	Context   errorContext `json:"@context"`
	Permanent bool         `json:"@permanent"`
	Inner     *innerObject `json:"innererror,omitempty"`
}

type oneAPIError struct {
	Error errorObject `json:"error"`
}

func (c *call) oneAPI(e *apiError) oneAPIError {
	o := errorObject{Code: e.code, Message: "Request is invalid and cannot be executed.", Type: "Kusto.Data.Exceptions." + e.kind + "Exception", Text: e.message, Permanent: e.permanent,
		Context: errorContext{Timestamp: c.s.stamp(), ServiceAlias: "AZWARD", ClientRequestID: c.clientID, ActivityID: c.activity, SubActivityID: c.activity, ActivityType: "GW.Http.CallContext"}}
	if e.status >= http.StatusInternalServerError {
		o.Message = "Request could not be completed."
	}
	if i := e.inner; i != nil {
		o.Inner = &innerObject{Code: i.code, Message: i.message, Type: "Kusto.Data.Exceptions." + i.kind + "Exception", ErrorCode: i.code, ErrorMessage: i.message,
			Text: i.message, Line: i.line, Position: i.column, Permanent: true}
	}
	return oneAPIError{o}
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal an answer: %v", err)) // strings and numbers only
	}
	return b
}

// fail answers with an error; nothing may have been sent before.
func (c *call) fail(e *apiError) {
	c.failed = true
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(e.status)
	_, _ = c.w.Write(marshal(c.oneAPI(e))) // who hung up needs no answer
}
