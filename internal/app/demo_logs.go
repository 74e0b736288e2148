package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	files "github.com/azward/azward/content"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// AddDemoLogs adds the logs of the built-in tenant as Azure Monitor's tables,
// each read when a query reads it.
func AddDemoLogs(db *kql.MemDatabase) error {
	names, err := fs.Glob(files.Files, "demo/logs/*.jsonl")
	if err != nil {
		return err
	}
	_, known, err := content.LogTables()
	if err != nil {
		return fmt.Errorf("the columns of logs: %w", err)
	}
	for _, name := range names {
		table := strings.TrimSuffix(path.Base(name), ".jsonl")
		cols := known[table]
		db.Add(table, kql.NewLazyTable(cols, func() (*kql.MemTable, error) {
			text, err := files.Files.ReadFile(name)
			if err != nil {
				return nil, err
			}
			loaded, err := kqlio.ReadJSON(bytes.NewReader(text), cols)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if loaded.Bad+loaded.Lost > 0 {
				return nil, fmt.Errorf("%s: %s%s", name, loaded.First, loaded.Cell)
			}
			return loaded.Table, nil
		}))
	}
	return nil
}
