package cli

import (
	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
)

// detectTestFlags are the flags of azward detect test.
type detectTestFlags struct {
	run            string
	verbose        bool
	external       []string
	format, output string
}

func newDetectTestCommand(env *Env) *cobra.Command {
	var f detectTestFlags
	cmd := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run YAML tests that stand beside rules",
		Long: `Test runs the tests of analytics rules. A file NAME.test.yaml stands beside
NAME.yaml (or NAME.json) and says what happened and what the rule is to raise:

  rule: password-spray.yaml       # default: NAME.yaml
  id: 6c0f6d5e-0001-4c1e-9d3e-000000000001   # where the file has several rules
  now: 2026-01-01T12:00:00Z       # when the rule runs; a test may have its own
  defaults:                       # of every row of a table; the row is laid over
    SigninLogs: {ResultType: "0"} # it as a JSON Merge Patch
  tables:                         # what happened in every test; a test's own
    SigninLogs:                   # comes on top
      - {TimeGenerated: -2h, UserPrincipalName: kim@contoso.com}
  tests:
    - name: many users from one address
      skip: until it has its name # why it is not run
      tables:
        SigninLogs:               # $repeat: so many rows; {n} counts them
          - {$repeat: 12, ResultType: "50126", IPAddress: 203.0.113.7,
             UserPrincipalName: "user{n}@contoso.com"}
      expect:
        alerts: 1                 # of the run; 0 for none
        name: Spray from 203.0.113.7       # here and below: of one of the alerts
        description: 12 users     # a text that it has in it
        severity: High
        events: 1                 # rows of the result that it stands for
        entities: [IP 203.0.113.7, {type: Account, Name: kim}]
        details: {Users: [user1@contoso.com]}  # these values and maybe others
        tactics: [CredentialAccess]
    - name: a table that is not there
      expect: {error: KQL0102}    # the query does not compile, or ends with this

The rule runs once, as it would have run at now, over its own period. A time may
be written as it was or before the run (-5m, -2h, -3d); a row without
TimeGenerated happened a minute before it. Without now the rule runs at the end
of the minute of the last event that has a date. Tables of Azure Monitor have
the columns of Microsoft's reference, and are empty where a test names none.

PATH is such a file, a rule that has one beside it, a folder of them, or
"builtin" for the detections that come with azward. A file that is wrong fails
as a test does.`,
		Example: `  azward detect test rules/
  azward detect test rules/brute.yaml --run address -v
  azward detect test builtin --format junit -o rule-tests.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "nothing to test", help: "name files of tests (NAME.test.yaml), rules, folders, or builtin"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o := testOutput{tool: "azward detect test", subject: "rule", format: f.format, output: f.output, run: f.run, verbose: f.verbose, started: env.Now()}
			ro := &app.RuleTestOptions{Paths: args, Run: f.run}
			ro.Query.External = externalReader(f.external)
			files, err := app.RunRuleTests(cmd.Context(), ro)
			if err != nil {
				return err
			}
			return o.write(env, ruleTestFiles(files))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "only tests whose name has this `TEXT` in it")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "list the tests that pass as well")
	flags.StringArrayVar(&f.external, "allow-external", nil, "let externaldata read files in this `FOLDER` (repeatable)")
	addFormat(cmd, &f.format, "table", "json", "junit")
	addOutput(cmd, &f.output)
	return cmd
}

// ruleTestFiles are tests of rules as tests of any kind are shown.
func ruleTestFiles(files []app.RuleTestFile) []testFile {
	out := make([]testFile, 0, len(files))
	for i := range files {
		f := testFile{path: files[i].Path, subject: files[i].Rule, problems: files[i].Problems}
		for k := range files[i].Results {
			r := &files[i].Results[k]
			one := testResult{name: r.Test.Name, line: r.Test.Pos.Line, skipped: r.Skipped, skip: r.Test.Skip, failures: r.Failures}
			if !r.Skipped {
				one.more = []any{"alerts", len(r.Alerts)}
			}
			f.results = append(f.results, one)
		}
		out = append(out, f)
	}
	return out
}
