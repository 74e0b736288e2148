package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/policy/lint"
)

// policyLintFlags are the flags of azward policy lint.
type policyLintFlags struct {
	inventory      inventoryFlags
	source         policySource
	aliases        string
	ignore         []string
	failOn         string
	format, output string
}

func newPolicyLintCommand(env *Env) *cobra.Command {
	var f policyLintFlags
	var checks []string
	for _, c := range lint.Checks() {
		checks = append(checks, fmt.Sprintf("  %s  %-7s  %s", c.Code, c.Severity, c.Title))
	}
	cmd := &cobra.Command{
		Use:   "lint PATH... [--aliases FILE]",
		Short: "Look for what is wrong with definitions and initiatives before they are assigned",
		Long: `Lint reads definitions and initiatives from files, folders and archives (without
PATH, from the inventory of --demo or --from) and says what is wrong with them,
with line and column: what keeps a definition from compiling with any effect that
may be chosen, and

` + strings.Join(checks, "\n") + `

With --aliases (CSV of alias,path, or ARM's provider list as JSON:
az provider list --expand "resourceTypes/aliases"), or with --from a snapshot that
holds the tenant's own, unknown aliases are named with the nearest that there is.
Initiatives are compared with the definitions among PATH, --policies, --builtin
and --from.`,
		Example: `  azward policy lint policies/
  azward policy lint policies/ --aliases aliases.csv --fail-on warning
  azward policy lint policies/ --from export/
  azward policy lint policies/ --format sarif -o policies.sarif
  azward policy lint initiative.json --builtin built-in-policies.tar.gz`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyLint(cmd, env, &f, args) },
	}
	f.inventory.add(cmd)
	cmd.Args = cobra.ArbitraryArgs
	f.source.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.aliases, "aliases", "", "the `FILE` of all aliases: CSV of alias,path, or ARM's provider list as JSON (default: the tenant's own, where a snapshot holds them)")
	flags.StringSliceVar(&f.ignore, "ignore", nil, "leave out remarks of these `CODES`")
	addChoice(cmd, &f.failOn, "fail-on", "", "SEVERITY", "", "exit with 1 where a remark is of this severity or above", "info", "warning", "error")
	addFormat(cmd, &f.format, "table", "json", "sarif", "junit")
	addOutput(cmd, &f.output)
	return cmd
}

func policyLint(cmd *cobra.Command, env *Env, f *policyLintFlags, args []string) error {
	threshold := diag.Severity(0)
	if f.failOn != "" {
		if err := oneOf("fail-on", f.failOn, "error", "warning", "info"); err != nil {
			return err
		}
		threshold = diag.Severity(slices.Index([]string{"error", "warning", "info"}, f.failOn))
	}
	aliases, err := f.inventory.aliases(cmd.Context(), f.aliases, nil)
	if err != nil {
		return err
	}
	tenant, err := f.inventory.optional(cmd.Context(), env)
	if err != nil {
		return err
	}
	if len(args) == 0 && tenant == nil {
		return &usageError{message: "nothing to look at", help: "name files, folders or archives with definitions, or --demo or --from"}
	}
	lib, err := f.source.load(env, args, tenant)
	if err != nil {
		return err
	}
	l := app.LintPolicies(lib, aliases, func(d *assign.Document) bool {
		if d.Source == nil {
			return len(args) == 0
		}
		return below(d.Source.Name, args)
	})
	l.Remarks = slices.DeleteFunc(l.Remarks, func(d diag.Diagnostic) bool { return contains(f.ignore, d.Code) })
	if err := writeOutput(env, f.output, func(w io.Writer) error { return writeLint(w, env, f.format, l) }); err != nil {
		return err
	}
	if f.failOn != "" && slices.ContainsFunc(l.Remarks, func(d diag.Diagnostic) bool { return d.Severity <= threshold }) {
		return errFindings
	}
	return nil
}

// below tells whether a file was read from one of the paths.
func below(name string, paths []string) bool {
	for _, p := range paths {
		if name == p || strings.HasPrefix(name, strings.TrimSuffix(p, "/")+"/") || strings.HasPrefix(name, p+"!") || p == "." && !filepath.IsAbs(name) || strings.HasPrefix("./"+name, strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}

func writeLint(out io.Writer, env *Env, format string, l *app.PolicyLint) error {
	w := &printer{Writer: out}
	switch format {
	case "json":
		type remark struct {
			Code     string `json:"code"`
			Severity string `json:"severity"`
			Message  string `json:"message"`
			Hint     string `json:"hint,omitempty"`
			File     string `json:"file"`
			Line     int    `json:"line,omitempty"`
			Column   int    `json:"column,omitempty"`
		}
		remarks := []remark{}
		for _, d := range l.Remarks {
			remarks = append(remarks, remark{d.Code, d.Severity.String(), d.Message, d.Hint, d.Source, d.Pos.Line, d.Pos.Column})
		}
		return writeIndented(w, map[string]any{"documents": l.Documents, "remarks": remarks})
	case "sarif":
		a := l.Assessment(thisTool())
		a.GeneratedAt = env.Now()
		return report.SARIF(w, a)
	case "junit":
		return lintJUnit(w, env, l)
	}
	counts := map[diag.Severity]int{}
	for _, d := range l.Remarks {
		counts[d.Severity]++
		text := d.Error()
		if d.Severity == diag.Error {
			text = strings.Replace(text, d.Code+": ", "error: "+d.Code+": ", 1)
		}
		w.printf("%s\n", text)
		if d.Hint != "" {
			w.printf("  hint: %s\n", d.Hint)
		}
	}
	w.printf("%d definitions and initiatives: %d errors, %d warnings, %d notes\n", l.Documents, counts[diag.Error], counts[diag.Warning], counts[diag.Info])
	return w.err
}

// lintJUnit writes a suite for each file: a failing case for each error and
// warning, or one that passes.
func lintJUnit(w io.Writer, env *Env, l *app.PolicyLint) error {
	doc := report.TestReport{Name: "azward policy lint", At: env.Now()}
	for _, name := range l.Files {
		s := report.TestSuite{Name: name}
		for _, d := range l.Remarks {
			if d.Source == name && d.Severity != diag.Info {
				s.Cases = append(s.Cases, report.TestCase{Class: name, Name: fmt.Sprintf("%s at %d:%d", d.Code, d.Pos.Line, d.Pos.Column), Outcome: report.TestFailed, Kind: d.Severity.String(), Message: d.Message, Text: d.Hint})
			}
		}
		if len(s.Cases) == 0 {
			s.Cases = []report.TestCase{{Class: name, Name: "lint"}}
		}
		doc.Suites = append(doc.Suites, s)
	}
	return report.WriteTestsJUnit(w, &doc)
}
