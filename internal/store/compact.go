package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
)

// largeFile is the size from which a file is not rewritten any more.
const largeFile = 256 << 20

// Compacted tells what Compact did to a table.
type Compacted struct {
	Before, After           int // files that the manifest names
	BytesBefore, BytesAfter int64
	Removed                 int // files that nothing names
	Kept                    int // files that nothing names, but that somebody may read
}

// Compact makes one file of a day's several, ordered by time. It replaces the
// manifest in one step: readers see the old files or the new ones, and an
// interrupted run has changed nothing. Files that the manifest no longer names
// are removed when nobody has the store open, by this run or a later one.
func (s *Store) Compact(ctx context.Context, table string) (done Compacted, err error) {
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
		return done, fmt.Errorf("there is no table %s", table)
	}
	cols, err := m.columns(table)
	if err != nil {
		return done, err
	}
	for _, f := range m.Files {
		done.Before++
		done.BytesBefore += f.Bytes
	}
	changed := false
	var files []file
	for _, day := range byDay(m.Files) {
		if len(day) > 1 {
			one, err := s.join(ctx, table, cols, day)
			if err != nil {
				return done, fmt.Errorf("compact %s: %w", table, err)
			}
			day, changed = []file{one}, true
		}
		files = append(files, day...)
	}
	for _, f := range files {
		done.After++
		done.BytesAfter += f.Bytes
	}
	if changed {
		m.Files = files
		if err := m.write(s.tableDir(table)); err != nil {
			return done, err
		}
	}
	return done, s.sweep(table, m, &done)
}

// byDay parts files by day, in the order in which the days come first; large
// ones are alone.
func byDay(files []file) [][]file {
	var out [][]file
	place := map[string]int{}
	for _, f := range files {
		at, ok := place[f.Day]
		if !ok || f.Bytes >= largeFile {
			at = len(out)
			out = append(out, nil)
			if f.Bytes < largeFile {
				place[f.Day] = at
			}
		}
		out[at] = append(out[at], f)
	}
	return out
}

// join writes the rows of several files of a day as one.
func (s *Store) join(ctx context.Context, table string, cols []kql.Column, day []file) (one file, err error) {
	have := map[string]bool{}
	rows := int64(0)
	for _, f := range day {
		rows += f.Rows
		for _, c := range f.Columns {
			have[c] = true
		}
	}
	cols = slices.DeleteFunc(slices.Clone(cols), func(c kql.Column) bool { return !have[c.Name] })
	id := newID()
	tmp := filepath.Join(s.dir, "tmp", id)
	if err := os.MkdirAll(tmp, 0o750); err != nil {
		return one, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	w, err := s.engine.Join(ctx, filepath.Join(tmp, "0.parquet"), cols, timeColumn(cols), s.filesOf(table, cols, day))
	if err != nil {
		return one, err
	}
	if w.Rows != rows {
		return one, fmt.Errorf("day %s has %d rows in its files, the manifest says %d", day[0].Day, w.Rows, rows)
	}
	sub := filepath.Dir(filepath.FromSlash(day[0].Path))
	path := filepath.Join(sub, id+"-0.parquet")
	if err := os.Rename(w.Path, filepath.Join(s.tableDir(table), path)); err != nil {
		return one, err
	}
	if err := syncDir(filepath.Join(s.tableDir(table), sub)); err != nil {
		return one, err
	}
	one = fileOf(filepath.ToSlash(path), w, cols)
	one.Day = day[0].Day
	return one, nil
}

// fileOf is a written file as a manifest has it.
func fileOf(path string, w duck.Written, cols []kql.Column) file {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return file{Path: path, Day: w.Day, Rows: w.Rows, Bytes: w.Bytes, Min: w.Min, Max: w.Max, Columns: names, NoNulls: w.NoNulls}
}

// sweep removes the files of a table that its manifest does not name. No import
// is going on, as the caller has the lock.
func (s *Store) sweep(table string, m *manifest, done *Compacted) error {
	named := map[string]bool{}
	for _, f := range m.Files {
		named[f.Path] = true
	}
	dir := s.tableDir(table)
	var left []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".parquet") {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil && !named[filepath.ToSlash(rel)] {
			left = append(left, path)
		}
		return err
	})
	if err != nil || len(left) == 0 {
		return err
	}
	alone, err := s.reads.alone(func() error {
		for _, path := range left {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove what is not used: %w", err)
			}
			done.Removed++
		}
		return nil
	})
	if !alone {
		done.Kept = len(left)
	}
	return err
}
