//go:build !unix

package store

import (
	"errors"
	"io/fs"
	"os"
)

// lock makes this process the only one that writes. A file that a process left
// behind when it was ended has to be removed by hand.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil, errors.New("another process writes to the store")
	}
	if err != nil {
		return nil, err
	}
	return func() { _, _ = f.Close(), os.Remove(path) }, nil
}

// presence is of use where processes can share a lock.
type presence struct{}

func enter(string) *presence { return &presence{} }

// alone is never known to be true.
func (*presence) alone(func() error) (bool, error) { return false, nil }

func (*presence) leave() {}
