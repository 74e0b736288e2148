package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/network"
)

func newNetworkCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "network",
		Short: "What the Internet reaches, and what reaches what",
		Long: `Network answers what network security groups let through, as Azure decides it:
the rules of the subnet and of the interface by priority, service tags,
application security groups, the default rules, peerings and routes.

An answer that depends on something that was not read, or on the addresses of a
service tag that nobody gave (--service-tags), is unknown, with what is missing.
What appliances, an Azure Firewall's network rules and security admin rules decide
is not followed; an Azure Firewall's DNAT rules are.`,
		Example: `  azward network exposed --demo
  azward network verify Internet vm-modality-gw --port 3389 --demo
  azward network rules vm-modality-gw --demo`,
	}
	cmd.AddCommand(newNetworkExposedCommand(env), newNetworkVerifyCommand(env), newNetworkRulesCommand(env))
	return cmd
}

// networkFlags are the flags of every network command.
type networkFlags struct {
	inventory inventoryFlags
	format    string
	output    string
	tags      string
}

func (f *networkFlags) add(cmd *cobra.Command, args int, more ...string) {
	f.inventory.add(cmd)
	cmd.Args = cobra.ExactArgs(args)
	addFormat(cmd, &f.format, append([]string{"table", "json", "csv"}, more...)...)
	addOutput(cmd, &f.output)
	cmd.Flags().StringVar(&f.tags, "service-tags", "", "the addresses of service tags: Microsoft's `FILE` of Azure IP ranges (ServiceTags_Public_*.json)")
}

// load reads the inventory and makes its networks ready.
func (f *networkFlags) load(cmd *cobra.Command, env *Env) (*app.Reachability, error) {
	var tags *network.ServiceTags
	if f.tags != "" {
		text, err := os.ReadFile(f.tags)
		if err != nil {
			return nil, badInput(err)
		}
		if tags, err = network.ParseServiceTags(text); err != nil {
			return nil, usagef("%s: %v", f.tags, err)
		}
	}
	inv, err := f.inventory.load(cmd.Context(), env, nil)
	if err != nil {
		return nil, err
	}
	return app.NewReachability(inv, tags), nil
}

// write writes an answer in the format that was asked for.
func (f *networkFlags) write(env *Env, answer any, table, csv func(io.Writer) error) error {
	return writeOutput(env, f.output, func(w io.Writer) error {
		switch f.format {
		case "json":
			return writeJSON(w, answer)
		case "csv":
			return csv(w)
		}
		return table(w)
	})
}
