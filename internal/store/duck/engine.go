//go:build cgo

package duck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/azward/azward/kql"
)

// Available tells whether this build has DuckDB.
const Available = true

// Engine is a DuckDB instance without a database of its own: it works on files.
// It is opened when it is first used and is safe for concurrent use.
type Engine struct {
	opts Options

	mu     sync.Mutex
	db     duckdb.Database
	open   bool
	closed bool
}

// New returns an engine; nothing is opened yet.
func New(opts Options) *Engine { return &Engine{opts: opts} }

// Close ends the engine. No query may be running.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open {
		duckdb.Close(&e.db)
	}
	e.open, e.closed = false, true
	return nil
}

// connect opens the engine if need be and returns a connection of its own.
func (e *Engine) connect() (duckdb.Connection, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var conn duckdb.Connection
	if e.closed {
		return conn, errors.New("the store is closed")
	}
	if !e.open {
		if err := e.start(); err != nil {
			return conn, fmt.Errorf("open DuckDB: %w", err)
		}
		e.open = true
	}
	if duckdb.Connect(e.db, &conn) != duckdb.StateSuccess {
		return conn, errors.New("connect to DuckDB")
	}
	return conn, nil
}

func (e *Engine) start() error {
	var cfg duckdb.Config
	if duckdb.CreateConfig(&cfg) != duckdb.StateSuccess {
		return errors.New("no configuration")
	}
	defer duckdb.DestroyConfig(&cfg)
	settings := [][2]string{
		// Nothing is fetched from anywhere, whatever a query names.
		{"autoinstall_known_extensions", "false"}, {"autoload_known_extensions", "false"}, {"allow_community_extensions", "false"},
		{"enable_object_cache", "true"},
	}
	if e.opts.Memory > 0 {
		settings = append(settings, [2]string{"max_memory", fmt.Sprintf("%dB", e.opts.Memory)})
	}
	if e.opts.Threads > 0 {
		settings = append(settings, [2]string{"threads", fmt.Sprint(e.opts.Threads)})
	}
	if e.opts.Temp != "" {
		settings = append(settings, [2]string{"temp_directory", e.opts.Temp})
		if e.opts.TempLimit > 0 {
			settings = append(settings, [2]string{"max_temp_directory_size", fmt.Sprintf("%dB", e.opts.TempLimit)})
		}
	} else {
		settings = append(settings, [2]string{"temp_directory", ""})
	}
	for _, s := range settings {
		if duckdb.SetConfig(cfg, s[0], s[1]) != duckdb.StateSuccess {
			return fmt.Errorf("setting %s is not known", s[0])
		}
	}
	var msg string
	if duckdb.OpenExt("", &e.db, cfg, &msg) != duckdb.StateSuccess {
		return errors.New(firstLine(msg))
	}
	var conn duckdb.Connection
	if duckdb.Connect(e.db, &conn) != duckdb.StateSuccess {
		return errors.New("connect")
	}
	defer duckdb.Disconnect(&conn)
	return registerFunctions(conn)
}

// statement runs text on conn and leaves the result in res. Streaming results
// are computed while they are read.
func statement(ctx context.Context, conn duckdb.Connection, text string, stream bool, res *duckdb.Result) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var stmt duckdb.PreparedStatement
	defer duckdb.DestroyPrepare(&stmt)
	if duckdb.Prepare(conn, text, &stmt) != duckdb.StateSuccess {
		return sqlError(ctx, duckdb.PrepareError(stmt))
	}
	var pending duckdb.PendingResult
	defer duckdb.DestroyPending(&pending)
	var state duckdb.State
	if stream {
		state = duckdb.PendingPreparedStreaming(stmt, &pending)
	} else {
		state = duckdb.PendingPrepared(stmt, &pending)
	}
	if state != duckdb.StateSuccess {
		return sqlError(ctx, duckdb.PendingError(pending))
	}
	if duckdb.ExecutePending(pending, res) != duckdb.StateSuccess {
		return sqlError(ctx, duckdb.ResultError(res))
	}
	return nil
}

// run runs text whose result does not matter.
func run(ctx context.Context, conn duckdb.Connection, text string) error {
	var res duckdb.Result
	err := statement(ctx, conn, text, false, &res)
	duckdb.DestroyResult(&res)
	return err
}

// sqlError is an error of DuckDB, or of the context where that ended the query.
func sqlError(ctx context.Context, msg string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("query canceled: %w", context.Cause(ctx))
	}
	if strings.HasPrefix(msg, "Out of Memory") {
		// The engine needs less at a time, and may put away more.
		return fmt.Errorf("%w: %w: %s", kql.ErrMemory, kql.ErrFunction, firstLine(msg))
	}
	return &Error{Message: firstLine(msg)}
}

// Error is what DuckDB says is wrong.
type Error struct{ Message string }

// Error returns the message.
func (e *Error) Error() string { return "store: " + e.Message }

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// interrupting makes the end of ctx interrupt what runs on conn until stop is
// called, once. When stop returns nothing uses conn any more.
func interrupting(ctx context.Context, conn duckdb.Connection) (stop func()) {
	done := make(chan struct{})
	end := context.AfterFunc(ctx, func() {
		defer close(done)
		duckdb.Interrupt(conn)
	})
	return func() {
		if !end() {
			<-done
		}
	}
}

// quote writes text as a string in SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// ident writes a name in SQL.
func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Exec runs SQL whose result does not matter.
func (e *Engine) Exec(ctx context.Context, text string) error {
	conn, err := e.connect()
	if err != nil {
		return err
	}
	defer duckdb.Disconnect(&conn)
	defer interrupting(ctx, conn)()
	return run(ctx, conn, text)
}
