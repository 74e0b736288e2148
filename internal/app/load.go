package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/azward/azward/content"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/reader"
	"github.com/azward/azward/inventory"
)

// loadFiles reads files and folders.
func loadFiles(ctx context.Context, o *Options) (*inventory.Inventory, error) {
	inv, err := reader.Read(ctx, o.From, readerOptions(o))
	if errors.Is(err, reader.ErrNoFiles) || errors.Is(err, reader.ErrNothing) {
		return nil, usagef("%v", err)
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok && pe.Op == "stat" {
		return nil, usagef("read %s: %v", pe.Path, pe.Err)
	}
	if err != nil {
		return nil, err
	}
	if inv.Len() == 0 {
		if err := notInventory(inv.Diagnostics()); err != nil {
			return nil, err
		}
	}
	if err := OneTenant(inv); err != nil {
		return nil, err
	}
	return inv, nil
}

// notInventory is the error for files that hold something, but nothing of an
// inventory: nothing that is wrong in nothing that was understood is not clean.
func notInventory(problems diag.List) error {
	for _, d := range problems {
		switch d.Code {
		case reader.CodeTemplate:
			return usagef("nothing could be read: %s; azward check judges templates", d.Error())
		case reader.CodeNoResource, reader.CodeBadID:
			return usagef("nothing could be read: %s", d.Error())
		}
	}
	return nil
}

// loadDemo reads the tenant in the binary.
func loadDemo(ctx context.Context, o *Options) (*inventory.Inventory, error) {
	names, err := fs.Glob(content.Files, "demo/tenant/*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("the demo tenant is not in this binary")
	}
	slices.Sort(names)
	inv, err := reader.ReadFS(ctx, content.Files, names, readerOptions(o))
	if err != nil {
		return nil, fmt.Errorf("demo tenant: %w", err)
	}
	return inv, nil
}

func readerOptions(o *Options) reader.Options {
	return reader.Options{Names: o.Names, Progress: func(p reader.Progress) {
		const kib = 1 << 10
		o.progress("read", int(p.Bytes/kib), int(p.TotalBytes/kib))
	}}
}
