package cli

import (
	"github.com/spf13/cobra"
)

func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Run Azure Policy definitions offline, exactly as Azure does",
		Long: `Policy runs Azure Policy definitions, unmodified, against an inventory, a file or
lines from another program, and says what Azure would say and why.

Definitions and initiatives come from files, folders and archives, from the
inventory, and, with --builtin or $AZWARD_POLICIES, from a clone or archive of
Azure/azure-policy.`,
		Example: `  azward policy list azure-policy/built-in-policies --category Storage
  azward policy explain audit-https.json --resource account.json
  azward policy compliance --demo
  azward policy whatif --definition audit-https.json --effect Deny --scope / --demo
  azward policy lint policies/ && azward policy test policies/`,
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
