package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errLocked is a lock that another process holds.
var errLocked = errors.New("locked")

// LockWatch makes this process the only one that keeps its history in dir, until
// unlock. The lock of a process that is dead holds nobody up.
func LockWatch(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep the history: %w", err)
	}
	path := filepath.Join(dir, "lock")
	unlock, err = lockFile(path)
	if errors.Is(err, errLocked) {
		who := "another process"
		if text, err := os.ReadFile(path); err == nil {
			if pid := strings.TrimSpace(string(text)); pid != "" {
				who = "process " + pid
			}
		}
		return nil, fmt.Errorf("%s watches with the history in %s: give another folder, or end it first", who, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the history in %s: %w", dir, err)
	}
	return unlock, nil
}
