package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/server"
)

type serveFlags struct {
	tables   tableFlags
	listen   string
	database string
	memory   string
	spill    spillFlags
	workers  int
	timeout  time.Duration
}

func newServeCommand(env *Env) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Answer Kusto's REST query endpoints over local tables",
		Long: `Answer Kusto's REST endpoints (/v1/rest/query, /v2/rest/query, /v1/rest/mgmt),
so that Kusto's client libraries and the tools built on them can query tables
that never leave the machine. Nothing can be written through them.

The server listens on this machine only. To listen on another address, set
AZWARD_TOKEN: requests must then carry it ("Authorization: Bearer TOKEN"), and
something in front should speak TLS. Ctrl-C ends the server once running
queries have had a few seconds to finish.

Rows of queries that do not fit into --memory wait in a private folder below
--spill-dir; --spill-limit bounds all queries together.`,
		Example: `  azward serve --load SigninLogs=signins.jsonl.gz
  azward serve --load T=data.csv --memory 512MiB --spill-limit 20GiB
  azward serve --load T=data.csv --listen 127.0.0.1:9000 --database logs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), env, &f) },
	}
	f.tables.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", "127.0.0.1:8080", "the `ADDRESS` to listen on; port 0 takes a free one")
	fl.StringVar(&f.database, "database", "azward", "the `NAME` of the database that clients see")
	fl.StringVar(&f.memory, "memory", "4GiB", "memory that one query may hold, `SIZE`; rows beyond it wait on disk")
	f.spill.add(cmd)
	fl.IntVar(&f.workers, "workers", 2, "compute a query with `N` goroutines")
	fl.DurationVar(&f.timeout, "timeout", 4*time.Minute, "the `TIME` that a query may take which asks for no other")
	return cmd
}

func runServe(ctx context.Context, env *Env, f *serveFlags) (err error) {
	memory, err := parseSize(f.memory)
	if err != nil {
		return usagef("--memory: %v", err)
	}
	token := env.getenv("AZWARD_TOKEN")
	if err := server.CheckAddress(f.listen, token); err != nil {
		return usagef("--listen: %v", err)
	}
	db, done, err := f.tables.open(ctx, env, memory, &f.spill)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done.Close()) }()
	area, err := f.spill.area()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, area.Close()) }()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", f.listen)
	if err != nil {
		return usagef("--listen: %v", err)
	}
	s := server.New(server.Config{Database: f.database, Schema: db.Schema(), Tables: db, Version: version(), Token: token, Now: env.Now,
		Log: slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Workers: f.workers, Memory: memory, Scratch: area, Timeout: f.timeout})
	env.say("azward: database %q at http://%s; Ctrl-C ends it\n", f.database, l.Addr())
	return s.Serve(ctx, l)
}
