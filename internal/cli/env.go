package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/azward/azward/internal/app"
)

// Env is everything that a command may take from the world.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer // results, and nothing else
	Stderr io.Writer // progress, warnings, errors

	Now    func() time.Time
	Getenv func(string) string

	IsTerminal    bool // Stdout is a terminal: people read it
	ErrIsTerminal bool // Stderr is a terminal: progress may be shown
	Width         int  // columns of the terminal, 80 where there is none

	noColor bool              // --no-color
	names   map[string]string // what messages call files by that a pipe was read into
	cleanup []func()          // run when the command has ended
	foldAt  int               // columns at which lines of a table are folded, 0 for nowhere
}

// DefaultWidth is the width of output, in columns, where no terminal tells.
const DefaultWidth = 80

// ProcessEnv returns the environment of a process with the given files, clock
// and variables.
func ProcessEnv(in, out, errs *os.File, now func() time.Time, getenv func(string) string) *Env {
	env := &Env{
		Stdin: in, Stdout: out, Stderr: errs,
		Now: now, Getenv: getenv,
		IsTerminal:    term.IsTerminal(int(out.Fd())),
		ErrIsTerminal: term.IsTerminal(int(errs.Fd())),
		Width:         DefaultWidth,
	}
	if env.IsTerminal {
		if w, _, err := term.GetSize(int(out.Fd())); err == nil && w > 0 {
			env.Width = w
		}
	}
	return env
}

// Color tells whether results may carry color: only on a terminal, and not
// where NO_COLOR (https://no-color.org) or a dumb terminal says otherwise.
func (e *Env) Color() bool {
	return e.IsTerminal && !e.noColor && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
}

// lineWidth returns the columns that a line of a table may take: the terminal's,
// or 0 for as many as it needs where nobody looks on.
func (e *Env) lineWidth() int {
	if !e.IsTerminal {
		return 0
	}
	return e.Width
}

// say writes to standard error. What cannot be written there has no reader. What
// would move a terminal's cursor or color its text, in a name from a file, say,
// is left out.
func (e *Env) say(format string, args ...any) {
	text := harmless(fmt.Sprintf(format, args...), false)
	if e.ErrIsTerminal && e.plainText() {
		text = plain(text)
	}
	_, _ = io.WriteString(e.Stderr, text)
}

// plainText tells whether the terminal's locale has no UTF-8: it names another
// set of characters, or is C. Without a locale UTF-8 is what terminals have.
func (e *Env) plainText() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		locale := strings.ToLower(e.getenv(name))
		if locale == "" {
			continue
		}
		_, charset, named := strings.Cut(locale, ".")
		charset, _, _ = strings.Cut(charset, "@")
		if named {
			return charset != "utf-8" && charset != "utf8"
		}
		return locale == "c" || locale == "posix"
	}
	return false
}

func (e *Env) getenv(name string) string {
	if e.Getenv == nil {
		return ""
	}
	return e.Getenv(name)
}

// errFindings ends a command that ran well and found what fails the caller
// (exit code 1). What was found is already printed.
var errFindings = errors.New("findings at or above --fail-on")

// usageError is what the caller got wrong (exit code 2).
// An argument, a file, a query or a definition: whatever was given.
type usageError struct {
	message string
	help    string // what to do next, one line
	cause   error
}

func (e *usageError) Error() string { return e.message }

// Unwrap gives what lies under it, if anything.
func (e *usageError) Unwrap() error { return e.cause }

// badInput makes an error about what was given one of usage. What stopped the
// run itself stays what it is: a context that ended, a disk that failed.
func badInput(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		return &usageError{message: err.Error(), help: usage.help, cause: err}
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		given := []error{fs.ErrNotExist, fs.ErrPermission, syscall.EISDIR, syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.EINVAL}
		if !slices.ContainsFunc(given, func(reason error) bool { return errors.Is(err, reason) }) {
			return err
		}
	}
	return &usageError{message: withoutUsage(err), cause: err}
}

// withoutUsage is the text of an error without the words by which packages below
// tell errors of usage from others.
func withoutUsage(err error) string {
	return strings.ReplaceAll(err.Error(), app.ErrUsage.Error()+": ", "")
}

// usagef returns an error for what the caller got wrong: exit code 2.
func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}
