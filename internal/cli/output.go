package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeOutput runs write on standard output, or on the file at path. A file is
// written beside its place and moved there when it is whole: what stood there
// before stays until then, and for good where writing fails.
//
// Who may read the file follows the process's umask, as that of any other tool.
func writeOutput(env *Env, path string, write func(io.Writer) error) error {
	return writeAs(env, path, 0o666, write)
}

// writePrivate is writeOutput for what is its owner's alone, such as a snapshot
// of a tenant.
func writePrivate(env *Env, path string, write func(io.Writer) error) error {
	return writeAs(env, path, 0o600, write)
}

// createBeside makes a new file with a name of its own in the folder of another,
// which it is to replace: where that one exists, with its mode.
func createBeside(path string, mode fs.FileMode) (*os.File, error) {
	old, err := os.Stat(path)
	for range 100 {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32()))
		f, failed := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(failed, fs.ErrExist) {
			continue
		}
		if failed != nil {
			return nil, failed
		}
		if err == nil {
			_ = f.Chmod(old.Mode().Perm()) // as near as the file system allows
		}
		return f, nil
	}
	return nil, fmt.Errorf("no name beside %s is free", path)
}

func writeAs(env *Env, path string, mode fs.FileMode, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		out := bufio.NewWriter(env.Stdout)
		if env.foldAt == 0 {
			if err := write(out); err != nil {
				return ignoreClosedPipe(err)
			}
			return ignoreClosedPipe(out.Flush())
		}
		folded := &folder{to: out, width: env.foldAt, plain: env.plainText()}
		if err := write(folded); err != nil {
			return ignoreClosedPipe(err)
		}
		return ignoreClosedPipe(errors.Join(folded.flush(), out.Flush()))
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usagef("%s is a folder; -o needs the name of a file", path)
	} else if err == nil && !info.Mode().IsRegular() {
		// A device or a pipe cannot be replaced, only written to.
		return writeThrough(path, write)
	}
	f, err := createBeside(path, mode)
	if err != nil {
		return usagef("write %s: %v", path, reasonOf(err))
	}
	whole := false
	defer func() {
		if !whole {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	out := bufio.NewWriterSize(f, 1<<16)
	if err := write(out); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	whole = true
	return nil
}

// checkOutput finds out before any work is done whether the file of -o can be
// written. Folders that -o names are the command's own to make.
func checkOutput(cmd *cobra.Command) error {
	f := cmd.Flags().Lookup("output")
	if f == nil || !f.Changed {
		return nil
	}
	path := f.Value.String()
	if name, _ := pflag.UnquoteUsage(f); name != "FILE" || path == "-" || strings.HasSuffix(path, "/") {
		return nil
	}
	if path == "" {
		return usagef("-o needs the name of a file")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usagef("%s is a folder; -o needs the name of a file", path)
	}
	info, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		return usagef("write %s: the folder %s: %v", path, filepath.Dir(path), reasonOf(err))
	case !info.IsDir():
		return usagef("write %s: %s is no folder", path, filepath.Dir(path))
	}
	return nil
}

func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return usagef("write %s: %v", path, reasonOf(err))
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

// reasonOf takes the path out of an error that names it again.
func reasonOf(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

// ignoreClosedPipe forgives a reader that has seen enough (| head).
func ignoreClosedPipe(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// progress shows on a terminal what a long run is doing, once it has taken half
// a second. It may be used by several goroutines.
type progress struct {
	env   *Env
	start time.Time
	mu    sync.Mutex
	last  time.Time
	shown bool
}

func newProgress(env *Env) *progress { return &progress{env: env, start: env.Now()} }

// show replaces the line with a stage and how far it is; total 0 means that
// nobody knows.
func (p *progress) show(stage string, done, total int) {
	if !p.env.ErrIsTerminal {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.env.Now()
	if now.Sub(p.start) < 500*time.Millisecond || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	text := stage
	if total > 0 {
		text = fmt.Sprintf("%s %d%%", stage, 100*done/total)
	} else if done > 0 {
		text = fmt.Sprintf("%s %d", stage, done)
	}
	_, _ = fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s ...", text)
}

// clear takes the line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		_, _ = fmt.Fprint(p.env.Stderr, "\r\x1b[K")
		p.shown = false
	}
}

// printTo prints to a writer that writeOutput gave, or to one that ends there:
// such a writer keeps its first error, and writeOutput returns it.
func printTo(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// printlnTo is printTo for a line.
func printlnTo(w io.Writer, args ...any) { _, _ = fmt.Fprintln(w, args...) }
