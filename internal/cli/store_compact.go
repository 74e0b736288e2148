package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/store"
)

func newStoreCompactCommand(env *Env) *cobra.Command {
	var dir, format, output string
	cmd := &cobra.Command{
		Use:   "compact --store FOLDER [Table...]",
		Short: "Join the small files of a day",
		Long: `Make one file of the several that many imports leave for a day, in all tables
or in those that are named. A table is changed in one step: queries that run
meanwhile see it as it was or as it is, and a run that is interrupted has changed
nothing. The old files are removed when nobody has the store open; those that
somebody may still read are kept for a later run.`,
		Example: `  azward store compact --store logs
  azward store compact --store logs SigninLogs --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				return usagef("--store is missing: name the folder of the store")
			}
			return compactTables(cmd.Context(), env, dir, format, output, args)
		},
	}
	cmd.Flags().StringVar(&dir, "store", "", "the `FOLDER` of the store")
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	return cmd
}

// compactedTable is a line of the command's answer.
type compactedTable struct {
	Name        string `json:"name"`
	Before      int    `json:"filesBefore"`
	After       int    `json:"files"`
	BytesBefore int64  `json:"bytesBefore"`
	BytesAfter  int64  `json:"bytes"`
	Removed     int    `json:"removed"`
	Kept        int    `json:"kept"`
}

func compactTables(ctx context.Context, env *Env, dir, format, output string, names []string) (err error) {
	s, err := openStore(dir, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tables, err := s.Tables()
	if err != nil {
		return err
	}
	var all []string
	for _, t := range tables {
		all = append(all, t.Name)
	}
	if len(names) == 0 {
		names = all
	}
	for _, n := range names {
		if !slices.Contains(all, n) {
			return usagef("the store has no table %s", n)
		}
	}
	out := []compactedTable{}
	for _, n := range names {
		c, err := s.Compact(ctx, n)
		if err != nil {
			return err
		}
		out = append(out, compactedTable{n, c.Before, c.After, c.BytesBefore, c.BytesAfter, c.Removed, c.Kept})
	}
	return writeOutput(env, output, func(w io.Writer) error {
		if format == "json" {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(out)
		}
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		printlnTo(tw, "table\tfiles before\tfiles\tbytes before\tbytes")
		for _, t := range out {
			printTo(tw, "%s\t%d\t%d\t%d\t%d\n", t.Name, t.Before, t.After, t.BytesBefore, t.BytesAfter)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		for _, t := range out {
			if t.Kept > 0 {
				if _, err := fmt.Fprintf(w, "%s: %d old files are kept while the store is open elsewhere\n", t.Name, t.Kept); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
