package exec

import "errors"

// Errors that callers tell apart.
var (
	// ErrMemory: the query holds more than its memory budget.
	ErrMemory = errors.New("query execution lacks memory resources to complete (80DA0007): low memory condition (E_LOW_MEMORY_CONDITION): operators hold more than the memory budget; filter earlier or raise the budget")
	// ErrExternal: reading files, as externaldata does, is not allowed here.
	ErrExternal = errors.New("reading files is not allowed: name a folder that queries may read")
	// ErrFunction: a function that the store called failed.
	ErrFunction = errors.New("the store cannot compute this part of the query")
	// ErrRows: an operator would give more rows than any query may.
	ErrRows = errors.New("query execution has exceeded the allowed limits (80DA0003): an operator gives more rows than any query may (E_QUERY_RESULT_SET_TOO_LARGE)")
)
