package exec

import (
	"errors"
	"fmt"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/vec"
)

// Errors that callers tell apart.
var (
	// ErrMemory: the query holds more than its memory budget.
	ErrMemory = errors.New("query execution lacks memory resources to complete (80DA0007): low memory condition (E_LOW_MEMORY_CONDITION): operators hold more than the memory budget; filter earlier or raise the budget (--memory)")
	// ErrExternal: reading files, as externaldata does, is not allowed here.
	ErrExternal = errors.New("reading files is not allowed: name a folder that queries may read")
	// ErrFunction: a function that the store called failed.
	ErrFunction = errors.New("the store cannot compute this part of the query")
	// ErrRows: an operator would give more rows than any query may.
	ErrRows = errors.New("query execution has exceeded the allowed limits (80DA0003): an operator gives more rows than any query may (E_QUERY_RESULT_SET_TOO_LARGE)")
)

// shortOf is ErrMemory of an operator: it names the operator and the budget.
type shortOf struct {
	err   error
	what  string
	limit int64
}

func (e *shortOf) Error() string {
	return fmt.Sprintf("%v [%s; the engine's budget is %s]", e.err, e.what, sizeText(e.limit))
}

func (e *shortOf) Unwrap() error { return e.err }

// sizeText writes bytes for people.
func sizeText(n int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.size {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// lacking says of which operator a lack of memory is; the first one to say so is
// the one.
func (r *run) lacking(n plan.Node, err error) error {
	if err == nil || !errors.Is(err, ErrMemory) {
		return err
	}
	if _, said := errors.AsType[*shortOf](err); said || r.mem.limit <= 0 {
		return err
	}
	what := n.Describe()
	if len(what) > maxDescribed {
		what = what[:maxDescribed] + "..."
	}
	return &shortOf{err, what, r.mem.limit}
}

// maxDescribed bounds what an error tells of an operator.
const maxDescribed = 80

// open starts a node.
func (r *run) open(n plan.Node) (stream, error) {
	s, err := r.start(n)
	if err != nil {
		return nil, r.lacking(n, err)
	}
	return func() (*vec.Batch, error) {
		b, err := s()
		if err != nil {
			return b, r.lacking(n, err)
		}
		return b, nil
	}, nil
}
