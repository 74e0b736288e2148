package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
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
	o := testOutput{tool: "azward policy test", subject: "definition", format: f.format, output: f.output, run: f.run, verbose: f.verbose, started: started}
	return o.write(env, policyTestFiles(files))
}

// policyTestFiles are tests of definitions as tests of any kind are shown.
func policyTestFiles(files []app.PolicyTestFile) []testFile {
	out := make([]testFile, 0, len(files))
	for i := range files {
		f := testFile{path: files[i].Path, subject: files[i].Definition, problems: files[i].Problems}
		for k := range files[i].Results {
			r := &files[i].Results[k]
			one := testResult{name: r.Test.Name, line: r.Test.Pos.Line, skipped: r.Skipped, skip: r.Test.Skip, failures: r.Failures}
			if r.Effect != "" {
				one.more = []any{"state", r.State.String(), "effect", r.Effect}
			}
			f.results = append(f.results, one)
		}
		out = append(out, f)
	}
	return out
}
