package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
)

func newAccessExcessiveCommand(env *Env) *cobra.Command {
	var f accessFlags
	var logs, audits []string
	var days int
	var every bool
	var failOn bool
	cmd := &cobra.Command{
		Use:   "excessive [--activity FILE]",
		Short: "Compare role assignments with what was done by them",
		Long: `Excessive compares every Azure role assignment, active or eligible, with Azure's
activity log: which were not used at all, and for the others the role with the least power, and the
smallest scope, that would have been enough.

--activity takes exports of the table AzureActivity (JSON, JSON lines or CSV), the
answers of the activity log's REST API, what diagnostic settings write, or a
snapshot that azward collect --logs made; one that --from names needs no more.
Reading and data actions are not in activity logs: an assignment that may be used
for them alone is unknown, and so is one that the logs do not cover for --days.

--audit takes the directory's audit log in the same ways (Microsoft Graph's
directoryAudits, the table AuditLogs), for directory roles: one whose holder changed
nothing in the directory is not used. What it permits in other services is not in
that log and leaves it unknown.`,
		Example: `  azward access excessive --activity activity.csv --from export/
  azward access excessive --activity 2026-09.json --activity 2026-10.json --days 60 --from export/ --format csv
  azward access excessive --activity activity.csv --audit audits.jsonl --from export/
  azward access excessive --from tenant.azs
  az monitor log-analytics query -w WORKSPACE --analytics-query "AzureActivity | where TimeGenerated > ago(90d)" > activity.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days < 1 || days > 3660 {
				return usagef("--days %d: expected 1 to 3660", days)
			}
			a, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			if logs == nil {
				logs = app.WithLog(f.inventory.from, app.LogActivity)
			}
			if audits == nil {
				audits = app.WithLog(f.inventory.from, app.LogAudits)
			}
			if len(logs) == 0 && len(audits) == 0 {
				return usagef("name an activity log with --activity FILE, or a snapshot that azward collect --logs made with --from")
			}
			answer := &app.ExcessiveAccess{Wanted: days, Grants: []app.GrantUse{}}
			if len(logs) > 0 {
				log, err := app.ReadActivityLog(logs)
				if err != nil {
					return badInput(err)
				}
				answer = a.Excessive(log, days, f.inventory.now(env))
			}
			if len(audits) > 0 {
				log, err := app.ReadAuditLog(audits)
				if err != nil {
					return badInput(err)
				}
				a.ExcessiveRoles(answer, log, days, f.inventory.now(env))
			}
			found := slices.ContainsFunc(answer.Grants, func(g app.GrantUse) bool { return g.State == app.GrantUnused || g.State == app.GrantBroad })
			if err := writeOutput(env, f.output, func(w io.Writer) error { return writeExcessive(w, f.format, answer, every) }); err != nil {
				return err
			}
			if failOn && found {
				return errFindings
			}
			return nil
		},
	}
	f.add(cmd, 0, 0)
	cmd.Flags().StringArrayVar(&logs, "activity", nil, "an activity log's `FILE` (repeatable)")
	cmd.Flags().StringArrayVar(&audits, "audit", nil, "an audit log's `FILE`, of the directory (repeatable)")
	cmd.Flags().IntVar(&days, "days", 90, "how many days, `N`, the logs are to cover for an answer to be certain")
	cmd.Flags().BoolVar(&every, "all", false, "also list assignments that are used and those that are unknown, each with its reason")
	cmd.Flags().BoolVar(&failOn, "fail-on-excess", false, "exit with 1 where an assignment is unused or wider than its use")
	return cmd
}

func writeExcessive(w io.Writer, format string, answer *app.ExcessiveAccess, every bool) error {
	switch format {
	case "json":
		return writeJSON(w, answer)
	case "csv":
		out := csv.NewWriter(w)
		rows := [][]string{{"state", "principalId", "principalType", "principal", "role", "scope", "uses", "lastUse", "suggestedRole", "suggestedScope", "actions", "missing", "assignmentId", "eligible", "kind"}}
		for _, g := range answer.Grants {
			rows = append(rows, []string{
				g.State, g.Principal.ID, g.Principal.Kind, g.Principal.Name, g.Role, g.Scope, strconv.Itoa(g.Uses), g.LastUse, g.SuggestedRole, g.SuggestedScope,
				strings.Join(g.Actions, " "), strings.Join(g.Missing, "; "), g.Assignment, strconv.FormatBool(g.Eligible), g.Kind,
			})
		}
		return out.WriteAll(rows)
	}
	b := &strings.Builder{}
	if c := answer.Audit; c != nil {
		fmt.Fprintf(b, "The directory's audit log covers %d days: %d changes, %d of them by whom the directory does not know\n", c.Days, c.Events, c.Unattributed)
	}
	switch {
	case answer.Events == 0 && answer.Audit != nil:
	case answer.Events == 0:
		fmt.Fprintf(b, "The logs show nothing that anybody did\n")
	default:
		fmt.Fprintf(b, "The logs cover %d days, %s to %s: %d actions\n", answer.Days, answer.From[:10], answer.To[:10], answer.Events)
	}
	if answer.Unattributed > 0 {
		fmt.Fprintf(b, "%d of them are of callers that the directory does not know\n", answer.Unattributed)
	}
	titles := []struct{ state, title string }{
		{app.GrantUnused, "Not used: remove"}, {app.GrantBroad, "Wider than its use"}, {app.GrantUnknown, "Unknown"}, {app.GrantUsed, "Used, and nothing smaller is known"},
	}
	for _, t := range titles {
		var list []app.GrantUse
		for _, g := range answer.Grants {
			if g.State == t.state {
				list = append(list, g)
			}
		}
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n  %s (%d)\n", t.title, len(list))
		if !every && (t.state == app.GrantUnknown || t.state == app.GrantUsed) {
			fmt.Fprintf(b, "      listed with --all\n")
			continue
		}
		for _, g := range list {
			writeGrantUse(b, g)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeGrantUse(b *strings.Builder, g app.GrantUse) {
	fmt.Fprintf(b, "      %s: %s at %s%s\n", g.Principal, g.Role, g.Scope, map[bool]string{true: ", eligible"}[g.Eligible])
	switch {
	case g.Kind == app.GrantOfDirectory && g.Uses > 0:
		fmt.Fprintf(b, "        %d changes of the directory, the last on %s\n", g.Uses, g.LastUse[:10])
	case g.Uses > 0:
		const most = 3
		actions := g.Actions
		more := ""
		if len(actions) > most {
			actions, more = actions[:most], fmt.Sprintf(" and %d more", len(g.Actions)-most)
		}
		fmt.Fprintf(b, "        %d uses, the last on %s: %s%s\n", g.Uses, g.LastUse[:10], strings.Join(actions, ", "), more)
	}
	if g.SuggestedRole != "" {
		fmt.Fprintf(b, "        enough: %s\n", g.SuggestedRole)
	}
	if g.SuggestedScope != "" {
		fmt.Fprintf(b, "        enough: at %s\n", g.SuggestedScope)
	}
	for _, m := range g.Missing {
		fmt.Fprintf(b, "        unknown: %s\n", m)
	}
}
