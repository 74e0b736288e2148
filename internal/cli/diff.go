package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

func newDiffCommand(env *Env) *cobra.Command {
	var format, output, failOn, exemptions string
	var policies []string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what changed in a tenant and its score, and who is to be asked",
		Long: `Diff reads two snapshots, or anything else that --from reads, and assesses both:
which findings are new and which are closed, which verdicts changed their state,
how many points of the Secure Score moved, which resources came, went and
changed, and who created or changed them last where Azure says so. A snapshot is
judged at the time at which it was read.

What the later reading did not read is not closed and not removed: it is not
known. With --fail-on the exit code is 1 where a new finding is of that severity
or above.`,
		Example: `  azward diff monday.azs tuesday.azs
  azward diff monday.azs tuesday.azs --format md -o drift.md
  azward diff main.azs branch.azs --fail-on high`,
		Args: exactly(2, "give two readings of a tenant: the earlier and the later one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			threshold, err := parseFailOn(failOn)
			if err != nil {
				return err
			}
			p := newProgress(env)
			defer p.clear()
			var sides [2]*app.Judged
			for i, path := range args {
				if path == "" {
					return usagef("a reading needs a path")
				}
				if sides[i], err = app.Judge(cmd.Context(), app.Options{From: []string{path}, Policies: policies, Exemptions: exemptions, Now: env.Now(), Version: version(), Progress: p.show, Clock: env.Now}); err != nil {
					return err
				}
				p.clear()
				complainOfInput(env, sides[i].Assessment)
			}
			if err := app.OneTenant(sides[0].Inventory(), sides[1].Inventory()); err != nil {
				return err
			}
			d := sides[0].Compare(sides[1])
			if err := writeOutput(env, output, func(w io.Writer) error { return driftWriter(format)(w, d) }); err != nil {
				return err
			}
			if worst, any := d.Worst(); failOn != "" && any && worst >= threshold {
				return errFindings
			}
			return nil
		},
	}
	flags := cmd.Flags()
	addFormat(cmd, &format, "table", "json", "md")
	addOutput(cmd, &output)
	addFailOn(cmd, &failOn, "exit with 1 where a new finding is of this severity or above")
	flags.StringArrayVar(&policies, "policies", nil, "also assess the Azure Policy definitions in `PATH` (a file or folder; repeatable)")
	flags.StringVar(&exemptions, "exemptions", "", "a YAML `FILE` of exemptions")
	return cmd
}

// driftWriter returns what writes a drift in a format.
func driftWriter(format string) func(io.Writer, *report.Drift) error {
	switch format {
	case "md":
		return report.DriftMarkdown
	case "json":
		return func(w io.Writer, d *report.Drift) error { return writeJSON(w, d) }
	}
	return report.DriftText
}

// parseFailOn reads the value of --fail-on; nothing is the lowest severity.
func parseFailOn(text string) (finding.Severity, error) {
	if text == "" {
		return 0, nil
	}
	s, err := finding.ParseSeverity(text)
	if err != nil {
		return 0, usagef("--fail-on: %v", err)
	}
	return s, nil
}

// complainOfInput writes what is wrong with the files, and leaves out what the
// assessment says of the tenant.
func complainOfInput(env *Env, a *report.Assessment) {
	files := report.Assessment{}
	for _, n := range a.Notices {
		if n.Code != report.CodeExpired {
			files.Notices = append(files.Notices, n)
		}
	}
	complain(env, &files)
}
