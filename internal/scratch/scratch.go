// Package scratch is a private folder for what a query cannot hold in memory.
//
// An Area is a folder that only this user may enter, made when the first file
// is, with a bound on what its files take together. A Session is the part of it
// that one query uses: closing it removes what the query left behind, however
// the query ended. Where the system allows it a file has no name any more once
// it is open, so that nothing stays on disk even when the process is killed.
package scratch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/azward/azward/kql"
)

// Area is a folder with a bound. It is safe for concurrent use.
type Area struct {
	parent string
	limit  int64

	mu     sync.Mutex
	folder string
	used   int64
	closed bool
}

// New returns an area below parent (empty: the system's folder for temporary
// files) whose files take at most limit bytes together. Nothing is made yet.
func New(parent string, limit int64) *Area { return &Area{parent: parent, limit: limit} }

// Allowed tells whether the area's files may take any room.
func (a *Area) Allowed() bool { return a.limit > 0 }

// Used returns how many bytes the area's files take now.
func (a *Area) Used() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}

// Close removes the folder. Sessions must be closed before.
func (a *Area) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.folder == "" {
		return nil
	}
	err := os.RemoveAll(a.folder)
	a.folder = ""
	if err != nil {
		return fmt.Errorf("remove the folder for temporary files: %w", err)
	}
	return nil
}

// Session returns the part of the area for one query.
func (a *Area) Session() *Session { return &Session{a: a, open: map[*file]struct{}{}} }

// open makes a file.
func (a *Area) open() (*os.File, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errors.New("the folder for temporary files is closed")
	}
	if a.folder == "" {
		dir, err := os.MkdirTemp(a.parent, "azward-")
		if err != nil {
			return nil, explain(err)
		}
		a.folder = dir
	}
	f, err := os.CreateTemp(a.folder, "rows-")
	if err != nil {
		return nil, explain(err)
	}
	return f, nil
}

// take counts bytes before they are written.
func (a *Area) take(n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.used+n > a.limit {
		return fmt.Errorf("the limit of %d bytes for temporary files is reached", a.limit)
	}
	a.used += n
	return nil
}

func (a *Area) give(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used -= n
}

// explain says what a full disk means here.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk for temporary files is full: %w", err)
	}
	return err
}

// Session is a query's part of an area: a kql.Spill. It is safe for concurrent
// use.
type Session struct {
	a    *Area
	mu   sync.Mutex
	open map[*file]struct{}
	done bool
}

// Create returns a new, empty file.
func (s *Session) Create() (kql.SpillFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return nil, errors.New("the query is over")
	}
	f, err := s.a.open()
	if err != nil {
		return nil, err
	}
	out := &file{s: s, f: f, path: f.Name()}
	if os.Remove(out.path) == nil {
		out.path = "" // the system frees it with the last handle
	}
	s.open[out] = struct{}{}
	return out, nil
}

// Close removes the files that are left. It may be called more than once.
func (s *Session) Close() error {
	s.mu.Lock()
	s.done = true
	left := make([]*file, 0, len(s.open))
	for f := range s.open {
		left = append(left, f)
	}
	s.mu.Unlock()
	var errs []error
	for _, f := range left {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

type file struct {
	s    *Session
	f    *os.File
	path string // empty where it has no name any more
	size int64
	once sync.Once
	err  error
}

// Write appends.
func (f *file) Write(p []byte) (int, error) {
	if err := f.s.a.take(int64(len(p))); err != nil {
		return 0, err
	}
	n, err := f.f.Write(p)
	f.size += int64(n)
	if n < len(p) {
		f.s.a.give(int64(len(p) - n))
	}
	if err != nil {
		return n, explain(err)
	}
	return n, nil
}

// ReadAt reads what was written.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("read a temporary file: %w", err)
	}
	return n, err
}

// Close gives up the file.
func (f *file) Close() error {
	f.once.Do(func() {
		f.err = f.f.Close()
		if f.path != "" {
			f.err = errors.Join(f.err, os.Remove(f.path))
		}
		f.s.a.give(f.size)
		f.s.mu.Lock()
		delete(f.s.open, f)
		f.s.mu.Unlock()
	})
	return f.err
}
