package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// unit is a piece of a run: the calls that give the resources of some types
// under a scope.
type unit struct {
	name   string // of the file it ends as; the same in every run
	source string // as the manifest names it
	types  []string
	scope  string
	run    func(ctx context.Context, s *sink) error
}

// sink takes what a unit reads, line by line, into the unit's own file.
type sink struct {
	w      *snapshot.Writer
	source string
	count  atomic.Int64
	skip   atomic.Int64 // bodies that are no resources
}

// add takes a resource of Azure. A body without a usable id is counted and left out.
func (s *sink) add(body jsondoc.Value, typ string) error {
	r, err := resource.New(body, typ, resource.Origin{File: s.source})
	if err != nil {
		s.skip.Add(1)
		return nil //nolint:nilerr // counted, and said in the manifest
	}
	s.count.Add(1)
	return s.w.Add(r, s.source)
}

// addGraph takes an object of Microsoft Graph.
func (s *sink) addGraph(collection string, body jsondoc.Value) error {
	r, err := resource.NewGraph(collection, body, resource.Origin{File: s.source})
	if err != nil {
		s.skip.Add(1)
		return nil //nolint:nilerr // counted, and said in the manifest
	}
	s.count.Add(1)
	return s.w.Add(r, s.source)
}

func (s *sink) cover(e inventory.Entry) error {
	e.Source = s.source
	return s.w.Cover(e)
}

// failed turns the error of a unit, or of a part of one, into lines of the
// manifest. Errors that end the run come back.
//
// got is how many resources arrived before.
func (s *sink) failed(err error, scope string, got int, types ...string) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	state := inventory.Failed
	switch {
	case f.Denied():
		state = inventory.Denied
	case got > 0:
		state = inventory.Partial
	}
	for _, t := range types {
		if err := s.cover(inventory.Entry{Type: t, Scope: scope, State: state, Reason: f.Error()}); err != nil {
			return err
		}
	}
	return nil
}

// runUnit runs a unit into its file, unless the file is there already from a run
// before. A file appears whole or not at all.
func runUnit(ctx context.Context, dir string, u unit, clock func() time.Time) (records int, err error) {
	path := unitPath(dir, u.name)
	if _, err := os.Stat(path); err == nil {
		return 0, nil
	}
	f, err := os.CreateTemp(dir, ".unit-*")
	if err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w, err := snapshot.NewWriter(f, snapshot.Header{CreatedAt: clock(), Writer: "unit"})
	if err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	s := &sink{w: w, source: u.source}
	begun := clock()
	if err := u.run(ctx, s); err != nil {
		if err := s.failed(err, u.scope, int(s.count.Load()), u.types...); err != nil {
			return 0, err
		}
	}
	if n := s.skip.Load(); n > 0 {
		for _, t := range u.types {
			if err := s.cover(inventory.Entry{Type: t, Scope: u.scope, State: inventory.Partial, Reason: fmt.Sprintf("%d answers had no id", n)}); err != nil {
				return 0, err
			}
		}
	}
	records = int(s.count.Load())
	if err := w.Source(snapshot.Source{Name: u.source + ": " + u.name, StartedAt: begun, FinishedAt: clock(), Records: records}); err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	if err := w.Finish(); err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	if err := f.Sync(); err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	if err := f.Close(); err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return 0, fmt.Errorf("keep %s: %w", u.name, err)
	}
	return records, nil
}

// unitPath returns a unit's file: its name made safe, with a hash that keeps
// names apart that are alike.
func unitPath(dir, name string) string {
	h := sha256.Sum256([]byte(name))
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return filepath.Join(dir, safe[:min(len(safe), 60)]+"-"+hex.EncodeToString(h[:6])+".azs")
}

// scanUnit calls f with every record of a finished unit.
func scanUnit(dir, name string, f func(*resource.Resource) error) error {
	return scanLines(dir, name, func(l snapshot.Line) error {
		if l.Record == nil {
			return nil
		}
		return f(l.Record)
	})
}

// scanLines calls f with every line of a finished unit.
func scanLines(dir, name string, f func(snapshot.Line) error) error {
	in, err := os.Open(unitPath(dir, name))
	if err != nil {
		return fmt.Errorf("read what was kept of %s: %w", name, err)
	}
	defer func() { _ = in.Close() }() // only read
	if err := snapshot.Scan(in, f); err != nil {
		return fmt.Errorf("read what was kept of %s: %w", name, err)
	}
	return nil
}
