package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
)

// What was written before a crash can be read from the file that is left.
func TestSnapshotFile(t *testing.T) {
	demo, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.azs")
	f, err := CreateSnapshot(path, snapshot.Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(demo); err != nil {
		t.Fatal(err)
	}
	if err := f.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	load := func(path string) *inventory.Inventory {
		inv, err := Load(context.Background(), &Options{From: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	if left := load(path + PartialSuffix); left.Len() != demo.Len() || !left.Diagnostics().HasErrors() {
		t.Errorf("%d of %d resources are left: %v", left.Len(), demo.Len(), left.Diagnostics())
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + PartialSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial file is still there: %v", err)
	}
	whole := load(path)
	if d := snapshot.Compare(demo, whole); len(d.Added)+len(d.Removed)+len(d.Changed)+len(d.Unknown) > 0 {
		t.Errorf("another inventory comes back: %+v", d)
	}
	if got, want := len(whole.Manifest().Entries()), len(demo.Manifest().Entries()); got != want {
		t.Errorf("%d entries of %d come back", got, want)
	}
	second, err := CreateSnapshot(path, snapshot.Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Abandon(false); err != nil {
		t.Fatal(err)
	}
	if left := load(path); left.Len() != demo.Len() {
		t.Error("a snapshot that was abandoned has overwritten the one before")
	}
}
