package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

// assessFlags are the flags of azward assess.
type assessFlags struct {
	inventory  inventoryFlags
	format     string
	output     string
	failOn     string
	policies   []string
	initiative string
	exemptions string
	controls   string
	states     []string
	at         string
	live       bool
	from       liveFlags
}

func newAssessCommand(env *Env) *cobra.Command {
	var f assessFlags
	cmd := &cobra.Command{
		Use:   "assess (--demo | --from PATH ... | --live)",
		Short: "Score an inventory, say who owes what, and plan what to mend",
		Long: `Assess reads an inventory and judges the customer's half of it: Microsoft's
classic Secure Score, the findings and how to mend them, who owes what for every
type of resource, and how far seven frameworks are answered. What could not be
read is Unknown, never compliant. With --policies, what Azure Policy definitions
find counts for the requirements that the regulatory initiatives among them tie
them to.

It reads what az resource list, az graph query, Microsoft Graph, exporters and
azward itself wrote (azward snapshot): plain, gzip, zstd, zip or tar, UTF-8 or
UTF-16, by content and not by name.`,
		Example: `  azward assess --demo
  az graph query -q Resources --first 1000 > resources.json
  azward assess --from resources.json
  azward assess --from export/ --format html -o report.html
  azward assess --from export/ --format sarif -o azward.sarif --fail-on high
  azward assess --live --tenant 00000000-0000-0000-0000-000000000000
  azward assess --from export/ --exemptions exemptions.yaml
  azward assess --from tenant.azs --at read --format html -o as-it-was.html
  azward assess --from export/ --policies azure-policy/built-in-policies`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return assess(cmd.Context(), env, &f, args)
		},
	}
	f.inventory.add(cmd)
	f.from.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.live, "live", false, "read the tenant first, as azward collect does")
	addFormat(cmd, &f.format, append([]string{"table"}, formatNames()...)...)
	addOutput(cmd, &f.output)
	addFailOn(cmd, &f.failOn, "exit with 1 where an open finding is of this severity or above")
	flags.StringArrayVar(&f.policies, "policies", nil, "also assess the Azure Policy definitions in `PATH` (a file or folder; repeatable)")
	flags.StringVar(&f.initiative, "initiative", "", "also assess the initiative of this `ID`, name or display name")
	flags.StringVar(&f.exemptions, "exemptions", "", "a YAML `FILE` of exemptions: control, scope, category, owner, reason, expires")
	flags.StringVar(&f.controls, "controls", "", "use the controls in this `FOLDER` instead of the built-in ones")
	flags.StringVar(&f.at, "at", "", "judge as of this `TIME`, 2026-09-30 or 2026-09-30T12:00:00Z, or as of when the snapshot was made: read (default now)")
	flags.StringSliceVar(&f.states, "states", nil, "the `STATES` that findings list: NonCompliant, Exempt, Compliant, or all (default NonCompliant,Exempt)")
	return cmd
}

func formatNames() []string {
	var out []string
	for _, f := range report.Formats() {
		out = append(out, f.Name)
	}
	return out
}

func assess(ctx context.Context, env *Env, f *assessFlags, args []string) error {
	if f.live {
		path, remove, err := f.readLive(ctx, env, args)
		if err != nil {
			return err
		}
		defer remove()
		f.inventory.from = []string{path}
	}
	paths, err := f.inventory.paths(args)
	if err != nil {
		return err
	}
	write, err := f.writer(env, paths)
	if err != nil {
		return err
	}
	var threshold finding.Severity
	if f.failOn != "" {
		if threshold, err = finding.ParseSeverity(f.failOn); err != nil {
			return usagef("--fail-on: %v", err)
		}
	}
	states, err := f.listed()
	if err != nil {
		return err
	}
	now, err := f.asOf(env, paths)
	if err != nil {
		return err
	}
	p := newProgress(env)
	a, err := app.Assess(ctx, app.Options{
		Demo: f.inventory.demo, From: paths, Names: env.names, Policies: f.policies, Initiative: f.initiative, Controls: f.controls, Exemptions: f.exemptions,
		States: states, Now: now, Version: version(), Progress: p.show, Clock: env.Now,
	})
	p.clear()
	if err != nil {
		return err
	}
	if !f.onTerminal(env) {
		complain(env, a)
	}
	if err := writeOutput(env, f.output, func(w io.Writer) error { return write(w, a) }); err != nil {
		return err
	}
	if f.output != "" && f.output != "-" && env.ErrIsTerminal {
		env.say("wrote %s\n", f.output)
	}
	if f.failOn != "" {
		for _, one := range a.Findings.Heads() {
			if one.State == finding.NonCompliant && one.Severity >= threshold {
				return errFindings
			}
		}
	}
	return nil
}

// asOf returns the time as of which the flags want the inventory judged: what
// ends, has ended or is too old follows it. The same inventory judged as of the
// same time gives the same answers, whenever that is done.
func (f *assessFlags) asOf(env *Env, paths []string) (time.Time, error) {
	switch {
	case f.at == "":
		return f.inventory.now(env), nil
	case strings.EqualFold(f.at, "read"):
		if f.inventory.demo {
			return f.inventory.now(env), nil
		}
		at := app.ReadAt(paths)
		if at.IsZero() {
			return at, &usageError{message: "--at read: only a snapshot, alone, says when it was made", help: "give a time, as in --at 2026-09-30"}
		}
		return at, nil
	}
	if at, ok := parseTime(f.at); ok {
		return at, nil
	}
	return time.Time{}, usagef("--at %s: expected a time such as 2026-09-30 or 2026-09-30T12:00:00Z, or read", quoted(f.at))
}

// onTerminal tells whether a person sees the summary, which has what is wrong
// with the input in it.
func (f *assessFlags) onTerminal(env *Env) bool {
	return f.format == "table" && env.IsTerminal && (f.output == "" || f.output == "-")
}

// listed returns the states that findings list.
func (f *assessFlags) listed() ([]finding.State, error) {
	var out []finding.State
	for _, name := range f.states {
		if strings.EqualFold(name, "all") {
			return []finding.State{finding.NonCompliant, finding.Exempt, finding.Compliant}, nil
		}
		var s finding.State
		if err := s.UnmarshalText([]byte(name)); err != nil {
			return nil, usagef("--states: %v", err)
		}
		out = append(out, s)
	}
	// What fails the caller must be among them.
	if f.failOn != "" && len(out) > 0 && !slices.Contains(out, finding.NonCompliant) {
		return nil, usagef("--fail-on looks at NonCompliant findings; name that state too")
	}
	return out, nil
}

// writer returns what writes the format that the flags ask for.
func (f *assessFlags) writer(env *Env, paths []string) (report.Write, error) {
	if f.format == "table" {
		next := "azward assess --demo --format html -o report.html"
		if !f.inventory.demo {
			next = "azward assess --from " + shellWords(env.asGiven(paths)) + " --format html -o report.html"
		}
		toFile := f.output != "" && f.output != "-"
		return func(w io.Writer, a *report.Assessment) error {
			return report.Terminal(w, a, report.TerminalOptions{Color: env.Color() && !toFile, Width: env.Width, Next: next})
		}, nil
	}
	for _, known := range report.Formats() {
		if known.Name == f.format {
			return known.Write, nil
		}
	}
	return nil, fmt.Errorf("no writer of %s", f.format)
}

// shellWords joins words as a shell reads them.
func shellWords(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		if w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-") == "" {
			out[i] = w
			continue
		}
		out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(out, " ")
}

// readLive reads the tenant into a snapshot that goes away with remove.
func (f *assessFlags) readLive(ctx context.Context, env *Env, args []string) (path string, remove func(), err error) {
	if f.inventory.demo || len(f.inventory.from) > 0 || len(args) > 0 {
		return "", nil, usagef("give --live, --demo or --from, one of them")
	}
	path, remove, err = temporary("tenant.azs")
	if err != nil {
		return "", nil, err
	}
	if _, err := f.from.collectTo(ctx, env, path); err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}
