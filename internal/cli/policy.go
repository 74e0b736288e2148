package cli

import (
	"github.com/spf13/cobra"
)

func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Run Azure Policy definitions offline, exactly as Azure decides them",
		Long: `Policy runs Azure Policy definitions, unmodified, against an inventory, a file or
lines from another program, and says what Azure would say and why.`,
		Example: `  azward policy eval --definition audit-https.json --resource account.json
  azward policy eval --definition audit-https.json --demo`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(policyCommands(env)...)
	return cmd
}

// policyCommands lists the subcommands in the order in which help shows them.
func policyCommands(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newPolicyEvalCommand(env),
		newPolicyListCommand(env),
		newPolicyShowCommand(env),
		newPolicyExplainCommand(env),
		newPolicyComplianceCommand(env),
		newPolicyWhatIfCommand(env),
		newPolicyLintCommand(env),
		newPolicyTestCommand(env),
	}
}
