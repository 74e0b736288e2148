package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// openInput opens the file that a flag or an argument names; - is standard
// input, which stays open. What cannot be opened is the caller's to mend.
func openInput(env *Env, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(env.Stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("read %s: %v", path, reasonOf(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close() // only opened
		return nil, usagef("read %s: it is a folder, and a file is wanted", path)
	}
	return f, nil
}

// standardInput is what messages call standard input by.
const standardInput = "standard input"

// takeStdin reads standard input into a private file where a --from is -, and
// puts the file in its place: an inventory is read more than once, and archives
// from their end. The file goes when the command has ended.
func takeStdin(cmd *cobra.Command, env *Env) error {
	f := cmd.Flags().Lookup("from")
	if f == nil {
		return nil
	}
	from, ok := f.Value.(pflag.SliceValue)
	if !ok || !slices.Contains(from.GetSlice(), "-") {
		return nil
	}
	path, err := env.keepStdin(cmd.Context())
	if err != nil {
		return err
	}
	paths := from.GetSlice()
	for i := range paths {
		if paths[i] == "-" {
			paths[i] = path
		}
	}
	return from.Replace(paths)
}

// keepStdin reads standard input into a private file.
func (e *Env) keepStdin(ctx context.Context) (path string, err error) {
	if in, ok := e.Stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return "", &usageError{message: "standard input is a terminal", help: "pipe a file or the output of a command into azward"}
	}
	path, remove, err := temporary("standard-input")
	if err != nil {
		return "", err
	}
	e.cleanup = append(e.cleanup, remove)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("keep standard input: %w", err)
	}
	_, err = io.Copy(out, &awaited{ctx: ctx, r: e.Stdin})
	if err = errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("keep standard input: %w", err)
	}
	if e.names == nil {
		e.names = map[string]string{}
	}
	e.names[path] = standardInput
	return path, nil
}

// asGiven returns paths as the caller wrote them.
func (e *Env) asGiven(paths []string) []string {
	out := slices.Clone(paths)
	for i, p := range out {
		if e.names[p] == standardInput {
			out[i] = "-"
		}
	}
	return out
}

// cleanUp removes what was kept for the command only.
func (e *Env) cleanUp() {
	for _, f := range e.cleanup {
		f()
	}
	e.cleanup = nil
}

// inputError says what was being read when what the caller named turned out to
// be missing, not readable or not what it should be.
func inputError(what string, err error) error {
	if usage, ok := errors.AsType[*usageError](err); ok {
		return &usageError{message: what + ": " + usage.message, help: usage.help, cause: err}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok { // it names the path again
		return badInput(fmt.Errorf("%s: %w", what, pe.Err))
	}
	return badInput(fmt.Errorf("%s: %w", what, err))
}

// batchLines calls answer with each line of a batch that is not blank, without
// its end, and with a writer for the answer. A line longer than limit bytes is
// not kept: answer only learns that it was. From standard input (-), what was
// answered is written out before more is waited for.
func batchLines(ctx context.Context, env *Env, path, output string, limit int, answer func(w io.Writer, line []byte, tooLong bool) error) error {
	in, err := openInput(env, path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	return writeOutput(env, output, func(w io.Writer) error {
		r := bufio.NewReaderSize(&awaited{ctx: ctx, r: in}, 1<<16)
		for {
			line, tooLong, end := readLine(r, limit)
			line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
			if len(line) > 0 || tooLong {
				if err := answer(w, line, tooLong); err != nil {
					return err
				}
				if fl, ok := w.(interface{ Flush() error }); ok && path == "-" && r.Buffered() == 0 {
					if err := fl.Flush(); err != nil {
						return err
					}
				}
			}
			if errors.Is(end, io.EOF) {
				return nil
			}
			if end != nil {
				return fmt.Errorf("read %s: %w", path, reasonOf(end))
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	})
}

// readLine reads a line of any length; of one beyond limit, only that it was.
// The error is io.EOF behind the last line.
func readLine(r *bufio.Reader, limit int) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > limit {
			line, tooLong = nil, true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

func tooLongLine(limit int) string { return fmt.Sprintf("the line is longer than %d MiB", limit>>20) }

// awaited is a reader that ends with the context even while it waits for more,
// as a terminal makes it. After that it is not to be used again.
type awaited struct {
	ctx context.Context
	r   io.Reader
	buf []byte // read from r and not yet taken; nobody else touches it between reads
	all []byte
}

type readResult struct {
	n   int
	err error
}

// Read is io.Reader's.
func (a *awaited) Read(p []byte) (int, error) {
	if len(a.buf) == 0 {
		if a.all == nil {
			a.all = make([]byte, 1<<16)
		}
		done := make(chan readResult, 1)
		go func() {
			n, err := a.r.Read(a.all)
			done <- readResult{n, err}
		}()
		select {
		case <-a.ctx.Done():
			return 0, a.ctx.Err()
		case r := <-done:
			a.buf = a.all[:r.n]
			if r.n == 0 {
				return 0, r.err
			}
		}
	}
	n := copy(p, a.buf)
	a.buf = a.buf[n:]
	return n, nil
}
