package cli

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// openData opens a file, unpacking gzip and zstd.
func openData(path string) (io.Reader, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			_ = f.Close()
			return nil, nil, err
		}
		return z, func() { _ = f.Close() }, nil
	case ".zst", ".zstd":
		z, err := zstd.NewReader(f)
		if err != nil {
			_ = f.Close()
			return nil, nil, err
		}
		return z, func() { z.Close(); _ = f.Close() }, nil
	}
	return f, func() { _ = f.Close() }, nil
}

// dataFormat returns the format that a file's name says: csv, tsv or json.
func dataFormat(path string) string {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".gz" || ext == ".zst" || ext == ".zstd" {
		ext = strings.ToLower(filepath.Ext(strings.TrimSuffix(path, filepath.Ext(path))))
	}
	switch ext {
	case ".csv", ".txt":
		return "csv"
	case ".tsv":
		return "tsv"
	case ".json", ".jsonl", ".ndjson", ".multijson":
		return "json"
	}
	return ""
}

// openTable opens a file with the columns of schema, or, where there is none,
// with those of hint and whatever else the file holds.
func openTable(path string, schema, hint []kql.Column) (*kqlio.Stream, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, usagef("it is a folder, and a file is wanted; azward store import and --store read folders")
	}
	format := dataFormat(path)
	if format == "" {
		return nil, usagef("the name does not say the format: want .csv, .tsv, .json or .jsonl, perhaps with .gz or .zst, or .parquet")
	}
	in := kqlio.Input{Open: func() (io.Reader, func(), error) { return openData(path) }}
	in.Once = !info.Mode().IsRegular() // a pipe
	switch format {
	case "csv":
		in.Comma = ','
	case "tsv":
		in.Comma = '\t'
	}
	return kqlio.NewStream(in, schema, hint)
}

// externalReader reads what externaldata names, from the allowed folders only.
// Nil where there are none.
func externalReader(folders []string) func(context.Context, []string, map[string]string, []kql.Column) (*kql.Batch, error) {
	if len(folders) == 0 {
		return nil
	}
	return func(_ context.Context, locations []string, props map[string]string, cols []kql.Column) (*kql.Batch, error) {
		tables := make([]kql.Table, 0, len(locations))
		for _, l := range locations {
			path, err := allowedPath(folders, l)
			if err != nil {
				return nil, fmt.Errorf("externaldata: %w", err)
			}
			format := dataFormat(path)
			if p := strings.ToLower(props["format"]); p != "" {
				format = p
			}
			switch format {
			case "multijson", "json", "jsonl":
				format = "json"
			case "csv", "tsv":
			case "txt", "raw", "":
				format = "csv"
			default:
				return nil, fmt.Errorf("externaldata: format %q is not supported: want csv, tsv, txt, json or multijson", format)
			}
			r, done, err := openData(path)
			if err != nil {
				return nil, fmt.Errorf("externaldata: %w", err)
			}
			loaded, err := readExternal(r, format, props["ignoreFirstRecord"] == "true", cols)
			done()
			if err != nil {
				return nil, fmt.Errorf("externaldata %s: %w", l, err)
			}
			tables = append(tables, loaded.Table)
		}
		return kqlio.Collect(cols, tables)
	}
}

func readExternal(r io.Reader, format string, header bool, cols []kql.Column) (*kqlio.Loaded, error) {
	switch format {
	case "csv":
		return kqlio.ReadCSVByPosition(r, ',', header, cols)
	case "tsv":
		return kqlio.ReadCSVByPosition(r, '\t', header, cols)
	}
	return kqlio.ReadJSON(r, cols)
}

// allowedPath returns the file that a location means, if it lies in an allowed
// folder once all links are followed.
func allowedPath(folders []string, location string) (string, error) {
	location, _, _ = strings.Cut(location, ";")
	if strings.Contains(location, "://") && !strings.HasPrefix(location, "file://") {
		return "", fmt.Errorf("%s is on the network; download it into a folder that --allow-external names", location)
	}
	path, err := filepath.EvalSymlinks(strings.TrimPrefix(location, "file://"))
	if err != nil {
		return "", fmt.Errorf("%s: %w", location, reasonOf(err))
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("%s: %w", location, reasonOf(err))
	}
	for _, f := range folders {
		dir, err := filepath.EvalSymlinks(f)
		if err != nil {
			continue
		}
		if dir, err = filepath.Abs(dir); err != nil {
			continue
		}
		if rel, err := filepath.Rel(dir, path); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s lies in no folder that --allow-external names", location)
}
