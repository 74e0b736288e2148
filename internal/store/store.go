// Package store is the log store: a folder with tables as Parquet files by day,
// which other tools can read, and a manifest for each table.
//
//	store.json                                version of the layout
//	lock                                      held by who writes
//	tables/SigninLogs/manifest.json           columns, files and what is in them
//	tables/SigninLogs/day=2026-01-31/X.parquet
//
// A file counts once the manifest names it. Import writes its files, waits
// until they are on disk, and then replaces the manifest in one step: readers
// see all of an import or nothing, and when Import returns it stays. Files are
// never changed; Compact makes one of several, in one step too. How values are kept in Parquet is told in package duck, the
// engine. Start with Open.
package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
)

// version is that of the layout.
const version = 1

// ErrNoStore says that a folder holds no store.
var ErrNoStore = errors.New("no log store")

// Options say how a store is opened.
type Options struct {
	Create  bool // make the folder a store if it is none yet
	Memory  int64
	Threads int
}

// Store is an open store. It is safe for concurrent use, by other processes
// too; one at a time writes.
type Store struct {
	dir    string
	engine *duck.Engine
	reads  *presence
}

// Open opens the store in a folder. The engine is started when it is needed.
func Open(dir string, opts Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	s := &Store{dir: abs, engine: duck.New(duck.Options{Memory: opts.Memory, Threads: opts.Threads, Temp: filepath.Join(abs, "tmp")})}
	text, err := os.ReadFile(filepath.Join(abs, "store.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && opts.Create:
		if entries, err := os.ReadDir(abs); err == nil && len(entries) > 0 {
			return nil, fmt.Errorf("open store %s: the folder holds something else", dir)
		}
		if err := os.MkdirAll(filepath.Join(abs, "tables"), 0o750); err != nil {
			return nil, fmt.Errorf("create store: %w", err)
		}
		if err := replaceFile(filepath.Join(abs, "store.json"), []byte(fmt.Sprintf("{\"version\": %d}\n", version))); err != nil {
			return nil, err
		}
		s.reads = enter(filepath.Join(abs, "store.json"))
		return s, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open store %s: %w", dir, ErrNoStore)
	case err != nil:
		return nil, fmt.Errorf("open store: %w", err)
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("open store %s: store.json: %w", dir, err)
	}
	if head.Version != version {
		return nil, fmt.Errorf("open store %s: it is of version %d, this build knows %d", dir, head.Version, version)
	}
	s.reads = enter(filepath.Join(abs, "store.json"))
	return s, nil
}

// Close ends the engine.
func (s *Store) Close() error {
	err := s.engine.Close()
	s.reads.leave()
	return err
}

// manifest says what a table holds.
type manifest struct {
	Columns []column `json:"columns"`
	Files   []file   `json:"files"`
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// file is a Parquet file of a table.
type file struct {
	Path    string   `json:"path"` // below the table's folder
	Day     string   `json:"day,omitempty"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`
	Min     int64    `json:"minTicks"`
	Max     int64    `json:"maxTicks"`
	Columns []string `json:"columns"`
	NoNulls []string `json:"noNulls,omitempty"`
}

// Info describes a table.
type Info struct {
	Name    string
	Columns []kql.Column
	Files   int
	Rows    int64
	Bytes   int64
	First   string // day
	Last    string
}

// Tables describes the tables, ordered by name.
func (s *Store) Tables() ([]Info, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "tables"))
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var out []Info
	for _, e := range entries {
		name, ok := unescape(e.Name())
		if !ok || !e.IsDir() {
			continue
		}
		m, err := s.read(name)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		cols, err := m.columns(name)
		if err != nil {
			return nil, err
		}
		info := Info{Name: name, Columns: cols, Files: len(m.Files)}
		for _, f := range m.Files {
			info.Rows += f.Rows
			info.Bytes += f.Bytes
			if f.Day != "" && (info.First == "" || f.Day < info.First) {
				info.First = f.Day
			}
			info.Last = max(info.Last, f.Day)
		}
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Columns returns a table's columns, nil where there is no such table.
func (s *Store) Columns(table string) ([]kql.Column, error) {
	m, err := s.read(table)
	if err != nil || m == nil {
		return nil, err
	}
	return m.columns(table)
}

// Table returns a table as it is now; false where there is none.
func (s *Store) Table(name string) (kql.Table, bool, error) {
	m, err := s.read(name)
	if err != nil || m == nil {
		return nil, false, err
	}
	cols, err := m.columns(name)
	if err != nil {
		return nil, false, err
	}
	return s.engine.Table(cols, s.filesOf(name, cols, m.Files)), true, nil
}

// filesOf describes some files of a table to the engine.
func (s *Store) filesOf(table string, cols []kql.Column, list []file) duck.Files {
	files := duck.Files{Missing: map[string]bool{}, Absent: map[string]bool{}, NoNulls: map[string]bool{}}
	have, full := map[string]int{}, map[string]int{}
	for _, f := range list {
		files.Paths = append(files.Paths, filepath.Join(s.tableDir(table), filepath.FromSlash(f.Path)))
		files.Rows += f.Rows
		for _, c := range f.Columns {
			have[c]++
		}
		for _, c := range f.NoNulls {
			full[c]++
		}
	}
	for _, c := range cols {
		switch n := have[c.Name]; {
		case n == 0:
			files.Absent[c.Name] = true
		case n < len(list):
			files.Missing[c.Name] = true
		}
		files.NoNulls[c.Name] = full[c.Name] == len(list)
	}
	return files
}

func (m *manifest) columns(table string) ([]kql.Column, error) {
	out := make([]kql.Column, len(m.Columns))
	for i, c := range m.Columns {
		t, ok := kql.ParseType(c.Type)
		if !ok {
			return nil, fmt.Errorf("table %s: column %s is of unknown type %q", table, c.Name, c.Type)
		}
		out[i] = kql.Column{Name: c.Name, Type: t}
	}
	return out, nil
}

// read returns a table's manifest, nil where there is no such table.
func (s *Store) read(table string) (*manifest, error) {
	text, err := os.ReadFile(filepath.Join(s.tableDir(table), "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", table, err)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("table %s: manifest.json: %w", table, err)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return nil, fmt.Errorf("table %s: manifest.json names %q, which is not in the table's folder", table, f.Path)
		}
	}
	return m, nil
}

// Imported tells what an import added.
type Imported struct {
	Rows, Bytes int64
	Files       int
	Days        int
}

// Import adds rows to a table, which it creates if need be. Columns that the
// table has must be of its type; new ones are added to it. When it returns
// without an error the rows are on disk to stay; with one, the table is as before.
func (s *Store) Import(ctx context.Context, table string, cols []kql.Column, batches iter.Seq2[*kql.Batch, error]) (done Imported, err error) {
	if table == "" || len(table) > 200 {
		return done, fmt.Errorf("%q is no name for a table", table)
	}
	unlock, err := lock(filepath.Join(s.dir, "lock"))
	if err != nil {
		return done, fmt.Errorf("lock the store: %w", err)
	}
	defer unlock()
	m, err := s.read(table)
	if err != nil {
		return done, err
	}
	if m == nil {
		m = &manifest{}
	}
	if err := m.merge(table, cols); err != nil {
		return done, err
	}
	dir := s.tableDir(table)
	id := newID()
	tmp := filepath.Join(s.dir, "tmp", id)
	if err := os.MkdirAll(tmp, 0o750); err != nil {
		return done, fmt.Errorf("import: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	written, err := s.engine.WriteByDay(ctx, tmp, cols, timeColumn(cols), batches)
	if err != nil {
		return done, fmt.Errorf("import into %s: %w", table, err)
	}
	dirs, days := map[string]bool{dir: true}, map[string]bool{}
	for i, w := range written {
		sub := "undated"
		if w.Day != "" {
			sub = "day=" + w.Day
		}
		path := sub + "/" + fmt.Sprintf("%s-%d.parquet", id, i)
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return done, fmt.Errorf("import: %w", err)
		}
		if err := os.Rename(w.Path, filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return done, fmt.Errorf("import: %w", err)
		}
		dirs[filepath.Join(dir, sub)], days[sub] = true, true
		m.Files = append(m.Files, fileOf(path, w, cols))
		done.Rows += w.Rows
		done.Bytes += w.Bytes
		done.Files++
	}
	done.Days = len(days)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return done, fmt.Errorf("import: %w", err)
	}
	for d := range dirs {
		if err := syncDir(d); err != nil {
			return done, fmt.Errorf("import: %w", err)
		}
	}
	if err := syncDir(filepath.Join(s.dir, "tables")); err != nil {
		return done, fmt.Errorf("import: %w", err)
	}
	return done, m.write(dir)
}

// write replaces a table's manifest.
func (m *manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, "manifest.json"), append(text, '\n'))
}

// merge adds columns to a manifest's.
func (m *manifest) merge(table string, cols []kql.Column) error {
	for _, c := range cols {
		i := slices.IndexFunc(m.Columns, func(o column) bool { return strings.EqualFold(o.Name, c.Name) })
		switch {
		case i < 0:
			m.Columns = append(m.Columns, column{c.Name, c.Type.String()})
		case m.Columns[i].Name != c.Name:
			return fmt.Errorf("table %s has a column %s; %s differs in case only", table, m.Columns[i].Name, c.Name)
		case m.Columns[i].Type != c.Type.String():
			return fmt.Errorf("column %s of table %s is %s, the new rows have %s", c.Name, table, m.Columns[i].Type, c.Type)
		}
	}
	return nil
}

// timeColumn returns the number of the column that days are taken from, -1 for
// none: TimeGenerated, Timestamp, or the first datetime.
func timeColumn(cols []kql.Column) int {
	for _, name := range []string{"TimeGenerated", "Timestamp", ""} {
		for i, c := range cols {
			if c.Type == kql.DateTime && (c.Name == name || name == "") {
				return i
			}
		}
	}
	return -1
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *Store) tableDir(table string) string { return filepath.Join(s.dir, "tables", escape(table)) }

// escape makes a name fit for a folder: other characters than letters, digits,
// _ and - as % and two hexadecimal digits.
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

func unescape(name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+2 >= len(name) {
			return "", false
		}
		c, err := hex.DecodeString(name[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), true
}

// replaceFile puts text in a file's place in one step, on disk when it returns.
func replaceFile(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
