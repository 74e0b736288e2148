package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reeflective/readline"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// shellCommand is a command of the query shell.
type shellCommand struct {
	name string
	args string
	doc  string
	run  func(s *shell, args []string) error
}

// shellCommands lists the commands of the query shell.
func shellCommands() []shellCommand {
	return []shellCommand{
		{".help", "[NAME]", "these commands, or what an operator or function does", (*shell).help},
		{".show tables", "", "the tables, with the number of their columns", (*shell).showTables},
		{".show table", "NAME", "a table's columns", (*shell).showTable},
		{".explain", "QUERY", "the plan of a query on one line", (*shell).explain},
		{".rows", "N", "how many rows are shown", (*shell).setRows},
		{".quit", "", "leave; so does Ctrl-D", (*shell).quit},
		{".exit", "", "the same as .quit", (*shell).quit},
	}
}

// command runs a line that begins with a dot.
func (s *shell) command(text string) error {
	text = strings.TrimRight(text, "; ")
	words := strings.Fields(text)
	var names []string
	for _, c := range shellCommands() {
		n := len(strings.Fields(c.name))
		if len(words) >= n && strings.EqualFold(strings.Join(words[:n], " "), c.name) {
			return c.run(s, words[n:])
		}
		names = append(names, c.name)
	}
	return fmt.Errorf("no command %q; there are %s", words[0], strings.Join(names, ", "))
}

func (s *shell) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.env.Stdout, format, args...) // a terminal that is gone has no reader
}

func (s *shell) help(args []string) error {
	if len(args) > 0 {
		text, ok := kql.Describe(args[0])
		if !ok {
			return fmt.Errorf("no operator, function, aggregate or plugin is named %q", args[0])
		}
		s.printf("%s\n", text)
		return nil
	}
	for _, c := range shellCommands() {
		s.printf("  %-18s  %s\n", strings.TrimSpace(c.name+" "+c.args), c.doc)
	}
	s.printf(`
A query ends at an empty line, or at a semicolon at the end of a line.
  Tab     completes tables, columns, operators and functions
  Ctrl-C  cancels a query, or drops the text
  Ctrl-R  searches the history, the arrows walk through it
`)
	return nil
}

func (s *shell) showTables([]string) error {
	names := slices.Sorted(slices.Values(s.schema.Names()))
	width := 0
	for _, n := range names {
		width = max(width, len(n))
	}
	for _, n := range names {
		cols, _ := s.schema.Table(n)
		s.printf("%-*s  %s\n", width, kqlio.Cell(n), plural(len(cols), "column"))
	}
	if len(names) == 0 {
		s.printf("no tables; --load, --schemas, --store, --demo and --from bring some\n")
	}
	return nil
}

func (s *shell) showTable(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want .show table NAME")
	}
	cols, ok := s.schema.Table(args[0])
	if !ok {
		if near := kql.Complete(args[0], len(args[0]), s.schema).Near; near != "" {
			return fmt.Errorf("no table named %q; did you mean %q?", args[0], near)
		}
		return fmt.Errorf("no table named %q", args[0])
	}
	width := 0
	for _, c := range cols {
		width = max(width, len(c.Name))
	}
	for _, c := range cols {
		s.printf("%-*s  %s\n", width, kqlio.Cell(c.Name), c.Type)
	}
	return nil
}

func (s *shell) explain(args []string) error {
	text := strings.Join(args, " ")
	query, list := kql.CompileWith(text, s.schema, s.opts.Params)
	if query == nil {
		s.diagnose(text, list)
		return nil
	}
	s.printf("%s", query.Explain(s.db, s.opts))
	return nil
}

func (s *shell) setRows(args []string) error {
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err == nil && n > 0 {
			s.rows = n
			return nil
		}
	}
	return fmt.Errorf("want .rows N with a number above 0; it is %d", s.rows)
}

func (s *shell) quit([]string) error {
	s.leaving = true
	return nil
}

// completeCommand offers the commands, and tables behind .show table.
func (s *shell) completeCommand(before string) readline.Completions {
	before = strings.TrimLeft(before, " ")
	var list []readline.Completion
	if rest, ok := strings.CutPrefix(before, ".show table "); ok {
		for _, n := range s.schema.Names() {
			list = append(list, readline.Completion{Value: n, Display: n, Tag: "tables"})
		}
		out := readline.CompleteRaw(list)
		out.PREFIX = rest
		return out
	}
	for _, c := range shellCommands() {
		if strings.HasPrefix(c.name, before) {
			list = append(list, readline.Completion{Value: c.name, Display: c.name, Description: c.doc, Tag: "commands"})
		}
	}
	out := readline.CompleteRaw(list)
	out.PREFIX = before
	return out
}

// plural is a number with a noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
