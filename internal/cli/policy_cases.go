package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy/cases"
)

// policyTestFlags are the flags of azward policy test.
type policyTestFlags struct {
	inventory      inventoryFlags
	source         policySource
	aliases, run   string
	verbose        bool
	format, output string
}

func newPolicyTestCommand(env *Env) *cobra.Command {
	var f policyTestFlags
	cmd := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run YAML tests that stand beside definitions",
		Long: `Test runs the tests of policy definitions. A file NAME.test.yaml stands beside
NAME.json and says what is expected of which resource:

  definition: audit-https.json    # or an id of --policies, --builtin or the
                                  # tenant of --from or --demo, or the definition
                                  # itself (default: NAME.json)
  parameters: {effect: Deny}      # of every test; its own are laid over them
  resource:                       # of every test; its own is laid over it as a
    location: westeurope          # JSON Merge Patch: objects are joined, null
    type: Microsoft.Storage/storageAccounts             # takes a member away
  tests:
    - name: plain http is denied
      resource: {properties: {supportsHttpsTrafficOnly: false}}
      expect: {state: NonCompliant, effect: deny}
    - name: a vault with a log is fine
      skip: until the log has its name        # why it is not run
      related:                    # for if-not-exists effects: all the related
                                  # resources that there are; [] for none
        - {type: Microsoft.Insights/diagnosticSettings, properties: {}}
      context: {apiVersion: "2023-01-01", now: "2026-01-01T00:00:00Z",
                requestContext: {}, resourceGroup: {}, subscription: {},
                policy: {}}
      expect:
        state: Compliant          # or NonCompliant, NotApplicable, Unknown
        effect: auditIfNotExists
        matched: false            # whether the effect takes place
        reasons: [supportsHttps]  # texts that the reasons have in them
        missing: [related]        # texts that what is not known has in it
        details: {}               # here and below, what is not named may
                                  # be anything
        changes: [{path: "tags['env']", before: null, after: prod}]
        resource: {tags: {env: prod}}         # after modify or append
        deployment: {parameters: {name: {value: x}}}  # of deployIfNotExists
        error: POL0103            # with these it does not compile

PATH is such a file, a definition that has one beside it, or a folder of them.
A file that is wrong fails as a test does. docs/examples/policy-tests has an example.`,
		Example: `  azward policy test policies/
  azward policy test policies/audit-https.json --run http
  azward policy test policies/ --from export/
  azward policy test policies/ --builtin built-in-policies.tar.gz --format junit -o policy-tests.xml`,
		RunE: func(cmd *cobra.Command, args []string) error { return policyTest(cmd.Context(), env, &f, args) },
	}
	f.inventory.add(cmd)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &usageError{message: "nothing to test", help: "name files of tests (NAME.test.yaml), definitions, or folders"}
		}
		return nil
	}
	f.source.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.aliases, "aliases", "", "a `FILE` of aliases that wins over the built-in rule (default: the tenant's own, where a snapshot holds them)")
	flags.StringVar(&f.run, "run", "", "only tests whose name has this `TEXT` in it")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "list the tests that pass as well")
	addFormat(cmd, &f.format, "table", "json", "junit")
	addOutput(cmd, &f.output)
	return cmd
}

func policyTest(ctx context.Context, env *Env, f *policyTestFlags, args []string) error {
	aliases, err := f.inventory.aliases(ctx, f.aliases, nil)
	if err != nil {
		return err
	}
	tenant, err := f.inventory.optional(ctx, env)
	if err != nil {
		return err
	}
	lib, err := f.source.load(env, nil, tenant)
	if err != nil {
		return err
	}
	started := env.Now()
	files, err := app.RunPolicyTests(&app.PolicyTestOptions{Paths: args, Library: lib, Aliases: aliases, Run: f.run, Now: started})
	if err != nil {
		return err
	}
	sum := sumTests(files)
	err = writeOutput(env, f.output, func(w io.Writer) error {
		switch f.format {
		case "json":
			return writeIndented(w, testsJSON(files, sum))
		case "junit":
			r := testsReport(files)
			r.At, r.Took = started, env.Now().Sub(started)
			return report.WriteTestsJUnit(w, r)
		}
		return writeTests(w, files, sum, f.verbose)
	})
	if err != nil {
		return err
	}
	switch {
	case sum.failed > 0:
		return errFindings
	case sum.passed+sum.skipped == 0:
		return usagef("no test has %q in its name", f.run)
	}
	return nil
}

// testSum counts tests; files that are wrong count as failed.
type testSum struct{ passed, failed, skipped int }

func sumTests(files []app.PolicyTestFile) testSum {
	var s testSum
	for i := range files {
		s.failed += len(files[i].Problems)
		for k := range files[i].Results {
			switch r := &files[i].Results[k]; {
			case r.Skipped:
				s.skipped++
			case r.Passed():
				s.passed++
			default:
				s.failed++
			}
		}
	}
	return s
}

func testsJSON(files []app.PolicyTestFile, sum testSum) any {
	type result struct {
		Name     string   `json:"name"`
		Line     int      `json:"line"`
		Outcome  string   `json:"outcome"`
		State    string   `json:"state,omitempty"`
		Effect   string   `json:"effect,omitempty"`
		Failures []string `json:"failures,omitempty"`
		Skip     string   `json:"skip,omitempty"`
	}
	type file struct {
		Path       string   `json:"path"`
		Definition string   `json:"definition,omitempty"`
		Problems   []string `json:"problems,omitempty"`
		Tests      []result `json:"tests"`
	}
	out := []file{}
	for i := range files {
		f := file{Path: files[i].Path, Definition: files[i].Definition, Tests: []result{}}
		for _, d := range files[i].Problems {
			f.Problems = append(f.Problems, d.Error())
		}
		for k := range files[i].Results {
			r := &files[i].Results[k]
			one := result{Name: r.Test.Name, Line: r.Test.Pos.Line, Outcome: testOutcome(r), Failures: r.Failures, Skip: r.Test.Skip}
			if r.Effect != "" {
				one.State, one.Effect = r.State.String(), r.Effect
			}
			f.Tests = append(f.Tests, one)
		}
		out = append(out, f)
	}
	return map[string]any{"passed": sum.passed, "failed": sum.failed, "skipped": sum.skipped, "files": out}
}

func testOutcome(r *cases.Result) string {
	switch {
	case r.Skipped:
		return "skipped"
	case r.Passed():
		return "passed"
	}
	return "failed"
}

func testsReport(files []app.PolicyTestFile) *report.TestReport {
	doc := &report.TestReport{Name: "azward policy test"}
	for i := range files {
		s := report.TestSuite{Name: files[i].Path}
		class := cmp.Or(files[i].Definition, files[i].Path)
		for _, d := range files[i].Problems {
			s.Cases = append(s.Cases, report.TestCase{Class: class, Name: fmt.Sprintf("%s at %d:%d", d.Code, d.Pos.Line, d.Pos.Column), Outcome: report.TestFailed, Kind: d.Code, Message: d.Message, Text: d.Hint})
		}
		for k := range files[i].Results {
			r := &files[i].Results[k]
			c := report.TestCase{Class: class, Name: r.Test.Name}
			switch {
			case r.Skipped:
				c.Outcome, c.Message = report.TestSkipped, r.Test.Skip
			case !r.Passed():
				c.Outcome, c.Kind, c.Message, c.Text = report.TestFailed, "expectation", r.Failures[0], strings.Join(r.Failures, "\n")
			}
			s.Cases = append(s.Cases, c)
		}
		doc.Suites = append(doc.Suites, s)
	}
	return doc
}

func writeTests(out io.Writer, files []app.PolicyTestFile, sum testSum, verbose bool) error {
	w := &printer{Writer: out}
	for i := range files {
		for _, d := range files[i].Problems {
			w.printf("FAIL  %s\n", d.Error())
			if d.Hint != "" {
				w.printf("        hint: %s\n", d.Hint)
			}
		}
		for k := range files[i].Results {
			r := &files[i].Results[k]
			place := fmt.Sprintf("%s:%d", files[i].Path, r.Test.Pos.Line)
			switch {
			case r.Skipped:
				w.printf("skip  %s: %s (%s)\n", place, r.Test.Name, r.Test.Skip)
			case !r.Passed():
				w.printf("FAIL  %s: %s\n", place, r.Test.Name)
				for _, why := range r.Failures {
					w.printf("        %s\n", why)
				}
			case verbose:
				w.printf("ok    %s: %s\n", place, r.Test.Name)
			}
		}
	}
	w.printf("%d passed, %d failed, %d skipped in %d files\n", sum.passed, sum.failed, sum.skipped, len(files))
	return w.err
}
