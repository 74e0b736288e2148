//go:build cgo

package store_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/azward/azward/internal/store"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func table(t testing.TB, cols []kql.Column, rows ...[]string) *kql.MemTable {
	t.Helper()
	m, err := kqlio.NewTable(cols, rows)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func scan(t kql.Table) iter.Seq2[*kql.Batch, error] {
	all := make([]int, len(t.Columns()))
	for i := range all {
		all[i] = i
	}
	return t.Scan(context.Background(), all)
}

// dump returns the rows of a table of the store, sorted by the store's own order.
func dump(t testing.TB, s *store.Store, name string) string {
	t.Helper()
	tb, ok, err := s.Table(name)
	if err != nil || !ok {
		t.Fatalf("%s: %v, %v", name, ok, err)
	}
	var out []byte
	for b, err := range scan(tb) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			out = append(kqlio.AppendRow(out, tb.Columns(), b, i), ' ')
		}
	}
	return strings.TrimSpace(string(out))
}

var (
	timeCol = kql.Column{Name: "TimeGenerated", Type: kql.DateTime}
	userCol = kql.Column{Name: "User", Type: kql.String}
	codeCol = kql.Column{Name: "Code", Type: kql.Long}
)

func TestImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if _, err := store.Open(dir, store.Options{}); !errors.Is(err, store.ErrNoStore) {
		t.Fatalf("open what is not there: %v", err)
	}
	s, err := store.Open(dir, store.Options{Create: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	first := table(t, []kql.Column{timeCol, userCol}, []string{"2026-01-02T10:00:00Z", "ann"}, []string{"2026-01-01T10:00:00.0000001Z", "bob"}, []string{"", "nobody"})
	done, err := s.Import(t.Context(), "Sign in/Logs", first.Columns(), scan(first))
	if err != nil {
		t.Fatal(err)
	}
	if done.Rows != 3 || done.Files != 3 || done.Days != 3 || done.Bytes == 0 {
		t.Errorf("%+v", done)
	}
	// A second file with another column: rows of either lack the other's.
	second := table(t, []kql.Column{timeCol, codeCol}, []string{"2026-01-03T00:00:00Z", "7"})
	if _, err := s.Import(t.Context(), "Sign in/Logs", second.Columns(), scan(second)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Another process sees it.
	s, err = store.Open(dir, store.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := `[null,"nobody",null] ["2026-01-01T10:00:00.0000001Z","bob",null] ["2026-01-02T10:00:00.0000000Z","ann",null] ["2026-01-03T00:00:00.0000000Z","",7]`
	if got := dump(t, s, "Sign in/Logs"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	infos, err := s.Tables()
	if err != nil || len(infos) != 1 {
		t.Fatalf("%+v, %v", infos, err)
	}
	if i := infos[0]; i.Name != "Sign in/Logs" || i.Rows != 4 || i.Files != 4 || i.First != "0001-01-01" || i.Last != "2026-01-03" {
		t.Errorf("%+v", i)
	}
	// Columns of other types and other casing are refused.
	for _, c := range []kql.Column{{Name: "Code", Type: kql.String}, {Name: "code", Type: kql.Long}} {
		bad := table(t, []kql.Column{c}, []string{"1"})
		if _, err := s.Import(t.Context(), "Sign in/Logs", bad.Columns(), scan(bad)); err == nil {
			t.Errorf("%v was taken", c)
		}
	}
}

// An import that fails in its middle leaves the table as it was, and nothing
// that a reader could take for its rows.
func TestFailedImportLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	s, err := store.Open(dir, store.Options{Create: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	good := table(t, []kql.Column{timeCol, userCol}, []string{"2026-01-02", "ann"})
	broken := errors.New("the disk is on fire")
	breaks := func(yield func(*kql.Batch, error) bool) {
		for b := range scan(good) {
			if !yield(b, nil) {
				return
			}
		}
		yield(nil, broken)
	}
	if _, err := s.Import(t.Context(), "T", good.Columns(), breaks); !errors.Is(err, broken) {
		t.Fatalf("%v", err)
	}
	if _, ok, err := s.Table("T"); ok || err != nil {
		t.Errorf("the table exists: %v, %v", ok, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tmp", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// A file that no manifest names, as a crash between the two would leave it,
	// does not count.
	if _, err := s.Import(t.Context(), "T", good.Columns(), scan(good)); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "tables", "T", "day=2026-01-02", "*.parquet"))
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(files[0]), "orphan-0.parquet"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, s, "T"); strings.Count(got, "ann") != 1 {
		t.Errorf("%s", got)
	}
}

func TestImportsAtOnceAllStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if _, err := store.Open(dir, store.Options{Create: true}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := store.Open(dir, store.Options{Threads: 1})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			one := table(t, []kql.Column{timeCol, userCol}, []string{"2026-01-02", "x"})
			if _, err := s.Import(t.Context(), "T", one.Columns(), scan(one)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := store.Open(dir, store.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := dump(t, s, "T"); strings.Count(got, `"x"`) != 4 {
		t.Errorf("%s", got)
	}
}

func TestOtherFoldersAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(dir, store.Options{Create: true}); err == nil {
		t.Error("a folder with other files became a store")
	}
	if err := os.WriteFile(filepath.Join(dir, "store.json"), []byte(`{"version": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(dir, store.Options{}); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("%v", err)
	}
}
