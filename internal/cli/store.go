package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/store"
	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func newStoreCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Keep logs in a folder of Parquet files by table and day",
		Long: `Keep logs in a folder, as Parquet files by table and day that other tools can
read, and query them with azward query --store FOLDER.`,
		Example: `  azward store import --store logs SigninLogs=signins.jsonl.gz AuditLogs=audit.csv
  azward store tables --store logs
  azward store compact --store logs
  azward query --store logs 'SigninLogs | summarize count() by bin(TimeGenerated, 1d)'`,
	}
	cmd.AddCommand(newStoreImportCommand(env), newStoreTablesCommand(env), newStoreCompactCommand(env))
	return cmd
}

func newStoreImportCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "import --store FOLDER Table=FILE...",
		Short: "Add files to tables of the store",
		Long: `Add files to tables of the store. The folder becomes a store if there is none
yet. Each file is added whole or not at all, and is on disk when its line is
printed. Types come from the table where it exists, from Azure Monitor's
reference for its most used tables, and otherwise from the data. Lines that
cannot be read are counted, shown and left out.`,
		Example: `  azward store import --store logs SigninLogs=signins.jsonl.gz`,
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return importFiles(cmd.Context(), env, dir, args) },
	}
	cmd.Flags().StringVar(&dir, "store", "", "the `FOLDER` of the store")
	return cmd
}

func importFiles(ctx context.Context, env *Env, dir string, args []string) (err error) {
	if dir == "" {
		return usagef("--store is missing: name the folder of the store")
	}
	for _, a := range args {
		if name, path, ok := strings.Cut(a, "="); !ok || name == "" || path == "" {
			return usagef("%q: want Table=FILE", a)
		}
	}
	s, err := store.Open(dir, store.Options{Create: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	engine := duck.New(duck.Options{})
	defer func() { err = errors.Join(err, engine.Close()) }()
	_, builtin, err := content.LogTables()
	if err != nil {
		return err
	}
	for _, a := range args {
		name, path, _ := strings.Cut(a, "=")
		hint, err := s.Columns(name)
		if err != nil {
			return err
		}
		if hint == nil {
			hint = builtin[name]
		}
		t, err := importedTable(ctx, engine, path, hint)
		if err != nil {
			return inputError("import "+path, err)
		}
		cols := t.Columns()
		all := make([]int, len(cols))
		for i := range all {
			all[i] = i
		}
		done, err := s.Import(ctx, name, cols, t.Scan(ctx, all))
		if err != nil {
			return err
		}
		if text, ok := t.(*kqlio.Stream); ok {
			sayLoaded(env, path, text.Report())
		}
		if _, err := fmt.Fprintf(env.Stdout, "%s: %d rows from %s in %d files over %d days\n", name, done.Rows, path, done.Files, done.Days); err != nil {
			return err
		}
	}
	return nil
}

// importedTable opens a file; a text is read while its rows are written.
func importedTable(ctx context.Context, engine *duck.Engine, path string, hint []kql.Column) (kql.Table, error) {
	if isParquet(path) {
		return engine.OpenParquet(ctx, []string{path})
	}
	return openTable(path, nil, hint)
}

func newStoreTablesCommand(env *Env) *cobra.Command {
	var dir, format, output string
	cmd := &cobra.Command{
		Use:     "tables --store FOLDER",
		Short:   "List the tables of the store",
		Example: `  azward store tables --store logs --format json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if dir == "" {
				return usagef("--store is missing: name the folder of the store")
			}
			return listTables(env, dir, format, output)
		},
	}
	cmd.Flags().StringVar(&dir, "store", "", "the `FOLDER` of the store")
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	return cmd
}

func listTables(env *Env, dir, format, output string) (err error) {
	s, err := openStore(dir, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tables, err := s.Tables()
	if err != nil {
		return err
	}
	if format == "json" {
		type entry struct {
			Name    string `json:"name"`
			Rows    int64  `json:"rows"`
			Files   int    `json:"files"`
			Bytes   int64  `json:"bytes"`
			Columns int    `json:"columns"`
			First   string `json:"firstDay,omitempty"`
			Last    string `json:"lastDay,omitempty"`
		}
		out := make([]entry, len(tables))
		for i, t := range tables {
			out[i] = entry{t.Name, t.Rows, t.Files, t.Bytes, len(t.Columns), t.First, t.Last}
		}
		return writeOutput(env, output, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(out)
		})
	}
	return writeOutput(env, output, func(w io.Writer) error {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		printlnTo(tw, "table\trows\tfiles\tbytes\tfirst day\tlast day")
		for _, t := range tables {
			printTo(tw, "%s\t%d\t%d\t%d\t%s\t%s\n", t.Name, t.Rows, t.Files, t.Bytes, t.First, t.Last)
		}
		return tw.Flush()
	})
}

// writeParquet writes the first result of a query as a Parquet file, in one step.
func writeParquet(ctx context.Context, path string, res *kql.Result) (err error) {
	if !duck.Available {
		return duck.ErrUnavailable
	}
	tmp, err := os.MkdirTemp(filepath.Dir(path), ".azward-*")
	if err != nil {
		return usagef("write %s: %v", path, reasonOf(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	engine := duck.New(duck.Options{})
	defer func() { err = errors.Join(err, engine.Close()) }()
	t := res.Tables[0]
	part := filepath.Join(tmp, "part.parquet")
	if _, err := engine.WriteParquet(ctx, part, t.Columns, t.Batches(), duck.WriteOptions{Timestamps: true}); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(part, path)
}
