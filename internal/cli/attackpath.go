package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

func newAttackPathCommand(env *Env) *cobra.Command {
	var f struct {
		inventory       inventoryFlags
		format, output  string
		to              string
		paths, changes  int
		failOnReachable bool
	}
	cmd := &cobra.Command{
		Use:   "attackpath [ACCOUNT]",
		Short: "Show how an account reaches the crown jewels, and what stops it",
		Long: `Attackpath derives who can take over whom (group membership and ownership,
password resets, credentials of applications, permissions of Microsoft Graph,
effective Azure permissions, managed identities) and answers with the cheapest
path from ordinary accounts to the crown jewels: Global Administrator, and the
power to assign any Azure role over a subscription.

ACCOUNT and --to take an id, a user principal name or a display name. Every step
names its rule; changes lists the fewest changes that cut the most paths.`,
		Example: `  azward attackpath --demo
  azward attackpath tilda.marsh@lindhaven.example --to "Global Administrator" --demo
  azward attackpath --to stlhscanshare --demo --format json
  azward attackpath tilda.marsh@lindhaven.example --demo --format svg -o path.svg
  azward attackpath --demo --paths 50 --format html -o paths.html`,
		RunE: func(cmd *cobra.Command, args []string) error {
			write := map[string]func(io.Writer, *app.AttackPaths) error{
				"table": writePaths, "json": func(w io.Writer, p *app.AttackPaths) error { return writeJSON(w, p) }, "csv": writePathsCSV, "svg": writePathSVG, "html": writePathsHTML,
			}[f.format]
			inv, err := f.inventory.load(cmd.Context(), env, nil)
			if err != nil {
				return err
			}
			o := app.AttackPathOptions{To: f.to, Paths: f.paths, Changes: f.changes, Now: f.inventory.now(env)}
			if len(args) > 0 {
				o.From = args[0]
			}
			a := app.NewAccess(inv)
			complainOf(env, append(graveOf(inv), a.Problems()...))
			paths, err := a.AttackPaths(o)
			if err != nil {
				return err
			}
			if err := writeOutput(env, f.output, func(w io.Writer) error { return write(w, paths) }); err != nil {
				return err
			}
			if f.failOnReachable && paths.Reaching > 0 {
				return errFindings
			}
			return nil
		},
	}
	f.inventory.add(cmd)
	cmd.Args = cobra.MaximumNArgs(1)
	flags := cmd.Flags()
	addFormat(cmd, &f.format, "table", "json", "csv", "html", "svg (a picture of the first path)")
	addOutput(cmd, &f.output)
	flags.StringVar(&f.to, "to", "", "the `TARGET`: a directory role, a subscription, a resource or an account (default: the crown jewels)")
	flags.IntVar(&f.paths, "paths", 5, "show at most `N` paths, the cheapest first")
	flags.IntVar(&f.changes, "changes", 3, "propose at most `N` changes")
	flags.BoolVar(&f.failOnReachable, "fail-on-path", false, "exit with 1 where there is a path")
	return cmd
}

func writePaths(w io.Writer, p *app.AttackPaths) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s\n", pathsSubject(p))
	for _, path := range p.Paths {
		fmt.Fprintf(out, "\n  %s -> %s  (cost %d)\n", path.From, path.To, path.Cost)
		for _, s := range path.Steps {
			fmt.Fprintf(out, "    %s %s %s\n", s.From, s.Says, s.To)
			if s.Note != "" {
				fmt.Fprintf(out, "      %s\n", s.Note)
			}
		}
	}
	if n := p.Reaching - len(p.Paths); n > 0 {
		fmt.Fprintf(out, "\n  and %d more paths (--paths %d)\n", n, p.Reaching)
	}
	if len(p.Changes) > 0 {
		fmt.Fprintf(out, "\n  What cuts the most\n")
	}
	for i, c := range p.Changes {
		fmt.Fprintf(out, "  %d %s\n      on %d of the paths; with it %d of %d accounts reach nothing\n", i+1, c.Change, c.Paths, c.Freed, p.Reaching)
	}
	for i, u := range p.Unknown {
		if i == 0 {
			fmt.Fprintf(out, "\n  There may be more paths than these, because\n")
		}
		fmt.Fprintf(out, "      %s\n", u)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// pathsSubject says who was asked about and what they reach.
func pathsSubject(p *app.AttackPaths) string {
	var targets []string
	for _, t := range p.Targets {
		targets = append(targets, t.String())
	}
	const shown = 4
	if len(targets) > shown {
		targets = append(targets[:shown], fmt.Sprintf("and %d more", len(targets)-shown))
	}
	return fmt.Sprintf("%d of %d accounts reach %s", p.Reaching, p.Sources, strings.Join(targets, ", "))
}

// writePathsHTML writes one page with every path that is shown.
func writePathsHTML(w io.Writer, p *app.AttackPaths) error {
	page := report.AttackPaths{Subject: pathsSubject(p), Reaching: p.Reaching, Changes: p.Changes, Unknown: p.Unknown}
	for _, path := range p.Paths {
		page.Paths = append(page.Paths, report.DrawnPath{From: path.From, To: path.To, Cost: path.Cost, Steps: path.Steps})
	}
	return report.AttackPathsHTML(w, thisTool(), &page)
}

func writePathsCSV(w io.Writer, p *app.AttackPaths) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"path", "step", "fromType", "from", "rule", "toType", "to", "cost", "note", "cut"}); err != nil {
		return err
	}
	for i, path := range p.Paths {
		for k, s := range path.Steps {
			if err := out.Write([]string{
				strconv.Itoa(i + 1), strconv.Itoa(k + 1), string(s.From.Kind), s.From.String(), s.Rule, string(s.To.Kind), s.To.String(), strconv.Itoa(s.Cost), s.Note, s.Cut,
			}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// writePathSVG draws the first path.
func writePathSVG(w io.Writer, p *app.AttackPaths) error {
	if len(p.Paths) == 0 {
		return fmt.Errorf("there is no path to draw")
	}
	_, err := io.WriteString(w, report.PathSVG(p.Paths[0].Steps, p.Changes))
	return err
}
