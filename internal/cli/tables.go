package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// tableFlags are the flags of every command that queries tables.
type tableFlags struct {
	inventory inventoryFlags
	load      []string
	schemas   string
}

func (f *tableFlags) add(cmd *cobra.Command) {
	args := cmd.Args // the inventory's flags take arguments for paths
	f.inventory.add(cmd)
	cmd.Args = args
	fl := cmd.Flags()
	fl.Lookup("demo").Usage = "query the resources of the built-in tenant as Resource Graph's tables"
	fl.Lookup("from").Usage = "query the resources in files or folders as Resource Graph's tables (`PATH`, may be repeated)"
	fl.StringArrayVar(&f.load, "load", nil, "load a table from a file: `Table=FILE` (csv, tsv, json, jsonl; plain, .gz or .zst)")
	fl.StringVar(&f.schemas, "schemas", "", "CSV of table_name,column_name,column_type: every table in it exists, empty where nothing is loaded; \"builtin\" for the most used tables of Azure Monitor")
}

// open builds the tables of a run: those of the schemas, empty, those of the
// inventory, and those that are loaded. The closer is never nil.
func (f *tableFlags) open(ctx context.Context, env *Env) (*kql.MemDatabase, io.Closer, error) {
	db := kql.NewMemDatabase()
	known, err := f.addSchemas(db)
	if err != nil {
		return nil, nil, err
	}
	if err := f.addInventory(ctx, env, db); err != nil {
		return nil, nil, err
	}
	var hints map[string][]kql.Column
	for _, l := range f.load {
		name, path, ok := strings.Cut(l, "=")
		if !ok || name == "" || path == "" {
			return nil, nil, usagef("--load %q: want Table=FILE", l)
		}
		if hints == nil {
			if _, hints, err = content.LogTables(); err != nil {
				return nil, nil, err
			}
		}
		t, err := loadTable(path, known[name], hints[name])
		if err != nil {
			return nil, nil, fmt.Errorf("load %s: %w", path, err)
		}
		if t.Bad > 0 {
			env.say("azward: %s: %d lines could not be read and were left out; %s\n", path, t.Bad, t.First)
		}
		db.Add(name, t.Table)
	}
	return db, closers(nil), nil
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
	return nil
}

// closers closes several things.
type closers []io.Closer

// Close closes all, the last opened first.
func (c closers) Close() error {
	var first error
	for i := len(c) - 1; i >= 0; i-- {
		if err := c[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
