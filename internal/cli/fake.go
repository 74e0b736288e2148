package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/collect/fake"
)

func newFakeCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fake",
		Short: "Serve an inventory as an Azure to try things on",
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
	var later string
	cmd := &cobra.Command{
		Use:   "serve (--demo | --from PATH ...)",
		Short: "Answer Azure Resource Manager, Resource Graph and Microsoft Graph over an inventory",
		Long: `Serve answers on three ports of the loopback, over HTTPS with a certificate of
its own: the token endpoint, Azure Resource Manager with Resource Graph, and
Microsoft Graph with its delta functions. It pages, and throttles, waits and
refuses as it is told. It takes no change, and whoever signs in: azward collect
does with the variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET
set to anything.

With --later the tenant is another one once that file is there, or is written
anew: to see what azward collect --since, azward diff and azward watch make of
it.`,
		Example: `  azward fake serve --demo --endpoints-file fake.json
  azward fake serve --from tenant.azs --port 8443 --throttle 0.05 --latency 50ms
  azward fake serve --demo --endpoints-file fake.json --deny 'identity/conditionalAccess'
  azward fake serve --from monday.azs --later tuesday.azs --endpoints-file fake.json`,
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
			if file != "" && file != "-" {
				env.say("read it with: AZURE_TENANT_ID=fake AZURE_CLIENT_ID=fake AZURE_CLIENT_SECRET=fake azward collect --endpoints %s -o tenant.azs\n", shellWords([]string{file}))
			}
			if later == "" {
				<-cmd.Context().Done()
				return nil
			}
			return followFile(cmd.Context(), later, time.Second, func() error {
				next := inventoryFlags{from: []string{later}}
				changed, err := next.load(cmd.Context(), env, nil)
				if err != nil {
					env.say("azward: %v; the tenant stays as it is\n", err)
					return nil
				}
				app.ChangeFake(s, changed, inv.now(env))
				env.say("serving the %d resources of %s from now on\n", changed.Len(), later)
				return nil
			})
		},
	}
	inv.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&port, "port", 0, "the first, `N`, of three ports; 0 takes free ones")
	flags.StringVar(&file, "endpoints-file", "", "write the endpoints for azward collect --endpoints to `FILE` (default: standard output)")
	flags.StringVar(&later, "later", "", "serve what is in `FILE` instead, from when it is there, and again whenever it changes")
	flags.Float64Var(&o.Throttle, "throttle", 0, "the `SHARE` of calls that are answered 429")
	flags.DurationVar(&latency, "latency", 0, "the `TIME` that every call takes")
	flags.IntVar(&o.PageSize, "page", 100, "put `N` things on a page")
	flags.StringArrayVar(&o.Deny, "deny", nil, "answer 403 where this `REGEXP` matches the method and path (repeatable)")
	return cmd
}

// followFile calls f when a file appears and whenever it is another one, until
// ctx ends.
func followFile(ctx context.Context, path string, every time.Duration, f func() error) error {
	var size int64
	var changed time.Time
	for {
		if info, err := os.Stat(path); err == nil && (info.Size() != size || !info.ModTime().Equal(changed)) {
			size, changed = info.Size(), info.ModTime()
			if err := f(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}
