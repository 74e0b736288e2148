package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// policyExplainFlags are the flags of azward policy explain.
type policyExplainFlags struct {
	inventory      inventoryFlags
	source         policySource
	resource, id   string
	related        []string
	values         policyValues
	aliases        string
	format, output string
}

// policyValues are the flags that give parameters their values.
type policyValues struct {
	file   string
	effect string
}

func (f *policyValues) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "parameters", "", "values of parameters in this JSON `FILE`, plain or as {\"value\": ...}")
	cmd.Flags().StringVar(&f.effect, "effect", "", "the `EFFECT` to assign, in place of the default: the value of the parameter of that name")
}

// read returns the values, an object by name; missing where none are given.
func (f *policyValues) read() (jsondoc.Value, error) {
	var v jsondoc.Value
	if f.file != "" {
		doc, _, err := readJSONFile(f.file)
		if err != nil {
			return v, err
		}
		v = doc
		if inner := doc.Get("parameters"); inner.Kind() == jsondoc.Object && inner.Get("value").IsMissing() { // a parameters file
			v = inner
		}
	}
	if f.effect != "" {
		v = v.With("effect", jsondoc.NewString(f.effect))
	}
	return v, nil
}

func newPolicyExplainCommand(env *Env) *cobra.Command {
	var f policyExplainFlags
	cmd := &cobra.Command{
		Use:   "explain DEFINITION (--resource FILE | --id ID (--demo | --from PATH ...))",
		Short: "Show a rule as a tree with each clause's value and outcome on a resource",
		Long: `Explain evaluates every clause of a definition on one resource, those that did
not matter included, and shows the rule as a tree: the outcome (true, false,
unknown), the clause, the value that it saw, and its line in the definition.
Of auditIfNotExists and deployIfNotExists, the existenceCondition is shown on
each related resource as well.

DEFINITION is a file, or the id, name or display name of a definition of
--policies, --builtin or the inventory. --id names the resource of the inventory;
the end of its id is enough where that is one resource only.`,
		Example: `  azward policy explain audit-https.json --resource account.json
  azward policy explain lh-tag-owner --demo --id stlhscanshare
  azward policy explain 404c3081-a854-4457-ae30-26a93ef643f9 --builtin built-in-policies.tar.gz --demo --id stlhscanshare
  azward policy explain diagnostics.json --resource vault.json --related settings.json --format json`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyExplain(cmd, env, &f, args) },
	}
	f.inventory.add(cmd)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("explain takes one definition: a file, an id, a name or a display name")
		}
		return nil
	}
	f.source.add(cmd)
	f.values.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.resource, "resource", "", "the resource in this JSON `FILE`")
	flags.StringVar(&f.id, "id", "", "the resource of the inventory of this `ID`, or of an id that ends so")
	flags.StringArrayVar(&f.related, "related", nil, "with --resource: related resources for if-not-exists effects, in this JSON `FILE` (repeatable)")
	flags.StringVar(&f.aliases, "aliases", "", "a `FILE` of aliases that wins over the built-in rule (default: the tenant's own, where a snapshot holds them)")
	addFormat(cmd, &f.format, "table", "json")
	addOutput(cmd, &f.output)
	return cmd
}

func policyExplain(cmd *cobra.Command, env *Env, f *policyExplainFlags, args []string) error {
	aliases, err := f.inventory.aliases(cmd.Context(), f.aliases, nil)
	if err != nil {
		return err
	}
	values, err := f.values.read()
	if err != nil {
		return err
	}
	o := app.ExplainOptions{Parameters: values, Aliases: aliases, Now: f.inventory.now(env)}
	if o.Inventory, err = f.inventory.optional(cmd.Context(), env); err != nil {
		return err
	}
	if err := f.subject(&o); err != nil {
		return err
	}
	if _, o.Document, err = f.source.document(env, args[0], o.Inventory); err != nil {
		return err
	}
	if o.Document.Initiative {
		return usagef("%s is an initiative; explain one of its definitions", o.Document.Name)
	}
	x, diags := app.ExplainPolicy(&o)
	if x == nil {
		return usagef("%s", snippets(o.Document.Source, diags))
	}
	return writeOutput(env, f.output, func(w io.Writer) error {
		if f.format == "json" {
			return writeIndented(w, explainJSON(x, &o))
		}
		return writePolicyExplanation(w, x, &o)
	})
}

// subject finds the resource that is explained.
func (f *policyExplainFlags) subject(o *app.ExplainOptions) error {
	switch {
	case f.resource != "" && f.id != "":
		return usagef("give --resource or --id, not both")
	case f.id != "":
		if o.Inventory == nil {
			return usagef("--id names a resource of an inventory; give --demo or --from as well")
		}
		r, err := resourceEnding(o.Inventory, f.id)
		o.Resource = r
		return err
	case f.resource != "":
		doc, _, err := readJSONFile(f.resource)
		if err != nil {
			return err
		}
		o.Resource = policy.Bare(doc)
		o.Related, err = readRelated(f.related)
		return err
	}
	return &usageError{message: "no resource to explain the rule on", help: "give --resource FILE, or --id ID with --demo or --from"}
}

// resourceEnding returns the resource of an id, or the one whose id ends so.
func resourceEnding(inv *inventory.Inventory, want string) (*resource.Resource, error) {
	if r, ok := inv.Lookup(want); ok {
		return r, nil
	}
	end := "/" + strings.ToLower(strings.Trim(want, "/"))
	var found []*resource.Resource
	for r := range inv.All() {
		if strings.HasSuffix(r.ID.Key(), end) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, usagef("no resource of the inventory has the id %s, or one that ends so", want)
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, r := range found[:min(3, len(found))] {
		ids = append(ids, r.ID.String())
	}
	return nil, usagef("%d resources have an id that ends in %s: %s ...; give more of it", len(found), want, strings.Join(ids, ", "))
}

// readRelated reads related resources from files: one each, or an array.
func readRelated(paths []string) ([]*resource.Resource, error) {
	var out []*resource.Resource
	for _, path := range paths {
		list, _, err := readJSONFile(path)
		if err != nil {
			return nil, err
		}
		if list.Kind() != jsondoc.Array {
			list = jsondoc.NewArray(list)
		}
		if out == nil {
			out = []*resource.Resource{}
		}
		for _, r := range list.Elements() {
			out = append(out, policy.Bare(r))
		}
	}
	return out, nil
}

// snippets shows diagnostics with the lines that they point at.
func snippets(src *diag.Source, list diag.List) string {
	var out []string
	for _, d := range list {
		if src != nil {
			out = append(out, src.Snippet(d))
		} else {
			out = append(out, d.Error())
		}
	}
	return strings.Join(out, "\n")
}

func explainJSON(x *app.PolicyExplanation, o *app.ExplainOptions) any {
	row := rowOf(x.Definition, o.Resource, &x.Outcome)
	out := struct {
		Definition  string `json:"definition"`
		DisplayName string `json:"displayName,omitempty"`
		File        string `json:"file,omitempty"`
		policyRow
		Overlooked  string               `json:"overlooked,omitempty"`
		Rule        app.Clause           `json:"rule"`
		RelatedType string               `json:"relatedType,omitempty"`
		Related     []app.RelatedClauses `json:"related,omitempty"`
	}{Definition: cmp.Or(x.Definition.ID, x.Definition.Name), DisplayName: x.Definition.DisplayName, policyRow: row, Overlooked: x.Overlooked, Rule: x.Rule, RelatedType: x.RelatedType, Related: x.Related}
	if o.Document.Source != nil {
		out.File = o.Document.Source.Name
	}
	return out
}

func writePolicyExplanation(out io.Writer, x *app.PolicyExplanation, o *app.ExplainOptions) error {
	w := &printer{Writer: out}
	title := cmp.Or(x.Definition.DisplayName, x.Definition.Name, "the rule")
	id := o.Resource.ID.String()
	if id == "" {
		id = o.Resource.Name()
	}
	w.printf("%s  %s\n%s (%s)\n\n", x.Outcome.State, id, title, x.Outcome.Effect)
	if x.Overlooked != "" {
		w.printf("it does not apply: %s\n\n", x.Overlooked)
	}
	w.printf("OUTCOME  LINE  CLAUSE\n")
	writeClause(w, &x.Rule, 0)
	if x.RelatedType != "" {
		w.printf("\nlooked for: %s", x.RelatedType)
		switch {
		case len(x.Related) == 0 && o.Document.Body.Path("policyRule", "then", "details", "existenceCondition").IsMissing():
			w.printf(" (any will do)\n")
		case len(x.Related) == 0:
			w.printf(" (none is here)\n")
		default:
			w.printf("\n")
		}
	}
	for i := range x.Related {
		r := &x.Related[i]
		w.printf("existenceCondition on %s\n", cmp.Or(r.ResourceID, "the related resource"))
		writeClause(w, &r.Clause, 0)
	}
	for _, m := range x.Outcome.Missing {
		w.printf("not known: %s\n", m)
	}
	if rem := x.Outcome.Remediation; rem != nil {
		for _, c := range rem.Changes {
			writeChange(w, "", c)
		}
		if rem.Deployment.Exists() {
			w.printf("it would deploy a template with the parameters %s\n", cut(rem.Deployment.Get("parameters").String(), 400))
		}
	}
	return w.err
}

// writeChange shows a change as a diff.
func writeChange(w *printer, indent string, c policy.Change) {
	if c.Before.Exists() {
		w.printf("%s- %s: %s\n", indent, c.Path, cut(c.Before.String(), 200))
	}
	if c.After.Exists() {
		w.printf("%s+ %s: %s\n", indent, c.Path, cut(c.After.String(), 200))
	}
}

func writeClause(w *printer, c *app.Clause, depth int) {
	line := ""
	if c.Line > 0 {
		line = fmt.Sprint(c.Line)
	}
	text := c.Text
	if c.Kind == "element" {
		text = "element " + cut(c.Found.String(), 80)
	}
	if c.Operator != "" {
		text += " " + c.Operator + " " + cut(c.Wanted.String(), 100)
		if c.Outcome != finding.Maybe || c.Found.Exists() {
			text += "   it is " + cut(c.Found.String(), 100)
		}
	}
	if c.Outcome == finding.Maybe && len(c.Missing) > 0 && len(c.Clauses) == 0 {
		text += "   not known: " + cut(strings.Join(c.Missing, "; "), 120)
	}
	if line == "" {
		text += "   at " + c.Pointer
	}
	w.printf("%-7s  %4s  %s%s\n", c.Outcome, line, strings.Repeat("  ", depth), text)
	for i := range c.Clauses {
		writeClause(w, &c.Clauses[i], depth+1)
	}
}
