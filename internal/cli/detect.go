package cli

import "github.com/spf13/cobra"

func newDetectCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "detect",
		Short: "Find what goes wrong in logs, by Microsoft Sentinel's rules",
		Long: `Detect runs analytics rules as Microsoft Sentinel does, over logs that stay with
you: the community's YAML, ARM templates, and rules as ARM exports them, all
unmodified. Detections for Azure and Entra come with azward.`,
		Example: `  azward detect run --load SigninLogs=signins.jsonl.gz
  azward detect list --coverage
  azward detect test rules/
  azward detect run rules/ --load SigninLogs=signins.jsonl.gz`,
	}
	cmd.AddCommand(newDetectRunCommand(env), newDetectListCommand(env), newDetectTestCommand(env))
	return cmd
}
