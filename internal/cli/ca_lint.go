package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/jsondoc"
)

func newCALintCommand(env *Env) *cobra.Command {
	var f caFlags
	var policies, failOn string
	var checks []string
	for _, c := range condaccess.LintCodes() {
		checks = append(checks, fmt.Sprintf("  %-22s %s", c[0], c[1]))
	}
	cmd := &cobra.Command{
		Use:   "lint (--demo | --from PATH ...)",
		Short: "Look for what is wrong with the policies, each and together",
		Long:  "Lint looks for what is wrong with the Conditional Access policies of a tenant:\n\n" + strings.Join(checks, "\n"),
		Example: `  azward ca lint --demo
  azward ca lint --demo -o lint.html
  azward ca lint --from export/ --policies proposed.json --fail-on error`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(cmd, env, args)
			if err != nil {
				return err
			}
			if policies != "" {
				list, err := readPolicies(env, policies)
				if err != nil {
					return err
				}
				c = c.With(list)
			}
			remarks := c.Set.Lint()
			if err := writeOutput(env, f.output, func(w io.Writer) error { return writeRemarks(w, f.format, remarks) }); err != nil {
				return err
			}
			for _, r := range remarks {
				if failOn == "warning" && r.Severity <= diag.Warning || failOn == "error" && r.Severity == diag.Error {
					return errFindings
				}
			}
			return nil
		},
	}
	f.add(cmd, "table", "json", "csv", "html")
	cmd.Flags().StringVar(&policies, "policies", "", "look at the policies in `FILE` (Graph's JSON) in place of the inventory's")
	addChoice(cmd, &failOn, "fail-on", "", "SEVERITY", "", "exit with 1 where a remark is of this severity or above", "warning", "error")
	return cmd
}

// remarksPage is a page with what is wrong, the gravest first.
func remarksPage(remarks []condaccess.Remark) *report.TablePage {
	tone := map[diag.Severity]report.Tone{diag.Error: "critical", diag.Warning: "medium"}
	table := report.TableSection{Title: "Remarks", Columns: []string{"Severity", "Policy", "What", "Hint", "Check"}}
	count := map[diag.Severity]int{}
	for _, r := range remarks {
		name := "all policies"
		if r.Policy != nil {
			name = r.Policy.Name()
		}
		count[r.Severity]++
		table.Rows = append(table.Rows, report.TableRow{State: r.Severity.String(), Tone: cmp.Or(tone[r.Severity], report.Neutral), Cells: []string{name, r.Text, r.Hint, r.Code}})
	}
	slices.SortStableFunc(table.Rows, func(a, b report.TableRow) int {
		rank := []string{diag.Error.String(), diag.Warning.String()}
		return cmp.Compare(uint(slices.Index(rank, a.State)), uint(slices.Index(rank, b.State)))
	})
	return &report.TablePage{
		Title: "Conditional Access policies", Subject: "What is wrong with them, each and together",
		Figures: []report.Figure{
			{Value: count[diag.Error], Label: "errors", Tone: "critical"}, {Value: count[diag.Warning], Label: "warnings", Tone: "medium"},
			{Value: len(remarks) - count[diag.Error] - count[diag.Warning], Label: "notes", Tone: report.Neutral},
		},
		Sections: []report.TableSection{table},
	}
}

func writeRemarks(out io.Writer, format string, remarks []condaccess.Remark) error {
	switch format {
	case "html":
		return report.TablePageHTML(out, thisTool(), remarksPage(remarks))
	case "json":
		var list []jsondoc.Value
		for i := range remarks {
			list = append(list, remarks[i].JSON())
		}
		return writeValue(out, jsondoc.NewObject(jsondoc.Member{Name: "remarks", Value: jsondoc.NewArray(list...)}))
	case "csv":
		c := csv.NewWriter(out)
		_ = c.Write([]string{"severity", "code", "policy", "message", "hint"})
		for _, r := range remarks {
			name := ""
			if r.Policy != nil {
				name = r.Policy.Name()
			}
			_ = c.Write([]string{r.Severity.String(), r.Code, name, r.Text, r.Hint})
		}
		c.Flush()
		return c.Error()
	}
	w := &printer{Writer: out}
	if len(remarks) == 0 {
		w.printf("nothing to remark\n")
	}
	for _, r := range remarks {
		name := "all policies"
		if r.Policy != nil {
			name = r.Policy.Name()
		}
		w.printf("%s: %s: %s: %s\n", r.Severity, r.Code, name, r.Text)
		if r.Hint != "" {
			w.printf("  hint: %s\n", r.Hint)
		}
	}
	return w.err
}
