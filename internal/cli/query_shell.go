package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reeflective/readline"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func newQueryShellCommand(env *Env) *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "shell [flags]",
		Short: "Write queries in a terminal, with completion and history",
		Long: `Open a shell for queries over the same tables as azward query. azward query
without a query does the same where it runs on a terminal.

A query may have several lines. It ends at an empty line, or at a semicolon at
the end of a line if the statement has a result: behind "let x = 1;" an empty
line does not end it, two do. Pasted text is not run before Enter.
Commands begin with a dot and are one line; .help lists them.

Tab completes tables, columns that are there at that place, operators and
functions. Ctrl-C cancels a query that runs, or drops the text that is being
written; Ctrl-D on an empty line leaves. The arrows walk the history, Ctrl-R
searches it. It is kept in the user's configuration folder (on Linux
~/.config/azward/query_history), readable by the user alone, for the last 1000
queries; what begins with a blank is not kept, and --no-history keeps nothing.`,
		Example: `  azward query shell --demo
  azward query shell --load SigninLogs=signins.jsonl.gz --schemas builtin
  azward query --store logs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !interactive(env) {
				return &usageError{message: "the shell needs a terminal", help: "give a query as the argument of azward query, with --file, or - for standard input"}
			}
			return runQuery(cmd.Context(), env, &f, nil)
		},
	}
	f.addShared(cmd)
	f.shell = true
	return cmd
}

// interactive tells whether a person sits at both ends.
func interactive(env *Env) bool {
	in, ok := env.Stdin.(*os.File)
	return ok && env.IsTerminal && term.IsTerminal(int(in.Fd()))
}

// shell is a session of queries at a terminal.
type shell struct {
	*querier
	line    *readline.Shell
	rows    int // rows that are shown
	schema  kql.Schema
	leaving bool
}

// promptText stands before a query.
const promptText = "kql> "

// shell reads queries from the terminal and answers them until it is left.
func (q *querier) shell(ctx context.Context, rows int, keep bool) error {
	path := ""
	if keep {
		path = historyPath()
	}
	past, err := openHistory(path)
	if err != nil {
		q.env.say("azward: %v; nothing is kept\n", err)
		past = &history{}
	}
	s := &shell{querier: q, line: readline.NewShell(), rows: rows, schema: q.db.Schema()}
	s.line.Prompt.Primary(func() string { return promptText })
	s.line.AcceptMultiline = func(line []rune) bool { return ended(string(line)) }
	s.line.Completer = s.complete
	s.line.History.Delete()
	s.line.History.Add("queries", past)
	// Tab completes what all candidates have in common and shows them; Tab again
	// walks through them.
	for _, name := range []string{"completion-ignore-case", "menu-complete-display-prefix", "enable-bracketed-paste"} {
		if err := s.line.Config.Set(name, true); err != nil {
			return err
		}
	}
	// The editor asks no terminal where its cursor is: the answer comes among the
	// keys that are typed meanwhile.
	for _, name := range []string{"multiline-column", "cursor-position-probe"} {
		if err := s.line.Config.Set(name, false); err != nil {
			return err
		}
	}
	for _, keymap := range []string{"emacs", "vi-insert"} {
		if err := s.line.Config.Bind(keymap, "\t", "menu-complete", false); err != nil {
			return err
		}
	}
	// The terminal sends Ctrl-C as a signal while a query runs, and that is to
	// end the query, not the process.
	signal.Reset(os.Interrupt)
	s.printf("%d tables. An empty line or a semicolon ends a query; .help helps, Ctrl-D leaves.\n", len(s.schema.Names()))
	for !s.leaving {
		text, err := s.read(ctx)
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		s.enter(ctx, strings.TrimSpace(text))
	}
	return nil
}

// read waits for what is entered, or for the end of ctx, and leaves the
// terminal as it was.
func (s *shell) read(ctx context.Context) (string, error) {
	fd := int(os.Stdin.Fd()) // the line editor reads it and no other
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type entered struct {
		text string
		err  error
	}
	done := make(chan entered, 1)
	go func() {
		text, err := s.line.Readline()
		done <- entered{text, err}
	}()
	select {
	case e := <-done:
		return e.text, e.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, state))
	}
}

// ended tells whether what is being entered is whole: it ends in an empty line
// (two of them behind let statements without a result) or with a semicolon.
func ended(text string) bool {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] == '.' {
		return true
	}
	rest := strings.TrimRight(text, " \t\r\n")
	blank := strings.Count(text[len(rest):], "\n")
	if strings.HasSuffix(rest, ";") && blank < 3 { // perhaps only let statements so far
		return kql.Finished(text)
	}
	return blank > 0
}

// enter does what was entered. Errors are shown, and the shell goes on.
func (s *shell) enter(ctx context.Context, text string) {
	if text == "" {
		return
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer func() {
		stop()
		signal.Reset(os.Interrupt)
	}()
	var err error
	if text[0] == '.' {
		err = s.command(text)
	} else {
		err = s.query(ctx, text)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		s.printf("canceled\n")
	default:
		s.printf("error: %v\n", err)
	}
}

// query runs a query and shows its rows.
func (s *shell) query(ctx context.Context, text string) (err error) {
	began := s.env.Now()
	opts, end := s.begin()
	defer func() { err = errors.Join(err, end(nil)) }()
	opts.Seed = uint64(began.UnixNano())
	if s.clock != nil {
		opts.Now = s.clock().UTC()
	}
	query, list := kql.CompileWith(text, s.schema, opts.Params)
	if query == nil {
		s.diagnose(text, list)
		return nil
	}
	res, err := query.Run(ctx, s.db, opts)
	if err != nil {
		if list, ok := errors.AsType[diag.List](err); ok {
			s.diagnose(text, list)
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, end(res)) }()
	for i, t := range res.Tables {
		if i > 0 {
			s.printf("\n")
		}
		if len(res.Tables) > 1 {
			s.printf("%s\n", t.Name)
		}
		total, err := kqlio.WriteAligned(s.env.Stdout, t, s.rows, s.width())
		if err != nil {
			return err
		}
		shown := ""
		if total > s.rows {
			shown = ", the first " + plural(s.rows, "row") + " shown (.rows N shows more)"
		}
		s.printf("(%s%s, %s)\n", plural(total, "row"), shown, roundTime(s.env.Now().Sub(began)))
		if t.Render != nil {
			s.printf("render: %s; the shell shows the rows that it draws\n", t.Render.Kind)
		}
	}
	return nil
}

// width is the terminal's present width.
func (s *shell) width() int {
	if out, ok := s.env.Stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(out.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return s.env.Width
}

func roundTime(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// complete offers what may stand at the cursor.
func (s *shell) complete(line []rune, cursor int) readline.Completions {
	before := string(line[:min(cursor, len(line))])
	if strings.HasPrefix(strings.TrimSpace(before), ".") {
		return s.completeCommand(before)
	}
	text := string(line)
	found := kql.Complete(text, len(before), s.schema)
	word := before[found.Start:]
	if found.Near != "" {
		return readline.CompleteMessage("did you mean " + found.Near + "?")
	}
	// The editor takes all up to a blank for the word, so what is glued to it
	// ("count(" before a column) goes along.
	glue := ""
	if word == "" {
		if r, n := utf8.DecodeLastRuneInString(before); n > 0 && r > ' ' {
			glue = string(r)
		}
	}
	if word == "" {
		found.List = withoutCalls(found.List)
	}
	list := make([]readline.Completion, len(found.List))
	for i, c := range found.List {
		list[i] = readline.Completion{Value: glue + c.Text, Display: c.Text, Description: clipDetail(c.Detail), Tag: string(c.Kind) + "s"}
	}
	out := readline.CompleteRaw(list).NoSort()
	out.PREFIX = glue + word
	return out
}

// withoutCalls leaves out the hundreds of functions where there is something
// else to offer to who has typed nothing yet.
func withoutCalls(list []kql.Completion) []kql.Completion {
	var out []kql.Completion
	for _, c := range list {
		if c.Kind != kql.CompleteFunction && c.Kind != kql.CompleteAggregate {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return list
	}
	return out
}

// clipDetail shortens a description to a line of the menu.
func clipDetail(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
