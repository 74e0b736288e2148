package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// tableFlags are the flags of every command that queries tables.
type tableFlags struct {
	load    []string
	schemas string
}

func (f *tableFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.load, "load", nil, "load a table from a file: `Table=FILE` (csv, tsv, json, jsonl; plain, .gz or .zst)")
	fl.StringVar(&f.schemas, "schemas", "", "CSV of table_name,column_name,column_type: every table in it exists, empty where nothing is loaded")
}

// open builds the tables of a run: those of the schemas, empty, and those that
// are loaded. The closer is never nil.
func (f *tableFlags) open(_ context.Context, env *Env) (*kql.MemDatabase, io.Closer, error) {
	db := kql.NewMemDatabase()
	known := map[string][]kql.Column{}
	if f.schemas != "" {
		r, done, err := openData(f.schemas)
		if err != nil {
			return nil, nil, usagef("--schemas: %v", err)
		}
		names, tables, err := kqlio.ReadSchemas(r)
		done()
		if err != nil {
			return nil, nil, usagef("--schemas %s: %v", f.schemas, err)
		}
		for _, n := range names {
			db.Add(n, kql.NewMemTable(tables[n]))
		}
		known = tables
	}
	for _, l := range f.load {
		name, path, ok := strings.Cut(l, "=")
		if !ok || name == "" || path == "" {
			return nil, nil, usagef("--load %q: want Table=FILE", l)
		}
		t, err := loadTable(path, known[name])
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
