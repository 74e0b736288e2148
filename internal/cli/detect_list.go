package cli

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
)

func newDetectListCommand(env *Env) *cobra.Command {
	var coverage bool
	var format, output string
	cmd := &cobra.Command{
		Use:   "list [PATH...]",
		Short: "List rules, and the ATT&CK techniques that they cover",
		Long: `List shows the rules of files and folders, or without PATH (or with "builtin")
the detections that come with azward: severity, schedule, the tables that each
reads, tactics and techniques. With --coverage it lists the techniques of
ATT&CK instead, each with how many enabled rules cover it and which tables they
need.`,
		Example: `  azward detect list
  azward detect list rules/ builtin --coverage
  azward detect list --format csv -o detections.csv`,
		RunE: func(_ *cobra.Command, args []string) error {
			rules, wrong, err := app.ReadRules(args)
			if err != nil {
				return err
			}
			for _, d := range wrong {
				env.say("azward: %s\n", d.Error())
			}
			list, err := app.ListRules(rules)
			if err != nil {
				return err
			}
			err = writeOutput(env, output, func(w io.Writer) error {
				if coverage {
					return writeCoverage(w, format, app.Coverage(list))
				}
				return writeRuleList(w, format, list)
			})
			if err == nil && wrong.HasErrors() {
				return usagef("a rule could not be read")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&coverage, "coverage", false, "list techniques with the rules that cover them")
	addFormat(cmd, &format, "table", "json", "csv")
	addOutput(cmd, &output)
	return cmd
}

func writeRuleList(w io.Writer, format string, list []app.RuleInfo) error {
	switch format {
	case "json":
		return writeIndented(w, map[string]any{"rules": list})
	case "csv":
		rows := [][]string{{"id", "name", "severity", "kind", "enabled", "queryFrequency", "queryPeriod", "tables", "tactics", "techniques", "file", "error"}}
		for i := range list {
			r := &list[i]
			rows = append(rows, []string{r.ID, r.Name, r.Severity, r.Kind, strconv.FormatBool(r.Enabled), r.Frequency, r.Period, strings.Join(r.Tables, " "), strings.Join(r.Tactics, " "), strings.Join(r.Techniques, " "), r.File, r.Error})
		}
		return csv.NewWriter(w).WriteAll(rows)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := &printer{Writer: t}
	p.printf("SEVERITY\tRULE\tEVERY\tOVER\tTABLES\tTACTICS\tTECHNIQUES\n")
	tables := map[string]bool{}
	for i := range list {
		r := &list[i]
		for _, name := range r.Tables {
			tables[name] = true
		}
		name, reads := r.Name, strings.Join(r.Tables, ", ")
		if !r.Enabled {
			name += " (disabled)"
		}
		if r.Error != "" && reads == "" {
			reads = "?"
		}
		p.printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Severity, name, r.Frequency, r.Period, reads, strings.Join(r.Tactics, ", "), strings.Join(r.Techniques, ", "))
	}
	p.printf("\n%s over %s\n", plural(len(list), "rule"), plural(len(tables), "table"))
	if p.err != nil {
		return p.err
	}
	return t.Flush()
}

func writeCoverage(w io.Writer, format string, list []app.TechniqueCover) error {
	switch format {
	case "json":
		return writeIndented(w, map[string]any{"techniques": list})
	case "csv":
		rows := [][]string{{"technique", "rules", "tactics", "tables", "names"}}
		for _, c := range list {
			rows = append(rows, []string{c.ID, strconv.Itoa(len(c.Rules)), strings.Join(c.Tactics, " "), strings.Join(c.Tables, " "), strings.Join(c.Rules, "; ")})
		}
		return csv.NewWriter(w).WriteAll(rows)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := &printer{Writer: t}
	p.printf("TECHNIQUE\tRULES\tTABLES\tTACTICS\n")
	var tactics []string
	for _, c := range list {
		tactics = append(tactics, c.Tactics...)
		p.printf("%s\t%d\t%s\t%s\n", c.ID, len(c.Rules), strings.Join(c.Tables, ", "), strings.Join(c.Tactics, ", "))
	}
	slices.Sort(tactics)
	p.printf("\n%s, %s\n", plural(len(list), "technique"), plural(len(slices.Compact(tactics)), "tactic"))
	if p.err != nil {
		return p.err
	}
	return t.Flush()
}
