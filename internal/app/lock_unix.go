//go:build unix

package app

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// lockFile takes a lock that ends with the process, and writes into the file who
// holds it.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	_ = f.Truncate(0) // who it is helps a person and no more
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return func() { _ = f.Truncate(0); _ = f.Close() }, nil // closing gives the lock back
}
