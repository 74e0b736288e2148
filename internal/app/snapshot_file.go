package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/azward/azward/internal/snapshot"
)

// SnapshotFile is a snapshot that is being written to disk, such as a live
// collection that takes hours.
type SnapshotFile struct {
	*snapshot.Writer

	f    *os.File
	path string
}

// PartialSuffix is behind the name of a snapshot that is not finished. Such a
// file can be read as far as it goes.
const PartialSuffix = ".partial"

// CreateSnapshot begins a snapshot at path: it is written beside it, under the
// name with [PartialSuffix], and takes the name when it is finished. Whatever
// was written before the last Checkpoint outlives a crash.
func CreateSnapshot(path string, h snapshot.Header) (*SnapshotFile, error) {
	f, err := os.OpenFile(path+PartialSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create a snapshot: %w", err)
	}
	w, err := snapshot.NewWriter(f, h)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &SnapshotFile{Writer: w, f: f, path: path}, nil
}

// Finish writes the last line and gives the file its name.
func (s *SnapshotFile) Finish() error {
	if err := s.Writer.Finish(); err != nil {
		return err
	}
	if err := s.f.Close(); err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	if err := os.Rename(s.f.Name(), s.path); err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	return nil
}

// Abandon ends without a last line. What was written stays under the name with
// [PartialSuffix] where keep is set, and goes away otherwise.
func (s *SnapshotFile) Abandon(keep bool) error {
	if keep {
		return errors.Join(s.Checkpoint(), s.f.Close())
	}
	return errors.Join(s.f.Close(), os.Remove(s.f.Name()))
}
