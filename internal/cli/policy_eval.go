package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// policyEvalFlags are the flags of azward policy eval.
type policyEvalFlags struct {
	inventory  inventoryFlags
	definition string
	resource   string
	parameters string
	related    []string
	aliases    string
	batch      string
	id         string
	format     string
	output     string
	failOn     string
	all        bool
}

func newPolicyEvalCommand(env *Env) *cobra.Command {
	var f policyEvalFlags
	cmd := &cobra.Command{
		Use:   "eval (--definition FILE (--resource FILE | --demo | --from PATH ...) | --batch FILE|-)",
		Short: "Evaluate a definition on a resource, an inventory, or a line at a time",
		Long: `Eval compiles an Azure Policy definition and says what it makes of one resource
or of a whole inventory: the state, the clauses that decided, and what the effect
would change or deploy.

With --batch it answers questions from another program: a JSON object a line,
{"id", "definition" | "rule", "resource", "parameters", "related", "context"},
and a line of answer each. A line that is wrong gets its error and the run goes on.`,
		Example: `  azward policy eval --definition audit-https.json --resource account.json
  azward policy eval --definition allowed.json --parameters values.json --demo
  azward policy eval --definition audit-https.json --from export/ --fail-on noncompliant
  generate-questions | azward policy eval --batch - --aliases aliases.csv`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyEval(cmd.Context(), env, &f, args) },
	}
	f.inventory.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.definition, "definition", "d", "", "the definition or bare rule in this JSON `FILE`")
	flags.StringVar(&f.resource, "resource", "", "the resource in this JSON `FILE`")
	flags.StringVar(&f.parameters, "parameters", "", "values of parameters in this JSON `FILE`, plain or as {\"value\": ...}")
	flags.StringArrayVar(&f.related, "related", nil, "with --resource: related resources for if-not-exists effects, in this JSON `FILE` (repeatable)")
	flags.StringVar(&f.aliases, "aliases", "", "a `FILE` of aliases that wins over the built-in rule: CSV of alias,path, or ARM's provider list as JSON (default: the tenant's own, where a snapshot holds them)")
	flags.StringVar(&f.batch, "batch", "", "answer a question a line from `FILE`, - for standard input")
	flags.StringVar(&f.id, "id", "", "of the inventory, only the resource of this `ID`")
	flags.BoolVar(&f.all, "all", false, "list resources that the definition does not apply to as well")
	addFormat(cmd, &f.format, "table", "json", "jsonl")
	addOutput(cmd, &f.output)
	addChoice(cmd, &f.failOn, "fail-on", "", "STATE", "", "exit with 1 where a state is", "noncompliant", "unknown (or noncompliant)")
	return cmd
}

func policyEval(ctx context.Context, env *Env, f *policyEvalFlags, args []string) error {
	aliases, err := f.inventory.aliases(ctx, f.aliases, args)
	if err != nil {
		return err
	}
	if f.batch != "" {
		if f.definition != "" || f.resource != "" || f.inventory.demo || len(f.inventory.from) > 0 {
			return usagef("--batch takes definitions and resources from its lines; leave --definition, --resource and --from out")
		}
		b := &policyBatch{env: env, aliases: aliases, now: env.Now()}
		return b.run(ctx, f.batch, f.output)
	}
	switch strings.ToLower(f.failOn) {
	case "", "noncompliant", "unknown":
	default:
		return usagef("--fail-on takes noncompliant or unknown, not %q", f.failOn)
	}
	def, err := readDefinition(f, aliases)
	if err != nil {
		return err
	}
	rows, err := policyRows(ctx, env, f, args, def)
	if err != nil {
		return err
	}
	err = writeOutput(env, f.output, func(w io.Writer) error { return writePolicyRows(w, f.format, def, rows) })
	if err != nil {
		return err
	}
	for _, r := range rows {
		if f.failOn != "" && (r.State == finding.NonCompliant.String() || strings.EqualFold(f.failOn, "unknown") && r.State == finding.Unknown.String()) {
			return errFindings
		}
	}
	return nil
}

func readAliases(path string) (*policy.Aliases, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("read %s: %v", path, reasonOf(err))
	}
	list, err := policy.ParseAliases(text)
	if err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	return list, nil
}

func readJSONFile(path string) (jsondoc.Value, string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return jsondoc.Value{}, "", usagef("read %s: %v", path, reasonOf(err))
	}
	doc, err := jsondoc.Parse(text)
	if err != nil {
		return jsondoc.Value{}, "", notJSON(path, err)
	}
	return doc, string(text), nil
}

// readDefinition compiles the definition that the flags name.
func readDefinition(f *policyEvalFlags, aliases *policy.Aliases) (*policy.Definition, error) {
	if f.definition == "" {
		return nil, usagef("give the definition with --definition, or questions with --batch")
	}
	doc, text, err := readJSONFile(f.definition)
	if err != nil {
		return nil, err
	}
	o := policy.CompileOptions{Aliases: aliases, Source: diag.NewSource(f.definition, text)}
	if f.parameters != "" {
		if o.Parameters, _, err = readJSONFile(f.parameters); err != nil {
			return nil, err
		}
		if inner := o.Parameters.Get("parameters"); inner.Kind() == jsondoc.Object { // a parameters file
			o.Parameters = inner
		}
	}
	def, diags := policy.Compile(doc, o)
	if def == nil {
		var out []string
		for _, d := range diags {
			out = append(out, o.Source.Snippet(d))
		}
		return nil, usagef("%s", strings.Join(out, "\n"))
	}
	return def, nil
}

// policyRow is what the definition says of one resource.
type policyRow struct {
	Resource string `json:"resourceId"`
	policyAnswer
}

// policyRows evaluates the definition on what the flags name.
func policyRows(ctx context.Context, env *Env, f *policyEvalFlags, args []string, def *policy.Definition) ([]policyRow, error) {
	if f.resource != "" {
		doc, _, err := readJSONFile(f.resource)
		if err != nil {
			return nil, err
		}
		o := policy.Options{Now: env.Now()}
		if o.Related, err = readRelated(f.related); err != nil {
			return nil, err
		}
		out := policy.NewEvaluator(o).Decide(def, policy.Bare(doc))
		return []policyRow{rowOf(def, policy.Bare(doc), &out)}, nil
	}
	paths, err := f.inventory.paths(args)
	if err != nil {
		return nil, err
	}
	p := newProgress(env)
	defer p.clear()
	inv, err := app.Load(ctx, &app.Options{Demo: f.inventory.demo, From: paths, Names: env.names, Now: f.inventory.now(env), Clock: env.Now, Progress: p.show})
	if err != nil {
		return nil, err
	}
	ev := policy.NewEvaluator(policy.Options{Inventory: inv, Now: f.inventory.now(env)})
	var rows []policyRow
	for r := range inv.All() {
		if f.id != "" && !strings.EqualFold(f.id, r.ID.String()) {
			continue
		}
		out := policy.Outcome{Effect: def.Effect, Result: policy.Result{Verdict: finding.Verdict{State: finding.NotApplicable}}}
		why := app.PolicyOverlooks(def, r, inv)
		if why == "" {
			out = ev.Decide(def, r)
		}
		if out.State != finding.NotApplicable || f.all || f.id != "" {
			row := rowOf(def, r, &out)
			if why != "" {
				row.Reasons = append(row.Reasons, why)
			}
			rows = append(rows, row)
		}
	}
	if f.id != "" && len(rows) == 0 {
		return nil, usagef("no resource of the inventory has the id %s", f.id)
	}
	return rows, nil
}

func rowOf(def *policy.Definition, r *resource.Resource, out *policy.Outcome) policyRow {
	row := policyRow{Resource: r.ID.String()}
	if row.Resource == "" {
		row.Resource = r.Name()
	}
	fillAnswer(&row.policyAnswer, def, out)
	return row
}

func writePolicyRows(w io.Writer, format string, def *policy.Definition, rows []policyRow) error {
	switch format {
	case "jsonl":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"definition": def.Name, "displayName": def.DisplayName, "effect": def.EffectText, "results": rows})
	}
	counts := map[string]int{}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		counts[r.State]++
		reason := ""
		if len(r.Reasons) > 0 {
			reason = r.Reasons[len(r.Reasons)-1]
		}
		if _, err := fmt.Fprintf(tw, "%s\t%s\t%s\n", r.State, r.Resource, cut(reason, 100)); err != nil {
			return err
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	var parts []string
	for _, s := range []finding.State{finding.NonCompliant, finding.Unknown, finding.Compliant, finding.Exempt, finding.NotApplicable} {
		if n := counts[s.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if len(parts) == 0 {
		parts = []string{"it applies to nothing here"}
	}
	_, err := fmt.Fprintf(w, "%s (%s): %s\n", cmp.Or(def.DisplayName, def.Name, "the rule"), def.Effect, strings.Join(parts, ", "))
	return err
}

// cut shortens a text for a line of a table.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-1], "") + "…"
}
