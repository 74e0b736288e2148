package kql_test

import (
	"bytes"
	"errors"
	"sync"

	"github.com/azward/azward/kql"
)

var errNoRoom = errors.New("no room")

// area is a place for rows, in memory but not counted.
type area struct {
	mu    sync.Mutex
	open  int   // files
	made  int   // files
	room  int64 // bytes that files may take together, 0: all
	taken int64
}

type areaFile struct {
	bytes.Buffer
	a *area
}

func (a *area) Create() (kql.SpillFile, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open++
	a.made++
	return &areaFile{a: a}, nil
}

func (f *areaFile) Write(p []byte) (int, error) {
	f.a.mu.Lock()
	defer f.a.mu.Unlock()
	if f.a.taken += int64(len(p)); f.a.room > 0 && f.a.taken > f.a.room {
		return 0, errNoRoom
	}
	return f.Buffer.Write(p)
}

func (f *areaFile) ReadAt(p []byte, off int64) (int, error) { return copy(p, f.Bytes()[off:]), nil }

func (f *areaFile) Close() error {
	f.a.mu.Lock()
	defer f.a.mu.Unlock()
	f.a.open--
	f.a.taken -= int64(f.Len())
	return nil
}
