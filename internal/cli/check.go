package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/template"
)

// checkFlags are the flags of azward check.
type checkFlags struct {
	parameters string
	source     string
	policies   []string
	initiative string
	controls   string
	failOn     string
	format     string
	output     string
	states     []string

	subscription, group, location, baseline string
}

func newCheckCommand(env *Env) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Judge templates and Terraform plans before they are deployed",
		Long: `Check expands ARM templates (what az bicep build writes included) and Terraform
plans into the resources that they would make, and asks of each what azward
assess asks of deployed ones. Findings name the template's own file and line;
--format sarif shows them in a pull request.

Values that only the deployment knows (reference(), secrets, parameters without
a value, the location of the resource group without --location) make verdicts
Unknown, never pass or fail. Of a folder, every template and plan in it is
checked; a template's parameter file is the one beside it, main.parameters.json
of main.json. What is named - is read from standard input.`,
		Example: `  azward check main.json --parameters prod.parameters.json
  azward check infra/ --fail-on high --location westeurope
  az bicep build --file main.bicep --stdout | azward check -
  azward check infra/ --format sarif -o azward.sarif --fail-on medium
  azward check infra/ --format json -o baseline.json && azward check infra/ --baseline baseline.json --fail-on low
  terraform show -json plan.out > plan.json && azward check plan.json --source .
  azward check main.json --policies policies/ --initiative "Our baseline"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "nothing to check", help: "name templates, Terraform plans in JSON, or folders of them"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), env, &f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.parameters, "parameters", "p", "", "the parameter `FILE` of the template, in place of the one beside it")
	flags.StringVar(&f.location, "location", "", "the `LOCATION` of the resource group, or of the deployment, which resourceGroup() and deployment() give")
	flags.StringVar(&f.group, "resource-group", "", "the `NAME` of the resource group that the template is deployed to")
	flags.StringVar(&f.subscription, "subscription", "", "the `ID` of the subscription that the template is deployed to")
	flags.StringVar(&f.source, "source", "", "the `FOLDER` of the .tf files of a plan, for the lines of findings")
	flags.StringArrayVar(&f.policies, "policies", nil, "also check against the Azure Policy definitions in `PATH` (a file or folder; repeatable)")
	flags.StringVar(&f.initiative, "initiative", "", "also check against the initiative of this `ID`, name or display name")
	flags.StringVar(&f.controls, "controls", "", "use the controls in this `FOLDER` instead of the built-in ones")
	flags.StringVar(&f.baseline, "baseline", "", "list and fail on what this earlier answer does not have: a `FILE` of --format json")
	addFailOn(cmd, &f.failOn, "exit with 1 where a finding is of this severity or above")
	addFormat(cmd, &f.format, append([]string{"table"}, checkFormatNames()...)...)
	addOutput(cmd, &f.output)
	flags.StringSliceVar(&f.states, "states", nil, "the `STATES` that findings list: NonCompliant, Compliant (default NonCompliant)")
	return cmd
}

func checkFormatNames() []string {
	var out []string
	for _, f := range report.CheckFormats() {
		out = append(out, f.Name)
	}
	return out
}

func check(ctx context.Context, env *Env, f *checkFlags, paths []string) error {
	write, err := f.writer(env)
	if err != nil {
		return err
	}
	var threshold finding.Severity
	if f.failOn != "" {
		if threshold, err = finding.ParseSeverity(f.failOn); err != nil {
			return usagef("--fail-on: %v", err)
		}
	}
	var states []finding.State
	for _, name := range f.states {
		var s finding.State
		if err := s.UnmarshalText([]byte(name)); err != nil {
			return usagef("--states: %v", err)
		}
		states = append(states, s)
	}
	if i := slices.Index(paths, "-"); i >= 0 {
		path, err := env.keepStdin(ctx)
		if err != nil {
			return err
		}
		paths[i] = path
	}
	p := newProgress(env)
	c, err := app.Check(ctx, app.CheckOptions{
		Paths: paths, Names: env.names, Parameters: f.parameters, Source: f.source, Policies: f.policies, Initiative: f.initiative, Controls: f.controls,
		Subscription: f.subscription, ResourceGroup: f.group, Location: f.location, Baseline: f.baseline, States: states, Now: env.Now(), Version: version(), Progress: p.show, Clock: env.Now,
	})
	p.clear()
	if err != nil {
		return err
	}
	notices := c.Notices
	if f.format == "table" { // which lists by itself what was not assessed
		notices = slices.DeleteFunc(slices.Clone(notices), func(n report.Notice) bool { return n.Code == template.CodeLinked })
	}
	complain(env, &report.Assessment{Notices: notices})
	if err := writeOutput(env, f.output, func(w io.Writer) error { return write(w, c) }); err != nil {
		return err
	}
	return f.verdict(c, threshold)
}

// verdict is the error that the exit code follows: findings fail the caller
// where he said so; a file that could not be expanded is wrong itself.
func (f *checkFlags) verdict(c *report.Check, threshold finding.Severity) error {
	if f.failOn != "" {
		for i := range c.Findings {
			if one := &c.Findings[i]; one.State == finding.NonCompliant && one.Severity >= threshold {
				return errFindings
			}
		}
	}
	var broken []string
	for _, file := range c.Files {
		if !file.OK {
			broken = append(broken, file.Path)
		}
	}
	if len(broken) > 0 {
		return usagef("%s would not deploy: the errors are above", strings.Join(broken, ", "))
	}
	return nil
}

func (f *checkFlags) writer(env *Env) (report.WriteCheck, error) {
	if f.format == "table" {
		toFile := f.output != "" && f.output != "-"
		return func(w io.Writer, c *report.Check) error {
			return report.CheckTable(w, c, report.TerminalOptions{Color: env.Color() && !toFile, Width: env.Width})
		}, nil
	}
	for _, known := range report.CheckFormats() {
		if known.Name == f.format {
			return known.Write, nil
		}
	}
	return nil, fmt.Errorf("no writer of %s", f.format)
}
