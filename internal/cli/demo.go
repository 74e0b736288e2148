package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/demo"
)

func newDemoCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make tenants to try azward on",
		Long: `The built-in tenant of a made-up hospital group is read by every command's
--demo. The commands here make larger ones.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newDemoGenerateCommand(env))
	return cmd
}

func newDemoGenerateCommand(env *Env) *cobra.Command {
	var size demo.Size
	var output string
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write a tenant of any size, the same for the same seed",
		Long: `Generate writes a tenant as az rest lists one: {"value": [...]}, with
subscriptions, resource groups and workloads of many types, of whose settings a
share is wrong. The same size, seed and share give the same bytes. It is written
as it is made, so memory does not grow with it.`,
		Example: `  azward demo generate --resources 100000 --seed 1 -o tenant.json
  azward assess --from tenant.json
  azward demo generate --resources 1000000 -o tenant/
  azward demo generate --resources 1000000 | zstd > tenant.json.zst`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := size.Check(); err != nil {
				return usagef("%v", err)
			}
			if folder, ok := isFolder(output); ok {
				return generateFolder(cmd.Context(), folder, size)
			}
			return writeOutput(env, output, func(w io.Writer) error { return demo.Generate(interruptible{cmd.Context(), w}, size) })
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&size.Resources, "resources", 10_000, "make `N` resources")
	flags.Uint64Var(&size.Seed, "seed", 1, "which tenant of that size, `N`")
	flags.Float64Var(&size.Faults, "faults", 0.05, "`SHARE` of the settings that are wrong, 0 to 1")
	flags.StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output, whole or not at all; into a folder (name/) as several files")
	return cmd
}

// resourcesAFile is how many resources a file of a generated folder holds.
const resourcesAFile = 50_000

// isFolder tells whether an output names a folder: one that is there, or any
// name that ends as one.
func isFolder(output string) (string, bool) {
	if output == "" || output == "-" {
		return "", false
	}
	if strings.HasSuffix(output, "/") || strings.HasSuffix(output, string(filepath.Separator)) {
		return output, true
	}
	info, err := os.Stat(output)
	return output, err == nil && info.IsDir()
}

// generateFolder writes the tenant into files of a folder. It takes away
// nothing that is there, and overwrites only files of the names it writes.
func generateFolder(ctx context.Context, folder string, size demo.Size) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return usagef("write to %s: %v", folder, reasonOf(err))
	}
	return demo.GenerateParts(size, resourcesAFile, func(part int) (io.WriteCloser, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("resources-%04d.json", part)))
		if err != nil {
			return nil, usagef("write to %s: %v", folder, reasonOf(err))
		}
		return f, nil
	})
}

// interruptible is a writer that ends with the context.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}
