package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
)

func newAccessCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "access",
		Short: "Who can really do what, where, and why",
		Long: `Access answers who may do what in an Azure environment, as Azure RBAC decides it:
role assignments from the tenant's root down, nested groups, actions and
notActions, data actions, conditions, deny assignments and custom roles; and the
directory's own roles for actions that begin with microsoft.directory/.

An answer that depends on something that was not read is unknown, with what is
missing.`,
		Example: `  azward access who-can Microsoft.Storage/storageAccounts/listKeys/action on stlhscanshare --demo
  azward access what adm-petra.holm@lindhaven.example --demo
  azward access explain nils.aker@lindhaven.example Microsoft.Storage/storageAccounts/listKeys/action on stlhscanshare --demo`,
	}
	cmd.AddCommand(newAccessWhoCanCommand(env), newAccessWhatCommand(env), newAccessExplainCommand(env), newAccessExcessiveCommand(env), newAccessPrivilegeCommand(env), newAccessConditionCommand(env))
	return cmd
}

// accessFlags are the flags of every access command.
type accessFlags struct {
	inventory inventoryFlags
	format    string
	output    string
	data      bool
	eligible  bool
}

func (f *accessFlags) add(cmd *cobra.Command, least, most int, more ...string) {
	f.inventory.add(cmd)
	cmd.Args = cobra.RangeArgs(least, most)
	addFormat(cmd, &f.format, append([]string{"table", "json", "csv"}, more...)...)
	addOutput(cmd, &f.output)
}

// load reads the inventory and indexes it. What could not be understood is said
// on standard error.
func (f *accessFlags) load(cmd *cobra.Command, env *Env) (*app.Access, error) {
	inv, err := f.inventory.load(cmd.Context(), env, nil)
	if err != nil {
		return nil, err
	}
	a := app.NewAccess(inv)
	complainOf(env, append(graveOf(inv), a.Problems()...))
	return a, nil
}

func newAccessWhoCanCommand(env *Env) *cobra.Command {
	var f accessFlags
	cmd := &cobra.Command{
		Use:   "who-can ACTION [on] SCOPE",
		Short: "List everybody who may do an action at a scope",
		Long: `Who-can lists every principal that may do an action at a scope, with the
assignment, the role and the groups that give it. SCOPE is an id, or the name of
a management group, subscription, resource group or resource of the inventory.

An ACTION with wildcards asks for everything that it stands for. For one of the
directory (microsoft.directory/...) no scope is needed.`,
		Example: `  azward access who-can Microsoft.KeyVault/vaults/write on lindhaven --demo
  azward access who-can Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read on stlhscanshare --data --demo
  azward access who-can microsoft.directory/users/password/update --eligible --demo --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			action, scope, err := actionAndScope(args)
			if err != nil {
				return err
			}
			a, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			at, err := a.FindScope(scope)
			if err != nil {
				return err
			}
			answer := a.WhoCan(action, f.data || a.IsDataAction(action), at, f.eligible)
			return writeOutput(env, f.output, func(w io.Writer) error { return writeWhoCan(w, f.format, answer) })
		},
	}
	f.add(cmd, 1, 3)
	cmd.Flags().BoolVar(&f.data, "data", false, "the action is a data action (known by itself where a role names it so)")
	cmd.Flags().BoolVar(&f.eligible, "eligible", false, "also list who may after an activation in Privileged Identity Management")
	return cmd
}

// actionAndScope takes ACTION [on] SCOPE apart.
func actionAndScope(args []string) (action, scope string, err error) {
	action = args[0]
	rest := args[1:]
	if len(rest) > 0 && rest[0] == "on" {
		rest = rest[1:]
	}
	if !strings.Contains(action, "/") && action != "*" {
		return "", "", usagef("%q is not an action; one looks like Microsoft.Compute/virtualMachines/write", action)
	}
	switch {
	case len(rest) == 1:
		return action, rest[0], nil
	case len(rest) == 0 && app.IsDirectoryAction(action):
		return action, "/", nil
	default:
		return "", "", usagef("name one scope: an id, or the name of a subscription, resource group or resource")
	}
}

func newAccessWhatCommand(env *Env) *cobra.Command {
	var f accessFlags
	cmd := &cobra.Command{
		Use:   "what PRINCIPAL",
		Short: "List everything that a principal holds",
		Long: `What lists the Azure roles and directory roles that a principal holds, its own and
its groups', active and eligible. PRINCIPAL is an object id, a user principal
name, an application id or a display name.`,
		Example: `  azward access what adm-petra.holm@lindhaven.example --demo
  azward access what "Identity Sync Bridge" --demo --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			p, err := a.FindPrincipal(args[0])
			if err != nil {
				return err
			}
			ways := a.What(p)
			return writeOutput(env, f.output, func(w io.Writer) error { return writeWhat(w, f.format, p, ways) })
		},
	}
	f.add(cmd, 1, 1)
	return cmd
}

func newAccessExplainCommand(env *Env) *cobra.Command {
	var f accessFlags
	var c circumstanceFlags
	cmd := &cobra.Command{
		Use:   "explain PRINCIPAL ACTION [on] SCOPE",
		Short: "Say whether a principal may do an action at a scope, and why",
		Long: `Explain decides whether a principal may do an action at a scope and shows the
chain that grants it, or what stops it: the assignments that were looked at, the
deny assignment, the condition. The exit code is 0 whatever the answer.

What conditions ask about the request can be told with --attribute; the time of
day and the principal's custom security attributes are known by themselves.`,
		Example: `  azward access explain nils.aker@lindhaven.example Microsoft.Storage/storageAccounts/listKeys/action on stlhscanshare --demo
  azward access explain adm-petra.holm@lindhaven.example microsoft.directory/users/password/update --demo
  azward access explain nils.aker@lindhaven.example Microsoft.Authorization/roleAssignments/write on lindhaven --attribute @Request[Microsoft.Authorization/roleAssignments:PrincipalType]=User --demo`,
		RunE: func(cmd *cobra.Command, args []string) error {
			action, scope, err := actionAndScope(args[1:])
			if err != nil {
				return err
			}
			a, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			p, err := a.FindPrincipal(args[0])
			if err != nil {
				return err
			}
			at, err := a.FindScope(scope)
			if err != nil {
				return err
			}
			in, err := c.circumstances(f.inventory.now(env))
			if err != nil {
				return err
			}
			e := a.ExplainIn(p, action, f.data || a.IsDataAction(action), at, in)
			return writeOutput(env, f.output, func(w io.Writer) error { return writeExplanation(w, f.format, e) })
		},
	}
	f.add(cmd, 2, 4)
	c.add(cmd)
	cmd.Flags().BoolVar(&f.data, "data", false, "the action is a data action (known by itself where a role names it so)")
	return cmd
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// wayHeader names the columns of ways in CSV.
var wayHeader = []string{"principalId", "principalType", "principal", "kind", "role", "scope", "via", "eligible", "grants", "condition", "since", "until", "assignmentId", "missing"}

func writeWays(w io.Writer, ways []app.Way) error {
	out := csv.NewWriter(w)
	if err := out.Write(wayHeader); err != nil {
		return err
	}
	for _, way := range ways {
		if err := out.Write([]string{
			way.Principal.ID, way.Principal.Kind, way.Principal.Name, way.Kind, way.Role, way.Scope, via(way), fmt.Sprint(way.Eligible),
			way.Grants.String(), way.Condition, way.Since, way.Until, way.Assignment, strings.Join(way.Missing, "; "),
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func via(way app.Way) string {
	var names []string
	for _, g := range way.Via {
		names = append(names, g.String())
	}
	return strings.Join(names, " > ")
}

func writeWhoCan(w io.Writer, format string, answer *app.AccessAnswer) error {
	switch format {
	case "json":
		return writeJSON(w, answer)
	case "csv":
		var ways []app.Way
		for _, h := range answer.Holders {
			ways = append(ways, h.Ways...)
		}
		return writeWays(w, ways)
	}
	_, err := fmt.Fprintf(w, "Who may %s%s on %s\n\n", answer.Action, plane(answer.Data), answer.Scope)
	if err != nil {
		return err
	}
	for _, h := range answer.Holders {
		mark := ""
		switch {
		case h.Eligible:
			mark = "  after activation"
		case h.Allowed == finding.Maybe:
			mark = "  unknown"
		}
		if _, err = fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-44s %-16s%s", h.Principal, h.Principal.Kind, mark), " ")); err != nil {
			return err
		}
		for _, way := range h.Ways {
			if err := writeWay(w, way); err != nil {
				return err
			}
		}
		if h.Denied != "" {
			if _, err = fmt.Fprintf(w, "      may be stopped by the deny assignment %s\n", h.Denied); err != nil {
				return err
			}
		}
	}
	if len(answer.Holders) == 0 {
		_, err = fmt.Fprintln(w, "  nobody that is known")
	}
	for _, u := range answer.Unknown {
		_, err = fmt.Fprintf(w, "\n  Not certain: %s\n", u)
	}
	return err
}

func plane(data bool) string {
	if data {
		return " (data action)"
	}
	return ""
}

// writeWay writes one chain on a line, and what it lacks on the next.
func writeWay(w io.Writer, way app.Way) error {
	line := "      " + way.Role + " at " + way.Scope
	if names := via(way); names != "" {
		line += ", by " + names
	}
	if way.Eligible {
		line += ", eligible"
	}
	if way.Activated {
		line += ", activated"
	}
	if way.Until != "" {
		line += ", until " + way.Until[:min(10, len(way.Until))]
	}
	if _, err := fmt.Fprintln(w, line); err != nil {
		return err
	}
	if way.Condition != "" {
		if _, err := fmt.Fprintf(w, "        if %s\n", way.Condition); err != nil {
			return err
		}
	}
	for _, m := range way.Missing {
		if _, err := fmt.Fprintf(w, "        unknown: %s\n", m); err != nil {
			return err
		}
	}
	return nil
}

func writeWhat(w io.Writer, format string, p app.Principal, ways []app.Way) error {
	switch format {
	case "json":
		return writeJSON(w, map[string]any{"principal": p, "holds": ways})
	case "csv":
		return writeWays(w, ways)
	}
	if _, err := fmt.Fprintf(w, "%s (%s, %s)\n", p, p.Kind, p.ID); err != nil {
		return err
	}
	for _, kind := range []string{"azure", "directory"} {
		title := map[string]string{"azure": "Azure roles", "directory": "Directory roles"}[kind]
		if _, err := fmt.Fprintf(w, "\n  %s\n", title); err != nil {
			return err
		}
		n := 0
		for _, way := range ways {
			if way.Kind == kind {
				n++
				if err := writeWay(w, way); err != nil {
					return err
				}
			}
		}
		if n == 0 {
			if _, err := fmt.Fprintln(w, "      none that is known"); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeExplanation(w io.Writer, format string, e *app.Explanation) error {
	switch format {
	case "json":
		return writeJSON(w, e)
	case "csv":
		return writeWays(w, append(append([]app.Way(nil), e.Ways...), e.Eligible...))
	}
	answer := map[finding.Truth]string{finding.True: "yes", finding.False: "no", finding.Maybe: "unknown"}[e.Allowed]
	if _, err := fmt.Fprintf(w, "%s\n  %s may %s%s on %s\n", strings.ToUpper(answer[:1])+answer[1:], e.Principal, e.Action, plane(e.Data), e.Scope); err != nil {
		return err
	}
	part := func(title string, ways []app.Way) error {
		if len(ways) == 0 {
			return nil
		}
		if _, err := fmt.Fprintf(w, "\n  %s\n", title); err != nil {
			return err
		}
		for _, way := range ways {
			if err := writeWay(w, way); err != nil {
				return err
			}
		}
		return nil
	}
	if err := part("Granted by", e.Ways); err != nil {
		return err
	}
	if e.Denied != "" {
		stops := map[bool]string{true: "May be stopped", false: "Stopped"}[e.Allowed == finding.Maybe]
		if _, err := fmt.Fprintf(w, "\n  %s by the deny assignment\n      %s\n", stops, e.Denied); err != nil {
			return err
		}
	}
	if err := part("Would be granted after an activation by", e.Eligible); err != nil {
		return err
	}
	if err := part("Holds here, which does not grant it", e.Elsewhere); err != nil {
		return err
	}
	for i, m := range e.Missing {
		if i == 0 {
			if _, err := fmt.Fprint(w, "\n  To be certain, read\n"); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "      %s\n", m); err != nil {
			return err
		}
	}
	return nil
}
