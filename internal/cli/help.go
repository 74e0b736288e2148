package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Help is written for a terminal of 80 columns and fitted to the one at hand:
// paragraphs are filled, tables and lists keep their columns. Examples stay as
// they are, to be pasted whole.

const (
	helpLeast = 60
	helpMost  = 100 // wider lines are hard to read
)

// fitHelp makes the help of a command and of all below it fit env's width.
func fitHelp(root *cobra.Command, env *Env) {
	width := min(max(env.Width, helpLeast), helpMost)
	usage := strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages", fmt.Sprintf("Flags.FlagUsagesWrapped %d", width))
	root.SetUsageTemplate(strings.Replace(usage, "{{if .Runnable}}", fmt.Sprintf("{{if and .Runnable (not (index .Annotations %q))}}", isGroup), 1))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		cmd.InitDefaultHelpFlag()
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		printTo(cmd.OutOrStdout(), "%s\n\n%s", fill(text, width), fitLines(cmd.UsageString(), width))
	})
}

// fill fills the paragraphs of a text. Lines that are indented stand alone.
func fill(text string, width int) string {
	var out strings.Builder
	paragraph := ""
	end := func() {
		if paragraph != "" {
			writeFitted(&out, paragraph, width, 0, "")
			paragraph = ""
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "":
			end()
			out.WriteByte('\n')
		case strings.HasPrefix(line, " "):
			end()
			fitLine(&out, line, width)
		case paragraph == "":
			paragraph = line
		default:
			paragraph += " " + line
		}
	}
	end()
	return strings.TrimRight(out.String(), "\n")
}

// fitLines breaks the lines of a usage text that are too long, except examples.
func fitLines(text string, width int) string {
	var out strings.Builder
	examples := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "Examples:":
			examples = true
		case line != "" && !strings.HasPrefix(line, " "):
			examples = false
		}
		if examples {
			out.WriteString(line + "\n")
			continue
		}
		fitLine(&out, line, width)
	}
	return out.String()
}

// fitLine writes an indented line. What does not fit goes on under its last
// column, behind a # where that is a comment.
func fitLine(out *strings.Builder, line string, width int) {
	if len([]rune(line)) <= width {
		out.WriteString(line + "\n")
		return
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	hang := indent + 4
	if gap := strings.LastIndex(strings.TrimRight(line, " "), "  "); gap > indent {
		hang = gap + 2
	}
	comment := ""
	if hang < len(line) && line[hang] == '#' {
		comment = "# "
	}
	longest := 0
	if hang < len(line) {
		for word := range strings.FieldsSeq(line[hang:]) {
			longest = max(longest, len(word))
		}
	}
	if hang > width-22 || hang+longest > width {
		hang = indent + 4
	}
	writeFitted(out, line, width, hang, comment)
}

// writeFitted writes a text in lines of at most width columns where its words
// allow; lines after the first begin hang columns in, with lead before the text.
func writeFitted(out *strings.Builder, text string, width, hang int, lead string) {
	for {
		r := []rune(text)
		if len(r) <= width {
			out.WriteString(text + "\n")
			return
		}
		least := len(r) - len([]rune(strings.TrimLeft(text, " "))) + len(lead)
		cut := -1
		for i := width; i > least; i-- {
			if r[i] == ' ' {
				cut = i
				break
			}
		}
		if cut < 0 { // one long word
			for cut = width; cut < len(r) && r[cut] != ' '; cut++ {
			}
		}
		out.WriteString(strings.TrimRight(string(r[:cut]), " ") + "\n")
		rest := strings.TrimLeft(string(r[cut:]), " ")
		if rest == "" {
			return
		}
		text = strings.Repeat(" ", hang) + lead + rest
	}
}
