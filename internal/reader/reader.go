// Package reader makes an inventory of files: what `az`, Resource Graph,
// Microsoft Graph, exporters, recorded REST sessions and azward itself wrote.
//
// Start with [Read]. What a file is shows in its contents, never in its name:
// plain, gzip, zstd, zip or tar; UTF-8 or UTF-16; one JSON value, several, or
// one a line. In it may stand
//
//   - ARM resources: one, an array, {"value": [...]} or {"data": [...]} around
//     it, in ARM's shape, in the flattened shape that `az` prints, or as
//     exporters write them (PowerShell's casing, children in "resources");
//   - Microsoft Graph objects and collections;
//   - recorded exchanges {"url", "status", "body"}, one a line, whose errors
//     become entries of the manifest;
//   - a snapshot of azward.
//
// Files are streamed: beside the inventory itself, memory is one value. What
// cannot be read is reported with file, line and column, the rest is still
// read, and the manifest says what was lost. Contents are not trusted: depth,
// the size of one value, and the expansion of archives are bounded.
package reader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// ErrNoFiles is wrapped by the error of reading folders without a file in them:
// an inventory of nothing would look as if nothing were wrong.
var ErrNoFiles = errors.New("there is no file")

// ErrNothing is wrapped by the error for files of which none could be
// understood; what is wrong with each stands behind it.
var ErrNothing = errors.New("nothing could be read")

// Codes of the diagnostics of this package.
const (
	CodeUnreadable = "RDR0001" // a file could not be read
	CodeNotJSON    = "RDR0002" // a file holds no JSON
	CodeSyntax     = "RDR0003" // a value is not JSON; the rest of the file was read
	CodeTruncated  = "RDR0004" // a file ends in the middle of a value
	CodeTooLong    = "RDR0005" // a value was passed over because of its size
	CodeArchive    = "RDR0006" // an archive is broken or expands beyond reason
	CodeNoResource = "RDR0007" // a value is no resource
	CodeBadID      = "RDR0008" // an id is none
	CodeNoID       = "RDR0009" // a resource has no id and was named by its type and name
	CodeRefused    = "RDR0010" // a recorded call was refused or failed
	CodeNotRead    = "RDR0011" // a recorded call reads nothing (a deletion, an action)
	CodeTemplate   = "RDR0012" // a template, which is not an inventory
	CodeSnapshot   = "RDR0013" // a snapshot is broken or of an unknown version
	CodeMore       = "RDR0099" // further messages of a code were left out
)

// Options change how Read reads. The zero Options are those to use.
type Options struct {
	// MaxValue is the size in bytes of the largest resource or exchange that
	// is read; 0 means 64 MiB.
	MaxValue int

	// Names are what messages and the manifest call files by, where it is not
	// their path: of what came through a pipe, say.
	Names map[string]string

	// Progress, where set, is called now and then from the goroutine of Read.
	Progress func(Progress)
}

// Progress says how far Read has come.
type Progress struct {
	File       string // being read
	Files      int    // begun
	TotalFiles int
	Bytes      int64 // read from disk
	TotalBytes int64
	Records    int // taken so far
}

const (
	defaultMaxValue = 64 << 20
	maxPerCode      = 20 // messages of one code for one file
	progressEvery   = 512
)

// Read reads files and folders (all files below them but hidden ones) into one
// inventory. What was wrong with contents is in its diagnostics and manifest;
// the error is non-nil only where a path does not exist or ctx was done, or
// where none of the files could be read at all.
func Read(ctx context.Context, paths []string, opts Options) (*inventory.Inventory, error) {
	rd := newRun(ctx, opts)
	files, err := list(paths)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w in %s", ErrNoFiles, strings.Join(paths, ", "))
	}
	return rd.files(files, func(path string) (io.ReadCloser, error) { return os.Open(path) })
}

// ReadFS is Read for the named files of a file system, such as the one in the
// binary.
func ReadFS(ctx context.Context, fsys fs.FS, names []string, opts Options) (*inventory.Inventory, error) {
	rd := newRun(ctx, opts)
	var files []input
	for _, name := range names {
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		files = append(files, input{name, info.Size()})
	}
	return rd.files(files, func(name string) (io.ReadCloser, error) { return fsys.Open(name) })
}

func newRun(ctx context.Context, opts Options) *run {
	if opts.MaxValue <= 0 {
		opts.MaxValue = defaultMaxValue
	}
	return &run{
		ctx: ctx, opts: opts, b: inventory.NewBuilder(), in: jsondoc.NewInterner(),
		exports: make(map[exportKey]*export), graph: make(map[string]int),
	}
}

func (rd *run) files(files []input, open func(string) (io.ReadCloser, error)) (*inventory.Inventory, error) {
	rd.progress.TotalFiles = len(files)
	for _, f := range files {
		rd.progress.TotalBytes += f.size
	}
	for _, f := range files {
		if err := rd.ctx.Err(); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.path, err)
		}
		rd.progress.File = f.path
		rd.progress.Files++
		rd.tell()
		rd.file(f, open)
	}
	if err := rd.ctx.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(files) > 0 && rd.read == 0 {
		rd.diags.Sort()
		return nil, fmt.Errorf("%w: %w", ErrNothing, rd.diags.Err())
	}
	return rd.finish(), nil
}

type input struct {
	path string
	size int64
}

// list names the files below paths, each once, in order.
func list(paths []string) ([]input, error) {
	var out []input
	seen := make(map[string]bool)
	add := func(path string, size int64) {
		if p := filepath.Clean(path); !seen[p] {
			seen[p] = true
			out = append(out, input{path, size})
		}
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		if !info.IsDir() {
			add(p, info.Size())
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if path != p && strings.HasPrefix(d.Name(), ".") {
				if d.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				return nil
			}
			// A link counts as what it leads to, but for folders: those may lead back.
			if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
				add(path, fi.Size())
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
	}
	return out, nil
}

// run is one call of Read.
type run struct {
	ctx      context.Context
	opts     Options
	b        *inventory.Builder
	in       *jsondoc.Interner
	progress Progress
	diags    diag.List
	counts   map[[2]string]int // messages by file and code
	read     int               // files of which something could be read
	ticks    int
	exports  map[exportKey]*export
	perOwner ownerCoverage
	graph    map[string]int  // objects of Microsoft Graph by type, for perOwner
	stated   map[string]bool // folders that a manifest speaks for
	broken   string          // the first file of which something was lost
}

func (rd *run) file(f input, open func(string) (io.ReadCloser, error)) {
	name := f.path
	if shown, ok := rd.opts.Names[name]; ok {
		name = shown
	}
	h, err := open(f.path)
	if err != nil {
		rd.lost(name, place{}, CodeUnreadable, err.Error())
		return
	}
	defer func() { _ = h.Close() }() // only read
	in := &counted{r: h, rd: rd}
	at, _ := h.(io.ReaderAt)
	rd.unpack(name, in, in, at, f.size, 0)
}

// report adds a message about a place in a file, unless there were many of its
// code for the file already.
func (rd *run) report(severity diag.Severity, file string, at place, code, message, hint string) {
	if rd.counts == nil {
		rd.counts = make(map[[2]string]int)
	}
	k := [2]string{file, code}
	if rd.counts[k]++; rd.counts[k] > maxPerCode {
		return
	}
	rd.diags.Add(diag.Diagnostic{
		Code: code, Severity: severity, Message: message, Hint: hint, Source: file, Pos: at.pos,
		Span: diag.Span{Start: int(at.offset), End: int(at.offset)},
	})
}

// lost reports a file, or the rest of one, that could not be read, and notes
// it in the manifest: what it held is not known.
func (rd *run) lost(file string, at place, code, message string) {
	rd.report(diag.Error, file, at, code, message, "")
	if rd.broken == "" && code != CodeNotJSON {
		rd.broken = file
	}
	rd.b.Cover(inventory.Entry{
		Type: inventory.AnyType, Scope: "/", State: inventory.Failed, Source: file,
		Reason: fmt.Sprintf("%s could not be read: %s", filepath.Base(file), message),
	})
}

// tick is called for every value; it tells of progress now and then and
// answers false when the caller has lost interest.
func (rd *run) tick() bool {
	if rd.ticks++; rd.ticks%progressEvery == 0 {
		if rd.ctx.Err() != nil {
			return false
		}
		rd.tell()
	}
	return true
}

func (rd *run) tell() {
	if rd.opts.Progress != nil {
		rd.progress.Records = rd.b.Len()
		rd.opts.Progress(rd.progress)
	}
}

func (rd *run) finish() *inventory.Inventory {
	rd.coverExports()
	rd.coverOwners()
	rd.diags.Sort()
	keys := make([][2]string, 0, len(rd.counts))
	for k, n := range rd.counts {
		if n > maxPerCode {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1])
	})
	for _, k := range keys {
		rd.diags.Add(diag.Diagnostic{
			Code: CodeMore, Severity: diag.Info, Source: k[0],
			Message: fmt.Sprintf("%d more messages of %s for this file", rd.counts[k]-maxPerCode, k[1]),
		})
	}
	for _, d := range rd.diags {
		rd.b.Report(d)
	}
	rd.tell()
	return rd.b.Build()
}

// errDone stops the reading of a file because ctx is done.
var errDone = errors.New("done")
