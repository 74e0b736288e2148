package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/collect"
)

// liveFlags say which tenant is read, and with whose eyes.
type liveFlags struct {
	tenant, cloud, endpoints, group string
	subscriptions, exclude, only    []string
	login                           bool
	workers                         int
	since                           string // this and the others are no flags of every command
	logs                            bool
	logDays                         int
	logTables                       []string
}

func (f *liveFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.tenant, "tenant", "", "the tenant's `ID` (default: that of the sign-in)")
	addChoice(cmd, &f.cloud, "cloud", "", "CLOUD", "AzurePublic", "read from this cloud", "AzurePublic", "AzureGovernment", "AzureChina")
	flags.StringVar(&f.endpoints, "endpoints", "", "a JSON `FILE` with endpoints of one's own, as azward fake serve writes it")
	flags.BoolVar(&f.login, "login", false, "sign in by a code in a browser instead of the environment, az or a managed identity")
	flags.StringArrayVar(&f.subscriptions, "subscription", nil, "read only this subscription `ID` (repeatable)")
	flags.StringVar(&f.group, "management-group", "", "read only the subscriptions below the management group of this `NAME`")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "leave out this subscription `ID` (repeatable)")
	flags.StringSliceVar(&f.only, "only", nil, "read only these `PARTS`: "+strings.Join(collect.Parts(), ", "))
	flags.IntVar(&f.workers, "parallel", 16, "make at most `N` calls at once")
}

// options resolves the flags.
func (f *liveFlags) options(env *Env) (collect.Options, error) {
	for _, part := range f.only {
		if !slices.Contains(collect.Parts(), part) {
			return collect.Options{}, usagef("--only %s: expected %s", part, strings.Join(collect.Parts(), ", "))
		}
	}
	if f.workers < 1 || f.workers > 256 {
		return collect.Options{}, usagef("--parallel takes 1 to 256")
	}
	e, err := collect.Cloud(f.cloud)
	if f.endpoints != "" {
		text, readErr := readSmallFile(f.endpoints)
		if readErr != nil {
			return collect.Options{}, readErr
		}
		e, err = collect.ParseEndpoints(text)
	}
	if err != nil {
		return collect.Options{}, usagef("%v", err)
	}
	return collect.Options{
		Endpoints: e, Tenant: f.tenant, Subscriptions: f.subscriptions, Group: f.group, Exclude: f.exclude, Only: f.only, Since: f.since, Logs: f.logs, LogDays: f.logDays, LogTables: f.logTables, Wants: app.CollectWants(), Workers: f.workers, Version: version(), Clock: env.Now,
	}, nil
}

// collectMemory is from where on memory is given back at once, in bytes.
const collectMemory = 200 << 20

// collectTo signs in and reads a tenant into a snapshot.
func (f *liveFlags) collectTo(ctx context.Context, env *Env, path string) (collect.Result, error) {
	o, err := f.options(env)
	if err != nil {
		return collect.Result{}, err
	}
	if o.Transport, err = o.Endpoints.Transport(); err != nil {
		return collect.Result{}, usagef("%v", err)
	}
	if o.Credential, err = o.Endpoints.Credential(o.Transport, f.tenant, f.login, func(text string) { env.say("%s\n", text) }); err != nil {
		return collect.Result{}, fmt.Errorf("sign in: %w", err)
	}
	// What a run holds is small and its garbage is not: pages of answers.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(collectMemory))
	p := newProgress(env)
	defer p.clear()
	o.Progress = func(done, total, records int) { p.show(fmt.Sprintf("read %d records,", records), done, total) }
	res, err := app.Collect(ctx, path, o)
	if errors.Is(err, collect.ErrSignIn) {
		return res, fmt.Errorf("%w\n  sign in with az login, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give --login", err)
	}
	if errors.Is(err, collect.ErrSince) {
		return res, &usageError{message: err.Error(), help: "leave --since out to read the tenant whole"}
	}
	return res, err
}

func newCollectCommand(env *Env) *cobra.Command {
	var f liveFlags
	var output string
	var permissions, dryRun bool
	cmd := &cobra.Command{
		Use:   "collect -o FILE.azs",
		Short: "Read a tenant, read-only, into a snapshot",
		Long: `Collect reads a tenant into one file that every other command takes with --from:
Azure Resource Graph first, Azure Resource Manager for what it does not carry,
Microsoft Graph for the directory. It only reads. It signs in as the environment,
a workload or managed identity, az or azd do, or with --login by a code.

A refusal or a failure is a line of the snapshot's manifest, and the controls
that need it are unknown; only a failed sign-in and a full disk end a run. An
interrupted run goes on where it was: give the same command again.

With --since an earlier snapshot is gone on from: of groups with their members,
of consents, and of users whose sign-in activity cannot be read, only what
changed since is read again, and the rest is taken over. Microsoft Graph keeps
track for seven days; where it does not any more, all is read and the manifest
says so. Everything else is read whole.

With the policies comes the tenant's own list of aliases (some 65,000), in one
call; assess and policy go by it wherever they read the snapshot.

Logs may be larger than all else, and are read only with --logs (or alone with
--only logs): activity logs of subscriptions, sign-ins, and audits of the
directory, of the last --log-days. azward query, access excessive, ca replay and
diff take them from the snapshot. Microsoft Graph gives some 500 sign-ins a
second, and events of the last minutes may not be there yet.

Secrets are left out: keys, passwords, connection strings, user data, and of logs
the claims of tokens, the bodies of requests and their addresses. Tokens are
sent to the service they are for and written nowhere.`,
		Example: `  azward collect -o tenant.azs
  azward collect -o tenant.azs --management-group workloads --only arm,graph
  azward collect -o gov.azs --cloud AzureGovernment --login
  azward collect -o tenant.azs --logs --log-days 90
  azward collect -o tuesday.azs --since monday.azs
  azward collect --permissions
  azward collect --dry-run

  # Try it without a tenant:
  azward fake serve --demo --endpoints-file fake.json &
  AZURE_TENANT_ID=fake AZURE_CLIENT_ID=fake AZURE_CLIENT_SECRET=fake azward collect -o tenant.azs --endpoints fake.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.options(env)
			if err != nil {
				return err
			}
			switch {
			case f.logDays < 1 || f.logDays > collect.MaxLogDays:
				return usagef("--log-days takes 1 to %d", collect.MaxLogDays)
			case cmd.Flags().Changed("log-days") && !f.logs && !slices.Contains(f.only, "logs"):
				return usagef("--log-days is for logs, which --logs reads")
			case permissions:
				return writeOutput(env, "", func(w io.Writer) error { return writePermissions(w, collect.Permissions(o.Wants)) })
			case dryRun:
				return writeOutput(env, "", func(w io.Writer) error {
					_, err := fmt.Fprintln(w, strings.Join(collect.Plan(o), "\n"))
					return err
				})
			case f.since != "" && len(f.only) > 0 && !slices.Contains(f.only, "graph"):
				return usagef("--since is for the directory, and --only leaves it out")
			case output == "":
				return usagef("say where the snapshot goes with -o FILE")
			}
			res, err := f.collectTo(cmd.Context(), env, output)
			if errors.Is(err, context.Canceled) {
				env.say("azward: what was read is kept in %s.collect; give the same command again to go on\n", output)
				return err
			}
			if err != nil {
				return err
			}
			return sayCollected(env, output, res)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "the snapshot's `FILE`")
	cmd.Flags().BoolVar(&f.logs, "logs", false, "read logs too: activity of subscriptions, sign-ins, audits of the directory")
	cmd.Flags().IntVar(&f.logDays, "log-days", collect.DefaultLogDays, fmt.Sprintf("how many `DAYS` of logs, %d at most; of sign-ins and audits Entra keeps 30", collect.MaxLogDays))
	cmd.Flags().StringVar(&f.since, "since", "", "an earlier snapshot's `FILE`: of the directory only what changed since is read")
	cmd.Flags().BoolVar(&permissions, "permissions", false, "print which roles and permissions are used for what, and what each missing one makes unknown")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print the calls and make none")
	return cmd
}

// sayCollected says what came of a run and what is missing.
func sayCollected(env *Env, path string, res collect.Result) error {
	missing, err := app.CollectSummary(path)
	if err != nil {
		return err
	}
	return writeOutput(env, "", func(w io.Writer) error {
		resumed, events := "", ""
		if res.Events > 0 {
			events = fmt.Sprintf(" and %d events of logs", res.Events)
		}
		if res.Resumed > 0 {
			resumed = fmt.Sprintf(", %d parts from a run before", res.Resumed)
		}
		if _, err := fmt.Fprintf(w, "%d records%s in %s, %d calls%s\n", res.Records, events, path, res.Calls, resumed); err != nil {
			return err
		}
		for _, line := range missing {
			if _, err := fmt.Fprintf(w, "  %s\n", line); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "\nnext: azward assess --from %s\n", shellWords([]string{path}))
		return err
	})
}

func writePermissions(w io.Writer, list []collect.Permission) error {
	out := &printer{Writer: w}
	for _, p := range list {
		controls := app.UnknownWithout(p)
		out.printf("%s: %s\n  for\n", p.For, p.Name)
		writeWords(out, p.Types)
		switch len(controls) {
		case 0:
			out.printf("  no control of its own needs it\n")
		case 1:
			out.printf("  1 control is unknown without it\n")
		default:
			out.printf("  %d controls are unknown without it\n", len(controls))
		}
		writeWords(out, controls)
	}
	return out.err
}

// writeWords writes a list in lines that fit a page.
func writeWords(out *printer, words []string) {
	line := ""
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		if line != "" && len(line)+1+len(word) > 96 {
			out.printf("    %s\n", line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		out.printf("    %s\n", line)
	}
}

// temporary makes a name for a file that goes away with the returned function.
func temporary(name string) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "azward-*")
	if err != nil {
		return "", nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	return dir + string(os.PathSeparator) + name, func() { _ = os.RemoveAll(dir) }, nil
}
