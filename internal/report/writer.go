package report

import (
	"bufio"
	"fmt"
	"io"
)

// writer is a buffer whose errors wait for flush, as bufio's do.
type writer struct{ b *bufio.Writer }

func newWriter(w io.Writer) *writer { return &writer{bufio.NewWriterSize(w, 1<<16)} }

// text writes s.
func (w *writer) text(s string) { _, _ = w.b.WriteString(s) }

// printf formats.
func (w *writer) printf(format string, args ...any) { _, _ = fmt.Fprintf(w.b, format, args...) }

// Write is io.Writer's.
func (w *writer) Write(p []byte) (int, error) { return w.b.Write(p) }

// flush writes what is left and returns the first error of all.
func (w *writer) flush() error { return w.b.Flush() }
