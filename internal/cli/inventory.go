package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/demo"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
)

// inventoryFlags are the flags of every command that reads an inventory.
type inventoryFlags struct {
	demo bool
	from []string
}

// add registers the flags. Paths may follow --from without repeating it, where
// the command has no arguments of its own.
func (f *inventoryFlags) add(cmd *cobra.Command) {
	more := "repeatable"
	if strings.Contains(cmd.Use, "--from PATH ...") {
		more = "several may follow"
	}
	cmd.Flags().BoolVar(&f.demo, "demo", false, "use the built-in tenant of a made-up hospital group")
	cmd.Flags().StringArrayVar(&f.from, "from", nil, "read files or folders that az, Graph, an exporter or azward wrote (`PATH`, "+more+"; - for standard input)")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 && len(f.from) == 0 {
			return usagef("no argument %q is expected here; give files with --from", args[0])
		}
		return nil
	}
}

// paths returns what is to be read, and an error where neither or both of the
// flags are given. args are the command's arguments.
func (f *inventoryFlags) paths(args []string) ([]string, error) {
	paths := append(append([]string(nil), f.from...), args...)
	switch {
	case f.demo && len(paths) > 0:
		return nil, usagef("give --demo or --from, not both")
	case !f.demo && len(paths) == 0:
		return nil, &usageError{message: "nothing to read", help: "give --demo, or --from with the files that az, Graph or an exporter wrote"}
	}
	if slices.Contains(paths, "") {
		return nil, usagef("--from needs a path")
	}
	return paths, nil
}

// now returns the present for judging what the flags name: the clock's, or the
// moment at which the demo tenant was read.
func (f *inventoryFlags) now(env *Env) time.Time {
	if f.demo {
		return demo.ReadAt()
	}
	return env.Now()
}

// load reads the inventory that the flags name, with progress on a terminal.
// args are the command's arguments that are paths: nil where they are none.
func (f *inventoryFlags) load(ctx context.Context, env *Env, args []string) (*inventory.Inventory, error) {
	paths, err := f.paths(args)
	if err != nil {
		return nil, err
	}
	p := newProgress(env)
	defer p.clear()
	inv, err := app.Load(ctx, &app.Options{Demo: f.demo, From: paths, Names: env.names, Now: f.now(env), Progress: p.show, Clock: env.Now})
	return inv, err
}

// aliases reads the list of aliases that a flag names, and otherwise the tenant's
// own that a snapshot among the paths holds. args are as for load.
func (f *inventoryFlags) aliases(ctx context.Context, flag string, args []string) (*policy.Aliases, error) {
	if flag != "" {
		return readAliases(flag)
	}
	return app.SnapshotAliases(ctx, append(slices.Clone(f.from), args...))
}
