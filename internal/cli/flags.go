package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/azward/azward/diag"
)

// Flags that several commands have are made here, so that one name means the
// same, is written the same and is checked the same everywhere. Help names what
// a flag takes by the word in backquotes in its usage (pflag's UnquoteUsage),
// in capitals: FILE, FOLDER, ID, N. A test holds every command to that.

// choice is a flag that takes one of a few words, in any case. It is checked
// while the command line is read, before anything else is done.
type choice struct {
	value    *string
	takes    string // what help calls the value
	known    []string
	optional bool // nothing is a value, too
}

// String is pflag.Value's.
func (c *choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

// Type is pflag.Value's: help shows it as the name of the value.
func (c *choice) Type() string { return c.takes }

// Set is pflag.Value's.
func (c *choice) Set(text string) error {
	if text == "" && c.optional { // --fail-on "$FAIL_ON" of a pipeline that sets none
		*c.value = ""
		return nil
	}
	i := slices.IndexFunc(c.known, func(k string) bool { return strings.EqualFold(k, text) })
	if i < 0 {
		hint := ""
		if near := diag.Nearest(text, c.known); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return fmt.Errorf("expected %s%s", anyOf(c.known), hint)
	}
	*c.value = c.known[i]
	return nil
}

// addChoice adds a flag that takes one of the words in known. usage comes before
// them in the help; what the words mean may stand behind one in parentheses.
func addChoice(cmd *cobra.Command, value *string, name, short, takes, fallback, usage string, known ...string) *pflag.Flag {
	*value = fallback
	c := &choice{value: value, takes: takes, optional: fallback == ""}
	for _, k := range known {
		word, _, _ := strings.Cut(k, " (")
		c.known = append(c.known, word)
	}
	f := cmd.Flags().VarPF(c, name, short, usage+": "+anyOf(known))
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.known, cobra.ShellCompDirectiveNoFileComp)) // the flag stands
	return f
}

// addFormat adds --format with the formats that a command writes, the default
// first. Where the command has -o, its file's name decides if --format does not.
func addFormat(cmd *cobra.Command, value *string, known ...string) {
	short := "f"
	if cmd.Flags().ShorthandLookup(short) != nil {
		short = ""
	}
	f := addChoice(cmd, value, "format", short, "FORMAT", strings.Fields(known[0])[0], "write", known...)
	f.DefValue = "" // said in words
	f.Usage += " (default " + strings.Fields(known[0])[0] + ")"
}

// addFailOn adds --fail-on with the severities of findings; nothing is given
// where no finding fails the caller.
func addFailOn(cmd *cobra.Command, value *string, usage string) {
	addChoice(cmd, value, "fail-on", "", "SEVERITY", "", usage, "informational", "low", "medium", "high", "critical")
}

// addOutput adds -o for a command that has a format, behind addFormat.
func addOutput(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVarP(value, "output", "o", "", "write to `FILE` instead of standard output, whole or not at all")
	if f := cmd.Flags().Lookup("format"); f != nil {
		f.Usage = strings.Replace(f.Usage, "(default ", "(default by the name of -o, else ", 1)
	}
}

// formatByName sets a format that was not asked for by the name of the file
// that the answer goes to.
func formatByName(cmd *cobra.Command) {
	format, output := cmd.Flags().Lookup("format"), cmd.Flags().Lookup("output")
	if format == nil || output == nil || format.Changed {
		return
	}
	c, ok := format.Value.(*choice)
	if !ok {
		return
	}
	ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(output.Value.String())), ".")
	if name, ok := map[string]string{"htm": "html", "xml": "junit", "markdown": "md", "ndjson": "jsonl"}[ext]; ok {
		ext = name
	}
	if slices.Contains(c.known, ext) {
		*c.value = ext
	}
}

// anyOf lists words as a sentence does.
func anyOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// flagError says what is wrong with a flag as the rest of azward does: the
// caller's own words, what was expected, what to do next.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); cmd.Annotations[isGroup] != "" && len(args) > 0 {
		return showGroup(cmd, args)
	}
	out := &usageError{message: err.Error(), help: "see " + cmd.CommandPath() + " --help"}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		out.message = fmt.Sprintf("--%s %s: %v", bad.GetFlag().Name, quoted(bad.GetValue()), expectedOf(bad))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		name, _ := pflag.UnquoteUsage(missing.GetFlag())
		out.message = fmt.Sprintf("--%s needs a value: %s", missing.GetFlag().Name, name)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		out.message = fmt.Sprintf("no flag --%s in %s", unknown.GetSpecifiedName(), cmd.CommandPath())
		if near := diag.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			out.message += fmt.Sprintf("; did you mean --%s?", near)
		}
	}
	return out
}

// quoted quotes a value where a reader could not tell where it ends.
func quoted(text string) string {
	if text == "" || strings.ContainsAny(text, " \t\n\"'") {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// expectedOf says what a flag takes whose value could not be read.
func expectedOf(bad *pflag.InvalidValueError) string {
	switch bad.GetFlag().Value.Type() {
	case "int", "int64", "uint", "uint64":
		return "expected a whole number"
	case "float64":
		return "expected a number"
	case "duration":
		return "expected a time such as 90s, 15m or 1h30m"
	case "bool":
		return "expected true or false"
	}
	return bad.Unwrap().Error()
}

// argumentError says what is wrong with the arguments of a command, in words
// that cobra's checks do not have.
func argumentError(cmd *cobra.Command, args []string, check cobra.PositionalArgs) error {
	err := check(cmd, args)
	if _, ok := errors.AsType[*usageError](err); ok || err == nil {
		return err
	}
	out := &usageError{message: "too many arguments: " + strings.Join(args, " "), help: "usage: " + cmd.UseLine()}
	more := slices.Clone(args)
	for range 4 {
		if more = append(more, "more"); check(cmd, more) == nil {
			out.message = "an argument is missing"
			break
		}
	}
	if f := cmd.Flags().Lookup("from"); f != nil && f.Changed && strings.HasPrefix(out.message, "too many") {
		out.help = "--from takes one PATH here: write it again before each; " + out.help
	}
	return out
}

// parseTime reads the value of a flag that takes a TIME: a day, or a moment in
// RFC 3339. It is in UTC.
func parseTime(text string) (at time.Time, ok bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
