package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/collect/fake"
)

func newFakeCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fake",
		Short: "Serve an inventory as an Azure to try things on",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFakeServeCommand(env))
	return cmd
}

func newFakeServeCommand(env *Env) *cobra.Command {
	var inv inventoryFlags
	var o fake.Options
	var port int
	var file string
	var latency time.Duration
	cmd := &cobra.Command{
		Use:   "serve (--demo | --from PATH ...)",
		Short: "Answer Azure Resource Manager, Resource Graph and Microsoft Graph over an inventory",
		Long: `Serve answers on three ports of the loopback, over HTTPS with a certificate of
its own: the token endpoint, Azure Resource Manager with Resource Graph, and
Microsoft Graph. It pages, and throttles, waits and refuses as it is told. It
checks no password and takes no change.`,
		Example: `  azward fake serve --demo --endpoints-file fake.json
  azward fake serve --from tenant.azs --port 8443 --throttle 0.05 --latency 50ms
  azward fake serve --demo --endpoints-file fake.json --deny 'identity/conditionalAccess'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := inv.load(cmd.Context(), env, args)
			if err != nil {
				return err
			}
			o.Latency, o.Clock = latency, env.Now
			s, err := app.ServeFake(loaded, o, port, inv.now(env))
			if err != nil {
				return usagef("%v", err)
			}
			defer func() { _ = s.Close() }() // the process ends
			text, err := json.MarshalIndent(s.Endpoints, "", "  ")
			if err != nil {
				return err
			}
			if err := writeOutput(env, file, func(w io.Writer) error { _, err := fmt.Fprintf(w, "%s\n", text); return err }); err != nil {
				return err
			}
			env.say("serving %d resources at %s; end with Ctrl-C\n", loaded.Len(), s.Endpoints.Manager)
			<-cmd.Context().Done()
			return nil
		},
	}
	inv.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&port, "port", 0, "the first of three ports; 0 takes free ones")
	flags.StringVar(&file, "endpoints-file", "", "write the endpoints for azward collect --endpoints to `FILE` (default: standard output)")
	flags.Float64Var(&o.Throttle, "throttle", 0, "the share of calls that are answered 429")
	flags.DurationVar(&latency, "latency", 0, "how long every call takes")
	flags.IntVar(&o.PageSize, "page", 100, "the length of a page")
	flags.StringArrayVar(&o.Deny, "deny", nil, "answer 403 where this regular expression matches the method and path (may be repeated)")
	return cmd
}
