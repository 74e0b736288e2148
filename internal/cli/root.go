// Package cli is azward's door for people and scripts: it parses the command
// line, calls the parts that internal/app wires together, and prints.
//
// One file holds one command. A command is a function
//
//	func newThingCommand(env *Env) *cobra.Command
//
// named in the list in groups below. Its RunE takes everything from env and
// nothing from the process, prints results to env.Stdout and everything else
// to env.Stderr, and returns an error: usagef for what the caller got wrong,
// errFindings where the run went well and what it found is to fail the caller,
// any other error where the run itself failed. Run turns those into exit codes.
// Nothing may be built before RunE: a command costs the others no start time.
package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

// The exit codes. They are part of the contract with scripts and never change.
const (
	ExitClean    = 0 // the run went well and found nothing that fails the caller
	ExitFindings = 1 // findings at or above --fail-on
	ExitUsage    = 2 // what was given is wrong: an argument, a file, a query, a definition
	ExitFailed   = 3 // the run itself failed: the network, a disk, a limit, a bug
)

// group is a part of the list of commands that help shows.
type group struct {
	title    string
	commands []*cobra.Command
}

// groups lists every command by what a person wants, in the order of help.
func groups(env *Env) []group {
	return []group{
		{"Assess:", []*cobra.Command{newAssessCommand(env), newControlsCommand(env), newDiffCommand(env), newWatchCommand(env)}},
		{"Enforce, before deployment and after:", []*cobra.Command{newPolicyCommand(env), newCheckCommand(env), newCACommand(env)}},
		{"Who can do what:", []*cobra.Command{newAccessCommand(env), newAttackPathCommand(env), newReviewCommand(env), newNetworkCommand(env)}},
		{"Detect, and ask logs and inventories in KQL:", []*cobra.Command{newDetectCommand(env), newQueryCommand(env), newStoreCommand(env), newServeCommand(env)}},
		{"Read and keep a tenant:", []*cobra.Command{newCollectCommand(env), newSnapshotCommand(env)}},
		{"Try it:", []*cobra.Command{newDemoCommand(env), newFakeCommand(env)}},
		{"About azward:", []*cobra.Command{newVersionCommand(env)}},
	}
}

// Run runs azward with the arguments that follow the program's name and
// returns the exit code. It never exits the process and never panics on its
// own account: a bug is reported as a failed run.
func Run(ctx context.Context, args []string, env *Env) (code int) {
	defer func() {
		if r := recover(); r != nil {
			env.say("azward: bug: %v\n%s", r, debug.Stack())
			code = ExitFailed
		}
	}()
	started := false
	defer env.cleanUp()
	root := newRootCommand(env)
	prepare(root, env, &started)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return ExitClean
	case errors.Is(err, errFindings):
		return ExitFindings
	case errors.As(err, &usage):
		env.say("azward: %s\n", strings.TrimSpace(err.Error()))
		if usage.help != "" {
			env.say("  %s\n", usage.help)
		}
		return ExitUsage
	case errors.Is(err, app.ErrUsage):
		env.say("azward: %s\n", strings.TrimSpace(withoutUsage(err)))
		return ExitUsage
	case !started:
		// Cobra turned the arguments down before the command began.
		env.say("azward: %s\n  see %s --help\n", strings.TrimSpace(err.Error()), cmd.CommandPath())
		return ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		env.say("azward: interrupted\n")
		return ExitFailed
	default:
		env.say("azward: %s\n", strings.TrimSpace(err.Error()))
		return ExitFailed
	}
}

func newRootCommand(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "azward",
		Short: "The customer's half of Azure security, in one binary",
		Long: `azward looks after the customer's half of Azure security. Microsoft secures the
buildings, the hosts and the fabric; identity, access, encryption, network
configuration, applications and monitoring are yours.

It reads what your own tools already write (az resource list, az graph query,
Microsoft Graph, exported resources) and works offline.

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 what was given is wrong
(an argument, a file, a query, a definition), 3 the run itself failed.`,
		Example: `  azward assess --demo                          look at a made-up hospital
  azward assess --from resources.json           assess what az gave you
  azward assess --from export/ --format html -o report.html`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.SetVersionTemplate("azward {{.Version}}\n")
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVar(&env.noColor, "no-color", false, "write no colors, as the variable NO_COLOR asks, too")
	fitHelp(root, env)
	for _, g := range groups(env) {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
		root.SetHelpCommandGroupID(g.title) // with the last
		root.SetCompletionCommandGroupID(g.title)
	}
	return root
}

// isGroup marks commands that only hold others.
const isGroup = "group"

// showGroup is what a command does that only holds others: help, or what is
// wrong with the name of one that it does not hold.
func showGroup(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	out := &usageError{message: fmt.Sprintf("no command is called %q", cmd.CommandPath()+" "+args[0]), help: "see " + cmd.CommandPath() + " --help"}
	if near := diag.Nearest(args[0], names); near != "" {
		out.message += fmt.Sprintf("; did you mean %q?", cmd.CommandPath()+" "+near)
	}
	return out
}

// prepare makes every command of the tree say when its own work begins: an
// error before that is one of usage.
func prepare(cmd *cobra.Command, env *Env, started *bool) {
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.RunE, cmd.Args = showGroup, cobra.ArbitraryArgs
		cmd.Annotations = map[string]string{isGroup: "yes"}
	}
	if check := cmd.Args; check != nil && cmd.Runnable() {
		cmd.Args = func(c *cobra.Command, args []string) error { return argumentError(c, args, check) }
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			formatByName(c)
			env.foldAt = foldAt(c, env)
			if err := checkOutput(c); err != nil {
				return err
			}
			if err := takeStdin(c, env); err != nil {
				return err
			}
			return run(c, args)
		}
	}
	for _, child := range cmd.Commands() {
		prepare(child, env, started)
	}
}

func newVersionCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(env.Stdout, "azward %s\n", version())
			return err
		},
	}
}

// thisTool is what reports say made them.
func thisTool() report.Tool { return report.Tool{Name: "azward", Version: version()} }

// version returns the module's version, or the commit that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "-modified"
		}
	}
	if revision == "" {
		return "development"
	}
	return "development-" + revision + modified
}
