package exec

import "errors"

// Errors that callers tell apart.
var (
	// ErrMemory: the query holds more than its memory budget.
	ErrMemory = errors.New("query exceeds its memory budget (E_LOW_MEMORY_CONDITION): filter earlier or raise the budget")
	// ErrExternal: externaldata is not allowed here.
	ErrExternal = errors.New("externaldata is not allowed: name a folder that queries may read")
	// ErrRows: an operator would give more rows than any query may.
	ErrRows = errors.New("query gives too many rows (E_QUERY_RESULT_SET_TOO_LARGE)")
)
