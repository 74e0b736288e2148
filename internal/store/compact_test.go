//go:build cgo

package store_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/internal/store"
	"github.com/azward/azward/kql"
)

// sorted returns the rows of a table in an order of their own.
func sorted(t *testing.T, s *store.Store, name string) string {
	t.Helper()
	rows := strings.Split(strings.ReplaceAll(dump(t, s, name), "] [", "]\n["), "\n")
	slices.Sort(rows)
	return strings.Join(rows, " ")
}

func parquets(t *testing.T, dir string) int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "tables", "T", "*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// manyImports is a store of 11 small files over two days and of rows without a
// day, of which some lack a column.
func manyImports(t *testing.T) (string, *store.Store) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	s, err := store.Open(dir, store.Options{Create: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range [][]string{{"2026-01-02T10:00:00.0000001Z", "ann"}, {"2026-01-02T09:00:00Z", ""}, {"2026-01-03", "bob"}, {"2026-01-03T00:00:01Z", "bob"}, {"", "nobody"}, {"", "none"}, {"2026-01-02", "cid"}, {"2026-01-02", "cid"}} {
		one := table(t, []kql.Column{timeCol, userCol}, rows)
		if _, err := s.Import(t.Context(), "T", one.Columns(), scan(one)); err != nil {
			t.Fatal(err)
		}
	}
	for _, rows := range [][]string{{"2026-01-02", "7"}, {"2026-01-03", ""}, {"2026-01-05", "8"}} {
		one := table(t, []kql.Column{timeCol, codeCol}, rows)
		if _, err := s.Import(t.Context(), "T", one.Columns(), scan(one)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, s
}

func TestCompact(t *testing.T) {
	dir, s := manyImports(t)
	want := sorted(t, s, "T")
	if got := parquets(t, dir); got != 11 {
		t.Fatalf("%d files", got)
	}
	reader, err := store.Open(dir, store.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := reader.Table("T")
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Compact(t.Context(), "T")
	if err != nil {
		t.Fatal(err)
	}
	if done.Before != 11 || done.After != 4 || done.Kept != 10 || done.Removed != 0 || done.BytesAfter >= done.BytesBefore {
		t.Errorf("%+v", done)
	}
	if got := sorted(t, s, "T"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Who had the table before reads its files still.
	n := 0
	for b, err := range scan(old) {
		if err != nil {
			t.Fatal(err)
		}
		n += b.Rows
	}
	if n != 11 {
		t.Errorf("%d rows", n)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	// Then they go, and what a crash left with them; what is whole stays.
	orphan := filepath.Join(dir, "tables", "T", "day=2026-01-02", "orphan-0.parquet")
	if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if done, err = s.Compact(t.Context(), "T"); err != nil || done.Before != 4 || done.After != 4 || done.Removed != 11 || done.Kept != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if got := parquets(t, dir); got != 4 {
		t.Errorf("%d files", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(dir, store.Options{Threads: 1}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := sorted(t, s, "T"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	infos, err := s.Tables()
	if err != nil || infos[0].Rows != 11 || infos[0].Files != 4 || infos[0].Last != "2026-01-05" {
		t.Errorf("%+v, %v", infos, err)
	}
	if _, err := s.Compact(t.Context(), "Nothing"); err == nil {
		t.Error("a table that is not there was compacted")
	}
}

// TestCompactThatFails leaves the table as it was.
func TestCompactThatFails(t *testing.T) {
	dir, s := manyImports(t)
	defer s.Close()
	want := sorted(t, s, "T")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Compact(ctx, "T"); err == nil {
		t.Error("a canceled run says that it is done")
	}
	if got := sorted(t, s, "T"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// A file that is cut short is no reason to lose the others.
	files, err := filepath.Glob(filepath.Join(dir, "tables", "T", "day=2026-01-02", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Compact(t.Context(), "T"); err == nil {
		t.Error("a broken file was joined")
	}
	if got := parquets(t, dir); got != 11 {
		t.Errorf("%d files", got)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tmp", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
