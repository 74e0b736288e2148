package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/resource"
)

// policyComplianceFlags are the flags of azward policy compliance.
type policyComplianceFlags struct {
	inventory                     inventoryFlags
	source                        policySource
	initiative, scope, assignment string
	values                        policyValues
	aliases                       string
	by                            string
	states                        []string
	failOn                        string
	format, output                string
}

func newPolicyComplianceCommand(env *Env) *cobra.Command {
	var f policyComplianceFlags
	cmd := &cobra.Command{
		Use:   "compliance (--demo | --from PATH ...) [--initiative ID] [--policies PATH | --builtin PATH]",
		Short: "Judge an inventory against its policy assignments, or one initiative",
		Long: `Compliance evaluates the policy assignments of an inventory as Azure does:
inheritance from management groups, notScopes, resource selectors, overrides,
parameters passed through initiatives, exemptions and attestations. States are
named as Azure names them and rolled up per assignment, initiative, definition,
group and resource. With --initiative, that initiative (or definition) is judged
as if it were assigned to --scope.

States: NonCompliant, Conflict (two policies want one property to be different
things), Unknown (what decides was not read, or a manual policy was not attested),
Error (an expression of the policy fails on the resource), Compliant, Protected (by
denyAction), Exempt; NotStarted for an assignment whose definition is not at hand
(give it with --policies or --builtin). An assignment with enforcementMode
DoNotEnforce is judged all the same, and says so. "percentage" counts what is
known to be good; "azurePercentage" counts Unknown as good, as Azure's portal does.`,
		Example: `  azward policy compliance --demo
  azward policy compliance --demo --builtin built-in-policies.tar.gz --by definition
  azward policy compliance --from export/ --initiative "Microsoft cloud security benchmark" --builtin built-in-policies.tar.gz
  azward policy compliance --from export/ --assignment our-baseline --format junit -o policies.xml --fail-on noncompliant`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyCompliance(cmd, env, &f, args) },
	}
	f.inventory.add(cmd)
	f.source.add(cmd)
	f.values.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.initiative, "initiative", "", "judge the initiative or definition of this `ID`, name, display name or file as if it were assigned")
	flags.StringVar(&f.scope, "scope", "", "with --initiative: the `ID` of the scope that it is assigned to (default the tenant)")
	flags.StringVar(&f.assignment, "assignment", "", "of the inventory's assignments, only the one of this `ID` or name")
	flags.StringVar(&f.aliases, "aliases", "", "a `FILE` of aliases that wins over the built-in rule (default: the tenant's own, where a snapshot holds them)")
	addChoice(cmd, &f.by, "by", "", "KIND", "", "in tables and csv, roll up by", "assignment", "initiative", "definition", "group", "resource")
	flags.StringSliceVar(&f.states, "states", nil, "the `STATES` that results list, or all (default NonCompliant,Conflict,Error,Unknown,Exempt)")
	addChoice(cmd, &f.failOn, "fail-on", "", "STATE", "", "exit with 1 where a result is", "noncompliant", "unknown (or noncompliant)")
	addFormat(cmd, &f.format, "table", "json", "csv", "junit", "html")
	addOutput(cmd, &f.output)
	return cmd
}

// complianceBy are the lines that --by picks.
var complianceBy = map[string]func(*app.PolicyCompliance) []app.ComplianceLine{
	"assignment": func(c *app.PolicyCompliance) []app.ComplianceLine { return c.Assignments },
	"initiative": func(c *app.PolicyCompliance) []app.ComplianceLine { return c.Initiatives },
	"definition": func(c *app.PolicyCompliance) []app.ComplianceLine { return c.Definitions },
	"group":      func(c *app.PolicyCompliance) []app.ComplianceLine { return c.Groups },
	"resource":   func(c *app.PolicyCompliance) []app.ComplianceLine { return c.Resources },
}

func policyCompliance(cmd *cobra.Command, env *Env, f *policyComplianceFlags, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	aliases, err := f.inventory.aliases(cmd.Context(), f.aliases, args)
	if err != nil {
		return err
	}
	o := app.ComplianceOptions{Aliases: aliases, Assignment: f.assignment, Now: f.inventory.now(env)}
	if o.Parameters, err = f.values.read(); err != nil {
		return err
	}
	if o.Scope, err = scopeOf(f.scope); err != nil {
		return err
	}
	if o.Inventory, err = f.inventory.load(cmd.Context(), env, args); err != nil {
		return err
	}
	if f.initiative != "" {
		o.Library, o.Initiative, err = f.source.document(env, f.initiative, o.Inventory)
	} else {
		o.Library, err = f.source.load(env, nil, o.Inventory)
	}
	if err != nil {
		return err
	}
	complainOf(env, o.Library.Problems)
	p := newProgress(env)
	o.Progress = p.show
	c, err := app.Comply(cmd.Context(), &o)
	p.clear()
	if err != nil {
		return err
	}
	complainOf(env, slices.DeleteFunc(graver(c.Problems), func(d diag.Diagnostic) bool { return d.Code == "POL0402" }))
	if err := writeOutput(env, f.output, func(w io.Writer) error { return f.write(w, env, c) }); err != nil {
		return err
	}
	t := c.Total()
	if f.failOn != "" && t.NonCompliant+t.Conflict > 0 || strings.EqualFold(f.failOn, "unknown") && t.Unknown+t.Error > 0 {
		return errFindings
	}
	return nil
}

func (f *policyComplianceFlags) check() error {
	if f.by != "" && complianceBy[f.by] == nil {
		return usagef("--by %s: expected assignment, initiative, definition, group or resource", f.by)
	}
	if f.failOn != "" {
		if err := oneOf("fail-on", strings.ToLower(f.failOn), "noncompliant", "unknown"); err != nil {
			return err
		}
	}
	if f.initiative == "" && (f.scope != "" || f.values.file != "" || f.values.effect != "") {
		return usagef("--scope, --parameters and --effect are of an --initiative; the inventory's assignments have their own")
	}
	known := []string{"all", "NonCompliant", "Conflict", "Error", "Unknown", "Compliant", "Protected", "Exempt"}
	for _, s := range f.states {
		if !contains(known, s) {
			return usagef("--states %s: expected %s", s, strings.Join(known, ", "))
		}
	}
	return nil
}

func scopeOf(text string) (resource.ID, error) {
	if text == "" {
		return resource.ID{}, nil
	}
	id, err := resource.ParseID(text)
	if err != nil {
		return id, usagef("--scope %s: expected the id of a scope, /subscriptions/... or /providers/Microsoft.Management/managementGroups/...", text)
	}
	return id, nil
}

// lists tells whether a result is listed.
func (f *policyComplianceFlags) lists(r *app.ComplianceResult) bool {
	if len(f.states) == 0 {
		return r.State != finding.Compliant.String()
	}
	return contains(f.states, "all") || contains(f.states, r.State)
}

func (f *policyComplianceFlags) write(w io.Writer, env *Env, c *app.PolicyCompliance) error {
	results := []app.ComplianceResult{}
	for i := range c.Results {
		if f.lists(&c.Results[i]) {
			results = append(results, c.Results[i])
		}
	}
	switch f.format {
	case "json":
		var notices []string
		for _, d := range c.Problems {
			notices = append(notices, d.Error())
		}
		return writeIndented(w, map[string]any{
			"summary": tallyJSON(c.Total()), "assignments": listOf(c.Assignments), "initiatives": listOf(c.Initiatives), "definitions": listOf(c.Definitions),
			"groups": listOf(c.Groups), "resources": listOf(c.Resources), "results": results, "notices": notices,
		})
	case "csv":
		if f.by != "" {
			return complianceLinesCSV(w, complianceBy[f.by](c))
		}
		return complianceCSV(w, results)
	case "junit":
		return complianceJUnit(w, env, c)
	case "html":
		return report.TablePageHTML(w, thisTool(), compliancePage(c, results))
	}
	return f.table(w, c, results)
}

func listOf(lines []app.ComplianceLine) []app.ComplianceLine {
	if lines == nil {
		return []app.ComplianceLine{}
	}
	return lines
}

func tallyJSON(t assign.Tally) map[string]any {
	return map[string]any{
		"state": t.StateName(), "nonCompliant": t.NonCompliant, "conflict": t.Conflict, "error": t.Error, "unknown": t.Unknown, "compliant": t.Compliant, "protected": t.Protected, "exempt": t.Exempt, "percentage": t.Percentage(),
	}
}

func complianceLinesCSV(w io.Writer, lines []app.ComplianceLine) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"id", "name", "state", "nonCompliant", "conflict", "unknown", "compliant", "exempt", "percentage", "azurePercentage", "scope", "enforcementMode", "effect", "missing", "protected", "error"})
	for i := range lines {
		l := &lines[i]
		_ = c.Write([]string{
			l.ID, l.Name, l.State, strconv.Itoa(l.NonCompliant), strconv.Itoa(l.Conflict), strconv.Itoa(l.Unknown), strconv.Itoa(l.Compliant), strconv.Itoa(l.Exempt),
			fmt.Sprintf("%.4f", l.Percentage), fmt.Sprintf("%.4f", l.Azure), l.Scope, l.Enforcement, l.Effect, strings.Join(append(slices.Clone(l.NotStarted), l.Missing...), "; "), strconv.Itoa(l.Protected), strconv.Itoa(l.Error),
		})
	}
	c.Flush()
	return c.Error()
}

func complianceCSV(w io.Writer, results []app.ComplianceResult) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"resourceId", "resourceType", "complianceState", "policyAssignmentId", "policySetDefinitionId", "policyDefinitionId", "policyDefinitionReferenceId", "displayName", "effect", "enforced", "groups", "message", "exemptionId", "reasons"})
	for i := range results {
		r := &results[i]
		_ = c.Write([]string{
			r.ResourceID, r.ResourceType, r.State, r.AssignmentID, r.InitiativeID, r.DefinitionID, r.Reference, r.DisplayName, r.Effect, strconv.FormatBool(r.Enforced),
			strings.Join(r.Groups, ";"), r.Message, r.Exemption, strings.Join(r.Reasons, "; "),
		})
	}
	c.Flush()
	return c.Error()
}

// complianceJUnit writes a suite for each assignment and a case for each
// resource and policy of it.
func complianceJUnit(w io.Writer, env *Env, c *app.PolicyCompliance) error {
	doc := report.TestReport{Name: "azward policy compliance", At: env.Now()}
	index := map[string]int{}
	for i := range c.Assignments {
		a := &c.Assignments[i]
		index[a.ID] = i
		doc.Suites = append(doc.Suites, report.TestSuite{Name: a.Name})
		for _, why := range a.NotStarted {
			doc.Suites[i].Cases = append(doc.Suites[i].Cases, report.TestCase{Class: a.Name, Name: why, Outcome: report.TestSkipped, Message: "not started: " + why})
		}
	}
	for i := range c.Results {
		r := &c.Results[i]
		s := &doc.Suites[index[r.AssignmentID]]
		one := report.TestCase{Class: cmp.Or(r.Reference, r.DefinitionID), Name: r.ResourceID, Message: cmp.Or(r.Message, r.DisplayName), Text: strings.Join(r.Reasons, "\n")}
		switch r.State {
		case finding.NonCompliant.String(), assign.StateConflict:
			one.Outcome, one.Kind = report.TestFailed, r.State
		case finding.Unknown.String(), assign.StateError:
			one.Outcome, one.Message = report.TestSkipped, strings.ToLower(r.State)+": "+strings.Join(r.Reasons, "; ")
		case finding.Exempt.String():
			one.Outcome, one.Message = report.TestSkipped, "exempt: "+r.Exemption
		}
		s.Cases = append(s.Cases, one)
	}
	return report.WriteTestsJUnit(w, &doc)
}

func (f *policyComplianceFlags) table(out io.Writer, c *app.PolicyCompliance, results []app.ComplianceResult) error {
	w := &printer{Writer: out}
	by := cmp.Or(f.by, "assignment")
	lines := complianceBy[by](c)
	tw := newTable(w)
	tw.printf("STATE\tBAD\tCONFLICT\tUNKNOWN\tGOOD\tEXEMPT\t%%\t%s\n", strings.ToUpper(by))
	for i := range lines {
		l := &lines[i]
		name := cut(l.Name, 90)
		if by == "resource" {
			name = l.ID
		}
		if l.Enforcement == "DoNotEnforce" {
			name += " (not enforced)"
		}
		if n := len(l.NotStarted); n > 0 {
			name += "; not evaluated: " + cut(l.NotStarted[0], 240)
			if n > 1 {
				name += fmt.Sprintf(" and %d more", n-1)
			}
		}
		if l.State == finding.Unknown.String() && len(l.Missing) > 0 {
			name += "; not read: " + cut(l.Missing[0], 100)
		}
		share := fmt.Sprintf("%.0f", 100*l.Percentage)
		if l.NonCompliant+l.Conflict+l.Error+l.Unknown+l.Compliant+l.Protected+l.Exempt == 0 {
			share = "-"
		}
		tw.printf("%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", l.State, l.NonCompliant, l.Conflict, l.Unknown+l.Error, l.Compliant+l.Protected, l.Exempt, share, name)
	}
	if err := tw.flush(); err != nil {
		return err
	}
	if f.by == "" {
		writeComplianceResults(w, results)
	}
	t := c.Total()
	w.printf("\n%d results on %d resources: %d NonCompliant, %d Conflict, %d Unknown, %d Compliant, %d Exempt", t.Total(), len(c.Resources), t.NonCompliant, t.Conflict, t.Unknown, t.Compliant, t.Exempt)
	if t.Protected > 0 {
		w.printf(", %d Protected", t.Protected)
	}
	if t.Error > 0 {
		w.printf(", %d Error", t.Error)
	}
	w.printf("\n")
	return w.err
}

// writeComplianceResults lists results; those that say the same are one with the
// resources below it.
func writeComplianceResults(w *printer, results []app.ComplianceResult) {
	const mostGroups, mostOfOne = 40, 5
	var order []string
	groups := map[string][]string{}
	for i := range results {
		text := complianceText(&results[i])
		if groups[text] == nil {
			order = append(order, text)
		}
		groups[text] = append(groups[text], results[i].ResourceID)
	}
	left := 0
	for i, text := range order {
		ids := groups[text]
		if i >= mostGroups {
			left += len(ids)
			continue
		}
		head, rest, _ := strings.Cut(text, "\n")
		w.printf("\n%s: %s\n%s", head, plural(len(ids), "resource"), rest)
		for k, id := range ids {
			if k == mostOfOne && len(ids) > mostOfOne+1 {
				w.printf("    and %d more\n", len(ids)-k)
				break
			}
			w.printf("    %s\n", id)
		}
	}
	if left > 0 {
		w.printf("\nand %d more; --format json or csv has all of them\n", left)
	}
}

// complianceText is all that a result says but for its resource.
func complianceText(r *app.ComplianceResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s (%s)\n", r.State, r.DisplayName, r.Effect)
	if r.Message != "" {
		fmt.Fprintf(&b, "  message: %s\n", r.Message)
	}
	if r.Exemption != "" {
		until := ""
		if r.ExemptionExpires != "" {
			until = " until " + r.ExemptionExpires
		}
		fmt.Fprintf(&b, "  %s%s: %s\n", strings.ToLower(r.ExemptionCategory), until, r.Exemption)
	}
	if len(r.ConflictsWith) > 0 {
		fmt.Fprintf(&b, "  conflicts with %s\n", strings.Join(r.ConflictsWith, ", "))
	}
	for _, why := range r.Reasons {
		fmt.Fprintf(&b, "  %s\n", cut(why, 160))
	}
	return b.String()
}
