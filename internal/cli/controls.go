package cli

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/azward/azward/diag"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/content"
)

func newControlsCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "List and show the controls that assess asks",
		Example: `  azward controls list
  azward controls list --area "data and encryption" --format csv
  azward controls show storage-container-private
  azward controls show storage-container-private --format policy > policy.json`,
	}
	cmd.AddCommand(newControlsListCommand(env), newControlsShowCommand(env))
	return cmd
}

// loadControls reads the shipped controls, or those of a folder.
func loadControls(env *Env, dir string) ([]content.Control, error) {
	list, problems := content.Controls()
	if dir != "" {
		list, problems = content.LoadDir(dir)
	}
	for _, d := range problems {
		env.say("%s\n", d.Error())
	}
	if len(list) == 0 {
		return nil, usagef("no control is in %s", cmp.Or(dir, "this binary"))
	}
	slices.SortFunc(list, func(a, b content.Control) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

func newControlsListCommand(env *Env) *cobra.Command {
	var dir, area, framework, format, output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the controls",
		Args:  cobra.NoArgs,
		Example: `  azward controls list
  azward controls list --framework cis-azure-3.0`,
		RunE: func(*cobra.Command, []string) error {
			list, err := loadControls(env, dir)
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(c content.Control) bool {
				return area != "" && !strings.EqualFold(area, c.Area) || framework != "" && len(c.Mappings[strings.ToLower(framework)]) == 0
			})
			return writeOutput(env, output, func(w io.Writer) error { return writeControls(w, format, env.lineWidth(), list) })
		},
	}
	cmd.Flags().StringVar(&dir, "controls", "", "list the controls of `FOLDER` in place of those in the binary")
	addChoice(cmd, &area, "area", "", "AREA", "", "only those of this area", content.Areas()...)
	addChoice(cmd, &framework, "framework", "", "FRAMEWORK", "", "only those that this framework maps", content.Frameworks()...)
	addFormat(cmd, &format, "table", "json", "csv")
	addOutput(cmd, &output)
	return cmd
}

// writeControls lists controls; the lines of a table have at most width columns
// where width is not 0.
func writeControls(w io.Writer, format string, width int, list []content.Control) error {
	switch format {
	case "json":
		out := make([]map[string]any, 0, len(list))
		for i := range list {
			out = append(out, describeControl(&list[i]))
		}
		return writeJSON(w, out)
	case "csv":
		out := csv.NewWriter(w)
		if err := out.Write([]string{"id", "severity", "scoreControl", "area", "owner", "title"}); err != nil {
			return err
		}
		for _, c := range list {
			if err := out.Write([]string{c.ID, c.Severity.String(), c.ScoreControl, c.Area, c.Owner, c.Title}); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	case "table":
		for _, c := range list {
			line := []rune(fmt.Sprintf("%-9s %-44s %s", strings.ToUpper(c.Severity.String()), c.ID, c.Title))
			if width > 0 && len(line) > width {
				line = append(line[:width-1], '…')
			}
			if _, err := fmt.Fprintln(w, string(line)); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "\n%d controls\n", len(list))
		return err
	}
	return fmt.Errorf("no writer of %s", format)
}

// noControl says that no control has an id, and which comes near.
func noControl(id string, list []content.Control) error {
	var ids []string
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	out := &usageError{message: fmt.Sprintf("no control is called %q", id), help: "azward controls list shows the ids"}
	if near := diag.Nearest(id, ids); near != "" {
		out.message += fmt.Sprintf("; did you mean %q?", near)
	}
	return out
}

func describeControl(c *content.Control) map[string]any {
	return map[string]any{
		"id": c.ID, "title": c.Title, "why": c.Why, "severity": c.Severity.String(), "scoreControl": c.ScoreControl, "preview": c.Preview, "area": c.Area, "owner": c.Owner,
		"mappings": c.Mappings, "references": c.References, "definition": c.Definition,
		"remediation": map[string]string{"effort": c.Remediation.Effort, "breaks": c.Remediation.Breaks, "azcli": c.Remediation.AzCLI, "bicep": c.Remediation.Bicep, "terraform": c.Remediation.Terraform},
	}
}

func newControlsShowCommand(env *Env) *cobra.Command {
	var dir, format, output string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one control: why it matters, its policy, how to mend a finding",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			list, _ := loadControls(env, dir) // none are completed where none can be read
			var out []string
			for i := range list {
				out = append(out, list[i].ID+"\t"+list[i].Title)
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		Example: `  azward controls show storage-container-private
  azward controls show storage-container-private --format policy > policy.json`,
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := loadControls(env, dir)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(list, func(c content.Control) bool { return strings.EqualFold(c.ID, args[0]) })
			if i < 0 {
				return noControl(args[0], list)
			}
			c := &list[i]
			return writeOutput(env, output, func(w io.Writer) error {
				switch format {
				case "json":
					return writeJSON(w, describeControl(c))
				case "policy":
					return writeJSON(w, map[string]any{"properties": json.RawMessage(c.Definition.AppendJSON(nil))})
				}
				return writeControl(w, c)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "controls", "", "look in `FOLDER` in place of the binary")
	addFormat(cmd, &format, "table", "json", "policy (an Azure Policy definition that can be deployed as it is)")
	addOutput(cmd, &output)
	return cmd
}

func writeControl(w io.Writer, c *content.Control) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s\n%s · %s · %s", c.Title, c.ID, c.Severity, c.Area)
	if c.ScoreControl != "" {
		fmt.Fprintf(out, " · %s", c.ScoreControl)
	}
	fmt.Fprintf(out, "\n\n%s\n", strings.TrimSpace(c.Why))
	for _, name := range content.Frameworks() {
		if ids := c.Mappings[name]; len(ids) > 0 {
			fmt.Fprintf(out, "\n%s: %s", name, strings.Join(ids, ", "))
		}
	}
	fmt.Fprintf(out, "\n\nTo mend it (%s effort)\n%s\n", c.Remediation.Effort, indent(c.Remediation.AzCLI))
	if c.Remediation.Breaks != "" {
		fmt.Fprintf(out, "\nWhat it could break\n  %s\n", c.Remediation.Breaks)
	}
	for _, r := range c.References {
		fmt.Fprintf(out, "\n%s", r)
	}
	fmt.Fprintln(out)
	_, err := io.WriteString(w, out.String())
	return err
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
