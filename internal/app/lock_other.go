//go:build !unix

package app

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// lockFile makes a file that holds who made it. One of a process that is not
// there any more is taken over.
func lockFile(path string) (unlock func(), err error) {
	for range 2 {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
			if err := errors.Join(err, f.Close()); err != nil {
				return nil, err
			}
			return func() { _ = os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil {
			if p, err := os.FindProcess(pid); err == nil { // fails where there is none
				_ = p.Release()
				return nil, errLocked
			}
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return nil, errLocked
}
