package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/store"
	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// tableFlags are the flags of every command that queries tables.
type tableFlags struct {
	inventory inventoryFlags
	load      []string
	schemas   string
	store     string
}

func (f *tableFlags) add(cmd *cobra.Command) {
	args := cmd.Args // the inventory's flags take arguments for paths
	f.inventory.add(cmd)
	cmd.Args = args
	fl := cmd.Flags()
	fl.Lookup("demo").Usage = "query the resources of the built-in tenant as Resource Graph's tables, and its logs"
	fl.Lookup("from").Usage = "query the resources in files or folders as Resource Graph's tables (`PATH`, repeatable)"
	fl.StringArrayVar(&f.load, "load", nil, "load a table from a file: `TABLE=FILE` (csv, tsv, json, jsonl; plain, .gz or .zst; parquet; repeatable)")
	fl.StringVar(&f.store, "store", "", "query the tables of the log store in this `FOLDER`")
	fl.StringVar(&f.schemas, "schemas", "", "a CSV `FILE` of table_name,column_name,column_type: every table in it exists, empty where nothing is loaded; \"builtin\" for the most used tables of Azure Monitor")
}

// open builds the tables of a run: those of the schemas, empty, those of the
// inventory, and those that are loaded. The closer is never nil.
func (f *tableFlags) open(ctx context.Context, env *Env, memory int64, spill *spillFlags) (*kql.MemDatabase, io.Closer, error) {
	db := kql.NewMemDatabase()
	known, err := f.addSchemas(db)
	if err != nil {
		return nil, nil, err
	}
	if err := f.addInventory(ctx, env, db); err != nil {
		return nil, nil, err
	}
	var open closers
	fail := func(err error) (*kql.MemDatabase, io.Closer, error) {
		return nil, nil, errors.Join(err, open.Close())
	}
	if f.store != "" {
		s, err := openStore(f.store, store.Options{Memory: storeMemory(memory)})
		if err != nil {
			return fail(err)
		}
		open = append(open, s)
		if err := addStore(db, s); err != nil {
			return fail(err)
		}
	}
	engine, err := f.parquetEngine(storeMemory(memory), spill, &open) // opened where a file is Parquet
	if err != nil {
		return fail(err)
	}
	_, hints, err := hintsFor(f.load)
	if err != nil {
		return fail(err)
	}
	room := memory // for the rows of all files together
	if memory <= 0 {
		room = math.MaxInt64
	}
	for _, l := range f.load {
		name, path, ok := strings.Cut(l, "=")
		if !ok || name == "" || path == "" {
			return fail(usagef("--load %q: want Table=FILE", l))
		}
		if isParquet(path) {
			if _, err := os.Stat(path); err != nil {
				return fail(usagef("load %s: %v", path, reasonOf(err)))
			}
			t, err := engine.OpenParquet(ctx, []string{path})
			if err != nil {
				return fail(inputError("load "+path, err))
			}
			db.Add(name, t)
			continue
		}
		s, err := openTable(path, known[name], hints[name])
		if err != nil {
			return fail(inputError("load "+path, err))
		}
		t, err := s.LoadUpTo(ctx, room)
		if err == nil && t.Rows == 0 && t.Bad > 0 {
			err = usagef("no line could be read; %s", t.First)
		}
		if err != nil {
			return fail(inputError("load "+path, err))
		}
		sayLoaded(env, path, t.Report)
		if t.Table == nil {
			env.say("azward: %s takes more than --memory: it is read anew for each query; azward store import makes tables that are not\n", path)
			db.Add(name, s)
			continue
		}
		room -= t.Bytes
		db.Add(name, t.Table)
	}
	return db, open, nil
}

// leastStore is what reading Parquet takes.
const leastStore = 32 << 20

// storeMemory is what a store, or what reads Parquet, may hold of a query's
// memory: one half, see kql.Budgeted.
func storeMemory(memory int64) int64 {
	if memory <= 0 {
		return 0
	}
	return max(memory/2, leastStore)
}

// parquetEngine returns what reads Parquet files. What does not fit into its
// memory waits in a folder of its own below that of the flags, for as long as it
// is open.
func (f *tableFlags) parquetEngine(memory int64, spill *spillFlags, open *closers) (*duck.Engine, error) {
	opts := duck.Options{Memory: memory}
	any := slices.ContainsFunc(f.load, func(l string) bool {
		_, path, _ := strings.Cut(l, "=")
		return isParquet(path)
	})
	limit, err := parseSize(spill.limit)
	if err != nil {
		return nil, usagef("--spill-limit: %v", err)
	}
	if any && memory > 0 && limit > 0 {
		dir, err := os.MkdirTemp(spill.dir, "azward-")
		if err != nil {
			return nil, usagef("--spill-dir: %v", reasonOf(err))
		}
		*open = append(*open, tempFolder(dir))
		opts.Temp, opts.TempLimit = dir, limit
	}
	e := duck.New(opts)
	*open = append(*open, e)
	return e, nil
}

// tempFolder is one that is removed when it is closed.
type tempFolder string

func (d tempFolder) Close() error { return os.RemoveAll(string(d)) }

func isParquet(path string) bool { return strings.EqualFold(filepath.Ext(path), ".parquet") }

// hintsFor returns the columns of the tables that are known by their name,
// where any table is loaded at all.
func hintsFor(load []string) ([]string, map[string][]kql.Column, error) {
	if len(load) == 0 {
		return nil, nil, nil
	}
	return content.LogTables()
}

// sayLoaded tells what of a file could not be read.
func sayLoaded(env *Env, path string, t kqlio.Report) {
	if t.Bad > 0 {
		env.say("azward: %s: %d lines could not be read and were left out; %s\n", path, t.Bad, t.First)
	}
	if t.Lost > 0 {
		env.say("azward: %s: %d cells could not be read and are null; %s\n", path, t.Lost, t.Cell)
	}
}

// openStore opens a store for a command; what the caller can mend is wrong usage.
func openStore(dir string, opts store.Options) (*store.Store, error) {
	s, err := store.Open(dir, opts)
	if errors.Is(err, store.ErrNoStore) {
		return nil, &usageError{message: fmt.Sprintf("%s is no log store", dir), help: "azward store import makes one"}
	}
	return s, err
}

// addStore adds the tables of a store.
func addStore(db *kql.MemDatabase, s *store.Store) error {
	tables, err := s.Tables()
	if err != nil {
		return err
	}
	for _, info := range tables {
		t, ok, err := s.Table(info.Name)
		if err != nil {
			return err
		}
		if ok {
			db.Add(info.Name, t)
		}
	}
	return nil
}

// addSchemas adds the tables that --schemas names, empty, and returns their
// columns.
func (f *tableFlags) addSchemas(db *kql.MemDatabase) (map[string][]kql.Column, error) {
	var names []string
	var tables map[string][]kql.Column
	var err error
	switch f.schemas {
	case "":
		return nil, nil
	case "builtin":
		if names, tables, err = content.LogTables(); err != nil {
			return nil, err
		}
	default:
		r, done, err := openData(f.schemas)
		if err != nil {
			return nil, usagef("--schemas: %v", err)
		}
		names, tables, err = kqlio.ReadSchemas(r)
		done()
		if err != nil {
			return nil, usagef("--schemas %s: %v", f.schemas, err)
		}
	}
	for _, n := range names {
		db.Add(n, kql.NewMemTable(tables[n]))
	}
	if f.schemas == "builtin" {
		return nil, nil // of a file that is loaded all columns are read
	}
	return tables, nil
}

// addInventory adds the resources that --demo or --from give.
func (f *tableFlags) addInventory(ctx context.Context, env *Env, db *kql.MemDatabase) error {
	if !f.inventory.demo && len(f.inventory.from) == 0 {
		return nil
	}
	inv, err := f.inventory.load(ctx, env, nil)
	if err != nil {
		return err
	}
	app.AddResourceGraph(db, inv)
	if f.inventory.demo {
		if err := app.AddDemoLogs(db); err != nil {
			return err
		}
	}
	return app.AddLogs(db, f.inventory.from, f.schemas == "", func(gap string) { env.say("azward: not read: %s\n", gap) })
}

// closers closes several things.
type closers []io.Closer

// Close closes all, the last opened first.
func (c closers) Close() error {
	var first error
	for _, x := range slices.Backward(c) {
		if err := x.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
