package app

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/policy"
)

// SnapshotAliases returns the tenant's own list of aliases that a snapshot among
// the paths holds, of several the latest's; nil where none does. What is wrong
// with a snapshot is said by who reads it whole. The error is ctx's.
func SnapshotAliases(ctx context.Context, paths []string) (*policy.Aliases, error) {
	for _, path := range latestFirst(paths) {
		var b policy.AliasBuilder
		err := eachAliases(ctx, path, func(l snapshot.AliasList) error {
			for _, a := range l.List {
				b.Add(l.Type, a)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if list := b.Aliases(); list != nil {
			return list, nil
		}
	}
	return nil, nil
}

// CopyAliases writes the tenant's list of aliases into another snapshot: that of
// the latest among the paths that holds one.
func CopyAliases(ctx context.Context, w *snapshot.Writer, paths []string) error {
	for _, path := range latestFirst(paths) {
		found := false
		var failed error
		err := eachAliases(ctx, path, func(l snapshot.AliasList) error {
			found = true
			failed = w.Aliases(l)
			return failed
		})
		if err = errors.Join(err, failed); err != nil || found {
			return err
		}
	}
	return nil
}

// eachAliases calls f with what a snapshot holds of the list, as far as it can be
// read. The error is ctx's.
func eachAliases(ctx context.Context, path string, f func(snapshot.AliasList) error) error {
	in, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // said when the inventory was read
	}
	defer func() { _ = in.Close() }() // only read
	_ = snapshot.ScanAliases(in, func(l snapshot.AliasList) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return f(l)
	})
	return ctx.Err()
}

// latestFirst returns the snapshots among the paths by when they were made.
func latestFirst(paths []string) []string {
	list := snapshotsIn(paths)
	if len(list) < 2 {
		return list
	}
	made := map[string]time.Time{}
	for _, path := range list {
		made[path] = ReadAt([]string{path})
	}
	slices.SortStableFunc(list, func(a, b string) int { return made[b].Compare(made[a]) })
	return list
}
