package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
)

func newSnapshotCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Keep what was read in one file: save, show, compare, merge, redact",
		Long: `A snapshot is one file with everything that was read of a tenant and the
manifest of what was and was not read. Every command that takes --from reads
it. Secrets that are known by their names are left out of it.`,
		Example: `  azward snapshot save --from export/ -o monday.azs
  azward snapshot show monday.azs
  azward snapshot diff monday.azs tuesday.azs
  azward snapshot merge azure.azs entra.azs -o tenant.azs
  azward snapshot redact tenant.azs -o shareable.azs
  azward assess --from monday.azs`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newSnapshotSaveCommand(env), newSnapshotShowCommand(env), newSnapshotDiffCommand(env),
		newSnapshotMergeCommand(env), newSnapshotRedactCommand(env))
	return cmd
}

func newSnapshotSaveCommand(env *Env) *cobra.Command {
	var from inventoryFlags
	var output string
	cmd := &cobra.Command{
		Use:   "save (--demo | --from PATH ...) -o FILE",
		Short: "Write what files hold into one snapshot",
		Long: `Save reads an inventory as azward assess does and writes it as one compressed
file, with the manifest and what was wrong with the files.`,
		Example: `  azward snapshot save --from export/ -o tenant.azs
  azward snapshot save --demo -o demo.azs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return &usageError{message: "no file to write", help: "name it with -o"}
			}
			inv, err := from.load(cmd.Context(), env, args)
			if err != nil {
				return err
			}
			complainOf(env, graveOf(inv))
			paths := append(slices.Clone(from.from), args...)
			return writeSnapshot(env, output, snapshot.Header{CreatedAt: from.now(env).UTC()}, inv, copyRest(cmd.Context(), paths))
		},
	}
	from.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`, whole or not at all")
	return cmd
}

// copyRest writes what snapshots hold beside the inventory: the logs, the latest
// snapshot first, and the latest list of aliases.
func copyRest(ctx context.Context, paths []string) func(*snapshot.Writer) error {
	return func(w *snapshot.Writer) error {
		if err := app.CopyAliases(ctx, w, paths); err != nil {
			return err
		}
		_, err := app.CopyLogs(ctx, w, paths)
		return err
	}
}

// writeSnapshot writes an inventory as a snapshot with what more adds, and says
// so on a terminal.
func writeSnapshot(env *Env, path string, h snapshot.Header, inv *inventory.Inventory, more func(*snapshot.Writer) error, sources ...snapshot.Source) error {
	h.Writer = "azward " + version()
	for r := range inv.OfType("Microsoft.Graph/organization") {
		h.Tenant = r.Body.Get("id").TextOr("")
	}
	err := writePrivate(env, path, func(out io.Writer) error {
		w, err := snapshot.NewWriter(out, h)
		if err != nil {
			return err
		}
		if err := w.Write(inv, sources...); err != nil {
			return err
		}
		if err := more(w); err != nil {
			return err
		}
		return w.Finish()
	})
	if err == nil && path != "-" && env.ErrIsTerminal {
		env.say("wrote %d resources to %s\n", inv.Len(), path)
	}
	return err
}

func newSnapshotShowCommand(env *Env) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Say what is in a snapshot, and what was not read",
		Long: `Show reads a snapshot from end to end and says when it was made, how many
resources of which types it holds, what each source gave, and which parts of
the tenant were not or only partly read and why. The exit code is 2 where the
file is broken; what could be read is shown.`,
		Example: `  azward snapshot show tenant.azs
  azward snapshot show tenant.azs --format json`,
		Args: exactly(1, "give the snapshot"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, readErr := readContents(args[0])
			if c == nil {
				return readErr
			}
			err := writeOutput(env, output, func(w io.Writer) error {
				if format == "json" {
					return writeJSON(w, c)
				}
				return c.table(w)
			})
			return errors.Join(err, readErr)
		},
	}
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	return cmd
}

// exactly asks for a number of arguments.
func exactly(n int, otherwise string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{message: otherwise, help: "see " + cmd.CommandPath() + " --help"}
		}
		return nil
	}
}

// contents is what snapshot show says of a file.
type contents struct {
	File     string            `json:"file"`
	Header   *snapshot.Header  `json:"header"`
	Whole    bool              `json:"whole"`
	Error    string            `json:"error,omitempty"`
	Records  int               `json:"records"`
	Types    []typeCount       `json:"types"`
	Sources  []snapshot.Source `json:"sources"`
	Manifest []inventory.Entry `json:"manifest"`
	Notes    []string          `json:"notes"`
	Logs     []app.LogRead     `json:"logs,omitempty"`
	Aliases  int               `json:"aliases,omitempty"`
}

type typeCount struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
}

// readContents scans a snapshot in constant memory. What could be read is
// answered beside the error, and nothing where the file is none.
func readContents(path string) (*contents, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("read %s: %v", path, reasonOf(err))
	}
	defer func() { _ = f.Close() }() // only read
	c := &contents{File: path, Types: []typeCount{}, Sources: []snapshot.Source{}, Manifest: []inventory.Entry{}, Notes: []string{}}
	counts, names := map[string]int{}, map[string]string{}
	logs := app.NewLogReads()
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		logs.Add(l)
		switch {
		case l.Header != nil:
			c.Header = l.Header
		case l.Record != nil:
			c.Records++
			k := l.Record.TypeKey()
			counts[k]++
			if names[k] == "" {
				names[k] = l.Record.Type
			}
		case l.Aliases != nil:
			c.Aliases += len(l.Aliases.List)
		case l.Source != nil:
			c.Sources = append(c.Sources, *l.Source)
		case l.Cover != nil:
			c.Manifest = append(c.Manifest, *l.Cover)
		case l.Note != nil:
			c.Notes = append(c.Notes, l.Note.Error())
		}
		return nil
	})
	for k, n := range counts {
		c.Types = append(c.Types, typeCount{names[k], n})
	}
	slices.SortFunc(c.Types, func(a, b typeCount) int {
		return strings.Compare(strings.ToLower(a.Type), strings.ToLower(b.Type))
	})
	c.Logs = logs.All()
	c.Whole = err == nil
	if err != nil {
		err = badInput(fmt.Errorf("%s: %w", path, reasonOf(err)))
		c.Error = err.Error()
		if c.Header == nil {
			return nil, err
		}
	}
	return c, err
}

func (c *contents) table(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: a snapshot of version %d", c.File, c.Header.Version)
	if !c.Header.CreatedAt.IsZero() {
		fmt.Fprintf(&b, ", read %s", c.Header.CreatedAt.Format(time.RFC3339))
	}
	if c.Header.Writer != "" {
		fmt.Fprintf(&b, ", written by %s", c.Header.Writer)
	}
	if c.Header.Tenant != "" {
		fmt.Fprintf(&b, "\ntenant %s", c.Header.Tenant)
	}
	if c.Header.Redacted {
		b.WriteString("\nredacted: names, ids, addresses and tags are not the real ones")
	}
	if !c.Whole {
		b.WriteString("\nNOT WHOLE: " + c.Error)
	}
	fmt.Fprintf(&b, "\n%d resources of %d types\n", c.Records, len(c.Types))
	w := tabwriter.NewWriter(&b, 2, 8, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // into memory
	section := func(title string) { line("\n%s\n", title) }
	section("RESOURCES")
	for _, t := range c.Types {
		line("%d\t%s\n", t.Count, t.Type)
	}
	if c.Aliases > 0 {
		section("ALIASES")
		line("%d\taliases of Azure Policy, the tenant's own list\n", c.Aliases)
	}
	if len(c.Logs) > 0 {
		section("LOGS")
		for _, l := range c.Logs {
			line("%d\t%s\t%s\n", l.Rows, l.Table, l.Span())
		}
	}
	if len(c.Sources) > 0 {
		section("SOURCES")
		for _, s := range c.Sources {
			took := ""
			if !s.StartedAt.IsZero() && !s.FinishedAt.IsZero() {
				took = "in " + s.FinishedAt.Sub(s.StartedAt).Round(time.Millisecond).String()
			}
			line("%d\t%s\t%s\n", s.Records, s.Name, strings.TrimSpace(took+" "+s.Error))
		}
	}
	states := map[inventory.State]int{}
	for _, e := range c.Manifest {
		states[e.State]++
	}
	section("READ")
	for _, s := range []inventory.State{inventory.Complete, inventory.Partial, inventory.Denied, inventory.Failed, inventory.NotRequested} {
		if states[s] > 0 {
			line("%d\t%s\n", states[s], s)
		}
	}
	if states[inventory.Complete] < len(c.Manifest) || slices.ContainsFunc(c.Manifest, func(e inventory.Entry) bool { return len(e.Unread) > 0 }) {
		section("NOT READ")
		for _, e := range c.Manifest {
			if e.State == inventory.Complete && len(e.Unread) == 0 {
				continue
			}
			what := e.Type
			if len(e.Unread) > 0 {
				what += " (" + strings.Join(e.Unread, ", ") + ")"
			}
			line("%s\t%s\t%s\t%s\n", e.State, what, e.Scope, e.Reason)
		}
	}
	if len(c.Notes) > 0 {
		section("NOTES")
		for _, n := range c.Notes {
			line("%s\n", n)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func newSnapshotDiffCommand(env *Env) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Say what was added, removed and changed between two snapshots",
		Long: `Diff compares two snapshots, or anything else that --from reads. A resource
that only one of them has counts as added or removed where the other one read
all of its type, and as not known otherwise. Members that change by themselves
(etag, systemData) are left out.`,
		Example: `  azward snapshot diff monday.azs tuesday.azs
  azward snapshot diff monday.azs tuesday.azs --format json`,
		Args: exactly(2, "give two snapshots: the earlier and the later one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := loadPath(cmd.Context(), env, args[0])
			if err != nil {
				return err
			}
			after, err := loadPath(cmd.Context(), env, args[1])
			if err != nil {
				return err
			}
			d := snapshot.Compare(before, after)
			return writeOutput(env, output, func(w io.Writer) error {
				if format == "json" {
					return writeJSON(w, d)
				}
				return diffTable(w, d)
			})
		},
	}
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	return cmd
}

func loadPath(ctx context.Context, env *Env, paths ...string) (*inventory.Inventory, error) {
	from := inventoryFlags{from: paths}
	inv, err := from.load(ctx, env, nil)
	if err == nil {
		complainOf(env, graveOf(inv))
	}
	return inv, err
}

func diffTable(out io.Writer, d snapshot.Diff) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d added, %d removed, %d changed", len(d.Added), len(d.Removed), len(d.Changed))
	if len(d.Unknown) > 0 {
		fmt.Fprintf(&b, ", %d not known", len(d.Unknown))
	}
	b.WriteString("\n")
	for _, r := range d.Added {
		fmt.Fprintf(&b, "+ %s\n", r.ID)
	}
	for _, r := range d.Removed {
		fmt.Fprintf(&b, "- %s\n", r.ID)
	}
	show := func(v json.Marshaler, absent bool) string {
		if absent {
			return "(absent)"
		}
		text, err := v.MarshalJSON()
		if err != nil {
			return "?"
		}
		const most = 60
		if s := []rune(string(text)); len(s) > most {
			return string(s[:most]) + "…"
		}
		return string(text)
	}
	for _, c := range d.Changed {
		fmt.Fprintf(&b, "~ %s\n", c.ID)
		for _, p := range c.Paths {
			fmt.Fprintf(&b, "    %s: %s -> %s\n", p.Path, show(p.Before, p.Before == nil), show(p.After, p.After == nil))
		}
	}
	for _, r := range d.Unknown {
		fmt.Fprintf(&b, "? %s\n    %s\n", r.ID, r.Reason)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
