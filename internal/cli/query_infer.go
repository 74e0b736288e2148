package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/azward/azward/internal/store/duck"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// schemaReader finds the columns of files for infer_storage_schema, in the
// allowed folders only. Nil where there are none.
func schemaReader(folders []string, memory int64) func(context.Context, kql.StorageRequest) ([]kql.Column, error) {
	if len(folders) == 0 {
		return nil
	}
	return func(ctx context.Context, req kql.StorageRequest) ([]kql.Column, error) {
		x := &schemaInference{kqlio.NewInference(), duck.New(duck.Options{Memory: memory}), req}
		cols, err := x.run(ctx, folders)
		return cols, errors.Join(err, x.engine.Close())
	}
}

// schemaInference answers one request.
type schemaInference struct {
	found  *kqlio.Inference
	engine *duck.Engine // opened where a file is Parquet
	req    kql.StorageRequest
}

func (x *schemaInference) run(ctx context.Context, folders []string) ([]kql.Column, error) {
	files := 0
	var last string
	var written time.Time
	for _, c := range x.req.Containers {
		root, err := allowedPath(folders, c)
		if err != nil {
			return nil, err
		}
		err = eachFile(ctx, folders, root, x.req, func(path string, info fs.FileInfo) error {
			files++
			switch {
			case x.req.Mode != "last":
				err := x.add(ctx, path)
				if err == nil && x.req.Mode == "any" {
					err = fs.SkipAll
				}
				return err
			case last == "" || !info.ModTime().Before(written):
				last, written = path, info.ModTime()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if files > 0 && x.req.Mode == "any" {
			break
		}
	}
	if files == 0 {
		return nil, errors.New("none of StorageContainers holds a file with the name that is asked for")
	}
	if x.req.Mode == "last" {
		if err := x.add(ctx, last); err != nil {
			return nil, err
		}
	}
	return x.found.Columns(), nil
}

// eachFile gives the files of a folder and of those below it, by their paths, or
// the one file that root is. Links lead nowhere but into the allowed folders, and
// to files.
func eachFile(ctx context.Context, folders []string, root string, req kql.StorageRequest, f func(string, fs.FileInfo) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		name := filepath.Base(path)
		if d.IsDir() || !strings.HasPrefix(name, req.Prefix) || !strings.HasSuffix(name, req.Extension) {
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			if path, err = allowedPath(folders, path); err != nil {
				return nil //nolint:nilerr // what lies elsewhere is not there
			}
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		return f(path, info)
	})
}

// add reads the columns of a file.
func (x *schemaInference) add(ctx context.Context, path string) error {
	if x.req.Format == "parquet" {
		t, err := x.engine.OpenParquet(ctx, []string{path})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		x.found.Merge(t.Columns())
		return nil
	}
	comma := map[string]rune{"csv": ',', "tsv": '\t', "psv": '|', "scsv": ';', "sohsv": '\x01'}[x.req.Format] // none: JSON
	in := kqlio.Input{Comma: comma, Open: func() (io.Reader, func(), error) {
		r, done, err := openData(path)
		return stopping{ctx, r}, done, err
	}}
	if err := x.found.Add(in, x.req.Header); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// stopping is a reader that ends with its context.
type stopping struct {
	ctx context.Context
	io.Reader
}

// Read reads on unless the context is done.
func (r stopping) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
