package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
)

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func newPolicyListCommand(env *Env) *cobra.Command {
	var (
		inv            inventoryFlags
		src            policySource
		filter         app.PolicyFilter
		format, output string
	)
	cmd := &cobra.Command{
		Use:   "list [PATH...] [--builtin PATH] [--demo | --from PATH ...]",
		Short: "List definitions and initiatives with category, mode, effects and versions",
		Long: `List reads Azure Policy definitions and initiatives from files, folders and
archives (a clone or .tar.gz of Azure/azure-policy, say), and from an inventory,
and lists them: kind, category, version, mode, the effects that an assignment may
choose (the default marked *), and the resource types in JSON.`,
		Example: `  azward policy list azure-policy/built-in-policies --category Storage
  azward policy list --builtin built-in-policies.tar.gz --effect deny --search tls
  azward policy list --demo
  azward policy list policies/ --format csv -o policies.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			tenant, err := inv.optional(cmd.Context(), env)
			if err != nil {
				return err
			}
			lib, err := src.load(env, args, tenant)
			if err != nil {
				return err
			}
			if len(args) == 0 && tenant == nil && len(lib.Documents()) == 0 && len(lib.Problems) == 0 {
				return &usageError{message: "nothing to list", help: "name files, folders or archives with definitions, --builtin, --demo or --from"}
			}
			complainOf(env, lib.Problems)
			list := lib.Catalog(filter)
			return writeOutput(env, output, func(w io.Writer) error { return writeCatalog(w, format, list) })
		},
	}
	inv.add(cmd)
	cmd.Args = cobra.ArbitraryArgs
	src.add(cmd)
	flags := cmd.Flags()
	addChoice(cmd, &filter.Kind, "kind", "", "KIND", "", "only this kind", "definition", "initiative")
	flags.StringVar(&filter.Category, "category", "", "only those of this `CATEGORY`")
	flags.StringVar(&filter.Effect, "effect", "", "only definitions that allow this `EFFECT`")
	flags.StringVar(&filter.Mode, "mode", "", "only definitions of this `MODE`: All, Indexed, Microsoft.Kubernetes.Data, ...")
	flags.StringVar(&filter.Type, "type", "", "only definitions that can match this resource `TYPE`")
	flags.StringVar(&filter.Search, "search", "", "only those whose id or display name has this `TEXT` in it")
	addFormat(cmd, &format, "table", "json", "csv")
	addOutput(cmd, &output)
	return cmd
}

// effectWords lists the effects that may be chosen, the default marked.
func effectWords(s *app.PolicySummary) string {
	if len(s.Effects) < 2 {
		return strings.Join(s.Effects, ", ")
	}
	out := make([]string, len(s.Effects))
	for i, e := range s.Effects {
		out[i] = e
		if strings.EqualFold(e, s.Effect) {
			out[i] += "*"
		}
	}
	return strings.Join(out, ", ")
}

func writeCatalog(out io.Writer, format string, list []app.PolicySummary) error {
	w := &printer{Writer: out}
	definitions := 0
	for i := range list {
		if list[i].Kind == "definition" {
			definitions++
		}
	}
	switch format {
	case "json":
		if list == nil {
			list = []app.PolicySummary{}
		}
		return writeIndented(w, map[string]any{"definitions": definitions, "initiatives": len(list) - definitions, "policies": list})
	case "csv":
		c := csv.NewWriter(w)
		_ = c.Write([]string{"kind", "name", "id", "displayName", "category", "policyType", "version", "mode", "effect", "effects", "resourceTypes", "members", "deprecated", "preview", "place", "error"})
		for i := range list {
			s := &list[i]
			_ = c.Write([]string{
				s.Kind, s.Name, s.ID, s.DisplayName, s.Category, s.PolicyType, s.Version, s.Mode, s.Effect, strings.Join(s.Effects, ";"), strings.Join(s.Types, ";"),
				strconv.Itoa(s.Members), strconv.FormatBool(s.Deprecated), strconv.FormatBool(s.Preview), s.Place, s.Error,
			})
		}
		c.Flush()
		return c.Error()
	}
	tw := newTable(w)
	if len(list) > 0 {
		tw.printf("NAME\tCATEGORY\tVERSION\tMODE\tEFFECTS\tDISPLAY NAME\n")
	}
	for i := range list {
		s := &list[i]
		what, mode := effectWords(s), s.Mode
		if s.Kind == "initiative" {
			what, mode = fmt.Sprintf("%d members", s.Members), "initiative"
		}
		title := s.DisplayName
		if s.Error != "" {
			title += " (" + s.Error + ")"
		}
		tw.printf("%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, cmp.Or(s.Category, "-"), cmp.Or(s.Version, "-"), mode, cut(what, 60), cut(title, 110))
	}
	if err := tw.flush(); err != nil {
		return err
	}
	w.printf("%d definitions, %d initiatives\n", definitions, len(list)-definitions)
	return w.err
}

func newPolicyShowCommand(env *Env) *cobra.Command {
	var (
		inv            inventoryFlags
		src            policySource
		format, output string
	)
	cmd := &cobra.Command{
		Use:   "show ID|FILE [--policies PATH | --builtin PATH] [--demo | --from PATH ...]",
		Short: "Show one definition or initiative: parameters, effects, members, rule",
		Long: `Show describes one definition or initiative, found by its file, id, name or
display name: what it is for, the effects that an assignment may choose, its
parameters with defaults and allowed values, the versions that are here, the
aliases that it reads, the members of an initiative, and the rule.`,
		Example: `  azward policy show audit-https.json
  azward policy show 404c3081-a854-4457-ae30-26a93ef643f9 --builtin built-in-policies.tar.gz
  azward policy show lh-tag-owner --demo --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			tenant, err := inv.optional(cmd.Context(), env)
			if err != nil {
				return err
			}
			lib, doc, err := src.document(env, args[0], tenant)
			if err != nil {
				return err
			}
			detail := lib.Detail(doc)
			if all, err := lib.Pick(cmp.Or(doc.ID, doc.Name)); err == nil {
				for _, other := range all {
					if other.Version != "" && !contains(detail.Versions, other.Version) {
						detail.Versions = append(detail.Versions, other.Version)
					}
				}
			}
			return writeOutput(env, output, func(w io.Writer) error {
				switch format {
				case "json":
					return writeIndented(w, detail)
				case "csv":
					return writeCatalog(w, "csv", []app.PolicySummary{detail.PolicySummary})
				}
				return writeDetail(w, &detail)
			})
		},
	}
	inv.add(cmd)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("show takes one definition: a file, an id, a name or a display name")
		}
		return nil
	}
	src.add(cmd)
	addFormat(cmd, &format, "table", "json", "csv")
	addOutput(cmd, &output)
	return cmd
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if strings.EqualFold(s, want) {
			return true
		}
	}
	return false
}

func writeDetail(out io.Writer, d *app.PolicyDetail) error {
	w := &printer{Writer: out}
	w.printf("%s\n", d.DisplayName)
	if d.Description != "" && d.Description != d.DisplayName {
		w.printf("  %s\n", d.Description)
	}
	tw := newTable(w)
	flags := ""
	if d.Deprecated {
		flags += ", deprecated"
	}
	if d.Preview {
		flags += ", preview"
	}
	for _, row := range [][2]string{
		{"kind", strings.TrimPrefix(d.PolicyType+" ", " ") + d.Kind + flags},
		{"id", cmp.Or(d.ID, d.Name)},
		{"category", d.Category},
		{"version", d.Version},
		{"versions here", strings.Join(d.Versions, ", ")},
		{"mode", d.Mode},
		{"effects", effectWords(&d.PolicySummary)},
		{"resource types", strings.Join(d.Types, ", ")},
		{"aliases", strings.Join(d.Aliases, ", ")},
		{"groups", cut(strings.Join(d.Groups, ", "), 200)},
		{"read from", d.Place},
		{"error", d.Error},
	} {
		if row[1] != "" {
			tw.printf("%s\t%s\n", row[0], row[1])
		}
	}
	if len(d.Parameters) > 0 {
		tw.printf("parameters\t\n")
	}
	for i := range d.Parameters {
		p := &d.Parameters[i]
		text := p.Type
		if p.Default.Exists() {
			text += ", default " + cut(p.Default.String(), 60)
		} else {
			text += ", required"
		}
		if p.Allowed.Len() > 0 {
			text += ", one of " + cut(p.Allowed.String(), 80)
		}
		tw.printf("  %s\t%s\n", p.Name, text)
	}
	if len(d.Definitions) > 0 {
		tw.printf("members\t\n")
	}
	for i := range d.Definitions {
		m := &d.Definitions[i]
		tw.printf("  %s\t%s %s\n", cmp.Or(m.Reference, "?"), cut(cmp.Or(m.DisplayName, m.DefinitionID+" (not here)"), 110), m.Version)
	}
	if err := tw.flush(); err != nil {
		return err
	}
	if d.Rule.Exists() {
		w.printf("rule\n")
		return writeValue(w, d.Rule)
	}
	return w.err
}
