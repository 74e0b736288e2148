// Package cli is azward's door for people and scripts: it parses the command
// line, calls the parts that internal/app wires together, and prints.
//
// One file holds one command. A command is a function
//
//	func newThingCommand(env *Env) *cobra.Command
//
// named in the list in commands below. Its RunE takes everything from env and
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

	"github.com/azward/azward/internal/report"
)

// The exit codes. They are part of the contract with scripts and never change.
const (
	ExitClean    = 0 // the run went well and found nothing that fails the caller
	ExitFindings = 1 // findings at or above --fail-on
	ExitUsage    = 2 // wrong arguments
	ExitFailed   = 3 // the run itself failed
)

// commands lists every command in the order in which help shows them.
func commands(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newAssessCommand(env),
		newControlsCommand(env),
		newCollectCommand(env),
		newDiffCommand(env),
		newWatchCommand(env),
		newFakeCommand(env),
		newDemoCommand(env),
		newPolicyCommand(env),
		newCheckCommand(env),
		newQueryCommand(env),
		newSnapshotCommand(env),
		newAccessCommand(env),
		newServeCommand(env),
		newStoreCommand(env),
		newAttackPathCommand(env),
		newCACommand(env),
		newReviewCommand(env),
		newVersionCommand(env),
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
	root := newRootCommand(env)
	noteStart(root, &started)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
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
	case !started:
		// Cobra turned the arguments down before the command began.
		env.say("azward: %s\n  see azward --help\n", strings.TrimSpace(err.Error()))
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
Microsoft Graph, exported resources) and works offline.`,
		Example: `  azward assess --demo                          look at a made-up hospital
  azward assess --from resources.json           assess what az gave you
  azward assess --from export/ --format html -o report.html`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("azward {{.Version}}\n")
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{message: err.Error(), help: "see " + cmd.CommandPath() + " --help"}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(commands(env)...)
	return root
}

// noteStart makes every command of the tree say when its own work begins:
// an error before that is one of usage.
func noteStart(cmd *cobra.Command, started *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return run(c, args)
		}
	}
	for _, child := range cmd.Commands() {
		noteStart(child, started)
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
