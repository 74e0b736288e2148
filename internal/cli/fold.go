package cli

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// foldAt returns where the lines of a command's answer are folded: at the width
// of the terminal where a person reads a table there, and nowhere else, so that
// a pipe, a file and other formats get every line whole.
func foldAt(cmd *cobra.Command, env *Env) int {
	f := cmd.Flags().Lookup("format")
	if f == nil || f.Value.String() != "table" {
		return 0
	}
	return env.lineWidth()
}

// folder folds lines that are longer than a width between words. What does not
// fit goes on under the line's last column, or a little farther in than the line
// begins. A word that is longer than a line, an id say, stays whole: the
// terminal folds it, and it can be copied.
type folder struct {
	to    io.Writer
	width int
	rest  []byte // of a line that has not ended yet
}

// Write is io.Writer's.
func (f *folder) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			f.rest = append(f.rest, p...)
			return n, nil
		}
		line := string(append(f.rest, p[:i]...))
		f.rest, p = f.rest[:0], p[i+1:]
		if err := f.line(line); err != nil {
			return 0, err
		}
	}
}

func (f *folder) line(line string) error {
	// What is colored was made for this width.
	if utf8.RuneCountInString(line) <= f.width || strings.Contains(line, "\x1b") {
		_, err := io.WriteString(f.to, line+"\n")
		return err
	}
	var out strings.Builder
	fitLine(&out, line, f.width)
	_, err := io.WriteString(f.to, out.String())
	return err
}

// flush writes what is left of a line that has no end.
func (f *folder) flush() error {
	if len(f.rest) == 0 {
		return nil
	}
	_, err := f.to.Write(f.rest)
	f.rest = nil
	return err
}
