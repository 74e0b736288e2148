package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
)

func newQueryFmtCommand(env *Env) *cobra.Command {
	var write, check bool
	cmd := &cobra.Command{
		Use:   "fmt [flags] [FILE...]",
		Short: "Lay KQL queries out, an operator a line",
		Long: `Lay out the queries in files, or the one on standard input, and print them. Only
white space changes: comments stay where they are, and the meaning cannot change.`,
		Example: `  azward query fmt rule.kql
  azward query fmt --write rules/*.kql
  azward query fmt --check rules/*.kql`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			return runQueryFmt(env, args, write, check)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "change the files instead of printing")
	cmd.Flags().BoolVar(&check, "check", false, "name the files that would change, and end with code 1 if there are any")
	return cmd
}

func runQueryFmt(env *Env, paths []string, write, check bool) error {
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	differs := false
	for _, path := range paths {
		var text []byte
		var err error
		if path == "-" {
			if write {
				return usagef("--write needs files")
			}
			text, err = io.ReadAll(io.LimitReader(env.Stdin, 4<<20))
		} else {
			text, err = os.ReadFile(path)
		}
		if err != nil {
			return usagef("read %s: %v", path, reasonOf(err))
		}
		out, list := kql.Format(string(text))
		if list.HasErrors() {
			src := diag.NewSource(path, string(text))
			for _, d := range list {
				env.say("%s\n", src.Snippet(d))
			}
			return usagef("%s cannot be read as KQL", path)
		}
		same := bytes.Equal(text, []byte(out))
		differs = differs || !same
		switch {
		case check:
			if !same {
				if _, err := fmt.Fprintln(env.Stdout, path); err != nil {
					return err
				}
			}
		case write:
			if !same {
				if err := writeOutput(env, path, func(w io.Writer) error { _, err := io.WriteString(w, out); return err }); err != nil {
					return err
				}
			}
		default:
			if _, err := io.WriteString(env.Stdout, out); err != nil {
				return err
			}
		}
	}
	if check && differs {
		return errFindings
	}
	return nil
}
