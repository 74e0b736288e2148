package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

func newAccessPrivilegeCommand(env *Env) *cobra.Command {
	var f accessFlags
	var failOn string
	cmd := &cobra.Command{
		Use:   "privilege",
		Short: "List privilege that never ends, is activated too easily, or sits where nobody looks",
		Long: `Privilege lists standing roles, assignments made outside Privileged Identity
Management, activations that ask for nothing or for an authentication context
that no Conditional Access policy enforces, applications whose permissions lead
to everything, credentials that expired or live too long, owners who are no
administrators, and guests with privilege.

Roles count by what they permit, so that custom roles count too. What was not
read is listed as unknown.`,
		Example: `  azward access privilege --demo
  azward access privilege --demo --format csv -o privilege.csv
  azward access privilege --demo -o privilege.html
  azward access privilege --from export/ --fail-on high`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var threshold finding.Severity
			if failOn != "" {
				if err := threshold.UnmarshalText([]byte(failOn)); err != nil {
					return usagef("--fail-on: %v", err)
				}
			}
			a, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			list := a.Privilege(f.inventory.now(env))
			if err := writeOutput(env, f.output, func(w io.Writer) error { return writePrivilege(w, f.format, list) }); err != nil {
				return err
			}
			for _, one := range list {
				if failOn != "" && one.State == finding.NonCompliant && one.Severity >= threshold {
					return errFindings
				}
			}
			return nil
		},
	}
	f.add(cmd, 0, 0, "html")
	addFailOn(cmd, &failOn, "exit with 1 where a finding is of this severity or above")
	return cmd
}

func writePrivilege(w io.Writer, format string, list []app.PrivilegeFinding) error {
	switch format {
	case "json":
		return writeJSON(w, map[string]any{"findings": list})
	case "csv":
		out := csv.NewWriter(w)
		if err := out.Write([]string{"severity", "state", "rule", "principalId", "principalType", "principal", "subject", "scope", "evidence", "missing", "fix"}); err != nil {
			return err
		}
		for _, one := range list {
			p := app.Principal{}
			if one.Principal != nil {
				p = *one.Principal
			}
			if err := out.Write([]string{one.Severity.String(), one.State.String(), one.Rule, p.ID, p.Kind, p.Name, one.Subject, one.Scope, one.Evidence, one.Missing, one.Fix}); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	case "html":
		return report.TablePageHTML(w, thisTool(), privilegePage(list))
	}
	out := &strings.Builder{}
	rule := ""
	for _, one := range list {
		if one.State != finding.NonCompliant {
			continue
		}
		if one.Rule != rule {
			rule = one.Rule
			fmt.Fprintf(out, "%-9s %s\n", strings.ToUpper(one.Severity.String()), one.Title)
		}
		who := one.Subject
		if one.Principal != nil {
			who = one.Principal.String() + ": " + one.Subject
		}
		if one.Scope != "/" {
			who += " at " + one.Scope
		}
		fmt.Fprintf(out, "          %s\n            %s\n", who, one.Evidence)
	}
	if out.Len() == 0 {
		fmt.Fprintln(out, "nothing that is known")
	}
	first := true
	for _, one := range list {
		if one.State == finding.Unknown {
			if first {
				fmt.Fprintf(out, "\nNot known\n")
				first = false
			}
			who := one.Subject
			if one.Principal != nil {
				who = one.Principal.String() + ", " + one.Subject
			}
			fmt.Fprintf(out, "          %s: %s, for %s\n", one.Rule, one.Missing, who)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// privilegePage is what writePrivilege says, as a page.
func privilegePage(list []app.PrivilegeFinding) *report.TablePage {
	open := report.TableSection{Title: "Findings", Columns: []string{"Severity", "What", "Who", "Where", "Evidence", "How to mend it"}}
	unknown := report.TableSection{Title: "Not known", Note: "What could not be read is never counted as well.", Columns: []string{"What", "Who", "What was not read"}}
	counts := map[finding.Severity]int{}
	for _, one := range list {
		who := one.Subject
		if one.Principal != nil {
			who = one.Principal.String() + ": " + one.Subject
		}
		if one.State == finding.NonCompliant {
			counts[one.Severity]++
			open.Rows = append(open.Rows, report.TableRow{State: one.Severity.String(), Tone: report.Tone(one.Severity.String()), Cells: []string{one.Title, who, whereOf(one.Scope), one.Evidence, one.Fix}})
		}
		if one.State == finding.Unknown {
			unknown.Rows = append(unknown.Rows, report.TableRow{Cells: []string{one.Title, who, one.Missing}})
		}
	}
	page := &report.TablePage{Title: "Privilege", Subject: "Roles that never end, activations that ask for too little, credentials, owners and guests with power", Sections: []report.TableSection{open, unknown}}
	for s := finding.Critical; s > finding.Informational; s-- {
		page.Figures = append(page.Figures, report.Figure{Value: counts[s], Label: s.String(), Tone: report.Tone(s.String())})
	}
	page.Figures = append(page.Figures, report.Figure{Value: len(unknown.Rows), Label: "not known"})
	return page
}
