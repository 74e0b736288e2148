package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/scratch"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// queryFlags are the flags of azward query.
type queryFlags struct {
	batch    string
	file     string
	tables   tableFlags
	format   string
	output   string
	explain  bool
	params   []string
	external []string
	memory   string
	spill    spillFlags
	workers  int
	limit    int
	stats    bool

	shell     bool // read queries from the terminal
	noHistory bool
}

// addShared adds the flags that a single query and the shell have in common.
func (f *queryFlags) addShared(cmd *cobra.Command) {
	f.tables.add(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.params, "param", nil, "value of a declared query parameter: `NAME=VALUE` (repeatable)")
	fl.StringArrayVar(&f.external, "allow-external", nil, "a `FOLDER` that externaldata and infer_storage_schema may read (repeatable)")
	fl.StringVar(&f.memory, "memory", "4GiB", "memory that operators may hold, `SIZE`; rows beyond it wait on disk")
	f.spill.add(cmd)
	fl.BoolVar(&f.stats, "stats", false, "tell on standard error what a query took: time, memory, disk")
	fl.IntVar(&f.workers, "workers", 2, "compute with `N` goroutines")
	fl.IntVar(&f.limit, "rows", 1000, "show at most `N` rows in a table")
	fl.BoolVar(&f.noHistory, "no-history", false, "keep no history of the shell")
}

func newQueryCommand(env *Env) *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query [flags] 'KQL'",
		Short: "Run a KQL query over files, with the answers of Microsoft's engine",
		Long: `Run a query in the Kusto Query Language over tables loaded from files, and over
the resources of an inventory as Azure Resource Graph's tables (--demo, --from).
Of a snapshot that azward collect --logs made, AzureActivity, SigninLogs and
AuditLogs are tables as well.

The query is the argument, a file (--file), or standard input where the argument
is "-". Without any of them, on a terminal, it opens the shell that azward query
shell describes. Nothing leaves the machine: externaldata and the plugin infer_storage_schema
read files only, and only from folders named with --allow-external.

Operators that must see all their rows (summarize, distinct, join, lookup, sort,
top, partition, make-series, materialize) hold at most --memory; what does not
fit waits in a private folder below --spill-dir that is removed at the end.
--explain marks them. A log store, and what reads Parquet, has half of --memory; what
it cannot compute with that the engine computes. Where that is not enough either, the
query ends with Kusto's error E_LOW_MEMORY_CONDITION, which names the operator.`,
		Example: `  azward query 'print strcat("a", 1)'
  azward query --load SigninLogs=signins.jsonl.gz 'SigninLogs | summarize count() by ResultType'
  azward query --demo 'resources | summarize count() by type'
  azward query --from tenant.azs 'SigninLogs | where ResultType != 0 | summarize count() by UserPrincipalName'
  azward query --demo --memory 64MiB --stats 'resources | summarize count() by tostring(tags)'
  azward query --schemas tables.csv --batch queries.jsonl
  azward query --demo`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runQuery(cmd.Context(), env, &f, args)
		},
	}
	cmd.AddCommand(newQueryFmtCommand(env), newQueryCheckCommand(env), newQueryShellCommand(env))
	fl := cmd.Flags()
	fl.StringVar(&f.batch, "batch", "", "read a JSON object {\"id\", \"query\"} a line from `FILE`, - for standard input, and answer a line each")
	fl.StringVarP(&f.file, "file", "f", "", "read the query from `FILE`")
	f.addShared(cmd)
	addFormat(cmd, &f.format, "table", "json", "jsonl", "csv", "parquet")
	addOutput(cmd, &f.output)
	f.format = "" // decided when it is known what reads the answer
	fl.Lookup("format").Usage = "write `FORMAT`: table, json, jsonl, csv or parquet (default by the name of -o, else table on a terminal and json elsewhere)"
	fl.BoolVar(&f.explain, "explain", false, "print the plan instead of running it")
	return cmd
}

func runQuery(ctx context.Context, env *Env, f *queryFlags, args []string) (err error) {
	memory, err := parseSize(f.memory)
	if err != nil {
		return usagef("--memory: %v", err)
	}
	params := map[string]string{}
	for _, p := range f.params {
		name, v, ok := strings.Cut(p, "=")
		if !ok {
			return usagef("--param %q: want name=value", p)
		}
		params[name] = v
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
	defer limitHeap(memory)()
	opts := kql.Options{Now: f.tables.inventory.now(env).UTC(), Seed: uint64(env.Now().UnixNano()), Workers: f.workers, Memory: memory, Params: params,
		External: externalReader(f.external), Infer: schemaReader(f.external, memory)}
	q := &querier{env: env, db: db, opts: opts, scratch: area, stats: f.stats, clock: func() time.Time { return f.tables.inventory.now(env) }}
	if f.shell || len(args) == 0 && f.batch == "" && f.file == "" && f.output == "" && f.format == "" && !f.explain && interactive(env) {
		return q.shell(ctx, f.limit, !f.noHistory)
	}
	if f.batch != "" {
		if len(args) > 0 || f.file != "" {
			return usagef("--batch takes its queries from its file; no other query is expected")
		}
		return q.batch(ctx, f.batch, f.output)
	}
	text, err := queryText(env, f.file, args)
	if err != nil {
		return err
	}
	format := f.format
	if format == "" {
		format = "json"
		if env.IsTerminal {
			format = "table"
		}
	}
	if format == "parquet" && (f.output == "" || f.output == "-") {
		return usagef("--format parquet needs a file: -o FILE.parquet")
	}
	return q.single(ctx, text, format, f)
}

// queryText returns the query from the argument, the file or standard input.
func queryText(env *Env, file string, args []string) (string, error) {
	switch {
	case file != "" && len(args) > 0:
		out := &usageError{message: "give the query as an argument or with --file, not both"}
		if slices.Contains([]string{"table", "json", "jsonl", "csv", "parquet"}, strings.ToLower(file)) {
			out.help = fmt.Sprintf("-f is --file here; for the format write --format %s", strings.ToLower(file))
		}
		return "", out
	case file != "" && file != "-":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", usagef("read %s: %v", file, reasonOf(err))
		}
		return string(b), nil
	case file == "-" || len(args) == 1 && args[0] == "-":
		b, err := io.ReadAll(io.LimitReader(env.Stdin, 4<<20))
		return string(b), err
	case len(args) == 1:
		return args[0], nil
	}
	return "", &usageError{message: "no query", help: "give it as an argument, with --file, or - for standard input"}
}

// querier runs queries over one set of tables.
type querier struct {
	env     *Env
	db      *kql.MemDatabase
	opts    kql.Options
	scratch *scratch.Area
	stats   bool
	// clock tells the time of a query where several are run one after another.
	clock func() time.Time
}

// single runs one query and prints its result.
func (q *querier) single(ctx context.Context, text, format string, f *queryFlags) (err error) {
	query, list := kql.CompileWith(text, q.db.Schema(), q.opts.Params)
	if query == nil {
		q.diagnose(text, list)
		return usagef("the query does not compile")
	}
	for _, d := range list {
		q.env.say("%s\n", d.Error())
	}
	if f.explain {
		return writeOutput(q.env, f.output, func(w io.Writer) error {
			opts, end := q.begin()
			_, err := io.WriteString(w, query.Explain(q.db, opts))
			err = errors.Join(err, end(nil))
			return err
		})
	}
	opts, end := q.begin()
	defer func() { err = errors.Join(err, end(nil)) }()
	res, err := query.Run(ctx, q.db, opts)
	if err != nil {
		if list, ok := errors.AsType[diag.List](err); ok {
			q.diagnose(text, list)
			return usagef("the query does not compile")
		}
		return err
	}
	defer func() { err = errors.Join(err, end(res)) }()
	if format == "parquet" {
		return writeParquet(ctx, f.output, res)
	}
	width := q.env.lineWidth()
	if f.output != "" && f.output != "-" {
		width = 0
	}
	return writeOutput(q.env, f.output, func(w io.Writer) error { return q.print(w, res, format, f.limit, width) })
}

func (q *querier) diagnose(text string, list diag.List) {
	src := diag.NewSource("query", text)
	for _, d := range list {
		q.env.say("%s\n", src.Snippet(d))
	}
}

func (q *querier) print(w io.Writer, res *kql.Result, format string, limit, width int) error {
	if format == "json" {
		var buf []byte
		var err error
		buf = append(buf, '{')
		if buf, err = kqlio.AppendTable(buf, res.Tables[0]); err != nil {
			return err
		}
		if len(res.Tables) > 1 {
			buf = append(buf, `,"tables":[`...)
			for i, t := range res.Tables[1:] {
				if i > 0 {
					buf = append(buf, ',')
				}
				buf = append(buf, `{"name":`...)
				buf = append(kqlio.AppendString(buf, t.Name), ',')
				if buf, err = kqlio.AppendTable(buf, t); err != nil {
					return err
				}
				buf = append(buf, '}')
			}
			buf = append(buf, ']')
		}
		if r := res.Tables[0].Render; r != nil {
			buf = append(buf, `,"render":{"kind":`...)
			buf = append(kqlio.AppendString(buf, r.Kind), '}')
		}
		_, err = w.Write(append(buf, "}\n"...))
		return err
	}
	for i, t := range res.Tables {
		if i > 0 && format != "jsonl" {
			printlnTo(w)
		}
		if len(res.Tables) > 1 && format == "table" {
			printlnTo(w, t.Name)
		}
		var err error
		switch format {
		case "jsonl":
			err = kqlio.WriteJSONLines(w, t)
		case "csv":
			err = kqlio.WriteCSV(w, t)
		default:
			var total int
			if total, err = kqlio.WriteAligned(w, t, limit, width); err == nil && total > limit {
				q.env.say("%d rows, the first %d shown; --rows shows more\n", total, limit)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseSize reads "512MiB", "4GB", "1073741824"; 0 means no limit.
func parseSize(s string) (int64, error) {
	units := []struct {
		name string
		size float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}}
	text := strings.TrimSpace(s)
	for _, u := range units {
		num, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		var f float64
		if _, err := fmt.Sscanf(strings.TrimSpace(num)+" ", "%g ", &f); err != nil || f < 0 || f*u.size > 1<<60 {
			return 0, fmt.Errorf("%q is no size; write 512MiB or 4GiB", s)
		}
		return int64(f * u.size), nil
	}
	return 0, fmt.Errorf("%q is no size", s)
}
