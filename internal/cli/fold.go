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
	plain bool   // the terminal has ASCII only
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
	line = harmless(line, true)
	if f.plain {
		line = plain(line)
	}
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
	line := harmless(string(f.rest), true)
	if f.plain {
		line = plain(line)
	}
	f.rest = nil
	_, err := io.WriteString(f.to, line)
	return err
}

// harmless leaves out of a text what a terminal obeys: control characters, and
// escape sequences but those of color where they are ours.
func harmless(text string, color bool) string {
	bad := func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 }
	if strings.IndexFunc(text, bad) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := colorLen(text[i:]); n > 0 {
			if color {
				b.WriteString(text[i : i+n])
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if !bad(r) {
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

// colorLen is the length of the color sequence that a text begins with, or 0.
func colorLen(text string) int {
	rest, ok := strings.CutPrefix(text, "\x1b[")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
	if end < 0 || rest[end] != 'm' {
		return 0
	}
	return len("\x1b[") + end + 1
}

// plain writes a text in ASCII, sign for sign so that columns stay.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '█':
			return '#'
		case '░', '·', '•':
			return '.'
		case '…':
			return '~'
		case '–', '—', '─':
			return '-'
		case '→', '›':
			return '>'
		case '×', '✗':
			return 'x'
		case '✓':
			return 'v'
		case '├', '└', '│':
			return '|'
		case '’', '‘':
			return '\''
		case '“', '”':
			return '"'
		}
		if r > 0x7e {
			return '?'
		}
		return r
	}, text)
}
