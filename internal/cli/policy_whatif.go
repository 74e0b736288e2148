package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/policy"
)

// policyWhatIfFlags are the flags of azward policy whatif.
type policyWhatIfFlags struct {
	inventory      inventoryFlags
	source         policySource
	definition     string
	scope          string
	notScopes      []string
	values         policyValues
	aliases        string
	noScore        bool
	failOn         string
	format, output string
}

func newPolicyWhatIfCommand(env *Env) *cobra.Command {
	var f policyWhatIfFlags
	cmd := &cobra.Command{
		Use:   "whatif --definition FILE|ID --scope SCOPE (--demo | --from PATH ...)",
		Short: "Say what assigning a definition would deny, change, deploy and audit",
		Long: `Whatif assigns a definition or initiative to a scope, by itself and enforced,
without touching anything, and says what would happen to every resource there:

  denied       its next write would be refused; until then it is NonCompliant
  changed      modify or append: on the next write, or by a remediation task (a diff)
  remediated   deployIfNotExists: the deployment, with its parameters resolved
  audited      listed as not compliant, nothing else
  protected    denyAction: its deletion would be refused, and its resource group's
  unknown      what decides was not read

and how the Secure Score moves once that is put right: with the properties that
modify and append set, and without the findings of the controls that ask what
the definition asks. What other assignments would do is left aside.

--scope takes an id, or the name of a management group, subscription or resource
group of the inventory.`,
		Example: `  azward policy whatif --definition lh-tag-owner --effect Deny --scope lindhaven --demo
  azward policy whatif --definition 404c3081-a854-4457-ae30-26a93ef643f9 --effect Deny --scope / --demo --builtin built-in-policies.tar.gz
  azward policy whatif -d secure-transfer-modify.json --scope /subscriptions/... --from export/ --format json
  azward policy whatif -d diagnostics.json --parameters values.json --scope rg-data --from export/ --fail-on denied`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyWhatIf(cmd, env, &f, args) },
	}
	f.inventory.add(cmd)
	f.source.add(cmd)
	f.values.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.definition, "definition", "d", "", "the definition or initiative: a `FILE`, or an id, name or display name")
	flags.StringVar(&f.scope, "scope", "", "the `SCOPE` that it would be assigned to; / is the tenant")
	flags.StringArrayVar(&f.notScopes, "not-scope", nil, "leave this `SCOPE` out (repeatable)")
	flags.StringVar(&f.aliases, "aliases", "", "a `FILE` of aliases that wins over the built-in rule (default: the tenant's own, where a snapshot holds them)")
	flags.BoolVar(&f.noScore, "no-score", false, "leave the Secure Score out")
	addChoice(cmd, &f.failOn, "fail-on", "", "OUTCOME", "", "exit with 1 where something would happen that is", "denied", "any (of what it does)")
	addFormat(cmd, &f.format, "table", "json", "csv")
	addOutput(cmd, &f.output)
	return cmd
}

func policyWhatIf(cmd *cobra.Command, env *Env, f *policyWhatIfFlags, args []string) error {
	if f.failOn != "" {
		if err := oneOf("fail-on", f.failOn, "denied", "any"); err != nil {
			return err
		}
	}
	if f.definition == "" || f.scope == "" {
		return usagef("give the definition with --definition and the scope with --scope (/ is the tenant)")
	}
	aliases, err := f.inventory.aliases(cmd.Context(), f.aliases, args)
	if err != nil {
		return err
	}
	o := app.PolicyWhatIfOptions{Aliases: aliases, Score: !f.noScore, Now: f.inventory.now(env), Clock: env.Now}
	if o.Parameters, err = f.values.read(); err != nil {
		return err
	}
	if o.Inventory, err = f.inventory.load(cmd.Context(), env, args); err != nil {
		return err
	}
	if o.Scope, err = app.ScopeNamed(o.Inventory, f.scope); err != nil {
		return err
	}
	for _, n := range f.notScopes {
		id, err := app.ScopeNamed(o.Inventory, n)
		if err != nil {
			return err
		}
		o.NotScopes = append(o.NotScopes, id)
	}
	if o.Library, o.Document, err = f.source.document(env, f.definition, o.Inventory); err != nil {
		return err
	}
	p := newProgress(env)
	o.Progress = p.show
	w, err := app.WhatIfPolicy(cmd.Context(), &o)
	p.clear()
	if err != nil {
		return err
	}
	complainOf(env, graver(w.Problems))
	err = writeOutput(env, f.output, func(out io.Writer) error {
		switch f.format {
		case "json":
			return writeIndented(out, whatIfJSON(w))
		case "csv":
			return whatIfCSV(out, w)
		}
		return writePolicyWhatIf(out, w, o.Document.DisplayName)
	})
	if err != nil {
		return err
	}
	if f.failOn != "" && len(w.Denied) > 0 || f.failOn == "any" && len(w.Changed)+len(w.Remediated)+len(w.Audited)+len(w.Protected) > 0 {
		return errFindings
	}
	return nil
}

// whatIfGroup is what one effect does, with the words for it.
type whatIfGroup struct {
	name, about string
	list        []app.WhatIfEffect
}

func whatIfGroups(w *app.PolicyWhatIf) []whatIfGroup {
	return []whatIfGroup{
		{"denied", "the next write would be refused", w.Denied},
		{"changed", "on the next write, or by a remediation task", w.Changed},
		{"remediated", "a deployment would put it right", w.Remediated},
		{"audited", "listed as not compliant, nothing else", w.Audited},
		{"protected", "its deletion would be refused", w.Protected},
		{"unknown", "what decides was not read", w.Unknown},
	}
}

func whatIfJSON(w *app.PolicyWhatIf) any {
	type effect struct {
		app.WhatIfEffect
		Remediation *remediationAnswer `json:"remediation,omitempty"`
	}
	out := map[string]any{
		"policyDefinitionId": w.Assignment.DefinitionID, "scope": w.Assignment.Scope.String(),
		"summary": map[string]int{
			"resources": w.Looked, "compliant": w.Compliant, "denied": len(w.Denied), "changed": len(w.Changed),
			"remediated": len(w.Remediated), "audited": len(w.Audited), "protected": len(w.Protected), "unknown": len(w.Unknown),
		},
	}
	for _, g := range whatIfGroups(w) {
		list := []effect{}
		for i := range g.list {
			list = append(list, effect{g.list[i], remediationOf(g.list[i].Remediation)})
		}
		out[g.name] = list
	}
	if s := w.Score; s != nil {
		out["score"] = map[string]any{
			"before": s.Before.Percentage, "after": s.After.Percentage, "beforePoints": s.Before.Current, "afterPoints": s.After.Current, "max": s.After.Max,
			"controls": append([]app.WhatIfControl{}, s.Controls...), "asks": append([]string{}, s.Asks...), "findingsGone": s.Gone,
		}
	}
	return out
}

func whatIfCSV(w io.Writer, r *app.PolicyWhatIf) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"outcome", "resourceId", "resourceType", "policyDefinitionId", "policyDefinitionReferenceId", "displayName", "effect", "changes", "reasons"})
	for _, g := range whatIfGroups(r) {
		for i := range g.list {
			e := &g.list[i]
			var changes []string
			if e.Remediation != nil {
				for _, ch := range e.Remediation.Changes {
					changes = append(changes, fmt.Sprintf("%s: %s -> %s", ch.Path, ch.Before, ch.After))
				}
			}
			_ = c.Write([]string{g.name, e.ResourceID, e.ResourceType, e.DefinitionID, e.Reference, e.DisplayName, e.Effect, strings.Join(changes, "; "), strings.Join(e.Reasons, "; ")})
		}
	}
	c.Flush()
	return c.Error()
}

func writePolicyWhatIf(out io.Writer, r *app.PolicyWhatIf, title string) error {
	w := &printer{Writer: out}
	w.printf("%s, assigned to %s\n", title, r.Assignment.Scope)
	const most = 50
	for _, g := range whatIfGroups(r) {
		if len(g.list) == 0 {
			continue
		}
		w.printf("\n%s %d: %s\n", strings.ToUpper(g.name), len(g.list), g.about)
		for i := range g.list {
			if i == most {
				w.printf("  and %d more; --format json or csv has all of them\n", len(g.list)-most)
				break
			}
			writeWhatIfEffect(w, &g.list[i])
		}
	}
	w.printf("\n%d resources looked at: %d compliant, %d denied, %d changed, %d remediated, %d audited, %d protected, %d unknown\n",
		r.Looked, r.Compliant, len(r.Denied), len(r.Changed), len(r.Remediated), len(r.Audited), len(r.Protected), len(r.Unknown))
	if r.Score != nil {
		writeWhatIfScore(w, r.Score)
	}
	return w.err
}

func writeWhatIfEffect(w *printer, e *app.WhatIfEffect) {
	w.printf("  %s\n", e.ResourceID)
	if e.Reference != "" {
		w.printf("    %s (%s)\n", e.DisplayName, e.Effect)
	}
	rem := e.Remediation
	if rem == nil || len(rem.Changes) == 0 {
		for _, why := range e.Reasons {
			w.printf("    %s\n", cut(why, 160))
		}
	}
	if rem == nil {
		return
	}
	for _, c := range rem.Changes {
		writeChange(w, "    ", c)
	}
	if rem.Deployment.Exists() {
		where := "the resource group"
		if rem.Scope != "" {
			where = "the " + strings.ToLower(rem.Scope)
			if rem.Location != "" {
				where += " in " + rem.Location
			}
		}
		w.printf("    deploys to %s:\n", where)
		for name, v := range rem.Deployment.Get("parameters").Members() {
			value := v.Get("value")
			if value.IsMissing() {
				value = v
			}
			w.printf("      %s = %s\n", name, cut(value.String(), 160))
		}
		for _, t := range rem.Deployment.Path("template", "resources").Elements() {
			w.printf("      makes %s %s\n", t.Get("type").TextOr("?"), cut(t.Get("name").TextOr(""), 100))
		}
	}
	for _, u := range rem.Unknown {
		w.printf("    not known: %s\n", u)
	}
	for _, u := range rem.Skipped {
		w.printf("    passed over: %s\n", u)
	}
	for _, u := range rem.Denied {
		w.printf("    would replace what is asked for: %s\n", u)
	}
}

func writeWhatIfScore(w *printer, s *app.WhatIfScore) {
	moved := 100 * (s.After.Percentage - s.Before.Percentage)
	if math.Abs(moved) < 0.005 && len(s.Controls) == 0 {
		why := "no finding of the score goes away with it"
		switch {
		case s.Gone > 0:
			why = fmt.Sprintf("%d findings go away, but their resources fail other recommendations of the same controls", s.Gone)
		case len(s.Asks) == 0:
			why = "no control of the score asks what it asks"
		}
		w.printf("Secure Score: stays at %.2f %%: %s\n", 100*s.Before.Percentage, why)
		return
	}
	w.printf("Secure Score once that is put right: %.2f %% -> %.2f %% (%+.2f)\n", 100*s.Before.Percentage, 100*s.After.Percentage, moved)
	for _, c := range s.Controls {
		w.printf("  %s: %.2f -> %.2f of %d points, %d more healthy, %d still not\n", c.Name, c.Before, c.After, c.Max, c.NewlyHealthy, c.StillUnwell)
	}
}

// remediationOf is a remediation as JSON has it.
func remediationOf(r *policy.Remediation) *remediationAnswer {
	if r == nil {
		return nil
	}
	m := &remediationAnswer{Roles: r.Roles, Scope: r.Scope, Location: r.Location, Delay: r.Delay, ConflictEffect: r.ConflictEffect, Changes: r.Changes, Unknown: r.Unknown, Skipped: r.Skipped, Denied: r.Denied}
	if r.Deployment.Exists() {
		m.Deployment = &r.Deployment
	}
	if r.Resource.Exists() {
		m.Resource = &r.Resource
	}
	return m
}
