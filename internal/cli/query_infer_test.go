package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/azward/azward/kql"
)

// TestSchemaOfTheLastFile: "last" is the file that was written last, in whatever
// container and by whatever name.
func TestSchemaOfTheLastFile(t *testing.T) {
	dir := t.TempDir()
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, name := range []string{"c.csv", "a.csv", "z/b.csv", "b.csv"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("c"+name+"\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := day.AddDate(0, 0, i%3)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	read := schemaReader([]string{dir}, 0)
	for _, c := range []struct {
		mode string
		want []string
	}{
		{"last", []string{"cz/b.csv"}},
		{"any", []string{"ca.csv"}},
		{"all", []string{"ca.csv", "cb.csv", "cc.csv", "cz/b.csv"}},
	} {
		cols, err := read(t.Context(), kql.StorageRequest{Containers: []string{dir}, Format: "csv", Mode: c.mode, Header: true})
		if err != nil || len(cols) != len(c.want) {
			t.Errorf("%s: %v, %v", c.mode, cols, err)
			continue
		}
		for i, col := range cols {
			if col.Name != c.want[i] {
				t.Errorf("%s: column %s, want %s", c.mode, col.Name, c.want[i])
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(ctx, kql.StorageRequest{Containers: []string{dir}, Format: "csv", Mode: "all"}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
